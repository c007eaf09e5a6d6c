"""Small files that unpack to more than fits into memory are refused before they are unpacked."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from engine.files.errors import FileError

if TYPE_CHECKING:
    from gzip import GzipFile

_PIECE = 1 << 24


def refuse_too_large(size: int) -> None:
    """Raise if ``size`` bytes are more than the free memory."""
    import psutil  # of many parts, for what hardly any script does

    free = psutil.virtual_memory().available
    if size > free:
        raise FileError(
            f"it unpacks to {size / 1e9:.1f} GB, more than the {free / 1e9:.1f} GB of free memory"
        )


def read_unpacked(stream: IO[bytes] | GzipFile) -> bytes:
    """All that a stream unpacks to, in pieces, while it fits into memory."""
    pieces, size = [], 0
    while piece := stream.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        refuse_too_large(len(piece) + size)
    return b"".join(pieces)
