"""What the simulation process records, and how it hands it to the window.

Every recording is kept here in full. A *stream* is a cursor into one recording: each turn moves what is new
into the ring, as far as there is room. So the window may be slow, or ask late for more neurons, and still
sees everything from the first step on.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.simulation.arrays import GrowingArray
from app.simulation.protocol import Watch
from app.simulation.rings import RECORD, Ring
from engine.network.monitor import SPIKES

Monitors = dict[tuple[str, str], Any]


class SpikeRecording:
    """Spikes of one population in the order of their steps."""

    def __init__(self) -> None:
        self.steps = GrowingArray(np.int64)
        self.ranks = GrowingArray(np.int32)

    def __len__(self) -> int:
        return len(self.steps)

    def extend(self, taken: tuple[NDArray, NDArray]) -> None:
        steps, ranks = taken
        self.steps.extend(steps)
        self.ranks.extend(ranks)

    def records(self, stream: Stream, count: int) -> tuple[NDArray, int]:
        """Records of at most ``count`` entries from the cursor of ``stream`` on; the cursor after them."""
        end = min(len(self), stream.cursor + count)
        records = np.zeros(end - stream.cursor, RECORD)
        records["stream"] = stream.number
        records["rank"] = self.ranks.view[stream.cursor : end]
        records["step"] = self.steps.view[stream.cursor : end]
        return records, end


class SampleRecording:
    """Samples of one variable: a row for every ``period`` steps, a column for each neuron. They are kept in
    the pieces in which they came: joined they may be too large to copy in passing."""

    def __init__(self, period: int) -> None:
        self.period = period
        self.pieces: list[NDArray] = []
        self._ends: list[int] = []

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def extend(self, taken: NDArray) -> None:
        if len(taken):
            self.pieces.append(taken.reshape(len(taken), -1))
            self._ends.append(len(self) + len(taken))

    def records(self, stream: Stream, count: int) -> tuple[NDArray, int]:
        """As :meth:`SpikeRecording.records`; whole rows only."""
        neurons = self.pieces[0].shape[1] if self.pieces else 0
        ranks = np.array([0] if neurons == 1 else [r for r in stream.ranks if r < neurons], np.int32)
        if not len(ranks):
            return np.zeros(0, RECORD), len(self)
        end = min(len(self), stream.cursor + count // len(ranks))
        records = np.zeros((end - stream.cursor, len(ranks)), RECORD)
        records["stream"] = stream.number
        records["rank"] = ranks
        records["step"] = (np.arange(stream.cursor, end) * self.period)[:, None]
        records["value"] = self._rows(stream.cursor, end, ranks)
        return records.reshape(-1), end

    def _rows(self, first: int, end: int, ranks: NDArray[np.int32]) -> NDArray:
        """Columns ``ranks`` of the rows from ``first`` to ``end``."""
        parts = []
        at = bisect_right(self._ends, first)
        while first < end:
            piece_start = self._ends[at] - len(self.pieces[at])
            parts.append(self.pieces[at][first - piece_start : end - piece_start, ranks])
            first = self._ends[at]
            at += 1
        return np.concatenate(parts) if parts else np.zeros((0, len(ranks)))


class Stream:
    """Cursor of one watched variable: entries (spikes, rows) before ``cursor`` were sent."""

    def __init__(self, watch: Watch) -> None:
        self.number = watch.stream
        self.key = (watch.source, watch.variable)
        self.ranks = watch.ranks or ()
        self.cursor = 0


class Publisher:
    """The recordings of one run and the streams that go out of them.

    Parameters
    ----------
    monitors : dict
        The engine's monitor of each recorded (id of the population or projection, variable).
    """

    def __init__(self, monitors: Monitors) -> None:
        self.recordings: dict[tuple[str, str], SpikeRecording | SampleRecording] = {
            key: SpikeRecording() if key[1] in SPIKES else SampleRecording(monitor.period_steps)
            for key, monitor in monitors.items()
        }
        self._monitors = monitors
        self._streams: dict[int, Stream] = {}

    def watch(self, watch: Watch) -> None:
        self._streams[watch.stream] = Stream(watch)

    def unwatch(self, stream: int) -> None:
        self._streams.pop(stream, None)

    def collect(self) -> None:
        """Move what the engine's monitors recorded since the last call into the recordings."""
        for key, recording in self.recordings.items():
            recording.extend(self._monitors[key].take(key[1]))

    def publish(self, ring: Ring, step: int) -> bool:
        """Send what fits into ``ring``; true if nothing is left, and then ``step`` becomes its mark."""
        waiting = [s for s in self._streams.values() if s.key in self.recordings]
        for position, stream in enumerate(waiting):
            recording = self.recordings[stream.key]
            fair_share = ring.free // (len(waiting) - position)
            records, cursor = recording.records(stream, fair_share)
            ring.write(records)
            stream.cursor = cursor
        if all(stream.cursor == len(self.recordings[stream.key]) for stream in waiting):
            ring.mark = step
            return True
        return False
