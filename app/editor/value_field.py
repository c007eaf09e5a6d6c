"""A parameter's or an initial value's field: a number or a distribution, typed or chosen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.editor.line_field import LineField
from engine.project.values import DISTRIBUTIONS

_EXAMPLES = {
    "Uniform": "Uniform(0, 1)",
    "DiscreteUniform": "DiscreteUniform(0, 10)",
    "Normal": "Normal(0, 1)",
    "LogNormal": "LogNormal(0, 1)",
    "Exponential": "Exponential(1)",
    "Gamma": "Gamma(1, 1)",
    "Binomial": "Binomial(10, 0.5)",
}


class ValueField(LineField):
    """A line with a menu of distributions and, where there is a default, the way back to it."""

    def __init__(
        self,
        parse: Callable[[str], object],
        name: str,
        *,
        reset: Callable[[], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parse, name, parent)
        self._menu = QMenu(self)
        self._reset = None
        if reset is not None:
            self._reset = self._menu.addAction("Reset to default", reset)
            self._menu.addSeparator()
        for distribution in DISTRIBUTIONS:
            example = _EXAMPLES[distribution]
            self._menu.addAction(example, lambda text=example: self._start(text))
        button = QToolButton(text="▾", toolTip="Distributions and reset")
        button.setAccessibleName(f"Distributions for {name}")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self._menu)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        button.setFixedWidth(24)
        self.line.addWidget(button)
        self.button = button

    def show_changed(self, changed: bool, default: str) -> None:
        """Tell whether the value differs from the default."""
        if self._reset is not None:
            self.mark("changed", changed)
            self._reset.setEnabled(changed)
            self._reset.setText(f"Reset to default ({default})")

    def _start(self, text: str) -> None:
        """Put a distribution into the line, with its arguments selected to be typed over."""
        self.edit.setText(text)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        start = text.index("(") + 1
        self.edit.setSelection(start, len(text) - 1 - start)
