"""Which projections are stored as dense rows: those of which the columns follow each other.

Rows without gaps, or without any but their own rank, cost nothing to be found and need no ranks: loops over
them read one array less and one element after the other. Shorter rows than a vector gain nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codegen.ir import LANES


@dataclass(frozen=True)
class DenseRows:
    """What rows without gaps have in common.

    Attributes
    ----------
    first, past : int
        The first column, and one past the last.
    hole : bool
        Each row lacks its own rank, if that is among the columns.
    """

    first: int
    past: int
    hole: bool


def dense_rows(offsets: NDArray[np.int64], columns: NDArray[Any], shortest: int = LANES) -> DenseRows | None:
    """What sparse rows with ascending columns have in common if there are no gaps in them, else None.

    Looks at two columns of each row, so that it costs nothing in comparison to drawing them. Rows that have
    less than ``shortest`` entries in the mean do not count.
    """
    rows = np.flatnonzero(np.diff(offsets))
    if not len(rows) or offsets[-1] < shortest * len(rows):
        return None
    begin, end = offsets[rows], offsets[rows + 1]
    first = int(columns[begin].min())
    width = int(columns[end - 1].max()) + 1 - first
    missing = width - (end - begin)
    if not missing.any():
        return DenseRows(first, first + width, hole=False)
    own = rows - first
    inside = (own >= 0) & (own < width)
    if not (missing == inside).all():
        return None
    # Of ascending columns one is missing; it is the own one if its neighbours are where they would be then.
    rows, begin, end, own = rows[inside], begin[inside], end[inside], own[inside]
    after = columns[np.minimum(begin + own, end - 1)]
    before = columns[begin + np.maximum(own - 1, 0)]
    right = (own == width - 1) | (after == rows + 1)
    left = (own == 0) | (before == rows - 1)
    return DenseRows(first, first + width, hole=True) if (left & right).all() else None
