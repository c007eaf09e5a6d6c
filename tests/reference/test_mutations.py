"""The generated networks are rich enough: some of them notice each fault of the reference simulator."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from reference.mutations import MUTATIONS, Mutation
from reference.networks import NetworkDescription
from reference.running import Built, Reference
from reference.test_generated import compare, network, run_engine
from reference.texts import declared

COUNT = 100
"""No fault needed more networks."""


@pytest.fixture(autouse=True)
def declarations() -> Iterator[None]:
    with declared():
        yield


@cache
def recording(number: int) -> tuple[NetworkDescription, Any]:
    """A network, and what the engine makes of it."""
    description = network(number)
    return description, run_engine(description, 1)


def agree(description: NetworkDescription, engine: Any) -> bool:
    """Whether the reference simulator, as it is now, sees what the engine did."""
    recorded, steps = engine
    reference = Reference(Built(description, 1))
    try:
        assert reference.play(description) == steps
        compare(recorded, reference.net, description.sampling)
    except AssertionError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_faults_are_noticed(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(mutation.owner, mutation.attribute)
    monkeypatch.setattr(mutation.owner, mutation.attribute, mutation.change(right))
    assert any(not agree(*recording(number)) for number in range(COUNT))
