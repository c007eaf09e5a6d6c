"""Explicit methods: Euler, midpoint and fourth-order Runge-Kutta.

``t``, inputs and the variables of other equations keep their values within all stages.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.language.model import Let, Ode, Update, Write
from engine.language.traverse import substitute
from engine.language.tree import Binary, Expression, Name, Number

_H = Name("dt")


def explicit_updates(odes: Sequence[Ode]) -> list[Update]:
    """x += h f(x)."""
    return [*_slopes("k", odes, {}), *(_step(ode, Binary("*", _H, Name(f"_k_{ode.name}"))) for ode in odes)]


def midpoint_updates(odes: Sequence[Ode]) -> list[Update]:
    """x += h f(x + h/2 f(x))."""
    first = _slopes("k1", odes, {})
    middle, values = _shifted("x1", odes, "k1", Number(0.5))
    second = _slopes("k2", odes, values)
    return [*first, *middle, *second, *(_step(ode, Binary("*", _H, Name(f"_k2_{ode.name}"))) for ode in odes)]


def rk4_updates(odes: Sequence[Ode]) -> list[Update]:
    """The classical method of fourth order."""
    updates: list[Update] = [*_slopes("k1", odes, {})]
    for stage, factor in ((1, 0.5), (2, 0.5), (3, 1.0)):
        shifted, values = _shifted(f"x{stage}", odes, f"k{stage}", Number(factor))
        updates += [*shifted, *_slopes(f"k{stage + 1}", odes, values)]
    for ode in odes:
        k1, k2, k3, k4 = (Name(f"_k{stage}_{ode.name}") for stage in (1, 2, 3, 4))
        inner = Binary("*", Number(2.0), Binary("+", k2, k3))
        total = Binary("+", Binary("+", k1, inner), k4)
        updates.append(_step(ode, Binary("*", Binary("/", _H, Number(6.0)), total)))
    return updates


def _slopes(prefix: str, odes: Sequence[Ode], values: dict[str, Expression]) -> list[Let]:
    """``_prefix_x = f(values)`` for each ODE."""
    return [Let(f"_{prefix}_{ode.name}", substitute(ode.gradient, values)) for ode in odes]


def _shifted(
    prefix: str, odes: Sequence[Ode], slope: str, factor: Number
) -> tuple[list[Let], dict[str, Expression]]:
    """``_prefix_x = x + factor h slope`` for each ODE, and what stands for each x in the next stage."""
    lets: list[Let] = []
    values: dict[str, Expression] = {}
    for ode in odes:
        step: Expression = _H if factor.value == 1.0 else Binary("*", factor, _H)
        shift = Binary("*", step, Name(f"_{slope}_{ode.name}"))
        lets.append(Let(f"_{prefix}_{ode.name}", Binary("+", Name(ode.name), shift)))
        values[ode.name] = Name(f"_{prefix}_{ode.name}")
    return lets, values


def _step(ode: Ode, change: Expression) -> Write:
    return Write(ode.name, Binary("+", Name(ode.name), change), ode.bounds, ode.text)
