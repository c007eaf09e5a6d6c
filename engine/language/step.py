"""What one time step of a model computes, as text of the language that a user can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.language.discretise import discretise
from engine.language.formatting import format_expression
from engine.language.model import (
    Assignment,
    Bounds,
    EventDriven,
    Let,
    NeuronModel,
    Ode,
    SynapseModel,
    Update,
)
from engine.language.tree import Binary, Call, Name, Number

_LIMITS = {"min": "Max", "max": "Min"}
"""A lower bound takes the greater of two values."""


def step_text(model: NeuronModel | SynapseModel, default_method: str) -> str:
    """The discretised update of ``model``, a statement a line, with comments that say where each is from.

    Parameters
    ----------
    model : NeuronModel or SynapseModel
    default_method : str
        The method of ODEs that carry no flag.

    Raises
    ------
    ModelError
        Where a method cannot integrate an equation.
    """
    discretised = discretise(model, default_method)
    methods = {ode.text: ode.method or default_method for ode in model.equations if isinstance(ode, Ode)}
    neuron = isinstance(model, NeuronModel)
    each = "neuron" if neuron else "synapse"
    parts = [
        _part(
            f"Once a step, for the whole {'population' if neuron else 'projection'}",
            _updates(discretised.global_updates, methods),
        ),
        _part("Each step, for each post-synaptic neuron", _updates(discretised.semiglobal_updates, methods)),
        _part(f"Each step, for each {each}", _updates(discretised.local_updates, methods)),
        _part("At a spike of either neuron, before anything else", _exact(discretised.event_driven)),
        *(_neuron_events(model) if isinstance(model, NeuronModel) else _synapse_events(model)),
    ]
    return "\n\n".join(part for part in parts if part) or "# Nothing changes from step to step."


def _part(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"# {title}\n{body}" if body else ""


def _updates(updates: Iterable[Update], methods: dict[str, str]) -> Iterator[str]:
    for update in updates:
        if isinstance(update, Let):
            yield f"{update.name} = {format_expression(update.expression)}"
            continue
        # The text without its flags: what the method made of it stands before.
        method = methods.get(update.text)
        origin = f"    # {update.text.partition(':')[0].strip()}, {method}" if method else ""
        yield f"{update.name} = {format_expression(update.expression)}{origin}"
        yield from _bounds(update.name, update.bounds)


def _bounds(name: str, bounds: Bounds) -> Iterator[str]:
    for kind, limit in bounds.limits:
        yield f"{name} = {_LIMITS[kind]}({name}, {format_expression(limit)})"


def _exact(equations: Iterable[EventDriven]) -> Iterator[str]:
    for equation in equations:
        x, steady = Name(equation.name), equation.steady
        elapsed = Binary("/", Binary("-", Name("t_last"), Name("t")), equation.tau)
        decay = Call("exp", (elapsed,))
        moved = Binary("*", x, decay)
        if steady != Number(0.0):
            moved = Binary("+", steady, Binary("*", Binary("-", x, steady), decay))
        origin = equation.text.partition(":")[0].strip()
        yield f"{equation.name} = {format_expression(moved)}    # {origin}, event-driven"


def _neuron_events(model: NeuronModel) -> Iterator[str]:
    if model.spike is None:
        return
    still = f", then nothing for {model.refractory} ms" if model.refractory not in (None, 0.0) else ""
    condition = f"When {format_expression(model.spike)}: a spike{still}"
    yield _part(condition, _statements(model.reset)) or f"# {condition}"
    if model.axon_spike is not None:
        condition = f"Otherwise, when {format_expression(model.axon_spike)}: an axonal spike"
        yield _part(condition, _statements(model.axon_reset)) or f"# {condition}"


def _synapse_events(model: SynapseModel) -> Iterator[str]:
    if model.psp is not None:
        yield _part(
            f"What reaches the neuron: {model.operation} over its synapses", [format_expression(model.psp)]
        )
    yield _part("When a spike of the pre-synaptic neuron arrives", _statements(model.pre_spike or ()))
    yield _part("When an axonal spike arrives", _statements(model.pre_axon_spike))
    yield _part("When the post-synaptic neuron spikes", _statements(model.post_spike))
    for rule, what in ((model.creating, "begins"), (model.pruning, "ends")):
        if rule is not None:
            chance = f" with probability {rule.probability}" if rule.probability < 1.0 else ""
            yield f"# A synapse {what}{chance} where {format_expression(rule.condition)}"


def _statements(statements: Iterable[Assignment]) -> Iterator[str]:
    for statement in statements:
        apart = "    # unless the post-synaptic neuron spikes, too" if statement.unless_post else ""
        yield f"{statement.name} {statement.operator} {format_expression(statement.expression)}{apart}"
        yield from _bounds(statement.name, statement.bounds)
