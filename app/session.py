"""The open project: one document, one undo stack, one selection. Every widget is a view of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.project.document import ProjectDocument

MERGE_SECONDS = 3.0
"""After a longer pause an edit is a step of its own."""


class Edit(QUndoCommand):
    """Replace the document by an edited one. Documents are immutable and share what did not change, so
    keeping both costs little and undo cannot go wrong. ``ids`` are the objects that the edit touched;
    they are selected again on undo and redo. Edits with one ``merge_key`` in a row, with short pauses between
    them, become one step."""

    def __init__(
        self,
        session: Session,
        before: ProjectDocument,
        after: ProjectDocument,
        text: str,
        ids: tuple[str, ...],
        merge_key: str,
    ) -> None:
        super().__init__(text)
        self._session = session
        self._before = before
        self._after = after
        self._ids = ids
        self._merge_key = merge_key
        self._made = time.monotonic()

    def redo(self) -> None:
        self._session._replace(self._after, self._ids)

    def undo(self) -> None:
        self._session._replace(self._before, self._ids)

    def id(self) -> int:
        return 1 if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or other._merge_key != self._merge_key:
            return False
        if other._made - self._made > MERGE_SECONDS:
            return False
        self._after, self._made = other._after, other._made
        return True


class Session(QObject):
    """Owns the document. Widgets read ``document`` and call :meth:`apply`; nothing else changes it."""

    documentChanged = Signal(object, object)
    """(before, after): compare by identity to see which objects changed."""
    selectionChanged = Signal(tuple)
    """ids of the selected populations and projections."""
    pathChanged = Signal(object)
    projectOpened = Signal()
    """Another project took the place of this one: nothing of the old one is meant to stay."""

    def __init__(self, document: ProjectDocument | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document or ProjectDocument()
        self._selection: tuple[str, ...] = ()
        self._path: Path | None = None
        self.undo_stack = QUndoStack(self)

    @property
    def document(self) -> ProjectDocument:
        return self._document

    @property
    def selection(self) -> tuple[str, ...]:
        return self._selection

    @property
    def path(self) -> Path | None:
        """File of the project; None while it was never saved."""
        return self._path

    def apply(
        self, document: ProjectDocument, text: str, ids: Iterable[str] = (), merge_key: str = ""
    ) -> None:
        """Make ``document`` the current one as one undoable step called ``text``."""
        if document == self._document:
            return
        self.undo_stack.push(Edit(self, self._document, document, text, tuple(ids), merge_key))

    def select(self, ids: Iterable[str]) -> None:
        ids = tuple(ids)
        if ids != self._selection:
            self._selection = ids
            self.selectionChanged.emit(ids)

    def open(self, document: ProjectDocument, path: Path | None) -> None:
        """Replace everything by another project; the undo history starts anew."""
        before, self._document = self._document, document
        self.undo_stack.clear()
        self._selection = ()
        self.documentChanged.emit(before, document)
        self.selectionChanged.emit(())
        self.set_path(path)
        self.projectOpened.emit()

    def set_path(self, path: Path | None) -> None:
        self._path = path
        self.pathChanged.emit(path)

    def _replace(self, document: ProjectDocument, ids: tuple[str, ...]) -> None:
        before, self._document = self._document, document
        self.documentChanged.emit(before, document)
        alive = {o.id for o in (*document.populations, *document.projections)}
        self.select(i for i in (ids or self._selection) if i in alive)
