"""Synapses as files list them: ranks of the dendrites, and a list for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity
from engine.files.errors import FileError
from engine.network.attributes import is_number
from engine.runtime.core import as_ranks

if TYPE_CHECKING:
    from engine.network.projection import Projection


@dataclass(frozen=True)
class StoredSynapses:
    """The structure that a file holds.

    Attributes
    ----------
    label : str
        Of the projection, for messages.
    posts : int64 array
        Ranks of the dendrites in the order of the file.
    lengths : int64 array
        Number of synapses of each.
    order : int64 array or None
        Places in the file of the synapses in post-major order; None where that is the order of the file.
    offsets, pre : arrays
        As in :class:`Connectivity`.
    """

    label: str
    posts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    order: NDArray[np.int64] | None
    offsets: NDArray[np.int64]
    pre: NDArray[Any]

    def flat(self, name: str, rows: Any) -> NDArray[Any]:
        """Values of all synapses in post-major order, from one list for each dendrite."""
        found = [len(row) if isinstance(row, (list, tuple, np.ndarray)) else -1 for row in rows]
        if found != self.lengths.tolist():
            raise FileError(f"{self.label}: {name} does not have one value for each synapse")
        values = self._joined(name, rows)
        return values if self.order is None else values[self.order]

    def per_dendrite(self, name: str, values: Any) -> NDArray[Any]:
        """Values of all dendrites by ascending rank."""
        array = np.asarray(values)
        if array.shape != self.posts.shape:
            raise FileError(f"{self.label}: {name} does not have one value for each dendrite")
        return array[np.argsort(self.posts)]

    def _joined(self, name: str, rows: Any) -> NDArray[Any]:
        parts = [np.asarray(row.tolist() if isinstance(row, np.ndarray) else row) for row in rows if len(row)]
        array = np.concatenate(parts) if parts else np.zeros(0)
        if array.ndim != 1 or array.dtype.kind not in "biuf":
            raise FileError(f"{self.label}: {name} is not numbers")
        return array

    def connectivity(self, projection: Projection, weights: Any, delay_steps: Any) -> Connectivity:
        """As the engine has it."""
        return Connectivity.of_rows(
            n_pre=projection.pre_population.size,
            n_post=projection.post_population.size,
            offsets=self.offsets,
            pre=self.pre,
            weights=weights,
            delay_steps=delay_steps,
            lasting=np.sort(self.posts) if projection.structural else None,
        )


def stored_synapses(content: Mapping[str, Any], projection: Projection) -> StoredSynapses:
    """The structure in the content of a file, if it fits the populations of the projection.

    Raises
    ------
    FileError
        If it does not.
    """
    label = f"Projection {projection.name}"
    missing = [key for key in ("post_ranks", "pre_ranks") if key not in content]
    if missing:
        raise FileError(f"{label}: there are no {missing[0]}, so this is not the file of a projection")
    n_pre, n_post = projection.pre_population.size, projection.post_population.size
    posts = _ranks(content["post_ranks"], n_post, f"{label}: post_ranks")
    rows = [_ranks(row, n_pre, f"{label}: pre_ranks") for row in content["pre_ranks"]]
    if len(rows) != len(posts) or len(np.unique(posts)) != len(posts):
        raise FileError(f"{label}: pre_ranks needs one list for each of the {len(posts)} post_ranks")
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    pre = np.concatenate([*rows, np.zeros(0, np.int64)])
    post = np.repeat(posts, lengths)
    order, pairs = None, post * n_pre + pre
    if (np.diff(pairs) <= 0).any():
        order = np.argsort(pairs, kind="stable")
        pre, post = pre[order], post[order]
        if (np.diff(pairs[order]) == 0).any():
            raise FileError(f"{label}: two synapses join the same neurons")
    outside = _outside(post, projection.post_candidates, n_post) + _outside(
        pre, projection.pre_candidates, n_pre
    )
    if outside:
        raise FileError(f"{label}: {outside} neurons of the file are outside of the views that it joins")
    counts = np.bincount(post, minlength=n_post)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return StoredSynapses(label, posts, lengths, order, offsets, as_ranks(pre, n_pre))


def _outside(ranks: NDArray[np.int64], candidates: NDArray[np.int64], size: int) -> int:
    """How many neurons are not among the candidates."""
    found = np.zeros(size, dtype=bool)
    found[ranks] = True
    found[candidates] = False
    return int(np.count_nonzero(found))


def _ranks(given: Any, size: int, label: str) -> NDArray[np.int64]:
    array = np.asarray(given.tolist() if isinstance(given, np.ndarray) else given)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise FileError(f"{label} has something that is no list of ranks")
    if array.min() < 0 or array.max() >= size:
        raise FileError(f"{label} has rank {array.max()}, but the population has {size} neurons")
    return array.astype(np.int64)


def number(value: Any) -> Any:
    """An array of one number without dimensions as that number; else the value."""
    return value.item() if is_number(value) and isinstance(value, (np.ndarray, np.generic)) else value
