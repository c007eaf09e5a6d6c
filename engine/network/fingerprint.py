"""What two networks must have in common so that one can take the state of the other."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.language.model import NeuronModel, Parameter, SynapseModel, Variable

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection

_WHERE = {"span", "text", "texts", "name"}
"""Fields of models that say where something was written, or how."""


def fingerprint(network: Network) -> dict[str, Any]:
    """The structure of a network: settings, models and sizes, but no values and no synapses."""
    settings = network.configuration.values
    return {
        "dt": network.dt,
        "precision": network.precision,
        "method": network.method,
        "structural_plasticity": bool(settings["structural_plasticity"]),
        "populations": {p.name: _population(p) for p in network.populations},
        "projections": {f"{k} ({p.name})": _projection(p) for k, p in enumerate(network.projections)},
        "mean inputs": {
            str(k): f"{m.source.name} to {m.post.name}" for k, m in enumerate(network.mean_inputs)
        },
    }


def first_difference(stored: Any, present: Any, place: str = "") -> str | None:
    """What differs first between two fingerprints, in words; None if nothing does."""
    if isinstance(stored, dict) and isinstance(present, dict):
        for name in [*stored, *(key for key in present if key not in stored)]:
            inner = f"{place}, {name}" if place else str(name)
            if name not in stored:
                return f"{inner}: exists in this network only"
            if name not in present:
                return f"{inner}: exists in the file only"
            found = first_difference(stored[name], present[name], inner)
            if found is not None:
                return found
        return None
    if stored == present:
        return None
    if isinstance(stored, str) and stored.startswith("sha256:"):
        return f"{place}: the text is another one"
    return f"{place}: {stored} in the file, {present} in this network"


def _population(population: Population) -> dict[str, Any]:
    return {
        "class": type(population).__name__,
        "geometry": list(population.geometry),
        "kind": population.model.kind,
        **_model(population.model),
        "stop condition": _digest(population.stop),
        "paired input": _paired(population),
    }


def _paired(population: Population) -> str | None:
    given = population.paired_input
    if given is None:
        return None
    return f"{given.steps} steps of {given.variable or 'spikes'} of {given.source.name}"


def _projection(projection: Projection) -> dict[str, Any]:
    return {
        "class": type(projection).__name__,
        "pre": projection.pre_population.name,
        "post": projection.post_population.name,
        "pre neurons": _digest(projection.pre_candidates),
        "post neurons": _digest(projection.post_candidates),
        "target": list(projection.targets),
        "added variable": projection.share_variable,
        **_model(projection.model),
    }


def _model(model: NeuronModel | SynapseModel) -> dict[str, Any]:
    fields = [field.name for field in dataclasses.fields(model) if field.name not in (*_WHERE, "kind")]
    return {name.replace("_", " "): _digest(getattr(model, name)) for name in fields if name != "refractory"}


def _digest(value: Any) -> str:
    text = json.dumps(_skeleton(value), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _skeleton(value: Any) -> Any:
    """A tree without the places of its text, and without the numbers that parameters begin with."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return [_skeleton(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    left_out = {"span", "text", "texts"}
    if isinstance(value, Parameter | Variable):
        left_out |= {"value", "init", "constant"}
    names = [field.name for field in dataclasses.fields(value) if field.name not in left_out]
    return [type(value).__name__, *(_skeleton(getattr(value, name)) for name in names)]
