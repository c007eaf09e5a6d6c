"""The ruler: every case by every simulator that is installed, interleaved, as ratios.

``python bench/run.py [--cases coba hh] [--peers engine hand annarchy] [--threads 1 2] [--runs 5]
[--scale 1 | --growth] [--precision double float] [--duration MS] [--json FILE]``

One process for each run, the simulators of a case in turn; figures are medians. Rates are compared before
times are. See bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import CASES, Case
from peers import PEERS, Failed, Run, execute

Record = dict[str, Any]


def median(runs: list[Record], *path: str) -> float:
    """Median of one figure of the runs, NaN where they do not have it."""
    figures = []
    for run in runs:
        value: Any = run
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return float("nan")
        figures.append(float(value))
    return statistics.median(figures)


def measure(
    case: Case, names: list[str], run: Run, runs: int, folder: Path, is_fresh: bool
) -> dict[str, Record]:
    """All simulators in turn, ``runs`` times, after one short run of each that compiles, unless the folder is
    not fresh and has what was compiled before."""
    results: dict[str, list[Record]] = {}
    first: dict[str, Record] = {}
    failures: dict[str, str] = {}
    short = Run(case.name, case.dt, run.threads, run.scale, run.seed, run.precision)
    for turn in range(runs + 1):
        for name in names:
            if name in failures or not PEERS[name].offers(case.name):
                continue
            which = short if turn == 0 else run
            try:
                result = execute(PEERS[name], which, case.program, case.base, folder)
            except Failed as failure:
                failures[name] = str(failure)
                continue
            if turn == 0:
                first[name] = result
            else:
                results.setdefault(name, []).append(result)
    summary = {name: summarised(first[name], found, is_fresh) for name, found in results.items()}
    return {**summary, **{name: {"failure": text} for name, text in failures.items()}}


def summarised(first: Record, runs: list[Record], is_fresh: bool) -> Record:
    """Medians of the runs of one simulator; compilation from the run that had to compile."""
    figures = (
        *("cpu", "seconds", "rate", "weight", "synapses", "peak", "resident", "build_seconds"),
        *("threads_used", "call"),
    )
    summary: Record = {figure: median(runs, figure) for figure in figures}
    summary["samples"] = {
        figure: [run[figure] for run in runs if figure in run] for figure in ("cpu", "seconds")
    }
    summary["stages"] = {
        stage: {kind: median(runs, "stages", stage, kind) for kind in ("wall", "cpu")}
        for stage in runs[0].get("stages", {})
    }
    if is_fresh and "compile" in first.get("stages", {}):
        summary["stages"]["compile, cold"] = first["stages"]["compile"]
    return {key: value for key, value in summary.items() if value == value}


def compared(case: Case, results: dict[str, Record]) -> list[str]:
    """What simulators do otherwise than the engine: rates, weights and synapses beyond the tolerance."""
    differences = []
    ours = results.get("engine", {})
    for name, result in results.items():
        for figure, tolerance in (("rate", case.tolerance), ("weight", case.tolerance), ("synapses", 0.02)):
            if figure not in ours or figure not in result or not ours[figure]:
                continue
            ratio = result[figure] / ours[figure]
            if abs(ratio - 1.0) > tolerance:
                differences.append(
                    f"{case.name}: {figure} of {name} is {result[figure]:.4g}, "
                    f"of the engine {ours[figure]:.4g} (tolerance {tolerance:.0%})"
                )
    return differences


def table(title: str, results: dict[str, Record], kind: str) -> list[str]:
    """Lines of one case: seconds, and ratios to the engine and to the hand-written program."""
    lines = [
        f"\n{title}",
        f"{'':<18}{'CPU s':>10}{'wall s':>10}{'/engine':>9}{'/hand':>8}{'rate':>9}{'MiB':>7}{'B/syn':>7}",
    ]
    ours, limit = (results.get(name, {}).get(kind) for name in ("engine", "hand"))
    for name, result in results.items():
        if "failure" in result:
            lines.append(f"{name:<18} failed: {result['failure'].strip().splitlines()[-1]}")
            continue
        parts = [f"{name:<18}{result['cpu']:>10.4f}{result['seconds']:>10.4f}"]
        parts += [
            f"{result[kind] / other:>{w}.2f}" if other else " " * w for other, w in ((ours, 9), (limit, 8))
        ]
        parts.append(f"{result['rate']:>9.3f}")
        parts.append(f"{result['peak'] / 2**20:>7.0f}" if "peak" in result else " " * 7)
        held = result.get("resident", 0) / result["synapses"] if result.get("synapses") else 0
        parts.append(f"{held:>7.1f}" if held else "")
        lines.append("".join(parts))
    return lines


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = [name for name in PEERS if name != "before" or "NEUROLOOM_BEFORE" in os.environ]
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=default)
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--precision", nargs="+", choices=["double", "float"], default=["double"])
    parser.add_argument("--scale", nargs="+", type=float, default=[1.0])
    parser.add_argument("--growth", action="store_true", help="the sizes at which each case is to be known")
    parser.add_argument("--runs", type=int, default=5, help="0: only compile, into --folder")
    parser.add_argument("--duration", type=float, help="ms, instead of that of the case")
    parser.add_argument("--json", type=Path, help="add the results to this file")
    parser.add_argument("--folder", type=Path, help="keep what was compiled here")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    missing = [name for name in options.peers if not PEERS[name].installed]
    for name in missing:
        why = "NEUROLOOM_BEFORE names no checkout" if name == "before" else "see bench/README.md"
        print(f"{name} is not installed: {why}")
    names = [name for name in options.peers if name not in missing]
    records: list[Record] = []
    differences: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for case in (CASES[name] for name in options.cases):
            for threads in options.threads:
                for precision in options.precision:
                    for scale in case.growth if options.growth else options.scale:
                        duration = options.duration or case.duration
                        run = Run(case.name, duration, threads, scale, precision=precision)
                        results = measure(case, names, run, options.runs, folder, options.folder is None)
                        title = f"{case.title}: {duration:g} ms, {threads} thread(s), {precision}, x{scale:g}"
                        print(
                            "\n".join(table(title, results, "cpu" if threads == 1 else "seconds")), flush=True
                        )
                        differences += compared(case, results)
                        records.append({**vars(run), "results": results, "missing": missing})
    for difference in differences:
        print(f"NOT THE SAME: {difference}")
    if options.json:
        before = json.loads(options.json.read_text()) if options.json.exists() else {"records": []}
        before["machine"] = {"processor": platform.processor(), "cores": os.cpu_count()}
        before["records"] += records
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(before, indent=1))
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
