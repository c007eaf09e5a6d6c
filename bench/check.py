"""The regression guard: instructions of each case, counted, against those stored in instructions.json.

``python bench/check.py [CASES] [--update]`` (``make bench-check``)

A count is that of ``nl_run`` alone, for a few steps of one thread, by callgrind. Code is generated for
x86-64-v3, as valgrind does not know AVX-512: counts are the same on every machine with one compiler, however
busy it is. They do not see memory that is waited for, nor threads; ``bench/run.py`` does. Fails where a case
needs over 5 % more instructions than stored; ``--update`` stores what is counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import numpy as np  # noqa: E402

from cases import CASES, Case  # noqa: E402

STORED = HERE / "instructions.json"
FLAGS = "-O3 -march=x86-64-v3"
GROWTH = 0.05
"""What a case may grow by, relative."""


class Counted:
    """Stands before a loaded library; what that is called with is run by callgrind, too."""

    def __init__(self, library: Any, folder: Path) -> None:
        self.library, self.folder = library, folder
        self.instructions = 0

    def run(
        self, buffers: list[Any], sizes: Any, clock: Any, steps: int, threads: int, stop: Any, progress: Any
    ) -> int:
        dump = self.folder / "dump"
        write(dump, buffers, [steps, *clock, len(sizes), *sizes, len(buffers)])
        self.instructions += counted(self.folder, str(self.library.path), str(dump))
        dump.unlink()
        done: int = self.library.run(buffers, sizes, clock, steps, threads, stop, progress)
        return done


def write(dump: Path, buffers: list[Any], numbers: list[int]) -> None:
    """Write what replay.cpp reads: numbers, and of each buffer which earlier one it is, size and bytes."""
    addresses: dict[int, int] = {}
    with dump.open("wb") as file:
        file.write(np.array(numbers, np.int64).tobytes())
        for position, buffer in enumerate(buffers):
            same = addresses.setdefault(buffer.ctypes.data, position)
            is_first = same == position
            file.write(np.array([-1 if is_first else same, buffer.nbytes], np.int64).tobytes())
            if is_first:
                file.write(buffer.data)


def counted(folder: Path, library: str, dump: str) -> int:
    """Instructions of ``nl_run`` in one call."""
    counts = folder / "counts"
    tool = ["valgrind", "-q", "--tool=callgrind", "--toggle-collect=nl_run", f"--callgrind-out-file={counts}"]
    done = subprocess.run([*tool, str(replay(folder)), library, dump], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"The code cannot be counted:\n{done.stderr}")
    return next(
        int(line.split()[1]) for line in counts.read_text().splitlines() if line.startswith("summary:")
    )


def unavailable() -> str:
    """Why nothing can be counted here; empty if it can."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"code for x86-64-v3 does not run on {platform.machine()}"
    if shutil.which("valgrind") is None:
        return "valgrind is not installed"
    return ""


def compiler() -> str:
    """The compiler whose code is counted."""
    done = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return f"g++ {done.stdout.strip()}"


def instructions(case: Case, folder: Path) -> int:
    """What the steps of a case that are counted execute, once neurons fire."""
    import engine as ann
    from engine.network.registry import magic_network

    scale, duration = case.counted
    ann.clear()
    ann.setup(dt=case.dt, method=case.method, seed=7, num_threads=1, precision="double")
    case.declare(ann, case.base * scale)
    ann.compile(silent=True, compiler_flags=FLAGS)
    ann.simulate(max(duration, 20.0 * case.dt))
    instance = magic_network()._instance
    assert instance is not None
    library = instance._library
    instance._library = counting = Counted(library, folder)
    # simulate() would split the steps into chunks by the time they take.
    instance.run(round(duration / case.dt))
    instance._library = library
    return counting.instructions


def replay(folder: Path) -> Path:
    """The program that calls a library, compiled once."""
    program = folder / "replay"
    if not program.exists():
        subprocess.run(["g++", "-O1", "-o", str(program), str(HERE / "replay.cpp"), "-ldl"], check=True)
    return program


def grown(stored: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """The cases that need too many instructions, in words."""
    return [
        f"{name}: {counted[name]:,} instructions, {counted[name] / stored[name] - 1.0:+.1%} "
        f"against the stored {stored[name]:,}"
        for name in counted
        if name in stored and counted[name] > (1.0 + GROWTH) * stored[name]
    ]


def count(names: Iterable[str]) -> dict[str, int]:
    """Instructions of cases. The libraries go to a cache of their own."""
    counted = {}
    before = os.environ.get("NEUROLOOM_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NEUROLOOM_CACHE_DIR"] = folder
        try:
            for name in names:
                counted[name] = instructions(CASES[name], Path(folder))
                print(f"{name:<20}{counted[name]:>16,}", flush=True)
        finally:
            del os.environ["NEUROLOOM_CACHE_DIR"]
            if before is not None:
                os.environ["NEUROLOOM_CACHE_DIR"] = before
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--update", action="store_true", help="store what is counted")
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(f"Instructions cannot be counted: {reason}.")
    content = json.loads(STORED.read_text()) if STORED.exists() else {"compiler": compiler(), "counts": {}}
    counted = count(options.cases or CASES)
    if options.update:
        if content["compiler"] != compiler():
            content["counts"] = {}
        content = {"compiler": compiler(), "flags": FLAGS, "counts": {**content["counts"], **counted}}
        STORED.write_text(json.dumps(content, indent=2) + "\n")
        return
    if content["compiler"] != compiler():
        sys.exit(f"The stored counts are those of {content['compiler']}, this is {compiler()}.")
    missing = [name for name in counted if name not in content["counts"]]
    faults = grown(content["counts"], counted) + [f"{name}: nothing is stored" for name in missing]
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
