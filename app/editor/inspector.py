"""The inspector: the form of whatever is selected."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import theme
from app.editor.bold_form import BoldForm
from app.editor.form import Form
from app.editor.last_good import LastGood
from app.editor.model_form import ModelForm
from app.editor.population_form import PopulationForm
from app.editor.problems import ProblemWatch
from app.editor.project_form import ProjectForm
from app.editor.projection_form import ProjectionForm
from app.editor.selection_form import SelectionForm
from app.session import Session
from engine.project.check import Problem
from engine.project.document import BoldMonitor, Population, ProjectDocument
from engine.project.edits import objects

_STYLE = f"""
QLabel#fieldError {{ color: {theme.ERROR}; }}
QLineEdit, QPlainTextEdit, QListWidget {{ border: 1px solid {theme.BORDER}; border-radius: 3px; }}
QLineEdit {{ padding: 2px 4px; }}
QLineEdit:focus, QPlainTextEdit:focus, QListWidget:focus {{ border-color: {theme.ACCENT}; }}
QLineEdit[changed="true"] {{ font-weight: 600; }}
QLineEdit[wrong="true"] {{ border-color: {theme.ERROR}; }}
QCheckBox::indicator:unchecked {{ width: 12px; height: 12px; background: {theme.BASE};
                                  border: 1px solid {theme.MUTED}; border-radius: 2px; }}
QCheckBox::indicator:unchecked:focus {{ border-color: {theme.ACCENT}; }}
QToolButton#sectionHeading {{ border: none; border-bottom: 1px solid {theme.BORDER}; padding: 3px 0;
                              font-weight: 600; }}
QToolButton#sectionHeading:focus {{ border-bottom-color: {theme.ACCENT}; }}
"""


class Inspector(QWidget):
    """Shows one form at a time and keeps it in step with the document.

    Parameters
    ----------
    session : Session
        Its selection decides which form is shown: of a population or projection, of several at once, or
        of the project while nothing is selected.
    """

    modelShown = Signal(str)
    """Id of the model whose form is shown apart from those who use it; empty: another form is shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        # Made before the forms, so that it knows of a change before they ask.
        LastGood.of(session)
        self._watch = ProblemWatch.of(session)
        self._model_id = ""
        self._storage: dict[str, str] = {}
        self._shown: tuple[str, ...] | None = None
        self.setStyleSheet(_STYLE)
        self.back = QPushButton("← Pro&ject")
        self.back.setToolTip("Back to the project's form")
        self.back.clicked.connect(self._leave)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.back, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._scroll)
        session.selectionChanged.connect(self._select)
        session.documentChanged.connect(self._update)
        session.projectOpened.connect(lambda: self.show_storage({}))
        self._watch.changed.connect(self._show_problems)
        self._show()

    @property
    def form(self) -> Form:
        """The form that is shown."""
        form = self._scroll.widget()
        assert isinstance(form, Form)
        return form

    def sizeHint(self) -> QSize:
        return QSize(340, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 200)

    def show_model(self, model_id: str) -> None:
        """Show the form of a model of the project's own, or of a BOLD monitor."""
        self._model_id = model_id
        self._session.select(())
        self._show()

    def show_place(self, object_id: str, field: str, line: int = 0, column: int = 0) -> None:
        """Select an object, or one that uses the model of this id, and put the cursor into a field."""
        if self.form.focus_place(object_id, field, line, column):
            return
        document = self._session.document
        models = {o.id for o in (*document.models, *document.bold_monitors)}
        if object_id in models:
            user = _user_of(document, object_id)
            if user:
                self._session.select((user,))
            else:
                self.show_model(object_id)
        else:
            self._model_id = ""
            self._session.select((object_id,) if object_id in objects(document) else ())
            self._show()
        self.form.focus_place(object_id, field, line, column)

    def show_storage(self, storage: dict[str, str]) -> None:
        """Tell how the synapses of projections are held, by their ids, as the last run found it."""
        self._storage = storage
        form = self.form
        if isinstance(form, ProjectionForm):
            form.show_storage(storage.get(form.object_id, ""))

    def _select(self, ids: tuple[str, ...]) -> None:
        if ids:
            self._model_id = ""
        self._show()

    def _leave(self) -> None:
        self._model_id = ""
        self._session.select(())
        self._show()

    def _update(self, before: ProjectDocument, after: ProjectDocument) -> None:
        if self._wanted() == self._shown:
            self.form.refresh()
        else:
            self._show()

    def _show_problems(self, problems: list[Problem]) -> None:
        self.form.show_problems(problems)

    def _wanted(self) -> tuple[str, ...]:
        """ids of what the form should be about; what was removed from the document does not count."""
        present = objects(self._session.document)
        ids = self._session.selection or (self._model_id,)
        return tuple(object_id for object_id in ids if object_id in present)

    def _show(self) -> None:
        focused = self._scroll.focusWidget()
        if self._wanted() != self._shown and focused is not None:
            # What is being typed into the old form is kept, as it is on any other way out of a field.
            focused.clearFocus()
        wanted = self._wanted()
        if wanted == self._shown:
            return
        self._shown = wanted
        self.modelShown.emit("" if self._session.selection else self._model_id)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        form = self._form_of(wanted)
        form.align()
        self._scroll.setWidget(form)
        self.back.setVisible(bool(wanted))
        form.show_problems(self._watch.problems)
        self.setFocusProxy(form.first_field())

    def _form_of(self, ids: tuple[str, ...]) -> Form:
        document = self._session.document
        if not ids:
            form = ProjectForm(self._session)
            form.modelChosen.connect(self.show_model)
            return form
        if len(ids) > 1:
            return self._with_bold(SelectionForm(self._session, ids))
        thing = objects(document)[ids[0]]
        if isinstance(thing, Population):
            return self._with_bold(PopulationForm(self._session, thing.id))
        if isinstance(thing, BoldMonitor):
            monitor = BoldForm(self._session, thing.id)
            monitor.left.connect(self._leave)
            return monitor
        if thing in document.projections:
            projection = ProjectionForm(self._session, thing.id)
            projection.show_storage(self._storage.get(thing.id, ""))
            return projection
        return ModelForm(self._session, thing.id)

    def _with_bold(self, form: PopulationForm | SelectionForm) -> Form:
        """A form that leads to the BOLD monitors of what is selected."""
        if form.bold is not None:
            form.bold.opened.connect(self.show_model)
        return form


def _user_of(document: ProjectDocument, model_id: str) -> str | None:
    """A population or projection that uses a model."""
    for population in document.populations:
        if population.model == model_id:
            return population.id
    for projection in document.projections:
        if projection.synapse == model_id:
            return projection.id
    return None
