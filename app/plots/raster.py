"""The raster: all spiking populations above each other on one axis of time.

Few spikes in view are drawn as ticks, exactly where they are. Many are drawn as an image of counts
(:mod:`app.plots.binning`), of which a frame updates and repaints only the columns that are new.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import wrapInstance

from app.plots.binning import COLUMNS, LEVELS, BinnedRaster, smooth_width
from app.simulation.stores import SpikeStore

MOST_TICKS: Final = 20_000
"""Up to so many spikes in view, of all populations, are drawn one by one."""
MOST_ROWS: Final = 4096


def color_table(color: QColor, bright: int) -> list[int]:
    """Colours of the values of a pixel: nothing, then ``color`` ever denser up to ``bright`` spikes."""
    table = [0]
    for count in range(1, LEVELS):
        shade = QColor(color)
        shade.setAlphaF(min(1.0, max(0.2, count / bright)))
        table.append(shade.rgba())
    return table


class RasterItem(pg.GraphicsObject):
    """Spikes of one population, in ms and ranks, with rank 0 at ``base``.

    Parameters
    ----------
    neurons : int
        Size of the population.
    base : float
        Position of rank 0 on the vertical axis.
    color : QColor
    dt : float
        Length of a step in ms.
    """

    def __init__(self, neurons: int, base: float, color: QColor, dt: float) -> None:
        super().__init__()
        self.neurons = neurons
        self.base = base
        self.color = color
        self.dt = dt
        self.store = SpikeStore()
        self.binned = BinnedRaster(neurons)
        self.ticks = True
        self._shown = 0
        self._complete = 0
        self._view = (0, 1)
        self._duration = 0.0
        self._bright = 1
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._configure(1, 1)

    def set_run(self, store: SpikeStore, dt: float, duration: float) -> None:
        """Show another run, of ``duration`` ms."""
        self.prepareGeometryChange()
        self.store, self.dt, self._duration = store, dt, duration
        self._complete = 0
        self._view = (0, max(1, int(duration / dt)))
        self._refill()

    def set_view(self, start: float, end: float, width: float, height: float) -> None:
        """Adapt to a view from ``start`` to ``end`` ms on ``width`` pixels, in which the population is
        ``height`` pixels high."""
        first = max(0, int(start / self.dt))
        self._view = (first, max(first + 1, int(np.ceil(end / self.dt))))
        bin_steps = smooth_width((self._view[1] - first) / min(max(width, 1.0), COLUMNS / 2))
        group = smooth_width(max(self.neurons / max(height, 1.0), self.neurons / MOST_ROWS))
        if (bin_steps, group) != (self.binned.bin_steps, self.binned.group):
            self._configure(bin_steps, group)
            self._refill()
        elif first // bin_steps < self.binned.first_bin:
            self._refill()
        else:
            self.advance(self._complete)

    def advance(self, complete: int) -> None:
        """Show the spikes that arrived since the last call; all before the step ``complete`` are there.

        The image never gives up columns in view: what lies too far to the right of them has to wait."""
        self._complete = complete
        limit = max(self.binned.first_bin, self._view[0] // self.binned.bin_steps) + COLUMNS
        end = int(np.searchsorted(self.store.steps, limit * self.binned.bin_steps))
        new = slice(self._shown, max(self._shown, end))
        self._shown = new.stop
        first, end_bin = self.binned.extend(
            self.store.steps[new], self.store.ranks[new], min(self._bins(complete), limit)
        )
        if end_bin > first:
            bin_ms = self.binned.bin_steps * self.dt
            self.update(QRectF(first * bin_ms, self.base, (end_bin - first) * bin_ms, self.neurons))
        self._adapt_brightness()

    def _bins(self, steps: int) -> int:
        return -(-steps // self.binned.bin_steps)

    def _configure(self, bin_steps: int, group: int) -> None:
        self.binned.configure(bin_steps, group)
        self._make_image()

    def _make_image(self) -> None:
        """An image that shows the memory of the pixels, whatever is written there later."""
        rows, columns = self.binned.pixels.shape
        self._image = QImage(self.binned.pixels.data, columns, rows, columns, QImage.Format.Format_Indexed8)
        self._image.setColorTable(color_table(self.color, self._bright))

    def _adapt_brightness(self) -> None:
        """Twice the mean count of a pixel is fully bright, so that sparse and dense activity both show."""
        bins = max(1, (min(self._complete, self._view[1]) - self._view[0]) / self.binned.bin_steps)
        bright = smooth_width(2.0 * self.spikes_in_view / (max(1, len(self.binned.pixels)) * bins))
        if bright != self._bright:
            self._bright = bright
            self._make_image()
            self.update()

    def _refill(self) -> None:
        """Fill the image around the view from all spikes."""
        bin_steps = self.binned.bin_steps
        first, last = (step // bin_steps for step in self._view)
        first = max(0, first - (COLUMNS - (last - first)) // 2)
        span = self.store.between(first * bin_steps, (first + COLUMNS) * bin_steps)
        end = max(first, min(first + COLUMNS, self._bins(self._complete)))
        self.binned.fill(self.store.steps[span], self.store.ranks[span], first, end)
        self._shown = span.stop
        self._adapt_brightness()
        self.update()

    @property
    def spikes_in_view(self) -> int:
        span = self.store.between(*self._view)
        return span.stop - span.start

    def set_ticks(self, ticks: bool) -> None:
        """Draw ticks or an image."""
        if ticks != self.ticks:
            self.ticks = ticks
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, self.base, max(self._duration, self.dt), self.neurons)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.ticks:
            self._paint_ticks(painter, option.exposedRect)
        else:
            self._paint_image(painter)

    def _paint_ticks(self, painter: QPainter, exposed: QRectF) -> None:
        """A tick for each spike of the exposed time: two pixels wide, and at least as high, at every zoom.
        It is two lines of one pixel, which Qt draws ten times faster than one of two."""
        pixel, pixel_height = self.pixelWidth(), self.pixelHeight()
        first = max(self._view[0], int((exposed.left() - 3.0 * pixel) / self.dt))
        last = min(self._view[1], int((exposed.right() + 3.0 * pixel) / self.dt) + 1)
        span = self.store.between(first, last)
        count = span.stop - span.start
        if not count:
            return
        ends = np.empty((2, count, 4))  # x1, y1, x2, y2: the memory of so many QLineF
        ends[0, :, 0] = self.store.steps[span] * self.dt
        ends[1, :, 0] = ends[0, :, 0] + pixel
        ends[:, :, 1] = self.base + 0.1 + self.store.ranks[span]
        ends[:, :, 2] = ends[:, :, 0]
        ends[:, :, 3] = ends[:, :, 1] + max(0.8, pixel_height)
        pen = QPen(self.color, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(wrapInstance(ends.ctypes.data, QLineF), 2 * count)

    def _paint_image(self, painter: QPainter) -> None:
        binned = self.binned
        rows, bin_ms = len(binned.pixels), binned.bin_steps * self.dt
        for columns, bin_number in binned.pieces():
            width = columns.stop - columns.start
            target = QRectF(bin_number * bin_ms, self.base, width * bin_ms, rows * binned.group)
            painter.drawImage(target, self._image, QRectF(columns.start, 0, width, rows))
