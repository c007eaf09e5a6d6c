"""Rows of spikes that arrive in the next step, asked for when their neurons fire.

While a row is delivered that of a later spike is fetched (``arrivals.py``), but nobody fetches those that
come first: where few neurons fire in a step, that is most of them.
"""

from __future__ import annotations

from engine.codegen.access import matrix_of
from engine.codegen.arrivals import Arrivals
from engine.codegen.ir import EachEvent, Kernel
from engine.codegen.plan import Matrix
from engine.codegen.traverse import expressions_of_body, symbols

FIRST = 4
"""Spikes of a step whose rows are asked for; those of later ones are fetched while these are delivered."""

LINE = 64


class EarlyRows(Arrivals):
    """Prints what a new spike asks memory for."""

    def ask_for_row(self, events: str, row: str) -> None:
        """The beginnings of rows that are delivered in the next step, for the first spikes of this one."""
        super().ask_for_row(events, row)
        found = [
            (matrix, kernel.domain)
            for kernel in (entry.work for entry in self.plan.steady)
            if isinstance(kernel, Kernel)
            and isinstance(kernel.domain, EachEvent)
            and kernel.domain.events == events
            and self._is_far(matrix := matrix_of(self.plan, kernel.domain.matrix), kernel)
        ]
        if not found:
            return
        with self.text.block(f"if ({self._emitted(events)[1]} <= {FIRST})"):
            for matrix, domain in found:
                with self.text.block(f"if ({self._lag(domain)} == 1)"):
                    self._ask(matrix, row)

    def _is_far(self, matrix: Matrix, kernel: Kernel) -> bool:
        """Are rows nothing but ranks, so that most of what a spike costs is that they are far?"""
        if not matrix.split or matrix.first or matrix.bits or matrix.n_post in self.plan.few:
            return False
        return "s" not in symbols(expressions_of_body(kernel.body))

    def _ask(self, matrix: Matrix, row: str) -> None:
        """The beginning of the thread's part of a row, and where it is."""
        e = self.expressions
        place = f"{row} * {self.parts(matrix)} + thread * {self.tiles(matrix)}"
        self.text.line(f"const int64_t at = {e.buffer(matrix.split)}[{place}];")
        ranks = LINE // (2 if self.plan.buffer(matrix.columns).dtype == "uint16" else 4)
        for element in ("at", f"at + {ranks}"):
            self.text.line(f"__builtin_prefetch(&{e.buffer(matrix.columns)}[{element}]);")
