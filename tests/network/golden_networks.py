"""Builds the networks of the golden files through the public API, and runs them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import Monitor, Network, Neuron, Population, Projection, SpikeSourceArray, Synapse
from engine.extensions import bold
from engine.extensions.bold import BoldMonitor

FOLDER = Path(__file__).parents[1] / "golden"

GROWTH = {"global_operations": 100.0}
"""How much more than others a case amplifies errors (it takes differences of numbers that grow without end):
by golden/README.md two implementations in double precision differ by 1e-9 there and by 1e-11 elsewhere."""

CASES = sorted(path.stem for path in FOLDER.glob("*.json"))


def golden(case: str) -> dict[str, Any]:
    """The contents of one golden file."""
    content: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text())
    return content


@dataclass
class GoldenNetwork:
    """A network as a golden file describes it."""

    content: dict[str, Any]
    threads: int = 1
    precision: str = "double"
    objects: dict[str, Any] = field(default_factory=dict)
    monitors: dict[str, Monitor] = field(default_factory=dict)
    bold: dict[str, BoldMonitor] = field(default_factory=dict)
    snapshots: dict[str, Any] = field(default_factory=dict)

    def build(self) -> None:
        """Make all objects."""
        self.net = Network(dt=self.content["dt"], seed=1)
        self.net.config(num_threads=self.threads, method=self.content["default_method"])
        self.net.config(**self.content["global_setup"], precision=self.precision)
        for entry in self.content["populations"]:
            self.objects[entry["name"]] = self._population(entry)
        for entry in self.content.get("projections", []):
            self.objects[entry["name"]] = self._projection(entry)
        for entry in self.content.get("bold", []):
            self.bold[entry["name"]] = self._bold_monitor(entry)
        for entry in self.content["record"]:
            source = self.objects[entry["object"]]
            self.monitors[entry["object"]] = self.net.monitor(source, entry["variables"])

    def _population(self, entry: dict[str, Any]) -> Population:
        if entry["kind"] == "SpikeSourceArray":
            return SpikeSourceArray(entry["spike_times"], name=entry["name"], network=self.net)
        if entry["kind"] == "user":
            neuron = Neuron(**entry["neuron"])
        else:
            neuron = _builtin(entry["kind"])(**entry.get("args", {}))
        population = self.net.create(entry["size"], neuron, name=entry["name"])
        for name, value in entry.get("set", {}).items():
            setattr(population, name, value)
        if "compute_firing_rate" in entry:
            population.compute_firing_rate(entry["compute_firing_rate"])
        return population

    def _projection(self, entry: dict[str, Any]) -> Projection:
        given = entry["synapse"]
        if isinstance(given, str):
            synapse = _builtin(given)(**entry.get("args", {}))
        else:
            synapse = None if given is None else Synapse(**given)
        pre, post = self.objects[entry["pre"]], self.objects[entry["post"]]
        projection = self.net.connect(pre, post, entry["target"], synapse, name=entry["name"])
        arguments = dict(entry["connect"])
        method = arguments.pop("method")
        connect = {"matrix": "connect_from_matrix"}.get(method, f"connect_{method}")
        return getattr(projection, connect)(**arguments)

    def _bold_monitor(self, entry: dict[str, Any]) -> BoldMonitor:
        return self.net.boldmonitor(
            [self.objects[name] for name in entry["populations"]],
            getattr(bold, entry["model"]),
            mapping=entry["mapping"],
            normalize_input=entry.get("normalize_input"),
            recorded_variables=entry["variables"],
            name=entry["name"],
        )

    def actions(self) -> list[dict[str, Any]]:
        """What happens between steps, in order of time; BOLD monitors are started likewise."""
        starts = [
            {"step": entry.get("start_step", 0), "object": entry["name"], "op": "start"}
            for entry in self.content.get("bold", [])
        ]
        return sorted([*starts, *(self.content.get("actions") or [])], key=lambda action: action["step"])

    def run(self) -> None:
        """Run all steps; actions happen before the step that they name."""
        self.net.compile(silent=True)
        for action in self.actions():
            self.net.run_steps(action["step"] - self.net.current_step)
            self._act(action)
        self.net.run_steps(self.content["steps"] - self.net.current_step)

    def _act(self, action: dict[str, Any]) -> None:
        if action["op"] == "start":
            self.bold[action["object"]].start()
            return
        target = self.objects[action["object"]]
        if action["op"] == "set":
            setattr(target, action["attr"], action["value"])
        elif action["op"] == "call":
            getattr(target, action["method"])(*action.get("args", []), **action.get("kwargs", {}))
        elif action["op"] == "connectivity":
            dendrites = {str(d.post_rank): {"pre_ranks": d.pre_ranks, "w": d.w} for d in target.dendrites}
            self.snapshots[f"{action['object']}.connectivity@step{action['step']}"] = dendrites

    def compare(self) -> int:
        """Compare everything that was recorded with the file; returns the number of series."""
        recorded = {name: monitor.get() for name, monitor in (self.monitors | self.bold).items()}
        compared = 0
        for series, expected in self.content["data"].items():
            name, variable = series.split(".", 1)
            if variable in ("spikes", "axon_spikes"):
                got = {str(rank): steps for rank, steps in recorded[name][variable[:-1]].items()}
                assert got == expected, series
            else:
                self._assert_close(recorded[name][variable], expected, series)
            compared += 1
        for name, expected in self.content.get("snapshots", {}).items():
            dendrites = self.snapshots[name]
            assert dendrites.keys() == expected.keys(), name
            for post, synapses in expected.items():
                assert dendrites[post]["pre_ranks"] == synapses["pre_ranks"], (name, post)
                self._assert_close([dendrites[post]["w"]], [synapses["w"]], name)
        return compared

    def _assert_close(self, got: Any, expected: Any, series: str) -> None:
        """Compare nested lists; null in the file: no synapse."""
        assert len(got) == len(expected), series
        flat = np.array([x for step in expected for x in _flatten(step)], dtype=float)
        ours = np.array([x for step in got for x in _flatten(step)], dtype=float)
        np.testing.assert_allclose(ours, flat, **self._tolerance(flat), err_msg=series)

    def _tolerance(self, expected: NDArray[Any]) -> dict[str, float]:
        """The file's own in double precision.

        In single precision: an operation rounds by at most u = 2**-24 relative to its result, a step of these
        models has at most 32 of them in a row, and in a model that does not amplify errors they add up over
        the steps, at worst with one sign: 32 * steps * u, relative to the largest value of the series.
        """
        if self.precision == "double":
            given: dict[str, float] = self.content["suggested_tolerance"]
            return given
        growth = GROWTH.get(self.content["id"], 1.0)
        largest = float(np.nanmax(np.abs(expected), initial=0.0))
        return {"rtol": 0.0, "atol": growth * 32 * self.content["steps"] * 2.0**-24 * largest}


def _flatten(value: Any) -> list[Any]:
    if isinstance(value, (list, np.ndarray)):
        return [x for part in value for x in _flatten(part)]
    return [] if value is None else [value]


def _builtin(kind: str) -> Any:
    return getattr(engine, kind.removeprefix("builtin:"))
