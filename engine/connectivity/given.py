"""Synapses that someone else chose: full matrices, sparse matrices, rows.

Candidates are the ranks that rows and columns of a matrix stand for: those of the views that were connected,
in their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, row_offsets
from engine.runtime.core import aligned_empty, as_ranks, rank_type

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
) -> Connectivity:
    """Synapses from a full matrix of weights, shape (post, pre).

    Parameters
    ----------
    exists : bool array, optional
        Of that shape: which entries are synapses; default all.
    delay_steps : int32 array, optional
        Of that shape: the delay of each synapse in steps.
    """
    by_post, by_pre = np.argsort(post_ranks, kind="stable"), np.argsort(pre_ranks, kind="stable")

    def sorted_entries(matrix: NDArray[Any], chosen: NDArray[np.bool_] | None) -> NDArray[Any]:
        ordered = matrix if _sorted(by_post) else matrix[by_post]
        ordered = ordered if _sorted(by_pre) else ordered[:, by_pre]
        entries = ordered.ravel() if chosen is None else ordered[chosen]
        return entries.copy() if np.shares_memory(entries, matrix) else entries

    chosen = None if exists is None else sorted_entries(exists, None).reshape(exists.shape)
    columns = np.broadcast_to(as_ranks(np.asarray(pre_ranks)[by_pre], n_pre), weights.shape)
    counts = np.full(len(post_ranks), len(pre_ranks)) if chosen is None else chosen.sum(axis=1)
    return Connectivity.of_rows(
        n_pre=n_pre,
        n_post=n_post,
        offsets=row_offsets(np.asarray(post_ranks)[by_post], counts.astype(np.int64), n_post),
        pre=columns.ravel() if chosen is None else columns[chosen],
        weights=sorted_entries(weights, chosen),
        delay_steps=1 if delay_steps is None else sorted_entries(delay_steps, chosen),
    )


def from_sparse(matrix: Any, *, pre_ranks: Ranks, post_ranks: Ranks, n_pre: int, n_post: int) -> Connectivity:
    """Synapses from the stored entries (zeros too) of a scipy CSC matrix, shape (pre, post)."""
    by_post, by_pre = np.argsort(post_ranks, kind="stable"), np.argsort(pre_ranks, kind="stable")
    if not _sorted(by_post):
        matrix = matrix[:, by_post]
    if not _sorted(by_pre):
        matrix = matrix.tocsr()[by_pre].tocsc()
    matrix.sort_indices()
    return Connectivity.of_rows(
        n_pre=n_pre,
        n_post=n_post,
        offsets=row_offsets(np.sort(post_ranks), np.diff(matrix.indptr).astype(np.int64), n_post),
        pre=as_ranks(np.sort(pre_ranks), n_pre)[matrix.indices],
        weights=matrix.data.astype(np.float64),
    )


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


def _sorted(order: NDArray[np.intp]) -> bool:
    return bool((order == np.arange(len(order))).all())
