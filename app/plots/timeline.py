"""The axis of time that all plots share: what part of the run is in view, and whether it follows the run."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal

from app.simulation.client import Simulation

WHOLE_RUN_MS = 2000.0
"""Runs up to this long are shown as a whole while they are simulated; of longer ones, the last so many ms."""


class Timeline(QObject):
    """Keeps the view of all plots on the newest data until the user pans or zooms.

    Attributes
    ----------
    following : bool
    span : float
        Width of the view in ms while following.
    """

    followingChanged = Signal(bool)
    wholeRunShown = Signal()

    def __init__(self, simulation: Simulation, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.following = True
        self.span = WHOLE_RUN_MS
        self._simulation = simulation
        self._duration = WHOLE_RUN_MS
        self._range = (0.0, WHOLE_RUN_MS)
        self._views: list[pg.ViewBox] = []

    @property
    def duration(self) -> float:
        """Length of the run in ms."""
        return self._duration

    def add(self, view: pg.ViewBox) -> None:
        """Have ``view`` share this axis."""
        self._views.append(view)
        self._limit(view)
        view.setXRange(*self._range, padding=0.0)
        view.sigRangeChangedManually.connect(lambda: self.set_following(False))
        view.sigXRangeChanged.connect(self._on_range)

    def remove(self, view: pg.ViewBox) -> None:
        """Forget ``view``."""
        view.sigXRangeChanged.disconnect(self._on_range)
        self._views.remove(view)

    def begin(self, duration: float) -> None:
        """A run of ``duration`` ms begins."""
        self._duration = duration
        self.span = min(duration, WHOLE_RUN_MS)
        for view in self._views:
            self._limit(view)
        self.set_following(True)

    def set_following(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.followingChanged.emit(following)
        self.advance()

    def show_whole_run(self) -> None:
        """Show everything from 0 ms on."""
        self.span = self._duration
        self._show()
        self.wholeRunShown.emit()

    def advance(self) -> None:
        """Move to the newest data if following."""
        if self.following:
            self._show()

    def _show(self) -> None:
        now = self._simulation.complete * self._simulation.dt
        end = min(max(now, self.span), self._duration)
        self._set_range(end - self.span, end)

    def _set_range(self, start: float, end: float) -> None:
        """Move all views. (pyqtgraph's links align pixels on the screen: not of hidden plots.)"""
        self._range = (start, end)
        for view in self._views:
            view.setXRange(start, end, padding=0.0)

    def _limit(self, view: pg.ViewBox) -> None:
        shortest = min(self._duration, 2.0 * self._simulation.dt)
        view.setLimits(xMin=0.0, xMax=self._duration, minXRange=shortest, maxXRange=self._duration)

    def _on_range(self, _: pg.ViewBox, new: tuple[float, float]) -> None:
        if tuple(new) != self._range:
            self._set_range(*new)
