"""The form of a BOLD monitor."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QListWidget, QListWidgetItem, QPushButton, QWidget

from app.editor.form import Choices, Form, Section, fit_height
from app.editor.value_text import ValueTextError, format_number, parse_number
from app.session import Session
from engine.project.bold import (
    arguments,
    bold_models,
    choose_model,
    mappable,
    populations_of,
    rate_sources,
    variables_of,
)
from engine.project.document import BoldMonitor, ProjectDocument
from engine.project.edits import find, remove, rename, replace_object

_COLUMNS = 3
_ID = Qt.ItemDataRole.UserRole
_UNUSED = ""


class BoldForm(Form):
    """Name, populations, model, inputs, parameters and recorded variables of one BOLD monitor."""

    left = Signal()
    """The monitor is removed; there is nothing to show any more."""

    def __init__(self, session: Session, object_id: str) -> None:
        super().__init__(session, object_id)
        self._lay_out_monitor(self.section("BOLD monitor"))
        self._lay_out_input(self.section("Input"))
        self._lay_out_parameters(self.section("Parameters"))
        self._lay_out_record(self.section("Record"))
        self.remove = QPushButton("Dele&te this monitor")
        self.remove.clicked.connect(self._remove)
        self.column.addWidget(self.remove)
        self.column.addStretch(1)

    def _monitor(self, document: ProjectDocument) -> BoldMonitor:
        monitor = find(document, self.object_id)
        assert isinstance(monitor, BoldMonitor)
        return monitor

    def _with(self, document: ProjectDocument, **fields: object) -> ProjectDocument:
        return replace_object(document, msgspec.structs.replace(self._monitor(document), **fields))

    # --- rows --------------------------------------------------------------------------------------------

    def _lay_out_monitor(self, section: Section) -> None:
        self.name = self.line(
            section,
            "&Name",
            "name",
            lambda document: self._monitor(document).name,
            lambda document, text: rename(document, self.object_id, text.strip()),
            tip="Letters, digits and underscores; the name in plots, recordings and an exported script",
        )
        self.model = self.choice(
            section,
            "&Model",
            "model",
            lambda document: [(name, name) for name in bold_models()],
            lambda document: self._monitor(document).model,
            lambda document, model: replace_object(document, choose_model(self._monitor(document), model)),
            tip="How blood flow, volume and oxygen follow the activity",
        )
        self.populations = QListWidget()
        self.populations.setAccessibleName("Recorded populations")
        self.populations.setToolTip("Populations whose activity makes the signal")
        self.populations.setMinimumSize(QSize(100, 0))
        self.populations.itemChanged.connect(self._choose_populations)
        section.rows.addRow("Populations", self.populations)
        self.add_place("populations", self.populations)
        self.add_message(section, "populations")
        self.on_refresh(self._show_populations)

    def _lay_out_input(self, section: Section) -> None:
        self.inputs = {}
        for name in dict.fromkeys(name for model in bold_models().values() for name in model.inputs):
            self.inputs[name] = self._input(section, name)
        self.add_message(section, "mapping")
        self.scale = self._number(
            section, "&Factor", "scale_factor", "Factor of the mean; empty: the share of all neurons", "share"
        )
        self.baseline = self._number(
            section,
            "&Baseline (ms)",
            "baseline",
            "In this time from the start the activity at rest is measured; then the input is the relative "
            "deviation from it. 0: the input is the activity itself.",
        )
        self.rate_window = self._number(
            section,
            "&Rate over (ms)",
            "rate_window",
            "Window of the mean firing rate r of spiking populations",
        )
        self.on_refresh(
            lambda document: section.rows.setRowVisible(
                self.rate_window, bool(rate_sources(document, self._monitor(document)))
            )
        )

    def _input(self, section: Section, name: str) -> QWidget:
        def choices(document: ProjectDocument) -> Choices:
            present = mappable(document, self._monitor(document))
            return [("(nothing)", _UNUSED), *((variable, variable) for variable in present)]

        def write(document: ProjectDocument, variable: str) -> ProjectDocument:
            mapping = {k: v for k, v in self._monitor(document).mapping.items() if k != name}
            return self._with(document, mapping=mapping | ({name: variable} if variable else {}))

        box = self.choice(
            section,
            name,
            f"mapping.{name}",
            choices,
            lambda document: self._monitor(document).mapping.get(name, _UNUSED),
            write,
            tip=f"Variable of the populations whose mean is the input {name}",
        )

        def show(document: ProjectDocument) -> None:
            model = bold_models().get(self._monitor(document).model)
            section.rows.setRowVisible(box, model is not None and name in model.inputs)

        self.on_refresh(show)
        return box

    def _number(self, section: Section, label: str, field: str, tip: str, empty: str = ""):
        """A line for a number of the monitor; with ``empty`` it may be left out."""

        def read(document: ProjectDocument) -> str:
            number = getattr(self._monitor(document), field)
            return "" if number is None else format_number(number)

        def write(document: ProjectDocument, text: str) -> ProjectDocument:
            number = None if empty and not text.strip() else parse_number(text)
            if number is not None and not empty and number < 0:
                raise ValueTextError("Type a number of ms, 0 or more.")
            return self._with(document, **{field: number})

        line = self.line(section, label, field, read, write, tip=tip)
        line.edit.setPlaceholderText(empty)
        return line

    def _lay_out_parameters(self, section: Section) -> None:
        self.parameters = {}
        for name in dict.fromkeys(name for model in bold_models() for name in arguments(model)):
            self.parameters[name] = self._parameter(section, name)
        self.on_refresh(lambda document: section.setVisible(bool(self._defaults(document))))

    def _defaults(self, document: ProjectDocument):
        model = self._monitor(document).model
        return arguments(model) if model in bold_models() else {}

    def _parameter(self, section: Section, name: str):
        def write(document: ProjectDocument, text: str) -> ProjectDocument:
            values = {k: v for k, v in self._monitor(document).values.items() if k != name}
            given = {name: parse_number(text)} if text.strip() else {}
            return self._with(document, values=values | given)

        def read(document: ProjectDocument) -> str:
            value = self._monitor(document).values.get(name)
            return "" if value is None else format_number(value)

        line = self.line(section, name, f"values.{name}", read, write, tip="Empty: the model's default")

        def show(document: ProjectDocument) -> None:
            defaults = self._defaults(document)
            section.rows.setRowVisible(line, name in defaults)
            line.edit.setPlaceholderText(f"{defaults[name]:.6g}" if name in defaults else "")

        self.on_refresh(show)
        return line

    # --- lists -------------------------------------------------------------------------------------------

    def _show_populations(self, document: ProjectDocument) -> None:
        chosen = {population.id for population in populations_of(document, self._monitor(document))}
        self.populations.blockSignals(True)
        self.populations.clear()
        for population in document.populations:
            item = QListWidgetItem(population.name, self.populations)
            item.setData(_ID, population.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if population.id in chosen else Qt.CheckState.Unchecked
            item.setCheckState(state)
        self.populations.blockSignals(False)
        fit_height(self.populations)

    def _choose_populations(self, changed: QListWidgetItem) -> None:
        items = [self.populations.item(row) for row in range(self.populations.count())]
        chosen = tuple(i.data(_ID) for i in items if i.checkState() == Qt.CheckState.Checked)
        document = self.session.document
        if chosen:
            self._later(lambda: self.apply(self._with(document, populations=chosen), "Choose populations"))
        else:
            self._later(lambda: self._show_populations(self.session.document))

    def _later(self, action: Callable[[], None]) -> None:
        """Act when the list is done with its item: the answer makes its items anew."""
        QTimer.singleShot(0, self, action)

    def _lay_out_record(self, section: Section) -> None:
        self._record = section
        area = QWidget()
        self._grid = QGridLayout(area)
        self._grid.setContentsMargins(0, 0, 0, 0)
        section.rows.addRow(area)
        self.add_message(section, "variables")
        self.boxes: dict[str, QCheckBox] = {}
        self.on_refresh(self._show_boxes)

    def _show_boxes(self, document: ProjectDocument) -> None:
        monitor = self._monitor(document)
        names = tuple(dict.fromkeys((*variables_of(monitor.model), *monitor.variables)))
        if names != tuple(self.boxes):
            for box in self.boxes.values():
                self._grid.removeWidget(box)
                box.deleteLater()
            self.boxes = {name: self._box(name) for name in names}
            for place, box in enumerate(self.boxes.values()):
                self._grid.addWidget(box, *divmod(place, _COLUMNS))
            self._record.put_in_tab_order()
        outputs = bold_models()[monitor.model].output if monitor.model in bold_models() else ()
        for name, box in self.boxes.items():
            box.setEnabled(name not in outputs)
            box.setChecked(name in outputs or name in monitor.variables)

    def _box(self, name: str) -> QCheckBox:
        box = QCheckBox(name)
        box.setToolTip(f"Record {name} and plot it")
        box.setAccessibleName(f"Record {name}")
        box.clicked.connect(lambda on: self._tick(name, on))
        return box

    def _tick(self, name: str, on: bool) -> None:
        document = self.session.document
        chosen = {*self._monitor(document).variables} - {name} | ({name} if on else set())
        ordered = tuple(n for n in self.boxes if n in chosen)
        text = f"{'Record' if on else 'Stop recording'} {name}"
        self.apply(self._with(document, variables=ordered), text)

    def _remove(self) -> None:
        document = self.session.document
        name = self._monitor(document).name
        self.left.emit()
        self.session.apply(remove(document, (self.object_id,)), f"Delete {name}")
