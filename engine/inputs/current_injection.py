"""CurrentInjection: rates that are injected into spiking neurons as a current."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import EngineError
from engine.network.network import Network
from engine.network.projection import Part, Projection
from engine.network.synapse import Synapse
from engine.network.view import IndividualNeuron


class CurrentInjection(Projection):
    """Adds the rate of each pre-synaptic neuron to ``g_target`` of one spiking neuron, in every step.

    Parameters
    ----------
    pre : Population or PopulationView
        Rate-coded.
    post : Population or PopulationView
        Spiking, of the same size.
    target : str or list of str
        ``g_<target>`` of the post-synaptic neuron is what the rate is added to.
    name : str, optional

    Notes
    -----
    Weights and delays play no part. With ``g_target`` without an equation the conductance of a step is the
    rate at the end of the step before.

    Examples
    --------
    >>> inp = InputArray(10)  # doctest: +SKIP
    >>> CurrentInjection(inp, neurons, "exc").connect_current()  # doctest: +SKIP
    """

    into_conductance = True

    def __init__(
        self,
        pre: Part | IndividualNeuron | str,
        post: Part | IndividualNeuron | str,
        target: str | Sequence[str],
        name: str | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        synapse = Synapse(psp="pre.r", name="Current injection", description="Adds the rate as a current.")
        super().__init__(pre, post, target, synapse, name, network=network)

    def _check_kinds(self) -> None:
        pre, post = self.pre_population, self.post_population
        if pre.model.kind != "rate":
            raise EngineError(
                f"CurrentInjection: {pre.name} is spiking; the pre-synaptic population must be rate-coded. "
                "Use Projection between spiking populations."
            )
        if post.model.kind != "spike" or post.kind == "spike_source":
            raise EngineError(
                f"CurrentInjection: the post-synaptic population must be spiking and take input, and "
                f"{post.name} does not. Use Projection between rate-coded populations."
            )
        if self.pre.size != self.post.size:
            raise EngineError(
                f"CurrentInjection: the pre- and the post-synaptic population must have the same size; "
                f"{self.pre.name} has {self.pre.size} neurons and {self.post.name} {self.post.size}."
            )

    def connect_current(self) -> Any:
        """Connect the k-th pre-synaptic to the k-th post-synaptic neuron."""
        return self.connect_one_to_one(1.0)
