"""The ruler is a folder of scripts: its modules are found from there."""

import sys
from pathlib import Path

import pytest

import engine

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))


@pytest.fixture(autouse=True)
def top_level():
    """Cases are declared at the top level, which other tests share."""
    engine.clear()
    yield
    engine.clear()
    engine.setup(dt=1.0, method="explicit", seed=None, num_threads=1)
