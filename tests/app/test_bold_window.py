"""BOLD monitors in the window: from the populations to the form, the run and the plots."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from inspecting import Desk, write
from networks import noisy_project
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.editor.bold_form import BoldForm
from app.editor.model_view.dock import ModelDock
from app.editor.project_form import ProjectForm
from app.plots import PlotArea
from app.session import Session
from app.simulation.client import Simulation, State
from engine.project import headless
from engine.project.bold import add_bold_monitor
from engine.project.document import BoldMonitor


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def monitor(desk: Desk) -> BoldMonitor:
    return desk.document.bold_monitors[0]


def opened(desk: Desk) -> BoldForm:
    desk.select(desk.exc)
    desk.form.bold.add.click()
    assert isinstance(desk.form, BoldForm)
    return desk.form


def test_a_monitor_of_the_selected_populations_is_added_and_found_again(desk: Desk) -> None:
    desk.select(desk.exc, desk.inh, desk.projection)
    desk.form.bold.add.click()
    assert isinstance(desk.form, BoldForm)
    assert monitor(desk).populations == (desk.exc, desk.inh)
    assert desk.check() == []
    desk.select(desk.inh)
    (button,) = desk.form.bold.buttons.values()
    button.click()
    assert desk.form.object_id == monitor(desk).id
    desk.inspector.back.click()
    assert isinstance(desk.form, ProjectForm)
    entries = desk.form.lists["BOLD monitors"]
    entries.itemClicked.emit(entries.item(0))
    assert desk.form.object_id == monitor(desk).id
    desk.form.remove.click()
    assert desk.document.bold_monitors == ()
    assert isinstance(desk.form, ProjectForm)
    desk.undo()
    assert len(desk.document.bold_monitors) == 1


def test_fields_are_those_of_the_model(desk: Desk) -> None:
    form = opened(desk)
    write(form.name, "fMRI")
    write(form.parameters["phi"], "1.5")
    write(form.baseline, "200")
    write(form.scale, "2")
    write(form.rate_window, "50")
    assert (monitor(desk).name, monitor(desk).values) == ("fMRI", {"phi": 1.5})
    assert (monitor(desk).baseline, monitor(desk).scale_factor, monitor(desk).rate_window) == (200, 2, 50)
    write(form.scale, "")
    write(form.parameters["phi"], "")
    assert (monitor(desk).scale_factor, monitor(desk).values) == (None, {})
    assert form.parameters["r_0"].edit.placeholderText() == "25"
    assert form.inputs["I_CMRO2"].isHidden()
    choose(form.model, "balloon_two_inputs")
    assert not form.inputs["I_CMRO2"].isHidden()
    assert form.parameters["phi"].isHidden()
    choose(form.inputs["I_CMRO2"], "v")
    assert monitor(desk).mapping == {"I_CBF": "r", "I_CMRO2": "v"}
    choose(form.inputs["I_CBF"], "v")
    assert form.rate_window.isHidden()
    assert desk.check() == []


def test_variables_and_populations_are_ticked(desk: Desk) -> None:
    form = opened(desk)
    assert form.boxes["BOLD"].isChecked() and not form.boxes["BOLD"].isEnabled()
    form.boxes["v"].click()
    form.boxes["q"].click()
    assert monitor(desk).variables == ("q", "v")
    form.boxes["v"].click()
    assert monitor(desk).variables == ("q",)


def test_populations_are_ticked_and_one_stays(desk: Desk, qtbot: QtBot) -> None:
    form = opened(desk)
    form.populations.item(1).setCheckState(Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: monitor(desk).populations == (desk.exc, desk.inh))
    form.populations.item(0).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: monitor(desk).populations == (desk.inh,))
    form.populations.item(1).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: form.populations.item(1).checkState() == Qt.CheckState.Checked)
    assert monitor(desk).populations == (desk.inh,)


def test_problems_lead_to_the_field(desk: Desk) -> None:
    form = opened(desk)
    broken = msgspec.structs.replace(monitor(desk), mapping={"I_CBF": "w"}, baseline=-5.0)
    desk.session.apply(msgspec.structs.replace(desk.document, bold_monitors=(broken,)), "break")
    fields = {problem.field for problem in desk.check()}
    assert fields == {"mapping.I_CBF", "baseline"}
    assert "-5" in form.baseline.error.text()
    desk.inspector.back.click()
    desk.inspector.show_place(broken.id, "baseline")
    assert isinstance(desk.form, BoldForm)
    assert desk.form.baseline.edit.hasFocus()


def test_the_model_is_shown(desk: Desk, qtbot: QtBot) -> None:
    opened(desk)
    dock = ModelDock(desk.session)
    qtbot.addWidget(dock)
    dock.show_model(monitor(desk).id)
    assert dock.subject().title == "BOLD, balloon_RN"
    assert "f_in" in {variable.name for variable in dock.subject().model.variables}


def choose(box, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


# --- running ------------------------------------------------------------------------------------------


@pytest.fixture
def session(qapp: object) -> Session:
    document, _ = add_bold_monitor(noisy_project(300.0), ("a", "b"))
    made = msgspec.structs.replace(document.bold_monitors[0], variables=("I_CBF",), baseline=100.0)
    return Session(msgspec.structs.replace(document, bold_monitors=(made,)))


@pytest.fixture
def simulation(session: Session) -> Iterator[Simulation]:
    made = Simulation(session)
    yield made
    made.close()


def test_signal_and_inner_variables_are_plotted(
    session: Session, simulation: Simulation, qtbot: QtBot, tmp_path
) -> None:
    area = PlotArea(session, simulation)
    qtbot.addWidget(area)
    area.resize(900, 700)
    area.show()
    panels = {(panel.population.name, panel.variable): panel for panel in area.traces}
    assert ("BOLD", "BOLD") in panels and ("BOLD", "I_CBF") in panels
    assert panels["BOLD", "BOLD"].field.isHidden()
    simulation.run()
    qtbot.waitUntil(lambda: simulation.state == State.FINISHED, timeout=60_000)
    expected = headless.run(session.document).recordings
    for variable in ("BOLD", "I_CBF"):
        store = panels["BOLD", variable].store
        qtbot.waitUntil(lambda store=store: len(store) == 600)
        np.testing.assert_array_equal(store.values, expected[f"BOLD.{variable}"])
    assert np.any(expected["BOLD.I_CBF"][200:])
    file = tmp_path / "a.npz"
    with qtbot.waitSignal(simulation.recordingsSaved, timeout=10_000):
        simulation.save_recordings(file)
    with np.load(file) as saved:
        np.testing.assert_array_equal(saved["BOLD.BOLD"], expected["BOLD.BOLD"])
