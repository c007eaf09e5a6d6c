"""How much memory a run will take at least: said before the memory is gone."""

from __future__ import annotations

import math

import psutil

from engine.errors import EngineError
from engine.network.attributes import steps_to_cover
from engine.project.document import Monitor, ProjectDocument
from engine.project.edits import size_of
from engine.project.values import synapse_count

_SYNAPSE_BYTES = 8
"""The two ends of a synapse, at least."""
_SAMPLE_BYTES = 8


def refuse_excess(document: ProjectDocument) -> None:
    """Raise an error that names the greatest part if ``document`` cannot be run in the memory that is free.

    Raises
    ------
    EngineError
        If synapses and recordings need more.
    """
    needs = _needs(document)
    total, free = math.fsum(bytes_ for bytes_, _ in needs), psutil.virtual_memory().available
    if total > free:
        greatest, mend = max(needs)
        raise EngineError(
            f"The run needs at least {_text(total)} of memory, and {_text(free)} are free. {mend} "
            f"({_text(greatest)})."
        )


def _needs(document: ProjectDocument) -> list[tuple[float, str]]:
    """Bytes of each projection and recording, and how to need less."""
    populations = {population.id: population for population in document.populations}
    sizes = {p.id: float(size_of(p)) for p in document.populations}
    needs = [(0.0, "")]
    for projection in document.projections:
        count = synapse_count(projection, populations[projection.pre], populations[projection.post])
        sizes[projection.id] = count
        mend = f"Choose a sparser pattern for {projection.name}, with its {count:.1e} synapses"
        needs.append((_SYNAPSE_BYTES * count, mend))
    names = {owner.id: owner.name for owner in document.owners}
    for monitor in document.monitors:
        mend = f"Record {names[monitor.source]} less often, or fewer of its variables"
        needs.append((_SAMPLE_BYTES * _samples(document, monitor) * sizes[monitor.source], mend))
    return needs


def _samples(document: ProjectDocument, monitor: Monitor) -> float:
    """Samples of each neuron."""
    period = max(monitor.period or 0.0, document.run.dt)
    variables = sum(name != "spike" for name in monitor.variables)
    return variables * steps_to_cover(document.run.duration, period)


def _text(bytes_: float) -> str:
    return f"{bytes_ / 2**30:,.1f} GiB"
