"""Population rates: the mean number of spikes of a neuron in a second, in a sliding window."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.simulation.arrays import GrowingArray
from app.simulation.stores import SpikeStore

BIN_MS: Final = 1.0
MOST_POINTS: Final = 1000


class RateCounter:
    """Counts spikes of ``neurons`` neurons as they arrive, such that the rate in any window is one
    subtraction: drawing costs the same however many spikes there are."""

    def __init__(self, neurons: int, dt: float) -> None:
        self._neurons = neurons
        self._bin_steps = max(1, round(BIN_MS / dt))
        self._bin_ms = self._bin_steps * dt
        self._spikes = 0
        self._sums = GrowingArray(np.int64)
        self._sums.extend(np.zeros(1, np.int64))

    @property
    def end(self) -> float:
        """Time in ms up to which spikes are counted."""
        return (len(self._sums) - 1) * self._bin_ms

    @property
    def mean(self) -> float:
        """Rate over the whole run in Hz."""
        return 1000.0 * float(self._sums.view[-1]) / self._neurons / self.end if self.end else 0.0

    def advance(self, store: SpikeStore, complete: int) -> None:
        """Count the new spikes of ``store`` in all bins that end by the step ``complete``."""
        done, end = len(self._sums) - 1, complete // self._bin_steps
        if end <= done:
            return
        edges = np.arange(done + 1, end + 1) * self._bin_steps
        self._sums.extend(self._spikes + np.searchsorted(store.steps[self._spikes :], edges))
        self._spikes = int(self._sums.view[-1])

    def sample(self, start: float, end: float, window: float) -> tuple[NDArray, NDArray]:
        """Times (ms) and rates (Hz) from ``start`` to ``end`` ms in windows ``window`` ms wide; of long
        spans in fewer and wider windows, as no screen could show more.

        At the ends of the run a window is as much of itself as lies in the run."""
        bins = len(self._sums) - 1
        first = max(0, int(start / self._bin_ms))
        last = min(bins, int(np.ceil(end / self._bin_ms)))
        stride = max(1, -(-(last - first) // MOST_POINTS))
        return self._rates(first - first % stride, last, stride, window)

    def every_bin(self, window: float) -> tuple[NDArray, NDArray]:
        """As :meth:`sample`, of all bins of the run."""
        return self._rates(0, len(self._sums) - 1, 1, window)

    def _rates(self, first: int, last: int, stride: int, window: float) -> tuple[NDArray, NDArray]:
        width = max(1, round(window / self._bin_ms), stride)
        low = np.arange(first, last, stride) - (width - 1) // 2
        high = np.minimum(low + width, len(self._sums) - 1)
        low = np.maximum(low, 0)
        sums = self._sums.view
        seconds = (high - low) * self._bin_ms / 1000.0
        return (low + high) * 0.5 * self._bin_ms, (sums[high] - sums[low]) / (seconds * self._neurons)
