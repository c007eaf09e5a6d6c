"""A projection on the canvas: a line with a head that tells its effect, and a label to click."""

from __future__ import annotations

import math
from dataclasses import dataclass

from NodeGraphQt.constants import Z_VAL_NODE, Z_VAL_PIPE
from NodeGraphQt.qgraphics.pipe import PipeItem
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsPathItem, QGraphicsSceneMouseEvent

from app import theme
from app.editor.canvas.population_item import PopulationItem, PopulationPort
from app.editor.canvas.routing import Lane, route

_HEAD = 11.0
_PORT_RADIUS = 7.0


@dataclass(frozen=True)
class ProjectionLook:
    """Everything that is drawn of a projection."""

    name: str
    pre: str
    post: str
    target: str
    pattern: str
    count: str
    label_offset: tuple[float, float]

    @property
    def second_line(self) -> str:
        return f"{self.target} · {self.count}"


class ProjectionItem(PipeItem):
    """Draws one :class:`ProjectionLook`; ``id`` is the projection's in the document."""

    def __init__(self, object_id: str, look: ProjectionLook) -> None:
        super().__init__()
        self.id = object_id
        self.look = look
        self._lane = Lane(0, 1, 0, 1)
        self._head = QPainterPath()
        self._hovered = False
        self.label = ProjectionLabel(self)
        # Pixmaps as large as the lines are long would fill the memory; labels and nodes are cached.
        self.setCacheMode(QGraphicsItem.CacheMode.NoCache)

    def show_look(self, look: ProjectionLook, pre: PopulationItem, post: PopulationItem, lane: Lane) -> None:
        """Draw another state of the same projection, between these two items."""
        target_port = post.input(look.target)
        changed = look != self.look or lane != self._lane or not self.input_port
        if target_port is not self.input_port or pre.output is not self.output_port:
            self.release_ports()
            self.set_connections(pre.output, target_port)
            changed = True
        if changed:
            self.look, self._lane = look, lane
            self.label.show_texts()
            self.setToolTip(
                f"Projection {look.name}: {look.pattern}, onto {look.target}, {look.count} synapses"
            )
            self.draw_path(self.input_port, self.output_port)

    def release_ports(self) -> None:
        """Let go of both ports."""
        for port in (self.input_port, self.output_port):
            if port and self in port.connected_pipes:
                port.remove_pipe(self)
                port.update()
        self.input_port = self.output_port = None

    def draw_path(
        self, start_port: PopulationPort, end_port: PopulationPort | None = None, cursor_pos: object = None
    ) -> None:
        """Route the line anew; the ports call this when they move."""
        if not (self.input_port and self.output_port):
            return
        out, into = self.output_port, self.input_port
        tip = into.center - QPointF(_PORT_RADIUS, 0)
        line = route(out.center + QPointF(_PORT_RADIUS, 0), tip, out.node.body, into.node.body, self._lane)
        self.prepareGeometryChange()
        self.setPath(line.path)
        self._head = self._make_head(tip)
        self.label.setPos(line.label + QPointF(*self.look.label_offset))

    def _make_head(self, tip: QPointF) -> QPainterPath:
        """Arrow: excites. Disc: inhibits. Diamond: neither by its name."""
        path = self.path()
        length = max(path.length(), 1.0)
        back = path.pointAtPercent(path.percentAtLength(max(length - _HEAD, 0.0)))
        angle = math.atan2(tip.y() - back.y(), tip.x() - back.x())
        head = QPainterPath()

        def at(along: float, across: float) -> QPointF:
            cos, sin = math.cos(angle), math.sin(angle)
            return tip + QPointF(along * cos - across * sin, along * sin + across * cos)

        match theme.target_kind(self.look.target):
            case "inhibitory":
                head.addEllipse(at(-4, 0), 4.5, 4.5)
                return head
            case "excitatory":
                corners = [at(0, 0), at(-_HEAD, 5.5), at(-_HEAD, -5.5)]
            case _:
                corners = [at(0, 0), at(-6, 5), at(-12, 0), at(-6, -5)]
        head.addPolygon(corners)
        head.closeSubpath()
        return head

    def boundingRect(self) -> QRectF:
        return self.path().boundingRect().adjusted(-8, -8, 8, 8)

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(12)
        return stroker.createStroke(self.path())

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        color = theme.target_color(self.look.target)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.isSelected():
            halo = QColor(theme.SELECTION)
            halo.setAlpha(120)
            painter.setPen(QPen(halo, 8))
            painter.drawPath(self.path())
        painter.setPen(QPen(color, 3 if self._hovered else 2))
        painter.drawPath(self.path())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPath(self._head)

    def set_hovered(self, hovered: bool) -> None:
        """Draw the line stronger while the pointer is on it or on its label."""
        self._hovered = hovered
        self.update()
        self.label.update()

    def hoverEnterEvent(self, event: object) -> None:
        self.set_hovered(True)

    def hoverLeaveEvent(self, event: object) -> None:
        self.set_hovered(False)

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: object) -> object:
        if change == QGraphicsItem.GraphicsItemChange.ItemSelectedHasChanged:
            self.update()
            self.label.update()
        return QGraphicsItem.itemChange(self, change, value)

    def reset(self) -> None:
        """The base class styles its own pen and arrow here; ours are drawn in :meth:`paint`."""
        self._dir_pointer.setVisible(False)
        self.setZValue(Z_VAL_PIPE)

    def delete(self) -> None:
        self.release_ports()
        for item in (self.label, self):
            if item.scene():
                item.scene().removeItem(item)


class ProjectionLabel(QGraphicsItem):
    """The card in the middle of a line; clicking it selects the projection, dragging moves it."""

    def __init__(self, projection: ProjectionItem) -> None:
        super().__init__()
        self.projection = projection
        self._rect = QRectF()
        self._dragged_from: QPointF | None = None
        self.setZValue(Z_VAL_NODE - 0.5)
        self.setAcceptHoverEvents(True)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.show_texts()

    def show_texts(self) -> None:
        """Take size and tooltip from the projection's look."""
        self.prepareGeometryChange()
        look = self.projection.look
        width = max(
            QFontMetricsF(_font(bold=True)).horizontalAdvance(look.pattern),
            QFontMetricsF(_font()).horizontalAdvance(look.second_line),
        )
        self._rect = QRectF(-width / 2 - 8, -18, width + 16, 36)
        self.setToolTip(self.projection.toolTip())
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: object, widget: object = None) -> None:
        look = self.projection.look
        color = theme.target_color(look.target)
        pen = QPen(QColor(theme.SELECTION), 2.5) if self.projection.isSelected() else QPen(color, 1.2)
        painter.setPen(pen)
        painter.setBrush(QColor(theme.WINDOW))
        painter.drawRoundedRect(self._rect, 6, 6)
        top, bottom = QRectF(self._rect), QRectF(self._rect)
        top.setBottom(1)
        bottom.setTop(0)
        painter.setPen(QColor(theme.TEXT))
        painter.setFont(_font(bold=True))
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, look.pattern)
        painter.setPen(color)
        painter.setFont(_font())
        painter.drawText(bottom, Qt.AlignmentFlag.AlignCenter, look.second_line)

    def hoverEnterEvent(self, event: object) -> None:
        self.projection.set_hovered(True)

    def hoverLeaveEvent(self, event: object) -> None:
        self.projection.set_hovered(False)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        extend = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        if not extend and not self.projection.isSelected():
            self.scene().clearSelection()
        self.projection.setSelected(not (extend and self.projection.isSelected()))
        self._dragged_from = self.pos()
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._dragged_from is not None:
            moved = event.scenePos() - event.buttonDownScenePos(Qt.MouseButton.LeftButton)
            self.setPos(self._dragged_from + moved)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        start, self._dragged_from = self._dragged_from, None
        if start is not None and start != self.pos():
            offset = QPointF(*self.projection.look.label_offset) + self.pos() - start
            self.scene().viewer().label_moved.emit(self.projection.id, (offset.x(), offset.y()))


class LineBeingDrawn(QGraphicsPathItem):
    """From a port to the pointer, while the user connects; in the colour of the target once it is known."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(Z_VAL_NODE + 2)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def run(self, start: PopulationPort, place: QPointF, end: PopulationPort | None) -> None:
        """Draw from ``start`` to ``place``, which is that of ``end`` if the pointer is on a fitting port."""
        ends = [port for port in (start, end) if port is not None and not port.is_output]
        color = theme.target_color(ends[0].name) if ends else QColor(theme.TEXT)
        style = Qt.PenStyle.SolidLine if end is not None else Qt.PenStyle.DashLine
        self.setPen(QPen(color, 2.5, style, Qt.PenCapStyle.RoundCap))
        reach = max(30.0, abs(place.x() - start.center.x()) / 2) * (1 if start.is_output else -1)
        path = QPainterPath(start.center)
        path.cubicTo(start.center + QPointF(reach, 0), place - QPointF(reach, 0), place)
        self.setPath(path)
        self.show()


def _font(bold: bool = False) -> QFont:
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() - 1.5)
    font.setBold(bold)
    return font
