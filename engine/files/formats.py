"""One file for one mapping of plain data, in the format that its name asks for.

What reads and writes a format is imported when a file asks for it: every script imports this module.
"""

from __future__ import annotations

import os
import pickle
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engine.errors import EngineError
from engine.files.errors import FileError
from engine.files.memory import read_unpacked, refuse_too_large
from engine.files.pickles import load_pickle
from engine.files.whole import save_whole

_FORMATS = {".npz": "Numpy", ".gz": "gunzipped binary", ".mat": "Matlab", ".h5": "HDF5", ".hdf5": "HDF5"}
_PROTOCOL = 4
"""Of pickles: the newest that Python 3.4 and later read."""


def save_content(filename: str | os.PathLike[str], content: Mapping[str, Any], what: str) -> None:
    """Save a mapping by the extension of the file name, and tell so.

    Parameters
    ----------
    filename : str or path
        ``.npz`` (compressed), ``.gz`` (compressed pickle), ``.mat`` (Matlab), ``.h5`` and ``.hdf5``; a pickle
        with any other extension. Missing folders are made.
    content : mapping of str -> plain data
    what : str
        For the message: ``"network"``, ``"connectivity"``.

    Raises
    ------
    FileError
        If the file cannot be written; an old one is then untouched.
    """
    kind = _FORMATS.get(Path(filename).suffix.lower(), "text")

    def write(file: BinaryIO) -> None:
        if kind == "Numpy":
            from engine.files.npz import write_npz

            write_npz(file, {name: _array(value) for name, value in content.items()}, objects=True)
        elif kind == "HDF5":
            from engine.files.hdf5 import write_hdf5

            write_hdf5(file, content)
        elif kind == "Matlab":
            _write_matlab(file, content)
        elif kind == "text":
            pickle.dump(content, file, protocol=_PROTOCOL)
        else:
            import gzip

            from engine.files.npz import COMPRESSION

            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION, mtime=0) as stream:
                pickle.dump(content, stream, protocol=_PROTOCOL)

    print(f"Saving {what} in {kind} format... ")
    save_whole(filename, write)


def load_content(filename: str | os.PathLike[str], encoding: str | None = None) -> dict[str, Any]:
    """What :func:`save_content`, or the reference, saved. Arrays of one element may stand for numbers.

    Parameters
    ----------
    filename : str or path
    encoding : str, optional
        Of text in pickles of Python 2.

    Raises
    ------
    FileError
        If the file is missing, damaged, or holds more than plain data; nothing of it has run then.
    """
    path = Path(filename)
    kind = _FORMATS.get(path.suffix.lower(), "text")
    if kind == "Matlab":
        raise FileError(f"Unable to load Matlab format ({path}); save as .npz or .h5 to load it again.")
    try:
        content = _read(path, kind, encoding)
    except OSError as fault:
        raise FileError(f"Unable to read the file {path}: {fault.strerror or fault}.") from fault
    except (ValueError, MemoryError, zlib.error, EOFError) as fault:
        raise FileError(f"Unable to read the file {path}: {fault or type(fault).__name__}.") from fault
    except EngineError as fault:
        raise type(fault)(f"The file {path} is not read: {fault}.") from fault
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise FileError(f"Unable to read the file {path}: it holds no attributes by name.")
    return content


def _read(path: Path, kind: str, encoding: str | None) -> Any:
    if kind == "HDF5":
        from engine.files.hdf5 import read_hdf5

        return read_hdf5(path)
    if kind == "Numpy":
        from engine.files.npz import read_npz

        arrays = read_npz(path, encoding)
        return {name: a.item() if a.ndim == 0 and a.dtype == object else a for name, a in arrays.items()}
    if kind == "text":
        refuse_too_large(path.stat().st_size)
        return load_pickle(path.read_bytes(), encoding)
    import gzip

    with gzip.open(path, "rb") as stream:
        return load_pickle(read_unpacked(stream), encoding)


def _array(value: Any) -> Any:
    """What numpy's archives hold: a mapping or None as one object, lists as arrays (ragged: of objects)."""
    if isinstance(value, Mapping) or value is None:
        array = np.empty((), dtype=object)
        array[()] = value
        return array
    return rectangular(value) if isinstance(value, list) else np.asarray(value)


def rectangular(rows: list[Any]) -> Any:
    """A list as an array; as one of lists where they differ in length."""
    lengths = {len(row) if isinstance(row, (list, tuple)) else -1 for row in rows}
    if len(lengths) <= 1:
        return np.asarray(rows)
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def _write_matlab(file: BinaryIO, content: Mapping[str, Any]) -> None:
    try:
        from scipy.io import savemat
    except ImportError:
        raise FileError("Matlab files need the package scipy: pip install scipy.") from None
    savemat(file, {name: _matlab(value) for name, value in content.items()}, long_field_names=True)


def _matlab(value: Any) -> Any:
    """Matlab has no None: an empty matrix stands for it; lists of different lengths become cells."""
    if isinstance(value, Mapping):
        return {name: _matlab(item) for name, item in value.items()}
    if value is None:
        return np.zeros((0, 0))
    if isinstance(value, list):
        return rectangular(value)
    return value
