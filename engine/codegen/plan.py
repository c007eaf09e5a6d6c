"""The plan of a network: every buffer and the ordered schedule of one step, as data.

Nothing here knows a programming language; nothing here holds values. Sizes are symbols whose numbers are
handed over at run time, so that networks of one structure share one compiled library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from engine.codegen.ir import Kernel, Let, Type

Dtype = Literal["real", "uint8", "uint16", "int32", "int64", "bool"]
"""``real`` is double or float by the ``precision`` of the network; ``bool`` is one byte."""


@dataclass(frozen=True)
class Buffer:
    """One array. ``count`` is a size symbol or a number (1: a scalar, loaded once before the time loop
    unless some kernel writes it)."""

    name: str
    dtype: Dtype
    count: str | int
    comment: str = ""

    @property
    def type(self) -> Type:
        return "real" if self.dtype == "real" else "bool" if self.dtype == "bool" else "int"


@dataclass(frozen=True)
class Matrix:
    """Sparse rows. Buffers (all in ``Plan.buffers``): ``offsets`` int64 [n_rows + 1], ``columns`` uint16 or
    int32 [nnz], for ``rows == "pre"`` also ``split`` int64 [n_rows * (threads * tiles + 1)]: entries
    ``split[row * (threads * tiles + 1) + k] .. [+ k + 1]`` of a row belong to tile k % tiles of thread
    k // tiles (its post range; ascending columns make them contiguous). ``index`` int32 or int64 [nnz], if
    not empty, maps entries to storage indices (an inverse of another matrix); otherwise the storage index
    ``s`` is the entry's position.
    """

    name: str
    rows: Literal["pre", "post"]
    n_rows: str
    n_post: str
    """Size symbol of the post-synaptic population: its partition decides ownership."""
    offsets: str
    columns: str
    split: str = ""
    index: str = ""
    first: str = ""
    """Size symbol of a rank; not empty: the rows are dense. The columns of every row that has entries are
    all from this one on, so that nobody needs to read them (but they are there)."""
    past: str = ""
    """Size symbol of one past the last of these columns."""
    hole: bool = False
    """A dense row lacks its own rank, if that is among its columns."""
    tiles: str = ""
    """Size symbol of the number of parts that each thread's post range has; empty: 1."""
    full: bool = False
    """Every row has every column: entry ``row * columns + column``."""
    bits: str = ""
    """If not empty, an int64 buffer in the place of ``columns``, ``split`` and ``index``: bit k % 64 of word
    ``offsets[row] + k // 64`` says whether ``row`` has column k. Rows without columns have the offset 0:
    there lies an empty row. Rows take as many words as :func:`row_words` says; 8 words follow the last."""


FEW = 8
"""Populations of less neurons fit into a part of a vector: what loops over them cost is not the neurons."""


def row_words(n_post: int) -> int:
    """Words of 64 bits in a row of bits: whole cache lines."""
    return -(-n_post // 512) * 8


def room_of(count: str) -> str:
    """Size symbol of a population's number of neurons, rounded up to whole blocks of 64."""
    return f"room_{count}"


@dataclass(frozen=True)
class EventList:
    """A ring of the ranks emitted in the last ``slots`` ticks by a population of ``count`` neurons.

    Buffers: ``ranks`` int32 [slots * count], ``counts`` int64 [slots * threads]. In tick k, thread p writes
    its events, ascending, to ``ranks[(k % slots) * count + lower(p) ...]`` and their number to
    ``counts[(k % slots) * threads + p]``. ``slots`` is a size symbol (at least 2). ``behind``, if not empty,
    is an int64 [1] buffer: the list's own ticks are the plan's less this, because it stood still at times.
    """

    name: str
    count: str
    slots: str
    ranks: str
    counts: str
    behind: str = ""


@dataclass(frozen=True)
class Rest:
    """Neurons that are refractory in step n: those with ``n <= last[i]`` (``last`` is int64 [count]).

    A printer may keep this as bits while a call lasts, in buffers whose values mean nothing between two
    calls: bit i % 64 of word i // 64 of ``resting`` (int64), lists of neurons in ``following``
    (int32 [count]), and their first ones in ``due`` (int32 [64 * threads]).
    """

    last: str
    count: str
    resting: str
    following: str
    due: str

    @property
    def scratch(self) -> tuple[str, str, str]:
        """The buffers that a printer may use."""
        return (self.resting, self.following, self.due)


@dataclass(frozen=True)
class Recorder:
    """Copies a buffer's values into rows of a record buffer at the end of a phase.

    Recorded when ``active`` and ``(step - offset) mod period == period_offset``. These are elements 0..3 of
    the int64 buffer ``control`` [5]: active, period, offset, period_offset, rows written so far in this call.
    ``target`` has ``count`` values a row. ``ranks``: int32 buffer that picks elements of ``source``, or empty
    for all. ``owned``: elements are neurons of the partition of ``count`` (no barrier needed).
    """

    name: str
    source: str
    target: str
    control: str
    count: str
    ranks: str = ""
    owned: str = ""
    """Size symbol of the population whose partition owns the source's elements, or empty."""


@dataclass(frozen=True)
class EventRecorder:
    """Copies each step's events into flat arrays, one area of ``capacity`` (size symbol) entries a thread:
    ``steps`` int64 [threads * capacity], ``ranks`` int32 [threads * capacity], ``filled`` int64 [threads].
    ``control`` int64 [1]: active. ``mask``: bool buffer over neurons that picks recorded ones, or empty.
    The run ends early, after a whole step, when an area could overflow in the next one."""

    name: str
    events: str
    steps: str
    ranks: str
    filled: str
    control: str
    capacity: str
    mask: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the schedule. ``phase`` is a key of :data:`PHASES`; ``barrier`` says that all threads
    must have finished everything before it."""

    phase: int
    work: Kernel | Recorder | EventRecorder
    barrier: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that a printer needs.

    ``prologue`` are uniform values, computed once a call before the time loop. The step ends with a barrier.
    """

    dt: float
    precision: Literal["double", "float"]
    buffers: tuple[Buffer, ...]
    sizes: tuple[str, ...]
    matrices: tuple[Matrix, ...]
    events: tuple[EventList, ...]
    schedule: tuple[Entry, ...]
    prologue: tuple[Let, ...] = ()
    of_steps: tuple[Let, ...] = ()
    """Values of a step that follow from its clock and from what lasts for a call, in an order in which each
    needs earlier ones only."""
    seed: str = "seed"
    """Name of the int64 [1] buffer that holds the seed of all draws."""
    cores: str = ""
    """Name of the int32 [threads] buffer that holds the core of each thread; empty: threads may move."""
    scratch: tuple[str, ...] = ()
    """Names of buffers whose values mean nothing between two calls."""
    rests: tuple[Rest, ...] = ()
    known: tuple[tuple[str, int], ...] = ()
    """Sizes that are numbers of the text: those of populations of less than :data:`FEW` neurons."""
    profile: str = ""
    """Name of the int64 buffer that counts nanoseconds of each part of a step (see ``profile.parts``); empty:
    nothing is measured."""

    def buffer(self, name: str) -> Buffer:
        """The buffer called ``name``."""
        return self._buffers[name]

    def matrix(self, name: str) -> Matrix:
        """The matrix called ``name``."""
        return self._matrices[name]

    def event_list(self, name: str) -> EventList:
        """The event list called ``name``."""
        return self._event_lists[name]

    @cached_property
    def steady(self) -> tuple[Entry, ...]:
        """What each step does."""
        return tuple(entry for entry in self.schedule if entry.phase != CLOSING)

    @cached_property
    def closing(self) -> tuple[Entry, ...]:
        """What follows the last step of a call: values that only Python looks at."""
        return tuple(entry for entry in self.schedule if entry.phase == CLOSING)

    @cached_property
    def few(self) -> dict[str, int]:
        """The sizes of :attr:`known` by their symbols."""
        return dict(self.known)

    @cached_property
    def _buffers(self) -> dict[str, Buffer]:
        return {buffer.name: buffer for buffer in self.buffers}

    @cached_property
    def _matrices(self) -> dict[str, Matrix]:
        return {matrix.name: matrix for matrix in self.matrices}

    @cached_property
    def _event_lists(self) -> dict[str, EventList]:
        return {events.name: events for events in self.events}


PHASES = {
    1: "reset of rate sums",
    2: "input computation",
    3: "recording of sums and conductances",
    4: "random numbers",
    5: "neuron update",
    6: "delay queues",
    7: "global operations",
    8: "synapse update",
    9: "post_spike events",
    10: "structural plasticity",
    11: "recording",
    12: "stop conditions",
    13: "end of the call",
}
"""The step order of semantics.md section 1, and what is tested after it. Draws are functions of
counters, so phase 4 has no kernels. The last phase follows the last step of a call only."""

CLOSING = 13
