"""What was measured: records of files, put together, found by what they are of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cases import CASES

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
REFERENCES = ("hand", "engine")
"""What others are compared with; kept in each record that has others."""

Key = tuple[str, int, str, float]


def key_of(record: Record) -> Key:
    """Case, threads, precision and scale."""
    return record["case"], record["threads"], record["precision"], record["scale"]


class Measured:
    """All records, found by what they are of; the last of the same replaces earlier ones.

    Each result keeps those that were measured ``beside`` it, which alone it is compared with, and how long
    networks ran.
    """

    def __init__(
        self,
        records: Sequence[Record],
        latency: dict[str, dict[str, float]] | None = None,
        construction: Sequence[Record] = (),
    ) -> None:
        self.latency = latency or {}
        self.construction = construction
        self._found: dict[Key, Results] = {}
        for record in records:
            beside = {name: r for name, r in record["results"].items() if "failure" not in r}
            more = {"beside": beside, "duration": record.get("duration")}
            results = {name: {**r, **more} for name, r in beside.items()}
            self._found.setdefault(key_of(record), {}).update(results)

    def of(self, case: str, threads: int = 1, precision: str = "double", scale: float = 1.0) -> Results:
        found = self._found.get((case, threads, precision, scale), {})
        if found or case not in CASES:
            return found
        # A large case is a small one of another scale.
        same = (c.name for c in CASES.values() if c.name != case and _is_scaled(c.name, case, scale))
        return next((self.of(name, threads, precision) for name in same), {})

    def scales(self, case: str) -> list[float]:
        """Scales with results of the engine, ascending."""
        known = {key[3] for key in self._found} | {c.base for c in CASES.values()}
        return sorted(scale for scale in known if "engine" in self.of(case, scale=scale))


def _is_scaled(large: str, small: str, scale: float) -> bool:
    """Is one case the other at this scale?"""
    a, b = CASES[large], CASES[small]
    return a.declare is b.declare and a.duration == b.duration and b.base == 1.0 and scale == a.base


def merged(contents: Iterable[Record]) -> Record:
    """Several files as one: later results replace earlier ones of the same simulator and case.

    A result that is replaced stays only where others were measured beside it.
    """
    whole: Record = {"records": []}
    constructed: dict[tuple[str, int], Record] = {}
    for content in contents:
        whole |= {name: value for name, value in content.items() if name not in ("records", "construction")}
        whole["records"] += content.get("records", [])
        for record in content.get("construction", ()):
            made = constructed.setdefault((record["pattern"], record["size"]), {**record, "results": {}})
            made["results"] |= record["results"]
    seen: set[tuple[Key, str]] = set()
    kept = []
    for record in reversed(whole["records"]):
        key = key_of(record)
        latest = {n for n, r in record["results"].items() if "failure" not in r and (key, n) not in seen}
        seen |= {(key, name) for name in latest}
        if latest:
            names = latest | set(REFERENCES) if latest - set(REFERENCES) else latest
            kept.append({**record, "results": {n: r for n, r in record["results"].items() if n in names}})
    if constructed:
        whole["construction"] = list(constructed.values())
    return {**whole, "records": kept[::-1]}


def read(*paths: Path) -> Measured:
    """What run.py, construction.py and latency.py wrote into files."""
    content = merged(json.loads(path.read_text()) for path in paths)
    return Measured(content["records"], content.get("latency"), content.get("construction", ()))


def ratio(results: Results, name: str, other: str, figure: str) -> float | None:
    """How many times as much ``name`` needs as ``other``, which was measured in turn with it; None where one
    was not."""
    result = results.get(name, {})
    ours, theirs = result.get(figure), result.get("beside", {}).get(other, {}).get(figure)
    return ours / theirs if ours is not None and theirs else None


def against_engine(results: Results, peer: str, figure: str) -> float | None:
    """How many times as much a peer needs as the engine. If they were measured in different passes, each is
    compared with the hand-written program of its own."""
    theirs, ours = (ratio(results, who, "hand", figure) for who in (peer, "engine"))
    return theirs / ours if theirs and ours else ratio(results, peer, "engine", figure)
