"""What the parser makes of a neuron's or a synapse's text: symbols, equations and events as trees.

These are the only objects that later stages see; the text itself is kept for messages and forms.
User functions are already inlined, Constants stay names (their value may change at run time).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.language.tree import NOWHERE, Expression, Span

if TYPE_CHECKING:
    from engine.language.calls import UserFunction

Kind = Literal["rate", "spike"]
Dtype = Literal["float", "int", "bool"]
Locality = Literal["local", "global", "semiglobal"]
"""``local``: one value per neuron/synapse; ``global``: one per population/projection
(flags ``population``, ``projection``); ``semiglobal``: one per post-synaptic neuron (``postsynaptic``)."""
Method = Literal["explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4", "event-driven"]


@dataclass(frozen=True)
class Parameter:
    name: str
    value: float | int | bool
    dtype: Dtype = "float"
    locality: Locality = "local"
    constant: str = ""
    """Name of the Constant that the value was taken from, if any."""
    span: Span = NOWHERE


@dataclass(frozen=True)
class Variable:
    """A name that equations or events write, with its initial value."""

    name: str
    init: float | int | bool = 0.0
    dtype: Dtype = "float"
    locality: Locality = "local"
    span: Span = NOWHERE


@dataclass(frozen=True)
class Bounds:
    """Applied after each write in the order given, e.g. ``(("min", 0.0), ("max", a))``."""

    limits: tuple[tuple[Literal["min", "max"], Expression], ...] = ()


@dataclass(frozen=True)
class Assignment:
    """``name operator expression``; ``operator`` is ``= += -= *= /=``."""

    name: str
    operator: str
    expression: Expression
    bounds: Bounds = Bounds()
    unless_post: bool = False
    text: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True)
class Ode:
    """An ODE solved for its gradient: d``name``/dt = ``gradient``."""

    name: str
    gradient: Expression
    method: Method | None
    """None: the network's default method."""
    bounds: Bounds = Bounds()
    text: str = ""
    span: Span = NOWHERE


Equation = Assignment | Ode


def is_implicit(equation: Equation) -> bool:
    """Whether the language added an equation: ``g_exc = 0`` of a conductance that has none."""
    return isinstance(equation, Assignment) and equation.expression.span == NOWHERE


@dataclass(frozen=True)
class NeuronModel:
    """A checked neuron. ``variables`` are in order of definition and include implicit ones: every used
    ``g_<target>`` without a definition (its ``g = 0`` assignment stands last in ``equations``)
    and ``r`` for spiking neurons (never written by ``equations``; the mean firing rate)."""

    name: str
    kind: Kind
    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    equations: tuple[Equation, ...]
    spike: Expression | None = None
    reset: tuple[Assignment, ...] = ()
    axon_spike: Expression | None = None
    """Condition of a second kind of spikes, tested where ``spike`` does not hold (any more)."""
    axon_reset: tuple[Assignment, ...] = ()
    refractory: float | str | None = None
    targets: tuple[str, ...] = ()
    """Targets read by the equations: ``sum(exc)`` or ``g_exc`` give ``"exc"``; these are the input ports."""
    summed: tuple[str, ...] = ()
    """Those of ``targets`` that are read by ``sum(target)``: what rate-coded projections add to."""
    uses_sum_of_all: bool = False
    functions: tuple[UserFunction, ...] = ()
    """Those that the neuron defines; their calls are inlined already."""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StructuralRule:
    """``creating`` or ``pruning``: where ``condition`` holds, with ``probability``, a synapse begins (of
    ``weight`` and ``delay`` in ms; None: the shortest) or ends."""

    condition: Expression
    probability: float = 1.0
    weight: float = 0.0
    delay: float | None = None
    text: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True)
class StopCondition:
    """Ends a run: ``expression`` (None: the neuron fired in this step) holds for one neuron, or for all."""

    expression: Expression | None
    needs_all: bool


@dataclass(frozen=True)
class SynapseModel:
    """A checked synapse. ``w`` is always among ``variables``. The kind is that of the pre population."""

    name: str
    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    equations: tuple[Equation, ...]
    psp: Expression | None = None
    """None: ``w * pre.r`` for a rate synapse; no continuous transmission for a spiking one."""
    operation: str = "sum"
    pre_spike: tuple[Assignment, ...] | None = None
    """``g_target`` statements first. None: the text was not given."""
    post_spike: tuple[Assignment, ...] = ()
    creating: StructuralRule | None = None
    pruning: StructuralRule | None = None
    pre_axon_spike: tuple[Assignment, ...] = ()
    """At axonal spikes: one ``g_target`` statement, or all of ``pre_spike``."""
    functions: tuple[UserFunction, ...] = ()
    """Those that the synapse defines; their calls are inlined already."""
    texts: Mapping[str, str] = field(default_factory=dict)


# --- the discretised form, what one time step computes -------------------------------------------------


@dataclass(frozen=True)
class Let:
    """A temporary of one step: ``name = expression`` (names start with ``_``)."""

    name: str
    expression: Expression


@dataclass(frozen=True)
class Write:
    """Store into variable ``name``, then apply ``bounds``. ``text`` is the equation it came from."""

    name: str
    expression: Expression
    bounds: Bounds = Bounds()
    text: str = ""


Update = Let | Write


@dataclass(frozen=True)
class EventDriven:
    """tau dx/dt + x = steady: at an event, x := steady + (x - steady) * exp(elapsed / tau * -1)."""

    name: str
    tau: Expression
    steady: Expression
    text: str = ""


@dataclass(frozen=True)
class Discretised:
    """Updates of one step, in execution order, split by locality (global first, semiglobal, local)."""

    global_updates: tuple[Update, ...]
    semiglobal_updates: tuple[Update, ...]
    local_updates: tuple[Update, ...]
    event_driven: tuple[EventDriven, ...] = ()
