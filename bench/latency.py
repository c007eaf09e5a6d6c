"""How soon a network runs: COBA in a script, and in the window from Run to the first spike on the screen.

``python bench/latency.py [--runs 5] [--json FILE]``

Medians of whole processes. Cold: the cache is empty. Changed: it has the network with another equation. In
the window (drawn in memory) the project is open long enough for the simulation process to be ready.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROJECT = ROOT / "resources" / "examples" / "coba.neuroloom.json"


class Changed:
    """The engine with another equation in its neurons."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def Neuron(self, *, equations: str, **keys: Any) -> Any:
        other = equations.replace("+ I", "+ 1.5 * I")
        assert other != equations
        return self._module.Neuron(equations=other, **keys)


def script(changed: bool) -> dict[str, dict[str, float]]:
    """Seconds of each stage of a script, in a process that has numpy."""
    import numpy as np

    from measure import Clock

    assert np.zeros(1).size
    clock = Clock()
    import engine

    clock.stage("import")
    from cases import coba

    engine.setup(dt=0.1, method="exponential", seed=7)
    coba.declare(Changed(engine) if changed else engine, 1.0)
    clock.stage("declare")
    engine.compile(silent=True)
    clock.stage("compile")
    engine.step()
    clock.stage("first step")
    return clock.stages


def window() -> dict[str, dict[str, float]]:
    """Wall seconds from Run to the first spike that is drawn, twice: the second time nothing is compiled."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(ROOT))
    from PySide6.QtWidgets import QApplication

    from app.plots import PlotArea
    from app.session import Session
    from app.simulation.client import Simulation, State
    from engine.project.storage import load

    application = QApplication([])
    session = Session(load(PROJECT).document)
    simulation = Simulation(session)
    area = PlotArea(session, simulation)
    area.resize(1400, 800)
    area.show()

    def wait(holds: Any, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while not holds() and time.perf_counter() < end:
            application.processEvents()
            time.sleep(0.0005)

    wait(lambda: False, 3.0)
    found = {}
    for name in ("run, cold", "run, again"):
        began = time.perf_counter()
        simulation.run()
        wait(lambda: any(len(spikes) for spikes in simulation.spikes.values()), 60.0)
        application.processEvents()
        assert any(len(spikes) for spikes in simulation.spikes.values()), simulation.state
        found[name] = {"wall": time.perf_counter() - began}
        wait(lambda: simulation.state == State.FINISHED, 60.0)
    simulation.close()
    return found


def measured(what: str, folder: str) -> dict[str, dict[str, float]]:
    """One process with the cache in a folder."""
    environment = {**os.environ, "NEUROLOOM_CACHE_DIR": folder, "PYTHONPATH": f"{HERE}:{ROOT}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, str(Path(__file__).resolve()), "--process", what]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, dict[str, float]] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def all_measured(runs: int) -> dict[str, list[dict[str, dict[str, float]]]]:
    found: dict[str, list[dict[str, dict[str, float]]]] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            for name, what in (("cold", "script"), ("cached", "script"), ("changed", "changed")):
                found.setdefault(name, []).append(measured(what, folder))
        with tempfile.TemporaryDirectory() as folder:
            found.setdefault("window", []).append(measured("window", folder))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="add the medians to this file of results")
    parser.add_argument("--process", choices=["script", "changed", "window"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.process:
        result = window() if options.process == "window" else script(options.process == "changed")
        print(json.dumps(result))
        return
    medians = {}
    print(f"{'':<10}{'':<12}{'CPU s':>9}{'wall s':>9}")
    for name, results in all_measured(options.runs).items():
        for stage in results[0]:
            figures = {
                kind: statistics.median(result[stage][kind] for result in results)
                for kind in results[0][stage]
            }
            medians[f"{name}, {stage}"] = figures
            cpu = f"{figures['cpu']:>9.3f}" if "cpu" in figures else " " * 9
            print(f"{name:<10}{stage:<12}{cpu}{figures['wall']:>9.3f}")
    if options.json:
        content = json.loads(options.json.read_text()) if options.json.exists() else {"records": []}
        options.json.write_text(json.dumps({**content, "latency": medians}, indent=1))


if __name__ == "__main__":
    main()
