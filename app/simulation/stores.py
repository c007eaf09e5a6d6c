"""What the window has received of a run: the data behind the plots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.simulation.arrays import GrowingArray


class SpikeStore:
    """Spikes of one population, in the order of their steps."""

    def __init__(self) -> None:
        self._steps = GrowingArray(np.int64)
        self._ranks = GrowingArray(np.int32)

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> NDArray[np.int64]:
        return self._steps.view

    @property
    def ranks(self) -> NDArray[np.int32]:
        return self._ranks.view

    def extend(self, records: NDArray[np.void]) -> None:
        """Append records of the ring."""
        self._steps.extend(records["step"])
        self._ranks.extend(records["rank"])

    def between(self, first: int, last: int) -> slice:
        """Where the spikes of the steps ``first <= step < last`` are."""
        start, end = np.searchsorted(self.steps, (first, last))
        return slice(int(start), int(end))


class TraceStore:
    """Samples of one variable of a few neurons of a population.

    Attributes
    ----------
    source, variable : str
        Id of the population and name of the variable.
    wanted : tuple of int
        The ranks asked for. :attr:`ranks` are those that came: one only, if all neurons share one value.
    """

    def __init__(self, source: str, variable: str, wanted: tuple[int, ...]) -> None:
        self.source = source
        self.variable = variable
        self.wanted = wanted
        self.clear()

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> NDArray[np.int64]:
        return self._steps.view

    @property
    def values(self) -> NDArray[np.float64]:
        """Shape (samples, ranks)."""
        return self._values.view

    def clear(self) -> None:
        self.ranks: tuple[int, ...] = ()
        self._steps = GrowingArray(np.int64)
        self._values = GrowingArray(np.float64, 0)

    def extend(self, records: NDArray[np.void]) -> None:
        """Append records of the ring, which come in whole rows."""
        if not self.ranks:
            row = records["rank"][records["step"] == records["step"][0]]
            self.ranks = tuple(int(rank) for rank in row)
            self._values = GrowingArray(np.float64, len(row))
        width = len(self.ranks)
        self._steps.extend(records["step"][::width])
        self._values.extend(records["value"].reshape(-1, width))
