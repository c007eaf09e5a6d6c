"""What all plots over time have in common: looks, axis of time, menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from app import theme
from app.plots.saving import Table, add_saving_actions
from app.plots.timeline import Timeline

LEFT_AXIS_WIDTH: Final = 64
"""The same for all plots, or their times would not stand above each other."""


class TimePlot(pg.PlotWidget):
    """A plot of something over ms.

    Parameters
    ----------
    timeline : Timeline
    name : str
        What it shows: for accessibility and as name of saved files.
    label : str
        Label of the vertical axis, with its unit.
    table : callable
        Gives the data for export.
    axis : pyqtgraph.AxisItem, optional
        The vertical axis, if not an ordinary one.
    """

    def __init__(
        self,
        timeline: Timeline,
        name: str,
        label: str,
        table: Callable[[], Table],
        axis: pg.AxisItem | None = None,
        parent: QWidget | None = None,
    ) -> None:
        axes = {} if axis is None else {"left": axis}
        super().__init__(parent, background=theme.BASE, axisItems=axes)
        self.timeline = timeline
        self._name = name
        self._table = table
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        plot = self.getPlotItem()
        plot.layout.setContentsMargins(0, 6, 16, 0)  # room for half a label at the end of each axis
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setLabel("left", label)
        plot.setLabel("bottom", "Time (ms)")
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(theme.BORDER)
            axis.setTextPen(theme.MUTED)
        plot.getAxis("left").setWidth(LEFT_AXIS_WIDTH)
        self.scene().sigMouseClicked.connect(self._on_click)
        timeline.add(self.view)

    @property
    def view(self) -> pg.ViewBox:
        return self.getPlotItem().getViewBox()

    def visible_times(self) -> tuple[float, float]:
        """Start and end of the view in ms."""
        (start, end), _ = self.view.viewRange()
        return start, end

    def menu(self) -> QMenu:
        """The context menu."""
        menu = QMenu(self)
        follow = menu.addAction("Follow the run")
        follow.setCheckable(True)
        follow.setChecked(self.timeline.following)
        follow.toggled.connect(self.timeline.set_following)
        menu.addAction("Show the whole run", self.timeline.show_whole_run)
        menu.addSeparator()
        add_saving_actions(menu, self, self._name, self._table)
        return menu

    def contextMenuEvent(self, event) -> None:
        if event.reason() == event.Reason.Keyboard:
            self.menu().exec(self.mapToGlobal(self.rect().center()))

    def _on_click(self, event) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.menu().exec(QCursor.pos())
            event.accept()
