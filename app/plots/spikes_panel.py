"""Raster and population rates of all populations whose spikes are recorded."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSplitter, QVBoxLayout, QWidget

from app import theme
from app.plots.raster import MOST_TICKS, RasterItem
from app.plots.rate import RateCounter
from app.plots.saving import Table
from app.plots.time_plot import TimePlot
from app.plots.timeline import Timeline
from app.population_colors import population_colors
from app.simulation.client import Simulation
from app.simulation.stores import SpikeStore
from engine.project.document import Population, ProjectDocument
from engine.project.edits import size_of

_GAP: Final = 0.02
"""Space between two populations, as a part of all neurons."""


@dataclass
class _Band:
    """A population in the plots."""

    population: Population
    color: QColor
    raster: RasterItem
    counter: RateCounter
    curve: pg.PlotCurveItem
    store: SpikeStore


class RankAxis(pg.AxisItem):
    """Vertical axis of stacked populations: each counts its ranks from 0."""

    def __init__(self) -> None:
        super().__init__("left")
        self.bands: list[tuple[float, int]] = []
        """(position of rank 0, neurons) of each population."""

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        room = max(1.0, size / 40.0) / max(maximum - minimum, 1e-9)
        ticks = []
        for base, neurons in self.bands:
            step = _round_step(1.0 / room)
            ticks += [base + rank for rank in range(0, max(1, neurons - step // 2), step)]
        return [(1.0, [tick for tick in ticks if minimum <= tick <= maximum])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [str(round(value - max(base for base, _ in self.bands if base <= value))) for value in values]


def _round_step(wanted: float) -> int:
    """The next of 1, 2, 5, 10, 20, ... from ``wanted`` on."""
    power = 10 ** int(np.floor(np.log10(max(wanted, 1.0))))
    return next(int(m * power) for m in (1, 2, 5, 10) if m * power >= wanted)


class SpikesPanel(QWidget):
    """A raster above, the rates below.

    Attributes
    ----------
    legend : QLabel
        Names the colours; whoever shows the panel finds a place for it.
    rate_window : QDoubleSpinBox
        Width of the sliding window of the rates in ms; likewise.
    """

    def __init__(self, simulation: Simulation, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._simulation = simulation
        self._bands: list[_Band] = []
        self._top = 1.0
        self._axis = RankAxis()
        self.raster = TimePlot(timeline, "Spike raster", "Neuron rank", self._spike_table, axis=self._axis)
        self.rates = TimePlot(timeline, "Population rates", "Rate (Hz)", self._rate_table)
        self.raster.getPlotItem().setLabel("bottom", "")
        self.raster.getAxis("bottom").setStyle(showValues=False)
        self.raster.getAxis("bottom").setHeight(10)
        self.rates.view.setMouseEnabled(y=False)
        self.rates.view.setLimits(yMin=0.0)
        self.rate_window = QDoubleSpinBox(
            minimum=1.0, maximum=1000.0, value=5.0, decimals=0, prefix="Rate over ", suffix=" ms"
        )
        self.rate_window.setToolTip("Width of the sliding window in which spikes are counted")
        self.rate_window.setAccessibleName("Window of the population rates")
        self.rate_window.valueChanged.connect(self._draw_rates)
        self.legend = QLabel(textFormat=Qt.TextFormat.RichText)
        self.legend.setAccessibleName("Populations and their mean rates")
        self._lay_out()
        self.raster.view.sigRangeChanged.connect(self._on_view)
        self.raster.view.sigResized.connect(self._on_view)
        self.rates.view.sigXRangeChanged.connect(self._draw_rates)
        timeline.wholeRunShown.connect(self._show_all_neurons)

    def show_document(self, document: ProjectDocument) -> None:
        """Make room for the populations of ``document`` whose spikes are recorded."""
        for band in self._bands:
            self.raster.removeItem(band.raster)
            self.rates.removeItem(band.curve)
        self._bands = []
        recorded = {monitor.source for monitor in document.monitors if "spike" in monitor.variables}
        populations = [population for population in document.populations if population.id in recorded]
        neurons = sum(map(size_of, populations))
        colors = population_colors(document)
        base, gap = 0.0, round(_GAP * neurons) if len(populations) > 1 else 0
        for population in populations:
            self._add_band(population, base, colors[population.id], document.run.dt)
            base += size_of(population) + gap
        self._axis.bands = [(band.raster.base, band.raster.neurons) for band in self._bands]
        top = max(base - gap, 1.0)
        self._top = top
        self.raster.view.setLimits(yMin=0.0, yMax=top, minYRange=min(1.0, top))
        self._show_all_neurons()
        self.begin(document)

    def begin(self, document: ProjectDocument) -> None:
        """A run of ``document`` begins, or its data were cleared."""
        for band in self._bands:
            band.store = self._simulation.spikes.get(band.population.id, SpikeStore())
            band.counter = RateCounter(band.raster.neurons, document.run.dt)
            band.raster.set_run(band.store, document.run.dt, document.run.duration)
        self._on_view()
        self._draw_rates()

    def advance(self) -> None:
        """Draw what arrived."""
        complete = self._simulation.complete
        for band in self._bands:
            band.raster.advance(complete)
            band.counter.advance(band.store, complete)
        self._choose_ticks()
        self._draw_rates()

    @property
    def is_empty(self) -> bool:
        """Nothing is recorded that could be shown."""
        return not self._bands

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        splitter.addWidget(self.raster)
        splitter.addWidget(self.rates)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 1)
        self.raster.setMinimumHeight(80)
        self.rates.setMinimumHeight(100)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def _add_band(self, population: Population, base: float, color: QColor, dt: float) -> None:
        neurons = size_of(population)
        raster = RasterItem(neurons, base, color, dt)
        curve = pg.PlotCurveItem(pen=pg.mkPen(color, width=1.5), skipFiniteCheck=True)
        self.raster.addItem(raster, ignoreBounds=True)
        self.rates.addItem(curve)
        self._bands.append(_Band(population, color, raster, RateCounter(neurons, dt), curve, SpikeStore()))

    def _on_view(self) -> None:
        start, end = self.raster.visible_times()
        _, (bottom, top) = self.raster.view.viewRange()
        pixels = self.raster.view.screenGeometry() or self.raster.rect()
        for band in self._bands:
            height = pixels.height() * band.raster.neurons / max(top - bottom, 1e-9)
            band.raster.set_view(start, end, pixels.width(), height)
        self._choose_ticks()

    def _show_all_neurons(self) -> None:
        self.raster.view.setYRange(0.0, self._top, padding=0.0)

    def _choose_ticks(self) -> None:
        """All populations in the same way, or one would look more active than it is."""
        few = sum(band.raster.spikes_in_view for band in self._bands) <= MOST_TICKS
        for band in self._bands:
            band.raster.set_ticks(few)

    def _draw_rates(self) -> None:
        start, end = self.rates.visible_times()
        greatest = 0.0
        for band in self._bands:
            times, rates = band.counter.sample(start, end, self.rate_window.value())
            band.curve.setData(times, rates)
            greatest = max(greatest, float(rates.max(initial=0.0)))
        self._fit_rates(greatest)
        entries = [self._legend_entry(band) for band in self._bands]
        self.legend.setText("&nbsp;&nbsp;&nbsp;".join(entries))
        self.legend.setToolTip("<br>".join(entries))

    def _fit_rates(self, greatest: float) -> None:
        """Show rates from 0 Hz up to the greatest, without following every wiggle of it."""
        _, (_, top) = self.rates.view.viewRange()
        if not 0.5 * top < greatest <= top:
            self.rates.view.setYRange(0.0, max(1.25 * greatest, 1.0), padding=0.0)

    def _legend_entry(self, band: _Band) -> str:
        name = html.escape(band.population.name)
        rate = f", {band.counter.mean:.1f} Hz" if band.counter.end else ""
        neurons = band.raster.neurons
        return (
            f'<span style="color:{band.color.name()}">■</span> <b>{name}</b>&nbsp;'
            f'<span style="color:{theme.MUTED}">{neurons:,}&nbsp;neuron{"s" * (neurons != 1)}{rate}</span>'
        )

    def _spike_table(self) -> Table:
        dt = self._simulation.dt
        names = [np.full(len(b.store), b.population.name) for b in self._bands]
        return {
            "population": np.concatenate(names),
            "rank": np.concatenate([band.store.ranks for band in self._bands]),
            "time_ms": np.concatenate([band.store.steps * dt for band in self._bands]),
        }

    def _rate_table(self) -> Table:
        table: Table = {}
        for band in self._bands:
            times, rates = band.counter.every_bin(self.rate_window.value())
            table["time_ms"] = times
            table[f"{band.population.name}_hz"] = rates
        return table
