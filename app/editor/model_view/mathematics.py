"""Formulas as they are printed in papers, drawn from the checked trees of a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app import theme
from engine.language.latex import Formula

_PARTS = {
    "equations": "Equations",
    "spike": "Spike when",
    "reset": "Reset to",
    "axon_spike": "Axon spike when",
    "axon_reset": "Axon reset to",
    "psp": "Psp",
    "pre_spike": "Pre spike",
    "post_spike": "Post spike",
    "pre_axon_spike": "Pre axon spike",
    "creating": "Creating where",
    "pruning": "Pruning where",
}
_POINTS_TO_PIXELS = 1.75
"""Size of the formulas beside that of the window's font in points."""


@lru_cache(512)
def formula_svg(latex: str, size: float, color: str) -> bytes:
    """A formula as SVG; takes some hundredths of a second, once."""
    import ziamath  # takes half a second, which opening the window need not wait for

    ziamath.config.svg2 = False  # Qt knows no symbols that are defined once and used often
    return ziamath.Latex(latex, size=size, color=color).svg().encode()


class MathView(QWidget):
    """The formulas of one model under each other; wide ones are scrolled to.

    A formula is set in its own turn of the event loop, so that a large model does not keep the window from
    answering; what was shown stays until all are set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.formulas: tuple[Formula, ...] = ()
        self._waiting: list[Formula] = []
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._set_next)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setAccessibleName("Mathematics of the model")
        self.setFocusProxy(self._scroll)
        self.remark = QLabel()
        self.remark.setStyleSheet(f"color: {theme.WARNING}; padding: 4px 8px;")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.remark)
        column.addWidget(self._scroll, 1)
        self._page_of_formulas = page
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.note)
        self._stack.addWidget(page)

    @property
    def shown(self) -> list[str]:
        """LaTeX of the formulas that are drawn."""
        page = self._scroll.widget()
        return [drawing.formula.latex for drawing in page.findChildren(FormulaDrawing)] if page else []

    def show_note(self, text: str) -> None:
        """Show a remark instead of formulas."""
        self.formulas, self._waiting = (), []
        self._timer.stop()
        self.note.setText(text)
        self._stack.setCurrentWidget(self.note)

    def show_formulas(self, formulas: Sequence[Formula], remark: str = "") -> None:
        """Show these formulas as soon as they are set, below a remark."""
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        if tuple(formulas) == self.formulas:
            return
        self.formulas = tuple(formulas)
        self._waiting = list(formulas)
        self._timer.start()

    def _set_next(self) -> None:
        if self._waiting:
            formula_svg(self._waiting.pop(0).latex, _size(self), theme.TEXT)
            self._timer.start()
            return
        across = self._scroll.horizontalScrollBar().value()
        down = self._scroll.verticalScrollBar().value()
        self._scroll.setWidget(self._page())
        self._stack.setCurrentWidget(self._page_of_formulas)
        self._scroll.horizontalScrollBar().setValue(across)
        self._scroll.verticalScrollBar().setValue(down)

    def _page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(14, 10, 14, 10)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        part = ""
        for row, formula in enumerate(self.formulas):
            if formula.part != part:
                part = formula.part
                label = QLabel(_PARTS.get(part, part))
                label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
                grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(FormulaDrawing(formula, _size(self)), row, 1, Qt.AlignmentFlag.AlignLeft)
        grid.setRowStretch(len(self.formulas), 1)
        return page


class FormulaDrawing(QWidget):
    """One formula; its text and its LaTeX can be copied from its menu."""

    def __init__(self, formula: Formula, size: float) -> None:
        super().__init__()
        self.formula = formula
        self._drawing = QSvgRenderer(QByteArray(formula_svg(formula.latex, size, theme.TEXT)), self)
        self.setFixedSize(self.sizeHint())
        self.setAccessibleName(formula.text or formula.latex)
        self.setToolTip(formula.text)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for title, text in (("Copy LaTeX", formula.latex), ("Copy text", formula.text)):
            if text:
                action = QAction(title, self)
                action.triggered.connect(
                    lambda on=False, text=text: QGuiApplication.clipboard().setText(text)
                )
                self.addAction(action)

    def sizeHint(self) -> QSize:
        return self._drawing.defaultSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._drawing.render(painter, QRectF(self.rect()))


def _size(widget: QWidget) -> float:
    return _POINTS_TO_PIXELS * widget.font().pointSizeF()
