"""Long rows that many spikes reach: other loops than those of short rows or few spikes, the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from execution import POST, Case, I, S, assert_close, assert_same_bits, interpret, number, op, run

from engine.codegen.access import check_stores
from engine.codegen.arrivals import LONG, MANY, UNIT
from engine.codegen.ir import (
    Accumulate,
    Each,
    EachEvent,
    Emit,
    Expr,
    If,
    Kernel,
    Load,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.printer import print_plan

N, M = 30, 2 * LONG + 100
CONDITION = f"if (last - from >= {LONG} && end - first >= {MANY})"


def case_of(precision: str, fires: Expr, *more: Statement) -> Case:
    """Rows of about nine in ten of M synapses, of which one thread of three has too few to be long."""
    rng = np.random.default_rng(3)
    joined = rng.random((N, M)) < 0.9
    case = Case(sizes={"n": N, "m": M}, precision=precision)
    case.matrix("out", "pre", "n", "m", joined)
    case.buffer("w", rng.normal(size=int(joined.sum())), "real", "out_nnz")
    case.buffer("g", rng.normal(size=M), "real", "m")
    case.event_list("spikes", "n")
    case.add(5, Kernel("fire", Each("n"), (If(fires, (Emit("spikes", I),)),)))
    body = (Accumulate("g", POST, "+", Load("w", S)), *more)
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), body))
    check_stores(case.plan())
    return case


def every(period: int) -> Expr:
    """Neurons fire in turn, so many steps apart."""
    return op("==", op("mod", op("+", I, Symbol("step", "int")), number(period)), number(0))


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("period", [1, 2, N])
def test_rows_are_added_alike_however_long_and_many(precision: str, period: int) -> None:
    """All neurons fire, half of them, or one: on one and two threads rows are long, on three they are not."""
    case = case_of(precision, every(period))
    assert M * 0.9 / 2 > LONG > M * 0.9 / 3 > UNIT
    found = {threads: run(case, 6, "openmp", threads).arrays for threads in (1, 2, 3)}
    for threads in (2, 3):
        assert_same_bits(found[threads], found[1])
    if precision == "double":
        assert_close(found[1], interpret(case, 6).arrays, 1e-13)


@pytest.mark.parametrize("ranks", ["int32", "uint16"])
def test_rows_of_any_length_and_kind_of_ranks_give_the_same_sums(ranks: str) -> None:
    """Whole words of ranks, what is left of them, and nothing."""
    rng = np.random.default_rng(5)
    lengths = [*range(2 * UNIT + 7), LONG - 1, LONG, LONG + UNIT - 1, 0, 1]
    joined = np.zeros((len(lengths), M), bool)
    for row, length in zip(joined, lengths, strict=True):
        row[rng.choice(M, length, replace=False)] = True
    sums = {}
    for precision in ("double", "float"):
        case = Case(sizes={"n": len(lengths), "m": M}, precision=precision)
        case.matrix("out", "pre", "n", "m", joined, ranks=ranks)
        case.buffer("w", rng.integers(1, 1 << 12, int(joined.sum())), "real", "out_nnz")
        case.buffer("g", 0.0, "real", "m")
        case.event_list("spikes", "n")
        case.add(5, Kernel("fire", Each("n"), (If(every(2), (Emit("spikes", I),)),)))
        body = (Accumulate("g", POST, "+", Load("w", S)),)
        case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), body))
        expected = interpret(case, 4).arrays
        for threads in (1, 3):
            assert_close(run(case, 4, "openmp", threads).arrays, {"g": expected["g"]}, 0.0)
        sums[precision] = expected["g"]
    assert all(np.count_nonzero(found) > M / 2 for found in sums.values())


@pytest.mark.parametrize("precision", ["double", "float"])
def test_rows_go_to_the_second_cache_where_nobody_waits_for_memory(precision: str) -> None:
    text = print_plan(case_of(precision, every(1)).plan(), "single")
    loop = text[text.index(CONDITION) :].split("}", 1)[0]
    assert "nl_each_rank<32>(&out_columns[from], from, onto);" in loop
    assert "__builtin_prefetch(&w[from + ahead], 0, 1);" in loop


def test_what_else_happens_at_a_synapse_has_the_loop_of_all_rows() -> None:
    case = case_of("double", every(1), Store("w", S, op("+", Load("w", S), Load("w", S))))
    assert CONDITION not in print_plan(case.plan(), "single")
