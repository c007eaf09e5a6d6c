"""BOLD signals of populations.

In: populations of a network and the text of a hemodynamic model. Out: the model's signal, recorded while the
network runs, from the mean activity of the populations.
"""

from engine.extensions.bold.balloon import (
    balloon_CL,
    balloon_CN,
    balloon_maith2021,
    balloon_RL,
    balloon_RN,
)
from engine.extensions.bold.model import BoldModel
from engine.extensions.bold.monitor import BoldMonitor
from engine.extensions.bold.norm_projection import NormProjection
from engine.extensions.bold.two_inputs import balloon_two_inputs


def list_bold_models() -> list[type[BoldModel]]:
    """Classes of all predefined BOLD models."""
    return [
        balloon_RN,
        balloon_RL,
        balloon_CN,
        balloon_CL,
        balloon_maith2021,
        balloon_two_inputs,
    ]


__all__ = [
    "BoldModel",
    "BoldMonitor",
    "NormProjection",
    "balloon_CL",
    "balloon_CN",
    "balloon_RL",
    "balloon_RN",
    "balloon_maith2021",
    "balloon_two_inputs",
    "list_bold_models",
]
