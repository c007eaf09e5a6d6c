"""The list of problems and the way from a problem to its place."""

import inspecting
import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.editor.model_form import ModelForm
from app.editor.problems import ProblemsDock
from engine.project import edits
from engine.project.document import Constant, ProjectDocument


def rows(dock: ProblemsDock) -> list[str]:
    return [dock.list.item(i).text() for i in range(dock.list.count())]


def break_model(desk, equations: str = "tau*dv/dt = -v\nr = vv") -> str:
    """Add a model with a mistake in line 2; its id."""
    document, model = edits.add_neuron(desk.document, "LeakyIntegrator", "Broken")
    text = edits.find(document, model)
    changed = type(text)(id=model, name="Broken", parameters="tau = 10.0", equations=equations)
    desk.session.apply(edits.update_model(document, changed), "Break")
    return model


def test_without_problems_the_list_says_so(desk):
    assert desk.dock.empty.isVisible() and not desk.dock.list.isVisible()
    assert desk.dock.empty.text() == "No problems"
    assert desk.dock.title == "Problems"


def test_hints_are_listed_but_not_counted(desk):
    document, model = edits.customise(desk.document, desk.inh)
    text = edits.find(document, model)
    changed = msgspec.structs.replace(text, equations=text.equations + "\nreading = g_ecx")
    desk.session.apply(edits.update_model(document, changed), "Misspell")
    assert [problem.severity for problem in desk.check()] == ["hint"]
    assert desk.dock.title == "Problems"
    assert "g_ecx stays 0" in rows(desk.dock)[0]


def test_problems_are_told_to_whoever_asks(desk, qtbot):
    with qtbot.waitSignal(desk.dock.problemsChanged, timeout=5000) as told:
        break_model(desk)
    assert [p.field for p in told.args[0]] == ["equations"]
    assert desk.dock.title == "Problems (1)"
    assert "Broken.equations, line 2" in rows(desk.dock)[0] and "vv" in rows(desk.dock)[0]


def test_typing_in_a_row_is_checked_once(desk, qtbot):
    told = []
    desk.dock.problemsChanged.connect(told.append)
    for value in range(5):
        desk.session.apply(edits.set_value(desk.document, desk.exc, "a", Constant(value=value)), "Value")
        qtbot.wait(5)
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    qtbot.wait(50)
    assert len(told) == 1


def test_errors_come_before_warnings(desk):
    document = edits.set_value(desk.document, desk.exc, "nonsense", Constant(value=1.0))
    projection = edits.find(document, desk.projection)
    changed = {f: getattr(projection, f) for f in projection.__struct_fields__} | {"target": "1st"}
    desk.session.apply(edits.replace_object(document, type(projection)(**changed)), "Break")
    assert [p.severity for p in desk.check()] == ["warning", "error"]
    listed = [desk.dock.list.item(i).data(Qt.ItemDataRole.UserRole).severity for i in range(2)]
    assert listed == ["error", "warning"]


def test_a_click_on_a_mistake_in_an_unused_model_opens_it_at_the_place(desk):
    break_model(desk)
    desk.check()
    item = desk.dock.list.item(0)
    QTest.mouseClick(
        desk.dock.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=desk.dock.list.visualItemRect(item).center(),
    )
    assert isinstance(desk.inspector.form, ModelForm)
    editor = desk.inspector.form.texts.fields["equations"].editor
    assert editor.textCursor().blockNumber() == 1
    assert editor.textCursor().positionInBlock() == 4


def test_a_mistake_in_a_used_model_selects_its_population(desk):
    model = break_model(desk)
    population = desk.population()
    changed = {f: getattr(population, f) for f in population.__struct_fields__} | {"model": model}
    desk.session.apply(edits.replace_object(desk.document, type(population)(**changed)), "Use")
    desk.select(desk.inh)
    desk.check()
    desk.dock.list.setCurrentRow(0)
    desk.dock.list.itemActivated.emit(desk.dock.list.item(0))
    assert desk.session.selection == (desk.exc,)
    assert inspecting.underlined(desk.form.model.texts.fields["equations"].editor) == ["vv"]


def test_a_problem_of_a_field_leads_to_that_field(desk):
    population = desk.population()
    changed = {f: getattr(population, f) for f in population.__struct_fields__} | {"geometry": (0,)}
    desk.session.apply(edits.replace_object(desk.document, type(population)(**changed)), "Break")
    problem = desk.check()[0]
    desk.inspector.show_place(problem.object_id, problem.field)
    assert desk.session.selection == (desk.exc,)
    assert desk.form.shape.edit.hasFocus()
    assert desk.form.shape.error.isVisible()
    desk.undo()
    desk.check()
    assert not desk.form.shape.error.isVisible()


@pytest.mark.parametrize("name", ["a", "nonsense"])
def test_a_problem_of_a_value_leads_to_its_field(desk, name):
    desk.session.apply(edits.set_value(desk.document, desk.exc, name, Constant(value=float("inf"))), "Break")
    problem = desk.check()[0]
    desk.select()
    desk.inspector.show_place(problem.object_id, problem.field)
    assert desk.form.values.fields[name].edit.hasFocus()
    assert desk.form.values.fields[name].error.isVisible()


def test_run_settings_lead_to_the_project(desk):
    desk.session.apply(edits.set_run(desk.document, dt=-1.0), "Break")
    desk.select(desk.exc)
    problem = desk.check()[0]
    desk.inspector.show_place(problem.object_id, problem.field)
    assert desk.session.selection == ()
    assert desk.form.lines["run.dt"].edit.hasFocus()


def test_a_target_that_is_not_read_is_told_at_the_choice(desk):
    projection = desk.connection()
    changed = {f: getattr(projection, f) for f in projection.__struct_fields__} | {"target": "ampa"}
    desk.session.apply(edits.replace_object(desk.document, type(projection)(**changed)), "Break")
    problem = desk.check()[0]
    desk.inspector.show_place(problem.object_id, problem.field)
    assert desk.form.target.hasFocus()
    said = [label.text() for label in desk.form.findChildren(QLabel, "fieldError") if label.isVisible()]
    assert len(said) == 1 and "ampa" in said[0]


def test_two_models_of_one_name_lead_to_the_name(desk):
    document, _ = edits.add_neuron(desk.document, "LeakyIntegrator", "Leaky")
    document, second = edits.add_neuron(document, "LeakyIntegrator", "Lazy")
    lazy = edits.find(document, second)
    same = type(lazy)(**{f: getattr(lazy, f) for f in lazy.__struct_fields__} | {"name": "Leaky"})
    neurons = tuple(same if text.id == second else text for text in document.neurons)
    desk.session.apply(ProjectDocument(neurons=neurons), "Break")
    problem = next(p for p in desk.check() if p.object_id == second)
    desk.inspector.show_place(problem.object_id, problem.field)
    assert desk.form.name.edit.hasFocus() and "2 times" in desk.form.name.error.text()
