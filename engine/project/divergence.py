"""Whether a run went where numbers end, and what helps."""

from __future__ import annotations

import numpy as np

from engine.project.build import Built

_MEND = "Their equations diverge: try a smaller dt, another numerical method, or bounds (min=, max=)."


def divergence(built: Built) -> str:
    """Return which variables of which populations are not finite any more; empty if all are."""
    found = []
    for population in built.network.populations:
        for name in population.variables:
            values = np.asarray(population.get(name))
            lost = values.size - np.count_nonzero(np.isfinite(values))
            if lost:
                found.append(f"{name} of {population.name} ({lost:,} of {values.size:,} neurons)")
    return f"No finite numbers any more: {', '.join(found)}. {_MEND}" if found else ""
