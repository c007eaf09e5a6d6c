"""The form of a model that belongs to the project, shown apart from the populations that use it."""

from __future__ import annotations

from collections.abc import Iterable

from app.editor.form import Form
from app.editor.model_fields import NEURON_FIELDS, SYNAPSE_FIELDS
from app.editor.model_texts import ModelTexts
from app.session import Session
from engine.project.check import Problem
from engine.project.document import NeuronText, ProjectDocument, SynapseText
from engine.project.edits import find, rename


class ModelForm(Form):
    """Name and text of one model."""

    def __init__(self, session: Session, object_id: str) -> None:
        super().__init__(session, object_id)
        neuron = isinstance(find(session.document, object_id), NeuronText)
        section = self.section("Neuron model" if neuron else "Synapse model")
        self.name = self.line(
            section,
            "&Name",
            "name",
            lambda document: self._model(document).name,
            lambda document, text: rename(document, object_id, text.strip()),
        )
        self.texts = ModelTexts(session, NEURON_FIELDS if neuron else SYNAPSE_FIELDS, self._model)
        section.add(self.texts)
        self.on_refresh(self.texts.refresh)
        self.column.addStretch(1)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        problems = list(problems)
        super().show_problems(problems)
        self.texts.show_problems(problems)

    def focus_place(self, object_id: str, field: str, line: int, column: int) -> bool:
        return self.texts.focus_place(object_id, field, line, column) or super().focus_place(
            object_id, field, line, column
        )

    def _touched(self) -> tuple[str, ...]:
        # A model is not among what can be selected: an edit leaves the selection as it is.
        return ()

    def _model(self, document: ProjectDocument) -> NeuronText | SynapseText:
        model = find(document, self.object_id)
        assert isinstance(model, NeuronText | SynapseText)
        return model
