"""Icons of the run controls, drawn in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from app import theme

_SIZE: Final = 32


def _triangle(painter: QPainter, left: float, right: float) -> None:
    painter.drawPolygon(QPolygonF([QPointF(left, 6), QPointF(right, 16), QPointF(left, 26)]))


def _run(painter: QPainter) -> None:
    _triangle(painter, 9, 26)


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(8, 7, 5.5, 18))
    painter.drawRect(QRectF(18.5, 7, 5.5, 18))


def _step(painter: QPainter) -> None:
    _triangle(painter, 6, 20)
    painter.drawRect(QRectF(21, 7, 4.5, 18))


def _stop(painter: QPainter) -> None:
    painter.drawRect(QRectF(8, 8, 16, 16))


def _reset(painter: QPainter) -> None:
    color = painter.brush().color()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 3.0))
    painter.drawArc(QRectF(7, 7, 18, 18), 60 * 16, 290 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(17, 2), QPointF(26, 8), QPointF(17, 14)]))


_SHAPES: Final[dict[str, tuple[Callable[[QPainter], None], str]]] = {
    "run": (_run, theme.GOOD),
    "pause": (_pause, theme.TEXT),
    "step": (_step, theme.TEXT),
    "stop": (_stop, theme.TEXT),
    "reset": (_reset, theme.TEXT),
}


def icon(name: str) -> QIcon:
    """The icon of a control: ``run``, ``pause``, ``step``, ``stop`` or ``reset``."""
    shape, color = _SHAPES[name]
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, theme.BORDER)):
        pixmap = QPixmap(_SIZE, _SIZE)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shade))
        shape(painter)
        painter.end()
        result.addPixmap(pixmap, mode)
    return result
