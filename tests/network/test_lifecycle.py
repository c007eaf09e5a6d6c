"""The life of the top-level network: declared, compiled, run, reset, cleared, and what each call may find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    Constant,
    EngineError,
    Monitor,
    Neuron,
    Population,
    Projection,
    Synapse,
    Uniform,
)

RATE = Neuron(parameters="b = 1.0\ng = 2.0 : population", equations="r = r + b : init = 0.5")
LEARNING = Synapse(parameters="eta = 0.5 : projection\na = 3.0", equations="w += eta\nc += 1.0 : init = 0")


def declared() -> tuple[Population, Projection, Monitor]:
    pop = Population(3, RATE, name="A")
    proj = Projection(pop, pop, "exc", LEARNING, name="P")
    proj.connect_all_to_all(Uniform(0.0, 1.0))
    return pop, proj, Monitor(pop, "r")


def test_one_model_serves_many_objects() -> None:
    neuron, synapse = Neuron(parameters="b = 1.0", equations="r = b"), Synapse(equations="w += 0.0")
    first, second = Population(2, neuron), Population(3, neuron)
    one = Projection(first, second, "exc", synapse)
    two = Projection(second, first, "exc", synapse)
    first.b = 5.0
    assert (second.b == 1.0).all()
    assert (first.name, second.name, one.name, two.name) == ("pop0", "pop1", "proj0", "proj1")
    assert [o.id for o in (first, second, one, two)] == [0, 1, 0, 1]


def test_projections_may_share_a_name() -> None:
    pop = Population(2, RATE)
    first, _ = Projection(pop, pop, "exc", name="P"), Projection(pop, pop, "inh", name="P")
    assert engine.get_projection("P") is first


@pytest.mark.parametrize("name", [3, 2.5, ["a"]])
def test_names_are_text(name: Any) -> None:
    with pytest.raises(EngineError, match=r"name must be text"):
        Population(2, RATE, name=name)


BEFORE: dict[str, Callable[[], Any]] = {
    "set_time": lambda: engine.set_time(5.0),
    "set_current_step": lambda: engine.set_current_step(5),
    "set_seed": lambda: engine.set_seed(3),
    "enable_learning": engine.enable_learning,
    "disable_learning": engine.disable_learning,
    "get_population": lambda: engine.get_population("zz"),
    "get_projection": lambda: engine.get_projection("zz"),
}


@pytest.mark.parametrize("call", BEFORE)
def test_what_only_warns_before_compile(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    declared()
    capsys.readouterr()
    assert BEFORE[call]() is None
    printed = capsys.readouterr().out
    assert printed.startswith("WARNING: ") and printed.endswith(" \n") and printed.count("\n") == 1
    assert (engine.get_time(), engine.get_current_step()) == (0.0, 0)
    engine.setup(suppress_warnings=True)
    BEFORE[call]()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("call", [lambda: engine.simulate(1.0), engine.step, engine.reset])
def test_what_needs_compile(call: Callable[[], Any]) -> None:
    declared()
    with pytest.raises(EngineError, match="not compiled yet; call compile"):
        call()


def test_an_unconnected_projection_is_named() -> None:
    pop = Population(2, RATE, name="A")
    Projection(pop, pop, "exc", name="P")
    with pytest.raises(EngineError, match="Projection P from A to A is not connected"):
        engine.compile(silent=True)


def test_a_monitor_may_come_late() -> None:
    pop, _, _ = declared()
    engine.compile(silent=True)
    engine.simulate(3.0)
    late = Monitor(pop, "r")
    engine.simulate(2.0)
    assert late.get("r")[:, 0].tolist() == [4.5, 5.5]
    assert late.times()["r"] == {"start": [3], "stop": [5]}


@pytest.mark.parametrize(
    ("t", "step"), [(7.3, 14), (7.5, 15), (7, 14), (np.float32(0.5), 1), (0.0, 0), (1e6, 2 * 10**6)]
)
def test_setting_the_time_cuts_to_steps(t: Any, step: int) -> None:
    engine.setup(dt=0.5)
    declared()
    engine.compile(silent=True)
    engine.set_time(t)
    assert (engine.get_current_step(), engine.get_time()) == (step, step * 0.5)
    assert (type(engine.get_current_step()), type(engine.get_time())) == (int, float)


def test_setting_the_step_cuts_to_whole_numbers() -> None:
    declared()
    engine.compile(silent=True)
    engine.set_current_step(5.7)  # type: ignore[arg-type]
    assert engine.get_current_step() == 5


@pytest.mark.parametrize("t", [-5.0, float("nan"), float("inf"), "5", None])
def test_impossible_times(t: Any) -> None:
    declared()
    engine.compile(silent=True)
    engine.simulate(2.0)
    for call in (engine.set_time, engine.simulate, engine.set_current_step):
        with pytest.raises(EngineError, match=r"must be a number"):
            call(t)
    assert engine.get_current_step() == 2


def test_learning_of_all_and_of_some() -> None:
    pop = Population(2, RATE)
    projections = [Projection(pop, pop, "exc", LEARNING).connect_one_to_one(0.0) for _ in range(2)]
    engine.compile(silent=True)

    def gains() -> list[float]:
        before = [proj.w[0][0] for proj in projections]
        engine.simulate(10.0)
        return [proj.w[0][0] - w for proj, w in zip(projections, before, strict=True)]

    assert gains() == [5.0, 5.0]
    engine.disable_learning()
    assert gains() == [0.0, 0.0]
    engine.enable_learning([projections[1]])
    assert gains() == [0.0, 5.0]
    engine.enable_learning(period=5.0, offset=2.0)
    assert gains() == [1.0, 1.0]
    engine.disable_learning([projections[0]])
    assert gains() == [0.0, 1.0]
    for wrong in ({"period": "x"}, {"period": -1.0}, {"offset": 1.0}, {"period": 2.0, "offset": 2.0}):
        with pytest.raises(EngineError, match="enable_learning"):
            engine.enable_learning(**wrong)  # type: ignore[arg-type]


def test_reset_by_parts() -> None:
    pop, proj, m = declared()
    pop.b, pop.g = [1.0, 2.0, 3.0], 7.0
    proj.a = 4.0
    engine.compile(silent=True)
    weights = proj.w
    structure = proj.pre_ranks

    def run() -> None:
        engine.simulate(4.0)
        pop.b, pop.g, proj.a, proj.eta = 0.0, 0.0, 0.0, 0.0

    run()
    engine.reset(populations=False, monitors=False)
    assert (engine.get_time(), pop.g, len(m.get("r", keep=True))) == (0.0, 0.0, 4)
    assert pop.r.tolist() == [4.5, 8.5, 12.5]
    engine.reset()
    assert (pop.r.tolist(), pop.b.tolist(), pop.g) == ([0.5] * 3, [1.0, 2.0, 3.0], 7.0)
    assert (proj.a[0], proj.eta, proj.c[0]) == ([0.0] * 2, 0.0, [4.0] * 2)
    assert m.get("r").shape == (0,)
    engine.reset(projections=True)
    assert (proj.a[0], proj.eta, proj.c[0]) == ([4.0] * 2, 0.5, [0.0] * 2)
    np.testing.assert_allclose(proj.w, np.array(weights) + 4 * 0.5, rtol=1e-15)
    run()
    engine.reset(synapses=True)
    assert (proj.a[0], proj.pre_ranks == structure) == ([4.0] * 2, True)
    assert ((np.array(proj.w) < 1.0) & (np.array(proj.w) != np.array(weights))).all(), "drawn anew"


def test_reset_of_synapses_says_what_else_it_resets(capsys: pytest.CaptureFixture[str]) -> None:
    declared()
    engine.compile(silent=True)
    engine.reset(synapses=True)
    assert "WARNING: reset(): synapses=True resets the projections, too." in capsys.readouterr().out
    engine.reset(synapses=True, projections=True)
    assert capsys.readouterr().out == ""


def test_single_objects_are_reset(capsys: pytest.CaptureFixture[str]) -> None:
    pop, proj, _ = declared()
    engine.compile(silent=True)
    engine.simulate(3.0)
    pop.b, proj.eta = 9.0, 9.0
    proj.reset(["c"])
    pop.reset(["b", "zz"])
    assert (pop.b[0], pop.r[0], proj.c[0][0], proj.eta) == (1.0, 3.5, 0.0, 9.0)
    assert "'zz'" in capsys.readouterr().out
    proj.reset()
    pop.reset()
    assert (pop.r[0], proj.eta, engine.get_time()) == (0.5, 0.5, 3.0)


def test_clear_forgets_what_it_is_told_to() -> None:
    engine.add_function("kept(x) = x + 1.0")
    Constant("held", 2.0)
    declared()
    engine.compile(silent=True)
    engine.clear(functions=False, constants=False)
    assert (engine.populations(), engine.projections(), engine.monitors()) == ([], [], [])
    assert engine.get_constant("held") is not None
    pop = Population(1, Neuron(equations="r = kept(held)"))
    engine.compile(silent=True)
    engine.step()
    assert pop.r[0] == 3.0
    engine.clear()
    assert engine.get_constant("held") is None
    Constant("held", 3.0)
    with pytest.raises(EngineError, match="kept"):
        Population(1, Neuron(equations="r = kept(1.0)"))


def test_lists_of_objects() -> None:
    pop, proj, m = declared()
    view = pop[0:2]
    other = Monitor(view, "r")
    late = Projection(view, pop, "inh", name="Q").connect_all_to_all(1.0)
    assert engine.populations() == [pop]
    assert engine.projections() == [proj, late]
    assert engine.projections(target="inh", post=pop) == [late]
    assert engine.projections(pre=view) == [late]
    assert engine.projections(pre=pop, target="inh", suppress_error=True) == []
    assert engine.monitors() == [m, other]
    assert engine.monitors(obj=view) == [other]
    assert engine.monitors(obj=pop) == [m]
    with pytest.raises(EngineError, match="no projection"):
        engine.projections(pre=pop, target="inh")


def test_constants() -> None:
    c = Constant("speed", 2.0)
    assert (c + 1, c.name, c.value, repr(c), str(c)) == (3.0, "speed", 2.0, "2.0", "2.0")
    assert engine.get_constant("speed") is c
    assert engine.get_constant("zz") is None
    pop = Population(1, Neuron(equations="r = speed"))
    engine.compile(silent=True)
    c.set(5.0)
    engine.step()
    assert (pop.r[0], c + 1, c.value, repr(c)) == (5.0, 3.0, 5.0, "5.0")
    for wrong in (("speed", 3.0), ("a b", 1.0), ("x", "fast"), (3, 1.0)):
        with pytest.raises(EngineError, match="Constant"):
            Constant(*wrong)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="must be a number"):
        c.set("fast")  # type: ignore[arg-type]


def test_a_parameter_hides_a_constant() -> None:
    Constant("speed", 2.0)
    pop = Population(1, Neuron(parameters="speed = 7.0", equations="r = speed"))
    engine.compile(silent=True)
    engine.step()
    assert pop.r[0] == 7.0


def test_models_tell_what_they_are() -> None:
    neuron = Neuron(
        parameters="tau = %(tau)s", equations="r = tau", extra_values={"tau": 3.0}, description="Told."
    )
    assert (neuron.type, neuron.name, neuron.extra_values) == ("rate", "Rate-coded neuron", {"tau": 3.0})
    assert (Population(1, neuron).tau == 3.0).all()
    spiking = Neuron("v = 1.0", "", spike="v > 2.0", reset="v = 0.0", axon_spike="v > 1.0")
    assert (spiking.type, spiking.name) == ("spike", "Spiking neuron")
    for text in ("v = 1.0", "v > 2.0", "v = 0.0", "v > 1.0"):
        assert text in repr(spiking)
    synapse = Synapse(parameters="a = %(a)s", pre_spike="g_target += a*w", extra_values={"a": 1.5})
    assert (synapse.type, synapse.extra_values) == ("spike", {"a": 1.5})
    assert "g_target += a*w" in repr(synapse) and "a = 1.5" in repr(synapse)
    with pytest.raises(EngineError, match="cannot be added"):
        synapse + synapse
    with pytest.raises(EngineError, match="extra_values"):
        Neuron(parameters="tau = %(tau)s", equations="r = tau", extra_values={"other": 1.0})
