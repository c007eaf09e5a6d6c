"""Rows of bits: how many of the spikes of a step reach each neuron."""

from __future__ import annotations

from contextlib import ExitStack

from engine.codegen.access import counted_buffer, event_list, matrix_of
from engine.codegen.ir import EachEvent, Kernel
from engine.codegen.loop_parts import LoopParts


class BitRows(LoopParts):
    """Prints the counting of spikes whose rows are bits."""

    def count_bits(self, kernel: Kernel, segments: ExitStack) -> None:
        """Sum the rows of the events that ``segments`` loops over, as many at once as 8 bits can count."""
        assert isinstance(kernel.domain, EachEvent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        bits, counts = f"(const uint64_t*){e.buffer(matrix.bits)}", e.buffer(counted_buffer(kernel))
        lower, upper = self.bounds(matrix.n_post)
        sum_up = f"nl_count({counts}, rows, number, {bits}, {lower}, {upper});"
        with segments:
            self.text.line(
                f"const int64_t start = {e.buffer(matrix.offsets)}[{e.buffer(listed.ranks)}[event]];"
            )
            self.text.line("if (start == 0) continue;")
            self.text.line(f"rows[number++] = {bits} + start;")
            with self.text.block("if (number == NL_ROWS)"):
                self.text.line(sum_up)
                self.text.line("number = 0;")
        self.text.line(f"if (number > 0) {sum_up}")
