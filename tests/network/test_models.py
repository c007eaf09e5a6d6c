"""Texts of neurons and synapses, built-in models, constants and functions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    STP,
    Constant,
    EngineError,
    IF_curr_exp,
    Izhikevich,
    LeakyIntegrator,
    ModelError,
    Network,
    Neuron,
    Synapse,
)

NEURONS = engine.list_standard_neurons()
SYNAPSES = engine.list_standard_synapses()


@pytest.mark.parametrize("model", NEURONS + SYNAPSES, ids=lambda model: model.__name__)
def test_arguments_become_parameters(model: type) -> None:
    numbers = {
        name: parameter.default
        for name, parameter in inspect.signature(model).parameters.items()
        if isinstance(parameter.default, float)
    }
    changed = {name: value + 0.125 for name, value in numbers.items()}
    analysed = model(**changed).analyse()
    if capacitance := changed.pop("C_m", None):  # GIF: only the resistance and the period itself are kept
        assert analysed.refractory == changed.pop("refractory_period")
        changed["R"] = changed["tau_m"] / capacitance
    assert {p.name: p.value for p in analysed.parameters} == changed
    assert model.__doc__


@pytest.mark.parametrize("model", NEURONS, ids=lambda model: model.__name__)
def test_every_neuron_runs(model: Any) -> None:
    net = Network(dt=0.1, seed=1)
    pop = net.create(2, model)
    pre = net.create(2, Izhikevich if pop.model.kind == "spike" else LeakyIntegrator)
    for target in ("exc", "inh"):
        net.connect(pre, pop, target).connect_all_to_all(0.1)
    net.compile(silent=True)
    net.simulate(5.0)
    assert np.isfinite(pop.v).all()


def test_initial_values_come_from_the_arguments() -> None:
    pop = Network().create(2, Izhikevich(b=0.25, c=-60.0))
    assert (pop.v[0], pop.u[0]) == (-60.0, -15.0)
    assert Network().create(1, IF_curr_exp(v_reset=-70.0)).v[0] == -70.0


def test_stp_needs_a_positive_time_constant() -> None:
    with pytest.raises(EngineError, match="tau_facil must be positive"):
        STP(tau_facil=0.0)


def test_arguments_of_models_are_numbers() -> None:
    with pytest.raises(EngineError, match="cm must be a number"):
        IF_curr_exp(cm=[1.0, 2.0])  # type: ignore[arg-type]


def test_mistakes_in_a_neuron_name_line_and_column() -> None:
    neuron = Neuron(parameters="a = 1.0", equations="x = a\nr = x + nonsense", name="bad")
    with pytest.raises(ModelError) as caught:
        Network().create(2, neuron)
    (found,) = caught.value.diagnostics
    assert (found.owner, found.field, found.line, found.column) == ("bad", "equations", 2, 9)
    assert "nonsense" in found.message


def test_extra_values() -> None:
    neuron = Neuron(parameters="a = %(a)s", equations="r = a", extra_values={"a": 2.5})
    assert Network().create(1, neuron).a[0] == 2.5
    with pytest.raises(EngineError, match="extra_values"):
        Neuron(parameters="a = %(b)s", extra_values={"a": 2.5})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operation": "product"}, "not one of sum, min, max, mean"),
        ({"operation": "max", "pre_spike": "g_target += w"}, "can only sum"),
        ({"equations": [1.0]}, "must be text"),
    ],
)
def test_impossible_synapses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Synapse(**arguments)


def test_synapses_are_not_added() -> None:
    with pytest.raises(EngineError, match="cannot be added"):
        _ = Synapse() + Synapse()


def test_constants() -> None:
    c = Constant("gain", 2.0)
    assert c + 1 == 3.0
    assert engine.get_constant("gain") is c
    with pytest.raises(EngineError, match="'gain' is already used"):
        Constant("gain", 1.0)
    with pytest.raises(EngineError, match="not a name"):
        Constant("2x", 1.0)
    first, second = Network(), Network()
    neuron = Neuron(parameters="b = gain", equations="r = gain * 10.0")
    a, b = first.create(1, neuron), second.create(1, neuron)
    first.compile(silent=True)
    second.compile(silent=True)
    c.set(3.0)
    c.set(5.0, network=second)
    first.step()
    second.step()
    assert (a.r[0], b.r[0], a.b[0]) == (30.0, 50.0, 2.0)
    assert (c.value, c + 1) == (3.0, 3.0)
    engine.clear()
    assert engine.get_constant("gain") is None


def test_functions() -> None:
    engine.add_function("square(x) = x * x")
    net = Network()
    pop = net.create(1, Neuron(equations="r = square(3.0)"))
    net.compile(silent=True)
    net.step()
    assert pop.r[0] == 9.0
    with pytest.raises(ModelError):
        engine.add_function("wrong(x) = y")
    engine.clear()
    with pytest.raises(ModelError, match="square"):
        Network().create(1, Neuron(equations="r = square(3.0)"))
