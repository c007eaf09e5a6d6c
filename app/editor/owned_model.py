"""The model part of a form: which model, its name, its text, and the way to a copy that can be edited."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtWidgets import QLabel, QPushButton

from app.editor.form import Choices, Form, Section
from app.editor.model_choice import own_copy
from app.editor.model_fields import NEURON_FIELDS, SYNAPSE_FIELDS, senseless_fields
from app.editor.model_texts import ModelText, ModelTexts
from engine.project.document import NeuronText, Population, ProjectDocument, Projection, SynapseText
from engine.project.edits import find, rename, update_model

OPERATIONS = ("sum", "max", "min", "mean")


class OwnedModel:
    """The section of a population's or projection's form that shows its model.

    Parameters
    ----------
    form : Form
    label, field : str
        Of the choice, e.g. ``"&Model"``, ``"model"``.
    choices, chosen, choose : callable
        The models to choose from, which one it is, and the edit that takes another.
    text_of : callable
        The text of the model; None: it has none.
    about : callable
        A remark for a model without text.
    """

    def __init__(
        self,
        form: Form,
        label: str,
        field: str,
        choices: Callable[[ProjectDocument], Choices],
        chosen: Callable[[ProjectDocument], str],
        choose: Callable[[ProjectDocument, str], ProjectDocument],
        text_of: Callable[[ProjectDocument], ModelText | None],
        about: Callable[[ProjectDocument], str],
    ) -> None:
        self._form = form
        self._text_of = text_of
        self._about = about
        self._of_neurons = isinstance(find(form.session.document, form.object_id), Population)
        section = form.section("Model")
        self._rows = section.rows
        self.box = form.choice(section, label, field, choices, chosen, choose)
        self._lay_out_ownership(section)
        fields = NEURON_FIELDS if self._of_neurons else SYNAPSE_FIELDS
        self.texts = ModelTexts(form.session, fields, text_of, form.object_id)
        section.add(self.texts)
        if not self._of_neurons:
            self.operation = form.choice(
                section,
                "Combine by",
                "model.operation",
                lambda document: [(name, name) for name in OPERATIONS],
                self._read_operation,
                self._write_operation,
                tip="How a rate-coded neuron combines its synapses",
            )
        form.on_refresh(self._show)
        form.on_refresh(self.texts.refresh)

    def _lay_out_ownership(self, section: Section) -> None:
        self.customise = QPushButton("&Customise…")
        self.customise.setToolTip("Make a copy of this model that belongs to the project and can be edited")
        self.customise.clicked.connect(self._customise)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        section.rows.addRow(self.customise)
        section.rows.addRow(self.note)
        self.name = self._form.line(
            section, "Mode&l name", "model.name", self._read_name, self._write_name, tip="Name of the model"
        )

    def field_of(self, object_id: str, field: str) -> str:
        """Field of the form that shows ``field`` of the model; empty: another object's or an editor's."""
        text = self._text_of(self._form.session.document)
        if text is None or object_id != text.id or field not in ("name", "operation"):
            return ""
        return f"model.{field}"

    def _show(self, document: ProjectDocument) -> None:
        text = self._text_of(document)
        own = text is not None and _is_own(document, text)
        users = _users(document, text.id) if text is not None and own else []
        others = [user.name for user in users if user.id != self._form.object_id]
        self._rows.setRowVisible(self.name, own)
        if not self._of_neurons:
            combines = text is not None and "operation" not in senseless_fields(document, text)
            combines |= self._read_operation(document) != OPERATIONS[0]
            self._rows.setRowVisible(self.operation, own and combines)
        # A source of spikes has no text that could be copied; a projection can always start from nothing.
        can_fork = text is not None or not self._of_neurons
        self._rows.setRowVisible(self.customise, can_fork and (not own or bool(others)))
        self.customise.setText("&Customise…" if not own else "Make own &copy")
        if text is None:
            self.note.setText(self._about(document))
        elif not own:
            self.note.setText("Built in. Customise makes a copy that you can edit.")
        else:
            self.note.setText(f"Also used by {', '.join(others)}: they change with it." if others else "")
        self._rows.setRowVisible(self.note, bool(self.note.text()))

    def _customise(self) -> None:
        document = own_copy(self._form.session.document, self._form.object_id)
        self._form.apply(document, "Customise the model")

    def _read_name(self, document: ProjectDocument) -> str:
        text = self._text_of(document)
        return text.name if text else ""

    def _write_name(self, document: ProjectDocument, name: str) -> ProjectDocument:
        text = self._text_of(document)
        return rename(document, text.id, name.strip()) if text else document

    def _read_operation(self, document: ProjectDocument) -> str:
        text = self._text_of(document)
        return text.operation if isinstance(text, SynapseText) else OPERATIONS[0]

    def _write_operation(self, document: ProjectDocument, operation: str) -> ProjectDocument:
        text = self._text_of(document)
        assert isinstance(text, SynapseText)
        return update_model(document, msgspec.structs.replace(text, operation=operation))


def _is_own(document: ProjectDocument, text: ModelText) -> bool:
    own = document.neurons if isinstance(text, NeuronText) else document.synapses
    return any(text.id == other.id for other in own)


def _users(document: ProjectDocument, model_id: str) -> list[Population | Projection]:
    return [
        *(p for p in document.populations if p.model == model_id),
        *(p for p in document.projections if p.synapse == model_id),
    ]
