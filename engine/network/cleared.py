"""What stands in for the network of populations and projections that ``clear()`` has forgotten."""

from __future__ import annotations

from typing import Any, NoReturn

from engine.errors import EngineError


class Cleared:
    """Any use of it is an error: buffers of a new network may have the same names."""

    def __init__(self, owner: Any) -> None:
        self._owner = f"{owner.owner_kind} {owner.name}"

    def __getattr__(self, name: str) -> NoReturn:
        raise EngineError(f"{self._owner} was forgotten by clear(): make a new one.")


def forget(owner: Any) -> None:
    """Part a population or projection from its network."""
    vars(owner)["network"] = Cleared(owner)
