"""Recording to disk while a network runs: memory stays bounded, and a crash costs a second at most."""

from __future__ import annotations

import atexit
import errno
import os
import shutil
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.recordings.layout import CHUNK, extend, opened, start_file, start_source, start_variable

if TYPE_CHECKING:
    from engine.network.monitor_streams import MonitorToDisk

WRITE_BYTES = 1 << 20
"""So much waits in memory at most between two parts of a run ..."""
WRITE_SECONDS = 1.0
"""... and so long."""

RESERVE = 1 << 24
"""Bytes by which the file grows ahead of what is written."""

_open: dict[Path, RecordingFile] = {}
_all: weakref.WeakSet[RecordingFile] = weakref.WeakSet()


class Track:
    """Where one variable goes in a file, and how much of it was got from there.

    Attributes
    ----------
    seen : int
        Rows before it were got or dropped.
    """

    def __init__(self, file: RecordingFile, path: str, sampled: bool) -> None:
        self._file = file
        self._path = path
        self._data = "values" if sampled else "spikes"
        self._blocks = 0
        self.seen = 0
        self.length = 0

    def write(self, steps: NDArray[Any], data: NDArray[Any], blocks: list[tuple[int, int]]) -> None:
        """Add rows, and bring the blocks of time since the last :meth:`skip` up to date."""
        self._file.reserve(data.nbytes + steps.nbytes)
        extend(self._table(self._data), data)
        extend(self._table("steps"), steps)
        self.length += len(steps)
        if blocks:
            table = self._table("blocks")
            table.resize(self._blocks + len(blocks), axis=0)
            table[self._blocks :] = blocks

    def _table(self, name: str) -> Any:
        return self._file.table(f"{self._path}/{name}")

    def skip(self, blocks: int) -> None:
        """What is in the file, with its blocks of time, was got or dropped."""
        self.seen, self._blocks = self.length, self._blocks + blocks

    def steps(self) -> NDArray[np.int64]:
        """Steps of what was not got yet."""
        return self._read("steps")

    def data(self) -> NDArray[Any]:
        """Samples or ranks of spikes that were not got yet."""
        return self._read(self._data)

    def _read(self, table: str) -> NDArray[Any]:
        with self._file.reading() as file:
            rows: NDArray[Any] = file[self._path][table][self.seen : self.length]
            return rows


class RecordingFile:
    """An HDF5 file that monitors record to; made by :meth:`Monitor.record_to`.

    Its layout is told in :mod:`engine.recordings.layout`; :func:`engine.read_recordings` reads it.

    Parameters
    ----------
    path : Path
    dt : float
        ms of a step.
    overwrite : bool
        Replace a file that exists.
    compression : {None, "lzf", "gzip"}
        None is fastest; ``"lzf"`` takes about ten times, ``"gzip"`` thirty times as much processor time.

    Raises
    ------
    EngineError
        If the file exists or cannot be made.
    """

    def __init__(self, path: Path, dt: float, overwrite: bool, compression: str | None) -> None:
        self.path, self.dt, self.compression = path, dt, compression
        self.monitors: list[MonitorToDisk] = []
        self._groups: dict[MonitorToDisk, str] = {}
        self._process = os.getpid()
        self._tables: dict[str, Any] = {}
        self._used = self._reserved = 0
        import h5py

        self._h5py = h5py
        try:
            # Since version 1.10 of HDF5, one may write while others read: the order in which it writes
            # keeps the file valid at every moment.
            self._file = self._h5py.File(
                path, "w" if overwrite else "x", libver=("v110", "latest"), rdcc_nbytes=4 * WRITE_BYTES
            )
            start_file(self._file, dt)
            self.reserve(0)
        except FileExistsError as error:
            raise EngineError(
                f"record_to(): {path} exists; give another name, or overwrite=True to replace it."
            ) from error
        except OSError as error:
            raise EngineError(f"record_to(): {path} cannot be made: {error}.") from error
        self._written = time.monotonic()
        for former in _all:
            if former.path == path:
                former._forsake()
        _all.add(self)
        _open[path] = self

    @property
    def closed(self) -> bool:
        """Is nothing written any more, at least not by this process?"""
        return not self._file or self._process != os.getpid()

    def track(self, monitor: MonitorToDisk, variable: str, dtype: Any | None) -> Track:
        """A place for a variable; ``dtype`` of its samples, None for spikes."""
        columns = monitor.columns(variable)
        self._changing()
        if monitor not in self._groups:
            source = monitor.source
            geometry = tuple(getattr(source, "geometry", None) or ())
            self._groups[monitor] = start_source(self._file, source.name, source.name, geometry).name
        group = self._file[self._groups[monitor]]
        made = start_variable(group, variable, columns, dtype, self.compression)
        return Track(self, made.name, dtype is not None)

    def _changing(self) -> None:
        """While others may read, nothing can be added to the structure of the file: it is opened anew."""
        if self._file.swmr_mode:
            self._tables.clear()
            self._file.close()
            self._file = self._h5py.File(
                self.path, "r+", libver=("v110", "latest"), rdcc_nbytes=4 * WRITE_BYTES
            )
            self._reserved = 0
        self._used += 4 * CHUNK

    def table(self, path: str) -> Any:
        """A table, which stays open: to close it writes what it caches, and hides what goes wrong then."""
        if path not in self._tables:
            self._tables[path] = self._file[path]
        return self._tables[path]

    def reserve(self, bytes_: int) -> None:
        """Have room on the disk for ``bytes_`` more: the library does not survive to run out of it.

        Raises
        ------
        OSError
            If there is none.
        """
        self._used += bytes_ + bytes_ // 32
        wanted = self._used + RESERVE // 4
        if wanted <= self._reserved:
            return
        self._reserved = wanted + RESERVE
        if hasattr(os, "posix_fallocate"):
            file = os.open(self.path, os.O_RDWR)
            try:
                os.posix_fallocate(file, 0, self._reserved)
            finally:
                os.close(file)
        elif shutil.disk_usage(self.path.parent).free < RESERVE + bytes_:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def reading(self) -> Any:
        """The file, for a ``with`` statement; after it was closed for its time only."""
        return _Lent(self._file) if not self.closed else opened(self.path)

    def drain(self, monitor: MonitorToDisk, force: bool = False) -> None:
        """Write what waits in a monitor, if that is much or waits for long.

        Raises
        ------
        EngineError
            If the disk is full or gone; the monitor then keeps all that is not in the file in memory.
        """
        late = force or time.monotonic() - self._written > WRITE_SECONDS
        if self.closed or not (late or monitor.size_in_bytes() > WRITE_BYTES):
            return
        try:
            for each in self.monitors if late else [monitor]:
                each.write_out()
            if late:
                self.flush()
        except (OSError, RuntimeError) as error:
            self._give_up()
            raise EngineError(
                f"{monitor.name}: {self.path} cannot be written any more ({error}). It holds what "
                "was written so far; the rest stays in memory, where the monitors go on. Make room on the "
                "disk and give record_to() another file."
            ) from error

    def flush(self) -> None:
        """Make all that was written safe from a crash of the program."""
        if not self._file.swmr_mode:
            self._tables.clear()
            self._file.swmr_mode = True
        self._file.flush()
        self._written = time.monotonic()

    def leave(self, monitor: MonitorToDisk) -> None:
        """Take nothing from this monitor any more; without monitors the file is closed."""
        self.monitors.remove(monitor)
        self._groups.pop(monitor, None)
        if not self.monitors:
            self.close()

    def _forsake(self) -> None:
        """Monitors do not look for their data here any more."""
        for monitor in self.monitors:
            monitor.leave_file()
        self.monitors.clear()
        self._groups.clear()

    def _give_up(self) -> None:
        _open.pop(self.path, None)
        self._forsake()
        with suppress(OSError, RuntimeError):  # the same error again, which the caller tells
            self._end()

    def _end(self) -> None:
        self._tables.clear()
        self._file.close()
        # Only a file that nobody may read meanwhile is cut to its length.
        with self._h5py.File(self.path, "r+") as file:
            file.flush()

    def close(self) -> None:
        """Write all that waits, and end the file; monitors go on in memory, and still give what is in it."""
        if self.closed:
            return
        if self.monitors:
            self.drain(self.monitors[0], force=True)
        self._end()
        _open.pop(self.path, None)

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


class _Lent:
    """An open file for a ``with`` statement that does not close it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> Any:
        return self._file

    def __exit__(self, *reason: object) -> None:
        """It stays open."""


def recording_file(path: Path, dt: float, overwrite: bool, compression: str | None) -> RecordingFile:
    """The file that other monitors record to by this path, or a new one."""
    found = _open.get(path)
    if found is None:
        return RecordingFile(path, dt, overwrite, compression)
    if found.dt != dt:
        raise EngineError(f"record_to(): {path} has the recordings of a network with another dt.")
    return found


@atexit.register
def _close_all() -> None:
    for file in list(_open.values()):
        file.close()
