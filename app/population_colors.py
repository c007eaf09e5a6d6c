"""Which colour a population has, on its card as in the plots."""

from __future__ import annotations

from itertools import cycle

from PySide6.QtGui import QColor

from app import theme
from engine.project.document import ProjectDocument

_BY_KIND = {"excitatory": theme.EXCITATORY, "inhibitory": theme.INHIBITORY}


def population_colors(document: ProjectDocument) -> dict[str, QColor]:
    """Colours by the id of the population.

    The first population that only excites has the colour of excitation on the canvas, the first that only
    inhibits that of inhibition; all others take what is left, in order.
    """
    chosen: dict[str, str] = {}
    for population in document.populations:
        kinds = {theme.target_kind(p.target) for p in document.projections if p.pre == population.id}
        color = _BY_KIND.get(kinds.pop()) if len(kinds) == 1 else None
        if color is not None and color not in chosen.values():
            chosen[population.id] = color
    left = cycle([color for color in theme.SERIES if color not in chosen.values()])
    return {p.id: QColor(chosen.get(p.id) or next(left)) for p in document.populations}
