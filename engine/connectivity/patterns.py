"""The connection patterns.

All take the same keywords, so that a projection can treat them alike:

pre_ranks, post_ranks : int array
    The neurons to connect, in the order of the views that were connected.
n_pre, n_post : int
    Sizes of the whole populations.
same_population : bool
    Whether equal ranks on both sides mean the same neuron, so that self-connections exist.
allow_self_connections : bool
    Keep them nevertheless.
seed, stream : int
    What random patterns depend on: the network's seed and a number of the projection's own.
threads : int
    How many threads draw; the synapses do not depend on it.

Each returns a :class:`Connectivity` whose weights are all 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, row_offsets
from engine.connectivity.threads import in_parts
from engine.errors import EngineError
from engine.runtime.core import aligned_empty, transpose
from engine.runtime.patterns import chosen_rows, complete_rows, kept_rows

Ranks = NDArray[np.integer[Any]]
SEED_MASK = 2**64 - 1


def all_to_all(
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    same_population: bool = False,
    allow_self_connections: bool = False,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
) -> Connectivity:
    """Every pair of neurons."""
    pre, post = _ascending(pre_ranks, n_pre, "pre"), _ascending(post_ranks, n_post, "post")
    exclude_self = same_population and not allow_self_connections
    counts = np.full(len(post), len(pre), dtype=np.int64)
    if exclude_self:
        counts -= np.isin(post, pre, assume_unique=True)
    offsets = row_offsets(post, counts, n_post)
    everything = aligned_empty(offsets[-1], np.int32)

    def fill(part: slice) -> None:
        complete_rows(pre, post[part], exclude_self, everything[_entries(offsets, post, part)])

    in_parts(fill, len(post), threads)
    return Connectivity(n_pre, n_post, offsets, everything)


def one_to_one(
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    same_population: bool = False,
    allow_self_connections: bool = True,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
) -> Connectivity:
    """The k-th neuron of one side with the k-th of the other, as far as both go; equal ranks, too."""
    _ascending(pre_ranks, n_pre, "pre")
    shared = min(len(pre_ranks), len(post_ranks))
    order = np.argsort(np.asarray(post_ranks)[:shared])
    post = _ascending(post_ranks[:shared], n_post, "post")
    offsets = row_offsets(post, np.ones(shared, dtype=np.int64), n_post)
    return Connectivity(n_pre, n_post, offsets, np.asarray(pre_ranks)[:shared][order].astype(np.int32))


def fixed_probability(
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    probability: float,
    same_population: bool = False,
    allow_self_connections: bool = False,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
) -> Connectivity:
    """Every pair with a probability, independently of all others; from 1 on every pair."""
    if not probability >= 0.0:
        raise EngineError(f"fixed_probability: the probability must be between 0 and 1, it is {probability}.")
    exclude_self = same_population and not allow_self_connections
    if probability >= 1.0:
        return all_to_all(
            pre_ranks=pre_ranks,
            post_ranks=post_ranks,
            n_pre=n_pre,
            n_post=n_post,
            same_population=same_population,
            allow_self_connections=allow_self_connections,
            threads=threads,
        )
    pre, post = _ascending(pre_ranks, n_pre, "pre"), _ascending(post_ranks, n_post, "post")
    if probability == 0.0:
        pre = pre[:0]
    counts = np.empty(len(post), dtype=np.int64)
    draws = (probability, exclude_self, seed & SEED_MASK, stream & SEED_MASK)
    in_parts(lambda part: kept_rows(pre, post[part], *draws, counts[part]), len(post), threads)
    offsets = row_offsets(post, counts, n_post)
    kept = aligned_empty(offsets[-1], np.int32)

    def fill(part: slice) -> None:
        kept_rows(pre, post[part], *draws, counts[part], kept[_entries(offsets, post, part)])

    in_parts(fill, len(post), threads)
    return Connectivity(n_pre, n_post, offsets, kept)


def fixed_number_pre(
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    number: int,
    same_population: bool = False,
    allow_self_connections: bool = False,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
) -> Connectivity:
    """Each post-synaptic neuron gets ``number`` distinct pre-synaptic ones, every set equally likely."""
    pre, post = _ascending(pre_ranks, n_pre, "pre"), _ascending(post_ranks, n_post, "post")
    exclude_self = same_population and not allow_self_connections
    number = checked_number(number, len(pre), "fixed_number_pre", "pre")
    if exclude_self and number == len(pre):
        raise EngineError(
            f"fixed_number_pre: {number} pre-synaptic neurons cannot be chosen from {number} without "
            f"self-connections; choose {number - 1} or allow self-connections."
        )
    chosen = _chosen(pre, post, number, exclude_self, seed, stream, threads)
    offsets = row_offsets(post, np.full(len(post), number, dtype=np.int64), n_post)
    return Connectivity(n_pre, n_post, offsets, chosen)


def fixed_number_post(
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    number: int,
    same_population: bool = False,
    allow_self_connections: bool = False,
    seed: int = 0,
    stream: int = 0,
    threads: int = 1,
) -> Connectivity:
    """Each pre-synaptic neuron chooses ``number`` distinct post-synaptic ones, every set equally likely.

    Where all are asked for, all are taken, the neuron itself included.
    """
    pre, post = _ascending(pre_ranks, n_pre, "pre"), _ascending(post_ranks, n_post, "post")
    number = checked_number(number, len(post), "fixed_number_post", "post")
    exclude_self = same_population and not allow_self_connections and number < len(post)
    chosen = _chosen(post, pre, number, exclude_self, seed, stream, threads)
    by_pre = row_offsets(pre, np.full(len(pre), number, dtype=np.int64), n_pre)
    offsets, rows, _ = transpose(by_pre, chosen, n_post, places=False)
    return Connectivity(n_pre, n_post, offsets, rows)


def _ascending(ranks: Ranks, size: int, side: str) -> NDArray[np.int32]:
    """The ranks sorted, once it is sure that they are distinct and exist."""
    ordered = np.sort(np.asarray(ranks, dtype=np.int64))
    if len(ordered) and (ordered[0] < 0 or ordered[-1] >= size):
        raise EngineError(f"The {side}-synaptic ranks must lie in 0 .. {size - 1}.")
    if (ordered[1:] == ordered[:-1]).any():
        raise EngineError(f"The {side}-synaptic ranks must be distinct.")
    return ordered.astype(np.int32)


def _entries(offsets: NDArray[np.int64], rows: NDArray[np.int32], part: slice) -> slice:
    """Where the synapses of some of the ascending ``rows`` lie."""
    return slice(int(offsets[rows[part.start]]), int(offsets[rows[part.stop - 1] + 1]))


def _chosen(
    candidates: NDArray[np.int32],
    rows: NDArray[np.int32],
    number: int,
    exclude_self: bool,
    seed: int,
    stream: int,
    threads: int,
) -> NDArray[np.int32]:
    """``number`` candidates for each row, one row after the other."""
    flat = aligned_empty(len(rows) * number, np.int32)
    chosen = flat.reshape(len(rows), number)
    draws = (exclude_self, seed & SEED_MASK, stream & SEED_MASK)
    in_parts(lambda part: chosen_rows(candidates, rows[part], *draws, chosen[part]), len(rows), threads)
    return flat


def checked_number(number: int, available: int, pattern: str, side: str) -> int:
    """How many partners each neuron chooses, if there are so many."""
    if int(number) != number or not 0 <= number <= available:
        raise EngineError(
            f"{pattern}: the number must be a whole one between 0 and the {available} {side}-synaptic "
            f"neurons to choose from, it is {number}."
        )
    return int(number)
