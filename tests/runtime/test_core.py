"""The compiled core: memory, loading of compiled networks, sparse index arithmetic."""

import subprocess
import threading
import time

import numpy as np
import pytest

from engine.runtime.core import Library, LibraryError, aligned_zeros, partition
from engine.runtime.sparse import (
    carried,
    column_offsets,
    places,
    places_in_columns,
    sorted_by_class,
    split_rows,
    transpose,
)

COUNTER = """
#include <stdint.h>
extern "C" const int64_t nl_abi = %(abi)s;
extern "C" int64_t nl_run(void** buffers, const int64_t* sizes, const int64_t* clock, int64_t steps,
                          int32_t threads, volatile int32_t* stop, volatile int64_t* progress) {
    double* sum = (double*)buffers[0];
    int64_t done = 0;
    if (threads > 8) return -1;
    for (; done < steps && !*stop; done++) {
        for (int64_t i = 0; i < sizes[0]; i++) sum[i] += clock[2] * threads;
        *progress = done + 1;
    }
    return done;
}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Path of the small network above, compiled for a given version of the interface."""
    folder = tmp_path_factory.mktemp("library")

    def compile_for(abi):
        source, library = folder / f"counter{abi}.cpp", folder / f"counter{abi}.so"
        source.write_text(COUNTER % {"abi": abi})
        subprocess.run(["g++", "-O1", "-shared", "-fPIC", source, "-o", library], check=True)
        return library

    return compile_for


def clock(last=3):
    return np.array([0, 0, last], dtype=np.int64)


def flags():
    return np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int64)


@pytest.mark.parametrize("shape", [0, 1, 7, (3, 5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.bool_])
def test_aligned_zeros_start_at_a_multiple_of_64_bytes(shape, dtype):
    for _ in range(20):
        array = aligned_zeros(shape, dtype)
        assert array.ctypes.data % 64 == 0
        assert array.dtype == dtype
        assert array.shape == np.zeros(shape).shape
        assert array.flags.c_contiguous and array.flags.writeable
        assert not array.any()


def test_library_runs_on_the_callers_memory(compiled):
    array = aligned_zeros(5)
    stop, progress = flags()
    done = Library(compiled(1)).run([array], np.array([4]), clock(), 10, 2, stop, progress)
    assert done == 10 and progress[0] == 10
    np.testing.assert_array_equal(array, [60, 60, 60, 60, 0])


def test_library_releases_the_gil_and_heeds_the_stop_flag(compiled):
    library, array = Library(compiled(1)), aligned_zeros(1)
    stop, progress = flags()
    done = []
    arguments = ([array], np.array([1]), clock(), 1 << 30, 1, stop, progress)
    runner = threading.Thread(target=lambda: done.append(library.run(*arguments)))
    runner.start()
    while progress[0] == 0:
        time.sleep(0.001)
    stop[0] = 1
    runner.join(10)
    assert done and 0 < done[0] < 1 << 30 and done[0] == progress[0]


def test_library_of_another_interface_version_is_refused(compiled):
    with pytest.raises(LibraryError, match="version 7"):
        Library(compiled(7))


def test_library_that_is_no_library_is_named(tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"\x7fELF and no more")
    with pytest.raises(LibraryError, match=r"broken\.so"):
        Library(broken)


def test_buffers_that_compiled_code_cannot_walk_are_refused(compiled):
    read_only = aligned_zeros(4)
    read_only.flags.writeable = False
    stop, progress = flags()
    for bad in (aligned_zeros(8)[::2], read_only):
        with pytest.raises(LibraryError, match="buffer 1"):
            Library(compiled(1)).run([aligned_zeros(4), bad], np.array([4]), clock(), 1, 1, stop, progress)


def test_a_number_of_threads_that_the_library_refuses_is_an_error(compiled):
    with pytest.raises(LibraryError, match="9 threads"):
        Library(compiled(1)).run([aligned_zeros(1)], np.array([1]), clock(), 1, 9, *flags())


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 1000, 4000])
@pytest.mark.parametrize("threads", [1, 2, 3, 8, 256])
def test_partition_covers_everything_in_chunks_of_64(n, threads):
    bounds = partition(n, threads)
    assert bounds[0] == 0 and bounds[-1] == n and len(bounds) == threads + 1
    assert (np.diff(bounds) >= 0).all()
    assert all(bound % 64 == 0 or bound == n for bound in bounds)
    sizes = np.diff(bounds)
    assert sizes.max() - sizes.min() <= 128


def random_rows(n_rows, n_columns, probability, kind=np.int32):
    dense = np.random.default_rng(3).random((n_rows, n_columns)) < probability
    offsets = np.concatenate([[0], np.cumsum(dense.sum(axis=1))])
    return dense, offsets, np.nonzero(dense)[1].astype(kind)


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
@pytest.mark.parametrize(
    ("n_rows", "n_columns", "probability"),
    [(40, 300, 0.1), (5, 1, 1.0), (3, 4, 0.0), (65_537, 4, 0.1), (7, 30_000, 0.1)],
)
def test_transpose_equals_the_dense_transpose(n_rows, n_columns, probability, kind):
    dense, offsets, columns = random_rows(n_rows, n_columns, probability, kind)
    offsets_t, rows_t, index_t = transpose(offsets, columns, n_columns)
    np.testing.assert_array_equal(np.diff(offsets_t), dense.sum(axis=0))
    np.testing.assert_array_equal(rows_t, np.nonzero(dense.T)[1])
    np.testing.assert_array_equal(columns[index_t], np.nonzero(dense.T)[0])
    assert rows_t.dtype == (np.uint16 if n_rows <= 65_536 else np.int32)
    assert index_t.dtype == np.int64


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.bool_])
def test_values_are_carried_to_the_transpose_and_found_there(dtype, kind):
    _, offsets, columns = random_rows(40, 300, 0.1, kind)
    offsets_t, rows_t, index_t = transpose(offsets, columns, 300)
    np.testing.assert_array_equal(column_offsets(columns, 300), offsets_t)
    values = np.random.default_rng(4).integers(0, 2, columns.size).astype(dtype)
    np.testing.assert_array_equal(carried(offsets_t, offsets, columns, values), values[index_t])
    found = places(offsets_t, columns)
    np.testing.assert_array_equal(found[index_t], np.arange(columns.size))
    np.testing.assert_array_equal(places(offsets_t, columns, 100, 150), found[100:150])
    row = slice(offsets[7], offsets[8])
    np.testing.assert_array_equal(places_in_columns(offsets_t, rows_t, columns[row], 7), found[row])
    absent = np.setdiff1d(np.arange(300, dtype=np.int32), columns[row])
    assert (places_in_columns(offsets_t, rows_t, absent, 7) == -1).all()


def test_columns_that_do_not_ascend_are_transposed_too():
    """Many columns are turned by blocks if they ascend within their rows, and else at once."""
    columns = np.random.default_rng(6).integers(0, 20_000, 5000).astype(np.int32)
    for kept in (columns, np.concatenate([np.sort(columns[:2000]), np.sort(columns[2000:])])):
        offsets = np.array([0, 2000, 5000])
        offsets_t, rows_t, index_t = transpose(offsets, kept, 20_000)
        order = np.argsort(kept, kind="stable")
        np.testing.assert_array_equal(index_t, order)
        np.testing.assert_array_equal(rows_t, order >= 2000)
        np.testing.assert_array_equal(carried(offsets_t, offsets, kept, np.arange(5000.0)), order)


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
def test_rows_are_cut_by_class_and_keep_their_order(kind):
    _, offsets, columns = random_rows(40, 300, 0.1, kind)
    values = np.random.default_rng(5).integers(0, 6, columns.size).astype(np.int32)
    class_of = np.array([3, 0, 2, 2, 1, 0], dtype=np.int32)
    classes = class_of[values]
    offsets_c, columns_c, index_c = sorted_by_class(offsets, columns, values, class_of, 4)
    row = np.repeat(np.arange(40), np.diff(offsets))
    order = np.lexsort((classes, row))
    np.testing.assert_array_equal(index_c, order)
    assert columns_c.dtype == kind
    np.testing.assert_array_equal(columns_c, columns[order])
    np.testing.assert_array_equal(np.diff(offsets_c), np.bincount(row * 4 + classes, minlength=160))


def test_offsets_of_other_columns_are_refused():
    _, offsets, columns = random_rows(40, 300, 0.1)
    offsets_t, _, _ = transpose(offsets, columns, 300)
    other = np.sort(columns)
    other[0] = other[-1]
    for refused in (
        lambda: places(offsets_t, other),
        lambda: carried(offsets_t, offsets, other, np.zeros(other.size)),
    ):
        with pytest.raises(ValueError):
            refused()
    with pytest.raises(ValueError):
        carried(offsets_t, offsets, columns, np.zeros(columns.size - 1))
    with pytest.raises(ValueError):
        carried(offsets_t, offsets[:-1], columns, np.zeros(columns.size))
    with pytest.raises(ValueError):
        places(offsets_t, columns, 10, columns.size + 1)
    zeros = np.zeros(columns.size, dtype=np.int32)
    for values, class_of in ((zeros + 4, np.arange(4)), (zeros - 1, np.arange(4)), (zeros, np.arange(5))):
        with pytest.raises(ValueError):
            sorted_by_class(offsets, columns, values, class_of.astype(np.int32), 4)


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_split_rows_gives_each_thread_its_own_range(threads, kind):
    _, offsets, columns = random_rows(40, 300, 0.1, kind)
    bounds = partition(300, threads)
    split = split_rows(offsets, columns, 300, threads).reshape(40, threads + 1)
    for row in range(40):
        assert split[row, 0] == offsets[row] and split[row, -1] == offsets[row + 1]
        for k in range(threads):
            share = columns[split[row, k] : split[row, k + 1]]
            assert ((bounds[k] <= share) & (share < bounds[k + 1])).all()


def test_split_rows_of_an_empty_matrix():
    split = split_rows(np.zeros(4, dtype=np.int64), np.empty(0, dtype=np.int32), 10, 2)
    np.testing.assert_array_equal(split, np.zeros(9))


@pytest.mark.parametrize(
    ("offsets", "columns"), [([0, 2], [0, 9]), ([0, 2], [0, -1]), ([0, 3], [0, 1]), ([0, 2, 1, 2], [0, 1])]
)
def test_indices_outside_the_matrix_are_refused(offsets, columns):
    offsets, columns = np.array(offsets), np.array(columns, dtype=np.int32)
    with pytest.raises(ValueError):
        transpose(offsets, columns, 4)
    with pytest.raises(ValueError):
        split_rows(offsets, columns, 4, 2)
