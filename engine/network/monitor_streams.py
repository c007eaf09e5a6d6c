"""Monitors that record to a file, and what they recorded without its network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.network.monitor_data import SPIKES, MonitorData

if TYPE_CHECKING:
    from engine.recordings.recording import Columns, Recording
    from engine.recordings.stream import RecordingFile


class MonitorToDisk(MonitorData):
    """The part of a :class:`Monitor` that writes to disk."""

    _file: RecordingFile | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy in another process has: it records in memory, with what was not written yet."""
        return vars(self) | {"_file": None}

    def record_to(
        self, filename: str | Path, overwrite: bool = False, compression: str | None = None
    ) -> RecordingFile:
        """Keep what is recorded from now on, and what is there already, in an HDF5 file instead of in memory.

        While the network runs, the data are written in pieces; about 1 MiB or one second of them waits in
        memory. After each piece the file is valid, also if the program is killed then. The monitor is used
        as before: ``get`` reads from the file what was not got yet. Other monitors of the network may record
        to the same file. It is closed by its ``close()``, by :meth:`stop`, ``clear()`` or at the end of the
        program.

        Parameters
        ----------
        filename : str or Path
            Ends in ``.h5`` or ``.hdf5``.
        overwrite : bool
            Replace a file that exists, else that is an error.
        compression : {None, "lzf", "gzip"}
            Smaller files, at ten or thirty times the processor time of writing.

        Returns
        -------
        RecordingFile
            The open file; ``with monitor.record_to(...):`` closes it at the end.

        See Also
        --------
        engine.read_recordings : reads the file, without the network.
        """
        from engine.recordings.stream import recording_file

        path = Path(filename).resolve()
        if path.suffix not in (".h5", ".hdf5"):
            raise EngineError(f"{self.name}.record_to(): {path.name} must end in .h5 or .hdf5.")
        if compression not in (None, "lzf", "gzip"):
            raise EngineError(
                f"{self.name}.record_to(): compression is None, 'lzf' or 'gzip', not {compression!r}."
            )
        if self._file is not None and not self._file.closed:
            raise EngineError(
                f"{self.name}.record_to(): it already records to {self._file.path}; close that."
            )
        self._check_fixed("record_to()")
        self.end_file()
        self._file = recording_file(path, self.network.dt, overwrite, compression)
        self._file.monitors.append(self)
        return self._file

    def _check_fixed(self, what: str) -> None:
        if self.projection is not None and self.projection.structural:
            raise EngineError(
                f"{self.name}.{what}: synapses of {self.source.name} begin and end, so its samples have no "
                "fixed columns; use get()."
            )

    def drain(self) -> None:
        """Called after each part of a run."""
        if self._file is not None:
            self._file.drain(self)

    def settle(self) -> None:
        """Write what waits for its way to a file."""
        if self._file is not None:
            self._file.drain(self, force=True)

    def write_out(self) -> None:
        """Move all data in memory to the file."""
        assert self._file is not None
        step = self.network.current_step
        for name, data in self._data.items():
            samples = [table for table in data.samples if len(table)]
            if data.track is None:
                if not (samples or len(data.steps)):
                    continue
                data.track = self._file.track(self, name, samples[0].dtype if samples else None)
            times = data.times(step)
            blocks = list(zip(times["start"], times["stop"], strict=True))
            if name in SPIKES:
                data.track.write(data.steps.rows(keep=True)[:, 0], data.ranks.rows(keep=True)[:, 0], blocks)
            steps, written = data.waiting_steps(), 0
            for table in samples:
                for part in table.parts():
                    rows = self.flat(name, part, table.layout)
                    data.track.write(steps[written : written + len(rows)], rows, blocks)
                    written += len(rows)
            data.forget()

    def leave_file(self) -> None:
        """Go on in memory."""
        self._file = None
        for data in self._data.values():
            data.track = None

    def end_file(self) -> None:
        """Write what waits and leave the file, which is closed if no other monitor records to it."""
        if self._file is not None:
            file = self._file
            self.settle()
            if self in file.monitors:
                file.leave(self)
            self.leave_file()

    # --- plain recordings -----------------------------------------------------------------------------

    def columns(self, variable: str) -> Columns:
        """What the columns of samples are, or which neurons' spikes are recorded."""
        from engine.recordings.recording import Columns

        population, projection, locality = self.population, self.projection, self.locality(variable)
        if locality == "global":
            return Columns(np.array([-1]))
        if population is not None:
            return Columns(np.asarray(population.ranks if self.ranks is None else self.ranks))
        assert projection is not None
        synapses, dendrite = projection.connectivity, self.dendrite
        if locality == "semiglobal":
            return Columns(np.asarray(synapses.dendrites) if dendrite is None else np.array([dendrite]))
        own = slice(None)
        if dendrite is not None:
            own = slice(*synapses.offsets[dendrite : dendrite + 2].tolist())
        post, pre = (ranks[own].astype(np.int32) for ranks in (synapses.post, synapses.pre))
        return Columns(post, pre, post)

    def recording(self, variable: str, keep: bool = True) -> Recording:
        """What was recorded of one variable since the last :meth:`get`, as plain arrays with their times.

        Parameters
        ----------
        variable : str
        keep : bool
            As in :meth:`get`.

        Returns
        -------
        engine.recordings.Recording
        """
        from engine.recordings.recording import Recording

        self._check_fixed("recording()")
        self.settle()
        data = self._data[variable]
        times = data.times(self.network.current_step)
        columns = self.columns(variable)
        spikes = values = None
        if variable in SPIKES:
            steps, spikes = self.get_spikes(variable, keep)
        else:
            steps = data.sample_steps()
            parts = [rows for rows, _ in self.flat_parts(variable, keep)]
            values = (
                np.concatenate(parts) if len(parts) > 1 else (*parts, np.zeros((0, columns.ranks.size)))[0]
            )
            if not keep:
                data.clear(self.network.current_step)
        return Recording(
            source=self.source.name,
            variable=variable,
            dt=self.network.dt,
            steps=steps,
            values=values,
            spikes=spikes,
            columns=columns,
            blocks=list(zip(times["start"], times["stop"], strict=True)),
            geometry=tuple(getattr(self.source, "geometry", None) or ()),
        )
