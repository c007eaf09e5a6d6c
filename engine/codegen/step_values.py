"""What is the same for all iterations of a step and follows from the clock alone.

Two kinds are found in kernels and become :attr:`Plan.of_steps`: steps modulo a period, which a printer counts
instead of dividing, and numbers that cost a function, which it computes for several steps at once.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.codegen.ir import Cast, Const, Function, Kernel, Let, Load, Op, Select, Symbol
from engine.codegen.passes import bound_names, written_in
from engine.codegen.plan import Entry, Plan
from engine.codegen.time_blocks import time_blocks
from engine.codegen.traverse import rebuilt, subexpressions

MOST = 32
"""Numbers up to which they are made ahead: compilers take long for more, which only large networks have, and
there the loops that compute them share functions."""

_CLOCK = frozenset({"step", "tick", "t"})
_STEPS = (Symbol("step", "int"), Symbol("tick", "int"))
_CHEAP = frozenset({"min", "max", "clip", "fabs", "pos", "neg", "fma", "sign", "floor", "ceil", "round"})
_COMPUTED = (Op, Function, Select, Cast)


def values_of_steps(plan: Plan) -> Plan:
    """Replace them by symbols, unless steps come in blocks: there each neuron does one after the other."""
    if time_blocks(plan) is not None:
        return plan
    found = _found(plan, _Finder(plan))
    if sum(not is_counted(let) for let in found.of_steps) <= MOST:
        return found
    return _found(plan, _Finder(plan, only_counted=True))


def _found(plan: Plan, finder: _Finder) -> Plan:
    schedule = tuple(
        Entry(entry.phase, finder.visit(entry.work), entry.barrier)
        if isinstance(entry.work, Kernel)
        else entry
        for entry in plan.schedule
    )
    lets = tuple(Let(name, value) for value, name in finder.found.items())
    return dataclasses.replace(plan, schedule=schedule, of_steps=lets)


def is_counted(let: Let) -> bool:
    """Is the value a step modulo a period?"""
    return isinstance(let.value, Op) and let.value.op == "mod" and let.value.type == "int"


class _Finder:
    """Collects values of steps, periods before what needs them."""

    def __init__(self, plan: Plan, only_counted: bool = False) -> None:
        self.only_counted = only_counted
        self.found: dict[Any, str] = {}
        self._scalars = {b.name for b in plan.buffers if b.count == 1} - written_in(plan)
        self._bound = bound_names(plan)
        self._few = {events.name for events in plan.events if events.count in plan.few}
        self._known = {*plan.sizes, *(let.name for let in plan.prologue)} | _CLOCK

    def visit(self, node: Any) -> Any:
        """A kernel, or a part of one, with symbols in place of values of steps."""
        is_of_few = isinstance(node, Kernel) and getattr(node.domain, "events", "") in self._few
        if self.only_counted or is_of_few:
            # A few neurons hardly ever fire: what all their spikes share is computed when there is one.
            return self._with_counted(node)
        if self._is_counted(node):
            return self._symbol(node, "int")
        if isinstance(node, _COMPUTED) and node.type == "real" and _costs(node) and self._is_of_clock(node):
            return self._symbol(self._with_counted(node), "real")
        return rebuilt(node, self.visit)

    def _with_counted(self, node: Any) -> Any:
        return self._symbol(node, "int") if self._is_counted(node) else rebuilt(node, self._with_counted)

    def _is_counted(self, node: Any) -> bool:
        """Is it the clock, moved by what lasts for a call, modulo what lasts for a call?"""
        if not (isinstance(node, Op) and node.op == "mod" and node.type == "int" and self._is_of_clock(node)):
            return False
        base, *others = node.args
        if isinstance(base, Op) and base.op in ("+", "-") and len(base.args) == 2:
            base, *others = *base.args, *others
        return base in _STEPS and not any(_reads_clock(other) for other in others)

    def _symbol(self, value: Any, kind: Any) -> Symbol:
        if value not in self.found:
            name = f"_{'phase' if kind == 'int' else 'now'}{len(self.found)}"
            self.found[value] = name if name not in self._bound else f"{name}_of_step"
        return Symbol(self.found[value], kind)

    def _is_of_clock(self, node: Any) -> bool:
        """Does it follow from the clock and from what lasts for a call?"""
        return _reads_clock(node) and all(
            isinstance(part, (Const, *_COMPUTED))
            or (isinstance(part, Symbol) and part.name in self._known)
            or (isinstance(part, Load) and part.array in self._scalars)
            for part in subexpressions(node)
        )


def _reads_clock(node: Any) -> bool:
    return any(isinstance(part, Symbol) and part.name in _CLOCK for part in subexpressions(node))


def _costs(node: Any) -> bool:
    return any(isinstance(part, Function) and part.name not in _CHEAP for part in subexpressions(node))
