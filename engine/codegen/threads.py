"""How many threads pay: what a step computes and moves, against the time that threads take to meet.

The times are those of one core of a current server processor with wide vectors; only their ratios to
:data:`MEETING` matter, and only near the point where a thread more neither helps nor hurts. Results do not
depend on the choice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.codegen.access import event_list, matrix_of
from engine.codegen.ir import (
    Accumulate,
    Draw,
    Each,
    EachAbsent,
    EachBlock,
    EachChance,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Expr,
    Function,
    If,
    Kernel,
    Load,
    Once,
    Op,
    Select,
    Statement,
    Store,
    Total,
)
from engine.codegen.loop_parts import vectorises
from engine.codegen.lowering import Lowered
from engine.codegen.plan import EventRecorder, Matrix, Plan, Recorder
from engine.codegen.time_blocks import LONGEST, time_blocks
from engine.codegen.traverse import direct_expressions, expressions_of_body, parts, rare_condition, symbols

ASSUMED_RATE = 20.0
"""Spikes a second of a neuron, for what depends on activity that nobody knows before the run."""
MEETING = 2.0e3
"""Nanoseconds from the last thread's arrival at a barrier, and the wait for it, until all go on."""
SHARED = 0.6
"""What a further thread adds to the speed of the first: threads share caches, memory and clock."""
WORTH = 0.9
"""More threads must save a tenth."""
BLOCK = 64
"""Neurons of which one thread owns all."""

EXACTLY = "NEUROLOOM_EXACT_THREADS"
"""Environment variable: if it is not empty, as many threads are used as are asked for."""

_OPERATIONS = {"/": 0.45, "mod": 0.5}
_OPERATION = 0.02
_FUNCTIONS = {
    "fma": 0.02,
    "min": 0.02,
    "max": 0.02,
    "fabs": 0.02,
    "clip": 0.04,
    "sqrt": 0.5,
    "floor": 0.05,
    "ceil": 0.05,
}
_EXPONENTIALS = {
    "exp": 0.25,
    "exprel": 0.25,
    "gain": 0.2,
    "gains": 0.0,
    "log": 0.9,
    "sin": 0.4,
    "cos": 0.4,
    "pow": 1.5,
}
_FUNCTION = 2.0
_DRAWS = {"Uniform": 0.8, "DiscreteUniform": 0.8, "Normal": 1.0, "LogNormal": 1.5, "Exponential": 1.3}
_DRAW = 40.0
_ELEMENT = 0.03
"""Reading or writing the next element of an array that is in a cache."""
_SYNAPSE = 0.2
"""Reading the next synapse and going to its neuron."""
_SYNAPTIC_VALUE = 0.25
"""Reading or writing a value of a synapse, which comes from memory."""
_ARRIVAL = 0.5
"""Reading the next synapse of a spike and going to its neuron, one after the other."""
_NEIGHBOUR = 0.05
"""Going to the next neuron, where a row is dense."""
_PICKED = 0.1
"""Finding those neurons that are picked by chance."""
_SCALAR = 2.0
"""How many times as long anything takes outside of vectors."""
_BIT = 0.003
"""Adding a bit of a row of a spike that arrives."""
_COUNT = 0.1
"""Turning the sums of bits of a neuron to a number."""
_RENEWAL = 0.002
"""How often something is done that waits for a tick: where a call begins, and once in a long period."""
_TOGETHER = 0.5
"""How much shorter a dense row takes where those of several spikes are added at once."""
_EVENT = 15.0
"""Finding the row of a spike, which every thread does."""


@dataclass(frozen=True)
class Work:
    """Nanoseconds of one entry of the schedule on one thread.

    Attributes
    ----------
    alone : float
        Done by one thread, or by each.
    shared : float
        Shared among those that own the neurons.
    neurons : int
        How many are shared out.
    """

    alone: float
    shared: float = 0.0
    neurons: int = 1

    def times(self, often: float) -> Work:
        """The work in a step of what is done so often a step."""
        return Work(self.alone * often, self.shared * often, self.neurons)

    def on(self, threads: int) -> float:
        """Nanoseconds on a number of threads."""
        blocks = max(1, -(-self.neurons // BLOCK))
        largest = -(-blocks // threads) / blocks
        slowed = threads / (1.0 + SHARED * (threads - 1))
        return self.alone + self.shared * min(1.0, largest * slowed)


@dataclass(frozen=True)
class Estimate:
    """What one step takes.

    Attributes
    ----------
    works : tuple of Work
    meetings : float
        Barriers of a step; in a block of steps there are as many as in one.
    """

    works: tuple[Work, ...]
    meetings: float

    def on(self, threads: int) -> float:
        """Nanoseconds of a step on a number of threads."""
        waiting = 0.0 if threads == 1 else MEETING * self.meetings * (1.0 + 0.1 * (threads - 2))
        return sum(work.on(threads) for work in self.works) + waiting

    def best(self, limit: int) -> int:
        """The number of threads, at most ``limit``, on which a step is shortest; 1 where more hardly help."""
        fastest = min(range(1, limit + 1), key=lambda threads: (self.on(threads), threads))
        return fastest if self.on(fastest) < WORTH * self.on(1) else 1


def threads_for(plan: Plan, lowered: Lowered, limit: int) -> int:
    """How many of at most ``limit`` threads to use for a plan with barriers."""
    if limit == 1 or os.environ.get(EXACTLY):
        return limit
    return estimate(plan, lowered.sizes).best(min(limit, processors()))


def processors() -> int:
    """How many threads this process can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) // _processes)
    return max(1, (os.cpu_count() or 1) // _processes)


_processes = 1


def share_with(processes: int) -> None:
    """Leave the other ones of so many processes their processors."""
    global _processes
    _processes = processes


def estimate(plan: Plan, sizes: Mapping[str, int]) -> Estimate:
    """The time of a step of a plan, with the numbers behind its sizes."""
    works = []
    for entry in plan.steady:
        if isinstance(entry.work, Recorder):
            works.append(Work(0.0, sizes.get(entry.work.count, 1) * _ELEMENT, sizes.get(entry.work.count, 1)))
        elif not isinstance(entry.work, EventRecorder):
            works.append(_Kernel(plan, sizes, entry.work).work.times(_often(entry.work)))
    blocks = time_blocks(plan)
    steps = 1 if blocks is None else min([LONGEST, *(sizes[ring] for ring in blocks.rings)])
    return Estimate(tuple(works), (1 + sum(entry.barrier for entry in plan.steady)) / steps)


def _often(kernel: Kernel) -> float:
    """How often a step a kernel is run."""
    return _RENEWAL if kernel.condition is not None and "tick" in symbols([kernel.condition]) else 1.0


@dataclass(frozen=True)
class _Kernel:
    """One kernel of a plan."""

    plan: Plan
    sizes: Mapping[str, int]
    kernel: Kernel

    @property
    def work(self) -> Work:
        """Nanoseconds of the kernel."""
        kernel, domain = self.kernel, self.kernel.domain
        match domain:
            case Once():
                return Work(self.body(kernel.body) * _SCALAR)
            case Each(count=count):
                rare = rare_condition(kernel)
                each = self.expression(rare.condition) if rare is not None else self.body(kernel.body)
                return self.neurons(count, each)
            case EachChance(count=count, chance=chance, scale=scale):
                looked = _PICKED if scale is not None else 2.0 * _PICKED + self.expression(chance)
                return self.neurons(count, looked + self.body(kernel.body) * _SCALAR * self.spikes)
            case EachBlock(count=count):
                return self.neurons(count, self.reduced * _SCALAR)
            case Total(count=count):
                return Work(self.number(count) * self.reduced * _SCALAR)
            case EachSpike(events=events):
                count = event_list(self.plan, events).count
                each = self.body(kernel.body) * _SCALAR * self.spikes
                return self.neurons(count, each)
            case EachAbsent(matrix=name, n_pre=n_pre):
                matrix = matrix_of(self.plan, name)
                pairs = self.number(n_pre) * self.number(matrix.n_rows)
                return Work(0.0, pairs * self.body(kernel.body), self.number(matrix.n_post))
            case EachRow(matrix=name) | EachSynapse(matrix=name):
                matrix = matrix_of(self.plan, name)
                each = (_NEIGHBOUR if matrix.first else _SYNAPSE) + self.body(kernel.body) + self.reduced
                after = self.number(matrix.n_rows) * self.body(kernel.after)
                return Work(0.0, self.entries(matrix) * each + after, self.number(matrix.n_post))
            case EachEvent(matrix=name, events=events) | EachDue(matrix=name, events=events):
                matrix, count = matrix_of(self.plan, name), event_list(self.plan, events).count
                arriving = self.number(count) * self.spikes
                if matrix.bits:
                    neurons = self.number(matrix.n_post)
                    return Work(arriving * _EVENT, neurons * (_COUNT + arriving * _BIT), neurons)
                body = self.body(kernel.body)
                in_vectors = "s" in symbols(expressions_of_body(kernel.body)) and vectorises(kernel.body)
                each = _NEIGHBOUR if matrix.first else _ARRIVAL
                each += body if matrix.first or in_vectors else body * _SCALAR
                each *= _TOGETHER if matrix.first and in_vectors else 1.0
                found = (
                    arriving * _EVENT * (self.number(domain.classes) if isinstance(domain, EachDue) else 1)
                )
                return Work(found, self.entries(matrix) * self.spikes * each, self.number(matrix.n_post))

    @cached_property
    def spikes(self) -> float:
        """Spikes of a neuron in a step."""
        return min(1.0, ASSUMED_RATE * self.plan.dt / 1000.0)

    def number(self, size: str | int) -> int:
        return size if isinstance(size, int) else self.sizes.get(size, 1)

    def entries(self, matrix: Matrix) -> int:
        """Synapses of a matrix."""
        return self.number(self.plan.buffer(matrix.columns).count)

    def neurons(self, count: str, each: float) -> Work:
        number = self.number(count)
        return Work(0.0, number * each, number)

    @cached_property
    def reduced(self) -> float:
        """What is added for each element of the inner loop."""
        reduction = self.kernel.reduction
        return 0.0 if reduction is None else self.expression(reduction.value) + _OPERATION

    def body(self, body: Iterable[Statement]) -> float:
        """Nanoseconds of statements, in vectors."""
        total = 0.0
        for statement in body:
            total += sum(self.expression(e) for e in direct_expressions(statement))
            if isinstance(statement, Store | Accumulate):
                total += self.element(statement.index)
            elif isinstance(statement, If):
                total += self.body(statement.then)
        return total

    def expression(self, node: Expr) -> float:
        """Nanoseconds of an expression, in vectors."""
        total = sum(self.expression(part) for part in parts(node))
        match node:
            case Op(op=op):
                total += _OPERATIONS.get(op, _OPERATION)
            case Function(name=name):
                total += _FUNCTIONS.get(name) or _EXPONENTIALS.get(name, _FUNCTION)
            case Select():
                total += _OPERATION
            case Draw(distribution=distribution):
                total += _DRAWS.get(distribution, _DRAW)
            case Load(index=index):
                total += self.element(index)
        return total

    def element(self, index: Expr) -> float:
        """Nanoseconds of going to an element."""
        used = symbols([index])
        if "s" in used or "pair" in used:
            return _SYNAPTIC_VALUE
        return _ELEMENT if used & {"i", "post", "pre", "row"} else 0.0


def told(limit: int, used: int, plan: Plan, sizes: Mapping[str, int]) -> str:
    """Why fewer threads are used than were asked for."""
    if used == processors() < limit:
        return f"{used} of {limit} threads are used: this computer runs no more at once."
    seconds = estimate(plan, sizes).on(used) / 1e9
    shown = f"{seconds * 1e6:.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"
    return f"{used} of {limit} threads are used: a step of about {shown} would not be shorter on more."
