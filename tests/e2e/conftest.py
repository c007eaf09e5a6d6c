"""A real window on a real display, with settings and a compile cache of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import Hands
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.main import open_window


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture
def open_program(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path | None], Hands]]:
    """Opens the program as ``main.py`` does, with or without a project."""
    if qapp.platformName() == "offscreen":
        pytest.skip("needs a display: see the target test of the Makefile")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path / "cache"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    opened = []

    def open_it(path: Path | None = None) -> Hands:
        window = open_window(path)
        opened.append(window)
        qtbot.waitExposed(window).__enter__()
        hands = Hands(window, qtbot)
        hands.wait(lambda: path is None or bool(window.session.document.populations))
        return hands

    yield open_it
    for window in opened:
        window.session.undo_stack.setClean()
        window.close()
        window.deleteLater()
