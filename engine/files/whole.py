"""Files are replaced in one stroke: a crash at any moment leaves the old or the new one, whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from engine.files.errors import FileError


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in the place of ``path``.

    Raises
    ------
    OSError
        If that fails; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("x+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a renaming in ``folder`` durable; systems that cannot open folders do so by themselves."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save_whole(filename: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> None:
    """As :func:`write_whole` for a file that a user named: makes missing folders and tells so.

    Raises
    ------
    FileError
        If that fails; the old file is then untouched.
    """
    path = Path(filename)
    try:
        if not path.parent.is_dir():
            print(f"Creating folder {path.parent} ")
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, write)
    except OSError as fault:
        raise FileError(f"{path} cannot be written: {fault.strerror or fault}.") from fault
