"""Spikes that do nothing but add along dense rows: some rows are added at a time.

Memory gives more through several streams than through one, and what is added to is read and written once for
all of them. Each neuron still takes the spikes in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.access import matrix_of
from engine.codegen.dense_loops import DenseLoops
from engine.codegen.ir import Accumulate, Comment, EachEvent, Kernel, Let, Statement, Symbol
from engine.codegen.loop_parts import vectorises
from engine.codegen.plan import Matrix, Plan
from engine.codegen.traverse import expressions_of_body, loaded, symbols

TOGETHER = 4
"""Rows that are added at a time."""

BLOCK = 16
"""Neurons of a loop of constant length, which needs no care for its end."""


BEGINNING = 8
"""Cache lines of a row that are fetched when its neuron fires; the processor itself fetches what follows."""

LINE = 64


def only_adds(plan: Plan, matrix: Matrix, kernel: Kernel) -> bool:
    """Does a spike do nothing but add to neurons of dense rows what it does not read there?"""
    if not matrix.first or matrix.rows != "pre" or matrix.index or kernel.before:
        return False
    added: set[str] = set()
    for statement in kernel.body:
        if isinstance(statement, Accumulate):
            adds = statement.op in ("+", "-") and statement.index == Symbol("post", "int")
            if not adds or plan.buffer(statement.array).type != "real":
                return False
            added.add(statement.array)
        elif not isinstance(statement, Let | Comment):
            return False
    read = loaded(expressions_of_body(kernel.body))
    return bool(added) and read.isdisjoint(added) and vectorises(kernel.body)


class DenseEvents(DenseLoops):
    """Prints the delivery of spikes along dense rows."""

    def ask_for_row(self, events: str, row: str) -> None:
        """The beginning of the row that is added in the next step, while this one goes on."""
        for entry in self.plan.steady:
            kernel = entry.work
            if not isinstance(kernel, Kernel) or not isinstance(kernel.domain, EachEvent):
                continue
            matrix = matrix_of(self.plan, kernel.domain.matrix)
            if kernel.domain.events == events and only_adds(self.plan, matrix, kernel):
                self._beginning(matrix, kernel, self._lag(kernel.domain), row)

    def _beginning(self, matrix: Matrix, kernel: Kernel, lag: str, row: str) -> None:
        """The thread's part of a row, if there is one."""
        line, e = self.text.line, self.expressions
        offsets, first = e.buffer(matrix.offsets), e.size(matrix.first)
        synapses = self.plan.buffer(matrix.columns).count
        read = loaded(expressions_of_body(kernel.body))
        arrays = sorted(name for name in read if self.plan.buffer(name).count == synapses)
        if not arrays:
            return
        step = LINE // (4 if self.plan.precision == "float" else 8)
        with self.text.block(f"if ({lag} == 1 && {offsets}[{row}] < {offsets}[{row} + 1])"):
            lower, _ = self.bounds(matrix.n_post)
            line(f"const int64_t at = {offsets}[{row}] + nl_max({first}, {lower}) - {first};")
            for array in arrays:
                fetch = f"__builtin_prefetch(&{e.buffer(array)}[at + k], 0, 1);"
                line(f"for (int64_t k = 0; k < {BEGINNING * step}; k += {step}) {fetch}")

    def added_rows(self, matrix: Matrix, kernel: Kernel, events: ExitStack, ranks: str) -> None:
        """All spikes of one tick; ``events`` are the open loops over them, which are closed here."""
        line, offsets = self.text.line, self.expressions.buffer(matrix.offsets)
        with events:
            line(f"const int64_t row = {ranks}[event];")
            line(f"if ({offsets}[row] == {offsets}[row + 1]) continue;")
            line("rows[number++] = row;")
            line(f"if (number < {TOGETHER}) continue;")
            line("number = 0;")
            self._together(matrix, kernel.body, [f"rows[{q}]" for q in range(TOGETHER)])
        with self.text.block("for (int64_t q = 0; q < number; ++q)"):
            self._together(matrix, kernel.body, ["rows[q]"])

    def _together(self, matrix: Matrix, body: Sequence[Statement], rows: Sequence[str]) -> None:
        """Some rows, on the thread's neurons; where one lacks its own rank, the others are done alone."""
        line, e = self.text.line, self.expressions
        lower, upper = self.bounds(matrix.n_post)
        first = e.size(matrix.first)
        for q, row in enumerate(rows):
            line(f"[[maybe_unused]] const int64_t row_{q} = {row};")
            line(f"[[maybe_unused]] const int64_t base_{q} = {e.buffer(matrix.offsets)}[row_{q}] - {first};")
        line(f"const int64_t last = nl_min({e.size(matrix.past)}, {upper});")
        line(f"int64_t from = nl_max({first}, {lower});")
        with self.text.block("while (from < last)") if matrix.hole else self.text.block():
            line("int64_t until = last;")
            if matrix.hole:
                for q in range(len(rows)):
                    line(f"if (row_{q} >= from) until = nl_min(until, row_{q});")
            for q in range(len(rows)):
                line(f"[[maybe_unused]] const int64_t shift_{q} = base_{q}{self._beyond(matrix, 'from', q)};")
            line("int64_t at = from;")
            with self.text.block(f"for (; at + {BLOCK} <= until; at += {BLOCK})"):
                line("#pragma GCC ivdep")
                with self.text.block(f"for (int64_t post = at; post < at + {BLOCK}; ++post)"):
                    self._add(body, len(rows))
            line("#pragma GCC ivdep")
            with self.text.block("for (int64_t post = at; post < until; ++post)"):
                self._add(body, len(rows))
            if matrix.hole:
                with self.text.block("if (until < last)"):
                    self._add_beside(matrix, body, len(rows))
                line("from = until + 1;")

    def _beyond(self, matrix: Matrix, column: str, q: int) -> str:
        """What entries of a row beyond its own rank are shifted by."""
        first = self.expressions.size(matrix.first)
        return f" - ({column} > row_{q} && row_{q} >= {first})" if matrix.hole else ""

    def _add(self, body: Sequence[Statement], rows: int) -> None:
        """All rows at ``post``."""
        arrays = dict.fromkeys(s.array for s in body if isinstance(s, Accumulate))
        kept = {array: f"sum_{k}" for k, array in enumerate(arrays)}
        for array, name in kept.items():
            self.text.line(f"real {name} = {self.expressions.buffer(array)}[post];")
        for q in range(rows):
            with self.text.block():
                self._at_synapse(body, q, f"post + shift_{q}")
                for statement in body:
                    if isinstance(statement, Accumulate):
                        value = self.expressions.text(statement.value, "real")
                        self.text.line(f"{kept[statement.array]} {statement.op}= {value};")
                    elif q == 0 or isinstance(statement, Let):
                        self.body([statement])
        for array, name in kept.items():
            self.text.line(f"{self.expressions.buffer(array)}[post] = {name};")

    def _add_beside(self, matrix: Matrix, body: Sequence[Statement], rows: int) -> None:
        """The rows that have a synapse onto the neuron whose own row lacks it."""
        self.text.line("const int64_t post = until;")
        statements = [statement for statement in body if not isinstance(statement, Comment)]
        for q in range(rows):
            with self.text.block(f"if (row_{q} != post)"):
                self._at_synapse(body, q, f"post + base_{q}{self._beyond(matrix, 'post', q)}")
                self.body(statements)

    def _at_synapse(self, body: Sequence[Statement], q: int, place: str) -> None:
        used = symbols(expressions_of_body(body))
        if "pre" in used:
            self.text.line(f"const int64_t pre = row_{q};")
        if "s" in used:
            self.text.line(f"const int64_t s = {place};")
