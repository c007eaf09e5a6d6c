"""NormProjection: spikes that also tell the post-synaptic neuron which share of its synapses was active."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.network.projection import Part, Projection
from engine.network.synapse import Synapse
from engine.network.view import IndividualNeuron

if TYPE_CHECKING:
    from engine.network.network import Network


class NormProjection(Projection):
    """A default spiking projection that also adds 1/N to a variable of the neuron that a spike reaches.

    N is the number of all synapses of that neuron, over all projections to its population, when the network
    is compiled. The variable is then the share of the neuron's synapses that were active, whatever their
    weights: an input for BOLD models with two inputs, such as :class:`balloon_two_inputs`.

    Parameters
    ----------
    pre, post : Population, PopulationView, IndividualNeuron or str
        Spiking populations.
    target : str or list of str
        What the synapses feed, as with :class:`engine.Projection`. One spike adds 1/N once, however many
        targets there are.
    variable : str
        Variable of each post-synaptic neuron.
    synapse : None
        The synapse is the default one, ``g_target += w``; any other is an error.
    name : str, optional
        Default ``proj<id>``.
    network : Network, optional
        Owner; default the network of ``pre``.

    Notes
    -----
    With a delay both effects come when the spike arrives. The variable is changed before the equations of
    the step, which let it decay. Maith et al. 2022 (Front Neuroinform 16:790966).

    Examples
    --------
    >>> proj = NormProjection(pre, post, "exc", "activity")  # doctest: +SKIP
    >>> proj.connect_fixed_probability(weights=0.1, probability=0.1)  # doctest: +SKIP
    """

    def __init__(
        self,
        pre: Part | IndividualNeuron | str,
        post: Part | IndividualNeuron | str,
        target: str | Sequence[str],
        variable: str,
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        *,
        network: Network | None = None,
    ) -> None:
        if synapse is not None:
            raise EngineError(
                "NormProjection: it takes no synapse, for it has that of a default spiking projection; leave "
                "synapse out, or use Projection."
            )
        self.share_variable = variable
        super().__init__(pre, post, target, None, name, network=network)

    def _check_kinds(self) -> None:
        pre, post, variable = self.pre_population, self.post_population, self.share_variable
        if pre.model.kind != "spike":
            raise EngineError(
                f"NormProjection: {pre.name} is rate-coded; pre must be a spiking population, for its spikes "
                "are counted."
            )
        super()._check_kinds()
        declared = [v for v in post.model.variables if v.locality == "local" and v.dtype == "float"]
        known = [v.name for v in declared]
        if variable not in known:
            raise EngineError(
                f"NormProjection: {variable!r} is no variable of each neuron of {post.name} that can hold "
                f"fractions; use one of: {', '.join(known)}."
            )
