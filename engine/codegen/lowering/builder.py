"""Collects the parts of a plan while objects are lowered one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.ir import Const, Expr, Kernel, Load, Op
from engine.codegen.plan import Buffer, Dtype, Entry, EventList, EventRecorder, Matrix, Plan, Recorder, Rest
from engine.runtime.core import index_type, rank_type

if TYPE_CHECKING:
    from engine.codegen.lowering.deferral import Deferral
    from engine.codegen.lowering.traces import Trace

Values = float | int | bool | npt.NDArray[Any] | Callable[[], npt.NDArray[Any]]
"""First value of a buffer: of all elements, of each, or what makes a new array of them when it is needed."""

NEVER = -10_000
"""Step of the last spike of a neuron that never fired (semantics.md section 3)."""

ALWAYS_PAST = -(2**62)

Limits = tuple[int, int]
"""Smallest and largest value that an integer buffer can hold in a valid state."""

NO_OVERFLOW: Limits = (-(2**62), 2**62)
"""Limits of integers that are only added and compared."""
FLAG: Limits = (0, 1)
AT_REST: Limits = (0, 0)
"""Limits of what is taken back to 0 whenever a run ends."""
POSITIVE: Limits = (1, 2**62)
"""Limits of what divides, and of delays."""

ZERO = Const(0, "int")
TRUE = Const(True, "bool")


def rank_dtype(size: int) -> Dtype:
    """What holds the ranks of a population of that size."""
    return "uint16" if rank_type(size) == np.uint16 else "int32"


def index_dtype(count: int) -> Dtype:
    """What holds the indices of so many synapses."""
    return "int32" if index_type(count) == np.int32 else "int64"


TREE_DTYPES: dict[str, Dtype] = {"float": "real", "int": "int64", "bool": "bool"}


@dataclass(frozen=True)
class Lowered:
    """A plan with the numbers that it leaves open.

    Attributes
    ----------
    plan : Plan
    sizes : dict
        Number of each size symbol, except those of record buffers, which are set for each run.
    values : dict
        First value of each buffer: a number for all elements, an array, or a function that makes one.
    limits : dict
        Limits of the integer buffers that have some. A state that comes from a file is held against them
        before compiled code uses it as an index or divides by it.
    traces : dict
        Event-driven variables that neurons share, by the id of the projection.
    separate : dict
        Names of those that each synapse has for itself, likewise; ``w`` where weights do not wait.
    deferrals : dict
        How weights wait for post-synaptic spikes, likewise.
    """

    plan: Plan
    sizes: dict[str, int]
    values: dict[str, Values]
    limits: dict[str, Limits] = field(default_factory=dict)
    traces: dict[int, tuple[Trace, ...]] = field(default_factory=dict)
    separate: dict[int, frozenset[str]] = field(default_factory=dict)
    deferrals: dict[int, Deferral] = field(default_factory=dict)


class Builder:
    """The growing plan."""

    def __init__(self, dt: float, precision: str, threads: int) -> None:
        self.dt = dt
        self.precision = precision
        self.threads = threads
        self.buffers: dict[str, Buffer] = {}
        self.values: dict[str, Values] = {}
        self.limits: dict[str, Limits] = {}
        self.sizes: dict[str, int] = {}
        self.matrices: list[Matrix] = []
        self.events: list[EventList] = []
        self.schedule: list[Entry] = []
        self.traces: dict[int, tuple[Trace, ...]] = {}
        self.separate: dict[int, frozenset[str]] = {}
        self.deferrals: dict[int, Deferral] = {}
        self.rests: list[Rest] = []
        self.streams = 0
        self.cores = ""
        self.profile = ""
        self.scratch: list[str] = []
        self.known: dict[str, int] = {}

    def size(self, symbol: str, number: int) -> str:
        """Declare a size symbol."""
        self.sizes[symbol] = int(number)
        return symbol

    def buffer(
        self,
        name: str,
        dtype: Dtype,
        count: str | int,
        value: Values = 0,
        comment: str = "",
        limits: Limits | None = NO_OVERFLOW,
    ) -> str:
        """Declare a buffer (again: keep the first declaration). An integer that is an index, or divides,
        needs its ``limits``; None: it may be any number. Truth values are 0 or 1 in any case."""
        if name not in self.buffers:
            self.buffers[name] = Buffer(name, dtype, count, comment)
            self.values[name] = value
            if dtype == "bool" and limits == NO_OVERFLOW:
                limits = FLAG
            if limits is not None and dtype != "real":
                self.limits[name] = limits
        return name

    def load(self, name: str, index: Expr = ZERO) -> Load:
        """An element of a declared buffer; a scalar buffer is read at 0 whatever the index."""
        buffer = self.buffers[name]
        return Load(name, ZERO if buffer.count == 1 else index, buffer.type)

    def flag(self, name: str, value: int, comment: str = "") -> Expr:
        """A switch that Python may change between runs, as a condition."""
        self.buffer(name, "int64", 1, value, comment, FLAG)
        return Op("!=", (self.load(name), ZERO), "bool")

    def stream(self) -> int:
        """Number of the next random term of the network."""
        self.streams += 1
        return self.streams

    def add(self, phase: int, work: Kernel | Recorder | EventRecorder) -> None:
        """Append to the schedule."""
        self.schedule.append(Entry(phase, work))

    def measure(self) -> None:
        """Let the finished schedule be measured part by part. There are no more parts than entries, of which
        one may become two (see ``unseen``, ``sweeps``), and the end of the step."""
        count = self.size("parts", 4 * len(self.schedule) + 1)
        self.profile = self.buffer("profile", "int64", count, 0, "nanoseconds of each part of a step")

    def finish(self) -> Lowered:
        """The plan, with the schedule in the order of the phases (and of declaration within one)."""
        schedule = sorted(self.schedule, key=lambda entry: entry.phase)
        plan = Plan(
            dt=self.dt,
            precision="float" if self.precision == "float" else "double",
            buffers=tuple(self.buffers.values()),
            sizes=tuple(self.sizes),
            matrices=tuple(self.matrices),
            events=tuple(self.events),
            schedule=tuple(schedule),
            cores=self.cores,
            rests=tuple(self.rests),
            scratch=(*self.scratch, *(name for rest in self.rests for name in rest.scratch)),
            known=tuple(self.known.items()),
            profile=self.profile,
        )
        notes = (self.traces, self.separate, self.deferrals)
        return Lowered(plan, self.sizes, self.values, self.limits, *notes)


def all_of(*conditions: Expr) -> Expr:
    """Conjunction; true constants drop out."""
    rest = [c for c in conditions if c != TRUE]
    if not rest:
        return TRUE
    return rest[0] if len(rest) == 1 else Op("and", tuple(rest), "bool")


def homogeneous(value: Values) -> bool:
    """True if one number stands for all elements."""
    return not callable(value) and (not isinstance(value, np.ndarray) or value.ndim == 0)
