"""Walking through and rebuilding syntax trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from engine.language.tree import (
    Binary,
    Call,
    Conditional,
    Expression,
    Name,
    Random,
    Unary,
)

MAX_DEPTH = 150
MAX_SIZE = 20_000


def children(node: Expression) -> tuple[Expression, ...]:
    """Direct parts of ``node``, left to right."""
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments) | Random(arguments=arguments):
            return arguments
        case Conditional(condition, then, otherwise):
            return (condition, then, otherwise)
        case _:
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """``node`` and all below it, parents first, left to right."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def rewrite(node: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """Replace every topmost node for which ``change`` gives a new one."""
    new = change(node)
    if new is not None:
        return new
    match node:
        case Unary(operand=operand):
            return replace(node, operand=rewrite(operand, change))
        case Binary(left=left, right=right):
            return replace(node, left=rewrite(left, change), right=rewrite(right, change))
        case Call(arguments=arguments) | Random(arguments=arguments):
            return replace(node, arguments=tuple(rewrite(part, change) for part in arguments))
        case Conditional(condition, then, otherwise):
            return replace(
                node,
                condition=rewrite(condition, change),
                then=rewrite(then, change),
                otherwise=rewrite(otherwise, change),
            )
        case _:
            return node


def substitute(node: Expression, values: Mapping[str, Expression]) -> Expression:
    """Replace own names (not ``pre.x``, ``post.x``) by expressions."""

    def change(part: Expression) -> Expression | None:
        if isinstance(part, Name) and part.owner == "own":
            return values.get(part.name)
        return None

    return rewrite(node, change)


def depends_on(node: Expression, name: str) -> bool:
    """Whether the own attribute ``name`` occurs in ``node``."""
    return any(isinstance(part, Name) and part.owner == "own" and part.name == name for part in walk(node))


def own_names(node: Expression) -> set[str]:
    """All own names in ``node``."""
    return {part.name for part in walk(node) if isinstance(part, Name) and part.owner == "own"}


def is_too_large(node: Expression) -> bool:
    """Whether ``node`` is nested too deeply, or too long, for the stages that walk it."""
    pending = [(node, 1)]
    seen = 0
    while pending:
        current, depth = pending.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_SIZE:
            return True
        pending.extend((part, depth + 1) for part in children(current))
    return False
