"""Equations while they are typed: colours, underlined mistakes, undo, completion, the last good model."""

import inspecting
import msgspec
import pytest
from inspecting import press, underlined
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextLayout
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from app import theme
from app.editor.equation_editor import EquationEditor
from app.editor.last_good import LastGood
from app.editor.name_meaning import function_meaning
from engine.errors import Diagnostic
from engine.language.functions import CALLABLE
from engine.project import edits
from engine.project.document import NeuronText
from engine.project.models import targets_of

PARAMETERS = "tau = 10.0"
EQUATIONS = "tau * dv/dt = -v + g_exc"


@pytest.fixture
def desk(qtbot):
    """A desk whose first population has a small model of the project's own."""
    desk = inspecting.Desk(qtbot)
    text = NeuronText(
        id="", name="Leaky", parameters=PARAMETERS, equations=EQUATIONS, spike="v > 1.0", reset="v = 0.0"
    )
    document, desk.model = edits.add_neuron(desk.document, text)
    exc = desk.population()
    document = edits.replace_object(
        document, type(exc)(id=exc.id, name=exc.name, geometry=(10,), model=desk.model)
    )
    desk.session.apply(document, "Set up")
    desk.select(desk.exc)
    return desk


def editor_of(desk, field: str) -> EquationEditor:
    return desk.form.model.texts.fields[field].editor


def type_at_end(editor, text: str) -> None:
    editor.setFocus()
    editor.moveCursor(QTextCursor.MoveOperation.End)
    for line, part in enumerate(text.split("\n")):
        if line:
            press(editor, Qt.Key.Key_Return)
        QTest.keyClicks(editor, part)


def text_of(desk) -> NeuronText:
    return edits.find(desk.document, desk.model)


# --- mistakes --------------------------------------------------------------------------------------------


def test_a_mistake_is_underlined_where_it_is_and_listed(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, "\nw = v + fou * 2")
    problems = desk.check()
    assert [p.diagnostic.line for p in problems] == [2]
    assert (problems[0].object_id, problems[0].field) == (desk.model, "equations")
    assert underlined(editor) == ["fou"]
    selections = editor.extraSelections()
    cursor = selections[0].cursor
    assert cursor.blockNumber() == 1
    assert cursor.selectionStart() - cursor.block().position() == problems[0].diagnostic.column - 1 == 8
    assert "fou" in desk.form.model.texts.fields["equations"].message.text()


def test_a_mistake_made_twice_in_a_line_is_underlined_twice_and_told_once(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, " + fou + fou")
    desk.check()
    assert underlined(editor) == ["fou", "fou"]
    assert desk.form.model.texts.fields["equations"].message.text().count("Unknown") == 1


def test_the_check_comes_by_itself_a_moment_after_typing(desk, qtbot):
    type_at_end(editor_of(desk, "equations"), " + fou")
    qtbot.waitUntil(lambda: underlined(editor_of(desk, "equations")) == ["fou"], timeout=5000)


def test_mending_the_text_clears_the_mistake(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, " + fou")
    assert desk.check()
    for _ in range(len(" + fou")):
        press(editor, Qt.Key.Key_Backspace)
    assert desk.check() == []
    assert underlined(editor) == []
    assert not desk.form.model.texts.fields["equations"].message.isVisible()


def test_a_place_beyond_plain_letters_is_still_exact(desk):
    editor = editor_of(desk, "equations")
    editor.set_diagnostics([])
    editor.show_text("# \U0001d70f is tau\nv = \U0001d70f + fou")
    editor.set_diagnostics([Diagnostic("unknown", line=2, column=9, length=3)])
    assert underlined(editor) == ["fou"]


@pytest.mark.parametrize("column", [4, 5, 99])
def test_a_mistake_at_the_end_of_a_line_is_visible(desk, column):
    editor = editor_of(desk, "equations")
    editor.show_text("abc\ndef")
    editor.set_diagnostics([Diagnostic("something is missing", line=1, column=column)])
    assert underlined(editor) == ["c"]


def test_places_outside_the_text_are_not_underlined(desk):
    editor = editor_of(desk, "equations")
    editor.set_diagnostics([Diagnostic("no place"), Diagnostic("far", line=99, column=1)])
    assert underlined(editor) == []


# --- the document ----------------------------------------------------------------------------------------


def test_typing_is_one_step_and_undo_works_from_the_editor(desk):
    editor = editor_of(desk, "equations")
    steps = desk.session.undo_stack.count()
    type_at_end(editor, " + 1.5")
    assert text_of(desk).equations == EQUATIONS + " + 1.5"
    assert desk.session.undo_stack.count() == steps + 1
    press(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert text_of(desk).equations == EQUATIONS
    assert editor.toPlainText() == EQUATIONS
    press(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert editor.toPlainText() == EQUATIONS + " + 1.5"


def test_each_field_and_each_line_is_a_step_of_its_own(desk):
    type_at_end(editor_of(desk, "equations"), " + 1.5\nx = 2")
    type_at_end(editor_of(desk, "reset"), " + 0.1")
    desk.undo()
    assert text_of(desk).reset == "v = 0.0"
    desk.undo()
    assert text_of(desk).equations == EQUATIONS + " + 1.5"


def test_an_edit_from_elsewhere_leaves_the_cursor_at_its_place(desk):
    editor = editor_of(desk, "equations")
    editor.show_place(1, 7)
    edited = EQUATIONS.replace("g_exc", "2.0 * g_exc")
    model = text_of(desk)
    changed = NeuronText(**{f: getattr(model, f) for f in model.__struct_fields__} | {"equations": edited})
    desk.session.apply(edits.update_model(desk.document, changed), "Elsewhere")
    assert editor.toPlainText() == edited
    assert editor.textCursor().position() == 6
    assert editor.hasFocus()


def test_a_new_parameter_gets_a_field_at_once(desk, qtbot):
    assert "gain" not in desk.form.values.fields
    type_at_end(editor_of(desk, "parameters"), "\ngain = 2.0")
    fields = desk.form.values.fields
    assert fields["gain"].edit.text() == "2.0"
    qtbot.waitUntil(fields["gain"].isVisible, timeout=2000)
    headings = desk.form.findChildren(QToolButton, "sectionHeading")
    heading = next(h for h in headings if h.text() == "Parameter values")
    heading.setFocus()
    press(heading, Qt.Key.Key_Tab)
    assert fields["tau"].edit.hasFocus()
    fields["tau"].button.setFocus()
    press(fields["tau"].button, Qt.Key.Key_Tab)
    assert fields["gain"].edit.hasFocus()
    desk.undo()
    assert "gain" not in desk.form.values.fields


def test_the_last_good_model_keeps_fields_ports_and_boxes_while_the_text_is_wrong(desk):
    type_at_end(editor_of(desk, "equations"), "\nw = (v")
    assert desk.check()
    assert set(desk.form.values.fields) == {"tau", "v", "g_exc"}
    assert {"spike", "v"} <= set(desk.form.monitor.boxes)
    good = LastGood.of(desk.session).document
    assert targets_of(good, desk.population()) == ("exc",)
    assert text_of(desk).equations.endswith("w = (v")
    type_at_end(editor_of(desk, "equations"), ")")
    assert "w" in desk.form.values.fields


# --- typing aids -----------------------------------------------------------------------------------------


def color_at(editor, line: int, column: int) -> str:
    formats: list[QTextLayout.FormatRange] = editor.document().findBlockByNumber(line - 1).layout().formats()
    found = [f for f in formats if f.start <= column - 1 < f.start + f.length]
    return found[-1].format.foreground().color().name() if found else ""


def test_each_kind_of_word_has_its_colour(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, "\nx = exp(tau) if : init=1.0, min=0 # note")
    line = editor.document().findBlockByNumber(1).text()
    kinds = {"exp": "function", "tau": "own", "if": "keyword", "init": "flag", "min": "flag", "#": "comment"}
    kinds["1.0"] = "number"
    assert {word: color_at(editor, 2, line.index(word) + 1) for word in kinds} == {
        word: theme.SYNTAX[kind] for word, kind in kinds.items()
    }
    assert color_at(editor, 1, EQUATIONS.index("g_exc") + 1) == theme.SYNTAX["target"]


def test_completion_offers_own_names_and_functions(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, " + ta")
    press(editor, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    popup = editor._completer.popup()
    offered = [popup.model().index(i, 0).data() for i in range(popup.model().rowCount())]
    assert popup.isVisible() and offered == ["tan", "tanh", "tau"]
    popup.setCurrentIndex(popup.model().index(2, 0))
    press(popup, Qt.Key.Key_Return)
    assert editor.toPlainText() == EQUATIONS + " + tau"
    assert text_of(desk).equations == EQUATIONS + " + tau"


def test_completion_in_a_synapse_knows_both_neurons(desk):
    desk.select(desk.projection)
    desk.form.model.customise.click()
    editor = editor_of(desk, "post_spike")
    type_at_end(editor, "w += post.tau_")
    press(editor, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    model = editor._completer.completionModel()
    offered = [model.index(i, 0).data() for i in range(model.rowCount())]
    assert offered == ["post.tau_m", "post.tau_refrac", "post.tau_syn_E", "post.tau_syn_I"]


def test_tab_indents_and_escape_leaves(desk):
    editor = editor_of(desk, "equations")
    editor.setFocus()
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    press(editor, Qt.Key.Key_Tab)
    assert editor.toPlainText() == "    " + EQUATIONS
    press(editor, Qt.Key.Key_Escape)
    assert editor_of(desk, "spike").hasFocus()
    press(editor_of(desk, "spike"), Qt.Key.Key_Tab)
    assert editor_of(desk, "reset").hasFocus()
    press(editor_of(desk, "reset"), Qt.Key.Key_Backtab)
    assert editor_of(desk, "spike").hasFocus()


def test_built_in_text_cannot_be_typed_into(desk):
    desk.select(desk.inh)
    before = desk.document
    type_at_end(editor_of(desk, "equations"), "x = 1")
    assert desk.document is before


def test_an_editor_is_as_high_as_its_text_however_it_is_wrapped(desk, qtbot):
    editor = editor_of(desk, "equations")
    long = " + ".join(["v"] * 40)
    editor.show_text(f"x = {long}\ny = {long}\nz = 1")
    for width in (700, 340, 500):
        desk.window.resize(width, 1000)
        qtbot.waitUntil(lambda: editor.verticalScrollBar().maximum() == 0, timeout=2000)
        text = editor.document().documentLayout().documentSize().height() * editor.fontMetrics().lineSpacing()
        qtbot.waitUntil(lambda text=text: text <= editor.height() < text + 50, timeout=2000)


def test_a_very_long_text_scrolls(desk, qtbot):
    editor = editor_of(desk, "equations")
    type_at_end(editor, "\nx = 1" * 40)
    qtbot.waitUntil(lambda: editor.verticalScrollBar().isVisible(), timeout=2000)
    assert editor.height() < 25 * editor.fontMetrics().lineSpacing()


# --- what fits, what names mean --------------------------------------------------------------------------


def tooltip_at(editor, word: str) -> str:
    """What is said while the pointer rests in the middle of a word."""
    place = editor.toPlainText().index(word) + len(word) // 2
    cursor = editor.textCursor()
    cursor.setPosition(place)
    where = editor.cursorRect(cursor).center()
    return editor._meaning(editor._word_at(where))


def test_names_are_explained_where_they_stand(desk):
    editor = editor_of(desk, "equations")
    type_at_end(editor, "\nx = exp(v) # tau")
    assert tooltip_at(editor, "tau") == "tau: parameter, 10"
    assert tooltip_at(editor, "dv").startswith("dv: change of the variable, starts at")
    assert "arrives at the target exc" in tooltip_at(editor, "g_exc")
    assert tooltip_at(editor, "exp") == "exp(x): e to the power of x"
    assert tooltip_at(editor, "# tau") == ""


def test_names_of_the_other_neurons_are_explained(desk):
    desk.select(desk.projection)
    desk.form.model.customise.click()
    editor = editor_of(desk, "post_spike")
    type_at_end(editor, "w += post.tau_m * pre.u")
    assert tooltip_at(editor, "post.tau_m") == "tau_m: parameter, 20\nof the post-synaptic neuron"
    assert tooltip_at(editor, "w") == "w: variable, starts at 0\nweight of the synapse"


def test_every_function_of_the_language_is_explained():
    unexplained = {name for name in CALLABLE if not function_meaning(name)}
    assert not unexplained


def test_the_list_of_names_opens_after_pre_and_post(desk):
    desk.select(desk.projection)
    desk.form.model.customise.click()
    editor = editor_of(desk, "post_spike")
    popup = editor._completer.popup()
    type_at_end(editor, "w += post")
    assert not popup.isVisible()
    QTest.keyClicks(editor, ".")
    assert popup.isVisible()
    QTest.keyClicks(editor, "cm")
    press(editor, Qt.Key.Key_Return)
    assert not popup.isVisible() and editor.toPlainText() == "w += post.cm\n"
    QTest.keyClicks(editor, "w += post.tau_m")
    press(editor, Qt.Key.Key_Escape)
    QTest.keyClicks(editor, " + post.tau_re")
    press(editor, Qt.Key.Key_Tab)
    assert editor.toPlainText().endswith("w += post.tau_m + post.tau_refrac")


def test_fields_of_spikes_are_shown_when_there_are_spikes(desk):
    reset = desk.form.model.texts.fields["reset"]
    assert reset.isVisible()
    type_over(editor_of(desk, "reset"), "")
    type_over(editor_of(desk, "spike"), "")
    assert not reset.isVisible()
    type_over(editor_of(desk, "spike"), "v > 1")
    assert reset.isVisible()


def type_over(editor, text: str) -> None:
    editor.setFocus()
    editor.selectAll()
    press(editor, Qt.Key.Key_Backspace)
    QTest.keyClicks(editor, text)


def fields_shown(desk) -> set[str]:
    shown = {name for name, field in desk.form.model.texts.fields.items() if field.isVisible()}
    operation = getattr(desk.form.model, "operation", None)
    return shown | ({"operation"} if operation is not None and operation.isVisible() else set())


def synapses_offered(desk) -> set[str]:
    box = desk.form.model.box
    return {box.itemData(i) for i in range(box.count())}


def test_a_synapse_has_the_fields_of_its_neurons(desk):
    desk.select(desk.projection)
    desk.form.model.customise.click()
    rules = {"creating", "pruning"}
    both = {"parameters", "equations", "psp", "functions"} | rules
    assert fields_shown(desk) == both | {"pre_spike", "post_spike"}
    assert {"STDP", "STP"} <= synapses_offered(desk) and "Hebb" not in synapses_offered(desk)
    document, a = edits.add_population(desk.document, "LeakyIntegrator", "A")
    document, between = edits.connect(document, a, a, "exc")
    desk.session.apply(document, "Add rates", (between,))
    desk.form.model.customise.click()
    assert fields_shown(desk) == both | {"operation"}
    assert "Hebb" in synapses_offered(desk) and "STDP" not in synapses_offered(desk)


def test_what_is_written_in_a_field_that_makes_no_sense_stays_in_sight(desk):
    document, a = edits.add_population(desk.document, "LeakyIntegrator", "A")
    document, between = edits.connect(document, a, a, "exc")
    document, synapse = edits.add_synapse(document, "STDP", "Mine")
    projection = edits.find(document, between)
    document = edits.replace_object(document, msgspec.structs.replace(projection, synapse=synapse))
    desk.session.apply(document, "Add rates", (between,))
    assert {"pre_spike", "post_spike"} <= fields_shown(desk)


def test_axonal_fields_are_shown_where_there_are_axonal_spikes(desk):
    assert "axon_spike" in fields_shown(desk) and "axon_reset" not in fields_shown(desk)
    desk.select(desk.projection)
    desk.form.model.customise.click()
    assert "pre_axon_spike" not in fields_shown(desk)
    text = msgspec.structs.replace(text_of(desk), axon_spike="v < -1.0")
    desk.session.apply(edits.update_model(desk.document, text), "Axon")
    assert "pre_axon_spike" in fields_shown(desk)
    desk.select(desk.exc)
    assert "axon_reset" in fields_shown(desk)
