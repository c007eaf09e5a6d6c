"""Loops over the steps of a block, and the clock of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from engine.codegen.bit_rows import BitRows
from engine.codegen.neuron_loops import NeuronLoops
from engine.codegen.plan import EventRecorder, Recorder
from engine.codegen.text import Text
from engine.codegen.time_blocks import LONGEST, TimeBlocks

_CLOCK = ("step", "tick", "draw")
"""Numbers of the clock that a library is called with."""


class StepLoops(NeuronLoops, BitRows):
    """Prints the time loop of blocks of steps, and the loops over the steps of one.

    The text has ``length`` steps from ``first_step``, ``first_tick`` and ``first_draw`` on.
    """

    @contextmanager
    def steps(self) -> Iterator[None]:
        """A loop over the steps of the block."""
        header = "for (int64_t later = 0; later < length; ++later)"
        with self.text.block(header), self.at_step("later"):
            yield

    @contextmanager
    def at_step(self, later: str) -> Iterator[None]:
        """Bind what the following text uses of the clock, in one step of the block."""
        begin = len(self.text.lines)
        yield
        used = self.text.words(begin)
        self.text.insert(begin, self.clock(used, {name: f"first_{name} + {later}" for name in _CLOCK}))

    def clock(self, used: set[str], at: Mapping[str, str]) -> list[str]:
        """Lines that bind what is used of the clock of a step; ``at`` has the text of its numbers."""
        if "t" in used:
            used = used | {"step"}
        lines = {
            "step": f"const int64_t step = {at['step']};",
            "tick": f"const int64_t tick = {at['tick']};",
            "draw": f"const uint64_t draw = (uint64_t)({at['draw']});",
            "t": f"const real t = (real)((double)step * {self.plan.dt!r});",
        }
        return [line for name, line in lines.items() if name in used]

    def first_clock(self, used: set[str]) -> list[str]:
        """Lines that bind what is used of the clock of the first step of a block."""
        names = {f"first_{name}": f"clock[{number}] + done" for number, name in enumerate(_CLOCK)}
        lines = [f"const int64_t {name} = {value};" for name, value in names.items() if name in used]
        return [*lines, *(["const bool later_block = done > 0;"] if "later_block" in used else [])]

    def clear_counts(self, blocks: TimeBlocks, text: Text) -> None:
        """Leave no numbers of spikes behind: in a call those of a step replace older ones."""
        for counts in blocks.counts if self.in_bytes else ():
            e, (lower, upper) = self.expressions, self.bounds(counts.neurons)
            ring = f"{e.buffer(counts.array)}, {e.size(counts.slots)}, {e.text(counts.room, 'int')}"
            text.line(f"nl_clear_low({ring}, clock[1] + done, done, {lower}, {upper});")

    def head_of_block(
        self, blocks: TimeBlocks, recorders: Iterable[Recorder], events: Iterable[EventRecorder], text: Text
    ) -> None:
        """How many steps a block has: up to what delays and memory allow, and up to the next recorded one."""
        e = self.expressions
        limits = [e.element(delay, "0") for delay in blocks.delays]
        limits += [e.size(ring) for ring in blocks.rings]
        limits += [f"{e.size(slots)} - {e.element(delay, '0')}" for slots, delay in blocks.lists]
        text.line("int64_t turn = 0;")
        text.line(f"int64_t longest = {LONGEST};")
        text.lines += [f"    longest = nl_min(longest, {limit});" for limit in limits]
        for recorder in events:
            n = e.size(self.plan.event_list(recorder.events).count)
            own = f"nl_lower({n}, k + 1, threads) - nl_lower({n}, k, threads)"
            with text.block(f"for (int64_t k = 0; k < threads && {e.element(recorder.control, '0')}; ++k)"):
                room = f"{e.size(recorder.capacity)} - {e.buffer(recorder.filled)}[k]"
                text.line(f"longest = nl_min(longest, ({room}) / nl_max({own}, 1));")
        text.line("longest = nl_max(longest, 1);")
        text.line("while (done < steps) {")
        planned = "nl_min(longest, steps - done)"
        for recorded in recorders:
            control = e.buffer(recorded.control)
            phase = f"{control}[3] + {control}[2] - clock[0] - done"
            due = f"{control}[0] ? 1 + nl_floor_mod({phase}, {control}[1]) : longest"
            planned = f"nl_min({planned}, {due})"
        text.line(f"    const int64_t length = {planned};")
