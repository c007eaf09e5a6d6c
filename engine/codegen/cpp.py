"""The C++ text of a plan: declarations, the time loop and the schedule, the same for every C++ target.

The text exports ``nl_run`` and ``nl_abi`` and includes nothing. Each thread runs ``nl_thread``: it owns a
range of every population and of the synapses onto it, and meets the others where an entry of the schedule
says so and at the end of each step.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from functools import cache
from pathlib import Path

from engine.codegen.access import check_stores, place_barriers
from engine.codegen.dense_inputs import inputs_of_neurons
from engine.codegen.expressions import C_TYPES, OF_FUNCTIONS, STORAGE, ExpressionPrinter
from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import Draw, Each, EachChance, EachRow, Function, Interrupt, Kernel
from engine.codegen.loops import LoopPrinter
from engine.codegen.outlining import BORDER, PLAINLY, Span, outlined
from engine.codegen.plan import CLOSING, PHASES, Buffer, Entry, EventRecorder, Plan, Recorder
from engine.codegen.profile import groups, parts
from engine.codegen.records import (
    filled_counter,
    print_event_recorder,
    print_recorder,
    print_room,
    print_room_at_start,
    row_counter,
)
from engine.codegen.text import Text
from engine.codegen.time_blocks import TimeBlocks, time_blocks
from engine.codegen.traverse import expressions_of, statements, subexpressions, written_buffers

ABI = 1
"""Version of the C interface; ``nl_abi`` in the library holds it."""

_ARGUMENTS = (
    "void** buffers, const int64_t* sizes, const int64_t* clock, int64_t steps, "
    "{threads}volatile int32_t* stop, volatile int64_t* progress"
)
SIGNATURE = 'extern "C" __attribute__((visibility("default"))) int64_t nl_run(' + _ARGUMENTS.format(
    threads="int32_t threads, "
)
THREAD_SIGNATURE = "static int64_t nl_thread(" + _ARGUMENTS.format(
    threads="const int64_t thread, const int64_t threads, volatile int32_t* stopping, "
)


class CppPrinter(LoopPrinter):
    """Base of the C++ targets. Use :func:`engine.codegen.printer.print_plan`."""

    barrier = ""
    """The statement that makes threads meet."""

    def __init__(self, plan: Plan) -> None:
        check_stores(plan)
        plan = place_barriers(plan)
        kernels = [entry.work for entry in plan.schedule if isinstance(entry.work, Kernel)]
        written = {name for kernel in kernels for name in written_buffers(kernel)} | _kept_by_loops(plan)
        scalars = {b.name for b in plan.buffers if b.count == 1 and b.name not in written}
        identifiers = Identifiers()
        expressions = ExpressionPrinter(plan, identifiers, frozenset(scalars))
        super().__init__(plan, identifiers, expressions, Text(depth=2))
        self._scalars = scalars
        self._time_blocks = time_blocks(plan)
        if self._time_blocks is not None:
            self.prefer_bytes(self._time_blocks)
            self.counts_periods = False
        else:
            self.inputs = inputs_of_neurons(plan, groups(plan.steady), self.takes_inputs)
        self._loops: list[Span] = []
        used = [e for kernel in kernels for e in expressions_of(kernel)]
        used += [e for let in (*plan.prologue, *plan.of_steps) for e in subexpressions(let.value)]
        self._picks = any(isinstance(k.domain, EachChance) for k in kernels)
        self._draws = self._picks or any(isinstance(e, Draw) for e in used)
        functions = {e.name for e in used if isinstance(e, Function)}
        functions |= {"log1p"} if self._picks else set()  # prelude_chance.h makes gaps with it
        self._relaxes = not functions.isdisjoint(("exprel", "gain"))
        self._shares_gains = "gain" in functions
        self._turns = not functions.isdisjoint(("sin", "cos", "tan"))
        self._raises = "pow" in functions
        self._has_others = not functions.isdisjoint(OF_FUNCTIONS)
        self._reduces = any(isinstance(k.domain, EachRow) and k.reduction is not None for k in kernels)
        self._interrupts = any(isinstance(s, Interrupt) for k in kernels for s in statements(k.body))

    def preludes(self) -> tuple[str, ...]:
        """Files that the text begins with."""
        optional = {
            "prelude_lanes.h": self._reduces,
            "prelude_exprel.h": self._relaxes,
            "prelude_sine.h": self._turns or self._has_others,
            "prelude_functions.h": self._has_others,
            "prelude_power.h": self._raises,
            "prelude_rests.h": bool(self.kept),
            "prelude_philox.h": self._draws,
            "prelude_standard.h": self._draws,
            "prelude_random.h": self._draws,
            "prelude_chance.h": self._picks,
            "prelude_synapses.h": self.uses_lanes,
            "prelude_bits.h": any(matrix.bits for matrix in self.plan.matrices),
            "prelude_cores.h": bool(self.plan.cores),
            "prelude_profile.h": bool(self.plan.profile),
        }
        return (
            "prelude.h",
            "prelude_exp.h",
            "prelude_math.h",
            *(name for name, used in optional.items() if used),
        )

    def on_own_core(self, thread: str, run: str, depth: int) -> str:
        """The statement ``run``, with the thread on its own core if it has one."""
        lines = [run]
        if self.plan.cores:
            number = self.plan.buffers.index(self.plan.buffer(self.plan.cores))
            lines = [
                "nl_cores before;",
                f"const bool stayed = nl_stay(((const int32_t*)buffers[{number}])[{thread}], &before);",
                run,
                "nl_leave(stayed, &before);",
            ]
        return "\n".join(" " * 4 * depth + line for line in lines)

    @abstractmethod
    def entry_point(self) -> str:
        """Text of ``nl_run``."""

    def print(self) -> str:
        """The whole text."""
        self._schedule()
        self._end_of_step()
        declarations = self._declarations()
        real = self.plan.precision
        moved = outlined(THREAD_SIGNATURE, declarations.lines, self.text.lines, self._loops)
        functions = [*self.function_of_steps(), *moved.functions]
        parts = [
            *(_prelude(name) for name in self.preludes()),
            f"typedef {real} real;\n",
            *([_prelude("prelude_vectors.h")] if self.uses_vectors else []),
            *([_prelude("prelude_arriving.h")] if self.adds_rows else []),
            *([_prelude("prelude_gains.h")] if self._shares_gains else []),
            *([_prelude("prelude_steps.h")] if self.uses_steps else []),
            *functions,
            *([f"{BORDER}the time loop"] if functions else []),
            f"{PLAINLY if moved.complete else ''}{THREAD_SIGNATURE}) {{",
            str(declarations).rstrip("\n"),
            "\n".join(moved.body).rstrip("\n"),
            *self._closing(),
            "}\n",
            self.entry_point(),
            f'extern "C" __attribute__((visibility("default"))) const int64_t nl_abi = {ABI};\n',
        ]
        return "\n".join(parts)

    # --- the time loop --------------------------------------------------------------------------------

    def _schedule(self) -> None:
        phase = 0
        joined = {id(kernel) for kernel in self.followers.values()}
        joined |= {id(kernel) for kernels in self.inputs.values() for kernel in kernels}
        for number, group in enumerate(groups(self.plan.steady)):
            first = group[0]
            if id(first.work) in joined:
                continue
            if first.phase != phase:
                self.text.line()
                self.text.comment(f"--- phase {first.phase}: {PHASES[first.phase]}")
                phase = first.phase
            if first.barrier and self.barrier:
                self.text.line(self.barrier)
            self._entries_of_schedule(group)
            self._lap(number)

    def _lap(self, part: int) -> None:
        """Count the time of a part of the step."""
        if self.plan.profile:
            profile = self.expressions.buffer(self.plan.profile)
            self.text.line(f"if (thread == 0) nl_lap(&{profile}[{part}], &last_lap);")

    def _entries_of_schedule(self, group: list[Entry]) -> None:
        begin = len(self.text.lines)
        self.apart = False
        if self._time_blocks is None:
            self._loop(group)
        else:
            self._in_all_steps(group, self._time_blocks)
        self._loops.append(Span(begin, len(self.text.lines), self.apart))

    def _loop(self, group: list[Entry]) -> None:
        work = group[0].work
        if isinstance(work, Recorder):
            print_recorder(self, work)
        elif isinstance(work, EventRecorder):
            print_event_recorder(self, work)
        elif isinstance(work.domain, Each):
            self.each([entry.work for entry in group if isinstance(entry.work, Kernel)])
        else:
            self.kernel(work)

    def _in_all_steps(self, group: list[Entry], blocks: TimeBlocks) -> None:
        """What entries do in all steps of a block; of values only those after the last one are recorded, or
        shown to Python."""
        work = group[0].work
        if isinstance(work, Recorder) or group[0].phase == CLOSING:
            with self.text.block(), self.at_step("length - 1"):
                self._loop(group)
        elif isinstance(work, Kernel) and isinstance(work.domain, Each):
            self.each_in_block([entry.work for entry in group if isinstance(entry.work, Kernel)], blocks)
        else:
            with self.steps():
                self._loop(group)

    @property
    def first_of_call(self) -> str:
        """As there; in a block it is the first step of the first one."""
        return super().first_of_call + ("" if self._time_blocks is None else " && later == 0")

    def _end_of_step(self) -> None:
        """Agree whether to go on.

        Who wants to stop says so before the barrier in the flag of the turn's parity; all read that flag
        after it. The next writer of the same flag is two turns away, and with them a barrier that waits for
        all readers.
        """
        text = self.text
        text.line()
        text.comment("--- end of the step")
        recorders = self._event_recorders()
        flag, steps, longest = "stopping[done & 1]", "1", ""
        if self._time_blocks is not None:
            flag, steps, longest = "stopping[turn & 1]", "length", "longest"
        if self._interrupts:
            text.line(f"if (interrupted) {flag} = 1;")
        if recorders:
            text.line("bool full = false;")
            for recorder in recorders:
                print_room(self, recorder, text, longest)
        with text.block("if (thread == 0)"):
            text.line(f"*progress = done + {steps};")
            text.line(f"if (*stop) {flag} = 1;")
        if recorders:
            text.line(f"if (full) {flag} = 1;")
        if self.barrier:
            text.line(self.barrier)
        self._lap(len(parts(self.plan)) - 1)
        if self.plan.closing:
            self._end_of_call()
        with text.block(f"if ({flag})"):
            text.line(f"done += {steps};" if longest else "++done;")
            text.line("break;")
        if longest:
            text.line("++turn;")
            text.line("done += length;")

    def _end_of_call(self) -> None:
        """What only Python looks at, once it does."""
        self.text.comment(f"--- phase {CLOSING}: {PHASES[CLOSING]}")
        over = "done & 1] || done + 1" if self._time_blocks is None else "turn & 1] || done + length"
        with self.text.block(f"if (stopping[{over} == steps)"):
            for group in groups(self.plan.closing):
                if group[0].barrier and self.barrier:
                    self.text.line(self.barrier)
                self._entries_of_schedule(group)

    def _event_recorders(self) -> list[EventRecorder]:
        return [e.work for e in self.plan.schedule if isinstance(e.work, EventRecorder)]

    def _recorders(self) -> list[Recorder]:
        return [e.work for e in self.plan.schedule if isinstance(e.work, Recorder)]

    # --- around the time loop -------------------------------------------------------------------------

    def _declarations(self) -> Text:
        """What the loop uses: sizes, buffers, scalars, ranges, the prologue, counters and the clock."""
        used = self.text.words()
        header = self._header_of_step(used)
        prologue, used = self._prologue(used | header.words())
        ranges, used = self._ranges(used)
        counters, used = self._counters(used)
        text = Text(depth=1)
        text.line("const uint32_t denormals = nl_flush_denormals();")
        for number, size in enumerate(self.plan.sizes):
            if (name := self.expressions.size(size)) in used and size not in self.plan.few:
                text.line(f"const int64_t {name} = sizes[{number}];")
        for number, buffer in enumerate(self.plan.buffers):
            if buffer.name == self.plan.seed and "seed" in used:
                text.line(f"const uint64_t seed = *(const uint64_t*)buffers[{number}];")
            if self.expressions.buffer(buffer.name) in used:
                self._declare(text, number, buffer)
        for part in (ranges, counters, prologue):
            text.lines += part.lines
        self.find_resting(text)
        text.lines += header.lines
        return text

    def _header_of_step(self, used: set[str]) -> Text:
        """The head of the time loop, and the clock of a step, or of a block of steps."""
        text = Text(depth=1)
        text.line("int64_t done = 0;")
        if self._time_blocks is not None:
            self.head_of_block(self._time_blocks, self._recorders(), self._event_recorders(), text)
            text.lines += [f"        {line}" for line in self.first_clock(used)]
            return text
        if self._interrupts:
            text.line("bool interrupted = false;")
        values = self.clock_values(used, text)
        text.line("for (; done < steps; ++done) {")
        at = {"step": "clock[0] + done", "tick": "clock[1] + done", "draw": "clock[2] + done"}
        used = used | {word for line in values for word in re.findall(r"\w+", line)}
        text.lines += [f"        {line}" for line in [*self.clock(used, at), *values]]
        return text

    def _declare(self, text: Text, number: int, buffer: Buffer) -> None:
        name, kind = self.expressions.buffer(buffer.name), STORAGE[buffer.dtype]
        if buffer.comment:
            text.comment(buffer.comment)
        if buffer.name in self._scalars:
            text.line(f"const {kind} {name} = *(const {kind}*)buffers[{number}];")
        else:
            text.line(f"{kind}* __restrict const {name} = ({kind}*)buffers[{number}];")

    def _prologue(self, used: set[str]) -> tuple[Text, set[str]]:
        kept: list[str] = []
        used = set(used)
        for let in reversed(self.plan.prologue):
            name = self.expressions.symbol(let.name)
            if name in used:
                line = Text(depth=1)
                line.line(f"const {C_TYPES[let.value.type]} {name} = {self.expressions.text(let.value)};")
                used |= line.words()
                kept += line.lines
        text = Text(depth=1)
        text.lines = kept[::-1]
        return text, used

    def _ranges(self, used: set[str]) -> tuple[Text, set[str]]:
        text = Text(depth=1)
        for size in self.plan.sizes:
            for name, thread in zip(self.bounds(size), ("thread", "thread + 1"), strict=True):
                if name in used and name.isidentifier():
                    n = self.expressions.size(size)
                    text.line(f"const int64_t {name} = nl_lower({n}, {thread}, threads);")
        return text, used | text.words()

    def _counters(self, used: set[str]) -> tuple[Text, set[str]]:
        text = Text(depth=1)
        if self.plan.profile:
            text.line("int64_t last_lap = nl_now();")
        for recorder in self._recorders():
            control = self.expressions.buffer(recorder.control)
            text.line(f"int64_t {row_counter(self, recorder)} = {control}[4];")
        for events in self._event_recorders():
            filled = self.expressions.buffer(events.filled)
            text.line(f"int64_t {filled_counter(self, events)} = {filled}[thread];")
            print_room_at_start(self, events, text)
        return text, used | text.words()

    def _closing(self) -> list[str]:
        text = Text(depth=1)
        text.line("}")
        for recorder in self._recorders():
            control = self.expressions.buffer(recorder.control)
            text.line(f"if (thread == 0) {control}[4] = {row_counter(self, recorder)};")
        for events in self._event_recorders():
            text.line(f"{self.expressions.buffer(events.filled)}[thread] = {filled_counter(self, events)};")
        if self._time_blocks is not None:
            self.clear_counts(self._time_blocks, text)
        text.line("nl_restore_denormals(denormals);")
        text.line("return done;")
        return text.lines


def _kept_by_loops(plan: Plan) -> set[str]:
    """Buffers that the loops themselves write: events and records."""
    names = {name for events in plan.events for name in (events.ranks, events.counts)}
    for entry in plan.schedule:
        if isinstance(entry.work, Recorder):
            names |= {entry.work.target, entry.work.control}
        elif isinstance(entry.work, EventRecorder):
            names |= {entry.work.steps, entry.work.ranks, entry.work.filled}
    return names


@cache
def _prelude(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
