"""simulate_until: which conditions end a run, after which step, and what they cost nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    EngineError,
    ModelError,
    Monitor,
    Network,
    Neuron,
    PoissonPopulation,
    Population,
    SpikeSourceArray,
    simulate_until,
)

COUNT = Neuron(parameters="slope = 1.0", equations="v += slope\nr = v")
FIRE = Neuron(parameters="slope = 1.0", equations="v += slope", spike="v > 9.5", reset="v = 0")


@pytest.fixture
def net() -> Network:
    return Network(dt=0.5, seed=1)


def ended(net: Network, *populations: Any, operator: str = "and") -> float:
    if not net.compiled:
        net.compile(silent=True)
    return net.simulate_until(40.0, list(populations), operator)


@pytest.mark.parametrize(
    ("condition", "steps"),
    [
        ("v > 9.5", 5),
        ("v > 9.5 : any", 5),
        ("v > 9.5 : all", 10),
        ("(v > 4.5) and (t > 3.2)", 8),
        ("v > 1000.0", 80),
        ("v > slope*6.5 : all", 7),
    ],
)
def test_any_and_all(net: Network, condition: str, steps: int) -> None:
    pop = net.create(130, COUNT, stop_condition=condition)
    pop.slope = 1.0 + (np.arange(130) == 100)
    assert ended(net, pop) == steps * 0.5, "the result is in ms"
    assert net.current_step == steps
    assert pop.stop_condition == condition


@pytest.mark.parametrize(("condition", "steps"), [("spiked", 5), ("spiked : any", 5), ("spiked:all", 10)])
def test_spikes_of_the_step(net: Network, condition: str, steps: int) -> None:
    pop = net.create(130, FIRE, stop_condition=condition)
    pop.slope = 1.0 + (np.arange(130) == 100)
    m = net.monitor(pop, "spike")
    assert ended(net, pop) == steps * 0.5
    assert m.get("spike")[100] == [4, 9][: steps // 5], "the step in which it holds is complete"


def test_several_populations(net: Network) -> None:
    a = net.create(1, COUNT, stop_condition="v > 2.5")
    b = net.create(70, COUNT, stop_condition="modulo(v, 5) == 0 : all")
    c = net.create(1, COUNT, stop_condition="v > 0")
    net.compile(silent=True)
    assert ended(net, a, b, operator="or") == 1.5
    assert ended(net, a, b) == 1.0
    assert ended(net, b) == 2.5
    assert net.simulate_until(40.0, c) == 0.5
    net.simulate(10.0)
    assert net.current_step == 31, "without asking nothing ends"


def test_nobody_looks_at_a_condition_that_is_not_asked_for(net: Network) -> None:
    pop = net.create(70, COUNT, stop_condition="v > 0")
    net.compile(silent=True)
    net.simulate(2.0)
    assert net.instance.internal(pop, "stop")[0] == 0
    net.simulate_until(1.0, pop)
    assert net.instance.internal(pop, "stop")[0] == 1


def test_it_goes_on_from_where_it_stopped_and_monitors_may_come(net: Network) -> None:
    pop = net.create(1, FIRE, stop_condition="spiked")
    assert [ended(net, pop) for _ in range(2)] == [5.0, 5.0]
    m = net.monitor(pop, "v")
    assert ended(net, pop) == 5.0
    assert m.get("v").shape == (10, 1)
    net.reset()
    assert ended(net, pop) == 5.0


def test_many_threads_agree() -> None:
    def run(threads: int) -> tuple[float, Any]:
        net = Network(dt=1.0, seed=2)
        net.config(num_threads=threads)
        pop = net.create(500, Neuron(equations="v += Normal(0.0, 1.0)\nr = v"), stop_condition="v > 9")
        net.compile(silent=True)
        return net.simulate_until(1000.0, pop), pop.v

    (time, v), (same_time, same_v), (_, third) = run(1), run(2), run(3)
    assert 5.0 < time < 200.0 and time == same_time
    assert v.max() > 9
    np.testing.assert_array_equal(v, same_v)
    np.testing.assert_array_equal(v, third)


def test_full_recordings_do_not_end_it(net: Network) -> None:
    """Areas of spikes hold 65536 entries: 500 neurons fill them in 131 steps."""
    pop = net.create(500, Neuron(equations="v += 1", spike="v > 0"), stop_condition="v > 299.5")
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    assert net.simulate_until(500.0, pop) == 150.0
    assert m.get("spike")[0] == list(range(300))


def test_constants_functions_and_the_top_level() -> None:
    engine.setup(dt=0.5)
    engine.Constant("top", 4.5)
    engine.add_function("twice(x) = 2*x")
    neuron = Neuron(equations="v += 1\nr = v", functions="half(x) = x/2")
    pop = Population(1, neuron, stop_condition="twice(half(v)) > top")
    m = Monitor(pop, "v")
    engine.compile(silent=True)
    assert simulate_until(100.0, population=pop) == 2.5
    assert m.get("v")[:, 0].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("x > 1", "Unknown symbol 'x'"),
        ("v > 1 : some", "for any neuron or for all"),
        ("v > ", "ends too early"),
        ("", "The stop condition is empty"),
        ("spiked : all", "has no spikes"),
        ("v > Uniform(0, 1)", "only be used in equations"),
        ("v = 1", "only one assignment"),
        ("mean(v) > 1", "only be used in equations and psp"),
    ],
)
def test_mistakes_have_a_place(net: Network, condition: str, message: str) -> None:
    with pytest.raises(ModelError, match="stop_condition") as caught:
        Population(1, COUNT, name="P", stop_condition=condition, network=net)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert (found.owner, found.field, found.line) == ("Population P", "stop_condition", 1)


def test_errors(net: Network) -> None:
    silent, other = net.create(1, COUNT, name="silent"), Network().create(1, COUNT, stop_condition="v > 1")
    net.create(SpikeSourceArray([[1.0]]))
    net.create(PoissonPopulation(1, rates=1.0))
    with pytest.raises(EngineError, match="not compiled"):
        net.simulate_until(1.0, net.create(1, COUNT, stop_condition="v > 1"))
    net.compile(silent=True)
    for arguments, message in (
        ((1.0, silent), "silent has no stop condition"),
        ((1.0, other), "no population of this network"),
        ((1.0, []), "no population of this network"),
        ((float("nan"), silent), "a number of ms"),
        ((1.0, silent, "xor"), "'and' or 'or', not 'xor'"),
    ):
        with pytest.raises(EngineError, match=message):
            net.simulate_until(*arguments)
