"""Pictures of recordings for runs without a window."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.project.document import ProjectDocument
from engine.project.recordings import Recordings

_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito (2008): told apart by colour-blind people, too."""
_BINS = 200
_LEAST_SHARE = 0.1
"""Of the height of a raster, for a population however small."""
_DENSE = 50_000
"""Spikes from which on dots would merge into a surface: their density is drawn instead."""


def save_pictures(document: ProjectDocument, found: Recordings, duration: float, folder: Path) -> list[Path]:
    """Draw ``raster.png`` and ``rate.png`` of what was recorded; return the files made.

    Rate-coded populations appear as images of ``r`` over time, and with their mean.
    """
    from matplotlib.figure import Figure

    spiking = [p for p in document.populations if f"{p.name}.spike.ranks" in found]
    rated = [p for p in document.populations if p not in spiking and f"{p.name}.r" in found]
    if not spiking and not rated:
        return []
    raster, rate = (Figure(figsize=(9, 5), layout="constrained") for _ in range(2))
    sizes = [math.prod(p.geometry) for p in (*spiking, *rated)]
    shares = [max(size, _LEAST_SHARE * sum(sizes)) for size in sizes]
    axes = raster.subplots(len(shares), 1, sharex=True, squeeze=False, height_ratios=shares)[:, 0]
    curves = rate.subplots()
    for number, (population, axis) in enumerate(zip((*spiking, *rated), axes, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        size = math.prod(population.geometry)
        if population in spiking:
            times = found[f"{population.name}.spike.times"]
            _draw_spikes(axis, times, found[f"{population.name}.spike.ranks"], duration, size, colour)
            counts, edges = np.histogram(times, bins=_BINS, range=(0.0, duration))
            values = 1000.0 * counts / (size * duration / _BINS)
            curves.plot(edges[:-1], values, color=colour, label=population.name)
        else:
            values = found[f"{population.name}.r"]
            axis.imshow(values.T, aspect="auto", origin="lower", extent=(0.0, duration, 0, size))
            places = np.linspace(0.0, duration, len(values), endpoint=False)
            curves.plot(places, values.mean(axis=1), color=colour, label=population.name)
        axis.set(xlim=(0.0, duration), ylim=(0, size), ylabel=population.name)
    axes[-1].set_xlabel("time (ms)")
    raster.suptitle(document.name)
    units = " / ".join(unit for unit, some in (("rate (Hz)", spiking), ("mean of r", rated)) if some)
    curves.set(xlabel="time (ms)", ylabel=units, xlim=(0.0, duration), ylim=(0.0, None), title=document.name)
    curves.legend()
    files = [folder / "raster.png", folder / "rate.png"]
    for figure, file in zip((raster, rate), files, strict=True):
        figure.savefig(file, dpi=120)
    return files


def _draw_spikes(
    axis: Any, times: NDArray[Any], ranks: NDArray[Any], duration: float, size: int, colour: str
) -> None:
    """Each spike as a dot, or where there are too many their density, from white to ``colour``."""
    from matplotlib.colors import LinearSegmentedColormap

    if len(times) <= _DENSE:
        axis.plot(times, ranks, ",", color=colour)
        return
    edges = ((0.0, float(size)), (0.0, duration))
    counts, _, _ = np.histogram2d(ranks, times, bins=(min(size, 200), 600), range=edges)
    shades = LinearSegmentedColormap.from_list("density", ["white", colour])
    brightest = max(1.0, float(np.percentile(counts, 99.5)))
    axis.imshow(
        counts, aspect="auto", origin="lower", extent=(0.0, duration, 0, size), cmap=shades, vmax=brightest
    )
