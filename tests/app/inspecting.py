"""A session with a small project, and hands to work its inspector with."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.editor.inspector import Inspector
from app.editor.line_field import LineField
from app.editor.problems import ProblemsDock, ProblemWatch
from app.session import Session
from engine.project.document import Population, ProjectDocument, Projection
from engine.project.edits import add_population, connect, find


class Desk:
    """An inspector and a list of problems on a project of two populations that are connected."""

    def __init__(self, qtbot) -> None:
        document = ProjectDocument(name="Test")
        document, self.exc = add_population(document, "Izhikevich", "Exc")
        document, self.inh = add_population(document, "IF_curr_exp", "Inh", geometry=(20,))
        document, self.projection = connect(document, self.exc, self.inh, "exc")
        self.session = Session(document)
        self.inspector = Inspector(self.session)
        self.dock = ProblemsDock(self.session)
        self.dock.activated.connect(self.inspector.show_place)
        self.window = QWidget()
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.inspector, 3)
        layout.addWidget(self.dock, 1)
        self.window.resize(360, 1000)
        qtbot.addWidget(self.window)
        with qtbot.waitActive(self.window):
            self.window.show()

    @property
    def document(self) -> ProjectDocument:
        return self.session.document

    @property
    def form(self):
        return self.inspector.form

    def population(self, object_id: str | None = None) -> Population:
        return find(self.document, object_id or self.exc)

    def connection(self) -> Projection:
        return find(self.document, self.projection)

    def select(self, *ids: str) -> None:
        self.session.select(ids)

    def undo(self) -> None:
        self.session.undo_stack.undo()

    def check(self) -> list:
        """Check the project now instead of a moment after the last edit; the problems."""
        watch = ProblemWatch.of(self.session)
        watch.check_now()
        return watch.problems


def write(field: LineField, text: str, *, commit: bool = True) -> None:
    """Type over the text of a field and press Return."""
    field.edit.setFocus()
    field.edit.selectAll()
    QTest.keyClick(field.edit, Qt.Key.Key_Backspace)
    QTest.keyClicks(field.edit, text)
    if commit:
        QTest.keyClick(field.edit, Qt.Key.Key_Return)


def press(
    widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(widget, key, modifier)


def underlined(editor) -> list[str]:
    """The pieces of text under a red wave."""
    return [selection.cursor.selectedText() for selection in editor.extraSelections()]


def choose(box: QComboBox, value: str) -> None:
    """Choose an entry as the user does."""
    index = box.findData(value)
    assert index >= 0, f"{value} is not offered"
    box.setCurrentIndex(index)
    box.activated.emit(index)
