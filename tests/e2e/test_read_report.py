"""A reader: open the report of a project from the menu, look at its formulas, save it as LaTeX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hands import Hands
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QTextCursor
from PySide6.QtWidgets import QApplication

from app.files import EXAMPLES
from app.report import ReportDialog


def pixels_between(hands: Hands, dialog: ReportDialog, words: str) -> np.ndarray:
    """What the screen shows between the first two lines of the page that have these words, as gray values."""
    page = dialog.page
    page.moveCursor(QTextCursor.MoveOperation.Start)
    places = []
    for _ in range(2):
        assert page.find(words)
        places.append(QTextCursor(page.textCursor()))
    page.moveCursor(QTextCursor.MoveOperation.StartOfLine)  # nothing is selected
    hands.wait(lambda: page.viewport().rect().contains(page.cursorRect(places[0])))
    top, bottom = page.cursorRect(places[0]).bottom(), page.cursorRect(places[1]).top()
    box = QRect(0, top, page.viewport().width(), bottom - top)
    place = page.viewport().mapToGlobal(box.topLeft())
    QApplication.processEvents()
    picture = dialog.screen().grabWindow(0, place.x(), place.y(), box.width(), box.height()).toImage()
    picture = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    return rows[:, : picture.width()].copy()


def test_the_report_is_read_and_saved(open_program, tmp_path: Path) -> None:
    hands = open_program(EXAMPLES / "coba.neuroloom.json")
    hands.menu("File", "Report…")
    hands.wait(lambda: hands.window.findChild(ReportDialog) is not None)
    dialog = hands.window.findChild(ReportDialog)
    hands.wait(lambda: dialog.isVisible() and not dialog.status.text())
    seen = pixels_between(hands, dialog, "per neuron, initial value")
    # Between the two lines stands nothing but the first equation.
    assert seen.shape[0] > 25 and (seen > 150).sum() > 200
    assert (seen < 60).mean() > 0.9
    path = tmp_path / "coba.tex"
    hands.name_file(path, lambda: hands.click(dialog.saving))
    hands.wait(path.exists)
    assert r"\tau\,\frac{dv}{dt}" in path.read_text(encoding="utf-8")
    dialog.close()
