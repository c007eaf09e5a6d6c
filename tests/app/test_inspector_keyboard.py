"""The inspector: several objects, the way through its fields by keys, and what was typed half."""

from inspecting import press, write
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QListWidget, QPlainTextEdit

from app.editor.project_form import ProjectForm
from engine.project import edits


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
