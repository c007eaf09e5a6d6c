"""Which parts of a step are measured: what the printers lay together in one loop is one part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.codegen.neuron_loops import fusible
from engine.codegen.plan import Entry, Plan

END = "end of the step"
"""The last part: waiting for all threads, and looking whether to go on."""


def groups(schedule: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries of a schedule that share a loop."""
    entries = list(schedule)
    while entries:
        group = [entries.pop(0)]
        while entries and fusible(group[0], entries[0]):
            group.append(entries.pop(0))
        yield group


def parts(plan: Plan) -> list[str]:
    """Name of each element of the plan's buffer ``profile`` that is used."""
    return [*(" + ".join(entry.work.name for entry in group) for group in groups(plan.steady)), END]
