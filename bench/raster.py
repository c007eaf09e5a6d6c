"""What a frame of the raster costs with a million spikes in view.

Usage
-----
``python bench/raster.py [--spikes 1000000]``, on a display or under ``xvfb-run``.

Prints medians in ms of: a frame that adds new spikes while many are in view; a repaint of the whole picture;
panning; and a change of resolution, which is the only thing that looks at all spikes in view again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import theme
from app.plots import PlotArea
from app.session import Session
from app.simulation.client import Simulation
from app.simulation.rings import RECORD
from app.simulation.stores import SpikeStore
from engine.project.document import Monitor, Population, ProjectDocument, RunSettings

NEURONS, DT, DURATION, FRAME_STEPS = 4000, 0.1, 2000.0, 250
FRAMES = 40


def spikes(count: int, first: int, end: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = np.zeros(count, RECORD)
    made["step"] = np.sort(random.integers(first, end, count))
    made["rank"] = random.integers(0, NEURONS, count)
    return made


def median_ms(work: Callable[[int], object], repeats: int) -> float:
    taken = []
    for turn in range(repeats):
        before = time.perf_counter()
        work(turn)
        taken.append(1000.0 * (time.perf_counter() - before))
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spikes", type=int, default=1_000_000)
    count = parser.parse_args().spikes
    application = QApplication([])
    theme.apply_theme(application)
    document = ProjectDocument(
        populations=(Population(id="p", name="Neurons", geometry=(NEURONS,), model="Izhikevich"),),
        monitors=(Monitor(id="m", source="p", variables=("spike",)),),
        run=RunSettings(duration=DURATION, dt=DT),
    )
    session = Session(document)
    simulation = Simulation(session)
    simulation.spikes = {"p": SpikeStore()}
    area = PlotArea(session, simulation)
    area.resize(1400, 800)
    area.show()
    simulation.cleared.emit()
    viewport = area.spikes.raster.viewport()

    total = round(DURATION / DT)
    shown = total - FRAMES * FRAME_STEPS
    per_frame = round(count / total * FRAME_STEPS)

    def frame(turn: int) -> None:
        """New data come in, and Qt paints what they touch."""
        first = shown + turn * FRAME_STEPS
        simulation.spikes["p"].extend(batches[turn])
        simulation.complete = first + FRAME_STEPS
        simulation.dataArrived.emit()
        application.processEvents()

    def pan(turn: int) -> None:
        area.timeline._set_range(turn % 2, DURATION - 2 + turn % 2)
        application.processEvents()

    def rebin(turn: int) -> None:
        area.timeline._set_range(0.0, DURATION / (1 + turn % 2))
        application.processEvents()

    simulation.spikes["p"].extend(spikes(round(count * shown / total), 0, shown, 1))
    simulation.complete = shown
    simulation.dataArrived.emit()
    application.processEvents()
    starts = [shown + turn * FRAME_STEPS for turn in range(FRAMES)]
    batches = [spikes(per_frame, start, start + FRAME_STEPS, start) for start in starts]
    print(f"{count:,} spikes of {NEURONS:,} neurons, {per_frame:,} new ones a frame; medians in ms")
    print(f"a frame of live data  {median_ms(frame, FRAMES):6.2f}")
    print(f"repaint of everything {median_ms(lambda turn: viewport.repaint(), 20):6.2f}")
    area.timeline.set_following(False)
    print(f"pan                   {median_ms(pan, 20):6.2f}")
    print(f"change of resolution  {median_ms(rebin, 20):6.2f}")
    simulation.close()


if __name__ == "__main__":
    main()
