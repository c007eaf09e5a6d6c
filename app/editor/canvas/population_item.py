"""A population on the canvas: a card with its name, model and size, and a port for each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from NodeGraphQt.constants import Z_VAL_NODE, PortTypeEnum
from NodeGraphQt.qgraphics.node_abstract import AbstractNodeItem
from NodeGraphQt.qgraphics.port import PortItem
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsSceneMouseEvent

from app import theme

Kind = Literal["spiking", "rate", "poisson", "spikes", "input", "unknown"]

_KIND_COLOR: dict[Kind, str] = {
    "spiking": theme.SPIKING,
    "rate": theme.RATE,
    "poisson": theme.SOURCE,
    "spikes": theme.SOURCE,
    "input": theme.SOURCE,
    "unknown": theme.ERROR,
}
_KIND_NAME: dict[Kind, str] = {
    "spiking": "spiking",
    "rate": "rate-coded",
    "poisson": "Poisson source",
    "spikes": "spike source",
    "input": "source of rates",
    "unknown": "model not readable",
}
CARD_WIDTH = 190.0
_HEADER = 46.0
_ROW = 24.0
_PORT = 22.0


@dataclass(frozen=True)
class PopulationLook:
    """Everything that is drawn of a population."""

    name: str
    model: str
    size: str
    kind: Kind
    color: str
    """That of its spikes in the plots."""
    targets: tuple[str, ...]
    position: tuple[float, float]

    def describe(self) -> str:
        """One sentence for tooltips and screen readers."""
        targets = ", ".join(self.targets) or "none"
        return (
            f"Population {self.name}: {self.size} neurons of {self.model} ({_KIND_NAME[self.kind]}). "
            f"Targets: {targets}."
        )


class PopulationPort(PortItem):
    """Where a projection ends (one for each target) or begins (the one output)."""

    def __init__(self, node: PopulationItem, name: str, port_type: PortTypeEnum) -> None:
        super().__init__(node)
        self.name = name
        self.multi_connection = True
        self.port_type = port_type.value
        self.setCacheMode(QGraphicsItem.CacheMode.NoCache)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setToolTip(
            "Drag to a target of a population to connect"
            if self.is_output
            else f"Target {name}: drag a population's output here to connect"
        )

    @property
    def is_output(self) -> bool:
        return bool(self.port_type == PortTypeEnum.OUT.value)

    @property
    def center(self) -> QPointF:
        """Middle of the port in the scene."""
        return self.mapToScene(self.boundingRect().center())

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, _PORT, _PORT)

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        color = QColor(theme.TEXT) if self.is_output else theme.target_color(self.name)
        radius = 7.5 if self.hovered else 6.0
        painter.setPen(QPen(color, 2))
        painter.setBrush(color if self.connected_pipes or self.hovered else QColor(theme.BASE))
        painter.drawEllipse(self.boundingRect().center(), radius, radius)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()  # a drag that begins here draws a projection: it moves and selects nothing

    def hoverEnterEvent(self, event: object) -> None:
        super().hoverEnterEvent(event)
        self.update()

    def hoverLeaveEvent(self, event: object) -> None:
        super().hoverLeaveEvent(event)
        self.update()


class PopulationItem(AbstractNodeItem):
    """Draws one :class:`PopulationLook`; ``id`` is the population's in the document."""

    def __init__(self, object_id: str, look: PopulationLook) -> None:
        super().__init__(look.name)
        self.id = object_id
        self.type_ = "population"
        self.look = look
        self.inputs: list[PopulationPort] = []
        self.outputs = [PopulationPort(self, "output", PortTypeEnum.OUT)]
        self.setAcceptHoverEvents(True)
        self._lay_out()

    def show_look(self, look: PopulationLook) -> None:
        """Draw another state of the same population; ports of targets that stay are kept."""
        if look != self.look:
            self.prepareGeometryChange()
            self.look = look
            self.name = look.name
            self._lay_out()
            self.update()

    @property
    def output(self) -> PopulationPort:
        return self.outputs[0]

    def input(self, target: str) -> PopulationPort | None:
        """The port of ``target``."""
        return next((port for port in self.inputs if port.name == target), None)

    def _lay_out(self) -> None:
        keep = {port.name: port for port in self.inputs}
        self.inputs = [
            keep.pop(target, None) or PopulationPort(self, target, PortTypeEnum.IN)
            for target in self.look.targets
        ]
        for port in keep.values():
            port.setParentItem(None)
            if port.scene():
                port.scene().removeItem(port)
        self._width = CARD_WIDTH
        self._height = _HEADER + _ROW * max(1, len(self.inputs)) + 4
        for row, port in enumerate(self.inputs):
            port.setPos(-_PORT / 2, _HEADER + _ROW * row)
        self.output.setPos(CARD_WIDTH - _PORT / 2, _HEADER)
        self.setToolTip(self.look.describe())
        self.setPos(*self.look.position)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.update()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        self.viewer().node_double_clicked.emit(self.id)

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self.setZValue(Z_VAL_NODE + (1 if value else 0))
            self.update()
        return super().itemChange(change, value)

    def boundingRect(self) -> QRectF:
        return QRectF(-3, -3, self._width + 6, self._height + 6)

    @property
    def body(self) -> QRectF:
        """The card in the scene, without the margin of the selection frame."""
        return QRectF(self.scenePos().x(), self.scenePos().y(), self._width, self._height)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRoundedRect(QRectF(0, 0, self._width, self._height), 7, 7)
        return path

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        card = QRectF(0.5, 0.5, self._width - 1, self._height - 1)
        outline = QPainterPath()
        outline.addRoundedRect(card, 7, 7)
        painter.fillPath(outline, QColor(theme.RAISED))
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(0, 0, self._width, 4), QColor(self.look.color))
        painter.restore()
        pen = QPen(QColor(theme.SELECTION), 2.5) if self.isSelected() else QPen(QColor(theme.BORDER), 1)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        _draw_glyph(painter, self.look.kind, QRectF(11, 13, 18, 18), QColor(_KIND_COLOR[self.look.kind]))
        self._draw_texts(painter)

    def _draw_texts(self, painter: QPainter) -> None:
        small, bold = _font(-1.5), _font(0, bold=True)
        right = self._width - 12
        right_middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(QColor(theme.MUTED))
        size_width = QFontMetricsF(small).horizontalAdvance(self.look.size)
        painter.drawText(QRectF(0, 25, right, 18), right_middle, self.look.size)
        _draw_elided(painter, QRectF(38, 25, right - 46 - size_width, 18), self.look.model)
        for row, port in enumerate(self.inputs):
            painter.setPen(theme.target_color(port.name))
            box = QRectF(14, _HEADER + _ROW * row, self._width - 60, _PORT)
            _draw_elided(painter, box, port.name)
        painter.setPen(QColor(theme.TEXT))
        painter.setFont(bold)
        _draw_elided(painter, QRectF(38, 7, right - 38, 20), self.look.name)


def _font(larger: float, bold: bool = False) -> QFont:
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() + larger)
    font.setBold(bold)
    return font


def _draw_elided(painter: QPainter, box: QRectF, text: str) -> None:
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_glyph(painter: QPainter, kind: Kind, box: QRectF, color: QColor) -> None:
    """A sign for the kind, so that it does not rest on colour alone."""
    painter.setPen(QPen(color, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    x, y, w, h = box.getRect()
    path = QPainterPath()
    match kind:
        case "rate":
            path.moveTo(x, y + h / 2)
            path.cubicTo(x + w / 3, y - h / 2, x + 2 * w / 3, y + 1.5 * h, x + w, y + h / 2)
        case "spiking":
            path.moveTo(x, y + 0.7 * h)
            for dx, dy in ((0.35, 0.7), (0.5, 0.0), (0.65, 1.0), (0.75, 0.7), (1.0, 0.7)):
                path.lineTo(x + dx * w, y + dy * h)
        case "poisson":
            for place, low in ((0.0, 0.6), (0.15, 0.2), (0.5, 0.5), (0.6, 0.1), (1.0, 0.4)):
                path.moveTo(x + place * w, y + low * h)
                path.lineTo(x + place * w, y + low * h + 0.4 * h)
        case "spikes":
            for place in (0.0, 0.33, 0.67, 1.0):
                path.moveTo(x + place * w, y + 0.15 * h)
                path.lineTo(x + place * w, y + 0.85 * h)
        case "input":
            path.moveTo(x, y + 0.8 * h)
            for dx, dy in ((0.3, 0.8), (0.3, 0.2), (0.7, 0.2), (0.7, 0.5), (1.0, 0.5)):
                path.lineTo(x + dx * w, y + dy * h)
        case "unknown":
            path.moveTo(x + w / 2, y)
            path.lineTo(x + w / 2, y + 0.65 * h)
            path.addEllipse(QPointF(x + w / 2, y + h), 0.8, 0.8)
    painter.drawPath(path)
