"""BOLD monitors of a document: their models, how they are made and what may be wrong with them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Iterator
from functools import cache
from types import MappingProxyType
from typing import Protocol

import msgspec

from engine.errors import Diagnostic, EngineError
from engine.extensions.bold import BoldModel, list_bold_models
from engine.project.document import BoldMonitor, Population, ProjectDocument, new_id
from engine.project.models import kind_of, recordable, sender_of
from engine.project.naming import check_name, unique_name
from engine.project.problem import Problem, Severity

RATE = "r"
"""The variable that is a mean firing rate in spiking populations."""


@cache
def bold_models() -> MappingProxyType[str, BoldModel]:
    """Return each predefined BOLD model, with its defaults, by its name."""
    made = {kind.__name__: kind() for kind in list_bold_models()}  # type: ignore[call-arg]  # all have defaults
    return MappingProxyType(made)


@cache
def arguments(model: str) -> MappingProxyType[str, float]:
    """Return the numbers that a predefined model may be made with, and their defaults."""
    given = inspect.signature(type(bold_models()[model])).parameters.values()
    numbers = {p.name: float(p.default) for p in given if not isinstance(p.default, bool)}
    return MappingProxyType(numbers)


def variables_of(model: str) -> tuple[str, ...]:
    """Return the names that a monitor with this model may record, its outputs first."""
    known = bold_models().get(model)
    if known is None:
        return ()
    names = [variable.name for variable in known.analyse().variables]
    return tuple(dict.fromkeys((*known.output, *names)))


def recorded(monitor: BoldMonitor) -> tuple[str, ...]:
    """Return what a monitor records: the outputs of its model and the variables that were chosen."""
    known = bold_models().get(monitor.model)
    return tuple(dict.fromkeys((*(known.output if known else ()), *monitor.variables)))


def mappable(document: ProjectDocument, monitor: BoldMonitor) -> tuple[str, ...]:
    """Return the variables that all populations of a monitor have."""
    shared: list[str] | None = None
    for population in populations_of(document, monitor):
        names = [n for n in recordable(document, population) if n != "spike" and not n.startswith("sum(")]
        model = sender_of(document, population)
        names += [v.name for v in model.variables] if model else []
        shared = [n for n in dict.fromkeys(names) if shared is None or n in shared]
    return tuple(shared or ())


def populations_of(document: ProjectDocument, monitor: BoldMonitor) -> list[Population]:
    """Return the populations of a monitor that exist."""
    known = {population.id: population for population in document.populations}
    return [known[i] for i in monitor.populations if i in known]


def rate_sources(document: ProjectDocument, monitor: BoldMonitor) -> list[Population]:
    """Return the spiking populations whose mean firing rate a monitor needs."""
    if RATE not in monitor.mapping.values():
        return []
    return [p for p in populations_of(document, monitor) if kind_of(document, p) == "spike"]


# --- edits -----------------------------------------------------------------------------------------------


def add_bold_monitor(
    document: ProjectDocument, populations: Iterable[str], model: str = "balloon_RN", name: str | None = None
) -> tuple[ProjectDocument, str]:
    """Add a BOLD monitor of populations (ids), with their rates as every input of the model."""
    chosen = tuple(dict.fromkeys(populations))
    known = {population.id for population in document.populations}
    if not chosen or not known.issuperset(chosen):
        raise EngineError("A BOLD monitor needs one or several populations.")
    name = name or unique_name(document, "BOLD")
    check_name(document, name)
    monitor = choose_model(BoldMonitor(id=new_id(), name=name, populations=chosen, mapping={}), model)
    return msgspec.structs.replace(document, bold_monitors=(*document.bold_monitors, monitor)), monitor.id


def choose_model(monitor: BoldMonitor, model: str) -> BoldMonitor:
    """Return the monitor with another model; what that has no use for is dropped."""
    if model not in bold_models():
        raise EngineError(f"There is no BOLD model {model!r}; there are {', '.join(bold_models())}.")
    inputs, variables = bold_models()[model].inputs, variables_of(model)
    return msgspec.structs.replace(
        monitor,
        model=model,
        values={k: v for k, v in monitor.values.items() if k in arguments(model)},
        mapping={name: monitor.mapping.get(name, RATE) for name in inputs},
        variables=tuple(v for v in monitor.variables if v in variables),
    )


# --- check -----------------------------------------------------------------------------------------------


def check_bold_monitor(document: ProjectDocument, monitor: BoldMonitor) -> Iterator[Problem]:
    """Yield all problems of one BOLD monitor."""

    def problem(field: str, message: str, hint: str = "", severity: Severity = "error") -> Problem:
        place = Diagnostic(message, hint, owner=monitor.name, field=field)
        return Problem(severity, monitor.id, field, place)

    if len(populations_of(document, monitor)) < len(monitor.populations) or not monitor.populations:
        yield problem("populations", "A population of this monitor is missing.", "Choose others.")
    if monitor.model not in bold_models():
        hint = f"Choose one of {', '.join(bold_models())}."
        yield problem("model", f"There is no BOLD model {monitor.model!r}.", hint)
        return
    for name, number in monitor.values.items():
        if name not in arguments(monitor.model):
            yield problem(f"values.{name}", f"{monitor.model} has no parameter {name!r} to be set.")
        elif not math.isfinite(number):
            yield problem(f"values.{name}", f"{name} is {number}.", "Give a finite number.")
    durations = {"baseline": monitor.baseline, "rate_window": monitor.rate_window}
    for field, duration in durations.items():
        least = "above 0" if field == "rate_window" else "0 or more"
        if not math.isfinite(duration) or duration < 0.0 or (field == "rate_window" and not duration):
            yield problem(field, f"The duration is {duration} ms.", f"Give a number of ms, {least}.")
    if monitor.scale_factor is not None and not math.isfinite(monitor.scale_factor):
        yield problem("scale_factor", f"The factor is {monitor.scale_factor}.", "Give a finite number.")
    for name in monitor.variables:
        if name not in variables_of(monitor.model):
            hint = f"Choose from {', '.join(variables_of(monitor.model))}."
            yield problem("variables", f"{monitor.model} has no variable {name!r}.", hint)
    yield from _check_mapping(document, monitor, problem)


def _check_mapping(document: ProjectDocument, monitor: BoldMonitor, problem: _Report) -> Iterator[Problem]:
    inputs, present = bold_models()[monitor.model].inputs, mappable(document, monitor)
    if not monitor.mapping:
        yield problem("mapping", "No input of the model is given.", f"Map {inputs[0]} to a variable.")
    waiting = any(sender_of(document, p) is None for p in populations_of(document, monitor))
    for name, variable in monitor.mapping.items():
        field = f"mapping.{name}"
        if name not in inputs:
            yield problem(field, f"{monitor.model} has no input {name!r}.", f"It has {', '.join(inputs)}.")
        elif variable not in present and not waiting:
            hint = f"Choose one of {', '.join(present)}." if present else "Choose other populations."
            yield problem(field, f"{variable!r} is not a variable of all its populations.", hint)
    others = [m for m in document.bold_monitors if m.rate_window != monitor.rate_window]
    shared = {p.name for m in others for p in rate_sources(document, m)}
    for population in rate_sources(document, monitor):
        if population.name in shared:
            message = f"Another BOLD monitor gives {population.name} another window of its rate."
            yield problem("rate_window", message, "Give both the same.")


class _Report(Protocol):
    def __call__(self, field: str, message: str, hint: str = "", severity: Severity = "error") -> Problem: ...
