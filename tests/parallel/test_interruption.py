"""Ctrl-C while networks run in other processes, and functions of a script's own file."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

SCRIPT = """
import os
import signal

import engine as ann

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it

ann.setup(seed=3, dt=0.5)
K = ann.Constant("K", 2.0)
pop = ann.Population(3, ann.Neuron(equations="r += K"))
ann.compile(silent=True)


class Result:
    def __init__(self, value):
        self.value = value


def helper(x):
    return Result((x, K + 1.0, K.value))


def run(idx, net, wait):
    if wait:
        os.write(1, b"running\\n")  # in one piece, unlike print()
        net.simulate(1e12)
    net.simulate(1.0)
    return helper(float(net.get(pop).r[0]) + idx)


results = ann.parallel_run(run, number=2, wait=[False, False])
print([r.value for r in results], isinstance(results[0], Result), flush=True)
ann.parallel_run(run, number=2, wait=[True, True], max_processes=2)
print("not reached", flush=True)
"""


@contextmanager
def script(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """The script when its first network runs for ever, and the processes that it has started."""
    path = folder / "script.py"
    path.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        family: list[psutil.Process] = []
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "[(4.0, 3.0, 2.0), (5.0, 3.0, 2.0)] True\n"
            assert process.stdout.readline() == "running\n"
            family = psutil.Process(process.pid).children(recursive=True)
            assert len(family) >= 2
            yield process, family
        finally:
            process.kill()
            for each in psutil.wait_procs(family, timeout=0)[1]:
                each.kill()


def test_a_script_is_interrupted_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with script(tmp_path) as (process, family):
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=90)
        assert process.returncode != 0 and "KeyboardInterrupt" in errors
        assert "not reached" not in output
        assert psutil.wait_procs(family, timeout=60)[1] == []


def test_a_parent_that_is_killed_takes_its_workers_along(tmp_path: Path) -> None:
    with script(tmp_path) as (process, family):
        process.kill()
        assert psutil.wait_procs(family, timeout=60)[1] == []
