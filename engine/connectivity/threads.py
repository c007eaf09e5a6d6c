"""Work on many rows, shared among threads."""

from __future__ import annotations

from collections.abc import Callable

PARTS_PER_THREAD = 4
"""Rows differ in length, so threads fetch several parts each."""


def in_parts(work: Callable[[slice], None], n_rows: int, threads: int) -> None:
    """Call ``work`` for slices that cover all rows: at the same time, if it releases the GIL."""
    if n_rows == 0:
        return
    if threads == 1:
        work(slice(0, n_rows))
        return
    from concurrent.futures import ThreadPoolExecutor

    parts = min(n_rows, PARTS_PER_THREAD * threads)
    bounds = [n_rows * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, map(slice, bounds[:-1], bounds[1:])))
