"""Syntax colours of generated C++."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app import theme

_TOKENS = re.compile(
    r"""
    (?P<comment>//.*)
  | (?P<flag>^\s*\#.*)
  | (?P<text>"(?:[^"\\]|\\.)*")
  | (?P<keyword>\b(?:bool|break|case|char|const|constexpr|continue|double|else|enum|extern|false|float|for
        |goto|if|inline|int|long|namespace|real|return|sizeof|static|struct|switch|template|true|typedef|typename
        |union|unsigned|using|void|volatile|while|u?int(?:8|16|32|64)_t|__[a-z0-9_]+__)\b)
  | (?P<number>\b(?:0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?)[uUlLfF]*\b)
  | (?P<function>\b[A-Za-z_]\w*(?=\())
    """,
    re.VERBOSE,
)


class CppHighlighter(QSyntaxHighlighter):
    """Colours the C++ that the engine writes, which has no comments over several lines."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        for kind in ("comment", "flag", "keyword", "number", "function"):
            form = self._formats[kind] = QTextCharFormat()
            form.setForeground(QColor(theme.SYNTAX[kind]))
            form.setFontItalic(kind == "comment")
        self._formats["text"] = self._formats["number"]

    def highlightBlock(self, text: str) -> None:
        for token in _TOKENS.finditer(text):
            form = self._formats.get(token.lastgroup or "")
            if form is not None:
                self.setFormat(token.start(), token.end() - token.start(), form)
