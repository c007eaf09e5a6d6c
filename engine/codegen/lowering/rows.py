"""The sparse rows of a projection as the arrays of its buffers, each made when it is needed.

Spikes travel along pre-synaptic rows, rates are summed along post-synaptic ones. "Storage order" is that of
the rows in use; values in Python are post-major: by post-synaptic and then by pre-synaptic rank.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.codegen.plan import row_words
from engine.runtime.sparse import bits_of_rows, carried, places, sorted_by_class, split_rows

if TYPE_CHECKING:
    from engine.connectivity import Connectivity

Array = NDArray[Any]


class SparseRows:
    """Sparse rows of one projection.

    Parameters
    ----------
    connectivity : Connectivity
    spiking : bool
        Pre-synaptic rows; otherwise post-synaptic ones.
    threads : int
    tiles : int
        Parts of each thread's post-synaptic neurons.
    """

    def __init__(self, connectivity: Connectivity, spiking: bool, threads: int, tiles: int = 1) -> None:
        # Not the connectivity itself: this object may outlive the weights in it.
        self.spiking, self.threads, self.tiles = spiking, threads, tiles
        self.joined, self.n_post = connectivity.joined, connectivity.n_post
        self.delays, self.delays_by_pre = connectivity.delay_steps, connectivity.delays_by_pre
        self.ages = 0 if connectivity.uniform else max(1, len(connectivity.distinct_delays))
        """Number of different delays, where each synapse has its own."""
        self._distinct = None if connectivity.uniform else connectivity.distinct_delays

    def in_storage_order(self, values: Array) -> Array:
        """Post-major values in the order of storage; a new array."""
        if not self.spiking:
            return np.array(values)
        return carried(self.joined.by_pre.offsets, *self.joined.by_post, values)

    @property
    def order(self) -> NDArray[np.integer[Any]] | None:
        """Storage index of each synapse in post-major order; None where storage is post-major."""
        return places(self.joined.by_pre.offsets, self.joined.by_post.ranks) if self.spiking else None

    def places_onto(self, post: int) -> NDArray[np.integer[Any]]:
        """Storage indices of the synapses onto one neuron by ascending pre-synaptic rank."""
        begin, end = (int(k) for k in self.joined.offsets[post : post + 2])
        if not self.spiking:
            return np.arange(begin, end)
        return places(self.joined.by_pre.offsets, self.joined.by_post.ranks, begin, end)

    @cached_property
    def arrays(self) -> dict[str, Callable[[], Array]]:
        """What makes each array, by the last part of the name of its buffer."""
        if not self.spiking:
            return {
                "rows": lambda: self.joined.by_post.offsets,
                "pre": lambda: self.joined.by_post.ranks,
                "route_delays": lambda: np.asarray(self.delays),
            }
        return {
            "rows": lambda: self.joined.by_pre.offsets,
            "post": lambda: self.joined.by_pre.ranks,
            "split": lambda: split_rows(*self.joined.by_pre, self.n_post, self.threads * self.tiles),
            "in_rows": lambda: self.joined.by_post.offsets,
            "in_pre": lambda: self.joined.by_post.ranks,
            "in_index": lambda: places(self.joined.by_pre.offsets, self.joined.by_post.ranks),
            "route_delays": lambda: self._delays,
            "route_ages": lambda: self._ages,
            "route_rows": lambda: self._routes[0],
            "route_post": lambda: self._routes[1],
            "route_index": lambda: self._routes[2],
            "route_split": lambda: split_rows(*self._routes[:2], self.n_post, self.threads),
        }

    # --- rows of bits ---------------------------------------------------------------------------------

    @cached_property
    def bit_starts(self) -> NDArray[np.int64]:
        """First word of each row of bits; 0, where an empty row lies, of rows without synapses."""
        some = np.diff(self.joined.by_pre.offsets) > 0
        starts: NDArray[np.int64] = np.where(some, np.cumsum(some) * row_words(self.n_post), 0)
        return starts

    def bits(self, rows: int) -> NDArray[np.int64]:
        """The words of all rows of bits, with room for so many rows besides the empty one."""
        return bits_of_rows(*self.joined.by_pre, self.bit_starts, (rows + 1) * row_words(self.n_post) + 8)

    # --- delays that differ between synapses ----------------------------------------------------------

    @property
    def _delays(self) -> NDArray[np.int32]:
        if self.delays_by_pre is not None and self.spiking:
            return self.delays_by_pre
        return self.in_storage_order(np.asarray(self.delays))

    @property
    def _ages(self) -> NDArray[np.int64]:
        """What a spike's age in the queue can be when it is due (delay - 1 steps), descending."""
        assert self._distinct is not None
        return self._distinct[::-1].astype(np.int64) - 1 if len(self._distinct) else np.zeros(1, np.int64)

    @cached_property
    def _routes(self) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.integer[Any]]]:
        """A row for each pre-synaptic neuron and age: offsets, post ranks and storage indices."""
        ages = self._ages
        of_delay = np.zeros(int(ages[0]) + 2, dtype=np.int32)
        of_delay[ages + 1] = np.arange(len(ages))
        return sorted_by_class(*self.joined.by_pre, self._delays, of_delay, len(ages))
