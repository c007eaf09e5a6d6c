"""HDF5 files (``.h5``): a group for each mapping, a dataset for each array, attributes for the rest.

A nested list whose rows differ in length is one dataset with an attribute ``lengths``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.files.memory import refuse_too_large
from engine.files.pickle_scan import UnsafeFile

if TYPE_CHECKING:
    from pathlib import Path


def write_hdf5(file: BinaryIO, content: Mapping[str, Any], compress: bool = True) -> None:
    """Write a tree of mappings with arrays, numbers, text, None and (nested) lists of these as leaves."""
    import h5py  # Not at the top: it takes as long as the rest of the engine.

    with h5py.File(file, "w") as root:
        _write_group(
            root, content, {"compression": "gzip", "compression_opts": 1, "shuffle": True} if compress else {}
        )


def _write_group(group: Any, content: Mapping[str, Any], filters: dict[str, Any]) -> None:
    for name, value in content.items():
        if isinstance(value, Mapping):
            _write_group(group.create_group(_escaped(name), track_order=True), value, filters)
            continue
        array, extra = _dataset(value)
        if array is None:
            group.attrs[_escaped(name)] = json.dumps(
                value.tolist() if isinstance(value, np.ndarray) else value
            )
            continue
        created = group.create_dataset(
            _escaped(name), data=array, track_order=True, **(filters if array.size > 256 else {})
        )
        for key, given in extra.items():
            created.attrs[key] = given


def _dataset(value: Any) -> tuple[NDArray[Any] | None, dict[str, Any]]:
    """A value as an array, and what else tells how to get it back; None for what is kept as JSON text."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return (None, {}) if value.dtype.kind in "SU" else (value, {})
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return _dataset(value.item())
    if isinstance(value, (list, np.ndarray)):
        rows = [np.asarray(row.tolist() if isinstance(row, np.ndarray) else row) for row in value]
        if rows and all(row.ndim == 1 and (row.size == 0 or row.dtype.kind in "biuf") for row in rows):
            flat = np.concatenate(rows)
            return flat, {"lengths": np.array([row.size for row in rows], np.int64)}
        if rows and all(row.ndim == 0 and row.dtype.kind in "biuf" for row in rows):
            return np.asarray(value), {"list": True}
    return None, {}


def read_hdf5(path: Path) -> dict[str, Any]:
    """The tree of a file.

    Raises
    ------
    UnsafeFile
        If it refers to other files.
    OSError
        If it is no HDF5 file.
    """
    import h5py

    refuse_too_large(path.stat().st_size)
    with h5py.File(path, "r") as root:
        return _read_group(root)


def _read_group(group: Any) -> dict[str, Any]:
    import h5py

    content: dict[str, Any] = {_unescaped(k): json.loads(v) for k, v in group.attrs.items()}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise UnsafeFile("it refers to other places or files")
        item = group[name]
        if isinstance(item, h5py.Group):
            content[_unescaped(name)] = _read_group(item)
        elif isinstance(item, h5py.Dataset):
            content[_unescaped(name)] = _read_dataset(item)
    return content


def _read_dataset(item: Any) -> Any:
    if item.external or item.is_virtual:
        raise UnsafeFile("it refers to other files")
    if item.dtype.kind not in "biufc":
        raise UnsafeFile(f"it has an array of {item.dtype}, which is not numbers")
    refuse_too_large(item.nbytes)
    values = item[()]
    if item.attrs.get("list", False):
        return values.tolist()
    if "lengths" in item.attrs:
        ends = np.cumsum(item.attrs["lengths"])[:-1]
        return [part.tolist() for part in np.split(values, ends)]
    return values


def _escaped(name: str) -> str:
    """HDF5 takes "/" for a path."""
    return name.replace("%", "%25").replace("/", "%2F")


def _unescaped(name: str) -> str:
    return name.replace("%2F", "/").replace("%25", "%")
