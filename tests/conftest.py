"""What all tests share: windows are drawn in memory unless a display was asked for."""

import os
from typing import Any

from engine.network import command_line

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")
os.environ.setdefault("QT_PREFERRED_BINDING", "PySide6")
command_line.ignore()  # it is that of pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many rows of the table of mistakes are told as they should be."""
    told: dict[str, bool] = {}
    for outcome in ("passed", "failed", "error", "xfailed"):
        for report in terminalreporter.getreports(outcome):
            row = dict(getattr(report, "user_properties", ())).get("error row")
            if row is not None:
                told[row] = told.get(row, True) and outcome == "passed"
    if told:
        terminalreporter.write_line(f"Error rows: {sum(told.values())} of {len(told)}")
