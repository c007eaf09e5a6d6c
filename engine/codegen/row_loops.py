"""Loops over post-synaptic rows, with what is reduced over the synapses of each.

A row is reduced in lanes (see :class:`engine.codegen.ir.Reduction`), which compilers turn into vectors and
processors add without waiting for the sum before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.access import matrix_of
from engine.codegen.expressions import C_TYPES
from engine.codegen.ir import LANES, Accumulate, EachRow, Kernel, Reduction, Statement
from engine.codegen.loop_parts import LoopParts, vectorises
from engine.codegen.plan import Matrix
from engine.codegen.traverse import expressions_of_body, iteration_expressions, statements, symbols

_NEUTRAL = {"+": "0"}
"""Where lanes begin; those of a smallest or largest value begin where the reduction does."""


class RowLoops(LoopParts):
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
        first, last = self._range(matrix)
        self._start(reduction)
        with self.text.block():
            self.text.line(f"int64_t first = {first};")
            self.text.line(f"const int64_t last = {last};")
            with self.text.block(f"if (last - first >= {LANES})"):
                self._lanes("", reduction)
                blocks = f"for (; first + {LANES} <= last; first += {LANES})"
                with self.text.block(blocks), self._each_lane(body):
                    self.text.line("const int64_t entry = first + k;")
                    self._entry(matrix, body, reduction, "lanes[k]")
                self._join_lanes(reduction, "lanes")
            with self.text.block("for (int64_t entry = first; entry < last; ++entry)"):
                self._entry(matrix, body, reduction, self.expressions.symbol(reduction.name))

    def _lanes(self, rows: str, reduction: Reduction) -> None:
        """Declare the lanes of one row, or of some."""
        kind, begin = C_TYPES[reduction.start.type], _NEUTRAL.get(reduction.op, "")
        begin = begin or self.expressions.text(reduction.start)
        values = ", ".join([begin] * LANES)
        text = f"{{{values}}}"
        if rows:
            text = f"{{{', '.join([text] * int(rows))}}}"
        self.text.line(f"{kind} lanes{rows and f'[{rows}]'}[{LANES}] = {'{}' if begin == '0' else text};")

    def _each_lane(self, body: Sequence[Statement]) -> ExitStack:
        """A loop over ``k``, the lanes."""
        if vectorises(body) and not any(isinstance(s, Accumulate) for s in statements(body)):
            self.text.line("#pragma omp simd")
        stack = ExitStack()
        stack.enter_context(self.text.block(f"for (int64_t k = 0; k < {LANES}; ++k)"))
        return stack

    def _entry(self, matrix: Matrix, body: Sequence[Statement], reduction: Reduction, place: str) -> None:
        """What is done at ``entry`` of ``row``; its value goes to ``place``."""
        used = symbols(expressions_of_body(body)) | symbols([reduction.value])
        if "pre" in used:
            self.text.line(f"const int64_t pre = {self.expressions.buffer(matrix.columns)}[entry];")
        if "post" in used:
            self.text.line("const int64_t post = row;")
        if "s" in used:
            storage = f"{self.expressions.buffer(matrix.index)}[entry]" if matrix.index else "entry"
            self.text.line(f"const int64_t s = {storage};")
        self.body(body)
        value = self.expressions.text(reduction.value, reduction.start.type)
        self._take(reduction.op, place, value)

    def _join_lanes(self, reduction: Reduction, lanes: str) -> None:
        """The lanes by halves, then into the reduced symbol."""
        joined = f"nl_joined_{_SUFFIX[reduction.op]}({lanes})"
        self._take(reduction.op, self.expressions.symbol(reduction.name), joined)


_SUFFIX = {"+": "sum", "min": "min", "max": "max"}
