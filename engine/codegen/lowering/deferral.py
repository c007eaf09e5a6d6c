"""Which statements of ``post_spike`` may wait until the next spike arrives at the synapse.

A post-synaptic spike changes weights all over the storage, and nobody reads them before the next spike of
their pre-synaptic neurons. Where a statement adds a multiple of a pre-synaptic trace within bounds, ::

    w = clip(w + a*x, low, high)

all that spikes in between have added is one product: the trace decays in the same way for all synapses, so
that the post-synaptic neuron keeps the sums of exp(-T/tau) over its last spikes, and a synapse how many of
them it has seen. All increments between two events of the pre-synaptic neuron have one sign: to stay within
bounds at each of them and to do so at the end is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.lowering.traces import Trace, names_in, only_reads, trees_of
from engine.language.model import Assignment, Bounds
from engine.language.numeric import evaluate
from engine.language.tree import Binary, Call, Expression, Name, Number, Unary

if TYPE_CHECKING:
    from engine.codegen.lowering.synapses import SynapseValues

SUM = "_sum"
"""Name of all that is added, in the expression of the new weight."""

REMEMBERED = 15
"""Spikes of a post-synaptic neuron that synapses may have missed."""

_SHORTEST_ROWS = 16
"""Mean number of synapses of a neuron from which on it is worth it."""
_SLOWEST_STEPS = 4.0
"""Largest dt/tau."""


@dataclass(frozen=True)
class Deferral:
    """``w = result`` with ``factor`` times the trace for :data:`SUM`, then ``bounds``."""

    trace: Trace
    factor: Expression
    result: Expression
    bounds: Bounds

    @property
    def names(self) -> set[str]:
        """Parameters and constants that it reads."""
        limits = [limit for _, limit in self.bounds.limits]
        return names_in([self.trace.tau, self.factor, self.result, *limits]) - {"w", SUM}

    def weights(self, weights: Any, added: Any, known: Mapping[str, Any]) -> Any:
        """The weights after ``added`` was added."""
        values = evaluate(self.result, {**known, "w": weights, SUM: added})
        for which, limit in self.bounds.limits:
            bound = evaluate(limit, known)
            values = np.maximum(values, bound) if which == "min" else np.minimum(values, bound)
        return values

    def suits(self, weights: Any, known: Mapping[str, Any], dt: float) -> bool:
        """Are weights within the bounds, and does the trace decay neither at once nor grow?"""
        speed = dt / float(evaluate(self.trace.tau, known))
        if not 0.0 < speed <= _SLOWEST_STEPS:
            return False
        ends = np.array([np.min(weights), np.max(weights)]) if np.size(weights) else np.zeros(0)
        return bool(np.array_equal(self.weights(ends, 0.0, known), ends))


def deferral(values: SynapseValues, traces: tuple[Trace, ...]) -> Deferral | None:
    """How weights of a projection wait for its post-synaptic spikes; None where they cannot."""
    model, projection = values.model, values.projection
    names = {trace.name for trace in traces}
    rest = [a for a in model.post_spike if a.name not in names]
    updates = values.updates
    if len(rest) != 1 or model.psp is not None or "w" in projection.widened:
        return None
    if updates.global_updates or updates.semiglobal_updates or updates.local_updates:
        return None
    if names_in([tree for a in model.post_spike if a is not rest[0] for tree in trees_of(a)]) & (
        names | {"w"}
    ):
        return None
    if projection.connectivity.nnz < _SHORTEST_ROWS * projection.connectivity.n_pre:
        return None
    parameters = {p.name for p in model.parameters if values.localities[p.name] == "global"}
    constant = parameters | set(projection.network.constants) | {"pi", "E"}
    found = _read(rest[0], {t.name: t for t in traces if t.side == "pre" and _rests_at_zero(t)}, constant)
    if found is None:
        return None
    connectivity = projection.connectivity
    given = connectivity.weights_by_pre if connectivity.weights is None else connectivity.weights
    weights = np.zeros(0) if given is None else given  # Those of a running network were looked at before.
    known = {name: projection.init[name] for name in parameters} | dict(projection.network.constants)
    return found if found.suits(weights, known | {"dt": values.builder.dt}, values.builder.dt) else None


def _rests_at_zero(trace: Trace) -> bool:
    return isinstance(trace.steady, Number) and float(trace.steady.value) == 0.0


def _read(assignment: Assignment, traces: Mapping[str, Trace], constant: set[str]) -> Deferral | None:
    """The deferral of an assignment, if it has the form."""
    limits = [limit for _, limit in assignment.bounds.limits]
    if assignment.name != "w" or assignment.unless_post or not only_reads(limits, constant):
        return None
    tree, wrap = assignment.expression, tuple[Expression, ...]()
    right: Expression
    if assignment.operator == "=":
        if isinstance(tree, Call) and tree.function == "clip" and only_reads(tree.arguments[1:], constant):
            wrap, tree = tree.arguments[1:], tree.arguments[0]
        if not isinstance(tree, Binary) or tree.operator not in ("+", "-"):
            return None
        sign, left, right = tree.operator, tree.left, tree.right
        if sign == "+" and names_in([right]) == {"w"}:
            left, right = right, left
        if not (isinstance(left, Name) and left.name == "w" and left.owner == "own"):
            return None
    elif assignment.operator in ("+=", "-="):
        sign, right = assignment.operator[0], tree
    else:
        return None
    product = _multiple(right, traces, constant)
    if product is None:
        return None
    trace, factor = product
    new: Expression = Binary(sign, Name("w"), Name(SUM))
    if wrap:
        new = Call("clip", (new, *wrap))
    return Deferral(traces[trace], factor, new, assignment.bounds)


def _multiple(
    tree: Expression, traces: Mapping[str, Trace], constant: set[str]
) -> tuple[str, Expression] | None:
    """A trace and what it is multiplied by, if a tree is such a product."""
    if isinstance(tree, Name) and tree.owner == "own" and tree.name in traces:
        return tree.name, Number(1.0)
    if isinstance(tree, Unary) and tree.operator == "-":
        inner = _multiple(tree.operand, traces, constant)
        return None if inner is None else (inner[0], Unary("-", inner[1]))
    if isinstance(tree, Binary) and tree.operator in ("*", "/"):
        for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
            inner = _multiple(one, traces, constant)
            if inner is None or not only_reads([other], constant):
                continue
            if tree.operator == "*" or one is tree.left:
                return inner[0], Binary(tree.operator, inner[1], other)
    return None
