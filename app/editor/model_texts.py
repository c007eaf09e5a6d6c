"""The text of a model in equation editors, one for each field."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.editor.equation_editor import EquationEditor, message_of
from app.editor.form import unfold_around
from app.editor.last_good import LastGood
from app.editor.model_fields import Fields, examples_of, senseless_fields
from app.editor.name_meaning import Meanings
from app.session import Session
from engine.language.functions import CALLABLE
from engine.language.model import NeuronModel, SynapseModel
from engine.project.check import Problem
from engine.project.document import NeuronText, ProjectDocument, Projection, SynapseText
from engine.project.edits import objects, update_model
from engine.project.models import model_of, parse, sender_of

ModelText = NeuronText | SynapseText


class EquationField(QWidget):
    """An editor under its label, with what is wrong with its text below."""

    def __init__(self, label: str, lines: int, example: str) -> None:
        super().__init__()
        self.editor = EquationEditor(label.replace("&", ""), lines)
        self.show_example(example)
        caption = QLabel(label)
        caption.setBuddy(self.editor)
        self.message = QLabel()
        self.message.setObjectName("fieldError")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (caption, self.editor, self.message):
            column.addWidget(widget)

    def show_example(self, example: str) -> None:
        """Say in the empty editor what may stand there."""
        if self.editor.placeholderText() != f"e.g. {example}":
            self.editor.setPlaceholderText(f"e.g. {example}")

    def show_problems(self, problems: Iterable[Problem]) -> None:
        diagnostics = [problem.diagnostic for problem in problems]
        self.editor.set_diagnostics(diagnostics)
        lines = ((f"Line {d.line}: " if d.line else "") + message_of(d) for d in diagnostics)
        self.message.setText("\n".join(dict.fromkeys(lines)))  # a name that is wrong twice is told once
        self.message.setVisible(bool(diagnostics))


class ModelTexts(QWidget):
    """Editors for all fields of one model; those of built-in models can only be read.

    Parameters
    ----------
    session : Session
    fields : Fields
        ``NEURON_FIELDS`` or ``SYNAPSE_FIELDS`` of :mod:`app.editor.model_fields`.
    read : callable
        Gives the model to show; None: nothing is shown.
    owner_id : str
        The population or projection that is selected, kept selected by edits.
    """

    def __init__(
        self,
        session: Session,
        fields: Fields,
        read: Callable[[ProjectDocument], ModelText | None],
        owner_id: str = "",
    ) -> None:
        super().__init__()
        self._session = session
        self._read = read
        self._owner_id = owner_id
        self._step = 0
        self.fields: dict[str, EquationField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for name, label, lines, example in fields:
            field = self.fields[name] = EquationField(label, lines, example)
            editor = field.editor
            editor.textEdited.connect(lambda text, name=name: self._write(name, text))
            editor.undoRequested.connect(session.undo_stack.undo)
            editor.redoRequested.connect(session.undo_stack.redo)
            editor.editingStarted.connect(self._begin_step)
            column.addWidget(field)

    def refresh(self, document: ProjectDocument) -> None:
        """Show the model of the document."""
        text = self._read(document)
        self.setVisible(text is not None)
        if text is None:
            return
        own = any(text.id == other.id for other in (*document.neurons, *document.synapses))
        good = LastGood.of(self._session).document
        readable = self._read(good)
        model = parse(readable).model if readable else None
        targets = [f"g_{target}" for target in getattr(model, "targets", ())]
        own_names = _attributes(model).difference(targets)
        pre, post = self._models_of_ends(good)
        of_ends = [f"{end}.{name}" for end, m in (("pre", pre), ("post", post)) for name in _attributes(m)]
        others = (*targets, *CALLABLE, *of_ends, *(["g_target"] * isinstance(text, SynapseText)))
        meanings = Meanings(model, pre, post)
        senseless, examples = senseless_fields(document, text), examples_of(document, text)
        for name, field in self.fields.items():
            editor = field.editor
            editor.show_text(getattr(text, name))
            editor.set_names(own_names, others)
            editor.set_meaning(meanings.of)
            if editor.isReadOnly() == own:
                editor.setReadOnly(not own)
                role = QPalette.ColorRole.Base if own else QPalette.ColorRole.Window
                palette = editor.palette()
                palette.setColor(QPalette.ColorRole.Base, self.palette().color(role))
                editor.setPalette(palette)
            field.show_example(examples[name])
            offered = own and (name not in senseless or editor.hasFocus())
            field.setVisible(offered or bool(getattr(text, name)))

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Underline mistakes in the fields that they belong to."""
        text = self._read(self._session.document)
        ids = (text.id, self._owner_id) if text else ()
        for name, field in self.fields.items():
            field.show_problems([p for p in problems if p.object_id in ids and p.field == name])

    def focus_place(self, object_id: str, name: str, line: int, column: int) -> bool:
        """Put the cursor into a field of the model; False if it is another model's."""
        text = self._read(self._session.document)
        if text is None or object_id not in (text.id, self._owner_id) or name not in self.fields:
            return False
        editor = self.fields[name].editor
        unfold_around(editor)
        editor.show_place(line, column)
        return True

    def _models_of_ends(self, document: ProjectDocument) -> tuple[NeuronModel | None, NeuronModel | None]:
        """The two neurons that the synapses of the projection can read of."""
        owner = objects(document).get(self._owner_id)
        if not isinstance(owner, Projection):
            return None, None
        populations = {p.id: p for p in document.populations}
        pre, post = populations.get(owner.pre), populations.get(owner.post)
        return pre and sender_of(document, pre), post and model_of(document, post)

    def _write(self, name: str, text: str) -> None:
        model = self._read(self._session.document)
        if model is not None:
            edited = update_model(self._session.document, msgspec.structs.replace(model, **{name: text}))
            touched = (self._owner_id,) if self._owner_id else ()
            title = f"Edit {name.replace('_', ' ')} of {model.name}"
            self._session.apply(edited, title, touched, f"{model.id}.{name}.{self._step}")

    def _begin_step(self) -> None:
        self._step += 1


def _attributes(model: NeuronModel | SynapseModel | None) -> set[str]:
    return {a.name for a in (*model.parameters, *model.variables)} if model else set()
