"""Network: populations, projections and monitors that are compiled and run together."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError, ModelError
from engine.network.configuration import Configuration
from engine.network.constant import constant_values
from engine.network.distributions import Generator, RandomDistribution
from engine.network.mean_input import MeanInput
from engine.network.monitor import Monitor
from engine.network.neuron import Neuron
from engine.network.population import Population
from engine.network.projection import Part, Projection
from engine.network.running import Running
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


class Network(Running, metaclass=_NetworkType):
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
        self._constants: dict[str, float] = {}
        self._draws = 0
        self._instance = None
        self._stale = False
        self._redrawn = []
        self._pending = []
        _living.add(self)

    # --- settings -------------------------------------------------------------------------------------

    def config(self, **settings: Any) -> None:
        """Change settings; the keys are those of ``setup``. ``dt`` and the threads are fixed by compile."""
        fixed = {"dt", "num_threads", "precision", "method", "structural_plasticity"} & settings.keys()
        if self.compiled and fixed:
            raise EngineError(
                f"The network is compiled, so {', '.join(sorted(fixed))} cannot change any more."
            )
        for key in self.configuration.set(settings):
            self.warn(f"setup(): unknown key: {key}")
        if "dt" in settings and self.populations:
            self.warn("dt was changed after objects were created.")
        if "seed" in settings:
            self._restart_random_numbers()

    @property
    def dt(self) -> float:
        """Step in ms."""
        return float(self.configuration.values["dt"])

    @dt.setter
    def dt(self, value: float) -> None:
        self.config(dt=value)

    @property
    def seed(self) -> int:
        """Seed in use."""
        return self.configuration.seed

    @property
    def threads(self) -> int:
        """Number of threads; results do not depend on it."""
        return int(self.configuration.values["num_threads"])

    @threads.setter
    def threads(self, value: int) -> None:
        self.config(num_threads=value)

    @property
    def precision(self) -> str:
        """``"double"`` or ``"float"``."""
        return str(self.configuration.values["precision"])

    @property
    def method(self) -> str:
        """Numerical method of ODEs without a flag."""
        return str(self.configuration.values["method"])

    @property
    def constants(self) -> dict[str, float]:
        """Values of the Constants in this network."""
        return constant_values() | self._constants

    def set_constant(self, name: str, value: float) -> None:
        """Change a Constant in this network."""
        self._constants[name] = value
        array = None if self._instance is None else self._instance.arrays.get(f"const_{name}")
        if array is not None:
            array[0] = value

    def set_seed(self, seed: int) -> None:
        """Begin all random sequences anew from ``seed``; drawn synapses stay."""
        self.configuration.new_seed(seed)
        self._restart_random_numbers()

    def _restart_random_numbers(self) -> None:
        self._draws = 0
        if self._instance is not None:
            self._instance.restart_draws()

    def warn(self, text: str) -> None:
        """Print a warning, unless ``suppress_warnings`` is set."""
        if not self.configuration.values["suppress_warnings"]:
            print(f"WARNING: {text} ")

    def warn_of_hidden(self, attributes: Iterable[str], owner: type, label: str) -> None:
        """Warn of attributes of a model that have the name of something else of their owner."""
        hidden = [name for name in attributes if hasattr(owner, name)]
        if hidden:
            self.warn(f"{label}: use get() and set() for {', '.join(hidden)}; the name has another meaning.")

    # --- random numbers of Python ---------------------------------------------------------------------

    def generator(self, purpose: str, *numbers: int) -> Generator:
        """A generator that is a function of the seed, the purpose and the numbers only."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode()), *numbers])

    def next_generator(self) -> Generator:
        """The generator for the next use of a distribution in this network."""
        self._draws += 1
        return self.generator("values", self._draws)

    def draw(self, distribution: RandomDistribution, size: int) -> NDArray[Any]:
        """Samples for an attribute."""
        return distribution.bound_to(self.next_generator()).get_values(size)

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
        variables: str | Sequence[str] = (),
        period: float | None = None,
        period_offset: float | None = None,
        start: bool = True,
        name: str | None = None,
    ) -> Monitor:
        """Record variables of a population, view, projection or dendrite of this network."""
        if getattr(obj, "network", self) is not self:
            raise EngineError(f"monitor(): {obj.name} belongs to another network.")
        return Monitor(obj, variables, period, period_offset, start, name=name)

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
        population.network = self
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

    # --- compiling ------------------------------------------------------------------------------------

    def compile(
        self,
        directory: str = "annarchy",
        clean: bool = False,
        compiler: str = "default",
        compiler_flags: str = "default",
        add_sources: str = "",
        extra_libs: str = "",
        cuda_config: dict[str, Any] | None = None,
        annarchy_json: str = "",
        silent: bool = False,
        debug_build: bool = False,
        profile_enabled: bool = False,
        *,
        cancel: Event | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Draw the synapses, generate and build the code, and set all initial values.

        Parameters
        ----------
        silent : bool
            Print nothing.
        cancel : threading.Event, optional
            Ends a running compiler; :class:`CompilationError` is raised.
        progress : callable, optional
            Is told what is being done.

        Other parameters are accepted for compatibility and ignored.
        """
        from engine.codegen import compile_network

        if self.compiled:
            print("compile(): the network is already compiled; nothing was done. Call clear() to start anew.")
            return
        self._check_structure()
        if not silent:
            print("Compiling ... ", end="", flush=True)
        if progress is not None:
            progress("Drawing synapses")
        draws = self._draws
        try:
            for projection in self.projections:
                projection.draw()
            self._instance = compile_network(self, cancel=cancel, progress=progress)
        finally:
            if not self.compiled:
                self._draws = draws
        self._stale = False
        if not silent:
            print(" OK ")

    def generate(self) -> str:
        """Return the C++ text that :meth:`compile` builds, without building it; draws synapses if there
        are none yet.

        Raises
        ------
        EngineError
            If the network asks for something that cannot be done.
        """
        from engine.codegen import generated_code

        self._check_structure()
        draws = self._draws
        try:
            if not self.compiled:
                for projection in self.projections:
                    projection.draw()
            return generated_code(self)
        finally:
            self._draws = draws

    def _check_structure(self) -> None:
        from engine.language import check_sums, check_synapse_use

        received = {
            population: {t for p in self.projections if p.post_population is population for t in p.targets}
            for population in self.populations
        }
        mistakes = []
        for projection in self.projections:
            _ = projection.recipe
            pre, post = projection.pre_population.model, projection.post_population.model
            mistakes += check_synapse_use(projection.model, pre, post)
            sides = {"pre": projection.pre_population, "post": projection.post_population}
            sums = {side: (part.name, received[part]) for side, part in sides.items()}
            mistakes += check_sums(projection.model, sums, spiking=pre.kind == "spike")
            unused = [t for t in projection.targets if t not in post.targets and not post.uses_sum_of_all]
            for target in unused:
                self.warn(
                    f"Projection {projection.name}: the neuron of {projection.post.name} does not use the "
                    f"target {target!r}; its targets: {', '.join(post.targets) or 'none'}."
                )
        if mistakes:
            raise ModelError(mistakes)

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
