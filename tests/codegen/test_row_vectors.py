"""Sums over sparse rows as explicit vectors: the bits of one synapse after the other."""

from __future__ import annotations

from dataclasses import replace

import execution
import numpy as np
import pytest
from execution import (
    POST,
    PRE,
    Case,
    S,
    assert_close,
    assert_same_bits,
    call,
    interpret,
    number,
    op,
    real,
    run,
)

from engine.codegen.ir import (
    Accumulate,
    EachRow,
    Expr,
    Kernel,
    Let,
    Load,
    Reduction,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.printer import print_plan

N, M = 300, 130

TAKES_PART = op("*", Load("w", S), Load("r", PRE))


def case_of(
    value: Expr,
    body: tuple[Statement, ...] = (),
    ranks: str = "uint16",
    precision: str = "double",
    op: str = "+",
) -> Case:
    """Rows of 0 to 129 synapses from 300 neurons."""
    rng = np.random.default_rng(6)
    joined = np.zeros((M, N), bool)
    for row in range(M):
        joined[row, rng.choice(N, row, replace=False)] = True
    case = Case(sizes={"n": N, "m": M}, precision=precision)
    case.matrix("in", "post", "m", "m", joined)
    if ranks != "int32":
        case.values["in_columns"] = case.values["in_columns"].astype(ranks)
        case.buffers = [replace(b, dtype=ranks) if b.name == "in_columns" else b for b in case.buffers]
    for name, count in (("w", "in_nnz"), ("r", "n"), ("threshold", "m")):
        size = case.sizes[count]
        case.buffer(name, rng.normal(size=size), "real", count)
    case.buffer("total", 0.0, "real", "m")
    reduction = Reduction("_total", op, real(0.0), value)  # type: ignore[arg-type]
    taken = (Accumulate("total", POST, "+", Symbol("_total")),)
    case.add(2, Kernel("weighted sum", EachRow("in"), body, None, reduction, taken))
    return case


def alone(plan: object, target: object) -> str:
    """The text without vectors."""
    return print_plan(plan, target).replace("#ifdef NL_LANES", "#if 0")  # type: ignore[arg-type]


def has_vectors(case: Case) -> bool:
    return "summed(first + k, nl_every<real>)" in print_plan(case.plan(), "single")


@pytest.mark.parametrize("ranks", ["uint16", "int32"])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("way", ["product", "of the row", "named"])
def test_vectors_have_the_bits_of_single_synapses(
    monkeypatch: pytest.MonkeyPatch, ranks: str, precision: str, way: str
) -> None:
    beyond = call("pos", op("-", call("exp", Load("r", PRE)), Load("threshold", POST)))
    value: Expr = (
        TAKES_PART if way == "product" else call("fma", Load("w", S), beyond, Load("threshold", POST))
    )
    body: tuple[Statement, ...] = ()
    if way == "named":
        body, value = (Let("_value", value),), call("min", Symbol("_value"), real(1.5))
    case = case_of(value, body, ranks, precision)
    assert has_vectors(case)
    found = {threads: run(case, 3, "openmp", threads).arrays for threads in (1, 2, 3)}
    for threads in (2, 3):
        assert_same_bits(found[threads], found[1])
    monkeypatch.setattr(execution, "print_plan", alone)
    assert_same_bits(run(case, 3, "openmp", 1).arrays, found[1])
    if precision == "double":
        assert_close(found[1], interpret(case, 3).arrays, 1e-12)
    assert np.ptp(found[1]["total"]) > 1.0


@pytest.mark.parametrize(
    ("value", "body", "operation"),
    [
        (call("cbrt", TAKES_PART), (), "+"),
        (Load("threshold", POST), (), "+"),
        (op("*", Load("w", S), Load("r", op("-", number(N - 1), PRE))), (), "+"),
        (TAKES_PART, (Store("w", S, op("*", Load("w", S), real(0.9))),), "+"),
        (TAKES_PART, (), "max"),
    ],
    ids=["library", "the same for all", "computed rank", "stores", "largest"],
)
def test_what_has_no_vector_form_stays_a_loop(
    value: Expr, body: tuple[Statement, ...], operation: str
) -> None:
    case = case_of(value, body, op=operation)
    assert not has_vectors(case)
    assert_close(run(case, 3).arrays, interpret(case, 3).arrays, 1e-12)
