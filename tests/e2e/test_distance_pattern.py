"""Weights that follow from the distance: chosen, typed, seen, taken back and run by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hands import CONTROL, Hands, Key, differing
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QScrollArea, QWidget

from app.simulation.client import State
from engine.project import edits
from engine.project.document import ProjectDocument
from engine.project.storage import save


def sheets(path: Path) -> Path:
    """A project of two sheets that are connected all to all."""
    document, pre = edits.add_population(ProjectDocument(), "Izhikevich", "Sheet", (0, 0), (20, 20))
    document, post = edits.add_population(document, "Izhikevich", "Other", (320, 0), (20, 20))
    document, _ = edits.connect(document, pre, post, "exc")
    document = edits.set_run(document, duration=50.0)
    save(document, path)
    return path


def test_a_difference_of_gaussians_is_typed_and_run(open_program, tmp_path: Path) -> None:
    hands = open_program(sheets(tmp_path / "sheets.neuroloom.json"))
    window = hands.window
    (projection,) = window.session.document.projections
    window.session.select((projection.id,))
    hands.wait(lambda: hasattr(window.inspector.form, "distance"))
    form = window.inspector.form
    show(form, form.pattern)
    hands.click(form.pattern)
    hands.wait(form.pattern.view().isVisible)
    hands.type("d")
    hands.key(Key.Key_Return)
    assert connector(hands).pattern == "dog"
    rows, curve = form.distance.lines, form.distance.curve
    for name, text in (("sigma_pos", "0.05"), ("amp_neg", "0.4"), ("sigma_neg", "0.2")):
        show(form, rows[name])
        hands.type_over(rows[name].edit, text)
    assert (connector(hands).sigma_pos, connector(hands).amp_neg) == (0.05, 0.4)
    show(form, curve)
    before = picture(curve)
    assert differing(before, np.broadcast_to(before[2, 2], before.shape)) > 300
    assert "neurons along Sheet" in curve.words.text()

    show(form, rows["sigma_neg"])
    hands.type_over(rows["sigma_neg"].edit, "-1")
    assert "above 0" in rows["sigma_neg"].error.text()
    hands.key(Key.Key_Escape)
    hands.type_over(rows["sigma_neg"].edit, "0.4")
    show(form, curve)
    assert differing(picture(curve), before) > 100
    hands.click(window.editor.canvas.viewport, QPoint(5, 5))
    hands.key(Key.Key_Z, CONTROL)
    assert connector(hands).sigma_neg == 0.2

    hands.click(hands.button(window.run_bar.run_action))
    hands.wait_for_state(State.FINISHED)


def connector(hands: Hands):
    return hands.window.session.document.projections[0].connector


def show(form: QWidget, widget: QWidget) -> None:
    """Scroll as the wheel would."""
    area = form.parentWidget().parentWidget()
    assert isinstance(area, QScrollArea)
    area.ensureWidgetVisible(widget)


def picture(widget: QWidget) -> np.ndarray:
    """What a widget shows."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., :3].copy()
