"""All that a running network knows, apart from its code: taken out of an ``Instance``, put into another one.

Nothing is listed by hand. Every buffer of the plan counts, except those that follow from the synapses
(``Plan.matrices``) or the threads, and those that monitors and the profile fill. Rings of spikes are kept
without the shares of threads, so that the state may go on with another number of them.

A state may come from a file that somebody made to do harm. Before any of it is taken, integers are held
against the limits that their buffers were declared with (``Lowered.limits``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from engine.codegen.lowering.builder import FLAG, Limits
from engine.codegen.plan import EventList, EventRecorder, Plan, Recorder
from engine.errors import EngineError
from engine.runtime.core import partition
from engine.runtime.holding import Array, Holding

LAST_STEP = 2**53
"""No clock comes that far."""


@dataclass(frozen=True)
class Pause:
    """A disabled population: the tick at which it was disabled, and its spikes under way."""

    tick: int
    rings: dict[str, Array]


class Restorable(Holding):
    """The part of an ``Instance`` that gives its state away and takes another one."""

    threads: int
    _clock: Array
    _plan: Plan | None
    _limits: dict[str, Limits]
    _paused: dict[int, Pause]

    def _seen_before(self) -> None:
        """Make what synapses have seen fit what happened."""
        raise NotImplementedError

    def state(self) -> dict[str, Array]:
        """Everything that the next steps depend on, by name. Arrays are copies, or buffers of the engine that
        the next step changes."""
        kept = {"clock": self._clock.copy()}
        kept |= {f"buffer.{name}": self.arrays[name] for name in self._lasting()}
        for events in self._events():
            kept |= self._taken_ring(f"ring.{events.name}", events, self.arrays)
            for population, pause in self._paused.items():
                if events.ranks in pause.rings:
                    kept |= self._taken_ring(f"paused.{population}.{events.name}", events, pause.rings)
        for population, pause in self._paused.items():
            kept[f"paused.{population}"] = np.array([pause.tick], np.int64)
        return kept

    def restore(self, kept: Mapping[str, Array]) -> None:
        """Take a state of :meth:`state` of an instance with the same plan, apart from threads and monitors.

        Raises
        ------
        EngineError
            If it is the state of another plan, or damaged; names the first buffer that differs or holds what
            it cannot. Nothing is changed then.
        """
        names = self._lasting()
        self._check(kept, names)
        self._check_values(kept, names)
        for label, events in self._rings(kept):
            self._check_ring(label, events, kept)
        self._clock[...] = kept["clock"]
        for name in names:
            self.arrays[name][...] = kept[f"buffer.{name}"]
        self._paused.clear()
        for key, array in kept.items():
            head, _, population = key.partition(".")
            if head == "paused" and population.isdecimal():
                self._paused[int(population)] = Pause(int(array[0]), {})
        for events in self._events():
            self._put_ring(f"ring.{events.name}", events, kept, self.arrays)
            for population_id, pause in self._paused.items():
                label = f"paused.{population_id}.{events.name}"
                if f"{label}.counts" in kept:
                    pause.rings[events.ranks] = np.zeros_like(self.arrays[events.ranks])
                    pause.rings[events.counts] = np.zeros_like(self.arrays[events.counts])
                    self._put_ring(label, events, kept, pause.rings)
        self._seen_before()

    def _check(self, kept: Mapping[str, Array], names: list[str]) -> None:
        present = {f"buffer.{name}": self.arrays[name] for name in names} | {"clock": self._clock}
        for events in self._events():
            present[f"ring.{events.name}.counts"] = np.zeros(self._slots(events), np.int64)
        stored = {key: array for key, array in kept.items() if key in present or key.startswith("buffer.")}
        for key in sorted(present.keys() | stored.keys()):
            here, there = present.get(key), stored.get(key)
            if here is None or there is None or here.shape != there.shape or here.dtype != there.dtype:
                where = (
                    "the file" if there is None else "this network" if here is None else "both with one size"
                )
                raise EngineError(f"it was written by another version: {key} is not in {where}")

    def _check_values(self, kept: Mapping[str, Array], names: list[str]) -> None:
        """Compiled code takes integers for indices and divides by them, and bytes for truth values."""
        step, tick, draws = kept["clock"].tolist()
        if not (abs(step) <= LAST_STEP and 0 <= tick <= LAST_STEP and 0 <= draws <= 2 * LAST_STEP):
            raise EngineError(f"its clock is damaged: step {step}, tick {tick}, draws {draws}")
        for name in names:
            array = kept[f"buffer.{name}"]
            limits = self._limits.get(name)
            if array.dtype == np.bool_:
                array, limits = array.view(np.uint8), limits or FLAG
            if limits is None:
                continue
            low, high = limits
            if array.size and not low <= array.min() <= array.max() <= high:
                raise EngineError(
                    f"its buffer {name} is damaged: values from {array.min()} to {array.max()}, and only "
                    f"{low} to {high} can be there"
                )
        for key, array in kept.items():
            head, _, population = key.partition(".")
            if head == "paused" and population.isdecimal():
                known = array.shape == (1,) and array.dtype == np.int64 and 0 <= array[0] <= tick
                if not known or f"neurons{int(population)}_enabled" not in self.arrays:
                    raise EngineError(f"its pause of a population is damaged ({key})")

    def _lasting(self) -> list[str]:
        """Names of the buffers that are state."""
        assert self._plan is not None
        derived = {
            name for m in self._plan.matrices for name in (m.offsets, m.columns, m.split, m.index, m.bits)
        } | {name for events in self._plan.events for name in (events.ranks, events.counts)}
        derived |= {self._plan.profile, self._plan.cores, *self._plan.scratch}
        for entry in self._plan.schedule:
            work = entry.work
            if isinstance(work, Recorder):
                derived |= {work.target, work.control, work.ranks}
            elif isinstance(work, EventRecorder):
                derived |= {work.steps, work.ranks, work.filled, work.control, work.mask}
        names = (buffer.name for buffer in self._plan.buffers)
        return [name for name in names if name not in derived and not name.startswith("mon")]

    # --- rings of spikes ------------------------------------------------------------------------------

    def _events(self) -> Iterator[EventList]:
        assert self._plan is not None
        return iter(self._plan.events)

    def _rings(self, kept: Mapping[str, Array]) -> Iterator[tuple[str, EventList]]:
        """The rings in a state: of each list, and of each disabled population."""
        for events in self._events():
            yield f"ring.{events.name}", events
            for key in kept:
                label = key.removesuffix(".counts")
                if label != key and key.startswith("paused.") and label.endswith(f".{events.name}"):
                    yield label, events

    def _check_ring(self, label: str, events: EventList, kept: Mapping[str, Array]) -> None:
        """A ring has a number for each slot, and for each slot ascending ranks of its population."""
        counts, ranks = kept[f"{label}.counts"], kept.get(f"{label}.ranks")
        slots = self._slots(events)
        size = self.arrays[events.ranks].size // slots
        fits = counts.shape == (slots,) and counts.dtype == np.int64 and counts.min() >= 0
        if not fits or ranks is None or ranks.dtype != np.int32 or ranks.shape != (counts.sum(),):
            raise EngineError(f"its spikes are damaged ({events.name})")
        for spikes in np.split(ranks, np.cumsum(counts)[:-1]):
            if len(spikes) and (spikes[0] < 0 or spikes[-1] >= size or (np.diff(spikes) <= 0).any()):
                raise EngineError(f"its spikes are damaged ({events.name})")

    def _slots(self, events: EventList) -> int:
        return int(self.arrays[events.counts].size // self.threads)

    def _taken_ring(self, label: str, events: EventList, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Number of spikes in each slot, and their ranks slot by slot, ascending."""
        slots = self._slots(events)
        counts = arrays[events.counts].reshape(slots, self.threads)
        ranks = arrays[events.ranks].reshape(slots, -1)
        starts = partition(ranks.shape[1], self.threads)
        parts = [
            ranks[slot, starts[thread] : starts[thread] + counts[slot, thread]]
            for slot in range(slots)
            for thread in range(self.threads)
        ]
        return {f"{label}.counts": counts.sum(axis=1), f"{label}.ranks": np.concatenate(parts)}

    def _put_ring(
        self, label: str, events: EventList, kept: Mapping[str, Array], arrays: Mapping[str, Array]
    ) -> None:
        slots = self._slots(events)
        counts = arrays[events.counts].reshape(slots, self.threads)
        ranks = arrays[events.ranks].reshape(slots, -1)
        starts = partition(ranks.shape[1], self.threads)
        ends = np.cumsum(kept[f"{label}.counts"])[:-1]
        for slot, spikes in enumerate(np.split(kept[f"{label}.ranks"], ends)):
            cuts = np.searchsorted(spikes, starts)
            counts[slot] = np.diff(cuts)
            for thread, start in enumerate(starts[:-1]):
                part = spikes[cuts[thread] : cuts[thread + 1]]
                ranks[slot, start : start + len(part)] = part
