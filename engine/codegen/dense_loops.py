"""Loops over dense rows, whose columns need not be read: they follow each other.

Where rows lack their own rank (``Matrix.hole``), entries beyond it have the column after the one that they
would have otherwise. A loop goes up to there and then on, so that columns follow each other in both parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.ir import Accumulate, Expr, Statement
from engine.codegen.loop_parts import LoopParts, vectorises
from engine.codegen.plan import Matrix
from engine.codegen.traverse import expressions_of_body, statements, symbols


class DenseLoops(LoopParts):
    """Prints the inner loops over the entries of dense rows."""

    def dense_entries(
        self, matrix: Matrix, body: Sequence[Statement], first: str, last: str, outer_rank: str
    ) -> None:
        """The entries ``first`` to ``last`` of ``row``."""
        line = self.text.line
        # The other side of a row's synapses are distinct neurons, so no two of them write one place.
        shared = matrix.rows == "post" and any(isinstance(s, Accumulate) for s in statements(body))
        with self.dense_parts(matrix, first, last):
            if vectorises(body) and not shared:
                line("#pragma GCC ivdep")
            with self.text.block("for (int64_t entry = begin; entry < end; ++entry)"):
                self.at_entry(matrix, body, "entry + shift", outer_rank)
                self.body(body)

    def dense_parts(self, matrix: Matrix, first: str, last: str) -> ExitStack:
        """The entries ``begin`` to ``end`` of ``row`` have columns that are larger by ``shift``: all of the
        entries ``first`` to ``last``, or those before and those beyond its own rank."""
        line, e, stack = self.text.line, self.expressions, ExitStack()
        shift = f"{e.size(matrix.first)} - {e.buffer(matrix.offsets)}[row]"
        if not matrix.hole:
            line(f"const int64_t begin = {first}, end = {last};")
            line(f"[[maybe_unused]] const int64_t shift = {shift};")
            return stack
        line(f"const int64_t start = {first};")
        line(f"const int64_t last = {last};")
        line(f"const int64_t hole = nl_min(last, nl_max(start, {self._hole(matrix)}));")
        stack.enter_context(self.text.block("for (int64_t beyond = 0; beyond < 2; ++beyond)"))
        line("const int64_t begin = beyond ? hole : start, end = beyond ? last : hole;")
        line(f"[[maybe_unused]] const int64_t shift = {shift} + beyond;")
        return stack

    def at_entry(
        self, matrix: Matrix, body: Sequence[Statement], column: str, outer_rank: str, *others: Expr
    ) -> None:
        """Bind what ``body`` and other expressions use of the synapse at ``entry``."""
        used = symbols(expressions_of_body(body)) | symbols(others)
        inner, outer = ("post", "pre") if matrix.rows == "pre" else ("pre", "post")
        if inner in used:
            self.text.line(f"const int64_t {inner} = {column};")
        if outer in used:
            self.text.line(f"const int64_t {outer} = {outer_rank};")
        if "s" in used:
            storage = f"{self.expressions.buffer(matrix.index)}[entry]" if matrix.index else "entry"
            self.text.line(f"const int64_t s = {storage};")

    def _hole(self, matrix: Matrix) -> str:
        """Text of the place in ``row`` from which on its entries are beyond its own rank."""
        lowest = self.expressions.size(matrix.first)
        return f"row < {lowest} ? last : {self.expressions.buffer(matrix.offsets)}[row] + row - {lowest}"
