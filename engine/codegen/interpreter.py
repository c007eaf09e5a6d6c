"""Runs a plan on numpy buffers in plain Python: slow and obvious, the oracle for every printer.

Threads matter here only for the layout of events and records; iterations run one after another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.access import event_list, matrix_of
from engine.codegen.evaluation import UPDATES, Evaluator, Scope, Value, reduced_row
from engine.codegen.ir import (
    RARE,
    Accumulate,
    Comment,
    Each,
    EachAbsent,
    EachBlock,
    EachChance,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    If,
    Interrupt,
    Kernel,
    Let,
    Once,
    Statement,
    Store,
    Total,
)
from engine.codegen.philox import Place, picked, picked_in_window
from engine.codegen.plan import Entry, EventRecorder, Matrix, Plan, Recorder, row_words
from engine.codegen.traverse import expressions_of_body, symbols


def partition(n: int, threads: int) -> list[int]:
    """Borders of the ranges that threads own: thread k has ``[k]`` .. ``[k + 1]``."""
    chunks = (n + 63) // 64
    return [min(n, 64 * (chunks * k // threads)) for k in range(threads + 1)]


class Interpreter(Evaluator):
    """Advances the buffers of one plan.

    Parameters
    ----------
    plan : Plan
    buffers : mapping of str to ndarray
        Every buffer of the plan, changed in place.
    sizes : mapping of str to int
    threads : int
        Number of threads that the buffers are laid out for.
    """

    def __init__(
        self,
        plan: Plan,
        buffers: Mapping[str, npt.NDArray[Any]],
        sizes: Mapping[str, int],
        threads: int = 1,
    ) -> None:
        super().__init__(plan, buffers)
        self.sizes = sizes
        self.threads = threads
        self._tick = 0
        self._interrupted = False

    def run(self, clock: Iterable[int], steps: int) -> int:
        """Run steps from ``clock`` (step, tick, draw counter); returns the steps done."""
        step, tick, draw = clock
        self._interrupted = False
        if self._is_full():
            return 0
        with np.errstate(all="ignore"):
            prologue: Scope = {name: int(size) for name, size in self.sizes.items()}
            for let in self.plan.prologue:
                prologue[let.name] = self.value(let.value, prologue)
            for done in range(steps):
                self._tick, self.draw = tick + done, draw + done
                time = self.real((step + done) * self.plan.dt)
                scope = prologue | {"step": step + done, "tick": tick + done, "t": time, "done": done}
                for let in self.plan.of_steps:
                    scope[let.name] = self.value(let.value, scope)
                self._entries_in_order(self.plan.steady, scope)
                if self._interrupted or self._is_full() or done + 1 == steps:
                    self._entries_in_order(self.plan.closing, scope)
                    return done + 1
        return steps

    def _entries_in_order(self, entries: Iterable[Entry], scope: Scope) -> None:
        for entry in entries:
            if isinstance(entry.work, Recorder):
                self._record(entry.work, scope)
            elif isinstance(entry.work, EventRecorder):
                self._record_events(entry.work, scope)
            else:
                self._kernel(entry.work, scope)

    # --- kernels --------------------------------------------------------------------------------------

    def _kernel(self, kernel: Kernel, scope: Scope) -> None:
        runs = kernel.condition is None or self.value(kernel.condition, scope)
        if runs or not isinstance(kernel.domain, EachSpike):
            for statement in kernel.body:
                self._clear_events(statement)
        if not runs:
            return
        if isinstance(kernel.domain, EachRow):
            self._rows(kernel, scope)
            return
        if isinstance(kernel.domain, EachBlock | Total):
            self._reductions(kernel, scope)
            return
        if isinstance(kernel.domain, EachChance):
            self._chances(kernel, kernel.domain, scope)
            return
        for bound in self._iterations(kernel.domain, scope):
            self._body((*kernel.before, *kernel.body), scope | bound)

    def _iterations(self, domain: Any, scope: Scope) -> Iterator[Scope]:
        match domain:
            case Once():
                yield {}
            case Each(count=count):
                yield from ({"i": i} for i in range(self.sizes[count]))
            case EachSynapse(matrix=matrix):
                for row in range(self.sizes[matrix_of(self.plan, matrix).n_rows]):
                    yield from self._entries(matrix, row)
            case EachAbsent(matrix=matrix, n_pre=n_pre):
                for row in range(self.sizes[matrix_of(self.plan, matrix).n_rows]):
                    joined = {bound["pre"] for bound in self._entries(matrix, row)}
                    for pre in range(self.sizes[n_pre]):
                        if pre not in joined:
                            yield {"pre": pre, "post": row, "pair": row * self.sizes[n_pre] + pre}
            case EachEvent(events=events, matrix=matrix, lag=lag):
                for row in list(self._events(events, self._now(events) - int(self.value(lag, scope)))):
                    yield from self._entries(matrix, row)
            case EachDue(events=events, matrix=matrix, ages=ages, classes=classes):
                for k, age in enumerate(self.buffers[ages][: self.sizes[classes]]):
                    for rank in list(self._events(events, self._now(events) - int(age))):
                        for bound in self._entries(matrix, rank * self.sizes[classes] + k):
                            yield bound | {"pre": rank}
            case EachSpike(events=events, lag=lag):
                for rank in list(self._events(events, self._now(events) - int(self.value(lag, scope)))):
                    yield {"i": rank}

    def _entries(self, name: str, row: int) -> Iterator[Scope]:
        matrix = matrix_of(self.plan, name)
        if matrix.bits:
            yield from ({"pre": row, "post": post, "row": row} for post in self._bits_of(matrix, row))
            return
        offsets, columns = self.buffers[matrix.offsets], self.buffers[matrix.columns]
        for entry in range(int(offsets[row]), int(offsets[row + 1])):
            s = int(self.buffers[matrix.index][entry]) if matrix.index else entry
            column = int(columns[entry])
            if matrix.first:
                column = self.sizes[matrix.first] + entry - int(offsets[row])
                column += matrix.hole and self.sizes[matrix.first] <= row <= column
            pre, post = (row, column) if matrix.rows == "pre" else (column, row)
            yield {"s": s, "pre": pre, "post": post, "row": row}

    def _bits_of(self, matrix: Matrix, row: int) -> list[int]:
        """Columns of a row of bits."""
        n_post = self.sizes[matrix.n_post]
        start = int(self.buffers[matrix.offsets][row])
        words = self.buffers[matrix.bits][start : start + row_words(n_post)]
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")
        return [int(post) for post in np.flatnonzero(bits[:n_post])]

    def _rows(self, kernel: Kernel, scope: Scope) -> None:
        assert isinstance(kernel.domain, EachRow)
        for row in range(self.sizes[matrix_of(self.plan, kernel.domain.matrix).n_rows]):
            outer, values = scope | {"row": row, "post": row, "length": 0}, []
            reduction = kernel.reduction
            for bound in self._entries(kernel.domain.matrix, row):
                outer["length"] += 1
                inner = outer | bound
                self._body(kernel.body, inner)
                if reduction is not None:
                    values.append(self.value(reduction.value, inner))
            if reduction is not None:
                start = self.value(reduction.start, outer)
                outer[reduction.name] = reduced_row(reduction.op, start, values)
            self._body(kernel.after, outer)

    def _reductions(self, kernel: Kernel, scope: Scope) -> None:
        assert isinstance(kernel.domain, EachBlock | Total) and kernel.reduction is not None
        n, reduction = self.sizes[kernel.domain.count], kernel.reduction
        whole = isinstance(kernel.domain, Total)
        for block, first in enumerate([0] if whole else range(0, n, 64)):
            outer = scope | {"block": block}
            outer[reduction.name] = self.value(reduction.start, outer)
            for i in range(first, n if whole else min(first + 64, n)):
                value = self.value(reduction.value, outer | {"i": i})
                outer[reduction.name] = UPDATES[reduction.op](outer[reduction.name], value)
            self._body(kernel.after, outer)

    def _chances(self, kernel: Kernel, domain: EachChance, scope: Scope) -> None:
        n, is_own = self.sizes[domain.count], domain.scale is None
        has_units = is_own or "unit" in symbols(expressions_of_body(kernel.body))
        seed = int(self.buffers[self.plan.seed][0])
        for first in range(0, n, domain.group):
            group = range(first, min(first + domain.group, n))
            if domain.scale is None:
                chances = [float(self.value(domain.chance, scope | {"i": i})) for i in group]
                largest = max((chance for chance in chances if chance > 0.0), default=0.0)
                scale = 1.0 / math.log1p(-largest) if 0.0 < largest < 1.0 else 0.0
            else:
                largest = float(self.value(domain.chance, scope))
                scale = float(self.value(domain.scale, scope))
            gaps = Place(seed, self.draw, first, domain.gaps)
            if domain.window > 1 and largest <= RARE:
                found = picked_in_window(gaps, domain.window, len(group), largest, scale, has_units)
            else:
                found = picked(gaps, domain.stream, len(group), largest, scale, has_units)
            for place, unit in found:
                if not is_own or unit < chances[place]:
                    self._body(kernel.body, scope | {"i": first + place, "unit": self.real(unit)})

    # --- statements -----------------------------------------------------------------------------------

    def _body(self, body: Iterable[Statement], scope: Scope) -> None:
        for statement in body:
            match statement:
                case Let(name=name, value=value):
                    scope[name] = self.value(value, scope)
                case Store(array=array, index=index, value=value):
                    self._write(array, int(self.value(index, scope)), "=", self.value(value, scope))
                case Accumulate(array=array, index=index, op=op, value=value):
                    self._write(array, int(self.value(index, scope)), op, self.value(value, scope))
                case If(condition=condition, then=then):
                    if self.value(condition, scope):
                        self._body(then, dict(scope))
                case Emit(events=events, index=index):
                    self._emit(events, int(self.value(index, scope)))
                case Interrupt():
                    self._interrupted = True
                case Comment():
                    pass

    def _write(self, array: str, index: int, op: str, value: Value) -> None:
        kind = self.plan.buffer(array).type
        old = self.converted(self.buffers[array][index], kind)
        self.buffers[array][index] = self.converted(UPDATES[op](old, self.converted(value, kind)), kind)

    # --- events and records ---------------------------------------------------------------------------

    def _now(self, name: str) -> int:
        """The list's own tick."""
        behind = event_list(self.plan, name).behind
        return self._tick - int(self.buffers[behind][0]) if behind else self._tick

    def _slot(self, name: str, tick: int) -> tuple[int, npt.NDArray[Any], npt.NDArray[Any]]:
        events = event_list(self.plan, name)
        slot = tick % self.sizes[events.slots]
        return slot * self.sizes[events.count], self.buffers[events.ranks], self._counts(name, slot)

    def _counts(self, name: str, slot: int) -> npt.NDArray[Any]:
        counts = self.buffers[event_list(self.plan, name).counts]
        return counts[slot * self.threads : (slot + 1) * self.threads]

    def _borders(self, name: str) -> list[int]:
        return partition(self.sizes[event_list(self.plan, name).count], self.threads)

    def _clear_events(self, statement: Statement) -> None:
        if isinstance(statement, Emit):
            self._slot(statement.events, self._now(statement.events))[2][:] = 0
        elif isinstance(statement, If):
            for inner in statement.then:
                self._clear_events(inner)

    def _emit(self, name: str, rank: int) -> None:
        base, ranks, counts = self._slot(name, self._now(name))
        borders = self._borders(name)
        thread = next(k for k in range(self.threads) if borders[k] <= rank < borders[k + 1])
        ranks[base + borders[thread] + counts[thread]] = rank
        counts[thread] += 1

    def _events(self, name: str, tick: int, thread: int | None = None) -> Iterator[int]:
        base, ranks, counts = self._slot(name, tick)
        borders = self._borders(name)
        for k in range(self.threads) if thread is None else (thread,):
            first = base + borders[k]
            yield from (int(rank) for rank in ranks[first : first + counts[k]])

    def _record(self, recorder: Recorder, scope: Scope) -> None:
        active, period, offset, period_offset, row = (int(x) for x in self.buffers[recorder.control])
        if not active or (scope["step"] - offset) % period != period_offset:
            return
        count = self.sizes[recorder.count]
        source = self.buffers[recorder.source]
        picked = self.buffers[recorder.ranks][:count] if recorder.ranks else slice(count)
        self.buffers[recorder.target][row * count : (row + 1) * count] = source[picked]
        self.buffers[recorder.control][4] += 1

    def _record_events(self, recorder: EventRecorder, scope: Scope) -> None:
        if not self.buffers[recorder.control][0]:
            return
        filled, capacity = self.buffers[recorder.filled], self.sizes[recorder.capacity]
        for thread in range(self.threads):
            for rank in self._events(recorder.events, self._tick, thread):
                if recorder.mask and not self.buffers[recorder.mask][rank]:
                    continue
                place = thread * capacity + filled[thread]
                self.buffers[recorder.steps][place] = scope["step"]
                self.buffers[recorder.ranks][place] = rank
                filled[thread] += 1

    def _is_full(self) -> bool:
        """Might some area of an event recorder not hold another step?"""
        for entry in self.plan.schedule:
            work = entry.work
            if not isinstance(work, EventRecorder) or not self.buffers[work.control][0]:
                continue
            own = np.diff(self._borders(work.events))
            room = self.sizes[work.capacity] - self.buffers[work.filled]
            if np.any(room < own):
                return True
        return False
