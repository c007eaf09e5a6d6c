"""What recording costs: COBA 4000 with v of all neurons each ms and all spikes, in time and memory.

Usage
-----
``python bench/recording.py [--peer PYTHON] [--runs 5] [--durations 1000 10000]``

Every round runs each case once, in turn: without recording, with spikes, with spikes and samples in memory,
these to disk, the peer without and with. Figures are medians: CPU seconds (user + system) of the simulation,
their ratio to no recording, seconds of ``get``, and by how much the peak of memory grew in the run and with
``get``.
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
SAMPLE_BYTES = 4000 * 8


def run_case(simulator: str, python: str, duration: float, folder: str, record: str) -> dict[str, Any]:
    """One whole process; its JSON line."""
    binaries = str(Path(python).parent)
    environment = dict(os.environ, PATH=os.pathsep.join([binaries, os.environ["PATH"]]))
    environment["NEUROLOOM_CACHE_DIR"] = str(Path(folder) / "cache")
    environment["PYTHONPATH"] = str(HERE.parent) if simulator == "engine" else ""
    environment["OMP_NUM_THREADS"] = "1"
    command = [python, str(HERE / "recording_case.py"), simulator, str(duration), record]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{simulator} failed:\n{done.stdout}\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def median(results: list[dict[str, Any]], *path: str) -> float:
    """Median of one figure; 0 where a case does not have it."""
    figures = []
    for result in results:
        figure: Any = result
        for key in path:
            figure = figure.get(key, 0.0) if isinstance(figure, dict) else 0.0
        figures.append(figure)
    return statistics.median(figures)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", help="Python of the peer's environment")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--durations", type=float, nargs="+", default=[1000.0, 10000.0])
    options = parser.parse_args()
    cases = [("engine", what) for what in ("nothing", "spikes", "samples", "file")]
    pythons = {"engine": sys.executable}
    if options.peer:
        pythons["annarchy"] = str(Path(options.peer).absolute())
        cases += [("annarchy", what) for what in ("nothing", "samples")]
    for duration in options.durations:
        results: dict[tuple[str, str], list[dict[str, Any]]] = {case: [] for case in cases}
        with tempfile.TemporaryDirectory() as folder:
            for case in cases:
                place = Path(folder) / "-".join(case)
                place.mkdir()
                run_case(case[0], pythons[case[0]], 10.0, str(place), case[1])  # compiles
            for _ in range(options.runs):
                for case in cases:
                    place = str(Path(folder) / "-".join(case))
                    results[case].append(run_case(case[0], pythons[case[0]], duration, place, case[1]))
        samples = SAMPLE_BYTES * duration / 2**20
        print(f"\n{duration:g} ms, {options.runs} runs; the samples are {samples:.0f} MiB")
        print(f"{'':<22}{'CPU s':>9}{'ratio':>9}{'get CPU s':>12}{'MiB in run':>12}{'MiB with get':>14}")
        for case, found in results.items():
            bare = results[case[0], "nothing"]
            cpu = median(found, "stages", "simulate", "cpu") + median(found, "stages", "close", "cpu")
            ratio = cpu / median(bare, "stages", "simulate", "cpu")
            got = sum(median(found, "stages", f"get {what}", "cpu") for what in ("spikes", "samples"))
            start = median(found, "memory", "before")
            grown = [(median(found, "memory", when) - start) / 1024 for when in ("simulate", "get")]
            name = f"{case[0]}, {case[1]}"
            print(f"{name:<22}{cpu:>9.3f}{ratio:>9.2f}{got:>12.3f}{grown[0]:>12.0f}{grown[1]:>14.0f}")


if __name__ == "__main__":
    main()
