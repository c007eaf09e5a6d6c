"""The run controls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from networks import noisy_project
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.session import Session
from app.simulation.client import Simulation, State
from app.simulation.controls import RunBar
from engine.errors import Diagnostic
from engine.project.check import Problem
from engine.project.document import ProjectDocument
from engine.project.edits import set_run


@pytest.fixture
def session(qapp: object) -> Session:
    return Session(noisy_project())


@pytest.fixture
def simulation(session: Session) -> Iterator[Simulation]:
    made = Simulation(session)
    yield made
    made.close()


@pytest.fixture
def bar(session: Session, simulation: Simulation, qtbot: QtBot) -> RunBar:
    made = RunBar(simulation, session)
    qtbot.addWidget(made)
    made.show()
    return made


def test_fields_are_views_of_the_document(bar: RunBar, session: Session, qtbot: QtBot) -> None:
    assert (bar.duration.value(), bar.dt.value(), bar.threads.value(), bar.seed.value()) == (300.0, 0.5, 1, 7)
    bar.duration.lineEdit().selectAll()
    qtbot.keyClicks(bar.duration.lineEdit(), "1234.5")
    qtbot.keyClick(bar.duration, Qt.Key.Key_Return)
    assert session.document.run.duration == 1234.5
    bar.seed.setValue(-1)
    assert session.document.run.seed is None
    assert bar.seed.text() == "random"
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert (bar.duration.value(), bar.seed.value()) == (300.0, 7)
    assert session.document == noisy_project()


def test_problems_keep_from_running_and_say_why(bar: RunBar) -> None:
    warning = Problem("warning", "a", "", Diagnostic("is large"))
    error = Problem("error", "a", "equations", Diagnostic("tau is not defined", owner="Noisy"))
    bar.set_problems([warning])
    assert bar.run_action.isEnabled()
    bar.set_problems([warning, error])
    assert not bar.run_action.isEnabled() and not bar.step_action.isEnabled()
    assert "tau is not defined" in bar.run_action.toolTip()
    assert bar._status.text() == "Cannot run: 1 error, see Problems"
    bar.set_problems([])
    assert bar.run_action.isEnabled()
    assert "F5" in bar.run_action.toolTip()
    assert bar._status.text() == ""


def test_an_empty_canvas_has_nothing_to_run(bar: RunBar, session: Session) -> None:
    session.open(ProjectDocument(), None)
    assert not bar.run_action.isEnabled()
    assert "add a population" in bar.run_action.toolTip()


def test_verbs_follow_the_state(bar: RunBar, simulation: Simulation, qtbot: QtBot) -> None:
    assert not bar.pause_action.isEnabled() and not bar.stop_action.isEnabled()
    bar.step_action.trigger()
    assert bar.stop_action.text() == "Cancel"
    qtbot.waitUntil(lambda: simulation.state == State.PAUSED, timeout=60_000)
    assert bar.run_action.text() == "Continue" and bar.stop_action.isEnabled()
    assert "Paused at 0.5 ms" in bar._status.text()
    bar.run_action.trigger()
    qtbot.waitUntil(lambda: simulation.state == State.FINISHED, timeout=60_000)
    assert bar.run_action.text() == "Run"
    assert "300 ms in" in bar._status.text()
    bar.reset_action.trigger()
    assert simulation.state == State.IDLE and not bar.reset_action.isEnabled()


def test_failures_are_shown(bar: RunBar, simulation: Simulation) -> None:
    simulation.failed.emit("The simulation process ended unexpectedly (signal 9).\nMore.", "trace")
    assert bar._status.text() == "The simulation process ended unexpectedly (signal 9)."
    assert "trace" in bar._status.toolTip()


def test_a_run_tells_that_fewer_threads_pay(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.delenv("NEUROLOOM_EXACT_THREADS")
    session = Session(set_run(noisy_project(), threads=2))
    simulation = Simulation(session)
    bar = RunBar(simulation, session)
    qtbot.addWidget(bar)
    phases: list[str] = []
    simulation.phaseChanged.connect(phases.append)
    try:
        bar.run_action.trigger()
        qtbot.waitUntil(lambda: simulation.state == State.FINISHED, timeout=60_000)
        assert simulation.threads == 1
        assert bar._status.text().endswith(" · 1 of 2 threads pay")
        assert not any("hreads" in phase for phase in phases)
    finally:
        simulation.close()
