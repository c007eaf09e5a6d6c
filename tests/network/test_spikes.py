"""Statistics of spike trains as functions of a dict."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import EngineError

SPIKES = {2: [10, 14, 20], 5: [12], 7: []}


@pytest.fixture(autouse=True)
def half_a_millisecond() -> None:
    engine.setup(dt=0.5)


def test_raster() -> None:
    times, ranks = engine.raster_plot({"spike": SPIKES, "v": np.zeros(3)})
    assert times.tolist() == [5.0, 7.0, 10.0, 6.0]
    assert ranks.tolist() == [2, 2, 2, 5]


def test_histogram() -> None:
    assert engine.histogram(SPIKES).tolist() == [1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1]
    assert engine.histogram(SPIKES, bins=2.0).tolist() == [2, 1, 1]
    assert engine.histogram(SPIKES, bins=2.0, recording_window=(8, 23)).tolist() == [1, 2, 0, 1]
    assert engine.histogram(SPIKES, bins=2.0, per_neuron=True)[5].tolist() == [1, 0, 0]
    with pytest.raises(IndexError):
        engine.histogram(SPIKES, recording_window=(11, 30))


def test_intervals() -> None:
    assert engine.inter_spike_interval(SPIKES) == [2.0, 3.0]
    assert engine.inter_spike_interval(SPIKES, per_neuron=True) == {2: [2.0, 3.0]}
    assert engine.inter_spike_interval(SPIKES, ranks=[5]) == []
    assert engine.coefficient_of_variation(SPIKES) == [pytest.approx(0.5 / 2.5)]


def test_rates() -> None:
    assert engine.mean_fr(SPIKES) == pytest.approx(4 / 3 / 5.0 * 1000.0)
    assert engine.mean_fr(SPIKES, duration=100) == pytest.approx(4 / 3 / 50.0 * 1000.0)
    rate = engine.population_rate(SPIKES)
    assert rate.shape == (11,)
    assert rate[0] == pytest.approx(1 / 3 * 2000.0)
    smooth = engine.population_rate(SPIKES, smooth=1.0)
    assert smooth[1] == pytest.approx(rate[0] / 2)
    rates = engine.smoothed_rate({0: [5, 7, 10], 1: [6, 8], 2: []})
    assert rates.tolist() == [[0.0, 0.0, *[2000.0 / 3] * 3], [0.0, 1000.0, 1000.0, 0.0, 0.0], [0.0] * 5]


@pytest.mark.parametrize("function", ["histogram", "population_rate", "smoothed_rate", "mean_fr"])
@pytest.mark.parametrize("spikes", [{}, {0: []}])
def test_no_spikes_no_time_span(function: str, spikes: dict[int, list[int]]) -> None:
    with pytest.raises(ValueError, match="no spikes"):
        getattr(engine, function)(spikes)


def test_no_spikes_no_intervals() -> None:
    for spikes in ({}, {0: []}, {0: [3]}):
        assert engine.inter_spike_interval(spikes) == []
        assert engine.inter_spike_interval(spikes, per_neuron=True) == {}
        assert engine.coefficient_of_variation(spikes) == []
    assert [part.size for part in engine.raster_plot({})] == [0, 0]


def test_bins_are_at_least_a_step() -> None:
    with pytest.raises(EngineError, match=r"bins of 0.2 ms are shorter than a time step \(0.5 ms\)"):
        engine.histogram(SPIKES, bins=0.2)


def test_step_response_of_the_low_pass() -> None:
    """A neuron that fires in every step but the first: s after n steps is r (1 - (1 - dt/smooth)^n)."""
    spikes = {0: list(range(1, 400)), 1: [0]}
    rate = engine.population_rate(spikes, smooth=20.0)
    n = np.arange(400)
    np.testing.assert_allclose(rate, 1000.0 * np.ones(400), rtol=1e-12)
    spikes = {0: list(range(200, 600)), 1: [0, 599]}
    rate = engine.population_rate(spikes, smooth=20.0)
    decay = 0.975 ** n[:200]
    np.testing.assert_allclose(rate[:200], 1000.0 * decay, rtol=1e-12)
    expected = 1000.0 * (1.0 - 0.975 ** (n[:399] + 1)) + rate[199] * 0.975 ** (n[:399] + 1)
    np.testing.assert_allclose(rate[200:599], expected, rtol=1e-12)


def test_instantaneous_rates_of_regular_trains() -> None:
    """Each interval of n steps gives 2000/n Hz for n steps, whatever the order of neurons."""
    spikes = {3: list(range(4, 44, 4)), 1: [0, 60], 2: list(range(5, 45, 8)), 0: [7]}
    rates = engine.smoothed_rate(spikes)
    assert rates.shape == (4, 60)
    np.testing.assert_array_equal(np.flatnonzero(rates[0]), np.arange(4, 40))
    np.testing.assert_array_equal(rates[0, 4:40], 500.0)
    np.testing.assert_array_equal(rates[1], 0.0)
    np.testing.assert_array_equal(rates[2, 5:37], 250.0)
    np.testing.assert_array_equal(rates[3], 0.0)


def test_statistics_of_a_poisson_process() -> None:
    """200 neurons at 20 Hz for 50 s: 200 000 spikes. The standard error of the mean rate is
    20/sqrt(200 000) = 0.045 Hz, that of one CV about 1/sqrt(1000) = 0.03, of their mean 0.0023; bounds are
    five standard errors, and for the CV also its bias: dt/2 in 50 ms."""
    random = np.random.default_rng(3)
    fired = random.random((200, 100_000)) < 0.01
    spikes = {rank: np.flatnonzero(row).tolist() for rank, row in enumerate(fired)}
    assert engine.mean_fr(spikes, duration=100_000) == pytest.approx(20.0, abs=0.225)
    assert np.mean(engine.population_rate(spikes)) == pytest.approx(20.0, abs=0.225)
    variations = engine.coefficient_of_variation(spikes)
    assert len(variations) == 200
    assert np.mean(variations) == pytest.approx(1.0, abs=5 * 0.0023 + 0.01)
    assert np.mean(engine.inter_spike_interval(spikes)) == pytest.approx(50.0, rel=0.0112)
    counts = engine.histogram(spikes, bins=500.0, recording_window=(0, 99_999))
    assert counts.sum() == fired.sum()
    assert counts.shape == (100,)
    by_neuron = engine.histogram(spikes, bins=500.0, per_neuron=True, recording_window=(0, 99_999))
    np.testing.assert_array_equal(by_neuron, fired.reshape(200, 100, 1000).sum(axis=2))
