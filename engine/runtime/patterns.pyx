# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows of sparse matrices; :mod:`engine.connectivity` makes connection patterns of them.

Functions fill arrays that they are given and release the GIL, so that parts of the rows can be made by
several threads. Ranks are stored as the array says: uint16 or int32.
"""

from libc.math cimport log1p
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t
from libcpp cimport bool as truth
from libcpp.algorithm cimport lower_bound


cdef extern from "patterns.hpp" namespace "neuroloom" nogil:
    cdef cppclass Stream:
        Stream(uint64_t seed, uint64_t stream, uint32_t part)

    cdef cppclass Candidates:
        Candidates(const int32_t* ranks, int64_t n)

    int64_t keep_some[Stored](const Candidates& candidates, const int32_t* rows, int64_t n_rows, double scale,
                              truth exclude_self, const Stream& stream, int64_t* counts, Stored* kept, int64_t room)

    cdef cppclass Choice:
        Choice(const Candidates& candidates, int64_t number) except +
        void choose[Stored](int64_t excluded, const Stream& stream, Stored* chosen) except +

    cdef cppclass Distance:
        Distance(const int64_t* extents, int64_t dimensions, float amp_pos, float sigma_pos, float amp_neg,
                 float sigma_neg, double limit) except +
        int64_t row[Stored](const float* centre, int64_t excluded, Stored* pre, double* weights)


ctypedef fused Rank:
    uint16_t
    int32_t


def complete_rows(const int32_t[::1] candidates, const int32_t[::1] rows, bint exclude_self, Rank[::1] ranks):
    """All candidates for each row.

    Parameters
    ----------
    candidates : int32 array
        Ascending ranks.
    rows : int32 array
        Ranks of the rows.
    exclude_self : bool
        Leave out the candidate of the row's own rank.
    ranks : uint16 or int32 array
        Is filled row after row.
    """
    cdef int64_t row, k, place = 0
    with nogil:
        for row in range(rows.shape[0]):
            if not exclude_self:
                for k in range(candidates.shape[0]):
                    ranks[place + k] = <Rank>candidates[k]
                place += candidates.shape[0]
                continue
            for k in range(candidates.shape[0]):
                if candidates[k] != rows[row]:
                    ranks[place] = <Rank>candidates[k]
                    place += 1


def kept_rows(const int32_t[::1] candidates, const int32_t[::1] rows, double probability, bint exclude_self,
              uint64_t seed, uint64_t stream, int64_t group, int64_t first_group, int64_t[::1] counts,
              Rank[::1] ranks):
    """For each row keep every candidate with the given probability.

    Parameters
    ----------
    candidates, rows, exclude_self
        As for :func:`complete_rows`; there is at least one candidate.
    probability : float
        Between 0 and 1, both excluded.
    seed, stream : int
    group : int
        Rows that are drawn together. What is drawn depends on it.
    first_group : int
        Number of the group that ``rows`` begin with.
    counts : int64 array
        Is filled with the number kept in each row.
    ranks : uint16 or int32 array
        Is filled with the kept candidates row after row, ascending in each.

    Returns
    -------
    int
        Number of all that were kept; -1 if ``ranks`` may be too short: it needs room for 256 more.
    """
    cdef int64_t n_rows = rows.shape[0], row = 0, number = 0, kept = 0, part = first_group
    if n_rows == 0:
        return 0
    if ranks.shape[0] == 0:
        return -1
    cdef double scale = 1.0 / log1p(-probability)
    cdef Rank* first = &ranks[0]
    with nogil:
        while row < n_rows and number >= 0:
            number = keep_some(Candidates(&candidates[0], candidates.shape[0]), &rows[row],
                               min(group, n_rows - row), scale, exclude_self,
                               Stream(seed, stream, <uint32_t>part), &counts[row], first + kept,
                               ranks.shape[0] - kept)
            kept += number
            row += group
            part += 1
    return -1 if number < 0 else kept


def chosen_rows(const int32_t[::1] candidates, const int32_t[::1] rows, bint exclude_self, uint64_t seed,
                uint64_t stream, Rank[:, ::1] chosen):
    """For each row choose distinct candidates, as many as ``chosen`` has columns.

    Parameters
    ----------
    candidates, rows, exclude_self
        As for :func:`complete_rows`.
    seed, stream : int
    chosen : uint16 or int32 array of shape (rows, number)
        Is filled with the chosen candidates, ascending in each row.
    """
    cdef int64_t n = candidates.shape[0], number = chosen.shape[1], row, own
    if number > n - exclude_self:
        raise ValueError(f"cannot choose {number} of {n - exclude_self} candidates")
    if number == 0 or rows.shape[0] == 0:
        return
    cdef const int32_t* first = &candidates[0]
    cdef Choice* choice = new Choice(Candidates(first, n), number)
    try:
        with nogil:
            for row in range(rows.shape[0]):
                own = n
                if exclude_self:
                    own = lower_bound(first, first + n, rows[row]) - first
                    if own < n and first[own] != rows[row]:
                        own = n
                choice.choose(own, Stream(seed, stream, <uint32_t>rows[row]), &chosen[row, 0])
    finally:
        del choice


def distance_rows(const int64_t[::1] extents, const float[:, ::1] centres, const int64_t[::1] excluded,
                  float amp_pos, float sigma_pos, float amp_neg, float sigma_neg, double limit,
                  int64_t[::1] counts, Rank[::1] pre, double[::1] weights):
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
    counts : int64 array
        Is filled with the number of neurons of each row.
    pre : uint16 or int32 array
        Is filled with their ranks row after row; if it is empty, they are only counted.
    weights : float64 array
        Is filled along with ``pre``.
    """
    cdef Distance* distance = new Distance(&extents[0], extents.shape[0], amp_pos, sigma_pos, amp_neg, sigma_neg,
                                           limit)
    cdef Rank* place = NULL
    cdef double* weight = NULL
    cdef int64_t row
    if pre.shape[0]:
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
