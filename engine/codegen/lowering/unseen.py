"""Variables of synapses that nobody but Python reads, computed without being stored.

Rules name what they are made of: ``trace = (pre.r - m) * (post.r - m)``, ``delta = ...``. Such a variable is
computed anew in each step before anything reads it, so that what is stored for each synapse is seen by Python
alone, after the last step of a run. In all steps before (:data:`SHOWN` is 0), it is a name in the loop over
synapses and costs no memory traffic, of which such a rule otherwise has a multiple of what it needs.
"""

from __future__ import annotations

import dataclasses

from engine.codegen.ir import (
    Accumulate,
    Comment,
    Const,
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
from engine.codegen.lowering.neurons import STEP
from engine.codegen.lowering.stopping import STOP
from engine.codegen.lowering.synapses import SYNAPSE
from engine.codegen.passes import rewrite, without_unused
from engine.codegen.plan import Buffer, Entry, Plan, Recorder
from engine.codegen.traverse import (
    expressions_of_body,
    iteration_expressions,
    statements,
    subexpressions,
    touched_buffers,
    uniform_expressions,
    written_buffers,
)

SHOWN = "shown"
"""Buffer that is 0 in a call after which Python looks at no values."""


def leave_unseen(lowered: Lowered) -> Lowered:
    """The plan with two kernels in the place of each that stores what only Python reads: one stores it, one
    does not."""
    plan = lowered.plan
    if any(buffer.name == STOP for buffer in plan.buffers):  # Any step may be the last one.
        return lowered
    unseen = _unseen(plan)
    if not unseen:
        return lowered
    schedule: list[Entry] = []
    for entry in plan.schedule:
        if isinstance(entry.work, Kernel):
            schedule += [dataclasses.replace(entry, work=k) for k in _both(entry.work, unseen)]
        else:
            schedule.append(entry)
    buffer = Buffer(SHOWN, "int64", 1, "1: Python may look at values after this call")
    plan = dataclasses.replace(
        plan,
        buffers=(*plan.buffers, buffer),
        schedule=tuple(schedule),
        scratch=(*plan.scratch, SHOWN),
    )
    return dataclasses.replace(lowered, plan=plan, values=lowered.values | {SHOWN: 1})


# --- which -------------------------------------------------------------------------------------------------


def _unseen(plan: Plan) -> set[str]:
    """Names of the buffers of synapses that each step computes before it reads them, if at all."""
    kernels = [entry.work for entry in plan.schedule if isinstance(entry.work, Kernel)]
    written = {name for kernel in kernels for name in written_buffers(kernel)}
    recorded = {e.work.source for e in plan.schedule if isinstance(e.work, Recorder)}
    reals = {buffer.name for buffer in plan.buffers if buffer.dtype == "real" and buffer.count != 1}
    found = (written & reals) - recorded
    for kernel in kernels:
        touched = found & touched_buffers(kernel)
        if touched and not _is_steady(kernel, written):
            found -= touched
        found -= {name for name in touched if not _computes_first(kernel, name)}
    return found


def _computes_first(kernel: Kernel, name: str) -> bool:
    """Does the kernel store a value for each synapse, of that synapse, before it reads any?"""
    if not isinstance(kernel.domain, EachSynapse | EachRow):
        return False
    outside = [*uniform_expressions(kernel), *expressions_of_body((*kernel.before, *kernel.after))]
    if any(isinstance(e, Load) and e.array == name for e in outside):
        return False
    stored = (s for s in statements((*kernel.body, *kernel.after)) if isinstance(s, Store | Accumulate))
    stores = [s for s in stored if s.array == name]
    plain = [s for s in kernel.body if isinstance(s, Store) and s.array == name and s.index == SYNAPSE]
    if not plain or len(plain) != len(stores):
        return False
    before = kernel.body[: kernel.body.index(plain[0]) + 1]
    if any(isinstance(e, Load) and e.array == name for e in expressions_of_body(before)):
        return False
    loads = (e for e in iteration_expressions(kernel) if isinstance(e, Load) and e.array == name)
    return all(load.index == SYNAPSE for load in loads)


def _is_steady(kernel: Kernel, written: set[str]) -> bool:
    """Does the kernel run in each step of a call, or in none, where its periods are one step?"""
    condition = kernel.condition or TRUE
    without = rewrite(condition, lambda e: ZERO if _is_phase(e) else e)
    for part in subexpressions(without):
        if isinstance(part, Symbol) or (isinstance(part, Load) and part.array in written):
            return False
    return True


def _is_phase(expression: Expr) -> bool:
    """Is it the number of steps since the last multiple of a period?"""
    return (
        isinstance(expression, Op)
        and expression.op == "mod"
        and isinstance(expression.args[1], Load)
        and all(e == STEP for e in subexpressions(expression.args[0]) if isinstance(e, Symbol))
    )


# --- how ---------------------------------------------------------------------------------------------------


def _both(kernel: Kernel, unseen: set[str]) -> tuple[Kernel, ...]:
    """The kernel for calls after which Python looks, and that for the others."""
    names = unseen & touched_buffers(kernel)
    if not names:
        return (kernel,)
    condition = kernel.condition or TRUE
    periods = [e.args[1] for e in subexpressions(condition) if isinstance(e, Op) and _is_phase(e)]
    each_step = (Op("==", (period, Const(1, "int")), "bool") for period in periods)
    hidden = all_of(Op("==", (Load(SHOWN, ZERO, "int"), ZERO), "bool"), *each_step)
    shown = dataclasses.replace(kernel, condition=all_of(condition, Op("not", (hidden,), "bool")))
    bare = _without_stores(kernel, names)
    bare = dataclasses.replace(bare, name=f"{kernel.name} unseen", condition=all_of(condition, hidden))
    return (shown, bare) if written_buffers(bare) else (shown,)


def _without_stores(kernel: Kernel, names: set[str]) -> Kernel:
    """Values that are not stored have names instead."""
    now: dict[str, Symbol] = {}

    def named(expression: Expr) -> Expr:
        if isinstance(expression, Load) and expression.array in now:
            return now[expression.array]
        return expression

    body: list[Statement] = []
    for statement in kernel.body:
        changed: Statement = rewrite(statement, named)
        if isinstance(changed, Store) and changed.array in names:
            symbol = Symbol(f"_unseen{len(body)}_{changed.array}")
            body.append(Let(symbol.name, changed.value))
            now[changed.array] = symbol
        else:
            body.append(changed)
    reduction = rewrite(kernel.reduction, named) if kernel.reduction is not None else None
    # The values that only those stores had use of are not computed.
    bare = without_unused(dataclasses.replace(kernel, body=tuple(body), reduction=reduction))
    kept = list(bare.body)
    while kept and reduction is None and isinstance(kept[-1], Comment):
        kept.pop()
    return dataclasses.replace(bare, body=tuple(kept))
