"""A line of text that shows one field of the document: Return commits, Escape reverts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from engine.errors import EngineError


class LineField(QWidget):
    """Shows a text and hands back what ``parse`` makes of an edited one.

    A text that ``parse`` refuses (by an :class:`EngineError`) stays in the field with the reason below it,
    and the document stays as it is.
    """

    committed = Signal(object)
    """What ``parse`` returned for the new text."""

    def __init__(self, parse: Callable[[str], object], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parse = parse
        self._shown = ""
        self._document_error = ""
        self.edit = QLineEdit()
        self.edit.setAccessibleName(name)
        self.edit.installEventFilter(self)
        self.edit.textEdited.connect(self._check)
        self.edit.editingFinished.connect(self.commit)
        self.error = QLabel()
        self.error.setObjectName("fieldError")
        self.error.setWordWrap(True)
        self.error.hide()
        self.line = QHBoxLayout()
        self.line.setSpacing(4)
        self.line.addWidget(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(self.line)
        column.addWidget(self.error)

    def show_text(self, text: str) -> None:
        """Show the document's text, unless the user is in the middle of writing another one."""
        if text == self._shown:
            return
        self._shown = text
        self.edit.setText(text)
        self.edit.setCursorPosition(0)
        self._show_error(self._document_error)

    def show_problem(self, message: str) -> None:
        """Show what the check of the document says about this field (empty: nothing)."""
        self._document_error = message
        if self.edit.text() == self._shown:
            self._show_error(message)

    def commit(self) -> None:
        """Hand over the text if it changed and can be read."""
        text = self.edit.text()
        if text == self._shown:
            return
        try:
            value = self._parse(text)
        except EngineError as error:
            self._show_error(str(error))
            return
        self._shown = text
        self._show_error("")
        self.committed.emit(value)

    def revert(self) -> None:
        """Back to the document's text."""
        self.edit.setText(self._shown)
        self._show_error(self._document_error)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and watched is self.edit:
            changed = self.edit.text() != self._shown
            if event.key() == Qt.Key.Key_Escape and changed:
                # Taken before a shortcut or a dialog can have it.
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    self.revert()
                return True
            # An unchanged field has nothing to undo itself: leave the keys to the window's undo.
            undoing = event.matches(QKeySequence.StandardKey.Undo) or event.matches(
                QKeySequence.StandardKey.Redo
            )
            if event.type() == QEvent.Type.ShortcutOverride and undoing and not changed:
                event.ignore()
                return True
        return super().eventFilter(watched, event)

    def _check(self, text: str) -> None:
        try:
            if text != self._shown:
                self._parse(text)
        except EngineError as error:
            self._show_error(str(error))
        else:
            self._show_error("")

    def _show_error(self, message: str) -> None:
        self.error.setText(message)
        self.error.setVisible(bool(message))
        self.edit.setAccessibleDescription(message)
        self.mark("wrong", bool(message))

    def mark(self, property_: str, on: bool) -> None:
        """Set a property that the style sheet looks at."""
        if bool(self.edit.property(property_)) != on:
            self.edit.setProperty(property_, on)
            self.edit.style().unpolish(self.edit)
            self.edit.style().polish(self.edit)
