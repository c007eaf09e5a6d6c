"""Every domain and statement: printed, compiled and run against the interpreter, on one and two threads."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from execution import (
    POST,
    PRE,
    ROW,
    STEP,
    TICK,
    ZERO,
    Case,
    I,
    S,
    T,
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
    Cast,
    Comment,
    Const,
    Draw,
    Each,
    EachAbsent,
    EachBlock,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    Expr,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Once,
    Reduction,
    Select,
    Store,
    Symbol,
    Total,
)

STEPS = 12


def slot(lag: int, count: str, index: Expr) -> Expr:
    """Index into a history with three slots."""
    row = op("mod", op("-", TICK, number(lag)), Symbol("spikes_slots", "int"))
    return op("+", op("*", row, Symbol(count, "int")), index)


def network() -> Case:
    """Two spiking populations, plastic synapses, a rate matrix, delays, events and records of all kinds."""
    rng = np.random.default_rng(5)
    case = Case(sizes={"n": 200, "m": 130, "one": 1, "few": 7})
    case.sizes["past"] = 3 * 200
    # v_ and v-: two names that would become the same identifier; class: a keyword; t and i: symbols of ours.
    case.buffer("v-", rng.uniform(0, 1, 200), "real", "n")
    case.buffer("v_", rng.uniform(0, 1, 200), "real", "n")
    case.buffer("class", 0.4, "real")
    case.buffer("t", 0.25, "real")
    case.buffer("i", rng.uniform(0.9, 1.1, 200), "real", "n")
    case.buffer("u", rng.uniform(0, 1, 130), "real", "m")
    case.buffer("g", 0.0, "real", "m")
    case.buffer("sum", 0.0, "real", "m")
    case.buffer("low", 0.0, "real", "m")
    case.buffer("high", 0.0, "real", "m")
    case.buffer("mean", 0.0, "real")
    case.buffer("on", 1, "bool")
    case.sizes["blocks"] = 4
    for name, kind in (("norm", "real"), ("top", "real"), ("any", "int64")):
        case.buffer(name, 0, kind)
        case.buffer(f"{name}_parts", 0, kind, "blocks")
    case.buffer("awake", rng.random(200) < 0.5, "bool", "n")
    case.buffer("short", 3, "int32", "n")
    case.buffer("last", -10000, "int64", "n")
    case.buffer("history", 0.5, "real", "past")
    case.buffer("delay", 2, "int64")
    case.event_list("spikes", "n")
    case.event_list("others", "m", 2)
    wired = rng.random((200, 130)) < 0.1
    case.matrix("out", "pre", "n", "m", wired, tiles=2)
    case.matrix("in", "post", "m", "m", wired.T)
    nnz = case.sizes["out_nnz"]
    storage = np.zeros_like(wired, dtype=np.int64)
    storage[wired] = np.arange(nnz)
    case.buffer("in_index", storage.T[wired.T], "int64", "in_nnz")
    case.matrices.append(
        case.matrices[1].__class__(**{**vars(case.matrices[1]), "name": "back", "index": "in_index"})
    )
    case.buffer("w", rng.uniform(0, 1, nnz), "real", "out_nnz")
    case.buffer("trace", 0.0, "real", "out_nnz")
    case.buffer("factor", rng.uniform(0, 1, nnz), "real", "in_nnz")
    _queue(case, rng)
    _neurons(case)
    _synapses(case)
    _records(case, rng)
    case.schedule.sort(key=lambda entry: entry.phase)
    return case


def _queue(case: Case, rng: np.random.Generator) -> None:
    """Spikes on their way to synapses that have one of two delays; every fifth step takes none."""
    case.event_list("queue", "n")
    case.buffer("behind", 1, "int64")
    case.events[-1] = dataclasses.replace(case.events[-1], behind="behind")
    case.sizes |= {"ways": 400, "delays": 2}
    case.matrix("routes", "pre", "ways", "m", rng.random((400, 130)) < 0.1)
    case.buffer("ages", [2, 0], "int64", "delays")
    case.buffer("late", 0.0, "real", "routes_nnz")
    arrive = (
        Accumulate("g", POST, "+", op("*", Load("v_", PRE), real(0.01))),
        Store("late", S, op("+", case.load("late", S), real(1.0))),
    )
    taken = op("!=", op("mod", STEP, number(5)), number(3))
    case.add(2, Kernel("take", EachSpike("spikes", number(1)), (Emit("queue", I),), taken))
    case.add(2, Kernel("arrive", EachDue("queue", "routes", "ages", "delays"), arrive))


def _neurons(case: Case) -> None:
    load = case.load
    case.prologue = (
        Let("decay", call("exp", op("/", real(-case.dt), load("class")))),
        Let("unused", real(1.0)),
        Let("twice", op("*", Symbol("decay"), real(2.0))),
    )
    old = Load("history", slot(2, "n", I))
    equations = (
        Comment("dv/dt = 1 */ \\\n#error \\"),
        Let("_V", op("+", op("*", load("v-"), Symbol("decay")), op("*", real(0.3), load("i")))),
        Let(
            "kick",
            op("*", Draw("Uniform", (real(0.0), real(0.2)), 1, I), op("-", real(2.0), Symbol("twice"))),
        ),
        Store("v-", I, op("+", Symbol("_V"), Symbol("kick"))),
        Store("v_", I, Select(load("awake"), op("+", load("v_"), op("*", old, T)), load("v_"))),
        If(
            op(">", load("v_"), load("t")),
            (Let("half", op("/", load("v_"), real(2.0))), Store("v_", I, Symbol("half"))),
        ),
    )
    spikes = (
        If(
            op("and", op(">", load("v-"), real(0.75)), op(">", STEP, load("last"))),
            (
                Comment("v = 0"),
                Store("v-", I, real(0.0)),
                Store("last", I, op("+", STEP, number(1))),
                Store("short", I, op("-", load("short"), number(1))),
                Emit("spikes", I),
            ),
        ),
    )
    flip = Store("awake", I, op("or", op("not", load("awake")), op("==", load("short"), number(3))))
    push = Accumulate("history", slot(0, "n", I), "=", load("v-"))
    on = op("!=", Cast(load("on"), "int"), ZERO)
    case.add(
        5,
        Kernel("P.equations", Each("n"), equations, on),
        Kernel("P.flip", Each("n"), (flip,), on),
        Kernel("P.spikes", Each("n", rare=True), spikes, on),
        Kernel(
            "Q.equations",
            Each("m"),
            (Store("u", I, op("*", op("+", load("u"), load("g")), real(0.5))), Store("g", I, real(0.0))),
        ),
        Kernel(
            "Q.spikes",
            Each("m"),
            (If(op(">", load("u"), real(0.6)), (Store("u", I, real(0.1)), Emit("others", I))),),
        ),
    )
    case.add(6, Kernel("P.history", Each("n"), (push,)))
    total = (Store("mean", ZERO, op("+", Load("v-", number(150)), Load("u", number(129)))),)
    case.add(7, Kernel("mean", Once(), total, op("==", op("mod", STEP, number(3)), ZERO)))
    case.add(7, *_reduced("norm", "+", real(0.0), op("*", load("v_"), load("v_"))))
    case.add(7, *_reduced("top", "max", real(-9.0), load("v-")))
    case.add(7, *_reduced("any", "max", ZERO, Cast(load("awake"), "int")))


def _reduced(name: str, operator: str, start: Const, value: Expr) -> tuple[Kernel, Kernel]:
    """Over the 200 neurons of P in two stages."""
    parts, block = f"{name}_parts", Symbol("block", "int")
    total = Symbol("_total", start.type)
    first = Reduction("_total", operator, start, value)
    second = Reduction("_total", operator, start, Load(parts, I, start.type))
    return (
        Kernel(f"{name} of blocks", EachBlock("n"), (), None, first, (Store(parts, block, total),)),
        Kernel(name, Total("blocks"), (), None, second, (Store(name, ZERO, total),)),
    )


def _synapses(case: Case) -> None:
    load = case.load
    w, trace = load("w", S), load("trace", S)
    deliver = (
        Let("_w", op("*", w, real(0.2))),
        Accumulate("g", POST, "+", Symbol("_w")),
        Accumulate("g", POST, "min", real(5.0)),
        Store("trace", S, op("+", trace, Load("v-", PRE))),
        If(op("<", w, real(0.5)), (Accumulate("w", S, "*", real(1.01)),)),
    )
    psp = op("*", load("factor", S), Load("history", slot(1, "n", PRE)))
    length = Symbol("length", "int")
    mean = op("/", Symbol("_sum"), Cast(length, "real"))
    case.add(
        2,
        Kernel("deliver", EachEvent("spikes", "out", load("delay")), deliver),
        Kernel(
            "rates",
            EachRow("in"),
            (),
            None,
            Reduction("_sum", "+", real(0.0), psp),
            (If(op(">", length, ZERO), (Accumulate("sum", ROW, "+", mean),)),),
        ),
        Kernel(
            "least",
            EachRow("in"),
            (Store("factor", S, op("*", load("factor", S), real(0.999))),),
            None,
            Reduction("_least", "min", real(9.0), load("factor", S)),
            (Store("low", POST, Symbol("_least")),),
        ),
        Kernel(
            "most",
            EachRow("in"),
            (),
            None,
            Reduction("_most", "max", real(-9.0), Load("v-", PRE)),
            (Store("high", POST, Symbol("_most")),),
        ),
        Kernel(
            "psp", EachSynapse("in"), (Accumulate("sum", POST, "-", op("*", load("factor", S), real(0.01))),)
        ),
    )
    learn = Store(
        "w",
        S,
        op("+", op("*", w, real(0.99)), op("*", real(0.01), op("*", Load("v-", PRE), Load("u", POST)))),
    )
    after = (Accumulate("w", S, "max", real(0.02)), Store("trace", S, op("*", trace, Load("mean", ZERO))))
    case.add(8, Kernel("learn", EachSynapse("out"), (learn,)))
    case.add(9, Kernel("post spikes", EachEvent("others", "back", ZERO), after))


def _records(case: Case, rng: np.random.Generator) -> None:
    case.buffer("mask", rng.random(200) < 0.5, "bool", "n")
    case.buffer("chosen", [199, 3, 64, 63, 0, 128, 77], "int32", "few")
    rows = STEPS
    case.add(3, case.record("record g", "g", "m", rows, owned="m"))
    case.add(
        11,
        case.record("record v", "v-", "few", rows, ranks="chosen", owned="n"),
        case.record("record w", "w", "out_nnz", rows),
        case.record("record mean", "mean", "one", rows),
        case.record("record parameter", "class", "one", rows),
        case.record("record awake", "awake", "n", rows, owned="n"),
        case.record_events("all", "spikes"),
        case.record_events("some", "spikes", "mask"),
    )


@pytest.fixture(scope="module")
def case() -> Case:
    return network()


def test_one_thread_agrees_with_the_interpreter(case: Case) -> None:
    expected, found = interpret(case, STEPS), run(case, STEPS)
    assert found.done == expected.done == STEPS
    assert_close(found.arrays, expected.arrays)
    assert len(case.recorded("all", found.arrays)) > 200, "the case must exercise events"
    assert 0 < len(case.recorded("some", found.arrays)) < len(case.recorded("all", found.arrays))
    assert np.any(found.arrays["others_counts"])
    assert found.arrays["late"].sum() > 1000, "the case must exercise delays of synapses"
    assert np.any(found.arrays["record w_target"])
    assert found.arrays["norm"] == pytest.approx(np.sum(found.arrays["v_"] ** 2), rel=1e-14)
    assert (found.arrays["top"], found.arrays["any"]) == (found.arrays["v-"].max(), 1)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_openmp_gives_the_same_bits_on_any_number_of_threads(case: Case, threads: int) -> None:
    expected, found = run(case, STEPS), run(case, STEPS, "openmp", threads)
    assert found.done == STEPS
    assert_same_bits(found.arrays, expected.arrays)
    assert case.recorded("all", found.arrays) == case.recorded("all", expected.arrays)
    assert case.recorded("some", found.arrays) == case.recorded("some", expected.arrays)


def test_layout_on_two_threads_agrees_with_the_interpreter(case: Case) -> None:
    assert_close(run(case, STEPS, "openmp", 2).arrays, interpret(case, STEPS, 2).arrays)


def test_a_run_in_two_calls_continues(case: Case) -> None:
    """Step, tick and draw counter are all that a call needs besides the buffers."""
    whole = run(case, 6)
    part = run(case, 4)
    case_2 = network()
    case_2.values |= {name: part.arrays[name] for name in case_2.values}
    counts = {name: array for name, array in part.arrays.items() if name.endswith("_counts")}
    original = case_2.arrays

    def arrays(threads: int) -> object:
        sizes, values = original(threads)
        values |= {name: array.copy() for name, array in counts.items()}
        return sizes, values

    case_2.arrays = arrays  # type: ignore[method-assign, assignment]
    rest = run(case_2, 2, clock=(4, 4, 4))
    for name in ("v-", "v_", "u", "w", "trace", "history", "sum", "record v_target"):
        np.testing.assert_array_equal(rest.arrays[name], whole.arrays[name], err_msg=name)


def test_float_precision_agrees_with_the_interpreter() -> None:
    case = Case(sizes={"n": 70}, precision="float")
    case.buffer("x", np.linspace(-3, 3, 70), "real", "n")
    case.buffer("y", 0.0, "real", "n")
    value = op("+", call("exp", case.load("x")), op("*", real(0.1), T))
    case.add(5, Kernel("f", Each("n"), (Store("y", I, value),)))
    found = run(case, 3)
    assert found.arrays["y"].dtype == np.float32
    np.testing.assert_allclose(found.arrays["y"], interpret(case, 3).arrays["y"], rtol=2e-7)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_pairs_without_synapse_are_marked_and_end_the_run(threads: int) -> None:
    case = Case(sizes={"n": 5, "m": 150, "pairs": 750})
    rng = np.random.default_rng(8)
    joined = rng.random((150, 5)) < 0.4
    case.matrix("in", "post", "m", "m", joined)
    case.buffer("u", rng.random(150), count="m")
    case.buffer("v", rng.random(5), count="n")
    case.buffer("marks", False, "bool", "pairs")
    case.buffer("number", 0, "int64", "m")
    pair, chance = Symbol("pair", "int"), Draw("Uniform", (real(0.0), real(1.0)), 7, Symbol("pair", "int"))
    hot = op("<", chance, op("*", Load("u", POST), Load("v", PRE)))
    marked = (Store("marks", pair, Const(True, "bool")), Accumulate("number", POST, "+", number(1)))
    due = op("==", op("mod", STEP, number(6)), number(4))
    case.add(10, Kernel("create", EachAbsent("in", "n"), (If(hot, (*marked, Interrupt())),), due))
    expected = interpret(case, STEPS, threads)
    found = run(case, STEPS, "openmp", threads)
    assert found.done == expected.done == 5
    assert_close(found.arrays, expected.arrays)
    assert found.arrays["number"].sum() > 20
    assert not np.any(found.arrays["marks"].reshape(150, 5) & joined)
    if threads == 1:
        assert_close(run(case, STEPS).arrays, expected.arrays)
