"""The main window: files, title, commands by keyboard, and what it says."""

import json

import pytest
from gestures import click
from networks import noisy_project
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QScrollArea,
    QTabBar,
    QToolBar,
    QWidget,
)

from app.editor.name_field import NameField
from app.editor.palette import SearchPopup
from app.files import example_projects
from app.session import Session
from app.simulation.client import State
from app.theme import apply_theme
from app.window import _LAYOUT_VERSION, MainWindow
from engine.project import edits
from engine.project.document import ProjectDocument

BUTTON = QMessageBox.StandardButton


@pytest.fixture(scope="module")
def settings(qapp, tmp_path_factory):
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    folder = str(tmp_path_factory.mktemp("settings"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
    qapp.setOrganizationName("Tests")
    qapp.setApplicationName("Tests")


@pytest.fixture(scope="module")
def shared_window(qapp, settings):
    """One window for all tests here: each starts a simulation process, which takes its time."""
    apply_theme(qapp)
    window = MainWindow(Session())
    window.show()
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


@pytest.fixture
def window(shared_window, qtbot):
    """The window as it is when the program starts."""
    window = shared_window
    window.session.open(ProjectDocument(), None)
    window.files.clear_recent()
    window.notice.hide()
    window.activateWindow()
    qtbot.waitActive(window).__enter__()
    window.editor.setFocus()
    return window


@pytest.fixture
def questions(monkeypatch):
    """What the user was asked; ``questions.answer`` is what they say."""

    class Asked(list):
        answer = BUTTON.Cancel

    asked = Asked()

    def question(parent, title, text, *rest):
        asked.append(text)
        return asked.answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()  # a display without a window manager leaves nothing active behind a popup
    QApplication.processEvents()
    QTest.keyClick(window.editor.canvas.viewport, key, modifier)


def add_population(window, name="Pop", model="IF_curr_exp"):
    document, added = edits.add_population(window.session.document, model, name)
    window.session.apply(document, f"Add {name}", (added,))
    return added


def test_title_tells_name_and_unsaved_changes(window, tmp_path, monkeypatch):
    assert window.windowTitle() == "Untitled[*] — Neuroloom"
    assert not window.isWindowModified()
    add_population(window)
    assert window.isWindowModified()
    window.session.undo_stack.undo()
    assert not window.isWindowModified()
    window.session.undo_stack.redo()
    chosen = str(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: (chosen, ""))
    assert window.files.save()
    assert window.windowTitle() == "mine[*] — Neuroloom"
    assert not window.isWindowModified()


def test_saved_and_reopened_is_equal(window, tmp_path, monkeypatch):
    add_population(window)
    document = window.session.document
    path = tmp_path / "net.neuroloom.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: (str(path), ""))
    window.registry["file.save"].trigger()
    window.files.new()
    assert window.session.document == ProjectDocument()
    assert window.files.recent() == [path]
    assert window.files.open(path)
    assert window.session.document == document
    assert window.session.path == path


def test_leaving_unsaved_work_asks(window, questions, tmp_path, monkeypatch):
    add_population(window)
    before = window.session.document
    for leave in (window.files.new, lambda: window.files.open(tmp_path / "other"), window.close):
        assert not leave()
    assert len(questions) == 3
    assert window.session.document is before
    questions.answer = BUTTON.Save
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: ("", ""))
    assert not window.files.new()
    assert window.session.document is before
    questions.answer = BUTTON.Discard
    assert window.files.new()
    assert window.session.document == ProjectDocument()
    assert window.files.new()
    assert len(questions) == 5


def test_examples_are_templates(window):
    name, path = next(iter(example_projects().items()))
    before = path.read_bytes()
    assert window.files.open(path)
    assert window.session.path is None
    assert window.session.document.populations
    assert window.windowTitle().startswith(name)
    assert window.files.recent() == []
    assert path.read_bytes() == before
    assert not window.editor.empty_state.isVisible()


def test_a_file_that_cannot_be_read_leaves_all_as_it_was(window, tmp_path):
    path = tmp_path / "bad.neuroloom.json"
    path.write_text("{nonsense")
    before = window.session.document
    assert not window.files.open(path)
    assert window.session.document is before
    assert window.notice.isVisible()
    assert "bad.neuroloom.json" in window.notice.label.text()


def test_what_could_not_be_loaded_is_listed(window, tmp_path, monkeypatch):
    add_population(window, "Good")
    path = tmp_path / "half.neuroloom.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: (str(path), ""))
    window.files.save()
    raw = json.loads(path.read_text())
    raw["populations"].append({**raw["populations"][0], "id": "x", "name": "Bad", "geometry": "many"})
    path.write_text(json.dumps(raw))
    assert window.files.open(path)
    assert [p.name for p in window.session.document.populations] == ["Good"]
    assert "Bad" in window.notice.label.text()


def test_a_failed_save_is_told_and_stays_unsaved(window, tmp_path, monkeypatch):
    add_population(window)
    place = tmp_path / "missing" / "net.neuroloom.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: (str(place), ""))
    assert not window.files.save()
    assert window.isWindowModified()
    assert window.notice.isVisible()


def test_export_writes_a_script_unless_the_project_has_errors(window, tmp_path, monkeypatch):
    add_population(window)
    place = tmp_path / "script"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest: (str(place), ""))
    assert window.files.export_script()
    assert "IF_curr_exp" in place.with_suffix(".py").read_text()
    window.session.apply(edits.set_run(window.session.document, dt=-1.0), "Set dt")
    place.with_suffix(".py").unlink()
    assert not window.files.export_script()
    assert "time step" in window.notice.label.text()
    assert not place.with_suffix(".py").exists()


def test_recordings_are_saved_in_the_chosen_format(window, tmp_path, monkeypatch):
    asked, saved = [], []
    monkeypatch.setattr(window.simulation, "save_recordings", saved.append)
    for name, kind in (
        ("run", "Tables as text (*.csv)"),
        ("run", "Neo objects in NIX (*.nix)"),
        ("run.h5", "NumPy archives (*.npz)"),
        ("run", ""),
    ):
        answer = (str(tmp_path / name), kind)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *rest, a=answer: asked.append(rest) or a)
        window.save_recordings()
    assert [path.name for path in saved] == ["run.csv", "run.nix", "run.h5", "run.npz"]
    kinds = asked[0][-1].split(";;")
    assert [kind.partition("*")[2] for kind in kinds] == [".npz)", ".csv)", ".h5)", ".nix)", ".nwb)"]


def test_a_network_is_drawn_by_keyboard_alone(window):
    for model in ("poisson", "izhi"):
        press(window, Qt.Key.Key_Space)
        popup = window.findChild(SearchPopup)
        QTest.keyClicks(popup.field, model)
        QTest.keyClick(popup.field, Qt.Key.Key_Return)
    poisson, izhikevich = window.session.document.populations
    window.session.select((izhikevich.id, poisson.id))  # a source can only be the first, whatever the order
    press(window, Qt.Key.Key_C)
    popup = window.findChild(SearchPopup)
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    (projection,) = window.session.document.projections
    assert (projection.pre, projection.post, projection.target) == (poisson.id, izhikevich.id, "exc")
    drawn = window.session.document
    press(window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_Delete)
    assert window.session.document.populations == ()
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.document == drawn


def test_popups_over_the_canvas_keep_their_keys(window):
    """Escape and the arrows are shortcuts of the canvas, too."""
    added = add_population(window, "A")
    window.session.select((added,))
    press(window, Qt.Key.Key_Space)
    popup = window.findChild(SearchPopup)
    QTest.keyClick(popup.field, Qt.Key.Key_Down)
    assert popup.list.currentRow() == 1
    QTest.keyClick(popup.field, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    press(window, Qt.Key.Key_F2)
    field = window.editor.findChild(NameField)
    field.setText("Gamma")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert window.session.document.populations[0].name == "A"
    assert window.session.selection == (added,)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_an_empty_canvas_takes_a_double_click_on_its_text(window):
    QTest.mouseDClick(window.editor.empty_state, Qt.MouseButton.LeftButton)
    assert window.findChild(SearchPopup).isVisible()
    window.findChild(SearchPopup).close()


def test_tools_of_the_canvas_stay_in_reach(window):
    added = add_population(window, "Population_with_a_long_name")
    window.session.select((added,))
    press(window, Qt.Key.Key_Delete)
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    tools = next(bar for bar in window.editor.findChildren(QToolBar))
    QTest.qWait(0)
    for action in tools.actions():
        assert tools.widgetForAction(action).isVisible(), action.text()


def test_keys_of_the_canvas(window):
    first, second = add_population(window, "A"), add_population(window, "B")
    window.session.apply(edits.move(window.session.document, {second: (400, 0)}), "Move")
    window.session.select((first,))
    press(window, Qt.Key.Key_Right)
    assert window.session.selection == (second,)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert window.session.document.view.positions[second] == (400, 10)
    press(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert len(window.session.document.populations) == 3
    press(window, Qt.Key.Key_F2)
    field = window.editor.findChild(NameField)
    field.setText("Gamma")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.session.document.populations[2].name == "Gamma"
    press(window, Qt.Key.Key_Escape)
    assert window.session.selection == ()


def test_escape_gives_up_a_line_that_is_being_drawn(window):
    first = add_population(window, "A")
    canvas = window.editor.canvas
    click(canvas.viewport, canvas.port_of(first))
    press(window, Qt.Key.Key_Escape)
    click(canvas.viewport, canvas.port_of(first, "exc"))
    press(window, Qt.Key.Key_Escape)
    assert window.session.document.projections == ()
    click(canvas.viewport, canvas.port_of(first))
    click(canvas.viewport, canvas.port_of(first, "exc"))
    assert len(window.session.document.projections) == 1


def test_typing_in_a_form_does_not_reach_the_canvas(window):
    added = add_population(window, "A")
    window.session.select((added,))
    field = window.inspector.findChild(QLineEdit)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_End)
    for key in (Qt.Key.Key_C, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_F):
        QTest.keyClick(field, key)
    assert field.text() == "Acf"
    assert [p.id for p in window.session.document.populations] == [added]
    QTest.keyClick(field, Qt.Key.Key_Escape)


def test_command_palette_offers_what_can_be_done(window):
    popup = window.open_command_palette()
    titles = [entry.title for entry in popup.matches]
    assert {"Open", "Save", "Fit", "Add a population"} <= set(titles)
    assert "Undo" not in titles
    QTest.keyClicks(popup.field, "problems")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert window.problems.isVisible()
    window.show_dock("plots")


def test_every_shortcut_belongs_to_one_command_and_is_listed(window):
    taken: dict[str, str] = {}
    for command in window.registry:
        for key in filter(None, command.shortcut.split(", ")):
            assert key not in taken, (key, command.id, taken[key])
            taken[key] = command.id
    assert {"F5", "Ctrl+S", "Ctrl+Z", "Space", "F2"} <= taken.keys()
    dialog = window.open_shortcuts()
    listed = {dialog.table.item(row, 2).text() for row in range(dialog.table.rowCount())}
    assert {"F5", "Ctrl+S"} <= listed
    dialog.close()


def test_errors_keep_run_from_being_pressed(window, qtbot):
    run = window.run_bar.run_action
    assert not run.isEnabled()
    added = add_population(window, "A")
    qtbot.waitUntil(run.isEnabled)
    document = edits.set_run(window.session.document, dt=-1.0)
    window.session.apply(document, "Set dt")
    qtbot.waitUntil(lambda: not run.isEnabled())
    assert "time step" in run.toolTip()
    assert window.docks["problems"].windowTitle() == "Problems (1)"
    window.session.undo_stack.undo()
    qtbot.waitUntil(run.isEnabled)
    assert added


def test_layout_is_remembered(shared_window, window):
    window.docks["inspector"].hide()
    settings = QSettings()
    settings.setValue("window/state", window.saveState(_LAYOUT_VERSION))
    window.docks["inspector"].show()
    window._restore_layout()
    assert window.docks["inspector"].isHidden()
    window.docks["inspector"].show()


def test_everything_that_takes_focus_has_a_name(window):
    added = add_population(window, "A")
    window.session.select((added,))
    labelled = {label.buddy() for label in window.findChildren(QLabel)}

    def is_named(widget):
        text = widget.text() if hasattr(widget, "text") else ""
        told_elsewhere = (
            isinstance(widget, QTabBar | QScrollArea) or widget.focusProxy() or widget in labelled
        )
        return told_elsewhere or widget.accessibleName() or widget.toolTip() or text

    nameless = [
        (type(widget).__name__, type(widget.parentWidget()).__name__)
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not is_named(widget)
    ]
    assert nameless == []


def test_the_form_of_a_projection_tells_how_a_run_held_its_synapses(window, qtbot):
    window.session.open(noisy_project(20.0), None)
    window.session.select(("ab",))
    assert not window.inspector.form.storage.isVisibleTo(window.inspector.form)
    window.simulation.run()
    qtbot.waitUntil(lambda: window.simulation.state == State.FINISHED, timeout=60_000)
    words = window.inspector.form.storage.text()
    assert words.startswith("lists of ranks, ") and "(rows have gaps: 2" in words
    assert window.inspector.form.storage.isVisibleTo(window.inspector.form)
    window.session.select(("a",))
    window.session.select(("ab",))
    assert window.inspector.form.storage.text() == words
    window.session.open(noisy_project(20.0), None)
    window.session.select(("ab",))
    assert not window.inspector.form.storage.text()
