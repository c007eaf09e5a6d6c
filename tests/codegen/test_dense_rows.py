"""Dense rows: what they are, and that reading no ranks changes no bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from execution import POST, PRE, Case, S, assert_close, assert_same_bits, interpret, number, op, real, run

from engine import STDP, Network, Neuron, Oja, Projection, Synapse
from engine.codegen import generated_code
from engine.codegen.ir import (
    Accumulate,
    Each,
    EachEvent,
    EachRow,
    EachSynapse,
    Emit,
    If,
    Kernel,
    Load,
    Reduction,
    Store,
    Symbol,
)
from engine.codegen.lowering import synapses
from engine.codegen.lowering.dense import DenseRows, dense_rows
from engine.codegen.printer import print_plan

# --- what is dense ----------------------------------------------------------------------------------------


def of(joined: np.ndarray) -> DenseRows | None:
    offsets = np.concatenate([[0], np.cumsum(joined.sum(axis=1))])
    return dense_rows(offsets, np.nonzero(joined)[1].astype(np.uint16))


def matrix(rows: slice, columns: slice, hole: bool, shape: tuple[int, int] = (60, 50)) -> np.ndarray:
    joined = np.zeros(shape, dtype=bool)
    joined[rows, columns] = True
    if hole:
        np.fill_diagonal(joined, False)
    return joined


@pytest.mark.parametrize("rows", [slice(0, 60), slice(7, 33), slice(40, 60), slice(0, 1)])
@pytest.mark.parametrize("columns", [slice(0, 50), slice(10, 45), slice(20, 50)])
@pytest.mark.parametrize("hole", [False, True])
def test_rectangles_are_dense_with_their_diagonal_or_without(rows: slice, columns: slice, hole: bool) -> None:
    joined = matrix(rows, columns, hole)
    overlaps = matrix(rows, columns, False)[np.arange(50), np.arange(50)].any()
    found = of(joined)
    if rows == slice(0, 1) and columns.start == 0 and hole:
        assert found == DenseRows(1, columns.stop, hole=False), "the only row begins beyond its own rank"
    else:
        assert found == DenseRows(columns.start, columns.stop, hole and bool(overlaps))


@pytest.mark.parametrize("place", [(5, 7), (5, 0), (5, 49), (5, 4), (5, 6), (0, 1), (59, 20)])
@pytest.mark.parametrize("hole", [False, True])
def test_one_other_gap_is_not_dense(place: tuple[int, int], hole: bool) -> None:
    joined = matrix(slice(0, 60), slice(0, 50), hole)
    joined[place] = False
    assert of(joined) is None


def test_a_filled_diagonal_or_another_one_is_not_dense() -> None:
    joined = matrix(slice(0, 60), slice(0, 50), True)
    joined[5, 5] = True
    assert of(joined) is None
    assert of(np.roll(matrix(slice(0, 60), slice(0, 50), True), 1, axis=0)) is None


def test_short_rows_and_no_rows_are_not_dense() -> None:
    assert of(matrix(slice(0, 60), slice(0, 15), False)) is None
    assert of(matrix(slice(0, 60), slice(0, 16), False)) == DenseRows(0, 16, hole=False)
    assert of(matrix(slice(0, 0), slice(0, 50), False)) is None


# --- loops ------------------------------------------------------------------------------------------------


def loops(hole: bool, precision: str = "double") -> Case:
    """A plan of all loops over dense rows; nobody can read their columns, since these are wrong."""
    rng = np.random.default_rng(8)
    sizes = {"n": 150, "m": 150, "lowest": 20, "in_past": 117, "out_past": 143}
    case = Case(sizes=sizes, precision=precision)
    inward = matrix(slice(3, 140), slice(20, 117), hole, (150, 150))
    outward = matrix(slice(10, 150), slice(20, 143), hole, (150, 150))
    for name, rows, joined in (("in", "post", inward), ("out", "pre", outward)):
        case.matrix(name, rows, "n", "m", joined)
        case.matrices[-1] = replace(case.matrices[-1], first="lowest", past=f"{name}_past", hole=hole)
        case.buffer(f"{name}_w", rng.normal(size=int(joined.sum())), "real", f"{name}_nnz")
    case.buffer("r", rng.normal(size=150), "real", "n")
    for name in ("g", "sum", "least", "counted", "learnt", "touched", "h"):
        case.buffer(name, 0.0, "real", "m")
    case.event_list("spikes", "n")
    fires = op("==", op("mod", op("+", Symbol("i", "int"), Symbol("step", "int")), number(7)), number(0))
    case.add(5, Kernel("fire", Each("n"), (If(fires, (Emit("spikes", Symbol("i", "int")),)),)))
    psp, i = op("*", case.load("in_w", S), Load("r", PRE)), Symbol("length", "int")
    for name, operator, start in (("sum", "+", 0.0), ("least", "min", np.inf)):
        total = Accumulate(name, POST, "+", Symbol(f"_{name}"))
        reduction = Reduction(f"_{name}", operator, real(start), psp)
        after = (If(op(">", i, number(0)), (total,)), Accumulate("counted", POST, "+", Load("r", POST)))
        case.add(2, Kernel(name, EachRow("in"), (), None, reduction, after))
    grown = Store("in_w", S, op("*", case.load("in_w", S), op("+", real(1.0), Load("g", POST))))
    reduction = Reduction("_learnt", "+", real(0.0), psp)
    learnt = Store("learnt", POST, Symbol("_learnt"))
    other = op("+", case.load("out_w", S), op("*", Load("r", PRE), Load("touched", POST)))
    spiked = EachEvent("spikes", "out", number(1))
    case.add(2, Kernel("deliver", spiked, (Accumulate("g", POST, "+", other),)))
    limited = (Accumulate("h", POST, "+", other), Accumulate("h", POST, "min", real(3.0)))
    case.add(2, Kernel("deliver within limits", spiked, limited))
    case.add(8, Kernel("learn", EachRow("in"), (grown,), None, reduction, (learnt,)))
    case.add(8, Kernel("every", EachSynapse("out"), (Store("out_w", S, op("*", other, real(1.1))),)))
    add = Accumulate("touched", POST, "+", op("*", case.load("in_w", S), Load("r", PRE)))
    case.add(8, Kernel("touch", EachSynapse("in"), (add,)))
    return case


def without_columns(case: Case) -> Case:
    """The columns of inward rows are wrong from now on; those of outward ones make the parts of threads."""
    case.values["in_columns"] = np.zeros_like(case.values["in_columns"])
    return case


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("hole", [False, True])
def test_dense_rows_have_the_bits_of_sparse_ones(hole: bool, precision: str) -> None:
    sparse = loops(hole, precision)
    sparse.matrices = [replace(m, first="", hole=False) for m in sparse.matrices]
    expected = run(sparse, 3)
    for threads in (1, 2, 3):
        dense = without_columns(loops(hole, precision))
        found = run(dense, 3, "openmp" if threads > 1 else "single", threads)
        found.arrays["in_columns"] = expected.arrays["in_columns"]
        assert_same_bits(found.arrays, expected.arrays)
    assert np.ptp(expected.arrays["g"]) > 0.0, "the case must deliver spikes"


@pytest.mark.parametrize("hole", [False, True])
def test_dense_rows_agree_with_the_interpreter(hole: bool) -> None:
    case = without_columns(loops(hole))
    assert_close(run(case, 2).arrays, interpret(case, 2).arrays)


# --- networks ---------------------------------------------------------------------------------------------

RATE = Neuron(parameters="tau = 10.0\nB = 0.5", equations="tau * dr/dt + r = sum(exc) + B")
SPIKE = Neuron(
    parameters="tau = 20.0\nI = 1.2",
    equations="tau * dv/dt = I - v + g_exc : init = 0.0\n5.0 * dg_exc/dt = -g_exc",
    spike="v > 1.0",
    reset="v = 0.0",
)


def network(neuron: Neuron, synapse: Synapse | None, threads: int, views: bool, itself: bool) -> Network:
    made = Network(dt=1.0, seed=5)
    made.config(num_threads=threads)
    population = made.create(150, neuron, name="all")
    for name in ("B", "I"):
        if name in population.parameters:
            population.set({name: np.linspace(0.5, 1.5, 150)})
    pre, post = (population[10:127], population[30:141]) if views else (population, population)
    projection = made.connect(pre, post, "exc", synapse)
    weights = np.random.default_rng(2).uniform(0.0, 0.002, (post.size, pre.size))
    absent = np.equal.outer(post.ranks, pre.ranks) & (not itself)
    projection.connect_from_matrix(np.where(absent, None, weights.astype(object)))
    made.compile()
    return made


def values(made: Network) -> bytes:
    population, projection = made.populations[0], made.projections[0]
    variables = [np.asarray(population.get(name)).tobytes() for name in population.variables]
    return b"".join(variables) + np.concatenate([np.asarray(row) for row in projection.w]).tobytes()


def run_all(made: Network) -> None:
    """Rates in one call, in which rules sum for the next step; spikes step by step."""
    spiking = made.populations[0].model.kind == "spike"
    for _ in range(40 if spiking else 1):
        made.simulate(1.0 if spiking else 40.0)


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize("views", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda: (RATE, None),
        lambda: (RATE, Synapse(psp="w * pre.r * post.r", operation="max")),
        lambda: (RATE, Synapse(psp="w * pre.r", operation="mean")),
        lambda: (RATE, Oja(eta=0.01)),
        lambda: (SPIKE, None),
        lambda: (SPIKE, STDP(A_plus=0.01, A_minus=0.01, w_max=0.01)),
    ],
    ids=["sum", "max", "mean", "Oja", "spikes", "STDP"],
)
def test_networks_have_the_bits_of_sparse_rows(
    make: Callable[[], tuple[Neuron, Synapse | None]],
    views: bool,
    itself: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for threads in (1, 2):
        dense = network(*make(), threads, views, itself)
        assert dense.projections[0].stored_as == "dense"
        run_all(dense)
        found.append(values(dense))
    monkeypatch.setattr(synapses, "dense_rows", lambda *rows: None)
    sparse = network(*make(), 1, views, itself)
    assert sparse.projections[0].stored_as == "sparse"
    run_all(sparse)
    assert found == [values(sparse)] * 2


def test_spikes_that_only_add_do_so_in_several_rows_at_a_time() -> None:
    assert "sum_0 += out_w[s] + r[pre]" in print_plan(loops(hole=False).plan(), "single")
    text = generated_code(network(SPIKE, None, 1, views=False, itself=False))
    assert "nl_add_rows<true>(pop0_" in text
    learning = generated_code(network(SPIKE, STDP(), 1, views=False, itself=False))
    assert "sum_0" not in learning and "nl_add_rows" not in learning and "beyond" in learning


def test_the_row_of_a_neuron_that_fires_is_on_its_way_before_it_is_added() -> None:
    fetched = "__builtin_prefetch(&proj0_w[at + k], 0, 1);"
    emission, delay = "_emitted++] = (int32_t)i;", "if (synapses0_delay == 1 && "
    text = generated_code(network(SPIKE, None, 1, views=True, itself=False))
    assert text.index(fetched) > text.index(delay) > text.index(emission)
    assert fetched not in generated_code(network(SPIKE, STDP(), 1, views=True, itself=False))
    made = Network(dt=1.0)
    population = made.create(150, SPIKE)
    made.connect(population, population, "exc").connect_all_to_all(0.1)
    made.compile()
    assert delay not in generated_code(made), "there is nothing to fetch where all weights are one"


def test_dense_rows_read_no_ranks() -> None:
    made = network(RATE, None, 1, views=False, itself=False)
    assert "synapses0_pre" not in generated_code(made)
    assert "synapses0_post" not in generated_code(network(SPIKE, None, 1, views=True, itself=True))


def test_where_synapses_may_end_rows_stay_sparse() -> None:
    made = Network(dt=1.0)
    made.config(structural_plasticity=True)
    population = made.create(40, RATE)
    projection: Projection = made.connect(population, population, "exc")
    projection.connect_all_to_all(0.1)
    made.compile()
    assert projection.stored_as == "sparse"
    projection[3].prune_synapse(7)
    made.simulate(3.0)
    assert projection.nb_synapses == 40 * 39 - 1
