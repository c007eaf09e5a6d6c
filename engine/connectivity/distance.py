"""Patterns whose weights follow from the distance between neurons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity.rows import Connectivity, Joined, Rows, row_offsets
from engine.connectivity.threads import in_parts
from engine.errors import EngineError
from engine.runtime.core import aligned_empty, rank_type
from engine.runtime.patterns import distance_rows

Geometry = tuple[int, ...]
Bells = tuple[float, float, float, float, float]
"""Height and width of the added and of the subtracted bell, and the limit."""


def gaussian(
    *, pre_geometry: Geometry, post_geometry: Geometry, amp: float, sigma: float, limit: float, **more: Any
) -> Connectivity:
    """A bell of weights around each neuron: ``amp * exp(-D**2 / (2 * sigma**2))``.

    Parameters
    ----------
    pre_geometry, post_geometry : tuple of int
        Each population fills the unit cube, whatever its geometry.
    amp, sigma : float
        Height, and width in units of the cube's edge.
    limit : float
        Fraction of the amplitude; weights of that size and smaller ones make no synapse.
    more
        ``exclude_self``, ``threads`` and ``by_pre``, as for :func:`difference_of_gaussians`.
    """
    return difference_of_gaussians(
        pre_geometry=pre_geometry,
        post_geometry=post_geometry,
        amp_pos=amp,
        sigma_pos=sigma,
        amp_neg=0.0,
        sigma_neg=sigma,
        limit=limit,
        pattern="gaussian",
        **more,
    )


def difference_of_gaussians(
    *,
    pre_geometry: Geometry,
    post_geometry: Geometry,
    amp_pos: float,
    sigma_pos: float,
    amp_neg: float,
    sigma_neg: float,
    limit: float,
    exclude_self: bool = False,
    threads: int = 1,
    by_pre: bool = False,
    pattern: str = "dog",
) -> Connectivity:
    """A bell less a wider one: weights beyond ``limit * abs(amp_pos - amp_neg)`` make synapses.

    Parameters
    ----------
    pre_geometry, post_geometry, limit
        As for :func:`gaussian`. The distance is that along the pre-synaptic dimensions.
    amp_pos, sigma_pos, amp_neg, sigma_neg : float
        Height and width of the added and of the subtracted bell.
    exclude_self : bool
        Leave out equal ranks.
    threads : int
        How many threads compute.
    by_pre : bool
        Rows by pre-synaptic neuron are wanted; they are made where both sides have as many dimensions, since
        distances are then the same from either side.
    """
    _check(pattern, amp_pos, amp_neg, sigma_pos, sigma_neg, limit)
    if len(pre_geometry) > len(post_geometry):
        raise EngineError(
            f"{pattern}: the pre-synaptic population has {len(pre_geometry)} dimensions and the "
            f"post-synaptic one {len(post_geometry)}; give that one as many."
        )
    n_pre, n_post = math.prod(pre_geometry), math.prod(post_geometry)
    bells = (amp_pos, sigma_pos, amp_neg, sigma_neg, limit * abs(amp_pos - amp_neg))
    if by_pre and len(pre_geometry) == len(post_geometry):
        rows, weights = _rows(pre_geometry, post_geometry, bells, exclude_self, threads)
        return Connectivity(Joined(n_pre, n_post, by_pre=rows), weights=None, weights_by_pre=weights)
    rows, weights = _rows(post_geometry, pre_geometry, bells, exclude_self, threads)
    return Connectivity(Joined(n_pre, n_post, by_post=rows), weights=weights)


def _rows(
    centre_geometry: Geometry, geometry: Geometry, bells: Bells, exclude_self: bool, threads: int
) -> tuple[Rows, NDArray[np.float64]]:
    """A row for each neuron of ``centre_geometry``: the neurons of ``geometry``, and their weights."""
    n_rows, kind = math.prod(centre_geometry), rank_type(math.prod(geometry))
    extents = np.array(geometry, dtype=np.int64)
    centres = _positions(centre_geometry)[:, : len(geometry)].copy()
    excluded = np.arange(n_rows) if exclude_self else np.full(n_rows, -1)
    counts = np.empty(n_rows, dtype=np.int64)
    nothing = (np.empty(0, kind), np.empty(0))

    def count(part: slice) -> None:
        distance_rows(extents, centres[part], excluded[part], *bells, counts[part], *nothing)

    in_parts(count, n_rows, threads)
    offsets = row_offsets(np.arange(n_rows), counts, n_rows)
    ranks, weights = aligned_empty(offsets[-1], kind), aligned_empty(offsets[-1])

    def fill(part: slice) -> None:
        synapses = slice(int(offsets[part.start]), int(offsets[part.stop]))
        distance_rows(
            extents, centres[part], excluded[part], *bells, counts[part], ranks[synapses], weights[synapses]
        )

    in_parts(fill, n_rows, threads)
    return Rows(offsets, ranks), weights


def _check(pattern: str, amp_pos: float, amp_neg: float, *more: float) -> None:
    sigma_pos, sigma_neg, limit = more
    if not all(math.isfinite(value) for value in (amp_pos, amp_neg, *more)):
        raise EngineError(f"{pattern}: amplitudes, sigmas and the limit must be finite numbers.")
    for sigma in (sigma_pos, sigma_neg):
        if sigma <= 0.0 or np.float32(sigma) ** 2 == 0.0:
            raise EngineError(f"{pattern}: sigma must be a positive part of the unit cube, it is {sigma}.")
    if limit < 0.0:
        raise EngineError(f"{pattern}: the limit must not be negative, it is {limit}.")


def _positions(geometry: Geometry) -> NDArray[np.float32]:
    """Where each neuron lies in the unit cube, in single precision; 0 along dimensions of size 1."""
    lines = [np.arange(extent) / max(1, extent - 1) for extent in geometry]
    grid = np.meshgrid(*lines, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1).astype(np.float32)
