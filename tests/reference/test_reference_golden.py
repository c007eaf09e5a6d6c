"""The second statement of the semantics itself agrees with the recorded numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from network.golden_networks import CASES, GoldenNetwork, golden

from reference.projection import ReferenceProjection
from reference.simulator import ReferenceNetwork

SWITCHES = ("transmission", "update", "plasticity")


def run(network: GoldenNetwork, reference: ReferenceNetwork) -> None:
    for action in network.actions():
        reference.run(action["step"] - reference.step)
        if action["op"] == "start":
            reference.start_bold(action["object"])
            continue
        part = (reference.populations | reference.projections)[action["object"]]
        if action["op"] == "call":
            getattr(part, action["method"])(*action.get("args", []), **action.get("kwargs", {}))
        elif action["op"] == "connectivity":
            compare_connectivity(
                network.content, f"{action['object']}.connectivity@step{action['step']}", part
            )
        elif action["attr"] in SWITCHES:
            setattr(part, action["attr"], action["value"])
        else:
            part.set(action["attr"], action["value"])
    reference.run(network.content["steps"] - reference.step)


def compare_connectivity(description: dict[str, Any], snapshot: str, projection: ReferenceProjection) -> None:
    for post, row in description["snapshots"][snapshot].items():
        here = projection.post_of == int(post)
        assert projection.pre_of[here].tolist() == row["pre_ranks"], snapshot
        tolerance = description["suggested_tolerance"]
        np.testing.assert_allclose(projection.values["w"][here], row["w"], **tolerance, err_msg=snapshot)


def numbers(value: Any) -> list[float]:
    """All numbers of nested lists; null in the file: no synapse."""
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [] if value is None else [value]


@pytest.mark.parametrize("case", CASES)
def test_numbers_agree(case: str) -> None:
    description = golden(case)
    network = GoldenNetwork(description)
    network.build()
    reference = ReferenceNetwork(network.net)
    run(network, reference)
    starts = {entry["name"]: entry.get("start_step", 0) for entry in description.get("bold", [])}
    compared = 0
    for series, expected in description["data"].items():
        name, variable = series.split(".", 1)
        is_spikes = variable in ("spikes", "axon_spikes")
        recorded = np.array(reference.recorded[name, variable[:-1] if is_spikes else variable])
        recorded = recorded[starts.get(name, 0) :]
        if is_spikes:
            got = {str(rank): np.flatnonzero(train).tolist() for rank, train in enumerate(recorded.T)}
            assert got == expected, series
        else:
            tolerance = description["suggested_tolerance"]
            np.testing.assert_allclose(recorded.ravel(), numbers(expected), **tolerance, err_msg=series)
        compared += 1
    assert compared
