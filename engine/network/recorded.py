"""Recorded data of one variable: blocks that the engine fills, and when they were recorded.

The engine writes samples straight into the last block; spikes are appended to two tables. Blocks grow with
what there is already, so that few samples take little room and many are copied once, when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.runtime.pages import on_huge_pages
from engine.runtime.sparse import transpose

if TYPE_CHECKING:
    from engine.recordings.stream import Track

SMALLEST_BLOCK = 1 << 12
LARGEST_BLOCK = 1 << 21
"""Bytes: those of a huge page. Smaller blocks do not go back to the operating system as soon as they are
dropped; filling larger ones at once drives the network out of the processor's caches."""


class Table:
    """Rows of equal width in blocks.

    Attributes
    ----------
    dtype : dtype
    width : int
        Elements of a row.
    layout : Connectivity or None
        The synapses that the elements of the rows belong to, where they are synapses.
    """

    def __init__(self, dtype: Any, width: int = 1, layout: Any = None) -> None:
        self.dtype = np.dtype(dtype)
        self.width = width
        self.layout = layout
        self._blocks: list[NDArray[Any]] = []
        self._filled: list[int] = []

    def __len__(self) -> int:
        return sum(self._filled)

    @property
    def nbytes(self) -> int:
        """Bytes of the rows."""
        return len(self) * self.width * int(self.dtype.itemsize)

    def room(self, rows: int) -> tuple[NDArray[Any], int, int]:
        """The last block or a new one (flat), the rows in it, and how many more fit: at least one, at most
        ``rows``."""
        if not self._blocks or len(self._blocks[-1]) < (self._filled[-1] + 1) * self.width:
            row = max(1, self.width * self.dtype.itemsize)
            wanted = max(rows * row, self.nbytes, SMALLEST_BLOCK)
            capacity = max(1, min(wanted, LARGEST_BLOCK) // row)
            self._blocks.append(_block(capacity * self.width, self.dtype))
            self._filled.append(0)
        block, filled = self._blocks[-1], self._filled[-1]
        free = len(block) // self.width - filled if self.width else rows
        return block, filled, min(rows, free)

    def commit(self, rows: int) -> None:
        """Keep ``rows`` more rows of the block that :meth:`room` gave."""
        self._filled[-1] += rows

    def append(self, rows: NDArray[Any]) -> None:
        """Copy rows (count, width) to the end."""
        done = 0
        while done < len(rows):
            block, filled, count = self.room(len(rows) - done)
            place = slice(filled * self.width, (filled + count) * self.width)
            block[place] = rows[done : done + count].reshape(-1)
            self.commit(count)
            done += count

    def drop_last(self) -> None:
        """Forget the last row."""
        self._filled[-1] -= 1

    def parts(self) -> Iterator[NDArray[Any]]:
        """The rows of each block (rows, width), without copies."""
        for index, filled in enumerate(self._filled):
            yield self._blocks[index][: filled * self.width].reshape(filled, self.width)

    def rows(self, *, keep: bool, dtype: Any = None) -> NDArray[Any]:
        """All rows (count, width) in memory of their own. Unless they are kept, each block is given back as
        soon as it was copied, or becomes the result, so that rows hardly ever exist twice."""
        dtype = np.dtype(dtype or self.dtype)
        if len(self._blocks) == 1 and not keep and dtype == self.dtype:
            (found,) = self.parts()
            self._blocks, self._filled = [], []
            return found
        result = np.empty((len(self), self.width), dtype)
        at = 0
        for index, part in enumerate(self.parts()):
            result[at : at + len(part)] = part
            at += len(part)
            if not keep:
                self._blocks[index] = np.empty(0, self.dtype)
        if not keep:
            self.clear()
        return result

    def clear(self) -> None:
        """Forget all rows."""
        self._blocks, self._filled = [], []

    def reuse(self) -> None:
        """Forget all rows, but keep a block for the next ones."""
        self._blocks, self._filled = self._blocks[-1:], [0] * len(self._blocks[-1:])


def _block(count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Memory for elements. That of a large block is one huge page, where the system has these: asked for
    once, instead of by hundreds of interruptions of the network that writes there."""
    size = count * dtype.itemsize
    memory = on_huge_pages(size) if 3 * LARGEST_BLOCK <= 4 * size <= 4 * LARGEST_BLOCK else None
    return np.empty(count, dtype) if memory is None else memory.view(dtype)


@dataclass
class Sampled:
    """Samples in equal distances: ``count`` of them, from step ``first`` on, every ``period`` steps."""

    first: int
    period: int
    count: int

    @property
    def steps(self) -> NDArray[np.int64]:
        """Step of each sample."""
        return self.first + self.period * np.arange(self.count, dtype=np.int64)


@dataclass
class RecordedData:
    """Samples or spikes of one variable, and the blocks of recording.

    Attributes
    ----------
    begun : int
        Step at which the current (or last) block began.
    recording : bool
    samples : list of Table
        Samples; a new table begins where synapses begin or end.
    sampled : list of Sampled
        The steps of the samples.
    steps, ranks : Table
        Spikes, by ascending step and rank.
    track : Track or None
        Where the data go in a file; what is here then only waits for its way there.
    """

    begun: int
    recording: bool
    samples: list[Table] = field(default_factory=list)
    sampled: list[Sampled] = field(default_factory=list)
    steps: Table = field(default_factory=lambda: Table(np.int64))
    ranks: Table = field(default_factory=lambda: Table(np.int32))
    track: Track | None = None
    _ended: list[tuple[int, int]] = field(default_factory=list)

    # --- blocks of time -------------------------------------------------------------------------------

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
        if self.track is not None:
            self.track.skip(len(self._ended) + self.recording)
        self.forget()
        self._ended.clear()
        self.begun = step

    def forget(self) -> None:
        """Drop the data that are in memory; the blocks of time stay."""
        for table in self.samples:
            table.reuse()
        self.samples, self.sampled = self.samples[-1:], []
        self.steps.reuse()
        self.ranks.reuse()

    def times(self, step: int) -> dict[str, list[int]]:
        """First step of each block, and the step after it (``step`` for the open one)."""
        blocks = [*self._ended, (self.begun, step)] if self.recording else self._ended
        return {"start": [first for first, _ in blocks], "stop": [end for _, end in blocks]}

    @property
    def nbytes(self) -> int:
        """Bytes of all data."""
        return sum(table.nbytes for table in (*self.samples, self.steps, self.ranks))

    # --- samples --------------------------------------------------------------------------------------

    def table(self, dtype: Any, width: int, layout: Any) -> Table:
        """The table for samples of this kind: the last one, or a new one."""
        last = self.samples[-1] if self.samples else None
        if last is None or last.layout is not layout or last.width != width or last.dtype != dtype:
            self.samples.append(Table(dtype, width, layout))
        return self.samples[-1]

    def note(self, first: int, period: int, count: int) -> None:
        """``count`` samples more were stored, from step ``first`` on, every ``period`` steps."""
        last = self.sampled[-1] if self.sampled else None
        if last is not None and last.period == period and first == last.first + last.count * period:
            last.count += count
        else:
            self.sampled.append(Sampled(first, period, count))

    def drop_last(self) -> None:
        """Forget the last sample."""
        self.samples[-1].drop_last()
        self.sampled[-1].count -= 1
        if not self.sampled[-1].count:
            self.sampled.pop()

    @property
    def last_sample(self) -> int | None:
        """Step of the last sample."""
        return int(self.sampled[-1].steps[-1]) if self.sampled else None

    def sample_steps(self) -> NDArray[np.int64]:
        """Step of each sample."""
        waiting = self.waiting_steps()
        return waiting if self.track is None else np.concatenate([self.track.steps(), waiting])

    def waiting_steps(self) -> NDArray[np.int64]:
        """Step of each sample in memory."""
        return np.concatenate([np.zeros(0, np.int64), *(part.steps for part in self.sampled)])

    # --- spikes ---------------------------------------------------------------------------------------

    def spikes(self, *, keep: bool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Steps and ranks of all spikes in memory of their own, by ascending step and rank."""
        steps, ranks = self.steps.rows(keep=keep)[:, 0], self.ranks.rows(keep=keep)[:, 0]
        if self.track is None:
            return steps, ranks
        return np.concatenate([self.track.steps(), steps]), np.concatenate([self.track.data(), ranks])

    def samples_in_file(self) -> NDArray[Any] | None:
        """Samples that were written already, and not got; None if there are none."""
        return None if self.track is None or self.track.length == self.track.seen else self.track.data()


def by_rank(
    steps: NDArray[np.int64], ranks: NDArray[np.int32], recorded: NDArray[Any], size: int
) -> dict[int, list[int]]:
    """Ascending steps of each recorded rank of a population of ``size`` neurons, as lists."""
    whole = np.array([0, len(ranks)], dtype=np.int64)
    offsets, _, order = transpose(whole, np.ascontiguousarray(ranks, dtype=np.int32), size)
    ordered, ends = steps[order], offsets.tolist()
    return {rank: ordered[ends[rank] : ends[rank + 1]].tolist() for rank in np.asarray(recorded).tolist()}
