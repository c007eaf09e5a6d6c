"""Walks over kernels: which expressions a statement holds, which parts an expression has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from operator import is_ as _is
from typing import Any

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Draw,
    Each,
    EachChance,
    EachEvent,
    EachSpike,
    Emit,
    Expr,
    Function,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)


def parts(expression: Expr) -> tuple[Expr, ...]:
    """The direct operands of an expression."""
    match expression:
        case Load(index=index):
            return (index,)
        case Op(args=args) | Function(args=args):
            return args
        case Select(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Cast(operand=operand):
            return (operand,)
        case Draw(args=args, index=index):
            return (*args, index)
    return ()


def rebuilt(node: Any, change: Callable[[Any], Any]) -> Any:
    """A tuple, expression, statement, kernel or domain with ``change`` applied to what it is made of; itself
    if nothing changed."""
    if type(node) is tuple:
        parts = tuple([change(part) for part in node])
        return node if all(map(_is, parts, node)) else parts
    kind = type(node)
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
    before = [getattr(node, name) for name in names]
    after = [value if type(value) in _PLAIN else change(value) for value in before]
    return node if all(map(_is, after, before)) else kind(*after)


_NAMES: dict[type, tuple[str, ...]] = {}
"""Fields of a dataclass, in the order of its arguments; nothing of any other class."""
_PLAIN = frozenset({str, int, float, bool, type(None)})


def subexpressions(expression: Expr) -> Iterator[Expr]:
    """The expression itself and everything below it."""
    yield expression
    for part in parts(expression):
        yield from subexpressions(part)


def statements(body: Iterable[Statement]) -> Iterator[Statement]:
    """Every statement of a body, also those inside an :class:`If`."""
    for statement in body:
        yield statement
        if isinstance(statement, If):
            yield from statements(statement.then)


def direct_expressions(statement: Statement) -> tuple[Expr, ...]:
    """The expressions that a statement itself holds (not those of statements inside an :class:`If`)."""
    match statement:
        case Let(value=value):
            return (value,)
        case Store(index=index, value=value) | Accumulate(index=index, value=value):
            return (index, value)
        case If(condition=condition):
            return (condition,)
        case Emit(index=index):
            return (index,)
        case Interrupt() | Comment():
            return ()


def expressions_of_body(body: Iterable[Statement]) -> Iterator[Expr]:
    """Every expression in a body, with all subexpressions."""
    for statement in statements(body):
        for expression in direct_expressions(statement):
            yield from subexpressions(expression)


def uniform_expressions(kernel: Kernel) -> Iterator[Expr]:
    """Expressions evaluated once for the whole kernel: its condition and its lag."""
    if kernel.condition is not None:
        yield from subexpressions(kernel.condition)
    if isinstance(kernel.domain, EachEvent | EachSpike):
        yield from subexpressions(kernel.domain.lag)


def iteration_expressions(kernel: Kernel) -> Iterator[Expr]:
    """Expressions evaluated in each iteration: chance, ``before``, body, reduction and ``after``."""
    if isinstance(kernel.domain, EachChance):
        yield from subexpressions(kernel.domain.chance)
        if kernel.domain.scale is not None:
            yield from subexpressions(kernel.domain.scale)
    yield from expressions_of_body(kernel.before)
    yield from expressions_of_body(kernel.body)
    if kernel.reduction is not None:
        yield from subexpressions(kernel.reduction.start)
        yield from subexpressions(kernel.reduction.value)
    yield from expressions_of_body(kernel.after)


def expressions_of(kernel: Kernel) -> Iterator[Expr]:
    """Every expression of a kernel."""
    yield from uniform_expressions(kernel)
    yield from iteration_expressions(kernel)


def written_buffers(kernel: Kernel) -> set[str]:
    """Names of the buffers that a kernel stores or accumulates into."""
    both = (*kernel.body, *kernel.after)
    return {s.array for s in statements(both) if isinstance(s, Store | Accumulate)}


def loaded(expressions: Iterable[Expr]) -> set[str]:
    """Names of the buffers that expressions read, of which the parts are among them."""
    return {part.array for part in expressions if isinstance(part, Load)}


def touched_buffers(kernel: Kernel) -> set[str]:
    """Names of the buffers that a kernel reads or writes."""
    return written_buffers(kernel) | loaded(expressions_of(kernel))


def symbols(expressions: Iterable[Expr]) -> set[str]:
    """Names of all symbols among the expressions and their parts."""
    found = (part for expression in expressions for part in subexpressions(expression))
    return {part.name for part in found if isinstance(part, Symbol)}


def rare_condition(kernel: Kernel) -> If | None:
    """The one ``If`` that a rare kernel consists of, or None when the kernel has another shape."""
    if not (isinstance(kernel.domain, Each) and kernel.domain.rare):
        return None
    rest = [statement for statement in kernel.body if not isinstance(statement, Comment)]
    return rest[0] if len(rest) == 1 and isinstance(rest[0], If) else None
