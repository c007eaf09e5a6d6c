"""Model text to tokens. Nothing here can fail: what is no token becomes an ``invalid`` one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from engine.language.functions import CALLABLE
from engine.language.tree import NOWHERE, Span

TokenKind = Literal["number", "name", "keyword", "operator", "newline", "comment", "invalid"]

KEYWORDS = frozenset({"if", "else", "and", "or", "not", "is", "True", "False", "true", "false"})
ASSIGNMENTS = frozenset({"=", "+=", "-=", "*=", "/="})

_PATTERN = re.compile(
    r"""
      (?P<newline>\n)
    | (?P<blank>[^\S\n]+)
    | (?P<comment>\#[^\n]*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<operator>\*\*|[<>=!+\-*/]=|[-+*/^%<>=(),.:;])
    | (?P<invalid>.)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """``line`` and ``column`` count from 1; ``start`` is the offset in the text."""

    kind: TokenKind
    text: str
    line: int
    column: int
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def lex(text: str) -> Iterator[Token]:
    """All tokens of ``text`` without blanks, in order."""
    line, line_start = 1, 0
    for match in _PATTERN.finditer(text):
        kind, found, start = cast(str, match.lastgroup), match.group(), match.start()
        if kind == "blank":
            continue
        if kind == "name" and found in KEYWORDS:
            kind = "keyword"
        yield Token(cast(TokenKind, kind), found, line, start - line_start + 1, start)
        if kind == "newline":
            line, line_start = line + 1, match.end()


def tokens(text: str) -> list[tuple[str, int, int, int]]:
    """Tokens for syntax colouring: ``(kind, line, column, length)``, 1-based.

    Kinds: ``number``, ``name``, ``function`` (a built-in name before a parenthesis), ``keyword``,
    ``operator``, ``comment``, ``invalid``. Never raises.
    """
    found = [token for token in lex(text) if token.kind != "newline"]
    result: list[tuple[str, int, int, int]] = []
    for token, following in zip(found, [*found[1:], None], strict=False):
        called = following is not None and following.text == "("
        kind = "function" if token.kind == "name" and called and token.text in CALLABLE else token.kind
        result.append((kind, token.line, token.column, len(token.text)))
    return result


def span_of(part: list[Token] | tuple[Token, ...], field: str) -> Span:
    """The place of ``part``; where it covers several lines, of its first line."""
    if not part:
        return NOWHERE
    first = part[0]
    last = [token for token in part if token.line == first.line][-1]
    return Span(field, first.line, first.column, last.end - first.start)
