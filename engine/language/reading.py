"""Models as they are read rather than computed: calls of user functions stand as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from engine.errors import ModelError
from engine.language.calls import UserFunction
from engine.language.definitions import Definitions
from engine.language.model import NeuronModel, SynapseModel
from engine.language.neuron import parse_neuron
from engine.language.report import Report
from engine.language.synapse import parse_synapse
from engine.language.user_functions import read_functions, read_global_functions

M = TypeVar("M", NeuronModel, SynapseModel)


def functions_of(
    text: str, constants: Mapping[str, float], global_functions: Sequence[str] = ()
) -> list[UserFunction]:
    """The user functions that ``text`` defines, each with those before it put in."""
    definitions = Definitions("neuron", Report("functions", {}), constants)
    read_global_functions(global_functions, definitions)
    known = dict(definitions.functions)
    read_functions(text, "functions", definitions)
    return [f for name, f in definitions.functions.items() if known.get(name) is not f]


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
