"""In how many parts the post-synaptic neurons of a projection are given their spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.network import Projection

NEAREST_CACHE = 56 * 1024
"""Bytes of neurons in one part: a little more than the 32 to 48 KiB of today's processors, as fewer parts
make up for the few neurons that do not stay."""

BESIDE_WEIGHTS = 36 * 1024
"""The same where rows have weights, which take several times the room of ranks as they pass through that
cache: neurons that just fit it beside ranks do not, and are halved."""

SHORTEST = 256
"""Synapses of a row in one part: finding and fetching shorter ones would cost more than the cache gains."""

SHORTEST_OF_RANKS = 64
"""The same where all synapses have one weight: there is a fifth as much to fetch."""


def number_of_tiles(projection: Projection, threads: int, bytes_of_real: int) -> int:
    """Parts of each thread's range of post-synaptic neurons: as few as bring what all spikes of a step add
    to into the nearest cache; one where rows are not long enough for so many."""
    connectivity = projection.connectivity
    size = connectivity.n_post * bytes_of_real
    is_of_ranks = isinstance(connectivity.weights, float | int)
    needed = -(-size // (threads * NEAREST_CACHE))
    if needed == 1 and not is_of_ranks and size > threads * BESIDE_WEIGHTS:
        needed = 2
    length = connectivity.nnz // max(1, projection.pre.size * threads)
    shortest = SHORTEST_OF_RANKS if is_of_ranks else SHORTEST
    return needed if 1 < needed <= length // shortest else 1
