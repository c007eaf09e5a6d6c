"""The form of a projection whose weights follow from the distance."""

import msgspec
import numpy as np
import pytest
from inspecting import choose, write

from app.editor.weight_curve import WeightCurve
from engine.project import edits
from engine.project.document import Connector, Population


@pytest.fixture
def sheets(desk):
    """The desk with its projection between two sheets, selected."""
    document = desk.document
    for name, geometry in ((desk.exc, (20, 20)), (desk.inh, (10, 10))):
        changed = msgspec.structs.replace(edits.find(document, name), geometry=geometry)
        document = edits.replace_object(document, changed)
    desk.session.apply(document, "Make sheets")
    desk.select(desk.projection)
    return desk


def shown(form) -> list[str]:
    return [name for name, line in form.distance.lines.items() if line.isVisible()]


def test_each_pattern_asks_for_its_arguments(sheets):
    form = sheets.form
    assert shown(form) == [] and not form.distance.curve.isVisible()
    choose(form.pattern, "gaussian")
    assert shown(form) == ["amp", "sigma", "limit"]
    assert form.distance.curve.isVisible() and not form.weights.isVisible() and form.delay.isVisible()
    choose(form.pattern, "dog")
    assert shown(form) == ["amp_pos", "sigma_pos", "amp_neg", "sigma_neg", "limit"]
    sheets.undo()
    assert shown(form) == ["amp", "sigma", "limit"]
    choose(form.pattern, "all_to_all")
    assert shown(form) == [] and form.weights.isVisible()


def test_every_argument_is_typed_and_taken_back(sheets):
    for pattern, values in (
        ("gaussian", {"amp": -0.5, "sigma": 0.2, "limit": 0.05}),
        ("dog", {"amp_pos": 2.0, "sigma_pos": 0.05, "amp_neg": 1.5, "sigma_neg": 0.6, "limit": 0.0}),
    ):
        choose(sheets.form.pattern, pattern)
        before = sheets.connection().connector
        for name, value in values.items():
            line = sheets.form.distance.lines[name]
            assert f" {name} in a script" in line.edit.toolTip()
            write(line, str(value))
        assert sheets.connection().connector == msgspec.structs.replace(before, **values)
        for _ in values:
            sheets.undo()
        assert sheets.connection().connector == before
        assert sheets.form.distance.lines["limit"].edit.text() == "0.01"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("sigma", "0", "above 0"), ("sigma", "-0.1", "above 0"), ("limit", "-1", "negative"), ("amp", "x", "")],
)
def test_impossible_arguments_stay_out_of_the_document(sheets, name, text, words):
    choose(sheets.form.pattern, "gaussian")
    before = sheets.connection()
    line = sheets.form.distance.lines[name]
    write(line, text)
    assert line.error.isVisible() and words in line.error.text()
    assert sheets.connection() == before


def test_the_count_follows(sheets):
    """Sheets of 20 x 20 and 10 x 10 neurons: with no limit every pair is connected."""
    choose(sheets.form.pattern, "gaussian")
    few = sheets.form.count.text()
    write(sheets.form.distance.lines["sigma"], "1")
    write(sheets.form.distance.lines["limit"], "0")
    assert sheets.form.count.text() == "about 40,000" != few


def test_problems_show_at_their_fields(sheets):
    choose(sheets.form.pattern, "gaussian")
    wiring = msgspec.structs.replace(sheets.connection().connector, sigma=-1.0)
    broken = msgspec.structs.replace(sheets.connection(), connector=wiring)
    sheets.session.apply(edits.replace_object(sheets.document, broken), "Break")
    problems = sheets.check()
    assert [p.field for p in problems] == ["connector.sigma"]
    assert "above 0" in sheets.form.distance.lines["sigma"].error.text()
    assert not sheets.form.distance.curve.plot.isVisible()
    assert sheets.inspector.show_place(sheets.projection, "connector.sigma", 0, 0) is not False
    assert sheets.form.distance.lines["sigma"].edit.hasFocus()


def test_the_curve_is_that_of_the_weights(qtbot):
    curve = WeightCurve()
    qtbot.addWidget(curve)
    sheet = Population(id="a", name="Sheet", geometry=(11, 11), model="Izhikevich")
    wiring = Connector(pattern="dog", amp_pos=1.0, sigma_pos=0.1, amp_neg=0.25, sigma_neg=0.4, limit=0.1)
    curve.show_pattern(wiring, sheet)
    distances, weights = curve.whole.getData()
    expected = np.exp(-(distances**2) / 0.02) - 0.25 * np.exp(-(distances**2) / 0.32)
    np.testing.assert_allclose(weights, expected)
    assert distances[0] == 0.0 and distances[-1] == pytest.approx(np.sqrt(2.0))
    _, connected = curve.connected.getData()
    assert np.array_equal(np.isnan(connected), np.abs(expected) <= 0.075)
    places, heights = curve.neurons.getData()
    np.testing.assert_allclose(places, np.arange(11) / 10)
    # 0.25 exp(-0.36 / 0.32) = 0.081 is beyond the limit of 0.075 at 0.6, 0.054 at 0.7 is within.
    assert "6 neurons along Sheet" in curve.words.text()
    assert heights[6] == pytest.approx(-0.081, abs=1e-3)
    curve.show_pattern(msgspec.structs.replace(wiring, limit=2.0), sheet)
    assert "No neuron" in curve.words.text()
