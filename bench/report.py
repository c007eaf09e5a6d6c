"""Results of bench/run.py as tables and as a picture.

``python bench/report.py RESULTS.json --text`` prints the tables;
``python bench/report.py docs/performance.json`` writes them into docs/performance.md, between its markers,
and draws docs/pictures/performance.svg.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import CASES

DOCS = Path(__file__).resolve().parent.parent / "docs"
Record = dict[str, Any]
Results = dict[str, Record]

PEERS = {
    "annarchy": "ANNarchy 4.8.2.6",
    "annarchy-fast": "4.8.2.6, -O3 -ffast-math",
    "annarchy5": "ANNarchy 5.0.4.1",
    "brian2": "Brian 2.9",
    "nest": "NEST 3.10",
    "numpy": "numpy",
}


class Measured:
    """All records of a file, found by what they are of; the last of the same replaces earlier ones.

    Each result keeps those that were measured ``beside`` it, which alone it is compared with.
    """

    def __init__(self, records: Sequence[Record], latency: dict[str, dict[str, float]] | None = None) -> None:
        self.latency = latency or {}
        self._found: dict[tuple[str, int, str, float], Results] = {}
        for record in records:
            key = (record["case"], record["threads"], record["precision"], record["scale"])
            beside = {name: r for name, r in record["results"].items() if "failure" not in r}
            results = {name: {**r, "beside": beside} for name, r in beside.items()}
            self._found.setdefault(key, {}).update(results)

    def of(self, case: str, threads: int = 1, precision: str = "double", scale: float = 1.0) -> Results:
        return self._found.get((case, threads, precision, scale), {})

    def scales(self, case: str) -> list[float]:
        """Scales with results of the engine, ascending."""
        return sorted(
            {k[3] for k, r in self._found.items() if k[:3] == (case, 1, "double") and "engine" in r}
        )


def read(path: Path) -> Measured:
    """What run.py and latency.py wrote into a file."""
    content = json.loads(path.read_text())
    return Measured(content["records"], content.get("latency"))


def ratio(results: Results, name: str, other: str, figure: str) -> float | None:
    """How many times as much ``name`` needs as ``other``, which was measured in turn with it; None where one
    was not."""
    result = results.get(name, {})
    ours, theirs = result.get(figure), result.get("beside", {}).get(other, {}).get(figure)
    return ours / theirs if ours is not None and theirs else None


def text(value: float | None, form: str = ".2f") -> str:
    return "" if value is None else f"{value:{form}}"


def times(value: float | None) -> str:
    """A ratio with as many digits as it deserves."""
    return text(value, ".2f" if value is not None and value < 10 else ".0f")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without the columns that are empty."""
    if not rows:
        return "Not measured."
    used = [i for i in range(len(head)) if i == 0 or any(row[i] for row in rows)]
    lines = [[head[i] for i in used], ["---"] + ["---:"] * (len(used) - 1)]
    lines += [[row[i] for i in used] for row in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def seconds(results: Results, name: str, figure: str = "cpu") -> str:
    return text(results.get(name, {}).get(figure), ".3g")


def one_thread(measured: Measured) -> str:
    """CPU seconds of the simulation, relative to the hand-written program."""
    rows = []
    for name, case in CASES.items():
        results = measured.of(name)
        if not results:
            continue
        peers = [found for peer in PEERS if (found := ratio(results, peer, "engine", "cpu"))]
        row = [case.title, seconds(results, "hand"), seconds(results, "engine")]
        row += [times(ratio(results, who, "hand", "cpu")) for who in ("before", "engine", *PEERS)]
        rows.append([*row, times(min(peers) if peers else None)])
    head = [
        "case",
        "hand, s",
        "engine, s",
        "engine before",
        "engine",
        *PEERS.values(),
        "fastest peer / engine",
    ]
    return markdown(head, rows)


def two_threads(measured: Measured) -> str:
    """Wall seconds on two threads."""
    rows = []
    for name, case in CASES.items():
        one, two = measured.of(name), measured.of(name, 2)
        if not two:
            continue
        row = [case.title]
        for who in ("hand", "before", "engine"):
            here, there = one.get(who, {}).get("seconds"), two.get(who, {}).get("seconds")
            row.append(times(here / there if here and there else None))
        row += [times(ratio(two, who, "hand", "seconds")) for who in ("before", "engine", *PEERS)]
        rows.append(row)
    head = ["case", "hand, faster by", "before, faster by", "engine, faster by"]
    return markdown([*head, "before / hand", "engine / hand", *(f"{p} / hand" for p in PEERS.values())], rows)


def single_precision(measured: Measured) -> str:
    """CPU seconds with ``precision="float"``."""
    rows = []
    for name, case in CASES.items():
        real, double = measured.of(name, precision="float"), measured.of(name)
        if not real:
            continue
        row = [case.title]
        for who in ("hand", "engine"):
            small, large = real.get(who, {}).get("cpu"), double.get(who, {}).get("cpu")
            row.append(times(small / large if small and large else None))
        row += [times(ratio(real, who, "hand", "cpu")) for who in ("before", "engine")]
        rows.append(row)
    return markdown(
        ["case", "hand float / double", "engine float / double", "before / hand", "engine / hand"], rows
    )


def memory(measured: Measured) -> str:
    """Peak of memory, and what the process grew by when the network was built, for each synapse."""
    simulators = {"before": "engine before", "engine": "engine", **PEERS}
    rows = []
    for name, case in CASES.items():
        results = measured.of(name)
        synapses = results.get("engine", {}).get("synapses", 0)
        if not synapses:
            continue
        row = [case.title, text(synapses / 1e6, ".2f")]
        for who in simulators:
            found = results.get(who, {})
            peak = found["peak"] / 2**20 if "peak" in found else None
            held = found["resident"] / found["synapses"] if found.get("resident") else None
            row.append(" / ".join(part for part in (text(peak, ".0f"), text(held, ".1f")) if part))
        rows.append(row)
    head = ["case", "million synapses", *(f"{n}, MiB / bytes" for n in simulators.values())]
    return markdown(head, rows)


def stages(measured: Measured) -> str:
    """CPU seconds before the first step."""
    simulators = {"before": "engine before", "engine": "engine", **PEERS}
    rows = []
    for name in ("coba", "coba_large", "brunel"):
        results = measured.of(name)
        for stage, what in (
            ("import", "import"),
            ("declare", "declaration"),
            ("compile, cold", "compilation and construction, cold"),
            ("compile", "the same, compiled before"),
        ):
            figures = [results.get(who, {}).get("stages", {}).get(stage, {}).get("cpu") for who in simulators]
            if any(figures) and (name == "coba" or stage == "compile"):
                rows.append([f"{CASES[name].title}: {what}", *(text(figure, ".3f") for figure in figures)])
    return markdown(["", *simulators.values()], rows)


def latency(measured: Measured) -> str:
    """From starting a script, or pressing Run, to what is waited for."""
    rows = [
        [name, text(found.get("cpu"), ".3f"), text(found["wall"], ".3f")]
        for name, found in measured.latency.items()
    ]
    return markdown(["", "CPU s", "wall s"], rows)


SECTIONS: dict[str, Callable[[Measured], str]] = {
    "one-thread": one_thread,
    "two-threads": two_threads,
    "float": single_precision,
    "memory": memory,
    "stages": stages,
    "latency": latency,
}


def written(page: str, measured: Measured) -> str:
    """The page with a new table between each pair of markers."""
    for name, table in SECTIONS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in page or end not in page:
            raise SystemExit(f"The page lacks the markers {begin} and {end}.")
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        block = f"{begin}\n{table(measured)}\n{end}"
        page = pattern.sub(lambda _, block=block: block, page)
    return page


def draw(measured: Measured, path: Path) -> None:
    """Ratios to the hand-written programs, and how the cost grows with the size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "performance"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5.5), layout="constrained")
    names = [name for name in CASES if "hand" in measured.of(name)]
    marks = {"engine": "o", "before": "|", **dict.fromkeys(PEERS, "x")}
    labels = {"engine": "engine", "before": "engine before", **PEERS}
    for who, mark in marks.items():
        points = [(ratio(measured.of(n), who, "hand", "cpu"), i) for i, n in enumerate(names)]
        points = [(x, y) for x, y in points if x is not None]
        if points:
            left.plot(*zip(*points, strict=True), mark, label=labels[who], zorder=3 if who == "engine" else 2)
    left.axvline(1.0, color="gray", linewidth=0.8)
    left.axvline(1.15, color="gray", linewidth=0.8, linestyle=":")
    left.set(xscale="log", xlabel="CPU time, hand-written C++ = 1", yticks=range(len(names)))
    left.set_yticklabels([CASES[n].title for n in names])
    left.invert_yaxis()
    left.legend(fontsize="small")
    for name in CASES:
        scales = measured.scales(name)
        if len(scales) < 2:
            continue
        line = right.plot(
            scales, [measured.of(name, scale=s)["engine"]["cpu"] for s in scales], "o-", label=name
        )
        hand = [(s, measured.of(name, scale=s).get("hand", {}).get("cpu")) for s in scales]
        hand = [(s, cpu) for s, cpu in hand if cpu]
        if hand:
            right.plot(*zip(*hand, strict=True), ":", color=line[0].get_color())
    right.set(xscale="log", yscale="log", xlabel="size, 1 = the case", ylabel="CPU seconds (dotted: by hand)")
    if right.lines:
        right.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("--text", action="store_true", help="print the tables and write nothing")
    options = parser.parse_args()
    measured = read(options.results)
    if options.text:
        print("\n\n".join(table(measured) for table in SECTIONS.values()))
        return
    page = DOCS / "performance.md"
    page.write_text(written(page.read_text(), measured))
    draw(measured, DOCS / "pictures" / "performance.svg")


if __name__ == "__main__":
    main()
