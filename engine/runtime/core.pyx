# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Memory, compiled networks and sparse index arithmetic: the parts of the runtime that must be fast."""

import os

import numpy as np

from engine.errors import EngineError

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uintptr_t
from libcpp.algorithm cimport lower_bound
from libcpp.vector cimport vector


cdef extern from "dlfcn.h" nogil:
    void* dlopen(const char* path, int flags)
    void* dlsym(void* handle, const char* name)
    char* dlerror()
    int RTLD_NOW
    int RTLD_LOCAL


cdef extern from "sparse.hpp" namespace "neuroloom" nogil:
    void turn_rows[Column, Row](const int64_t* offsets, int64_t n_rows, const Column* columns, int64_t* cursor,
                                int64_t n_columns, Row* rows_t, int64_t* index_t)
    void turn_values[Column, Carried](const int64_t* offsets, int64_t n_rows, const Column* columns, int64_t* cursor,
                                      int64_t n_columns, const Carried* values, Carried* carried)


cnp.import_array()

ctypedef int64_t (*RunFunction)(void** buffers, const int64_t* sizes, const int64_t* clock, int64_t steps,
                                int32_t threads, volatile int32_t* stop,
                                volatile int64_t* progress) noexcept nogil

ABI = 1


class LibraryError(EngineError):
    """A compiled network cannot be loaded or was given buffers that do not fit it."""


def aligned_zeros(shape, dtype=np.float64, int alignment=64):
    """Zeros whose first byte lies at a multiple of ``alignment``, a power of two.

    The array keeps its own memory alive and can be handed to compiled code as it is.
    """
    if alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"alignment must be a power of two, not {alignment}")
    dtype = np.dtype(dtype)
    shape = (int(shape),) if np.ndim(shape) == 0 else tuple(int(extent) for extent in shape)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return _aligned(np.zeros(size + alignment, dtype=np.uint8), shape, dtype, alignment)


def aligned_empty(shape, dtype=np.float64, int alignment=64):
    """As :func:`aligned_zeros`, for whoever writes every element."""
    dtype = np.dtype(dtype)
    shape = (int(shape),) if np.ndim(shape) == 0 else tuple(int(extent) for extent in shape)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    return _aligned(np.empty(size + alignment, dtype=np.uint8), shape, dtype, alignment)


cdef _aligned(memory, shape, dtype, int alignment):
    return np.ndarray(shape, dtype, buffer=memory, offset=-memory.ctypes.data % alignment)


cdef class Library:
    """A compiled network.

    It stays loaded until the process ends, even when this object is gone: idle threads of OpenMP may still
    be parked in code that it brought along.

    Parameters
    ----------
    path : path-like
        The shared library, as :func:`engine.codegen.build.build` returns it.

    Raises
    ------
    LibraryError
        When the file cannot be loaded or was made for another version of the runtime.
    """

    cdef readonly str path
    cdef RunFunction _run

    def __init__(self, path):
        self.path = os.fspath(path)
        cdef bytes encoded = os.fsencode(os.path.abspath(self.path))
        cdef void* handle = dlopen(encoded, RTLD_NOW | RTLD_LOCAL)
        if handle == NULL:
            raise LibraryError(f"compiled network {self.path} cannot be loaded: {os.fsdecode(dlerror())}")
        cdef const int64_t* abi = <const int64_t*>dlsym(handle, b"nl_abi")
        self._run = <RunFunction><uintptr_t>dlsym(handle, b"nl_run")
        if abi == NULL or self._run == NULL:
            raise LibraryError(f"compiled network {self.path} lacks nl_abi or nl_run; delete the file")
        if abi[0] != ABI:
            raise LibraryError(
                f"compiled network {self.path} speaks version {abi[0]} of the interface, "
                f"this runtime version {ABI}; delete the file"
            )

    def run(self, list buffers, const int64_t[::1] sizes, const int64_t[::1] clock, int64_t steps,
            int32_t threads, int32_t[::1] stop, int64_t[::1] progress):
        """Run up to ``steps`` steps and return how many were done. The GIL is released meanwhile.

        Parameters
        ----------
        buffers : list of ndarray
            One contiguous, aligned array for each buffer of the plan, in its order.
        sizes : int64 array
            The numbers behind the plan's size symbols, in its order.
        clock : int64 array of 3
            State of the clock before the first step.
        steps, threads : int
        stop : int32 array of 1
            The run ends after the current step once this is not 0.
        progress : int64 array of 1
            Counts the finished steps.
        """
        cdef vector[void*] pointers = self._pointers(buffers)
        if clock.shape[0] != 3 or stop.shape[0] != 1 or progress.shape[0] != 1:
            raise LibraryError(f"compiled network {self.path}: clock needs 3 elements, stop and progress 1")
        if steps < 0 or threads < 1:
            raise LibraryError(
                f"compiled network {self.path}: cannot run {steps} steps on {threads} threads"
            )
        cdef const int64_t* first_size = &sizes[0] if sizes.shape[0] else NULL
        cdef int64_t done
        with nogil:
            done = self._run(pointers.data(), first_size, &clock[0], steps, threads, &stop[0], &progress[0])
        if done < 0:
            raise LibraryError(f"compiled network {self.path} cannot run on {threads} threads")
        return done

    cdef vector[void*] _pointers(self, list buffers) except *:
        cdef vector[void*] pointers
        pointers.reserve(len(buffers))
        for position, buffer in enumerate(buffers):
            if not (isinstance(buffer, cnp.ndarray) and cnp.PyArray_ISCARRAY(buffer)):
                raise LibraryError(
                    f"compiled network {self.path}: buffer {position} is not contiguous, aligned and writable"
                )
            pointers.push_back(cnp.PyArray_DATA(buffer))
        return pointers


def partition(int64_t n, int64_t threads):
    """First neuron of each thread's range: ``threads + 1`` ascending int64 from 0 to ``n``.

    Ranges start at multiples of 64 neurons so that no two threads write to one cache line.
    """
    if n < 0 or threads < 1:
        raise ValueError(f"cannot share {n} neurons among {threads} threads")
    chunks = (n + 63) // 64
    return np.minimum(n, 64 * (chunks * np.arange(threads + 1, dtype=np.int64) // threads))


LARGEST_SHORT = 65536


def rank_type(int64_t size):
    """Type that ranks of a population of that size are stored in."""
    return np.dtype(np.uint16 if size <= LARGEST_SHORT else np.int32)


def as_ranks(ranks, int64_t size):
    """Ranks in the type of :func:`rank_type`; as they are if some do not exist in a population of that size."""
    ranks = np.asarray(ranks)
    wanted = rank_type(size)
    if ranks.dtype == wanted or (ranks.size and not 0 <= ranks.min() <= ranks.max() < size):
        return ranks
    return ranks.astype(wanted)


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


def index_type(int64_t count):
    """Type that indices of so many entries are stored in."""
    return np.dtype(np.int32 if count < 2**31 else np.int64)


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


def sorted_by_class(const int64_t[::1] offsets, const Rank[::1] columns, const int32_t[::1] classes,
                    int64_t n_classes):
    """Sparse rows cut into one row for each class of entries, the classes ascending and the order kept.

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
    cdef bint good = classes.shape[0] == columns.shape[0] and offsets[n_rows] == columns.shape[0]
    for k in range(classes.shape[0]):
        good &= 0 <= classes[k] < n_classes
    if not good:
        raise ValueError(f"every entry needs one of {n_classes} classes")
    with nogil:
        for row in range(n_rows):
            for k in range(offsets[row], offsets[row + 1]):
                cursor[row * n_classes + classes[k] + 1] += 1
    np.cumsum(offsets_c, out=offsets_c)
    if index_c.dtype == np.int32:
        _sort[Rank, int32_t](offsets, columns, classes, n_classes, offsets_c.copy(), columns_c, index_c)
    else:
        _sort[Rank, int64_t](offsets, columns, classes, n_classes, offsets_c.copy(), columns_c, index_c)
    return offsets_c, columns_c, index_c


cdef void _sort(const int64_t[::1] offsets, const Rank[::1] columns, const int32_t[::1] classes,
                int64_t n_classes, int64_t[::1] cursor, Rank[::1] columns_c, Index[::1] index_c):
    cdef int64_t row, k, place
    with nogil:
        for row in range(offsets.shape[0] - 1):
            for k in range(offsets[row], offsets[row + 1]):
                place = cursor[row * n_classes + classes[k]]
                cursor[row * n_classes + classes[k]] = place + 1
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
