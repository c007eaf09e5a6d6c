"""Factors that are the same for all neurons meet before the loop: one multiplication less for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.codegen.arithmetic import varying_symbols
from engine.codegen.ir import Draw, Each, Expr, Function, Kernel, Let, Op, Symbol
from engine.codegen.passes import map_kernels
from engine.codegen.plan import Plan
from engine.codegen.traverse import expressions_of_body, rebuilt, subexpressions


def gather_factors(plan: Plan) -> Plan:
    """``k = x * u; fma(h, k, y)`` becomes ``k = x; fma(h * u, k, y)``, where u and h are the same for all
    neurons and nothing else uses k: an explicit step of an equation with a time constant. What is computed
    differs by the rounding of a product, half a unit in the last place of what is added to y.
    """
    return map_kernels(plan, _gathered)


def _gathered(kernel: Kernel) -> Kernel:
    if not isinstance(kernel.domain, Each):
        return kernel
    varying = varying_symbols(kernel)
    body = kernel.body
    for number, statement in enumerate(body):
        if not isinstance(statement, Let) or (found := _split(statement.value, varying)) is None:
            continue
        name, (rest, factor) = Symbol(statement.name), found
        if sum(e == name for e in expressions_of_body(body)) != 1:
            continue
        moved = _with_factor(body[number + 1 :], name, factor, varying)
        if moved != body[number + 1 :]:
            body = (*body[:number], Let(statement.name, rest), *moved)
    return replace(kernel, body=body)


def _with_factor(node: Any, name: Symbol, factor: Expr, varying: set[str]) -> Any:
    """Statements in which what ``name`` is multiplied by takes a factor, if that is in a fused step."""
    match node:
        case Function(name="fma", args=(one, other, added)) if name in (one, other):
            scale = other if one == name else one
            if _varies(scale, varying):
                return node
            return Function("fma", (Op("*", (scale, factor)), name, added))
    return rebuilt(node, lambda part: _with_factor(part, name, factor, varying))


def _split(value: Expr, varying: set[str]) -> tuple[Expr, Expr] | None:
    """A product as what differs between neurons and what does not."""
    match value:
        case Op(op="*", type="real", args=(one, other)):
            if _varies(one, varying) and not _varies(other, varying):
                return one, other
            if _varies(other, varying) and not _varies(one, varying):
                return other, one
    return None


def _varies(expression: Expr, varying: set[str]) -> bool:
    return any(
        isinstance(part, Draw) or (isinstance(part, Symbol) and part.name in varying)
        for part in subexpressions(expression)
    )
