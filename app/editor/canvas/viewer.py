"""Gestures on the canvas: zoom, pan, select, drag, connect. What they mean is up to :class:`Canvas`."""

from __future__ import annotations

from NodeGraphQt.widgets.viewer import NodeViewer
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsSceneMouseEvent, QGraphicsView

from app import theme
from app.editor.canvas.population_item import PopulationItem, PopulationPort
from app.editor.canvas.projection_item import LineBeingDrawn, ProjectionItem, ProjectionLabel

_NEAREST, _FARTHEST = 3.0, 0.1
_GRID = "#21252b"


class CanvasViewer(NodeViewer):
    """NodeGraphQt's view and scene with the gestures of this program in place of its own: a projection is
    never torn off by a click, Ctrl and Shift extend the selection, and modifier keys cannot get stuck."""

    connection_dropped = Signal(str, str, str)
    """(pre id, post id, target); no target when dropped on a population's body."""
    label_moved = Signal(str, tuple)
    positions_changed = Signal(dict)
    """{id: (x, y)} once a drag has ended."""
    empty_double_clicked = Signal(QPointF, QPoint)
    menu_requested = Signal(str, QPoint)
    """(id of what was clicked or "", place on the screen)."""

    def __init__(self) -> None:
        super().__init__()
        self.acyclic = False
        self.pipe_slicing = False
        self.accept_connection_types = {}
        self.reject_connection_types = {}
        self._panned_from: QPoint | None = None
        self._pointed_at: PopulationPort | None = None
        self._line = LineBeingDrawn()
        self.scene().addItem(self._line)
        self._positions_before: dict[str, tuple[float, float]] = {}
        self.setAcceptDrops(False)
        self.setDragMode(QGraphicsView.DragMode.RubberBandDrag)
        self.scene().background_color = QColor(theme.BASE).getRgb()[:3]
        self.scene().grid_color = QColor(_GRID).getRgb()[:3]

    # --- what is seen ------------------------------------------------------------------------------------

    def _update_scene(self) -> None:
        # The base class fits with a margin of two pixels, which lets the scale drift with each call.
        self.setSceneRect(self._scene_range)
        width = max(self.viewport().width(), 1)
        scale = width / max(self._scene_range.width(), 1.0)
        self.setTransform(QTransform.fromScale(scale, scale))

    def resizeEvent(self, event: QResizeEvent) -> None:
        scale = self.transform().m11() or 1.0
        self.look_at(self._scene_range.center(), scale)
        QGraphicsView.resizeEvent(self, event)

    def look_at(self, center: QPointF, scale: float) -> None:
        """Show the scene around ``center`` at ``scale`` (1: life-size)."""
        scale = min(max(scale, _FARTHEST), _NEAREST)
        width, height = self.viewport().width() / scale, self.viewport().height() / scale
        self._scene_range = QRectF(center.x() - width / 2, center.y() - height / 2, width, height)
        self._update_scene()

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom by ``factor``; the point ``around`` of the scene stays where it is."""
        center = self._scene_range.center()
        around = center if around is None else around
        old = self.transform().m11()
        new = min(max(old * factor, _FARTHEST), _NEAREST)
        self.look_at(around + (center - around) * (old / new), new)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        self.zoom(1.0015**delta, self.mapToScene(event.position().toPoint()))
        event.accept()

    # --- mouse -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        self._origin_pos = self._previous_pos = place
        self._positions_before = {n.id: tuple(n.xy_pos) for n in self.all_nodes()}
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = place
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        if event.button() == Qt.MouseButton.RightButton:
            return
        QGraphicsView.mousePressEvent(self, _shift_as_control(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self._panned_from is not None:
            way = self.mapToScene(self._panned_from) - self.mapToScene(place)
            self._panned_from = place
            self._set_viewer_pan(way.x(), way.y())
            return
        self._previous_pos = place
        QGraphicsView.mouseMoveEvent(self, event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = None
            self.viewport().unsetCursor()
            return
        QGraphicsView.mouseReleaseEvent(self, _shift_as_control(event))
        before = self._positions_before
        self._positions_before = {}
        places = {node.id: tuple(node.xy_pos) for node in self.all_nodes()}
        moved = {i: (round(x), round(y)) for i, (x, y) in places.items() if before.get(i, (x, y)) != (x, y)}
        if moved:
            self.positions_changed.emit(moved)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and self.itemAt(place) is None:
            self.empty_double_clicked.emit(self.mapToScene(place), event.globalPosition().toPoint())
        else:
            QGraphicsView.mouseDoubleClickEvent(self, event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(self.id_at(event.pos()), event.globalPos())

    def id_at(self, place: QPoint) -> str:
        """Id of the object drawn at ``place`` of the viewport, or ""."""
        for item in self.items(place):
            match item:
                case PopulationItem() | ProjectionItem():
                    return str(item.id)
                case ProjectionLabel():
                    return str(item.projection.id)
                case PopulationPort():
                    return str(item.node.id)
        return ""

    # --- keys: the actions of the window see to them -----------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._start_port is not None:
            event.accept()  # Escape ends the line that is being drawn, whatever else it is a shortcut of
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._start_port is not None:
            self.end_live_connection()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.ignore()

    def focusInEvent(self, event: QEvent) -> None:
        QGraphicsView.focusInEvent(self, event)

    def focusOutEvent(self, event: QEvent) -> None:
        QGraphicsView.focusOutEvent(self, event)

    # --- connecting --------------------------------------------------------------------------------------

    def sceneMousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._start_port is not None:
            self.apply_live_connection(event)
            return
        port = self._port_at(event.scenePos())
        if port is not None:
            self._start_port = port

    def sceneMouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._start_port is None:
            return
        end = self._port_at(event.scenePos())
        fits = end is not None and end.is_output != self._start_port.is_output
        self._point_at(end if fits else None)
        self._line.run(self._start_port, end.center if fits else event.scenePos(), end if fits else None)

    def sceneMouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.apply_live_connection(event)

    def apply_live_connection(self, event: QGraphicsSceneMouseEvent) -> None:
        start = self._start_port
        if start is None:
            return
        end = self._port_at(event.scenePos())
        if end is start:
            return  # a click on a port: the line follows the pointer until the next click
        self.end_live_connection()
        if end is not None and end.is_output != start.is_output:
            out, into = (start, end) if start.is_output else (end, start)
            self.connection_dropped.emit(out.node.id, into.node.id, into.name)
        elif end is None and start.is_output:
            body = self._population_at(event.scenePos())
            if body is not None:
                self.connection_dropped.emit(start.node.id, body.id, "")

    def end_live_connection(self) -> None:
        self._point_at(None)
        self._line.hide()
        self._start_port = None

    def _point_at(self, port: PopulationPort | None) -> None:
        """Mark the port that a line would end at; the pointer hovers over nothing while it drags."""
        for each, marked in ((self._pointed_at, False), (port, True)):
            if each is not None:
                each.hovered = marked
                each.update()
        self._pointed_at = port

    def _port_at(self, place: QPointF) -> PopulationPort | None:
        return next((i for i in self.scene().items(place) if isinstance(i, PopulationPort)), None)

    def _population_at(self, place: QPointF) -> PopulationItem | None:
        return next((i for i in self.scene().items(place) if isinstance(i, PopulationItem)), None)


def _shift_as_control(event: QMouseEvent) -> QMouseEvent:
    """Shift extends a selection as Ctrl does, which is the only one that the scene knows."""
    if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return event
    return QMouseEvent(
        event.type(),
        event.position(),
        event.globalPosition(),
        event.button(),
        event.buttons(),
        event.modifiers() | Qt.KeyboardModifier.ControlModifier,
    )
