"""From the document that the window sent to a compiled network, as the worker runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.simulation import protocol
from app.simulation.publisher import Publisher, SpikeRecording
from engine.codegen import THREADS
from engine.network.attributes import steps_to_cover
from engine.project import arrays
from engine.project.build import build
from engine.project.divergence import divergence
from engine.project.document import ProjectDocument
from engine.project.memory import refuse_excess
from engine.project.recordings import export_recordings


class CompiledNetwork:
    """A network, built just as without the window, so that the same seed gives the same spikes."""

    def __init__(self, document: ProjectDocument, phase: Callable[[str], None]) -> None:
        phase("Checking")
        self._document = document
        self._built = build(document)
        refuse_excess(document)
        phase("Drawing connectivity")
        self._built.compile(lambda text: text.startswith(THREADS) or phase(_PHASES.get(text, text)))
        self.dt = document.run.dt
        self.threads = self._built.network.threads_used
        self.storage = {p.id: str(self._built.objects[p.id].storage) for p in document.projections}
        self.total = steps_to_cover(document.run.duration, document.run.dt)
        self.monitors = {
            (monitor.source, variable): self._built.objects[monitor.id]
            for monitor in document.monitors
            for variable in monitor.variables
        }
        for bold in document.bold_monitors:
            recorder = self._built.objects[bold.id].monitor
            self.monitors |= {(bold.id, variable): recorder for variable in recorder.variables}

    def run(self, steps: int, stop: NDArray[np.int32]) -> int:
        """Advance; returns the steps done, fewer if ``stop`` was set meanwhile."""
        return self._built.network.run_steps(steps, stop=stop)

    def warning(self) -> str:
        """What the user must know of the results so far; empty if nothing."""
        return divergence(self._built)

    def save(self, path: Path, publisher: Publisher) -> list[Path]:
        """Write everything recorded as a run without the window would; the files made. The monitors get
        their data back for as long as that takes."""
        for key, recording in publisher.recordings.items():
            monitor, variable = self.monitors[key], key[1]
            if isinstance(recording, SpikeRecording):
                monitor.take_back(variable, [(recording.steps.view, recording.ranks.view)])
            else:
                monitor.take_back(variable, recording.pieces)
        files = export_recordings(self._document, self._built, path)
        for key, monitor in self.monitors.items():
            monitor.take(key[1])
        return files


_PHASES = {"Drawing synapses": "Drawing connectivity", "compiling": "Compiling"}


def prepare(command: protocol.Run, phase: Callable[[str], None]) -> CompiledNetwork:
    """Build and compile the document of ``command``."""
    document = msgspec.json.decode(command.document, type=ProjectDocument)
    for _, file in arrays.used_in(document):
        if file.sha256 in command.arrays:
            arrays.accept(file, command.arrays[file.sha256])
    return CompiledNetwork(document, phase)
