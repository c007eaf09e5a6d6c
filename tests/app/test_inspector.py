"""The inspector: which form it shows, and lines that are typed."""

import pytest
from inspecting import press, write
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.editor.population_form import PopulationForm
from app.editor.project_form import ProjectForm
from app.editor.projection_form import ProjectionForm
from app.editor.selection_form import SelectionForm
from engine.project import edits
from engine.project.document import ProjectDocument

# --- which form ------------------------------------------------------------------------------------------


def test_the_form_follows_the_selection(desk):
    assert isinstance(desk.form, ProjectForm)
    desk.select(desk.exc)
    assert isinstance(desk.form, PopulationForm)
    desk.select(desk.projection)
    assert isinstance(desk.form, ProjectionForm)
    desk.select(desk.exc, desk.inh)
    assert isinstance(desk.form, SelectionForm)
    desk.select()
    assert isinstance(desk.form, ProjectForm)


def test_removing_the_selected_object_leaves_the_project_form(desk):
    desk.select(desk.exc)
    desk.session.apply(edits.remove(desk.document, [desk.exc]), "Delete")
    assert isinstance(desk.form, ProjectForm)
    desk.undo()
    desk.select(desk.exc)
    assert isinstance(desk.form, PopulationForm)


def test_another_project_is_shown_at_once(desk):
    desk.select(desk.exc)
    desk.session.open(ProjectDocument(name="Other"), None)
    assert desk.form.name.edit.text() == "Other"


# --- lines -----------------------------------------------------------------------------------------------


def test_a_typed_name_is_one_step_that_undo_takes_back(desk):
    desk.select(desk.exc)
    write(desk.form.name, "Excitatory")
    assert desk.population().name == "Excitatory"
    assert desk.session.undo_stack.count() == 1
    desk.undo()
    assert desk.population().name == "Exc"
    assert desk.form.name.edit.text() == "Exc"


def test_leaving_a_field_commits_it(desk):
    desk.select(desk.exc)
    write(desk.form.shape, "20 x 30", commit=False)
    assert desk.population().geometry == (100,)
    desk.form.name.edit.setFocus()
    assert desk.population().geometry == (20, 30)


def test_escape_reverts_what_was_typed(desk):
    desk.select(desk.exc)
    write(desk.form.shape, "12", commit=False)
    press(desk.form.shape.edit, Qt.Key.Key_Escape)
    assert desk.form.shape.edit.text() == "100"
    press(desk.form.shape.edit, Qt.Key.Key_Return)
    assert desk.population().geometry == (100,)


@pytest.mark.parametrize(
    ("name", "says"), [("Inh", "taken"), ("1st", "no valid name"), ("class", "no valid")]
)
def test_a_name_that_cannot_be_is_refused_in_place(desk, name, says):
    desk.select(desk.exc)
    write(desk.form.name, name)
    assert desk.population().name == "Exc"
    assert says in desk.form.name.error.text()
    assert desk.form.name.error.isVisible()
    write(desk.form.name, "Fine")
    assert not desk.form.name.error.isVisible()
    assert desk.population().name == "Fine"


def test_run_settings_are_fields_of_the_project(desk):
    lines = desk.form.lines
    write(lines["run.duration"], "250")
    write(lines["run.seed"], "")
    assert desk.document.run.duration == 250.0
    assert desk.document.run.seed is None
    write(lines["run.dt"], "0")
    assert lines["run.dt"].error.isVisible()
    assert desk.document.run.dt == 1.0


def test_the_description_is_undone_as_one_step(desk):

    QTest.keyClicks(desk.form.description, "Two populations")
    assert desk.document.description == "Two populations"
    desk.undo()
    assert desk.document.description == ""
    assert desk.form.description.toPlainText() == ""
