"""Running by mouse and by keyboard: the example, the buttons, and a simulation process that is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hands import ALT, CONTROL, Hands, Key, differing
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QMessageBox

from app import theme
from app.editor.equation_editor import EquationEditor
from app.files import EXAMPLES
from app.simulation.client import State
from engine.project import edits, storage
from engine.project.document import Constant, ProjectDocument


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """Neurons that fire by themselves, with plenty of time to watch them."""
    document, cells = edits.add_population(ProjectDocument(), "Izhikevich", "Cells")
    document = edits.set_value(document, cells, "i_offset", Constant(value=10.0))
    document = edits.set_monitor(document, cells, ("spike",))
    path = tmp_path / "small.neuroloom.json"
    storage.save(edits.set_run(document, duration=1e8), path)
    return path


def test_a_killed_simulation_leaves_all_else_alive(open_program, small_project: Path) -> None:
    hands = open_program(small_project)
    window = hands.window
    simulation, document = window.simulation, window.session.document
    hands.click(hands.button(window.run_bar.run_action))
    hands.wait_for_state(State.RUNNING)
    hands.wait_for_steps(1000)
    victim = simulation.process_id
    os.kill(victim, signal.SIGKILL)
    hands.wait(lambda: simulation.state == State.FAILED)
    hands.wait(window.notice.isVisible)
    assert "ended unexpectedly (signal 9)" in window.notice.label.text()
    assert "press Run" in window.notice.label.text()
    assert window.session.document is document
    assert not window.isWindowModified()

    hands.type_over(window.run_bar.duration.lineEdit(), "200")
    assert window.session.document.run.duration == 200.0
    hands.click(hands.button(window.run_bar.run_action))
    hands.wait_for_state(State.FINISHED)
    assert not window.notice.isVisible()
    assert simulation.process_id != victim
    (store,) = simulation.spikes.values()
    assert len(store) > 0 and simulation.complete == 200


def test_the_example_is_watched_while_it_runs(open_program) -> None:
    hands = open_program()
    window = hands.window
    bar, simulation, raster = window.run_bar, window.simulation, window.plots.spikes.raster
    hands.click(window.editor.empty_state.example_button)
    menu = window.editor.empty_state.example_button.menu()
    hands.wait(menu.isVisible)
    coba = storage.load(EXAMPLES / "coba.neuroloom.json").document
    (entry,) = (action for action in menu.actions() if action.text() == coba.name)
    hands.click(menu, menu.actionGeometry(entry).center())
    assert window.session.document == coba

    hands.type_over(bar.duration.lineEdit(), "100000")
    hands.wait(raster.isVisible)
    empty = hands.look_at(raster)
    hands.click(hands.button(bar.run_action))
    hands.wait_for_state(State.RUNNING)
    per_ms = round(1.0 / coba.run.dt)
    hands.wait_for_steps(300 * per_ms)
    # Steps are told before the raster is painted.
    hands.wait(lambda: differing(hands.look_at(raster), empty) > 0)
    early = differing(hands.look_at(raster), empty)
    hands.wait_for_steps(1300 * per_ms)
    hands.wait(lambda: differing(hands.look_at(raster), empty) > 1.5 * early)
    assert simulation.state == State.RUNNING

    hands.click(hands.button(bar.pause_action))
    hands.wait_for_state(State.PAUSED)
    at = simulation.complete
    hands.click(hands.button(bar.step_action))
    hands.wait(lambda: simulation.complete == at + 1 and simulation.state == State.PAUSED)
    hands.click(hands.button(bar.run_action))
    hands.wait_for_steps(at + 100)
    hands.click(hands.button(bar.stop_action))
    hands.wait_for_state(State.FINISHED)
    assert at + 100 <= simulation.complete < simulation.total
    hands.click(hands.button(bar.reset_action))
    hands.wait(lambda: simulation.state == State.IDLE)
    hands.wait(lambda: np.array_equal(hands.look_at(raster), empty))


def test_everything_essential_by_keyboard_alone(open_program) -> None:
    hands = open_program()
    window = hands.window
    session, raster = window.session, window.plots.spikes.raster
    for words in ("poisson", "izhikevich"):
        hands.key(Key.Key_Space)
        hands.choose(words)
    hands.key(Key.Key_A, CONTROL)
    pre, post = session.document.populations
    assert session.selection == (pre.id, post.id)
    hands.key(Key.Key_C)
    hands.choose("exc")
    (projection,) = session.document.projections
    assert (projection.pre, projection.post, projection.target) == (pre.id, post.id, "exc")

    hands.key(Key.Key_Escape)
    hands.key(Key.Key_Right)
    while session.selection != (pre.id,):
        hands.key(Key.Key_Up)
    hands.key(Key.Key_F2)
    hands.type("Cells")
    hands.key(Key.Key_Return)
    assert session.document.populations[0].name == "Cells"
    hands.key(Key.Key_2, ALT)
    tab_to(hands, "Record spike")
    hands.key(Key.Key_Space)
    (monitor,) = session.document.monitors  # a new population is recorded: this one not any more
    assert (monitor.source, monitor.variables) == (post.id, ("spike",))
    hands.key(Key.Key_Space)
    assert {m.source: m.variables for m in session.document.monitors}[pre.id] == ("spike",)

    hands.key(Key.Key_F5)
    hands.wait_for_state(State.FINISHED)
    ground = empty_plot(hands.look_at(raster))
    hands.wait(lambda: differing(hands.look_at(raster), ground) > 500)

    drawn = session.document
    hands.key(Key.Key_1, ALT)
    hands.key(Key.Key_A, CONTROL)
    hands.key(Key.Key_Delete)
    assert session.document.populations == ()
    hands.key(Key.Key_Z, CONTROL)
    assert session.document == drawn
    hands.press_in_question(QMessageBox.StandardButton.Discard, lambda: hands.key(Key.Key_Q, CONTROL))
    assert not window.isVisible()


def tab_to(hands: Hands, name: str) -> None:
    """Press Tab until the focus is on what a screen reader calls ``name``."""
    for _ in range(80):
        if QApplication.focusWidget().accessibleName() == name:
            return
        # In an equation editor Tab writes; Escape is how the keyboard leaves it.
        writes = isinstance(QApplication.focusWidget(), EquationEditor)
        hands.key(Key.Key_Escape if writes else Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {name}")


def empty_plot(like: np.ndarray) -> np.ndarray:
    """An empty plot of the same size."""
    color = QColor(theme.BASE)
    return np.broadcast_to(np.array([color.blue(), color.green(), color.red()], np.uint8), like.shape)
