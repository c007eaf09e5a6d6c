"""Every test starts with an empty top-level network with default settings, and leaves one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import engine
from engine.network.configuration import DEFAULTS


@pytest.fixture(autouse=True)
def fresh_network() -> Iterator[None]:
    engine.clear()
    engine.setup(**DEFAULTS | {"seed": 1})
    yield
    engine.clear()
    engine.setup(**DEFAULTS)
