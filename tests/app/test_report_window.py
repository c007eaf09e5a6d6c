"""File → Report: the page that is seen, copied and saved."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QImage, QTextCharFormat, QTextTable
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from app.files import EXAMPLES
from app.report import ReportDialog
from app.report.page import ReportPage
from app.session import Session
from app.theme import apply_theme
from engine.project import edits
from engine.project.document import NeuronText, ProjectDocument
from engine.project.storage import load

MARKDOWN = """---
title: Left out
---

# One

A $a_{1}$ in text, five dollars: \\$5.

* Emit a spike at time $t$.
* $v \\leftarrow 0$

$$
\\tau\\,\\frac{dv}{dt} = -v
$$

| **Name** | **Value** |
| -------- | --------- |
| $\\tau$  | a\\_b     |
"""


@pytest.fixture
def page(qtbot, qapp):
    apply_theme(qapp)
    page = ReportPage()
    qtbot.addWidget(page)
    page.resize(700, 500)
    with qtbot.waitSignal(page.finished, timeout=20_000):
        page.show_markdown(MARKDOWN, "Title_1 *of* all")
    return page


@pytest.fixture
def parent(qtbot, qapp):
    apply_theme(qapp)
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def opened(qtbot, parent: QWidget, document: ProjectDocument) -> tuple[Session, ReportDialog]:
    """The report of a document, all formulas set."""
    session = Session()
    session.open(document, None)
    dialog = ReportDialog(session, document.name, parent)
    dialog.show()
    wait_until_set(qtbot, dialog)
    return session, dialog


def wait_until_set(qtbot, dialog: ReportDialog) -> None:
    qtbot.waitUntil(lambda: dialog.status.text() != "Setting formulas…", timeout=20_000)


def example() -> ProjectDocument:
    return load(EXAMPLES / "izhikevich.neuroloom.json").document


# --- the page --------------------------------------------------------------------------------------------


def blocks(page: ReportPage) -> list[str]:
    block, texts = page.document().begin(), []
    while block.isValid():
        texts.append(block.text())
        block = block.next()
    return texts


def pictures(page: ReportPage) -> list[tuple[int, float, float]]:
    """Number, width and height of each picture on the page."""
    found, block = [], page.document().begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            form = pieces.fragment().charFormat().toImageFormat()
            if form.isValid():
                found.append((int(form.name().partition(":")[2]), form.width(), form.height()))
            pieces += 1
        block = block.next()
    return found


def test_markdown_becomes_a_page_with_formulas_in_their_places(page):
    assert page.formulas == ["a_{1}", "t", r"v \leftarrow 0", "\\tau\\,\\frac{dv}{dt} = -v", r"\tau"]
    assert [number for number, _, _ in pictures(page)] == [0, 1, 2, 3, 4]
    texts = blocks(page)
    assert texts[0] == "Title_1 *of* all" and "One" in texts
    assert "A \ufffc in text, five dollars: $5." in texts
    assert "\ufffc" in texts and "Emit a spike at time \ufffc." in texts
    assert "Left out" not in page.toPlainText() and "$$" not in page.toPlainText()


def test_formulas_are_drawn_as_large_as_they_are_set(page):
    sizes = {number: (width, height) for number, width, height in pictures(page)}
    assert sizes[3][1] > 1.5 * sizes[1][1]  # a fraction alone on its line, a letter in the text
    for number, (width, height) in sizes.items():
        image, _ = page._pictures[number]
        assert image.width() >= width and image.height() >= height
        wide, high = image.width(), image.height()
        inked = {(x, y) for x in range(wide) for y in range(high) if image.pixelColor(x, y).alpha()}
        assert len(inked) > 20
        cut = {(x, y) for x, y in inked if x in (0, wide - 1) or y in (0, high - 1)}
        assert not cut


def test_formulas_stand_on_the_line_of_the_text(page, qtbot):
    """A picture whose foot is as far below the line as letters go, or whose middle is the line."""
    with qtbot.waitSignal(page.finished, timeout=20_000):
        page.show_markdown("Letters $x$ and fractions $\\frac{a}{b}$.", "T")
    alignments, pieces = [], page.document().begin().next().begin()
    while not pieces.atEnd():
        form = pieces.fragment().charFormat().toImageFormat()
        if form.isValid():
            alignments.append(form.verticalAlignment())
        pieces += 1
    alignment = QTextCharFormat.VerticalAlignment
    assert alignments == [alignment.AlignBaseline, alignment.AlignMiddle]
    below = QFontMetricsF(page.font()).descent()
    (letter, _), (fraction, _) = page._pictures[0], page._pictures[1]
    assert feet(letter) == pytest.approx(below * 2.0, abs=2.5)
    assert abs(feet(fraction) - tops(fraction)) < 0.4 * fraction.height()


def inked_rows(image: QImage) -> list[int]:
    across, down = range(image.width()), range(image.height())
    return [y for y in down if any(image.pixelColor(x, y).alpha() > 40 for x in across)]


def feet(image: QImage) -> int:
    """Empty rows below what is drawn."""
    return image.height() - 1 - max(inked_rows(image))


def tops(image: QImage) -> int:
    """Empty rows above what is drawn."""
    return min(inked_rows(image))


def test_headings_stand_apart(page):
    heading = page.document().begin().next()
    assert heading.text() == "One" and heading.blockFormat().headingLevel() == 1
    assert heading.blockFormat().topMargin() > 2 * heading.next().blockFormat().topMargin()


def test_items_of_a_list_stay_in_one_list(page):
    block, indents = page.document().begin(), []
    while block.isValid():
        if block.textList() is not None:
            indents.append((block.textList().format().indent(), block.blockFormat().indent()))
        block = block.next()
    assert indents == [(1, 0), (1, 0)]


def test_tables_are_tables(page):
    table = next(f for f in page.document().rootFrame().childFrames() if isinstance(f, QTextTable))
    assert (table.rows(), table.columns()) == (2, 2)
    assert table.cellAt(1, 1).firstCursorPosition().block().text() == "a_b"
    assert table.cellAt(1, 0).firstCursorPosition().block().text() == "\ufffc"


def test_a_copied_part_has_its_formulas_as_latex(page):
    page.selectAll()
    page.copy()
    copied = QGuiApplication.clipboard().text()
    assert r"$\tau\,\frac{dv}{dt} = -v$" in copied and "$a_{1}$" in copied
    assert "formula:" not in copied and "\ufffc" not in copied


def test_a_new_text_takes_the_place_of_the_old_one(page, qtbot):
    with qtbot.waitSignal(page.finished, timeout=20_000):
        page.show_markdown("Only $x$.", "Other")
    assert page.formulas == ["x"] and blocks(page) == ["Other", "Only \ufffc."]


# --- the dialog ------------------------------------------------------------------------------------------


def test_the_report_of_the_project_is_seen(qtbot, parent):
    _, dialog = opened(qtbot, parent, example())
    text = dialog.page.toPlainText()
    for population in example().populations:
        assert population.name in text
    assert "Neuron models" in text and "Izhikevich" in text
    assert r"\frac{dv}{dt} = 0.04\, {v}^{2} + 5\, v + 140 - u + I" in dialog.page.formulas
    assert dialog.notice.isHidden() and dialog.status.text() == ""


def test_a_project_with_errors_has_a_report_that_says_what_is_missing(qtbot, parent):
    text = NeuronText(id="", name="Wrong", equations="dv/dt = nonsense\nr = v")
    document, wrong = edits.add_neuron(example(), text)
    document, _ = edits.add_population(document, wrong, "Lost")
    _, dialog = opened(qtbot, parent, document)
    assert dialog.notice.isVisible() and "2 objects are left out" in dialog.notice.label.text()
    assert "Neuron model Wrong" in dialog.page.toPlainText()
    assert "equations, line 1: Unknown symbol 'nonsense'." in dialog.page.toPlainText()


def test_it_is_made_anew_on_demand(qtbot, parent):
    session, dialog = opened(qtbot, parent, example())
    population = session.document.populations[0]
    session.apply(edits.rename(session.document, population.id, "Renamed"), "Rename")
    assert "has changed" in dialog.status.text() and "Renamed" not in dialog.page.toPlainText()
    QTest.keyClick(dialog, Qt.Key.Key_F5)
    wait_until_set(qtbot, dialog)
    assert "Renamed" in dialog.page.toPlainText() and dialog.status.text() == ""


def test_the_markdown_is_copied_by_keyboard(qtbot, parent):
    _, dialog = opened(qtbot, parent, example())
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(dialog, Qt.Key.Key_C, modifiers)
    assert QGuiApplication.clipboard().text() == dialog.text(".md")
    assert dialog.text(".md").startswith("---\ntitle: ")


@pytest.mark.parametrize(
    ("given", "kind", "name", "begins"),
    [
        ("report.tex", "Markdown (*.md)", "report.tex", "\\documentclass"),
        ("report", "LaTeX (*.tex)", "report.tex", "\\documentclass"),
        ("report.v2", "Markdown (*.md)", "report.v2.md", "---\ntitle"),
    ],
)
def test_it_is_saved_by_keyboard(qtbot, parent, tmp_path, monkeypatch, given, kind, name, begins):
    _, dialog = opened(qtbot, parent, example())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / given), kind))
    QTest.keyClick(dialog, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    assert str(tmp_path / name) in dialog.status.text()


def test_a_place_that_cannot_be_written_is_told(qtbot, parent, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("")
    _, dialog = opened(qtbot, parent, example())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / "taken" / "r.md"), ""))
    dialog.saving.click()
    assert dialog.notice.isVisible() and "cannot be written" in dialog.notice.label.text()


def test_every_button_is_reached_by_keyboard(qtbot, parent):
    _, dialog = opened(qtbot, parent, ProjectDocument())
    assert dialog.focusWidget() is dialog.page
    reached = set()
    for _ in range(12):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        if isinstance(dialog.focusWidget(), QPushButton):
            reached.add(dialog.focusWidget().text().replace("&", ""))
    assert reached == {"Make anew", "Copy as Markdown", "Save as…", "Close"}
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
