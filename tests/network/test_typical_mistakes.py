"""What a user reads after a slip: the message names what was meant, and comes where the slip is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import (
    EngineError,
    IF_curr_exp,
    LeakyIntegrator,
    LILConnectivity,
    Neuron,
    PoissonPopulation,
    Population,
    Projection,
    TimedArray,
    compile,
)


@pytest.mark.parametrize("pattern", ["connect_fixed_number_pre", "connect_fixed_number_post"])
@pytest.mark.parametrize("number", [5, -1, 1.5, "2"])
def test_a_number_of_partners_that_do_not_exist_is_told_at_the_call(pattern: str, number: Any) -> None:
    pop = Population(4, LeakyIntegrator)
    projection = Projection(pop, pop[0:4], "exc", name="local")
    with pytest.raises(EngineError, match=rf"local: {pattern}: the number must be a whole one"):
        getattr(projection, pattern)(number, 1.0)


def test_views_offer_as_many_partners_as_they_have() -> None:
    pop, other = Population(4, LeakyIntegrator), Population(3, LeakyIntegrator)
    with pytest.raises(EngineError, match="the 2 pre-synaptic neurons"):
        Projection(pop[0:2], other, "exc").connect_fixed_number_pre(3, 1.0)
    with pytest.raises(EngineError, match="the 3 post-synaptic neurons"):
        Projection(pop[0:2], other, "exc").connect_fixed_number_post(4, 1.0)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("value", "told"), [("high", "'high'"), (None, "None"), (["a", "b", "c"], "list")])
def test_values_that_are_no_numbers(compiled: bool, value: Any, told: str) -> None:
    pop = Population(3, IF_curr_exp, name="pop")
    if compiled:
        compile(silent=True)
    for part in (pop, pop[0:3]):
        with pytest.raises(EngineError, match=rf"pop\.tau_m takes numbers, not {told}\."):
            part.tau_m = value


def test_a_view_of_one_neuron_needs_one_value() -> None:
    pop = Population(3, IF_curr_exp, name="pop")
    with pytest.raises(EngineError, match=r"pop\.v needs one value, not 2"):
        pop[1].v = [1.0, 2.0]


def test_a_class_that_is_no_neuron_is_named() -> None:
    with pytest.raises(EngineError, match="must be a Neuron, not PoissonPopulation"):
        Population(3, PoissonPopulation)  # type: ignore[arg-type]


def test_a_misspelt_connector_is_suggested() -> None:
    pop = Population(3, LeakyIntegrator)
    with pytest.raises(AttributeError, match=r"Did you mean 'connect_all_to_all'\?"):
        Projection(pop, pop, "exc").connect_alltoall(1.0)


def test_an_assignment_that_should_be_a_comparison() -> None:
    with pytest.raises(EngineError, match="Write >= or <="):
        Population(2, Neuron(equations="v = 1.0", spike="v => 1", reset="v = 0"))
    with pytest.raises(EngineError, match="A comparison is written =="):
        Population(2, Neuron(equations="v = 1.0", spike="v = 1", reset="v = 0"))


@pytest.mark.parametrize(
    ("parameters", "mend"),
    [
        ("tau = 10.0, baseline = 1.0", "separated by ; or by lines"),
        ("tau = 10.0 ms", "no units"),
        ("tau = 10.0 population", "flags stand after a colon"),
        ("tau = Uniform(0, 1)", "random values are assigned"),
        ("tau =", "Write a number"),
    ],
)
def test_parameters_that_are_no_numbers(parameters: str, mend: str) -> None:
    with pytest.raises(EngineError, match=mend):
        Population(2, Neuron(parameters=parameters, equations="r = 1.0"))


def test_the_size_of_a_projection_before_compile_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Population(3, LeakyIntegrator)
    projection = Projection(pop, pop, "exc", name="local").connect_all_to_all(1.0)
    assert len(projection) == 0
    assert "Projection local: size is only possible after compile()" in capsys.readouterr().out


# Types observed in ANNarchy 4.8.2.6: print(type(inp.schedule)) before and after compile().
@pytest.mark.parametrize("schedule", [2.0, [0.0, 2.0, 4.0]])
def test_a_schedule_is_an_array_once_the_network_is_compiled(schedule: Any) -> None:
    inp = TimedArray(rates=np.eye(3), schedule=schedule)
    assert isinstance(inp.schedule, list)
    compile(silent=True)
    assert isinstance(inp.schedule, np.ndarray)
    np.testing.assert_array_equal(inp.schedule / 2.0, [0.0, 1.0, 2.0])


# ANNarchy 4.8.2.6: lil = LILConnectivity(); lil.add(0, [0, 1], [0.1], [1.0]); print(lil.w, lil.delay)
# with dt = 0.5 gives [[0.1, 0.1]] [[2]].
def test_one_weight_of_a_row_is_given_to_each_synapse() -> None:
    lil = LILConnectivity()
    lil.add(0, [0, 1], [0.1], [2.0])
    assert (lil.w, lil.delay) == ([[0.1, 0.1]], [[2]])
