"""The main window: what sits where, and who tells whom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QFileDialog, QLabel, QMainWindow, QMenu, QVBoxLayout, QWidget

from app.actions import ActionRegistry
from app.commands import fill_menus, register_commands
from app.editor.editing import describe_selection
from app.editor.inspector import Inspector
from app.editor.model_view import ModelDock
from app.editor.network_editor import NetworkEditor
from app.editor.palette import Entry, SearchPopup
from app.editor.problems import ProblemsDock
from app.files import Files, example_projects
from app.notice import NoticeBar
from app.plots import PlotArea
from app.report import ReportDialog
from app.session import Session
from app.shortcuts import ShortcutsDialog
from app.simulation.client import Simulation, State
from app.simulation.controls import RunBar

_LAYOUT_VERSION = 2
_RECORDINGS = {
    "NumPy archives (*.npz)": ".npz",
    "Tables as text (*.csv)": ".csv",
    "HDF5 (*.h5)": ".h5",
    "Neo objects in NIX (*.nix)": ".nix",
    "Neurodata Without Borders (*.nwb)": ".nwb",
}
"""Kinds of files for recordings."""
_MESSAGE_MS = 8000
_FRAME = QSize(8, 40)
"""What the frame and the title take of the screen."""
_NODE_MENU = ("edit.rename", "edit.connect", None, "edit.copy", "edit.cut", "edit.duplicate", "edit.delete")
_GROUND_MENU = ("edit.add", "edit.paste", "edit.select_all", None, "view.fit", "view.zoom_reset")


class MainWindow(QMainWindow):
    """Canvas in the middle, inspector at the right, plots and problems below, run controls above."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.files = Files(session, self)
        self.simulation = Simulation(session, self)
        self.editor = NetworkEditor(session, example_projects())
        self.inspector = Inspector(session)
        self.problems = ProblemsDock(session)
        self.model = ModelDock(session)
        self.plots = PlotArea(session, self.simulation)
        self.run_bar = RunBar(self.simulation, session)
        self.notice = NoticeBar()
        self.registry = ActionRegistry(self)
        self.docks: dict[str, QDockWidget] = {}
        self._lay_out()
        register_commands(self)
        fill_menus(self)
        self._wire()
        self._restore_layout()
        self._update_title()
        self.editor.setFocus()

    # --- what sits where ---------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addWidget(self.editor, 1)
        self.setCentralWidget(middle)
        self.run_bar.setObjectName("run_bar")
        self.run_bar.setWindowTitle("Run")
        self.run_bar.setMovable(False)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.run_bar)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self._add_dock("inspector", "Inspector", self.inspector, right)
        self._add_dock("plots", "Plots", self.plots, bottom)
        self._add_dock("problems", "Problems", self.problems, bottom)
        self._add_dock("model", "Model", self.model, bottom)
        for name in ("problems", "model"):
            self.tabifyDockWidget(self.docks["plots"], self.docks[name])
        self.docks["plots"].raise_()
        self.resize((self.screen().availableSize() - _FRAME).boundedTo(QSize(1440, 900)))
        self.resizeDocks([self.docks["inspector"]], [350], Qt.Orientation.Horizontal)
        self.resizeDocks([self.docks["plots"]], [round(0.43 * self.height())], Qt.Orientation.Vertical)
        self._selected = QLabel()
        self.statusBar().addPermanentWidget(self._selected)

    def _add_dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        self.docks[name] = dock

    def _restore_layout(self) -> None:
        settings = QSettings()
        geometry, state = settings.value("window/geometry"), settings.value("window/state")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(state, QByteArray):
            self.restoreState(state, _LAYOUT_VERSION)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_discard():
            event.ignore()
            return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/state", self.saveState(_LAYOUT_VERSION))
        self.simulation.close()
        self.session.undo_stack.blockSignals(True)  # it tells of its own end, when half of the window is gone
        event.accept()

    # --- who tells whom ----------------------------------------------------------------------------------

    def _wire(self) -> None:
        session, files, editing = self.session, self.files, self.editor.editing
        session.pathChanged.connect(lambda path: self._update_title())
        session.documentChanged.connect(lambda before, after: self._update_title())
        session.undo_stack.cleanChanged.connect(lambda clean: self._update_title())
        session.documentChanged.connect(lambda before, after: self._update_status())
        session.selectionChanged.connect(lambda ids: self._update_status())
        session.undo_stack.indexChanged.connect(self.statusBar().clearMessage)
        files.notice.connect(lambda text, error: self.notice.show_notice(text, error=error))
        files.opened.connect(self.notice.hide)
        files.opened.connect(self.statusBar().clearMessage)
        files.opened.connect(self.editor.fit)
        files.message.connect(self.say)
        editing.message.connect(self.say)
        editing.refused.connect(self.say)
        self.editor.exampleRequested.connect(self.files.open)
        self.editor.canvas.menuRequested.connect(self._open_canvas_menu)
        self.editor.canvas.opened.connect(lambda object_id: self.show_dock("inspector"))
        self.inspector.modelShown.connect(self.model.show_model)
        self.problems.activated.connect(self._show_place)
        self.problems.titleChanged.connect(self.docks["problems"].setWindowTitle)
        self.problems.problemsChanged.connect(self.run_bar.set_problems)
        self.run_bar.set_problems(self.problems.problems)
        self.docks["problems"].setWindowTitle(self.problems.title)
        self.simulation.recordingsSaved.connect(self._tell_recordings)
        self.simulation.storageTold.connect(self.inspector.show_storage)
        self.simulation.stateChanged.connect(self._follow_simulation)
        self._follow_simulation(self.simulation.state)
        self.plots.wanted.connect(lambda: (self.docks["plots"].show(), self.docks["plots"].raise_()))
        self.simulation.failed.connect(lambda text, details: self.notice.show_notice(text, error=True))
        self.simulation.warned.connect(self.notice.show_notice)
        self._update_status()

    def _follow_simulation(self, state: str) -> None:
        if state == State.COMPILING:
            self.notice.hide()  # what it said of the last run is over
        self.registry["file.recordings"].setEnabled(state in (State.PAUSED, State.FINISHED))

    def save_recordings(self) -> None:
        """Write what the last run recorded, at a place that is asked for."""
        folder = self.session.path.parent if self.session.path else Path.home()
        chosen, kind = QFileDialog.getSaveFileName(
            self, "Save recordings", str(folder / f"{self.files.title}.npz"), ";;".join(_RECORDINGS)
        )
        if chosen:
            path = Path(chosen)
            suffix = _RECORDINGS.get(kind, ".npz")
            self.simulation.save_recordings(path if path.suffix else path.with_suffix(suffix))

    def _tell_recordings(self, path: str, fault: str) -> None:
        if fault:
            self.notice.show_notice(fault, error=True)
        else:
            self.say(f"Saved {path}.")

    def say(self, text: str) -> None:
        """Show ``text`` in the status bar for a while."""
        self.statusBar().showMessage(text, _MESSAGE_MS)

    def show_dock(self, name: str) -> None:
        """Bring a dock to the front and put the focus into it."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        dock.widget().setFocus()

    def _show_place(self, object_id: str, field: str, line: int, column: int) -> None:
        self.docks["inspector"].show()
        self.inspector.show_place(object_id, field, line, column)
        if object_id in self.session.selection:
            self.editor.canvas.reveal(object_id)

    def _update_title(self) -> None:
        clean = self.session.undo_stack.isClean()
        self.setWindowTitle(f"{self.files.title}[*] — Neuroloom")
        self.setWindowModified(not clean)

    def _update_status(self) -> None:
        self._selected.setText(describe_selection(self.session.document, self.session.selection))

    # --- menus that open at the pointer ------------------------------------------------------------------

    def _open_canvas_menu(self, object_id: str, place: QPoint) -> None:
        if object_id and object_id not in self.session.selection:
            self.session.select((object_id,))
        menu = QMenu(self)
        self.registry.fill(menu, _NODE_MENU if object_id else _GROUND_MENU)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def open_command_palette(self) -> SearchPopup:
        """All commands that can be done now, by typing."""
        entries = [
            Entry(c.title.removesuffix("…"), c.where, c.action.trigger, c.shortcut.split(", ")[0])
            for c in self.registry
            if c.action.isEnabled() and c.action.isVisible()
        ]
        popup = SearchPopup(entries, "Type to search a command", self)
        popup.open_at(self.mapToGlobal(QPoint((self.width() - popup.width()) // 2, 80)))
        return popup

    def open_shortcuts(self) -> ShortcutsDialog:
        """The list of shortcuts, without keeping the window from being used."""
        dialog = ShortcutsDialog(self.registry, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        return dialog

    def open_report(self) -> ReportDialog:
        """The report of the project, beside the window."""
        dialog = ReportDialog(self.session, self.files.title, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        return dialog

    def open_later(self, path: Path) -> None:
        """Open ``path`` as soon as the window is seen."""
        QTimer.singleShot(0, self, lambda: self.files.open(path))
