"""Every command of the window, registered once: menus, tool bar, command palette and the list of shortcuts
are made from this."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


@dataclass(frozen=True)
class Command:
    """An entry of the registry; ``where`` is the menu it belongs to."""

    id: str
    where: str
    action: QAction

    @property
    def title(self) -> str:
        """The text without its mnemonic."""
        return self.action.text().replace("&", "")

    @property
    def shortcut(self) -> str:
        """All its shortcuts as people write them."""
        texts = (s.toString(QKeySequence.SequenceFormat.NativeText) for s in self.action.shortcuts())
        return ", ".join(text for text in texts if text)


class ActionRegistry(QObject):
    """Holds the commands in the order in which they were registered."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, Command] = {}

    def add(
        self,
        command_id: str,
        where: str,
        title: str,
        callback: Callable[[], object],
        shortcuts: Iterable[QKeySequence.StandardKey | str] = (),
        tip: str = "",
        on: QWidget | None = None,
    ) -> QAction:
        """Register a command.

        Parameters
        ----------
        command_id : str
            Its name for ever, e.g. ``"file.save"``.
        where : str
            The menu that it belongs to.
        title : str
            With an ampersand before the mnemonic.
        on : QWidget, optional
            Where the shortcuts hold: this widget and what is in it. The whole window if not given; plain
            letters must be bound to a widget, or no field could be typed into.
        """
        action = QAction(title, self._window)
        action.setObjectName(command_id)
        keys: list[QKeySequence] = []
        for each in shortcuts:
            bound = [QKeySequence(each)] if isinstance(each, str) else _bindings(each)
            keys += [key for key in bound if key not in keys]
        action.setShortcuts(keys)
        action.triggered.connect(lambda checked=False: callback())
        self._register(command_id, where, action, tip, on)
        return action

    def adopt(
        self,
        command_id: str,
        where: str,
        action: QAction,
        shortcuts: QKeySequence.StandardKey | None = None,
        tip: str = "",
    ) -> None:
        """Register an action that Qt or another part of the window made."""
        if shortcuts is not None:
            action.setShortcuts(_bindings(shortcuts))
        action.setObjectName(command_id)
        self._register(command_id, where, action, tip, None)

    def _register(self, command_id: str, where: str, action: QAction, tip: str, on: QWidget | None) -> None:
        if command_id in self._commands:
            raise ValueError(f"The command {command_id} is registered already.")
        command = self._commands[command_id] = Command(command_id, where, action)
        if tip:
            action.setStatusTip(tip)
            action.setToolTip(f"{tip} ({command.shortcut})" if command.shortcut else tip)
        if on is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        (on or self._window).addAction(action)

    def __getitem__(self, command_id: str) -> QAction:
        return self._commands[command_id].action

    def __iter__(self) -> Iterable[Command]:
        return iter(self._commands.values())

    def fill(self, menu: QMenu, layout: Iterable[str | None]) -> None:
        """Put commands into ``menu`` in the order of ``layout``; None is a separator."""
        for command_id in layout:
            if command_id is None:
                menu.addSeparator()
            else:
                menu.addAction(self[command_id])


def _bindings(key: QKeySequence.StandardKey) -> list[QKeySequence]:
    """The system's shortcuts for ``key``, without the special keys (Copy, Undo ...) of some keyboards."""
    return [each for each in QKeySequence.keyBindings(key) if each[0].key() < Qt.Key.Key_Back]
