"""What is saved of networks, populations and projections: the mappings that files hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.files.formats import rectangular
from engine.network.synaptic_values import SynapticValues

if TYPE_CHECKING:
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.network.projection import Projection

RESERVED = ("time_step", "net_id", "obj_names")
"""Keys of the file of a network that are no objects."""


def population_content(population: Population) -> dict[str, Any]:
    """What is saved of a population: local attributes as arrays in its geometry, others as numbers."""
    described = {
        "name": population.name,
        "geometry": tuple(int(extent) for extent in population.geometry),
        "size": int(population.size),
        "attributes": list(population.attributes),
        "parameters": list(population.parameters),
        "variables": list(population.variables),
    }
    return described | {name: population.get(name) for name in population.attributes}


def projection_content(projection: Projection) -> dict[str, Any]:
    """What is saved of a projection: local attributes as a list for each dendrite. Delays are in ms."""
    _check_compiled(projection, "save()")
    described = {
        "name": projection.name,
        "pre": projection.pre_population.name,
        "post": projection.post_population.name,
        "target": projection.target,
        "post_ranks": projection.post_ranks,
        "attributes": list(projection.attributes),
        "parameters": list(projection.parameters),
        "variables": list(projection.variables),
        "delays": _rows(projection.delay),
        "pre_ranks": rectangular(projection.pre_ranks),
    }
    return described | {name: _rows(projection.get(name)) for name in (*projection.attributes, "w")}


def network_content(network: Network, populations: bool, projections: bool) -> dict[str, Any]:
    """What is saved of a network: its step, and each object under its name."""
    if not network.compiled:
        raise EngineError("save(): the network is not compiled yet; call compile() first.")
    names: dict[str, list[str]] = {"populations": [], "projections": []}
    content: dict[str, Any] = {"time_step": int(network.current_step), "net_id": int(network.id)}
    parts: Any = (
        ("populations", network.populations if populations else [], population_content),
        ("projections", network.projections if projections else [], projection_content),
    )
    for kind, objects, describe in parts:
        for obj in objects:
            if obj.name in content or obj.name in RESERVED:
                raise EngineError(
                    f"save(): the name {obj.name!r} stands for two things in the file; rename one of them."
                )
            content[obj.name] = describe(obj)
            names[kind].append(obj.name)
    return content | {"obj_names": names}


def connectivity_content(projection: Projection) -> dict[str, Any]:
    """What ``save_connectivity`` saves: structure, weights, and delays in steps of ``dt`` ms."""
    _check_compiled(projection, "save_connectivity()")
    connectivity, uniform = projection.connectivity, projection.uniform_delay
    delay: Any = uniform or None
    if uniform < 0:
        delay = SynapticValues(projection).by_dendrite(connectivity.delays)
    weights = projection.get("w")
    return {
        "name": projection.name,
        "post_ranks": projection.post_ranks,
        "pre_ranks": rectangular(projection.pre_ranks),
        "w": rectangular(weights) if isinstance(weights, list) else weights,
        "delay": rectangular(delay) if isinstance(delay, list) else delay,
        "max_delay": int(projection.max_delay),
        "uniform_delay": int(uniform),
        "size": int(projection.size),
        "nb_synapses": int(projection.nb_synapses),
        "dt": float(projection.network.dt),
    }


def _check_compiled(projection: Projection, what: str) -> None:
    if not projection.network.compiled:
        raise EngineError(f"Projection {projection.name}: {what} needs synapses; call compile() first.")


def _rows(value: Any) -> Any:
    """Lists of lists, as an array of objects where they differ in length."""
    if not isinstance(value, list) or not value or not isinstance(value[0], list):
        return value
    return value if len({len(row) for row in value}) == 1 else rectangular(value)
