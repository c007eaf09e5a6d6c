"""Copies: objects of the top level in other networks, and networks like another."""

from __future__ import annotations

import copy
import inspect
import weakref
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.language.model import NeuronModel, StopCondition, SynapseModel
from engine.network.configuration import Configuration
from engine.network.dendrite import Dendrite
from engine.network.extension import Extension
from engine.network.live import Live
from engine.network.mean_input import MeanInput
from engine.network.monitor import Monitor
from engine.network.neuron import Neuron
from engine.network.population import Population
from engine.network.projection import Projection
from engine.network.registry import default_network
from engine.network.synapse import Synapse
from engine.network.view import IndividualNeuron, PopulationView

if TYPE_CHECKING:
    from engine.network.network import Network

SHARED = (Neuron, Synapse, NeuronModel, SynapseModel, StopCondition)
"""Never changed, so that copies may have them in common."""

Key = tuple[int, str, int]
"""Number of the network, kind of the object, and its number there."""


class Original:
    """An object that was copied; forgotten in another process, where only its number is known."""

    def __init__(self, obj: Any) -> None:
        self._reference: weakref.ref[Any] | None = weakref.ref(obj)

    def __reduce__(self) -> tuple[Any, ...]:
        return Original.__new__, (Original,)

    def may_be(self, obj: Any) -> bool:
        """Is it ``obj``, as far as is known here?"""
        reference = vars(self).get("_reference")
        return reference is None or reference() is obj


KINDS: dict[type[Any], str] = {
    Population: "populations",
    Projection: "projections",
    Monitor: "monitors",
    MeanInput: "mean_inputs",
}
"""Classes of objects that have numbers, and the lists of a network that hold them."""


def key_of(obj: Any) -> Key:
    """Where an object is found: see :meth:`Copying.found`."""
    for kind, name in KINDS.items():
        if isinstance(obj, kind):
            return obj.network.id, name, obj.id
    places = (k for k, other in enumerate(obj.network.extensions) if other is obj)
    return obj.network.id, "extensions", next(places, -1)


class Memo(dict[int, Any]):
    """What stands for what while an object is copied; objects that no copy stands for yet are an error."""

    def __init__(self, known: dict[int, Any], missing: dict[int, Any], label: str) -> None:
        super().__init__(known)
        self._missing = missing
        self._label = label

    def get(self, key: int, default: Any = None) -> Any:
        """The copy of an object, by its ``id()``."""
        if key in self._missing:
            needed = getattr(self._missing[key], "name", "another object")
            raise EngineError(f"Network.add(): {self._label} needs {needed}; add that one before.")
        return super().get(key, default)


class Copying(Live):
    """How a network gets copies of objects, and is copied itself."""

    configuration: Configuration
    populations: list[Population]
    projections: list[Projection]
    monitors: list[Monitor]
    extensions: list[Extension]
    mean_inputs: list[MeanInput]
    _copies: dict[Key, tuple[Original, Any]]
    """Copies in this network, and what they were copied from."""
    _arguments: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
    """What ``__init__`` was given."""

    def check_open(self, what: str) -> None:
        """Raise if the network is compiled."""
        raise NotImplementedError

    # --- objects --------------------------------------------------------------------------------------

    def add(self, objects: Any) -> None:
        """Copy objects of the top level into this network.

        Copies have the values from before compile, and the same connectors, which draw other synapses
        unless both networks have one seed. Settings of :func:`engine.setup` are taken over, too, unless this
        network was given its own.

        Parameters
        ----------
        objects : Population, Projection, Monitor, BoldMonitor, or list of these
            Populations before the projections and monitors that use them.
        """
        for obj in objects if isinstance(objects, (list, tuple)) else [objects]:
            name = getattr(obj, "name", type(obj).__name__)
            if getattr(obj, "network", None) is not default_network() or default_network() is self:
                raise EngineError(f"Network.add(): {name} is no object of the top level.")
            if self._copy_of(obj) is not None:
                self._as_network().warn(f"Network.add(): {name} was already added.")
            else:
                self._add(obj)

    def add_everything(self, source: Network | None = None) -> None:
        """Copy all objects of the top level or of ``source``, see :meth:`add`; monitors of dendrites are left
        out."""
        source = source or default_network()
        for obj in (*source.populations, *source.projections, *source.extensions, *source.mean_inputs):
            if self._copy_of(obj) is None:
                self._add(obj)
        for monitor in source.monitors:
            if isinstance(monitor.source, Dendrite):
                source.warn(f"{monitor.name} is not copied: its dendrite only exists after compile.")
            elif self._copy_of(monitor) is None:
                self._add(monitor)

    def _add(self, obj: Any) -> None:
        if isinstance(obj, (PopulationView, IndividualNeuron, Dendrite)):
            raise EngineError(
                f"Network.add(): a {type(obj).__name__} cannot be added; add populations, projections and "
                "monitors."
            )
        if not self.compiled:
            self.configuration.inherit(obj.network.configuration)
        if self.dt != obj.network.dt:
            name = getattr(obj, "name", type(obj).__name__)
            raise EngineError(
                f"{name} counts delays and periods in steps of {obj.network.dt} ms, so it cannot be copied "
                f"to a network with dt={self.dt}; give both the same dt."
            )
        if isinstance(obj, Monitor):
            self._take(obj, self._copied_monitor(obj))
            return
        self.check_open(type(obj).__name__)
        if isinstance(obj, Projection):
            projection = self._deep_copied(obj)
            projection.forget_run()
            self._as_network().add_projection(projection)
            self._take(obj, projection)
        elif isinstance(obj, Population):
            self._take_population(obj)
        elif isinstance(obj, MeanInput):
            given = self._deep_copied(obj)
            self._as_network().add_mean_input(given)
            self._take(obj, given)
        else:
            self._take_extension(obj)

    def _take(self, obj: Any, taken: Any) -> None:
        self._copies[key_of(obj)] = Original(obj), taken

    def _take_population(self, obj: Population) -> None:
        population = self._deep_copied(obj)
        population._given_name = obj.name
        population.forget_run()
        self._as_network().add_population(population)
        self._take(obj, population)

    def _take_extension(self, obj: Any) -> None:
        """An object that consists of others: these are copied first."""
        for part in obj.parts:
            if self._copy_of(part) is None:
                self._add(part)
        extension = self._deep_copied(obj)
        self._as_network().add_extension(extension)
        self._take(obj, extension)

    def _copied_monitor(self, monitor: Monitor) -> Monitor:
        if isinstance(monitor.source, Dendrite):
            raise EngineError(
                f"Network.add(): {monitor.name} records a dendrite, which only exists after compile; make a "
                "monitor of the copy's dendrite then."
            )
        source = self.own(monitor.source)
        if source is None:
            raise EngineError(
                f"Network.add(): {monitor.name} needs {monitor.source.name}; add that one before."
            )
        return monitor.for_source(source)

    def _deep_copied(self, obj: Any) -> Any:
        """A copy that refers to this network and to the copies in it."""
        source = obj.network
        known: dict[int, Any] = {id(source): self}
        missing = {}
        for other in (each for name in (*KINDS.values(), "extensions") for each in getattr(source, name)):
            taken = self._copy_of(other)
            if taken is not None:
                known[id(other)] = taken
            elif other is not obj:
                missing[id(other)] = other
        known |= {id(value): value for value in vars(obj).values() if isinstance(value, SHARED)}
        return copy.deepcopy(obj, Memo(known, missing, getattr(obj, "name", type(obj).__name__)))

    def _copy_of(self, obj: Any) -> Any:
        original, taken = self._copies.get(key_of(obj), (None, None))
        return taken if original is not None and original.may_be(obj) else None

    def get(self, obj: Any) -> Any:
        """The copy of an object of the top level in this network; None if it was not added.

        Parameters
        ----------
        obj : Population, PopulationView, IndividualNeuron, Projection, Dendrite, Monitor, BoldMonitor or list
            Of a list the list of copies, of a view the view of the copy.
        """
        return [self.own(each) for each in obj] if isinstance(obj, (list, tuple)) else self.own(obj)

    def own(self, obj: Any) -> Any:
        """The object of this network that ``obj`` is or was copied to; None if there is none."""
        part = obj.population if isinstance(obj, IndividualNeuron) else obj
        network = getattr(part, "network", None)
        if obj is self or network is self:
            return obj
        if network is None or isinstance(obj, str):
            return None
        if isinstance(obj, (PopulationView, IndividualNeuron)):
            population = self._copy_of(obj.population)
            if population is None:
                return None
            if isinstance(obj, IndividualNeuron):
                return IndividualNeuron(population, obj.rank)
            return PopulationView(population, obj.ranks.copy(), obj.geometry)
        if isinstance(obj, Dendrite):
            projection = self._copy_of(obj.proj)
            return None if projection is None else Dendrite(projection, obj.post_rank)
        return self._copy_of(obj)

    def found(self, key: Key) -> Any:
        """The object of this network that has this key."""
        return getattr(self, key[1])[key[2]]

    # --- whole networks -------------------------------------------------------------------------------

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """A new network like this one, at time 0.

        A sub-class is made again: with these arguments where some are given, else with those that this
        network was made with. Of other networks the objects are copied with their values from before
        compile. If this network is compiled, so is the copy; the code is not built again.

        Parameters
        ----------
        *args, **kwargs
            For ``__init__`` of a sub-class; ``dt`` and ``seed`` in any case. Default: those of this network.

        Returns
        -------
        Network
            Of the same class and with the same settings.
        """
        twin = self.remade(args, kwargs)
        if self.compiled:
            twin.compile(silent=True, **self._as_network().compiled_with)
        return twin

    def remade(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What :meth:`copy` returns, not compiled."""
        from engine.network.network import Network

        settings = Configuration()
        settings.inherit(self.configuration)
        settings.own |= self.configuration.own
        settings.set({key: kwargs[key] for key in ("dt", "seed") if kwargs.get(key) is not None})
        kwargs = {key: value for key, value in kwargs.items() if key not in ("dt", "seed")}
        network = self._as_network()
        if type(network) is not Network:
            if not args:
                args, kwargs = self.arguments_with(kwargs)
            return type(network).built(settings, args, kwargs)
        if args or kwargs:
            raise EngineError("Network.copy(): only sub-classes take arguments of their own.")
        twin: Network = Network.built(settings, (), {})
        twin.add_everything(network)
        return twin

    def arguments_with(self, kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments of ``__init__``: those that it was given, but ``kwargs`` where these name others."""
        args, named = self._arguments
        names = [
            p.name
            for p in inspect.signature(type(self).__init__).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ][1:]
        first = next((k for k, name in enumerate(names[: len(args)]) if name in kwargs), len(args))
        return args[:first], dict(zip(names[first:], args[first:], strict=False)) | named | kwargs

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        from engine.network.registry import register

        vars(self).update(state)
        self._stale = self._instance is not None
        self._as_network().id = register(self._as_network(), self._as_network().id)
