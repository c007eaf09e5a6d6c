"""Passes that make arithmetic cheaper within half a unit in the last place: reciprocals and fused steps.

What they change is decided by the expressions alone, so that results stay those of any number of threads.
"""

from __future__ import annotations

import math
from typing import Any

from engine.codegen.ir import (
    Cast,
    Const,
    Draw,
    Expr,
    Function,
    Kernel,
    Let,
    Load,
    Op,
    Symbol,
)
from engine.codegen.passes import map_kernels
from engine.codegen.plan import Plan
from engine.codegen.traverse import rebuilt, statements, subexpressions

_STEPWISE = frozenset({"floor", "ceil", "round", "modulo", "fmod", "sign", "Heaviside"})
"""Functions that jump: what they are given keeps its last bit."""

_COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!=", "mod"})

_OF_ONE_ITERATION = frozenset({"i", "s", "pair", "pre", "post", "row", "length", "block", "unit"})

_SMALLEST_NORMAL = 2.2250738585072014e-308


def multiply_by_reciprocals(plan: Plan) -> Plan:
    """Divide what differs between iterations, or counts steps, by what does not as a multiplication:
    ``x / tau`` becomes ``x * (1 / tau)``, and the division happens once.

    Divisions by whose result something is compared, rounded or indexed stay: 0.3 / 0.1 lies below 3, and
    0.3 * 10 does not. ``-(a * x)`` becomes ``(-a) * x``, which is the same.
    """
    return map_kernels(plan, _with_reciprocals)


def _with_reciprocals(kernel: Kernel) -> Kernel:
    varying = varying_symbols(kernel)

    def varies(expression: Expr) -> bool:
        return any(
            (isinstance(part, Symbol) and part.name in varying) or isinstance(part, Draw)
            for part in subexpressions(expression)
        )

    def change(node: Any) -> Any:
        if jumps(node):
            return node
        node = rebuilt(node, change)
        if isinstance(node, Op) and node.op == "neg":
            factors = _factors(node.args[0])
            if factors and not varies(factors[0]):
                return Op("*", (_negated(factors[0]), factors[1]))
        if isinstance(node, Op) and node.op == "/":
            dividend, divisor = node.args
            moves = varies(dividend) or _counts_steps(dividend)
            if moves and not varies(divisor) and (inverse := _inverse(divisor)) is not None:
                return Op("*", (dividend, inverse))
        return node

    changed: Kernel = change(kernel)
    return changed


def _counts_steps(expression: Expr) -> bool:
    """Is it made of whole steps? The same quotient must come out where an element's own steps are divided."""
    found = (part.name for part in subexpressions(expression) if isinstance(part, Symbol))
    return any(name in ("step", "tick") for name in found)


def varying_symbols(kernel: Kernel) -> set[str]:
    """Names whose value may differ between two iterations."""
    varying = set(_OF_ONE_ITERATION)
    if kernel.reduction is not None:
        varying.add(kernel.reduction.name)
    for statement in statements((*kernel.body, *kernel.after)):
        if isinstance(statement, Let):
            parts = subexpressions(statement.value)
            if any(isinstance(p, Draw) or (isinstance(p, Symbol) and p.name in varying) for p in parts):
                varying.add(statement.name)
    return varying


def jumps(node: Any) -> bool:
    """Does the last bit of an operand decide about more than the last bit of the result?"""
    match node:
        case Op(op=op):
            return op in _COMPARISONS
        case Function(name=name):
            return name in _STEPWISE
        case Cast(type=kind):
            return kind != "real"
        case Load():
            return True
    return False


def _inverse(divisor: Expr) -> Expr | None:
    if not isinstance(divisor, Const):
        return Op("/", (Const(1.0), divisor))
    number = float(divisor.value)
    if not math.isfinite(number) or abs(number) < _SMALLEST_NORMAL or abs(1.0 / number) < _SMALLEST_NORMAL:
        return None
    return Const(1.0 / number)


def fuse(plan: Plan) -> Plan:
    """``a * b + c`` as one step that rounds once; of two products the first is fused.

    What functions are given keeps its bits: equal phases stay equal.
    """

    def change(node: Any) -> Any:
        if isinstance(node, Function):
            return node
        result = rebuilt(node, change)
        return _fused(result) if isinstance(result, Op) else result

    def fused(kernel: Kernel) -> Kernel:
        changed: Kernel = change(kernel)
        return changed

    return map_kernels(plan, fused)


def _fused(node: Expr) -> Expr:
    if not isinstance(node, Op) or node.op not in ("+", "-") or node.type != "real" or len(node.args) != 2:
        return node
    first, second = node.args
    if factors := _factors(first):
        return Function("fma", (*factors, second if node.op == "+" else _negated(second)))
    if factors := _factors(second):
        a, b = factors
        return Function("fma", (a if node.op == "+" else _negated(a), b, first))
    return node


def _factors(node: Expr) -> tuple[Expr, Expr] | None:
    """The two factors of a product of reals."""
    if isinstance(node, Op) and node.op == "*" and node.type == "real" and len(node.args) == 2:
        return node.args[0], node.args[1]
    return None


def _negated(node: Expr) -> Expr:
    if isinstance(node, Const):
        return Const(-float(node.value))
    if isinstance(node, Op) and node.op == "neg":
        return node.args[0]
    return Op("neg", (node,))
