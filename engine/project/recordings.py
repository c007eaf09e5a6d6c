"""What the monitors of a project recorded, as plain arrays with telling names.

``NAME.spike.times`` (ms) and ``NAME.spike.ranks`` (``axon_spike`` likewise), neuron by neuron;
``NAME.VARIABLE`` with one row for each sample. NAME is that of the population, projection or BOLD monitor.
Exported scripts write the same.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.network.monitor import SPIKES
from engine.project.build import Built
from engine.project.document import ProjectDocument
from engine.recordings import Recording, as_recordings
from engine.recordings import save_recordings as save_in_format

Recordings = dict[str, NDArray[Any]]


def recordings(document: ProjectDocument, built: Built) -> Recordings:
    """Return everything that was recorded so far; the monitors keep it."""
    found: Recordings = {}
    for name, recorder in _recorders(document, built):
        for variable, data in recorder.get(keep=True, reshape=False, force_dict=True).items():
            if variable in SPIKES:
                times, ranks = recorder.raster_plot(data)
                found[f"{name}.{variable}.times"], found[f"{name}.{variable}.ranks"] = times, ranks
            elif data.dtype == object:
                found[f"{name}.{variable}"] = np.array([np.hstack(row) for row in data], dtype=float)
            else:
                found[f"{name}.{variable}"] = data
    return found


def _recorders(document: ProjectDocument, built: Built) -> list[tuple[str, Any]]:
    """Names of what is recorded, with their monitors."""
    names = {o.id: o.name for o in document.owners}
    found = [(names[monitor.source], built.objects[monitor.id]) for monitor in document.monitors]
    return found + [(bold.name, built.objects[bold.id].monitor) for bold in document.bold_monitors]


def export_recordings(document: ProjectDocument, built: Built, path: Path) -> list[Path]:
    """Write everything that was recorded so far in the format of the suffix; return the files made.

    ``.npz`` files are as those of a run without the window, others as :func:`engine.save_recordings` says.

    Raises
    ------
    EngineError
        If the suffix is unknown or the file cannot be written.
    """
    if path.suffix == ".npz":
        save_recordings(recordings(document, built), path)
        return [path]
    named: list[Recording] = []
    for name, recorder in _recorders(document, built):
        named += [dataclasses.replace(one, source=name) for one in as_recordings(recorder)]
    return save_in_format(named, path)


def mean_rates(document: ProjectDocument, found: Recordings, duration: float) -> dict[str, float]:
    """Return the mean firing rate (Hz) over ``duration`` ms of each population with recorded spikes."""
    rates = {}
    for population in document.populations:
        ranks = found.get(f"{population.name}.spike.ranks")
        if ranks is not None and duration > 0.0:
            rates[population.name] = 1000.0 * len(ranks) / math.prod(population.geometry) / duration
    return rates


def save_recordings(found: Recordings, path: Path) -> None:
    """Write recordings to one ``.npz`` file."""
    np.savez_compressed(path, allow_pickle=False, **found)
