"""The form of the project itself, shown while nothing is selected."""

from __future__ import annotations

import os
from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPlainTextEdit

from app.editor.form import Form, Section, fit_height
from app.editor.value_text import ValueTextError, format_number, parse_number
from app.session import Session
from engine.project.catalogue import model_name
from engine.project.document import ProjectDocument
from engine.project.edits import set_project, set_run

METHODS = ("explicit", "exponential", "implicit", "semiimplicit", "midpoint", "rk4")


class ProjectForm(Form):
    """Name, description, run settings, and everything that there is to select."""

    modelChosen = Signal(str)
    """id of a model of the project's own that the user wants to see."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        section = self.section("Project")
        self.name = self.line(
            section,
            "&Name",
            "name",
            lambda document: document.name,
            lambda document, text: set_project(document, name=text.strip()),
        )
        self.description = QPlainTextEdit()
        self.description.setAccessibleName("Description")
        self.description.setTabChangesFocus(True)
        self.description.setPlaceholderText("What this network shows, and where it comes from")
        self.description.setFixedHeight(self.description.fontMetrics().lineSpacing() * 5 + 12)
        self.description.textChanged.connect(self._write_description)
        caption = QLabel("Des&cription")
        caption.setBuddy(self.description)
        section.rows.addRow(caption)
        section.rows.addRow(self.description)
        self.on_refresh(self._show_description)
        self._lay_out_run(self.section("Run"))
        self._lay_out_objects()
        self.column.addStretch(1)

    def _lay_out_run(self, section: Section) -> None:
        def number(label: str, field: str, tip: str) -> None:
            self.line(
                section,
                label,
                f"run.{field}",
                lambda document: format_number(getattr(document.run, field)),
                lambda document, text: set_run(document, **{field: _positive(text)}),
                tip=tip,
            )

        number("&Duration (ms)", "duration", "Biological time of a run")
        number("Time s&tep (ms)", "dt", "Length of one step of the simulation")
        self.line(
            section,
            "Thre&ads",
            "run.threads",
            lambda document: str(document.run.threads),
            lambda document, text: set_run(document, threads=_count(text, 1)),
            tip=f"Results do not depend on it; this computer has {os.cpu_count()} processors",
        )
        self.line(
            section,
            "&Seed",
            "run.seed",
            lambda document: "" if document.run.seed is None else str(document.run.seed),
            lambda document, text: set_run(document, seed=_count(text, 0) if text.strip() else None),
            tip="The same seed gives the same spikes; empty: a new one for each run",
        ).edit.setPlaceholderText("new for each run")
        self.choice(
            section,
            "&Method",
            "run.method",
            lambda document: [(method, method) for method in METHODS],
            lambda document: document.run.method,
            lambda document, method: set_run(document, method=method),
            tip="Numerical method of equations that name none",
        )

    def _lay_out_objects(self) -> None:
        self.lists: dict[str, QListWidget] = {}
        self._sections: dict[str, Section] = {}
        for title in ("Populations", "Projections", "BOLD monitors", "Models"):
            section = self._sections[title] = self.section(title)
            entries = self.lists[title] = QListWidget()
            entries.setAccessibleName(title)
            entries.setMinimumSize(QSize(100, 0))
            entries.itemClicked.connect(self._open)
            entries.itemActivated.connect(self._open)
            section.rows.addRow(entries)
        self.empty = QLabel("Nothing here yet. Double-click the canvas to add a population.")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(8, 0, 0, 0)
        self.column.addWidget(self.empty)
        self.on_refresh(self._show_objects)

    def _show_objects(self, document: ProjectDocument) -> None:
        populations = [
            (f"{p.name}  ·  {' x '.join(map(str, p.geometry))} {model_name(document, p.model)}", p.id)
            for p in document.populations
        ]
        names = {p.id: p.name for p in document.populations}
        projections = [
            (f"{names.get(p.pre, '?')} → {names.get(p.post, '?')}  ·  {p.target}", p.id)
            for p in document.projections
        ]
        models = [(text.name, text.id) for text in (*document.neurons, *document.synapses)]
        bold = [(f"{m.name}  ·  {m.model}", m.id) for m in document.bold_monitors]
        lists = {
            "Populations": populations,
            "Projections": projections,
            "BOLD monitors": bold,
            "Models": models,
        }
        for title, rows in lists.items():
            _fill(self.lists[title], rows)
            self._sections[title].setVisible(bool(rows))
        self.empty.setVisible(not populations)

    def _open(self, item: QListWidgetItem) -> None:
        object_id = item.data(Qt.ItemDataRole.UserRole)
        if item.listWidget() in (self.lists["Models"], self.lists["BOLD monitors"]):
            self.modelChosen.emit(object_id)
        else:
            self.session.select((object_id,))

    def _show_description(self, document: ProjectDocument) -> None:
        if self.description.toPlainText() != document.description:
            self.description.blockSignals(True)
            self.description.setPlainText(document.description)
            self.description.blockSignals(False)

    def _write_description(self) -> None:
        edited = set_project(self.session.document, description=self.description.toPlainText())
        self.apply(edited, "Change description", f"description.{id(self)}")


def _fill(entries: QListWidget, rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    items = [entries.item(i) for i in range(entries.count())]
    if [(item.text(), item.data(Qt.ItemDataRole.UserRole)) for item in items] != rows:
        entries.clear()
        for text, object_id in rows:
            item = QListWidgetItem(text, entries)
            item.setData(Qt.ItemDataRole.UserRole, object_id)
    fit_height(entries)


def _positive(text: str) -> float:
    number = parse_number(text)
    if number <= 0:
        raise ValueTextError("Type a number above 0.")
    return number


def _count(text: str, least: int) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdecimal()) or len(word) > 18 or int(word) < least:
        raise ValueTextError(f"Type a whole number of {least} or more.")
    return int(word)
