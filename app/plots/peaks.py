"""Fewer points that look the same: the least and the greatest value of every group of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def thin_out(
    times: NDArray[np.float64], values: NDArray[np.float64], first: int, last: int, group: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Minimum and maximum of each ``group`` of the samples ``first`` to ``last``.

    Groups start at multiples of ``group``, so that they stay the same ones while the view moves on; the
    last may be incomplete.

    Parameters
    ----------
    times : ndarray, shape (samples,)
    values : ndarray, shape (samples,)
    first, last : int
        Samples in view.
    group : int
        Samples that become two points; 1 keeps all.
    """
    if group <= 1 or last - first < 2:
        return times[first:last], values[first:last]
    first -= first % group
    starts = np.arange(first, last, group)
    part = values[:last]
    points = np.empty((len(starts), 2))
    points[:, 0] = np.minimum.reduceat(part, starts)
    points[:, 1] = np.maximum.reduceat(part, starts)
    return np.repeat(times[starts], 2), points.reshape(-1)
