"""Construction of synapses: CPU seconds and memory against the peer, and against C++ written by hand.

Usage
-----
``python bench/construction.py --peer PYTHON [--runs 3] [--small]``

PYTHON is the interpreter of an environment with the peer (see bench/README.md). The peer is measured where it
gets through (a million synapses), by turns with us; larger sizes are ours alone. ``--small``: only three
patterns of the smaller size. "compile" is from ``compile()`` to the end of the first step, with the library
of the network's structure in the cache.
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
PATTERNS = (
    "probability",
    "probability, weights",
    "probability, weights, delays",
    "number_pre",
    "number_post",
    "all_to_all",
    "gaussian",
)


SMALLER = {"all_to_all": (1000, 1000), "gaussian": (600, 100)}
"""Sizes and degrees of patterns at which the peer is done in seconds."""


def run_case(
    simulator: str, python: str, pattern: str, size: int, degree: int, folder: str
) -> dict[str, Any]:
    """One process; its JSON line."""
    environment = dict(os.environ, PATH=os.pathsep.join([str(Path(python).parent), os.environ["PATH"]]))
    environment["PYTHONPATH"] = str(HERE.parent) if simulator == "engine" else ""
    case = [simulator, pattern, str(size), str(degree), f"{folder}/cache"]
    done = subprocess.run(
        [python, str(HERE / "construction_case.py"), *case],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{simulator}, {pattern} failed:\n{done.stdout}\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def medians(results: list[dict[str, Any]]) -> dict[str, float]:
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def by_hand(size: int, degree: int, folder: str, runs: int) -> float:
    """Median CPU seconds of the hand-written limit for ``fixed_probability``."""
    program = Path(folder) / "construction"
    flags = ["-O3", "-march=native", "-ffast-math", "-o", str(program)]
    subprocess.run(["g++", *flags, str(HERE / "hand" / "construction.cpp")], check=True)
    command = [str(program), str(size), str(degree / size)]
    done = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(runs)]
    return statistics.median(json.loads(run.stdout)["seconds"] for run in done)


def against_the_peer(peer: str, runs: int, folder: str, patterns: tuple[str, ...]) -> None:
    print("\n3200 x 3200 neurons, 320 synapses for each (all_to_all: 1000 x 1000, gaussian: 600 x 600)")
    print(f"{'':<32}{'engine':>10}{'peer':>10}{'peer/engine':>13}{'bytes':>8}{'peer bytes':>12}")
    for pattern in patterns:
        n, degree = SMALLER.get(pattern, (3200, 320))
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(run_case("engine", sys.executable, pattern, n, degree, f"{folder}/ours"))
            theirs.append(run_case("annarchy", peer, pattern, n, degree, f"{folder}/theirs"))
        a, b = medians(ours), medians(theirs)
        if abs(a["synapses"] / b["synapses"] - 1.0) > 0.01:
            raise SystemExit(f"{pattern}: {a['synapses']} synapses here, {b['synapses']} there.")
        memory = [c["bytes"] / c["synapses"] for c in (a, b)]
        print(
            f"{pattern:<32}{a['compile']:>10.3f}{b['compile']:>10.3f}{b['compile'] / a['compile']:>13.1f}"
            f"{memory[0]:>8.1f}{memory[1]:>12.1f}"
        )


def ours_alone(runs: int, folder: str) -> None:
    for size, degree in ((10_000, 1000), (50_000, 1000)):
        limit = by_hand(size, degree, folder, runs)
        print(f"\n{size} x {size} neurons, {degree} synapses for each; CPU seconds, bytes a synapse")
        print(f"{'':<32}{'draw':>10}{'bytes':>8}{'compile':>10}{'bytes':>8}{'draw/hand':>11}")
        for pattern in PATTERNS if size == 10_000 else PATTERNS[:2]:
            n = 3162 if pattern == "all_to_all" else size
            cases = [
                run_case("engine", sys.executable, pattern, n, degree, f"{folder}/ours") for _ in range(runs)
            ]
            a = medians(cases)
            ratio = f"{a['draw'] / limit:>11.1f}" if pattern == "probability" else ""
            print(
                f"{pattern:<32}{a['draw']:>10.3f}{a['draw_bytes'] / a['synapses']:>8.1f}{a['compile']:>10.3f}"
                f"{a['bytes'] / a['synapses']:>8.1f}{ratio}"
            )
        print(f"{'by hand, C++':<32}{limit:>10.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", required=True, help="Python of the peer's environment")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="a few patterns of the smaller size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ours", "theirs"):
            (Path(folder) / name).mkdir()
        # Absolute, as cases run in folders of their own; not resolved: the link belongs to it.
        patterns = PATTERNS[:3] if options.small else PATTERNS
        against_the_peer(str(Path(options.peer).absolute()), options.runs, folder, patterns)
        if not options.small:
            ours_alone(options.runs, folder)


if __name__ == "__main__":
    main()
