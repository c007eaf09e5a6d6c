"""The middle of the window: canvas, what is said while it is empty, and what its gestures do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QToolBar, QVBoxLayout, QWidget

from app import theme
from app.editor.canvas import Canvas
from app.editor.editing import Editing, describe_selection
from app.editor.empty_state import EmptyState
from app.editor.name_field import NameField
from app.session import Session
from engine.project import edits
from engine.project.document import ProjectDocument


class NetworkEditor(QWidget):
    """Keeps the canvas and the session in step, both ways."""

    exampleRequested = Signal(object)

    def __init__(self, session: Session, examples: dict[str, Path]) -> None:
        super().__init__()
        self._session = session
        self._fit_when_shown = True
        self.canvas = Canvas()
        self.editing = Editing(session, self.canvas)
        self.empty_state = EmptyState(examples, self)
        self._tools = QToolBar(self)
        self._tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._tools.setAccessibleName("Canvas tools")
        self._tools.setStyleSheet(
            f"QToolBar {{ background: {theme.WINDOW}; border: none; border-radius: 6px; }}"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self._wire()
        self._show(session.document, session.document)

    def _wire(self) -> None:
        session, canvas, editing = self._session, self.canvas, self.editing
        session.documentChanged.connect(self._show)
        session.selectionChanged.connect(self._select)
        canvas.selectionChanged.connect(session.select)
        canvas.moved.connect(editing.move)
        canvas.labelMoved.connect(editing.move_label)
        canvas.connectRequested.connect(editing.connect_populations)
        canvas.addRequested.connect(editing.open_add_palette)
        self.empty_state.addRequested.connect(lambda: editing.open_add_palette())
        self.empty_state.exampleRequested.connect(self.exampleRequested)

    def show_tools(self, actions: Iterable[QAction]) -> None:
        """Offer ``actions`` as buttons in the corner of the canvas."""
        self._tools.addActions(list(actions))
        self._tools.adjustSize()
        self._tools.move(12, 12)
        self._tools.raise_()

    def rename_selected(self) -> NameField | None:
        """Edit the name of the selected object in place."""
        if len(self._session.selection) != 1:
            self.editing.refused.emit("Select one population or projection to rename it.")
            return None
        chosen = self._session.selection[0]
        name = getattr(edits.find(self._session.document, chosen), "name", "")
        self.canvas.reveal(chosen)
        place = self.canvas.rect_of(chosen)
        return NameField(name, lambda new: self.editing.rename(chosen, new), place, self.canvas.viewport)

    def _show(self, before: ProjectDocument, after: ProjectDocument) -> None:
        self.canvas.show_document(after)
        self.canvas.set_description(describe_selection(after, self._session.selection))
        empty = not after.populations
        self.empty_state.setVisible(empty)
        if empty:
            self._center_empty_state()

    def _select(self, ids: tuple[str, ...]) -> None:
        self.canvas.set_selection(ids)
        self.canvas.set_description(describe_selection(self._session.document, ids))

    def fit(self) -> None:
        """Show the whole network, now or as soon as it is seen."""
        if self.isVisible():
            self.canvas.fit()
        else:
            self._fit_when_shown = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fit_when_shown:
            self._fit_when_shown = False
            self.canvas.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._center_empty_state()

    def _center_empty_state(self) -> None:
        self.empty_state.adjustSize()
        self.empty_state.move(self.rect().center() - self.empty_state.rect().center())
        self.empty_state.raise_()
