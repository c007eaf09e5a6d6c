"""Calls of version 5.0 that differ from those of 4.8."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")


def network_first(function: Callable[P, Result]) -> Callable[P, Result]:
    """Let a Network stand before all other arguments; the function takes it as ``network``."""

    @wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> Result:
        from engine.network.network import Network

        if arguments and isinstance(arguments[0], Network):
            named["network"] = arguments[0]
            arguments = arguments[1:]  # type: ignore[assignment]
        return function(*arguments, **named)

    return call
