"""Recordings as CSV and NPZ files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from engine.errors import EngineError
from engine.recordings.recording import Recording


def write_csv(recordings: Sequence[Recording], path: Path) -> list[Path]:
    """Write a table for each recording, into ``path`` or, of several, ``STEM.SOURCE.VARIABLE.csv``."""
    if len(recordings) == 1:
        paths = [path]
    else:
        paths = [path.with_name(f"{path.stem}.{_plain(r.key)}{path.suffix}") for r in recordings]
    if twice := sorted({p.name for p in paths if paths.count(p) > 1}):
        raise EngineError(f"save_recordings(): several recordings would be written to {', '.join(twice)}.")
    for recording, place in zip(recordings, paths, strict=True):
        with place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_header(recording))
            writer.writerows(_rows(recording))
    return paths


def _plain(key: str) -> str:
    """A key as part of a file's name."""
    return "".join(c if c.isalnum() or c in "._-()[]" else "_" for c in key)


def _header(recording: Recording) -> list[str]:
    if recording.values is None:
        return ["time_ms", "rank"]
    return ["time_ms", *recording.columns.labels]


def _rows(recording: Recording) -> Iterable[Sequence[object]]:
    times = [round(t, 9) for t in recording.times.tolist()]
    if recording.values is None:
        assert recording.spikes is not None
        return zip(times, recording.spikes.tolist(), strict=True)
    return ([t, *row.tolist()] for t, row in zip(times, recording.values, strict=True))


def write_npz(recordings: Sequence[Recording], path: Path) -> list[Path]:
    """Write one file with the arrays ``SOURCE.VARIABLE.times`` (ms) and, of spikes,
    ``SOURCE.VARIABLE.ranks``, of samples ``SOURCE.VARIABLE`` (T, N) and the names of its columns,
    ``SOURCE.VARIABLE.columns``."""
    arrays = {}
    for recording in recordings:
        key = recording.key
        if f"{key}.times" in arrays:
            raise EngineError(f"save_recordings(): several recordings are called {key}.")
        arrays[f"{key}.times"] = recording.times
        if recording.values is None:
            assert recording.spikes is not None
            arrays[f"{key}.ranks"] = recording.spikes
        else:
            arrays[key] = recording.values
            arrays[f"{key}.columns"] = np.array(recording.columns.labels)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return [path]
