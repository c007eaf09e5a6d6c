"""The BOLD monitors of the selected populations, and how to get another one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.editor.form import Form
from engine.project.bold import add_bold_monitor
from engine.project.document import ProjectDocument


class BoldSection(QObject):
    """A section with a button for each monitor that records any of ``populations`` (ids).

    Parameters
    ----------
    form : Form
        Where the section goes.
    populations : tuple of str
        Ids of the selected populations.
    """

    opened = Signal(str)
    """The form of the monitor with this id is wanted."""

    def __init__(self, form: Form, populations: tuple[str, ...]) -> None:
        super().__init__(form)
        self._form, self._populations = form, populations
        section = form.section("BOLD")
        area = QWidget()
        self._column = QVBoxLayout(area)
        self._column.setContentsMargins(0, 0, 0, 0)
        section.rows.addRow(area)
        self.add = QPushButton("Add a &BOLD monitor")
        self.add.setToolTip("Record the BOLD signal that the activity of what is selected would give")
        self.add.clicked.connect(self._add)
        section.rows.addRow(self.add)
        self.buttons: dict[str, QPushButton] = {}
        form.on_refresh(self._show)

    def _show(self, document: ProjectDocument) -> None:
        for button in self.buttons.values():
            button.deleteLater()
        self.buttons = {}
        for monitor in document.bold_monitors:
            if not set(self._populations).isdisjoint(monitor.populations):
                button = self.buttons[monitor.id] = QPushButton(f"{monitor.name}  ·  {monitor.model}")
                button.setToolTip("Open the form of this monitor")
                button.clicked.connect(lambda on=False, i=monitor.id: self.opened.emit(i))
                self._column.addWidget(button)

    def _add(self) -> None:
        document, monitor = add_bold_monitor(self._form.session.document, self._populations)
        self._form.apply(document, "Add a BOLD monitor")
        self.opened.emit(monitor)
