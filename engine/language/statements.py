"""The layout of a text field: statements, comments, continuation lines and flags."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.language.lexer import ASSIGNMENTS, Token, lex, span_of
from engine.language.report import Problem, Report, suggestion
from engine.language.tree import Span

VALUE_FLAGS = frozenset({"init", "min", "max"})
METHOD_FLAGS = {
    "implicit": "implicit",
    "semiimplicit": "semiimplicit",
    "exponential": "exponential",
    "midpoint": "midpoint",
    "rk4": "rk4",
    "runge-kutta4": "rk4",
    "explicit": "explicit",
    "event-driven": "event-driven",
    "exact": "event-driven",
}
"""Method flags in the order in which the first one present wins."""
LOCALITY_FLAGS = {"population": "global", "projection": "global", "postsynaptic": "semiglobal"}
TYPE_FLAGS = frozenset({"int", "bool", "float"})
EVENT_FLAGS = frozenset({"unless_refractory", "unless_post"})
FLAGS = VALUE_FLAGS | METHOD_FLAGS.keys() | LOCALITY_FLAGS.keys() | TYPE_FLAGS | EVENT_FLAGS


@dataclass(frozen=True)
class Flag:
    """``key`` or ``key = value``."""

    key: str
    value: tuple[Token, ...]
    span: Span


@dataclass
class Statement:
    """One statement: tokens left and right of its assignment operator, and its flags.

    ``operator`` is None for lines without one (parameters without a value, single expressions).
    """

    left: list[Token]
    operator: Token | None
    right: list[Token]
    flags: list[Flag] = field(default_factory=list)
    text: str = ""
    is_sound: bool = True
    """False where the parentheses do not match (this is noted); the name on the left still counts."""

    def span(self, field_name: str) -> Span:
        """Where the statement begins."""
        everything = [*self.left, *([self.operator] if self.operator else []), *self.right]
        return span_of(everything, field_name)

    def flag(self, key: str) -> Flag | None:
        """The flag called ``key``."""
        return next((flag for flag in self.flags if flag.key == key), None)


def split_statements(text: str, field_name: str, report: Report, *, joined: bool = True) -> list[Statement]:
    """Split a field into statements.

    Parameters
    ----------
    joined : bool
        A line without an assignment operator continues the statement before it. Parameters, one a line,
        do without.
    """
    statements: list[Statement] = []
    for line in _lines(text):
        with report.guard():
            body, flags = _cut_flags(line, field_name, report)
            piece = " ".join(text[line[0].start : line[-1].end].split())
            place = next((k for k, token in enumerate(body) if token.text in ASSIGNMENTS), None)
            if place is not None:
                new = Statement(body[:place], body[place], body[place + 1 :], flags, piece)
                statements.append(new)
            elif not joined and not body:
                hint = "Flags follow on the line of their parameter."
                raise Problem("A parameter is written name = value.", span_of(line, field_name), hint)
            elif not joined:
                statements.append(Statement(body, None, [], flags, piece))
            elif statements:
                last = statements[-1]
                last.right.extend(body)
                last.flags.extend(flags)
                last.text += " " + piece
            else:
                raise Problem(
                    f"'{piece}' is not a statement: it has no '='.",
                    span_of(line, field_name),
                    "Write name = expression, or dname/dt = expression.",
                )
    for statement in statements:
        statement.is_sound = _has_partners(statement, field_name, report)
    return statements


def single_expression(text: str, field_name: str, report: Report) -> Statement | None:
    """The whole field as one expression without flags, in ``right``; None where the field is empty."""
    body = [token for line in _lines(text) for token in line]
    if not body:
        return None
    statement = Statement([], None, body, text=" ".join(text.split()))
    return statement if _has_partners(statement, field_name, report) else None


def flagged_expression(text: str, field_name: str, report: Report, known: frozenset[str]) -> Statement | None:
    """The whole field as one expression, in ``right``, with flags that all have values and are ``known``.

    None where the field is empty or cannot be read, which is noted.
    """
    body = [token for line in _lines(text) for token in line]
    if not body:
        return None
    with report.guard():
        right, flags = _cut_flags(body, field_name, report, known, known)
        statement = Statement([], None, right, flags, " ".join(text.split()))
        return statement if _has_partners(statement, field_name, report) else None
    return None


def _lines(text: str) -> list[list[Token]]:
    """The tokens of each piece between newlines and semicolons, empty ones left out."""
    lines: list[list[Token]] = [[]]
    for token in lex(text):
        if token.kind == "newline" or token.text == ";":
            lines.append([])
        elif token.kind != "comment":
            lines[-1].append(token)
    return [line for line in lines if line]


def _cut_flags(
    line: list[Token],
    field_name: str,
    report: Report,
    known: frozenset[str] = FLAGS,
    with_value: frozenset[str] = VALUE_FLAGS,
) -> tuple[list[Token], list[Flag]]:
    """Separate the flags after the last colon, if what follows it begins with a known flag."""
    colons = [k for k, token in enumerate(line) if token.text == ":"]
    if not colons:
        return line, []
    items = _split_commas(line[colons[-1] + 1 :])
    first_key = _key(items[0])
    follows_with_value = any(token.text == "=" for token in items[0])
    if first_key not in known or (first_key in with_value and not follows_with_value):
        return line, []
    flags: list[Flag] = []
    for item in items:
        with report.guard():
            flags.append(_read_flag(item, line[colons[-1]], field_name, known, with_value))
    return line[: colons[-1]], flags


def _split_commas(part: list[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    depth = 0
    for token in part:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            items.append([])
        else:
            items[-1].append(token)
    return items


def _key(item: list[Token]) -> str:
    place = next((k for k, token in enumerate(item) if token.text == "="), len(item))
    return "".join(token.text for token in item[:place])


def _read_flag(
    item: list[Token], colon: Token, field_name: str, known: frozenset[str], with_value: frozenset[str]
) -> Flag:
    span = span_of(item or [colon], field_name)
    key = _key(item)
    if key not in known:
        shown = "".join(token.text for token in item)
        raise Problem(
            f"Unknown flag '{shown}'.", span, suggestion(key, known) or f"Known: {', '.join(sorted(known))}."
        )
    place = next((k for k, token in enumerate(item) if token.text == "="), None)
    value = tuple(item[place + 1 :]) if place is not None else ()
    if key in with_value and not value:
        raise Problem(f"The flag '{key}' needs a value.", span, f"Write {key} = value.")
    if key not in with_value and place is not None:
        raise Problem(f"The flag '{key}' takes no value.", span)
    return Flag(key, value, span)


def _has_partners(statement: Statement, field_name: str, report: Report) -> bool:
    """Check the parentheses before anything else looks at the statement."""
    before = len(report.diagnostics)
    parts = [statement.left, statement.right, *(list(flag.value) for flag in statement.flags)]
    for part in parts:
        opened: list[Token] = []
        unmatched = None
        for token in part:
            if token.text == "(":
                opened.append(token)
            elif token.text == ")":
                if opened:
                    opened.pop()
                else:
                    unmatched = unmatched or token
        wrong = unmatched or (opened[-1] if opened else None)
        if wrong is not None:
            report.add(
                "The number of parentheses does not match.",
                span_of([wrong], field_name),
                f"This '{wrong.text}' has no partner.",
            )
    return len(report.diagnostics) == before
