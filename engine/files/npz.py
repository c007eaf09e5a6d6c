"""Archives of arrays (``.npz``), read and written without numpy's own unpickling."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.files.memory import refuse_too_large
from engine.files.pickles import load_pickle

COMPRESSION = 1
"""Level of zlib: digits of random weights hardly shrink, and higher levels take three times as long."""

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def write_npz(file: BinaryIO, content: Mapping[str, Any], *, objects: bool, compress: bool = True) -> None:
    """Write each value as an array.

    Parameters
    ----------
    file : binary stream
    content : mapping of name -> array or what ``np.asarray`` makes one of
    objects : bool
        Values that are no arrays of numbers or text are pickled; otherwise they raise ``ValueError``.
    compress : bool
    """
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method, compresslevel=COMPRESSION) as archive:
        for name, value in content.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, np.asanyarray(value), allow_pickle=objects)


def read_npz(path: Path, encoding: str | None = None) -> dict[str, NDArray[Any]]:
    """All arrays by name.

    Raises
    ------
    UnsafeFile
        If something is more than plain data.
    ValueError, OSError
        If it is no complete archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            refuse_too_large(sum(info.file_size for info in members))
            return {
                info.filename.removesuffix(".npy"): read_npy(archive.read(info), encoding) for info in members
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as fault:
        raise ValueError(f"it is no complete archive of arrays ({fault})") from fault


def read_npy(content: bytes, encoding: str | None = None) -> NDArray[Any]:
    """The array of one member."""
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(
            f"its arrays are written in version {version} of the format, which has structures only"
        )
    shape, fortran, dtype = _HEADERS[version](stream)
    body = content[stream.tell() :]
    if dtype.hasobject:
        array = load_pickle(body, encoding)
        if not isinstance(array, np.ndarray):
            raise ValueError("an array of it has another content than it says")
        return array
    if dtype.kind not in "biufcSU" or dtype.names or dtype.subdtype:
        raise ValueError(f"it has an array of {dtype}, which is neither numbers nor text")
    count = math.prod(shape)
    if len(body) != count * dtype.itemsize or any(n < 0 for n in shape):
        raise ValueError("an array of it has not as many bytes as its shape says")
    flat = (
        np.frombuffer(body, dtype, count).astype(dtype.newbyteorder("=")) if body else np.zeros(count, dtype)
    )
    return flat.reshape(shape, order="F" if fortran else "C")
