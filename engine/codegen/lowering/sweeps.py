"""One pass over the synapses for a rule that learns and for the weighted sum of the next step.

The rule of a rate-coded projection writes all its synapses in phase 8, and phase 2 of the next step reads
them again. Where nothing that the sum reads can change in between, the rule's own pass sums as well: it
leaves the totals in a buffer, and phase 2 only adds them. The first step of a call sums by itself where
somebody could have changed values since the call before (:data:`AS_LEFT` is 0); so does a step after one in
which the rule was not due. Both sum in the same order, so that the results have the same bits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from engine.codegen.ir import (
    Const,
    Draw,
    EachRow,
    EachSynapse,
    Expr,
    Kernel,
    Let,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import TRUE, ZERO, Lowered, all_of
from engine.codegen.lowering.neurons import DONE, STEP
from engine.codegen.lowering.synapses import POST, PRE, SYNAPSE
from engine.codegen.passes import rewrite
from engine.codegen.plan import Buffer, Entry, Plan
from engine.codegen.traverse import statements, subexpressions, written_buffers

AS_LEFT = "as_left"
"""Buffer that is 1 where a call finds all values as the one before left them."""

_LASTING = frozenset({"s", "pre", "post"})
"""Symbols that mean the same in the phase of the rule and in that of the sum."""


def share_sweeps(lowered: Lowered) -> Lowered:
    """The plan with rules and sums in one pass wherever that changes no result."""
    for entry in lowered.plan.schedule:
        rule = entry.work
        if isinstance(rule, Kernel) and isinstance(rule.domain, EachSynapse) and entry.phase == 8:
            sums = [e.work for e in lowered.plan.schedule if _is_sum(e, rule.domain.matrix)]
            if len(sums) == 1 and isinstance(sums[0], Kernel) and _may_share(lowered.plan, rule, sums[0]):
                lowered = _shared(lowered, rule, sums[0])
    return lowered


def _is_sum(entry: Entry, matrix: str) -> bool:
    work = entry.work
    summing = isinstance(work, Kernel) and work.domain == EachRow(matrix) and work.reduction is not None
    return summing and entry.phase == 2


def _may_share(plan: Plan, rule: Kernel, total: Kernel) -> bool:
    """Is the sum in the rule's pass that of the next step?"""
    assert total.reduction is not None
    own_synapse = all(
        isinstance(s, Store) and s.index == SYNAPSE
        for s in statements(rule.body)
        if getattr(s, "array", None) is not None
    )
    if not own_synapse or total.body or rule.condition is None:
        return False
    read: set[str] = set()
    for part in (*subexpressions(total.reduction.start), *subexpressions(total.reduction.value)):
        if isinstance(part, Symbol) and part.name not in {*_LASTING, *plan.sizes}:
            return False
        if isinstance(part, Draw):  # Random numbers differ from step to step.
            return False
        if isinstance(part, Load):
            read.add(part.array)
    return read.isdisjoint(_written_between(plan, rule, total))


def _written_between(plan: Plan, rule: Kernel, total: Kernel) -> set[str]:
    """Buffers that are written after the rule in its step, or before the sum in the next one."""
    works = [entry.work for entry in plan.schedule]
    between: Iterable[object] = (*works[works.index(rule) + 1 :], *works[: works.index(total)])
    return {name for work in between if isinstance(work, Kernel) for name in written_buffers(work)}


def _with_common_loads(rule: Kernel, value: Expr) -> tuple[tuple[Statement, ...], Expr]:
    """What both the rule and the sum read at a pre-synaptic neuron is read once: a compiler would have to
    know that storing weights does not change it."""
    written = written_buffers(rule)
    loads = [part for part in subexpressions(value) if isinstance(part, Load) and part.index == PRE]
    names: dict[Expr, Symbol] = {
        load: Symbol(f"_both{number}", load.type)
        for number, load in enumerate(dict.fromkeys(loads))
        if load.array not in written
    }
    lets = tuple(Let(symbol.name, load) for load, symbol in names.items())
    body: tuple[Statement, ...] = rewrite(rule.body, lambda e: names.get(e, e))
    return (*lets, *body), rewrite(value, lambda e: names.get(e, e))


def _shared(lowered: Lowered, rule: Kernel, total: Kernel) -> Lowered:
    plan, reduction = lowered.plan, total.reduction
    assert reduction is not None and isinstance(total.domain, EachRow) and rule.condition is not None
    rows = next(matrix for matrix in plan.matrices if matrix.name == total.domain.matrix)
    ahead = Buffer(f"{rows.name}_ahead", "real", rows.n_post, f"{total.name}: made by the rule before")
    before = Op("-", (STEP, Const(1, "int")), "int")
    left = Op("!=", (Load(AS_LEFT, ZERO, "int"), ZERO), "bool")
    known = Op("or", (Op(">", (DONE, ZERO), "bool"), left), "bool")
    ran = all_of(known, rewrite(rule.condition, lambda e: before if e == STEP else e))
    condition = total.condition or TRUE
    taken = Kernel(
        f"{total.name} of the rule",
        total.domain,
        (),
        all_of(condition, ran),
        None,
        (Let(reduction.name, Load(ahead.name, POST)), *total.after),
    )
    alone = dataclasses.replace(total, condition=all_of(condition, Op("not", (ran,), "bool")))
    kept = Store(ahead.name, POST, Symbol(reduction.name))
    body, value = _with_common_loads(rule, reduction.value)
    reduced = dataclasses.replace(reduction, value=value)
    whole = Kernel(rule.name, total.domain, body, rule.condition, reduced, (kept,))
    schedule: list[Entry] = []
    for entry in plan.schedule:
        new = {id(total): (alone, taken), id(rule): (whole,)}.get(id(entry.work), (entry.work,))
        schedule += [dataclasses.replace(entry, work=work) for work in new]
    as_left = Buffer(AS_LEFT, "int64", 1, "1: all is as the call before left it")
    added = tuple(b for b in (as_left, ahead) if b not in plan.buffers)
    names = tuple(b.name for b in added)
    plan = dataclasses.replace(
        plan,
        buffers=(*plan.buffers, *added),
        schedule=tuple(schedule),
        scratch=(*plan.scratch, *names),
    )
    return dataclasses.replace(lowered, plan=plan, values=lowered.values | dict.fromkeys(names, 0))
