"""Passes: named functions plan -> plan, each testable alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Const,
    Draw,
    Expr,
    Function,
    If,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.plan import Entry, Plan
from engine.codegen.traverse import expressions_of_body, rebuilt, statements, symbols

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def rewrite(node: Any, rule: Callable[[Expr], Expr]) -> Any:
    """Apply ``rule`` to every expression below ``node``, innermost first."""
    result = rebuilt(node, lambda part: rewrite(part, rule))
    if isinstance(result, (Const, Symbol, Load, Op, Function, Select, Cast, Draw)):
        return rule(result)
    return result


def without_unused(kernel: Kernel) -> Kernel:
    """The kernel without names in its body that nothing uses."""
    reduction = kernel.reduction
    outside = [] if reduction is None else [reduction.value]
    used = symbols([*outside, *expressions_of_body(kernel.after)])
    kept: list[Statement] = []
    for statement in reversed(kernel.body):
        if not isinstance(statement, Let) or statement.name in used:
            kept.append(statement)
            used |= symbols(expressions_of_body((statement,)))
    return dataclasses.replace(kernel, body=tuple(reversed(kept)))


def map_kernels(plan: Plan, change: Callable[[Kernel], Kernel]) -> Plan:
    """The plan with ``change`` applied to each kernel."""
    entries = tuple(
        dataclasses.replace(entry, work=change(entry.work)) if isinstance(entry.work, Kernel) else entry
        for entry in plan.schedule
    )
    return dataclasses.replace(plan, schedule=entries)


def fold_constants(plan: Plan) -> Plan:
    """Compute what is known now; only exact rules (no reordering of floating-point arithmetic)."""
    return map_kernels(plan, folded)


def folded(node: Any) -> Any:
    """A kernel, or an expression, with what is known now computed."""
    return rewrite(node, _fold)


def _fold(node: Expr) -> Expr:
    if isinstance(node, Op) and node.type == "real":
        if all(isinstance(a, Const) for a in node.args):
            return _fold_numbers(node)
        if node.op in ("*", "/") and node.args[1] == Const(1.0):
            return node.args[0]
        if node.op == "*" and node.args[0] == Const(1.0):
            return node.args[1]
    if isinstance(node, Cast) and isinstance(node.operand, Const) and node.type == "real":
        return Const(float(node.operand.value))
    if isinstance(node, Select) and isinstance(node.condition, Const):
        return node.then if node.condition.value else node.otherwise
    return node


def _fold_numbers(node: Op) -> Expr:
    numbers = [float(a.value) for a in node.args if isinstance(a, Const)]
    if node.op == "neg":
        return Const(-numbers[0])
    if node.op in ARITHMETIC:
        return Const(ARITHMETIC[node.op](numbers[0], numbers[1]))
    if node.op == "/" and numbers[1] != 0.0:
        return Const(numbers[0] / numbers[1])
    if node.op == "mod" and numbers[1] != 0.0:
        return Const(math.fmod(numbers[0], numbers[1]))
    return node


def hoist_uniform(plan: Plan) -> Plan:
    """Move what is the same for all iterations and all steps of a call in front of the time loop."""
    written = written_in(plan)
    scalars = {b.name for b in plan.buffers if b.count == 1 and b.name not in written}
    prologue: dict[Expr, str] = {}
    bound = bound_names(plan)

    def uniform(node: Expr) -> bool:
        match node:
            case Const():
                return True
            case Load():
                return node.array in scalars
            case Symbol():
                return node.name in known
            case Op() | Function():
                return all(uniform(a) for a in node.args)
            case Select():
                return uniform(node.condition) and uniform(node.then) and uniform(node.otherwise)
            case Cast():
                return uniform(node.operand)
            case _:
                return False

    known: set[str] = set()

    def hoist(node: Any) -> Any:
        """Outermost first, so that the largest uniform expressions move as a whole."""
        if isinstance(node, (Op, Function, Select, Cast)) and uniform(node):
            if node not in prologue:
                name = f"_u{len(prologue)}"
                prologue[node] = name if name not in bound else f"{name}_all"
            name = prologue[node]
            return Symbol(name, node.type)
        return rebuilt(node, hoist)

    def without_uniform_lets(kernel: Kernel) -> Kernel:
        """A Let whose value is uniform becomes a symbol of the prologue wherever it is used."""
        body: list[Any] = []
        renamed: dict[Expr, Expr] = {}
        for statement in kernel.body:
            current = rewrite(statement, lambda e: renamed.get(e, e)) if renamed else statement
            if isinstance(current, Let) and uniform(current.value) and not isinstance(current.value, Symbol):
                renamed[Symbol(current.name, current.value.type)] = hoist(current.value)
            else:
                body.append(current)
        return dataclasses.replace(kernel, body=tuple(body))

    entries = []
    for entry in plan.schedule:
        work = entry.work
        if isinstance(work, Kernel):
            work = hoist(without_uniform_lets(work))
        entries.append(Entry(entry.phase, work, entry.barrier))
    lets = tuple(Let(name, value) for value, name in prologue.items())
    return dataclasses.replace(plan, schedule=tuple(entries), prologue=lets)


def bound_names(plan: Plan) -> set[str]:
    """Names that statements bind."""
    kernels = [entry.work for entry in plan.schedule if isinstance(entry.work, Kernel)]
    bodies = ((*kernel.before, *kernel.body, *kernel.after) for kernel in kernels)
    return {s.name for body in bodies for s in statements(body) if isinstance(s, Let)}


def written_in(plan: Plan) -> set[str]:
    """Names of the buffers that kernels write."""
    found: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, tuple):
            for part in node:
                visit(part)
        elif isinstance(node, (Store, Accumulate)):
            found.add(node.array)
        elif isinstance(node, If):
            visit(node.then)

    for entry in plan.schedule:
        if isinstance(entry.work, Kernel):
            visit(entry.work.body)
            visit(entry.work.after)
    return found
