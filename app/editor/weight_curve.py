"""Which neurons a pattern of distances connects, and how strongly: a curve of weights over distance."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app import theme
from engine.project.distance import is_sound, least_weight, weights_at
from engine.project.document import Connector, Population

_HEIGHT = 130
_POINTS = 400
_MOST_NEURONS = 60
"""Dots that can still be told apart."""
_WIDTHS = 4.0
"""How many sigmas are shown, if the population is that long; beyond, weights are near 0."""


class WeightCurve(QWidget):
    """The weights of a Gaussian or of a difference of two; what makes no synapse is grey.

    Dots are the neurons in a row along the first dimension.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = pg.PlotWidget(background=theme.BASE)
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # There is nothing to drag, and the wheel scrolls the form.
        self.plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setLabel("bottom", "Distance (1: length of a dimension)")
        item.setLabel("left", "Weight")
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(theme.BORDER)
            axis.setTextPen(theme.MUTED)
        self.plot.addItem(pg.InfiniteLine(0.0, 0, pen=pg.mkPen(theme.BORDER)))
        self.whole = self.plot.plot(pen=pg.mkPen(theme.MUTED, style=Qt.PenStyle.DashLine))
        self.connected = self.plot.plot(pen=pg.mkPen(theme.ACCENT, width=2), connect="finite")
        self.neurons = pg.ScatterPlotItem(size=5, pen=None, brush=theme.TEXT)
        self.plot.addItem(self.neurons)
        self.words = QLabel()
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        column.addWidget(self.words)

    def show_pattern(self, wiring: Connector, pre: Population) -> None:
        """Draw the weights that ``wiring`` gives to synapses from ``pre``."""
        self.plot.setVisible(is_sound(wiring))
        self.words.setVisible(is_sound(wiring))
        if not is_sound(wiring):
            return
        widest = wiring.sigma if wiring.pattern == "gaussian" else max(wiring.sigma_pos, wiring.sigma_neg)
        end = min(math.sqrt(len(pre.geometry)), _WIDTHS * widest)
        distances = np.linspace(0.0, end, _POINTS)
        weights = weights_at(wiring, distances**2)
        beyond = np.abs(weights) > least_weight(wiring)
        self.whole.setData(distances, weights)
        self.connected.setData(distances, np.where(beyond, weights, np.nan))
        apart = np.arange(pre.geometry[0]) / max(1, pre.geometry[0] - 1)
        apart = apart[apart <= end]
        self.neurons.setVisible(len(apart) <= _MOST_NEURONS)
        if len(apart) <= _MOST_NEURONS:
            self.neurons.setData(apart, weights_at(wiring, apart**2))
        self.plot.setXRange(0.0, end, padding=0.02)
        reach = float(distances[beyond].max()) if beyond.any() else -1.0
        self._tell(pre, reach, int((apart <= reach).sum()) - 1)

    def _tell(self, pre: Population, reach: float, neurons: int) -> None:
        if reach < 0.0:
            text = "No neuron is connected: all weights are within the limit."
        else:
            unit = "neuron" if neurons == 1 else "neurons"
            text = f"Connects up to a distance of {reach:.2g}: {neurons} {unit} along {pre.name}."
        self.words.setText(text)
        self.setAccessibleName(f"Weight over distance. {text}")
