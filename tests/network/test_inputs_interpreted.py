"""What inputs add to a plan, run by the plain interpreter: the same numbers as compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import (
    CurrentInjection,
    DecodingProjection,
    HomogeneousCorrelatedSpikeTrains,
    Network,
    Neuron,
    PoissonPopulation,
    Rate2SpikePopulation,
    Spike2RatePopulation,
    TimedArray,
    TimedPoissonPopulation,
    Uniform,
)
from engine.codegen import interpreter
from engine.codegen.lowering import lower

STEPS = 40


def everything(threads: int) -> Network:
    """All inputs and what turns rates to spikes and back, more neurons than one block."""
    net = Network(dt=0.5, seed=12)
    net.config(num_threads=threads)
    rows = np.arange(210.0).reshape(3, 70)
    timed = net.create(TimedArray(rates=rows, schedule=[0.5, 2.0, 4.0], period=7.0))
    poisson = net.create(TimedPoissonPopulation(70, rates=rows, schedule=[0.0, 3.0, 6.0]))
    together = HomogeneousCorrelatedSpikeTrains(70, [200.0, 40.0], [0.2, 0.3], 5.0, schedule=[0.0, 6.0])
    driven = net.create(PoissonPopulation(70, target="exc", refractory=1.0))
    reader = net.create(30, Neuron(equations="r = sum(exc)"))
    cells = net.create(70, Neuron(equations="dv/dt = (g_exc - v)/5.0", spike="v > 30.0", reset="v = 0.0"))
    net.create(together)
    net.connect(timed, driven, "exc").connect_one_to_one(2.0)
    net.connect(together, cells, "exc").connect_fixed_number_pre(9, weights=1.0)
    CurrentInjection(timed, cells, "exc").connect_current()
    decoding = DecodingProjection(cells, reader, "exc", window=3.0)
    decoding.connect_fixed_probability(0.3, weights=Uniform(0.0, 1.0))
    DecodingProjection(poisson, reader, "exc").connect_all_to_all(weights=0.1)
    rates = Spike2RatePopulation(cells, window=4.0, smooth=2.0)
    Spike2RatePopulation(driven, mode="isi")
    Spike2RatePopulation(driven, mode="adaptive")
    Rate2SpikePopulation(rates, scaling=0.5)
    net.compile(silent=True)
    return net


@pytest.mark.parametrize("threads", [1, 2])
def test_the_interpreter_agrees(threads: int) -> None:
    net = everything(threads)
    instance: Any = net.instance
    arrays = {name: array.copy() for name, array in instance.arrays.items()}
    run = interpreter.Interpreter(instance._plan, arrays, lower(net).sizes, threads)
    run.run([0, 0, 0], STEPS)
    net.simulate(0.5 * STEPS)
    changed = 0
    for name, array in instance.arrays.items():
        np.testing.assert_allclose(arrays[name], array, rtol=1e-12, atol=1e-12, err_msg=name)
        changed += bool(np.any(array != 0))
    assert changed > 50


def test_one_and_two_threads_give_the_same_bits() -> None:
    one, two = everything(1), everything(2)
    for net in (one, two):
        net.simulate(300.0)
    for first, second in zip(one.populations, two.populations, strict=True):
        for name in first.attributes:
            np.testing.assert_array_equal(first.get(name), second.get(name), err_msg=f"{first.name}.{name}")
