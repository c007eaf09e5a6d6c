"""Rows that are nothing but ranks are asked for when their neurons fire; what is delivered stays the same."""

from __future__ import annotations

import numpy as np
import pytest
from execution import POST, Case, I, S, assert_close, assert_same_bits, interpret, number, op, real, run

from engine.codegen.access import check_stores
from engine.codegen.early_rows import FIRST
from engine.codegen.ir import Accumulate, Each, EachEvent, Emit, Expr, If, Kernel, Load, Symbol
from engine.codegen.printer import print_plan

N, M = 40, 300
ASKED = f"if (spikes_emitted <= {FIRST})"


def case_of(weight: Expr, lag: int = 1, density: float = 0.3) -> Case:
    """Every fifth neuron fires in turn: more than those whose rows are asked for, the last one too."""
    rng = np.random.default_rng(8)
    joined = rng.random((N, M)) < density
    case = Case(sizes={"n": N, "m": M}, precision="double")
    case.matrix("out", "pre", "n", "m", joined)
    case.buffer("w", rng.normal(size=int(joined.sum())), "real", "out_nnz")
    case.buffer("g", np.zeros(M), "real", "m")
    case.event_list("spikes", "n", slots=lag + 1)
    turn = op("mod", op("+", I, Symbol("step", "int")), number(5))
    fires = If(op("==", turn, number(0)), (Emit("spikes", I),))
    case.add(5, Kernel("fire", Each("n"), (fires,)))
    body = (Accumulate("g", POST, "+", weight),)
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(lag)), body))
    check_stores(case.plan())
    return case


@pytest.mark.parametrize("lag", [1, 2])
def test_the_same_arrives(lag: int) -> None:
    case = case_of(real(0.5), lag)
    text = print_plan(case.plan(), "single")
    assert text.count(ASKED) == 1
    assert f"if ({lag}L == 1)" in text.split(ASKED)[1]
    found = {threads: run(case, 7, "openmp", threads).arrays for threads in (1, 2, 3)}
    assert found[1]["g"].any()
    for threads in (2, 3):
        assert_same_bits(found[threads], found[1])
    assert_close(found[1], interpret(case, 7, 1).arrays)


def test_rows_with_values_of_synapses_are_left_to_the_delivery() -> None:
    text = print_plan(case_of(Load("w", S)).plan(), "single")
    assert "spikes_emitted++" in text and ASKED not in text
