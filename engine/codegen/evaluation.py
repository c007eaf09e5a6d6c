"""Values of expressions of the kernel IR in plain Python, for the interpreter."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.expressions import operand_type
from engine.codegen.ir import LANES, Cast, Const, Draw, Expr, Function, Load, Op, Select, Symbol, Type
from engine.codegen.philox import DRAWS, Place
from engine.codegen.plan import Plan

Value = Any
"""A numpy real, a Python int or a bool."""

Scope = dict[str, Value]

_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

UPDATES: dict[str, Callable[[Value, Value], Value]] = {
    "=": lambda old, new: new,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "min": lambda old, new: new if new < old else old,
    "max": lambda old, new: new if new > old else old,
}

_SAME_IN_NUMPY = (
    *("exp", "log", "sqrt", "fabs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor", "ceil", "log10"),
    *("log2", "log1p", "expm1", "exp2", "cbrt", "fmod", "isnan", "isfinite"),
)

FUNCTIONS: dict[str, Callable[..., Value]] = {
    **{name: getattr(np, name) for name in _SAME_IN_NUMPY},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan")},
    "atan2": np.arctan2,
    "pow": np.power,
    "erf": lambda x: math.erf(x),
    "round": lambda x: np.copysign(np.floor(np.fabs(x) + 0.5), x),
    "sign": lambda x: int(x > 0) - int(x < 0),
    "pos": lambda x: x if x > 0 else 0.0,
    "neg": lambda x: x if x < 0 else 0.0,
    "clip": lambda x, a, b: a if x < a else b if x > b else x,
    "Heaviside": lambda x: np.heaviside(x, 0.5),
    "modulo": lambda a, b: int(math.fmod(int(a), int(b))) if int(b) else 0,
    "max": lambda a, b: b if b > a else a,
    "min": lambda a, b: b if b < a else a,
    "fma": lambda a, b, c: fused(a, b, c),
    "exprel": lambda x: exprel(x),
    "gains": lambda k: k,
    "gain": lambda r, k: k * exprel(-k * r),
}


def exprel(x: Value) -> Value:
    return np.expm1(x) / x if x != 0 else x + 1


def fused(a: Value, b: Value, c: Value) -> Value:
    """``a * b + c``, rounded once."""
    twice = a * b + c
    if not (np.isfinite(a) and np.isfinite(b) and np.isfinite(c)):
        return twice
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    try:
        return float(exact) if exact else twice
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def reduced_row(op: str, start: Value, values: Sequence[Value]) -> Value:
    """As :class:`engine.codegen.ir.Reduction` says."""
    update, whole = UPDATES[op], len(values) - len(values) % LANES
    if whole:
        lanes = [type(start)(0) if op == "+" else start] * LANES
        for k, value in enumerate(values[:whole]):
            lanes[k % LANES] = update(lanes[k % LANES], value)
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [update(lanes[k], lanes[k + half]) for k in range(half)]
        start = update(start, lanes[0])
    for value in values[whole:]:
        start = update(start, value)
    return start


class Evaluator:
    """Evaluates expressions over the buffers of a plan.

    Parameters
    ----------
    plan : Plan
    buffers : mapping of str to ndarray
    """

    def __init__(self, plan: Plan, buffers: Mapping[str, npt.NDArray[Any]]) -> None:
        self.plan = plan
        self.buffers = buffers
        self.draw = 0
        """The draw counter of this step."""
        self.real: Any = np.float32 if plan.precision == "float" else np.float64

    def value(self, expression: Expr, scope: Scope) -> Value:
        """Value of an expression."""
        match expression:
            case Const(value=value, type=kind):
                return self.converted(value, kind)
            case Symbol(name=name):
                return scope[name]
            case Load(array=array, index=index, type=kind):
                buffer = self.buffers[array]
                return self.converted(buffer[0 if buffer.size == 1 else self.value(index, scope)], kind)
            case Cast(operand=operand, type=kind):
                return self.converted(self.value(operand, scope), kind)
            case Select(condition=condition, then=then, otherwise=otherwise, type=kind):
                chosen = then if self.value(condition, scope) else otherwise
                return self.converted(self.value(chosen, scope), kind)
            case Op():
                return self.converted(self._op(expression, scope), expression.type)
            case Function(name=name, args=args, type=kind):
                argument: Type = kind if name in ("min", "max") else "real"
                values = [self.converted(self.value(arg, scope), argument) for arg in args]
                return self.converted(FUNCTIONS[name](*values), kind)
            case Draw():
                return self.converted(self._random(expression, scope), expression.type)

    def _op(self, expression: Op, scope: Scope) -> Value:
        if expression.op == "and":
            return all(self.value(arg, scope) for arg in expression.args)
        if expression.op == "or":
            return any(self.value(arg, scope) for arg in expression.args)
        if expression.op == "not":
            return not self.value(expression.args[0], scope)
        kind = operand_type(expression)
        values = [self.converted(self.value(arg, scope), kind) for arg in expression.args]
        if expression.op == "neg":
            return -values[0]
        if expression.op == "mod":
            return values[0] % values[1] if kind == "int" else np.fmod(values[0], values[1])
        result = values[0]
        for other in values[1:]:
            result = _OPERATORS[expression.op](result, other)
        return result

    def _random(self, expression: Draw, scope: Scope) -> Value:
        seed = int(self.buffers[self.plan.seed][0])
        index = int(self.value(expression.index, scope))
        args = [float(self.value(arg, scope)) for arg in expression.args]
        place = Place(seed, self.draw, index, expression.stream, self.plan.precision)
        return DRAWS[expression.distribution](place, *args)

    def converted(self, value: Value, kind: Type) -> Value:
        """A value in the type that code has it in."""
        if kind in ("real", "gains"):
            return self.real(value)
        return bool(value) if kind == "bool" else int(value)
