"""The document that the canvas edits: plain, immutable data, one struct for each kind of object.

Objects refer to each other by uuid only. An edit makes a new document that shares everything unchanged
with the old one, so that undo is keeping the old one. Structs are msgspec's: they check types strictly on
loading, name the path of a fault, and cost no start-up time (pydantic would add about 0.3 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import msgspec

if TYPE_CHECKING:
    from engine.network import Network

SCHEMA_VERSION = 1

Position = tuple[float, float]
"""A place on the canvas."""


def new_id() -> str:
    """A fresh identity for an object of a document."""
    return uuid4().hex


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all structs: immutable, named fields, unknown fields are errors."""


class _Object(_Record, frozen=True):
    """Anything that others may refer to."""

    id: str


class _Named(_Object, frozen=True):
    """An object with a name."""

    name: str


class NeuronText(_Named, frozen=True):
    """A neuron model as text; the fields are those of :class:`engine.Neuron`."""

    parameters: str = ""
    equations: str = ""
    spike: str = ""
    reset: str = ""
    refractory: str = ""
    """A number (ms), the name of an attribute, or empty."""
    axon_spike: str = ""
    axon_reset: str = ""
    functions: str = ""
    description: str = ""


class SynapseText(_Named, frozen=True):
    """A synapse model as text; the fields are those of :class:`engine.Synapse`."""

    parameters: str = ""
    equations: str = ""
    psp: str = ""
    operation: Literal["sum", "max", "min", "mean"] = "sum"
    pre_spike: str = ""
    post_spike: str = ""
    pre_axon_spike: str = ""
    creating: str = ""
    pruning: str = ""
    functions: str = ""
    description: str = ""


class ArrayFile(_Record, frozen=True, tag="array"):
    """An array kept beside the document as ``<sha256>.npy``."""

    sha256: str
    shape: tuple[int, ...]
    dtype: str


class Distribution(_Record, frozen=True, tag="distribution"):
    """A random distribution: name as in the API (``Uniform``, ``Normal`` ...) and its arguments in order.
    ``min`` and ``max`` clip."""

    name: str
    arguments: tuple[float, ...]
    min: float | None = None
    max: float | None = None


class Constant(_Record, frozen=True, tag="constant"):
    """One number for all."""

    value: float


class Pieces(_Record, frozen=True, tag="pieces"):
    """Different values on consecutive ranges of ranks: ``starts[k] <= rank < starts[k + 1]``."""

    starts: tuple[int, ...]
    values: tuple[Constant | Distribution, ...]


Value = Constant | Distribution | Pieces | ArrayFile
"""What a parameter, an initial value or a weight may be given as."""


class Course(_Record, frozen=True):
    """Rates that follow a schedule: one row for each time."""

    times: tuple[float, ...] = (0.0,)
    """ms at which each row begins, ascending."""
    rows: tuple[tuple[float, ...], ...] = ((0.0,),)
    """Rates: one number for all neurons, or one for each."""
    period: float | None = None
    """ms after which the first row comes again; None: never."""


class Population(_Named, frozen=True):
    """Neurons of one model. ``model`` is the id of a :class:`NeuronText`, the name of a built-in neuron
    (``"Izhikevich"``) or of a source (a key of ``catalogue.SOURCES``: ``"PoissonPopulation"``)."""

    geometry: tuple[int, ...]
    model: str
    values: dict[str, Value] = {}
    """Parameters and initial values that differ from the model's; for a source what it is given."""
    spike_times: tuple[tuple[float, ...], ...] = ()
    """For a SpikeSourceArray: ms, one tuple for each neuron."""
    course: Course | None = None
    """For a TimedArray or a TimedPoissonPopulation."""


class Slice(_Record, frozen=True):
    """Ranks start, start + step, ... below stop of one population."""

    start: int
    stop: int
    step: int = 1


class Connector(_Record, frozen=True):
    """How a projection is wired; fields that the pattern does not use keep their defaults."""

    pattern: Literal[
        "all_to_all",
        "one_to_one",
        "fixed_probability",
        "fixed_number_pre",
        "fixed_number_post",
        "gaussian",
        "dog",
    ] = "all_to_all"
    weights: Constant | Distribution = Constant(value=1.0)
    delay: float | Distribution = 0.0
    """ms; 0 is the shortest, one step. A distribution gives each synapse its own."""
    probability: float = 0.1
    number: int = 10
    allow_self_connections: bool = False
    amp: float = 1.0
    """Largest weight of a Gaussian."""
    sigma: float = 0.1
    """Its width; each dimension of a population has the length 1."""
    amp_pos: float = 1.0
    """Height and width of the Gaussian that is added in a difference of Gaussians ..."""
    sigma_pos: float = 0.1
    amp_neg: float = 0.5
    """... and of the one that is subtracted."""
    sigma_neg: float = 0.3
    limit: float = 0.01
    """Part of the amplitude up to which a weight makes no synapse."""


class Projection(_Named, frozen=True):
    """Synapses from ``pre`` to ``post`` (population ids) onto ``target``; between rate-coded and spiking
    populations what ``conversions`` says. ``synapse`` is empty for the
    default synapse, the id of a :class:`SynapseText`, or the name of a built-in (``"STP"``, ``"STDP"``)."""

    pre: str
    post: str
    target: str
    synapse: str = ""
    connector: Connector = Connector()
    values: dict[str, Value] = {}
    pre_slice: Slice | None = None
    post_slice: Slice | None = None
    creating_period: float | None = None
    """ms between two looks at the rule ``creating`` of the synapse; None: it is not started."""
    pruning_period: float | None = None
    """The same for ``pruning``."""
    window: float = 100.0
    """ms over which spikes are counted where a spiking population feeds a rate-coded one."""


class Monitor(_Object, frozen=True):
    """What is recorded of a population or projection (``source`` is its id)."""

    source: str
    variables: tuple[str, ...] = ()
    """Names of variables, ``spike``, ``sum(target)``."""
    period: float | None = None
    """ms between samples; None: every step."""


class BoldMonitor(_Named, frozen=True):
    """A BOLD signal of populations (ids), recorded from the first step on."""

    populations: tuple[str, ...]
    mapping: dict[str, str]
    """Variable of the populations that each input of the model takes."""
    model: str = "balloon_RN"
    """Name of a predefined model."""
    values: dict[str, float] = {}
    """Arguments of the model that differ from its defaults."""
    scale_factor: float | None = None
    """Factor of each population's mean; None: its share of all neurons."""
    baseline: float = 0.0
    """ms over which the input at rest is measured; 0: the input is not relative."""
    rate_window: float = 100.0
    """ms over which ``r`` of spiking populations is a mean, where it is an input."""
    variables: tuple[str, ...] = ()
    """Variables of the model that are recorded besides its outputs."""


class RunSettings(_Record, frozen=True):
    """How the network is run. ``seed`` None draws a new one each time."""

    duration: float = 1000.0
    dt: float = 1.0
    threads: int = 1
    seed: int | None = 42
    method: Literal["explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4"] = "explicit"


class ViewState(_Record, frozen=True):
    """Where things are drawn; refers to objects by id only and never influences a result."""

    positions: dict[str, tuple[float, float]] = {}
    label_offsets: dict[str, tuple[float, float]] = {}


class ProjectDocument(_Record, frozen=True):
    """A whole project."""

    schema_version: int = SCHEMA_VERSION
    name: str = "Untitled"
    description: str = ""
    neurons: tuple[NeuronText, ...] = ()
    synapses: tuple[SynapseText, ...] = ()
    populations: tuple[Population, ...] = ()
    projections: tuple[Projection, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    bold_monitors: tuple[BoldMonitor, ...] = ()
    run: RunSettings = RunSettings()
    view: ViewState = ViewState()

    def build(self) -> Network:
        """Make the network that this document describes; :func:`engine.project.build.build` also says what
        is to be started once it is compiled.

        Raises
        ------
        EngineError
            If the document has errors; the text lists them.
        """
        from engine.project.build import build

        return build(self).network

    @property
    def owners(self) -> tuple[Population | Projection, ...]:
        """Everything that has values and can be recorded: populations, then projections."""
        return (*self.populations, *self.projections)

    @property
    def models(self) -> tuple[NeuronText | SynapseText, ...]:
        """All models of the project's own: neurons, then synapses."""
        return (*self.neurons, *self.synapses)
