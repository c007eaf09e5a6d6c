"""Inputs in networks of both styles: copies of objects and networks, parallel runs, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    CurrentInjection,
    DecodingProjection,
    EngineError,
    HomogeneousCorrelatedSpikeTrains,
    Monitor,
    Network,
    Neuron,
    Rate2SpikePopulation,
    Spike2RatePopulation,
    SpikeSourceArray,
    TimedArray,
    TimedPoissonPopulation,
)

ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
CELL = Neuron(equations="v = g_exc", spike="v > 1e9")
READER = Neuron(equations="r = sum(exc)")


def series(monitors: list[Any]) -> list[Any]:
    """What was recorded, as plain lists and dictionaries."""
    found = [monitor.get(monitor.variables[0]) for monitor in monitors]
    return [data if isinstance(data, dict) else data.tolist() for data in found]


def test_copies_have_the_data_of_before_compile() -> None:
    engine.setup(dt=1.0, seed=2)
    timed = TimedArray(rates=ROWS, schedule=2.0)
    firing = TimedPoissonPopulation(2, [0.0, 1000.0], [0.0, 2.0])
    together = HomogeneousCorrelatedSpikeTrains(2, [10.0, 20.0], 0.0, 1.0, schedule=[0.0, 3.0])
    given = SpikeSourceArray([[1.0, 3.0], [2.0]])
    cells, reader = engine.Population(2, CELL), engine.Population(2, READER)
    CurrentInjection(timed, cells, "exc").connect_current()
    DecodingProjection(given, reader, "exc", window=2.0).connect_all_to_all(1.0)
    spikes, rates = Rate2SpikePopulation(timed, scaling=1000.0), Spike2RatePopulation(given, window=2.0)
    recorded = {timed: "r", firing: "spike", together: "x", cells: "g_exc", reader: "r"}
    recorded |= {spikes: "spike", rates: "r"}
    monitors = [Monitor(population, variable) for population, variable in recorded.items()]
    engine.compile(silent=True)
    engine.simulate(6.0)
    timed.update(10.0 * ROWS)
    firing.rates = [1000.0, 0.0]
    expected = series(monitors)
    copies = Network(everything=True)
    copies.compile(silent=True)
    copies.simulate(6.0)
    assert series(copies.get(monitors)) == expected
    np.testing.assert_array_equal(copies.get(timed).rates, ROWS)
    again = copies.copy()
    again.simulate(6.0)
    assert series(again.monitors) == expected
    np.testing.assert_array_equal(timed.rates, 10.0 * ROWS)


def test_a_hybrid_population_is_copied_after_its_source() -> None:
    given = SpikeSourceArray([1.0], name="S")
    rates = Spike2RatePopulation(given, name="R")
    net = Network()
    with pytest.raises(EngineError, match="R needs S; add that one before"):
        net.add(rates)
    net.add([given, rates])
    assert net.get(rates).paired_input.source is net.get(given)


class Driven(Network):
    """Spiking neurons that get the rates of an array."""

    def __init__(self) -> None:
        self.timed = self.create(TimedArray(rates=ROWS))
        cells = self.create(2, CELL)
        self.connect(CurrentInjection(self.timed, cells, "exc")).connect_current()
        self.m = self.monitor(cells, "g_exc")


def run(net: Any, factor: float) -> Any:
    net.timed.update(factor * ROWS)
    net.simulate(4.0)
    return net.m.get("g_exc").tolist()


def test_parallel_runs_with_other_rates() -> None:
    net: Any = Driven(dt=1.0)  # type: ignore[call-arg]
    net.compile(silent=True)
    one, two = net.parallel_run(method=run, number=2, factor=[1.0, 2.0])
    assert one == [[0.0, 0.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert two == [[0.0, 0.0], [2.0, 4.0], [6.0, 8.0], [10.0, 12.0]]


def with_everything() -> tuple[Any, list[Any], list[Any]]:
    net = Network(dt=1.0, seed=3)
    timed = net.create(TimedArray(rates=ROWS, schedule=2.0, period=9.0))
    times = {"schedule": [0.0, 3.0], "period": 7.0}
    together = net.create(HomogeneousCorrelatedSpikeTrains(80, [50.0, 20.0], 0.2, 5.0, **times))
    firing = net.create(TimedPoissonPopulation(2, [100.0, 900.0], [0.0, 2.0], 5.0))
    reader = net.create(2, READER)
    decoding = DecodingProjection(together, reader, "exc", window=6.0)
    decoding.connect_all_to_all(1.0)
    rates = Spike2RatePopulation(together, mode="adaptive")
    spikes = Rate2SpikePopulation(rates)
    recorded = ((timed, "r"), (together, "spike"), (reader, "r"), (spikes, "spike"), (firing, "spike"))
    monitors = [net.monitor(population, variable) for population, variable in recorded]
    net.compile(silent=True)
    return net, [timed, together, firing, decoding], monitors


def test_checkpoints_hold_data_and_schedules(tmp_path: Path) -> None:
    net, (timed, together, firing, decoding), monitors = with_everything()
    net.simulate(11.0)
    timed.update(np.vstack([ROWS, 10.0 * ROWS]), schedule=1.0, reset=False)
    together.update([100.0, 10.0, 30.0], 0.1, [0.0, 1.0, 2.0], reset=False)
    firing.rates = [500.0, 0.0]
    decoding.window = 3.0
    net.simulate(2.0)
    net.save_checkpoint(tmp_path / "state.npz")
    net.simulate(20.0)
    expected = series(monitors)
    net.reset()
    net.simulate(5.0)
    after_reset = series(monitors)
    net, (timed, together, _, decoding), monitors = with_everything()
    net.load_checkpoint(tmp_path / "state.npz")
    assert (timed.rates.shape, together.rates.tolist(), decoding.window) == ((6, 2), [100.0, 10.0, 30.0], 3.0)
    net.simulate(20.0)
    assert series(monitors) == expected
    net.reset()
    net.simulate(5.0)
    assert series(monitors) == after_reset
