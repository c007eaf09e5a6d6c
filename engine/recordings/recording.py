"""What was recorded of one variable, as plain arrays that need no network any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Columns:
    """What the columns of samples are, or which neurons' spikes were recorded.

    Attributes
    ----------
    ranks : int array (N,)
        Ranks in the population, of synapses that of the post-synaptic neuron; -1: one value for all.
    pre, post : int array (N,), optional
        Ranks of the two neurons of each synapse.
    """

    ranks: NDArray[Any]
    pre: NDArray[Any] | None = None
    post: NDArray[Any] | None = None

    @property
    def labels(self) -> list[str]:
        """A name for each column: the rank, ``pre->post``, or ``all``."""
        if self.pre is not None and self.post is not None:
            return [f"{i}->{j}" for i, j in zip(self.pre.tolist(), self.post.tolist(), strict=True)]
        return [str(rank) if rank >= 0 else "all" for rank in self.ranks.tolist()]


@dataclass(frozen=True)
class Recording:
    """Samples or spikes of one variable.

    Attributes
    ----------
    source : str
        Name of the population or projection; of a dendrite with its rank.
    variable : str
    dt : float
        ms of a step.
    steps : int64 array (T,)
        Step of each sample or spike; row k of ``values`` is the state at the end of step ``steps[k]``.
    values : array (T, N) or None
        Samples. None: these are spikes.
    spikes : int32 array (T,) or None
        Rank of the neuron of each spike.
    columns : Columns
        Of samples, or the neurons whose spikes were recorded.
    blocks : list of (int, int)
        First step of each time that the monitor was on, and the step after the last.
    geometry : tuple of int
        Shape of the population or view; empty if it has none.
    """

    source: str
    variable: str
    dt: float
    steps: NDArray[np.int64]
    values: NDArray[Any] | None
    spikes: NDArray[Any] | None
    columns: Columns
    blocks: list[tuple[int, int]]
    geometry: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Name of the recording: ``SOURCE.VARIABLE``."""
        return f"{self.source}.{self.variable}"

    @property
    def times(self) -> NDArray[np.float64]:
        """Time (ms) of each sample or spike: that of the beginning of its step, for both alike."""
        times: NDArray[np.float64] = self.steps.astype(np.float64) * self.dt
        return times

    @property
    def span(self) -> tuple[float, float]:
        """Time (ms) at which the recording began and ended."""
        starts, ends = [first for first, _ in self.blocks], [end for _, end in self.blocks]
        return min(starts, default=0) * self.dt, max(ends, default=0) * self.dt

    @property
    def period(self) -> int | None:
        """Steps between samples; None where that differs or there are less than two."""
        distances = np.diff(self.steps)
        return int(distances[0]) if distances.size and (distances == distances[0]).all() else None
