"""Arrays of documents, kept by the hash of their content so that documents stay small and immutable."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import EngineError
from engine.project.document import ArrayFile, ProjectDocument

_KINDS = {"b": "|b1", "i": "<i8", "u": "<i8", "f": "<f8"}
_HASH = re.compile(r"[0-9a-f]{64}")
_HEADER = 128
"""Bytes of the header of an ``.npy`` file of version 1.0 as numpy writes it for few dimensions."""

_known: dict[str, bytes] = {}


def keep(values: ArrayLike) -> ArrayFile:
    """Remember an array of numbers and return the reference that goes into a document."""
    array = np.asarray(values)
    if array.dtype.kind not in _KINDS:
        raise EngineError(f"An array of {array.dtype} cannot be part of a project; it must hold numbers.")
    array = np.ascontiguousarray(array, dtype=_KINDS[array.dtype.kind])
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
    content = stream.getvalue()
    file = ArrayFile(
        sha256=hashlib.sha256(content).hexdigest(), shape=array.shape, dtype=_KINDS[array.dtype.kind]
    )
    _known[file.sha256] = content
    return file


def is_known(file: ArrayFile) -> bool:
    """Tell whether the content of ``file`` is at hand."""
    return file.sha256 in _known


def array_of(file: ArrayFile) -> NDArray[np.generic]:
    """Return the (read-only) array that ``file`` refers to.

    Raises
    ------
    EngineError
        If its content is not at hand.
    """
    if file.sha256 not in _known:
        raise EngineError(f"The array {file.sha256[:12]}... of {file.shape} values was not found.")
    return _decode(_known[file.sha256], file)


def content_of(file: ArrayFile) -> bytes:
    """Return the ``.npy`` file of an array."""
    array_of(file)
    return _known[file.sha256]


def accept(file: ArrayFile, content: bytes) -> None:
    """Remember the ``.npy`` content that belongs to ``file`` after checking that it is what it claims.

    Raises
    ------
    EngineError
        If it is not.
    """
    if not is_valid(file):
        raise EngineError(f"The reference to the array {file.sha256[:12]!r}... is not valid.")
    if len(content) > largest(file) or hashlib.sha256(content).hexdigest() != file.sha256:
        raise EngineError(f"The array {file.sha256[:12]}... was changed or damaged: its hash differs.")
    _decode(content, file)
    _known[file.sha256] = content


def is_valid(file: ArrayFile) -> bool:
    """Tell whether a reference is well formed; its hash can then be used as a file name."""
    return (
        _HASH.fullmatch(file.sha256) is not None
        and file.dtype in _KINDS.values()
        and all(n >= 0 for n in file.shape)
        and len(file.shape) <= 4
    )


def largest(file: ArrayFile) -> int:
    """Return the most bytes that the ``.npy`` file of ``file`` can have."""
    return math.prod(file.shape) * np.dtype(file.dtype).itemsize + 2 * _HEADER


def used_in(document: ProjectDocument) -> Iterator[tuple[str, ArrayFile]]:
    """Yield each array of the document with the id of the object that uses it."""
    for owner in document.owners:
        for value in owner.values.values():
            if isinstance(value, ArrayFile):
                yield owner.id, value


def _decode(content: bytes, file: ArrayFile) -> NDArray[np.generic]:
    stream = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("unknown version")
        shape, column_major, dtype = np.lib.format.read_array_header_1_0(stream)
        if (tuple(shape), column_major, dtype.str) != (file.shape, False, file.dtype):
            raise ValueError("another shape or type than stated")
        return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)
    except ValueError as fault:
        raise EngineError(f"The array {file.sha256[:12]}... cannot be read: {fault}.") from fault
