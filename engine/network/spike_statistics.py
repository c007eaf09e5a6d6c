"""What a monitor computes from its spikes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.network import spikes as statistics

if TYPE_CHECKING:
    from engine.network.network import Network

SpikeData = Mapping[Any, Any] | None


class SpikeStatistics:
    """Spike statistics of a monitor. Without ``spikes`` they get the recorded spikes, which drops them."""

    network: Network

    def _spikes(self, spikes: SpikeData) -> Mapping[int, Sequence[int]]:
        return statistics.spikes_of(spikes)

    def _block(self) -> tuple[int, int]:
        """First step of the last recording block, and the step after it."""
        raise NotImplementedError

    def raster_plot(self, spikes: SpikeData = None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times (ms) and ranks of all spikes."""
        return statistics.raster(self._spikes(spikes), self.network.dt)

    def histogram(
        self,
        spikes: SpikeData = None,
        bins: float | None = None,
        per_neuron: bool = False,
        recording_window: tuple[int, int] | None = None,
    ) -> NDArray[np.int64]:
        """Numbers of spikes in bins of ``bins`` ms; the window is in steps."""
        return statistics.counted(self._spikes(spikes), self.network.dt, bins, per_neuron, recording_window)

    def inter_spike_interval(
        self, spikes: SpikeData = None, ranks: Iterable[int] | None = None, per_neuron: bool = False
    ) -> list[float] | dict[int, list[float]]:
        """Inter-spike intervals (ms) as one list, or by rank."""
        found = statistics.intervals(self._spikes(spikes), self.network.dt, ranks)
        return found if per_neuron else [isi for isis in found.values() for isi in isis]

    def coefficient_of_variation(
        self, spikes: SpikeData = None, ranks: Iterable[int] | None = None
    ) -> list[float]:
        """Coefficient of variation of the intervals of each neuron with at least two."""
        return list(statistics.variation(self._spikes(spikes), self.network.dt, ranks).values())

    def mean_fr(self, spikes: SpikeData = None) -> float:
        """Mean firing rate (Hz) of the recorded neurons over the last recording block."""
        trains = self._spikes(spikes)
        first, end = self._block()
        return statistics.mean_rate(trains, self.network.dt, end - first)

    def smoothed_rate(self, spikes: SpikeData = None, smooth: float = 0.0) -> NDArray[np.float64]:
        """Instantaneous rates (Hz), (neurons, recorded steps)."""
        trains = self._spikes(spikes)
        return statistics.instantaneous_rates(trains, self.network.dt, self._block(), smooth)

    def population_rate(self, spikes: SpikeData = None, smooth: float = 0.0) -> NDArray[np.float64]:
        """Firing rate (Hz) of the population in each recorded step, low-pass filtered (ms)."""
        trains = self._spikes(spikes)
        return statistics.rate_of_population(trains, self.network.dt, self._block(), smooth)
