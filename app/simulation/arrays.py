"""Arrays that grow at the end at amortised constant cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowingArray:
    """A numpy array with room to grow along its first axis.

    Parameters
    ----------
    dtype : dtype
        Type of the elements.
    width : int or None
        Number of columns; None for a one-dimensional array.
    """

    def __init__(self, dtype: DTypeLike, width: int | None = None) -> None:
        self._row = () if width is None else (width,)
        self._room: NDArray = np.empty((64, *self._row), dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def view(self) -> NDArray:
        """What is in the array now; later growth may leave this view behind, but never changes it."""
        return self._room[: self._size]

    def extend(self, rows: NDArray) -> None:
        """Append ``rows``."""
        size = self._size + len(rows)
        if size > len(self._room):
            room = np.empty((max(size, 2 * len(self._room)), *self._row), self._room.dtype)
            room[: self._size] = self.view
            self._room = room
        self._room[self._size : size] = rows
        self._size = size
