"""Statistics of recorded spikes. All take ``spikes``: rank -> ascending list of steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

Spikes = Mapping[int, Sequence[int]]
Window = tuple[int, int]


def flattened(spikes: Spikes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps and ranks of all spikes, neuron by neuron."""
    counts = [len(train) for train in spikes.values()]
    ranks = np.repeat(np.fromiter(spikes.keys(), np.int64, len(spikes)), counts)
    trains = [np.asarray(train, dtype=np.int64) for train in spikes.values()]
    return (np.concatenate(trains) if trains else np.zeros(0, np.int64)), ranks


def time_span(spikes: Spikes) -> Window:
    """First and last step with a spike."""
    steps, _ = flattened(spikes)
    if not steps.size:
        raise ValueError("There are no spikes, so the time span of the recording is unknown.")
    return int(steps.min()), int(steps.max())


def raster(spikes: Spikes, dt: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times (ms) and ranks of all spikes, neuron by neuron."""
    steps, ranks = flattened(spikes)
    return steps.astype(np.float64) * dt, ranks


def counted(
    spikes: Spikes, dt: float, bins: float | None, per_neuron: bool, window: Window | None
) -> NDArray[np.int64]:
    """Number of spikes in bins of ``bins`` ms (None: one step), of all neurons or (rank, bin)."""
    first, last = window or time_span(spikes)
    width = 1 if bins is None else int(bins / dt + 1e-9)
    if width < 1:
        raise EngineError(f"histogram(): bins of {bins} ms are shorter than a time step ({dt} ms).")
    steps, ranks = flattened(spikes)
    if steps.size and (steps.min() < first or steps.max() > last):
        raise IndexError(f"There are spikes outside of the recording window {first} .. {last} (steps).")
    length = (last - first) // width + 1
    places = (steps - first) // width
    if not per_neuron:
        return np.bincount(places, minlength=length).astype(np.int64)
    rows = max(spikes, default=-1) + 1
    counts = np.bincount(ranks * length + places, minlength=rows * length)
    return counts.astype(np.int64).reshape(rows, length)


def gaps(
    spikes: Spikes, dt: float, ranks: Iterable[int] | None, fewest: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Inter-spike intervals (ms) of the neurons with at least ``fewest`` spikes."""
    for rank in spikes if ranks is None else ranks:
        if len(spikes[rank]) >= fewest:
            yield rank, np.diff(np.asarray(spikes[rank], dtype=np.float64)) * dt


def intervals(spikes: Spikes, dt: float, ranks: Iterable[int] | None) -> dict[int, list[float]]:
    """Inter-spike intervals (ms) of the neurons with at least two spikes."""
    return {rank: isis.tolist() for rank, isis in gaps(spikes, dt, ranks, 2)}


def variation(spikes: Spikes, dt: float, ranks: Iterable[int] | None) -> dict[int, float]:
    """Coefficient of variation of the intervals of the neurons that have at least two."""
    return {rank: float(isis.std() / isis.mean()) for rank, isis in gaps(spikes, dt, ranks, 3)}


def mean_rate(spikes: Spikes, dt: float, steps: int) -> float:
    """Mean firing rate (Hz) of all neurons over a number of steps."""
    if not spikes or steps <= 0:
        return 0.0
    return sum(len(train) for train in spikes.values()) / len(spikes) / (steps * dt) * 1000.0


def rate_of_population(spikes: Spikes, dt: float, window: Window, smooth: float) -> NDArray[np.float64]:
    """Firing rate (Hz) in each step from ``window[0]`` to ``window[1]``, low-pass filtered."""
    first, last = window
    steps, _ = flattened(spikes)
    within = steps[(steps >= first) & (steps <= last)]
    counts = np.bincount(within - first, minlength=last - first + 1)
    rates = counts / max(1, len(spikes)) * (1000.0 / dt)
    return low_pass(rates, dt, smooth) if smooth > dt else rates


def instantaneous_rates(spikes: Spikes, dt: float, window: Window, smooth: float) -> NDArray[np.float64]:
    """Rate (Hz) of each neuron from its inter-spike intervals, (neurons, steps); an interval that begins
    with the window is left out."""
    first, last = window
    length = max(0, last - first)
    rates = np.zeros((len(spikes), length))
    for row, steps in enumerate(spikes.values()):
        train = np.asarray(steps, dtype=np.int64) - first
        train = train[1:] if train.size and train[0] == 0 else train
        if train.size < 2:
            continue
        gaps = np.diff(train)
        held = np.repeat(1000.0 / dt / gaps, gaps)
        start, end = max(0, int(train[0])), min(length, int(train[-1]))
        if start < end:
            rates[row, start:end] = held[start - int(train[0]) : end - int(train[0])]
    return low_pass(rates, dt, smooth) if smooth != 0.0 else rates


def low_pass(rates: NDArray[np.float64], dt: float, smooth: float) -> NDArray[np.float64]:
    """First-order filter along the last axis, started at the first value: s' = s + (r - s) dt/smooth.

    Sums over 2, 4, 8 ... steps are combined, so that a million steps take twenty operations on arrays."""
    gain = dt / smooth
    result = rates * gain
    result[..., :1] = rates[..., :1]
    shift, kept = 1, 1.0 - gain
    while shift < result.shape[-1] and kept != 0.0:
        result[..., shift:] += kept * result[..., :-shift]
        shift, kept = 2 * shift, kept * kept
    return result


def spikes_of(data: Any) -> Spikes:
    """The spikes in ``data``: themselves, or under the key ``"spike"``."""
    if not isinstance(data, Mapping):
        raise EngineError(f"Spikes are a dict of rank -> steps, not {type(data).__name__}.")
    spikes: Spikes = data.get("spike", data)
    return spikes


def _dt() -> float:
    from engine.network.network import default_network

    return default_network().dt


def raster_plot(spikes: Spikes) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Times (ms) and ranks of all spikes, for a scatter plot."""
    return raster(spikes_of(spikes), _dt())


def histogram(
    spikes: Spikes,
    bins: float | None = None,
    per_neuron: bool = False,
    recording_window: Window | None = None,
) -> NDArray[np.int64]:
    """Numbers of spikes in bins of ``bins`` ms; the window is in steps."""
    return counted(spikes_of(spikes), _dt(), bins, per_neuron, recording_window)


def inter_spike_interval(
    spikes: Spikes, ranks: Iterable[int] | None = None, per_neuron: bool = False
) -> list[float] | dict[int, list[float]]:
    """Inter-spike intervals (ms) as one list, or by rank."""
    found = intervals(spikes_of(spikes), _dt(), ranks)
    return found if per_neuron else [isi for isis in found.values() for isi in isis]


def coefficient_of_variation(
    spikes: Spikes, ranks: Iterable[int] | None = None, per_neuron: bool = False
) -> list[float] | dict[int, float]:
    """Coefficients of variation of the intervals as a list, or by rank."""
    found = variation(spikes_of(spikes), _dt(), ranks)
    return found if per_neuron else list(found.values())


def population_rate(spikes: Spikes, smooth: float = 0.0) -> NDArray[np.float64]:
    """Firing rate (Hz) in each step between the first and the last spike."""
    train = spikes_of(spikes)
    return rate_of_population(train, _dt(), time_span(train), smooth)


def smoothed_rate(spikes: Spikes, smooth: float = 0.0) -> NDArray[np.float64]:
    """Instantaneous rates (Hz), (neurons, steps), between the first and the last spike."""
    train = spikes_of(spikes)
    return instantaneous_rates(train, _dt(), time_span(train), smooth)


def mean_fr(spikes: Spikes, duration: int | None = None) -> float:
    """Mean firing rate (Hz); ``duration`` in steps, default from the first to the last spike."""
    train = spikes_of(spikes)
    first, last = time_span(train)
    return mean_rate(train, _dt(), last - first if duration is None else duration)
