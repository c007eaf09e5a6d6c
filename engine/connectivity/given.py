"""Synapses that someone else chose: full matrices, sparse matrices, rows.

Candidates are the ranks that rows and columns of a matrix stand for: those of the views that were connected,
in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, Joined, Rows, row_offsets
from engine.runtime.core import aligned_empty, rank_type
from engine.runtime.sparse import carried

Ranks = NDArray[np.integer[Any]]


def from_matrix(
    weights: NDArray[np.float64],
    exists: NDArray[np.bool_] | None,
    delay_steps: NDArray[np.int32] | None,
    *,
    pre_ranks: Ranks,
    post_ranks: Ranks,
    n_pre: int,
    n_post: int,
    by_pre: bool = False,
) -> Connectivity:
    """Synapses from a full matrix of weights, shape (post, pre).

    Parameters
    ----------
    exists : bool array, optional
        Of that shape: which entries are synapses; default all.
    delay_steps : int32 array, optional
        Of that shape: the delay of each synapse in steps.
    by_pre : bool
        Make rows by pre-synaptic neuron; there must be no matrix of delays.
    """
    row_ranks, column_ranks, n_rows, n_columns = post_ranks, pre_ranks, n_post, n_pre
    if by_pre:
        assert delay_steps is None
        weights, exists = weights.T, None if exists is None else exists.T
        row_ranks, column_ranks, n_rows, n_columns = pre_ranks, post_ranks, n_pre, n_post
    down, across = np.argsort(row_ranks, kind="stable"), np.argsort(column_ranks, kind="stable")
    chosen = None if exists is None else exists[down][:, across]
    counts = np.full(len(down), len(across)) if chosen is None else chosen.sum(axis=1)
    offsets = row_offsets(np.asarray(row_ranks)[down], counts.astype(np.int64), n_rows)

    def entries(matrix: NDArray[Any], kind: Any) -> NDArray[Any]:
        """Those of synapses, row after row; a row at a time, so that there is no second copy."""
        found, begin, in_order = aligned_empty(offsets[-1], kind), 0, is_ascending(across)
        for place, row in enumerate(down):
            line = matrix[row] if in_order else matrix[row][across]
            found[begin : begin + counts[place]] = line if chosen is None else line[chosen[place]]
            begin += counts[place]
        return found

    kind = rank_type(n_columns)
    ranks = np.broadcast_to(np.asarray(column_ranks).astype(kind), weights.shape)
    rows, values = Rows(offsets, entries(ranks, kind)), entries(weights, np.float64)
    if by_pre:
        return Connectivity(Joined(n_pre, n_post, by_pre=rows), weights=None, weights_by_pre=values)
    return Connectivity(
        Joined(n_pre, n_post, by_post=rows),
        weights=values,
        delay_steps=1 if delay_steps is None else entries(delay_steps, np.int32),
    )


class GivenRows:
    """Synapses from the stored entries (zeros too) of a sparse matrix; a copy of it, as small as it can be.

    Parameters
    ----------
    matrix : scipy sparse array
        Of shape (pre, post), CSR if ``by_pre``, otherwise CSC; without duplicates.
    by_pre : bool
        Rows are those of pre-synaptic neurons.
    """

    def __init__(
        self, matrix: Any, by_pre: bool, *, pre_ranks: Ranks, post_ranks: Ranks, n_pre: int, n_post: int
    ) -> None:
        rows, columns = (pre_ranks, post_ranks) if by_pre else (post_ranks, pre_ranks)
        self.by_pre, self.n_pre, self.n_post = by_pre, n_pre, n_post
        down, across = np.argsort(rows, kind="stable"), np.argsort(columns, kind="stable")
        if not is_ascending(down):
            matrix = matrix[down] if by_pre else matrix[:, down]
        if not is_ascending(across):
            # Entries move within their rows.
            matrix = matrix[:, across] if by_pre else matrix[across]
        if not matrix.has_sorted_indices:
            matrix = matrix.sorted_indices()
        n_rows, n_columns = (n_pre, n_post) if by_pre else (n_post, n_pre)
        offsets = row_offsets(np.sort(rows), np.diff(matrix.indptr).astype(np.int64), n_rows)
        ranks = aligned_empty(matrix.nnz, rank_type(n_columns))
        if len(columns) == n_columns:
            ranks[:] = matrix.indices
        else:
            np.take(np.sort(columns).astype(ranks.dtype), matrix.indices, out=ranks, mode="clip")
        self.rows, self.weights = Rows(offsets, ranks), np.array(matrix.data, np.float64)

    def connectivity(self, by_pre: bool) -> Connectivity:
        """These synapses, as rows by pre- or by post-synaptic neuron; the weights are copies."""
        values = aligned_empty(len(self.weights))
        values[:] = self.weights
        if by_pre and self.by_pre:
            joined = Joined(self.n_pre, self.n_post, by_pre=self.rows)
            return Connectivity(joined, weights=None, weights_by_pre=values)
        if self.by_pre:
            joined = Joined(self.n_pre, self.n_post, by_pre=self.rows)
            return Connectivity(joined, weights=carried(joined.by_post.offsets, *self.rows, values))
        return Connectivity(Joined(self.n_pre, self.n_post, by_post=self.rows), weights=values)


def from_rows(
    post: Ranks,
    lengths: Ranks,
    pre: Ranks,
    weights: NDArray[np.float64],
    delay_steps: int | NDArray[np.int32],
    *,
    n_pre: int,
    n_post: int,
) -> Connectivity:
    """Synapses from one row for each rank of ``post``, distinct and in any order; ``pre``, ``weights`` and
    ``delay_steps`` are those of the rows one after the other. No pair comes twice."""
    order = np.lexsort((pre, np.repeat(post, lengths)))
    ranks, values = aligned_empty(len(order), rank_type(n_pre)), aligned_empty(len(order))
    ranks[:], values[:] = pre[order], weights[order]
    return Connectivity.of_rows(
        n_pre=n_pre,
        n_post=n_post,
        offsets=row_offsets(post, np.asarray(lengths, dtype=np.int64), n_post),
        pre=ranks,
        weights=values,
        delay_steps=delay_steps if isinstance(delay_steps, int) else delay_steps[order],
    )


def is_ascending(order: NDArray[np.intp]) -> bool:
    """Does an order change nothing?"""
    return bool((order == np.arange(len(order))).all())
