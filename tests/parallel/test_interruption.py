"""Ctrl-C while networks run in other processes, and functions of a script's own file."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

SCRIPT = """
import engine as ann

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
        print("running", flush=True)
        net.simulate(1e12)
    net.simulate(1.0)
    return helper(float(net.get(pop).r[0]) + idx)


results = ann.parallel_run(run, number=2, wait=[False, False])
print([r.value for r in results], isinstance(results[0], Result), flush=True)
ann.parallel_run(run, number=2, wait=[True, True], max_processes=2)
print("not reached", flush=True)
"""


def test_a_script_is_interrupted_and_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "[(4.0, 3.0, 2.0), (5.0, 3.0, 2.0)] True\n"
        assert process.stdout.readline() == "running\n"
        assert process.stdout.readline() == "running\n"
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode != 0 and "KeyboardInterrupt" in errors
    assert "not reached" not in output
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []


def test_a_parent_that_is_killed_takes_its_workers_along(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "running\n":
            time.sleep(0.01)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
