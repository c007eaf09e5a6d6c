"""In how many parts the post-synaptic neurons of a projection are given their spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.network import Projection

NEAREST_CACHE = 56 * 1024
"""Bytes of neurons in one part: a little more than the 32 to 48 KiB of today's processors, as fewer parts
make up for the few neurons that do not stay."""

SHORTEST = 256
"""Synapses of a row in one part: finding and fetching shorter ones would cost more than the cache gains."""

SHORTEST_OF_RANKS = 64
"""The same where all synapses have one weight: there is a fifth as much to fetch."""


def number_of_tiles(projection: Projection, threads: int, bytes_of_real: int) -> int:
    """Parts of each thread's range of post-synaptic neurons: as few as bring what all spikes of a step add
    to into the nearest cache; one where rows are not long enough for so many."""
    connectivity = projection.connectivity
    needed = -(-connectivity.n_post * bytes_of_real // (threads * NEAREST_CACHE))
    length = connectivity.nnz // max(1, projection.pre.size * threads)
    shortest = SHORTEST_OF_RANKS if isinstance(connectivity.weights, float | int) else SHORTEST
    return needed if 1 < needed <= length // shortest else 1
