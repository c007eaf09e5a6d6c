"""``Monitor.save`` and ``MonitorList.save_all``: recorded data as files, in the layout of the Python API.

One dataset for each variable, in the shape that ``get`` gives it. Spikes are a group of two datasets,
``steps`` and ``ranks``; samples of dendrites that differ in size are rows of variable length.
:mod:`engine.recordings` has the formats that tell units and times, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.network.spikes import flattened

if TYPE_CHECKING:
    from engine.network.monitor import Monitor

HDF5 = (".hdf5", ".h5")


def check_suffix(filename: str | Path, owner: str, names: Iterable[str]) -> Path:
    """The path, if its suffix suits the variables; nothing was dropped yet when this raises."""
    path = Path(filename)
    count = len(list(names))
    if path.suffix not in (*HDF5, ".npy"):
        raise EngineError(f"{owner}: {path.name} is neither an .hdf5 nor an .npy file; choose one of these.")
    if path.suffix == ".npy" and count != 1:
        raise EngineError(f"{owner}: an .npy file holds one variable, not {count}; choose an .hdf5 file.")
    return path


def save_arrays(path: Path, data: Mapping[str, Any], owner: str) -> None:
    """Write ``name -> data`` as :meth:`Monitor.get` gives them; names may be paths of groups."""
    try:
        if path.suffix == ".npy":
            np.save(path, _plain(next(iter(data.values()))), allow_pickle=False)
            return
        import h5py  # Not at the top: it takes as long as the rest of the engine.

        with h5py.File(path, "w") as file:
            for name, values in data.items():
                _write(file, name, values)
    except OSError as error:
        raise EngineError(f"{owner}: {path} cannot be written: {error}.") from error


def _write(file: Any, name: str, values: Any) -> None:
    import h5py

    if isinstance(values, Mapping):
        steps, ranks = flattened(values)
        file.create_dataset(f"{name}/steps", data=steps)
        file.create_dataset(f"{name}/ranks", data=ranks)
    elif values.dtype == object:
        rows = file.create_dataset(name, values.shape, h5py.vlen_dtype(np.float64))
        for index, row in np.ndenumerate(values):
            rows[index] = row
    else:
        file.create_dataset(name, data=values)


def _plain(values: Any) -> Any:
    """Spikes as rows (step, rank), neuron by neuron; lists of different lengths as rows filled with NaN."""
    if isinstance(values, Mapping):
        return np.column_stack(flattened(values))
    if values.dtype != object:
        return values
    longest = max((len(row) for row in values.ravel()), default=0)
    filled = np.full((*values.shape, longest), np.nan)
    for index, row in np.ndenumerate(values):
        filled[index][: len(row)] = row
    return filled


class MonitorList(list["Monitor"]):
    """Several monitors.

    Parameters
    ----------
    list : iterable of Monitor
    """

    def __init__(self, list: Iterable[Monitor]) -> None:
        super().__init__(list)

    def save_all(
        self, filename: str, keep: bool = False, reshape: bool = False, flat_keys: bool = False
    ) -> None:
        """Write all data of all monitors to one ``.hdf5`` file.

        Parameters
        ----------
        filename : str
        keep, reshape : bool
            As in :meth:`Monitor.get`.
        flat_keys : bool
            Name datasets ``OBJECT_VARIABLE`` instead of ``/OBJECT/VARIABLE``; OBJECT is the name of what is
            recorded.
        """
        path = Path(filename)
        if path.suffix not in HDF5:
            raise EngineError(f"MonitorList: {path.name} is no .hdf5 file.")
        separator = "_" if flat_keys else "/"
        keys = [f"{m.source.name}{separator}{name}" for m in self for name in m.variables]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise EngineError(
                f"MonitorList: several monitors record {', '.join(twice)}; save them to different files."
            )
        data = (values for m in self for values in m.get(None, True, reshape, True).values())
        save_arrays(path, dict(zip(keys, data, strict=True)), "MonitorList")
        for m in self if not keep else ():
            m.drop()
