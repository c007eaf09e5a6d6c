"""Connectors of a projection: geometry, given synapses, storage. Random patterns: tests/connectivity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp

from engine import (
    CSR,
    CodeGeneratorException,
    Constant,
    EngineError,
    InvalidConfiguration,
    LILConnectivity,
    Network,
    Neuron,
    Normal,
    Synapse,
    Uniform,
    sparse_delays_from_weights,
    sparse_random_matrix,
)

RATE = Neuron(parameters="b = 0.0", equations="r = b + sum(exc)")
SPIKING = Neuron(parameters="b = 0.0", equations="v = b + g_exc", spike="v > 1.0", reset="v = 0.0")
DISTANCE = json.loads((Path(__file__).parent / "distance_weights.json").read_text())["cases"]


def ends(pre: Any = 3, post: Any = 2, neuron: Neuron = RATE, dt: float = 1.0) -> tuple[Any, ...]:
    """Two populations and an unconnected projection."""
    net = Network(dt=dt, seed=5)
    a, b = net.create(pre, neuron, name="pre"), net.create(post, neuron, name="post")
    return net, a, b, net.connect(a, b, "exc", name="proj")


def drawn(projection: Any) -> Any:
    projection.draw()
    return projection.connectivity


# --- distance ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DISTANCE, ids=lambda case: f"{case['call']} {case['pre']}")
def test_distance_patterns_give_the_reference_weights_bit_for_bit(case: dict[str, Any]) -> None:
    net = Network()
    pre = net.create(tuple(case["pre"]), RATE)
    post = pre if case["same"] else net.create(tuple(case["post"]), RATE)
    proj = net.connect(pre, post, "exc")
    c = drawn(getattr(proj, case["call"])(**case["arguments"]))
    assert c.nnz == case["nnz"]
    for rank, row in case["rows"].items():
        synapses = slice(c.offsets[int(rank)], c.offsets[int(rank) + 1])
        assert c.pre[synapses].tolist() == row["pre"]
        assert c.weights[synapses].tolist() == row["w"]


def by_definition(pre: tuple[int, ...], post: tuple[int, ...], weight: Any) -> np.ndarray:
    """Weights of all pairs (post, pre) in double precision, without any limit."""

    def places(geometry: tuple[int, ...]) -> np.ndarray:
        coordinates = np.stack(np.unravel_index(np.arange(np.prod(geometry)), geometry), axis=1)
        return coordinates / np.maximum(np.array(geometry) - 1, 1)

    difference = places(post)[:, None, : len(pre)] - places(pre)[None]
    return np.asarray(weight((difference**2).sum(axis=2)))


@pytest.mark.parametrize(
    "geometries", [((30,), (7,)), ((9, 1), (5, 6)), ((6,), (4, 5)), ((4, 5, 3), (5, 2, 6))]
)
@pytest.mark.parametrize("sigma", [0.05, 0.4, 3.0])
def test_gaussian_by_its_definition(geometries: Any, sigma: float) -> None:
    *_, proj = ends(*geometries)
    c = drawn(proj.connect_gaussian(-2.0, sigma, limit=0.2))
    full = by_definition(*geometries, lambda d2: -2.0 * np.exp(-d2 / (2 * sigma**2)))
    matrix = np.zeros(full.shape)
    matrix[c.post, c.pre] = c.weights
    clear = abs(abs(full) - 0.4) > 1e-5  # rounding decides about the others
    expected = np.where(abs(full) > 0.4, full, 0.0)
    np.testing.assert_allclose(matrix[clear], expected[clear], rtol=2e-6)
    assert c.nnz > 0 and (c.nnz < full.size or sigma == 3.0)


def test_dog_by_its_definition() -> None:
    *_, proj = ends((8, 9), (6, 7))
    c = drawn(proj.connect_dog(1.0, 0.1, 0.4, 0.5, limit=0.05))
    full = by_definition((8, 9), (6, 7), lambda d2: np.exp(-d2 / 0.02) - 0.4 * np.exp(-d2 / 0.5))
    matrix = np.zeros(full.shape)
    matrix[c.post, c.pre] = c.weights
    clear = abs(abs(full) - 0.05 * 0.6) > 1e-5
    np.testing.assert_allclose(matrix[clear], np.where(abs(full) > 0.03, full, 0.0)[clear], atol=2e-7)
    assert (c.weights > 0).any() and (c.weights < 0).any()


def test_dog_of_equal_bells_makes_no_synapse() -> None:
    *_, proj = ends(20, 20)
    assert drawn(proj.connect_dog(1.0, 0.2, 1.0, 0.2)).nnz == 0


def test_distance_patterns_refuse_what_has_no_distance() -> None:
    net, pre, post, proj = ends((4, 4), (16,))
    with pytest.raises(EngineError, match="2 dimensions and the post-synaptic one 1"):
        drawn(proj.connect_gaussian(1.0, 0.1))
    for view in (net.connect(pre[0:2], post, "exc"), net.connect(post, pre[0, :], "exc")):
        with pytest.raises(EngineError, match="whole populations, and a view of pre"):
            view.connect_gaussian(1.0, 0.1)
        with pytest.raises(EngineError, match="whole populations"):
            view.connect_dog(1.0, 0.1, 0.5, 0.2)
    with pytest.raises(EngineError, match="sigma must be a positive part"):
        drawn(net.connect(post, pre, "exc").connect_gaussian(1.0, 0.0))


def test_self_connections_of_distance_patterns() -> None:
    net, pre, _, _ = ends((5, 5), 2)
    without = net.connect(pre, pre, "exc").connect_gaussian(1.0, 0.3)
    with_self = net.connect(pre, pre, "exc").gaussian(1.0, 0.3, allow_self_connections=True)
    assert drawn(with_self).nnz - drawn(without).nnz == 25


def test_a_population_of_one_neuron_lies_at_zero() -> None:
    *_, proj = ends(1, 3)
    assert drawn(proj.connect_gaussian(1.0, 0.5)).weights.tolist() == pytest.approx(
        [1.0, np.exp(-0.5), np.exp(-2.0)], rel=1e-6
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
    proj.connect_from_sparse(kind(sp.coo_matrix(entries, shape=(3, 2))), delays=2.0)
    net.compile(silent=True)
    assert proj.pre_ranks == [[2], [0, 1]]
    assert proj.w == [[-2.0], [1.5, 0.0]]
    assert proj.delay == 2.0


def test_from_sparse_with_views() -> None:
    net, pre, post, _ = ends(5, 4)
    dense = np.arange(1.0, 7.0).reshape(3, 2)
    proj = net.connect(pre[[4, 0, 2]], post[[3, 1]], "exc").from_sparse(sp.csr_matrix(dense))
    c = drawn(proj)
    matrix = np.zeros((4, 5))
    matrix[c.post, c.pre] = c.weights
    expected = np.zeros((4, 5))
    expected[np.ix_([3, 1], [4, 0, 2])] = dense.T
    np.testing.assert_array_equal(matrix, expected)
    assert all((np.diff(c.pre[a:b]) > 0).all() for a, b in zip(c.offsets[:-1], c.offsets[1:], strict=True))


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


# --- storage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
def test_storage_names_do_not_change_results(neuron: Neuron) -> None:
    names = ["lil", "csr", "dense", "auto", "bsr"]
    names += ["ell", "ellr", "sell", "coo", "hyb"] if neuron is RATE else []
    results = []
    for name in names:
        net, pre, post, proj = ends(6, 5, neuron)
        proj.connect_fixed_probability(0.4, Uniform(0.0, 1.0), storage_format=name)
        net.compile(silent=True)
        pre.b = 2.0
        m = net.monitor(post, "r" if neuron is RATE else "g_exc")
        net.simulate(3.0)
        results.append(m.get(m.variables[0])[1])
    assert results[0].any()
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


def test_a_dense_projection_has_all_dendrites_and_all_weights() -> None:
    net, pre, post, proj = ends(3, 4)
    proj.connect_all_to_all(0.5, storage_format="dense")
    sparse = net.connect(pre, post, "exc").connect_from_matrix(
        [[1.0, None, 2.0], [None] * 3, [3.0] * 3, [None] * 3], storage_format="dense"
    )
    net.compile(silent=True)
    assert proj._storage_format == "dense"
    assert proj.w == [[0.5] * 3] * 4
    assert sparse.post_ranks == [0, 1, 2, 3]
    assert sparse.w == [[1.0, 2.0], [], [3.0] * 3, []]
    assert (len(sparse[1]), sparse[1].w) == (0, [])
    sparse.w = [[4.0, 5.0], [], [6.0] * 3, []]
    assert sparse.w == [[4.0, 5.0], [], [6.0] * 3, []]


@pytest.mark.parametrize(
    ("connect", "expected"),
    [
        (lambda p: p.connect_all_to_all(1.0, storage_format="auto"), "dense"),
        (lambda p: p.connect_one_to_one(1.0, storage_format="auto"), "lil"),
        (lambda p: p.connect_fixed_number_pre(7, 1.0, storage_format="auto"), "dense"),
        (lambda p: p.connect_fixed_number_pre(5, 1.0, storage_format="auto"), "csr"),
        (lambda p: p.connect_fixed_number_pre(5, 1.0), "lil"),
    ],
)
def test_auto_follows_the_density(connect: Any, expected: str) -> None:
    *_, proj = ends(10, 10)
    drawn(connect(proj))
    assert proj._storage_format == expected


@pytest.mark.parametrize(
    ("neuron", "name", "order", "expected"),
    [
        (SPIKING, "csr", "auto", "pre_to_post"),
        (SPIKING, "lil", "auto", "post_to_pre"),
        (RATE, "csr", "auto", "post_to_pre"),
    ],
)
def test_auto_order(neuron: Neuron, name: str, order: str, expected: str) -> None:
    *_, proj = ends(3, 2, neuron)
    drawn(proj.connect_all_to_all(1.0, storage_format=name, storage_order=order))
    assert proj._storage_order == expected


def test_setup_chooses_the_storage_of_connectors_without_names() -> None:
    net = Network()
    net.config(sparse_matrix_format="csr", sparse_matrix_storage_order="pre_to_post")
    pop = net.create(4, SPIKING)
    assert net.connect(pop, pop, "exc").connect_all_to_all(1.0)._storage_format == "csr"
    assert net.connect(pop, pop, "exc").connect_all_to_all(1.0)._storage_order == "pre_to_post"
    assert net.connect(pop, pop, "exc").connect_gaussian(1.0, 0.1)._storage_order == "post_to_pre"


@pytest.mark.parametrize(
    ("neuron", "arguments", "error", "message"),
    [
        (
            RATE,
            {"storage_order": "pre_to_post", "storage_format": "csr"},
            CodeGeneratorException,
            "for spikes only",
        ),
        (SPIKING, {"storage_order": "pre_to_post"}, InvalidConfiguration, "not possible with 'lil'"),
        (
            SPIKING,
            {"storage_format": "ell"},
            InvalidConfiguration,
            "cannot be stored as 'ell'",
        ),
        (RATE, {"storage_format": "csr_vector"}, InvalidConfiguration, "format of GPUs"),
        (RATE, {"storage_format": "ellr", "delays": Uniform(1.0, 3.0)}, InvalidConfiguration, "one delay"),
        (RATE, {"storage_format": "dia"}, InvalidConfiguration, "as many pre- as post-synaptic"),
    ],
)
def test_forbidden_storage(neuron: Neuron, arguments: Any, error: Any, message: str) -> None:
    net, *_, proj = ends(2, 3, neuron)
    proj.connect_all_to_all(1.0, **arguments)
    with pytest.raises(error, match=message):
        net.compile(silent=True)


def test_forbidden_storage_of_models_and_plasticity() -> None:
    net, pre, post, _ = ends(3, 3)
    learning = Synapse(equations="dw/dt = pre.r", psp="w * pre.r", name="learning")
    net.connect(pre, post, "exc", learning, name="other").connect_all_to_all(1.0, storage_format="coo")
    with pytest.raises(InvalidConfiguration, match="default synapse only, not for learning"):
        drawn(net.projections[1])
    plain = net.connect(pre, post, "exc", Synapse(psp="w*pre.r"))
    assert drawn(plain.connect_all_to_all(1.0, storage_format="coo")).nnz == 9
    growing = Network()
    growing.config(structural_plasticity=True)
    pop = growing.create(3, RATE)
    with pytest.raises(InvalidConfiguration, match="structural plasticity needs storage_format='lil'"):
        drawn(growing.connect(pop, pop, "exc").connect_all_to_all(1.0, storage_format="csr"))


def test_unknown_storage_is_refused_at_once() -> None:
    *_, proj = ends()
    with pytest.raises(EngineError, match="storage format 'foo' is unknown; there are default, lil"):
        proj.connect_all_to_all(1.0, storage_format="foo")
    with pytest.raises(EngineError, match="storage order 'post' is unknown"):
        proj.connect_all_to_all(1.0, storage_order="post")
    with pytest.raises(EngineError, match="one-to-one connections cannot be stored as 'dense'"):
        proj.connect_one_to_one(1.0, storage_format="dense")


# --- weights, delays, reading back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "single"),
    [(2, True), (2.0, True), (np.float64(2.0), True), ("Constant", True), (np.float32(2.0), False)],
)
def test_which_numbers_are_one_weight(weights: Any, single: bool) -> None:
    net, *_, proj = ends(2, 1)
    proj.connect_all_to_all(Constant("two", 2.0) if weights == "Constant" else weights)
    net.compile(silent=True)
    assert proj.w == (2.0 if single else [[2.0, 2.0]])


@pytest.mark.parametrize(
    ("delay", "steps"), [(0.2, 0), (0.75, 2), (1.25, 2), (1.75, 4), (np.float32(1.0), 2)]
)
def test_uniform_delays_round_half_to_even(delay: float, steps: int) -> None:
    *_, proj = ends(dt=0.5)
    proj.connect_gaussian(1.0, 0.5, delays=delay)
    assert (proj.uniform_delay, proj.max_delay) == (steps, steps)
    assert drawn(proj).delay_steps == max(1, steps)


def test_drawn_weights_and_delays_have_the_moments_of_their_distributions() -> None:
    """20 000 samples: the mean within 6 standard errors, the standard deviation within 6/sqrt(2 n) of it."""
    *_, proj = ends(200, 100, dt=0.1)
    c = drawn(proj.connect_all_to_all(Normal(2.0, 0.5), delays=Uniform(1.0, 3.0)))
    assert c.nnz == 20_000
    assert abs(c.weights.mean() - 2.0) < 6 * 0.5 / np.sqrt(c.nnz)
    assert abs(c.weights.std() / 0.5 - 1.0) < 6 / np.sqrt(2 * c.nnz)
    assert (c.delays.min(), c.delays.max()) == (10, 30)
    assert abs(c.delays.mean() - 20.0) < 6 * 20 / np.sqrt(12 * c.nnz)
    assert abs(np.corrcoef(c.weights, c.delays)[0, 1]) < 6 / np.sqrt(c.nnz)


def test_a_second_connector_replaces_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    *_, proj = ends()
    proj.connect_all_to_all(1.0, storage_format="dense")
    proj.connect_one_to_one(1.0)
    assert "Projection proj was already connected ... data will be overwritten." in capsys.readouterr().out
    assert (proj.connector_name, proj._storage_format) == ("One-to-One", "lil")


def test_descriptions() -> None:
    *_, proj = ends()
    gaussian = "Gaussian, amplitude 1.0, sigma 0.2, delays 0.0"
    dog = r"Difference-of-Gaussian, A+ 1.0, sigma+ 0.2, A- 0.3, sigma- 0.7, delays $\mathcal{U}$(1, 2)"
    assert proj.connect_gaussian(1.0, 0.2).connector_description == gaussian
    assert proj.connect_dog(1.0, 0.2, 0.3, 0.7, delays=Uniform(1, 2)).connector_description == dog
    sparse = proj.connect_from_sparse(sp.csr_matrix((3, 2)))
    assert sparse.connector_description == "Sparse connectivity matrix"


def test_receptive_fields_lie_where_their_neurons_lie() -> None:
    net, *_, proj = ends((2, 3), (3, 2))
    weights = 1.0 + np.arange(36.0).reshape(6, 6)
    matrix = weights.astype(object)
    matrix[4, :], matrix[1, 3] = None, None
    proj.connect_from_matrix(matrix)
    net.compile(silent=True)
    known = np.where(matrix == np.array(None), 0.0, weights)
    fields = proj.receptive_fields()
    assert fields.shape == (1 + 3 * 2, 2 * 3)
    assert not fields[0].any()
    for rank in range(6):
        row, column = divmod(rank, 2)
        part = fields[1 + 2 * row : 3 + 2 * row, 3 * column : 3 * column + 3]
        np.testing.assert_array_equal(part, known[rank].reshape(2, 3))
    grid = proj.receptive_fields(in_post_geometry=False)  # five neurons: two columns, three rows
    assert grid.shape == (1 + 3 * 2, 2 * 3)
    np.testing.assert_array_equal(grid[5:7, 0:3], known[5].reshape(2, 3))
    assert not grid[5:7, 3:6].any()
    with pytest.raises(EngineError, match="no attribute 'x'"):
        proj.receptive_fields("x")


def test_receptive_fields_need_two_dimensions() -> None:
    net, *_, proj = ends((2, 3), 4)
    proj.connect_all_to_all(1.0)
    with pytest.raises(EngineError, match="before the network is compiled"):
        proj.receptive_fields()
    net.compile(silent=True)
    with pytest.raises(EngineError, match="post has the geometry"):
        proj.receptive_fields()
    np.testing.assert_array_equal(proj.receptive_fields(in_post_geometry=False)[1:], np.ones((4, 6)))


def test_efferent_synapses() -> None:
    net, *_, proj = ends(4, 3, SPIKING)
    proj.connect_from_matrix([[1.0, None, 1.0, None], [None, None, 1.0, None], [1.0, None, 1.0, None]])
    net.compile(silent=True)
    assert proj.nb_efferent_synapses() == {0: 2, 2: 3}


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
