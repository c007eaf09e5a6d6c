"""Models that a document may name without holding their text: built-ins and sources of activity."""

from __future__ import annotations

import inspect
from functools import cache
from types import MappingProxyType
from typing import Any

from engine.project.document import NeuronText, ProjectDocument, SynapseText

SOURCES = MappingProxyType(
    {
        "PoissonPopulation": "Each neuron emits spikes as a Poisson process with a rate in Hz.",
        "TimedPoissonPopulation": "As PoissonPopulation, with rates that follow a schedule.",
        "HomogeneousCorrelatedSpikeTrains": "Neurons emit spikes at random, but together.",
        "SpikeSourceArray": "Each neuron emits spikes at times that are given.",
        "InputArray": "Each neuron has a rate that is given.",
        "TimedArray": "Each neuron has a rate that follows a schedule.",
    }
)
"""Populations without a neuron model of a project, which receive nothing, with what they do."""

SCHEDULED = ("TimedArray", "TimedPoissonPopulation")
"""Sources whose rates follow a schedule."""

DEFAULT_SYNAPSE = ""
"""``Projection.synapse`` of a projection without a synapse model of its own."""


@cache
def builtin_neurons() -> MappingProxyType[str, NeuronText]:
    """Return the text of each built-in neuron by its name; the id is the name."""
    from engine.models import list_standard_neurons

    return MappingProxyType({m.__name__: _neuron(m.__name__, m()) for m in list_standard_neurons()})


@cache
def builtin_synapses() -> MappingProxyType[str, SynapseText]:
    """Return the text of each built-in synapse by its name; the id is the name."""
    from engine.models import list_standard_synapses

    return MappingProxyType({m.__name__: _synapse(m.__name__, m()) for m in list_standard_synapses()})


def neuron_text(document: ProjectDocument, model: str) -> NeuronText | None:
    """Return the neuron model that a population's ``model`` refers to; None for sources and unknowns."""
    own = next((text for text in document.neurons if text.id == model), None)
    return own or builtin_neurons().get(model)


def synapse_text(document: ProjectDocument, model: str) -> SynapseText | None:
    """Return the synapse model that a projection's ``synapse`` refers to; None for the default one."""
    own = next((text for text in document.synapses if text.id == model), None)
    return own or builtin_synapses().get(model)


def model_name(document: ProjectDocument, model: str) -> str:
    """Return what to call the model of a population or projection."""
    text = neuron_text(document, model) or synapse_text(document, model)
    return text.name if text else model


def _text(value: object) -> str:
    return "" if value is None else inspect.cleandoc(str(value))


def _neuron(name: str, model: Any) -> NeuronText:
    return NeuronText(
        id=name,
        name=name,
        parameters=_text(model.parameters),
        equations=_text(model.equations),
        spike=_text(model.spike),
        reset=_text(model.reset),
        refractory=_text(model.refractory),
        axon_spike=_text(model.axon_spike),
        axon_reset=_text(model.axon_reset),
        functions=_text(model.functions),
        description=inspect.getdoc(type(model)) or "",
    )


def _synapse(name: str, model: Any) -> SynapseText:
    return SynapseText(
        id=name,
        name=name,
        parameters=_text(model.parameters),
        equations=_text(model.equations),
        psp=_text(model.psp),
        operation=model.operation,
        pre_spike=_text(model.pre_spike),
        post_spike=_text(model.post_spike),
        pre_axon_spike=_text(model.pre_axon_spike),
        creating=_text(model.creating),
        pruning=_text(model.pruning),
        functions=_text(model.functions),
        description=inspect.getdoc(type(model)) or "",
    )
