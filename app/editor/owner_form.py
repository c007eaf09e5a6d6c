"""What the forms of populations and of projections have in common: a model, values and recordings."""

from __future__ import annotations

from collections.abc import Iterable

from app.editor.form import Form
from app.editor.monitor_section import MonitorSection
from app.editor.owned_model import OwnedModel
from app.editor.value_section import ValueSections
from engine.project.check import Problem


class OwnerForm(Form):
    """Base of the forms of what owns a model; problems of the model show here, too."""

    model: OwnedModel
    values: ValueSections
    monitor: MonitorSection

    def show_problems(self, problems: Iterable[Problem]) -> None:
        problems = list(problems)
        super().show_problems(problems)
        self.model.texts.show_problems(problems)
        self.values.show_problems(problems)

    def focus_place(self, object_id: str, field: str, line: int, column: int) -> bool:
        return (
            self.model.texts.focus_place(object_id, field, line, column)
            or (object_id == self.object_id and self.values.focus_place(field))
            or super().focus_place(object_id, field, line, column)
        )

    def field_of(self, object_id: str, field: str) -> str:
        return self.model.field_of(object_id, field) or super().field_of(object_id, field)
