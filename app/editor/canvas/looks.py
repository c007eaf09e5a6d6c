"""From the document to what is drawn of it."""

from __future__ import annotations

from app.editor.canvas.population_item import Kind, PopulationLook
from app.editor.canvas.projection_item import ProjectionLook
from engine.project.catalogue import model_name
from engine.project.document import Connector, Population, ProjectDocument, Projection
from engine.project.models import kind_of, model_of, targets_of
from engine.project.values import synapse_count

_COLUMN, _LINE = 300.0, 180.0
_SOURCES: dict[str, tuple[Kind, str]] = {
    "PoissonPopulation": ("poisson", "Poisson"),
    "TimedPoissonPopulation": ("poisson", "Poisson, schedule"),
    "HomogeneousCorrelatedSpikeTrains": ("poisson", "Correlated Poisson"),
    "SpikeSourceArray": ("spikes", "Spike times"),
    "InputArray": ("input", "Rates"),
    "TimedArray": ("input", "Rates, schedule"),
}


def population_look(
    document: ProjectDocument,
    population: Population,
    index: int,
    color: str,
    last: PopulationLook | None,
) -> PopulationLook:
    """What is drawn of a population, the ``index``-th of the document.

    While its equations do not parse it keeps the ports of ``last``, what was drawn of it before.
    """
    targets = targets_of(document, population)
    if population.model in _SOURCES:
        kind, model = _SOURCES[population.model]
    else:
        model = model_name(document, population.model)
        readable = model_of(document, population) is not None
        kind = ("spiking" if kind_of(document, population) == "spike" else "rate") if readable else "unknown"
        if not readable and last is not None:
            targets = tuple(dict.fromkeys((*last.targets, *targets)))
    waiting = (_COLUMN * (index % 4), _LINE * (index // 4))  # a file may leave positions out
    return PopulationLook(
        name=population.name,
        model=model,
        size=" × ".join(map(str, population.geometry)),
        kind=kind,
        color=color,
        targets=targets,
        position=document.view.positions.get(population.id, waiting),
    )


def projection_look(
    document: ProjectDocument, projection: Projection, pre: Population, post: Population
) -> ProjectionLook:
    """What is drawn of a projection from ``pre`` to ``post``."""
    count = synapse_count(projection, pre, post)
    return ProjectionLook(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        target=projection.target,
        pattern=describe_pattern(projection.connector),
        count=short_count(count),
        label_offset=document.view.label_offsets.get(projection.id, (0.0, 0.0)),
    )


def describe_pattern(connector: Connector) -> str:
    """The pattern with its one telling argument, e.g. ``p = 0.02``."""
    match connector.pattern:
        case "fixed_probability":
            return f"p = {connector.probability:g}"
        case "fixed_number_pre":
            return f"{connector.number} pre each"
        case "fixed_number_post":
            return f"{connector.number} post each"
        case "gaussian":
            return f"Gaussian, σ = {connector.sigma:g}"
        case "dog":
            return f"DoG, σ = {connector.sigma_pos:g} / {connector.sigma_neg:g}"
        case pattern:
            return pattern.replace("_", " ")


def short_count(count: float) -> str:
    """About three digits: ``80``, ``4.1k``, ``256k``, ``1.2M``."""
    if count < 1000:
        return f"{count:.0f}"
    for unit in "kMG":
        count /= 1000
        if count < 999.5 or unit == "G":
            break
    return f"{count:.0f}{unit}" if count >= 99.95 else f"{count:.1f}{unit}"
