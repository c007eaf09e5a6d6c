"""Ranks and coordinates: neurons are numbered in row-major order of their geometry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

Coordinates = int | tuple[int, ...]


def checked_geometry(geometry: Any, owner: str) -> tuple[int, ...]:
    """``geometry`` (a number or a tuple) as a tuple of positive sizes."""
    sizes = geometry if isinstance(geometry, tuple) else (geometry,)
    if not sizes or not all(isinstance(n, (int, float, np.integer, np.floating)) for n in sizes):
        raise EngineError(f"{owner}: geometry must be a number or a tuple of numbers, not {geometry!r}.")
    result = tuple(int(n) for n in sizes)
    if min(result) < 1:
        raise EngineError(f"{owner}: every dimension of the geometry must be at least 1, not {geometry!r}.")
    if math.prod(result) >= 2**31:
        raise EngineError(f"{owner}: a population has less than 2**31 neurons; {geometry!r} are too many.")
    return result


def rank_of(coordinates: Any, geometry: tuple[int, ...], owner: str) -> int:
    """Rank of the neuron at ``coordinates`` (a rank is accepted, too)."""
    if isinstance(coordinates, (int, np.integer)):
        rank = int(coordinates)
        if not 0 <= rank < math.prod(geometry):
            raise EngineError(
                f"{owner}: rank {rank} does not exist; ranks are 0 .. {math.prod(geometry) - 1}."
            )
        return rank
    try:
        place = tuple(int(c) for c in coordinates)
    except (TypeError, ValueError):
        raise EngineError(f"{owner}: {coordinates!r} is neither a rank nor a tuple of coordinates.") from None
    if len(place) != len(geometry):
        raise EngineError(f"{owner}: {len(geometry)} coordinates are needed, not {place}.")
    if not all(0 <= c < n for c, n in zip(place, geometry, strict=True)):
        raise EngineError(f"{owner}: no neuron at {place}; the geometry is {geometry}.")
    return int(np.ravel_multi_index(place, geometry))


def coordinates_of(rank: int, geometry: tuple[int, ...], owner: str) -> tuple[int, ...]:
    """Coordinates of the neuron of that rank."""
    return tuple(int(c) for c in np.unravel_index(rank_of(rank, geometry, owner), geometry))


def normalized_coordinates_of(rank: int, geometry: tuple[int, ...], owner: str) -> tuple[float, ...]:
    """Coordinates scaled to [0, 1], in single precision; 0 along dimensions of size 1."""
    place = coordinates_of(rank, geometry, owner)
    return tuple(
        float(np.float32(c) / np.float32(n - 1)) if n > 1 else 0.0
        for c, n in zip(place, geometry, strict=True)
    )


def selected_ranks(
    index: Any, geometry: tuple[int, ...], owner: str
) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Ranks that ``index`` (slice, rank, list, mask, tuple with slices) picks, and their geometry."""
    size = math.prod(geometry)
    ranks = np.arange(size, dtype=np.int64)
    if isinstance(index, tuple):
        if len(index) != len(geometry):
            raise EngineError(f"{owner}: the geometry {geometry} needs {len(geometry)} indices.")
        kept = tuple(_kept_axis(i, n, owner) for i, n in zip(index, geometry, strict=True))
        block = ranks.reshape(geometry)[np.ix_(*kept)]
        picked, shape = block.ravel(), block.shape
    elif isinstance(index, slice):
        picked = ranks[index]
        shape = picked.shape
    else:
        picked = _kept_axis(index, size, owner)
        shape = picked.shape
    if picked.size == 0:
        raise EngineError(f"{owner}: the selection {index!r} is empty.")
    return picked, shape


def _kept_axis(index: Any, size: int, owner: str) -> NDArray[np.int64]:
    """Positions picked along one axis."""
    if isinstance(index, slice):
        return np.arange(size, dtype=np.int64)[index]
    array = np.asarray(index)
    if array.dtype == np.bool_ and array.size == size:
        return np.flatnonzero(array).astype(np.int64)
    if array.ndim > 1 or array.dtype.kind not in "iu":
        raise EngineError(f"{owner}: {index!r} is not a rank, a slice or a list of ranks.")
    picked = np.atleast_1d(array).astype(np.int64)
    picked = np.where(picked < 0, picked + size, picked)
    outside = picked[(picked < 0) | (picked >= size)]
    if outside.size:
        raise EngineError(f"{owner}: index {int(outside[0])} is outside of 0 .. {size - 1}.")
    return picked
