"""The value of a checked tree, for all neurons or synapses at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import erf

from engine.language.tree import Binary, Boolean, Call, Conditional, Expression, Number, Random, Unary

Value = Any
"""A number, or an array with one number for each neuron or synapse. Truth values are 0.0 and 1.0."""

Look = Callable[[Expression], Value]
"""What a leaf of the tree (a name, a weighted sum) stands for."""


def evaluate(node: Expression, look: Look) -> Value:
    """The value of ``node``; all arithmetic is real."""
    match node:
        case Number(value=value) | Boolean(value=value):
            return float(value)
        case Unary("-", operand):
            return -evaluate(operand, look)
        case Unary("not", operand):
            return truth(evaluate(operand, look) == 0.0)
        case Binary(operator, left, right):
            return _BINARY[operator](evaluate(left, look), evaluate(right, look))
        case Call(function, arguments):
            return _FUNCTIONS[function](*(evaluate(argument, look) for argument in arguments))
        case Conditional(condition, then, otherwise):
            holds = np.not_equal(evaluate(condition, look), 0.0)
            return np.where(holds, evaluate(then, look), evaluate(otherwise, look))
        case _:
            return look(node)


def parts_of(node: Any) -> Iterator[Any]:
    """All nodes of a tree."""
    if isinstance(node, tuple):
        for part in node:
            yield from parts_of(part)
    elif hasattr(node, "__dataclass_fields__"):
        yield node
        for field in node.__dataclass_fields__:
            yield from parts_of(getattr(node, field))


def truth(condition: Value) -> Value:
    """A condition as 0.0 or 1.0."""
    return np.asarray(condition, dtype=float)


def draw(node: Random, look: Look, generator: np.random.Generator, size: int) -> Value:
    """Samples; the engine's own random numbers are others, so only distributions can be compared."""
    first, *rest = (evaluate(argument, look) for argument in node.arguments)
    match node.distribution:
        case "Exponential":
            return generator.exponential(1.0 / first, size)
        case "DiscreteUniform":
            return generator.integers(int(first), int(rest[0]), size, endpoint=True).astype(float)
        case name:
            return np.asarray(getattr(generator, name.lower())(first, *rest, size), dtype=float)


_BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
    "%": np.fmod,
    "<": lambda a, b: truth(np.less(a, b)),
    ">": lambda a, b: truth(np.greater(a, b)),
    "<=": lambda a, b: truth(np.less_equal(a, b)),
    ">=": lambda a, b: truth(np.greater_equal(a, b)),
    "==": lambda a, b: truth(np.equal(a, b)),
    "!=": lambda a, b: truth(np.not_equal(a, b)),
    "and": lambda a, b: truth(np.logical_and(a, b)),
    "or": lambda a, b: truth(np.logical_or(a, b)),
}

_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "pos": lambda x: np.where(np.greater(x, 0.0), x, 0.0),
    "neg": lambda x: np.where(np.less(x, 0.0), x, 0.0),
    "clip": lambda x, a, b: np.where(np.less(x, a), a, np.where(np.greater(x, b), b, x)),
    "modulo": lambda a, b: np.fmod(np.trunc(a), np.trunc(b)),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "fabs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": lambda x: np.trunc(x + np.copysign(0.5, x)),
    "log10": np.log10,
    "log2": np.log2,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "exp2": np.exp2,
    "cbrt": np.cbrt,
    "erf": erf,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
    "isnan": lambda x: truth(np.isnan(x)),
    "isfinite": lambda x: truth(np.isfinite(x)),
    "Heaviside": lambda x: np.heaviside(x, 0.5),
}
