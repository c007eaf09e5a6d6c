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
by_pre : bool
    Whether rows by pre-synaptic neuron are wanted; random patterns may have other synapses then.

Each returns a :class:`Connectivity` whose weights are all 1, in the wanted rows or in those that are at hand.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, Joined, Rows, row_offsets
from engine.connectivity.threads import in_parts
from engine.errors import EngineError
from engine.runtime.core import aligned_empty, rank_type
from engine.runtime.patterns import chosen_rows, complete_rows, kept_rows

Ranks = NDArray[np.integer[Any]]
SEED_MASK = 2**64 - 1

DRAWN_TOGETHER = 4096
"""Synapses of a group of rows that one sequence of random numbers serves, about."""
LARGEST_GROUP = 1 << 30
"""Pairs of neurons in a group of several rows, at most: gaps in the sequence are 31-bit numbers."""
BATCH = 256
"""Room that :func:`kept_rows` needs beyond what it keeps."""


class Sides:
    """The neurons to connect, seen from the side whose rows are made.

    Parameters
    ----------
    by_pre : bool
        Rows of pre-synaptic neurons.
    """

    def __init__(self, pre_ranks: Ranks, post_ranks: Ranks, n_pre: int, n_post: int, by_pre: bool) -> None:
        self.n_pre, self.n_post, self.by_pre = n_pre, n_post, by_pre
        pre, post = _ascending(pre_ranks, n_pre, "pre"), _ascending(post_ranks, n_post, "post")
        self.rows, self.candidates = (pre, post) if by_pre else (post, pre)
        self.n_rows, self.n_candidates = (n_pre, n_post) if by_pre else (n_post, n_pre)
        self.kind = rank_type(self.n_candidates)

    def offsets(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Offsets of all rows, if the given neurons have ``counts`` entries."""
        return row_offsets(self.rows, counts, self.n_rows)

    def entries(self, offsets: NDArray[np.int64], part: slice) -> slice:
        """Where the entries of some of the rows lie."""
        rows = self.rows
        return slice(int(offsets[rows[part.start]]), int(offsets[rows[part.stop - 1] + 1]))

    def joined(self, offsets: NDArray[np.int64], ranks: NDArray[Any]) -> Connectivity:
        """The synapses of finished rows."""
        rows = Rows(offsets, ranks)
        sides = {"by_pre": rows} if self.by_pre else {"by_post": rows}
        return Connectivity(Joined(self.n_pre, self.n_post, **sides))


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
    by_pre: bool = False,
) -> Connectivity:
    """Every pair of neurons."""
    sides = Sides(pre_ranks, post_ranks, n_pre, n_post, by_pre)
    exclude_self = same_population and not allow_self_connections
    counts = np.full(len(sides.rows), len(sides.candidates), dtype=np.int64)
    if exclude_self:
        counts -= np.isin(sides.rows, sides.candidates, assume_unique=True)
    offsets = sides.offsets(counts)
    everything = aligned_empty(offsets[-1], sides.kind)

    def fill(part: slice) -> None:
        entries = everything[sides.entries(offsets, part)]
        complete_rows(sides.candidates, sides.rows[part], exclude_self, entries)

    in_parts(fill, len(sides.rows), threads)
    return sides.joined(offsets, everything)


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
    by_pre: bool = False,
) -> Connectivity:
    """The k-th neuron of one side with the k-th of the other, as far as both go; equal ranks, too."""
    _ascending(pre_ranks, n_pre, "pre")
    shared = min(len(pre_ranks), len(post_ranks))
    order = np.argsort(np.asarray(post_ranks)[:shared])
    post = _ascending(post_ranks[:shared], n_post, "post")
    offsets = row_offsets(post, np.ones(shared, dtype=np.int64), n_post)
    return Connectivity.of_rows(n_pre, n_post, offsets, np.asarray(pre_ranks)[:shared][order])


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
    by_pre: bool = False,
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
            by_pre=by_pre,
        )
    sides = Sides(pre_ranks, post_ranks, n_pre, n_post, by_pre)
    counts = np.zeros(len(sides.rows), dtype=np.int64)
    kept = aligned_empty(0, sides.kind)
    if probability > 0.0 and len(sides.candidates):
        draws = (exclude_self, seed & SEED_MASK, stream & SEED_MASK)
        kept = _kept(sides, probability, draws, counts, threads)
    return sides.joined(sides.offsets(counts), kept)


def _kept(
    sides: Sides, probability: float, draws: tuple[bool, int, int], counts: NDArray[np.int64], threads: int
) -> NDArray[Any]:
    """The candidates that are kept, row after row; fills ``counts``.

    How many there will be is known well enough to draw them once: each part of the rows gets room for eight
    standard deviations more, of which the system provides what is used.
    """
    n = len(sides.candidates)
    group = 1
    while group * n * probability < DRAWN_TOGETHER and 2 * group * n <= LARGEST_GROUP:
        group *= 2
    n_groups = -(-len(sides.rows) // group)
    parts: list[tuple[int, NDArray[Any]]] = []

    def draw(part: slice) -> None:
        rows = slice(group * part.start, group * part.stop)
        mean = (len(sides.rows[rows]) * n) * probability
        room, number = ceil(mean + 8.0 * sqrt(mean)), -1
        while number < 0:
            ranks = aligned_empty(room + BATCH, sides.kind)
            number = kept_rows(
                sides.candidates,
                sides.rows[rows],
                probability,
                *draws,
                group,
                part.start,
                counts[rows],
                ranks,
            )
            room *= 2
        parts.append((part.start, ranks[:number]))

    in_parts(draw, n_groups, threads)
    if len(parts) == 1:
        return parts[0][1]
    found = [ranks for _, ranks in sorted(parts, key=lambda part: part[0])]
    return _one_after_the_other(found, sides.kind)


def _one_after_the_other(parts: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    """The parts as one array; each is forgotten as soon as it is copied."""
    whole, place = aligned_empty(sum(map(len, parts)), kind), 0
    while parts:
        part = parts.pop(0)
        whole[place : place + len(part)] = part
        place += len(part)
    return whole


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
    by_pre: bool = False,
) -> Connectivity:
    """Each post-synaptic neuron gets ``number`` distinct pre-synaptic ones, every set equally likely."""
    sides = Sides(pre_ranks, post_ranks, n_pre, n_post, by_pre=False)
    available = len(sides.candidates)
    exclude_self = same_population and not allow_self_connections
    number = checked_number(number, available, "fixed_number_pre", "pre")
    if exclude_self and number == available:
        raise EngineError(
            f"fixed_number_pre: {number} pre-synaptic neurons cannot be chosen from {number} without "
            f"self-connections; choose {number - 1} or allow self-connections."
        )
    return _chosen(sides, number, exclude_self, seed, stream, threads)


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
    by_pre: bool = False,
) -> Connectivity:
    """Each pre-synaptic neuron chooses ``number`` distinct post-synaptic ones, every set equally likely.

    Where all are asked for, all are taken, the neuron itself included.
    """
    sides = Sides(pre_ranks, post_ranks, n_pre, n_post, by_pre=True)
    available = len(sides.candidates)
    number = checked_number(number, available, "fixed_number_post", "post")
    exclude_self = same_population and not allow_self_connections and number < available
    return _chosen(sides, number, exclude_self, seed, stream, threads)


def _chosen(
    sides: Sides, number: int, exclude_self: bool, seed: int, stream: int, threads: int
) -> Connectivity:
    """``number`` candidates for each row."""
    flat = aligned_empty(len(sides.rows) * number, sides.kind)
    chosen = flat.reshape(len(sides.rows), number)
    draws = (exclude_self, seed & SEED_MASK, stream & SEED_MASK)

    def choose(part: slice) -> None:
        chosen_rows(sides.candidates, sides.rows[part], *draws, chosen[part])

    in_parts(choose, len(sides.rows), threads)
    return sides.joined(sides.offsets(np.full(len(sides.rows), number, dtype=np.int64)), flat)


def _ascending(ranks: Ranks, size: int, side: str) -> NDArray[np.int32]:
    """The ranks sorted, once it is sure that they are distinct and exist."""
    ordered = np.sort(np.asarray(ranks, dtype=np.int64))
    if len(ordered) and (ordered[0] < 0 or ordered[-1] >= size):
        raise EngineError(f"The {side}-synaptic ranks must lie in 0 .. {size - 1}.")
    if (ordered[1:] == ordered[:-1]).any():
        raise EngineError(f"The {side}-synaptic ranks must be distinct.")
    return ordered.astype(np.int32)


def checked_number(number: int, available: int, pattern: str, side: str) -> int:
    """How many partners each neuron chooses, if there are so many."""
    if int(number) != number or not 0 <= number <= available:
        raise EngineError(
            f"{pattern}: the number must be a whole one between 0 and the {available} {side}-synaptic "
            f"neurons to choose from, it is {number}."
        )
    return int(number)
