"""Room for what monitors record in one call, and the way of the data to the monitors afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.network import record_key
from engine.codegen.plan import EventRecorder, Plan, Recorder
from engine.runtime.core import aligned_zeros

if TYPE_CHECKING:
    from engine.network import Monitor, Network, Projection

Array = npt.NDArray[Any]


class Recording:
    """Sets up the record buffers before a call of the library and empties them after it."""

    def __init__(
        self, network: Network, plan: Plan, sizes: dict[str, int], arrays: dict[str, Array], threads: int
    ) -> None:
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

    def begin(self, step: int, steps: int) -> npt.NDArray[np.int64]:
        """Make room for ``steps`` steps from ``step`` on; the sizes to hand to the library."""
        for recorder, monitor, variable in self._rows:
            control = self._arrays[recorder.control]
            active = int(monitor.is_recording(variable))
            period, offset, within = monitor.period_steps, monitor.offset_steps, monitor.period_offset_steps
            control[:] = active, period, offset, within, 0
            first = step + (within + offset - step) % period
            rows = max(0, -(-(step + steps - first) // period)) if active else 0
            wanted = rows * int(self._sizes[self._place[recorder.count]])
            target = self._arrays[recorder.target]
            if target.size < wanted:
                self._arrays[recorder.target] = aligned_zeros(wanted, target.dtype)
        for events, monitor, variable in self._events:
            self._arrays[events.control][0] = int(monitor.is_recording(variable))
            self._arrays[events.filled][:] = 0
        return self._sizes

    def end(self) -> None:
        """Hand everything that was recorded to the monitors."""
        for recorder, monitor, variable in self._rows:
            rows = int(self._arrays[recorder.control][4])
            if rows:
                width = int(self._sizes[self._place[recorder.count]])
                data = self._arrays[recorder.target][: rows * width].reshape(rows, width)
                monitor.append(variable, data.copy())
        for events, monitor, variable in self._events:
            self._hand_over_events(events, monitor, variable)

    def resize(self, symbol: str, number: int) -> None:
        """Take another number for a size symbol."""
        self._sizes[self._place[symbol]] = number

    def record_again(self, projection: Projection, step: int) -> None:
        """Replace what was recorded in ``step`` of synapses that changed at its end, before the record."""
        for recorder, monitor, variable in self._rows:
            if monitor.projection is projection and monitor.drop_last(variable, step):
                monitor.append(variable, self._arrays[recorder.source][np.newaxis].copy())

    def _hand_over_events(self, events: EventRecorder, monitor: Monitor, variable: str) -> None:
        """Threads hold ascending ranges of ranks, so a stable sort by step restores the order."""
        capacity = int(self._sizes[self._place[events.capacity]])
        filled = self._arrays[events.filled]
        if not filled.any():
            return
        parts = [slice(k * capacity, k * capacity + int(filled[k])) for k in range(self._threads)]
        steps = np.concatenate([self._arrays[events.steps][part] for part in parts])
        ranks = np.concatenate([self._arrays[events.ranks][part] for part in parts])
        if self._threads > 1:
            order = np.argsort(steps, kind="stable")
            steps, ranks = steps[order], ranks[order]
        monitor.append_events(variable, steps, ranks)
