"""Hands and eyes of a user: mouse and keys through the window system's queue, and pixels of the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.editor.palette import SearchPopup
from app.plots.time_plot import TimePlot
from app.simulation.client import State
from app.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
Key = Qt.Key
PATIENCE = 60_000
"""ms; compilers of a busy machine are slow."""
_DIALOG_SECONDS = 20.0


class Hands:
    """Does with ``window`` what a user can do, and nothing else.

    Events go to the native window, so that Qt finds the widget under the pointer or with the focus by itself;
    what is hidden, covered or out of reach cannot be clicked.
    """

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self._qtbot = qtbot

    def wait(self, condition: Callable[[], bool], patience: int = PATIENCE) -> None:
        """Let the window live until ``condition`` holds."""
        self._qtbot.waitUntil(condition, timeout=patience)

    # --- mouse -------------------------------------------------------------------------------------------

    def click(
        self, widget: QWidget, place: QPoint | None = None, modifier: Qt.KeyboardModifier = NONE
    ) -> None:
        """Click on ``widget``, in its middle unless told where."""
        window, place = self._reach(widget, place)
        QTest.mouseMove(window, place)
        QTest.mouseClick(window, LEFT, modifier, place)

    def double_click(self, widget: QWidget, place: QPoint) -> None:
        """Double-click at ``place`` of ``widget``."""
        window, place = self._reach(widget, place)
        QTest.mouseMove(window, place)
        QTest.mouseDClick(window, LEFT, NONE, place)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Press at ``start`` of ``widget``, move, release at ``end``."""
        window, first = self._reach(widget, start)
        _, last = self._reach(widget, end)
        QTest.mouseMove(window, first)
        QTest.mousePress(window, LEFT, NONE, first)
        for part in (0.25, 0.5, 0.75, 1.0):
            QTest.mouseMove(window, first + (last - first) * part)
        QTest.mouseRelease(window, LEFT, NONE, last)

    def menu(self, *titles: str) -> None:
        """Choose from the menu bar: ``menu("File", "Save")``."""
        bar = self.window.menuBar()
        action = _titled(bar.actions(), titles[0])
        self.click(bar, bar.actionGeometry(action).center())
        for title in titles[1:]:
            menu = action.menu()
            assert isinstance(menu, QMenu)
            self.wait(menu.isVisible)
            action = _titled(menu.actions(), title)
            self.click(menu, menu.actionGeometry(action).center())

    def button(self, action: QAction) -> QWidget:
        """The button of the run bar that stands for ``action``."""
        return self.window.run_bar.widgetForAction(action)

    def _reach(self, widget: QWidget, place: QPoint | None) -> tuple[object, QPoint]:
        QApplication.processEvents()  # a layout that is still to come would move the target away
        place = widget.rect().center() if place is None else place
        top = widget.window()
        found = QApplication.widgetAt(widget.mapToGlobal(place))
        assert found is not None and (found is widget or widget.isAncestorOf(found)), (
            f"{widget} cannot be clicked at {place.toTuple()}: there is {found}"
        )
        return top.windowHandle(), widget.mapTo(top, place)

    # --- keys --------------------------------------------------------------------------------------------

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key, wherever the focus is."""
        self._activate()
        QTest.keyClick(self.window.windowHandle(), key, modifier)

    def type(self, text: str) -> None:
        """Type ``text``, wherever the focus is."""
        self._activate()
        popup = QApplication.activePopupWidget()
        QTest.keyClicks((popup.focusWidget() if popup else None) or QApplication.focusWidget(), text)

    def type_over(self, field: QWidget, text: str) -> None:
        """Click into a field, replace its text and press Return."""
        self.click(field)
        self.key(Key.Key_A, CONTROL)
        self.type(text)
        self.key(Key.Key_Return)

    def choose(self, words: str) -> None:
        """Type into the palette that is open, and press Return."""
        self.wait(lambda: isinstance(QApplication.activePopupWidget(), SearchPopup))
        self.type(words)
        self.key(Key.Key_Return)

    def _activate(self) -> None:
        """What a window manager does when a popup closes; the display of the tests has none."""
        if QApplication.activePopupWidget() is None:
            self.window.activateWindow()
            self.wait(self.window.isActiveWindow)

    # --- dialogs -----------------------------------------------------------------------------------------

    def name_file(self, path: Path, ask: Callable[[], None]) -> None:
        """Do ``ask``, which opens a file dialog, and type ``path`` into that."""
        self._answer(ask, QFileDialog, lambda dialog: self._type_path(dialog, path))

    def press_in_question(self, button: QMessageBox.StandardButton, ask: Callable[[], None]) -> None:
        """Do ``ask``, which opens a question, and press one of its buttons."""
        self._answer(ask, QMessageBox, lambda box: self.click(box.button(button)))

    def _type_path(self, dialog: QFileDialog, path: Path) -> None:
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        if field.text() != str(path):
            self.click(field)
            QTest.keyClick(dialog.windowHandle(), Key.Key_A, CONTROL)
            QTest.keyClicks(field, str(path))
        # With the list of completions open the first Return only closes that.
        QTest.keyClick(dialog.windowHandle(), Key.Key_Return)

    def _answer(self, ask: Callable[[], None], kind: type, answer: Callable) -> None:
        """A modal dialog blocks whoever opens it: a timer answers."""
        seen = []
        limit = time.monotonic() + _DIALOG_SECONDS

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            late = time.monotonic() > limit
            if isinstance(dialog, kind) and dialog.isVisible():
                seen.append(dialog)
                dialog.reject() if late else answer(dialog)
            if QApplication.activeModalWidget() is not None or (not seen and not late):
                QTimer.singleShot(50, look)

        QTimer.singleShot(0, look)
        ask()
        self.wait(lambda: bool(seen) and QApplication.activeModalWidget() is None)
        assert time.monotonic() < limit, f"the {kind.__name__} did not take the answer"

    # --- the run -----------------------------------------------------------------------------------------

    def wait_for_state(self, state: State) -> None:
        """Wait until the simulation is in ``state``."""
        simulation = self.window.simulation
        self.wait(lambda: simulation.state in (state, State.FAILED))
        assert simulation.state == state, self.window.notice.label.text()

    def wait_for_steps(self, steps: int) -> None:
        """Wait until the data of so many steps of a run are shown."""
        self.wait(lambda: self.window.simulation.complete >= steps)

    # --- eyes --------------------------------------------------------------------------------------------

    def look_at(self, plot: TimePlot) -> np.ndarray:
        """The pixels within the ticks of ``plot``, as they are on the screen: (height, width, 3)."""
        box = plot.mapFromScene(plot.view.sceneBoundingRect()).boundingRect()
        area = QRect(plot.viewport().mapToGlobal(box.topLeft()), box.size()).adjusted(8, 8, -8, -8)
        picture = self.window.screen().grabWindow(0, *area.getRect()).toImage()
        picture = picture.convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(picture.constBits(), np.uint8)
        return pixels.reshape(picture.height(), picture.width(), 4)[..., :3].copy()


def differing(one: np.ndarray, other: np.ndarray) -> int:
    """Number of pixels that differ."""
    return int((one != other).any(axis=2).sum())


def _titled(actions: list[QAction], title: str) -> QAction:
    return next(action for action in actions if action.text().replace("&", "") == title)
