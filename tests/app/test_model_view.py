"""What becomes of equations, shown beside them."""

import inspecting
import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app import theme
from app.editor.model_view import ModelDock
from app.editor.model_view.mathematics import FormulaDrawing
from engine.project import edits
from engine.project.build import generated_code


class View:
    """The dock beside an inspector, with one population of a model of its own selected."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.desk = inspecting.Desk(qtbot)
        self.session = self.desk.session
        self.dock = ModelDock(self.session)
        self.dock.resize(800, 400)
        qtbot.addWidget(self.dock)
        self.dock.show()
        document, self.model = edits.customise(self.session.document, self.desk.exc)
        self.session.apply(document, "Customise")
        self.desk.select(self.desk.exc)

    def write(self, **fields: str) -> None:
        text = edits.find(self.session.document, self.model)
        changed = msgspec.structs.replace(text, **fields)
        self.session.apply(edits.update_model(self.session.document, changed), "Edit")

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=10_000)

    def choose(self, name: str):
        page = getattr(self.dock, name)
        self.dock.tabs.setCurrentWidget(page)
        return page


@pytest.fixture
def view(qtbot):
    return View(qtbot)


# --- mathematics -----------------------------------------------------------------------------------------


def test_formulas_follow_what_is_typed(view):
    view.wait(lambda: any("140" in latex for latex in view.dock.mathematics.shown))
    view.write(equations="tau_refrac * dv/dt = -v + g_exc", reset="", spike="v > 1")
    gradient = r"\tau_{\mathrm{refrac}}\,\frac{dv}{dt} = -v + g_{\mathrm{exc}}"
    view.wait(lambda: view.dock.mathematics.shown[:1] == [gradient])
    assert view.dock.mathematics.shown[-1] == "v > 1"


def test_a_wrong_text_leaves_the_last_good_formulas(view):
    view.write(equations="dv/dt = -v", reset="v = 0", spike="v > 1")
    view.wait(lambda: r"\frac{dv}{dt} = -v" in view.dock.mathematics.shown)
    before = view.dock.mathematics.shown
    view.write(equations="dv/dt = -v + (")
    view.wait(lambda: "mistakes" in view.dock.mathematics.remark.text())
    assert view.dock.mathematics.shown == before
    view.write(equations="dv/dt = -v")
    view.wait(lambda: view.dock.mathematics.remark.text() == "")


def test_formulas_are_drawn_in_the_colour_of_text(view):
    view.write(equations="v = 1", reset="", spike="v > 1")
    view.wait(lambda: view.dock.mathematics.shown[:1] == ["v = 1"])
    drawing = view.dock.findChild(FormulaDrawing)
    image = drawing.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.TEXT in colors
    assert drawing.accessibleName() == "v = 1"


def test_a_projection_shows_its_default_synapse_and_a_source_has_none(view):
    view.desk.select(view.desk.projection)
    transmission = r"g_{\mathrm{target}} \leftarrow g_{\mathrm{target}} + w"
    view.wait(lambda: view.dock.mathematics.shown == [transmission])
    document, source = edits.add_population(view.session.document, "PoissonPopulation")
    view.session.apply(document, "Add", (source,))
    view.wait(lambda: "Poisson" in view.dock.mathematics.note.text())
    view.desk.select()
    view.wait(lambda: "Select one" in view.dock.mathematics.note.text())
    view.dock.show_model(view.model)
    view.wait(lambda: any("140" in latex for latex in view.dock.mathematics.shown))


# --- one step --------------------------------------------------------------------------------------------


def test_the_step_follows_text_and_method(view):
    step = view.choose("step")
    view.write(
        parameters="tau = 10.0", equations="tau * dv/dt = -v", spike="v > 1", reset="v = 0", refractory=""
    )
    view.wait(lambda: "_k_v = -v / tau" in step.text.toPlainText())
    assert "explicit" in step.note.text()
    run = edits.set_run(view.session.document, method="exponential")
    view.session.apply(run, "Change method")
    view.wait(lambda: "_decay_v = exp(-(dt / tau))" in step.text.toPlainText())
    run = edits.set_run(view.session.document, method="implicit")
    view.session.apply(run, "Change method")
    view.write(equations="dv/dt = v**2 : exponential")
    view.wait(lambda: "linear" in step.note.text() or "mistakes" in step.note.text())


# --- C++ -------------------------------------------------------------------------------------------------


def test_the_text_is_what_the_engine_compiles_and_follows_edits(view):
    code = view.choose("code")
    view.wait(lambda: code.text.toPlainText() == generated_code(view.session.document))
    assert "v > v_thresh" not in code.note.text()
    view.write(parameters="gain = 3.5", equations="v = v + gain", spike="v > 1", reset="v = 0", refractory="")
    view.wait(lambda: "pop0_gain" in code.text.toPlainText())
    assert code.text.toPlainText() == generated_code(view.session.document)


def test_nothing_is_written_while_nobody_looks(qtbot, monkeypatch):
    asked = []
    where = "app.editor.model_view.generated.generated_code"
    monkeypatch.setattr(where, lambda document: asked.append(document) or "")
    view = View(qtbot)
    view.wait(lambda: bool(view.dock.mathematics.shown))
    view.write(parameters="gain = 3.5")
    QTest.qWait(600)
    assert not asked
    view.choose("code")
    view.wait(lambda: asked == [view.session.document])


def test_errors_stand_where_the_text_would_be(view):
    code = view.choose("code")
    view.wait(lambda: bool(code.text.toPlainText()))
    view.write(equations="v = fou")
    view.wait(lambda: "fou" in code.note.text())
    assert code.text.toPlainText() == ""


def test_find_goes_from_place_to_place_and_copy_takes_all(view):
    code = view.choose("code")
    text = code.text
    code.show_text("alpha\nbeta alpha\ngamma\nAlpha")
    view.qtbot.waitActive(view.dock)
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    view.wait(code.find_field.hasFocus)
    QTest.keyClicks(code.find_field, "alpha")
    assert code.found.text() == "1 of 3"
    places = []
    for _ in range(3):
        places.append(text.textCursor().blockNumber())
        QTest.keyClick(code.find_field, Qt.Key.Key_Return)
    assert places == [0, 1, 3] and text.textCursor().blockNumber() == 0
    QTest.keyClick(code.find_field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert text.textCursor().blockNumber() == 3
    QTest.keyClicks(code.find_field, "x")
    assert code.found.text() == "Not found"
    code.copy_button.click()
    assert QGuiApplication.clipboard().text() == "alpha\nbeta alpha\ngamma\nAlpha"
    QTest.keyClick(code.find_field, Qt.Key.Key_Escape)
    view.wait(text.hasFocus)


def test_cpp_has_colours(view):
    code = view.choose("code")
    view.wait(lambda: "for (" in code.text.toPlainText())
    block = code.text.document().begin()
    colors = {}
    while block.isValid():
        for form in block.layout().formats():
            word = block.text()[form.start : form.start + form.length]
            colors.setdefault(
                word.split()[0] if word.strip() else "", form.format.foreground().color().name()
            )
        block = block.next()
    assert colors["for"] == theme.SYNTAX["keyword"]
    assert colors["//"] == theme.SYNTAX["comment"]
    assert colors["nl_min"] == theme.SYNTAX["function"]
