"""What all tests share: windows are drawn in memory unless a display was asked for."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

import engine
from engine.network import command_line
from engine.network.configuration import DEFAULTS

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
os.environ.setdefault("QT_PREFERRED_BINDING", "PySide6")
os.environ.setdefault("NEUROLOOM_EXACT_THREADS", "1")  # the networks of tests are too small for any
command_line.ignore()  # it is that of pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much of what a specification lists works: mistakes that are told, names of the API."""
    for title, key in (("Error rows", "error row"), ("API names", "api name")):
        passed: dict[str, bool] = {}
        for outcome in ("passed", "failed", "error", "xfailed"):
            for report in terminalreporter.getreports(outcome):
                row = dict(getattr(report, "user_properties", ())).get(key)
                if row is not None:
                    passed[row] = passed.get(row, True) and outcome == "passed"
        if passed:
            terminalreporter.write_line(f"{title}: {sum(passed.values())} of {len(passed)}")


@pytest.fixture
def default_top_level() -> Iterator[None]:
    """The top level is empty and has default settings, before and after."""
    engine.clear()
    engine.setup(**DEFAULTS | {"seed": 1})
    yield
    engine.clear()
    engine.setup(**DEFAULTS)
