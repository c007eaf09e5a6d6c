"""Spikes that add along dense rows right before the neurons that they reach are computed, block by block.

The sums of a block stay in registers while all rows of the step are added to it, and memory brings what the
rows have for the next block while this one draws its random numbers and does its step. Each neuron takes the
same additions in the same order as it would before all blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.codegen.access import accesses_of, event_list, matrix_of
from engine.codegen.dense_events import only_adds
from engine.codegen.expressions import ExpressionPrinter
from engine.codegen.few_posts import has_few_posts
from engine.codegen.ir import (
    Accumulate,
    Const,
    Draw,
    Each,
    EachEvent,
    Expr,
    Kernel,
    Let,
    Load,
    Symbol,
)
from engine.codegen.loop_parts import LoopParts
from engine.codegen.passes import rewrite
from engine.codegen.plan import Entry, Plan
from engine.codegen.traverse import expressions_of_body, symbols, written_buffers
from engine.codegen.vectors import NEURON, TYPES, VectorPrinter, fitting

ROWS = 32
"""Rows that are added to a block together: as many streams from memory. What more spikes bring is added
before the blocks."""

PRE, POST, SYNAPSE = Symbol("pre", "int"), Symbol("post", "int"), Symbol("s", "int")


class RowPrinter(VectorPrinter):
    """Prints expressions of the synapses of a row onto neuron ``i`` and those that follow it."""

    def _load(self, expression: Load) -> tuple[str, int]:
        places = {SYNAPSE: "place", POST: "i"}
        if expression.index not in places or expression.array in self.scalars:
            return super()._load(expression)
        return f"nl_get(lanes, {self.buffer(expression.array)} + {places[expression.index]})", 16


class DenseInputs(LoopParts):
    """Prints deliveries that are part of a loop over neurons."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.inputs: dict[int, tuple[Kernel, ...]] = {}
        """Deliveries that are done in the loop of some kernels, by the ``id`` of the first of these."""
        self.adds_rows = False
        """Has the text such deliveries?"""

    def gather_inputs(self, kernels: Sequence[Kernel]) -> None:
        """Make lists of the rows that are to be added."""
        for kernel in self.inputs.get(id(kernels[0]), ()):
            assert isinstance(kernel.domain, EachEvent)
            self.adds_rows = True
            matrix = matrix_of(self.plan, kernel.domain.matrix)
            self._functions_of_row(kernel)
            listed, e, line = event_list(self.plan, kernel.domain.events), self.expressions, self.text.line
            rows, number, *_ = self._names(kernel)
            line(f"nl_row {rows}[{ROWS}];")
            line(f"int64_t {number} = 0;")
            with self._when(kernel):
                line(f"const int64_t slot = {self._slot(listed, self._lag(kernel.domain))};")
                with self._segments(listed):
                    line(f"const int64_t row = {e.buffer(listed.ranks)}[event];")
                    line(f"const int64_t base = {e.buffer(matrix.offsets)}[row];")
                    line(f"if (base == {e.buffer(matrix.offsets)}[row + 1]) continue;")
                    with self.text.block(f"if (__builtin_expect({number} == {ROWS}, 0))"):
                        self._add_arriving(kernel, *self.bounds(matrix.n_post), "nl_add_rows_at_once")
                        line(f"{number} = 0;")
                    first = e.size(matrix.first)
                    hole = f"row < {first} ? __INT64_MAX__ : row" if matrix.hole else "0"
                    line(f"{rows}[{number}++] = nl_row{{base - {first}, {hole}, row}};")

    def add_inputs(self, kernels: Sequence[Kernel], lower: str, upper: str, at_once: bool = False) -> None:
        """Add the rows to the neurons from ``lower`` up to ``upper``."""
        for kernel in self.inputs.get(id(kernels[0]), ()):
            self._add_arriving(kernel, lower, upper, "nl_add_rows_at_once" if at_once else "nl_add_rows")

    def _add_arriving(self, kernel: Kernel, lower: str, upper: str, function: str) -> None:
        assert isinstance(kernel.domain, EachEvent)
        matrix, e = matrix_of(self.plan, kernel.domain.matrix), self.expressions
        rows, number, add, fetch = self._names(kernel)
        bounds = f"nl_max({lower}, {e.size(matrix.first)}), nl_min({upper}, {e.size(matrix.past)})"
        bounds += f", nl_min({self.bounds(matrix.n_post)[1]}, {e.size(matrix.past)})"
        to = e.buffer(_added(kernel).array)
        holes = "true" if matrix.hole else "false"
        self.text.line(f"{function}<{holes}>({to}, {rows}, {number}, {bounds}, {add}, {fetch});")

    def _names(self, kernel: Kernel) -> tuple[str, str, str, str]:
        """Of the list of rows, its length, and the functions of a row."""
        kinds = ("arriving", "arrived", "adding", "fetching")
        rows, number, add, fetch = (self.identifiers.of(f"{kind} {id(kernel)}", kind) for kind in kinds)
        return rows, number, add, fetch

    def _functions_of_row(self, kernel: Kernel) -> None:
        """What is added along a row, and what is asked of memory before."""
        *_, add, fetch = self._names(kernel)
        one = self.expressions
        printer = RowPrinter(self.plan, self.identifiers, one.scalars)
        places = ", ".join(f"[[maybe_unused]] const int64_t {name}" for name in ("i", "place", "pre"))
        header = f"const auto {add} = [=](const auto lanes, const nl_reals sum, {places})"
        with self.text.block(f"{header} __attribute__((always_inline))", ";"):
            for statement in kernel.body:
                if isinstance(statement, Let):
                    kind = TYPES[statement.value.type]
                    self.text.line(
                        f"const {kind} {printer.symbol(statement.name)} = {printer.text(statement.value)};"
                    )
                elif isinstance(statement, Accumulate):
                    self.text.line(f"return sum {statement.op} {_in_brackets(printer, statement.value)};")
                else:
                    self.body([statement])
        loads = [e for e in expressions_of_body(kernel.body) if isinstance(e, Load)]
        arrays = sorted({load.array for load in loads if load.index == SYNAPSE})
        with self.text.block(
            f"const auto {fetch} = [=]([[maybe_unused]] const int64_t at) __attribute__((always_inline))", ";"
        ):
            for array in arrays:
                self.text.line(f"__builtin_prefetch({one.buffer(array)} + at);")


def _in_brackets(printer: ExpressionPrinter, value: Expr) -> str:
    text = printer.text(value, "real")
    return text if text.isidentifier() else f"({text})"


def _added(kernel: Kernel) -> Accumulate:
    """The one statement that adds."""
    (statement,) = (statement for statement in kernel.body if isinstance(statement, Accumulate))
    return statement


def inputs_of_neurons(
    plan: Plan, groups: Iterable[Sequence[Entry]], takes: Callable[[Sequence[Kernel]], bool]
) -> dict[int, tuple[Kernel, ...]]:
    """Which deliveries wait for the loop over the neurons that they reach, by the ``id`` of its first kernel.

    Between a delivery and the loop threads do not meet, and nothing touches what it adds to or changes what
    it reads.

    Parameters
    ----------
    plan : Plan
        With barriers.
    groups : iterable of sequences of Entry
        The steady schedule; entries of a group share a loop.
    takes : callable
        Can the loop of these kernels have deliveries before its first one?
    """
    if plan.profile:  # their times are told apart
        return {}
    found: dict[int, tuple[Kernel, ...]] = {}
    before: list[Entry] = []
    for group in groups:
        kernels = [entry.work for entry in group if isinstance(entry.work, Kernel)]
        if group[0].barrier:
            before = []
        if kernels and isinstance(kernels[0].domain, Each) and takes(kernels):
            waiting = _waiting(plan, before, group, kernels[0].domain.count)
            if waiting:
                found[id(kernels[0])] = tuple(waiting)
        before += group
    return found


def _waiting(plan: Plan, before: Sequence[Entry], group: Sequence[Entry], count: str) -> list[Kernel]:
    """Those of the entries before a loop over the neurons of a population that can be done in it."""
    waiting: list[Kernel] = []
    written = {access.buffer for entry in group for access in accesses_of(plan, entry) if access.writes}
    touched: set[str] = set()
    added: set[str] = set()  # by one delivery each: what exceeds ROWS of another one would overtake it
    for entry in reversed(before):
        accesses = list(accesses_of(plan, entry))
        work = entry.work
        if isinstance(work, Kernel) and can_wait(plan, work, count):
            adds_to = written_buffers(work)
            read = {access.buffer for access in accesses} - adds_to
            if not read & written and not adds_to & (touched | added):
                waiting.insert(0, work)
                added |= adds_to
                continue
        touched |= {access.buffer for access in accesses}
        written |= {access.buffer for access in accesses if access.writes}
    return waiting


def can_wait(plan: Plan, kernel: Kernel, count: str) -> bool:
    """Does a spike only add, along dense rows onto the neurons of ``count``, what vectors can have?"""
    if not isinstance(kernel.domain, EachEvent) or kernel.domain.lag == Const(0, "int"):
        return False
    matrix = matrix_of(plan, kernel.domain.matrix)
    if matrix.bits or matrix.n_post != count or has_few_posts(plan, matrix):
        return False
    if not only_adds(plan, matrix, kernel):
        return False
    if sum(isinstance(statement, Accumulate) for statement in kernel.body) != 1:
        return False
    if any(isinstance(e, Draw) for e in expressions_of_body(kernel.body)):
        return False

    for load in (e for e in expressions_of_body(kernel.body) if isinstance(e, Load)):
        if symbols([load.index]) & {"s", "post"} and (
            load.index not in (SYNAPSE, POST) or load.type != "real"
        ):
            return False

    def at_neuron(part: Expr) -> Expr:
        return NEURON if part in (SYNAPSE, POST) else part

    return all(fitting(rewrite(statement, at_neuron), plan, set()) for statement in kernel.body)
