"""Reciprocals and fused steps: what they change, what they leave alone, and by how much results differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from execution import Case, I, assert_same_bits, call, interpret, op, real, run

from engine.codegen.arithmetic import fuse, gather_uniform_terms, multiply_by_reciprocals
from engine.codegen.factors import gather_factors
from engine.codegen.ir import Cast, Each, Expr, Kernel, Let, Load, Op, Store, Symbol
from engine.codegen.passes import hoist_uniform
from engine.codegen.plan import Plan
from engine.codegen.traverse import subexpressions

X, W, U = Load("x", I), Load("w", I), Load("u", Cast(real(0.0), "int"))


@dataclass
class Passed(Case):
    """A case whose plan goes through a pass."""

    through: Callable[[Plan], Plan] = lambda plan: plan

    def plan(self) -> Plan:
        return self.through(super().plan())


def case_of(value: Expr, through: Callable[[Plan], Plan], x: object = None, u: float = 3.0) -> Passed:
    values = np.random.default_rng(5).normal(size=100) if x is None else np.asarray(x, float)
    case = Passed(sizes={"n": values.size}, through=through)
    case.buffer("x", values, "real", "n")
    case.buffer("w", np.random.default_rng(6).normal(size=values.size), "real", "n")
    case.buffer("u", u)
    case.buffer("y", 0.0, "real", "n")
    case.add(5, Kernel("y", Each("n"), (Let("half", op("*", X, real(0.5))), Store("y", I, value))))
    return case


def operations(plan: Plan) -> list[str]:
    kernel = plan.schedule[0].work
    assert isinstance(kernel, Kernel)
    stored = kernel.body[-1]
    assert isinstance(stored, Store)
    return [part.op for part in subexpressions(stored.value) if isinstance(part, Op)]


@pytest.mark.parametrize(
    "divisor", [real(5.0), real(-0.37), Load("u", Cast(real(0.0), "int")), op("+", U, real(1.0))]
)
def test_division_by_what_is_uniform(divisor: Expr) -> None:
    exact = run(case_of(op("/", X, divisor), lambda plan: plan), 1).arrays["y"]
    case = case_of(op("/", X, divisor), lambda plan: hoist_uniform(multiply_by_reciprocals(plan)))
    assert operations(case.plan()) == ["*"]
    found = run(case, 1).arrays
    assert np.max(np.abs(found["y"] - exact) / np.spacing(np.abs(exact))) <= 1.0
    assert_same_bits(found, interpret(case, 1).arrays)


@pytest.mark.parametrize(
    "value",
    [
        op("/", X, W),
        op("/", X, Symbol("half")),
        op("/", U, real(3.0)),
        op("/", Symbol("t"), real(0.1)),
        op("/", X, real(0.0)),
        op("/", X, real(1e308)),
        call("floor", op("/", X, real(0.1))),
        Cast(op("<", op("/", X, real(0.1)), real(3.0)), "real"),
        Cast(Cast(op("/", X, real(0.1)), "int"), "real"),
    ],
)
def test_other_divisions_stay(value: Expr) -> None:
    case = case_of(value, multiply_by_reciprocals)
    assert case.plan() == Case.plan(case)


def test_steps_are_divided_alike() -> None:
    """A neuron's own steps and those of all, divided by one time constant: equal steps have equal bits."""
    steps = Cast(Symbol("step", "int"), "real")
    own = op("/", op("+", X, steps), U)
    case = case_of(op("-", op("/", steps, U), own), multiply_by_reciprocals, x=np.zeros(50), u=20.3)
    found = run(case, 1, clock=(77, 77, 77)).arrays["y"]
    np.testing.assert_array_equal(found, np.zeros(50))
    assert case.plan() != Case.plan(case)


def test_thirds_are_counted_as_without_the_pass() -> None:
    """0.3 / 0.1 lies below 3, 0.3 * 10 does not."""
    value = call("floor", op("/", X, real(0.1)))
    case = case_of(value, lambda plan: fuse(multiply_by_reciprocals(plan)), [0.3, 0.6, 0.7])
    np.testing.assert_array_equal(run(case, 1).arrays["y"], [2.0, 5.0, 6.0])


def test_division_by_a_parameter_that_is_zero() -> None:
    case = case_of(op("/", X, U), multiply_by_reciprocals, [1.0, -2.0, 0.0], u=0.0)
    np.testing.assert_array_equal(run(case, 1).arrays["y"], [np.inf, -np.inf, np.nan])


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        (op("+", op("*", X, W), U), (1, 1)),
        (op("+", U, op("*", X, W)), (1, 1)),
        (op("-", op("*", X, W), U), (1, -1)),
        (op("-", U, op("*", X, W)), (-1, 1)),
    ],
)
def test_a_fused_step_rounds_once(value: Op, terms: tuple[int, int]) -> None:
    case = case_of(value, fuse, x=[1 + 2**-30, 1e300, -0.1, 3.0] * 5, u=-0.3)
    found = run(case, 1).arrays
    product, rest = terms
    expected = [
        float(product * Fraction(x) * Fraction(w) + rest * Fraction(-0.3))
        for x, w in zip(case.values["x"], case.values["w"], strict=True)
    ]
    np.testing.assert_array_equal(found["y"], expected)
    assert_same_bits(found, interpret(case, 1).arrays)


def test_fused_infinities() -> None:
    case = case_of(op("+", op("*", X, real(2.0)), U), fuse, [np.inf, -np.inf, np.nan, 1e308], u=1.0)
    found = run(case, 1).arrays
    np.testing.assert_array_equal(found["y"], [np.inf, -np.inf, np.nan, np.inf])
    assert_same_bits(found, interpret(case, 1).arrays)


def test_names_of_what_is_uniform_are_nobody_elses() -> None:
    """A plan that binds such a name already keeps both values apart."""
    case = case_of(X, hoist_uniform)
    case.schedule.clear()
    doubled = op("*", U, real(2.0))
    body = (Let("_u0", op("*", X, W)), Store("y", I, op("+", Symbol("_u0"), doubled)))
    case.add(5, Kernel("y", Each("n"), body))
    assert [let.value for let in case.plan().prologue] == [doubled]
    for arrays in (run(case, 1).arrays, interpret(case, 1).arrays):
        np.testing.assert_allclose(arrays["y"], case.values["x"] * case.values["w"] + 6.0, rtol=1e-15)


def test_a_sign_moves_to_what_is_uniform() -> None:
    case = case_of(op("neg", op("*", U, X)), lambda plan: hoist_uniform(multiply_by_reciprocals(plan)))
    assert operations(case.plan()) == ["*"]
    np.testing.assert_array_equal(run(case, 1).arrays["y"], -3.0 * case.values["x"])


@pytest.mark.parametrize("product", [op("*", op("+", X, W), U), op("*", U, op("+", X, W))])
def test_factors_that_are_the_same_for_all_meet(product: Expr) -> None:
    """An explicit step: the rounding of two products differs by at most one unit of what is added."""
    step = call("fma", real(0.1), Symbol("k"), X)

    def with_step(through: Callable[[Plan], Plan]) -> Passed:
        case = case_of(step, through)
        kernel = Kernel("y", Each("n"), (Let("k", product), Store("y", I, step)))
        case.schedule.clear()
        case.add(5, kernel)
        return case

    exact = run(with_step(lambda plan: plan), 1).arrays
    case = with_step(lambda plan: hoist_uniform(gather_factors(plan)))
    kernel = case.plan().schedule[0].work
    assert isinstance(kernel, Kernel) and kernel.body[0] == Let("k", op("+", X, W))
    found = run(case, 1).arrays
    added = np.abs(exact["y"] - exact["x"])
    error = np.abs(found["y"] - exact["y"])
    assert np.max(error) > 0.0 and np.all(error <= np.spacing(added) + np.spacing(np.abs(exact["y"])))
    assert_same_bits(found, interpret(case, 1).arrays)


@pytest.mark.parametrize(
    ("product", "step"),
    [
        (op("*", X, W), call("fma", real(0.1), Symbol("k"), X)),
        (op("*", X, U), call("fma", W, Symbol("k"), X)),
        (op("*", X, U), call("fma", real(0.1), Symbol("k"), Symbol("k"))),
        (op("*", X, U), op("+", X, Symbol("k"))),
    ],
    ids=["no factor", "no other factor", "used twice", "not multiplied"],
)
def test_factors_that_stay(product: Expr, step: Expr) -> None:
    case = case_of(step, lambda plan: plan)
    case.schedule.clear()
    case.add(5, Kernel("y", Each("n"), (Let("k", product), Store("y", I, step))))
    assert gather_factors(case.plan()) == case.plan()


@pytest.mark.parametrize(
    "value",
    [
        op("+", op("-", real(15.0), X), U),
        op("-", op("-", X, U), real(40.0)),
        op("+", op("+", op("*", X, W), real(0.1)), op("-", op("neg", U), op("*", W, W))),
        op("*", op("-", op("+", U, X), op("-", real(2.0), W)), W),
    ],
)
def test_uniform_terms_are_added_first(value: Expr) -> None:
    case = case_of(value, lambda plan: hoist_uniform(gather_uniform_terms(plan)))
    plain = case_of(value, lambda plan: plan)
    assert len(operations(case.plan())) < len(operations(plain.plan()))
    found = run(case, 1).arrays
    # Each sum is rounded to half a unit of its largest part, at most 64.
    np.testing.assert_allclose(found["y"], run(plain, 1).arrays["y"], atol=8 * np.spacing(64.0), rtol=1e-15)
    assert_same_bits(found, interpret(case, 1).arrays)


@pytest.mark.parametrize(
    "value",
    [
        op("-", op("+", U, real(15.0)), X),
        op("+", op("-", real(15.0), X), W),
        op("+", U, real(15.0)),
        op("+", op("-", Symbol("t"), X), U),
        call("sin", op("+", op("-", real(15.0), X), U)),
        call("floor", op("+", op("-", real(15.0), X), U)),
        Cast(op("<", op("+", op("-", real(15.0), X), U), real(3.0)), "real"),
    ],
)
def test_other_sums_stay(value: Expr) -> None:
    """Added first already, one uniform term, no other, time, what functions are given or is compared."""
    case = case_of(value, gather_uniform_terms)
    assert case.plan() == Case.plan(case)
