"""Fields for the parameters and initial values of a population or projection, made from its model."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QLabel

from app.editor.form import Form, unfold_around
from app.editor.last_good import LastGood
from app.editor.value_field import ValueField
from app.editor.value_text import parse_value
from engine.language.model import Parameter, Variable
from engine.project.catalogue import SOURCES, builtin_neurons
from engine.project.check import Problem
from engine.project.document import Constant, Population, ProjectDocument, Projection, Value
from engine.project.edits import find, set_value
from engine.project.models import kind_of, settable
from engine.project.values import describe

Attribute = Parameter | Variable

_UNITS = {"rates": "Hz", "cm": "nF", "i_offset": "nA", "v": "mV"}
"""Units of the built-in models by attribute."""


class ValueSections:
    """Two sections of a form, parameters and initial values, that follow the model of its object."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._parameters = form.section("Parameter values")
        self._initial = form.section("Initial values")
        self._shapes: list[tuple[object, ...]] | None = None
        self.fields: dict[str, ValueField] = {}
        form.on_refresh(self._show)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show what is wrong with the values."""
        messages = {p.field: p.diagnostic.message for p in problems if p.object_id == self._form.object_id}
        for name, field in self.fields.items():
            field.show_problem(messages.get(f"values.{name}", ""))

    def focus_place(self, field: str) -> bool:
        """Put the cursor into the field ``values.<name>``."""
        widget = self.fields.get(field.removeprefix("values."))
        if widget is None or not field.startswith("values."):
            return False
        unfold_around(widget)
        widget.edit.setFocus()
        return True

    def _show(self, document: ProjectDocument) -> None:
        owner = _owner(document, self._form.object_id)
        attributes = settable(LastGood.of(self._form.session).document, owner)
        if isinstance(owner, Population) and kind_of(document, owner) == "spike":
            # The mean firing rate of a spiking neuron is measured, never given.
            attributes = tuple(a for a in attributes if a.name != "r")
        # A value without an attribute stays in sight, so that it can be removed.
        named = {a.name for a in attributes}
        attributes += tuple(Parameter(name, 0.0) for name in owner.values if name not in named)
        shapes = [_shape(a) for a in attributes]
        if shapes != self._shapes:
            self._shapes = shapes
            self._rebuild(document, owner, attributes)
        for attribute in attributes:
            field = self.fields[attribute.name]
            default = _default_text(attribute)
            value = owner.values.get(attribute.name)
            field.show_text(default if value is None else describe(value))
            field.show_changed(value is not None, default)

    def _rebuild(
        self,
        document: ProjectDocument,
        owner: Population | Projection,
        attributes: tuple[Attribute, ...],
    ) -> None:
        self.fields = {}
        for section in (self._parameters, self._initial):
            while section.rows.rowCount():
                section.rows.removeRow(0)
        for attribute in attributes:
            section = self._parameters if isinstance(attribute, Parameter) else self._initial
            field = self.fields[attribute.name] = self._field(attribute, owner)
            unit = _unit(document, owner, attribute.name)
            caption = QLabel(f"{attribute.name} ({unit})" if unit else attribute.name)
            caption.setToolTip(_tip(attribute, unit))
            caption.setBuddy(field.edit)
            field.edit.setToolTip(_tip(attribute, unit))
            section.rows.addRow(caption, field)
        for section in (self._parameters, self._initial):
            section.setVisible(section.rows.rowCount() > 0)
            section.put_in_tab_order()

    def _field(self, attribute: Attribute, owner: Population | Projection) -> ValueField:
        name, session, form = attribute.name, self._form.session, self._form
        # A source has no model whose defaults could stand in for its values.
        has_default = not (isinstance(owner, Population) and owner.model in SOURCES)

        def write(text: str) -> ProjectDocument:
            value: Value | None = parse_value(text)
            if has_default and value == Constant(value=float(_default(attribute))):
                value = None
            return set_value(session.document, owner.id, name, value)

        def reset() -> None:
            form.apply(set_value(session.document, owner.id, name, None), f"Reset {name}")

        field = ValueField(write, name, reset=reset if has_default else None)
        field.committed.connect(lambda document: form.apply(document, f"Change {name}"))
        return field


def _owner(document: ProjectDocument, object_id: str) -> Population | Projection:
    owner = find(document, object_id)
    assert isinstance(owner, Population | Projection)
    return owner


def _default(attribute: Attribute) -> float | int | bool:
    return attribute.value if isinstance(attribute, Parameter) else attribute.init


def _default_text(attribute: Attribute) -> str:
    return str(_default(attribute)) if attribute.dtype == "bool" else repr(float(_default(attribute)))


def _shape(attribute: Attribute) -> tuple[object, ...]:
    """What a field has to be made anew for."""
    return type(attribute), attribute.name, attribute.dtype, attribute.locality, _default(attribute)


def _unit(document: ProjectDocument, owner: Population | Projection, name: str) -> str:
    """Unit of an attribute of a built-in model, where it is known; own models have units of their own."""
    if isinstance(owner, Population):
        if owner.model in SOURCES:
            return "ms" if name == "tau" else _UNITS.get(name, "")
        if owner.model not in builtin_neurons():
            return ""
    if name.startswith("tau"):
        return "ms"
    if isinstance(owner, Population) and owner.model.startswith(("IF_", "EIF_", "HH_")):
        return "mV" if name.startswith(("v_", "e_rev")) else _UNITS.get(name, "")
    return ""


def _tip(attribute: Attribute, unit: str) -> str:
    what = "Parameter" if isinstance(attribute, Parameter) else "Initial value of the variable"
    spread = {"local": "one value for each", "global": "one value for all"}.get(
        attribute.locality, "one value for each post-synaptic neuron"
    )
    lines = [f"{what} {attribute.name}{f' in {unit}' if unit else ''}, {spread}."]
    lines.append(f"Default {_default_text(attribute)}.")
    if attribute.locality == "local":
        lines.append("A number, a distribution such as Uniform(0, 1), or ranges: 0: 0.02; 80: 0.1")
    return "\n".join(lines)
