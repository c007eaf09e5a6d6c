"""How the content of files comes into networks, populations and projections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.files.errors import FileError
from engine.files.formats import load_content
from engine.network.attributes import is_number
from engine.network.recipe import Recipe, always, delays_in_steps
from engine.network.stored_synapses import StoredSynapses, number, stored_synapses
from engine.network.synaptic_values import SynapticValues

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection


@contextmanager
def content_of(filename: str | PathLike[str], encoding: str | None) -> Iterator[dict[str, Any]]:
    """The content of a file; errors meanwhile name it."""
    content = load_content(filename, encoding)
    try:
        yield content
    except EngineError as fault:
        raise FileError(f"{filename} cannot be loaded. {str(fault).rstrip('. ')}.") from fault
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as fault:
        raise FileError(f"{filename} cannot be loaded: its content is of another kind ({fault}).") from fault


def load_network(network: Network, content: Mapping[str, Any], populations: bool, projections: bool) -> None:
    """Set the step, and every object whose name occurs in the content."""
    if "time_step" not in content:
        kind = "one object" if "attributes" in content else "no network"
        raise FileError(f"it holds {kind}; use load() of the population or projection")
    if not network.compiled and projections and network.projections:
        raise EngineError(
            "load(): there are no synapses yet; call compile() first, or load(..., projections=False)"
        )
    network.set_current_step(int(content["time_step"]))
    listed = number(content.get("obj_names")) or {}
    parts: Any = (
        ("population", network.populations, populations, load_population),
        ("projection", network.projections, projections, load_projection),
    )
    for kind, objects, chosen, load in parts:
        if not chosen:
            continue
        for obj in objects:
            if isinstance(content.get(obj.name), Mapping):
                load(obj, content[obj.name])
            else:
                network.warn(f"The {kind} {obj.name} is not in the file and keeps its values.")
        for name in listed.get(f"{kind}s", []):
            if name not in [obj.name for obj in objects]:
                network.warn(f"The {kind} {name} of the file does not exist in the current network.")


def load_population(population: Population, content: Mapping[str, Any]) -> None:
    """Set the attributes that are in the content."""
    names = _names(content, population.name)
    if "post_ranks" in content:
        raise FileError(f"Population {population.name}: the file holds a projection")
    values = {}
    for name in names:
        value = number(content[name])
        if name not in population.attributes:
            _warn_unknown(population, name)
            continue
        if not is_number(value) and np.size(value) != population.size:
            raise FileError(
                f"{population.name}.{name} has {np.size(value)} values in the file, but the population has "
                f"{population.size} neurons"
            )
        values[name] = value
    _warn_missing(population, names)
    population.set(values)


def load_projection(projection: Projection, content: Mapping[str, Any]) -> None:
    """Set the synapses (if the stored ones differ), delays and attributes that are in the content."""
    if not projection.network.compiled:
        raise EngineError(f"Projection {projection.name}: load() needs synapses; call compile() first")
    stored = stored_synapses(content, projection)
    names = _names(content, projection.name)
    values: dict[str, Any] = {}
    for name in names:
        if name not in projection.attributes:
            _warn_unknown(projection, name)
            continue
        value, locality = number(content[name]), projection._attributes[name].locality
        if not is_number(value):
            value = stored.flat(name, value) if locality == "local" else stored.per_dendrite(name, value)
        values[name] = value
    _warn_missing(projection, names)
    weights = values.get("w", 1.0)
    delays = number(content.get("delays", projection.delay))
    if not is_number(delays):
        delays = stored.flat("delays", delays)
    _take_synapses(projection, stored, weights, delays)
    for name, value in values.items():
        projection.network.store(projection, name, _spread(projection, name, value))


def _take_synapses(projection: Projection, stored: StoredSynapses, weights: Any, delays: Any) -> None:
    """Give a compiled projection the structure and delays (ms) of a file, where they are others."""
    current, dt = projection.connectivity, projection.network.dt
    single = SynapticValues(projection)._single_weight(projection._attributes["w"])
    uniform = is_number(delays)
    steps: Any = max(1, round(float(delays) / dt)) if uniform else delays_in_steps(delays, projection)
    asked = (0 if steps == 1 else steps) if uniform else None
    fits = (
        np.array_equal(current.offsets, stored.offsets)
        and np.array_equal(current.pre, stored.pre)
        and (is_number(weights) or not single)
    )
    if fits and uniform == (projection.uniform_delay >= 0):
        if np.array_equal(steps, current.held_delays if uniform else current.delays):
            return
        if not uniform or projection.uniform_delay > 1:
            projection.delay = float(delays) if uniform else SynapticValues(projection).by_dendrite(delays)
            return
    projection.network.inform(
        f"Projection {projection.name}: the synapses of the file differ from the present ones; it is rebuilt."
    )
    own = weights if is_number(weights) else np.asarray(weights, dtype=np.float64)
    multiple = not (is_number(weights) and single)
    connectivity = stored.connectivity(projection, own, steps)
    projection._rebuild(Recipe("Connectivity of a file", always(connectivity), None, asked, multiple))


def _spread(projection: Projection, name: str, value: Any) -> Any:
    """Values as the network stores them: those of dendrites over all neurons."""
    attribute = projection._attributes[name]
    if attribute.locality == "local" and not is_number(value):
        return np.asarray(value).astype(attribute.numpy_type)
    return SynapticValues(projection).flat(attribute, value)


def _names(content: Mapping[str, Any], owner: str) -> list[str]:
    """The attributes of an object in the order of the file, each once."""
    if "attributes" not in content:
        raise FileError(f"{owner}: there is no list of attributes, so this is the file of something else")
    names = list(dict.fromkeys(str(name) for name in content["attributes"]))
    lost = [name for name in names if name not in content]
    if lost:
        raise FileError(f"{owner}.{lost[0]} is listed, but has no value")
    return names


def _warn_unknown(obj: Population | Projection, name: str) -> None:
    kind = "population" if hasattr(obj, "geometry") else "projection"
    obj.network.warn(f"The {kind} {obj.name} has no attribute {name!r}, which is in the file; it is skipped.")


def _warn_missing(obj: Population | Projection, names: list[str]) -> None:
    missing = [name for name in obj.attributes if name not in names]
    if missing:
        obj.network.warn(f"{obj.name}: {', '.join(missing)} is not in the file and keeps its value.")
