"""Paired inputs: what each neuron receives from the neuron of the same rank, without synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.network.population import Population


@dataclass(frozen=True, eq=False)
class PairedInput:
    """Adds a number of neuron i of ``source`` to ``sum(target)`` of neuron i.

    Attributes
    ----------
    source : Population
        Of the same size.
    target : str
    variable : str
        Attribute of ``source`` that is added, as of the end of the previous step. Empty: the number of spikes
        in the last steps.
    steps : int
        How many steps before the present one count.
    """

    source: Population
    target: str
    variable: str = ""
    steps: int = 1
