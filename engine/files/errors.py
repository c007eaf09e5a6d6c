"""What is raised for files."""

from __future__ import annotations

from engine.errors import EngineError


class FileError(EngineError):
    """A file is missing, damaged, of another kind, or cannot be written; the message names it."""
