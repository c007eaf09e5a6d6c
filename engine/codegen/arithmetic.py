"""Passes that make arithmetic cheaper: reciprocals, sums of what is uniform, and fused steps.

They round otherwise, by half a unit in the last place of what is divided or added.

What they change is decided by the expressions alone, so that results stay those of any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
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
        return is_varying(expression, varying)

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


def is_varying(expression: Expr, varying: set[str]) -> bool:
    """May the value of an expression differ between two iterations?"""
    found = subexpressions(expression)
    return any(isinstance(e, Draw) or (isinstance(e, Symbol) and e.name in varying) for e in found)


def is_parameter(expression: Expr) -> bool:
    """Is it the same always? Time is not: differences of times keep their digits."""
    return not any(isinstance(e, Symbol | Draw) for e in subexpressions(expression))


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


def gather_uniform_terms(plan: Plan) -> Plan:
    """Add numbers and parameters of all neurons first: ``15 - v + offset`` becomes ``(15 + offset) - v``."""
    return map_kernels(plan, _with_gathered_terms)


def _with_gathered_terms(kernel: Kernel) -> Kernel:
    def change(node: Any) -> Any:
        if jumps(node) or isinstance(node, Function):
            return node
        if isinstance(node, Op) and node.op in ("+", "-") and node.type == "real" and len(node.args) == 2:
            terms = list(_terms(node))
            uniform = [term for term in terms if is_parameter(term[1])]
            if 1 < len(uniform) < len(terms) and uniform != terms[: len(uniform)]:
                others = [(sign, change(term)) for sign, term in terms if not is_parameter(term)]
                return _total((1, _total(*uniform)), *others)
        return rebuilt(node, change)

    changed: Kernel = change(kernel)
    return changed


def _terms(node: Expr, sign: int = 1) -> Iterator[tuple[int, Expr]]:
    """Terms of a sum of reals, with their signs."""
    match node:
        case Op(op="+" | "-" as op, args=(a, b), type="real"):
            yield from _terms(a, sign)
            yield from _terms(b, sign if op == "+" else -sign)
        case Op(op="neg", args=(a,), type="real"):
            yield from _terms(a, -sign)
        case _:
            yield sign, node


def _total(*terms: tuple[int, Expr]) -> Expr:
    (sign, first), *others = terms
    total = first if sign > 0 else _negated(first)
    for sign, term in others:
        total = Op("+" if sign > 0 else "-", (total, term))
    return total


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
