"""Every test starts with an empty top-level network with default settings, and leaves one."""

import pytest


@pytest.fixture(autouse=True)
def fresh_network(default_top_level: None) -> None:
    pass
