"""The document with the last good text of each model: what ports and fields are made from while typing."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject

from app.session import Session
from engine.project.document import NeuronText, ProjectDocument, SynapseText
from engine.project.models import parse


class LastGood(QObject):
    """Remembers, for each model of the open project, the last text that could be parsed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._texts: dict[str, NeuronText | SynapseText] = {}
        self._remember(session.document, session.document)
        session.documentChanged.connect(self._remember)

    @classmethod
    def of(cls, session: Session) -> LastGood:
        """The one of this session; made when first asked for."""
        return session.findChild(cls) or cls(session)

    @property
    def document(self) -> ProjectDocument:
        """The present document, but with a model whose text is wrong as it was when it was last right."""
        document = self._session.document
        neurons = tuple(self._texts.get(text.id, text) for text in document.neurons)
        synapses = tuple(self._texts.get(text.id, text) for text in document.synapses)
        if neurons == document.neurons and synapses == document.synapses:
            return document
        return msgspec.structs.replace(document, neurons=neurons, synapses=synapses)

    def _remember(self, before: ProjectDocument, after: ProjectDocument) -> None:
        known = {text.id for text in (*before.neurons, *before.synapses)}
        for text in (*after.neurons, *after.synapses):
            if parse(text).model is not None:
                self._texts[text.id] = text
            elif text.id not in known:
                # Another project may hold a model of the same id: what was good there says nothing here.
                self._texts.pop(text.id, None)
