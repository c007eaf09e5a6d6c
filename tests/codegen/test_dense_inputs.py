"""Spikes along dense rows that are added right before the neurons are computed: no bit changes."""

from __future__ import annotations

import platform
from collections.abc import Sequence
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

from engine.codegen import cpp
from engine.codegen.build import BuildOptions, build
from engine.codegen.ir import (
    Accumulate,
    Draw,
    Each,
    EachEvent,
    Emit,
    If,
    Kernel,
    Let,
    Load,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.printer import print_plan

ADDED = "nl_add_rows<"


def recurrent(
    size: int = 300,
    hole: bool = True,
    precision: str = "double",
    columns: slice = slice(0, None),
    every: int = 7,
    body: Sequence[Statement] = (),
    between: Sequence[Kernel] = (),
    draws: bool = False,
) -> Case:
    """Two dense projections of a population to itself; one neuron of ``every`` fires in each step.

    ``body`` replaces what a spike of the first one does; ``between`` comes before the neurons.
    """
    rng = np.random.default_rng(3)
    case = Case(sizes={"n": size, "lowest": columns.start, "past": columns.stop or size}, precision=precision)
    for name, lacks in (("one", hole), ("other", False)):
        joined = np.zeros((size, size), bool)
        joined[: size - size // 5, columns] = True
        if lacks:
            np.fill_diagonal(joined, False)
        case.matrix(name, "pre", "n", "n", joined)
        case.matrices[-1] = replace(case.matrices[-1], first="lowest", past="past", hole=lacks)
        case.buffer(f"{name}_w", rng.uniform(size=int(joined.sum())), "real", f"{name}_nnz")
    for name in ("v", "g", "h", "x", "y"):
        case.buffer(name, rng.uniform(size=size), "real", "n")
    case.buffer("enabled", 1, "int64")
    case.event_list("spikes", "n")
    add = (Accumulate("g", POST, "+", case.load("one_w", S)),)
    case.add(2, Kernel("deliver one", EachEvent("spikes", "one", number(1)), tuple(body) or add))
    less = Accumulate("h", POST, "-", op("*", case.load("other_w", S), Load("x", PRE)))
    case.add(2, Kernel("deliver other", EachEvent("spikes", "other", number(2)), (less,)))
    case.add(2, *between)
    enabled = op("!=", Load("enabled", number(0), "int"), number(0))
    noise = (Draw("Normal", (real(0.0), real(1.0)), 4, I),) if draws else ()
    slope = op("+", Load("g", I), Load("h", I), call("exp", op("neg", Load("v", I))), Load("y", I), *noise)
    steps = (
        Store("v", I, op("*", op("+", Load("v", I), slope), real(0.001))),
        Store("g", I, op("*", Load("g", I), real(0.5))),
        Store("h", I, real(0.0)),
    )
    fires = op("==", op("mod", op("+", I, Symbol("step", "int")), number(every)), number(0))
    spike = If(fires, (Emit("spikes", I),))
    case.add(5, Kernel("neurons", Each("n"), steps, enabled), Kernel("fire", Each("n"), (spike,), enabled))
    return case


def waits(case: Case) -> bool:
    """Are the first deliveries part of the loop over neurons?"""
    text = print_plan(case.plan(), "single")
    return ADDED in text.split("// deliver one")[1].split("// deliver other")[1] and "sum_0" not in text


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("draws", [False, True])
@pytest.mark.parametrize(
    ("size", "hole", "columns", "every"),
    [
        (300, True, slice(0, None), 7),
        (300, False, slice(0, None), 2),  # more spikes than are added together
        (333, True, slice(70, 291), 5),
        (1100, True, slice(3, 1090), 11),  # several stretches
        (20, True, slice(0, None), 2),
    ],
)
def test_the_bits_of_deliveries_before_the_neurons(
    size: int,
    hole: bool,
    columns: slice,
    every: int,
    draws: bool,
    precision: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = recurrent(size, hole, precision, columns, every, draws=draws)
    assert waits(case)
    found = [run(case, 5, "openmp" if threads > 1 else "single", threads).arrays for threads in (1, 2, 3)]
    monkeypatch.setattr(cpp, "inputs_of_neurons", lambda *given: {})
    assert not waits(case)
    expected = run(case, 5).arrays
    for arrays in found:
        assert_same_bits(arrays, expected)
    assert np.ptp(expected["v"]) > 0.0


@pytest.mark.parametrize("precision", ["double", "float"])
def test_it_is_as_interpreted(precision: str) -> None:
    case = recurrent(150, precision=precision, every=3, draws=True)
    assert waits(case)
    tolerance = 1e-13 if precision == "double" else 1e-5
    assert_close(run(case, 4).arrays, interpret(case, 4).arrays, tolerance)


@pytest.mark.parametrize("processor", ["x86-64-v3", "x86-64"])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
def test_other_processors(monkeypatch: pytest.MonkeyPatch, processor: str, precision: str) -> None:
    options = BuildOptions(flags=("-O3", f"-march={processor}"))
    monkeypatch.setattr(execution, "build", lambda text, target: build(text, target, options))
    case = recurrent(150, precision=precision, every=3)
    assert waits(case)
    assert_close(run(case, 4).arrays, interpret(case, 4).arrays, 1e-13 if precision == "double" else 1e-5)


def test_what_arrives_at_neurons_that_stand_still_is_added() -> None:
    case = recurrent(150, every=3)
    case.buffer("spikes_ranks", np.arange(case.sizes["spikes_ring"]) % 150, "int32", "spikes_ring")
    case.buffers.pop()
    case.values["enabled"] = np.zeros(1, np.int64)
    _, arrays = case.arrays(1)
    before = arrays["g"].copy()
    original = Case.arrays

    def with_spikes(self: Case, threads: int) -> object:
        sizes, arrays = original(self, threads)
        arrays["spikes_counts"][2] = 40  # of the step before the first one
        return sizes, arrays

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Case, "arrays", with_spikes)
        assert waits(case)
        found, expected = run(case, 1).arrays, interpret(case, 1).arrays
    assert_close(found, expected)
    assert (found["g"] > before).all()


def added_before(between: Sequence[Kernel] = (), body: Sequence[Statement] = ()) -> Case:
    case = recurrent(150, every=3, between=between, body=body)
    assert_close(run(case, 4).arrays, interpret(case, 4).arrays, 1e-13)
    return case


def waiting(case: Case) -> set[str]:
    """What is added right before the neurons."""
    text = print_plan(case.plan(), "single")
    found = {name for name in ("g", "h") for holes in ("true", "false") if f"{ADDED}{holes}>({name}," in text}
    assert ("sum_0" in text) == (len(found) < 2), "the others are added before"
    return found


def test_deliveries_do_not_pass_what_touches_the_same() -> None:
    reads = Kernel("reads", Each("n"), (Store("y", I, op("*", Load("g", I), real(0.3))),))
    changes = Kernel("changes", EachEvent("spikes", "one", number(1)), (Store("one_w", S, real(0.25)),))
    unconcerned = Kernel("else", Each("n"), (Store("x", I, op("*", Load("x", I), real(0.5))),))
    assert waiting(added_before()) == {"g", "h"}
    assert waiting(added_before([reads])) == {"h"}
    assert waiting(added_before([changes])) == {"h"}
    assert waiting(added_before([unconcerned])) == set(), "threads meet before x changes"


def test_what_the_neurons_change_is_read_before() -> None:
    """Spikes that bring something of their neuron, or take something of the one that they reach."""
    of_post = (Accumulate("g", POST, "+", op("*", Load("one_w", S), Load("v", POST))),)
    assert waiting(added_before(body=of_post)) == {"h"}
    of_pre = (Accumulate("g", POST, "+", op("*", Load("one_w", S), Load("v", PRE))),)
    assert waiting(added_before(body=of_pre)) == set(), "threads meet before v changes"


def test_values_that_spikes_compute() -> None:
    body = (
        Let("_scaled", op("*", Load("one_w", S), Load("y", POST))),
        Accumulate("g", POST, "+", op("+", Symbol("_scaled"), op("/", Load("x", PRE), Symbol("_scaled")))),
    )
    assert waits(added_before(body=body))


def test_two_targets_of_one_projection() -> None:
    case = recurrent(150, every=3)
    add = Accumulate("y", POST, "+", op("*", Load("one_w", S), real(0.25)))
    case.schedule.insert(
        1, replace(case.schedule[0], work=Kernel("again", EachEvent("spikes", "one", number(1)), (add,)))
    )
    assert waits(case)
    assert_close(run(case, 4).arrays, interpret(case, 4).arrays, 1e-13)


def test_two_deliveries_to_one_target_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there are more spikes than are added together."""
    add = (Accumulate("h", POST, "+", Load("one_w", S)),)
    case = recurrent(body=add, every=2)
    assert waiting(case) == {"h"}
    found = run(case, 5).arrays
    monkeypatch.setattr(cpp, "inputs_of_neurons", lambda *given: {})
    assert waiting(case) == set()
    assert_same_bits(run(case, 5).arrays, found)
