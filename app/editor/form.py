"""A form: widgets that each show one thing of the document and write it back as one undoable step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.editor.line_field import LineField
from app.session import Session
from engine.errors import EngineError
from engine.project.check import Problem
from engine.project.document import ProjectDocument

Read = Callable[[ProjectDocument], str]
Write = Callable[[ProjectDocument, str], ProjectDocument]
Choices = Sequence[tuple[str, str]]
"""(text, value) of each entry of a choice; a text of ``""`` is a line between groups."""
_MOST_ROWS = 8
_MOST_LABEL = 10
"""Widest label, in letters, that others are aligned to."""


class Section(QWidget):
    """A part of a form under a heading that folds it away."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = QToolButton(text=title, checkable=True, checked=True)
        self._heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._heading.setArrowType(Qt.ArrowType.DownArrow)
        self._heading.setObjectName("sectionHeading")
        self._heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heading.setAccessibleName(f"{title} (fold or unfold)")
        self.body = QWidget()
        self.rows = QFormLayout()
        self._whole = QVBoxLayout(self.body)
        self._whole.setContentsMargins(8, 2, 2, 8)
        self._whole.setSpacing(6)
        self._whole.addLayout(self.rows)
        self.rows.setHorizontalSpacing(8)
        self.rows.setVerticalSpacing(6)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._heading)
        column.addWidget(self.body)
        self._heading.toggled.connect(self._fold)

    def add(self, widget: QWidget) -> None:
        """Add a widget of the whole width below the rows."""
        self._whole.addWidget(widget)

    def labels(self) -> list[QWidget]:
        """What stands before the fields of the rows."""
        items = (self.rows.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(self.rows.rowCount()))
        return [item.widget() for item in items if item is not None and item.widget() is not None]

    def unfold(self) -> None:
        self._heading.setChecked(True)

    def put_in_tab_order(self) -> None:
        """Let Tab go through the rows after the heading, when they were made later than what follows."""
        before: QWidget = self._heading
        for widget in self.body.findChildren(QWidget):
            takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
            if takes_tab and not widget.isWindow():
                QWidget.setTabOrder(before, widget)
                before = widget

    def _fold(self, open_: bool) -> None:
        self._heading.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)
        self.body.setVisible(open_)


class Form(QWidget):
    """Base of the forms of the inspector.

    Subclasses lay out their widgets through :meth:`line`, :meth:`choice` and :meth:`check`, each of which
    gets two pure functions: how to read its text from a document and how to write it into one.
    """

    def __init__(self, session: Session, object_id: str = "") -> None:
        super().__init__()
        self.session = session
        self.object_id = object_id
        self._refreshers: list[Callable[[ProjectDocument], None]] = []
        self.lines: dict[str, LineField] = {}
        self._widgets: dict[str, QWidget] = {}
        self._messages: dict[str, Callable[[str], None]] = {}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(6, 6, 6, 6)
        self.column.setSpacing(4)

    # --- what the inspector calls ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the present document."""
        for refresher in self._refreshers:
            refresher(self.session.document)
        self.align()

    def align(self) -> None:
        """Let the fields of all sections begin below each other; a very long label stands out alone."""
        labels = [label for section in self.findChildren(Section) for label in section.labels()]
        most = self.fontMetrics().horizontalAdvance("m") * _MOST_LABEL
        width = max((w for label in labels if (w := label.sizeHint().width()) <= most), default=0)
        for label in labels:
            label.setMinimumWidth(width)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show what is wrong beside the fields that it belongs to."""
        messages: dict[str, str] = {}
        for problem in problems:
            text = " ".join(filter(None, (problem.diagnostic.message, problem.diagnostic.hint)))
            messages.setdefault(self.field_of(problem.object_id, problem.field), text)
        for field, show in self._messages.items():
            show(messages.get(field, ""))

    def focus_place(self, object_id: str, field: str, line: int, column: int) -> bool:
        """Put the cursor where a problem is; False if no widget here shows that field."""
        widget = self._widgets.get(self.field_of(object_id, field))
        if widget is None:
            return False
        unfold_around(widget)
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def first_field(self) -> QWidget:
        """Where the focus goes when the form is asked to take it."""
        return next(iter(self._widgets.values()), self)

    def field_of(self, object_id: str, field: str) -> str:
        """Which field of this form a problem belongs to; empty: to none."""
        return field if object_id == self.object_id else ""

    # --- for subclasses ----------------------------------------------------------------------------------

    def section(self, title: str) -> Section:
        section = Section(title)
        self.column.addWidget(section)
        return section

    def on_refresh(self, refresher: Callable[[ProjectDocument], None]) -> None:
        """Call ``refresher`` with the document now and after each change."""
        self._refreshers.append(refresher)
        refresher(self.session.document)

    def apply(self, document: ProjectDocument, title: str, merge_key: str = "") -> None:
        """Make an edited document the current one."""
        self.session.apply(document, title, self._touched(), merge_key)

    def _touched(self) -> tuple[str, ...]:
        return (self.object_id,) if self.object_id in self.session.selection else ()

    def line(
        self, section: Section, label: str, field: str, read: Read, write: Write, *, tip: str = ""
    ) -> LineField:
        """Add a line of text for ``field``; ``write`` raises :class:`EngineError` for a text it refuses."""
        name = label.replace("&", "")
        edit = LineField(lambda text: write(self.session.document, text), name)
        edit.edit.setToolTip(tip)
        edit.committed.connect(lambda document: self.apply(document, f"Change {name.lower()}"))
        self.add_line(section, label, field, edit)
        self.on_refresh(lambda document: edit.show_text(read(document)))
        return edit

    def add_line(self, section: Section, label: str, field: str, edit: LineField) -> None:
        """Put a line under its label, and let problems of ``field`` show at it."""
        caption = QLabel(label)
        caption.setBuddy(edit.edit)
        caption.setToolTip(edit.edit.toolTip())
        section.rows.addRow(caption, edit)
        self.lines[field] = edit
        self._messages[field] = edit.show_problem
        self.add_place(field, edit.edit)

    def add_place(self, field: str, widget: QWidget) -> None:
        """Lead to ``widget`` for problems of ``field``."""
        self._widgets[field] = widget

    def choice(
        self,
        section: Section,
        label: str,
        field: str,
        choices: Callable[[ProjectDocument], Choices],
        read: Read,
        write: Write,
        *,
        tip: str = "",
    ) -> QComboBox:
        """Add a choice; a value of the document that is not among ``choices`` is shown, marked as missing."""
        name = label.replace("&", "")
        box = _ChoiceBox()
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        caption = QLabel(label)
        caption.setBuddy(box)
        section.rows.addRow(caption, box)
        self._widgets[field] = box
        self.add_message(section, field)

        def show(document: ProjectDocument) -> None:
            entries = list(choices(document))
            value = read(document)
            if value not in (data for text, data in entries if text):
                entries.append((f"{value} (missing)", value))
            show_choices(box, entries, value)

        def choose(index: int) -> None:
            try:
                self.apply(write(self.session.document, box.itemData(index)), f"Change {name.lower()}")
            except EngineError as error:
                box.setToolTip(str(error))
                show(self.session.document)

        box.activated.connect(choose)
        self.on_refresh(show)
        return box

    def add_message(self, section: Section, field: str) -> None:
        """Make room below the last row for what is wrong with ``field``."""
        label = QLabel(objectName="fieldError")
        label.setWordWrap(True)
        section.rows.addRow(label)

        def show(message: str) -> None:
            label.setText(message)
            section.rows.setRowVisible(label, bool(message))

        show("")
        self._messages[field] = show

    def check(
        self,
        section: Section,
        label: str,
        field: str,
        read: Callable[[ProjectDocument], bool],
        write: Callable[[ProjectDocument, bool], ProjectDocument],
    ) -> QCheckBox:
        """Add a box to tick."""
        box = QCheckBox(label)
        section.rows.addRow(box)
        self._widgets[field] = box
        name = label.replace("&", "").lower()
        box.clicked.connect(lambda on: self.apply(write(self.session.document, on), f"Change {name}"))
        self.on_refresh(lambda document: box.setChecked(read(document)))
        return box


class _ChoiceBox(QComboBox):
    """A combo box that lets the wheel scroll the form instead of changing the choice under the pointer."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def show_choices(box: QComboBox, entries: Choices, value: str) -> None:
    """Fill a combo box, unless it holds the same entries already, and choose ``value``."""
    present = [(box.itemText(i), box.itemData(i)) for i in range(box.count())]
    if present != [(text, data if text else None) for text, data in entries]:
        box.clear()
        for text, data in entries:
            if text:
                box.addItem(text, data)
            else:
                box.insertSeparator(box.count())
    box.setCurrentIndex(next((i for i, (text, data) in enumerate(entries) if text and data == value), -1))


def unfold_around(widget: QWidget) -> None:
    """Open the folded sections that a widget is in."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, Section):
            parent.unfold()
        parent = parent.parentWidget()


def fit_height(entries: QListWidget) -> None:
    """Make a list as high as its rows, up to a few."""
    rows = range(min(entries.count(), _MOST_ROWS))
    entries.setFixedHeight(sum(map(entries.sizeHintForRow, rows)) + 2 * entries.frameWidth() + 4)
