"""A line above the canvas for what should not be missed and needs no answer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app import theme


class NoticeBar(QFrame):
    """Shows one notice until it is closed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        close = QToolButton(text="✕", autoRaise=True)
        close.setAccessibleName("Close this notice")
        close.setToolTip("Close")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self.label, 1)
        layout.addWidget(close, alignment=Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_notice(self, text: str, *, error: bool = False) -> None:
        """Show ``text``, as an error or as a remark."""
        color = theme.ERROR if error else theme.WARNING
        self.setStyleSheet(f"NoticeBar {{ background: {theme.RAISED}; border-left: 5px solid {color}; }}")
        self.label.setText(text)
        self.label.setAccessibleName("Error" if error else "Notice")
        self.show()
