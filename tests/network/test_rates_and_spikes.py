"""From rates to spikes and back: CurrentInjection, DecodingProjection, hybrid populations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    CurrentInjection,
    DecodingProjection,
    EngineError,
    InputArray,
    Network,
    Neuron,
    PoissonPopulation,
    Rate2SpikePopulation,
    Spike2RatePopulation,
    SpikeSourceArray,
    Uniform,
)

CLOCK = Neuron(equations="r = t")
CELL = Neuron(equations="v = g_exc", spike="v > 1e9")
READER = Neuron(equations="r = sum(exc)")

# --- CurrentInjection


@pytest.mark.parametrize("threads", [1, 2])
def test_currents_are_the_rates_of_the_step_before(threads: int) -> None:
    """ANNarchy 4.8.2.6, dt = 0.5: g_exc of neurons that get r = t is 0, 0, 0.5, 1 ..."""
    net = Network(dt=0.5, seed=1)
    net.config(num_threads=threads)
    source, cells = net.create(130, CLOCK), net.create(130, CELL)
    current = CurrentInjection(source, cells, "exc").connect_current()
    m = net.monitor(cells, ["g_exc", "v"])
    net.compile(silent=True)
    net.simulate(10.0)
    data = m.get()
    expected = np.repeat(np.maximum(0.0, 0.5 * np.arange(-1, 19))[:, None], 130, axis=1)
    np.testing.assert_array_equal(data["g_exc"], expected)
    np.testing.assert_array_equal(data["v"], expected)
    assert (current.attributes, current.nb_synapses) == (["w"], 130)


def test_currents_add_up_where_the_conductance_decays() -> None:
    """tau dg/dt = -g with the explicit method: g = (g + r) * (1 - dt / tau) in each step."""
    net = Network(dt=1.0, seed=1)
    inp = net.create(InputArray(2))
    cells = net.create(4, Neuron(equations="dg_exc/dt = -g_exc/4.0\nv = g_exc", spike="v > 1e9"))
    CurrentInjection(inp, cells[1:3], "exc").connect_current()
    net.compile(silent=True)
    inp.r = [2.0, 4.0]
    net.simulate(3.0)
    g = 2.0 * (0.75 + 0.75**2 + 0.75**3)
    np.testing.assert_allclose(cells.g_exc, [0.0, g, 2 * g, 0.0], rtol=1e-12)


def test_a_current_can_be_switched_off() -> None:
    net = Network(dt=1.0, seed=1)
    inp, cells = net.create(InputArray(1)), net.create(1, CELL)
    current = CurrentInjection(inp, cells, "exc").connect_current()
    m = net.monitor(cells, "g_exc")
    net.compile(silent=True)
    inp.r = 3.0
    net.simulate(1.0)
    current.transmission = False
    net.simulate(1.0)
    assert m.get("g_exc").ravel().tolist() == [3.0, 0.0]


def test_currents_go_from_rates_to_spiking_neurons_of_the_same_number() -> None:
    net = Network(dt=1.0, seed=1)
    rate, cells = net.create(3, CLOCK, name="R"), net.create(2, CELL, name="C")
    with pytest.raises(EngineError, match=r"CurrentInjection: .*same size; R has 3 neurons and C 2"):
        CurrentInjection(rate, cells, "exc")
    with pytest.raises(EngineError, match="CurrentInjection: C is spiking"):
        CurrentInjection(cells, cells, "exc")
    with pytest.raises(EngineError, match=r"CurrentInjection: .*must be spiking.* R does not"):
        CurrentInjection(rate, rate, "exc")


# --- DecodingProjection

TRAINS = [[1.0, 3.0], [2.0]]


def decode(window: float, *, weights: Any = 0.5, threads: int = 1, delays: Any = 0.0) -> list[float]:
    net = Network(dt=0.5, seed=1)
    net.config(num_threads=threads)
    source, reader = net.create(SpikeSourceArray(TRAINS)), net.create(2, READER)
    decoding = DecodingProjection(source, reader, "exc", window=window)
    decoding.connect_all_to_all(weights=weights, delays=delays)
    m = net.monitor(reader, "r")
    net.compile(silent=True)
    net.simulate(10.0)
    series = m.get("r")
    np.testing.assert_array_equal(series[:, 0], series[:, 1])
    assert decoding.window == window
    result: list[float] = series[:, 0].tolist()
    return result


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("delays", [0.0, 4.0, Uniform(1.0, 5.0)])
def test_decoded_rates(threads: int, delays: Any) -> None:
    """ANNarchy 4.8.2.6, dt = 0.5, window 3, weights 0.5: 1000/3 Hz * 0.5 / 2 for each spike in the window."""
    spike = 250.0 / 3.0
    expected = [0, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(
        decode(3.0, threads=threads, delays=delays), spike * np.array(expected), rtol=1e-14
    )


@pytest.mark.parametrize(("window", "steps"), [(0.0, 1), (0.5, 1), (0.3, 1), (1.0, 2), (2.0, 4), (50.0, 100)])
def test_any_window(window: float, steps: int) -> None:
    """The formula itself: (1000/dt) / (W n) times the weighted spikes of the last W steps."""
    fired = np.zeros(20)
    fired[[2, 4, 6]] = 1.0
    expected = [2000.0 / (2 * steps) * 0.5 * fired[max(0, n - steps) : n].sum() for n in range(20)]
    np.testing.assert_allclose(decode(window), expected, rtol=1e-14)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("precision", ["double", "float"])
def test_decoding_of_sparse_random_synapses(threads: int, precision: str) -> None:
    net = Network(dt=1.0, seed=6)
    net.config(num_threads=threads, precision=precision)
    source = net.create(PoissonPopulation(200, rates=60.0))
    reader = net.create(90, READER)
    decoding = DecodingProjection(source[20:], reader[:70], "exc", window=7.0)
    decoding.connect_fixed_probability(0.2, weights=Uniform(0.0, 1.0))
    m, spikes = net.monitor(reader, "r"), net.monitor(source, "spike")
    net.compile(silent=True)
    net.simulate(60.0)
    fired = np.zeros((60, 200))
    for rank, train in spikes.get("spike").items():
        fired[train, rank] = 1.0
    present = np.zeros((90, 200))
    for dendrite in decoding:
        present[dendrite.post_rank, dendrite.pre_ranks] = 1.0 / dendrite.size
    weighted = decoding.connectivity_matrix() * present
    counts = np.array([fired[max(0, n - 7) : n].sum(axis=0) for n in range(60)])
    expected = 1000.0 / 7.0 * counts @ weighted.T
    np.testing.assert_allclose(m.get("r"), expected, rtol=1e-12 if precision == "double" else 1e-4)
    assert expected.max() > 20.0


def test_two_windows_of_one_population_and_a_window_that_changes() -> None:
    net = Network(dt=1.0, seed=1)
    source, reader = net.create(SpikeSourceArray([0.0, 2.0, 6.0])), net.create(1, READER)
    short = DecodingProjection(source, reader, "exc", window=2.0).connect_one_to_one(1.0)
    DecodingProjection(source, reader, "exc", window=4.0).connect_one_to_one(1.0)
    m = net.monitor(reader, "r")
    net.compile(silent=True)
    net.simulate(5.0)
    assert m.get("r").ravel().tolist() == [0.0, 750.0, 750.0, 1000.0, 1000.0]
    short.window = 1.0
    net.simulate(3.0)
    assert m.get("r").ravel().tolist() == [250.0, 250.0, 1250.0]


def test_the_window_slides_on_over_pauses_and_is_empty_after_reset() -> None:
    net = Network(dt=1.0, seed=1)
    source, reader = net.create(SpikeSourceArray([0.0, 1.0])), net.create(1, READER)
    DecodingProjection(source, reader, "exc", window=4.0).connect_one_to_one(1.0)
    m = net.monitor(reader, "r")
    net.compile(silent=True)
    net.simulate(2.0)
    source.disable()
    net.simulate(4.0)
    source.enable()
    net.simulate(2.0)
    assert m.get("r").ravel().tolist() == [0, 250, 250, 250, 250, 0, 250, 250], "the spike of step 1 waits"
    net.reset()
    net.simulate(2.0)
    assert m.get("r").ravel().tolist() == [0, 250]
    source.clear()
    net.simulate(1.0)
    assert m.get("r").ravel().tolist() == [0]


def test_decoding_goes_from_spikes_to_rates() -> None:
    net = Network(dt=1.0, seed=1)
    rate, cells = net.create(2, READER, name="R"), net.create(2, CELL, name="C")
    with pytest.raises(EngineError, match="DecodingProjection: R is rate-coded"):
        DecodingProjection(rate, rate, "exc")
    with pytest.raises(EngineError, match="DecodingProjection: C is spiking"):
        DecodingProjection(cells, cells, "exc")
    with pytest.raises(EngineError, match="window must be a number of ms"):
        DecodingProjection(cells, rate, "exc", window=-1.0)
    with pytest.raises(EngineError, match="C is spiking and R is rate-coded; use DecodingProjection"):
        net.connect(cells, rate, "exc")
    with pytest.raises(EngineError, match=r"R is rate-coded and C is spiking.*CurrentInjection"):
        net.connect(rate, cells, "exc")


# --- hybrid populations


def test_rates_from_spikes_in_a_window() -> None:
    """r += dt * (1000 / scaling / window * n - r) / smooth with n spikes in the window."""
    net = Network(dt=0.5, seed=1)
    source = net.create(SpikeSourceArray(TRAINS, name="S"))
    pop = Spike2RatePopulation(source, window=3.0, scaling=10.0, smooth=2.0)
    assert (pop.geometry, pop.parameters, pop.variables) == ((2,), ["scaling", "smooth", "window"], ["r"])
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    net.simulate(10.0)
    fired = np.zeros((20, 2))
    fired[[2, 6], 0] = fired[4, 1] = 1.0
    r, expected = np.zeros(2), []
    for n in range(20):
        r = r + 0.5 * (1000.0 / 10.0 / 3.0 * fired[max(0, n - 6) : n].sum(axis=0) - r) / 2.0
        expected.append(r)
    np.testing.assert_allclose(m.get("r"), expected, rtol=1e-12)
    pop.window = 0.5
    net.simulate(1.0)
    with pytest.raises(EngineError, match="window must be a number above 0"):
        pop.window = 0.0


def test_rates_from_intervals() -> None:
    """Spikes at steps 2, 6, 20 of 1 ms: the interval 4, from step 10 on the time since the spike, and nothing
    after cut = 3 intervals; a spike counts one step later."""
    net = Network(dt=1.0, seed=1)
    source = net.create(SpikeSourceArray([2.0, 6.0, 20.0]))
    pop = Spike2RatePopulation(source, mode="isi", smooth=1.0)
    assert pop.parameters == ["scaling", "smooth", "cut"]
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    net.simulate(26.0)
    never = [10_000] * 7
    support = [*never, 4, 4, 4, 4, 4, *range(5, 13), 10_000, *[14] * 5]
    np.testing.assert_allclose(m.get("r").ravel(), 1000.0 / np.array(support), rtol=1e-12)


def test_adaptive_rates_of_regular_trains() -> None:
    net = Network(dt=0.5, seed=1)
    source = net.create(SpikeSourceArray([list(np.arange(1.0, 300.0, d)) for d in (5.0, 20.0)]))
    pop = Spike2RatePopulation(source, mode="adaptive", smooth=0.5, scaling=2.0)
    net.compile(silent=True)
    net.simulate(299.5)
    np.testing.assert_allclose(pop.r, [100.0, 25.0], rtol=1e-12)
    net.simulate(200.0)
    silence = 499.5 - 0.5 - np.array([296.0, 281.0]) - 0.5
    np.testing.assert_allclose(pop.r, 500.0 / silence, rtol=1e-12)


def test_adaptive_rates_are_those_of_the_last_five_intervals() -> None:
    net = Network(dt=1.0, seed=1)
    times = np.cumsum([3.0, 9.0, 4.0, 6.0, 10.0, 2.0, 5.0])
    source = net.create(SpikeSourceArray(list(times)))
    pop = Spike2RatePopulation(source, mode="adaptive")
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    net.simulate(45.0)
    r = m.get("r").ravel()
    for k in range(1, 7):
        known = times[max(0, k - 5) : k + 1]
        mean = (known[-1] - known[0]) / (len(known) - 1)
        assert r[int(times[k]) + 1] == pytest.approx(1000.0 / mean)


@pytest.mark.parametrize("threads", [1, 2])
def test_spikes_from_rates(threads: int) -> None:
    """Binomial counts in 5000 steps; bounds of 5 standard errors. 0 and 1000 / dt are certain."""
    net = Network(dt=0.5, seed=3)
    net.config(num_threads=threads)
    inp = net.create(InputArray((3, 1)))
    pop = net.create(Rate2SpikePopulation(inp, scaling=100.0, name="P"))
    assert pop.geometry == (3, 1)
    m = net.monitor(pop, ["spike", "rates"])
    net.compile(silent=True)
    inp.r = [0.0, 0.4, 20.0]
    net.simulate(2500.0)
    data = m.get()
    counts = [len(data["spike"][rank]) for rank in range(3)]
    assert counts[0] == 0
    assert abs(counts[1] - 100) < 5 * np.sqrt(98.0)
    assert counts[2] == 5000
    assert data["rates"][-1].ravel().tolist() == [0.0, 40.0, 2000.0]


def test_hybrid_populations_follow_one_of_the_other_kind() -> None:
    rate, cells = engine.Population(2, READER, name="R"), engine.Population(2, CELL, name="C")
    with pytest.raises(EngineError, match="Spike2RatePopulation: R is rate-coded; give a spiking population"):
        Spike2RatePopulation(rate)
    with pytest.raises(EngineError, match="Rate2SpikePopulation: C is spiking; give a rate-coded population"):
        Rate2SpikePopulation(cells)
    with pytest.raises(EngineError, match="not PopulationView"):
        Rate2SpikePopulation(rate[:1])  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="mode is one of window, isi, adaptive"):
        Spike2RatePopulation(cells, mode="mean")
    assert engine.extensions.hybrid.Spike2RatePopulation is Spike2RatePopulation


def test_a_hybrid_population_needs_its_source_in_the_network() -> None:
    pop = Rate2SpikePopulation(engine.Population(2, READER, name="R"), name="P")
    net = Network(dt=1.0)
    net.create(pop)
    with pytest.raises(EngineError, match="Population P: R, which it follows, is not in its network"):
        net.compile(silent=True)
