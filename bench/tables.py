"""Tables of what was measured, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from cases import CASES
from results import PEERS, Measured, Results, against_engine, ratio

HAND = Path(__file__).resolve().parent / "hand" / "README.md"


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
        peers = [found for peer in PEERS if (found := against_engine(results, peer, "cpu"))]
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
    simulators = {"before": "before", "engine": "engine", **PEERS}
    rows = []
    for name, case in CASES.items():
        one, two = measured.of(name), measured.of(name, 2)
        if not two:
            continue
        row = [case.title]
        for who in ("hand", "before", "engine"):
            here, there = one.get(who, {}).get("seconds"), two.get(who, {}).get("seconds")
            row.append(times(here / there if here and there else None))
        used = [two.get(who, {}).get("threads_used") for who in ("hand", "engine")]
        row.append(" / ".join(text(threads, ".0f") or "–" for threads in used) if any(used) else "")
        row += [times(ratio(two, who, "hand", "seconds")) for who in simulators]
        peers = [found for peer in PEERS if (found := against_engine(two, peer, "seconds"))]
        rows.append([*row, times(min(peers) if peers else None)])
    head = ["case", *(f"{who}, faster by" for who in ("hand", "before", "engine"))]
    head.append("threads used, hand / engine")
    ratios = [f"{name} / hand" for name in simulators.values()]
    return markdown([*head, *ratios, "fastest peer / engine"], rows)


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
    simulators = {"hand": "hand", "before": "engine before", "engine": "engine", **PEERS}
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


def calls(measured: Measured) -> str:
    """Microseconds of a call that does one step."""
    simulators = {"before": "engine before", "engine": "engine", **PEERS}
    rows = []
    for name, case in CASES.items():
        figures = [measured.of(name).get(who, {}).get("call") for who in simulators]
        if any(figures):
            cells = (text(1e6 * figure if figure else None, ".0f") for figure in figures)
            rows.append([case.title, *cells])
    return markdown(["one step", *simulators.values()], rows)


def latency(measured: Measured) -> str:
    """From starting a script, or pressing Run, to what is waited for."""
    rows = [
        [name, text(found.get("cpu"), ".3f"), text(found["wall"], ".3f")]
        for name, found in measured.latency.items()
    ]
    return markdown(["", "CPU s", "wall s"], rows)


def bounds(readme: str) -> dict[str, tuple[float, str]]:
    """Lower bounds of the page about hand-written programs: case -> seconds, and what bounds."""
    found = {}
    for name, scale, ms, what in re.findall(
        r"^\| `(\w+)`(, scale 10)? \| ([\d.]+) ms \| (.*?) \|", readme, re.MULTILINE
    ):
        found[f"{name}_large" if scale else name] = float(ms) / 1000.0, what
    return found


def shares(measured: Measured) -> str:
    """Lower bounds, and what share of them is reached."""
    rows = []
    for name, (bound, what) in bounds(HAND.read_text()).items():
        results = measured.of(name) if name in CASES else {}
        whole = {who: r for who, r in results.items() if r["duration"] == CASES[name].duration}
        reached = [whole.get(who, {}).get("cpu") for who in ("hand", "engine")]
        if not any(reached):
            continue
        share = [f"{100.0 * bound / cpu:.0f} %" if cpu else "" for cpu in reached]
        rows.append([CASES[name].title, text(1000.0 * bound, ".3g"), *share, what])
    return markdown(["case", "bound, ms", "hand", "engine", "what bounds"], rows)


def growth(measured: Measured) -> str:
    """How many times as much CPU time a larger network takes: engine / hand."""
    sizes = sorted({scale for name in CASES for scale in measured.scales(name) if scale > 1.0})
    rows = []
    for name, case in CASES.items():
        one = measured.of(name)
        row = [case.title]
        for size in sizes:
            large = measured.of(name, scale=size)
            grown = [
                large[who]["cpu"] / one[who]["cpu"] if who in large and who in one else None
                for who in ("engine", "hand")
            ]
            cell = " / ".join(times(value) for value in grown if value is not None)
            beyond = ratio(large, "engine", "hand", "cpu")
            row.append(f"{cell} ({times(beyond)})" if beyond else cell)
        if any(row[1:]):
            rows.append(row)
    return markdown(["case", *(f"{size:g} times" for size in sizes)], rows)


_CONSTRUCTION = (("cpu", ".2f"), ("bytes", ".1f"), ("peak", ".1f"))


def construction(measured: Measured) -> str:
    """CPU seconds from compile() to the end of the first step, and bytes."""
    who = {"engine": "engine", **PEERS}
    rows = []
    for record in sorted(measured.construction, key=lambda record: float(f"{record['synapses']:.1g}")):
        results = record["results"]
        drawn = results.get("engine", {}).get("draw")
        row = [
            f"{record['synapses'] / 1e6:.2g} M, {record['pattern']}",
            text(results.get("hand", {}).get("cpu"), ".3f"),
            text(drawn, ".3f"),
        ]
        for name in who:
            found = results.get(name, {})
            cells = [text(found.get(key), form) or "–" for key, form in _CONSTRUCTION]
            row.append(" / ".join(cells) if found else "")
        rows.append(row)
    head = ["synapses", "hand, s", "engine draws, s", *(f"{n}, s / bytes / at most" for n in who.values())]
    return markdown(head, rows)


SECTIONS: dict[str, Callable[[Measured], str]] = {
    "one-thread": one_thread,
    "two-threads": two_threads,
    "float": single_precision,
    "shares": shares,
    "growth": growth,
    "construction": construction,
    "memory": memory,
    "stages": stages,
    "calls": calls,
    "latency": latency,
}
