"""A look through a pickle before it is read: does it ask for memory or recursion beyond its size?"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterator

from engine.files.errors import FileError

_MAX_TUPLES = 50_000
"""Tuples in tuples are hashed recursively where they are keys; this many are known to fit the stack."""


class UnsafeFile(FileError):
    """A file asks for more than plain data."""


_LENGTHS = {"BINSTRING": 4, "SHORT_BINSTRING": 1, "BINBYTES": 4, "SHORT_BINBYTES": 1, "BINBYTES8": 8}
_LENGTHS |= {
    "BINUNICODE": 4,
    "SHORT_BINUNICODE": 1,
    "BINUNICODE8": 8,
    "BYTEARRAY8": 8,
    "LONG1": 1,
    "LONG4": 4,
}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"}
_REFUSED = {
    "EXT1",
    "EXT2",
    "EXT4",
    "PERSID",
    "BINPERSID",
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "NEXT_BUFFER",
}
_WATCHED = {*_LENGTHS, *_TUPLES, *_REFUSED, "LONG_BINPUT", "PUT", "STOP"}

_CODES = {op.code.encode("latin1")[0]: op.name for op in pickletools.opcodes}
_LINES = {
    op.name: 2 if op.name in ("GLOBAL", "INST") else 1
    for op in pickletools.opcodes
    if op.arg and op.arg.n == -1
}
_FIXED = {op.name: op.arg.n if op.arg else 0 for op in pickletools.opcodes if not op.arg or op.arg.n >= 0}


def _inert() -> re.Pattern[bytes]:
    """Runs of the operations that only push numbers and fill lists."""
    by_length: dict[int, list[int]] = {}
    for code, name in _CODES.items():
        if name in _FIXED and name not in _WATCHED:
            by_length.setdefault(_FIXED[name], []).append(code)
    parts = []
    for length, codes in sorted(by_length.items()):
        members = b"".join(re.escape(bytes([code])) for code in codes)
        parts.append(b"[" + members + b"]" + b"." * length)
    return re.compile(b"(?:" + b"|".join(parts) + b"){1,10000}+", re.DOTALL)


_INERT = _inert()


def _operations(content: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, place of the argument and end of each operation that is not inert."""
    position = 0
    while position < len(content):
        run = _INERT.match(content, position)
        if run is not None:
            position = run.end()
            continue
        name = _CODES.get(content[position], "")
        start = end = position + 1
        if name in _LENGTHS:
            start += _LENGTHS[name]
            end = start + int.from_bytes(content[position + 1 : start], "little")
        elif name in _LINES:
            for _ in range(_LINES[name]):
                end = content.find(b"\n", end) + 1
                if not end:
                    return
        elif name in _FIXED:
            end = start + _FIXED[name]
        else:
            raise ValueError("it is no pickle")
        yield name, start, end
        if name == "STOP":
            return
        position = end


def refuse_bombs(content: bytes) -> None:
    """Raise before anything is read if the pickle would crash the reader, or asks for more than data need.

    Raises
    ------
    UnsafeFile
    ValueError
        If it is no pickle or ends too early.
    """
    tuples, complete = 0, False
    for name, start, end in _operations(content):
        if end > len(content):
            break
        complete = name == "STOP"
        if name in _REFUSED:
            raise UnsafeFile(f"it makes objects ({name}), but only numbers, text and arrays are read")
        if name in ("LONG_BINPUT", "PUT"):
            argument = content[start:end]
            place = int.from_bytes(argument, "little") if name == "LONG_BINPUT" else _whole(argument)
            if place > len(content):
                raise UnsafeFile("it asks for an absurd amount of memory")
        if name in _TUPLES and not _is_called(content, end):
            tuples += 1
            if tuples > _MAX_TUPLES:
                raise UnsafeFile(f"it has more than {_MAX_TUPLES} tuples")
    if not complete:
        raise ValueError("it is no complete pickle")


def _whole(text: bytes) -> int:
    return int(text) if re.fullmatch(rb"\d{1,18}\n", text) else 1 << 62


def _is_called(content: bytes, position: int) -> bool:
    """Do the arguments of a call end here, with or without being remembered?"""
    following = content[position : position + 1]
    if following == b"\x94":
        position += 1
    elif following == b"q":
        position += 2
    elif following == b"r":
        position += 5
    return content[position : position + 1] == b"R"
