"""Synapses as explicit vectors: the bits of one synapse after the other, whatever the rows are like."""

from __future__ import annotations

from dataclasses import replace

import execution
import numpy as np
import pytest
from execution import (
    POST,
    PRE,
    Case,
    I,
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

from engine.codegen.access import check_stores
from engine.codegen.ir import (
    Accumulate,
    Cast,
    Each,
    EachEvent,
    EachSynapse,
    Emit,
    If,
    Kernel,
    Let,
    Load,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.plan import Buffer
from engine.codegen.printer import print_plan

N, M, KEPT = 45, 200, 4


def case_of(body: list[Statement], ranks: str = "uint16", precision: str = "double", tiles: int = 0) -> Case:
    """Rows of 0 to 44 synapses, and one of all; each neuron fires every third step."""
    rng = np.random.default_rng(5)
    joined = np.zeros((N, M), bool)
    for row in range(N):
        joined[row, rng.choice(M, M if row == 17 else row, replace=False)] = True
    case = Case(sizes={"n": N, "m": M, "kept": KEPT * M}, precision=precision)
    case.matrix("out", "pre", "n", "m", joined, tiles)
    if ranks != "int32":
        case.values["out_columns"] = case.values["out_columns"].astype(ranks)
        case.buffers = [replace(b, dtype=ranks) if b.name == "out_columns" else b for b in case.buffers]
    case.buffer("w", rng.normal(size=int(joined.sum())), "real", "out_nnz")
    case.buffer("z", rng.normal(size=int(joined.sum())), "real", "out_nnz")
    case.values["seen"] = rng.integers(0, 2, int(joined.sum())).astype(np.uint8)
    case.buffers.append(Buffer("seen", "uint8", "out_nnz"))
    case.buffer("missed", rng.integers(1, KEPT, M), "int32", "m")
    case.buffer("sums", rng.normal(size=KEPT * M), "real", "kept")
    case.buffer("g", 0.0, "real", "m")
    case.buffer("h", rng.normal(size=M), "real", "m")
    case.buffer("x", rng.normal(size=N), "real", "n")
    case.buffer("switch", 1, "int64")
    case.event_list("spikes", "n")
    fires = op("==", op("mod", op("+", I, Symbol("step", "int")), number(3)), number(0))
    case.add(5, Kernel("fire", Each("n"), (If(fires, (Emit("spikes", I),)),)))
    case.add(2, Kernel("deliver", EachEvent("spikes", "out", number(1)), tuple(body)))
    check_stores(case.plan())
    return case


def at(name: str, index: Symbol, kind: str = "real") -> Load:
    return Load(name, index, kind)  # type: ignore[arg-type]


def rule() -> list[Statement]:
    """A plastic synapse with all that there are vectors of."""
    w, z, h = at("w", S), at("z", S), at("h", POST)
    missed, seen = at("missed", POST, "int"), at("seen", S, "int")
    place = op("+", op("*", op("-", missed, seen), Symbol("m", "int")), POST)
    grown = op("+", w, op("*", at("x", PRE), Load("sums", place)))
    far = op("and", op("<", op("-", z, h), real(0.5)), op("not", op(">=", h, call("exp", z))))
    return [
        Let("_grown", call("clip", grown, real(-1.5), real(2.0))),
        Let("_double", op("*", real(2.0), at("x", PRE))),
        Store("seen", S, missed),
        Store("w", S, Symbol("_grown")),
        Let("_far", far),
        Accumulate("g", POST, "+", call("fma", w, z, op("neg", Symbol("_double")))),
        If(Symbol("_far", "bool"), (Store("z", S, op("/", z, op("+", real(2.0), call("pos", h)))),)),
        If(
            op("!=", at("switch", number(0), "int"), number(0)),  # type: ignore[arg-type]
            (
                Store("w", S, Select(op("or", Symbol("_far", "bool"), op("<", w, real(0.0))), z, w)),
                If(op(">", z, real(0.0)), (Accumulate("g", POST, "-", call("sqrt", call("max", z, w))),)),
            ),
        ),
        Accumulate("h", POST, "*", call("min", real(1.01), call("neg", w))),
    ]


def alone(plan: object, target: object) -> str:
    """The text without vectors."""
    return print_plan(plan, target).replace("#ifdef NL_LANES", "#if 0")  # type: ignore[arg-type]


@pytest.mark.parametrize("ranks", ["uint16", "int32"])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("tiles", [0, 3])
def test_vectors_have_the_bits_of_single_synapses(
    monkeypatch: pytest.MonkeyPatch, ranks: str, precision: str, tiles: int
) -> None:
    case = case_of(rule(), ranks, precision, tiles)
    text = print_plan(case.plan(), "single")
    assert "synapses(from + k, nl_every<real>)" in text or "synapses(from, nl_every<real>)" in text
    found = {threads: run(case, 7, "openmp", threads).arrays for threads in (1, 2, 3)}
    for threads in (2, 3):
        assert_same_bits(found[threads], found[1])
    monkeypatch.setattr(execution, "print_plan", alone)
    assert_same_bits(run(case, 7, "openmp", 1).arrays, found[1])
    if precision == "double":
        assert_close(found[1], interpret(case, 7).arrays, 1e-12)


@pytest.mark.parametrize(
    "statement",
    [
        Store("w", S, call("cbrt", at("w", S))),
        Store("w", S, Cast(op("*", at("missed", POST, "int"), at("missed", POST, "int")), "real")),
        Let("_count", op("+", at("missed", POST, "int"), number(1))),
        If(op(">", at("w", S), real(0.0)), (Store("w", S, Load("sums", op("+", POST, number(1)))),)),
    ],
)
def test_what_has_no_vector_form_stays_a_loop(statement: Statement) -> None:
    """A function of the library, whole numbers that may leave 32 bits or get a name, and elements that need
    not be there where a condition does not hold."""
    case = case_of([statement, Store("z", S, at("w", S))])
    assert "NL_LANES" not in print_plan(case.plan(), "single").split("nl_thread", 1)[1]
    assert_close(run(case, 5).arrays, interpret(case, 5).arrays, 1e-13)


def test_arrays_beyond_32_bits_are_not_indexed_by_lanes() -> None:
    text = print_plan(case_of(rule()).plan(), "single")
    assert "if (kept < 1L << 31)" in text


# --- rules of all synapses --------------------------------------------------------------------------------


def learning_case(rows: str, shape: str, precision: str) -> Case:
    """A rule with conditions at all synapses of sparse rows, or of dense ones with or without a hole."""
    rng = np.random.default_rng(6)
    sizes = {"n": 150, "m": 150, "lowest": 20, "past": 133}
    case = Case(sizes=sizes, precision=precision)
    joined = np.zeros((150, 150), bool)
    if shape == "sparse":
        for row in range(150):
            joined[row, rng.choice(150, row % 45, replace=False)] = True
    else:
        joined[3:140, 20:133] = True
    if shape == "hole":
        np.fill_diagonal(joined, False)
    case.matrix("all", rows, "n", "m", joined)
    if shape != "sparse":
        first = replace(case.matrices[-1], first="lowest", past="past", hole=shape == "hole")
        case.matrices[-1] = first
    for name in ("w", "z"):
        case.buffer(name, rng.normal(size=int(joined.sum())), "real", "all_nnz")
    for name in ("x", "h"):
        case.buffer(name, rng.normal(size=150), "real", "n")
    inner, outer = (POST, PRE) if rows == "pre" else (PRE, POST)
    w, z, h = at("w", S), at("z", S), at("h", inner)
    positive = op(">", op("*", z, h), real(0.1))
    body = (
        Let("_gain", op("*", real(0.1), at("x", outer))),
        Store("z", S, Select(positive, op("*", z, at("x", outer)), call("neg", op("-", h, w)))),
        *(Store("z", S, op("+", z, call("pow", op("*", real(0.3), h), real(n)))) for n in range(2, 9)),
        Store("z", S, op("-", z, op("*", call("sin", z), call("fabs", call("cos", op("+", z, h)))))),
        If(op("<", z, real(1.0)), (Store("w", S, call("fma", Symbol("_gain"), z, w)),)),
        Store("w", S, call("max", real(-3.0), call("min", w, real(3.0)))),
    )
    case.add(8, Kernel("rule", EachSynapse("all"), body))
    check_stores(case.plan())
    return case


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("shape", ["sparse", "dense", "hole"])
@pytest.mark.parametrize("rows", ["pre", "post"])
def test_rules_are_vectors_with_the_bits_of_single_synapses(
    monkeypatch: pytest.MonkeyPatch, rows: str, shape: str, precision: str
) -> None:
    case = learning_case(rows, shape, precision)
    assert "synapses(from, nl_every<real>)" in print_plan(case.plan(), "single")
    found = {threads: run(case, 5, "openmp", threads).arrays for threads in (1, 2, 3)}
    for threads in (2, 3):
        assert_same_bits(found[threads], found[1])
    monkeypatch.setattr(execution, "print_plan", alone)
    assert_same_bits(run(case, 5, "openmp", 1).arrays, found[1])
    if precision == "double":
        for name, array in interpret(case, 5).arrays.items():
            np.testing.assert_allclose(found[1][name], array, rtol=1e-10, atol=1e-13, err_msg=name)
