"""Memory on huge pages: compiled code that jumps about in large arrays waits less for their addresses."""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

HUGE_PAGE = 1 << 21 if hasattr(mmap, "MADV_HUGEPAGE") else None
"""Bytes of a huge page; None where the system has none to ask for."""

LEAST = 3 << 19
"""Bytes of an array, or of its end behind whole huge pages, that are given a huge page of their own: at most
as much again is wasted."""


def on_huge_pages(size: int) -> NDArray[np.uint8] | None:
    """Zeros from the beginning of a huge page on; None where that does not pay or cannot be had.

    Memory is provided as it is used, a huge page at a time.
    """
    if HUGE_PAGE is None or size < LEAST:
        return None
    wanted = (size + HUGE_PAGE - LEAST) // HUGE_PAGE * HUGE_PAGE
    try:
        memory = mmap.mmap(-1, size + 2 * HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        everything = np.frombuffer(memory, np.uint8)
        begin = -everything.ctypes.data % HUGE_PAGE
        memory.madvise(mmap.MADV_HUGEPAGE, begin, wanted)
    except OSError:  # a system without huge pages, or with a limit that ordinary memory may keep
        return None
    return everything[begin : begin + size]
