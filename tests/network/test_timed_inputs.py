"""Rates that follow a schedule: InputArray, TimedArray, TimedPoissonPopulation.

Series without another source come from the rule of the schedule: counter and row start at 0; a step whose
counter is the row's time shows the row, and the next row waits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    EngineError,
    HomogeneousCorrelatedSpikeTrains,
    InputArray,
    Network,
    Neuron,
    TimedArray,
    TimedPoissonPopulation,
)

ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def rule(steps: list[int], period: int, n: int) -> list[int]:
    """Row that is shown in each of ``n`` steps, -1 for none yet: the rule, step by step."""
    counter, row, shown, series = 0, 0, -1, []
    for _ in range(n):
        if counter == steps[row]:
            shown = row
            row = (row + 1) % len(steps)
        if period > 0 and counter == period - 1:
            counter, row = -1, 0
        counter += 1
        series.append(shown)
    return series


def record(net: Network, population: Any, duration: float, variable: str = "r") -> Any:
    m = net.monitor(population, variable)
    net.compile(silent=True)
    net.simulate(duration)
    return m.get(variable)


def test_input_array_keeps_what_is_assigned() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(InputArray((2, 2)))
    follower = net.create(4, Neuron(equations="r = sum(exc)"))
    net.connect(inp, follower, "exc").connect_one_to_one(2.0)
    assert (inp.parameters, inp.variables, inp.r.tolist()) == ([], ["r"], [[0.0, 0.0], [0.0, 0.0]])
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    inp.r = [[1.0, 2.0], [3.0, 4.0]]
    net.simulate(2.0)
    inp[0, :].r = 9.0
    net.simulate(1.0)
    assert m.get("r", reshape=False).tolist() == [[1, 2, 3, 4]] * 2 + [[9, 9, 3, 4]]
    assert follower.r.tolist() == [18.0, 18.0, 6.0, 8.0]


def test_input_array_needs_a_geometry() -> None:
    with pytest.raises(EngineError, match="InputArray: give its geometry"):
        InputArray()


# ANNarchy 4.8.2.6, setup(dt=0.5): TimedArray(rates=ROWS, schedule=s, period=p); compile(); simulate(10.0)
SERIES = {
    ((1, 2, 4), 5): [0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 1, 1, 2, 2, 2, 2, 3, 3],
    (2.0, -1.0): [1] * 4 + [2] * 4 + [3] * 12,
    (0.0, -1.0): [1, 2] + [3] * 18,
}


@pytest.mark.parametrize(("given", "shown"), SERIES.items())
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_follow_the_schedule(given: Any, shown: list[int], threads: int) -> None:
    net = Network(dt=0.5, seed=1)
    net.config(num_threads=threads)
    schedule = list(given[0]) if isinstance(given[0], tuple) else given[0]
    inp = net.create(TimedArray(rates=ROWS, schedule=schedule, period=given[1]))
    rows = np.vstack([[0.0, 0.0], ROWS])
    np.testing.assert_array_equal(record(net, inp, 10.0), rows[shown])


@pytest.mark.parametrize(
    ("steps", "period"),
    [([0, 1, 2], 3), ([0, 1, 2], 2), ([2, 3], 4), ([0], 1), ([0, 5], 4), ([0, 3, 2], 6), ([4], -1)],
)
@pytest.mark.parametrize("precision", ["double", "float"])
def test_any_schedule_and_period(steps: list[int], period: int, precision: str) -> None:
    net = Network(dt=1.0, seed=1)
    net.config(precision=precision, suppress_warnings=True)
    values = np.arange(1.0, 1.0 + 70 * len(steps)).reshape(len(steps), 70)
    inp = net.create(TimedArray(rates=values, schedule=[float(s) for s in steps], period=float(period)))
    shown = rule(steps, period, 17)
    expected = np.vstack([values, np.zeros(70)])[shown]
    np.testing.assert_array_equal(record(net, inp, 17.0), expected)


def test_receivers_get_the_rates_of_the_step_before() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS[:, :1], schedule=2.0))
    near, far = (
        net.create(1, Neuron(equations="r = sum(exc)")),
        net.create(1, Neuron(equations="r = sum(exc)")),
    )
    net.connect(inp, near, "exc").connect_one_to_one(1.0)
    net.connect(inp, far, "exc").connect_one_to_one(1.0, delays=3.0)
    m, n = net.monitor(near, "r"), net.monitor(far, "r")
    net.compile(silent=True)
    net.simulate(8.0)
    assert m.get("r").ravel().tolist() == [0, 1, 1, 3, 3, 5, 5, 5]
    assert n.get("r").ravel().tolist() == [0, 0, 0, 1, 1, 3, 3, 5]


def test_reset_and_pause() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS, schedule=[1.0, 2.0, 4.0]))
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    net.simulate(2.0)
    inp.disable()
    net.simulate(3.0)
    inp.enable()
    net.simulate(3.0)
    assert m.get("r")[:, 0].tolist() == [0, 1, 1, 1, 1, 3, 3, 5]
    inp.reset()
    assert inp.r.tolist() == [0.0, 0.0]
    net.simulate(2.0)
    assert m.get("r")[:, 0].tolist() == [0, 1]
    net.reset()
    net.simulate(2.0)
    assert m.get("r")[:, 0].tolist() == [0, 1]
    net.set_time(0.0)
    net.simulate(1.0)
    assert m.get("r")[:, 0].tolist() == [3], "the schedule has a clock of its own"


def test_update_goes_on_where_the_schedule_stands() -> None:
    """As ANNarchy 4.8.2.6: the rates of the next row at once, the counters as they were."""
    inp = TimedArray(rates=ROWS, schedule=2.0, period=6.0)
    m = engine.Monitor(inp, "r")
    engine.compile(silent=True)
    engine.simulate(3.0)
    inp.update(rates=10.0 * ROWS, schedule=[0.0, 1.0, 5.0], period=6.0)
    assert inp.r.tolist() == [50.0, 60.0]
    engine.simulate(5.0)
    assert m.get("r")[:, 0].tolist() == [1, 1, 3, 50, 50, 50, 10, 30]
    assert (list(inp.schedule), inp.period) == ([0.0, 1.0, 5.0], 6.0)
    inp.update(rates=-ROWS, schedule=None, period=None, reset=True)
    assert (inp.r.tolist(), list(inp.schedule), inp.period) == ([0.0, 0.0], [0.0, 1.0, 5.0], 6.0)
    engine.simulate(3.0)
    assert m.get("r")[:, 0].tolist() == [-1, -3, -3]
    inp.update(rates=ROWS)
    assert (inp.r.tolist(), list(inp.schedule), inp.period) == ([5.0, 6.0], [0.0, 1.0, 2.0], -1.0)
    inp.reset()
    engine.simulate(3.0)
    assert m.get("r")[:, 0].tolist() == [1, 1, 3], "data of before compile"
    assert (list(inp.schedule), inp.period) == ([0.0, 2.0, 4.0], 6.0)


def test_update_of_version_5_starts_anew() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS, schedule=2.0, period=6.0))
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    net.simulate(3.0)
    inp.update(10.0 * ROWS)
    assert (inp.r.tolist(), list(inp.schedule), inp.period) == ([0.0, 0.0], [0.0, 2.0, 4.0], 6.0)
    net.simulate(7.0)
    assert m.get("r")[:, 0].tolist() == [1, 1, 3, 10, 10, 30, 30, 50, 50, 10]
    inp.update(ROWS, schedule=0.0, period=-1.0, reset=False)
    assert (inp.r.tolist(), list(inp.schedule), inp.period) == ([3.0, 4.0], [0.0, 1.0, 2.0], -1.0)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_another_number_of_rows_while_running(rows: int) -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS))
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    net.simulate(2.0)
    values = np.arange(2.0 * rows).reshape(rows, 2)
    inp.update(rates=values, reset=True)
    net.simulate(8.0)
    expected = np.vstack([ROWS[:2], values[np.minimum(np.arange(8), rows - 1)]])
    np.testing.assert_array_equal(m.get("r"), expected)
    np.testing.assert_array_equal(inp.rates, values)


def test_rates_schedule_and_period_are_attributes() -> None:
    net = Network(dt=0.5, seed=1)
    inp = net.create(TimedArray(rates=np.zeros((3, 2, 2))))
    assert inp.geometry == (2, 2)
    assert (inp.rates.shape, list(inp.schedule), inp.period) == ((3, 2, 2), [0.0, 0.5, 1.0], -1.0)
    inp.schedule, inp.period = [0.0, 1.0, 2.0], 4.0
    inp.rates = np.arange(12.0).reshape(3, 2, 2)
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    net.simulate(5.0)
    assert m.get("r", reshape=False)[:, 0].tolist() == [0, 0, 4, 4, 8, 8, 8, 8, 0, 0]
    inp.period = -1.0
    inp.schedule = 0.5
    inp.rates = 100.0 + inp.rates
    assert inp[1, 1].r == 107.0, "row 1 comes next"
    net.simulate(1.5)
    assert m.get("r", reshape=False)[:, 0].tolist() == [104.0, 104.0, 104.0], "row 1 is over"


def test_data_may_come_after_compile() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(geometry=(2, 1), schedule=2.0))
    assert (inp.rates, inp.schedule) == (None, 2.0)
    m = net.monitor(inp, "r")
    net.compile(silent=True)
    net.simulate(2.0)
    inp.update(rates=ROWS[:, :, None])
    net.simulate(3.0)
    assert m.get("r", reshape=False)[:, 1].tolist() == [0, 0, 2, 2, 4]
    inp.reset()
    net.simulate(1.0)
    assert m.get("r", reshape=False)[:, 1].tolist() == [2]


def test_dt_is_that_of_the_network_that_takes_the_population() -> None:
    net = Network(dt=0.1, seed=1)
    inp = net.create(TimedArray(rates=ROWS, schedule=[0.0, 0.3, 0.7], period=0.9))
    shown = rule([0, 3, 7], 9, 20)
    np.testing.assert_array_equal(record(net, inp, 2.0), ROWS[shown])


def test_top_level_network() -> None:
    inp = TimedArray(ROWS, schedule=1.0)
    m = engine.Monitor(inp, "r")
    engine.compile(silent=True)
    engine.simulate(4.0)
    assert m.get("r")[:, 0].tolist() == [1, 3, 5, 5]
    engine.reset()
    engine.simulate(2.0)
    assert m.get("r")[:, 0].tolist() == [1, 3]


def test_a_view_is_recorded_and_r_may_be_set_until_the_next_row() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS, schedule=3.0))
    m = net.monitor(inp[1:], "r")
    net.compile(silent=True)
    net.simulate(1.0)
    inp.r = 7.0
    net.simulate(3.0)
    assert m.get("r").ravel().tolist() == [2, 7, 7, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give rates or, if they follow later, the geometry"),
        ({"rates": ROWS, "schedule": [0.0, 1.0, 2.0, 3.0]}, "4 times for 3 rows"),
        ({"rates": ROWS, "schedule": []}, "one or more times"),
        ({"rates": ROWS, "schedule": [0.0, -1.0, 2.0]}, "0 ms or later"),
        ({"rates": ROWS, "schedule": "often"}, "number of ms or a list"),
        ({"rates": ROWS, "period": None}, "period must be a number"),
        ({"rates": 3.0}, "axis of time"),
        ({"rates": [[1.0], [2.0, 3.0]]}, "array of numbers"),
        ({"rates": np.zeros((0, 2))}, "no row"),
        ({"rates": ROWS, "geometry": 3}, r"shape \(3, 2\).*geometry \(3,\)"),
    ],
)
def test_impossible_timed_arrays(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=f"TimedArray A: .*{message}"):
        TimedArray(**arguments, name="A")


def test_impossible_changes_leave_the_data() -> None:
    net = Network(dt=1.0, seed=1)
    inp = net.create(TimedArray(rates=ROWS, name="A"))
    with pytest.raises(EngineError, match=r"A: r follows the schedule.*update\(\)"):
        inp.r = 1.0
    net.compile(silent=True)
    for change in (lambda: inp.update(np.zeros((3, 3))), lambda: setattr(inp, "schedule", [0.0] * 4)):
        with pytest.raises(EngineError, match="TimedArray A"):
            change()
    net.simulate(2.0)
    assert (inp.r.tolist(), list(inp.schedule)) == ([3.0, 4.0], [0.0, 1.0, 2.0])


def test_rows_that_are_never_reached_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    TimedArray(rates=ROWS, schedule=[0.0, 1.0])
    assert "only as many of the 3 rows" in capsys.readouterr().out
    TimedArray(rates=ROWS, schedule=[0.0, 2.0, 1.0])
    assert "row 2 of the schedule is not at a later step than row 1" in capsys.readouterr().out


# --- TimedPoissonPopulation


@pytest.mark.parametrize("threads", [1, 2])
def test_timed_poisson_rates_follow_the_schedule(threads: int) -> None:
    """Rates of 0 and 1000 / dt are certain."""
    net = Network(dt=0.5, seed=1)
    net.config(num_threads=threads)
    pop = net.create(
        TimedPoissonPopulation(150, rates=[0.0, 2000.0, 0.0], schedule=[1.0, 3.0, 4.0], period=6.0)
    )
    m = net.monitor(pop, "spike")
    assert (pop.parameters, pop.variables) == (["proba"], ["p", "r"])
    net.compile(silent=True)
    net.simulate(12.0)
    assert m.get("spike") == {rank: [6, 7, 18, 19] for rank in range(150)}
    net.reset()
    assert pop.proba.tolist() == [0.0] * 150
    net.simulate(4.0)
    assert m.get("spike")[149] == [6, 7]
    pop.update(rates=[2000.0], schedule=[0.0], reset=True)
    net.simulate(1.0)
    assert m.get("spike")[149] == [8, 9]


def test_timed_poisson_counts() -> None:
    """Binomial counts of 1000 neurons; bounds of 5 standard errors."""
    net = Network(dt=1.0, seed=4)
    rates = np.array([[20.0, 100.0], [50.0, 0.0]]).repeat(1000, axis=1).reshape(2, 2, 1000)
    pop = net.create(TimedPoissonPopulation((2, 1000), rates=rates, schedule=[0.0, 500.0]))
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(1000.0)
    trains = m.get("spike")
    for half, expected in enumerate(([20.0, 100.0], [50.0, 0.0])):
        for row, rate in enumerate(expected):
            count = sum((np.array(trains[1000 * row + i]) // 500 == half).sum() for i in range(1000))
            p = rate / 1000.0
            assert abs(count - 500_000 * p) <= 5 * np.sqrt(500_000 * p * (1 - p))
    np.testing.assert_array_equal(pop.rates, rates)


def test_timed_poisson_reads_back_a_rate_for_each_neuron() -> None:
    pop = TimedPoissonPopulation(3, rates=[1.0, 2.0], schedule=[0.0, 5.0])
    assert pop.rates.tolist() == [[1.0] * 3, [2.0] * 3]
    assert (list(pop.schedule), pop.period) == ([0.0, 5.0], -1.0)


@pytest.mark.parametrize(
    ("rates", "message"),
    [([1.0], "1 rows and the schedule 2 times"), (np.ones((2, 4)), "3 neurons"), (1.0, "axis")],
)
def test_impossible_timed_poisson_populations(rates: Any, message: str) -> None:
    with pytest.raises(EngineError, match=f"TimedPoissonPopulation P: .*{message}"):
        TimedPoissonPopulation(3, rates, [0.0, 1.0], name="P")


def test_what_fails_leaves_no_population() -> None:
    for make in (
        lambda: TimedArray(ROWS, geometry=3),
        lambda: TimedPoissonPopulation(2, [1.0], [0.0, 1.0]),
        lambda: HomogeneousCorrelatedSpikeTrains(2, [1.0, 2.0], 0.1, 5.0),
        lambda: HomogeneousCorrelatedSpikeTrains(2, 1.0, 0.1, 0.0),
    ):
        with pytest.raises(EngineError):
            make()
    assert engine.populations() == []
