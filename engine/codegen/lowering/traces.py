"""Which event-driven variables have one value for all synapses of a neuron.

A variable that only ``pre_spike`` changes, by the same rule for all synapses of a pre-synaptic neuron, is the
same at all of them: one delay for the projection lets a spike arrive at all of them at once. A variable that
only ``post_spike`` increases is the same at all synapses onto a neuron, but for one thing: each spike that
arrives shortens the decay by one step (semantics.md 7), and synapses of different neurons get different
spikes. What a synapse is *ahead* of its neuron for that reason, z, is a number for each synapse, which only
arriving spikes touch: in step n, where p is the value of the neuron and the last spike arrived in step m, ::

    y = p(n - 1) + z * exp((m - (n - 1))*dt/tau)        z := y - p(n)

So no exponential function is left for single synapses, nor a step of the last event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.codegen.lowering.builder import homogeneous
from engine.language.model import Assignment
from engine.language.traverse import walk
from engine.language.tree import Binary, Boolean, Call, Conditional, Expression, Name, Number, Unary

if TYPE_CHECKING:
    from engine.codegen.lowering.synapses import SynapseValues

_PURE = (Number, Boolean, Name, Unary, Binary, Call, Conditional)
_CLOCK = frozenset({"t", "dt", "pi", "E"})


@dataclass(frozen=True)
class Trace:
    """An event-driven variable that is stored for neurons: tau dx/dt + x = steady.

    ``side`` says which neurons: those whose spikes change it.
    """

    name: str
    side: Literal["pre", "post"]
    tau: Expression
    steady: Expression


def shared_traces(values: SynapseValues) -> tuple[Trace, ...]:
    """The event-driven variables of a projection, if all of them can be stored for neurons; else none."""
    model, projection = values.model, values.projection
    equations = values.updates.event_driven
    names = {equation.name for equation in equations}
    if not names or not values.spiking or not projection.connectivity.uniform:
        return ()
    if projection.structural or model.creating or model.pruning or model.pre_axon_spike:
        return ()
    if names & projection.widened or any(_read_elsewhere(values, name) for name in names):
        return ()
    for variable in model.variables:
        if variable.name in names and (
            variable.dtype != "float"
            or variable.locality != "local"
            or not homogeneous(projection.init[variable.name])
        ):
            return ()
    uniform = _uniform(values)
    if not all(only_reads((e.tau, e.steady), uniform - {"t"}) for e in equations):
        return ()
    pre = _of_pre(values, names, uniform)
    traces = []
    for equation in equations:
        if equation.name in pre:
            traces.append(Trace(equation.name, "pre", equation.tau, equation.steady))
        elif _of_post(values, equation.name, equation.steady, uniform):
            traces.append(Trace(equation.name, "post", equation.tau, equation.steady))
        else:
            return ()
    return tuple(traces)


def _read_elsewhere(values: SynapseValues, name: str) -> bool:
    """Is the variable read when no spike arrives? It has the value of the synapse's last event then."""
    updates = values.updates
    blocks = (updates.global_updates, updates.semiglobal_updates, updates.local_updates)
    read = [update.expression for block in blocks for update in block]
    if values.model.psp is not None:
        read.append(values.model.psp)
    return name in names_in(read)


def names_in(trees: Iterable[Expression]) -> set[str]:
    """The synapse's own names that some trees hold."""
    nodes = (node for tree in trees for node in walk(tree))
    return {node.name for node in nodes if isinstance(node, Name) and node.owner == "own"}


def _uniform(values: SynapseValues) -> set[str]:
    """Names that stand for one value for all synapses while the events of one step are handled."""
    own = {name for name, locality in values.localities.items() if locality == "global"}
    return own | set(values.projection.network.constants) | _CLOCK


def only_reads(trees: Iterable[Expression], known: set[str]) -> bool:
    """Are these trees without draws, sums and names other than the known ones of the synapse?"""
    return all(
        isinstance(node, _PURE)
        and (not isinstance(node, Name) or (node.owner == "own" and node.name in known))
        for tree in trees
        for node in walk(tree)
    )


def trees_of(assignment: Assignment) -> list[Expression]:
    """What an assignment reads besides its target."""
    return [assignment.expression, *(limit for _, limit in assignment.bounds.limits)]


def _of_pre(values: SynapseValues, names: set[str], uniform: set[str]) -> set[str]:
    """Variables that a spike of the pre-synaptic neuron changes in the same way at all its synapses."""
    assigned = values.model.pre_spike or ()
    found = names - {a.name for a in values.model.post_spike}
    while True:
        lost = {
            a.name
            for a in assigned
            if a.name in found and (a.unless_post or not only_reads(trees_of(a), uniform | found))
        }
        if not lost:
            return found
        found -= lost


def _of_post(values: SynapseValues, name: str, steady: Expression, uniform: set[str]) -> bool:
    """Does a spike of the post-synaptic neuron add the same to the variable at all its synapses, and nothing
    else change it? Only sums can be split into the part of the neuron and that of a synapse."""
    if any(a.name == name for a in values.model.pre_spike or ()) or not _is_zero(steady):
        return False
    return all(
        a.operator in ("+=", "-=")
        and not a.unless_post
        and not a.bounds.limits
        and only_reads([a.expression], uniform)
        for a in values.model.post_spike
        if a.name == name
    )


def _is_zero(tree: Expression) -> bool:
    return isinstance(tree, Number) and float(tree.value) == 0.0
