"""Generated networks: the engine and the reference simulator agree, on any number of threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from engine.codegen import build
from reference.networks import Built, NetworkDescription, networks, run_reference
from reference.simulator import ReferenceNetwork

TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}


@pytest.fixture(autouse=True)
def warnings_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-Werror"))


def flat(recorded: Any) -> Any:
    """Recorded samples as (time, elements); spikes as lists of steps by ascending rank."""
    if isinstance(recorded, dict):
        return [train for _, train in sorted(recorded.items())]
    if recorded.dtype == object:
        return np.array([np.concatenate([*row, []]) for row in recorded], dtype=float)
    return recorded.astype(float).reshape(len(recorded), math.prod(recorded.shape[1:]))


def compare(recorded: dict[tuple[str, str], Any], reference: ReferenceNetwork) -> None:
    for (name, variable), got in recorded.items():
        expected = np.array(reference.recorded.get((name, variable), []))
        label = f"{name}.{variable}"
        if variable in ("spike", "axon_spike"):
            assert got == [np.flatnonzero(train).tolist() for train in expected.T], label
            continue
        expected = expected.reshape(len(expected), -1)
        part = reference.projections.get(name)
        if part is not None and part.declared[variable].locality == "semiglobal":
            expected = expected[:, np.unique(part.post_of)]
        if got.shape != expected.shape and got.shape[-1] == 1:
            got = np.broadcast_to(got, expected.shape)
        np.testing.assert_allclose(got, expected, **TOLERANCE, err_msg=label)


def check(description: NetworkDescription) -> None:
    """Run a network in the reference simulator and on 1, 2 and 3 threads of the engine."""
    reference = run_reference(description, Built(description, 1))
    recorded = []
    for threads in (1, 2, 3):
        built = Built(description, threads)
        built.run()
        data = {name: monitor.get() for name, monitor in built.monitors.items()}
        recorded.append({(n, v): flat(samples) for n, part in data.items() for v, samples in part.items()})
    compare(recorded[0], reference)
    for key, values in recorded[0].items():
        for other in recorded[1:]:
            np.testing.assert_equal(other[key], values, err_msg=str(key))


def check_many(number: int, count: int) -> None:
    """Check ``count`` networks, always the same ones for one ``number``; the first is the simplest of all."""

    @seed(number)
    @settings(
        deadline=None,
        database=None,
        max_examples=count,
        phases=[Phase.generate],  # to shrink a network takes thousands of compilations
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def agrees(description: NetworkDescription) -> None:
        check(description)

    agrees()


@pytest.mark.timeout(600)  # compiles a network in some seconds, on a busy machine in many
@pytest.mark.parametrize("number", range(3))
def test_engine_agrees_with_the_reference(number: int) -> None:
    check_many(number, 5)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(100, 125))
def test_engine_agrees_with_the_reference_on_many_networks(number: int) -> None:
    check_many(number, 16)
