"""Functions of model text, called from Python: of neurons, of synapses and of all models."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import Constant, EngineError, Network, Neuron, Population, Projection, Synapse

NEURON = Neuron(
    equations="r = logistic(sum(exc), 2.0) : init = 0.5",
    functions="""
        logistic(x, k) = 1.0 / (1.0 + exp(-k * x))
        double(x) = 2.0 * x
    """,
)
SYNAPSE = Synapse(functions="bounded(w, top) = if w > top: top else: w", equations="w = bounded(w, 1.0)")


def test_names_of_functions() -> None:
    pop = Population(2, NEURON)
    proj = Projection(pop, pop, "exc", SYNAPSE)
    assert pop.functions == ["logistic", "double"]
    assert proj.functions == ["bounded"]
    assert Population(1, Neuron(equations="r = 0.0")).functions == []


def test_functions_before_compile(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Population(2, NEURON, name="A")
    assert pop.double is None
    assert capsys.readouterr().out == "WARNING: A.double: functions can only be called after compile(). \n"


def test_functions_after_compile() -> None:
    pop = Population((2, 2), NEURON, name="A")
    proj = Projection(pop, pop, "exc", SYNAPSE, name="P").connect_all_to_all(0.5)
    engine.compile(silent=True)
    values = pop.logistic([0.0, 1.0, -1.0], [1.0, 2.0, 0.5])
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, [0.5, 1 / (1 + math.exp(-2.0)), 1 / (1 + math.exp(0.5))], rtol=1e-15)
    assert pop.double(np.arange(4)).tolist() == [0.0, 2.0, 4.0, 6.0]
    assert pop.logistic(np.zeros(3), 2.0).tolist() == [0.5, 0.5, 0.5]
    assert proj.bounded([0.5, 1.5], [1.0, 1.0]).tolist() == [0.5, 1.0]
    assert repr(pop.double) == "<function double(x) of A>"


def test_what_python_computes_is_what_the_network_computes() -> None:
    text = (
        "f(x, y) = if (x > 0.0) and not (y < x): pos(x - y) + modulo(x, y) else: x**3 % 3.0 + clip(y, 0, 1)"
    )
    neuron = Neuron(parameters="a = 0.0\nb = 0.0", equations="r = f(a, b)", functions=text)
    pop = Population(200, neuron)
    generator = np.random.default_rng(1)
    pop.a, pop.b = generator.uniform(-5.0, 5.0, (2, 200))
    engine.compile(silent=True)
    engine.step()
    np.testing.assert_allclose(pop.r, pop.f(pop.a, pop.b), rtol=1e-12)


LOGARITHMS = (math.log, math.log10, math.log2, math.log1p)


def sum_of_angles(x: float) -> float:
    return math.atan2(x, 2.0) + math.tanh(x) + math.asin(x / 10.0)


def steps_and_limits(x: float) -> float:
    return (0.5 if x == 1.0 else float(x > 1.0)) - x + max(x, 2.0) - min(x, 2.0)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("sqrt(x) + cbrt(x)", lambda x: math.sqrt(x) + x ** (1 / 3)),
        ("erf(x) * sign(0.0 - x)", lambda x: -math.erf(x)),
        ("log(x) + log10(x) + log2(x) + log1p(x)", lambda x: sum(f(x) for f in LOGARITHMS)),
        ("round(x) + floor(x) + ceil(x)", lambda x: math.floor(x + 0.5) + math.floor(x) + math.ceil(x)),
        ("atan2(x, 2.0) + tanh(x) + asin(x / 10.0)", sum_of_angles),
        ("Heaviside(x - 1.0) + neg(0.0 - x) + Max(x, 2.0) - Min(x, 2.0)", steps_and_limits),
        ("ite(x > 1.0, x, -x) * pi", lambda x: (x if x > 1.0 else -x) * math.pi),
        ("pow(x, 2.0) + power(x, 3.0) + fmod(x, 0.7)", lambda x: x**2 + x**3 + math.fmod(x, 0.7)),
    ],
)
def test_every_kind_of_function(body: str, value: Callable[[float], float]) -> None:
    engine.add_function(f"probed(x) = {body}")
    Population(1, Neuron(equations="r = 0.0"))
    engine.compile(silent=True)
    points = [0.25, 1.0, 1.5, 2.75]
    np.testing.assert_allclose(engine.functions("probed")(points), [value(x) for x in points], rtol=1e-14)


def test_global_functions() -> None:
    with pytest.raises(EngineError, match=r"functions\('line'\): the network is not compiled"):
        engine.functions("line")
    slope = Constant("slope", 2.0)
    engine.add_function("line(x) = slope * x")
    engine.add_function("shifted(x, y) = line(x) + y")
    pop = Population(1, Neuron(equations="r = shifted(1.0, 1.0)"))
    engine.compile(silent=True)
    assert engine.functions("shifted")([1.0, 2.0], [0.0, 0.5]).tolist() == [2.0, 4.5]
    slope.set(3.0)
    engine.step()
    assert pop.r[0] == 4.0
    assert engine.functions("shifted")([1.0], [1.0]).tolist() == [4.0]
    with pytest.raises(EngineError, match=r"functions\('lime'\).*Did you mean 'line'"):
        engine.functions("lime")


def test_global_functions_with_the_constants_of_a_network() -> None:
    gain = Constant("gain", 2.0)
    engine.add_function("scaled(x) = gain * x")
    net = Network()
    net.create(1, Neuron(equations="r = scaled(1.0)"))
    with pytest.raises(EngineError, match="not compiled"):
        engine.functions("scaled", network=net)
    net.compile(silent=True)
    gain.set(5.0, network=net)
    assert engine.functions("scaled", network=net)([1.0]).tolist() == [5.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0],), r"A\.logistic\(x, k\) takes 2 arguments, but got 1"),
        (([1.0, 2.0], [1.0]), r"arguments of one length, but got 2, 1"),
        (([[1.0]], [[1.0]]), r"x must be a list or a 1D array"),
        ((["a"], [1.0]), r"x must be a list or a 1D array"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], message: str) -> None:
    pop = Population(1, NEURON, name="A")
    engine.compile(silent=True)
    with pytest.raises(EngineError, match=message):
        pop.logistic(*arguments)


def test_wrong_declarations() -> None:
    with pytest.raises(EngineError, match="text is needed, not int"):
        engine.add_function(3)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="add_function"):
        engine.add_function("f(x = 3")
