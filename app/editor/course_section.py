"""The rates of a source with a schedule: a line for each time."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QLabel

from app.editor.equation_editor import EquationEditor
from app.editor.form import Form
from app.editor.value_text import ValueTextError, format_course, format_number, parse_course
from engine.errors import EngineError
from engine.project.catalogue import SCHEDULED
from engine.project.document import Course, Population, ProjectDocument
from engine.project.edits import find, replace_object


class CourseSection:
    """A section of a population's form; hidden for all populations without a schedule."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._step = 0
        self._shown: Course | None = None
        self.section = form.section("Schedule")
        hint = QLabel("One line for each time: ms, a colon, and the rate of all neurons or one for each.")
        hint.setWordWrap(True)
        hint.setForegroundRole(hint.palette().ColorRole.PlaceholderText)
        self.editor = EquationEditor("Schedule", 4)
        self.editor.setPlaceholderText("0: 10\n100: 50")
        self.editor.textEdited.connect(self._write)
        self.editor.undoRequested.connect(form.session.undo_stack.undo)
        self.editor.redoRequested.connect(form.session.undo_stack.redo)
        self.editor.editingStarted.connect(self._begin_step)
        self.error = QLabel(objectName="fieldError")
        self.error.setWordWrap(True)
        self.error.hide()
        for widget in (hint, self.editor, self.error):
            self.section.rows.addRow(widget)
        self.period = form.line(
            self.section,
            "P&eriod (ms)",
            "course.period",
            lambda document: _period_text(self._course(document)),
            self._write_period,
            tip="Time after which the first line comes again; empty: never",
        )
        form.add_place("course", self.editor)
        form.on_refresh(self._show)

    def _show(self, document: ProjectDocument) -> None:
        self.section.setVisible(self._population(document).model in SCHEDULED)
        course = self._course(document)
        # Text that means the same is left as it was typed.
        if self._shown is None or (course.times, course.rows) != (self._shown.times, self._shown.rows):
            self.editor.show_text(format_course(course.times, course.rows))
            self._show_error("")
        self._shown = course

    def _write(self, text: str) -> None:
        try:
            times, rows = parse_course(text)
        except ValueTextError as error:
            self._show_error(str(error))
            return
        self._show_error("")
        document = self._form.session.document
        self._shown = msgspec.structs.replace(self._course(document), times=times, rows=rows)
        key = f"{self._form.object_id}.course.{self._step}"
        self._form.apply(self._with(document, self._shown), "Change schedule", key)

    def _write_period(self, document: ProjectDocument, text: str) -> ProjectDocument:
        try:
            period = float(text) if text.strip() else None
        except ValueError:
            raise EngineError("Type a number of ms, or nothing for no period.") from None
        return self._with(document, msgspec.structs.replace(self._course(document), period=period))

    def _with(self, document: ProjectDocument, course: Course) -> ProjectDocument:
        return replace_object(document, msgspec.structs.replace(self._population(document), course=course))

    def _show_error(self, message: str) -> None:
        self.error.setText(message)
        self.error.setVisible(bool(message))
        self.editor.setAccessibleDescription(message)

    def _begin_step(self) -> None:
        self._step += 1

    def _course(self, document: ProjectDocument) -> Course:
        return self._population(document).course or Course()

    def _population(self, document: ProjectDocument) -> Population:
        population = find(document, self._form.object_id)
        assert isinstance(population, Population)
        return population


def _period_text(course: Course) -> str:
    return "" if course.period is None else format_number(course.period)
