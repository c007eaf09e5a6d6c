"""The form of a population."""

from __future__ import annotations

import msgspec

from app.editor.bold_section import BoldSection
from app.editor.course_section import CourseSection
from app.editor.model_choice import choose_neuron, neuron_choices
from app.editor.monitor_section import MonitorSection
from app.editor.owned_model import OwnedModel
from app.editor.owner_form import OwnerForm
from app.editor.spike_times import SpikeTimes
from app.editor.value_section import ValueSections
from app.editor.value_text import format_geometry, parse_geometry
from app.session import Session
from engine.project.catalogue import SOURCES, neuron_text
from engine.project.document import Population, ProjectDocument
from engine.project.edits import find, rename, replace_object


class PopulationForm(OwnerForm):
    """Name, geometry, model, parameters, initial values and recordings of one population."""

    def __init__(self, session: Session, object_id: str) -> None:
        super().__init__(session, object_id)
        section = self.section("Population")
        self.name = self.line(
            section,
            "&Name",
            "name",
            lambda document: self._population(document).name,
            lambda document, text: rename(document, object_id, text.strip()),
            tip="Letters, digits and underscores; the name in an exported script",
        )
        self.shape = self.line(
            section,
            "&Geometry",
            "geometry",
            lambda document: format_geometry(self._population(document).geometry),
            self._write_geometry,
            tip="Number of neurons, e.g. 100, or up to three sizes, e.g. 20 x 20",
        )
        self.model = OwnedModel(
            self,
            "&Model",
            "model",
            neuron_choices,
            lambda document: self._population(document).model,
            lambda document, model: choose_neuron(document, object_id, model),
            lambda document: neuron_text(document, self._population(document).model),
            lambda document: SOURCES.get(self._population(document).model, ""),
        )
        self.values = ValueSections(self)
        self.spike_times = SpikeTimes(self)
        self.course = CourseSection(self)
        self.monitor = MonitorSection(self)
        self.bold = BoldSection(self, (object_id,))
        self.column.addStretch(1)

    def _population(self, document: ProjectDocument) -> Population:
        population = find(document, self.object_id)
        assert isinstance(population, Population)
        return population

    def _write_geometry(self, document: ProjectDocument, text: str) -> ProjectDocument:
        population = self._population(document)
        return replace_object(document, msgspec.structs.replace(population, geometry=parse_geometry(text)))
