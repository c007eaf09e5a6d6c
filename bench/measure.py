"""Seconds and memory of the process that runs a case."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path


class Clock:
    """Seconds of each stage: wall, and CPU (user + system) of this process and its children."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float]] = {}
        self._mark = now()

    def stage(self, name: str) -> None:
        """The stage ``name`` ends here."""
        moment = now()
        self.stages[name] = {"wall": moment[0] - self._mark[0], "cpu": moment[1] - self._mark[1]}
        self._mark = moment


def now() -> tuple[float, float]:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(u.ru_utime + u.ru_stime for u in used)


def seconds_of_a_call(call: Callable[[], object], calls: int = 50) -> float:
    """CPU seconds of each of several calls."""
    before = now()[1]
    for _ in range(calls):
        call()
    return (now()[1] - before) / calls


def memory(key: str) -> int:
    """A line of the kernel's status of this process, in bytes: VmRSS now, VmHWM at most.

    The peak that getrusage() tells is never less than that of the process before this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))
