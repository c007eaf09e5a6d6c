"""Sources of activity in a document: what they begin with, what may be wrong with them, how they are made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from types import MappingProxyType

import msgspec

from engine.project.catalogue import SCHEDULED
from engine.project.document import Constant, Course, Population

CORRELATED = "HomogeneousCorrelatedSpikeTrains"

STEMS = MappingProxyType(
    {
        "PoissonPopulation": "Poisson",
        "TimedPoissonPopulation": "Poisson",
        CORRELATED: "Correlated",
        "SpikeSourceArray": "Spikes",
        "InputArray": "Input",
        "TimedArray": "Input",
    }
)
"""What new sources are called."""

_FIRST_VALUES = MappingProxyType(
    {
        "PoissonPopulation": {"rates": 10.0},
        CORRELATED: {"rates": 10.0, "corr": 0.3, "tau": 20.0},
        "InputArray": {"r": 1.0},
    }
)


def with_model(population: Population, model: str, *, keep_geometry: bool = False) -> Population:
    """Return the population with another model, and with what a source needs to begin with."""
    values, times, course = dict(population.values), population.spike_times, population.course
    if model in _FIRST_VALUES:
        first = {name: Constant(value=value) for name, value in _FIRST_VALUES[model].items()}
        values = {name: values.get(name, value) for name, value in first.items()}
    if model == "SpikeSourceArray":
        times = times or ((10.0, 20.0, 30.0),)
    if model in SCHEDULED and course is None:
        high = 1.0 if model == "TimedArray" else 50.0
        course = Course(times=(0.0, 100.0), rows=((0.0,), (high,)), period=200.0)
    geometry = population.geometry
    if model == "SpikeSourceArray" and not keep_geometry:
        geometry = (len(times),)
    return msgspec.structs.replace(
        population, model=model, values=values, spike_times=times, course=course, geometry=geometry
    )


def source_faults(population: Population, size: int) -> Iterator[tuple[str, str, str]]:
    """Yield field, fault and mend of what a source is given."""
    if population.model in SCHEDULED:
        for fault, mend in _course_faults(population.course or Course(), size):
            yield "course", fault, mend
    if population.model == CORRELATED:
        for name, value in population.values.items():
            if isinstance(value, Constant) and (value.value < 0.0 or (name == "tau" and value.value == 0.0)):
                least = "above 0" if name == "tau" else "0 or more"
                yield f"values.{name}", f"{name} must be {least}.", f"Give a number {least}."


def _course_faults(course: Course, size: int) -> Iterator[tuple[str, str]]:
    if not course.rows or len(course.times) != len(course.rows):
        yield f"There are {len(course.times)} times and {len(course.rows)} rows.", "Give a row for each time."
    if any(not math.isfinite(t) or t < 0.0 for t in course.times):
        yield "Times must be 0 or later.", "Give them in ms."
    elif any(one >= other for one, other in pairwise(course.times)):
        yield "Times must ascend.", "Write the rows in the order of their times."
    for number, row in enumerate(course.rows, start=1):
        if len(row) not in (1, size):
            mend = f"Give one rate for all neurons, or {size} rates."
            yield f"Row {number} has {len(row)} rates for {size} neurons.", mend
        elif not all(map(math.isfinite, row)):
            yield f"Row {number} has a rate that is no finite number.", "Give numbers."
    if course.period is not None and not 0.0 < course.period < math.inf:
        yield f"{course.period} ms is no period.", "Give a number of ms above 0, or nothing for no period."


def rates_of(course: Course, size: int) -> list[list[float]]:
    """Return the rows with a rate for each neuron, or with one rate if all rows have one."""
    if all(len(row) == 1 for row in course.rows):
        return [list(row) for row in course.rows]
    return [list(row) if len(row) == size else list(row) * size for row in course.rows]
