"""The C++ of the open project, written in a thread of its own when somebody looks at it."""

from __future__ import annotations

from threading import Thread

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from app.session import Session
from engine.errors import EngineError
from engine.project.build import generated_code
from engine.project.document import ProjectDocument

_PAUSE = 400
"""ms without an edit before the text is written anew."""


class GeneratedCode(QObject):
    """Writes the C++ of the session's document a moment after each edit, while it is wanted."""

    written = Signal(str, str)
    """(text, fault): one of them is empty."""
    _finished = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._wanted = False
        self._done: ProjectDocument | None = None
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE)
        self._timer.timeout.connect(self._begin)
        self._busy = False
        self._finished.connect(self._finish)
        session.documentChanged.connect(lambda before, after: self._timer.start())

    def set_wanted(self, wanted: bool) -> None:
        """Say whether the text is looked at; if so, it is written now."""
        self._wanted = wanted
        if wanted:
            self._begin()

    def _begin(self) -> None:
        document = self._session.document
        if self._busy or not self._wanted or document is self._done:
            return
        self._busy = True
        self._done = document
        Thread(target=self._write, args=(document,), name="generated code", daemon=True).start()

    def _write(self, document: ProjectDocument) -> None:
        text = fault = ""
        try:
            text = generated_code(document)
        except EngineError as error:
            fault = str(error)
        except Exception as error:  # a fault of ours is shown, too; nobody else would hear of it here
            fault = f"The text could not be written: {error!r}"
        if isValid(self):
            self._finished.emit(text, fault)

    def _finish(self, text: str, fault: str) -> None:
        self._busy = False
        self.written.emit(text, fault)
        if self._session.document is not self._done:
            self._timer.start()
