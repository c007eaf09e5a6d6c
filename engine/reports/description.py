"""What a report tells of a network, apart from how it is printed.

Formulas are LaTeX in math mode. All other text is plain, except that patterns of connections, values,
details of equations and remarks may have formulas between dollar signs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A parameter as its model declares it."""

    symbol: str
    value: str
    locality: str
    """``"per neuron"``, ``"per projection"`` ..."""
    dtype: str


@dataclass(frozen=True)
class Equation:
    """The equation of a variable, and what is said about it."""

    symbol: str
    formula: str
    details: tuple[str, ...]
    """Locality, initial value, bounds, numerical method."""
    bounds: tuple[str, ...] = ()
    """The bounds as formulas."""


@dataclass(frozen=True)
class Statement:
    """What an event does to a variable, and the bounds of that."""

    formula: str
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """What happens at a spike, or where a condition holds.

    Attributes
    ----------
    kind : str
        ``"spike"``, ``"axon_spike"``, ``"pre_spike"``, ``"post_spike"``, ``"pre_axon_spike"``,
        ``"creating"``, ``"pruning"``.
    condition : str
        Formula; empty where the event comes from elsewhere.
    statements : tuple of Statement
    remark : str
        What else is to be said.
    """

    kind: str
    condition: str = ""
    statements: tuple[Statement, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Model:
    """A neuron or synapse model."""

    name: str
    description: str
    spiking: bool
    parameters: tuple[Parameter, ...]
    equations: tuple[Equation, ...]
    functions: tuple[str, ...]
    events: tuple[Event, ...] = ()
    psp: str = ""
    """What a synapse contributes, as a formula; empty where spikes change a conductance only."""
    operation: str = "sum"
    """What is made of the contributions of a neuron's synapses."""

    def events_of(self, *kinds: str) -> tuple[Event, ...]:
        """Those events that are of these kinds."""
        return tuple(event for event in self.events if event.kind in kinds)


@dataclass(frozen=True)
class Group:
    """A population."""

    name: str
    model: str
    geometry: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class Connection:
    """A projection."""

    source: str
    destination: str
    target: str
    synapse: str
    connector: str
    pattern: str
    storage: str = ""
    """How the engine holds the synapses; empty before compile."""


@dataclass(frozen=True)
class Value:
    """The value of a parameter, or an initial value."""

    symbol: str
    value: str


@dataclass(frozen=True)
class Values:
    """What the parameters of a population or projection are."""

    owner: str
    model: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Input:
    """A population that brings activity into the network."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Recording:
    """What a monitor records."""

    owner: str
    variables: tuple[str, ...]
    period: str


@dataclass(frozen=True)
class Measurement:
    """A signal that a model makes of the activity of populations."""

    name: str
    model: Model
    inputs: tuple[str, ...]
    """What the model gets, a sentence each."""


@dataclass(frozen=True)
class Omission:
    """Something that could not be told, and why."""

    what: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """All that a report tells."""

    settings: tuple[str, ...]
    populations: tuple[Group, ...]
    connections: tuple[Connection, ...]
    neurons: tuple[Model, ...]
    synapses: tuple[Model, ...]
    constants: tuple[Value, ...]
    functions: tuple[str, ...]
    population_values: tuple[Values, ...]
    projection_values: tuple[Values, ...]
    inputs: tuple[Input, ...]
    measurements: tuple[Measurement, ...]
    recordings: tuple[Recording, ...]
    omissions: tuple[Omission, ...] = ()
    has_sums: bool = False
    """An equation reads the weighted sum of a target."""


Pieces = list[tuple[bool, str]]


def pieces(text: str) -> Pieces:
    """A text with formulas between dollar signs as its parts: (is it a formula, the part)."""
    parts = text.split("$")
    if len(parts) % 2 == 0:
        return [(False, text)]
    return [(bool(index % 2), part) for index, part in enumerate(parts) if part]


@dataclass(frozen=True)
class Heading:
    """What stands above a report."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
