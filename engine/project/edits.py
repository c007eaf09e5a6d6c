"""Every edit of a document, as pure functions document -> document.

Edits that create objects return ``(document, ids)`` or ``(document, id)``. An edit that makes no sense
raises :class:`EngineError` and leaves nothing changed, since documents are immutable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.errors import EngineError
from engine.project.catalogue import (
    DEFAULT_SYNAPSE,
    SOURCES,
    builtin_neurons,
    model_name,
    neuron_text,
    synapse_text,
)
from engine.project.clipboard import copy, duplicate, paste
from engine.project.conversions import conversion, first_connector
from engine.project.document import (
    BoldMonitor,
    Connector,
    Monitor,
    NeuronText,
    Population,
    Position,
    ProjectDocument,
    Projection,
    RunSettings,
    SynapseText,
    Value,
    new_id,
)
from engine.project.models import kind_of
from engine.project.naming import check_name, is_identifier, unique_name
from engine.project.sources import STEMS, with_model

__all__ = [
    "DocumentObject",
    "Position",
    "add_neuron",
    "add_population",
    "add_synapse",
    "check_name",
    "connect",
    "copy",
    "customise",
    "duplicate",
    "find",
    "is_identifier",
    "monitor_of",
    "move",
    "move_labels",
    "objects",
    "paste",
    "remove",
    "rename",
    "replace_object",
    "set_monitor",
    "set_project",
    "set_run",
    "set_value",
    "size_of",
    "unique_name",
    "update_model",
]

DocumentObject = Population | Projection | Monitor | BoldMonitor | NeuronText | SynapseText

_COLLECTIONS: dict[type, str] = {
    NeuronText: "neurons",
    SynapseText: "synapses",
    Population: "populations",
    Projection: "projections",
    Monitor: "monitors",
    BoldMonitor: "bold_monitors",
}
_SMALL = 10_000
"""Most synapses that a new projection connects all to all; above, a tenth of the pairs."""


# --- looking up ------------------------------------------------------------------------------------------


def objects(document: ProjectDocument) -> dict[str, DocumentObject]:
    """Return all objects of the document by id."""
    return {o.id: o for field in _COLLECTIONS.values() for o in getattr(document, field)}


def find(document: ProjectDocument, object_id: str) -> DocumentObject:
    """Return the object with this id.

    Raises
    ------
    EngineError
        If there is none.
    """
    for field in _COLLECTIONS.values():
        for candidate in getattr(document, field):
            if candidate.id == object_id:
                return candidate  # type: ignore[no-any-return]
    raise EngineError(f"The project has no object with the id {object_id!r}; it may have been removed.")


def size_of(population: Population) -> int:
    """Return the number of neurons."""
    return math.prod(population.geometry)


# --- creating --------------------------------------------------------------------------------------------


def add_population(
    document: ProjectDocument,
    model: str,
    name: str | None = None,
    position: Position = (0.0, 0.0),
    geometry: tuple[int, ...] | None = None,
) -> tuple[ProjectDocument, str]:
    """Add a population of ``model`` (id of a neuron text, name of a built-in or of a source)."""
    own = {text.id for text in document.neurons}
    if model not in own and model not in builtin_neurons() and model not in SOURCES:
        raise EngineError(f"There is no neuron model {model!r}.")
    if name is None:
        name = unique_name(document, STEMS.get(model, "Population"))
    check_name(document, name)
    population = Population(id=new_id(), name=name, geometry=geometry or (100,), model="")
    population = with_model(population, model, keep_geometry=geometry is not None)
    document = msgspec.structs.replace(document, populations=(*document.populations, population))
    return move(document, {population.id: position}), population.id


def connect(
    document: ProjectDocument, pre: str, post: str, target: str, connector: Connector | None = None
) -> tuple[ProjectDocument, str]:
    """Add a projection from population ``pre`` to population ``post`` onto ``target``."""
    source, sink = find(document, pre), find(document, post)
    if not isinstance(source, Population) or not isinstance(sink, Population):
        raise EngineError("Only populations can be connected.")
    if sink.model in SOURCES:
        raise EngineError(f"{sink.name} is a {sink.model}: it is a source and receives none.")
    connector = connector or first_connector(conversion(document, source, sink, target))
    if connector is None and size_of(source) * size_of(sink) > _SMALL:
        connector = Connector(pattern="fixed_probability", probability=0.1)
    projection = Projection(
        id=new_id(),
        name=unique_name(document, f"{source.name}_{sink.name}_{target}"),
        pre=pre,
        post=post,
        target=target,
        connector=connector or Connector(),
    )
    document = msgspec.structs.replace(document, projections=(*document.projections, projection))
    return document, projection.id


def add_neuron(
    document: ProjectDocument, based_on: str | NeuronText = "", name: str | None = None
) -> tuple[ProjectDocument, str]:
    """Add a neuron model of the project's own: a copy of ``based_on`` (a text, the id of one, or the name
    of a built-in), or an empty one."""
    text = based_on if isinstance(based_on, NeuronText) else _neuron_named(document, based_on)
    name = name or unique_name(document, text.name, model=True)
    check_name(document, name, model=True)
    text = msgspec.structs.replace(text, id=new_id(), name=name)
    return msgspec.structs.replace(document, neurons=(*document.neurons, text)), text.id


def add_synapse(
    document: ProjectDocument, based_on: str | SynapseText = "", name: str | None = None
) -> tuple[ProjectDocument, str]:
    """Add a synapse model of the project's own, like :func:`add_neuron`."""
    text = based_on if isinstance(based_on, SynapseText) else _synapse_named(document, based_on)
    name = name or unique_name(document, text.name, model=True)
    check_name(document, name, model=True)
    text = msgspec.structs.replace(text, id=new_id(), name=name)
    return msgspec.structs.replace(document, synapses=(*document.synapses, text)), text.id


def customise(document: ProjectDocument, object_id: str) -> tuple[ProjectDocument, str]:
    """Give a population or projection its own copy of its model, to be edited; returns the model's id."""
    thing = find(document, object_id)
    if isinstance(thing, Population):
        document, model = add_neuron(document, thing.model)
        return replace_object(document, msgspec.structs.replace(thing, model=model)), model
    if isinstance(thing, Projection):
        default = thing.synapse == DEFAULT_SYNAPSE
        original = _default_synapse(document, thing) if default else thing.synapse
        document, model = add_synapse(document, original)
        return replace_object(document, msgspec.structs.replace(thing, synapse=model)), model
    raise EngineError("Only populations and projections have a model.")


def _default_synapse(document: ProjectDocument, projection: Projection) -> str:
    """Return the built-in that says in words what a projection without a synapse model does."""
    pre = find(document, projection.pre)
    rate = isinstance(pre, Population) and kind_of(document, pre) == "rate"
    return "DefaultRateCodedSynapse" if rate else "DefaultSpikingSynapse"


def _neuron_named(document: ProjectDocument, model: str) -> NeuronText:
    if not model:
        return NeuronText(id="", name="MyNeuron")
    text = neuron_text(document, model)
    if text is None:
        raise EngineError(f"There is no neuron model {model!r} to copy.")
    return text


def _synapse_named(document: ProjectDocument, model: str) -> SynapseText:
    if model == DEFAULT_SYNAPSE:
        return SynapseText(id="", name="MySynapse")
    text = synapse_text(document, model)
    if text is None:
        raise EngineError(f"There is no synapse model {model!r} to copy.")
    return text


# --- changing --------------------------------------------------------------------------------------------


def replace_object(document: ProjectDocument, changed: DocumentObject) -> ProjectDocument:
    """Put ``changed`` in the place of the object with the same id; a new name is checked."""
    field = _COLLECTIONS[type(changed)]
    collection = getattr(document, field)
    before = next((o for o in collection if o.id == changed.id), None)
    if before is None:
        raise EngineError(f"The project has no object with the id {changed.id!r}; it may have been removed.")
    if not isinstance(changed, Monitor) and changed.name != before.name:
        check_name(document, changed.name, changed.id, model=isinstance(changed, NeuronText | SynapseText))
    edited = tuple(changed if o.id == changed.id else o for o in collection)
    return _with(document, **{field: edited})


def update_model(document: ProjectDocument, text: NeuronText | SynapseText) -> ProjectDocument:
    """Replace a model of the project's own by an edited one."""
    return replace_object(document, text)


def rename(document: ProjectDocument, object_id: str, name: str) -> ProjectDocument:
    """Rename a population, projection, BOLD monitor or model."""
    thing = find(document, object_id)
    if isinstance(thing, Monitor):
        raise EngineError("A monitor has no name.")
    return replace_object(document, msgspec.structs.replace(thing, name=name))


def set_value(document: ProjectDocument, object_id: str, name: str, value: Value | None) -> ProjectDocument:
    """Set parameter or initial value ``name`` of a population or projection; None: the model's default."""
    thing = find(document, object_id)
    if not isinstance(thing, Population | Projection):
        raise EngineError("Only populations and projections have values.")
    values = {k: v for k, v in thing.values.items() if k != name}
    if value is not None:
        values[name] = value
    return replace_object(document, msgspec.structs.replace(thing, values=values))


def set_run(document: ProjectDocument, **settings: Any) -> ProjectDocument:
    """Change run settings by name, e.g. ``set_run(document, duration=500.0, seed=None)``."""
    try:
        run = msgspec.convert({**msgspec.structs.asdict(document.run), **settings}, RunSettings)
    except msgspec.ValidationError as fault:
        raise EngineError(f"Run settings: {fault}.") from fault
    return _with(document, run=run)


def set_project(document: ProjectDocument, **fields: str) -> ProjectDocument:
    """Change ``name`` or ``description`` of the project."""
    return _with(document, **fields)


def set_monitor(
    document: ProjectDocument, source: str, variables: Iterable[str], period: float | None = None
) -> ProjectDocument:
    """Record exactly ``variables`` of population or projection ``source``; none: no monitor."""
    find(document, source)
    variables = tuple(dict.fromkeys(variables))
    old = next((m for m in document.monitors if m.source == source), None)
    if not variables:
        return _with(document, monitors=tuple(m for m in document.monitors if m.source != source))
    monitor = Monitor(id=old.id if old else new_id(), source=source, variables=variables, period=period)
    if old is None:
        return _with(document, monitors=(*document.monitors, monitor))
    kept = (m for m in document.monitors if m.source != source or m.id == old.id)
    return _with(document, monitors=tuple(monitor if m.id == old.id else m for m in kept))


def monitor_of(document: ProjectDocument, source: str) -> Monitor | None:
    """Return the monitor of ``source``, if any."""
    return next((m for m in document.monitors if m.source == source), None)


def move(document: ProjectDocument, positions: Mapping[str, Position]) -> ProjectDocument:
    """Set the positions of objects on the canvas."""
    places = {**document.view.positions, **{i: (float(x), float(y)) for i, (x, y) in positions.items()}}
    return _with(document, view=msgspec.structs.replace(document.view, positions=places))


def move_labels(document: ProjectDocument, offsets: Mapping[str, Position]) -> ProjectDocument:
    """Set how far the labels of projections are moved away from their usual place."""
    places = {**document.view.label_offsets, **{i: (float(x), float(y)) for i, (x, y) in offsets.items()}}
    return _with(document, view=msgspec.structs.replace(document.view, label_offsets=places))


def remove(document: ProjectDocument, ids: Iterable[str]) -> ProjectDocument:
    """Remove objects, and the projections and monitors that hang on them.

    Raises
    ------
    EngineError
        If a model is to be removed that something kept still uses.
    """
    gone = set(ids)
    gone |= {p.id for p in document.projections if p.pre in gone or p.post in gone}
    gone |= {m.id for m in document.monitors if m.source in gone}
    users = [(p.model, p.name) for p in document.populations if p.id not in gone]
    users += [(p.synapse, p.name) for p in document.projections if p.id not in gone]
    for model, user in users:
        if model in gone:
            name = model_name(document, model)
            raise EngineError(f"The model {name} is still used by {user}. Give that another model first.")
    kept: dict[str, Any] = {
        field: tuple(o for o in getattr(document, field) if o.id not in gone)
        for field in _COLLECTIONS.values()
    }
    kept["bold_monitors"] = _without(kept["bold_monitors"], gone)
    view = msgspec.structs.replace(
        document.view,
        positions={i: p for i, p in document.view.positions.items() if i not in gone},
        label_offsets={i: p for i, p in document.view.label_offsets.items() if i not in gone},
    )
    return _with(document, **kept, view=view)


def _without(monitors: Iterable[BoldMonitor], gone: set[str]) -> tuple[BoldMonitor, ...]:
    """BOLD monitors of what is left of their populations."""
    left = (
        msgspec.structs.replace(m, populations=tuple(p for p in m.populations if p not in gone))
        for m in monitors
    )
    return tuple(m for m in left if m.populations)


def _with(document: ProjectDocument, **fields: Any) -> ProjectDocument:
    return msgspec.structs.replace(document, **fields)
