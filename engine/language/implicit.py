"""Backward Euler for linear systems: (x' - x)/h = f(x') solved for x' by elimination, in temporaries.

The diagonal is ``scale - h * slope``, near ``scale`` for every step size that resolves the dynamics, so no
pivoting is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.language.algebra import ONE, Part, add, collect, divide, multiply, subtract
from engine.language.model import Let, Ode, Update, Write
from engine.language.report import Problem
from engine.language.traverse import own_names
from engine.language.tree import Binary, Expression, Name, Number

_H = Name("dt")


def implicit_updates(odes: Sequence[Ode]) -> list[Update]:
    """Solve all ODEs together; every variable of the system is new on the right sides."""
    names = [ode.name for ode in odes]
    system = _System()
    rows = [_row(ode, names, system) for ode in odes]
    for pivot in range(len(odes)):
        for lower in range(pivot + 1, len(odes)):
            _eliminate(rows, pivot, lower, names[lower], system)
    solution: dict[int, Expression] = {}
    for index in reversed(range(len(odes))):
        coefficients, right = rows[index]
        for other in range(index + 1, len(odes)):
            coefficient = coefficients[other]
            if coefficient is not None:
                right = subtract(right, multiply(coefficient, solution[other]))
        diagonal = coefficients[index] or ONE
        solution[index] = system.bind(f"_new_{names[index]}", divide(right or Number(0), diagonal))
    writes = [Write(ode.name, solution[k], ode.bounds, ode.text) for k, ode in enumerate(odes)]
    return [*system.lets, *writes]


class _System:
    """The temporaries made so far. A name holds that of one variable and then numbers, so that no two of a
    model are equal."""

    def __init__(self) -> None:
        self.lets: list[Let] = []

    def bind(self, name: str, value: Expression) -> Expression:
        """A temporary for ``value``."""
        if isinstance(value, Name | Number):
            return value
        self.lets.append(Let(name, value))
        return Name(name)


_Row = tuple[list[Part], Part]


def _row(ode: Ode, names: list[str], system: _System) -> _Row:
    """``scale x' - h sum(slope_j x_j') = scale x + h drive`` for scale dx/dt = sum(slope_j x_j) + drive."""
    scale, rest = _split(ode, names)
    slopes: list[Part] = []
    for name in names:
        slope, rest = collect(rest if rest is not None else Number(0), name)
        slopes.append(slope)
    for part in (*slopes, rest):
        if part is not None and own_names(part) & set(names):
            raise Problem(
                "The ODE is not linear, can not use the implicit method.",
                ode.span,
                "Use explicit, midpoint, rk4 or exponential.",
            )
    coefficients: list[Part] = []
    for column, slope in enumerate(slopes):
        own = scale if names[column] == ode.name else None
        entry = subtract(own, multiply(_H, slope)) if slope is not None else own
        coefficients.append(system.bind(f"_m_{ode.name}_{column}", entry) if entry is not None else None)
    drive = multiply(_H, rest) if rest is not None else None
    right = add(multiply(scale, Name(ode.name)), drive)
    return coefficients, right and system.bind(f"_right_{ode.name}", right)


def _split(ode: Ode, names: list[str]) -> tuple[Expression, Part]:
    match ode.gradient:
        case Binary(operator="/", left=left, right=right) if not own_names(right) & set(names):
            return right, left
        case gradient:
            return ONE, gradient


def _eliminate(rows: list[_Row], pivot: int, lower: int, name: str, system: _System) -> None:
    """Subtract a multiple of row ``pivot`` from row ``lower``, that of ``name``, so that their common unknown
    goes."""
    coefficients, right = rows[lower]
    source, source_right = rows[pivot]
    entry, diagonal = coefficients[pivot], source[pivot]
    if entry is None or diagonal is None:
        return
    label = f"{name}_{pivot}"
    factor = system.bind(f"_factor_{label}", divide(entry, diagonal))
    changed: list[Part] = list(coefficients)
    changed[pivot] = None
    for column in range(pivot + 1, len(rows)):
        above = source[column]
        if above is not None:
            value = subtract(coefficients[column], multiply(factor, above))
            changed[column] = value and system.bind(f"_n_{label}_{column}", value)
    if source_right is not None:
        value = subtract(right, multiply(factor, source_right))
        right = value and system.bind(f"_rest_{label}", value)
    rows[lower] = (changed, right)
