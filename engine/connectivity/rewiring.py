"""Synapses that begin and end while the network runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, Joined, Rows


@dataclass(frozen=True, eq=False)
class Rewiring:
    """A change of the synapses of a projection, in post-major order.

    Attributes
    ----------
    kept : int64 array
        Former positions of the synapses that stay.
    places : int64 array
        Where among those each new synapse is inserted.
    former : int
        Number of synapses before the change.
    weights : float or float64 array
        Of the new synapses.
    connectivity : Connectivity
        The synapses afterwards.
    """

    kept: NDArray[np.int64]
    places: NDArray[np.int64]
    former: int
    weights: float | NDArray[np.float64]
    connectivity: Connectivity

    def carry(self, values: NDArray[Any], newborn: Any) -> NDArray[Any]:
        """Values of all synapses after the change; new ones get ``newborn``."""
        return np.insert(values[self.kept], self.places, newborn)


def rewire(
    connectivity: Connectivity,
    ended: NDArray[np.int64],
    post: NDArray[np.int64],
    pre: NDArray[np.int64],
    weights: float | NDArray[np.float64],
    delay_steps: int | NDArray[np.int32] = 1,
) -> Rewiring:
    """End the synapses at the positions ``ended`` and begin one from each ``pre`` to its ``post``.

    The new pairs are distinct, ascending by post and then pre, and not joined yet. ``delay_steps`` are their
    delays where each synapse has its own.
    """
    c = connectivity
    stays = np.ones(c.nnz, dtype=bool)
    stays[ended] = False
    kept = np.flatnonzero(stays)
    keys = c.post[kept].astype(np.int64) * c.n_pre + c.pre[kept]
    places = np.searchsorted(keys, post * c.n_pre + pre)
    counts = np.diff(c.offsets) - np.bincount(c.post[ended], minlength=c.n_post)
    counts += np.bincount(post, minlength=c.n_post)
    change = Rewiring(kept, places, c.nnz, weights, c)
    own = None
    if c.weights is not None:
        own = change.carry(np.broadcast_to(np.asarray(c.weights, dtype=np.float64), (c.nnz,)), weights)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    after = replace(
        c,
        joined=Joined(c.n_pre, c.n_post, by_post=Rows(offsets, change.carry(c.pre, pre))),
        weights=own,
        delay_steps=c.delay_steps if c.uniform else change.carry(c.delays, delay_steps),
        allowed_delay=1 if c.uniform else c.max_delay_steps,
    )
    return replace(change, connectivity=after)
