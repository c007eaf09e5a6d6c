"""The inspector's forms, worked by keys and clicks."""

import inspecting
import msgspec
import pytest
from inspecting import press, write
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QListWidget, QPlainTextEdit

from app.editor.model_form import ModelForm
from app.editor.population_form import PopulationForm
from app.editor.project_form import ProjectForm
from app.editor.projection_form import ProjectionForm
from app.editor.selection_form import SelectionForm
from engine.project import edits
from engine.project.document import Constant, Distribution, ProjectDocument, Slice


@pytest.fixture
def desk(qtbot):
    return inspecting.Desk(qtbot)


def choose(box: QComboBox, value: str) -> None:
    """Choose an entry as the user does."""
    index = box.findData(value)
    assert index >= 0, f"{value} is not offered"
    box.setCurrentIndex(index)
    box.activated.emit(index)


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


# --- values ----------------------------------------------------------------------------------------------


def test_each_parameter_has_a_field_with_its_default(desk):
    desk.select(desk.exc)
    fields = desk.form.values.fields
    assert {"a", "b", "c", "d", "v", "u"} <= set(fields)
    assert fields["a"].edit.text() == "0.02"


def test_a_distribution_can_be_typed(desk):
    desk.select(desk.exc)
    write(desk.form.values.fields["a"], "Uniform(0.02, 0.1)")
    assert desk.population().values == {"a": Distribution(name="Uniform", arguments=(0.02, 0.1))}
    assert desk.form.values.fields["a"].edit.property("changed")


def test_a_wrong_distribution_is_refused_in_place(desk):
    desk.select(desk.exc)
    field = desk.form.values.fields["a"]
    write(field, "Uniform(1, 0)")
    assert desk.population().values == {}
    assert "min of Uniform is greater than max" in field.error.text()
    assert field.error.isVisible()


def test_a_chosen_distribution_waits_for_its_arguments(desk):
    desk.select(desk.exc)
    field = desk.form.values.fields["v"]
    next(a for a in field._menu.actions() if a.text().startswith("Normal")).trigger()
    assert desk.population().values == {}
    assert field.edit.selectedText() == "0, 1"
    QTest.keyClicks(field.edit, "-60, 5")
    press(field.edit, Qt.Key.Key_Return)
    assert desk.population().values["v"] == Distribution(name="Normal", arguments=(-60.0, 5.0))


def test_reset_and_typing_the_default_both_forget_the_value(desk):
    desk.select(desk.exc)
    field = desk.form.values.fields["b"]
    write(field, "0.3")
    assert desk.population().values == {"b": Constant(value=0.3)}
    field._reset.trigger()
    assert desk.population().values == {}
    assert field.edit.text() == "0.2"
    write(field, "0.3")
    write(field, "0.20")
    assert desk.population().values == {}


def test_a_poisson_population_keeps_its_rates(desk):
    document, poisson = edits.add_population(desk.document, "PoissonPopulation", "Noise")
    desk.session.apply(document, "Add", [poisson])
    write(desk.form.values.fields["rates"], "25")
    assert desk.population(poisson).values == {"rates": Constant(value=25.0)}
    write(desk.form.values.fields["rates"], "10")
    assert desk.population(poisson).values == {"rates": Constant(value=10.0)}


def test_spike_times_are_typed_line_by_line(desk):
    document, source = edits.add_population(desk.document, "SpikeSourceArray", "Src")
    desk.session.apply(document, "Add", [source])
    editor = desk.form.spike_times.editor
    editor.show_place(1, 99)
    editor.moveCursor(editor.textCursor().MoveOperation.End)
    press(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "5, 7.5")
    assert desk.population(source).spike_times[1] == (5.0, 7.5)
    assert desk.population(source).geometry == (2,)
    QTest.keyClicks(editor, " x")
    assert "Line 2" in desk.form.spike_times.error.text()
    assert desk.population(source).spike_times[1] == (5.0, 7.5)


# --- models ----------------------------------------------------------------------------------------------


def test_another_model_drops_what_it_does_not_have(desk):
    desk.select(desk.exc)
    write(desk.form.values.fields["a"], "0.1")
    write(desk.form.values.fields["i_offset"], "3")
    desk.form.monitor.boxes["u"].click()
    desk.form.monitor.boxes["v"].click()
    choose(desk.form.model.box, "IF_curr_exp")
    assert desk.population().model == "IF_curr_exp"
    assert set(desk.population().values) == {"i_offset"}
    assert edits.monitor_of(desk.document, desk.exc).variables == ("v",)
    assert "cm" in desk.form.values.fields and "a" not in desk.form.values.fields
    desk.undo()
    assert set(desk.population().values) == {"a", "i_offset"}
    assert "a" in desk.form.values.fields


def test_built_in_text_can_be_read_and_customised(desk):
    desk.select(desk.exc)
    editor = desk.form.model.texts.fields["equations"].editor
    assert editor.isReadOnly() and "dv/dt" in editor.toPlainText()
    desk.form.model.customise.click()
    assert desk.population().model == desk.document.neurons[0].id
    assert not editor.isReadOnly()
    write(desk.form.model.name, "MyIzhikevich")
    assert desk.document.neurons[0].name == "MyIzhikevich"
    desk.undo()
    desk.undo()
    assert desk.document.neurons == () and editor.isReadOnly()


def test_a_shared_model_says_who_changes_with_it(desk):
    desk.select(desk.exc)
    desk.form.model.customise.click()
    model = desk.population().model
    desk.select(desk.inh)
    choose(desk.form.model.box, model)
    assert "Exc" in desk.form.model.note.text()
    desk.form.model.customise.click()
    assert desk.population(desk.inh).model != model
    assert len(desk.document.neurons) == 2


def test_the_default_synapse_becomes_one_with_text(desk):
    desk.select(desk.projection)
    desk.form.model.customise.click()
    assert desk.connection().synapse == desk.document.synapses[0].id
    assert "g_target += w" in desk.form.model.texts.fields["pre_spike"].editor.toPlainText()


def test_a_model_has_a_form_of_its_own(desk):
    document, model = edits.add_neuron(desk.document, "LeakyIntegrator", "Leaky")
    desk.session.apply(document, "Add model")
    entries = desk.form.lists["Models"]
    entries.itemActivated.emit(entries.item(0))
    assert isinstance(desk.form, ModelForm)
    write(desk.form.name, "Lazy")
    assert edits.find(desk.document, model).name == "Lazy"
    desk.inspector.back.click()
    assert isinstance(desk.form, ProjectForm)


# --- projections -----------------------------------------------------------------------------------------


def test_the_pattern_decides_which_arguments_are_asked_for(desk):
    desk.select(desk.projection)
    form = desk.form
    assert not form.probability.isVisible() and not form.number.isVisible()
    assert form.count.text() == "2,000"
    choose(form.pattern, "fixed_probability")
    assert form.probability.isVisible()
    write(form.probability, "0.25")
    assert desk.connection().connector.probability == 0.25
    assert form.count.text() == "about 500"
    write(form.probability, "1.5")
    assert "between 0 and 1" in form.probability.error.text()
    choose(form.pattern, "fixed_number_pre")
    write(form.number, "7")
    assert form.count.text() == "140"
    assert not form.self_connections.isVisible()


def test_weights_and_delay_are_typed(desk):
    desk.select(desk.projection)
    write(desk.form.weights, "Uniform(0, 0.5)")
    write(desk.form.delay, "2.5")
    connector = desk.connection().connector
    assert connector.weights == Distribution(name="Uniform", arguments=(0.0, 0.5))
    assert connector.delay == 2.5
    write(desk.form.delay, "-1")
    assert desk.form.delay.error.isVisible()
    write(desk.form.delay, "Uniform(1, 10)")
    assert desk.connection().connector.delay == Distribution(name="Uniform", arguments=(1.0, 10.0))
    assert desk.form.delay.edit.text() == "Uniform(1.0, 10.0)"
    write(desk.form.delay, "Normal(5, 2)")
    assert "max" in desk.form.delay.error.text(), "there must be a longest delay"
    write(desk.form.delay, "Normal(5, 2, max=10)")
    assert desk.connection().connector.delay.max == 10.0


def test_rules_of_the_synapse_are_given_periods(desk):
    desk.select(desk.projection)
    creating, pruning = desk.form.periods["creating"], desk.form.periods["pruning"]
    assert not creating.isVisible() and not pruning.isVisible()
    desk.form.model.customise.click()
    text = msgspec.structs.replace(desk.document.synapses[0], creating="pre.v > -50.0 : w=0.5")
    desk.session.apply(edits.update_model(desk.document, text), "Rule", (desk.projection,))
    assert desk.form.model.texts.fields["creating"].editor.toPlainText() == "pre.v > -50.0 : w=0.5"
    creating, pruning = desk.form.periods["creating"], desk.form.periods["pruning"]
    assert creating.isVisible() and not pruning.isVisible()
    write(creating, "5")
    assert desk.connection().creating_period == 5.0
    write(creating, "0")
    assert creating.error.isVisible() and desk.connection().creating_period == 5.0
    write(creating, "")
    assert desk.connection().creating_period is None


def test_targets_are_those_of_the_receiver(desk):
    desk.select(desk.projection)
    offered = [desk.form.target.itemData(i) for i in range(desk.form.target.count())]
    assert offered == ["exc", "inh"]
    choose(desk.form.target, "inh")
    assert desk.connection().target == "inh"


def test_ranks_can_be_narrowed(desk):
    desk.select(desk.projection)
    write(desk.form.lines["pre_slice"], "0:80")
    assert desk.connection().pre_slice == Slice(start=0, stop=80)
    assert desk.form.count.text() == "1,600"
    write(desk.form.lines["pre_slice"], "8:2")
    assert desk.form.lines["pre_slice"].error.isVisible()
    write(desk.form.lines["pre_slice"], "")
    assert desk.connection().pre_slice is None


# --- recording -------------------------------------------------------------------------------------------


def test_ticking_a_variable_records_it(desk):
    desk.select(desk.exc)
    boxes = desk.form.monitor.boxes
    assert {"spike", "v", "g_exc"} <= set(boxes)
    boxes["v"].click()
    boxes["spike"].click()
    assert edits.monitor_of(desk.document, desk.exc).variables == ("spike", "v")
    write(desk.form.monitor.period, "5")
    assert edits.monitor_of(desk.document, desk.exc).period == 5.0
    desk.undo()
    desk.undo()
    assert not boxes["spike"].isChecked() and boxes["v"].isChecked()
    boxes["v"].click()
    assert desk.document.monitors == ()


def test_a_rate_population_offers_its_sums(desk):
    document, rate = edits.add_population(desk.document, "LeakyIntegrator", "Rate")
    desk.session.apply(document, "Add", [rate])
    assert {"r", "sum(exc)"} <= set(desk.form.monitor.boxes)
    assert "spike" not in desk.form.monitor.boxes


# --- several, keyboard -----------------------------------------------------------------------------------


def test_several_objects_can_be_removed_and_duplicated(desk):
    desk.select(desk.exc, desk.inh)
    assert "2 populations" in desk.form.summary.text() and "120" in desk.form.summary.text()
    desk.form.duplicate.click()
    assert len(desk.document.populations) == 4 and len(desk.document.projections) == 2
    assert len(desk.session.selection) >= 2
    desk.select(desk.exc, desk.inh)
    desk.form.remove.click()
    assert len(desk.document.populations) == 2


def test_every_field_has_a_name_for_screen_readers(desk):

    for ids in ((), (desk.exc,), (desk.projection,), (desk.exc, desk.inh)):
        desk.select(*ids)
        kinds = (QLineEdit, QComboBox, QListWidget, QPlainTextEdit, QCheckBox)
        widgets = [w for kind in kinds for w in desk.form.findChildren(kind)]
        nameless = [w for w in widgets if not (w.accessibleName() or getattr(w, "text", str)())]
        assert widgets and not nameless


def test_tab_leads_from_field_to_field(desk):
    desk.select(desk.exc)
    desk.form.name.edit.setFocus()
    press(desk.form.name.edit, Qt.Key.Key_Tab)
    assert desk.form.shape.edit.hasFocus()
    fields = desk.form.values.fields
    fields["a"].edit.setFocus()
    press(fields["a"].edit, Qt.Key.Key_Tab)
    assert fields["a"].button.hasFocus()
    press(fields["a"].button, Qt.Key.Key_Tab)
    assert fields["b"].edit.hasFocus()


def test_tab_goes_round_without_being_trapped(desk):
    for chosen in (desk.exc, desk.projection):
        desk.select(chosen)
        first = desk.form.first_field()
        first.setFocus()
        passed = [first]
        while len(passed) < 100 and passed.count(first) < 2:
            writes = isinstance(passed[-1], QPlainTextEdit)
            press(passed[-1], Qt.Key.Key_Escape if writes else Qt.Key.Key_Tab)
            passed.append(QApplication.focusWidget())
        assert passed[-1] is first
        assert set(desk.form.monitor.boxes.values()) < set(passed)


def test_undo_keys_reach_the_project_from_a_field_that_was_not_changed(desk):
    undo = desk.session.undo_stack.createUndoAction(desk.window)
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    desk.window.addAction(undo)
    desk.select(desk.exc)
    write(desk.form.name, "Excitatory")
    press(desk.form.name.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.population().name == "Exc"
    write(desk.form.name, "Half", commit=False)
    press(desk.form.name.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.population().name == "Exc"
    assert desk.session.undo_stack.count() == 1 and desk.form.name.edit.text() != "Half"


def test_what_was_typed_is_kept_when_something_else_is_selected(desk):
    desk.select(desk.exc)
    write(desk.form.name, "Excitatory", commit=False)
    desk.select(desk.inh)
    assert desk.population().name == "Excitatory"
    assert desk.session.selection == (desk.inh,)
    assert desk.form.name.edit.text() == "Inh"


def test_what_cannot_be_kept_is_dropped_when_something_else_is_selected(desk):
    desk.select(desk.exc)
    write(desk.form.name, "Inh", commit=False)
    desk.select(desk.inh)
    assert desk.population().name == "Exc"
    assert desk.form.name.edit.text() == "Inh" and not desk.form.name.error.isVisible()


def test_a_half_typed_field_does_not_bring_back_what_was_removed(desk):
    desk.select(desk.exc)
    write(desk.form.name, "Excitatory", commit=False)
    desk.session.apply(edits.remove(desk.document, [desk.exc]), "Delete")
    assert [p.name for p in desk.document.populations] == ["Inh"]
    assert isinstance(desk.form, ProjectForm)


def test_fields_of_all_sections_begin_below_each_other(desk, qtbot):
    desk.select(desk.projection)
    form = desk.form
    fields = (form.name, form.target, form.pattern, form.delay, form.model.box, form.monitor.period)
    qtbot.waitUntil(lambda: form.name.width() > 0)
    places = {field.mapTo(form, field.rect().topLeft()).x() for field in fields}
    assert len(places) == 1, places
