"""Construction of synapses: CPU seconds and memory beside C++ written by hand and other simulators.

``python bench/construction.py [--peers annarchy annarchy5 brian2 nest] [--runs 3] [--json FILE] [--small]``

From ``compile()`` to the end of the first step, with the library of the network's structure in the cache.
Other simulators make a million synapses of each pattern, and more of a few where ``--largest`` allows it;
``--small``: only three patterns of the smaller size. ``--cases``: only what large cases of the ruler have.
``--patterns``: only these.
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
sys.path.insert(0, str(HERE))

from peers import NOT_THEIRS, PEERS  # noqa: E402

PATTERNS = (
    "probability",
    "probability, weights",
    "number_pre",
    "probability, weights, delays",
    "number_post",
    "all_to_all",
    "gaussian",
    "matrix",
)
SMALLER = {"all_to_all": (1000, 1000), "gaussian": (600, 100)}
"""Sizes and degrees of patterns at which ANNarchy is done in seconds."""
SHOWN = PATTERNS[:3]
"""Those of which the largest networks are made, by other simulators, too."""
OF_CASES = [("probability", 40_000, 80), ("probability", 12_500, 1250)]
"""As many synapses as `coba_large` and `brunel` have."""
OFFERED = {"nest": SHOWN, "brian2": PATTERNS[:2]}
"""The patterns that some simulators have."""

Record = dict[str, Any]


def run_case(name: str, pattern: str, size: int, degree: int, folder: Path) -> Record | None:
    """One process; its JSON line, or None if it fails."""
    python = PEERS[name].python
    environment = {key: value for key, value in os.environ.items() if key not in NOT_THEIRS}
    environment["PATH"] = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    environment["PYTHONPATH"] = str(HERE.parent) if name == "engine" else ""
    work = folder / name
    work.mkdir(exist_ok=True)
    simulator = "annarchy" if name == "annarchy5" else name
    command = [str(python), str(HERE / "construction_case.py"), simulator, pattern, str(size), str(degree)]
    done = subprocess.run(
        [*command, str(work / "cache")], cwd=work, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        print(f"{name}, {pattern} failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    result: Record = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def by_hand(size: int, degree: int, folder: Path) -> Record:
    """The hand-written limit for ``fixed_probability``."""
    program = folder / "construction"
    if not program.exists():
        flags = ["-O3", "-march=native", "-ffast-math", "-o", str(program)]
        subprocess.run(["g++", *flags, str(HERE / "hand" / "construction.cpp")], check=True)
    command = [str(program), str(size), str(degree / size)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"cpu": json.loads(done.stdout)["seconds"]}


def compared(pattern: str, size: int, degree: int, names: list[str], runs: int, folder: Path) -> Record:
    """One record: medians of all simulators, run in turn."""
    found: dict[str, list[Record]] = {}
    failed: set[str] = set()
    for _ in range(runs):
        for name in (n for n in names if n not in failed):
            result = by_hand(size, degree, folder) if name == "hand" else None
            result = result or run_case(name, pattern, size, degree, folder)
            if result is None:
                failed.add(name)
            else:
                found.setdefault(name, []).append(result)
    results = {
        name: {key: statistics.median(result[key] for result in several) for key in several[0]}
        for name, several in found.items()
    }
    count = results["engine"]["synapses"]
    for name, result in results.items():
        if abs(result.get("synapses", count) / count - 1.0) > 0.01:
            raise SystemExit(f"{pattern}: {count} synapses here, {result['synapses']} by {name}.")
    return {"pattern": pattern, "size": size, "synapses": count, "results": results}


def table(record: Record) -> list[str]:
    """Lines of one record."""
    lines = [f"\n{record['pattern']}: {record['synapses']:,.0f} synapses, {record['size']} neurons"]
    lines.append(f"{'':<14}{'CPU s':>10}{'draw s':>10}{'bytes':>8}{'at most':>9}")
    for name, result in record["results"].items():
        cells = [f"{name:<14}{result['cpu']:>10.3f}"]
        for key, form in (("draw", "10.3f"), ("bytes", "8.1f"), ("peak", "9.1f")):
            cells.append(f"{result[key]:>{form}}" if key in result else " " * int(form.split(".")[0]))
        lines.append("".join(cells))
    return lines


def cases(small: bool, of_cases: bool) -> list[tuple[str, int, int]]:
    """Pattern, neurons and synapses for each."""
    if of_cases:
        return OF_CASES
    million = [(p, *SMALLER.get(p, (3200, 320))) for p in (PATTERNS[:3] if small else PATTERNS)]
    if small:
        return million
    large = [(p, 3162 if p == "all_to_all" else 10_000, 1000) for p in PATTERNS]
    return million + OF_CASES + large + [(p, 50_000, 1000) for p in SHOWN]


def write(file: Path, records: list[Record]) -> None:
    """Put what was measured so far into the file."""
    content = json.loads(file.read_text()) if file.exists() else {"records": []}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**content, "construction": records}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ("annarchy", "annarchy5", "brian2", "nest")
    parser.add_argument("--peers", nargs="*", choices=known, default=[n for n in known if PEERS[n].installed])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--largest", type=float, default=1e7, help="synapses that others make at most")
    parser.add_argument("--json", type=Path, help="add the results to this file")
    parser.add_argument("--small", action="store_true", help="a few patterns of the smaller size")
    parser.add_argument("--cases", action="store_true", help="only networks as large as cases of the ruler")
    parser.add_argument("--patterns", nargs="+", choices=PATTERNS, default=PATTERNS)
    parser.add_argument("--least", type=float, default=0.0, help="only networks of more synapses")
    options = parser.parse_args()
    records = []
    with tempfile.TemporaryDirectory() as temporary:
        for pattern, size, degree in cases(options.small, options.cases):
            if pattern not in options.patterns or size * degree < options.least:
                continue
            names = ["engine", *(["hand"] if pattern == "probability" else [])]
            is_few = size * degree <= 2e6 or (pattern in SHOWN and size * degree <= options.largest)
            if is_few or (pattern, size, degree) in OF_CASES:
                names += [n for n in options.peers if pattern in OFFERED.get(n, PATTERNS)]
            record = compared(pattern, size, degree, names, options.runs, Path(temporary))
            records.append(record)
            print("\n".join(table(record)), flush=True)
            if options.json:
                write(options.json, records)


if __name__ == "__main__":
    main()
