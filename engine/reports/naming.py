"""What to call the models of a network, and which of its objects share one."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping
from typing import Any, Generic, TypeVar

from engine.language.model import NeuronModel, SynapseModel
from engine.network.neuron import Neuron
from engine.network.synapse import Synapse

M = TypeVar("M", NeuronModel, SynapseModel)
_UNNAMED = {"Spiking neuron", "Rate-coded neuron", "Spiking synapse", "Rate-coded synapse"}
_DEFAULT = "Default synapse"
_DEFAULTS = {
    True: "A spike adds the weight to the conductance.",
    False: "The rate of the pre-synaptic neuron is weighted.",
}


class Models(Generic[M]):
    """The different models of a network in order of first use, each under a name of its own.

    Models that differ only in the values of their parameters are one: these are told for each population.

    Parameters
    ----------
    word : str
        What a model without a name is called, with its number: ``"Neuron"``.
    """

    def __init__(self, word: str) -> None:
        self._word = word
        self._names: dict[Hashable, str] = {}
        self.entries: dict[str, tuple[M, str, bool, Mapping[str, Any]]] = {}
        """By name: the model, its description, whether (pre-synaptic) neurons spike, and the initial values
        that its text does not hold."""

    def name(self, declared: object, model: M, spiking: bool) -> str:
        """The name of a model; ``declared`` is the Neuron or Synapse that it was made of."""
        key = (_structure(model), spiking if isinstance(model, SynapseModel) else None)
        if key not in self._names:
            wanted = self._wanted(declared, model, spiking)
            name, number = wanted, 1
            while name in self.entries:
                number += 1
                name = f"{wanted} ({number})"
            self._names[key] = name
            initial = getattr(declared, "initial", {})
            self.entries[name] = (model, description_of(declared, spiking), spiking, initial)
        return self._names[key]

    def _wanted(self, declared: object, model: M, spiking: bool) -> str:
        kind = "spiking" if spiking else "rate-coded"
        if model.name == _DEFAULT:
            return f"Default {kind} synapse"
        if model.name and model.name not in _UNNAMED:
            return model.name
        if type(declared) not in (Neuron, Synapse):
            return type(declared).__name__
        return f"{self._word} {len(self._names) + 1}"


def _structure(model: NeuronModel | SynapseModel) -> Hashable:
    """What makes a model: all but the values of its parameters."""
    parameters = tuple((p.name, p.dtype, p.locality) for p in model.parameters)
    texts = tuple(text for field, text in model.texts.items() if field != "parameters")
    events = (model.refractory,) if isinstance(model, NeuronModel) else ()
    return model.name, parameters, model.variables, texts, events


def description_of(declared: object, spiking: bool) -> str:
    """What a model says of itself: its description, or the first paragraph of its class."""
    given = getattr(declared, "description", "")
    if not given and type(declared) not in (Neuron, Synapse, str):
        given = inspect.getdoc(type(declared)) or ""
    if isinstance(declared, Synapse) and declared.name == _DEFAULT:
        return _DEFAULTS[spiking]
    first = " ".join(str(given).strip().partition("\n\n")[0].split()).replace("``", "")
    if first:
        return first
    kind = "spiking" if spiking else "rate-coded"
    return f"User-defined {kind} {'synapse' if isinstance(declared, Synapse) else 'neuron'}."
