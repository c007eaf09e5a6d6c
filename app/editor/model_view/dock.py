"""The dock with three views of what becomes of equations."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.editor.highlighter import EquationHighlighter
from app.editor.last_good import LastGood
from app.editor.model_choice import default_synapse
from app.editor.model_view.code_view import CodeView
from app.editor.model_view.cpp_highlighter import CppHighlighter
from app.editor.model_view.generated import GeneratedCode
from app.editor.model_view.mathematics import MathView
from app.session import Session
from engine.errors import EngineError
from engine.language.latex import model_formulas
from engine.language.model import NeuronModel, SynapseModel
from engine.language.step import step_text
from engine.project.bold import bold_models
from engine.project.catalogue import SOURCES, neuron_text, synapse_text
from engine.project.document import BoldMonitor, NeuronText, Population, ProjectDocument, SynapseText
from engine.project.edits import objects
from engine.project.models import parse

_PAUSE = 150
"""ms without an edit before the views follow."""
_STALE = "The text has mistakes now; this is of the last text without."


@dataclass(frozen=True)
class Subject:
    """The model to show, and where it is from; or why there is none."""

    title: str
    model: NeuronModel | SynapseModel | None
    note: str = ""


class ModelDock(QWidget):
    """Mathematics, the update of one step and C++; each is made when it is seen.

    Parameters
    ----------
    session : Session
        Its one selected population or projection has the model that is shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._model_id = ""
        self._good = LastGood.of(session)
        self.mathematics = MathView()
        self.step = CodeView("Update of one step")
        self._step_colours = EquationHighlighter(self.step.text.document())
        self.code = CodeView("Generated C++")
        self._code_colours = CppHighlighter(self.code.text.document())
        self._generated = GeneratedCode(session)
        self._generated.written.connect(self._show_code)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.addTab(self.mathematics, "Mathematics")
        self.tabs.addTab(self.step, "One step")
        self.tabs.addTab(self.code, "Generated C++")
        self.tabs.setTabToolTip(1, "What the numerical method makes of the equations, as it is compiled")
        self.tabs.setTabToolTip(2, "The text of the whole network that is compiled when it is run")
        self.tabs.currentChanged.connect(lambda index: self.refresh())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self.setFocusProxy(self.tabs)
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE)
        self._timer.timeout.connect(self.refresh)
        session.documentChanged.connect(lambda before, after: self._timer.start())
        session.selectionChanged.connect(lambda ids: self._timer.start(0))

    def show_model(self, model_id: str) -> None:
        """Show a model of the project's own while nothing is selected; empty: none."""
        self._model_id = model_id
        self._timer.start(0)

    def refresh(self) -> None:
        """Make the view that is seen."""
        seen = self.tabs.currentWidget() if self.isVisible() else None
        self._generated.set_wanted(seen is self.code)
        if seen is self.mathematics:
            self._show_mathematics()
        elif seen is self.step:
            self._show_step()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start(0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._generated.set_wanted(False)

    # --- the views ---------------------------------------------------------------------------------------

    def _show_mathematics(self) -> None:
        subject = self.subject()
        formulas = model_formulas(subject.model) if subject.model else []
        if formulas:
            self.mathematics.show_formulas(formulas, subject.note)
        else:
            self.mathematics.show_note(subject.note or f"{subject.title} has no equations.")

    def _show_step(self) -> None:
        subject = self.subject()
        if subject.model is None:
            self.step.show_text("", subject.note)
            return
        model, method = subject.model, self._session.document.run.method
        self._step_colours.set_own(a.name for a in (*model.parameters, *model.variables))
        try:
            text = step_text(model, method)
        except EngineError as error:
            self.step.show_text("", str(error))
            return
        note = f"{subject.title}. Equations without a method of their own: {method}."
        self.step.show_text(text, " ".join(filter(None, (note, subject.note))))

    def _show_code(self, text: str, fault: str) -> None:
        self.code.show_text(text, fault or "What is compiled when the network is run.")

    def subject(self) -> Subject:
        """What is selected, with the last good text of its model."""
        document = self._session.document
        chosen = [objects(document)[i] for i in self._session.selection]
        if len(chosen) != 1:
            return self._model_alone(document) or Subject(
                "", None, "Select one population or projection to see its model."
            )
        owner = chosen[0]
        if isinstance(owner, Population):
            if owner.model in SOURCES:
                return Subject(owner.name, None, f"{SOURCES[owner.model]} It has no equations.")
            return self._subject(owner.name, owner.model)
        synapse = owner.synapse or default_synapse(document, owner)
        return self._subject(owner.name, synapse)

    def _model_alone(self, document: ProjectDocument) -> Subject | None:
        thing = objects(document).get(self._model_id)
        if isinstance(thing, BoldMonitor):
            model = bold_models().get(thing.model)
            return Subject(f"{thing.name}, {thing.model}", model.analyse() if model else None)
        return self._subject("", self._model_id) if thing else None

    def _subject(self, owner: str, model_id: str) -> Subject:
        now, good = (_text(document, model_id) for document in (self._session.document, self._good.document))
        model = parse(good).model if good else None
        if good is None or now is None or model is None:
            return Subject(owner, None, "The text of the model has mistakes; see the problems.")
        title = f"{owner}, {now.name}" if owner else now.name
        return Subject(title, model, "" if parse(now).model else _STALE)


def _text(document: ProjectDocument, model_id: str) -> NeuronText | SynapseText | None:
    return neuron_text(document, model_id) or synapse_text(document, model_id)
