"""A spike raster as an image: pure numpy, so that it can be tested against a histogram.

Rows are neurons (or groups of neighbours), columns are bins of time. The columns form a ring: bin ``k`` lies
in column ``k % columns``. New spikes touch the columns of their own bins only, whatever is already there, and
scrolling moves no pixel.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = 256
"""Values of a pixel: no spike, 1 ... LEVELS - 2 spikes, more."""
COLUMNS: Final = 4096


def smooth_width(wanted: float) -> int:
    """The smallest of 1, 2, 3, 4, 6, 8, 12, 16, 24 ... that is not below ``wanted``: bins and rows change in
    such steps, so that small changes of the view keep the image."""
    width = 1
    while width < wanted:
        half_up = width * 3 // 2
        if width > 1 and half_up >= wanted:
            return half_up
        width *= 2
    return width


class BinnedRaster:
    """Counts of the spikes of ``neurons`` neurons.

    Attributes
    ----------
    bin_steps : int
        Steps in a column.
    group : int
        Neurons in a row.
    first_bin, end_bin : int
        The bins that the image holds: ``first_bin <= bin < end_bin``. The last may still grow.
    pixels : ndarray
        uint8, shape (rows, columns), counts up to ``LEVELS - 1``.
    """

    def __init__(self, neurons: int, bin_steps: int = 1, group: int = 1, columns: int = COLUMNS) -> None:
        self.neurons = neurons
        self.columns = columns
        self.configure(bin_steps, group)

    def configure(self, bin_steps: int, group: int) -> None:
        """Set the resolution and empty the image."""
        self.bin_steps = bin_steps
        self.group = group
        rows = -(-self.neurons // group)
        self.pixels: NDArray[np.uint8] = np.zeros((rows, self.columns), np.uint8)
        self.first_bin = self.end_bin = 0

    def fill(self, steps: NDArray[np.int64], ranks: NDArray[np.int32], first_bin: int, end_bin: int) -> None:
        """Show the bins from ``first_bin`` on: ``steps`` are all spikes in that time, ascending."""
        self.pixels[:] = 0
        self.first_bin = self.end_bin = first_bin
        self.extend(steps, ranks, end_bin)

    def extend(self, steps: NDArray[np.int64], ranks: NDArray[np.int32], end_bin: int) -> tuple[int, int]:
        """Add spikes, of the last bin or later ones, and make the image end at ``end_bin``.

        Returns
        -------
        first, end : int
            The bins whose columns were touched.
        """
        first = max(self.first_bin, self.end_bin - 1)
        if len(steps):
            first = min(first, int(steps[0]) // self.bin_steps)
            end_bin = max(end_bin, int(steps[-1]) // self.bin_steps + 1)
        end_bin = max(end_bin, self.end_bin)
        first = max(first, end_bin - self.columns, 0)
        self._clear(max(self.end_bin, end_bin - self.columns), end_bin)
        self.first_bin = max(self.first_bin, end_bin - self.columns)
        self.end_bin = end_bin
        start = int(np.searchsorted(steps, first * self.bin_steps))
        self._add(steps[start:], ranks[start:], first, end_bin)
        return first, end_bin

    def _clear(self, first: int, end: int) -> None:
        for columns in self._column_ranges(first, end):
            self.pixels[:, columns] = 0

    def _add(self, steps: NDArray[np.int64], ranks: NDArray[np.int32], first: int, end: int) -> None:
        if not len(steps):
            return
        width = end - first
        index = np.arange(first, end + 1) * self.bin_steps
        flat = np.repeat(np.arange(width), np.diff(np.searchsorted(steps, index)))
        flat += (ranks // self.group if self.group > 1 else ranks).astype(np.int64) * width
        rows = len(self.pixels)
        new = np.bincount(flat, minlength=rows * width).reshape(rows, width)
        for columns in self._column_ranges(first, end):
            counts, new = np.split(new, [columns.stop - columns.start], axis=1)
            counts += self.pixels[:, columns]
            np.minimum(counts, LEVELS - 1, out=counts)
            self.pixels[:, columns] = counts

    def _column_ranges(self, first: int, end: int) -> list[slice]:
        """The columns of the bins ``first`` to ``end``, in order, cut where the ring wraps."""
        if end <= first:
            return []
        start, count = first % self.columns, end - first
        before_wrap = min(count, self.columns - start)
        ranges = [slice(start, start + before_wrap)]
        if count > before_wrap:
            ranges.append(slice(0, count - before_wrap))
        return ranges

    def pieces(self) -> list[tuple[slice, int]]:
        """The image in the order of time: columns, and the bin that the first of them shows."""
        pieces = []
        bin_number = self.first_bin
        for columns in self._column_ranges(self.first_bin, self.end_bin):
            pieces.append((columns, bin_number))
            bin_number += columns.stop - columns.start
        return pieces
