"""SpikeSourceArray: neurons that fire at given times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.language.model import NeuronModel, Variable
from engine.network.network import Network
from engine.network.population import Population

MODEL = NeuronModel("Spike source", "spike", (), (Variable("r"),), ())


class SpikeSourceArray(Population):
    """Neurons that fire at given times.

    Parameters
    ----------
    spike_times : list of float, or list of lists of float
        ms, of one neuron or of each neuron. Times are rounded to steps; a time counts once.
    name : str, optional

    Notes
    -----
    Times count from the last ``reset()``, at first from time 0.
    """

    kind = "spike_source"

    def __init__(
        self,
        spike_times: Sequence[float] | Sequence[Sequence[float]],
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        trains = _trains(spike_times)
        self.neuron_type: Any = "SpikeSourceArray"
        self._set_up(len(trains), MODEL, name, network)
        self._times = trains

    @property
    def spike_times(self) -> list[list[float]]:
        """ms, one list for each neuron. New times may be assigned for the same number of neurons."""
        return [list(train) for train in self._times]

    @spike_times.setter
    def spike_times(self, value: Sequence[float] | Sequence[Sequence[float]]) -> None:
        trains = _trains(value)
        if len(trains) != self.size:
            raise EngineError(
                f"{self.name}: spike_times for {self.size} neurons are needed, not {len(trains)}."
            )
        self._times = trains
        self.network.set_spike_times(self)

    @property
    def spike_steps(self) -> list[NDArray[np.int64]]:
        """Ascending steps of each neuron."""
        dt = self.network.dt
        return [np.unique(np.array([round(t / dt) for t in train], np.int64)) for train in self._times]


def _trains(times: Any) -> list[list[float]]:
    """Spike times as one list for each neuron."""
    if not isinstance(times, (list, tuple)) or not times:
        raise EngineError("SpikeSourceArray: spike_times must be a list of times, or a list of such lists.")
    trains = list(times) if isinstance(times[0], (list, tuple, np.ndarray)) else [times]
    try:
        result = [[float(t) for t in train] for train in trains]
    except (TypeError, ValueError):
        raise EngineError("SpikeSourceArray: spike times must be numbers (ms).") from None
    if any(not np.isfinite(t) or t < 0.0 for train in result for t in train):
        raise EngineError("SpikeSourceArray: spike times must not be negative.")
    return result
