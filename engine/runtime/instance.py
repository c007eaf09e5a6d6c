"""A compiled network with its values: buffers, clocks, and the library that advances them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering import Lowered
from engine.codegen.lowering.builder import Limits
from engine.codegen.lowering.deferral import Deferral
from engine.codegen.lowering.rows import SparseRows
from engine.codegen.lowering.stopping import EVERY, STOP
from engine.codegen.lowering.traces import Trace
from engine.codegen.plan import Plan
from engine.runtime.buffers import filled, move_ring
from engine.runtime.calls import Calls
from engine.runtime.core import Library, partition
from engine.runtime.recording import Recording
from engine.runtime.resetting import Resettable
from engine.runtime.rewiring import Rewired
from engine.runtime.sparse import places_in_columns
from engine.runtime.state import Pause, Restorable

if TYPE_CHECKING:
    from engine.network import Network, Population, Projection

Array = npt.NDArray[Any]

HISTORY = re.compile(r"neurons(\d+)_history_(.+)$")
EVENTS = re.compile(r"neurons(\d+)_(?:axon_)?(ranks|counts)$")
QUEUE = re.compile(r"synapses(\d+)_queue_(ranks|counts)$")
ROUTE = re.compile(r"synapses(\d+)_route_\w+$")
"""What follows from the delays of synapses, which Python may change: no code writes it."""
WINDOW = re.compile(r"neurons\d+_fired$")


class Instance(Resettable, Rewired, Restorable):
    """Live values of a network.

    Numpy views of buffers may be handed out, but a new plan (after a monitor was added or a parameter became
    an array) may replace them.

    Attributes
    ----------
    arrays : dict
        Every buffer of the plan by name.
    """

    def __init__(self, network: Network, threads: int) -> None:
        self.network = network
        self.threads = threads
        self._arrays: dict[str, Array] = {}
        self._initial: dict[str, Any] = {}
        self._limits: dict[str, Limits] = {}
        self._clock = np.zeros(3, np.int64)
        self._library: Library | None = None
        self._plan: Plan | None = None
        self._recording: Recording | None = None
        self._calls: Calls | None = None
        self._routed: dict[int, Any] = {}
        self._paused: dict[int, Pause] = {}
        self._traces: dict[int, tuple[Trace, ...]] = {}
        self._deferrals: dict[int, Deferral] = {}

    # --- building -------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """The values: what another process, or a copy, goes on from once it has loaded the code."""
        return vars(self) | {
            "_library": None,
            "_plan": None,
            "_recording": None,
            "_calls": None,
            "_initial": {},
            "_routed": {},
        }

    def without_synapses(self) -> Instance:
        """Another instance, not loaded yet, which begins with copies of the values of populations."""
        other = Instance(self.network, self.threads)
        kept = ("pop", "neurons", "table", "const_")
        other._arrays = {name: array for name, array in self.arrays.items() if name.startswith(kept)}
        other._clock = self._clock.copy()
        return other

    @property
    def loaded(self) -> bool:
        """False in a copy, until :meth:`load`."""
        return self._library is not None

    def load(self, lowered: Lowered, plan: Plan, library: Path, redrawn: Iterable[Projection] = ()) -> None:
        """Take a new plan and its library. Buffers that stay keep their values, except those of
        ``redrawn`` projections, whose synapses are others."""
        dtypes = {
            "real": np.float32 if plan.precision == "float" else np.float64,
            "uint8": np.uint8,
            "uint16": np.uint16,
            "int32": np.int32,
            "int64": np.int64,
            "bool": np.bool_,
        }
        if not self.loaded:
            self._arrays = {k: filled(v, v.size, v.dtype) for k, v in self.arrays.items()}
        dropped = tuple(f"{part}{p.id}_" for p in redrawn for part in ("proj", "synapses"))
        for projection in self.network.projections:
            if projection.id not in lowered.deferrals:
                self.settle(projection)
            if projection.id in self._traces and projection.id not in lowered.traces:
                self._arrays |= self.separated(projection)
        old = {k: v for k, v in self.arrays.items() if not k.startswith(("mon", "profile", *dropped))}
        self._arrays, self._as_left = {}, False
        self._initial, self._limits = dict(lowered.values), lowered.limits
        for buffer in plan.buffers:
            count = buffer.count if isinstance(buffer.count, int) else lowered.sizes[buffer.count]
            dtype = dtypes[buffer.dtype]
            before = None if self._misrouted(buffer.name) else old.get(buffer.name)
            if before is not None and before.size == count and before.dtype == dtype:
                self.arrays[buffer.name] = before
                continue
            array = filled(lowered.values[buffer.name], count, dtype)
            if before is not None and HISTORY.match(buffer.name):
                tick, width = self._own_tick(buffer.name, old), self._width(buffer.name)
                slots = before.size // old[self._source(buffer.name)].size
                move_ring(np.repeat(before, width * slots // before.size), array, width, tick, tick)
            elif before is not None and EVENTS.match(buffer.name):
                move_ring(before, array, self._width(buffer.name), self.tick, self.tick)
            elif before is not None and QUEUE.match(buffer.name):
                tick = self._queue_tick(buffer.name, old)
                move_ring(before, array, self._width(buffer.name), tick, tick)
            elif before is not None and before.size == 1:
                array[...] = before
            self.arrays[buffer.name] = array
        for name in self.arrays.keys() - old.keys():
            if HISTORY.match(name):
                self._fill_history(name)
        for name in self.arrays:
            if WINDOW.match(name) and old.get(name) is not self.arrays[name]:
                self.arrays[f"{name}_count"][...] = 0
        self._traces, self._deferrals = lowered.traces, lowered.deferrals
        for projection in self.network.projections:  # What is separate cannot be joined again.
            projection.widened |= lowered.separate.get(projection.id, frozenset())
        self._routed = {p.id: p.connectivity.held_delays for p in self.network.projections}
        self._plan = plan
        self._library = Library(library)
        self._recording = Recording(self.network, plan, lowered.sizes, self.arrays, self.threads)
        self._calls = Calls(plan, self._arrays)

    def _misrouted(self, name: str) -> bool:
        """Does a buffer follow from delays that are others by now?"""
        route = ROUTE.match(name)
        if route is None:
            return False
        projection = next(p for p in self.network.projections if p.id == int(route[1]))
        return self._routed.get(projection.id) is not projection.connectivity.held_delays

    @staticmethod
    def _source(history: str) -> str:
        """Name of the buffer whose past values a history holds."""
        return HISTORY.sub(r"pop\1_\2", history)

    def _width(self, ring: str) -> int:
        """Elements of one slot of a ring."""
        if HISTORY.match(ring):
            return self.arrays[self._source(ring)].size
        events = EVENTS.match(ring) or QUEUE.match(ring)
        assert events is not None
        if events[2] == "counts":
            return self.threads
        if QUEUE.match(ring):
            return self._projection_of(ring).pre_population.size
        return next(p.size for p in self.network.populations if p.id == int(events[1]))

    def _projection_of(self, queue: str) -> Projection:
        """The projection that a queue of spikes belongs to."""
        found = QUEUE.match(queue)
        assert found is not None
        return next(p for p in self.network.projections if p.id == int(found[1]))

    def _queue_tick(self, queue: str, arrays: dict[str, Array]) -> int:
        """Ticks in which the projection of a queue took spikes: fewer than all if it was switched off."""
        projection = self._projection_of(queue)
        behind = int(arrays[f"synapses{projection.id}_queue_behind"][0])
        return self.tick - behind if self._accepts(projection, arrays) else behind

    def _own_tick(self, history: str, arrays: dict[str, Array]) -> int:
        """Ticks that the population of a history has done: fewer than all if it was disabled at times."""
        inner = history.split("_history_", 1)[0]
        hold = int(arrays[f"{inner}_hold"][0])
        return self.tick - hold if arrays[f"{inner}_enabled"][0] else hold

    def _fill_history(self, name: str) -> None:
        """Before step 0 delayed variables have their current value in every slot (semantics.md 2)."""
        current = self.arrays[self._source(name)]
        self.arrays[name].reshape(-1, current.size)[...] = current

    # --- access ---------------------------------------------------------------------------------------

    def set_flag(self, projection: Projection, name: str, value: int) -> None:
        """Set a switch of a projection."""
        with self._keeping_queues([projection]):
            self.flag(projection, name)[0] = value

    @staticmethod
    def _accepts(projection: Projection, arrays: dict[str, Array]) -> bool:
        """Does the projection's queue take spikes, and its synapses what is due?"""
        transmits = arrays[f"synapses{projection.id}_transmission"][0]
        return bool(transmits and arrays[f"neurons{projection.post_population.id}_enabled"][0])

    @contextmanager
    def _keeping_queues(self, projections: Iterable[Projection]) -> Iterator[None]:
        """Spikes under way to single synapses wait while a projection is switched off meanwhile
        (semantics.md section 3): its queue falls behind by as many ticks."""
        queues = [p for p in projections if self.has_internal(p, "queue_behind")]
        before = [self._accepts(p, self.arrays) for p in queues]
        yield
        for projection, accepted in zip(queues, before, strict=True):
            if self._accepts(projection, self.arrays) != accepted:
                behind = self.internal(projection, "queue_behind")
                behind[0] = self.tick - behind[0]

    def refractory(self, population: Population) -> Array:
        """View of the refractory periods in steps; one element where one value serves all."""
        return self.internal(population, "refractory")

    def profile(self) -> dict[str, float]:
        """Seconds that each part of a step took since the code was loaded; empty if nothing is measured."""
        from engine.codegen.profile import parts

        assert self._plan is not None
        if not self._plan.profile:
            return {}
        nanoseconds = self.arrays[self._plan.profile].tolist()
        return {name: count / 1e9 for name, count in zip(parts(self._plan), nanoseconds, strict=False)}

    def measure_baseline(self, mean_input: int, steps: int) -> None:
        """Let a mean input take its baseline from the next steps."""
        self.arrays[f"input{mean_input}_left"][...] = steps
        self.arrays[f"input{mean_input}_baseline"][...] = 0.0

    def enable(self, population: Population, enabled: bool) -> None:
        """Update a population, or freeze it. Its spikes under way, the values in its delay queues, refractory
        periods and the clock of a spike source wait until it is enabled again (semantics.md section 1)."""
        flag = self.flag(population, "enabled")
        if bool(flag[0]) == enabled:
            return
        inputs = (p for p in self.network.projections if p.post_population is population)
        with self._keeping_queues(inputs):
            flag[0] = enabled
        if self.has_internal(population, "hold"):
            hold = self.internal(population, "hold")
            hold[0] = self.tick - hold[0]
        if not enabled:
            rings = [name for name in self.arrays if self._is_ring_of(name, population)]
            self._paused[population.id] = Pause(self.tick, {n: self.arrays[n].copy() for n in rings})
            self._clear_spikes(population)
            return
        pause = self._paused.pop(population.id, Pause(0, {}))
        for name in ("clock", "frozen"):
            if self.has_internal(population, name):
                self.internal(population, name)[...] += self.tick - pause.tick
        for name, ring in pause.rings.items():
            move_ring(ring, self.arrays[name], self._width(name), pause.tick, self.tick)

    @staticmethod
    def _is_ring_of(name: str, population: Population) -> bool:
        events = EVENTS.fullmatch(name)
        return events is not None and int(events[1]) == population.id

    def source_step(self, population: Population) -> int:
        """The next step by the clock of a spike source, which restarts with a reset and stops in a pause."""
        enabled = self.flag(population, "enabled")[0]
        now = self.tick if enabled else self._paused.get(population.id, Pause(0, {})).tick
        return now - int(self.internal(population, "clock")[0])

    def _by_pre(self, projection: Projection) -> bool:
        """Are its synapses stored by pre-synaptic neuron?"""
        return self.has_internal(projection, "post") or self.has_internal(projection, "bits")

    def synapse_order(self, projection: Projection) -> Array | None:
        """Storage index of each synapse in post-major order; None where storage is post-major. Made anew."""
        spiking = self._by_pre(projection)
        return SparseRows(projection.connectivity, spiking, self.threads).order

    def synapse_places(self, projection: Projection, post: int, selection: slice) -> Array | slice:
        """Storage indices of some synapses, all of them onto one neuron, that are selected in post-major
        order."""
        if not self._by_pre(projection):
            return selection
        rows, posts = self.internal(projection, "rows"), self.internal(projection, "post")
        return places_in_columns(rows, posts, projection.connectivity.pre[selection], post)

    def in_storage_order(self, projection: Projection, values: Array) -> Array:
        """Values of all synapses, given in post-major order, in that of storage."""
        spiking = self._by_pre(projection)
        return SparseRows(projection.connectivity, spiking, self.threads).in_storage_order(values)

    def last_spikes(self, population: Population) -> Array:
        """Ranks that fired in the last step, ascending."""
        counts, ranks = self.internal(population, "counts"), self.internal(population, "ranks")
        slot = (int(self._clock[1]) - 1) % (counts.size // self.threads)
        starts = partition(population.size, self.threads)[:-1] + slot * population.size
        segments = zip(starts, counts[slot * self.threads : (slot + 1) * self.threads], strict=True)
        return np.concatenate([ranks[start : start + count] for start, count in segments])

    # --- time -----------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Index of the next step; the time is ``step * dt``."""
        return int(self._clock[0])

    @property
    def tick(self) -> int:
        """Steps done since compile; never set back."""
        return int(self._clock[1])

    def set_step(self, step: int) -> None:
        """Move the clock. Refractory neurons keep the rest of their refractory period."""
        for projection in self.network.projections:
            self.settle(projection)
            self.store_traces(projection)
        shift = int(step) - self.step
        self._clock[0] = int(step)
        for name, array in self.arrays.items():
            if re.fullmatch(r"neurons\d+_frozen", name):
                array += shift

    def restart_draws(self) -> None:
        """Begin the sequence of random numbers anew (after the seed buffer was set)."""
        self._clock[2] = 0
        self.arrays["seed"][0] = self.network.seed

    def run(self, steps: int, stop: Array | None = None, progress: Array | None = None) -> int:
        """Advance by ``steps`` steps, with the GIL released.

        Parameters
        ----------
        steps : int
        stop : int32 array [1], optional
            Set to non-zero from another thread to end after the current step, or the one after it.
        progress : int64 array [1], optional
            Number of steps done so far; where monitors need several parts of memory, up to date after each.

        Returns
        -------
        int
            Steps done: ``steps``, or fewer if stopped (also by :meth:`until`). Recorded data is handed to the
            monitors.
        """
        assert self._library is not None and self._recording is not None and self._calls is not None
        stop = np.zeros(1, np.int32) if stop is None else stop
        progress = np.zeros(1, np.int64) if progress is None else progress
        done = progress[0] = 0
        held, calls, clock = self._arrays, self._calls, self._clock.data
        shown = calls.shown
        shown[0] = 1
        while done < steps and not (stop[0] and shown[0]):
            sizes, room = self._recording.begin(clock[0], steps - done)
            if calls.last_is_alone:
                room = 1 if stop[0] else room - (1 < room == steps - done)
                shown[0] = bool(stop[0]) or room == steps - done
            calls.began[0], calls.as_left[0] = clock[1], self._as_left
            if self._deferrals:
                self._let_catch_up()
            buffers, counter = calls.buffers(held), progress if not done else np.zeros(1, np.int64)
            part = self._library.run(buffers, sizes, self._clock, room, self.threads, stop, counter)
            for k in range(3):
                clock[k] += part
            self._as_left |= part > 0
            done += part
            progress[0] = done
            self._recording.end()
            if calls.may_stop and self.stop_holds:
                steps = done
            if calls.may_rewire:
                self.rewire_where_marked()
        return done

    @property
    def stop_holds(self) -> bool:
        """Did the last step end the run by the conditions of :meth:`until`?"""
        return STOP in self._arrays and bool(self._arrays[STOP][0])

    @contextmanager
    def until(self, populations: Iterable[Population], every: bool) -> Iterator[None]:
        """Meanwhile runs end where the stop condition of one of (or ``every``) the populations holds."""
        flags = [*(self.internal(p, "until") for p in populations), *([self.arrays[EVERY]] if every else [])]
        try:
            for flag in flags:
                flag[0] = 1
            yield
        finally:
            for flag in (*flags, self.arrays[STOP]):
                flag[0] = 0
