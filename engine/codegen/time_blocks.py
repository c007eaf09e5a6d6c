"""Which networks take several steps at a time: nothing that happens in them is felt before the last of them.

Where spikes are all under way for some steps, each neuron can do these steps one after the other, while its
values are at hand; then all their spikes are recorded, and threads meet once. A block of steps gives the
values of single steps: :func:`time_blocks` proves it from what the schedule touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.codegen.access import base_symbol, counted_in
from engine.codegen.ir import (
    Accumulate,
    Each,
    EachChance,
    EachEvent,
    Expr,
    Interrupt,
    Kernel,
    Load,
    Op,
    Store,
    Symbol,
)
from engine.codegen.plan import Entry, EventRecorder, Plan, Recorder
from engine.codegen.profile import groups
from engine.codegen.traverse import (
    expressions_of,
    iteration_expressions,
    loaded,
    statements,
    symbols,
    uniform_expressions,
    written_buffers,
)
from engine.codegen.vectors import has_vectors, is_worth_it

LONGEST = 16
"""Steps of a block at most: what is counted for them should stay in a near cache."""

_CLOCK = frozenset({"step", "tick", "t", "done"})


@dataclass(frozen=True)
class Counts:
    """A buffer of spikes that are counted ahead, and the index where those of the step begin; the list that
    has them, their delay, and the size symbol of the neurons that they reach."""

    array: str
    slot: Expr
    events: str
    delay: str
    neurons: str

    @property
    def slots(self) -> str:
        """Size symbol of the slots of the ring."""
        return _ring(self.slot)

    @property
    def room(self) -> Expr:
        """Elements of a step."""
        assert isinstance(self.slot, Op)
        return self.slot.args[1]


@dataclass(frozen=True)
class TimeBlocks:
    """What a block of steps must not be longer than.

    Attributes
    ----------
    delays : tuple of str
        Buffers of one delay each.
    rings : tuple of str
        Size symbols: for how many steps spikes can be counted ahead, and for how many they are listed.
    lists : tuple of (str, str)
        Size symbol of the slots of an event list, and the delay of one that reads it. A thread that is ahead
        writes so many slots as a block has steps, while others still read those of one delay ago.
    counts : tuple of Counts
    """

    delays: tuple[str, ...]
    rings: tuple[str, ...]
    lists: tuple[tuple[str, str], ...]
    counts: tuple[Counts, ...]


def time_blocks(plan: Plan) -> TimeBlocks | None:
    """How long blocks of steps may be; None where steps must be done one by one: also where values of single
    steps were taken out of kernels, which may have the form of vectors only since then."""
    if plan.of_steps:
        return None
    parts = list(groups(plan.steady))
    kernels = [[e.work for e in group if isinstance(e.work, Kernel)] for group in parts]
    written = set().union(*(written_buffers(kernel) for group in kernels for kernel in group))
    counting: dict[str, tuple[Counts, int]] = {}
    for number, group in enumerate(kernels):
        for kernel in group:
            if not _is_steady(kernel, written):
                return None
            if isinstance(kernel.domain, Each | EachChance):
                if not _keeps_to_itself(kernel, kernel.domain.count, written):
                    return None
            elif (found := _counted_ahead(plan, kernel, written)) is None or found.array in counting:
                return None
            else:
                counting[found.array] = found, number
    if not all(_looks_once(entry) for entry in plan.closing) or not _apart(parts, kernels, written, counting):
        return None
    if not counting and not all(_gain_from_blocks(plan, group) for group in kernels if group):
        return None
    counts = tuple(found for found, _ in counting.values())
    delays = dict.fromkeys(c.delay for c in counts)
    rings = dict.fromkeys([*(c.slots for c in counts), *(events.slots for events in plan.events)])
    lists = dict.fromkeys((plan.event_list(c.events).slots, c.delay) for c in counts)
    return TimeBlocks(tuple(delays), tuple(rings), tuple(lists), counts)


def _gain_from_blocks(plan: Plan, kernels: list[Kernel]) -> bool:
    """Is it worth while to take neurons through several steps that nothing reaches? Their values are then in
    the nearest cache; but who is refractory is a bit only where steps are done one by one."""
    domain = kernels[0].domain
    if not isinstance(domain, Each) or domain.count in plan.few:
        return False
    return all(has_vectors(kernel, plan) for kernel in kernels) and is_worth_it(kernels)


def _looks_once(entry: Entry) -> bool:
    """Does an entry that follows the last step of a call need no more than the clock of that step?"""
    return isinstance(entry.work, Kernel) and isinstance(entry.work.domain, Each)


def _is_steady(kernel: Kernel, written: set[str]) -> bool:
    """Does the kernel run in all steps of a call or in none, and never end one?"""
    uniform = list(uniform_expressions(kernel))
    if symbols(uniform) & _CLOCK or loaded(uniform) & written or "done" in symbols(expressions_of(kernel)):
        return False
    return not any(isinstance(s, Interrupt) for s in statements((*kernel.body, *kernel.after)))


def _keeps_to_itself(kernel: Kernel, count: str, written: set[str]) -> bool:
    """Does each neuron touch nothing that changes but what is its own?"""
    return all(base_symbol(index, count) == "i" for array, index in _places(kernel) if array in written)


def _counted_ahead(plan: Plan, kernel: Kernel, written: set[str]) -> Counts | None:
    """What a kernel counts of delayed spikes; None if it does something else."""
    domain = kernel.domain
    if not isinstance(domain, EachEvent) or not plan.matrix(domain.matrix).bits:
        return None
    lag = domain.lag
    if not isinstance(lag, Load) or lag.array in written or plan.buffer(lag.array).count != 1:
        return None
    if plan.event_list(domain.events).behind:
        return None
    array, slot = counted_in(plan, kernel)
    neurons = plan.matrix(domain.matrix).n_post
    return Counts(array, slot, domain.events, lag.array, neurons) if _ring(slot) else None


def _ring(slot: Expr) -> str:
    """Size symbol of the slots of a ring, of ``(tick mod slots) * room``; empty for another index."""
    match slot:
        case Op(op="*", args=(Op(op="mod", args=(Symbol(name="tick"), Symbol(name=slots))), Symbol())):
            return slots
    return ""


def _apart(
    parts: list[list[Entry]],
    kernels: list[list[Kernel]],
    written: set[str],
    counting: dict[str, tuple[Counts, int]],
) -> bool:
    """Does each part of the schedule change what no other one touches, but for what is counted ahead? That is
    touched in the slot of the step alone, so that no step sees the counts of another."""
    users: dict[str, set[int]] = {}
    for number, group in enumerate(kernels):
        for array, index in (pair for kernel in group for pair in _places(kernel)):
            if array in counting and counting[array][1] != number:
                counts, before = counting[array]
                if number < before or index != Op("+", (counts.slot, Symbol("i", "int")), "int"):
                    return False
            elif array in written:
                users.setdefault(array, set()).add(number)
    if any(len(numbers) > 1 for numbers in users.values()):
        return False
    return all(_records_the_end(group[0], kernels[number:]) for number, group in enumerate(parts))


def _records_the_end(entry: Entry, following: Iterable[list[Kernel]]) -> bool:
    """Is what is recorded in the last step of a block that of this step?"""
    work = entry.work
    if isinstance(work, EventRecorder) or not isinstance(work, Recorder):
        return True
    return not any(work.source in written_buffers(kernel) for group in following for kernel in group)


def _places(kernel: Kernel) -> Iterator[tuple[str, Expr]]:
    """Buffers and indices that the iterations of a kernel read or write."""
    for part in iteration_expressions(kernel):
        if isinstance(part, Load):
            yield part.array, part.index
    for statement in statements((*kernel.body, *kernel.after)):
        if isinstance(statement, Store | Accumulate):
            yield statement.array, statement.index
