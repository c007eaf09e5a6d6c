"""Monitors: sampling, shapes, pauses, and the statistics of spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EngineError, Monitor, Network, Neuron, Population, SpikeSourceArray, Synapse

COUNTER = Neuron(
    parameters="b = 1.0",
    equations="ticks += 1 : population, int\nr = t + b\nk += 1 : int\ns = sum(exc)",
)


def counting(geometry: Any = 6, dt: float = 1.0) -> tuple[Network, Population]:
    net = Network(dt=dt, seed=1)
    return net, net.create(geometry, COUNTER, name="pop")


def test_every_step_from_the_first_on() -> None:
    net, pop = counting()
    m = net.monitor(pop, ["r", "k", "ticks"])
    net.compile(silent=True)
    net.simulate(4.0)
    data = m.get()
    assert list(data) == ["r", "k", "ticks"]
    assert data["r"].shape == (4, 6)
    np.testing.assert_array_equal(data["r"][:, 5], [1.0, 2.0, 3.0, 4.0])
    assert data["k"].dtype == np.int64
    np.testing.assert_array_equal(data["ticks"], [1, 2, 3, 4])


def test_get_drops_what_it_returns_unless_told_to_keep() -> None:
    net, pop = counting((2, 3))
    m = Monitor(pop, "r")
    net.compile(silent=True)
    assert m.get("r").shape == (0,)
    net.simulate(2.0)
    assert m.get("r", keep=True).shape == (2, 6)
    assert m.get("r", reshape=True).shape == (2, 2, 3)
    assert m.get("r", reshape=True).shape == (0, 2, 3)
    net.simulate(3.0)
    assert list(m.get(["r"], force_dict=True)) == ["r"]
    with pytest.raises(KeyError):
        m.get("x")


def test_take_gives_new_rows_only() -> None:
    net, pop = counting()
    m = net.monitor(pop, "r")
    source = net.create(SpikeSourceArray([[1.0, 2.0], [1.0]]))
    spikes = net.monitor(source, "spike")
    net.compile(silent=True)
    net.run_steps(2)
    assert m.take("r")[:, 0].tolist() == [1.0, 2.0]
    steps, ranks = spikes.take("spike")
    assert (steps.tolist(), ranks.tolist()) == ([1, 1], [0, 1])
    net.run_steps(1)
    assert m.take("r")[:, 0].tolist() == [3.0]
    assert spikes.take("spike")[0].tolist() == [2]
    assert spikes.take("spike")[0].size == 0


@pytest.mark.parametrize(
    ("period", "offset", "rows"),
    [(None, None, [1, 2, 3, 4, 5, 6, 7]), (1.5, None, [1, 4, 7]), (1.0, 0.5, [2, 4, 6]), (2.0, 1.5, [4])],
)
def test_periods(period: float | None, offset: float | None, rows: list[int]) -> None:
    net, pop = counting(dt=0.5)
    m = net.monitor(pop, "k", period=period, period_offset=offset)
    net.compile(silent=True)
    net.run_steps(3)
    net.run_steps(4)
    assert m.get("k")[:, 0].tolist() == rows


def test_periods_survive_the_noise_of_binary_numbers() -> None:
    net, pop = counting(dt=0.1)
    m = net.monitor(pop, "k", period=0.3)
    net.compile(silent=True)
    net.simulate(1.1)
    assert net.current_step == 11
    assert m.get("k")[:, 0].tolist() == [1, 4, 7, 10]
    assert m.period == pytest.approx(0.3)


def test_monitors_made_after_compile_start_at_the_current_step() -> None:
    net, pop = counting()
    net.compile(silent=True)
    net.simulate(3.0)
    m = net.monitor(pop, "k", period=2.0)
    net.simulate(4.0)
    assert m.get("k")[:, 0].tolist() == [4, 6]


def test_pause_resume_start_and_times() -> None:
    net, pop = counting()
    m = net.monitor(pop, "k", start=False)
    net.compile(silent=True)
    net.simulate(2.0)
    m.start()
    net.simulate(2.0)
    m.pause()
    net.simulate(3.0)
    m.resume()
    net.simulate(1.0)
    assert m.get("k")[:, 0].tolist() == [3, 4, 8]
    assert m.times() == {"k": {"start": [2, 7], "stop": [4, 8]}}
    m.start("r")
    net.simulate(1.0)
    data = m.get()
    assert (data["k"][0, 0], data["r"][0, 0]) == (9, 9.0)
    m.stop()
    assert m.variables == []
    assert m.get() == {}
    net.simulate(1.0)


def test_reset_drops_the_data() -> None:
    net, pop = counting()
    m = net.monitor(pop, "k")
    net.compile(silent=True)
    net.simulate(2.0)
    net.reset()
    net.simulate(3.0)
    assert m.get("k")[:, 0].tolist() == [1, 2, 3]
    assert m.times()["k"] == {"start": [0], "stop": [3]}


def test_views_and_sums() -> None:
    net, pop = counting()
    pop.b = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    pre = net.create(2, Neuron(equations="r = 1.0"))
    net.connect(pre, pop, "exc").connect_from_matrix([[k, k] for k in range(6)])
    view = net.monitor(pop[[4, 1]], "r")
    sums = net.monitor(pop, "sum(exc)")
    net.compile(silent=True)
    net.simulate(2.0)
    assert view.get("r").tolist() == [[4.0, 1.0], [5.0, 2.0]]
    assert sums.get("sum(exc)")[1].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    np.testing.assert_array_equal(pop.sum("exc").ravel(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0])


def test_synaptic_variables_are_nested_by_dendrite() -> None:
    net = Network(seed=1)
    pre = net.create(SpikeSourceArray([[0.0], [1.0], [2.0]]))
    post = net.create(3, Neuron(equations="v = g_exc", spike="v > 100.0", reset=""))
    synapse = Synapse(
        equations="n = w * 10.0 + t\ntheta = t : postsynaptic\nclock = t : projection",
        pre_spike="g_target += w",
    )
    full = net.connect(pre, post, "exc", synapse).connect_from_matrix([[1.0, 2.0, 3.0]] * 3)
    matrix = [[1.0, 2.0, 3.0], [None, None, None], [None, 5.0, None]]
    ragged = net.connect(pre, post, "exc", synapse).connect_from_matrix(matrix)
    a = net.monitor(full, ["n", "theta", "clock"])
    b = net.monitor(ragged, ["n", "theta"])
    net.compile(silent=True)
    c = net.monitor(ragged.dendrite(0), ["n", "theta", "w"])
    net.simulate(2.0)
    data = a.get()
    assert data["n"].shape == (2, 3, 3)
    assert data["n"][1].tolist() == [[11.0, 21.0, 31.0]] * 3
    assert data["theta"].tolist() == [[0.0] * 3, [1.0] * 3]
    assert data["clock"].tolist() == [0.0, 1.0]
    data = b.get()
    assert data["n"].tolist() == [[[10.0, 20.0, 30.0], [50.0]], [[11.0, 21.0, 31.0], [51.0]]]
    assert data["theta"].shape == (2, 2)
    data = c.get()
    assert data["n"].tolist() == [[10.0, 20.0, 30.0], [11.0, 21.0, 31.0]]
    assert data["theta"].tolist() == [0.0, 1.0]
    assert data["w"].tolist() == [[1.0, 2.0, 3.0]] * 2


@pytest.mark.parametrize(
    ("variables", "arguments", "message"),
    [
        ("b", {}, "b is a parameter"),
        ("x", {}, "no variable named 'x'"),
        ("spike", {}, "no variable named 'spike'"),
        ("sum(inh)", {}, r"does not use sum\(inh\).*exc"),
        ("r", {"period": 2.0, "period_offset": 2.0}, "smaller than the period"),
        ("r", {"period_offset": 1.0}, "smaller than the period"),
        ("r", {"period": 0.1}, "at least one step"),
    ],
)
def test_impossible_recordings(variables: str, arguments: dict[str, Any], message: str) -> None:
    net, pop = counting()
    with pytest.raises(EngineError, match=message):
        net.monitor(pop, variables, **arguments)
    assert net.monitors == []


def test_only_populations_and_projections_are_recorded() -> None:
    with pytest.raises(EngineError, match="Neuron cannot be recorded"):
        Network().monitor(COUNTER, "r")


TRAINS = [[0.0, 1.0, 3.0, 5.0], [2.0, 4.0], [], [1.0]]


def spiking(dt: float = 0.5) -> tuple[Network, Any]:
    net = Network(dt=dt, seed=1)
    m = net.monitor(net.create(SpikeSourceArray(TRAINS)), "spike")
    net.compile(silent=True)
    net.simulate(6.0)
    return net, m


def test_spikes_are_steps_by_rank() -> None:
    _, m = spiking()
    assert m.get("spike") == {0: [0, 2, 6, 10], 1: [4, 8], 2: [], 3: [2]}


def test_spikes_of_a_view() -> None:
    net = Network(seed=1)
    source = net.create(SpikeSourceArray(TRAINS))
    m = net.monitor(source[[3, 1, 2]], "spike")
    net.compile(silent=True)
    net.simulate(6.0)
    assert m.get("spike") == {3: [1], 1: [2, 4], 2: []}


def test_statistics_of_spikes() -> None:
    _, m = spiking()
    spikes = m.get("spike")
    times, ranks = m.raster_plot(spikes)
    assert times.tolist() == [0.0, 1.0, 3.0, 5.0, 2.0, 4.0, 1.0]
    assert ranks.tolist() == [0, 0, 0, 0, 1, 1, 3]
    assert m.mean_fr(spikes) == pytest.approx(7 / 4 / 0.006)
    assert m.histogram(spikes, bins=1.0).tolist() == [1, 2, 1, 1, 1, 1]
    assert m.histogram(spikes, bins=1.0, per_neuron=True).shape == (4, 6)
    assert m.inter_spike_interval(spikes) == [1.0, 2.0, 2.0, 2.0]
    isis = np.array([1.0, 2.0, 2.0])
    assert m.coefficient_of_variation({"spike": spikes}) == [pytest.approx(isis.std() / isis.mean())]
    rate = m.population_rate(spikes)
    assert rate.shape == (13,)
    assert rate[2] == 2 / 4 * 2000.0
    smooth = m.population_rate(spikes, smooth=2.0)
    assert smooth[1] == pytest.approx(rate[0] * 0.75)
    rates = m.smoothed_rate(spikes)  # the interval that begins with the recording does not count
    assert rates.shape == (4, 12)
    assert rates[0].tolist() == [0.0] * 2 + [500.0] * 8 + [0.0] * 2
    assert len(m.raster_plot()[0]) == 0


def test_rates_of_spikes_outside_of_the_last_recording_are_zero() -> None:
    net, m = spiking()
    earlier = m.get("spike")
    net.simulate(3.0)
    m.get()
    assert m.smoothed_rate(earlier).tolist() == np.zeros((4, 6)).tolist()
    rates = m.smoothed_rate({0: [2, 8], 1: [10, 14], 2: [16, 40], 3: [100, 103]})  # the recording: 12 .. 17
    assert rates.tolist() == [[0.0] * 6, [500.0] * 2 + [0.0] * 4, [0.0] * 4 + [2000.0 / 24] * 2, [0.0] * 6]


def test_statistics_need_spikes() -> None:
    net, pop = counting()
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    with pytest.raises(EngineError, match="does not record spikes"):
        m.mean_fr()
