"""Every name of the API exists and is called as the specification says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from names import Examples, Name, all_names, call_differs, found, uses

import engine

# Operators show in the text of a test as symbols, not by their names.
OPERATORS = {"__len__", "__iter__", "__getitem__", "__add__"}


@pytest.fixture(scope="module")
def examples() -> Iterator[Examples]:
    yield Examples()
    engine.clear()


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    return uses()


@pytest.mark.parametrize("name", all_names(), ids=lambda name: f"{name.dialect}-{name.path}")
def test_name(
    name: Name, examples: Examples, counts: Counter[str], record_property: Callable[[str, object], None]
) -> None:
    record_property("api name", f"{name.dialect} {name.path}")
    assert call_differs(name, found(name, examples)) is None
    if name.last not in OPERATORS:
        assert counts[name.last] > 0, f"no test uses {name.path}"
