"""Recorded data of one variable: chunks as the engine delivers them, and when they were recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Chunk = tuple[NDArray[Any], ...]


@dataclass
class RecordedData:
    """Chunks of samples ``(rows,)`` or spikes ``(steps, ranks)``, and the blocks of recording.

    Attributes
    ----------
    begun : int
        Step at which the current (or last) block began.
    recording : bool
    """

    begun: int
    recording: bool
    chunks: list[Chunk] = field(default_factory=list)
    _ended: list[tuple[int, int]] = field(default_factory=list)

    def pause(self, step: int) -> None:
        """End the current block."""
        if self.recording:
            self._ended.append((self.begun, step))
            self.recording = False

    def resume(self, step: int) -> None:
        """Begin a new block, unless one is open."""
        if not self.recording:
            self.begun, self.recording = step, True

    def clear(self, step: int) -> None:
        """Drop the data; an open block begins anew."""
        self.chunks.clear()
        self._ended.clear()
        self.begun = step

    def times(self, step: int) -> dict[str, list[int]]:
        """First step of each block, and the step after it (``step`` for the open one)."""
        blocks = [*self._ended, (self.begun, step)] if self.recording else self._ended
        return {"start": [first for first, _ in blocks], "stop": [end for _, end in blocks]}

    def joined(self, parts: int) -> Chunk:
        """All chunks as one, of ``parts`` arrays."""
        if not self.chunks:
            return tuple(np.zeros(0, dtype=np.int64) for _ in range(parts))
        if len(self.chunks) > 1:
            self.chunks[:] = [tuple(np.concatenate(arrays) for arrays in zip(*self.chunks, strict=True))]
        return self.chunks[0]

    def spikes_by_rank(self, recorded: NDArray[Any]) -> dict[int, list[int]]:
        """Ascending steps of each recorded rank."""
        steps, ranks = self.joined(2)
        order = np.argsort(ranks, kind="stable")
        steps, ranks = steps[order], ranks[order]
        starts = np.searchsorted(ranks, recorded, side="left").tolist()
        ends = np.searchsorted(ranks, recorded, side="right").tolist()
        listed = steps.tolist()
        keys = np.asarray(recorded).tolist()
        return {rank: listed[start:end] for rank, start, end in zip(keys, starts, ends, strict=True)}
