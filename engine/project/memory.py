"""How much memory a network takes at least: said before the memory is gone."""

from __future__ import annotations

import math

import psutil

from engine.errors import EngineError
from engine.network.monitor import SPIKES
from engine.project.document import Monitor, Population, ProjectDocument, Projection
from engine.project.values import synapse_count

_SYNAPSE_BYTES = 8
"""The two ends of a synapse, at least."""
_SAMPLE_BYTES = 8


def refuse_excess(document: ProjectDocument) -> None:
    """Raise an error that names the greatest part if ``document`` cannot be run in the memory that is free.

    Raises
    ------
    EngineError
        If its synapses need more.
    """
    needs = _needs(document)
    total, free = math.fsum(bytes_ for bytes_, _ in needs), psutil.virtual_memory().available
    if total > free:
        greatest, mend = max(needs)
        raise EngineError(
            f"The network needs at least {_text(total)} of memory, and {_text(free)} are free. {mend} "
            f"({_text(greatest)})."
        )


def recorded_bytes(document: ProjectDocument, owner: Population | Projection, monitor: Monitor) -> float:
    """Memory that the samples of ``owner`` take in one run; spikes are not foreseen."""
    period = max(monitor.period or 0.0, document.run.dt)
    if not period > 0.0:
        return 0.0
    if isinstance(owner, Population):
        size = float(math.prod(owner.geometry))
    else:
        ends = {population.id: population for population in document.populations}
        known = owner.pre in ends and owner.post in ends
        size = synapse_count(owner, ends[owner.pre], ends[owner.post]) if known else 0.0
    variables = sum(name not in SPIKES for name in monitor.variables)
    return _SAMPLE_BYTES * variables * size * (document.run.duration / period)


def _needs(document: ProjectDocument) -> list[tuple[float, str]]:
    """Bytes of each projection, and how to need less."""
    populations = {population.id: population for population in document.populations}
    needs = [(0.0, "")]
    for projection in document.projections:
        count = synapse_count(projection, populations[projection.pre], populations[projection.post])
        mend = f"Choose a sparser pattern for {projection.name}, with its {count:.1e} synapses"
        needs.append((_SYNAPSE_BYTES * count, mend))
    return needs


def _text(bytes_: float) -> str:
    return f"{bytes_ / 2**30:,.1f} GiB"
