"""Blocks of steps: what single steps give, to the last bit, wherever steps may be taken together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, Network, Neuron
from engine.codegen import build as build_module
from engine.codegen import cpp, generated_code, interpreter
from engine.codegen.lowering import counted, lower

DEFAULT: dict[str, Any] = {
    "parameters": "tau = 5.0 : population\nV_r = 0.0 : population",
    "equations": "tau * dv/dt = 4.5 - v + 12.5 * (g_exc - g_inh)",
    "spike": "v > 3.0",
    "reset": "v = V_r",
    "refractory": 0.5,
}

MODELS: dict[str, dict[str, Any]] = {
    "refractory": {},
    "no refractory": {"refractory": None},
    "adapts": {
        "equations": DEFAULT["equations"] + " - u\n10.0 * du/dt = -u",
        "reset": "v = V_r\nu += 0.25",
    },
    "refractory by neuron": {
        "parameters": DEFAULT["parameters"] + "\nrest = 0.7",
        "refractory": "rest",
    },
    "exact": {"equations": "tau * dv/dt = 4.5 - v + 12.5 * (g_exc - g_inh) : exponential"},
    "decays": {"equations": "tau * dv/dt = 4.5 - v + g_exc - g_inh\n2.0 * dg_exc/dt = -g_exc"},
    "bounds": {"equations": DEFAULT["equations"] + " : min=-1.0, max=3.5"},
    "noise": {"equations": DEFAULT["equations"] + " + Normal(0.0, 1.0)"},
    "clock": {"equations": DEFAULT["equations"] + " + sin(t)"},
    "many values": {
        "equations": DEFAULT["equations"]
        + "\n"
        + "\n".join(f"{k + 3.0} * dx{k}/dt = v - x{k}" for k in range(9))
    },
}
"""Changes of the neuron. Noise and refractory periods that are not one for all have no form in registers;
such neurons go through the steps 64 at a time."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits also for small networks, and no warnings of the compiler."""
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)
    monkeypatch.setattr(build_module, "FLAGS", (*build_module.FLAGS, "-Werror"))


def build(
    threads: int = 1, precision: str = "double", delays: tuple[float, float] = (1.5, 0.7), **model: Any
) -> Network:
    """700 neurons and one more block that is not full; 70 of them inhibit."""
    net = Network(dt=0.1, seed=3)
    net.config(num_threads=threads, precision=precision)
    pop = net.create(1390, Neuron(**DEFAULT | model))
    pop.v = np.arange(1390) % 48 / 16
    if "rest" in pop.parameters:
        pop.rest = np.arange(1390) % 5 / 5
    net.connect(pop[:1250], pop, "exc").connect_fixed_probability(0.1, weights=0.02, delays=delays[0])
    net.connect(pop[1250:], pop, "inh").connect_fixed_probability(0.1, weights=0.1, delays=delays[1])
    return net


def run(net: Network, *durations: float) -> dict[str, Any]:
    """All values after some runs, and what was recorded meanwhile."""
    (pop,) = net.get_populations()
    spikes = net.monitor(pop, "spike")
    values = net.monitor(pop, "v", period=1.7)
    net.compile(silent=True)
    for duration in durations or (0.1, 3.7, 10.0, 2.2):
        net.simulate(duration)
    found = {name: getattr(pop, name) for name in pop.variables}
    found["spikes"] = spikes.get("spike")
    found["v recorded"] = values.get("v")
    assert sum(map(len, found["spikes"].values())) > 400
    return found


def in_blocks(net: Network) -> bool:
    """Are steps of a compiled network taken together?"""
    return "first_step" in generated_code(net)


def in_registers(net: Network) -> bool:
    """Do neurons keep their values in registers through a block?"""
    return "neurons(nl_quick()" in generated_code(net)


def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpp, "time_blocks", lambda plan: None)
    monkeypatch.setattr(counted, "time_blocks", lambda plan: None)


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_equal(other[name], value, err_msg=name)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("model", MODELS)
def test_blocks_give_what_single_steps_give(
    model: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for threads in (1, 3):
        net = build(threads, precision, **MODELS[model])
        found.append(run(net))
        assert in_blocks(net)
        assert in_registers(net) == (model not in ("noise", "refractory by neuron"))
    step_by_step(monkeypatch)
    net = build(1, precision, **MODELS[model])
    found.append(run(net))
    assert not in_blocks(net)
    for other in found[1:]:
        assert_equal(found[0], other)


def test_delays_that_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter delay than the memory was made for, then a longer one."""

    def story() -> dict[str, Any]:
        net = build(2)
        exc, inh = net.get_projections()
        found = run(net, 3.0)
        for delay in (0.3, 0.2, 1.5):
            inh.delay = delay
            net.simulate(2.5)
        exc.delay = 0.2
        net.simulate(2.5)
        (pop,) = net.get_populations()
        return {**found, "end": pop.v, "blocks": in_blocks(net)}

    blocks = story()
    step_by_step(monkeypatch)
    single = story()
    assert blocks.pop("blocks") and not single.pop("blocks")
    assert_equal(single, blocks)


def test_populations_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> dict[str, Any]:
        net = build()
        found = run(net, 4.0)
        (pop,), (exc, _) = net.get_populations(), net.get_projections()
        exc.transmission = False
        net.simulate(2.0)
        exc.transmission = True
        pop.disable()
        net.simulate(2.2)
        pop.enable()
        net.simulate(2.0)
        return {**found, "end": pop.v}

    blocks = story()
    step_by_step(monkeypatch)
    assert_equal(story(), blocks)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("threads", [1, 2])
def test_more_spikes_in_a_step_than_a_byte_counts(threads: int, precision: str) -> None:
    """600 neurons fire in every third step, and each is reached by all the others."""
    net = Network(dt=1.0, seed=1)
    net.config(num_threads=threads, precision=precision)
    pop = net.create(600, Neuron(equations="x += g_exc\nv += 1.0", spike="v > 2.0", reset="v = 0.0"))
    net.connect(pop, pop, "exc").connect_all_to_all(weights=2.0, delays=4.0)
    net.connect(pop[:300], pop, "exc").connect_all_to_all(weights=1.0, delays=3.0)
    net.connect(pop[:100], pop, "exc").connect_all_to_all(weights=0.25, delays=4.0)
    net.compile(silent=True)
    assert in_registers(net)
    at_once = 2.0 * 599 + (300 - (np.arange(600) < 300)) + 0.25 * (100 - (np.arange(600) < 100))
    net.simulate(2.0 + 4.0 + 1.0)
    np.testing.assert_array_equal(pop.x, at_once)
    net.simulate(30.0)
    np.testing.assert_array_equal(pop.x, 11 * at_once)


@pytest.mark.parametrize(
    ("weight", "precision"), [(0.02, "double"), (0.02, "float"), (1e300, "double"), (1e32, "float")]
)
def test_quick_steps_give_what_careful_ones_give(
    weight: float, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conductances that are given from outside; weights of which a multiple is no number."""

    def story() -> dict[str, Any]:
        scale = f"12.5 * {0.02 / weight!r} * (g_exc - g_inh)"
        net = build(1, precision, equations=f"tau * dv/dt = 4.5 - v + {scale}")
        (pop,), (exc, inh) = net.get_populations(), net.get_projections()
        spikes = net.monitor(pop, "spike")
        net.compile(silent=True)
        exc.w, inh.w = weight, 5.0 * weight
        net.simulate(7.0)
        pop.g_exc = weight * (np.arange(1390) % 7)
        net.simulate(4.0)
        found = {"end": pop.v, "conductances": pop.g_exc, "spikes": spikes.get("spike")}
        return {**found, "quick": in_registers(net)}

    blocks = story()
    step_by_step(monkeypatch)
    single = story()
    assert blocks.pop("quick") and not single.pop("quick")
    assert np.isfinite(blocks["end"]).all() and blocks["end"].std() > 0.1
    assert_equal(single, blocks)


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_for_recorded_spikes_that_runs_full(threads: int) -> None:
    """All neurons fire in every step: a call of the library ends before the memory does."""
    net = Network(dt=1.0, seed=1)
    net.config(num_threads=threads)
    pop = net.create(2100, Neuron(equations="v += 1.0 + 0.0 * g_exc", spike="v > 0.5", reset="v = 0.0"))
    net.connect(pop, pop, "exc").connect_fixed_probability(0.1, weights=1.0, delays=5.0)
    monitor = net.monitor(pop, "spike")
    net.compile(silent=True)
    assert in_blocks(net)
    net.simulate(103.0)
    spikes = monitor.get("spike")
    assert all(times == list(range(103)) for times in spikes.values()) and len(spikes) == 2100


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_that_is_stopped_goes_on(threads: int) -> None:
    """It ends with a block, of which nothing is lost, though somebody asked long before its last step."""
    net, whole = build(threads), build(threads)
    for one in (net, whole):
        one.monitor(one.get_populations()[0], "spike")
        one.compile(silent=True)
    instance: Any = net.instance
    library, stop = instance._library, np.zeros(1, np.int32)

    class Stopped:
        """Somebody asks to stop in the first step."""

        def run(self, *given: Any) -> int:
            stop[0] = 1
            done: int = library.run(*given)
            return done

    parts = []
    for is_asked in (True, True, False, True, True):
        stop[0], instance._library = 0, Stopped() if is_asked else library
        parts.append(net.run_steps(100, stop=stop))
    assert in_blocks(net) and parts == [7, 7, 100, 7, 7], "the shortest delay is a block"
    whole.run_steps(sum(parts))
    ends = [{"v": one.get_populations()[0].v, "spikes": one.monitors[0].get("spike")} for one in (whole, net)]
    assert_equal(*ends)


def test_the_interpreter_takes_single_steps_through_the_same_memory() -> None:
    net = build(2)
    (pop,) = net.get_populations()
    net.monitor(pop, "spike")
    net.compile(silent=True)
    instance: Any = net.instance
    arrays = {name: array.copy() for name, array in instance.arrays.items()}
    plan, steps = instance._plan, 19
    interpreter.Interpreter(plan, arrays, lower(net).sizes, 2).run([0, 0, 0], steps)
    net.simulate(0.1 * steps)
    np.testing.assert_array_equal(pop.v, arrays["pop0_v"])
    np.testing.assert_array_equal(instance.arrays["neurons0_last"], arrays["neurons0_last"])
    assert (arrays["neurons0_last"] >= 0).sum() > 200


NEURON = Neuron(**DEFAULT)


def plastic(net: Network, pop: Any) -> None:
    net.connect(pop, pop, "exc", STDP()).connect_fixed_probability(0.1, weights=0.01, delays=1.0)


def at_once(net: Network, pop: Any) -> None:
    net.connect(pop, pop, "exc").connect_fixed_probability(0.1, weights=0.01)


def through_lists(net: Network, pop: Any) -> None:
    net.connect(pop, pop, "exc").connect_fixed_probability(0.01, weights=0.01, delays=1.0)


def conductances(net: Network, pop: Any) -> None:
    net.monitor(pop, "g_exc")


def mean(net: Network, pop: Any) -> None:
    net.create(100, Neuron(equations="r = mean(r) + 1.0"))


def stopping(net: Network, pop: Any) -> None:
    net.create(10, Neuron(equations="v += 0.01", spike="v > 1.0", reset="v = 0.0"), stop_condition="v > 0.5")


@pytest.mark.parametrize("change", [plastic, through_lists, conductances, mean, stopping])
def test_what_is_felt_at_once_needs_single_steps(change: Any) -> None:
    net = build()
    change(net, net.get_populations()[0])
    net.compile(silent=True)
    assert not in_blocks(net)
    ring = net.instance.arrays["synapses0_counts"]  # type: ignore[union-attr]
    assert ring.size == 1408, "no memory for what cannot be counted ahead"


def test_a_delay_of_one_step_makes_blocks_of_one() -> None:
    net = build(delays=(0.1, 1.5))
    found = run(net)
    assert found["v"].std() > 0.0
    assert net.instance.arrays["synapses1_counts"].size == 1408  # type: ignore[union-attr]
