# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Memory for compiled code, compiled networks, and how both share neurons and number synapses."""

import os

import numpy as np

from engine.errors import EngineError
from engine.runtime.pages import on_huge_pages

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t, uintptr_t
from libcpp.vector cimport vector


cdef extern from "dlfcn.h" nogil:
    void* dlopen(const char* path, int flags)
    void* dlsym(void* handle, const char* name)
    char* dlerror()
    int RTLD_NOW
    int RTLD_LOCAL


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
    memory = on_huge_pages(size + alignment)
    return _aligned(np.zeros(size + alignment, np.uint8) if memory is None else memory, shape, dtype, alignment)


def aligned_empty(shape, dtype=np.float64, int alignment=64):
    """As :func:`aligned_zeros`, for whoever writes every element."""
    dtype = np.dtype(dtype)
    shape = (int(shape),) if np.ndim(shape) == 0 else tuple(int(extent) for extent in shape)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    memory = on_huge_pages(size + alignment)
    return _aligned(np.empty(size + alignment, np.uint8) if memory is None else memory, shape, dtype, alignment)


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


def index_type(int64_t count):
    """Type that indices of so many entries are stored in."""
    return np.dtype(np.int32 if count < 2**31 else np.int64)
