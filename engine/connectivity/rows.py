"""Synapses as sparse rows, one row for each post-synaptic neuron."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class Connectivity:
    """The synapses of a projection.

    Attributes
    ----------
    n_pre, n_post : int
        Sizes of the whole populations, also where a projection joins views of them.
    offsets : int64 array of n_post + 1
        Synapses ``offsets[i] .. offsets[i + 1]`` belong to post-synaptic neuron ``i``.
    pre : int32 array of nnz
        Pre-synaptic rank of each synapse, ascending within a row.
    weights : float, float64 array of nnz or None
        One number: all synapses are equal. None: each has its own, which the compiled network keeps.
    delay_steps : int or int32 array of nnz
        Delay in steps, at least 1. One number: of all synapses.
    lasting : int64 array, optional
        Ranks of the dendrites that last even without synapses (structural plasticity).
    allowed_delay : int
        Delay in steps that a new synapse may have even if no other one has it any more.
    """

    n_pre: int
    n_post: int
    offsets: NDArray[np.int64]
    pre: NDArray[np.int32]
    weights: float | NDArray[np.float64] | None = 1.0
    delay_steps: int | NDArray[np.int32] = 1
    lasting: NDArray[np.int64] | None = None
    allowed_delay: int = 1

    @property
    def uniform(self) -> bool:
        """True where one delay serves all synapses."""
        return not isinstance(self.delay_steps, np.ndarray)

    @property
    def max_delay_steps(self) -> int:
        """Largest delay of a synapse, or that a new one may have, in steps, at least 1."""
        return int(np.max(self.delay_steps, initial=self.allowed_delay))

    @property
    def delays(self) -> NDArray[np.int32]:
        """Delay of each synapse in steps."""
        return np.broadcast_to(np.asarray(self.delay_steps, dtype=np.int32), len(self.pre))

    @cached_property
    def distinct_delays(self) -> NDArray[np.int64]:
        """All delays that occur, in steps, ascending."""
        seen = np.zeros(self.max_delay_steps + 1, dtype=bool)
        for start in range(0, self.nnz, CHUNK):  # Indexing by all at once would copy them as int64.
            seen[self.delays[start : start + CHUNK]] = True
        return np.flatnonzero(seen)

    @property
    def nnz(self) -> int:
        """Number of synapses."""
        return len(self.pre)

    @property
    def post(self) -> NDArray[np.int32]:
        """Post-synaptic rank of each synapse; a new array."""
        return np.repeat(np.arange(self.n_post, dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def dendrites(self) -> NDArray[np.int64]:
        """Ascending ranks of the post-synaptic neurons that have synapses, or had some and may again."""
        return np.flatnonzero(np.diff(self.offsets)) if self.lasting is None else self.lasting

    def has_dendrite(self, post: int) -> bool:
        """Whether that post-synaptic neuron is one of :attr:`dendrites`."""
        place = int(np.searchsorted(self.dendrites, post))
        return place < len(self.dendrites) and bool(self.dendrites[place] == post)


def row_offsets(rows: NDArray[np.integer[Any]], counts: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """Offsets of ``n_rows`` rows of which the given ones have ``counts`` entries and all others none."""
    offsets = np.zeros(n_rows + 1, dtype=np.int64)
    offsets[np.asarray(rows) + 1] = counts
    return np.cumsum(offsets, out=offsets)
