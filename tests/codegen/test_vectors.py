"""Loops over neurons as explicit vectors: the bits of single neurons, any processor, refractory bits."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable, Iterable
from typing import Any

import execution
import numpy as np
import pytest
from execution import (
    STEP,
    Arrays,
    Case,
    I,
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

from engine.codegen import cpp, neuron_loops
from engine.codegen.build import BuildOptions, build
from engine.codegen.ir import (
    Accumulate,
    Cast,
    Const,
    Draw,
    Each,
    Emit,
    Expr,
    Function,
    If,
    Kernel,
    Let,
    Load,
    Select,
    Store,
    Symbol,
)
from engine.codegen.plan import Plan, Rest
from engine.codegen.printer import print_plan

X, Y = Load("x", I), Load("y", I)

FUNCTIONS: dict[str, Expr] = {
    **{
        name: call(name, X)
        for name in (
            *("exp", "exprel", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "expm1", "exp2", "cbrt"),
            *("erf", "floor", "ceil", "round", "fabs", "pos", "neg", "sign", "Heaviside"),
        )
    },
    "gain": Function("gain", (op("*", X, real(2.5)), Function("gains", (real(0.1),), "gains"))),
    **{name: call(name, call("fabs", X)) for name in ("log", "sqrt", "log10", "log2", "log1p")},
    "asin": call("asin", call("tanh", X)),
    "acos": call("acos", call("tanh", X)),
    "atan2": call("atan2", X, Y),
    "pow": call("pow", call("fabs", X), Y),
    "fmod": call("fmod", X, Y),
    "min": call("min", X, Y),
    "max": call("max", X, real(0.25)),
    "clip": call("clip", X, real(-0.5), Y),
    "fma": call("fma", X, Y, real(2.0)),
    **{f"power {n}": call("pow", X, real(n)) for n in (-3, -1, 2, 3, 4, 5, 6, 7, 8)},
    "arithmetic": op("-", op("*", X, Y), op("/", op("neg", X), op("+", Y, T))),
    "choice": Select(op("and", op("<", X, Y), op("not", op(">=", X, real(0.0)))), X, op("neg", Y)),
    "flags": Select(op("or", Load("flag", I, "bool"), op("<", X, real(-2.0))), X, Y),
    "either": Select(op("or", op("==", X, X), op("!=", X, Y)), Y, X),
    "uniform choice": Select(op(">", T, real(0.2)), X, Y),
    "truth": op("*", Cast(op("<=", X, Y), "real"), real(3.0)),
    "finite": Select(call("isfinite", op("/", X, op("-", X, X))), X, Cast(call("isnan", X), "real")),
}


def case_of(names: Iterable[str], size: int, precision: str = "double") -> Case:
    """A kernel for each function, then a threshold."""
    rng = np.random.default_rng(size)
    case = Case(sizes={"n": size}, precision=precision)
    case.buffer("x", np.round(rng.normal(0.0, 1.5, size), 3), "real", "n")
    case.buffer("y", rng.normal(1.0, 0.5, size), "real", "n")
    case.buffer("seen", 0, "int64", "n")
    # What is not zero is true, whatever was written by other hands.
    case.buffer(
        "flag", rng.choice(np.array([0, 1, 2, 127, 128, 255], np.uint8), size).view(bool), "bool", "n"
    )
    case.event_list("spikes", "n")
    for name in names:
        case.buffer(name, 0.0, "real", "n")
        body = (Let("_a", FUNCTIONS[name]), Store(name, I, Symbol("_a")))
        case.add(5, Kernel(f"function {name}", Each("n"), body))
    fired = (Accumulate("seen", I, "+", number(1)), Emit("spikes", I))
    case.add(5, Kernel("fires", Each("n", rare=True), (If(op("<", X, Y), fired),)))
    case.add(5, Kernel("moves", Each("n"), (Accumulate("x", I, "+", real(0.125)),)))
    return case


@pytest.fixture
def vectors(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Switches explicit vectors on or off for all bodies that have that form, in steps one by one."""
    monkeypatch.setattr(cpp, "time_blocks", lambda plan: None)

    def switch(on: bool) -> None:
        monkeypatch.setattr(neuron_loops, "is_worth_it", lambda kernels: on)

    return switch


GROUPS = [list(FUNCTIONS)[k::4] for k in range(4)]


def assert_as_interpreted(found: Arrays, case: Case) -> None:
    tolerance = 1e-13 if case.precision == "double" else 3e-5
    with np.errstate(all="ignore"):
        expected = interpret(case, 3).arrays
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_neuron_has_the_bits_that_it_has_alone(
    vectors: Callable[[bool], None], names: list[str], precision: str
) -> None:
    """In vectors, at the end of which some are left over, and one by one."""
    case = case_of(names, 77, precision)
    vectors(True)
    assert print_plan(case.plan(), "single").count("const nl_reals ") >= len(names)
    found = run(case, 3).arrays
    vectors(False)
    assert "const nl_reals _a" not in print_plan(case.plan(), "single")
    assert_same_bits(found, run(case, 3).arrays)
    assert_as_interpreted(found, case)


@pytest.mark.parametrize("processor", ["x86-64-v3", "x86-64"])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
def test_other_processors(
    vectors: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch, processor: str, precision: str
) -> None:
    """Vectors of 32 and of 16 bytes."""
    options = BuildOptions(flags=("-O3", f"-march={processor}"))
    monkeypatch.setattr(execution, "build", lambda text, target: build(text, target, options))
    vectors(True)
    names = [
        "exp",
        "exprel",
        "gain",
        "sin",
        "cos",
        "flags",
        "tanh",
        "clip",
        "choice",
        "either",
        "truth",
        "pow",
        "fma",
        "arithmetic",
    ]
    case = case_of(names, 77, precision)
    assert_as_interpreted(run(case, 3).arrays, case)


@pytest.mark.parametrize("size", [1, 7, 8, 64, 1023, 1024, 2100])
def test_any_number_of_neurons_on_any_number_of_threads(vectors: Callable[[bool], None], size: int) -> None:
    vectors(True)
    case = case_of(["arithmetic", "exprel", "gain", "choice"], size)
    expected = interpret(case, 5).arrays
    alone = run(case, 5).arrays
    assert 0 < expected["seen"].sum() < 5 * size or size == 1
    np.testing.assert_array_equal(alone["seen"], expected["seen"])
    for name in ("exprel", "gain"):
        np.testing.assert_allclose(alone[name], expected[name], rtol=1e-14)
    for threads in (2, 3):
        assert_same_bits(run(case, 5, "openmp", threads).arrays, alone)


@pytest.mark.parametrize("size", [5, 64, 77, 200])
def test_rare_neurons_by_a_flag_of_a_ring(vectors: Callable[[bool], None], size: int) -> None:
    """Flags of one slot of several, as those of spikes that leave a window."""
    case = case_of(["flags"], size)
    case.sizes["slots"] = 3 * size
    case.buffer("ring", np.random.default_rng(size).random(3 * size) < 0.1, "bool", "slots")
    slot = op("mod", Symbol("tick", "int"), number(3))
    place = op("+", op("*", slot, Symbol("n", "int")), I)
    leaves = (Accumulate("seen", I, "+", number(100)), Accumulate("ring", place, "=", Const(False, "bool")))
    flagged = Load("ring", place, "bool")
    case.add(5, Kernel("leaves", Each("n", rare=True), (If(flagged, leaves),)))
    vectors(True)
    text = print_plan(case.plan(), "single")
    assert "nl_get_flags(lanes, ring + " in text
    expected = interpret(case, 5).arrays
    assert expected["seen"].max() >= 100 and not expected["ring"].any()
    for threads in (1, 2):
        assert_same_bits(run(case, 5, "openmp", threads).arrays, expected | run(case, 5).arrays)
        np.testing.assert_array_equal(run(case, 5, "openmp", threads).arrays["seen"], expected["seen"])


def test_random_numbers(vectors: Callable[[bool], None]) -> None:
    case = case_of(["fma"], 200)
    kinds = [("Uniform", 0.0, 2.0), ("Normal", 1.0, 0.5), ("LogNormal", 0.0, 0.5), ("Exponential", 2.0)]
    for stream, (kind, *args) in enumerate([*kinds, ("DiscreteUniform", 1.0, 6.0)], 1):
        case.buffer(kind, 0.0, "real", "n")
        drawn = Draw(kind, tuple(map(real, args)), stream, I)
        case.add(5, Kernel(kind, Each("n"), (Accumulate(kind, I, "+", drawn),)))
    vectors(True)
    assert "nl_normal_of<nl_reals>(nl_get(lanes, drawn_2 + (i - begin)), 1.0, 0.5)" in print_plan(
        case.plan(), "single"
    )
    found = run(case, 4).arrays
    vectors(False)
    assert_same_bits(found, run(case, 4).arrays)
    assert_close(found, interpret(case, 4).arrays, 1e-12)


def test_what_has_no_vectors_shares_the_pass(vectors: Callable[[bool], None]) -> None:
    """Whole numbers are counted one by one, before and after vectors, and read by them no more."""
    case = case_of(["exp"], 300)
    counted = Kernel("counts", Each("n"), (Accumulate("seen", I, "+", number(2)),))
    late = Kernel("late", Each("n"), (Store("y", I, op("+", Y, Cast(Load("seen", I, "int"), "real"))),))
    case.add(5, counted, late)
    vectors(True)
    text = print_plan(case.plan(), "single")
    assert "y[i] = y[i] + (real)seen[i];" in text and "nl_put(lanes, exp + i, _a);" in text
    found = run(case, 4).arrays
    assert_same_bits(run(case, 4, "openmp", 2).arrays, found)
    assert_close(found, interpret(case, 4).arrays, 1e-13)


# --- refractory periods ---------------------------------------------------------------------------------


AWAKE = op(">", STEP, Load("frozen", I, "int"))


def resting_case(lengths: Any, size: int, *, then: tuple[Any, ...] = ()) -> Case:
    """Neurons that climb to 1 unless they rest, each with the number of steps that it rests for."""

    class Resting(Case):
        def plan(self) -> Plan:
            rest = Rest("frozen", "n", "resting", "following", "due")
            return dataclasses.replace(super().plan(), rests=(rest,), scratch=rest.scratch)

    case = Resting(sizes={"n": size, "blocks": -(-size // 64), "wheel": 64 * 3})
    rng = np.random.default_rng(4)
    case.buffer("v", rng.uniform(0.0, 1.0, size), "real", "n")
    case.buffer("speed", rng.uniform(0.05, 0.9, size), "real", "n")
    case.buffer("frozen", rng.integers(-5, 20, size), "int64", "n")
    case.buffer("length", lengths, "int64", "n")
    case.buffer("resting", 0, "int64", "blocks")
    case.buffer("following", 0, "int32", "n")
    case.buffer("due", 0, "int32", "wheel")
    case.event_list("spikes", "n")
    v = Load("v", I)
    moved = Select(AWAKE, op("+", v, op("*", Load("speed", I), call("exp", op("neg", v)))), v)
    case.add(5, Kernel("climb", Each("n"), (Store("v", I, moved),)))
    rest = Store("frozen", I, op("+", STEP, Load("length", I, "int")))
    fires = If(
        op("and", op(">", v, real(1.0)), AWAKE), (Store("v", I, real(0.0)), rest, Emit("spikes", I), *then)
    )
    case.add(5, Kernel("fire", Each("n", rare=True), (fires,)))
    case.capacity = 300 * size
    case.add(11, case.record_events("seen", "spikes"))
    return case


def assert_rests_alike(case: Case, steps: int = 300) -> None:
    expected = interpret(case, steps)
    for threads in (1, 2, 3):
        found = run(case, steps, "openmp" if threads > 1 else "single", threads)
        for name in ("frozen", "v"):
            np.testing.assert_allclose(found.arrays[name], expected.arrays[name], rtol=1e-12, err_msg=name)
        assert case.recorded("seen", found.arrays) == case.recorded("seen", expected.arrays)
    assert len(case.recorded("seen", expected.arrays)) > case.sizes["n"]


@pytest.mark.parametrize("size", [1, 130, 1100])
def test_any_refractory_period(size: int) -> None:
    """None, one step, about as long as the wheel that neurons wait on, and longer."""
    lengths = np.random.default_rng(6).choice([-1, 0, 1, 2, 50, 63, 64, 65, 128, 130], size)
    case = resting_case(lengths if size > 1 else 3, size)
    text = print_plan(case.plan(), "single")
    assert "nl_wake(step, frozen" in text and "!nl_get_bits(resting, i)" in text
    assert_rests_alike(case)


def test_refractory_bits_begin_anew_in_each_call() -> None:
    """The clock may have been set meanwhile."""
    case = resting_case(70, 200)
    whole = run(case, 100).arrays
    first = run(case, 40).arrays
    for name in ("v", "frozen"):
        case.values[name] = first[name].copy()
    case.values["frozen"] += 1000
    second = run(case, 60, clock=(1040, 40, 40)).arrays
    np.testing.assert_array_equal(second["v"], whole["v"])
    np.testing.assert_array_equal(second["frozen"], whole["frozen"] + 1000)


@pytest.mark.parametrize("why", ["read elsewhere", "read after", "written twice", "fires while it rests"])
def test_refractory_steps_that_are_more_than_a_condition_stay_numbers(why: str) -> None:
    last = Load("frozen", I, "int")
    then = (Store("frozen", I, op("+", last, number(1))),) if why == "written twice" else ()
    case = resting_case(np.arange(200) % 9, 200, then=then)
    if why == "read elsewhere":
        case.buffer("rests", 0, "int64", "n")
        case.add(6, Kernel("rests", Each("n"), (Store("rests", I, last),), op(">", STEP, number(3))))
    elif why == "read after":
        case.add(5, Kernel("sleep", Each("n"), (Store("v", I, Select(AWAKE, Load("v", I), real(-1.0))),)))
    elif why == "fires while it rests":
        kernel = case.schedule[1].work
        (fires,) = kernel.body
        body = (dataclasses.replace(fires, condition=fires.condition.args[0]),)
        case.schedule[1] = dataclasses.replace(case.schedule[1], work=dataclasses.replace(kernel, body=body))
    assert "nl_wake(" not in print_plan(case.plan(), "single")
    assert_rests_alike(case)
