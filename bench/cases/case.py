"""What a benchmark case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Declared:
    """A network that was declared with the API of the engine and of ANNarchy."""

    projections: list[Any] = field(default_factory=list)
    neurons: int = 1
    """How many neurons ``rate`` is the mean of."""
    spikes: Any = None
    """Monitor of their spikes, or None for a rate-coded network."""
    rates: Any = None
    """The population whose mean ``r`` at the end is the rate of a rate-coded network."""
    plastic: Any = None
    """The projection whose mean weight is compared, too."""
    samples: Any = None
    """Monitor of ``v``."""


@dataclass(frozen=True)
class Case:
    """A network and how long it is simulated.

    ``declare(ann, scale)`` is the network in the API that the engine and ANNarchy share; ``scale`` multiplies
    the numbers of neurons. Where connectivity is sparse the number of synapses of a neuron stays, where it is
    all to all weights are divided by ``scale``: the activity stays.
    """

    name: str
    title: str
    declare: Callable[[Any, float], Declared]
    duration: float
    dt: float
    tolerance: float
    """How far rates of simulators may differ, relative: about three standard deviations between seeds."""
    method: str = "exponential"
    base: float = 1.0
    """The scale of this case: a large case is a small one of another scale."""
    hand: str = ""
    """Name of the hand-written program, if it is not that of the case."""
    counted: tuple[float, float] = (1.0, 10.0)
    """Scale and ms whose instructions are counted."""
    growth: tuple[float, ...] = (2.0, 5.0, 10.0)
    """Scales at which ``run.py --growth`` measures it, too."""

    @property
    def program(self) -> str:
        return self.hand or self.name


def probability(p: float, scale: float) -> float:
    """The probability of a synapse that keeps the number of synapses for each neuron."""
    return min(1.0, p / scale)
