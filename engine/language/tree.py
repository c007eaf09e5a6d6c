"""The checked syntax tree of model text. Every node knows the place in the text that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Span:
    """Place in one text field: 1-based line and column of the first character, and the length."""

    field: str
    line: int
    column: int
    length: int = 1


NOWHERE = Span("", 0, 0, 0)

Owner = Literal["own", "pre", "post"]


@dataclass(frozen=True)
class Number:
    """A literal; ``value`` is a float except for texts without point or exponent."""

    value: float | int
    span: Span = NOWHERE


@dataclass(frozen=True)
class Boolean:
    value: bool
    span: Span = NOWHERE


@dataclass(frozen=True)
class Name:
    """An attribute, ``t``, ``dt``, ``pi``, ``t_last``, ``t_pre``, ``t_post``, ``g_target``, a Constant
    or a function argument. ``owner`` is ``"pre"``/``"post"`` for ``pre.x``/``post.x``."""

    name: str
    owner: Owner = "own"
    span: Span = NOWHERE


@dataclass(frozen=True)
class WeightedSum:
    """``sum(target)`` (``target`` empty: all targets); ``owner`` pre/post for ``pre.sum(target)``."""

    target: str
    owner: Owner = "own"
    span: Span = NOWHERE


@dataclass(frozen=True)
class GlobalOperation:
    """``mean(x)``, ``max(pre.x)`` ...: one number over a whole population."""

    operation: str
    name: str
    owner: Owner = "own"
    span: Span = NOWHERE


@dataclass(frozen=True)
class Random:
    """A draw: ``Uniform(0, 1)``. ``stream`` numbers the draws of one model; equal text in one equation
    shares the stream."""

    distribution: str
    arguments: tuple[Expression, ...]
    stream: int = 0
    span: Span = NOWHERE


@dataclass(frozen=True)
class Unary:
    """``operator`` is ``"-"`` or ``"not"``."""

    operator: str
    operand: Expression
    span: Span = NOWHERE


@dataclass(frozen=True)
class Binary:
    """``+ - * / ** %``, ``< > <= >= == !=``, ``and or``."""

    operator: str
    left: Expression
    right: Expression
    span: Span = NOWHERE


@dataclass(frozen=True)
class Call:
    """A built-in mathematical function, by its canonical name (see language.functions)."""

    function: str
    arguments: tuple[Expression, ...]
    span: Span = NOWHERE


@dataclass(frozen=True)
class Conditional:
    """``if c: a else: b`` and ``ite(c, a, b)``."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span = NOWHERE


Expression = (
    Number | Boolean | Name | WeightedSum | GlobalOperation | Random | Unary | Binary | Call | Conditional
)
