"""The spike times of a SpikeSourceArray: one line for each neuron."""

from __future__ import annotations

import msgspec
from PySide6.QtWidgets import QLabel

from app.editor.equation_editor import EquationEditor
from app.editor.form import Form
from app.editor.value_text import ValueTextError, format_times, parse_times
from engine.project.document import Population, ProjectDocument
from engine.project.edits import find, replace_object


class SpikeTimes:
    """A section of a population's form; hidden for all other kinds of population."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._step = 0
        self._shown: tuple[tuple[float, ...], ...] | None = None
        self.section = form.section("Spike times (ms)")
        hint = QLabel("One line for each neuron, times separated by commas.")
        hint.setWordWrap(True)
        hint.setForegroundRole(hint.palette().ColorRole.PlaceholderText)
        self.editor = EquationEditor("Spike times", 4)
        self.editor.setPlaceholderText("10, 20, 30")
        self.editor.textEdited.connect(self._write)
        self.editor.undoRequested.connect(form.session.undo_stack.undo)
        self.editor.redoRequested.connect(form.session.undo_stack.redo)
        self.editor.editingStarted.connect(self._begin_step)
        self.error = QLabel(objectName="fieldError")
        self.error.setWordWrap(True)
        self.error.hide()
        for widget in (hint, self.editor, self.error):
            self.section.rows.addRow(widget)
        form.add_place("spike_times", self.editor)
        form.on_refresh(self._show)

    def _show(self, document: ProjectDocument) -> None:
        population = self._population(document)
        self.section.setVisible(population.model == "SpikeSourceArray")
        # Text that means the same is left as it was typed.
        if population.spike_times != self._shown:
            self._shown = population.spike_times
            self.editor.show_text(format_times(population.spike_times))
            self._show_error("")

    def _write(self, text: str) -> None:
        try:
            times = parse_times(text)
        except ValueTextError as error:
            self._show_error(str(error))
            return
        self._show_error("")
        self._shown = times
        document = self._form.session.document
        population = self._population(document)
        changed = msgspec.structs.replace(population, spike_times=times, geometry=(len(times),))
        key = f"{population.id}.spike_times.{self._step}"
        self._form.apply(replace_object(document, changed), "Change spike times", key)

    def _show_error(self, message: str) -> None:
        self.error.setText(message)
        self.error.setVisible(bool(message))
        self.editor.setAccessibleDescription(message)

    def _begin_step(self) -> None:
        self._step += 1

    def _population(self, document: ProjectDocument) -> Population:
        population = find(document, self._form.object_id)
        assert isinstance(population, Population)
        return population
