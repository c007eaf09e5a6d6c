"""Type to search: one popup for adding populations, for choosing a target, and for all commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app import theme

_WIDTH, _ROWS, _ROW = 420, 9, 44
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -_ROWS, Qt.Key.Key_PageDown: _ROWS}


@dataclass(frozen=True)
class Entry:
    """Something to choose. ``note`` stands at the right, e.g. a shortcut."""

    title: str
    detail: str
    choose: Callable[[], object]
    note: str = ""
    color: str = theme.MUTED


class SearchPopup(QFrame):
    """A field and the entries that contain every typed word; Return chooses, Escape leaves."""

    def __init__(self, entries: Iterable[Entry], hint: str, parent: QWidget) -> None:
        # As a child of the window it is out of reach of shortcuts of the canvas, such as Escape and Down.
        super().__init__(parent.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._entries = list(entries)
        self.field = QLineEdit(placeholderText=hint)
        self.field.setAccessibleName(hint)
        self.field.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Matches")
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._nothing = QLabel("Nothing matches. Type fewer letters.")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        for widget in (self.field, self.list, self._nothing):
            layout.addWidget(widget)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self._filter("")

    def open_at(self, place: QPoint) -> None:
        """Show the popup with its corner at ``place`` of the screen, or as near as the screen allows."""
        screen = self.parentWidget().screen().availableGeometry()
        x = min(max(place.x(), screen.left()), screen.right() - self.width())
        y = min(max(place.y(), screen.top()), screen.bottom() - self.height())
        self.move(x, y)
        self.show()
        self.field.setFocus()

    @property
    def matches(self) -> list[Entry]:
        """What is listed."""
        rows = range(self.list.count())
        return [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in rows]

    def _filter(self, text: str) -> None:
        self.list.clear()
        for entry in search(self._entries, text):
            item = QListWidgetItem(entry.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setToolTip(entry.detail)
        self.list.setCurrentRow(0)
        rows = min(_ROWS, max(2, self.list.count()))
        self.setFixedSize(_WIDTH, rows * _ROW + 62)
        self.list.setVisible(self.list.count() > 0)
        self._nothing.setVisible(self.list.count() == 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in _STEPS:
                row = self.list.currentRow() + _STEPS[Qt.Key(key)]
                self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem():
                    self._choose(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _choose(self, item: QListWidgetItem) -> None:
        entry = item.data(Qt.ItemDataRole.UserRole)
        self.close()
        entry.choose()


def search(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Entries that contain every word of ``text``; those whose title begins with it come first."""
    words = text.casefold().split()

    def rank(entry: Entry) -> int | None:
        title = entry.title.casefold()
        everything = f"{title} {entry.detail.casefold()}"
        if not all(word in everything for word in words):
            return None
        if not words or title.startswith(words[0]):
            return 0
        return 1 if words[0] in title else 2

    ranked = [(rank(entry), entry) for entry in entries]
    return [e for _, e in sorted(((r, e) for r, e in ranked if r is not None), key=lambda pair: pair[0])]


class _EntryDelegate(QStyledItemDelegate):
    """Two lines: the title with the note at its right, and the detail."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(_WIDTH - 40, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, QColor(theme.ACCENT))
        painter.fillRect(QRect(option.rect.left(), option.rect.top() + 6, 4, _ROW - 12), QColor(entry.color))
        box = option.rect.adjusted(14, 4, -10, -4)
        bold, small = QFont(option.font), QFont(option.font)
        bold.setBold(True)
        small.setPointSizeF(small.pointSizeF() - 1)
        painter.setPen(QColor(theme.ON_ACCENT if chosen else theme.TEXT))
        painter.setFont(bold)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, entry.title)
        painter.setFont(small)
        painter.setPen(QColor(theme.ON_ACCENT if chosen else theme.MUTED))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, entry.note)
        detail = painter.fontMetrics().elidedText(entry.detail, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, detail)
        painter.restore()
