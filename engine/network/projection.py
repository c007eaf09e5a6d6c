"""Projection: synapses of one model from a population to a target of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.language.model import Assignment, SynapseModel
from engine.network.attributed import Attributed
from engine.network.attributes import attributes_of, check_given, unknown_attribute
from engine.network.connectors import Connectors
from engine.network.delays import Delays
from engine.network.held import Held, held
from engine.network.population import Population
from engine.network.receptive_fields import ReceptiveFields
from engine.network.recipe import Recipe
from engine.network.saving import SavedProjection
from engine.network.storage import LIL, check_storage, resolved
from engine.network.structural import Structural
from engine.network.structure import Structure
from engine.network.switches import Switches
from engine.network.synapse import Synapse
from engine.network.synaptic_values import SynapticValues
from engine.network.view import IndividualNeuron, PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network

Part = Population | PopulationView


class Projection(
    Attributed, Connectors, Switches, Delays, Structural, Structure, ReceptiveFields, SavedProjection
):
    """Synapses between two populations.

    Parameters
    ----------
    pre, post : Population, PopulationView, IndividualNeuron or str
        Ends of the projection; text is the name of a population.
    target : str or list of str
        What the synapses feed: ``"exc"`` is ``sum(exc)`` or ``g_exc`` of the post-synaptic neuron.
    synapse : Synapse, optional
        Model, as an instance or a class. Default: ``psp = w * pre.r`` from a rate-coded population and
        ``g_target += w`` from a spiking one.
    name : str, optional
        Default ``proj<id>``.
    disable_omp, copied
        Accepted for compatibility.
    network : Network, optional
        Owner; default the network of ``pre``.

    Notes
    -----
    Call a ``connect_*`` method once; synapses are drawn when the network is compiled.
    """

    owner_kind = "Projection"
    share_variable: str | None = None
    """Variable to which an arriving spike adds 1/N, N being the number of all synapses of that neuron."""
    decoded_steps: int | None = None
    """Spikes of that many steps are decoded to a rate; None: spikes are delivered."""
    into_conductance = False
    """A rate-coded input adds to ``g_target`` of spiking neurons instead of ``sum(target)``."""

    def __init__(
        self,
        pre: Part | IndividualNeuron | str,
        post: Part | IndividualNeuron | str,
        target: str | Sequence[str],
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        disable_omp: bool = True,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        from engine.network.network import default_network

        owner = network or getattr(pre, "network", None) or getattr(post, "network", None)
        self.network: Network = owner or default_network()
        self.network.check_open("projection")
        self.pre, self.post = self._end(pre, "pre"), self._end(post, "post")
        self.pre_population, self.post_population = _whole(self.pre), _whole(self.post)
        self.targets = _targets(target)
        self.target: str | list[str] = self.targets[0] if len(self.targets) == 1 else list(self.targets)
        if isinstance(synapse, type) and issubclass(synapse, Synapse):
            synapse = synapse()
        if synapse is not None and not isinstance(synapse, Synapse):
            raise EngineError(f"Projection: synapse must be a Synapse, not {type(synapse).__name__}.")
        self.synapse_type = (synapse or Synapse(name="Default synapse")).of(self._synapse_kind)
        self._recipe: Recipe | None = None
        self._storage = LIL
        self._redraws = 0
        self._connectivity: Connectivity | None = None
        self._switches = dict.fromkeys(("transmission", "update", "plasticity", "axon_transmission"), True)
        self.learning_period, self.learning_offset = 1, 0
        self.rules = dict.fromkeys(("creating", "pruning"), (False, 1, 0))
        self.widened: set[str] = set()
        self.id, self.name = -1, name or ""
        self._check_kinds()
        self.model: SynapseModel = self.synapse_type.analyse(self._synapse_kind)
        self.check_rules()
        self._attributes = attributes_of(self.model)
        self.network.warn_of_hidden(self._attributes, Projection, self.name or "Projection")
        self._given: dict[str, Any] = {a.name: a.initial for a in self._attributes.values()}
        for name_, value in self.synapse_type.initial.items():
            if name_ in self._given:
                self._given[name_] = self._initial_value(name_, value)
        self.init: dict[str, Any] = dict(self._given)
        self.network.add_projection(self)

    def _initial_value(self, name: str, value: Any) -> Any:
        """What a model gives as a distribution, or as the name of a parameter."""
        if isinstance(value, str) and value not in self._given:
            raise EngineError(
                f"{self.synapse_type.name}, {name}: its initial value {value!r} is no parameter."
            )
        return self._given[value] if isinstance(value, str) else value

    def _end(self, part: Any, side: str) -> Part:
        if isinstance(part, str):
            found = self.network.population_named(part)
            if found is None:
                raise EngineError(f"Projection: there is no population named {part!r} to use as {side}.")
            part = found
        if isinstance(part, IndividualNeuron):
            part = part.population
        if not isinstance(part, (Population, PopulationView)):
            raise EngineError(f"Projection: {side} must be a population, not {type(part).__name__}.")
        if part.network is not self.network:
            raise EngineError(f"Projection: {side} ({part.name}) belongs to another network.")
        return part

    def _check_kinds(self) -> None:
        pre, post = self.pre_population, self.post_population
        if post.kind == "spike_source":
            raise EngineError(f"Projection: {post.name} fires at given times and takes no input.")
        summed = set(self.targets) <= set(post.model.summed)
        if pre.model.kind == "rate" and post.model.kind == "spike" and not summed:
            raise EngineError(
                f"Projection: {pre.name} is rate-coded and {post.name} is spiking, and its neuron reads no "
                f"sum({self.targets[0]}). Use CurrentInjection, or a PoissonPopulation with "
                f"target={self.targets[0]!r}."
            )
        if pre.model.kind == "spike" and post.model.kind == "rate":
            raise EngineError(
                f"Projection: {pre.name} is spiking and {post.name} is rate-coded; use DecodingProjection."
            )
        unread = [t for t in self.targets if t in post.model.summed and f"g_{t}" not in post.attributes]
        if pre.model.kind == post.model.kind == "spike" and unread:
            raise EngineError(
                f"Projection: {post.name} reads sum({unread[0]}) of rate-coded populations; spikes of "
                f"{pre.name} would not reach it. Connect a rate-coded population."
            )

    @property
    def _synapse_kind(self) -> Literal["rate", "spike"]:
        """What the synapse transmits."""
        return self.pre_population.model.kind

    def forget_run(self) -> None:
        """Be as declared, for a copy: without synapses, and with nothing of what came after compile."""
        self._connectivity, self._redraws, self.init = None, 0, dict(self._given)
        self.learning_period, self.learning_offset = 1, 0
        self.rules = dict.fromkeys(("creating", "pruning"), (False, 1, 0))
        self.widened = set()

    # --- structure ------------------------------------------------------------------------------------

    @property
    def pre_candidates(self) -> NDArray[np.int64]:
        """Ranks of the pre-synaptic neurons that may be connected, in the order of the view."""
        return np.asarray(self.pre.ranks, dtype=np.int64)

    @property
    def post_candidates(self) -> NDArray[np.int64]:
        """Ranks of the post-synaptic neurons that may be connected, in the order of the view."""
        return np.asarray(self.post.ranks, dtype=np.int64)

    def _connect(self, recipe: Recipe) -> Projection:
        self.network.check_open("connection")
        if self._recipe is not None:
            self.network.warn(f"Projection {self.name} was already connected ... data will be overwritten.")
        self._recipe, self._storage = recipe, recipe.storage
        return self

    @property
    def recipe(self) -> Recipe:
        """What the ``connect_*`` method asked for; an error if none was called."""
        if self._recipe is None:
            raise EngineError(
                f"Projection {self.name} from {self.pre.name} to {self.post.name} is not connected; "
                f"call one of its connect_* methods before compile()."
            )
        return self._recipe

    def draw(self, again: bool = False) -> None:
        """Draw the synapses: as compile does, or other ones (``again``)."""
        self._redraws += again
        recipe = self.recipe
        check_storage(self, recipe.storage, delays_differ=not isinstance(recipe.delays, int))
        drawn = recipe.draw(self, self._redraws)
        self._storage = resolved(recipe.storage, self, recipe.name, drawn)
        if self._storage.keeps_all_dendrites:
            drawn = replace(drawn, lasting=np.sort(self.post_candidates))
        self._connectivity = replace(drawn, lasting=drawn.dendrites) if self.structural else drawn
        if self.model.creating is not None:
            self.delay_of_created()
        values = SynapticValues(self)
        self.init = {
            name: values.flat(self._attributes[name], value)
            for name, value in self._given.items()
            if name != "w"
        }

    def release_weights(self) -> None:
        """Leave the weights of the synapses to the running code."""
        if not isinstance(self.connectivity.weights, float | int):
            self._connectivity = replace(self.connectivity, weights=None, weights_by_pre=None)

    @property
    def connectivity(self) -> Connectivity:
        """The drawn synapses; an error before compile."""
        if self._connectivity is None:
            raise EngineError(f"Projection {self.name} has no synapses before the network is compiled.")
        return self._connectivity

    @property
    def connector_name(self) -> str:
        """Name of the connection pattern; empty if none was chosen."""
        return self._recipe.name if self._recipe else ""

    @property
    def connector_description(self) -> str:
        """The connection pattern with its numbers, weights and delays, for a report; empty if none was
        chosen. Distributions and arrows are LaTeX between dollar signs."""
        return (self._recipe.description or self._recipe.name) if self._recipe else ""

    @property
    def force_multiple_weights(self) -> bool:
        """One weight is stored for each synapse even if all are equal."""
        if self.structural or self._storage.keeps_all_weights:
            return True
        return self._recipe is not None and self._recipe.force_multiple_weights

    @property
    def storage(self) -> Held | None:
        """How the engine holds the synapses, why, and in how many bytes; None before compile. Its text says
        all that: ``print(projection.storage)``.

        The engine chooses by the synapses themselves: a bit for each pair where all synapses have one weight
        and there are many, rows without ranks where none is missing, or else lists of ranks. A
        ``storage_format`` such as ``"csr"`` asks for the last, ``"dense"`` for rows without ranks.
        """
        instance = self.network.instance
        return held(self, instance) if instance is not None and instance.loaded else None

    @property
    def stored_as(self) -> str:
        """The form of :attr:`storage`: ``"bits"``, ``"dense"`` or ``"sparse"``; empty before compile."""
        found = self.storage
        return "" if found is None else found.form

    @property
    def wanted_form(self) -> str:
        """``"dense"`` or ``"sparse"`` where a ``storage_format`` asks for it; else empty."""
        return self._storage.wanted_form

    @property
    def _storage_format(self) -> str:
        """Name of the storage format, as the reference calls it; ``auto`` is decided at compile."""
        return self._storage.format

    @property
    def _storage_order(self) -> str:
        """Name of the storage order; ``auto`` is decided at compile."""
        return self._storage.order

    @property
    def plastic(self) -> bool:
        """True if the synapse changes ``w``."""
        events = (*(self.model.pre_spike or ()), *self.model.post_spike)
        changed = {e.name for e in (*self.model.equations, *events) if isinstance(e, Assignment)}
        return "w" in changed | {e.name for e in self.model.equations}

    # --- attributes -----------------------------------------------------------------------------------

    def set(self, value: Mapping[str, Any]) -> None:
        """Assign several attributes: name to value."""
        super().set(value)

    def get(self, name: str) -> Any:
        """Value of an attribute.

        Before compile the initial value. After it: local ones as a list (dendrites) of lists (synapses by
        ascending pre rank), or one number where all synapses share one weight; ``postsynaptic`` ones as a
        list; ``projection`` ones as a number.
        """
        attribute = self._attributes.get(name)
        if attribute is None and name == "delay":
            return self.delay
        if attribute is None:
            raise AttributeError(unknown_attribute(name, f"Projection {self.name}", self._attributes))
        if not self.network.compiled:
            return self._given[name]
        return SynapticValues(self).nested(attribute)

    def _assign(self, name: str, value: Any) -> None:
        if self.network.compiled:
            SynapticValues(self).assign(self._attributes[name], value)
            return
        check_given(value, f"{self.name}.{name}")
        if name == "w":
            self.network.warn(
                f"{self.name}.w: the connect_* method defines the weights; assign others after compile()."
            )
        self._given[name] = value

    def update_launch_config(self, nb_blocks: int = -1, threads_per_block: int = 32) -> None:
        """Accepted for compatibility: it is for CUDA devices."""
        self.network.warn(f"Projection {self.name}: update_launch_config is for CUDA devices.")

    def reset(self, attributes: Sequence[str] | int = -1, synapses: bool = False) -> None:
        """Bring all (or the listed) attributes except ``w`` back to their values before compile.

        Parameters
        ----------
        synapses : bool
            Draw connectivity, weights and delays again, too.
        """
        if not self.network.compiled:
            return
        if synapses:
            self.network.redraw(self)
        names = self.attributes if isinstance(attributes, int) else attributes
        for name in set(names) - set(self._attributes):
            self.network.warn(unknown_attribute(name, f"Projection {self.name}", self._attributes))
        instance = self.network.instance
        if instance is not None:
            instance.reset_projection(self, [n for n in names if n in self._attributes and n != "w"])

    def put_switch(self, name: str, value: int) -> None:
        """Hand a switch to the running code, if there is any."""
        self.network.set_flag(self, name, value)

    # --- memory ---------------------------------------------------------------------------------------

    def size_in_bytes(self) -> int:
        """Memory of the attributes; 0 before compile."""
        if self.network.instance is None:
            return 0
        return sum(self.network.instance.bytes_of(self, name) for name in self._attributes)

    def __repr__(self) -> str:
        return f"<Projection {self.name}: {self.pre.name} -> {self.post.name} ({self.target})>"


def _whole(part: Part) -> Population:
    return part.population if isinstance(part, PopulationView) else part


def _targets(target: str | Sequence[str]) -> tuple[str, ...]:
    targets = (target,) if isinstance(target, str) else tuple(target)
    for name in targets or ("",):
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            raise EngineError(f"Projection: {name!r} is not a target; use a name such as 'exc'.")
    return targets
