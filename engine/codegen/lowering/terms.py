"""Terms of synapses that follow from one neuron: computed once for it, not at each of its synapses.

``w * tanh(pre.r)`` asks for the same hyperbolic tangent at all synapses of a pre-synaptic neuron. Where a
loop goes over all synapses of a projection, each such term that costs a function or a quotient becomes an
array of the neurons, made just before the loop, in which the synapses look it up. What a row has in common
(``post.r`` in rows onto neurons) needs no array: it is computed once in front of the row.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from engine.codegen.access import base_symbol
from engine.codegen.ir import (
    Const,
    Draw,
    Each,
    EachRow,
    EachSynapse,
    Expr,
    Function,
    Kernel,
    Let,
    Load,
    Op,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import Lowered
from engine.codegen.lowering.neurons import NEURON
from engine.codegen.passes import rewrite, without_unused
from engine.codegen.plan import Buffer, Entry, Matrix, Plan
from engine.codegen.traverse import (
    rebuilt,
    subexpressions,
    written_buffers,
)

FEWEST = 2
"""Synapses of a neuron, in the mean, from which on it is worth it."""

_CHEAP = frozenset(
    {"min", "max", "clip", "fabs", "pos", "neg", "fma", "sign", "floor", "ceil", "round", "sqrt"}
)
_SMALL_POWERS = range(-8, 9)
_UNIFORM = frozenset({"step", "tick", "t", "done"})


def share_terms(lowered: Lowered) -> Lowered:
    """The plan with an array for each term of neurons."""
    plan = lowered.plan
    schedule: list[Entry] = []
    added: dict[str, Buffer] = {}
    for entry in plan.schedule:
        if isinstance(entry.work, Kernel) and isinstance(entry.work.domain, EachRow | EachSynapse):
            finder = _Finder(plan, lowered.sizes, entry.work, len(added))
            kernel = finder.visit_kernel(entry.work)
            schedule += [dataclasses.replace(entry, work=made) for made in finder.kernels(entry.work)]
            added |= {buffer.name: buffer for buffer in finder.buffers}
            entry = dataclasses.replace(entry, work=kernel)
        schedule.append(entry)
    if not added:
        return lowered
    plan = dataclasses.replace(
        plan,
        buffers=(*plan.buffers, *added.values()),
        schedule=tuple(schedule),
        scratch=(*plan.scratch, *added),
    )
    return dataclasses.replace(lowered, plan=plan, values=lowered.values | dict.fromkeys(added, 0.0))


@dataclass
class _Finder:
    """Finds the terms of one kernel."""

    plan: Plan
    sizes: dict[str, int]
    kernel: Kernel
    number: int
    buffers: list[Buffer] = field(default_factory=list)
    found: dict[Expr, Load] = field(default_factory=dict)
    bound: dict[str, Expr | None] = field(default_factory=dict)
    """What the names of the body stand for, where that is a term of the neuron; else None."""

    def __post_init__(self) -> None:
        domain = self.kernel.domain
        assert isinstance(domain, EachRow | EachSynapse)
        self.matrix: Matrix = self.plan.matrix(domain.matrix)
        self.side = Symbol("post" if self.matrix.rows == "pre" else "pre", "int")
        self.written = written_buffers(self.kernel)

    def visit_kernel(self, kernel: Kernel) -> Kernel:
        """The kernel with elements of arrays in the place of terms."""
        body = []
        for statement in kernel.body:
            if isinstance(statement, Let):
                whole = self._resolved(statement.value)
                self.bound[statement.name] = whole if self._is_of_neuron(whole) else None
            body.append(self.visit(statement))
        reduction = kernel.reduction
        if reduction is not None:
            reduction = dataclasses.replace(reduction, value=self.visit(reduction.value))
        return without_unused(dataclasses.replace(kernel, body=tuple(body), reduction=reduction))

    def visit(self, node: Any) -> Any:
        """A statement or expression with elements of arrays in the place of terms."""
        if isinstance(node, Op | Function) and node.type == "real" and _costs(node):
            whole = self._resolved(node)
            if self._is_of_neuron(whole) and _costs(whole) and (count := self._neurons(whole)):
                return self._element(whole, count)
        return rebuilt(node, self.visit)

    def kernels(self, kernel: Kernel) -> list[Kernel]:
        """What makes the arrays, in the steps of ``kernel``."""
        return [
            Kernel(
                f"{kernel.name}, {load.array}",
                Each(str(self.plan_count(load.array))),
                (Store(load.array, NEURON, rewrite(term, lambda e: NEURON if e == self.side else e)),),
                kernel.condition,
            )
            for term, load in self.found.items()
        ]

    def plan_count(self, array: str) -> str | int:
        """Size of an array of terms."""
        return next(buffer.count for buffer in self.buffers if buffer.name == array)

    def _element(self, term: Expr, count: str) -> Load:
        if term not in self.found:
            name = f"terms{self.number + len(self.buffers)}"
            comment = f"{self.kernel.name}: what follows from {self.side.name}-synaptic neurons"
            self.buffers.append(Buffer(name, "real", count, comment))
            self.found[term] = Load(name, self.side)
        return self.found[term]

    def _resolved(self, node: Any) -> Any:
        """An expression with terms of the neuron in the place of their names."""
        if isinstance(node, Symbol) and self.bound.get(node.name) is not None:
            return self.bound[node.name]
        return rebuilt(node, self._resolved)

    def _is_of_neuron(self, node: Expr) -> bool:
        """Does it follow from values of the neuron, and from what all neurons have in common?"""
        parts = list(subexpressions(node))
        return self.side in parts and all(self._is_known(part) for part in parts)

    def _is_known(self, part: Expr) -> bool:
        if isinstance(part, Symbol):
            return part == self.side or (part.name not in self.bound and part.name in self._common)
        return not isinstance(part, Draw) and not (isinstance(part, Load) and part.array in self.written)

    @property
    def _common(self) -> frozenset[str]:
        return _UNIFORM | set(self.plan.sizes)

    def _neurons(self, term: Expr) -> str:
        """Size symbol of the neurons that a term belongs to; empty where there are too few synapses."""
        counts = {
            count
            for part in subexpressions(term)
            if isinstance(part, Load) and (count := self._population(part))
        }
        synapses = self.plan.buffer(self.matrix.columns).count
        if len(counts) != 1 or not isinstance(synapses, str):
            return ""
        count = counts.pop()
        return count if self.sizes[synapses] >= FEWEST * self.sizes[count] else ""

    def _population(self, load: Load) -> str:
        """Size symbol of the population whose values, of this step or an earlier one, a load is among."""
        if load.index == self.side:
            return str(self.plan.buffer(load.array).count)
        names = [part.name for part in subexpressions(load.index) if isinstance(part, Symbol)]
        found = (name for name in names if base_symbol(load.index, name) == self.side.name)
        return next((name for name in found if name in self.plan.sizes), "")


def _costs(node: Expr) -> bool:
    """Is there a function or a quotient in it?"""
    return any(
        (isinstance(part, Op) and part.op == "/" and not isinstance(part.args[1], Const))
        or (isinstance(part, Function) and not _is_cheap(part))
        for part in subexpressions(node)
    )


def _is_cheap(call: Function) -> bool:
    if call.name == "pow" and isinstance(call.args[1], Const):
        return call.args[1].value in _SMALL_POWERS
    return call.name in _CHEAP
