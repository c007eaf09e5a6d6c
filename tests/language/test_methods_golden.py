"""Discretised models, run by the tests' own interpreter, against recorded numbers of the reference."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from evaluation import step

from engine.language import discretise, parse_neuron

GOLDEN = Path(__file__).parents[1] / "golden"

CASES = ["leaky_integrator_methods", "coupled_linear_methods", "fitzhugh_nagumo", "conditionals_functions"]


def populations() -> list[tuple[str, str]]:
    cases = {case: json.loads((GOLDEN / f"{case}.json").read_text()) for case in CASES}
    return [(case, population["name"]) for case, data in cases.items() for population in data["populations"]]


@pytest.mark.parametrize(("case", "name"), populations())
def test_recorded_numbers(case: str, name: str) -> None:
    data = json.loads((GOLDEN / f"{case}.json").read_text())
    population = next(p for p in data["populations"] if p["name"] == name)
    model = parse_neuron(**population["neuron"], name=name)
    update = discretise(model, data["default_method"])
    recorded = next(r["variables"] for r in data["record"] if r["object"] == name)
    traces = {variable: [] for variable in recorded}
    for rank in range(population["size"]):
        values = {a.name: a.value for a in model.parameters} | {v.name: v.init for v in model.variables}
        values |= {key: numbers[rank] for key, numbers in population.get("set", {}).items()}
        values["dt"] = data["dt"]
        rows = {variable: [] for variable in recorded}
        for n in range(data["steps"]):
            values["t"] = n * data["dt"]
            step(update, values)
            for variable in recorded:
                rows[variable].append(values[variable])
        for variable in recorded:
            traces[variable].append(rows[variable])
    for variable in recorded:
        expected = np.array(data["data"][f"{name}.{variable}"], dtype=float)
        np.testing.assert_allclose(
            np.array(traces[variable], dtype=float).T,
            expected,
            **data["suggested_tolerance"],
            err_msg=variable,
        )
