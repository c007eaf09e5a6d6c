"""All plots of the window: they open by themselves for what is recorded."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.plots.spikes_panel import SpikesPanel
from app.plots.timeline import Timeline
from app.plots.trace_panel import TracePanel
from app.session import Session
from app.simulation.client import Simulation, State
from engine.network.monitor import SPIKES
from engine.project.bold import recorded
from engine.project.document import BoldMonitor, Population, ProjectDocument
from engine.project.edits import set_monitor, size_of
from engine.project.models import recordable

NOTHING_RECORDED = (
    "<p><b>Nothing is recorded yet.</b></p>"
    "<p>Select a population and tick <i>spike</i> or a variable under <i>Record</i>:<br>"
    "its plot opens here.</p>"
)
ONLY_SYNAPSES = (
    "<p><b>What is recorded of synapses is not drawn.</b></p>"
    "<p>Save it after the run: File, Save recordings. Record a population to watch it here.</p>"
)
RECORD_ALL = (
    f'<p><a href="all" style="color: {theme.ACCENT}">Record spikes and rates of all populations</a></p>'
)
_BY_KEYBOARD = Qt.TextInteractionFlag.LinksAccessibleByKeyboard
PRESS_RUN = "Press Run (F5) to watch the network here."
EDITED = "Edited since this run"


class PlotArea(QWidget):
    """Raster, rates and traces on one axis of time.

    Parameters
    ----------
    session : Session
        Its monitors say what is plotted.
    simulation : Simulation
        Where the data come from.
    """

    wanted = Signal()
    """There is something to see: a run begins that records something."""

    def __init__(self, session: Session, simulation: Simulation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Plots")
        self._session = session
        self._simulation = simulation
        self._shown: ProjectDocument | None = None
        self.timeline = Timeline(simulation, self)
        self.spikes = SpikesPanel(simulation, self.timeline)
        self.traces: list[TracePanel] = []
        self._tabs = QTabWidget(documentMode=True)
        self._tabs.setAccessibleName("Traces")
        self._hint = QLabel()
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse | _BY_KEYBOARD)
        self._hint.linkActivated.connect(lambda link: self._record_all())
        self._hint.setStyleSheet(f"color: {theme.MUTED}")
        self._follow = QPushButton("Follow", checkable=True, checked=True)
        self._whole = QPushButton("Whole run")
        self._lay_out()
        self._follow.toggled.connect(self.timeline.set_following)
        self._whole.clicked.connect(self.timeline.show_whole_run)
        self.timeline.followingChanged.connect(self._follow.setChecked)
        session.documentChanged.connect(self._on_document)
        simulation.cleared.connect(self._on_cleared)
        simulation.dataArrived.connect(self._advance)
        simulation.stateChanged.connect(lambda state: self._say())
        self._show_document(session.document)

    def _lay_out(self) -> None:
        self._follow.setStyleSheet(f"QPushButton:checked {{ color: {theme.ACCENT}; }}")
        self._follow.setToolTip("Keep the newest data in view; panning or zooming turns this off")
        self._whole.setToolTip("Show the run from its beginning to its end")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        self._status = QLabel()
        self._status.setStyleSheet(f"color: {theme.MUTED}")
        self._status.setContentsMargins(16, 0, 0, 0)
        self.spikes.legend.setMinimumWidth(1)  # many populations must not widen the window
        bar.addWidget(self.spikes.legend, 1)
        bar.addWidget(self._status)
        bar.addStretch()  # where no spikes are recorded there is no legend
        bar.addWidget(self.spikes.rate_window)
        bar.addWidget(self._follow)
        bar.addWidget(self._whole)
        self._splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self._splitter.addWidget(self.spikes)
        self._splitter.addWidget(self._tabs)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 2)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(bar)
        column.addWidget(self._splitter, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._hint)
        self._stack.addWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def _on_document(self, before: ProjectDocument, after: ProjectDocument) -> None:
        def relevant(document: ProjectDocument) -> tuple[object, ...]:
            monitors = document.monitors, document.bold_monitors
            return *monitors, document.populations, document.projections, document.run

        if relevant(before) != relevant(after) and not self._simulation.total:
            self._show_document(after)
        self._say()

    def _say(self) -> None:
        """Tell what is seen: nothing yet, the network, or the network before it was edited."""
        text = ""
        if self._simulation.total and _network(self._simulation.document) != _network(self._session.document):
            text = EDITED
        elif not self._simulation.complete and self._simulation.state == State.IDLE:
            text = PRESS_RUN
        self._status.setText(text)

    def _on_cleared(self) -> None:
        document = self._simulation.document
        self._show_document(document)
        self.timeline.begin(document.run.duration)
        if document.monitors or document.bold_monitors:
            self.wanted.emit()

    def _show_document(self, document: ProjectDocument) -> None:
        """Open and close plots such that there is one for all that ``document`` records."""
        self.spikes.show_document(document)
        for widget in (self.spikes, self.spikes.legend, self.spikes.rate_window):
            widget.setVisible(not self.spikes.is_empty)
        self._show_traces(document)
        self._tabs.setVisible(bool(self.traces))
        empty = self.spikes.is_empty and not self.traces
        hint = ONLY_SYNAPSES if document.monitors else NOTHING_RECORDED
        self._hint.setText(hint + (RECORD_ALL if document.populations else ""))
        self._say()
        self._stack.setCurrentIndex(0 if empty else 1)

    def _record_all(self) -> None:
        """Record of every population what says most of it."""
        document = self._session.document
        for population in document.populations:
            names = recordable(document, population)
            chosen = next((name for name in ("spike", "r") if name in names), names[0] if names else "")
            if chosen:
                document = set_monitor(document, population.id, (chosen,))
        self._session.apply(document, "Record all populations")

    def _show_traces(self, document: ProjectDocument) -> None:
        populations = {population.id: population for population in document.populations}
        wanted = {
            (monitor.source, variable): populations[monitor.source]
            for monitor in document.monitors
            if monitor.source in populations
            for variable in monitor.variables
            if variable not in SPIKES
        }
        for bold in document.bold_monitors:
            wanted |= {(bold.id, name): _neuron_of(bold) for name in recorded(bold)}
        for panel in list(self.traces):
            key = (panel.population.id, panel.variable)
            population = wanted.get(key)
            if population is not None and size_of(population) == size_of(panel.population):
                self._tabs.setTabText(self._tabs.indexOf(panel), f"{population.name} · {panel.variable}")
                del wanted[key]
            else:
                panel.close_panel()
                self.traces.remove(panel)
                self._tabs.removeTab(self._tabs.indexOf(panel))
                panel.deleteLater()
        for (_, variable), population in wanted.items():
            panel = TracePanel(self._simulation, self.timeline, population, variable)
            self.traces.append(panel)
            self._tabs.addTab(panel, f"{population.name} · {variable}")

    def _advance(self) -> None:
        if not self.isVisible():
            return
        self._say()
        self.timeline.advance()
        self.spikes.advance()
        for panel in self.traces:
            if panel.isVisible():
                panel.advance()

    def resizeEvent(self, event) -> None:
        """Traces stand below the raster, on the same times, unless the area is low and wide."""
        super().resizeEvent(event)
        wide = self.width() > 2 * self.height()
        self._splitter.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self._advance()


def _neuron_of(bold: BoldMonitor) -> Population:
    """What a BOLD monitor is in a plot: a population of one neuron."""
    return Population(id=bold.id, name=bold.name, geometry=(1,), model=bold.model)


def _network(document: ProjectDocument) -> tuple[object, ...]:
    """What decides on the data of a run."""
    return (
        *(document.neurons, document.synapses, document.populations, document.projections),
        *(document.monitors, document.bold_monitors, document.run),
    )
