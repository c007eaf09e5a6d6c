"""Equations over one step: blocks and numerical methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from engine.language.model import Assignment, Bounds, Equation, Ode
from engine.language.tree import Binary, Expression, Name, Number, Unary
from reference.evaluation import Look, Value, evaluate, parts_of

Write = Callable[[str, Value, Bounds], None]


def advance(
    equations: Sequence[Equation], look: Look, write: Write, method: dict[str, str], alone: frozenset[str]
) -> None:
    """Carry out equations of one locality.

    Parameters
    ----------
    look, write
        Read a leaf of a tree; store a variable and apply its bounds.
    method : dict
        Of each ODE.
    alone : frozenset of str
        Methods that solve each ODE on its own, with all others frozen.
    """
    for are_odes, run in groupby(equations, key=lambda equation: isinstance(equation, Ode)):
        if are_odes:
            _advance_block(list(run), look, write, method, alone)
        else:
            for assignment in run:
                write(assignment.name, assigned(assignment, look), assignment.bounds)


def assigned(assignment: Assignment, look: Look) -> Value:
    """What an assignment or increment stores."""
    value = evaluate(assignment.expression, look)
    if assignment.operator == "=":
        return value
    old = look(Name(assignment.name))
    match assignment.operator:
        case "+=":
            return old + value
        case "-=":
            return old - value
        case "*=":
            return old * value
        case _:
            return old / value


def _advance_block(
    odes: list[Ode], look: Look, write: Write, method: dict[str, str], alone: frozenset[str]
) -> None:
    """Consecutive ODEs: all new values from the old ones, then all writes in order."""
    new: dict[str, Value] = {}
    for name, solve in _SOLVERS.items():
        concerned = [ode for ode in odes if method[ode.name] == name]
        systems = [[ode] for ode in concerned] if name in alone else [concerned]
        for system in filter(None, systems):
            new |= solve(system, look)
    for ode in odes:
        write(ode.name, new[ode.name], ode.bounds)


def _with(look: Look, values: dict[str, Value]) -> Look:
    """``look`` with other values of some variables."""

    def changed(node: Expression) -> Value:
        if isinstance(node, Name) and node.owner == "own" and node.name in values:
            return values[node.name]
        return look(node)

    return changed


def _gradients(system: list[Ode], look: Look, values: dict[str, Value]) -> dict[str, Value]:
    return {ode.name: evaluate(ode.gradient, _with(look, values)) for ode in system}


def _old(system: list[Ode], look: Look) -> dict[str, Value]:
    return {ode.name: look(Name(ode.name)) for ode in system}


def _moved(x: dict[str, Value], h: Value, k: dict[str, Value]) -> dict[str, Value]:
    return {name: x[name] + h * k[name] for name in x}


# --- the methods --------------------------------------------------------------------------------------


def _explicit(system: list[Ode], look: Look) -> dict[str, Value]:
    x = _old(system, look)
    return _moved(x, look(Name("dt")), _gradients(system, look, x))


def _midpoint(system: list[Ode], look: Look) -> dict[str, Value]:
    x, h = _old(system, look), look(Name("dt"))
    k = _gradients(system, look, x)
    return _moved(x, h, _gradients(system, look, _moved(x, h / 2, k)))


def _rk4(system: list[Ode], look: Look) -> dict[str, Value]:
    x, h = _old(system, look), look(Name("dt"))
    k1 = _gradients(system, look, x)
    k2 = _gradients(system, look, _moved(x, h / 2, k1))
    k3 = _gradients(system, look, _moved(x, h / 2, k2))
    k4 = _gradients(system, look, _moved(x, h, k3))
    return {n: x[n] + h / 6 * (k1[n] + 2 * k2[n] + 2 * k3[n] + k4[n]) for n in x}


def _implicit(system: list[Ode], look: Look) -> dict[str, Value]:
    """(x' - x)/h = J x' + f(0) for a linear f, whose columns of J are f(unit vector) - f(0)."""
    x, h = _old(system, look), look(Name("dt"))
    zero = dict.fromkeys(x, 0.0)
    offset = _gradients(system, look, zero)
    columns = [_gradients(system, look, zero | {name: 1.0}) for name in x]
    shape = np.broadcast_shapes(*(np.shape(v) for c in [x, offset, *columns] for v in c.values()))
    count = len(x)
    matrix = np.empty((*shape, count, count))
    right = np.empty((*shape, count))
    for row, name in enumerate(x):
        right[..., row] = x[name] + h * offset[name]
        for column in range(count):
            slope = columns[column][name] - offset[name]
            matrix[..., row, column] = (row == column) - h * slope
    solution = np.linalg.solve(matrix, right[..., None])[..., 0]
    return {name: solution[..., row] for row, name in enumerate(x)}


def _exponential(system: list[Ode], look: Look) -> dict[str, Value]:
    x, h = _old(system, look), look(Name("dt"))
    result = {}
    for ode in system:
        tau, steady = relaxation(ode, look)
        result[ode.name] = x[ode.name] + (1 - np.exp(-h / tau)) * (steady - x[ode.name])
    return result


def _semiimplicit(system: list[Ode], look: Look) -> dict[str, Value]:
    x, h = _old(system, look), look(Name("dt"))
    result = {}
    for ode in system:
        tau, steady = relaxation(ode, look)
        result[ode.name] = x[ode.name] + h / (h + tau) * (steady - x[ode.name])
    return result


_SOLVERS = {
    "explicit": _explicit,
    "exponential": _exponential,
    "semiimplicit": _semiimplicit,
    "implicit": _implicit,
    "midpoint": _midpoint,
    "rk4": _rk4,
}


# --- tau dx/dt + x = A --------------------------------------------------------------------------------


def relaxation(ode: Ode, look: Look) -> tuple[Value, Value]:
    """tau and A of an ODE written as tau dx/dt + x = A; terms that are not linear in x stay in A."""
    gradient = _split(ode.gradient, ode.name, look)
    tau = -1.0 / gradient.slope
    return tau, (gradient.constant + gradient.curved) * tau


@dataclass(frozen=True)
class _Split:
    """constant + slope * x + curved; the last is what else depends on x, at its present value."""

    constant: Value
    slope: Value
    curved: Value

    def scaled(self, factor: Value) -> _Split:
        return _Split(self.constant * factor, self.slope * factor, self.curved * factor)

    def plus(self, other: _Split) -> _Split:
        return _Split(self.constant + other.constant, self.slope + other.slope, self.curved + other.curved)

    def value(self, x: Value) -> Value:
        return self.constant + self.slope * x + self.curved

    def times(self, other: _Split, x: Value) -> _Split:
        constant = self.constant * other.constant
        slope = self.constant * other.slope + self.slope * other.constant
        return _Split(constant, slope, self.value(x) * other.value(x) - constant - slope * x)


def _split(node: Expression, name: str, look: Look) -> _Split:
    if not any(part == name for part in _own_names(node)):
        return _Split(evaluate(node, look), 0.0, 0.0)
    x = look(Name(name))
    match node:
        case Name():
            return _Split(0.0, 1.0, 0.0)
        case Unary("-", operand):
            return _split(operand, name, look).scaled(-1.0)
        case Binary("+", left, right):
            return _split(left, name, look).plus(_split(right, name, look))
        case Binary("-", left, right):
            return _split(left, name, look).plus(_split(right, name, look).scaled(-1.0))
        case Binary("*", left, right):
            return _split(left, name, look).times(_split(right, name, look), x)
        case Binary("/", left, right) if name not in _own_names(right):
            return _split(left, name, look).scaled(1.0 / evaluate(right, look))
        case Binary("**", left, Number(int(power))) if power >= 1:
            base = result = _split(left, name, look)
            for _ in range(power - 1):
                result = result.times(base, x)
            return result
        case _:
            return _Split(0.0, 0.0, evaluate(node, look))


def _own_names(node: Expression) -> Iterator[str]:
    """Names without owner anywhere in a tree."""
    return (part.name for part in parts_of(node) if isinstance(part, Name) and part.owner == "own")
