"""Loops over post-synaptic rows, with what is reduced over the synapses of each.

A row is reduced in lanes (see :class:`engine.codegen.ir.Reduction`), which compilers turn into vectors and
processors add without waiting for the sum before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.access import matrix_of
from engine.codegen.dense_loops import DenseLoops
from engine.codegen.expressions import C_TYPES
from engine.codegen.ir import (
    LANES,
    Accumulate,
    Comment,
    EachRow,
    Kernel,
    Let,
    Load,
    Reduction,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lanes import LaneBody, NoLanesError
from engine.codegen.loop_parts import vectorises
from engine.codegen.plan import Matrix
from engine.codegen.traverse import (
    expressions_of_body,
    iteration_expressions,
    statements,
    subexpressions,
    symbols,
)

GROUP = 4
"""Dense rows that are reduced at a time."""

_BLOCKS = f"for (; first + {LANES} <= last; first += {LANES})"

_SUMMED = "_summed"
"""The symbol of what one synapse adds."""

_NEUTRAL = {"+": "0"}
"""Where lanes begin; those of a smallest or largest value begin where the reduction does."""


class RowLoops(DenseLoops):
    """Prints the loops over the rows of a matrix."""

    @abstractmethod
    def _entries(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """The inner loop over the thread's entries of ``row``."""

    @abstractmethod
    def _range(self, matrix: Matrix) -> tuple[str, str]:
        """First and one past the last entry of ``row``."""

    def rows(self, kernel: Kernel) -> None:
        """Every post-synaptic row, with what is reduced over its synapses."""
        assert isinstance(kernel.domain, EachRow)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        if matrix.first and kernel.reduction is not None:
            with self._when(kernel):
                self._row_groups(matrix, kernel, kernel.reduction)
            return
        with self._when(kernel), self._rows(matrix):
            if kernel.reduction is not None:
                self._reduced_row(matrix, kernel.body, kernel.reduction)
            elif kernel.body:
                with self.text.block():
                    self._entries(matrix, kernel.body)
            self._after(matrix, kernel)

    def _rows(self, matrix: Matrix) -> ExitStack:
        stack = ExitStack()
        lower, upper = ("0", self.expressions.size(matrix.n_rows))
        if matrix.rows == "post":
            lower, upper = self.bounds(matrix.n_rows)
        stack.enter_context(self.text.block(f"for (int64_t row = {lower}; row < {upper}; ++row)"))
        return stack

    def _after(self, matrix: Matrix, kernel: Kernel) -> None:
        used = symbols(iteration_expressions(kernel))
        if not kernel.after:
            return
        if "post" in used:
            self.text.line("const int64_t post = row;")
        if "length" in used:
            first, last = self._range(matrix)
            self.text.line(f"const int64_t length = {last} - {first};")
        self.body(kernel.after)

    # --- lanes ----------------------------------------------------------------------------------------

    def _reduced_row(self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction) -> None:
        """One row, in lanes and then one entry after the other."""
        first, last = self._range(matrix)
        column, symbol = self._column(matrix), self.expressions.symbol(reduction.name)
        self._start(reduction)
        with self.text.block():
            self.text.line(f"int64_t first = {first};")
            self.text.line(f"const int64_t last = {last};")
            if matrix.first:
                self.text.line("[[maybe_unused]] const int64_t begin = first;")
            if matrix.hole:
                self.text.line(f"[[maybe_unused]] const int64_t hole = {self._hole(matrix)};")
            with self.text.block(f"if (last - first >= {LANES})"):
                self._lanes(reduction)
                vectors = self._row_vectors(matrix, body, reduction)
                if vectors is not None:
                    self.text.line("#ifdef NL_LANES")
                    self._summed_vectors(matrix, body, reduction, vectors)
                    self.text.line("#endif")
                with self.text.block(_BLOCKS):
                    self._fetch_ahead(matrix, body, reduction, "first")
                    with self._each_lane(body):
                        self.text.line("[[maybe_unused]] const int64_t entry = first + k;")
                        self._entry(matrix, body, reduction, column, "lanes[k]")
                self._join_lanes(reduction, "lanes")
            with self.text.block("for (int64_t entry = first; entry < last; ++entry)"):
                self._entry(matrix, body, reduction, column, symbol)

    def _row_vectors(
        self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction
    ) -> LaneBody | None:
        """What is summed over a sparse row, as vectors: compilers do not gather floats by short ranks."""
        if matrix.first or matrix.rows != "post" or reduction.op != "+" or reduction.start.type != "real":
            return None
        if any(not isinstance(statement, Let | Comment) for statement in body):
            return None
        summed = (*body, Let(_SUMMED, reduction.value))
        try:
            found = LaneBody(self.plan, self.identifiers, self.expressions, summed, matrix.columns, "pre")
        except NoLanesError:
            return None
        return found if found.varies(_SUMMED) and not found.sizes else None

    def _summed_vectors(
        self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction, vectors: LaneBody
    ) -> None:
        """All whole blocks of the row, into ``lanes``: the loop that follows finds none left."""
        self.uses_lanes = True
        line, vector = self.text.line, "nl_kind<real>::reals"
        line("[[maybe_unused]] const int64_t post = row;")
        for text in vectors.before:
            line(text)
        parameters = "const int64_t s, const nl_kind<real>::some some"
        with self.text.block(f"const auto summed = [&]({parameters}) __attribute__((always_inline))"):
            for text in vectors.lines:
                line(text)
            line(f"return {self.expressions.symbol(_SUMMED)};")
        self.text.lines[-1] += ";"
        line(f"{vector} sums[{LANES} / NL_LANES] = {{}};")
        with self.text.block(_BLOCKS):
            self._fetch_ahead(matrix, body, reduction, "first")
            line(f"for (int64_t k = 0; k < {LANES}; k += NL_LANES)")
            line("    sums[k / NL_LANES] += summed(first + k, nl_every<real>);")
        line(f"for (int64_t k = 0; k < {LANES}; k += NL_LANES)")
        line("    nl_write(lanes + k, sums[k / NL_LANES], nl_every<real>);")

    def _column(self, matrix: Matrix) -> str:
        """Text of the column of ``entry`` in a row that starts at ``begin``."""
        if not matrix.first:
            return f"{self.expressions.buffer(matrix.columns)}[entry]"
        own = " + (entry >= hole)" if matrix.hole else ""
        return f"{self.expressions.size(matrix.first)} + entry - begin{own}"

    def _row_groups(self, matrix: Matrix, kernel: Kernel, reduction: Reduction) -> None:
        """Dense rows, some at a time: memory gives more through several streams than through one."""
        lower, upper = self.bounds(matrix.n_rows)
        offsets, line = self.expressions.buffer(matrix.offsets), self.text.line
        with self.text.block(f"for (int64_t top = {lower}; top < {upper};)"):
            line(f"[[maybe_unused]] const int64_t begin = {offsets}[top];")
            line(f"const int64_t wide = {offsets}[top + 1] - begin;")
            alike = f"{offsets}[top + {GROUP}] - begin == {GROUP} * wide"
            with self.text.block(f"if (wide >= {LANES} && top + {GROUP} <= {upper} && {alike})"):
                self._group(matrix, kernel, reduction)
                line(f"top += {GROUP};")
                line("continue;")
            line("[[maybe_unused]] const int64_t row = top++;")
            self._reduced_row(matrix, kernel.body, reduction)
            self._after(matrix, kernel)

    def _group(self, matrix: Matrix, kernel: Kernel, reduction: Reduction) -> None:
        """Rows of one width. Where each lacks its own rank, the blocks around these are done on their own."""
        line, body, lowest = self.text.line, kernel.body, self.expressions.size(matrix.first)
        self._lanes(reduction, GROUP)
        line(f"const int64_t whole = wide - wide % {LANES};")
        if matrix.hole:
            line(f"[[maybe_unused]] const int64_t hole = top < {lowest} ? wide : top - {lowest};")
        with self.text.block(f"for (int64_t at = 0; at < whole; at += {LANES})"):
            if matrix.hole:
                near = f"at + {LANES} > hole && at < hole + {GROUP - 1}"
                with self.text.block(f"if ({near})"):
                    with self._each_row(), self._each_lane(body):
                        line("[[maybe_unused]] const int64_t entry = begin + q * wide + at + k;")
                        column = f"{lowest} + at + k + (at + k >= hole + q)"
                        self._entry(matrix, body, reduction, column, "lanes[q][k]")
                    line("continue;")
                line(f"[[maybe_unused]] const int64_t shift = {lowest} + at + (at > hole);")
            else:
                line(f"[[maybe_unused]] const int64_t shift = {lowest} + at;")
            with self._each_row():
                self._fetch_ahead(matrix, body, reduction, "begin + q * wide + at")
                with self._each_lane(body):
                    line("[[maybe_unused]] const int64_t entry = begin + q * wide + at + k;")
                    self._entry(matrix, body, reduction, "shift + k", "lanes[q][k]")
        with self._each_row():
            self._start(reduction)
            self._join_lanes(reduction, "lanes[q]")
            with self.text.block("for (int64_t at = whole; at < wide; ++at)"):
                line("[[maybe_unused]] const int64_t entry = begin + q * wide + at;")
                own = " + (at >= hole + q)" if matrix.hole else ""
                symbol = self.expressions.symbol(reduction.name)
                self._entry(matrix, body, reduction, f"{lowest} + at{own}", symbol)
            self._after(matrix, kernel)

    def _fetch_ahead(
        self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction, entry: str
    ) -> None:
        """Bring what the synapses after ``entry`` have of their own nearer: processors foresee less."""
        own = Symbol("s", "int")
        parts = [*expressions_of_body(body), *subexpressions(reduction.value)]
        stores = (s for s in statements(body) if isinstance(s, Store) and s.index == own)
        written = dict.fromkeys(s.array for s in stores)
        read = dict.fromkeys(part.array for part in parts if isinstance(part, Load) and part.index == own)
        if not matrix.first and "pre" in symbols(parts):
            read[matrix.columns] = None
        for array in {**written, **read}:
            how = "nl_fetch_written" if array in written else "nl_fetch"
            self.text.line(f"{how}({self.expressions.buffer(array)} + {entry});")

    def _each_row(self) -> ExitStack:
        """A loop over ``q``, the rows of a group, that is unrolled: their lanes stay in registers."""
        self.text.line(f"#pragma GCC unroll {GROUP}")
        stack = ExitStack()
        stack.enter_context(self.text.block(f"for (int64_t q = 0; q < {GROUP}; ++q)"))
        self.text.line("[[maybe_unused]] const int64_t row = top + q;")
        return stack

    def _lanes(self, reduction: Reduction, rows: int = 0) -> None:
        """Declare the lanes of one row, or of some."""
        kind, begin = C_TYPES[reduction.start.type], _NEUTRAL.get(reduction.op, "")
        begin = begin or self.expressions.text(reduction.start)
        values = f"{{{', '.join([begin] * LANES)}}}"
        if rows:
            values = f"{{{', '.join([values] * rows)}}}"
        shape = f"[{rows}][{LANES}]" if rows else f"[{LANES}]"
        self.text.line(f"{kind} lanes{shape} = {'{}' if begin == '0' else values};")

    def _each_lane(self, body: Sequence[Statement]) -> ExitStack:
        """A loop over ``k``, the lanes."""
        if vectorises(body) and not any(isinstance(s, Accumulate) for s in statements(body)):
            self.text.line("#pragma omp simd")
        stack = ExitStack()
        stack.enter_context(self.text.block(f"for (int64_t k = 0; k < {LANES}; ++k)"))
        return stack

    def _entry(
        self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction, column: str, place: str
    ) -> None:
        """What is done at ``entry`` of ``row``; its value goes to ``place``."""
        self.at_entry(matrix, body, column, "row", reduction.value)
        self.body(body)
        value = self.expressions.text(reduction.value, reduction.start.type)
        self._take(reduction.op, place, value)

    def _join_lanes(self, reduction: Reduction, lanes: str) -> None:
        """The lanes by halves, then into the reduced symbol."""
        joined = f"nl_joined_{_SUFFIX[reduction.op]}({lanes})"
        self._take(reduction.op, self.expressions.symbol(reduction.name), joined)


_SUFFIX = {"+": "sum", "min": "min", "max": "max"}
