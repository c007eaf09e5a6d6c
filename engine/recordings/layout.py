"""The layout of recordings in an HDF5 file, for writing piece by piece and for reading.

::

    /                         attributes: format, version, dt (ms of a step)
    /NAME                     what was recorded; attributes: source, geometry
    /NAME/VARIABLE/steps      (T,) step of each sample or spike
    /NAME/VARIABLE/values     (T, N) samples, a column for each rank, or
    /NAME/VARIABLE/spikes     (T,) rank of the neuron of each spike
    /NAME/VARIABLE/ranks      (N,) ranks of the columns, or of the neurons whose spikes were recorded
    /NAME/VARIABLE/pre, post  (N,) the neurons of each column, where columns are synapses
    /NAME/VARIABLE/blocks     (K, 2) first step of each time of recording, and the step after the last
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.recordings.recording import Columns, Recording

FORMAT, VERSION = "neuroloom recordings", 1
CHUNK = 1 << 20
"""Bytes of one piece of a table in the file."""


def start_file(file: Any, dt: float) -> None:
    """Mark a new file."""
    file.attrs["format"], file.attrs["version"], file.attrs["dt"] = FORMAT, VERSION, dt


def start_source(file: Any, name: str, source: str, geometry: tuple[int, ...]) -> Any:
    """The group of a source; the second one of that name is ``NAME_2``."""
    key = free = name.replace("/", "_")
    number = 2
    while free in file:
        free, number = f"{key}_{number}", number + 1
    group = file.create_group(free)
    group.attrs["source"], group.attrs["geometry"] = source, np.asarray(geometry, dtype=np.int64)
    return group


def start_variable(
    group: Any, name: str, columns: Columns, dtype: Any | None, compression: str | None = None
) -> Any:
    """Empty tables for a variable; ``dtype`` of its samples, None for spikes."""
    made = group.create_group(name)
    made.create_dataset("ranks", data=columns.ranks)
    if columns.pre is not None:
        made.create_dataset("pre", data=columns.pre)
        made.create_dataset("post", data=columns.post)
    made.create_dataset("blocks", (0, 2), np.int64, maxshape=(None, 2), chunks=(64, 2))
    _table(made, "steps", (), np.int64, compression)
    if dtype is None:
        _table(made, "spikes", (), np.int32, compression)
    else:
        _table(made, "values", (len(columns.ranks),), dtype, compression)
    return made


def _table(group: Any, name: str, row: tuple[int, ...], dtype: Any, compression: str | None) -> None:
    size = np.dtype(dtype).itemsize
    width = row[0] if row else 1
    wide = max(1, min(width, CHUNK // size))
    long = max(1, min(1 << 16, CHUNK // (size * wide)))
    chunks = (long, wide) if row else (long,)
    options = {"compression": compression, "shuffle": True} if compression else {}
    group.create_dataset(name, (0, *row), dtype, maxshape=(None, *row), chunks=chunks, **options)


def extend(table: Any, rows: Any) -> None:
    """Add rows to the end of a table."""
    if len(rows):
        before = len(table)
        table.resize(before + len(rows), axis=0)
        table[before:] = rows


def write_file(recordings: Sequence[Recording], path: Path) -> list[Path]:
    """Write recordings, of one ``dt``, to a new file."""
    import h5py

    with h5py.File(path, "w") as file:
        start_file(file, recordings[0].dt)
        groups: dict[str, Any] = {}
        for recording in recordings:
            group = groups.get(recording.source)
            if group is None or recording.variable in group:
                group = start_source(file, recording.source, recording.source, recording.geometry)
                groups[recording.source] = group
            samples = recording.values
            kind = None if samples is None else samples.dtype
            tables = start_variable(group, recording.variable, recording.columns, kind)
            extend(tables["steps"], recording.steps)
            extend(
                tables["spikes" if samples is None else "values"],
                recording.spikes if samples is None else samples,
            )
            extend(tables["blocks"], recording.blocks)
    return [path]


def read_file(path: Path) -> list[Recording]:
    """All recordings in a file.

    Raises
    ------
    EngineError
        If it is no such file.
    """
    with opened(path) as file:
        if file.attrs.get("format") != FORMAT:
            raise EngineError(f"{path.name} holds no recordings of this program.")
        if file.attrs["version"] != VERSION:
            raise EngineError(
                f"{path.name} was written by a newer version of this program ({file.attrs['version']})."
            )
        dt = float(file.attrs["dt"])
        return [
            _recording(group, name, dt) for group in file.values() for name in group if "steps" in group[name]
        ]


def opened(path: Path) -> Any:
    """The file for reading, also while it is being written, and if that was cut off.

    Raises
    ------
    EngineError
        If it cannot be read.
    """
    import h5py

    try:
        return h5py.File(path, "r")
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except OSError:
        try:
            return h5py.File(path, "r", swmr=True)
        except OSError as error:
            raise EngineError(f"{path.name} cannot be read as an HDF5 file: {error}.") from error


def _recording(group: Any, name: str, dt: float) -> Recording:
    tables = group[name]
    sampled = "values" in tables
    # The tables of one piece are written one after the other: what was cut off may have rows in one only.
    count = min(len(tables["steps"]), len(tables["values" if sampled else "spikes"]))
    pre, post = (tables[k][()] if k in tables else None for k in ("pre", "post"))
    return Recording(
        source=str(group.attrs["source"]),
        variable=name,
        dt=dt,
        steps=tables["steps"][:count],
        values=tables["values"][:count] if sampled else None,
        spikes=None if sampled else tables["spikes"][:count],
        columns=Columns(tables["ranks"][()], pre, post),
        blocks=[(int(first), int(end)) for first, end in tables["blocks"][()]],
        geometry=tuple(int(size) for size in group.attrs["geometry"]),
    )
