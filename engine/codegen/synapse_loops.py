"""Loops over synapses: all of them, those that events reach, and absent ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Literal

from engine.codegen.access import event_list, matrix_of
from engine.codegen.bit_rows import BitRows
from engine.codegen.dense_events import TOGETHER, DenseEvents, only_adds
from engine.codegen.early_rows import EarlyRows
from engine.codegen.few_posts import FewPosts, has_few_posts
from engine.codegen.ir import (
    Accumulate,
    EachAbsent,
    EachDue,
    EachEvent,
    EachSynapse,
    Kernel,
    Statement,
)
from engine.codegen.lanes import LaneBody, NoLanesError
from engine.codegen.loop_parts import for_all_events, vectorises
from engine.codegen.plan import Matrix
from engine.codegen.row_loops import RowLoops
from engine.codegen.traverse import expressions_of_body, statements, symbols, written_buffers


class SynapseLoops(FewPosts, EarlyRows, BitRows, DenseEvents, RowLoops, ABC):
    """Prints the loops over the synapses of a matrix."""

    @abstractmethod
    def own_entries(self, matrix: Matrix) -> tuple[str, str]:
        """First and one past the last entry of pre-synaptic ``row`` that belong to the thread."""

    # --- rows -----------------------------------------------------------------------------------------

    def synapses(self, kernel: Kernel) -> None:
        """Every synapse of a matrix, row after row."""
        assert isinstance(kernel.domain, EachSynapse)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        if matrix.full and has_few_posts(self.plan, matrix):
            with self._when(kernel):
                self.synapses_of_few(matrix, kernel.body)
            return
        lanes = self._rule_vectors(matrix, kernel.body)
        with self._when(kernel), self._rows(matrix):
            if lanes is None:
                self._entries(matrix, kernel.body)
                return
            self.uses_lanes = True
            self.text.line("#ifdef NL_LANES")
            self._entries_as_vectors(matrix, kernel.body, lanes)
            self.text.line("#else")
            self._entries(matrix, kernel.body)
            self.text.line("#endif")

    def _rule_vectors(self, matrix: Matrix, body: Sequence[Statement]) -> LaneBody | None:
        """What is done at the synapses of a row as vectors: compilers give up where it is chosen by
        conditions."""
        if matrix.index or "s" not in symbols(expressions_of_body(body)):
            return None
        side: Literal["post", "pre"] = "post" if matrix.rows == "pre" else "pre"
        place = "s + shift" if matrix.first else ""
        try:
            found = LaneBody(self.plan, self.identifiers, self.expressions, body, matrix.columns, side, place)
        except NoLanesError:
            return None
        return None if found.sizes else found

    def _entries_as_vectors(self, matrix: Matrix, body: Sequence[Statement], lanes: LaneBody) -> None:
        """The thread's entries of ``row``."""
        first, last = self._range(matrix)
        line, outer = self.text.line, matrix.rows
        if outer in symbols(expressions_of_body(body)):
            line(f"[[maybe_unused]] const int64_t {outer} = row;")
        for text in lanes.before:
            line(text)
        with ExitStack() as stack:
            if matrix.first:
                stack.enter_context(self.dense_parts(matrix, first, last))
            else:
                line(f"const int64_t begin = {first}, end = {last};")
            parameters = "const int64_t s, const nl_kind<real>::some some"
            with self.text.block(f"const auto synapses = [&]({parameters}) __attribute__((always_inline))"):
                for text in lanes.lines:
                    line(text)
            self.text.lines[-1] += ";"
            line("int64_t from = begin;")
            line("for (; from + NL_LANES <= end; from += NL_LANES) synapses(from, nl_every<real>);")
            line("if (from < end) synapses(from, nl_first<real>(end - from));")

    def absent(self, kernel: Kernel) -> None:
        """Every pair that no synapse joins: columns ascend, so one look at the next one tells."""
        assert isinstance(kernel.domain, EachAbsent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        n_pre, columns = self.expressions.size(kernel.domain.n_pre), self.expressions.buffer(matrix.columns)
        with self._when(kernel), self._rows(matrix):
            first, last = self._range(matrix)
            self.text.line("const int64_t post = row;")
            self.text.line(f"int64_t entry = {first};")
            self.text.line(f"const int64_t last = {last};")
            with self.text.block(f"for (int64_t pre = 0; pre < {n_pre}; ++pre)"):
                self.text.line(f"if (entry < last && {columns}[entry] == pre) {{ ++entry; continue; }}")
                self.text.line(f"const int64_t pair = post * {n_pre} + pre;")
                self.body(kernel.body)

    def _range(self, matrix: Matrix) -> tuple[str, str]:
        if matrix.rows == "pre":
            return self.own_entries(matrix)
        offsets = self.expressions.buffer(matrix.offsets)
        return f"{offsets}[row]", f"{offsets}[row + 1]"

    def _entries(
        self,
        matrix: Matrix,
        body: Sequence[Statement],
        outer_rank: str = "row",
    ) -> None:
        """The inner loop over the thread's entries of ``row``, whose neuron is ``outer_rank``."""
        first, last = self._range(matrix)
        if matrix.first:
            self.dense_entries(matrix, body, first, last, outer_rank)
            return
        used = symbols(expressions_of_body(body))
        self.text.line(f"const int64_t last = {last};")
        # The posts of a pre-synaptic row are distinct, so no two of its synapses write one place. Where
        # nothing is read or written per synapse, plain additions are faster than vectors that scatter.
        shared = matrix.rows == "post" and any(isinstance(s, Accumulate) for s in statements(body))
        if "s" in used and not shared and vectorises(body):
            self.text.line("#pragma GCC ivdep")
        with self.text.block(f"for (int64_t entry = {first}; entry < last; ++entry)"):
            column, outer = ("post", "pre") if matrix.rows == "pre" else ("pre", "post")
            if column in used:
                self.text.line(f"const int64_t {column} = {self.expressions.buffer(matrix.columns)}[entry];")
            if outer in used:
                self.text.line(f"const int64_t {outer} = {outer_rank};")
            if "s" in used:
                storage = f"{self.expressions.buffer(matrix.index)}[entry]" if matrix.index else "entry"
                self.text.line(f"const int64_t s = {storage};")
            self.body(body)

    # --- events ---------------------------------------------------------------------------------------

    def events(self, kernel: Kernel) -> None:
        """Every synapse in the rows of the events of one tick.

        Rows by pre-synaptic neuron: the thread goes through all events and takes its own part of each row.
        Rows by post-synaptic neuron: the rows of its own events are its own.
        """
        assert isinstance(kernel.domain, EachEvent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        with self._when(kernel):
            self.text.line(f"const int64_t slot = {self._slot(listed, self._lag(kernel.domain))};")
            if matrix.bits:
                self.count_bits(kernel, self._segments)
                return
            if has_few_posts(self.plan, matrix):
                self.few_posts(kernel, matrix, listed)
                return
            if only_adds(self.plan, matrix, kernel):
                self.text.line(f"int64_t rows[{TOGETHER}];")
                self.text.line("int64_t number = 0;")
                self.added_rows(matrix, kernel, self._segments(listed), e.buffer(listed.ranks))
                return
            with ExitStack() as stack:
                if matrix.tiles and not matrix.first:
                    loop = f"for (int64_t tile = 0; tile < {self.tiles(matrix)}; ++tile)"
                    stack.enter_context(self.text.block(loop))
                same, before = for_all_events(kernel.before, written_buffers(kernel))
                if matrix.rows == "pre":
                    stack.enter_context(self._segments(listed, same))
                else:
                    stack.enter_context(self._segment(listed, "thread", same))
                self.text.line(f"const int64_t row = {e.buffer(listed.ranks)}[event];")
                if matrix.rows in symbols(expressions_of_body(before)):
                    self.text.line(f"const int64_t {matrix.rows} = row;")
                self.body(before)
                if matrix.rows == "pre" and matrix.split and not matrix.index and not matrix.first:
                    self.arrival(matrix, listed, kernel.body)
                elif matrix.n_post in self.plan.few:
                    self._entries_onto_few(matrix, kernel.body)
                else:
                    self._entries(matrix, kernel.body)

    def _entries_onto_few(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """As :meth:`_entries`; what is rare in a loop of its own."""
        ordered, (usual,) = self.in_order((tuple(body),))
        with ExitStack() as stack:
            if ordered:
                with self.text.block(f"if ({' && '.join(ordered)})"):
                    self._entries(matrix, usual)
                stack.enter_context(self.text.block("else"))
            self._entries(matrix, body)

    def due(self, kernel: Kernel) -> None:
        """Every synapse whose own delay ends now: age after age, the thread's part of each row."""
        assert isinstance(kernel.domain, EachDue)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        classes, slots = e.size(kernel.domain.classes), e.size(listed.slots)
        with self._when(kernel):
            self.text.line(f"const int64_t newest = {self._slot(listed)};")
            with self.text.block(f"for (int64_t k = 0; k < {classes}; ++k)"):
                # Ages are less than slots: a comparison instead of a division.
                self.text.line(f"const int64_t begin = newest - {e.element(kernel.domain.ages, 'k')};")
                self.text.line(f"const int64_t slot = begin < 0 ? begin + {slots} : begin;")
                with self._segments(listed):
                    self.text.line(f"const int64_t rank = {e.buffer(listed.ranks)}[event];")
                    self.text.line(f"const int64_t row = rank * {classes} + k;")
                    self._entries(matrix, kernel.body, outer_rank="rank")
