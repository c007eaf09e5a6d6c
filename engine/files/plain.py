"""Trees of plain data as JSON and arrays: what a file holds without pickles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class NotPlain(TypeError):
    """A value is more than numbers, text, arrays and containers of these."""


def encoded(value: Any, arrays: dict[str, NDArray[Any]], place: str) -> Any:
    """A value as JSON can hold it; its arrays go to ``arrays``, under names that begin with ``place``.

    Tuples, sets and mappings with other keys than text come back as such.

    Raises
    ------
    NotPlain
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.generic):
        return encoded(value.item(), arrays, place)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcSU":
            raise NotPlain(f"{place} is an array of {value.dtype}")
        arrays[place] = value
        return {"array": place}
    if isinstance(value, list):
        return [encoded(item, arrays, f"{place}.{k}") for k, item in enumerate(value)]
    for name, kind in (("tuple", tuple), ("set", (set, frozenset))):
        if isinstance(value, kind):
            items = value if name == "tuple" else sorted(value)
            return {name: [encoded(item, arrays, f"{place}.{k}") for k, item in enumerate(items)]}
    if isinstance(value, Mapping):
        pairs = [[encoded(k, arrays, place), encoded(v, arrays, f"{place}.{k}")] for k, v in value.items()]
        return {"dict": pairs}
    raise NotPlain(f"{place} is {type(value).__name__}")


def decoded(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The inverse of :func:`encoded`.

    Raises
    ------
    ValueError
        If it is no such thing.
    """
    if isinstance(value, list):
        return [decoded(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError("it is damaged")
    ((kind, content),) = value.items()
    if kind == "array" and content in arrays:
        return arrays[content]
    if kind == "tuple":
        return tuple(decoded(content, arrays))
    if kind == "set":
        return set(decoded(content, arrays))
    if kind == "dict":
        return {decoded(key, arrays): decoded(item, arrays) for key, item in content}
    raise ValueError("it is damaged")
