"""What is recorded of a population or projection: one box for each variable, and the period."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from app.editor.form import Form
from app.editor.last_good import LastGood
from app.editor.value_text import ValueTextError, format_number, parse_number
from engine.project.document import Population, ProjectDocument, Projection
from engine.project.edits import find, monitor_of, set_monitor
from engine.project.models import recordable

_COLUMNS = 2


class MonitorSection:
    """A section of a form with boxes to tick."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._section = form.section("Record")
        self._box_area = QWidget()
        self._grid = QGridLayout(self._box_area)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._section.rows.addRow(self._box_area)
        form.add_message(self._section, "monitor.variables")
        self.boxes: dict[str, QCheckBox] = {}
        form.on_refresh(self._show)
        self.period = form.line(
            self._section,
            "Ever&y (ms)",
            "monitor.period",
            self._read_period,
            self._write_period,
            tip="Time between two samples of variables; empty: every step. Spikes are always all recorded.",
        )
        self.period.edit.setPlaceholderText("every step")
        form.on_refresh(self._show_period)

    def _recorded(self, document: ProjectDocument) -> tuple[str, ...]:
        monitor = monitor_of(document, self._form.object_id)
        return monitor.variables if monitor else ()

    def _show(self, document: ProjectDocument) -> None:
        owner = find(document, self._form.object_id)
        assert isinstance(owner, Population | Projection)
        recorded = self._recorded(document)
        names = recordable(LastGood.of(self._form.session).document, owner)
        names += tuple(name for name in recorded if name not in names)
        if names != tuple(self.boxes):
            self._rebuild(names)
        for name, box in self.boxes.items():
            box.setChecked(name in recorded)

    def _show_period(self, document: ProjectDocument) -> None:
        self._section.rows.setRowVisible(self.period, list(self.boxes) != ["spike"])
        self.period.setEnabled(bool(self._recorded(document)))

    def _rebuild(self, names: tuple[str, ...]) -> None:
        for box in self.boxes.values():
            self._grid.removeWidget(box)
            box.deleteLater()
        self.boxes = {}
        for place, name in enumerate(names):
            box = self.boxes[name] = QCheckBox(name)
            box.setToolTip(f"Record {name} and plot it")
            box.setAccessibleName(f"Record {name}")
            box.clicked.connect(lambda on, name=name: self._tick(name, on))
            self._grid.addWidget(box, *divmod(place, _COLUMNS))
        if self.boxes:
            self._form.add_place("monitor.variables", next(iter(self.boxes.values())))
        self._section.put_in_tab_order()

    def _tick(self, name: str, on: bool) -> None:
        document = self._form.session.document
        recorded = [n for n in self._recorded(document) if n != name] + ([name] if on else [])
        # The order of the boxes, so that ticking in another order makes the same document.
        ordered = sorted(recorded, key=list(self.boxes).index)
        monitor = monitor_of(document, self._form.object_id)
        period = monitor.period if monitor else None
        edited = set_monitor(document, self._form.object_id, ordered, period)
        self._form.apply(edited, f"{'Record' if on else 'Stop recording'} {name}")

    def _read_period(self, document: ProjectDocument) -> str:
        monitor = monitor_of(document, self._form.object_id)
        return "" if monitor is None or monitor.period is None else format_number(monitor.period)

    def _write_period(self, document: ProjectDocument, text: str) -> ProjectDocument:
        period = parse_number(text) if text.strip() else None
        if period is not None and period <= 0:
            raise ValueTextError("The period must be above 0 ms; leave it empty to sample every step.")
        return set_monitor(document, self._form.object_id, self._recorded(document), period)
