"""Structural plasticity in a document: which rules run, and what may be wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

from engine.errors import Diagnostic
from engine.project.catalogue import synapse_text
from engine.project.document import ProjectDocument, Projection
from engine.project.models import synapse_model_of
from engine.project.problem import Problem, Severity

RULES = ("creating", "pruning")


def period_of(projection: Projection, rule: str) -> float | None:
    """Return the ms between two looks at a rule of :data:`RULES`; None: it is not started."""
    period: float | None = getattr(projection, f"{rule}_period")
    return period


def started(document: ProjectDocument, projection: Projection) -> dict[str, float]:
    """Return the periods of the rules that begin with a run: those that have a text and a period."""
    periods = {rule: period_of(projection, rule) for rule in _rules(document, projection)}
    return {rule: period for rule, period in periods.items() if period is not None}


def is_structural(document: ProjectDocument) -> bool:
    """Tell whether any projection has a synapse with such a rule, so that the network must allow for it."""
    return any(_rules(document, projection) for projection in document.projections)


def _rules(document: ProjectDocument, projection: Projection) -> tuple[str, ...]:
    text = synapse_text(document, projection.synapse)
    return tuple(rule for rule in RULES if text and getattr(text, rule).strip())


def check_plasticity(document: ProjectDocument, projection: Projection) -> Iterator[Problem]:
    """Yield all problems of the rules of one projection."""

    def problem(field: str, message: str, hint: str, severity: Severity = "error") -> Problem:
        place = Diagnostic(message, hint, owner=projection.name, field=field)
        return Problem(severity, projection.id, field, place)

    given, dt = _rules(document, projection), document.run.dt
    for rule in RULES:
        field, period = f"{rule}_period", period_of(projection, rule)
        if period is None:
            continue
        if not (math.isfinite(period) and period > 0.0):
            message = f"The period of {rule} is {period} ms."
            yield problem(field, message, "Give a number above 0, or none to not start it.")
        elif rule not in given:
            message = f"The synapse of {projection.name} has no rule {rule}; its period is left aside."
            hint = f"Write the rule into the synapse's field {rule}, or remove the period."
            yield problem(field, message, hint, "warning")
        elif period < dt:
            message = f"The period of {rule}, {period} ms, is below the time step; it becomes {dt} ms."
            yield problem(field, message, f"Give {dt} ms or more.", "warning")
    yield from _check_delay(document, projection, problem)
    recorded = [m for m in document.monitors if m.source == projection.id and m.variables]
    if recorded and started(document, projection):
        message = f"Synapses of {projection.name} begin and end in a run, so they cannot be recorded."
        hint = "Record none of its variables, or remove the periods of its rules."
        yield problem("monitor.variables", message, hint)


def _check_delay(document: ProjectDocument, projection: Projection, problem: _Report) -> Iterator[Problem]:
    """Where all synapses have one delay, new ones cannot have another."""
    synapse, delay, dt = synapse_model_of(document, projection), projection.connector.delay, document.run.dt
    wanted = synapse.creating.delay if synapse and synapse.creating else None
    if not wanted or not isinstance(delay, float | int) or not dt > 0.0 or not math.isfinite(delay):
        return
    if max(1, round(wanted / dt)) != max(1, round(delay / dt)):
        message = f"The rule creating has a delay of {wanted} ms, but all of the projection have {delay} ms."
        yield problem("connector.delay", message, "Give both the same, or leave d out of the rule.")


class _Report(Protocol):
    def __call__(self, field: str, message: str, hint: str, severity: Severity = "error") -> Problem: ...
