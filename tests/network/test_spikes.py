"""Statistics of spike trains as functions of a dict."""

from __future__ import annotations

import numpy as np
import pytest

import engine

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
    rates = engine.smoothed_rate({0: [5, 7, 10]})
    assert rates.tolist() == [[1000.0, 1000.0, *[2000.0 / 3] * 3]]


def test_no_spikes_no_time_span() -> None:
    with pytest.raises(ValueError, match="no spikes"):
        engine.mean_fr({0: []})
