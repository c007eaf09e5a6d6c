"""One recorded variable of chosen neurons of a population, over time."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app import theme
from app.plots.binning import smooth_width
from app.plots.peaks import thin_out
from app.plots.ranks import default_ranks, format_ranks, parse_ranks
from app.plots.saving import Table
from app.plots.time_plot import TimePlot
from app.plots.timeline import Timeline
from app.simulation.client import Simulation
from engine.errors import EngineError
from engine.project.document import Population
from engine.project.edits import size_of


class TracePanel(QWidget):
    """Curves of ``variable``, and a field for the ranks of the neurons.

    Attributes
    ----------
    population : Population
    variable : str
    """

    def __init__(
        self,
        simulation: Simulation,
        timeline: Timeline,
        population: Population,
        variable: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.population = population
        self.variable = variable
        self._simulation = simulation
        self._curves: list[pg.PlotCurveItem] = []
        self._drawn = -1
        ranks = default_ranks(size_of(population))
        self.store = simulation.watch(population.id, variable, ranks)
        self.field = QLineEdit(format_ranks(ranks), clearButtonEnabled=False)
        self.field.setAccessibleName(f"Ranks of the neurons whose {variable} is drawn")
        self.field.setToolTip("Ranks of the neurons to draw, such as 0-4, 10")
        self.field.setFixedWidth(150)
        self.field.editingFinished.connect(self._choose_ranks)
        self._message = QLabel()
        self._message.setStyleSheet(f"color: {theme.ERROR}")
        self._legend = QLabel(textFormat=Qt.TextFormat.RichText)
        for label in (self._message, self._legend):  # what they say must not widen the panel
            label.setMinimumWidth(1)
        # A single letter that lies on its side cannot be read.
        label = f"{variable} of {population.name}"
        self.plot = TimePlot(timeline, f"{population.name} {variable}", label, self._table)
        self.plot.view.setMouseEnabled(y=False)
        self.plot.view.setAutoVisible(y=True)
        self.plot.setMinimumHeight(90)
        self.plot.view.sigXRangeChanged.connect(self._on_view)
        self._lay_out()

    def close_panel(self) -> None:
        """Stop watching; the panel is not used afterwards."""
        self._simulation.unwatch(self.store)
        self.plot.timeline.remove(self.plot.view)

    def advance(self) -> None:
        """Draw what arrived."""
        if len(self.store) != self._drawn:
            self.draw()

    def draw(self) -> None:
        """Draw the part in view."""
        store, dt = self.store, self._simulation.dt
        self._drawn = len(store)
        if len(self._curves) != len(store.ranks):
            self._make_curves()
        start, end = self.plot.visible_times()
        first = max(0, int(np.searchsorted(store.steps, start / dt)) - 1)
        last = min(len(store), int(np.searchsorted(store.steps, end / dt)) + 1)
        group = smooth_width((last - first) / max(1.0, self.plot.width()))
        times = store.steps[:last] * dt
        for column, curve in enumerate(self._curves):
            curve.setData(*thin_out(times, store.values[:, column], first, last, group))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()

    def _on_view(self) -> None:
        if self.isVisible():
            self.draw()

    def _make_curves(self) -> None:
        for curve in self._curves:
            self.plot.removeItem(curve)
        self._curves = []
        entries = []
        for index, rank in enumerate(self.store.ranks):
            color = theme.series_color(index)
            curve = pg.PlotCurveItem(pen=pg.mkPen(color, width=1.2), skipFiniteCheck=True)
            self.plot.addItem(curve)
            self._curves.append(curve)
            entries.append(f'<span style="color:{color.name()}">▬</span> {rank}')
        self._legend.setText("&nbsp;&nbsp;".join(entries[:16]) + (" …" if len(entries) > 16 else ""))

    def _choose_ranks(self) -> None:
        try:
            ranks = parse_ranks(self.field.text(), size_of(self.population))
        except EngineError as error:
            self._message.setText(str(error))
            self._message.setToolTip(str(error))
            self._legend.hide()
            return
        self._message.clear()
        self._legend.show()
        if ranks != self.store.wanted:
            self._simulation.unwatch(self.store)
            self.store = self._simulation.watch(self.population.id, self.variable, ranks)
            self.draw()

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(8, 4, 8, 0)
        label = QLabel("Neurons")
        label.setBuddy(self.field)
        header.addWidget(label)
        header.addWidget(self.field)
        if size_of(self.population) == 1:  # there is no choice
            for widget in (label, self.field, self._legend):
                widget.hide()
        header.addWidget(self._legend)
        header.addWidget(self._message, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(header)
        layout.addWidget(self.plot, 1)

    def _table(self) -> Table:
        table: Table = {"time_ms": self.store.steps * self._simulation.dt}
        for column, rank in enumerate(self.store.ranks):
            table[f"{self.variable}_{rank}"] = self.store.values[:, column]
        return table
