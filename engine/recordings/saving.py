"""Recordings to files of all formats, and back from HDF5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.recordings.layout import read_file, write_file
from engine.recordings.neo_objects import neo_block, write_nix, write_nwb
from engine.recordings.recording import Recording
from engine.recordings.tables import write_csv, write_npz

if TYPE_CHECKING:
    from engine.network.monitor import Monitor

FORMATS = {
    ".csv": "tables as text: time_ms and rank of spikes, a column for each neuron of samples",
    ".npz": "arrays for numpy",
    ".h5": "HDF5, as recorded to disk",
    ".nix": "Neo objects in a NIX file",
    ".nwb": "Neurodata Without Borders",
}
"""What the suffixes stand for."""


def as_recordings(what: Monitor | Recording | Iterable[Monitor | Recording]) -> list[Recording]:
    """Recordings of monitors, which keep their data."""
    from engine.network.monitor import Monitor

    if isinstance(what, Monitor | Recording):
        what = [what]
    found: list[Recording] = []
    for one in what:
        if isinstance(one, Recording):
            found.append(one)
        elif isinstance(one, Monitor):
            found += [one.recording(name) for name in one.variables]
        else:
            raise EngineError(f"Recordings are monitors or of read_recordings(), not {type(one).__name__}.")
    return found


def to_neo(
    recordings: Monitor | Recording | Iterable[Monitor | Recording],
    units: Mapping[str, str] | None = None,
    name: str = "",
) -> Any:
    """What was recorded as a ``neo.Block``; the monitors keep it.

    There is one segment. Spikes are a ``SpikeTrain`` for each neuron, silent ones too, samples an
    ``AnalogSignal`` or, after pauses, an ``IrregularlySampledSignal``. Names are ``SOURCE.VARIABLE``, of
    spike trains ``SOURCE.VARIABLE[RANK]``; times are in ms. Channels of signals have the array annotation
    ``column``: a rank, or ``pre->post``.

    Parameters
    ----------
    recordings : Monitor or list of Monitor, or what read_recordings() gives
    units : dict, optional
        Unit of each variable, as ``{"v": "mV"}``; others are dimensionless.
    name : str
        Of the block.

    Returns
    -------
    neo.Block

    Examples
    --------
    >>> block = to_neo(m, units={"v": "mV"})
    >>> elephant.statistics.mean_firing_rate(block.segments[0].spiketrains[0])
    """
    return neo_block(as_recordings(recordings), units, name)


def save_recordings(
    recordings: Monitor | Recording | Iterable[Monitor | Recording],
    filename: str | Path,
    units: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write what was recorded to a file that other programs read; the monitors keep it.

    Parameters
    ----------
    recordings : Monitor or list of Monitor, or what read_recordings() gives
    filename : str or Path
        Its suffix is the format:

        ``.csv``
            Text. Spikes: ``time_ms,rank``, a line for each. Samples: ``time_ms`` and a column for each
            neuron, a line for each sample. Several recordings go to one file each,
            ``STEM.SOURCE.VARIABLE.csv``.
        ``.npz``
            Arrays: ``SOURCE.VARIABLE.times`` (ms) and, of spikes, ``SOURCE.VARIABLE.ranks``, of samples
            ``SOURCE.VARIABLE`` (T, N) and ``SOURCE.VARIABLE.columns``.
        ``.h5``, ``.hdf5``
            As :meth:`Monitor.record_to` writes it; read_recordings() reads it.
        ``.nix``, ``.nwb``
            Through neo, as :func:`to_neo` arranges it: ``pip install 'neuroloom[neo]'``. They take about
            10 ms for each neuron.
    units : dict, optional
        Unit of each variable, as ``{"v": "mV"}``, for ``.nix`` and ``.nwb``; others are dimensionless.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    EngineError
        If the suffix is unknown, nothing was recorded, a package is missing or the disk is full.
    """
    path = Path(filename)
    if path.suffix not in (*FORMATS, ".hdf5"):
        raise EngineError(f"save_recordings(): {path.name} must end in one of {', '.join(FORMATS)}.")
    found = as_recordings(recordings)
    if not found:
        raise EngineError("save_recordings(): the monitors record no variables.")
    try:
        match path.suffix:
            case ".csv":
                return write_csv(found, path)
            case ".npz":
                return write_npz(found, path)
            case ".nix":
                return write_nix(found, path, units)
            case ".nwb":
                return write_nwb(found, path, units)
        return write_file(found, path)
    except OSError as error:
        raise EngineError(f"save_recordings(): {path} cannot be written: {error}.") from error


def read_recordings(filename: str | Path) -> list[Recording]:
    """Read a file that monitors recorded to, also while they do, or after that was cut off.

    Parameters
    ----------
    filename : str or Path
        As given to :meth:`Monitor.record_to` or :func:`save_recordings`.

    Returns
    -------
    list of Recording
        One for each variable of each monitor: ``source``, ``variable``, ``steps``, ``times`` (ms), and
        ``values`` (T, N) of samples or ``spikes`` (T,), the ranks.

    Raises
    ------
    EngineError
        If it is no such file.
    """
    return read_file(Path(filename))
