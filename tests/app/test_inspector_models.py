"""The inspector: models, and how projections connect."""

import msgspec
from inspecting import choose, write

from app.editor.model_form import ModelForm
from app.editor.project_form import ProjectForm
from engine.project import edits
from engine.project.document import Distribution, Slice

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
