"""Which loops over neurons go through the steps of a block as vectors, with their values in registers.

What a neuron changes of its own is read once before the steps of a block and written once after them. Whether
it is refractory is a number of steps in a register. Which neurons fire is a bit for each, and what only
follows from it (the list of spikes, the step of the last one) is done once the steps are through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Const,
    Draw,
    Emit,
    Expr,
    Function,
    If,
    Kernel,
    Load,
    Op,
    Statement,
    Store,
)
from engine.codegen.plan import Plan, Rest
from engine.codegen.time_blocks import Counts
from engine.codegen.traverse import (
    expressions_of_body,
    loaded,
    rare_condition,
    touched_buffers,
    written_buffers,
)
from engine.codegen.vectors import NEURON, awake, fits, fitting

REGISTERS = 20
"""Vectors that may hold values of neurons, beside those that hold what is the same for all."""

MOST_TOGETHER = 4
"""Vectors that take their steps side by side: one waits for its own results most of the time."""


@dataclass(frozen=True)
class Arriving:
    """A buffer that is 0 between steps: a statement makes it the number of spikes times a weight that is the
    same for all, and the last one of the step takes it back to 0."""

    array: str
    counts: Counts
    weight: Expr
    statement: Statement


@dataclass(frozen=True)
class Stepwise:
    """What a group of kernels does, as vectors that go through several steps.

    Attributes
    ----------
    dense : tuple of Kernel
        Without the statements that take counts back to 0.
    condition : Expr or None
        Of neurons that fire.
    reset : tuple of Statement
        What firing does to values that the following step reads.
    then : tuple of Statement
        What it does beside that.
    kept : tuple of str
        Buffers that stay in registers.
    counts : tuple of Counts
        Of spikes that arrive.
    rest : Rest or None
        Refractory periods.
    lasting : Expr or None
        Last refractory step of a neuron that fires.
    arriving : tuple of Arriving
        Buffers that are 0 between steps.
    """

    dense: tuple[Kernel, ...]
    condition: Expr | None
    reset: tuple[Statement, ...]
    then: tuple[Statement, ...]
    kept: tuple[str, ...]
    counts: tuple[Counts, ...]
    rest: Rest | None
    lasting: Expr | None
    arriving: tuple[Arriving, ...]

    @property
    def together(self) -> int:
        """How many vectors take their steps side by side: a power of two, so that they divide a stretch."""
        values = len(self.kept) + (self.rest is not None)
        fitting_in = max(1, min(MOST_TOGETHER, REGISTERS // max(1, values)))
        return 1 << (fitting_in.bit_length() - 1)


def stepwise(plan: Plan, kernels: Sequence[Kernel], counts: Iterable[Counts]) -> Stepwise | None:
    """The kernels of one loop as vectors that go through steps; None where they have no such form."""
    *dense, last = kernels
    test = rare_condition(last)
    if test is None:
        dense, test = list(kernels), None
    own_counts = tuple(c for c in counts if any(c.array in touched_buffers(kernel) for kernel in dense))
    rests = [rest for rest in plan.rests if any(rest.last in touched_buffers(kernel) for kernel in kernels)]
    if len(rests) > 1 or any(rare_condition(kernel) is not None for kernel in dense):
        return None
    if any(isinstance(e, Draw) for kernel in kernels for e in expressions_of_body(kernel.body)):
        return None
    rest = rests[0] if rests else None
    known = {counted(c) for c in own_counts} | {awake(rest) for rest in rests}
    plain = [replace(k, body=tuple(s for s in k.body if not _clears(s, own_counts))) for k in dense]
    if not all(fitting(s, plan, known) for kernel in plain for s in kernel.body):
        return None
    reset: list[Statement] = []
    then: list[Statement] = []
    lasting: Expr | None = None
    written = set().union(*(written_buffers(kernel) for kernel in kernels))
    if test is not None:
        if not fits(test.condition, plan, known):
            return None
        for statement in test.then:
            if isinstance(statement, Comment) or fitting(statement, plan, known):
                reset.append(statement)
                continue
            if not isinstance(statement, Store | Emit) or loaded(expressions_of_body([statement])) & written:
                return None
            if rest is not None and isinstance(statement, Store) and statement.array == rest.last:
                lasting = statement.value
            then.append(statement)
    if rest is not None and (lasting is None or not _uniform(lasting)):
        return None
    kept = dict.fromkeys(s.array for k in plain for s in k.body if isinstance(s, Store | Accumulate))
    kept |= dict.fromkeys(s.array for s in reset if isinstance(s, Store | Accumulate))
    condition = None if test is None else test.condition
    arriving = tuple(_arriving(plain, reset, own_counts))
    return Stepwise(
        tuple(plain), condition, tuple(reset), tuple(then), tuple(kept), own_counts, rest, lasting, arriving
    )


def _arriving(
    dense: Iterable[Kernel], reset: Iterable[Statement], counts: Iterable[Counts]
) -> Iterator[Arriving]:
    body = [s for kernel in dense for s in kernel.body if not isinstance(s, Comment)]
    known = {counted(c): c for c in counts}
    for first in body:
        match first:
            case Accumulate(array=array, op="=", value=Function(name="fma", args=(weight, number, old))):
                touching = [s for s in body if _touches(s, array)]
                starts = touching[0] == first and number in known and old == Load(array, NEURON)
                ends = _rests(touching[-1]) and not any(_touches(s, array) for s in reset)
                if starts and ends and isinstance(weight, Load) and _uniform(weight):
                    yield Arriving(array, known[number], weight, first)


def _touches(statement: Statement, array: str) -> bool:
    written = isinstance(statement, Store | Accumulate) and statement.array == array
    return written or array in loaded(expressions_of_body([statement]))


def _rests(statement: Statement) -> bool:
    """Does it make a buffer 0, whatever that was?"""
    match statement:
        case Store(value=Const(value=value)) | Accumulate(op="=", value=Const(value=value)):
            return str(value) in ("0", "0.0")
    return False


def counted(counts: Counts) -> Expr:
    """The number of spikes that reach a neuron in the step."""
    place = Op("+", (counts.slot, NEURON), "int")
    return Cast(Load(counts.array, place, "int"), "real")


def _clears(statement: Statement, counts: Iterable[Counts]) -> bool:
    """Does it take counts back to 0?"""
    match statement:
        case Accumulate(array=array, op="="):
            return any(array == c.array for c in counts)
    return False


def _uniform(expression: Expr) -> bool:
    return NEURON not in set(expressions_of_body([If(expression, ())]))
