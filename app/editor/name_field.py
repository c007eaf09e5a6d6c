"""Renaming in place: a field that lies over the object's title on the canvas."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QToolTip, QWidget

from app import theme


class NameField(QLineEdit):
    """Return renames, Escape leaves; a name that is refused stays, with the reason below it.

    Parameters
    ----------
    rename : callable
        Takes the new name; returns why it was refused, or nothing.
    """

    def __init__(self, name: str, rename: Callable[[str], str], place: QRect, parent: QWidget) -> None:
        super().__init__(name, parent)
        self._rename = rename
        self.setAccessibleName(f"New name of {name}")
        self.setGeometry(place.x(), place.y(), max(place.width(), 140), self.sizeHint().height())
        self.selectAll()
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()  # it is a shortcut of the canvas, too
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            fault = self._rename(self.text().strip())
            if fault:
                self.setStyleSheet(f"border: 2px solid {theme.ERROR};")
                QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), fault, self)
            else:
                self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._leave()

    def _leave(self) -> None:
        if self.isVisible():
            self.hide()
            self.parentWidget().setFocus()
            self.deleteLater()
