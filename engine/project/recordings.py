"""What the monitors of a project recorded, as plain arrays with telling names.

``NAME.spike.times`` (ms) and ``NAME.spike.ranks`` (``axon_spike`` likewise), neuron by neuron;
``NAME.VARIABLE`` with one row for each sample. NAME is that of the population, projection or BOLD monitor.
Exported scripts write the same.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.network.monitor import SPIKES
from engine.project.build import Built
from engine.project.document import ProjectDocument

Recordings = dict[str, NDArray[Any]]


def recordings(document: ProjectDocument, built: Built) -> Recordings:
    """Return everything that was recorded so far; the monitors keep it."""
    names = {o.id: o.name for o in document.owners}
    found: Recordings = {}
    recorders = [(names[monitor.source], built.objects[monitor.id]) for monitor in document.monitors]
    recorders += [(bold.name, built.objects[bold.id].monitor) for bold in document.bold_monitors]
    for name, recorder in recorders:
        for variable, data in recorder.get(keep=True, reshape=False, force_dict=True).items():
            if variable in SPIKES:
                times, ranks = recorder.raster_plot(data)
                found[f"{name}.{variable}.times"], found[f"{name}.{variable}.ranks"] = times, ranks
            elif data.dtype == object:
                found[f"{name}.{variable}"] = np.array([np.hstack(row) for row in data], dtype=float)
            else:
                found[f"{name}.{variable}"] = data
    return found


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
