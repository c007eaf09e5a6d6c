"""Runs a plan on numpy buffers in plain Python: slow and obvious, the oracle for every printer.

Threads matter here only for the layout of events and records; iterations run one after another.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.access import event_list, matrix_of
from engine.codegen.expressions import operand_type
from engine.codegen.ir import (
    LANES,
    Accumulate,
    Cast,
    Comment,
    Const,
    Draw,
    Each,
    EachAbsent,
    EachBlock,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    Expr,
    Function,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Once,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
    Total,
    Type,
)
from engine.codegen.philox import DRAWS, Place
from engine.codegen.plan import EventRecorder, Matrix, Plan, Recorder, row_words

Value = Any
"""A numpy real, a Python int or a bool."""

Scope = dict[str, Value]

_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

_UPDATES: dict[str, Callable[[Value, Value], Value]] = {
    "=": lambda old, new: new,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "min": lambda old, new: new if new < old else old,
    "max": lambda old, new: new if new > old else old,
}

_SAME_IN_NUMPY = (
    *("exp", "log", "sqrt", "fabs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor", "ceil", "log10"),
    *("log2", "log1p", "expm1", "exp2", "cbrt", "fmod", "isnan", "isfinite"),
)

FUNCTIONS: dict[str, Callable[..., Value]] = {
    **{name: getattr(np, name) for name in _SAME_IN_NUMPY},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan")},
    "atan2": np.arctan2,
    "pow": np.power,
    "erf": lambda x: math.erf(x),
    "round": lambda x: np.copysign(np.floor(np.fabs(x) + 0.5), x),
    "sign": lambda x: int(x > 0) - int(x < 0),
    "pos": lambda x: x if x > 0 else 0.0,
    "neg": lambda x: x if x < 0 else 0.0,
    "clip": lambda x, a, b: a if x < a else b if x > b else x,
    "Heaviside": lambda x: np.heaviside(x, 0.5),
    "modulo": lambda a, b: int(math.fmod(int(a), int(b))) if int(b) else 0,
    "max": lambda a, b: b if b > a else a,
    "min": lambda a, b: b if b < a else a,
    "fma": lambda a, b, c: fused(a, b, c),
    "exprel": lambda x: np.expm1(x) / x if x != 0 else 1.0,
}


def fused(a: Value, b: Value, c: Value) -> Value:
    """``a * b + c``, rounded once."""
    twice = a * b + c
    if not (np.isfinite(a) and np.isfinite(b) and np.isfinite(c)):
        return twice
    exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
    try:
        return float(exact) if exact else twice
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def partition(n: int, threads: int) -> list[int]:
    """Borders of the ranges that threads own: thread k has ``[k]`` .. ``[k + 1]``."""
    chunks = (n + 63) // 64
    return [min(n, 64 * (chunks * k // threads)) for k in range(threads + 1)]


def _reduced_row(op: str, start: Value, values: Sequence[Value]) -> Value:
    """As :class:`engine.codegen.ir.Reduction` says."""
    update, whole = _UPDATES[op], len(values) - len(values) % LANES
    if whole:
        lanes = [type(start)(0) if op == "+" else start] * LANES
        for k, value in enumerate(values[:whole]):
            lanes[k % LANES] = update(lanes[k % LANES], value)
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [update(lanes[k], lanes[k + half]) for k in range(half)]
        start = update(start, lanes[0])
    for value in values[whole:]:
        start = update(start, value)
    return start


class Interpreter:
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
        self.plan = plan
        self.buffers = buffers
        self.sizes = sizes
        self.threads = threads
        self._real: Any = np.float32 if plan.precision == "float" else np.float64
        self._draw = 0
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
                self._tick, self._draw = tick + done, draw + done
                time = self._real((step + done) * self.plan.dt)
                scope = prologue | {"step": step + done, "tick": tick + done, "t": time, "done": done}
                self._step(scope)
                if self._interrupted or self._is_full():
                    return done + 1
        return steps

    def _step(self, scope: Scope) -> None:
        for entry in self.plan.schedule:
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
                outer[reduction.name] = _reduced_row(reduction.op, start, values)
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
                outer[reduction.name] = _UPDATES[reduction.op](outer[reduction.name], value)
            self._body(kernel.after, outer)

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
        old = self._as(self.buffers[array][index], kind)
        self.buffers[array][index] = self._as(_UPDATES[op](old, self._as(value, kind)), kind)

    # --- expressions ----------------------------------------------------------------------------------

    def value(self, expression: Expr, scope: Scope) -> Value:
        """Value of an expression."""
        match expression:
            case Const(value=value, type=kind):
                return self._as(value, kind)
            case Symbol(name=name):
                return scope[name]
            case Load(array=array, index=index, type=kind):
                buffer = self.buffers[array]
                return self._as(buffer[0 if buffer.size == 1 else self.value(index, scope)], kind)
            case Cast(operand=operand, type=kind):
                return self._as(self.value(operand, scope), kind)
            case Select(condition=condition, then=then, otherwise=otherwise, type=kind):
                chosen = then if self.value(condition, scope) else otherwise
                return self._as(self.value(chosen, scope), kind)
            case Op():
                return self._as(self._op(expression, scope), expression.type)
            case Function(name=name, args=args, type=kind):
                argument: Type = kind if name in ("min", "max") else "real"
                values = [self._as(self.value(arg, scope), argument) for arg in args]
                return self._as(FUNCTIONS[name](*values), kind)
            case Draw():
                return self._as(self._random(expression, scope), expression.type)

    def _op(self, expression: Op, scope: Scope) -> Value:
        if expression.op == "and":
            return all(self.value(arg, scope) for arg in expression.args)
        if expression.op == "or":
            return any(self.value(arg, scope) for arg in expression.args)
        if expression.op == "not":
            return not self.value(expression.args[0], scope)
        kind = operand_type(expression)
        values = [self._as(self.value(arg, scope), kind) for arg in expression.args]
        if expression.op == "neg":
            return -values[0]
        if expression.op == "mod":
            return values[0] % values[1] if kind == "int" else np.fmod(values[0], values[1])
        result = values[0]
        for other in values[1:]:
            result = _OPERATORS[expression.op](result, other)
        return result

    def _random(self, expression: Draw, scope: Scope) -> Value:
        seed = int(self.buffers[self.plan.seed][0])
        index = int(self.value(expression.index, scope))
        args = [float(self.value(arg, scope)) for arg in expression.args]
        place = Place(seed, self._draw, index, expression.stream)
        return DRAWS[expression.distribution](place, *args)

    def _as(self, value: Value, kind: Type) -> Value:
        if kind == "real":
            return self._real(value)
        return bool(value) if kind == "bool" else int(value)

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
