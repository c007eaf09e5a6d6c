"""The report of the open project in a window of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.notice import NoticeBar
from app.report.page import ReportPage
from app.session import Session
from engine.errors import EngineError
from engine.files.whole import save_whole
from engine.project.report import describe_document, heading_of
from engine.reports import report_text
from engine.reports.description import Description, Heading

_FILTERS = {"Markdown (*.md)": ".md", "LaTeX (*.tex)": ".tex"}
_KEY = QKeySequence.StandardKey


class ReportDialog(QDialog):
    """Shows the report of the project as it was when this opened, until it is made anew."""

    def __init__(self, session: Session, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._title = title
        self._description: Description | None = None
        self._heading = Heading()
        self.setWindowTitle(f"Report of {title}")
        self.resize(900, 760)
        self.page = ReportPage()
        self.notice = NoticeBar()
        self.status = QLabel()
        self.status.setAccessibleName("State of the report")
        self._box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._box.rejected.connect(self.reject)
        self.anew = self._add_button("Make &anew", self.make, _KEY.Refresh)
        self.copying = self._add_button("&Copy as Markdown", self.copy, "Ctrl+Shift+C")
        self.saving = self._add_button("&Save as…", self.save, _KEY.Save)
        layout = QVBoxLayout(self)
        for widget in (self.notice, self.page, self.status, self._box):
            layout.addWidget(widget, int(widget is self.page))
        self.page.finished.connect(self._tell_ready)
        session.documentChanged.connect(lambda before, after: self._tell_change())
        self.page.setFocus()
        self.make()

    def _add_button(
        self, text: str, callback: Callable[[], object], keys: QKeySequence.StandardKey | str
    ) -> QPushButton:
        button = self._box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(lambda checked=False: callback())
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(button.click)  # not while the button is disabled
        button.setToolTip(shortcut.key().toString(QKeySequence.SequenceFormat.NativeText))
        return button

    # --- what the buttons do -----------------------------------------------------------------------------

    def make(self) -> None:
        """Make the report of the project as it is now."""
        document = self._session.document
        self.notice.hide()
        try:
            self._description = describe_document(document)
        except EngineError as error:
            self._description = None
            self.notice.show_notice(f"There is no report of this project.\n{error}", error=True)
        self._heading = heading_of(document)
        for button in (self.copying, self.saving):
            button.setEnabled(self._description is not None)
        if self._description is None:
            return
        if self._description.omissions:
            count = len(self._description.omissions)
            which = "1 object is" if count == 1 else f"{count} objects are"
            self.notice.show_notice(f"{which} left out, because of errors; the report begins with a list.")
        self.status.setText("Setting formulas…")
        self.page.show_markdown(self.text(".md"), self._title)

    def text(self, suffix: str) -> str:
        """The report in the format of a suffix, ``.md`` or ``.tex``."""
        assert self._description is not None
        return report_text(self._description, suffix, self._heading)

    def copy(self) -> None:
        """Put the Markdown into the clipboard."""
        QGuiApplication.clipboard().setText(self.text(".md"))
        self.status.setText("Copied.")

    def save(self) -> None:
        """Save as Markdown or LaTeX, at a place that is asked for."""
        folder = self._session.path.parent if self._session.path else Path.home()
        chosen, kind = QFileDialog.getSaveFileName(
            self, "Save the report", str(folder / f"{self._title}.md"), ";;".join(_FILTERS)
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in _FILTERS.values():
            path = path.with_name(path.name + _FILTERS.get(kind, ".md"))
        try:
            save_whole(path, lambda file: file.write(self.text(path.suffix).encode()))
        except EngineError as error:
            self.notice.show_notice(str(error), error=True)
            return
        self.status.setText(f"Saved {path}.")

    # --- what is said ------------------------------------------------------------------------------------

    def _tell_ready(self) -> None:
        self.status.setText("")

    def _tell_change(self) -> None:
        self.status.setText("The project has changed since; make the report anew to see it.")
