"""Rows of bits: how many of the spikes of a step reach each neuron."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from engine.codegen.access import counted_in, event_list, matrix_of
from engine.codegen.ir import EachEvent, Kernel
from engine.codegen.loop_parts import LoopParts
from engine.codegen.plan import EventList, room_of


class BitRows(LoopParts):
    """Prints the counting of spikes whose rows are bits."""

    in_bytes = False
    """Are numbers of spikes kept as bytes inside of a call, low ones and high ones?"""

    def count_bits(self, kernel: Kernel, segments: Callable[[EventList], ExitStack]) -> None:
        """Sum the rows of the events that ``segments`` loops over, as many at once as 8 bits can count."""
        assert isinstance(kernel.domain, EachEvent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        bits, (counted, first) = f"(const uint64_t*){e.buffer(matrix.bits)}", counted_in(self.plan, kernel)
        lower, upper = self.bounds(matrix.n_post)
        place = f"{e.buffer(counted)} + {e.text(first, 'int')}"
        if self.in_bytes:
            room = e.size(room_of(matrix.n_post))
            self.text.line(f"uint8_t* const low = (uint8_t*)({place});")
            self.text.line(f"nl_byte_numbers counts = {{low, low + {room}, false}};")
        else:
            self.text.line(f"const nl_numbers counts = {{{place}}};")
        self.text.line("const uint64_t* rows[NL_ROWS + 7];")
        self.text.line("int64_t number = 0;")
        sum_up = f"nl_count(counts, rows, number, {bits}, {lower}, {upper});"
        with segments(listed):
            self.text.line(
                f"const int64_t start = {e.buffer(matrix.offsets)}[{e.buffer(listed.ranks)}[event]];"
            )
            self.text.line("if (start == 0) continue;")
            self.text.line(f"rows[number++] = {bits} + start;")
            with self.text.block("if (number == NL_ROWS)"):
                self.text.line(sum_up)
                self.text.line("number = 0;")
                if self.in_bytes:
                    self.text.line("counts.more = true;")
        self.text.line(f"if (number > 0) {sum_up}")
        if self.in_bytes:
            length = f"(uint64_t)({upper} - {lower})"
            self.text.line(f"else if (!counts.more) __builtin_memset(low + {lower}, 0, {length});")

    def ask_for_row(self, events: str, row: str) -> None:
        """The thread's part of each row of bits that the spike will be counted by."""
        super().ask_for_row(events, row)
        for entry in self.plan.steady:
            domain = entry.work.domain if isinstance(entry.work, Kernel) else None
            if isinstance(domain, EachEvent) and domain.events == events:
                matrix, e = matrix_of(self.plan, domain.matrix), self.expressions
                if matrix.bits:
                    start = f"{e.buffer(matrix.offsets)}[{row}] + {self.bounds(matrix.n_post)[0]} / 64"
                    self.text.line(f"nl_fetch_row((const uint64_t*){e.buffer(matrix.bits)} + {start});")
