"""Running a project without a window: progress in the terminal, rates, recordings and pictures."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from tqdm import tqdm

from engine.codegen import THREADS
from engine.network.attributes import steps_to_cover
from engine.project.build import Built, build
from engine.project.divergence import divergence
from engine.project.document import ProjectDocument
from engine.project.memory import refuse_excess
from engine.project.pictures import save_pictures
from engine.project.recordings import Recordings, mean_rates, recordings, save_recordings

_CHUNK_SECONDS = 0.1
"""Wall time of one call into the engine; an interruption waits no longer."""


@dataclass(frozen=True)
class Result:
    """What a run gave: recordings, mean rates (Hz) by population and the wall time of simulating."""

    recordings: Recordings
    rates: dict[str, float]
    seconds: float


def with_settings(
    document: ProjectDocument,
    duration: float | None = None,
    threads: int | None = None,
    seed: int | None = None,
) -> ProjectDocument:
    """Return the document with those run settings replaced that are given."""
    given = {"duration": duration, "threads": threads, "seed": seed}
    changed: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    return msgspec.structs.replace(document, run=msgspec.structs.replace(document.run, **changed))


def run(document: ProjectDocument) -> Result:
    """Build, compile and run a project, showing progress on standard error.

    Raises
    ------
    EngineError
        If the project has errors, or the network cannot be compiled or run.
    """
    built = build(document)
    refuse_excess(document)
    print(f"Compiling {document.name} ...", file=sys.stderr, flush=True)
    built.compile(_tell)
    before = time.perf_counter()
    _simulate(built, document)
    seconds = time.perf_counter() - before
    if warning := divergence(built):
        print(f"warning: {warning}", file=sys.stderr)
    found = recordings(document, built)
    return Result(found, mean_rates(document, found, document.run.duration), seconds)


def save(document: ProjectDocument, result: Result, folder: Path) -> list[Path]:
    """Write ``recordings.npz`` and pictures into ``folder``; return the files made."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "recordings.npz"
    save_recordings(result.recordings, file)
    return [file, *save_pictures(document, result.recordings, document.run.duration, folder)]


def _tell(phase: str) -> None:
    """Say why fewer threads are used than the project allows."""
    if phase.startswith(THREADS):
        print(phase.removeprefix(THREADS), file=sys.stderr)


def report(document: ProjectDocument, result: Result) -> str:
    """Return what a run gave in a few lines of text."""
    lines = [f"{document.run.duration:g} ms simulated in {result.seconds:.2f} s"]
    lines += [f"{name}: {rate:.2f} Hz" for name, rate in result.rates.items()]
    return "\n".join(lines)


def _simulate(built: Built, document: ProjectDocument) -> None:
    dt = document.run.dt
    total = steps_to_cover(document.run.duration, dt)
    show = _bar if sys.stderr.isatty() else _Lines
    done, chunk = 0, 1
    with show(total) as progress:
        while done < total:
            before = time.perf_counter()
            steps = built.network.run_steps(min(chunk, total - done))
            done += steps
            progress.update(steps)
            elapsed = time.perf_counter() - before
            chunk = max(1, int(chunk * min(2.0, max(0.5, _CHUNK_SECONDS / max(elapsed, 1e-9)))))


def _bar(total: int) -> Any:
    return tqdm(total=total, desc="Simulating", unit=" steps", file=sys.stderr)


class _Lines:
    """Progress as a plain line each tenth of the way, for logs."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._told = total, 0, 0

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing is open."""

    def update(self, steps: int) -> None:
        self._done += steps
        tenth = 10 * self._done // self._total
        if tenth > self._told:
            self._told = tenth
            print(f"Simulating: {10 * tenth} %", file=sys.stderr, flush=True)
