"""All commands of the main window: registered once, then put into its menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox

from app.files import example_projects

if TYPE_CHECKING:
    from app.window import MainWindow

_KEY = QKeySequence.StandardKey
_NUDGE = 10.0
_TOOLS = ("edit.add", "edit.connect", "edit.undo", "edit.redo", "view.fit")
_MENUS: dict[str, tuple[str | None, ...]] = {
    "&File": (
        *("file.new", "file.open", "recent", "examples", None),
        *("file.save", "file.save_as", None),
        *("file.export", "file.report", "file.recordings", None, "file.quit"),
    ),
    "&Edit": (
        *("edit.undo", "edit.redo", None, "edit.cut", "edit.copy", "edit.paste", "edit.duplicate"),
        *("edit.delete", None, "edit.select_all", "edit.rename", None, "edit.add", "edit.connect"),
    ),
    "&View": (
        *("view.fit", "view.zoom_in", "view.zoom_out", "view.zoom_reset", None),
        *("view.inspector", "view.plots", "view.problems", "view.model", None, "view.palette"),
    ),
    "&Run": ("run.run", "run.pause", "run.step", "run.stop", None, "run.reset"),
    "&Help": ("help.shortcuts", "help.about"),
}


def register_commands(window: MainWindow) -> None:
    """Fill the window's registry."""
    _register_file_commands(window)
    _register_edit_commands(window)
    _register_canvas_keys(window)
    _register_view_commands(window)
    for name, action in zip(("run", "pause", "step", "stop", "reset"), window.run_bar.commands, strict=True):
        window.registry.adopt(f"run.{name}", "Run", action)
    add = window.registry.add
    add("help.shortcuts", "Help", "&Keyboard shortcuts", window.open_shortcuts, ("F1",))
    add("help.about", "Help", "&About Neuroloom", lambda: _about(window))


def _register_file_commands(window: MainWindow) -> None:
    add, files = window.registry.add, window.files
    add("file.new", "File", "&New", files.new, (_KEY.New,), "Begin an empty project")
    add("file.open", "File", "&Open…", files.open, (_KEY.Open,), "Open a project")
    add("file.save", "File", "&Save", files.save, (_KEY.Save,), "Save the project")
    add("file.save_as", "File", "Save &as…", files.save_as, ("Ctrl+Shift+S",), "Save the project elsewhere")
    tip = "Write the project as a script that gives the same spikes"
    add("file.export", "File", "&Export as Python script…", files.export_script, ("Ctrl+E",), tip)
    tip = "Show populations, connectivity, equations and parameters, to be read, copied or saved"
    add("file.report", "File", "Re&port…", window.open_report, ("Ctrl+Shift+R",), tip)
    tip = "Write what the last run recorded: arrays of numpy, tables, HDF5, NIX or NWB"
    add("file.recordings", "File", "Save re&cordings…", window.save_recordings, tip=tip)
    add("file.quit", "File", "&Quit", window.close, ("Ctrl+Q",), "Close the window")


def _register_edit_commands(window: MainWindow) -> None:
    registry, editing, editor = window.registry, window.editor.editing, window.editor
    add, canvas = registry.add, window.editor.canvas
    stack = window.session.undo_stack
    registry.adopt("edit.undo", "Edit", stack.createUndoAction(window, "&Undo"), _KEY.Undo)
    registry.adopt("edit.redo", "Edit", stack.createRedoAction(window, "&Redo"), _KEY.Redo)
    add("edit.cut", "Edit", "Cu&t", editing.cut, (_KEY.Cut,), "Cut the selection", canvas)
    add("edit.copy", "Edit", "&Copy", editing.copy, (_KEY.Copy,), "Copy the selection", canvas)
    add("edit.paste", "Edit", "&Paste", editing.paste, (_KEY.Paste,), "Paste into the network", canvas)
    add("edit.duplicate", "Edit", "&Duplicate", editing.duplicate, ("Ctrl+D",), "Copy next to it", canvas)
    add(
        "edit.delete", "Edit", "De&lete", editing.delete, ("Del", "Backspace"), "Delete the selection", canvas
    )
    add("edit.select_all", "Edit", "Select &all", editing.select_all, (_KEY.SelectAll,), "Select all", canvas)
    add("edit.rename", "Edit", "&Rename", editor.rename_selected, ("F2",), "Rename the selected object")
    tip = "Add a population of a model that you search"
    add("edit.add", "Edit", "Add a &population…", editing.open_add_palette, ("Space",), tip, canvas)
    tip = "Connect the first selected population to the second, or one to itself"
    add("edit.connect", "Edit", "Co&nnect the selected…", editing.connect_selected, ("C",), tip, canvas)
    for command_id, short in (
        ("edit.add", "+ Population"),
        ("edit.connect", "Connect"),
        ("edit.undo", "Undo"),
        ("edit.redo", "Redo"),
    ):
        registry[command_id].setIconText(short)


def _register_canvas_keys(window: MainWindow) -> None:
    add, editing, canvas = window.registry.add, window.editor.editing, window.editor.canvas
    for direction, dx, dy in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)):
        key = direction.capitalize()
        add(
            f"canvas.select_{direction}",
            "Canvas",
            f"Select to the {direction}" if dx else f"Select {direction}wards",
            lambda direction=direction: editing.select_towards(direction),
            (key,),
            on=canvas,
        )
        add(
            f"canvas.move_{direction}",
            "Canvas",
            f"Move {direction}",
            lambda dx=dx, dy=dy: editing.nudge(_NUDGE * dx, _NUDGE * dy),
            (f"Ctrl+{key}",),
            on=canvas,
        )
    add(
        "canvas.deselect",
        "Canvas",
        "Select nothing",
        lambda: window.session.select(()),
        ("Escape",),
        on=canvas,
    )


def _register_view_commands(window: MainWindow) -> None:
    add, canvas = window.registry.add, window.editor.canvas
    tip = "Show the selection, or the whole network"
    add("view.fit", "View", "&Fit", canvas.fit, ("F",), tip, canvas)
    add("view.zoom_in", "View", "Zoom &in", lambda: canvas.zoom(1.25), ("+", "=", "Ctrl++"), on=canvas)
    add("view.zoom_out", "View", "Zoom &out", lambda: canvas.zoom(0.8), ("-", "Ctrl+-"), on=canvas)
    add("view.zoom_reset", "View", "&Life-size", canvas.reset_zoom, ("Ctrl+0",), on=canvas)
    for number, (name, dock) in enumerate(window.docks.items(), start=2):
        title = f"{dock.windowTitle()}"
        add(
            f"view.{name}",
            "View",
            f"Go to the {title.lower()}",
            lambda name=name: window.show_dock(name),
            (f"Alt+{number}",),
        )
    add("view.canvas", "View", "Go to the canvas", window.editor.setFocus, ("Alt+1",))
    add("view.palette", "View", "&Command palette…", window.open_command_palette, ("Ctrl+Shift+P",))


def fill_menus(window: MainWindow) -> None:
    """Make the menu bar, and the buttons on the canvas."""
    window.editor.show_tools(window.registry[command_id] for command_id in _TOOLS)
    for title, layout in _MENUS.items():
        menu = window.menuBar().addMenu(title)
        for entry in layout:
            if entry == "recent":
                _add_recent_menu(window, menu)
            elif entry == "examples":
                _add_example_menu(window, menu)
            else:
                window.registry.fill(menu, (entry,))


def _add_recent_menu(window: MainWindow, parent: QMenu) -> None:
    menu = parent.addMenu("Open &recent")

    def update() -> None:
        menu.clear()
        for path in window.files.recent():
            menu.addAction(str(path)).triggered.connect(
                lambda checked=False, path=path: window.files.open(path)
            )
        menu.addSeparator()
        menu.addAction("Forget these").triggered.connect(window.files.clear_recent)
        menu.setEnabled(bool(window.files.recent()))

    window.files.recentChanged.connect(update)
    update()


def _add_example_menu(window: MainWindow, parent: QMenu) -> None:
    menu = parent.addMenu("Open an &example")
    for name, path in example_projects().items():
        menu.addAction(name).triggered.connect(lambda checked=False, path=path: window.files.open(path))


def _about(window: MainWindow) -> None:
    QMessageBox.about(
        window,
        "About Neuroloom",
        "<b>Neuroloom</b><br>Draw a neural network, press Run, watch it live.<br><br>Licence: BSD-3-Clause.",
    )
