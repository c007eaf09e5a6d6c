"""What the canvas says while there is nothing on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app import theme


class EmptyState(QFrame):
    """Two ways to begin, in the middle of the empty canvas."""

    addRequested = Signal()
    exampleRequested = Signal(object)

    def __init__(self, examples: dict[str, Path], parent: QWidget) -> None:
        super().__init__(parent)
        title = QLabel("Draw a network")
        title.setStyleSheet("font-size: 20pt; font-weight: 600;")
        hint = QLabel(
            "Double-click anywhere, or press Space, to add a population.<br>"
            "Drag from its output on the right to a target on the left to connect.<br>"
            "Press F5 to run."
        )
        hint.setStyleSheet(f"color: {theme.MUTED}; font-size: 11pt;")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.add_button = QPushButton("&Add a population")
        self.add_button.setDefault(True)
        self.add_button.clicked.connect(self.addRequested)
        self.example_button = QPushButton("Open an e&xample")
        menu = QMenu(self.example_button)
        for name, path in examples.items():
            menu.addAction(name).triggered.connect(
                lambda checked=False, path=path: self.exampleRequested.emit(path)
            )
        self.example_button.setMenu(menu)
        self.example_button.setEnabled(bool(examples))
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (self.add_button, self.example_button):
            button.setMinimumSize(170, 36)
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addWidget(title, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(hint)
        layout.addLayout(buttons)
        self.adjustSize()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Anywhere is here, too."""
        self.addRequested.emit()
