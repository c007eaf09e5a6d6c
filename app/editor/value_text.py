"""Values as people write them: ``-65``, ``1/3``, ``Uniform(0, 1)``, ``0: 0.02; 80: Normal(0.1, 0.01)``.

The text is read as an expression of literals only; nothing in it is ever executed.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable
from typing import TypeVar

from engine.errors import EngineError
from engine.project.document import Constant, Distribution, Pieces
from engine.project.values import CLIPPED, DISTRIBUTIONS, faults

_OPTIONAL = {"Gamma": {"beta": 1.0}}
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MOST_CHARACTERS = 2000
AnyValue = TypeVar("AnyValue", Distribution, Pieces)


class ValueTextError(EngineError):
    """Text that is no value; the message says what was expected."""


def parse_value(text: str, *, pieces: bool = True) -> Constant | Distribution | Pieces:
    """Read a number, a distribution or (if ``pieces``) values on ranges of ranks.

    Raises
    ------
    ValueTextError
        What is wrong and how to write it.
    """
    text = text.strip()
    if not text:
        raise ValueTextError("Type a number, or a distribution such as Uniform(0, 1).")
    if len(text) > _MOST_CHARACTERS:
        raise ValueTextError("This text is too long for a value.")
    if ":" in text and pieces:
        return _pieces(text)
    return _simple(text)


def parse_number(text: str) -> float:
    """Read one number; simple arithmetic such as ``1/3`` is allowed."""
    value = parse_value(text, pieces=False)
    if not isinstance(value, Constant):
        raise ValueTextError(f"{text.strip()!r} is a distribution; one number is needed here.")
    return value.value


def format_number(number: float) -> str:
    """The shortest text that reads back as the same number; whole numbers without a point."""
    if math.isfinite(number) and number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(float(number))


def parse_geometry(text: str) -> tuple[int, ...]:
    """Read ``100``, ``20 x 20`` or ``8, 8, 4``."""
    words = text.replace("×", " ").replace("x", " ").replace(",", " ").replace("*", " ").split()
    if not 1 <= len(words) <= 3 or not all(word.isdecimal() and word.isascii() for word in words):
        raise ValueTextError("Type the number of neurons, e.g. 100, or up to three sizes, e.g. 20 x 20.")
    if any(len(word) > 9 for word in words):
        raise ValueTextError("A population of that size does not fit into memory.")
    sizes = tuple(int(word) for word in words)
    if 0 in sizes:
        raise ValueTextError("Each size must be at least 1.")
    return sizes


def format_geometry(geometry: tuple[int, ...]) -> str:
    return " x ".join(map(str, geometry))


def parse_times(text: str) -> tuple[tuple[float, ...], ...]:
    """Read spike times in ms: one line for each neuron, times separated by blanks or commas."""
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            row = tuple(float(word) for word in line.replace(",", " ").split())
        except ValueError as error:
            raise ValueTextError(f"Line {number}: type times in ms, e.g. 10, 20.5, 31 ({error}).") from None
        if not all(math.isfinite(time) and time >= 0 for time in row):
            raise ValueTextError(f"Line {number}: spike times must be finite and not below 0.")
        rows.append(row)
    return tuple(rows)


def format_times(rows: tuple[tuple[float, ...], ...]) -> str:
    return "\n".join(", ".join(format_number(time) for time in row) for row in rows)


def parse_course(text: str) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Read times in ms and the rates that begin at each: a line is a time, a colon, and one or more rates."""
    times, rows = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        time, _, rates = line.partition(":")
        try:
            times.append(float(time))
            row = tuple(float(word) for word in rates.replace(",", " ").split())
        except ValueError as error:
            raise ValueTextError(f"Line {number}: type a time and rates, e.g. 100: 50 ({error}).") from None
        if not row:
            raise ValueTextError(f"Line {number}: type a rate after the colon, e.g. 100: 50.")
        if not all(map(math.isfinite, (times[-1], *row))):
            raise ValueTextError(f"Line {number}: times and rates must be finite.")
        rows.append(row)
    if not rows:
        raise ValueTextError("Type one line or more, e.g. 0: 50.")
    return tuple(times), tuple(rows)


def format_course(times: tuple[float, ...], rows: tuple[tuple[float, ...], ...]) -> str:
    """Write times and rates as :func:`parse_course` reads them."""
    lines = (", ".join(map(format_number, row)) for row in rows)
    return "\n".join(f"{format_number(time)}: {line}" for time, line in zip(times, lines, strict=False))


def _pieces(text: str) -> Pieces:
    starts, values = [], []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        start, colon, rest = part.partition(":")
        if not colon or not start.strip().isdecimal():
            raise ValueTextError(
                f"{part!r}: write the first rank, a colon and the value, e.g. 0: 0.02; 80: 0.1."
            )
        starts.append(int(start))
        values.append(_simple(rest.strip()))
    return _sound(Pieces(starts=tuple(starts), values=tuple(values)))


def _sound(value: AnyValue) -> AnyValue:
    for fault in faults(value, -1):
        raise ValueTextError(f"{fault}.")
    return value


def _simple(text: str) -> Constant | Distribution:
    try:
        with warnings.catch_warnings():
            # Python remarks on texts such as "1if"; they are refused below anyway.
            warnings.simplefilter("ignore")
            node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueTextError(
            f"{text!r} is neither a number nor a distribution such as Uniform(0, 1)."
        ) from None
    if isinstance(node, ast.Call):
        return _distribution(node)
    return Constant(value=_number(node))


def _number(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool() as value):
            return float(value)
        case ast.Constant(value=int() | float() as value):
            number = _finite(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            number = _number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            try:
                number = _finite(_OPERATORS[type(op)](_number(left), _number(right)))
            except ZeroDivisionError:
                raise ValueTextError("Division by zero.") from None
        case ast.Name(id=("True" | "true")):
            number = 1.0
        case ast.Name(id=("False" | "false")):
            number = 0.0
        case ast.Name(id=name) if name in DISTRIBUTIONS:
            raise ValueTextError(f"{name} needs its arguments: {_signature(name)}.")
        case ast.Name(id=name):
            raise ValueTextError(f"{name!r} is not a number; only numbers can be used here.")
        case _:
            raise ValueTextError(
                f"{ast.unparse(node)!r} is neither a number nor a distribution such as Uniform(0, 1)."
            )
    return number


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueTextError("This number is too large.")
    return number


def _signature(name: str) -> str:
    return f"{name}({', '.join(DISTRIBUTIONS[name])})"


def _distribution(call: ast.Call) -> Distribution:
    name = call.func.id if isinstance(call.func, ast.Name) else ast.unparse(call.func)
    if name not in DISTRIBUTIONS:
        raise ValueTextError(f"There is no distribution {name!r}; there are {', '.join(DISTRIBUTIONS)}.")
    names = DISTRIBUTIONS[name]
    if len(call.args) > len(names):
        raise ValueTextError(f"{name} takes {len(names)} numbers: {_signature(name)}.")
    given = dict(zip(names, map(_number, call.args), strict=False))
    limits: dict[str, float] = {}
    for keyword in call.keywords:
        label = keyword.arg or "**"
        box = given if label in names else limits
        if label in box or (box is limits and (label not in ("min", "max") or name not in CLIPPED)):
            raise ValueTextError(f"{name} cannot take {label!r} here; write {_signature(name)}.")
        box[label] = _number(keyword.value)
    complete = _OPTIONAL.get(name, {}) | given
    if missing := [n for n in names if n not in complete]:
        raise ValueTextError(f"{name} lacks {' and '.join(missing)}: write {_signature(name)}.")
    arguments = tuple(complete[n] for n in names)
    return _sound(Distribution(name=name, arguments=arguments, min=limits.get("min"), max=limits.get("max")))
