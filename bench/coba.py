"""COBA 4000 against the peer: ratios of compile, build and simulation, from interleaved runs.

Usage
-----
``python bench/coba.py --peer PYTHON [--runs 5] [--duration 1000]``

PYTHON is the interpreter of an environment with the peer installed from PyPI by name
(see bench/README.md). Every pair of runs is one of ours and one of the peer's, in turn; the figures are
medians of CPU seconds (user + system) and of wall seconds. Rates are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RATE_TOLERANCE = 0.1
"""The network is chaotic and the generators differ, so rates agree in the mean, not in each spike. The mean
over 4000 neurons and one second varies by about 3 % between seeds; three standard deviations are 10 %."""


def run_case(
    simulator: str, python: str, threads: int, duration: float, folder: str, *more: str
) -> dict[str, Any]:
    """One whole process, with ``more`` arguments; its JSON line."""
    binaries = str(Path(python).parent)
    environment = dict(os.environ, PATH=os.pathsep.join([binaries, os.environ["PATH"]]))
    environment["NEUROLOOM_CACHE_DIR"] = str(Path(folder) / "cache")
    environment["PYTHONPATH"] = str(HERE.parent) if simulator == "engine" else ""
    environment["OMP_NUM_THREADS"] = str(threads)
    command = [python, str(HERE / "coba_case.py"), simulator, str(threads), str(duration), *more]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{simulator} failed:\n{done.stdout}\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def run_hand(duration: float, folder: str) -> dict[str, float]:
    """The hand-written limit on one thread."""
    program = Path(folder) / "coba"
    if not program.exists():
        flags = ["-O3", "-march=native", "-ffast-math", "-o", str(program), str(HERE / "hand" / "coba.cpp")]
        subprocess.run(["g++", *flags], check=True)
    done = subprocess.run([str(program), str(duration)], capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def median(results: list[dict[str, Any]], stage: str, kind: str) -> float:
    """Median seconds of one stage."""
    return statistics.median(r["stages"][stage][kind] for r in results)


def check_rates(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], hand: list[dict[str, float]]
) -> None:
    """Stop unless all simulate the same regime."""
    rates = {
        "engine": statistics.mean(r["rate"] for r in ours),
        "peer": statistics.mean(r["rate"] for r in theirs),
        "hand": statistics.mean(r["rate"] for r in hand),
    }
    print("mean rate (Hz): " + ", ".join(f"{name} {rate:.2f}" for name, rate in rates.items()))
    for name, rate in rates.items():
        if abs(rate / rates["peer"] - 1.0) > RATE_TOLERANCE:
            raise SystemExit(f"The rate of {name} differs from the peer's: no comparison of times is fair.")


def line(name: str, ours: float, theirs: float) -> None:
    print(f"{name:<34}{ours:>10.3f}{theirs:>10.3f}{theirs / ours:>12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", required=True, help="Python of the peer's environment")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--duration", type=float, default=1000.0)
    options = parser.parse_args()
    # Absolute, as cases run in folders of their own; not resolved, as the link belongs to the environment.
    options.peer = str(Path(options.peer).absolute())
    for threads in (1, 2):
        ours: list[dict[str, Any]] = []
        theirs: list[dict[str, Any]] = []
        hand: list[dict[str, float]] = []
        with tempfile.TemporaryDirectory() as folder:
            for name in ("ours", "theirs"):
                (Path(folder) / name).mkdir()
            for _ in range(options.runs + 1):  # the first run of each compiles
                ours.append(run_case("engine", sys.executable, threads, options.duration, f"{folder}/ours"))
                theirs.append(
                    run_case("annarchy", options.peer, threads, options.duration, f"{folder}/theirs")
                )
                hand.append(run_hand(options.duration, folder))
        print(f"\n{threads} thread{'s' * (threads > 1)}, {options.duration:g} ms, {options.runs} runs")
        check_rates(ours, theirs, hand)
        print(f"{'seconds':<34}{'engine':>10}{'peer':>10}{'peer/engine':>12}")
        for kind in ("wall", "cpu"):
            line(
                f"compile, cold ({kind})",
                median(ours[:1], "compile", kind),
                median(theirs[:1], "compile", kind),
            )
            line(
                f"compile, cached ({kind})",
                median(ours[1:], "compile", kind),
                median(theirs[1:], "compile", kind),
            )
            line(f"import ({kind})", median(ours[1:], "import", kind), median(theirs[1:], "import", kind))
            line(f"declare ({kind})", median(ours[1:], "declare", kind), median(theirs[1:], "declare", kind))
            line(
                f"simulate ({kind})", median(ours[1:], "simulate", kind), median(theirs[1:], "simulate", kind)
            )
        if threads == 1:
            limit = statistics.median(r["seconds"] for r in hand)
            print(f"{'hand-written C++ (wall)':<34}{limit:>10.3f}")
            print(f"engine / hand: {median(ours[1:], 'simulate', 'wall') / limit:.2f}")


if __name__ == "__main__":
    main()
