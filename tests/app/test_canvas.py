"""Gestures on the canvas, with real mouse and key events, and what they do to the document."""

import pytest
from gestures import click, double_click, drag
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import theme
from app.editor.canvas.looks import describe_pattern, short_count
from app.editor.canvas.population_item import PopulationItem
from app.editor.network_editor import NetworkEditor
from app.editor.palette import SearchPopup
from app.population_colors import population_colors
from app.session import Session
from engine.project import edits
from engine.project.document import Connector, NeuronText, ProjectDocument


def two_populations() -> ProjectDocument:
    document, _ = edits.add_population(ProjectDocument(), "IF_curr_exp", "Pre", (0.0, 0.0))
    document, _ = edits.add_population(document, "IF_curr_exp", "Post", (400.0, 60.0))
    return document


@pytest.fixture
def make_editor(qtbot):
    theme.apply_theme(QApplication.instance())

    def make(document: ProjectDocument) -> NetworkEditor:
        session = Session(document)
        editor = NetworkEditor(session, {})
        editor.session = session
        qtbot.addWidget(editor)
        editor.resize(1000, 700)
        with qtbot.waitExposed(editor):
            editor.show()
        return editor

    return make


@pytest.fixture
def editor(make_editor):
    return make_editor(two_populations())


def ids(editor: NetworkEditor, *names: str) -> list[str]:
    document = editor.session.document
    by_name = {o.name: o.id for o in (*document.populations, *document.projections)}
    return [by_name[name] for name in names]


def test_double_click_on_the_ground_adds_a_population_where_it_was_clicked(editor, qtbot):
    ground = QPoint(60, 600)
    double_click(editor.canvas.viewport, ground)
    popup = editor.findChild(SearchPopup)
    QTest.keyClicks(popup.field, "izhi")
    assert [entry.title for entry in popup.matches] == ["Izhikevich"]
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    added = editor.session.document.populations[-1]
    assert added.model == "Izhikevich"
    assert editor.session.selection == (added.id,)
    assert editor.canvas.rect_of(added.id).contains(ground + QPoint(2, 2))
    assert edits.monitor_of(editor.session.document, added.id).variables == ("spike",)


def test_own_models_can_be_begun_from_the_palette(make_editor):
    editor = make_editor(ProjectDocument())
    editor.empty_state.add_button.click()
    popup = editor.findChild(SearchPopup)
    QTest.keyClicks(popup.field, "new rate")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    document = editor.session.document
    assert document.populations[0].model == document.neurons[0].id
    assert edits.monitor_of(document, document.populations[0].id).variables == ("r",)
    assert editor.canvas.port_of(document.populations[0].id, "exc")
    assert not editor.empty_state.isVisible()
    editor.session.undo_stack.undo()
    assert editor.session.document == ProjectDocument()
    assert editor.empty_state.isVisible()


@pytest.mark.parametrize("backwards", [False, True])
def test_dragging_between_ports_connects(editor, backwards):
    pre, post = ids(editor, "Pre", "Post")
    ends = [editor.canvas.port_of(pre), editor.canvas.port_of(post, "inh")]
    drag(editor.canvas.viewport, *(reversed(ends) if backwards else ends))
    (projection,) = editor.session.document.projections
    assert (projection.pre, projection.post, projection.target) == (pre, post, "inh")
    assert editor.session.selection == (projection.id,)
    editor.session.undo_stack.undo()
    assert editor.session.document.projections == ()
    editor.session.undo_stack.redo()
    assert editor.session.document.projections == (projection,)


def test_dropping_on_a_population_asks_for_the_target(editor):
    pre, post = ids(editor, "Pre", "Post")
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), editor.canvas.rect_of(post).center())
    popup = editor.findChild(SearchPopup)
    assert [entry.title for entry in popup.matches] == ["exc", "inh"]
    QTest.keyClick(popup.field, Qt.Key.Key_Down)
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert editor.session.document.projections[0].target == "inh"


def test_a_drag_that_ends_on_the_ground_or_on_an_output_connects_nothing(editor):
    before = editor.session.document
    pre, post = ids(editor, "Pre", "Post")
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), QPoint(500, 650))
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), editor.canvas.port_of(post))
    assert editor.session.document == before
    assert editor.session.undo_stack.count() == 0
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), editor.canvas.port_of(post, "exc"))
    assert len(editor.session.document.projections) == 1


def test_a_source_has_no_targets_and_refuses_projections(make_editor):
    document, poisson = edits.add_population(two_populations(), "PoissonPopulation", "Noise", (0.0, 300.0))
    editor = make_editor(document)
    refused = []
    editor.editing.refused.connect(refused.append)
    (pre,) = ids(editor, "Pre")
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), editor.canvas.rect_of(poisson).center())
    assert editor.session.document == document
    assert "receives none" in refused[0]


def test_connecting_by_keyboard_goes_from_the_first_selected_to_the_second(editor):
    pre, post = ids(editor, "Pre", "Post")
    click(editor.canvas.viewport, editor.canvas.rect_of(post).center())
    click(editor.canvas.viewport, editor.canvas.rect_of(pre).center(), Qt.KeyboardModifier.ShiftModifier)
    popup = editor.editing.connect_selected()
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    (projection,) = editor.session.document.projections
    assert (projection.pre, projection.post, projection.target) == (post, pre, "exc")


def test_a_population_connects_to_itself(editor):
    (pre,) = ids(editor, "Pre")
    drag(editor.canvas.viewport, editor.canvas.port_of(pre), editor.canvas.port_of(pre, "exc"))
    (loop,) = editor.session.document.projections
    assert (loop.pre, loop.post) == (pre, pre)
    assert not editor.canvas.rect_of(loop.id).intersects(editor.canvas.rect_of(pre))


@pytest.mark.parametrize(
    "post_place", [(450.0, 0.0), (450.0, -300.0), (-450.0, 20.0), (0.0, 200.0), (10.0, 500.0)]
)
def test_labels_of_projections_between_one_pair_lie_apart(make_editor, post_place):
    document = two_populations()
    pre, post = (p.id for p in document.populations)
    document = edits.move(document, {post: post_place})
    for a, b, target in ((pre, post, "exc"), (pre, post, "exc"), (pre, post, "inh"), (post, pre, "exc"),
                         (post, pre, "inh"), (pre, pre, "exc"), (pre, pre, "inh")):  # fmt: skip
        document, _ = edits.connect(document, a, b, target)
    editor = make_editor(document)
    labels = [editor.canvas.rect_of(p.id) for p in document.projections]
    cards = [editor.canvas.rect_of(p.id) for p in document.populations]
    for k, label in enumerate(labels):
        assert not any(label.intersects(other) for other in (*labels[:k], *cards)), k


def test_clicking_a_label_selects_the_projection_and_dragging_moves_it(editor):
    pre, post = ids(editor, "Pre", "Post")
    editor.editing.connect_populations(pre, post, "exc")
    (projection,) = editor.session.document.projections
    editor.session.select(())
    place = editor.canvas.rect_of(projection.id).center()
    click(editor.canvas.viewport, place)
    assert editor.session.selection == (projection.id,)
    assert editor.session.document.view.label_offsets == {}
    drag(editor.canvas.viewport, place, place + QPoint(0, 60))
    assert editor.canvas.rect_of(projection.id).center().y() == pytest.approx(place.y() + 60, abs=2)
    assert projection.id in editor.session.document.view.label_offsets
    editor.session.undo_stack.undo()
    assert editor.canvas.rect_of(projection.id).center().y() == pytest.approx(place.y(), abs=2)


def test_moving_two_populations_is_one_step(editor):
    before = editor.session.document
    editor.editing.select_all()
    (pre,) = ids(editor, "Pre")
    start = editor.canvas.rect_of(pre).center()
    drag(editor.canvas.viewport, start, start + QPoint(0, 90))
    after = editor.session.document
    assert editor.session.undo_stack.count() == 1
    for population in before.populations:
        old, new = before.view.positions[population.id], after.view.positions[population.id]
        assert (new[0], new[1]) == (old[0], pytest.approx(old[1] + 90, abs=3))
    editor.session.undo_stack.undo()
    assert editor.session.document == before
    assert editor.canvas.rect_of(pre).center() == start


def test_nudges_in_a_row_are_one_step(editor):
    before = editor.session.document
    (pre,) = ids(editor, "Pre")
    editor.session.select((pre,))
    for _ in range(3):
        editor.editing.nudge(10, 0)
    assert editor.session.document.view.positions[pre] == (30, 0)
    editor.session.undo_stack.undo()
    assert editor.session.document == before


def test_after_a_pause_a_nudge_is_a_step_of_its_own(editor, monkeypatch):
    (pre,) = ids(editor, "Pre")
    editor.session.select((pre,))
    editor.editing.nudge(10, 0)
    monkeypatch.setattr("app.session.MERGE_SECONDS", -1.0)
    editor.editing.nudge(10, 0)
    editor.session.undo_stack.undo()
    assert editor.session.document.view.positions[pre] == (10, 0)


def test_delete_takes_projections_along_and_undo_brings_all_back(editor):
    pre, post = ids(editor, "Pre", "Post")
    editor.editing.connect_populations(pre, post, "exc")
    before = editor.session.document
    editor.session.select((post,))
    editor.editing.delete()
    assert [p.id for p in editor.session.document.populations] == [pre]
    assert editor.session.document.projections == ()
    editor.session.undo_stack.undo()
    assert editor.session.document == before
    assert editor.session.selection == (post,)
    assert editor.canvas.rect_of(before.projections[0].id)


def test_duplicate_and_paste_make_equal_objects_with_new_ids(editor):
    pre, post = ids(editor, "Pre", "Post")
    editor.editing.connect_populations(pre, post, "exc")
    before = editor.session.document
    editor.editing.select_all()
    editor.editing.duplicate()
    duplicated = editor.session.document
    editor.session.undo_stack.undo()
    assert editor.session.document == before
    editor.editing.select_all()
    editor.editing.copy()
    editor.editing.paste()
    pasted = editor.session.document
    for document in (duplicated, pasted):
        assert [p.model for p in document.populations] == ["IF_curr_exp"] * 4
        copy = document.projections[1]
        names = {p.id: p.name for p in document.populations}
        assert (names[copy.pre], names[copy.post]) == ("Pre_2", "Post_2")
        assert copy.connector == before.projections[0].connector
        assert len({o.id for o in (*document.populations, *document.projections)}) == 6
    editor.editing.paste()
    places = [editor.session.document.view.positions[p.id] for p in editor.session.document.populations]
    assert len(set(places)) == 6


def test_pasting_something_else_is_refused_with_words(editor):
    QApplication.clipboard().setText("hello")
    refused = []
    editor.editing.refused.connect(refused.append)
    before = editor.session.document
    editor.editing.paste()
    assert editor.session.document == before
    assert "clipboard" in refused[0]


def test_rename_in_place(editor):
    (pre,) = ids(editor, "Pre")
    editor.session.select((pre,))
    field = editor.rename_selected()
    field.setText("Post")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible()
    assert "border" in field.styleSheet()
    field.setText("Left")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert editor.session.document.populations[0].name == "Left"


def test_escape_leaves_a_name_as_it_was(editor):
    before = editor.session.document
    editor.session.select(ids(editor, "Pre"))
    field = editor.rename_selected()
    QTest.keyClicks(field, "Other")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert editor.session.document == before


def test_rubber_band_and_selection_from_outside(editor):
    pre, post = ids(editor, "Pre", "Post")
    area = editor.canvas.rect_of(pre)
    drag(editor.canvas.viewport, area.topLeft() - QPoint(15, 15), area.bottomRight() + QPoint(10, 10))
    assert editor.session.selection == (pre,)
    editor.session.select((post, pre))
    assert editor.canvas.selection() == (post, pre)
    click(editor.canvas.viewport, QPoint(20, 680))
    assert editor.session.selection == ()


def test_arrows_go_to_the_neighbour(editor):
    pre, post = ids(editor, "Pre", "Post")
    editor.session.select((pre,))
    editor.editing.select_towards("right")
    assert editor.session.selection == (post,)
    editor.editing.select_towards("right")
    assert editor.session.selection == (post,)
    editor.editing.select_towards("left")
    assert editor.session.selection == (pre,)


def test_ports_follow_the_equations_and_stay_while_they_are_wrong(make_editor):
    text = NeuronText(id="", name="Mine", equations="r = sum(exc) + sum(mod)")
    document, model = edits.add_neuron(ProjectDocument(), text)
    document, population = edits.add_population(document, model)
    editor = make_editor(document)
    text = document.neurons[0]

    def write(equations: str) -> None:
        changed = type(text)(id=text.id, name=text.name, equations=equations)
        editor.session.apply(edits.update_model(editor.session.document, changed), "Type")

    assert editor.canvas.port_of(population, "mod")
    write("r = sum(exc) + sum(")
    assert editor.canvas.port_of(population, "mod")
    write("r = sum(exc)")
    with pytest.raises(KeyError):
        editor.canvas.port_of(population, "mod")


def test_zoom_keeps_the_place_under_the_pointer_and_has_limits(editor):
    (pre,) = ids(editor, "Pre")
    before = editor.canvas.rect_of(pre)
    editor.canvas.zoom(2.0)
    assert editor.canvas.rect_of(pre).width() == pytest.approx(2 * before.width(), abs=4)
    for _ in range(40):
        editor.canvas.zoom(2.0)
    assert editor.canvas.rect_of(pre).width() < 4 * 200
    editor.canvas.fit()
    shown = editor.canvas.viewport.rect()
    assert all(shown.contains(editor.canvas.rect_of(i)) for i in ids(editor, "Pre", "Post"))


def test_middle_button_pans(editor):
    (pre,) = ids(editor, "Pre")
    before = editor.canvas.rect_of(pre).topLeft()
    drag(editor.canvas.viewport, QPoint(500, 600), QPoint(540, 570), Qt.MouseButton.MiddleButton)
    moved = editor.canvas.rect_of(pre).topLeft() - before
    assert (moved.x(), moved.y()) == (pytest.approx(40, abs=2), pytest.approx(-30, abs=2))
    assert editor.session.undo_stack.count() == 0


def test_an_edit_leaves_other_items_alone(editor):
    """Redrawing works by difference: what did not change keeps its graphics item, and its selection."""
    items = dict(editor.canvas._populations)
    pre, post = ids(editor, "Pre", "Post")
    editor.session.select((post,))
    editor.session.apply(edits.rename(editor.session.document, pre, "Renamed"), "Rename", (post,))
    assert dict(editor.canvas._populations) == items
    assert editor.canvas.selection() == (post,)


def test_cards_are_drawn_once_and_then_kept(make_editor, monkeypatch):
    """What makes panning in a network of 200 populations and 400 projections cheap."""
    document = ProjectDocument()
    for k in range(200):
        document, _ = edits.add_population(
            document, "IF_curr_exp", f"P{k}", (300.0 * (k % 15), 200.0 * (k // 15))
        )
    populations = [p.id for p in document.populations]
    for k in range(400):
        pre, post = populations[k % 200], populations[7 * k % 200]
        document, _ = edits.connect(document, pre, post, "exc")
    drawn = []
    texts = PopulationItem._draw_texts
    monkeypatch.setattr(
        PopulationItem, "_draw_texts", lambda item, painter: (drawn.append(item.id), texts(item, painter))
    )
    editor = make_editor(document)
    editor.canvas.viewport.repaint()
    assert set(drawn) == set(populations)
    drawn.clear()
    editor.canvas.viewport.repaint()
    assert drawn == []
    editor.session.apply(edits.rename(document, populations[0], "Renamed"), "Rename")
    editor.canvas.viewport.repaint()
    assert set(drawn) == {populations[0]}


def test_looks():
    assert describe_pattern(Connector(pattern="fixed_probability", probability=0.02)) == "p = 0.02"
    assert describe_pattern(Connector(pattern="one_to_one")) == "one to one"
    assert describe_pattern(Connector(pattern="gaussian", sigma=0.25)) == "Gaussian, σ = 0.25"
    assert describe_pattern(Connector(pattern="dog")) == "DoG, σ = 0.1 / 0.3"
    assert [short_count(n) for n in (80, 4096, 204_736, 1.2e6, 999_960)] == [
        "80",
        "4.1k",
        "205k",
        "1.2M",
        "1.0M",
    ]
    assert theme.target_kind("inh") == "inhibitory"
    assert theme.target_kind("exc") == "excitatory"


def test_a_card_has_the_colour_of_its_spikes(make_editor):
    document = two_populations()
    pre, post = document.populations
    document, _ = edits.connect(document, pre.id, post.id, "inh")
    editor = make_editor(document)
    picture = editor.canvas.viewport.grab().toImage()
    for object_id, color in population_colors(document).items():
        card = editor.canvas.rect_of(object_id)
        assert picture.pixelColor(card.center().x(), card.top() + 3) == color
