"""Mean inputs: what a population receives from the mean activity of another, without synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.network.population import Population
from engine.network.view import PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network


@dataclass(eq=False)
class MeanInput:
    """Adds ``scale`` times the mean of a variable to ``sum(target)`` of every neuron of ``post``.

    Attributes
    ----------
    source : Population or PopulationView
        Neurons whose mean is taken, of the end of the previous step.
    variable : str
        Any attribute of ``source``.
    post : Population
        Rate-coded population; the input rests while it is disabled.
    target : str
    scale : float
    baseline_steps : int
        With a number B above 0 the input is relative: :meth:`measure_baseline` lets it be 0 for B steps, in
        which the mean m of the means is taken; from then on it is ``scale * (mean - m) / (|m| + 1e-7)``.
    measured_from_start : bool
        The baseline is measured in the first steps after compile.
    """

    source: Population | PopulationView
    variable: str
    post: Population
    target: str
    scale: float = 1.0
    baseline_steps: int = 0
    measured_from_start: bool = False
    id: int = -1

    def __post_init__(self) -> None:
        self.network.add_mean_input(self)

    @property
    def network(self) -> Network:
        """Network of both populations."""
        return self.post.network

    @property
    def population(self) -> Population:
        """The whole population of the source."""
        return self.source.population if isinstance(self.source, PopulationView) else self.source

    def measure_baseline(self) -> None:
        """Measure the baseline anew in the next steps of a compiled network."""
        if self.baseline_steps:
            self.network.refresh().measure_baseline(self.id, self.baseline_steps)
