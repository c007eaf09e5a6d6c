# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows of sparse matrices; :mod:`engine.connectivity` makes connection patterns of them.

Functions fill arrays that they are given and release the GIL, so that parts of the rows can be made by
several threads.
"""

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

    cdef cppclass Distance:
        Distance(const int64_t* extents, int64_t dimensions, float amp_pos, float sigma_pos, float amp_neg,
                 float sigma_neg, double limit) except +
        int64_t row(const float* centre, int64_t excluded, int32_t* pre, double* weights)


def complete_rows(const int32_t[::1] candidates, const int32_t[::1] rows, bint exclude_self, int32_t[::1] pre):
    """All candidates for each row.

    Parameters
    ----------
    candidates : int32 array
        Ascending ranks.
    rows : int32 array
        Ranks of the rows.
    exclude_self : bool
        Leave out the candidate of the row's own rank.
    pre : int32 array
        Is filled row after row.
    """
    cdef int64_t row, k, place = 0
    with nogil:
        for row in range(rows.shape[0]):
            for k in range(candidates.shape[0]):
                if not exclude_self or candidates[k] != rows[row]:
                    pre[place] = candidates[k]
                    place += 1


def kept_rows(const int32_t[::1] candidates, const int32_t[::1] rows, double probability, bint exclude_self,
              uint64_t seed, uint64_t stream, int64_t[::1] counts, int32_t[::1] pre=None):
    """For each row keep every candidate with the given probability.

    Rows are drawn twice, first to count: cheaper than a second copy of the synapses in memory.

    Parameters
    ----------
    candidates, rows, exclude_self
        As for :func:`complete_rows`.
    probability : float
        Between 0 and 1, both excluded.
    seed, stream : int
    counts : int64 array
        Is filled with the number kept in each row.
    pre : int32 array, optional
        Is filled with the kept candidates row after row, ascending in each.
    """
    cdef int64_t n = candidates.shape[0], row
    cdef double log_complement = log1p(-probability)
    cdef int32_t* place = NULL
    if n == 0:
        counts[:] = 0
        return
    if pre is not None and pre.shape[0]:
        place = &pre[0]
    cdef const int32_t* first = &candidates[0]
    with nogil:
        for row in range(rows.shape[0]):
            counts[row] = keep_some(first, n, log_complement, rows[row] if exclude_self else -1,
                                    Draws(seed, stream, <uint32_t>rows[row]), place)
            if place != NULL:
                place += counts[row]


def chosen_rows(const int32_t[::1] candidates, const int32_t[::1] rows, bint exclude_self, uint64_t seed,
                uint64_t stream, int32_t[:, ::1] chosen):
    """For each row choose distinct candidates, as many as ``chosen`` has columns.

    Parameters
    ----------
    candidates, rows, exclude_self
        As for :func:`complete_rows`.
    seed, stream : int
    chosen : int32 array of shape (rows, number)
        Is filled with the chosen candidates, ascending in each row.
    """
    cdef int64_t n = candidates.shape[0], number = chosen.shape[1], row, own
    if number > n - exclude_self:
        raise ValueError(f"cannot choose {number} of {n - exclude_self} candidates")
    if number == 0 or rows.shape[0] == 0:
        return
    cdef const int32_t* first = &candidates[0]
    cdef vector[int64_t] marks
    with nogil:
        marks.resize(n, -1)
        for row in range(rows.shape[0]):
            own = n
            if exclude_self:
                own = lower_bound(first, first + n, rows[row]) - first
                if own < n and first[own] != rows[row]:
                    own = n
            choose(first, n, number, own, Draws(seed, stream, <uint32_t>rows[row]), marks, row,
                   &chosen[row, 0])


def distance_rows(const int64_t[::1] extents, const float[:, ::1] centres, const int64_t[::1] excluded,
                  float amp_pos, float sigma_pos, float amp_neg, float sigma_neg, double limit,
                  int64_t[::1] counts, int32_t[::1] pre=None, double[::1] weights=None):
    """For each row the neurons of a grid whose weight, by their distance, lies beyond ``limit``.

    The weight is ``amp_pos * exp(-D**2 / (2 * sigma_pos**2)) - amp_neg * exp(-D**2 / (2 * sigma_neg**2))``.

    Parameters
    ----------
    extents : int64 array
        Geometry of the grid, which fills the unit cube.
    centres : float32 array of shape (rows, dimensions)
        Where each row measures from.
    excluded : int64 array
        Rank that each row leaves out, or -1.
    counts, pre
        As for :func:`kept_rows`.
    weights : float64 array, optional
        Is filled along with ``pre``.
    """
    cdef Distance* distance = new Distance(&extents[0], extents.shape[0], amp_pos, sigma_pos, amp_neg, sigma_neg,
                                           limit)
    cdef int32_t* place = NULL
    cdef double* weight = NULL
    cdef int64_t row
    if pre is not None and pre.shape[0]:
        place = &pre[0]
        weight = &weights[0]
    try:
        with nogil:
            for row in range(centres.shape[0]):
                counts[row] = distance.row(&centres[row, 0], excluded[row], place, weight)
                if place != NULL:
                    place += counts[row]
                    weight += counts[row]
    finally:
        del distance
