"""Parameter declarations of built-in models."""

from __future__ import annotations

from engine.errors import EngineError


def declared(shared: str = "", /, **values: float) -> str:
    """One ``name = value`` line for each argument; names in ``shared`` (blank-separated) get one value for
    the whole population or projection."""
    flag = {name: scope for scope, names in _scopes(shared) for name in names}
    lines = []
    for name, value in values.items():
        try:
            text = f"{name} = {float(value)!r}"
        except (TypeError, ValueError):
            raise EngineError(
                f"{name} must be a number, not {type(value).__name__}; assign arrays to the population."
            ) from None
        lines.append(text + (f" : {flag[name]}" if name in flag else ""))
    return "\n".join(lines)


def _scopes(shared: str) -> list[tuple[str, list[str]]]:
    scope, _, names = shared.partition(":")
    return [(scope.strip(), names.split())]
