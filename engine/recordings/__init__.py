"""Recordings as plain data, in files and for other programs.

In: monitors, or a file that was recorded to. Out: :class:`Recording`, HDF5, CSV, NPZ, and through neo its own
objects, NIX and NWB files. Nothing here needs a compiled network.
"""

from engine.recordings.recording import Columns, Recording
from engine.recordings.saving import FORMATS, as_recordings, read_recordings, save_recordings, to_neo
from engine.recordings.stream import RecordingFile

__all__ = [
    "FORMATS",
    "Columns",
    "Recording",
    "RecordingFile",
    "as_recordings",
    "read_recordings",
    "save_recordings",
    "to_neo",
]
