"""Trees back to model text."""

from __future__ import annotations

from engine.language.tree import (
    Binary,
    Boolean,
    Call,
    Conditional,
    Expression,
    GlobalOperation,
    Name,
    Number,
    Random,
    Unary,
    WeightedSum,
)

_PRECEDENCE = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "negation": 7, "**": 8}
_COMPARISON = 4
_ATOM = 9
_SPELLED = {"max": "Max", "min": "Min"}


def format_expression(expression: Expression) -> str:
    """Model text that parses to the same tree (spans and streams aside)."""
    return _format(expression)[0]


def _format(node: Expression) -> tuple[str, int]:
    """The text and the precedence of its outermost operator."""
    match node:
        case Number(value=value):
            text = repr(value)
            return text, _PRECEDENCE["negation"] if text.startswith("-") else _ATOM
        case Boolean(value=value):
            return str(value), _ATOM
        case Name(name=name, owner=owner):
            return (name if owner == "own" else f"{owner}.{name}"), _ATOM
        case WeightedSum(target=target, owner=owner):
            return ("" if owner == "own" else f"{owner}.") + f"sum({target})", _ATOM
        case GlobalOperation(operation=operation, name=name, owner=owner):
            return f"{operation}({name if owner == 'own' else f'{owner}.{name}'})", _ATOM
        case Random(distribution=name, arguments=arguments):
            return _call(name, arguments), _ATOM
        case Call(function=name, arguments=arguments):
            return _call(_SPELLED.get(name, name), arguments), _ATOM
        case Conditional(condition, then, otherwise):
            return _call("ite", (condition, then, otherwise)), _ATOM
        case Unary(operator="not", operand=operand):
            return f"not {_inside(operand, _PRECEDENCE['not'])}", _PRECEDENCE["not"]
        case Unary(operand=operand):
            return f"-{_inside(operand, _PRECEDENCE['negation'])}", _PRECEDENCE["negation"]
        case Binary(operator, left, right):
            return _binary(operator, left, right)


def _binary(operator: str, left: Expression, right: Expression) -> tuple[str, int]:
    own = _PRECEDENCE.get(operator, _COMPARISON)
    if operator == "**":
        return f"{_inside(left, own + 1)}**{_inside(right, _PRECEDENCE['negation'])}", own
    # comparisons do not chain, all other operators group from the left
    left_text = _inside(left, own + (own == _COMPARISON))
    right_text = _inside(right, own + 1)
    return f"{left_text} {operator} {right_text}", own


def _inside(node: Expression, minimum: int) -> str:
    text, precedence = _format(node)
    return text if precedence >= minimum else f"({text})"


def _call(name: str, arguments: tuple[Expression, ...]) -> str:
    return f"{name}({', '.join(format_expression(part) for part in arguments)})"
