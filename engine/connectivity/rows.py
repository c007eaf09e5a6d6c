"""Synapses as sparse rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.runtime.core import aligned_zeros, as_ranks, rank_type
from engine.runtime.sparse import carried, column_offsets, places, places_in_columns, transpose

CHUNK = 1 << 18


class Rows(NamedTuple):
    """One row for each neuron of one side: entries ``offsets[i] .. offsets[i + 1]`` of ``ranks`` are those
    of the other side that neuron ``i`` is joined with, ascending."""

    offsets: NDArray[np.int64]
    ranks: NDArray[Any]


class BitRows(NamedTuple):
    """Rows by pre-synaptic neuron as bits: how many entries they have, as ``offsets``, the first word of
    each, and the words of all. Word ``starts[row] + k // 64`` has bit ``k % 64`` where a row has column k."""

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    words: NDArray[np.int64]

    def ranks(self, n_columns: int) -> Rows:
        """The same rows as lists."""
        ranks = aligned_zeros(int(self.offsets[-1]), rank_type(n_columns))
        length = -(-n_columns // 64)
        for row in np.flatnonzero(np.diff(self.offsets)):
            begin = self.starts[row]
            octets = self.words[begin : begin + length].astype("<i8", copy=False).view(np.uint8)
            bits = np.unpackbits(octets, bitorder="little", count=n_columns)
            ranks[self.offsets[row] : self.offsets[row + 1]] = np.flatnonzero(bits)
        return Rows(self.offsets, ranks)


class Joined:
    """Which neurons are joined, as rows by post- or by pre-synaptic neuron.

    One of the two is given; the other is made when it is first asked for, and kept. Where bits are held
    instead, lists are made of them.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the whole populations.
    by_post, by_pre : Rows, optional
    """

    def __init__(
        self, n_pre: int, n_post: int, *, by_post: Rows | None = None, by_pre: Rows | None = None
    ) -> None:
        assert by_post is not None or by_pre is not None
        self.n_pre, self.n_post = n_pre, n_post
        self._by_post, self._by_pre = by_post, by_pre
        self._offsets = None if by_post is None else by_post.offsets
        self._bits: BitRows | None = None

    def hold_bits(self, starts: NDArray[np.int64], words: NDArray[np.int64]) -> None:
        """Hold these bits (see :class:`BitRows`) instead of lists, until somebody asks for lists."""
        if self._bits is None:
            self._bits = BitRows(self.by_pre.offsets, starts, words)
            self._by_post = self._by_pre = None

    @property
    def by_post(self) -> Rows:
        """A row for each post-synaptic neuron."""
        if self._by_post is None:
            offsets, ranks, _ = transpose(*self.by_pre, self.n_post, places=False)
            self._by_post = Rows(offsets, ranks)
        return self._by_post

    @property
    def by_pre(self) -> Rows:
        """A row for each pre-synaptic neuron."""
        if self._bits is not None:
            self._by_pre, self._bits = self._bits.ranks(self.n_post), None
        if self._by_pre is None:
            assert self._by_post is not None
            offsets, ranks, _ = transpose(*self._by_post, self.n_pre, places=False)
            self._by_pre = Rows(offsets, ranks)
        return self._by_pre

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Offsets of :attr:`by_post`, without its ranks if those are not there."""
        if self._offsets is None:
            self._offsets = column_offsets(self.by_pre.ranks, self.n_post)
        return self._offsets

    @property
    def nnz(self) -> int:
        """Number of pairs."""
        if self._bits is not None:
            return int(self._bits.offsets[-1])
        given = self._by_post or self._by_pre
        assert given is not None
        return len(given.ranks)

    @property
    def arrays(self) -> list[NDArray[Any]]:
        """What is held at present."""
        held = (self._by_post, self._by_pre, self._bits)
        return [array for rows in held if rows is not None for array in rows]

    def __getstate__(self) -> dict[str, Any]:
        """For copies: what can be made anew is left out."""
        return vars(self) | ({"_by_post": None} if self._by_pre is not None else {})


@dataclass(frozen=True, eq=False)
class Connectivity:
    """The synapses of a projection. Where nothing else is said they are listed by post-synaptic and then by
    pre-synaptic rank: "post-major".

    Attributes
    ----------
    joined : Joined
        Whom they join.
    weights : float, array of nnz or None
        One number: all synapses are equal. None: each has its own, which the compiled network keeps, or
        ``weights_by_pre``.
    delay_steps : int, int32 array of nnz or None
        Delay in steps, at least 1. One number: of all synapses. None: each has its own in ``delays_by_pre``.
    lasting : int64 array, optional
        Ranks of the dendrites that last even without synapses (structural plasticity).
    allowed_delay : int
        Delay in steps that a new synapse may have even if no other one has it any more.
    weights_by_pre : array of nnz, optional
        Weights by pre-synaptic and then by post-synaptic rank.
    delays_by_pre : int32 array of nnz, optional
        Delays in steps in that order.
    """

    joined: Joined
    weights: float | NDArray[np.floating[Any]] | None = 1.0
    delay_steps: int | NDArray[np.int32] | None = 1
    lasting: NDArray[np.int64] | None = None
    allowed_delay: int = 1
    weights_by_pre: NDArray[np.floating[Any]] | None = None
    delays_by_pre: NDArray[np.int32] | None = None

    @classmethod
    def of_rows(
        cls, n_pre: int, n_post: int, offsets: NDArray[np.int64], pre: NDArray[Any], **more: Any
    ) -> Connectivity:
        """From ``offsets`` and ranks ``pre`` of post-major rows, and any other attributes."""
        return cls(Joined(n_pre, n_post, by_post=Rows(offsets, as_ranks(pre, n_pre))), **more)

    def plain(self) -> dict[str, Any]:
        """The arguments of :meth:`of_rows` that make the same synapses."""
        return {
            "n_pre": self.n_pre,
            "n_post": self.n_post,
            "offsets": self.offsets,
            "pre": self.pre,
            "weights": self.weights,
            "delay_steps": self.held_delays if self.uniform else self.delays,
            "lasting": self.lasting,
            "allowed_delay": self.allowed_delay,
        }

    def turned(self) -> Connectivity:
        """The same synapses with nothing but rows by pre-synaptic neuron."""
        assert self.uniform
        rows = self.joined.by_pre
        if isinstance(self.weights, np.ndarray):
            by_pre = carried(rows.offsets, *self.joined.by_post, self.weights)
            self = replace(self, weights=None, weights_by_pre=by_pre)
        return replace(self, joined=Joined(self.n_pre, self.n_post, by_pre=rows))

    @property
    def n_pre(self) -> int:
        """Size of the whole pre-synaptic population, also where a projection joins views."""
        return self.joined.n_pre

    @property
    def n_post(self) -> int:
        """Size of the whole post-synaptic population, also where a projection joins views."""
        return self.joined.n_post

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Synapses ``offsets[i] .. offsets[i + 1]`` belong to post-synaptic neuron ``i``."""
        return self.joined.offsets

    @property
    def pre(self) -> NDArray[Any]:
        """Pre-synaptic rank of each synapse, ascending within a row: uint16 if that is enough, or int32."""
        return self.joined.by_post.ranks

    @property
    def uniform(self) -> bool:
        """True where one delay serves all synapses."""
        return not isinstance(self.held_delays, np.ndarray)

    @property
    def held_delays(self) -> int | NDArray[np.int32]:
        """Delay in steps of all synapses, or the array of their delays, in whichever order it is held."""
        held = self.delays_by_pre if self.delay_steps is None else self.delay_steps
        assert held is not None
        return held

    @property
    def max_delay_steps(self) -> int:
        """Largest delay of a synapse, or that a new one may have, in steps, at least 1."""
        return int(np.max(self.held_delays, initial=self.allowed_delay))

    @property
    def delays(self) -> NDArray[np.int32]:
        """Delay of each synapse in steps."""
        if self.delay_steps is None:
            assert self.delays_by_pre is not None
            found: NDArray[np.int32] = self.delays_by_pre[self.places_by_pre]
            return found
        return np.broadcast_to(np.asarray(self.delay_steps, dtype=np.int32), self.nnz)

    def delays_onto(self, post: int) -> NDArray[np.int32]:
        """Delay in steps of each synapse onto one neuron."""
        row = slice(int(self.offsets[post]), int(self.offsets[post + 1]))
        if self.delays_by_pre is None:
            return self.delays[row]
        rows = self.joined.by_pre
        found: NDArray[np.int32] = self.delays_by_pre[
            places_in_columns(rows.offsets, rows.ranks, self.pre[row], post)
        ]
        return found

    @property
    def places_by_pre(self) -> NDArray[np.integer[Any]]:
        """Where each synapse lies among those by pre-synaptic and then by post-synaptic rank; a new array."""
        return places(self.joined.by_pre.offsets, self.joined.by_post.ranks)

    @cached_property
    def distinct_delays(self) -> NDArray[np.int64]:
        """All delays that occur, in steps, ascending."""
        seen = np.zeros(self.max_delay_steps + 1, dtype=bool)
        held = np.atleast_1d(self.held_delays)
        for start in range(0, len(held), CHUNK):  # Indexing by all at once would copy them as int64.
            seen[held[start : start + CHUNK]] = True
        return np.flatnonzero(seen)

    @property
    def nnz(self) -> int:
        """Number of synapses."""
        return self.joined.nnz

    @property
    def post(self) -> NDArray[Any]:
        """Post-synaptic rank of each synapse; a new array."""
        return np.repeat(np.arange(self.n_post, dtype=rank_type(self.n_post)), np.diff(self.offsets))

    @cached_property
    def dendrites(self) -> NDArray[np.int64]:
        """Ascending ranks of the post-synaptic neurons that have synapses, or had some and may again."""
        return np.flatnonzero(np.diff(self.offsets)) if self.lasting is None else self.lasting

    def has_dendrite(self, post: int) -> bool:
        """Whether that post-synaptic neuron is one of :attr:`dendrites`."""
        place = int(np.searchsorted(self.dendrites, post))
        return place < len(self.dendrites) and bool(self.dendrites[place] == post)

    @property
    def arrays(self) -> list[Any]:
        """Arrays that are held at present, and what is one number for all."""
        return [*self.joined.arrays, self.weights, self.weights_by_pre, self.held_delays]


def row_offsets(rows: NDArray[np.integer[Any]], counts: NDArray[np.int64], n_rows: int) -> NDArray[np.int64]:
    """Offsets of ``n_rows`` rows of which the given ones have ``counts`` entries and all others none."""
    offsets = np.zeros(n_rows + 1, dtype=np.int64)
    offsets[np.asarray(rows) + 1] = counts
    return np.cumsum(offsets, out=offsets)
