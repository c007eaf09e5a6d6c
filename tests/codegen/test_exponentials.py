"""Exponential functions that share one: which do, how much results differ, what happens at the ends."""

from __future__ import annotations

import dataclasses

import mpmath
import numpy as np
import pytest
from execution import ZERO, Case, I, call, interpret, op, real, run

from engine.codegen.exponentials import LARGEST_POWER, fuse_arguments, share_exponentials
from engine.codegen.ir import Each, Expr, Function, If, Kernel, Let, Load, Statement, Store, Symbol
from engine.codegen.plan import Plan
from engine.codegen.traverse import expressions_of

V, W, OFFSET = Load("v", I), Load("w", I), Load("offset", I)
U = Load("u", ZERO)
HALF = Symbol("half")


class Shared(Case):
    """A case whose plan shares exponentials."""

    def plan(self) -> Plan:
        return share_exponentials(super().plan())


def case_of(
    kind: type[Case],
    *values: Expr,
    v: object = None,
    before: tuple[Statement, ...] = (),
    precision: str = "double",
) -> Case:
    """Each value goes to an array of its own."""
    given = np.random.default_rng(4).uniform(-40.0, 60.0, 200) if v is None else np.asarray(v, float)
    case = kind(sizes={"n": given.size}, precision=precision)
    case.buffer("v", given, "real", "n")
    case.buffer("w", np.random.default_rng(5).uniform(-2.0, 2.0, given.size), "real", "n")
    case.buffer("offset", -0.5, "real", "n")
    case.buffer("u", 3.7)
    stores: list[Statement] = []
    for number, value in enumerate(values):
        case.buffer(f"y{number}", 0.0, "real", "n")
        stores.append(Store(f"y{number}", I, value))
    first, *rest = stores
    lets = (Let("half", op("*", V, real(0.5))),)
    case.add(5, Kernel("rates", Each("n"), (*lets, first, *before, *rest)))
    return case


def exponentials(plan: Plan) -> int:
    """How many different ones a plan computes."""
    return len(found_exponentials(plan))


def found_exponentials(plan: Plan) -> set[Function]:
    kernel = plan.schedule[0].work
    assert isinstance(kernel, Kernel)
    return {e for e in expressions_of(kernel) if isinstance(e, Function) and e.name == "exp"}


def exp_of(slope: float, offset: float) -> Function:
    """exp(slope * (offset - v))"""
    return call("exp", op("*", op("-", real(offset), V), real(slope)))


def quotient(slope: float, offset: float, constant: float, factor: float = 1.0) -> Expr:
    """w / (factor * exp(slope * (offset - v)) + constant)"""
    return op("/", W, op("+", op("*", real(factor), exp_of(slope, offset)), real(constant)))


CHANNELS = (
    quotient(0.2, 15.0, -1.0),
    quotient(0.25, 13.0, -1.0),
    exp_of(1 / 18, 17.0),
    exp_of(0.025, 10.0),
    quotient(-0.2, 40.0, -1.0),
    quotient(0.2, 40.0, 1.0),
)
"""Rates of Traub and Miles (1991)."""


def test_channels_need_two_exponentials() -> None:
    plain, shared = case_of(Case, *CHANNELS).plan(), case_of(Shared, *CHANNELS).plan()
    assert (exponentials(plain), exponentials(shared)) == (6, 2)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_rates_are_the_same(precision: str) -> None:
    """Far enough from where the divisors vanish: 16 units of the power, 3 of the rounded argument, times what
    exp(x) is to exp(x) - 1."""
    v = np.concatenate(
        [np.linspace(-90.0, 12.5, 200), np.linspace(15.5, 39.5, 50), np.linspace(40.5, 90.0, 50)]
    )
    plain, shared = (case_of(kind, *CHANNELS, v=v, precision=precision) for kind in (Case, Shared))
    expected, found = run(plain, 1).arrays, run(shared, 1).arrays
    oracle = interpret(shared, 1).arrays
    unit = np.finfo(found["v"].dtype).eps
    assert not all(np.array_equal(expected[f"y{k}"], found[f"y{k}"]) for k in range(6))
    for k in range(6):
        np.testing.assert_allclose(found[f"y{k}"], expected[f"y{k}"], rtol=400 * unit, err_msg=str(k))
        np.testing.assert_allclose(found[f"y{k}"], oracle[f"y{k}"], rtol=400 * unit, err_msg=str(k))


@pytest.mark.parametrize("precision", ["double", "float"])
def test_a_power_costs_as_many_units(precision: str) -> None:
    slopes = [n / 40 for n in range(1, LARGEST_POWER + 1)]
    case = case_of(Shared, *(exp_of(slope, 0.0) for slope in slopes), precision=precision)
    assert exponentials(case.plan()) == 1
    found = run(case, 1).arrays
    factor = found["v"].dtype.type(1 / 40)
    with mpmath.workdps(40):
        for k, v in enumerate(found["v"]):
            argument = mpmath.mpf(float(-v * factor))  # as it is rounded once
            for n in range(1, LARGEST_POWER + 1):
                true = mpmath.exp(n * argument)
                error = abs(float(mpmath.mpf(float(found[f"y{n - 1}"][k])) / true - 1))
                # Of each factor 1.02 units (see test_prelude_math.py), half a unit of each product.
                assert error <= (1.02 * n + 0.5 * (n - 1)) * np.finfo(factor).eps


def test_a_part_of_an_argument_is_shared() -> None:
    """Of exp(x / 4) and exp(x / 5) neither is a power of the other."""
    values = exp_of(0.25, 3.0), exp_of(0.2, -2.0)
    plain, shared = case_of(Case, *values), case_of(Shared, *values)
    assert exponentials(shared.plan()) == 1
    expected, found = run(plain, 1).arrays, run(shared, 1).arrays
    for k in range(2):
        np.testing.assert_allclose(found[f"y{k}"], expected[f"y{k}"], rtol=1e-14)


def test_sums_of_several_variables() -> None:
    """Whatever varies, and in whatever order it stands: slopes are those of the whole sum."""
    one = call("exp", op("/", op("-", op("+", V, OFFSET), real(2.0)), real(4.0)))
    other = call("exp", op("*", op("-", op("neg", V), OFFSET), real(-0.5)))
    third = call("exp", op("*", op("+", OFFSET, V), real(0.75)))
    plain, shared = case_of(Case, one, other, third), case_of(Shared, one, other, third)
    assert exponentials(shared.plan()) == 1
    expected, found = run(plain, 1).arrays, run(shared, 1).arrays
    for k in range(3):
        np.testing.assert_allclose(found[f"y{k}"], expected[f"y{k}"], rtol=2e-14)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (exp_of(0.2, 0.0), exp_of(0.2 * np.pi, 0.0)),
        (exp_of(0.02, 0.0), exp_of(0.22, 0.0)),
        (exp_of(0.2, 0.0), exp_of(-0.2, 0.0)),
        (exp_of(0.2, 0.0), exp_of(0.2, 41.0)),
        (exp_of(0.2, 0.0), call("exp", op("*", W, real(0.2)))),
        (exp_of(0.2, 0.0), call("exp", op("+", op("*", V, real(0.2)), W))),
        (exp_of(0.2, 0.0), quotient(-0.4, 0.0, 1e-7)),
        (exp_of(0.2, 0.0), quotient(-0.4, 0.0, 0.0)),
        (exp_of(0.2, 0.0), op("+", exp_of(-0.4, 0.0), quotient(-0.4, 0.0, 1.0))),
        (exp_of(0.2, 0.0), call("floor", exp_of(0.4, 0.0))),
        (exp_of(0.2, 0.0), call("exp", real(0.4))),
    ],
)
def test_others_stay(first: Expr, second: Expr) -> None:
    """No multiple, too high a power, an inverse, too large a constant, other variables, a constant that
    vanishes beside what it is added to, an inverse that is needed elsewhere, too, what is rounded."""
    case = case_of(Shared, first, second)
    assert case.plan() == Case.plan(case)


@pytest.mark.parametrize(
    "before",
    [
        (Store("v", I, op("+", V, real(1.0))),),
        (If(op("<", V, real(0.0)), (Store("v", I, op("+", V, real(1.0))),)),),
    ],
)
def test_a_variable_that_changes_in_between(before: tuple[Statement, ...]) -> None:
    case = case_of(Shared, exp_of(0.2, 0.0), exp_of(0.4, 0.0), before=before)
    assert case.plan() == Case.plan(case)


def test_a_symbol_that_is_bound_later() -> None:
    """The shared exponential stands where all it is made of is known."""
    late = Let("late", op("*", V, real(0.5)))
    of_late = (call("exp", op("*", Symbol("late"), real(slope))) for slope in (0.2, 0.4))
    plain, shared = (
        case_of(kind, call("exp", HALF), *values, before=(late,))
        for kind, values in zip((Case, Shared), [tuple(of_late)] * 2, strict=True)
    )
    assert exponentials(shared.plan()) == 2
    np.testing.assert_allclose(run(shared, 1).arrays["y2"], run(plain, 1).arrays["y2"], rtol=1e-14)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_ends_of_the_range(precision: str) -> None:
    """Overflow, underflow, infinities and NaN: what is huge or tiny stays huge or tiny."""
    v = [0.0, 1e3, -1e3, 1e4, -1e4, 1e30, -1e30, np.inf, -np.inf, np.nan] * 4
    v += list(np.linspace(-8000.0, 8000.0, 400))
    plain, shared = (case_of(kind, *CHANNELS, v=v, precision=precision) for kind in (Case, Shared))
    expected, found = run(plain, 1).arrays, run(shared, 1).arrays
    tiny, huge = (1e-300, 1e300) if precision == "double" else (1e-33, 1e33)
    for k in range(6):
        one, other = expected[f"y{k}"], found[f"y{k}"]
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other), err_msg=str(k))
        vanishing = (np.abs(one) < tiny) & (np.abs(other) < tiny)
        exceeding = (np.abs(one) > huge) & (np.abs(other) > huge) & (np.sign(one) == np.sign(other))
        rest = ~(vanishing | exceeding | np.isnan(one))
        np.testing.assert_allclose(
            other[rest], one[rest], rtol=1e-11 if precision == "double" else 1e-4, err_msg=str(k)
        )


@pytest.mark.parametrize(("precision", "size"), [("double", 1e100), ("float", 1e15)])
def test_a_divisor_of_large_numbers_does_not_overflow(precision: str, size: float) -> None:
    """w / (1e100 exp(v / 5) + 1e100) is w / 1e100 where the exponential vanishes: multiplied through by its
    inverse, that one must stay far from the end of the range."""
    v = [-1e4, -1000.0, -900.0, -500.0, -100.0, -20.0, 0.0, 20.0]
    given = (exp_of(0.2, 0.0), quotient(-0.2, 0.0, size, size))
    plain, shared = (case_of(kind, *given, v=v, precision=precision) for kind in (Case, Shared))
    assert exponentials(shared.plan()) == 1
    expected, found = run(plain, 1).arrays["y1"], run(shared, 1).arrays["y1"]
    assert np.all(expected != 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-13 if precision == "double" else 1e-5)


def test_shared_ones_are_not_shared_again() -> None:
    """Powers of powers would lose digits."""
    slopes = [0.01, 0.1, 1.0]
    case = case_of(Shared, *(exp_of(slope, 0.0) for slope in slopes), v=np.linspace(-20.0, 20.0, 100))
    assert exponentials(case.plan()) == 2
    found = run(case, 1).arrays
    for k, slope in enumerate(slopes):
        np.testing.assert_allclose(found[f"y{k}"], np.exp(-slope * found["v"]), rtol=4e-15)


def test_what_stands_under_a_condition_stays() -> None:
    case = case_of(Shared, exp_of(0.2, 0.0))
    kernel = Case.plan(case).schedule[0].work
    assert isinstance(kernel, Kernel)
    inner = If(op("<", V, real(0.0)), (Store("y0", I, exp_of(0.4, 0.0)), Store("y0", I, exp_of(0.2, 0.0))))
    changed = dataclasses.replace(kernel, body=(inner,))
    case.schedule[0] = dataclasses.replace(case.schedule[0], work=changed)
    assert case.plan() == Case.plan(case)


class Fused(Case):
    """A case whose plan has arguments of one step."""

    def plan(self) -> Plan:
        return fuse_arguments(super().plan())


@pytest.mark.parametrize(
    "argument",
    [
        op("*", op("+", op("-", real(10.0), V), U), real(0.025)),
        op("/", op("-", op("neg", V), U), real(4.0)),
        op("-", op("*", real(0.5), op("-", V, real(3.0))), op("*", V, real(0.25))),
    ],
)
def test_arguments_of_one_step(argument: Expr) -> None:
    plain, fused = case_of(Case, call("exp", argument)), case_of(Fused, call("exp", argument))
    (step,) = [e.args[0] for e in found_exponentials(fused.plan())]
    assert isinstance(step, Function) and step.name == "fma" and V in step.args
    expected, found = run(plain, 1).arrays["y0"], run(fused, 1).arrays["y0"]
    np.testing.assert_allclose(found, expected, rtol=8 * np.spacing(60.0))
    np.testing.assert_allclose(found, interpret(fused, 1).arrays["y0"], rtol=2e-15)


@pytest.mark.parametrize(
    "value",
    [
        exp_of(1.0, 2.0).args[0],
        call("exp", op("-", V, real(2.0))),
        call("exp", op("-", op("*", V, real(0.5)), op("*", W, real(0.5)))),
        call("exp", op("*", op("+", U, real(1.0)), real(2.0))),
        call("exp", op("*", op("-", Symbol("t"), V), real(0.05))),
        call("sin", exp_of(0.5, 2.0).args[0]),
        call("floor", exp_of(0.5, 2.0)),
    ],
)
def test_other_arguments_stay(value: Expr) -> None:
    """None, one step already, two variables, none that varies, time, other functions, what is rounded."""
    case = case_of(Fused, value)
    assert case.plan() == Case.plan(case)
