"""Runs plans in tests: buffers laid out for a number of threads, compiled through ctypes or interpreted."""

from __future__ import annotations

import copy
import ctypes
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.codegen.build import build
from engine.codegen.interpreter import Interpreter, partition
from engine.codegen.ir import Const, Expr, Function, Load, Op, Symbol, Type
from engine.codegen.plan import Buffer, Dtype, Entry, EventList, EventRecorder, Matrix, Plan, Recorder
from engine.codegen.printer import Target, print_plan

Arrays = dict[str, npt.NDArray[Any]]

I = Symbol("i", "int")  # noqa: E741
S = Symbol("s", "int")
PRE = Symbol("pre", "int")
POST = Symbol("post", "int")
ROW = Symbol("row", "int")
STEP = Symbol("step", "int")
TICK = Symbol("tick", "int")
T = Symbol("t")
ZERO = Const(0, "int")

LAYOUT = ("_counts", "_split", "_ranks_by_thread", "_steps", "_ranks", "_filled")
"""Endings of buffers whose layout depends on the number of threads."""

_DTYPES = {"real": np.float64, "uint16": np.uint16, "int32": np.int32, "int64": np.int64, "bool": np.bool_}


def number(value: int) -> Const:
    return Const(value, "int")


def real(value: float) -> Const:
    return Const(value)


def op(name: str, *args: Expr) -> Op:
    kind: Type = "bool" if name in ("<", ">", "<=", ">=", "==", "!=", "and", "or", "not") else args[0].type
    return Op(name, args, "real" if name == "/" else kind)


def call(name: str, *args: Expr) -> Function:
    return Function(name, args, "bool" if name.startswith("is") else "real")


@dataclass
class Case:
    """A plan under construction with its first values.

    Layouts that depend on the number of threads are made in :meth:`arrays`.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    values: Arrays = field(default_factory=dict)
    buffers: list[Buffer] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)
    events: list[EventList] = field(default_factory=list)
    schedule: list[Entry] = field(default_factory=list)
    prologue: tuple[Any, ...] = ()
    dt: float = 0.1
    precision: Any = "double"
    capacity: int = 1000

    def buffer(self, name: str, value: Any, dtype: Dtype = "real", count: str | int = 1) -> None:
        """A buffer; ``count`` is a size of the case or a number."""
        length = self.sizes[count] if isinstance(count, str) else count
        kind = np.float32 if dtype == "real" and self.precision == "float" else _DTYPES[dtype]
        self.values[name] = np.broadcast_to(np.asarray(value), (length,)).astype(kind)
        self.buffers.append(Buffer(name, dtype, count))

    def load(self, name: str, index: Expr = I) -> Load:
        buffer = next(b for b in self.buffers if b.name == name)
        return Load(name, ZERO if buffer.count == 1 else index, buffer.type)

    def add(self, phase: int, *works: Any) -> None:
        self.schedule += [Entry(phase, work) for work in works]

    def event_list(self, name: str, count: str, slots: int = 3) -> None:
        self.sizes |= {f"{name}_slots": slots, f"{name}_ring": slots * self.sizes[count], f"{name}_parts": 0}
        self.buffer(f"{name}_ranks", 0, "int32", f"{name}_ring")
        self.buffer(f"{name}_counts", 0, "int64", f"{name}_parts")
        self.events.append(EventList(name, count, f"{name}_slots", f"{name}_ranks", f"{name}_counts"))

    def matrix(
        self,
        name: str,
        rows: Any,
        n_rows: str,
        n_post: str,
        dense: npt.NDArray[Any],
        tiles: int = 0,
        ranks: Any = "int32",
    ) -> None:
        """Rows of a boolean matrix [n_rows, n_columns]; with ``tiles`` parts of each thread's columns."""
        offsets = np.concatenate([[0], np.cumsum(dense.sum(axis=1))])
        columns = np.nonzero(dense)[1]
        self.sizes |= {f"{name}_nnz": columns.size, f"{name}_borders": offsets.size, f"{name}_parts": 0}
        self.buffer(f"{name}_offsets", offsets, "int64", f"{name}_borders")
        self.buffer(f"{name}_columns", columns, ranks, f"{name}_nnz")
        split = ""
        if rows == "pre":
            split = f"{name}_split"
            self.buffer(split, 0, "int64", f"{name}_parts")
        matrix = Matrix(name, rows, n_rows, n_post, f"{name}_offsets", f"{name}_columns", split)
        if tiles:
            self.sizes[f"{name}_tiles"] = tiles
            matrix = replace(matrix, tiles=f"{name}_tiles")
        self.matrices.append(matrix)

    def record_events(self, name: str, events: str, mask: str = "") -> EventRecorder:
        self.sizes |= {f"{name}_capacity": self.capacity, f"{name}_area": 0, f"{name}_areas": 0}
        self.buffer(f"{name}_steps", -1, "int64", f"{name}_area")
        self.buffer(f"{name}_ranks", -1, "int32", f"{name}_area")
        self.buffer(f"{name}_filled", 0, "int64", f"{name}_areas")
        self.buffer(f"{name}_control", 1, "int64")
        parts = (f"{name}_steps", f"{name}_ranks", f"{name}_filled", f"{name}_control", f"{name}_capacity")
        return EventRecorder(name, events, *parts, mask)

    def record(self, name: str, source: str, count: str, rows: int, **options: str) -> Recorder:
        self.sizes[f"{name}_room"] = rows * self.sizes[count]
        dtype = next(b.dtype for b in self.buffers if b.name == source)
        self.buffer(f"{name}_target", 0, dtype, f"{name}_room")
        self.buffer(f"{name}_control", [1, 2, 1, 1, 0], "int64", 5)
        return Recorder(name, source, f"{name}_target", f"{name}_control", count, **options)

    def plan(self) -> Plan:
        seed = () if any(b.name == "seed" for b in self.buffers) else (Buffer("seed", "int64", 1),)
        return Plan(
            dt=self.dt,
            precision=self.precision,
            buffers=(*self.buffers, *seed),
            sizes=tuple(self.sizes),
            matrices=tuple(self.matrices),
            events=tuple(self.events),
            schedule=tuple(self.schedule),
            prologue=self.prologue,
        )

    def arrays(self, threads: int) -> tuple[dict[str, int], Arrays]:
        """Sizes and fresh buffers for a number of threads."""
        sizes, arrays = dict(self.sizes), copy.deepcopy(self.values)
        arrays.setdefault("seed", np.array([0x1234_5678_9ABC_DEF], np.int64))
        for events in self.events:
            sizes[f"{events.name}_parts"] = sizes[events.slots] * threads
            arrays[events.counts] = np.zeros(sizes[f"{events.name}_parts"], np.int64)
        for matrix in self.matrices:
            if matrix.split:
                arrays[matrix.split] = _split(
                    arrays, matrix, sizes[matrix.n_post], threads * sizes.get(matrix.tiles, 1)
                )
                sizes[f"{matrix.name}_parts"] = arrays[matrix.split].size
        for entry in self.schedule:
            if isinstance(entry.work, EventRecorder):
                name = entry.work.name
                sizes |= {f"{name}_area": threads * sizes[entry.work.capacity], f"{name}_areas": threads}
                arrays[f"{name}_steps"] = np.full(sizes[f"{name}_area"], -1, np.int64)
                arrays[f"{name}_ranks"] = np.full(sizes[f"{name}_area"], -1, np.int32)
                arrays[f"{name}_filled"] = np.zeros(threads, np.int64)
        return sizes, arrays

    def recorded(self, name: str, arrays: Arrays) -> list[tuple[int, int]]:
        """Events of a recorder in order of step and rank."""
        capacity, found = self.sizes[f"{name}_capacity"], []
        for thread, filled in enumerate(arrays[f"{name}_filled"]):
            area = slice(thread * capacity, thread * capacity + filled)
            found += list(zip(arrays[f"{name}_steps"][area], arrays[f"{name}_ranks"][area], strict=True))
        return sorted((int(step), int(rank)) for step, rank in found)


def _split(arrays: Arrays, matrix: Matrix, n_post: int, threads: int) -> npt.NDArray[np.int64]:
    borders = partition(n_post, threads)
    offsets, columns = arrays[matrix.offsets], arrays[matrix.columns]
    rows = pairwise(offsets)
    parts = [first + np.searchsorted(columns[first:last], borders) for first, last in rows]
    return np.concatenate(parts).astype(np.int64)


@dataclass
class Finished:
    """What a run left."""

    done: int
    arrays: Arrays
    progress: int = 0


def interpret(case: Case, steps: int, threads: int = 1, clock: tuple[int, int, int] = (0, 0, 0)) -> Finished:
    sizes, arrays = case.arrays(threads)
    done = Interpreter(case.plan(), arrays, sizes, threads).run(clock, steps)
    return Finished(done, arrays, done)


def run(
    case: Case,
    steps: int,
    target: Target = "single",
    threads: int = 1,
    clock: tuple[int, int, int] = (0, 0, 0),
    stop: npt.NDArray[np.int32] | None = None,
) -> Finished:
    """Print, compile (or find compiled) and run."""
    plan = case.plan()
    library = ctypes.CDLL(str(build(print_plan(plan, target), target)))
    assert ctypes.c_int64.in_dll(library, "nl_abi").value == 1
    sizes, arrays = case.arrays(threads)
    pointers = (ctypes.c_void_p * len(plan.buffers))(*(arrays[b.name].ctypes.data for b in plan.buffers))
    numbers = np.array([sizes[name] for name in plan.sizes], np.int64)
    ticks = np.array(clock, np.int64)
    stop = np.zeros(1, np.int32) if stop is None else stop
    progress = np.zeros(1, np.int64)
    library.nl_run.restype = ctypes.c_int64
    done = library.nl_run(
        pointers,
        ctypes.c_void_p(numbers.ctypes.data),
        ctypes.c_void_p(ticks.ctypes.data),
        ctypes.c_int64(steps),
        ctypes.c_int32(threads),
        ctypes.c_void_p(stop.ctypes.data),
        ctypes.c_void_p(progress.ctypes.data),
    )
    return Finished(done, arrays, int(progress[0]))


def assert_close(found: Arrays, expected: Arrays, tolerance: float = 1e-14) -> None:
    """Every buffer equal: reals within the relative tolerance, the others exactly."""
    for name, array in expected.items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(found[name], array, rtol=tolerance, atol=1e-300, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], array, err_msg=name)


def assert_same_bits(found: Arrays, expected: Arrays) -> None:
    """Every buffer whose layout does not depend on the number of threads is equal, bit for bit."""
    for name, array in expected.items():
        if not name.endswith(LAYOUT):
            assert found[name].tobytes() == array.tobytes(), name
