"""Help: all commands with their shortcuts, and what the mouse does on the canvas."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions import ActionRegistry

_MOUSE = (
    ("Canvas", "Add a population", "Double-click on the ground"),
    ("Canvas", "Connect", "Drag from an output to a target, or to a population"),
    ("Canvas", "Select several", "Drag over them, or Ctrl+click"),
    ("Canvas", "Move a label", "Drag it"),
    ("Canvas", "Pan", "Drag with the middle button"),
    ("Canvas", "Zoom", "Wheel"),
)


class ShortcutsDialog(QDialog):
    """A table that can be searched."""

    def __init__(self, registry: ActionRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(620, 560)
        self.field = QLineEdit(placeholderText="Type to search", clearButtonEnabled=True)
        self.field.setAccessibleName("Search the shortcuts")
        rows = [(c.where, c.title.removesuffix("…"), c.shortcut) for c in registry if c.shortcut]
        rows = sorted(rows + list(_MOUSE), key=lambda row: row[0])
        self.table = QTableWidget(len(rows), 3)
        self.table.setHorizontalHeaderLabels(["Where", "What", "How"])
        self.table.setAccessibleName("Shortcuts")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.resizeColumnsToContents()
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.field.textChanged.connect(self._filter)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.field, self.table, close):
            layout.addWidget(widget)

    def _filter(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            texts = " ".join(self.table.item(row, column).text() for column in range(3)).casefold()
            self.table.setRowHidden(row, not all(word in texts for word in text.casefold().split()))
