"""The adapter between the document and NodeGraphQt: all that the rest of the window sees of the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSignalBlocker, Signal
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.editor.canvas.looks import population_look, projection_look
from app.editor.canvas.population_item import CARD_WIDTH, PopulationItem
from app.editor.canvas.projection_item import ProjectionItem, ProjectionLook
from app.editor.canvas.routing import Lane
from app.editor.canvas.viewer import CanvasViewer
from app.population_colors import population_colors
from engine.project.document import ProjectDocument

_CACHE_KIB = 1_048_576
"""Qt keeps the drawn cards; with its usual 10 MiB they are drawn anew at every repaint."""
TOOLS_HEIGHT = 44.0
"""Pixels at the top that lie under the tools: what is fitted stays below them."""
_DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Canvas(QWidget):
    """Draws a document and reports gestures; objects are named by their ids in the document."""

    selectionChanged = Signal(tuple)
    connectRequested = Signal(str, str, str)
    """(pre id, post id, target or "" to be chosen)."""
    moved = Signal(dict)
    """{population id: (x, y)}: one drag."""
    labelMoved = Signal(str, tuple)
    addRequested = Signal(QPointF, QPoint)
    """(place in the drawing, place on the screen)."""
    opened = Signal(str)
    """A population was double-clicked."""
    menuRequested = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        QPixmapCache.setCacheLimit(_CACHE_KIB)
        self._populations: dict[str, PopulationItem] = {}
        self._projections: dict[str, ProjectionItem] = {}
        self._selected: list[str] = []
        self._viewer = viewer = CanvasViewer()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(viewer)
        self.setFocusProxy(viewer)
        viewer.setStyleSheet(
            f"CanvasViewer {{ border: 1px solid {theme.BASE}; }}"
            f"CanvasViewer:focus {{ border: 1px solid {theme.ACCENT}; }}"
        )
        viewer.setAccessibleName("Network canvas")
        viewer.scene().selectionChanged.connect(self._report_selection)
        viewer.connection_dropped.connect(self.connectRequested)
        viewer.positions_changed.connect(self.moved)
        viewer.label_moved.connect(self.labelMoved)
        viewer.empty_double_clicked.connect(self.addRequested)
        viewer.node_double_clicked.connect(self.opened)
        viewer.menu_requested.connect(self.menuRequested)

    # --- drawing the document ----------------------------------------------------------------------------

    def show_document(self, document: ProjectDocument) -> None:
        """Bring the drawing up to ``document``; what looks the same is left alone."""
        self._viewer.end_live_connection()  # its port may be about to go
        with QSignalBlocker(self._viewer.scene()):
            self._show_populations(document)
            self._show_projections(document)
        self._update_order()

    def _show_populations(self, document: ProjectDocument) -> None:
        ids = {p.id for p in document.populations}
        alive = {p.id for p in document.projections}
        for gone in [
            i for i, p in self._projections.items() if i not in alive or {p.look.pre, p.look.post} - ids
        ]:
            self._projections.pop(gone).delete()
        for gone in self._populations.keys() - ids:
            self._populations.pop(gone).delete()
        colors = population_colors(document)
        for index, population in enumerate(document.populations):
            item = self._populations.get(population.id)
            color = colors[population.id].name()
            look = population_look(document, population, index, color, item.look if item else None)
            if item is None:
                item = self._populations[population.id] = PopulationItem(population.id, look)
                self._viewer.scene().addItem(item)
            else:
                item.show_look(look)

    def _show_projections(self, document: ProjectDocument) -> None:
        populations = {p.id: p for p in document.populations}
        looks = {
            p.id: projection_look(document, p, populations[p.pre], populations[p.post])
            for p in document.projections
            if p.pre in populations and p.post in populations
        }
        lanes = self._lanes(looks)
        for object_id, look in looks.items():
            item = self._projections.get(object_id)
            if item is None:
                item = self._projections[object_id] = ProjectionItem(object_id, look)
                self._viewer.scene().addItem(item)
                self._viewer.scene().addItem(item.label)
            item.show_look(look, self._populations[look.pre], self._populations[look.post], lanes[object_id])

    def _lanes(self, looks: dict[str, ProjectionLook]) -> dict[str, Lane]:
        """Projections between the same two populations get lanes, ordered as their ports are."""

        def pair(object_id: str) -> tuple[str, ...]:
            return tuple(sorted((looks[object_id].pre, looks[object_id].post)))

        def port(object_id: str) -> tuple[str, int]:
            look = looks[object_id]
            return look.pre, self._populations[look.post].look.targets.index(look.target)

        lanes: dict[str, Lane] = {}
        for _, group in groupby(sorted(looks, key=pair), key=pair):
            members = sorted(group, key=port)
            ways = [looks[object_id].pre for object_id in members]
            for index, (object_id, way) in enumerate(zip(members, ways, strict=True)):
                turn = ways[:index].count(way)
                lanes[object_id] = Lane(index, len(members), turn, ways.count(way))
        return lanes

    def _report_selection(self) -> None:
        self._update_order()
        self.selectionChanged.emit(self.selection())

    def _update_order(self) -> None:
        items = {**self._populations, **self._projections}
        selected = [i for i, item in items.items() if item.isSelected()]
        kept = [i for i in self._selected if i in selected]
        self._selected = kept + [i for i in selected if i not in kept]

    # --- selection ---------------------------------------------------------------------------------------

    def selection(self) -> tuple[str, ...]:
        """Ids of what is selected, in the order in which it was."""
        return tuple(self._selected)

    def set_selection(self, ids: Iterable[str]) -> None:
        """Select exactly ``ids``, without reporting it."""
        items = {**self._populations, **self._projections}
        wanted = {i for i in ids if i in items}
        with QSignalBlocker(self._viewer.scene()):
            for object_id, item in items.items():
                if item.isSelected() != (object_id in wanted):
                    item.setSelected(object_id in wanted)
        self._selected = list(dict.fromkeys(i for i in ids if i in wanted))

    def neighbour(self, direction: str) -> str | None:
        """Id of the object next to the selected one (or of the first) to the left, right, up or down."""
        places = {i: item.body.center() for i, item in self._populations.items()}
        places |= {i: item.label.pos() for i, item in self._projections.items()}
        selected = [i for i in self.selection() if i in places]
        if not selected:
            return next(iter(places), None)
        here = places[selected[-1]]
        dx, dy = _DIRECTIONS[direction]
        best = None
        for object_id, place in places.items():
            along = (place.x() - here.x()) * dx + (place.y() - here.y()) * dy
            across = abs((place.x() - here.x()) * dy) + abs((place.y() - here.y()) * dx)
            if object_id not in selected and along > 1 and (best is None or along + 2 * across < best[0]):
                best = (along + 2 * across, object_id)
        return best[1] if best else None

    # --- view --------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show everything, or the selection if there is one, but nothing larger than life."""
        rect = self.content_rect(self.selection() or None)
        if rect.isEmpty():
            self._viewer.look_at(QPointF(0, 0), 1.0)
            return
        rect.adjust(-40, -40, 40, 40)
        size = self._viewer.viewport().size()
        height = max(1, size.height() - TOOLS_HEIGHT)
        scale = min(size.width() / rect.width(), height / rect.height(), 1.0)
        self._viewer.look_at(rect.center() - QPointF(0.0, TOOLS_HEIGHT / 2.0 / scale), scale)

    def zoom(self, factor: float) -> None:
        """Zoom around the middle."""
        self._viewer.zoom(factor)

    def reset_zoom(self) -> None:
        """Life-size, around the middle."""
        self._viewer.look_at(self._viewer.mapToScene(self._viewer.viewport().rect().center()), 1.0)

    def reveal(self, object_id: str) -> None:
        """Pan, if needed, until the object is seen."""
        rect = self.content_rect([object_id])
        seen = self._viewer.mapToScene(self._viewer.viewport().rect()).boundingRect()
        if not rect.isEmpty() and not seen.contains(rect):
            self._viewer.look_at(rect.center(), self._viewer.transform().m11())

    def content_rect(self, ids: Iterable[str] | None = None) -> QRectF:
        """Rectangle of the drawing around ``ids``, or around everything."""
        wanted: Callable[[str], bool] = (lambda i: True) if ids is None else set(ids).__contains__
        rect = QRectF()
        for object_id, item in self._populations.items():
            if wanted(object_id):
                rect = rect.united(item.body)
        for object_id, line in self._projections.items():
            if wanted(object_id):
                rect = rect.united(line.label.sceneBoundingRect()).united(line.boundingRect())
        return rect

    # --- places, for whoever points at things (menus, tests) ---------------------------------------------

    @property
    def viewport(self) -> QWidget:
        """The widget that gets the mouse."""
        return self._viewer.viewport()

    def positions(self, ids: Iterable[str]) -> dict[str, tuple[float, float]]:
        """Where those of ``ids`` that are populations lie in the drawing."""
        return {i: self._populations[i].look.position for i in ids if i in self._populations}

    def free_place(self) -> QPointF:
        """Where a new population goes when no place was pointed at: in the middle, but on no other."""
        card = QRectF(0, 0, CARD_WIDTH, 95)
        card.moveCenter(self._viewer.mapToScene(self.viewport.rect().center()))
        bodies = [item.body for item in self._populations.values()]
        while any(body.intersects(card.adjusted(-20, -20, 20, 20)) for body in bodies):
            card.translate(0, 40)
        return card.topLeft()

    def rect_of(self, object_id: str) -> QRect:
        """Viewport rectangle of a population's card or a projection's label."""
        if object_id in self._populations:
            rect = self._populations[object_id].body
        else:
            rect = self._projections[object_id].label.sceneBoundingRect()
        return self._viewer.mapFromScene(rect).boundingRect()

    def port_of(self, object_id: str, target: str | None = None) -> QPoint:
        """Viewport place of the port of ``target``, or of the output."""
        item = self._populations[object_id]
        port = item.output if target is None else item.input(target)
        if port is None:
            raise KeyError(target)
        return self._viewer.mapFromScene(port.center)

    def to_screen(self, object_id: str) -> QPoint:
        """Place on the screen just below an object's upper left corner."""
        return self.viewport.mapToGlobal(self.rect_of(object_id).topLeft() + QPoint(12, 28))

    def describe(self, object_id: str) -> str:
        """A sentence about an object."""
        item = self._populations.get(object_id) or self._projections[object_id]
        return str(item.toolTip())

    def set_description(self, text: str) -> None:
        """What a screen reader says about the canvas."""
        self._viewer.setAccessibleDescription(text)
