"""What monitors record while the library runs: it writes samples into their blocks and spikes into areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.network import record_key
from engine.codegen.plan import EventRecorder, Plan, Recorder

if TYPE_CHECKING:
    from engine.network import Monitor, Network, Projection

Array = npt.NDArray[Any]


class Recording:
    """Sets up the record buffers before a call of the library and empties them after it."""

    def __init__(
        self, network: Network, plan: Plan, sizes: dict[str, int], arrays: dict[str, Array], threads: int
    ) -> None:
        self._network = network
        self._arrays = arrays
        self._threads = threads
        self._sizes = np.array([sizes[symbol] for symbol in plan.sizes], np.int64)
        self._place = {symbol: k for k, symbol in enumerate(plan.sizes)}
        keyed = {
            record_key(index, variable): (monitor, variable)
            for index, monitor in enumerate(network.monitors)
            for variable in monitor.variables
        }
        works = [entry.work for entry in plan.schedule]
        self._rows = [(w, *keyed[w.name]) for w in works if isinstance(w, Recorder)]
        self._events = [(w, *keyed[w.name]) for w in works if isinstance(w, EventRecorder)]
        self._idle = {recorder.name: arrays[recorder.target] for recorder, _, _ in self._rows}
        self._first: dict[str, tuple[int, int]] = {}
        """Step of the first sample in this call, and the rows before it in the block."""

    def begin(self, step: int, steps: int) -> tuple[npt.NDArray[np.int64], int]:
        """Make room for up to ``steps`` steps from ``step`` on.

        Returns
        -------
        sizes : int64 array
            What to hand to the library.
        steps : int
            For how many steps there is room: at least one.
        """
        for recorder, monitor, variable in self._rows:
            control = self._arrays[recorder.control]
            period, offset, within = monitor.period_steps, monitor.offset_steps, monitor.period_offset_steps
            control[:] = monitor.is_recording(variable), period, offset, within, 0
            first = step + (within + offset - step) % period
            wanted = -(-(step + steps - first) // period)
            if not control[0] or wanted < 1:
                continue
            table = monitor.table(variable, self._idle[recorder.name].dtype, self._width(recorder))
            self._arrays[recorder.target], filled, room = table.room(wanted)
            control[4] = filled
            self._first[recorder.name] = first, filled
            steps = min(steps, first + room * period - step)
        for events, monitor, variable in self._events:
            self._arrays[events.control][0] = int(monitor.is_recording(variable))
            self._arrays[events.filled][:] = 0
        return self._sizes, steps

    def end(self) -> None:
        """Hand everything that was recorded to the monitors."""
        for recorder, monitor, variable in self._rows:
            if recorder.name not in self._first:
                continue
            first, filled = self._first.pop(recorder.name)
            rows = int(self._arrays[recorder.control][4]) - filled
            if rows:
                monitor.commit(variable, first, rows)
            self._arrays[recorder.target] = self._idle[recorder.name]
        for events, monitor, variable in self._events:
            self._hand_over_events(events, monitor, variable)
        for monitor in self._network.monitors:
            monitor.drain()

    def _width(self, recorder: Recorder) -> int:
        return int(self._sizes[self._place[recorder.count]])

    def resize(self, symbol: str, number: int) -> None:
        """Take another number for a size symbol."""
        self._sizes[self._place[symbol]] = number

    def record_again(self, projection: Projection, step: int) -> None:
        """Replace what was recorded in ``step`` of synapses that changed at its end, before the record."""
        for recorder, monitor, variable in self._rows:
            if monitor.projection is projection and monitor.drop_last(variable, step):
                monitor.append(variable, self._arrays[recorder.source][np.newaxis], step)

    def _hand_over_events(self, events: EventRecorder, monitor: Monitor, variable: str) -> None:
        """Threads hold ascending ranges of ranks, so a stable sort by step restores the order."""
        capacity = int(self._sizes[self._place[events.capacity]])
        filled = self._arrays[events.filled]
        if not any(filled.tolist()):  # Python's own, as a run may be short.
            return
        areas = [slice(k * capacity, k * capacity + int(filled[k])) for k in range(self._threads)]
        steps, ranks = self._arrays[events.steps], self._arrays[events.ranks]
        if self._threads == 1:
            monitor.append_events(variable, steps[areas[0]], ranks[areas[0]])
            return
        steps = np.concatenate([steps[area] for area in areas])
        ranks = np.concatenate([ranks[area] for area in areas])
        order = np.argsort(steps, kind="stable")
        monitor.append_events(variable, steps[order], ranks[order])
