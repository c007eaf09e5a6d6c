"""Network: populations, projections and monitors that are compiled and run together."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.network.compiling import Compiling
from engine.network.configuration import Configuration
from engine.network.mean_input import MeanInput
from engine.network.monitor import GeometricMonitor, Monitor
from engine.network.neuron import Neuron
from engine.network.parameters_file import SavedParameters
from engine.network.population import Population
from engine.network.projection import Part, Projection
from engine.network.running import Running
from engine.network.saving import SavedNetwork
from engine.network.synapse import Synapse

if TYPE_CHECKING:
    from engine.extensions.bold import BoldModel, BoldMonitor


class _NetworkType(type):
    """Lets sub-classes define ``__init__`` freely: ``dt`` and ``seed`` are taken before it is called, and
    the network is ready for ``self.create(...)`` in it."""

    def __call__(cls, *args: Any, dt: float | None = None, seed: int | None = None, **kwargs: Any) -> Any:
        network: Any = cls.__new__(cls)  # type: ignore[call-overload]
        network._set_up(dt, seed)
        network.__init__(*args, **kwargs)
        return network


class Network(Compiling, Running, SavedNetwork, SavedParameters, metaclass=_NetworkType):
    """A network of its own.

    Parameters
    ----------
    dt : float
        Step in ms; default 1.
    seed : int, optional
        Seed of every random number; None draws a fresh one.

    Examples
    --------
    >>> net = Network(dt=0.1, seed=42)
    >>> pop = net.create(100, Izhikevich)
    >>> proj = net.connect(pop, pop, "exc").fixed_probability(0.1, weights=0.5)
    >>> m = net.monitor(pop, "spike")
    >>> net.compile()
    >>> net.simulate(1000.0)
    """

    def __init__(self) -> None:
        """Nothing is left to do here; sub-classes build their network in it."""

    def _as_network(self) -> Network:
        return self

    def _set_up(self, dt: float | None, seed: int | None) -> None:
        self.configuration = Configuration(dt, seed)
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.monitors: list[Monitor] = []
        self.mean_inputs: list[MeanInput] = []
        self._constants = {}
        self._draws = 0
        self._instance = None
        self._stale = False
        self._redrawn = []
        self._pending = []
        _living.add(self)

    # --- objects --------------------------------------------------------------------------------------

    def create(
        self,
        geometry: int | tuple[int, ...] | Population | None = None,
        neuron: Neuron | type[Neuron] | None = None,
        stop_condition: str | None = None,
        name: str | None = None,
        population: Population | None = None,
    ) -> Population:
        """Add a population, or take one that was made on its own (``PoissonPopulation(...)``)."""
        given = geometry if isinstance(geometry, Population) else population
        if given is not None:
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
        disable_omp: bool = True,
    ) -> Projection:
        """Add a projection; call one of its ``connect_*`` methods next."""
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

    def boldmonitor(
        self,
        populations: Part | Sequence[Part],
        bold_model: BoldModel | type[BoldModel] | None = None,
        mapping: Mapping[str, str] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        normalize_input: float | Sequence[float] | None = None,
        recorded_variables: str | Sequence[str] | None = None,
        start: bool = False,
        name: str | None = None,
    ) -> BoldMonitor:
        """Record the BOLD signal of populations; see :class:`engine.extensions.bold.BoldMonitor`."""
        from engine.extensions.bold import BoldMonitor, balloon_RN

        return BoldMonitor(
            populations,
            bold_model or balloon_RN,
            mapping,
            scale_factor,
            normalize_input,
            recorded_variables,
            start,
            name=name,
            network=self,
        )

    def _adopt(self, population: Population) -> None:
        former = population.network
        if former is self:
            return
        if former.compiled or any(
            population in (p.pre_population, p.post_population) for p in former.projections
        ):
            raise EngineError(f"create(): {population.name} is already used in another network.")
        self.check_open("population")
        former.populations.remove(population)
        for index, other in enumerate(former.populations):
            other.id = index
        population.network, population.adopted = self, True
        self.add_population(population)

    def add_population(self, population: Population) -> None:
        """Register a population: gives it its number and name."""
        population.id = len(self.populations)
        population.name = population._given_name or f"pop{population.id}"
        if any(other.name == population.name for other in self.populations):
            raise EngineError(f"Population name='{population.name}' is already used. Choose another name.")
        self.populations.append(population)

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

    def check_open(self, what: str) -> None:
        """Raise if the network is compiled, so that its structure is fixed."""
        if self.compiled:
            raise EngineError(
                f"You cannot add a {what} after the network has been compiled. "
                "Add it before compile(), or call clear() and build the network anew."
            )

    def get_population(self, name: str) -> Population | None:
        """The population of that name, or None."""
        return next((p for p in self.populations if p.name == name), None)

    def get_projection(self, name: str) -> Projection | None:
        """The first projection of that name, or None."""
        return next((p for p in self.projections if p.name == name), None)

    def get_monitor(self, name: str) -> Monitor | None:
        """The first monitor of that name, or None."""
        return next((m for m in self.monitors if m.name == name), None)

    def get_populations(self) -> list[Population]:
        """All populations in order of creation."""
        return list(self.populations)

    def get_projections(
        self,
        post: Part | str | None = None,
        pre: Part | str | None = None,
        target: str | None = None,
        suppress_error: bool = False,
    ) -> list[Projection]:
        """Projections that match all given criteria; an error if there are none, unless suppressed."""
        found = [
            p
            for p in self.projections
            if (post is None or post in (p.post, p.post.name))
            and (pre is None or pre in (p.pre, p.pre.name))
            and (target is None or target in p.targets)
        ]
        criteria = post is not None or pre is not None or target is not None
        if criteria and not found and not suppress_error:
            raise EngineError("There is no projection that matches post, pre and target.")
        return found

    def get_monitors(self, obj: Any = None) -> list[Monitor]:
        """All monitors, or those of one object."""
        return [m for m in self.monitors if obj is None or m.source is obj]

    # --- whole network --------------------------------------------------------------------------------

    def enable_learning(
        self,
        projections: Sequence[Projection] | None = None,
        period: float | None = None,
        offset: float | None = None,
    ) -> None:
        """Let all (or the given) projections learn; see :meth:`Projection.enable_learning`."""
        for projection in self.projections if projections is None else projections:
            projection.enable_learning(period, offset)

    def disable_learning(self, projections: Sequence[Projection] | None = None) -> None:
        """Stop the learning of all (or the given) projections."""
        for projection in self.projections if projections is None else projections:
            projection.disable_learning()

    def clear(self) -> None:
        """Forget all objects; the settings stay."""
        for monitor in self.monitors:
            monitor.end_file()
        configuration = self.configuration
        self._set_up(None, None)
        self.configuration = configuration


_living: weakref.WeakSet[Network] = weakref.WeakSet()
_default: list[Network] = []


def default_network() -> Network:
    """The network of the top-level functions."""
    if not _default:
        network: Network = Network()
        _default.append(network)
    return _default[0]


def living_networks() -> list[Network]:
    """All networks that still exist."""
    return list(_living)
