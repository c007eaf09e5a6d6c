"""The inspector: values, and what is recorded."""

from inspecting import choose, press, write
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.project import edits
from engine.project.document import Constant, Distribution

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


def test_a_schedule_is_typed_line_by_line(desk):
    document, source = edits.add_population(desk.document, "TimedArray", "Src")
    desk.session.apply(document, "Add", [source])
    form = desk.form.course
    assert form.section.isVisible()
    assert form.editor.toPlainText() == "0: 0\n100: 1"
    form.editor.show_place(2, 99)
    form.editor.moveCursor(form.editor.textCursor().MoveOperation.End)
    press(form.editor, Qt.Key.Key_Return)
    QTest.keyClicks(form.editor, "150: 2, 3")
    course = desk.population(source).course
    assert (course.times, course.rows) == ((0.0, 100.0, 150.0), ((0.0,), (1.0,), (2.0, 3.0)))
    QTest.keyClicks(form.editor, " x")
    assert "Line 3" in form.error.text()
    assert desk.population(source).course == course
    assert any(p.field == "course" and "2 rates for 100 neurons" in str(p.diagnostic) for p in desk.check())
    write(form.period, "300")
    assert desk.population(source).course.period == 300.0
    write(form.period, "")
    assert desk.population(source).course.period is None
    write(form.period, "often")
    assert "number of ms" in form.period.error.text()
    desk.undo()
    desk.undo()
    desk.undo()
    assert desk.population(source).course.rows == ((0.0,), (1.0,))
    assert form.editor.toPlainText() == "0: 0\n100: 1"


def test_only_sources_with_a_schedule_show_one(desk):
    desk.select(desk.exc)
    assert not desk.form.course.section.isVisible()
    choose(desk.form.model.box, "TimedPoissonPopulation")
    assert desk.form.course.section.isVisible()
    choose(desk.form.model.box, "HomogeneousCorrelatedSpikeTrains")
    assert not desk.form.course.section.isVisible()
    assert set(desk.form.values.fields) == {"rates", "corr", "tau"}
    choose(desk.form.model.box, "InputArray")
    assert set(desk.form.values.fields) == {"r"}


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


# --- between rates and spikes ----------------------------------------------------------------------------


def test_a_current_has_no_weights_and_decoded_rates_have_a_window(desk):
    document, drive = edits.add_population(desk.document, "InputArray", "Drive")
    document, current = edits.connect(document, drive, desk.exc, "exc")
    document, layer = edits.add_population(document, "LeakyIntegrator", "Layer")
    document, decoding = edits.connect(document, desk.exc, layer, "exc")
    desk.session.apply(document, "Add", [current])
    form = desk.form
    assert [form.pattern.itemText(k) for k in range(form.pattern.count())] == ["one to one"]
    assert [w.isVisible() for w in (form.weights, form.delay, form.window)] == [False, False, False]
    desk.select(decoding)
    form = desk.form
    assert [w.isVisible() for w in (form.weights, form.delay, form.window)] == [True, False, True]
    write(form.window, "50")
    assert edits.find(desk.document, decoding).window == 50.0
    assert desk.check() == []
    desk.select(desk.projection)
    form = desk.form
    assert [w.isVisible() for w in (form.weights, form.delay, form.window)] == [True, True, False]
