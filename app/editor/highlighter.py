"""Syntax colours of equations."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app import theme
from engine.language.lexer import tokens

_FLAGS = frozenset(
    {"init", "min", "max", "population", "postsynaptic", "projection", "int", "bool", "float", "explicit"}
    | {"exponential", "implicit", "semiimplicit", "midpoint", "rk4", "event", "driven"}
    | {"unless_refractory", "unless_post"}
)
"""Words that are flags where they stand behind the last colon of a line."""
_PREDEFINED = frozenset(("t", "dt", "pi", "t_last", "t_pre", "t_post", "pre", "post"))


class EquationHighlighter(QSyntaxHighlighter):
    """Colours a model's text by the kinds of token that the language itself finds in it."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._own: frozenset[str] = frozenset()
        self._formats = {kind: _format(kind, color) for kind, color in theme.SYNTAX.items()}
        self._formats["invalid"] = self._formats["error"]

    def set_own(self, names: Iterable[str]) -> None:
        """Names that the model defines; they get a colour of their own."""
        own = frozenset(names)
        if own != self._own:
            self._own = own
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        # Qt counts UTF-16 units, the language characters: they differ only beyond the basic plane.
        plain = text.isascii()
        found = tokens(text)
        colons = [column for _, _, column, _ in found if text[column - 1 : column] == ":"]
        for kind, _, column, length in found:
            start, end = column - 1, column - 1 + length
            if kind in ("name", "function"):
                kind = self._kind_of(kind, text[start:end], bool(colons) and column > colons[-1])
            form = self._formats.get(kind)
            if form is not None:
                if not plain:
                    start, end = (len(text[:n].encode("utf-16-le")) // 2 for n in (start, end))
                self.setFormat(start, end - start, form)

    def _kind_of(self, kind: str, word: str, after_colon: bool) -> str:
        if after_colon and word in _FLAGS:
            return "flag"
        if kind == "function":
            return kind
        if word in self._own or (word.startswith("d") and word[1:] in self._own and word != "dt"):
            return "own"
        if word.startswith("g_"):
            return "target"
        return "keyword" if word in _PREDEFINED else kind


def _format(kind: str, color: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(color))
    if kind == "comment":
        form.setFontItalic(True)
    elif kind in ("keyword", "function"):
        form.setFontWeight(QFont.Weight.DemiBold)
    return form
