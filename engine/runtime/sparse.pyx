# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sparse rows turned into columns, cut, sorted and packed into bits, in time proportional to their entries."""

import numpy as np

from engine.runtime.core import aligned_empty, aligned_zeros, index_type, partition, rank_type

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t
from libcpp.algorithm cimport lower_bound


cdef extern from "sparse.hpp" namespace "neuroloom" nogil:
    void turn_rows[Column, Row](const int64_t* offsets, int64_t n_rows, const Column* columns, int64_t* cursor,
                                int64_t n_columns, Row* rows_t, int64_t* index_t)
    void turn_values[Column, Carried](const int64_t* offsets, int64_t n_rows, const Column* columns, int64_t* cursor,
                                      int64_t n_columns, const Carried* values, Carried* carried)


cnp.import_array()


ctypedef fused Rank:
    uint16_t
    int32_t


cdef _check_rows(const int64_t[::1] offsets, const Rank[::1] columns, int64_t n_columns):
    """Refuse indices that would make the loops below leave their arrays."""
    cdef int64_t k
    cdef bint good = offsets.shape[0] > 0 and offsets[0] == 0 and offsets[offsets.shape[0] - 1] == columns.shape[0]
    for k in range(offsets.shape[0] - 1):
        good &= offsets[k] <= offsets[k + 1]
    if not good:
        raise ValueError("offsets must rise from 0 to the number of columns")
    for k in range(columns.shape[0]):
        good &= 0 <= columns[k] < n_columns
    if not good:
        raise ValueError(f"columns must lie in 0 .. {n_columns - 1}")


def transpose(const int64_t[::1] offsets, const Rank[::1] columns, int64_t n_columns, bint places=True):
    """Turn sparse rows into sparse columns, in time proportional to the number of entries.

    Parameters
    ----------
    offsets : int64 array of n_rows + 1
    columns : uint16 or int32 array of nnz
    n_columns : int
    places : bool
        Whether ``index_t`` is wanted; otherwise it is None.

    Returns
    -------
    offsets_t : int64 array of n_columns + 1
    rows_t : array of nnz
        Rows of each column's entries, ascending.
    index_t : int64 array of nnz
        Position of each entry in ``columns``.
    """
    _check_rows(offsets, columns, n_columns)
    offsets_t = column_offsets(columns, n_columns)
    nnz, n_rows = columns.shape[0], offsets.shape[0] - 1
    rows_t = aligned_empty(nnz, rank_type(n_rows))
    index_t = aligned_empty(nnz if places else 0, np.int64)
    if rows_t.dtype == np.uint16:
        _transpose[Rank, uint16_t](offsets, columns, offsets_t.copy(), rows_t, index_t)
    else:
        _transpose[Rank, int32_t](offsets, columns, offsets_t.copy(), rows_t, index_t)
    return offsets_t, rows_t, index_t if places else None


ctypedef fused RowRank:
    uint16_t
    int32_t


ctypedef fused Index:
    int32_t
    int64_t


cdef void _transpose(const int64_t[::1] offsets, const Rank[::1] columns, int64_t[::1] cursor, RowRank[::1] rows_t,
                     int64_t[::1] index_t):
    cdef int64_t* index = &index_t[0] if index_t.shape[0] else NULL
    if columns.shape[0] == 0:
        return
    with nogil:
        turn_rows(&offsets[0], offsets.shape[0] - 1, &columns[0], &cursor[0], cursor.shape[0] - 1, &rows_t[0], index)


def column_offsets(const Rank[::1] columns, int64_t n_columns):
    """Offsets of the columns of sparse rows: how many entries lie in all columns before each."""
    counts = np.zeros(n_columns + 1, dtype=np.int64)
    cdef int64_t[::1] counted = counts
    cdef int64_t k
    for k in range(columns.shape[0]):
        if not 0 <= columns[k] < n_columns:
            raise ValueError(f"columns must lie in 0 .. {n_columns - 1}")
        counted[columns[k] + 1] += 1
    return np.cumsum(counts, out=counts)


def places(const int64_t[::1] offsets_t, const Rank[::1] columns, int64_t begin=0, end=None):
    """Where the entries ``begin .. end`` of sparse rows lie in the transposed ones, whose offsets are given."""
    _check_columns(offsets_t, columns)
    cdef int64_t stop = columns.shape[0] if end is None else end
    if not 0 <= begin <= stop <= columns.shape[0]:
        raise ValueError(f"there are no entries {begin} .. {stop} among {columns.shape[0]}")
    found = aligned_empty(stop - begin, index_type(columns.shape[0]))
    if found.dtype == np.int32:
        _places[Rank, int32_t](np.array(offsets_t), columns, begin, found)
    else:
        _places[Rank, int64_t](np.array(offsets_t), columns, begin, found)
    return found


cdef void _places(int64_t[::1] cursor, const Rank[::1] columns, int64_t begin, Index[::1] found):
    cdef int64_t k
    with nogil:
        for k in range(begin):
            cursor[columns[k]] += 1
        for k in range(begin, begin + found.shape[0]):
            found[k - begin] = <Index>cursor[columns[k]]
            cursor[columns[k]] += 1


ctypedef fused Value:
    double
    float
    int64_t
    int32_t
    uint8_t


def _carry(const int64_t[::1] offsets, const Rank[::1] columns, int64_t[::1] cursor, const Value[::1] values,
           Value[::1] carried):
    if columns.shape[0] == 0:
        return
    with nogil:
        turn_values(&offsets[0], offsets.shape[0] - 1, &columns[0], &cursor[0], cursor.shape[0] - 1, &values[0],
                    &carried[0])


def carried(const int64_t[::1] offsets_t, const int64_t[::1] offsets, columns, values):
    """Values of the entries of sparse rows in the order of the transposed ones, whose offsets are given first:
    as ``values`` at the inverse of :func:`places`, without any array of indices."""
    _check_columns(offsets_t, columns)
    ends = np.asarray(offsets)
    if not ends.size or ends[0] != 0 or ends[ends.size - 1] != columns.shape[0] or (np.diff(ends) < 0).any():
        raise ValueError("offsets must rise from 0 to the number of columns")
    values = np.ascontiguousarray(values)
    if values.shape != (columns.shape[0],):
        raise ValueError(f"there are {columns.shape[0]} entries, but values of shape {values.shape}")
    result = aligned_empty(columns.shape[0], values.dtype)
    boolean = values.dtype == np.bool_
    pair = (values.view(np.uint8), result.view(np.uint8)) if boolean else (values, result)
    _carry(offsets, columns, np.array(offsets_t), *pair)
    return result


cdef _check_columns(const int64_t[::1] offsets_t, columns):
    """Refuse offsets that were not made from the columns: cursors would leave their arrays."""
    if not np.array_equal(column_offsets(columns, offsets_t.shape[0] - 1), offsets_t):
        raise ValueError("the offsets are not those of these columns")


def places_in_columns(const int64_t[::1] offsets_t, const Rank[::1] rows_t, entries, int64_t row):
    """Where the entries of one row, given by their columns, lie in the transposed rows; -1 for those that do
    not exist."""
    cdef const int64_t[::1] columns = np.ascontiguousarray(entries, dtype=np.int64)
    found = np.empty(columns.shape[0], dtype=np.int64)
    cdef int64_t[::1] view = found
    cdef int64_t k, begin, end
    cdef const Rank* first = &rows_t[0] if rows_t.shape[0] else NULL
    for k in range(columns.shape[0]):
        begin, end = offsets_t[columns[k]], offsets_t[columns[k] + 1]
        view[k] = lower_bound(first + begin, first + end, <Rank>row) - first
        if view[k] == end or rows_t[view[k]] != row:
            view[k] = -1
    return found


def sorted_by_class(const int64_t[::1] offsets, const Rank[::1] columns, const int32_t[::1] values,
                    const int32_t[::1] class_of, int64_t n_classes):
    """Sparse rows cut into one row for each class of entries, the classes ascending and the order kept.

    Entry ``k`` is of the class ``class_of[values[k]]``.

    Returns
    -------
    offsets_c : int64 array of n_rows * n_classes + 1
    columns_c : array of nnz, of the type of ``columns``
    index_c : int32 or int64 array of nnz
        Position of each entry in ``columns``.
    """
    cdef int64_t n_rows = offsets.shape[0] - 1, row, k
    offsets_c = np.zeros(n_rows * n_classes + 1, dtype=np.int64)
    columns_c = aligned_empty(columns.shape[0], np.uint16 if Rank is uint16_t else np.int32)
    index_c = aligned_empty(columns.shape[0], index_type(columns.shape[0]))
    cdef int64_t[::1] cursor = offsets_c
    cdef bint good = values.shape[0] == columns.shape[0] and offsets[n_rows] == columns.shape[0]
    for k in range(class_of.shape[0]):
        good &= 0 <= class_of[k] < n_classes
    for k in range(values.shape[0]):
        good &= 0 <= values[k] < class_of.shape[0]
    if not good:
        raise ValueError(f"every entry needs one of {n_classes} classes")
    with nogil:
        for row in range(n_rows):
            for k in range(offsets[row], offsets[row + 1]):
                cursor[row * n_classes + class_of[values[k]] + 1] += 1
    np.cumsum(offsets_c, out=offsets_c)
    if index_c.dtype == np.int32:
        _sort[Rank, int32_t](offsets, columns, values, class_of, n_classes, offsets_c.copy(), columns_c, index_c)
    else:
        _sort[Rank, int64_t](offsets, columns, values, class_of, n_classes, offsets_c.copy(), columns_c, index_c)
    return offsets_c, columns_c, index_c


cdef void _sort(const int64_t[::1] offsets, const Rank[::1] columns, const int32_t[::1] values,
                const int32_t[::1] class_of, int64_t n_classes, int64_t[::1] cursor, Rank[::1] columns_c,
                Index[::1] index_c):
    cdef int64_t row, k, place
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for k in range(offsets[row], offsets[row + 1]):
                place = cursor[row * n_classes + class_of[values[k]]]
                cursor[row * n_classes + class_of[values[k]]] = place + 1
                columns_c[place] = columns[k]
                index_c[place] = <Index>k


def split_rows(const int64_t[::1] offsets, const Rank[::1] columns, int64_t n_post, int64_t threads):
    """Where each thread's share of each row begins and ends.

    Entries ``split[row * (threads + 1) + k]`` up to ``split[row * (threads + 1) + k + 1]`` of a row have
    columns in the range that :func:`partition` gives to thread ``k``. Columns ascend within a row.
    """
    _check_rows(offsets, columns, n_post)
    cdef const int64_t[::1] bounds = partition(n_post, threads)
    cdef int64_t n_rows = offsets.shape[0] - 1, row, k, stride = threads + 1
    split = np.empty(n_rows * stride, dtype=np.int64)
    if columns.shape[0] == 0:
        split[:] = 0
        return split
    cdef int64_t[::1] split_view = split
    cdef const Rank* first = &columns[0]
    cdef const Rank* entry
    with nogil:
        for row in range(n_rows):
            entry = first + offsets[row]
            split_view[row * stride] = offsets[row]
            for k in range(1, threads):
                entry = lower_bound(entry, first + offsets[row + 1], bounds[k])
                split_view[row * stride + k] = entry - first
            split_view[row * stride + threads] = offsets[row + 1]
    return split


def bits_of_rows(const int64_t[::1] offsets, const Rank[::1] columns, const int64_t[::1] starts, int64_t words):
    """Sparse rows as bits: bit ``k % 64`` of word ``starts[row] + k // 64`` is set where ``row`` has column k.

    Returns
    -------
    int64 array of ``words``
    """
    cdef int64_t n_rows = offsets.shape[0] - 1, row, k
    bits = aligned_zeros(words, np.int64)
    cdef int64_t[::1] view = bits
    _check_rows(offsets, columns, 64 * words)
    if starts.shape[0] != n_rows:
        raise ValueError(f"there must be a start for each of {n_rows} rows")
    for row in range(n_rows):
        k = offsets[row + 1]
        if k > offsets[row] and not 0 <= starts[row] < words - columns[k - 1] // 64:
            raise ValueError(f"row {row} does not fit into {words} words")
    with nogil:
        for row in range(n_rows):
            for k in range(offsets[row], offsets[row + 1]):
                view[starts[row] + (columns[k] >> 6)] |= <int64_t>1 << (columns[k] & 63)
    return bits
