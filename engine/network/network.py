"""Network: populations, projections and monitors that are compiled and run together."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import EngineError
from engine.network.bold_signals import BoldSignals
from engine.network.checkpoint import Checkpoints
from engine.network.cleared import forget
from engine.network.compiling import Compiling
from engine.network.configuration import Configuration
from engine.network.copying import Copying
from engine.network.extension import Extension
from engine.network.finding import Finding
from engine.network.footprint import Footprint
from engine.network.mean_input import MeanInput
from engine.network.monitor import GeometricMonitor, Monitor
from engine.network.neuron import Neuron
from engine.network.parameters_file import SavedParameters
from engine.network.population import Population
from engine.network.projection import Part, Projection
from engine.network.registry import being_built, default_network, living_networks, register
from engine.network.running import Running
from engine.network.saving import SavedNetwork
from engine.network.synapse import Synapse


class _NetworkType(type):
    """Lets sub-classes define ``__init__`` freely: ``dt`` and ``seed`` are taken before it is called, and
    the network is ready for ``self.create(...)`` in it."""

    def __call__(cls, *args: Any, dt: float | None = None, seed: int | None = None, **kwargs: Any) -> Any:
        return cls.built(Configuration(dt, seed), args, kwargs)

    def built(cls, given: Configuration, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A new network with these settings and arguments of its ``__init__``."""
        network: Any = cls.__new__(cls)  # type: ignore[call-overload]
        network._set_up(given)
        network._arguments = args, kwargs
        wanted = inspect.signature(network.__init__).parameters
        settings = {key: given.values[key] for key in ("dt", "seed") if key in given.own & wanted.keys()}
        with being_built(network):
            network.__init__(*args, **kwargs, **settings)
        return network

    @property
    def __signature__(cls) -> inspect.Signature:
        own = inspect.signature(cls.__init__)  # type: ignore[misc]
        parameters = list(own.parameters.values())[1:]
        last = [p for p in parameters if p.kind is p.VAR_KEYWORD]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
            for name in ("dt", "seed")
            if name not in own.parameters
        ]
        return inspect.Signature([*(p for p in parameters if p not in last), *added, *last])


class Network(
    Compiling,
    Running,
    Finding,
    Copying,
    BoldSignals,
    Footprint,
    SavedNetwork,
    SavedParameters,
    Checkpoints,
    metaclass=_NetworkType,
):
    """A network of its own, independent of the top-level functions and of all other networks.

    Objects are made in it (``create``, ``connect``, ``monitor``), or are copies of objects of the top level
    (``add``). Sub-classes build their network in ``__init__``; they may leave out ``super().__init__()``, and
    take ``dt`` and ``seed`` as keywords besides their own arguments.

    Parameters
    ----------
    everything : bool
        Copy all objects of the top level, as :meth:`add` does.
    dt : float, optional
        Step in ms.
    seed : int, optional
        Seed of every random number; None draws a fresh one.

    Attributes
    ----------
    id : int
        Number of the network, from 1 on; 0 is that of the top level.
    populations, projections, monitors, extensions : list
        Objects in order of creation.
    everything : bool

    Notes
    -----
    Settings that are not given are those of :func:`engine.setup`.

    Examples
    --------
    >>> net = Network(dt=0.1, seed=42)
    >>> pop = net.create(100, Izhikevich)
    >>> proj = net.connect(pop, pop, "exc").fixed_probability(0.1, weights=0.5)
    >>> m = net.monitor(pop, "spike")
    >>> net.compile()
    >>> net.simulate(1000.0)
    """

    everything = False

    def __init__(self, everything: bool = False, *, dt: float | None = None, seed: int | None = None) -> None:
        given = {key: value for key, value in {"dt": dt, "seed": seed}.items() if value is not None}
        if given:
            self.config(**given)
        self.everything = everything
        if everything:
            self.add_everything()

    def _as_network(self) -> Network:
        return self

    def _set_up(self, given: Configuration, number: int | None = None) -> None:
        self.configuration = given
        self.id = register(self, number)
        if self.id:
            given.inherit(default_network().configuration)
        self.directory = "annarchy"
        self._callbacks = []
        self._callbacks_enabled, self._calling = True, False
        self._empty()

    def _empty(self) -> None:
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.monitors: list[Monitor] = []
        self.mean_inputs: list[MeanInput] = []
        self.extensions: list[Extension] = []
        self._copies = {}
        self._constants = {}
        self._draws = 0
        self._instance = None
        self._stale = False
        self._redrawn = []
        self._pending = []

    # --- objects --------------------------------------------------------------------------------------

    def create(
        self,
        geometry: int | tuple[int, ...] | Population | None = None,
        neuron: Neuron | type[Neuron] | None = None,
        stop_condition: str | None = None,
        name: str | None = None,
        population: Population | None = None,
    ) -> Population:
        """Add a population, or take one that was made on its own.

        Parameters
        ----------
        geometry, neuron, stop_condition, name
            As of :class:`Population`.
        population : Population
            A population such as ``PoissonPopulation(100, rates=10.0)``, which may be the first argument, too;
            it takes no other ones.

        Returns
        -------
        Population
        """
        first = geometry if isinstance(geometry, Population) else None
        given = population if first is None else first
        if given is not None:
            others = (None if first is not None else geometry, neuron, stop_condition, name)
            if any(other is not None for other in others) or (population or given) is not given:
                raise EngineError(f"create(): {given.name} is complete; give no other arguments with it.")
            self._adopt(given)
            return given
        if geometry is None or neuron is None:
            raise EngineError("create() needs a geometry and a neuron, or a population.")
        assert not isinstance(geometry, Population)
        return Population(geometry, neuron, name, stop_condition, network=self)

    def connect(
        self,
        pre: Part | str | Projection | None = None,
        post: Part | str | None = None,
        target: str | Sequence[str] = "",
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        projection: Projection | None = None,
        disable_omp: bool = True,
    ) -> Projection:
        """Add a projection, or take one that was made on its own; connect it next (``proj.all_to_all(...)``).

        Parameters
        ----------
        pre, post, target, synapse, name
            As of :class:`Projection`.
        projection : Projection
            A projection such as ``CurrentInjection(pre, post, "exc")`` between populations of this network,
            which may be the first argument, too; it takes no other ones.

        Returns
        -------
        Projection
        """
        first = pre if isinstance(pre, Projection) else None
        given = projection if first is None else first
        if given is not None:
            others = (None if first is not None else pre, post, target or None, synapse, name)
            if any(other is not None for other in others) or (projection or given) is not given:
                raise EngineError(f"connect(): {given.name} is complete; give no other arguments with it.")
            if given.network is not self:
                raise EngineError(f"connect(): {given.name} joins populations of another network.")
            return given
        if pre is None or post is None or isinstance(pre, Projection):
            raise EngineError("connect() needs a pre- and a post-synaptic population.")
        return Projection(pre, post, target, synapse, name, network=self)

    def monitor(
        self,
        obj: Any,
        variables: str | Sequence[str] | None = None,
        period: float | None = None,
        period_offset: float | None = None,
        start: bool = True,
        name: str | None = None,
    ) -> Monitor:
        """Record variables of a population, view, projection or dendrite of this network.

        The monitor gives samples of populations in the shape of their geometry unless ``reshape=False``."""
        if getattr(obj, "network", self) is not self:
            raise EngineError(f"monitor(): {obj.name} belongs to another network.")
        return GeometricMonitor(obj, variables, period, period_offset, start, name=name)

    def _adopt(self, population: Population) -> None:
        former = population.network
        if former is self:
            population.adopted = True
            return
        if former.compiled or any(
            population in (p.pre_population, p.post_population) for p in former.projections
        ):
            raise EngineError(f"create(): {population.name} is already used in another network.")
        self.check_open("population")
        self._check_free(population._given_name)
        former.populations.remove(population)
        for index, other in enumerate(former.populations):
            other.id = index
            other.name = other._given_name or f"pop{index}"
        population.network, population.adopted = self, True
        self.add_population(population)

    def add_population(self, population: Population) -> None:
        """Register a population: gives it its number and name."""
        population.id = len(self.populations)
        population.name = population._given_name or f"pop{population.id}"
        self._check_free(population.name)
        self.populations.append(population)

    def _check_free(self, name: str | None) -> None:
        if name is not None and self.population_named(name) is not None:
            raise EngineError(f"Population name='{name}' is already used. Choose another name.")

    def add_projection(self, projection: Projection) -> None:
        """Register a projection: gives it its number and name."""
        projection.id = len(self.projections)
        projection.name = projection.name or f"proj{projection.id}"
        self.projections.append(projection)

    def add_mean_input(self, given: MeanInput) -> None:
        """Register a mean input: gives it its number."""
        self.check_open("mean input")
        given.id = len(self.mean_inputs)
        self.mean_inputs.append(given)

    def add_monitor(self, monitor: Monitor) -> int:
        """Register a monitor; returns its number."""
        self.monitors.append(monitor)
        self.replan()
        return len(self.monitors) - 1

    def withdraw(self, unfinished: Any) -> None:
        """Take out a population or projection that could not be made, and what was added to it."""
        self.mean_inputs[:] = [given for given in self.mean_inputs if given.post is not unfinished]
        self.monitors[:] = [monitor for monitor in self.monitors if monitor.source is not unfinished]
        for parts in (self.populations, self.projections):
            if any(part is unfinished for part in parts):
                del parts[unfinished.id :]

    def check_open(self, what: str) -> None:
        """Raise if the network is compiled, so that its structure is fixed."""
        if self.compiled:
            raise EngineError(
                f"You cannot add a {what} after the network has been compiled. "
                "Add it before compile(), or call clear() and build the network anew."
            )

    def add_extension(self, extension: Extension) -> None:
        """Register an object that is made of others, such as a BOLD monitor."""
        self.extensions.append(extension)

    # --- whole network --------------------------------------------------------------------------------

    def enable_learning(
        self,
        projections: Sequence[Projection] | None = None,
        period: float | None = None,
        offset: float | None = None,
    ) -> None:
        """Let all (or the given) projections learn; see :meth:`Projection.enable_learning`."""
        for projection in self._listed(projections):
            projection.enable_learning(period, offset)

    def disable_learning(self, projections: Sequence[Projection] | None = None) -> None:
        """Stop the learning of all (or the given) projections."""
        for projection in self._listed(projections):
            projection.disable_learning()

    def _listed(self, projections: Any) -> list[Projection]:
        """All projections of this network, or the given one or several, or their copies."""
        if projections is None:
            return self.projections
        given = list(projections) if isinstance(projections, (list, tuple)) else [projections]
        found = [self.here(projection) for projection in given]
        for projection in found:
            if projection not in self.projections:
                name = getattr(projection, "name", repr(projection))
                raise EngineError(f"{name} is no projection of this network.")
        return found

    def parallel_run(
        self,
        method: Callable[..., Any],
        number: int,
        max_processes: int = -1,
        seeds: Sequence[int] | str | None = None,
        measure_time: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Run several networks of this sub-class at once, each in a process of its own.

        Parameters
        ----------
        method : function
            ``method(net, ...)`` gets a new, compiled network and returns what is wanted of the run.
        number : int
            How many networks.
        max_processes : int
            Processes at once; -1: one for each network, at most as many as there are cores.
        seeds : list of int, "same", "sequential" or None
            Seed of each network; ``"same"``: that of this one; ``"sequential"``: the numbers after it; None:
            drawn from this network's seed.
        measure_time : bool
            Print how long it took.
        **kwargs
            Arguments of the constructor go to it, the others to ``method``. A list is one value for each
            network, all else is the same for all. What is not given to the constructor is what this network
            was made with.

        Returns
        -------
        list
            What ``method`` returned for each network, in order.

        Raises
        ------
        ParallelError
            When ``method`` raised an exception; it carries the number of the network, and the traceback.
        """
        from engine.parallel.instances import run_instances

        return run_instances(self, method, number, max_processes, seeds, measure_time, kwargs)

    def clear(self) -> None:
        """Forget all objects; the settings stay."""
        for monitor in self.monitors:
            monitor.end_file()
        for part in (*self.populations, *self.projections):
            forget(part)
        self._empty()


__all__ = ["Network", "default_network", "living_networks"]
