"""Synapses that are given: as matrices, in files, by functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from connecting import RATE, SPIKING, drawn, ends

from engine import (
    CSR,
    EngineError,
    LILConnectivity,
    Network,
    Neuron,
    Uniform,
    sparse_delays_from_weights,
    sparse_random_matrix,
)

# --- matrices ---------------------------------------------------------------------------------------------

WEIGHTS = np.array([[0.0, 2.0, 3.0], [4.0, np.nan, 6.0]])


@pytest.mark.parametrize("views", [False, True])
def test_from_matrix_makes_synapses_of_zeros_and_nan_and_follows_the_order_of_views(views: bool) -> None:
    net = Network()
    pre, post = (net.create(n, RATE) for n in ((5, 4) if views else (3, 2)))
    proj = net.connect(pre[[4, 0, 2]], post[[3, 1]], "exc") if views else net.connect(pre, post, "exc")
    proj.connect_from_matrix(WEIGHTS.T, delays=(1.0 + np.arange(6.0)).reshape(3, 2), pre_post=True)
    assert proj.max_delay == 6
    net.compile(silent=True)
    pre_of, post_of = ([4, 0, 2], [3, 1]) if views else ([0, 1, 2], [0, 1])
    expected = np.full((post.size, pre.size), -1.0)
    expected[np.ix_(post_of, pre_of)] = WEIGHTS
    np.testing.assert_array_equal(proj.connectivity_matrix(fill=-1.0), expected)
    assert proj.delay == ([[4.0, 6.0, 2.0], [3.0, 5.0, 1.0]] if views else [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])


def test_from_matrix_leaves_the_matrix_alone() -> None:
    net, *_, proj = ends()
    given = np.ones((2, 3))
    proj.connect_from_matrix(given)
    net.compile(silent=True)
    proj.w = [[5.0] * 3] * 2
    assert (given == 1.0).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((3, 2)), r"shape \(3, 2\), but \(2, 3\) \(post, pre\)"),
        ([[1.0, 2.0, 3.0], [1.0]], "not rectangular"),
        ([[1.0, 2.0, "x"], [1.0, 2.0, 3.0]], "not of numbers"),
        ([[1.0, 2.0, None], [1.0, object(), 3.0]], "no numbers"),
        (np.ones(6), r"shape \(6,\)"),
    ],
)
def test_impossible_matrices(weights: Any, message: str) -> None:
    *_, proj = ends()
    with pytest.raises(EngineError, match=message):
        proj.connect_from_matrix(weights)


def test_a_synapse_needs_a_delay() -> None:
    *_, proj = ends()
    with pytest.raises(EngineError, match="a delay is missing"):
        proj.connect_from_matrix(np.ones((2, 3)), delays=[[1.0, None, 2.0], [1.0, 1.0, 1.0]])
    proj.connect_from_matrix([[1.0, None, 2.0]] * 2, delays=[[1.0, None, 2.0]] * 2)
    assert drawn(proj).delays.tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "kind",
    [sp.lil_matrix, sp.csr_matrix, sp.csc_matrix, sp.coo_matrix, sp.lil_array, sp.csr_array, sp.coo_array],
)
def test_from_sparse_is_pre_by_post_and_keeps_stored_zeros(kind: Any) -> None:
    net, *_, proj = ends(3, 2)
    entries = ([1.5, -2.0, 0.0], ([0, 2, 1], [1, 0, 1]))
    proj.from_sparse(kind(sp.coo_matrix(entries, shape=(3, 2))), delays=2.0)
    net.compile(silent=True)
    assert proj.pre_ranks == [[2], [0, 1]]
    assert proj.w == [[-2.0], [1.5, 0.0]]
    assert proj.delay == 2.0


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
@pytest.mark.parametrize(
    ("how", "delays"),
    [
        ("csr", 0.0),
        ("csc", 0.0),
        ("matrix", 0.0),
        ("gaps", 0.0),
        ("matrix", Uniform(1.0, 3.0)),
        ("gaps", Uniform(1.0, 3.0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "one delay" if value == 0.0 else "delays",
)
def test_given_synapses_of_views(neuron: Neuron, how: str, delays: Any) -> None:
    net = Network(dt=1.0)
    pre, post = net.create(5, neuron), net.create(4, neuron)
    weights = np.arange(1.0, 7.0).reshape(3, 2)
    proj = net.connect(pre[[4, 0, 2]], post[[3, 1]], "exc")
    if how in ("csr", "csc"):
        given = sp.csr_matrix(weights) if how == "csr" else sp.csc_matrix(weights)
        proj.connect_from_sparse(given)
        given.data[:] = 99.0  # what becomes of the script's own matrix is not seen
    elif how == "matrix":
        given = weights.T.copy()
        proj.connect_from_matrix(given, delays=delays)
        given[:] = 99.0
    else:
        proj.connect_from_matrix([[1.0, None, 5.0], [None, 4.0, 6.0]], delays=delays)
    expected = np.zeros((4, 5))
    expected[np.ix_([3, 1], [4, 0, 2])] = weights.T * (1.0 if how != "gaps" else [[1, 0, 1], [0, 1, 1]])
    net.compile(silent=True)
    for _ in range(2):
        matrix = np.zeros((4, 5))
        for rank, ranks, values in zip(proj.post_ranks, proj.pre_ranks, proj.w, strict=True):
            assert ranks == sorted(ranks)
            matrix[rank, ranks] = values
        np.testing.assert_array_equal(matrix, expected)
        proj.w = 0.5  # changed values are those of the network, and are forgotten here
        proj.reset(synapses=True)


def test_duplicates_of_a_sparse_matrix_are_added_without_touching_it() -> None:
    for neuron in (RATE, SPIKING):
        net, *_, proj = ends(3, 2, neuron)
        given = sp.csr_matrix(([1.0, 2.0, 4.0], [1, 1, 0], [0, 3, 3, 3]), shape=(3, 2))
        proj.connect_from_sparse(given)
        net.compile(silent=True)
        assert (proj.pre_ranks, proj.w) == ([[0], [0]], [[4.0], [3.0]])
        assert given.data.tolist() == [1.0, 2.0, 4.0] and given.indices.tolist() == [1, 1, 0]


def test_impossible_sparse_matrices() -> None:
    *_, proj = ends(3, 2)
    with pytest.raises(EngineError, match=r"shape \(2, 3\), but \(3, 2\) \(pre, post\)"):
        proj.connect_from_sparse(sp.csr_matrix((2, 3)))
    with pytest.raises(EngineError, match="sparse matrix of scipy, not ndarray"):
        proj.connect_from_sparse(np.ones((3, 2)))
    for delays in (Uniform(1.0, 2.0), sp.csr_matrix(np.ones((3, 2)))):
        with pytest.raises(EngineError, match="delay"):
            proj.connect_from_sparse(sp.csr_matrix((3, 2)), delays=delays)


@pytest.mark.parametrize("dense", [False, True])
def test_matrix_market(tmp_path: Path, dense: bool) -> None:
    """Rows are post-synaptic; zeros of a dense file are weights (as the peer does it)."""
    net, *_, proj = ends(3, 2)
    matrix = np.array([[1.0, 0.0, 2.5], [0.0, -3.0, 0.0]])
    scipy.io.mmwrite(tmp_path / "w.mtx", matrix if dense else sp.coo_matrix(matrix))
    proj.connect_from_matrix_market(str(tmp_path / "w.mtx"))
    net.compile(silent=True)
    assert proj.w == (matrix.tolist() if dense else [[1.0, 2.5], [-3.0]])
    assert proj.pre_ranks == ([[0, 1, 2]] * 2 if dense else [[0, 2], [1]])


def test_impossible_matrix_market_files(tmp_path: Path) -> None:
    *_, proj = ends(3, 2)
    with pytest.raises(EngineError, match=r"must end in \.mtx"):
        proj.from_matrix_market("weights.txt")
    with pytest.raises(EngineError, match="cannot be read"):
        proj.from_matrix_market(str(tmp_path / "none.mtx"))
    (tmp_path / "bad.mtx").write_text("no matrix")
    with pytest.raises(EngineError, match="no file of the Matrix Market"):
        proj.from_matrix_market(tmp_path / "bad.mtx")
    scipy.io.mmwrite(tmp_path / "w.mtx", np.ones((3, 2)))
    with pytest.raises(EngineError, match=r"shape \(3, 2\), but \(2, 3\) \(post, pre\)"):
        proj.from_matrix_market(tmp_path / "w.mtx")


# --- functions --------------------------------------------------------------------------------------------


def ring(pre: Any, post: Any, weight: float) -> LILConnectivity:
    rows = LILConnectivity()
    for i in range(post.size):
        rows.add(i, [(i - 1) % pre.size, (i + 1) % pre.size], [weight, weight * 2], [0])
    return rows


def test_a_function_connects_at_once() -> None:
    net, *_, proj = ends(4, 4)
    assert proj.connect_with_func(method=ring, weight=0.5) is proj
    assert proj.connector_name == "User-defined"
    assert proj.connector_description == "Created by the method ring"
    net.compile(silent=True)
    assert proj.pre_ranks == [[1, 3], [0, 2], [1, 3], [0, 2]]
    assert proj.w == [[1.0, 0.5], [0.5, 1.0], [0.5, 1.0], [1.0, 0.5]]
    assert (proj.delay, proj.uniform_delay) == (1.0, 0)


def test_the_step_reaches_functions_of_both_dialects() -> None:
    *_, proj = ends(2, 2, dt=0.5)

    def with_dt(pre: Any, post: Any, dt: float, weight: float) -> LILConnectivity:
        rows = LILConnectivity(dt=dt)
        rows.add(0, [0], [weight], [3 * dt])
        return rows

    def without(pre: Any, post: Any) -> LILConnectivity:
        rows = LILConnectivity()
        rows.add(0, [0], [1.0], [1.5])
        return rows

    for connect in (
        lambda: proj.from_function(with_dt, weight=2.0),
        lambda: proj.connect_with_func(with_dt, weight=2.0),
        lambda: proj.connect_with_func(without),
    ):
        assert connect().uniform_delay == 3
    with pytest.raises(EngineError, match=r"steps of 1\.0 ms, but the network's step is 0\.5 ms"):
        proj.connect_with_func(lambda pre, post: LILConnectivity(dt=1.0))
    with pytest.raises(EngineError, match="must return a LILConnectivity, not list"):
        proj.connect_with_func(lambda pre, post: [])


def test_members_of_lil_connectivity(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers as the peer gives them for the same calls (annarchy 4.8.2.6, dt = 0.5)."""
    assert CSR is LILConnectivity
    rows = LILConnectivity(dt=0.5)
    rows.add(2, [0, 3], [1.0, 2.0], [0.5])
    rows.push_back(1, np.array([1]), np.array([1.0]), np.array([2.0]))
    assert "ascending order" in capsys.readouterr().out
    rows.add(0, [], [1.0], [0.0])
    assert (rows.post_rank, rows.pre_rank) == ([2, 1], [[0, 3], [1]])
    assert (rows.w, rows.delay) == ([[1.0, 2.0], [1.0]], [[1], [4]])
    assert (rows.size, rows.nb_synapses, rows.max_delay, rows.uniform_delay) == (2, 3, 4, -1)
    assert (rows.get_max_delay(), rows.get_uniform_delay()) == (4, -1)
    assert rows.compute_average_row_length() == (1.5, 0.5, 1, 2)
    rows.add(2, [5], [3.0], [0.5])
    rows.validate()
    assert "added several times" in capsys.readouterr().out
    joined = dict(zip(rows.post_rank, map(sorted, rows.pre_rank), strict=True))
    assert joined == {1: [1], 2: [0, 3, 5]}


@pytest.mark.parametrize(("delays", "uniform"), [([1.0, 1.0], -1), ([1.0], 2), ([0.0], 0)])
def test_a_list_of_delays_is_one_for_each_synapse(delays: list[float], uniform: int) -> None:
    rows = LILConnectivity(dt=0.5)
    rows.add(0, [0, 1], [1.0], delays)
    assert rows.uniform_delay == uniform


def test_unsorted_rows_with_delays_of_their_own_arrive_sorted() -> None:
    net, *_, proj = ends(4, 3)

    def wild(pre: Any, post: Any) -> LILConnectivity:
        rows = LILConnectivity()
        rows.add(2, [3, 0], [1.0, 2.0], [4.0, 2.0])
        rows.add(0, [1, 2], [5.0], [3.0])
        rows.add(2, [1], [9.0], [1.0])
        return rows

    proj.connect_with_func(wild)
    assert (proj.uniform_delay, proj.max_delay) == (-1, 4)
    net.compile(silent=True)
    assert proj.pre_ranks == [[1, 2], [0, 1, 3]]
    assert proj.w == [[5.0, 5.0], [2.0, 9.0, 1.0]]
    assert proj.delay == [[3.0, 3.0], [2.0, 1.0, 4.0]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, [0, 1], [1.0, 2.0, 3.0], [0.0]), "2 synapses, but 3 weights; give one or 2"),
        ((0, [0, 1], [1.0], [0.0, 1.0, 2.0]), "2 synapses, but 3 delays"),
        ((0, [0, 1], 1.0, [0.0]), "weights of row 0 must be a list"),
        ((0, [0, 1], ["a"], [0.0]), "must be numbers"),
        ((0, [0, 0.5], [1.0], [0.0]), "whole numbers"),
        ((0, [0], [1.0], [-1.0]), "negative"),
        ((0, [0, 3], [1.0], [0.0]), "pre-synaptic rank 3 does not exist"),
        ((2, [0], [1.0], [0.0]), "post-synaptic rank 2 does not exist"),
        ((0, [1, 1], [1.0], [0.0]), "neuron 1 is connected several times to the post-synaptic neuron 0"),
    ],
)
def test_impossible_rows(row: Any, message: str) -> None:
    *_, proj = ends(3, 2)

    def connector(pre: Any, post: Any) -> LILConnectivity:
        rows = LILConnectivity()
        rows.add(*row)
        return rows

    with pytest.raises(EngineError, match=message):
        proj.connect_with_func(connector)


# --- sparse matrices for connect_from_sparse ---------------------------------------------------------------


def test_sparse_random_matrix_has_binomial_rows() -> None:
    """400 rows of Binomial(300, 0.2): bounds of 6 standard errors."""
    matrix = sparse_random_matrix(400, 300, 0.2, Uniform(0.5, 1.0))
    assert (matrix.format, matrix.shape) == ("lil", (400, 300))
    counts = np.diff(matrix.tocsr().indptr)
    variance = 300 * 0.2 * 0.8
    assert abs(counts.mean() - 60.0) < 6 * np.sqrt(variance / 400)
    assert abs(counts.var() / variance - 1.0) < 6 * np.sqrt(2 / 400)
    assert matrix.tocsr().data.min() >= 0.5 and matrix.tocsr().data.max() <= 1.0
    columns = np.diff(matrix.tocsc().indptr)
    assert (abs(columns - 80.0) < 6 * np.sqrt(400 * 0.2 * 0.8)).all()
    delays = sparse_delays_from_weights(matrix, 2.0)
    assert delays.format == "lil"
    assert (delays.tocsr().indices == matrix.tocsr().indices).all()
    assert (delays.tocsr().data == 2.0).all()
    assert sparse_random_matrix(3, 4, proba=1.0, weights=2.0).toarray().tolist() == [[2.0] * 4] * 3
    with pytest.raises(ValueError, match="a number or a random distribution"):
        sparse_random_matrix(10, 20, 0.3, "a")
