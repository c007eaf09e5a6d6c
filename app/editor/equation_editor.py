"""A text editor for equations: syntax colours, line numbers, completion, mistakes underlined in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QCompleter, QPlainTextEdit, QTextEdit, QToolTip, QWidget

from app import theme
from app.editor.highlighter import EquationHighlighter
from engine.errors import Diagnostic

_INDENT = "    "
_MOST_LINES = 16
"""An editor grows with its text up to this height; beyond it scrolls."""


class EquationEditor(QPlainTextEdit):
    """Edits one text field of a model.

    The editor keeps no undo history of its own: every change is reported by ``textEdited`` and becomes a
    step of the project's undo stack, and the undo keys ask for ``undoRequested``/``redoRequested``.
    """

    textEdited = Signal(str)
    """The user changed the text."""
    undoRequested = Signal()
    redoRequested = Signal()
    editingStarted = Signal()
    """The editor got the focus, or a new line began: what follows is a new step to undo."""

    def __init__(self, name: str, lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self._diagnostics: tuple[Diagnostic, ...] = ()
        self._text = ""
        self._meaning: Callable[[str], str] = lambda word: ""
        self._numbers = _LineNumbers(self)
        self.setAccessibleName(name)
        self.setFont(theme.monospace())
        self.setUndoRedoEnabled(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(lines == 1)
        self.highlighter = EquationHighlighter(self.document())
        self._completer = QCompleter([], self)
        self._completer.setWidget(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._complete)
        self._completer.popup().setStyleSheet(f"border: 1px solid {theme.BORDER};")
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self.updateRequest.connect(self._move_numbers)
        self.textChanged.connect(self._report)
        self._fit_height()

    # --- text and mistakes -------------------------------------------------------------------------------

    def show_text(self, text: str) -> None:
        """Show the document's text; what stays the same is left alone, so that the cursor stays in place."""
        old = self._text
        if text == old:
            return
        self._text = text
        head = _common(old, text)
        tail = _common(old[head:][::-1], text[head:][::-1])
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(old[:head]))
        cursor.setPosition(_units(old[: len(old) - tail]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[head : len(text) - tail])

    def set_names(self, own: Iterable[str], others: Iterable[str] = ()) -> None:
        """Names that the model defines (coloured and completed) and more that are completed."""
        own = sorted(set(own))
        self.highlighter.set_own(own)
        words = sorted({*own, *others}, key=str.lower)
        model = self._completer.model()
        if words != model.stringList():
            model.setStringList(words)

    def set_meaning(self, meaning: Callable[[str], str]) -> None:
        """Ask ``meaning`` what a word stands for when the pointer rests on it."""
        self._meaning = meaning

    def set_diagnostics(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Underline mistakes at their places."""
        self._diagnostics = tuple(diagnostics)
        selections = []
        for diagnostic in self._diagnostics:
            cursor = self._cursor_of(diagnostic)
            if cursor is not None:
                selection = QTextEdit.ExtraSelection()
                selection.cursor = cursor
                wave = QTextCharFormat()
                wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                wave.setUnderlineColor(QColor(theme.ERROR))
                ground = QColor(theme.ERROR)
                ground.setAlphaF(0.25)
                wave.setBackground(ground)
                selection.format = wave
                selections.append(selection)
        self.setExtraSelections(selections)
        self.setAccessibleDescription("; ".join(d.message for d in self._diagnostics))
        self.viewport().update()
        self._numbers.update()

    def show_place(self, line: int, column: int) -> None:
        """Put the cursor at a 1-based line and column and take the focus."""
        block = self.document().findBlockByNumber(max(0, line - 1))
        if block.isValid():
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + _offset(block.text(), column))
            self.setTextCursor(cursor)
            self.centerCursor()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _cursor_of(self, diagnostic: Diagnostic) -> QTextCursor | None:
        block = self.document().findBlockByNumber(diagnostic.line - 1) if diagnostic.line else None
        if block is None or not block.isValid():
            return None
        text = block.text()
        start = _offset(text, diagnostic.column)
        end = _offset(text, diagnostic.column + max(1, diagnostic.length))
        if start >= end:
            # At the very end of a line there is no character to underline: take the last one.
            start, end = max(0, min(start, len(text)) - 1), max(end, 1)
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + start)
        cursor.setPosition(
            min(block.position() + end, block.position() + block.length() - 1),
            QTextCursor.MoveMode.KeepAnchor,
        )
        return cursor

    def _report(self) -> None:
        # Qt reports new colours as changes, too.
        text = self.toPlainText()
        if text != self._text:
            self._text = text
            self.textEdited.emit(text)

    # --- keys --------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self._completer.popup()
        chosen = popup.currentIndex().isValid()
        if popup.isVisible() and event.key() in _POPUP_KEYS:
            if chosen or event.key() in _CLOSING_KEYS:
                event.ignore()
                return
            # Opened by itself: Tab takes the first word, Return is what it is without the list.
            popup.hide()
            if event.key() == Qt.Key.Key_Tab:
                self._complete(self._completer.currentCompletion())
                return
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undoRequested.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redoRequested.emit()
        elif event.key() == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._open_completer(always=True)
        elif event.key() == Qt.Key.Key_Escape:
            # Tab writes blanks here: Escape is how the keyboard leaves the editor.
            self._leave(forward=True)
        elif event.key() == Qt.Key.Key_Tab and not self.tabChangesFocus() and not self.isReadOnly():
            self.textCursor().insertText(_INDENT)
        elif event.key() == Qt.Key.Key_Backtab:
            self._leave(forward=False)
        else:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.editingStarted.emit()
            super().keyPressEvent(event)
            if popup.isVisible():
                self._open_completer(always=False, choose=chosen)
            elif event.text() == "." and self._prefix() in ("pre.", "post."):
                self._open_completer(always=False, choose=False)

    def _leave(self, *, forward: bool) -> None:
        # An editor in which Tab writes does not let go of the focus either way.
        tab_writes = not self.tabChangesFocus()
        self.setTabChangesFocus(True)
        self.focusNextChild() if forward else self.focusPreviousChild()
        self.setTabChangesFocus(not tab_writes)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.editingStarted.emit()

    def _prefix(self) -> str:
        cursor = self.textCursor()
        text = cursor.block().text()[: cursor.positionInBlock()]
        start = len(text)
        while start and (text[start - 1].isalnum() or text[start - 1] in "_."):
            start -= 1
        return text[start:]

    def _open_completer(self, *, always: bool, choose: bool = True) -> None:
        prefix = self._prefix()
        popup = self._completer.popup()
        self._completer.setCompletionPrefix(prefix)
        only = self._completer.completionCount() == 1 and self._completer.currentCompletion() == prefix
        if self.isReadOnly() or not self._completer.completionCount() or only or not (prefix or always):
            popup.hide()
            return
        popup.setCurrentIndex(self._completer.completionModel().index(0 if choose else -1, 0))
        place = self.cursorRect()
        place.translate(self.viewportMargins().left(), 0)
        place.setWidth(popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint().width() + 12)
        self._completer.complete(place)

    def _complete(self, word: str) -> None:
        cursor = self.textCursor()
        cursor.movePosition(
            QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(self._prefix())
        )
        cursor.insertText(word)
        self.setTextCursor(cursor)

    # --- looks -------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.viewport().mapFromGlobal(event.globalPos())
            position = self.cursorForPosition(place).position()
            for selection, diagnostic in zip(self.extraSelections(), self._placed(), strict=False):
                cursor = selection.cursor
                if cursor.selectionStart() <= position <= cursor.selectionEnd():
                    QToolTip.showText(event.globalPos(), message_of(diagnostic), self)
                    return True
            QToolTip.showText(event.globalPos(), self._meaning(self._word_at(place)), self)
            return True
        return super().event(event)

    def _word_at(self, place: QPoint) -> str:
        """The name under a place of the viewport, with ``pre.`` or ``post.``; empty: there is none."""
        cursor = self.cursorForPosition(place)
        if not self.cursorRect(cursor).adjusted(-12, 0, 12, 0).contains(place):
            return ""
        plain = cursor.block().text().partition("#")[0]
        words = _WORD.finditer(plain)
        column = cursor.positionInBlock()
        return next((word[0] for word in words if word.start() <= column <= word.end()), "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit_height()
        area = self.contentsRect()
        self._numbers.setGeometry(QRect(area.left(), area.top(), self._numbers.needed(), area.height()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_height()

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.minimumHeight())

    def _placed(self) -> list[Diagnostic]:
        return [d for d in self._diagnostics if self._cursor_of(d) is not None]

    def _fit_height(self) -> None:
        self.setViewportMargins(self._numbers.needed(), 0, 0, 0)
        line = self.fontMetrics().lineSpacing()
        needed, block = 0.0, self.document().firstBlock()
        while block.isValid() and needed <= _MOST_LINES * line:
            # Asking for its rectangle lays a block out; unseen ones still have the lines of an older width.
            needed += self.blockBoundingRect(block).height()
            block = block.next()
        height = min(max(self._lines * line, needed), _MOST_LINES * line)
        fits = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        scrolls = Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(fits if needed <= height else scrolls)
        self.setFixedHeight(round(height + 2 * (self.frameWidth() + self.document().documentMargin()) + 4))

    def _move_numbers(self, area: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Paint the numbers of the visible lines; those of lines with mistakes stand out."""
        painter = QPainter(self._numbers)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.AlternateBase))
        painter.setFont(self.font())
        wrong = {d.line for d in self._diagnostics}
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            line = self.fontMetrics().lineSpacing()
            number = block.blockNumber() + 1
            painter.setPen(QColor(theme.ERROR if number in wrong else theme.MUTED))
            area = QRect(0, round(top), self._numbers.width() - 6, line)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            top += height
            block = block.next()


class _LineNumbers(QWidget):
    """The margin at the left of an editor; one-line fields have none."""

    def __init__(self, editor: EquationEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def needed(self) -> int:
        count = self._editor.blockCount()
        if count == 1 and self._editor._lines == 1:
            return 0
        return 12 + self._editor.fontMetrics().horizontalAdvance("9") * max(2, len(str(count)))

    def sizeHint(self) -> QSize:
        return QSize(self.needed(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_numbers(event)


_WORD = re.compile(r"(?:\b(?:pre|post)\.)?[^\W\d]\w*")
_CLOSING_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Backtab)
_POPUP_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Backtab)


def message_of(diagnostic: Diagnostic) -> str:
    """What is wrong and how to mend it, on two lines."""
    return "\n".join(filter(None, (diagnostic.message, diagnostic.hint)))


def _common(a: str, b: str) -> int:
    """Number of characters that two texts share at their start."""
    for place, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return place
    return min(len(a), len(b))


def _units(text: str) -> int:
    """Qt counts UTF-16 units, the parser characters."""
    return len(text.encode("utf-16-le")) // 2


def _offset(text: str, column: int) -> int:
    """Qt's offset in a line for a 1-based column."""
    return _units(text[: max(0, column - 1)])
