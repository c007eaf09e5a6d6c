"""Exact steps without a division: results stay, fewer digits are lost, and what is no such step stays."""

from __future__ import annotations

import dataclasses

import mpmath
import numpy as np
import pytest
from execution import Case, I, call, interpret, op, real, run

from engine.codegen.ir import Each, Expr, Kernel, Let, Load, Op, Select, Store, Symbol
from engine.codegen.passes import hoist_uniform
from engine.codegen.plan import Plan
from engine.codegen.relaxation import relax

X, D, G = Load("x", I), Load("d", I), Load("g", I)
STEADY, DECAY, RATE = Symbol("_steady_x"), Symbol("_decay_x"), Symbol("_rate_x")
STEP = op("+", STEADY, op("*", op("-", X, STEADY), DECAY))


class Relaxed(Case):
    """A case whose plan takes steps without a division."""

    def plan(self) -> Plan:
        return relax(super().plan())


def case_of(
    kind: type[Case],
    value: Expr = STEP,
    *,
    length: float = 0.05,
    before: tuple[Store, ...] = (),
    **given: object,
) -> Case:
    rng = np.random.default_rng(3)
    arrays = {"x": rng.normal(size=200), "d": rng.normal(size=200), "g": rng.uniform(0.0, 60.0, 200)} | given
    case = kind(sizes={"n": 200})
    for name, values in arrays.items():
        case.buffer(name, values, "real", "n")
    lets = (
        Let("_rate_x", op("+", G, real(1.0))),
        Let("_decay_x", call("exp", op("neg", op("*", real(length), RATE)))),
        Let("_steady_x", op("/", D, RATE)),
    )
    case.add(5, Kernel("x", Each("n"), (*lets, *before, Store("x", I, value))))
    return case


def has_quotient(plan: Plan) -> bool:
    kernel = plan.schedule[0].work
    assert isinstance(kernel, Kernel)
    lets = [s.value for s in kernel.body if isinstance(s, Let)]
    return any(isinstance(value, Op) and value.op == "/" for value in lets)


@pytest.mark.parametrize("length", [0.0, 1e-40, 1e-4, 0.05, 1.0, 1e3, 1e40])
def test_the_step_is_the_same(length: float) -> None:
    """From short steps to those far beyond the polynomial, and to lengths whose powers are no numbers."""
    plain, relaxed = case_of(Case, length=length), case_of(Relaxed, length=length)
    assert has_quotient(plain.plan()) and not has_quotient(relaxed.plan())
    expected, found = run(plain, 1).arrays["x"], run(relaxed, 1).arrays["x"]
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(found, interpret(relaxed, 1).arrays["x"], rtol=1e-13, atol=1e-14)


def test_the_step_is_exact() -> None:
    case = case_of(Relaxed)
    found = run(case, 1).arrays["x"]
    with mpmath.workdps(40):
        for k in range(0, 200, 9):
            x, d, r = (mpmath.mpf(float(case.values[name][k])) for name in ("x", "d", "g"))
            r += 1
            true = d / r + (x - d / r) * mpmath.exp(-mpmath.mpf(0.05) * r)
            assert abs(float(mpmath.mpf(float(found[k])) - true)) <= 4e-16 * max(1.0, abs(float(x)))


@pytest.mark.parametrize("length", [1e-9, 1e-5, 0.02, 3.0, 1e7])
def test_the_step_in_single_precision(length: float) -> None:
    case = case_of(Relaxed, length=length)
    case.precision = "float"
    case.buffers.clear()
    for name, values in list(case.values.items()):
        case.buffer(name, values, "real", "n")
    found = run(case, 1).arrays["x"].astype(float)
    x, d, r = (case.values[name].astype(float) for name in ("x", "d", "g"))
    r += 1.0
    exact = d / r + (x - d / r) * np.exp(-float(np.float32(length)) * r)
    # A few roundings of what is added, whose terms are at most |x| + |d / r|, and one of the sum.
    bound = 6e-7 * (np.abs(x) + np.abs(d / r)) + 1e-12
    assert np.all(np.abs(found - exact) <= bound)


def test_what_is_the_same_for_all_is_computed_once() -> None:
    """A length of all neurons gives coefficients in front of the time loop, one of each neuron does not."""
    hoisted = hoist_uniform(case_of(Relaxed).plan())
    assert [let.value.type for let in hoisted.prologue] == ["gains"]
    case = case_of(Case, own=np.full(200, 0.05))
    kernel = case.schedule[0].work
    decay = Let("_decay_x", call("exp", op("neg", op("*", Load("own", I), RATE))))
    body = tuple(decay if isinstance(s, Let) and s.name == "_decay_x" else s for s in kernel.body)
    case.schedule[0] = dataclasses.replace(case.schedule[0], work=dataclasses.replace(kernel, body=body))
    relaxed = relax(case.plan())
    assert not has_quotient(relaxed) and not hoist_uniform(relaxed).prologue


def test_a_rate_of_zero_is_no_division_by_zero() -> None:
    """dx/dt = d - r x with r = 0 moves x by d dt."""
    found = run(case_of(Relaxed, g=np.full(200, -1.0)), 1).arrays["x"]
    case = case_of(Case)
    np.testing.assert_allclose(found, case.values["x"] + 0.05 * case.values["d"], rtol=1e-14)


def test_steps_under_a_condition() -> None:
    value = Select(op("<", D, real(0.0)), STEP, X)
    plain, relaxed = case_of(Case, value), case_of(Relaxed, value)
    assert not has_quotient(relaxed.plan())
    np.testing.assert_allclose(run(relaxed, 1).arrays["x"], run(plain, 1).arrays["x"], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (op("+", STEP, STEADY), ()),
        (op("+", STEP, DECAY), ()),
        (op("+", STEADY, op("*", op("-", D, STEADY), DECAY)), ()),
        (STEP, (Store("x", I, op("+", X, real(1.0))),)),
    ],
)
def test_other_uses_stay(value: Expr, before: tuple[Store, ...]) -> None:
    """The quotient or the decay is read elsewhere, the step is not one of x, or x changes in between."""
    case = case_of(Relaxed, value, before=before)
    assert case.plan() == Case.plan(case)


def test_another_rate_stays() -> None:
    case = case_of(Relaxed)
    kernel = Case.plan(case).schedule[0].work
    assert isinstance(kernel, Kernel)
    rate, decay, _, store = kernel.body
    changed = dataclasses.replace(kernel, body=(rate, decay, Let("_steady_x", op("/", D, G)), store))
    case.schedule[0] = dataclasses.replace(case.schedule[0], work=changed)
    assert case.plan() == Case.plan(case)
