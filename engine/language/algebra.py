"""Algebra on trees that keeps the user's form: building sums and products, collecting linear terms.

What a walk over the tree cannot collect (products of two factors that both hold the variable) goes to sympy.
"""

from __future__ import annotations

from engine.language.traverse import children, depends_on
from engine.language.tree import Binary, Expression, Name, Number, Unary

ONE = Number(1)

Part = Expression | None
"""A sum or coefficient; None is zero."""


class _NeedsExpansion(Exception):
    """The linear terms are hidden in a product."""


def is_number(node: Part, value: float) -> bool:
    """Whether ``node`` is the literal ``value``."""
    return isinstance(node, Number) and node.value == value


def negate(node: Expression) -> Expression:
    """``-node``, with the sign drawn into sums."""
    match node:
        case Unary(operator="-", operand=operand):
            return operand
        case Binary(operator="-", left=left, right=right) if not _leads_negative(left):
            return Binary("-", right, left)
        case Binary(operator="-", left=left, right=right):
            return Binary("+", negate(left), right)
        case Binary(operator="+", left=left, right=right):
            return Binary("-", negate(left), right)
        case _:
            return Unary("-", node)


def _leads_negative(node: Expression) -> bool:
    """Whether the first term of a sum carries a minus."""
    while isinstance(node, Binary) and node.operator in ("+", "-"):
        node = node.left
    return isinstance(node, Unary) and node.operator == "-"


def add(left: Part, right: Part) -> Part:
    """``left + right``."""
    if left is None or is_number(left, 0):
        return right
    if right is None or is_number(right, 0):
        return left
    if isinstance(right, Unary) and right.operator == "-":
        return Binary("-", left, right.operand)
    if isinstance(left, Unary) and left.operator == "-":
        return Binary("-", right, left.operand)
    return Binary("+", left, right)


def subtract(left: Part, right: Part) -> Part:
    """``left - right``."""
    if right is None or is_number(right, 0):
        return left
    if left is None or is_number(left, 0):
        return negate(right)
    if isinstance(right, Unary) and right.operator == "-":
        return add(left, right.operand)
    return Binary("-", left, right)


def multiply(left: Expression, right: Expression) -> Expression:
    """``left * right``."""
    if is_number(left, 1):
        return right
    if is_number(right, 1):
        return left
    if isinstance(left, Unary) and left.operator == "-":
        return negate(multiply(left.operand, right))
    if isinstance(right, Unary) and right.operator == "-":
        return negate(multiply(left, right.operand))
    return Binary("*", left, right)


def divide(left: Expression, right: Expression) -> Expression:
    """``left / right``."""
    if is_number(right, 1):
        return left
    if isinstance(left, Unary) and left.operator == "-":
        return negate(divide(left.operand, right))
    if isinstance(right, Unary) and right.operator == "-":
        return negate(divide(left, right.operand))
    return Binary("/", left, right)


def collect(node: Expression, name: str) -> tuple[Part, Part]:
    """Write ``node`` as ``coefficient * name + rest``.

    The coefficient is free of ``name``; terms that are not linear in it stay in the rest.
    """
    try:
        return _collect(node, name)
    except _NeedsExpansion:
        # sympy takes a second to import and few models need it
        from engine.language.expansion import collect_expanded

        return collect_expanded(node, name)


def _collect(node: Expression, name: str) -> tuple[Part, Part]:
    if not depends_on(node, name):
        return None, node
    match node:
        case Name():
            return ONE, None
        case Unary(operator="-", operand=operand):
            slope, rest = _collect(operand, name)
            return slope and negate(slope), rest and negate(rest)
        case Binary(operator="+", left=left, right=right):
            (slope, rest), (other_slope, other_rest) = _collect(left, name), _collect(right, name)
            return add(slope, other_slope), add(rest, other_rest)
        case Binary(operator="-", left=left, right=right):
            (slope, rest), (other_slope, other_rest) = _collect(left, name), _collect(right, name)
            return subtract(slope, other_slope), subtract(rest, other_rest)
        case Binary(operator="*", left=left, right=right):
            return _collect_product(left, right, node, name)
        case Binary(operator="/", left=left, right=right) if not depends_on(right, name):
            slope, rest = _collect(left, name)
            return slope and divide(slope, right), rest and divide(rest, right)
        case Binary(operator="**") if not _is_monomial(node):
            raise _NeedsExpansion
        case _:
            return None, node


def _collect_product(left: Expression, right: Expression, node: Expression, name: str) -> tuple[Part, Part]:
    if not depends_on(left, name):
        slope, rest = _collect(right, name)
        return slope and multiply(left, slope), rest and multiply(left, rest)
    if not depends_on(right, name):
        slope, rest = _collect(left, name)
        return slope and multiply(slope, right), rest and multiply(rest, right)
    if _is_monomial(node):
        return None, node
    raise _NeedsExpansion


def _is_monomial(node: Expression) -> bool:
    """Whether ``node`` is a bare product, in which no linear term can hide once a factor repeats."""
    if isinstance(node, Unary):
        return _is_monomial(node.operand)
    if isinstance(node, Binary):
        if node.operator == "**":
            simple = not isinstance(node.right, Number) or node.right.value > 1
            return simple and _is_monomial(node.left)
        return node.operator == "*" and all(_is_monomial(part) for part in children(node))
    return True
