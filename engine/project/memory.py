"""How much memory a network takes at least: said before the memory is gone."""

from __future__ import annotations

import math

import psutil

from engine.errors import EngineError
from engine.project.document import ProjectDocument
from engine.project.values import synapse_count

_SYNAPSE_BYTES = 8
"""The two ends of a synapse, at least."""


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
