"""One-way channel for recorded data: a ring of fixed records in shared memory.

One process writes, one reads, nobody waits. Each side owns one counter of records that only grows; a
record is visible once the writer's counter has passed it. What does not fit is not written: the writer is
told how much was taken and offers the rest again later, so that a slow window delays its own pictures and
nothing else.

The window's process creates the memory and unlinks it. If that process is killed, Python's resource tracker
(a third process) unlinks it, so that nothing is left behind in either case.
"""

from __future__ import annotations

import sys
import threading
from multiprocessing import resource_tracker, shared_memory
from typing import Final

import numpy as np
from numpy.typing import NDArray

RECORD: Final = np.dtype(
    [("stream", np.int32), ("rank", np.int32), ("step", np.int64), ("value", np.float64)]
)
"""One spike (``value`` is 0) or one sample of a variable."""

_LINE = 8
"""int64 numbers in a cache line: each counter has a line of its own."""
_HEAD, _TAIL, _MARK = 0, _LINE, 2 * _LINE
_HEADER_BYTES = 3 * _LINE * 8


class Ring:
    """A ring of :data:`RECORD` between one writer and one reader.

    Parameters
    ----------
    capacity : int
        Number of records that fit; the same on both sides.
    name : str or None
        Name of an existing ring to attach to; None creates one, which :meth:`unlink` then removes.
    """

    def __init__(self, capacity: int, name: str | None = None) -> None:
        if capacity < 1:
            raise ValueError(f"a ring needs room for at least one record, not {capacity}")
        if name is None:
            size = _HEADER_BYTES + capacity * RECORD.itemsize
            self._memory = shared_memory.SharedMemory(create=True, size=size)
        else:
            self._memory = _attach(name)
        self.capacity = capacity
        self._counters: NDArray[np.int64] = np.ndarray(3 * _LINE, np.int64, self._memory.buf)
        self._records = np.ndarray(capacity, RECORD, self._memory.buf, _HEADER_BYTES)
        self._fence = threading.Lock()
        self._fence.acquire()

    @property
    def name(self) -> str:
        return self._memory.name

    @property
    def free(self) -> int:
        """Records that can be written now."""
        return self.capacity - int(self._counters[_HEAD] - self._counters[_TAIL])

    @property
    def mark(self) -> int:
        """All data of the steps before this one are there (set by the writer, read before the data)."""
        mark = int(self._counters[_MARK])
        self._order()
        return mark

    @mark.setter
    def mark(self, step: int) -> None:
        self._order()
        self._counters[_MARK] = step

    def write(self, records: NDArray[np.void]) -> int:
        """Write as many of ``records`` as fit, in order; return how many were taken."""
        count = min(len(records), self.free)
        head = int(self._counters[_HEAD])
        start = head % self.capacity
        first = min(count, self.capacity - start)
        self._records[start : start + first] = records[:first]
        self._records[: count - first] = records[first:count]
        self._order()
        self._counters[_HEAD] = head + count
        return count

    def read(self) -> NDArray[np.void]:
        """Take everything that is there, as a copy in the order of writing."""
        tail, head = int(self._counters[_TAIL]), int(self._counters[_HEAD])
        self._order()
        start, count = tail % self.capacity, head - tail
        first = min(count, self.capacity - start)
        taken = np.concatenate((self._records[start : start + first], self._records[: count - first]))
        self._order()
        self._counters[_TAIL] = head
        return taken

    def close(self) -> None:
        """Let go of the memory; the ring cannot be used afterwards."""
        del self._counters, self._records
        self._memory.close()

    def unlink(self) -> None:
        """Remove the memory from the system, for the side that created it."""
        self._memory.unlink()

    def _order(self) -> None:
        """Keep memory accesses before this line before those after it, also on processors that reorder
        stores: giving a lock back and taking it again is such a barrier."""
        self._fence.release()
        self._fence.acquire()


def _attach(name: str) -> shared_memory.SharedMemory:
    """Attach without making this process responsible for the memory: until Python 3.13 every process that
    attaches is registered as an owner, whose end would unlink the ring under the window's feet."""
    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    memory = shared_memory.SharedMemory(name)
    resource_tracker.unregister(f"/{name.lstrip('/')}", "shared_memory")
    return memory
