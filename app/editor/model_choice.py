"""Choosing the model of a population or the synapse of a projection, and what has to change with it."""

from __future__ import annotations

import msgspec

from app.editor.form import Choices
from engine.project.catalogue import (
    DEFAULT_SYNAPSE,
    SOURCES,
    builtin_neurons,
    builtin_synapses,
    neuron_text,
    synapse_text,
)
from engine.project.conversions import conversion_of
from engine.project.document import Population, ProjectDocument, Projection, SynapseText
from engine.project.edits import (
    add_synapse,
    customise,
    find,
    monitor_of,
    replace_object,
    set_monitor,
)
from engine.project.models import kind_of, parse, recordable, settable
from engine.project.naming import unique_name
from engine.project.sources import with_model

DEFAULT_SYNAPSES = {"spike": "DefaultSpikingSynapse", "rate": "DefaultRateCodedSynapse"}
"""What the default synapse is, by the kind of the sending population."""


def neuron_choices(document: ProjectDocument) -> Choices:
    """The project's own models, the built-in ones, and the sources."""
    own = [(text.name, text.id) for text in document.neurons]
    built_in = [(name, name) for name in builtin_neurons()]
    return [*own, *([("", "")] if own else []), *built_in, ("", ""), *((name, name) for name in SOURCES)]


def synapse_choices(document: ProjectDocument, projection_id: str) -> Choices:
    """The default synapse, then the project's own and the built-in ones that fit the projection."""
    projection = find(document, projection_id)
    assert isinstance(projection, Projection)
    if conversion_of(document, projection):
        return [("Default synapse", DEFAULT_SYNAPSE)]
    own = [(text.name, text.id) for text in document.synapses if _fits(document, text, projection)]
    built_in = [
        (name, name)
        for name, text in builtin_synapses().items()
        if name not in DEFAULT_SYNAPSES.values() and _fits(document, text, projection)
    ]
    return [("Default synapse", DEFAULT_SYNAPSE), *own, ("", ""), *built_in]


def _fits(document: ProjectDocument, text: SynapseText, projection: Projection) -> bool:
    """Whether a synapse can be chosen: one with events needs spikes, a built-in one without needs rates."""
    pre = next((p for p in document.populations if p.id == projection.pre), None)
    if pre is None or text.id == projection.synapse:
        return True
    spiking = kind_of(document, pre) == "spike"
    if any(event.strip() for event in (text.pre_spike, text.post_spike, text.pre_axon_spike)):
        return spiking
    return not spiking or text.id not in builtin_synapses()


def default_synapse(document: ProjectDocument, projection: Projection) -> str:
    """Name of the built-in synapse that a projection without one of its own has."""
    pre = find(document, projection.pre)
    assert isinstance(pre, Population)
    return DEFAULT_SYNAPSES[kind_of(document, pre)]


def own_copy(document: ProjectDocument, owner_id: str) -> ProjectDocument:
    """Give a population or projection a copy of its model that belongs to the project and can be edited."""
    owner = find(document, owner_id)
    if not isinstance(owner, Projection) or owner.synapse != DEFAULT_SYNAPSE:
        return customise(document, owner_id)[0]
    default = default_synapse(document, owner)
    document, synapse = add_synapse(document, default, unique_name(document, "MySynapse", model=True))
    return replace_object(document, msgspec.structs.replace(owner, synapse=synapse))


def choose_neuron(document: ProjectDocument, population_id: str, model: str) -> ProjectDocument:
    """Give a population another model; values and recordings that the new model lacks are dropped."""
    population = find(document, population_id)
    assert isinstance(population, Population)
    changed = with_model(population, model)
    return _fitted(replace_object(document, changed), changed)


def choose_synapse(document: ProjectDocument, projection_id: str, synapse: str) -> ProjectDocument:
    """Give a projection another synapse; values and recordings that the new one lacks are dropped."""
    projection = find(document, projection_id)
    assert isinstance(projection, Projection)
    changed = msgspec.structs.replace(projection, synapse=synapse)
    return _fitted(replace_object(document, changed), changed)


def _fitted(document: ProjectDocument, owner: Population | Projection) -> ProjectDocument:
    """Drop what the model of ``owner`` does not have; a model whose text is wrong is given time."""
    text = (
        neuron_text(document, owner.model)
        if isinstance(owner, Population)
        else synapse_text(document, owner.synapse)
    )
    if text is not None and parse(text).model is None:
        return document
    names = {a.name for a in settable(document, owner)}
    kept = {name: value for name, value in owner.values.items() if name in names}
    if kept != owner.values:
        document = replace_object(document, msgspec.structs.replace(owner, values=kept))
    monitor = monitor_of(document, owner.id)
    if monitor is None:
        return document
    known = recordable(document, owner)
    recorded = [name for name in monitor.variables if name in known]
    return set_monitor(document, owner.id, recorded, monitor.period)
