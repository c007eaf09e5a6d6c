"""Generated networks: the engine and the reference simulator agree, on any number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers

from engine.codegen import build
from engine.codegen.lowering import counted
from engine.codegen.time_blocks import time_blocks
from reference.networks import NetworkDescription, networks
from reference.plain import with_lone_neurons, with_plain_spikes
from reference.running import Built, Reference
from reference.simulator import ReferenceNetwork
from reference.texts import declared

TOLERANCE = {"rtol": 1e-9, "atol": 1e-11}
NO_CONSTANTS = providers.Constants(
    **{name: type(values)() for name, values in vars(providers.GLOBAL_CONSTANTS).items()}
)


@pytest.fixture(autouse=True)
def warnings_are_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-Werror"))
    with declared():
        yield


def flat(recorded: Any) -> Any:
    """Recorded samples as one row of numbers each; spikes as lists of steps by ascending rank."""
    if isinstance(recorded, dict):
        return [train for _, train in sorted(recorded.items())]
    if recorded.dtype == object:
        rows = [np.concatenate([*row, []]) if np.ndim(row) else np.array([row]) for row in recorded]
    else:
        rows = [np.ravel(row) for row in recorded]
    return [row.astype(float) for row in rows]


def expected_samples(
    name: str, variable: str, reference: ReferenceNetwork, sampling: tuple[int, int]
) -> list[Any]:
    """What a monitor with this period and offset (in steps) has recorded."""
    period, offset = sampling
    samples = zip(reference.steps, reference.recorded.get((name, variable), []), strict=False)
    rows = [np.ravel(sample) for step, sample in samples if step % period == offset]
    part = reference.projections.get(name)
    if part is not None and part.declared[variable].locality == "semiglobal":
        return [row[part.dendrites] for row in rows]
    return rows


def compare(
    recorded: dict[tuple[str, str], Any], reference: ReferenceNetwork, sampling: tuple[int, int]
) -> None:
    for (name, variable), got in recorded.items():
        label = f"{name}.{variable}"
        if variable in ("spike", "axon_spike"):
            shape = len(reference.steps), len(got)
            trains = np.reshape(reference.recorded.get((name, variable), np.zeros(shape)), shape)
            steps = np.array(reference.steps, dtype=int)
            assert got == [steps[train].tolist() for train in trains.T.astype(bool)] or not (
                len(steps) or any(got)
            ), label
            continue
        expected = expected_samples(name, variable, reference, sampling)
        assert len(got) == len(expected), label
        for step, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
            ours = np.broadcast_to(ours, theirs.shape) if ours.size == 1 else ours
            np.testing.assert_allclose(ours, theirs, **TOLERANCE, err_msg=f"{label}, sample {step}")


def run_engine(description: NetworkDescription, threads: int) -> tuple[dict[tuple[str, str], Any], list[int]]:
    """All that was recorded, and how long runs with stop conditions took."""
    built = Built(description, threads)
    ended = built.run()
    data = {name: monitor.get() for name, monitor in built.monitors.items()}
    return {(n, v): flat(samples) for n, part in data.items() for v, samples in part.items()}, ended


def check(description: NetworkDescription) -> None:
    """Run a network in the reference simulator and on 1, 2 and 3 threads of the engine."""
    try:
        _check(description)
    except Exception as error:
        error.add_note(str(description))
        raise


def _check(description: NetworkDescription) -> None:
    reference = Reference(Built(description, 1))
    ended = reference.play(description)
    one, *others = (run_engine(description, threads) for threads in (1, 2, 3))
    assert one[1] == ended, "steps until the stop conditions hold"
    compare(one[0], reference.net, description.sampling)
    for data, steps in others:
        assert steps == ended
        for key, values in one[0].items():
            np.testing.assert_equal(data[key], values, err_msg=str(key))


def network(number: int) -> NetworkDescription:
    """The generated network of this number.

    Examples of one run of hypothesis are much alike, as it varies those that it had. The first one is the
    simplest of all, the second one is free: this is that of a run of its own.
    """
    found: list[NetworkDescription] = []

    @seed(number)
    @settings(
        deadline=None,
        database=None,
        max_examples=2,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks())
    def collect(description: NetworkDescription) -> None:
        found.append(description)

    # Hypothesis also draws numbers from the text of loaded modules: others in another order of tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "_get_local_constants", lambda: NO_CONSTANTS)
        patch.setattr(providers, "CONSTANTS_CACHE", LRUCache(1024))
        collect()
    return found[-1]


@pytest.mark.timeout(600)  # compiles a network in some seconds, on a busy machine in many
@pytest.mark.parametrize("number", range(6))
def test_engine_agrees_with_the_reference(number: int) -> None:
    check(network(number))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("batch", range(12))
def test_engine_agrees_with_the_reference_on_many_networks(batch: int) -> None:
    for number in range(16):
        check(network(1000 + 16 * batch + number))


# --- spikes that are counted, and steps in blocks -----------------------------------------------------


def plain_network(number: int) -> NetworkDescription | None:
    """The generated network with spikes that can be counted; None where nothing spikes. Where all do, three
    in four have neurons that are updated alone."""
    description = network(number)
    spiking = [p.text.spiking for p in description.populations]
    if not any(spiking):
        return None
    plain = with_plain_spikes(description)
    return with_lone_neurons(plain) if all(spiking) and number % 4 else plain


@pytest.fixture
def all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spikes onto small populations, too."""
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)


def check_plain(number: int) -> tuple[bool, bool]:
    """Whether spikes were counted, and whether steps came in blocks."""
    description = plain_network(number)
    if description is None:
        return False, False
    check(description)
    built = Built(description, 1)
    built.net.compile(silent=True)
    held = [p.storage for p in built.projections]
    plan = built.net._instance._plan
    return any(h is not None and h.form == "bits" for h in held), time_blocks(plan) is not None


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("all_are_counted")
@pytest.mark.parametrize(("number", "in_blocks"), [(1, False), (11, True), (13, True)])
def test_counted_spikes_agree_with_the_reference(number: int, in_blocks: bool) -> None:
    assert check_plain(number) == (True, in_blocks)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("all_are_counted")
@pytest.mark.parametrize("batch", range(6))
def test_counted_spikes_agree_with_the_reference_in_many_networks(batch: int) -> None:
    found = [check_plain(2000 + 16 * batch + number) for number in range(16)]
    is_counted, in_blocks = (sum(each) for each in zip(*found, strict=True))
    assert is_counted >= 5
    assert in_blocks >= 1
