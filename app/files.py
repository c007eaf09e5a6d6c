"""New, open, save: between the session and the disk, asking before work is lost."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.session import Session
from engine.errors import EngineError
from engine.export.python import export_python
from engine.project.document import ProjectDocument
from engine.project.storage import SUFFIX, load, project_name, save, with_suffix

EXAMPLES = Path(__file__).resolve().parents[1] / "resources" / "examples"
_FILTER = f"Neuroloom projects (*{SUFFIX});;JSON files (*.json);;All files (*)"
_RECENT = "files/recent"
_MOST_RECENT = 10


@cache
def example_projects() -> dict[str, Path]:
    """The projects that come with the program, by name."""
    return {load(path).document.name: path for path in sorted(EXAMPLES.glob(f"*{SUFFIX}"))}


class Files(QObject):
    """Commands of the File menu. Those that answer return whether they were done."""

    notice = Signal(str, bool)
    """(text, is it an error)."""
    message = Signal(str)
    recentChanged = Signal()
    opened = Signal()
    """Another project is in the window now."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window

    @property
    def title(self) -> str:
        """What to call the open project."""
        path = self._session.path
        return project_name(path) if path else self._session.document.name

    # --- opening -----------------------------------------------------------------------------------------

    def new(self) -> bool:
        """Begin an empty project."""
        if not self.may_discard():
            return False
        self._session.open(ProjectDocument(), None)
        self.opened.emit()
        return True

    def open(self, path: Path | None = None) -> bool:
        """Open the project at ``path``, or ask which one."""
        if not self.may_discard():
            return False
        if path is None:
            folder = str(self._session.path.parent if self._session.path else Path.home())
            chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a project", folder, _FILTER)
            if not chosen:
                return False
            path = Path(chosen)
        try:
            loaded = load(path)
        except EngineError as error:
            self.notice.emit(str(error), True)
            self._forget(path)
            return False
        is_example = path.resolve().parent == EXAMPLES
        # An example is a template: saving it asks for a place of one's own.
        self._session.open(loaded.document, None if is_example else path)
        self.opened.emit()
        if not is_example:
            self._remember(path)
        if loaded.problems:
            listed = "\n".join(f"• {problem}" for problem in loaded.problems)
            self.notice.emit(f"{path.name} was opened without what could not be read:\n{listed}", False)
        self.message.emit(f"Opened {self.title}.")
        return True

    # --- saving ------------------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save where the project came from, or ask where."""
        return self._save_to(self._session.path) if self._session.path else self.save_as()

    def save_as(self) -> bool:
        """Save at a place that is asked for."""
        folder = self._session.path.parent if self._session.path else Path.home()
        proposal = str(with_suffix(folder / self.title))
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the project as", proposal, _FILTER)
        return bool(chosen) and self._save_to(with_suffix(Path(chosen)))

    def _save_to(self, path: Path) -> bool:
        try:
            save(self._session.document, path)
        except EngineError as error:
            self.notice.emit(str(error), True)
            return False
        self._session.undo_stack.setClean()
        if path != self._session.path:
            self._session.set_path(path)
        self._remember(path)
        self.message.emit(f"Saved {path}.")
        return True

    def export_script(self) -> bool:
        """Write the project as a Python script, at a place that is asked for."""
        try:
            script = export_python(self._session.document)
        except EngineError as error:
            self.notice.emit(f"There is no script of a project with errors.\n{error}", True)
            return False
        folder = self._session.path.parent if self._session.path else Path.home()
        proposal = str(folder / f"{_script_name(self.title)}.py")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Export as a Python script", proposal, "Python scripts (*.py)"
        )
        if not chosen:
            return False
        path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(".py")
        try:
            path.write_text(script, encoding="utf-8")
        except OSError as error:
            self.notice.emit(f"{path} cannot be written: {error.strerror}.", True)
            return False
        self.message.emit(f"Exported {path}. It runs on its own and gives the same spikes.")
        return True

    def may_discard(self) -> bool:
        """Ask what to do with unsaved changes, if there are any; False: stay."""
        if self._session.undo_stack.isClean():
            return True
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved changes",
            f"Save the changes to {self.title}?\nThey are lost otherwise.",
            button.Save | button.Discard | button.Cancel,
            button.Save,
        )
        return self.save() if answer == button.Save else answer == button.Discard

    # --- recent files ------------------------------------------------------------------------------------

    def recent(self) -> list[Path]:
        """Projects opened or saved lately, the last one first."""
        stored = QSettings().value(_RECENT, [])
        return [Path(text) for text in ([stored] if isinstance(stored, str) else stored or [])]

    def clear_recent(self) -> None:
        """Forget them."""
        self._set_recent([])

    def _remember(self, path: Path) -> None:
        path = path.resolve()
        self._set_recent([path, *(p for p in self.recent() if p != path)][:_MOST_RECENT])

    def _forget(self, path: Path) -> None:
        if not path.exists():
            self._set_recent([p for p in self.recent() if p != path.resolve()])

    def _set_recent(self, paths: list[Path]) -> None:
        QSettings().setValue(_RECENT, [str(path) for path in paths])
        self.recentChanged.emit()


def _script_name(title: str) -> str:
    return re.sub(r"\W+", "_", title).strip("_").lower() or "network"
