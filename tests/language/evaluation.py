"""A tiny interpreter of trees and of discretised models: the plainest meaning of each, for the tests."""

from __future__ import annotations

import math

from engine.language import Discretised
from engine.language.model import Bounds, Let
from engine.language.tree import (
    Binary,
    Boolean,
    Call,
    Conditional,
    Expression,
    Name,
    Number,
    Unary,
    WeightedSum,
)

CONSTANTS = {"pi": math.pi, "E": math.e}

_BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "%": math.fmod,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "and": lambda a, b: bool(a) and bool(b),
    "or": lambda a, b: bool(a) or bool(b),
}

_FUNCTIONS = {
    "pos": lambda x: x if x > 0 else 0.0,
    "neg": lambda x: x if x < 0 else 0.0,
    "clip": lambda x, a, b: a if x < a else b if x > b else x,
    "modulo": lambda a, b: int(math.fmod(int(a), int(b))),
    "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),
    "sign": lambda x: (x > 0) - (x < 0),
    "Heaviside": lambda x: 0.5 if x == 0 else float(x > 0),
    "max": max,
    "min": min,
}


def evaluate(node: Expression, values: dict[str, float]) -> float:
    """The number that ``node`` stands for."""
    match node:
        case Number(value=value) | Boolean(value=value):
            return value
        case Name(name=name, owner=owner):
            key = name if owner == "own" else f"{owner}.{name}"
            return values[key] if key in values else CONSTANTS[key]
        case WeightedSum(target=target):
            return values[f"sum({target})"]
        case Unary(operator="-", operand=operand):
            return -evaluate(operand, values)
        case Unary(operand=operand):
            return not evaluate(operand, values)
        case Binary(operator, left, right):
            return _BINARY[operator](evaluate(left, values), evaluate(right, values))
        case Conditional(condition, then, otherwise):
            return evaluate(then if evaluate(condition, values) else otherwise, values)
        case Call(function, arguments):
            return (_FUNCTIONS.get(function) or getattr(math, function))(
                *(evaluate(a, values) for a in arguments)
            )
    raise TypeError(node)


def bounded(value: float, bounds: Bounds, values: dict[str, float]) -> float:
    for kind, limit in bounds.limits:
        value = (max if kind == "min" else min)(value, evaluate(limit, values))
    return value


def step(model: Discretised, values: dict[str, float]) -> None:
    """One step of all updates, in place."""
    for update in (*model.global_updates, *model.semiglobal_updates, *model.local_updates):
        value = evaluate(update.expression, values)
        values[update.name] = value if isinstance(update, Let) else bounded(value, update.bounds, values)
