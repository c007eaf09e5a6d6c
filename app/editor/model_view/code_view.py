"""Text that can be read, searched and copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme

_MOST_MARKS = 1000


class CodeView(QWidget):
    """A read-only text with a line to search in it (Ctrl+F) and a button that copies all of it.

    Parameters
    ----------
    name : str
        What the text is, for accessibility.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.text = _ReadOnlyText()
        self.text.setAccessibleName(name)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        self.find_field = QLineEdit(placeholderText="Find", clearButtonEnabled=True)
        self.find_field.setAccessibleName(f"Find in {name}")
        self.find_field.setToolTip("Find (Ctrl+F); Return and Shift+Return go to the next and the one before")
        self.find_field.setMaximumWidth(260)
        self.find_field.textChanged.connect(self._search)
        self.found = QLabel()
        self.copy_button = QToolButton(text="Copy all")
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self._matches: list[QTextCursor] = []
        self._lay_out()
        self.setFocusProxy(self.text)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._begin_search, context=context)
        for widget, keys, do in (
            (self, ("F3",), self.find_next),
            (self, ("Shift+F3",), self.find_previous),
            (self.find_field, ("Return", "Enter"), self.find_next),
            (self.find_field, ("Shift+Return", "Shift+Enter"), self.find_previous),
            (self.find_field, ("Escape",), self.text.setFocus),
        ):
            for key in keys:
                QShortcut(QKeySequence(key), widget, do, context=context)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(8, 4, 8, 4)
        header.setSpacing(8)
        header.addWidget(self.note, 1)
        for widget in (self.found, self.find_field, self.copy_button):
            header.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header)
        column.addWidget(self.text, 1)

    def show_text(self, text: str, note: str = "") -> None:
        """Show ``text``, at the place where the old one was being read, and a remark above it."""
        self.note.setText(note)
        self.note.setToolTip(note)
        if text == self.text.toPlainText():
            return
        bar = self.text.verticalScrollBar()
        place = bar.value()
        self.text.setPlainText(text)
        bar.setValue(place)
        self._search(self.find_field.text(), move=False)

    def find_next(self) -> None:
        """Go to the next place of what is searched, and from the last to the first."""
        here = self.text.textCursor().selectionEnd()
        later = [match for match in self._matches if match.selectionStart() >= here]
        self._go_to((later or self._matches)[:1])

    def find_previous(self) -> None:
        """Go to the place before."""
        here = self.text.textCursor().selectionStart()
        earlier = [match for match in self._matches if match.selectionEnd() <= here]
        self._go_to((earlier or self._matches)[-1:])

    def _begin_search(self) -> None:
        chosen = self.text.textCursor().selectedText()
        if chosen and "\u2029" not in chosen:
            self.find_field.setText(chosen)
        self.find_field.setFocus()
        self.find_field.selectAll()

    def _search(self, wanted: str, move: bool = True) -> None:
        document: QTextDocument = self.text.document()
        self._matches = []
        cursor = document.find(wanted) if wanted else QTextCursor()
        while not cursor.isNull() and len(self._matches) < _MOST_MARKS:
            self._matches.append(cursor)
            cursor = document.find(wanted, cursor)
        marks = []
        for match in self._matches:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = match
            mark.format.setBackground(QColor(theme.WARNING))
            mark.format.setForeground(QColor(theme.ON_ACCENT))
            marks.append(mark)
        self.text.setExtraSelections(marks)
        self._count(-1)
        if move and self._matches:
            cursor = self.text.textCursor()
            cursor.setPosition(cursor.selectionStart())
            self.text.setTextCursor(cursor)
            self.find_next()

    def _go_to(self, matches: list[QTextCursor]) -> None:
        for match in matches:
            self.text.setTextCursor(match)
            self._count(self._matches.index(match))

    def _count(self, place: int) -> None:
        count = len(self._matches)
        if not self.find_field.text():
            self.found.clear()
        elif place < 0:
            self.found.setText(f"{count} found" if count else "Not found")
        else:
            self.found.setText(f"{place + 1} of {count}")


class _ReadOnlyText(QPlainTextEdit):
    """Text with a cursor that is seen, although nothing can be typed."""

    def __init__(self) -> None:
        super().__init__(readOnly=True)
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setFont(theme.monospace())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.setCursorWidth(2)
