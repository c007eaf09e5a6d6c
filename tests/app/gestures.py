"""Real mouse gestures on the canvas, for the tests of the window."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def drag(widget: QWidget, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
    """Press at ``start``, move in a few steps, and release at ``end``."""
    QTest.mouseMove(widget, start)
    QTest.mousePress(widget, button, NONE, start)
    for part in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(widget, start + (end - start) * part)
    QTest.mouseRelease(widget, button, NONE, end)


def click(widget: QWidget, place: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Click once with the left button."""
    QTest.mouseMove(widget, place)
    QTest.mouseClick(widget, LEFT, modifier, place)


def double_click(widget: QWidget, place: QPoint) -> None:
    """Double-click with the left button."""
    QTest.mouseMove(widget, place)
    QTest.mousePress(widget, LEFT, NONE, place)
    QTest.mouseRelease(widget, LEFT, NONE, place)
    QTest.mouseDClick(widget, LEFT, NONE, place)
