"""Tokens to expression trees: a precedence-climbing parser that also resolves every name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as default
from typing import NoReturn

from engine.language.calls import CallReader, UserFunction
from engine.language.lexer import Token, span_of
from engine.language.report import Leftover, Problem, Report, UnknownFlag, suggestion
from engine.language.statements import FLAGS
from engine.language.traverse import is_too_large
from engine.language.tree import (
    Binary,
    Boolean,
    Conditional,
    Expression,
    Name,
    Number,
    Span,
    Unary,
)

_MAX_PARENTHESES = 50

_BINARY: dict[str, tuple[int, str]] = {
    "or": (1, "or"),
    "and": (2, "and"),
    **{operator: (4, operator) for operator in ("<", ">", "<=", ">=", "==", "!=")},
    "is": (4, "=="),
    "+": (5, "+"),
    "-": (5, "-"),
    "*": (6, "*"),
    "/": (6, "/"),
    "%": (6, "%"),
    "^": (8, "**"),
    "**": (8, "**"),
}
_NOT, _COMPARISON, _NEGATION, _POWER = 3, 4, 7, 8

GRADIENT = "d/dt"
"""Name of the leaf that stands for the gradient while an ODE is read; no user's name can be spelled so."""


@dataclass
class Scope:
    """What an expression in one field may use.

    Attributes
    ----------
    names : frozenset of str
        Own names that are visible: attributes, Constants, ``t`` ...
    attributes : mapping
        Locality of each own parameter and variable (of a function: its arguments).
    constants : frozenset of str
        Visible Constants; attributes of the same name hide them.
    functions : mapping
        User functions by name.
    allows : frozenset of str
        Of ``random``, ``sum``, ``operations``, ``sides`` (``pre.x``/``post.x``), ``if``.
    streams : dict
        Number of each random term, shared by all equations of the model.
    equation : str
        Equal random terms in one equation share a stream.
    unknown : str
        The message for unknown names; empty for the usual one, after which the analysis goes on.
    faulty : set of str
        User functions whose definition has a mistake.
    """

    field: str
    report: Report
    names: frozenset[str]
    attributes: Mapping[str, str] = default(default_factory=dict)
    constants: frozenset[str] = frozenset()
    functions: Mapping[str, UserFunction] = default(default_factory=dict)
    allows: frozenset[str] = frozenset()
    kind: str = "neuron"
    streams: dict[tuple[str, str], int] = default(default_factory=dict)
    equation: str = ""
    unknown: str = ""
    faulty: AbstractSet[str] = frozenset()


class Parser:
    """Reads one expression.

    Parameters
    ----------
    part : list of Token
        The expression.
    scope : Scope
    place : Span
        Where to complain when ``part`` is empty or ends too early.
    gradient : Token or None
        The token that stands for the gradient of an ODE.
    """

    def __init__(self, part: list[Token], scope: Scope, place: Span, gradient: Token | None = None) -> None:
        self.part, self.scope, self.gradient = part, scope, gradient
        self.position = 0
        self.nesting = 0
        self.last_span = span_of([part[-1]], scope.field) if part else place
        self.calls = CallReader(self)

    def parse(self) -> Expression:
        """The whole part as one expression; an ``if`` statement where the scope allows it.

        Raises
        ------
        Problem
            At the first thing that cannot be understood. Unknown names are noted in the report.
        """
        is_conditional = self.peek() == "if" and "if" in self.scope.allows
        expression = self.conditional() if is_conditional else self.expression()
        if self.position < len(self.part):
            self.fail_at_rest()
        if is_too_large(expression):
            raise Problem(
                "The expression is too long.",
                span_of(self.part, self.scope.field),
                "Split it with a variable.",
            )
        return expression

    # --- tokens

    def peek(self) -> str:
        """Text of the next token; empty at the end."""
        return self.part[self.position].text if self.position < len(self.part) else ""

    def take(self) -> Token:
        """The next token."""
        if self.position >= len(self.part):
            raise Problem(
                "The expression ends too early.", self.last_span, "Something is missing after this."
            )
        self.position += 1
        return self.part[self.position - 1]

    def span(self, *chosen: Token) -> Span:
        """Place of the tokens from the first to the last of ``chosen``."""
        first, last = chosen[0], chosen[-1]
        between = [token for token in self.part if first.start <= token.start <= last.start]
        return span_of(between, self.scope.field)

    def span_from(self, start: int) -> Span:
        """Place of everything read since token number ``start``."""
        return span_of(self.part[start : self.position], self.scope.field)

    def expect(self, text: str) -> Token:
        """Take a token that must be ``text``."""
        if self.peek() == text:
            return self.take()
        if self.position < len(self.part):
            self.fail_at_rest()
        raise Problem(f"'{text}' is missing here.", self.last_span)

    # --- grammar

    def conditional(self) -> Expression:
        """``if C: A else: B``, or any expression (a branch)."""
        if self.peek() != "if":
            return self.expression()
        start = self.position
        self.enter(self.take())
        condition = self.expression()
        self.separator(":")
        then = self.conditional()
        self.separator("else")
        self.separator(":")
        otherwise = self.conditional()
        self.nesting -= 1
        return Conditional(condition, then, otherwise, self.span_from(start))

    def separator(self, text: str) -> None:
        if self.peek() == text:
            self.take()
            return
        rest = [token.text for token in self.part[self.position :]]
        if text == ":" and rest and ":" not in rest[: rest.index("else") if "else" in rest else None]:
            raise Problem(
                'Conditional statements must define "then" and "else" values.',
                self.span(self.part[self.position]),
                "Write if condition: value else: value.",
            )
        if self.peek() in ("", "else", ":"):
            here = self.part[self.position] if self.peek() else self.part[-1]
            raise Problem(
                "Conditional statements must use both : and else.",
                self.span(here),
                "Write if condition: value else: value.",
            )
        self.fail_at_rest()

    def expression(self, minimum: int = 0) -> Expression:
        """Operators of at least the precedence ``minimum``."""
        start = self.position
        left = self.prefix()
        while (known := _BINARY.get(self.peek())) and known[0] >= minimum:
            precedence, operator = known
            token = self.take()
            if token.text == "is" and self.peek() == "not":
                self.take()
                operator = "!="
            if (
                precedence == _COMPARISON
                and isinstance(left, Binary)
                and self.is_bare_comparison(left, start)
            ):
                raise Problem(
                    "Comparisons cannot be chained.", self.span(token), "Write (a < b) and (b < c)."
                )
            right = self.expression(_NEGATION if precedence == _POWER else precedence + 1)
            left = Binary(operator, left, right, self.span_from(start))
        return left

    def is_bare_comparison(self, left: Binary, start: int) -> bool:
        """Whether ``left`` is a comparison without parentheses around it."""
        first = self.part[start]
        is_comparison = _BINARY.get(left.operator, (0, ""))[0] == _COMPARISON
        return is_comparison and (left.span.line, left.span.column) == (first.line, first.column)

    def prefix(self) -> Expression:
        start = self.position
        token = self.take()
        if token.text in ("-", "+"):
            self.enter(token)
            operand = self.expression(_NEGATION)
            self.nesting -= 1
            return operand if token.text == "+" else Unary("-", operand, self.span_from(start))
        if token.text == "not":
            self.enter(token)
            operand = self.expression(_NOT)
            self.nesting -= 1
            return Unary("not", operand, self.span_from(start))
        return self.atom(token)

    def enter(self, token: Token) -> None:
        """One level deeper; hostile nesting must not exhaust the stack."""
        self.nesting += 1
        if self.nesting > _MAX_PARENTHESES:
            raise Problem(
                "The expression is nested too deeply.", self.span(token), "Split it with a variable."
            )

    def atom(self, token: Token) -> Expression:
        span = self.span(token)
        if token is self.gradient:
            return Name(GRADIENT, span=span)
        if token.kind == "number":
            is_integer = token.text.isdigit()
            value = int(token.text) if is_integer and len(token.text) < 16 else float(token.text)
            if not math.isfinite(value):
                raise Problem(f"The number {token.text} is too large.", span)
            return Number(value, span)
        if token.text in ("True", "False", "true", "false"):
            return Boolean(token.text in ("True", "true"), span)
        if token.text == "(":
            self.enter(token)
            inner = self.expression()
            self.expect(")")
            self.nesting -= 1
            return inner
        if token.kind == "name":
            return self.named(token)
        self.position -= 1
        self.fail_at_rest()

    def named(self, token: Token) -> Expression:
        """A name, ``pre.x``, or a call."""
        if token.text in ("pre", "post") and self.peek() == ".":
            return self.calls.side(token)
        if self.peek() == "(":
            self.enter(token)
            call = self.calls.call(token)
            self.nesting -= 1
            return call
        span = self.span(token)
        if token.text not in self.scope.names:
            self.unknown_name(token, span)
        elif token.text == "E" and not {"E"} & (self.scope.attributes.keys() | self.scope.constants):
            return Number(math.e, span)
        return Name(token.text, span=span)

    # --- complaints

    def unknown_name(self, token: Token, span: Span) -> None:
        scope = self.scope
        following = [other.text for other in self.part[self.position : self.position + 2]]
        if token.text.startswith("d") and following == ["/", "dt"]:
            raise Problem(
                f"The gradient {token.text}/dt must stand left of the '='.",
                span,
                f"Write d{token.text[1:]}/dt = ..., with everything else on the right.",
            )
        if scope.unknown:
            raise Problem(scope.unknown, span, f"'{token.text}' is not visible here; give it as an argument.")
        hint = suggestion(token.text, scope.names)
        scope.report.add(
            f"Unknown symbol '{token.text}'.",
            span,
            hint or f"Define '{token.text}' as a parameter or a variable.",
        )

    def fail_at_rest(self) -> NoReturn:
        """Say what is wrong with the next token, which cannot stand where it stands."""
        token = self.part[self.position]
        span = self.span(token)
        texts = [other.text for other in self.part]
        if token.kind == "invalid":
            words = {"&": "Write 'and'.", "|": "Write 'or'.", "!": "Write 'not'."}
            raise Problem(f"The character '{token.text}' has no meaning.", span, words.get(token.text, ""))
        if token.text in ("=", "+=", "-=", "*=", "/="):
            raise Problem(
                "The equation can not be analysed: only one assignment is allowed.",
                span,
                "Write >= or <=."
                if texts[self.position + 1 : self.position + 2] in (["<"], [">"])
                else "A comparison is written ==.",
            )
        if token.text == "if":
            self.fail_at_if(span)
        if token.text == "else" or (token.text == ":" and "if" in texts and self.colons_fit(texts)):
            raise Problem(
                "Conditional statements must use both : and else.",
                span,
                "Write if condition: value else: value.",
            )
        if token.text == ":":
            rest = "".join(texts[self.position + 1 :]).split(",")[0].split("=")[0]
            place = self.span(token, self.part[-1])
            if rest in FLAGS:
                raise UnknownFlag(f"The flag '{rest}' cannot stand here.", place)
            raise UnknownFlag(f"Unknown flag '{rest}'.", place, suggestion(rest, FLAGS))
        before = self.part[self.position - 1] if self.position else None
        hint = "An operator is missing before it." if before and before.kind in ("name", "number") else ""
        raise Leftover(f"'{token.text}' cannot stand here.", span, hint)

    def fail_at_if(self, span: Span) -> NoReturn:
        texts = [other.text for other in self.part]
        if "if" not in self.scope.allows:
            raise Problem("Conditional statements are not allowed here.", span, "Use ite(condition, a, b).")
        if ":" not in texts:
            raise Problem(
                'Conditional statements must define "then" and "else" values.',
                span,
                "Write if condition: value else: value.",
            )
        raise Problem(
            "The right term must directly start with a if statement.",
            span,
            "Use ite(condition, a, b) inside.",
        )

    @staticmethod
    def colons_fit(texts: list[str]) -> bool:
        return texts.count(":") <= texts.count("if") + texts.count("else")
