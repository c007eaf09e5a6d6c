"""Ending a process together with what it started, such as a compiler."""

from __future__ import annotations

from contextlib import suppress

import psutil


def end_tree(pid: int) -> None:
    """Kill the process ``pid`` and all its descendants; one that has ended already is no error."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (*root.children(recursive=True), root):
            with suppress(psutil.NoSuchProcess):
                process.kill()
