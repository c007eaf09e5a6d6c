"""Models as they are read rather than computed: calls of user functions stand as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from engine.errors import ModelError
from engine.language.model import NeuronModel, SynapseModel
from engine.language.neuron import parse_neuron
from engine.language.synapse import parse_synapse

M = TypeVar("M", NeuronModel, SynapseModel)


def as_written(model: M, constants: Mapping[str, float], global_functions: Sequence[str] = ()) -> M:
    """The model with its calls of user functions, for readers; the model itself where it has none, or where
    an equation can be solved for its gradient only with their bodies put in."""
    if not model.texts or not (model.texts.get("functions") or global_functions):
        return model
    given: dict[str, Any] = {
        **model.texts,
        "name": model.name,
        "constants": constants,
        "global_functions": global_functions,
    }
    try:
        if isinstance(model, SynapseModel):
            return parse_synapse(**given, inline=False)  # type: ignore[return-value]
        given |= {"refractory": model.refractory, "needs_rate": False}
        return parse_neuron(**given, inline=False)
    except ModelError:
        return model
