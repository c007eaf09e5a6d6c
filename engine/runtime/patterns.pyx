# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Random rows of sparse matrices; :mod:`engine.connectivity` makes connection patterns of them."""

import numpy as np

from libc.math cimport log1p
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libcpp.algorithm cimport lower_bound
from libcpp.vector cimport vector


cdef extern from "patterns.hpp" namespace "neuroloom" nogil:
    cdef cppclass Draws:
        Draws(uint64_t seed, uint64_t stream, uint32_t row)

    int64_t keep_some(const int32_t* candidates, int64_t n, double log_complement, int32_t excluded,
                      Draws draws, int32_t* kept)
    void choose(const int32_t* candidates, int64_t n, int64_t number, int64_t excluded, Draws draws,
                vector[int64_t]& marks, int64_t mark, int32_t* chosen)


def kept_rows(const int32_t[::1] candidates, const int32_t[::1] rows, double probability, bint exclude_self,
              uint64_t seed, uint64_t stream):
    """For each row keep every candidate with the given probability.

    Parameters
    ----------
    candidates : int32 array
        Ascending ranks.
    rows : int32 array
        Ascending ranks of the rows.
    probability : float
        Between 0 and 1, both excluded.
    exclude_self : bool
        Leave out the candidate of the row's own rank.
    seed, stream : int

    Returns
    -------
    counts : int64 array
        Number kept in each row.
    kept : int32 array
        Kept candidates row after row, ascending in each.
    """
    cdef int64_t n = candidates.shape[0], n_rows = rows.shape[0], row, total = 0
    counts = np.zeros(n_rows, dtype=np.int64)
    if n == 0 or n_rows == 0:
        return counts, np.empty(0, dtype=np.int32)
    cdef int64_t[::1] counts_view = counts
    cdef double log_complement = log1p(-probability)
    cdef const int32_t* first = &candidates[0]
    # Rows are drawn twice, first to count: cheaper than a second copy of the synapses in memory.
    with nogil:
        for row in range(n_rows):
            counts_view[row] = keep_some(first, n, log_complement, rows[row] if exclude_self else -1,
                                         Draws(seed, stream, <uint32_t>rows[row]), NULL)
            total += counts_view[row]
    kept = np.empty(total, dtype=np.int32)
    if total == 0:
        return counts, kept
    cdef int32_t[::1] kept_view = kept
    cdef int32_t* place = &kept_view[0]
    with nogil:
        for row in range(n_rows):
            place += keep_some(first, n, log_complement, rows[row] if exclude_self else -1,
                               Draws(seed, stream, <uint32_t>rows[row]), place)
    return counts, kept


def chosen_rows(const int32_t[::1] candidates, const int32_t[::1] rows, int64_t number, bint exclude_self,
                uint64_t seed, uint64_t stream):
    """For each row choose ``number`` distinct candidates; parameters as for :func:`kept_rows`.

    Returns
    -------
    int32 array of shape (rows, number)
        Chosen candidates, ascending in each row.
    """
    cdef int64_t n = candidates.shape[0], n_rows = rows.shape[0], row, own
    if not 0 <= number <= n - exclude_self:
        raise ValueError(f"cannot choose {number} of {n - exclude_self} candidates")
    chosen = np.empty((n_rows, number), dtype=np.int32)
    if number == 0 or n_rows == 0:
        return chosen
    cdef int32_t[:, ::1] chosen_view = chosen
    cdef const int32_t* first = &candidates[0]
    cdef vector[int64_t] marks
    with nogil:
        marks.resize(n, -1)
        for row in range(n_rows):
            own = n
            if exclude_self:
                own = lower_bound(first, first + n, rows[row]) - first
                if own < n and first[own] != rows[row]:
                    own = n
            choose(first, n, number, own, Draws(seed, stream, <uint32_t>rows[row]), marks, row,
                   &chosen_view[row, 0])
    return chosen
