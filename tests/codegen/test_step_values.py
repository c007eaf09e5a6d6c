"""Values that follow from the clock: counted or made for many steps at once, they are those of each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, Network, Neuron, PoissonPopulation, Uniform
from engine.codegen import generated_code, step_values
from engine.codegen.interpreter import Interpreter
from engine.codegen.lowering import counted, lower
from engine.codegen.step_values import is_counted

WAVE = Neuron(
    parameters="period = 50.0 : population\nphase = 0.0",
    equations="""
        x = 3.0 * sin(2.0 * pi * t / period) - exp(-t / 20.0)
        y = cos(t + phase)
        r = x + sum(exc)
    """,
)


def phases(size: int) -> Any:
    return np.linspace(0.1, 1.0, size)


def wave(size: int, **settings: Any) -> Network:
    net = Network(dt=0.5, seed=1)
    net.config(**settings)
    population = net.create(size, WAVE)
    population.phase = phases(size)
    # Steps come in blocks where nothing reaches a population.
    net.connect(population, population, "exc").one_to_one(weights=0.0)
    net.compile(silent=True)
    return net


def code_of(net: Network) -> list[Any]:
    return list(net.instance._plan.of_steps)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("size", [1, 5, 70])
def test_numbers_are_those_of_the_step(size: int, precision: str) -> None:
    """Against numpy, at steps on both sides of where numbers are made anew."""
    net = wave(size, precision=precision)
    values = [let for let in code_of(net) if not is_counted(let)]
    assert len(values) == 1, "what depends on the neuron alone is left to it"
    population = net.populations[0]
    tolerance = 1e-13 if precision == "double" else 2e-6
    for steps in (1, 1, 14, 1, 1, 15, 16, 17, 100):
        net.simulate(0.5 * steps)
        t = 0.5 * (net.get_current_step() - 1)
        expected = 3.0 * np.sin(2.0 * np.pi * t / 50.0) - np.exp(-t / 20.0)
        np.testing.assert_allclose(population.r, np.full(size, expected), rtol=0, atol=3 * tolerance)
        np.testing.assert_allclose(population.y, np.cos(t + phases(size)), rtol=0, atol=100 * tolerance)


def plastic(threads: int = 1, **settings: Any) -> Network:
    """Traces with periods of 96 and 232 steps, a delay of 3 steps, records every third step."""
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=threads, **settings)
    noise = net.create(PoissonPopulation(150, rates=40.0))
    neuron = Neuron(
        equations="10.0 * dv/dt = -v + g_exc\n5.0 * dg_exc/dt = -g_exc", spike="v > 1.0", reset="v = 0"
    )
    pop = net.create(80, neuron)
    rule = STDP(tau_plus=12.0, tau_minus=29.0, A_plus=0.02, A_minus=0.03)
    proj = net.connect(noise, pop, "exc", rule)
    proj.fixed_probability(0.3, weights=Uniform(0.1, 0.3), delays=3.0)
    net.monitor(pop, "v", period=3.0)
    net.compile(silent=True)
    return net


def results(net: Network) -> list[Any]:
    (proj,) = net.projections
    rows = [np.concatenate([np.ravel(row) for row in getattr(proj, name)]) for name in ("w", "x", "y")]
    return [*rows, net.populations[1].v, net.get(net.monitors[0]).get("v")]


@pytest.mark.parametrize("precision", ["double", "float"])
def test_bits_depend_neither_on_calls_nor_on_threads(precision: str) -> None:
    whole = plastic(precision=precision)
    whole.simulate(300.0)
    expected = results(whole)
    assert len(np.unique(expected[0])) > 1000
    assert expected[-1].shape == (100, 80)
    for threads, parts in ((1, [1.0] * 40 + [260.0]), (2, [15.0, 17.0, 96.0, 172.0]), (3, [150.0] * 2)):
        net = plastic(threads, precision=precision)
        for part in parts:
            net.simulate(part)
        for one, other in zip(results(net), expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_interpreter_computes_the_same() -> None:
    net = plastic()
    instance: Any = net.instance
    assert {is_counted(let) for let in instance._plan.of_steps} == {True, False}
    arrays = {name: array.copy() for name, array in instance.arrays.items()}
    sizes = lower(net).sizes
    Interpreter(instance._plan, arrays, sizes).run([0, 0, 0], 120)
    net.simulate(120.0)
    for name, array in instance.arrays.items():
        if name.startswith(("proj", "synapses", "pop")) and array.dtype.kind == "f":
            np.testing.assert_allclose(arrays[name], array, rtol=1e-11, atol=1e-12, err_msg=name)
    assert np.any(instance.arrays["proj0_w"] != plastic().instance.arrays["proj0_w"])


def test_no_step_divides_where_it_can_count() -> None:
    """What is left stands before the loop or in the text that begins every text."""
    loop = generated_code(plastic()).split("for (; done < steps; ++done)")[1]
    assert "nl_floor_mod" not in loop
    paused = plastic()
    paused.populations[0].disable()
    paused.simulate(5.0)
    paused.populations[0].enable()
    paused.simulate(20.0)
    assert np.count_nonzero(paused.populations[1].v) > 0


def test_many_numbers_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function with thousands of them would take the compiler minutes."""
    ahead = plastic()
    monkeypatch.setattr(step_values, "MOST", 3)
    net = plastic()
    assert code_of(net)
    assert all(is_counted(let) for let in code_of(net))
    for one in (ahead, net):
        one.simulate(120.0)
    for first, second in zip(results(net), results(ahead), strict=True):
        np.testing.assert_array_equal(first, second)


def test_blocks_of_steps_keep_their_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)
    net = Network(dt=0.1, seed=1)
    neuron = Neuron(
        equations="5.0 * dv/dt = 4.5 - v + 12.5 * g_exc + sin(t)", spike="v > 3.0", reset="v = 0.0"
    )
    population = net.create(200, neuron)
    projection = net.connect(population, population, "exc")
    projection.fixed_probability(0.2, weights=0.001, delays=1.5)
    net.compile(silent=True)
    assert "longest" in generated_code(net)
    assert code_of(net) == []


def test_values_that_make_vectors_possible_keep_single_steps() -> None:
    """``modulo`` is no function of vectors; without it the rest is, so that steps could come in blocks that
    do not know its value."""
    net = Network(dt=0.5, seed=1)
    text = "x = modulo(t, 20.0)\n tau*dr/dt = if x > 10.0: -r else: 0.5 - r"
    population = net.create(100, Neuron(parameters="tau = 10.0 : population", equations=text))
    net.compile(silent=True)
    r = 0.0
    for step in range(100):
        r += 0.05 * (-r if int(0.5 * step) % 20 > 10 else 0.5 - r)
    net.simulate(50.0)
    np.testing.assert_allclose(population.r, np.full(100, r), rtol=1e-12)
