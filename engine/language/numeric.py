"""Values of expressions over numpy arrays, for functions that Python calls.

Compiled code computes the same to within rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.language.tree import Binary, Boolean, Call, Conditional, Expression, Name, Number, Unary

Value = Any
"""A number or an array of float64."""

_SAME_IN_NUMPY = (
    *("exp", "log", "sqrt", "fabs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor", "ceil", "log10"),
    *("log2", "log1p", "expm1", "exp2", "cbrt", "sign", "isnan", "isfinite"),
)

_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "%": np.fmod,
    "**": np.power,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
}


def _modulo(a: Value, b: Value) -> Value:
    """The remainder of whole numbers; 0 where it is undefined."""
    divisor = np.trunc(b)
    return np.where(divisor == 0.0, 0.0, np.fmod(np.trunc(a), np.where(divisor == 0.0, 1.0, divisor)))


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    **{name: getattr(np, name) for name in _SAME_IN_NUMPY},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan")},
    "atan2": np.arctan2,
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "round": lambda x: np.copysign(np.floor(np.fabs(x) + 0.5), x),
    "pos": lambda x: np.where(x > 0.0, x, 0.0),
    "neg": lambda x: np.where(x < 0.0, x, 0.0),
    "clip": lambda x, low, high: np.where(x < low, low, np.where(x > high, high, x)),
    "Heaviside": lambda x: np.heaviside(x, 0.5),
    "modulo": _modulo,
    "max": lambda a, b: np.where(b > a, b, a),
    "min": lambda a, b: np.where(b < a, b, a),
}


def evaluate(expression: Expression, values: Mapping[str, Value]) -> NDArray[np.float64]:
    """Value of an expression without sums, draws and neurons of other populations.

    Parameters
    ----------
    expression : Expression
    values : mapping
        Number or float64 array of each name; ``pi`` and ``E`` are known.

    Returns
    -------
    ndarray
        float64; truths are 1 and 0.
    """
    known = {"pi": math.pi, "E": math.e, **values}
    with np.errstate(all="ignore"):  # both branches of a conditional are computed
        return np.asarray(_value(expression, known), dtype=np.float64)


def _value(node: Expression, values: Mapping[str, Value]) -> Value:
    match node:
        case Number(value):
            return float(value)
        case Boolean(value):
            return value
        case Name(name):
            return values[name]
        case Unary("-", operand):
            return np.negative(_number(operand, values))
        case Unary(operand=operand):
            return np.logical_not(_value(operand, values))
        case Binary("and" | "or" as operator, left, right):
            return _OPERATORS[operator](_value(left, values), _value(right, values))
        case Binary(operator, left, right):
            return _OPERATORS[operator](_number(left, values), _number(right, values))
        case Call(function, arguments):
            return _FUNCTIONS[function](*(_number(argument, values) for argument in arguments))
        case Conditional(condition, then, otherwise):
            return np.where(
                np.asarray(_value(condition, values), dtype=np.bool_),
                _number(then, values),
                _number(otherwise, values),
            )
    raise AssertionError(f"{type(node).__name__} has no value outside of a network")


def _number(node: Expression, values: Mapping[str, Value]) -> Value:
    """A value to compute with: truths become 1 and 0."""
    return np.asarray(_value(node, values), dtype=np.float64)
