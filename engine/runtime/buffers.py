"""Arrays that compiled code works on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.builder import Values
from engine.runtime.core import aligned_zeros

ALIGNMENT = 64


def values_of(given: Values) -> float | npt.NDArray[Any]:
    """A number or an array; made now if it was not yet."""
    return given() if callable(given) else given


def filled(given: Values, count: int, dtype: Any) -> npt.NDArray[Any]:
    """An aligned array with the first values of a buffer.

    An array that was made for this buffer is taken as it is where that is possible: millions of synapses are
    not copied again.
    """
    values = values_of(given)
    if callable(given) and isinstance(values, np.ndarray) and _fits(values, count, dtype):
        return values
    array = aligned_zeros(count, dtype)
    array[...] = values
    return array


def _fits(array: npt.NDArray[Any], count: int, dtype: Any) -> bool:
    shape = array.dtype == dtype and array.shape == (count,)
    return shape and array.flags.carray and array.ctypes.data % ALIGNMENT == 0


def move_ring(
    before: npt.NDArray[Any], after: npt.NDArray[Any], width: int, tick: int, new_tick: int
) -> None:
    """Keep the past where a ring gets more slots or another present. What was never stored, and what has
    been delivered by the longest delay, is 0."""
    old, new = before.reshape(-1, width), after.reshape(-1, width)
    new[...] = 0
    for lag in range(1, min(len(old), len(new))):
        new[(new_tick - lag) % len(new)] = old[(tick - lag) % len(old)]
