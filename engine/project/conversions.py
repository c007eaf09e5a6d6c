"""Projections between rate-coded and spiking populations: what becomes of them, and what may be wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from engine.errors import Diagnostic
from engine.project.document import Connector, Constant, Population, ProjectDocument, Projection
from engine.project.models import kind_of, model_of
from engine.project.problem import Problem, Severity
from engine.project.values import part_sizes

Conversion = Literal["", "current", "decoding"]
"""A ``CurrentInjection`` from rates to spiking neurons, a ``DecodingProjection`` from spikes to rates, or
neither: an ordinary projection."""

CLASSES = {"current": "CurrentInjection", "decoding": "DecodingProjection"}

ABOUT = {
    "current": "Each neuron's rate is added to g_target in every step: g_target += pre.r",
    "decoding": "The target receives the mean rate (Hz) of the spikes in a window, times w",
}
"""What such a projection does, in words."""


def conversion_of(document: ProjectDocument, projection: Projection) -> Conversion:
    """Return what a projection of the document becomes."""
    ends = {p.id: p for p in document.populations}
    pre, post = ends.get(projection.pre), ends.get(projection.post)
    return "" if pre is None or post is None else conversion(document, pre, post, projection.target)


def conversion(document: ProjectDocument, pre: Population, post: Population, target: str) -> Conversion:
    """Return what a projection between these two becomes."""
    kinds = kind_of(document, pre), kind_of(document, post)
    if kinds == ("spike", "rate"):
        return "decoding"
    receiver = model_of(document, post)
    if kinds == ("rate", "spike") and not (receiver is not None and target in receiver.summed):
        return "current"
    return ""


def first_connector(kind: Conversion) -> Connector | None:
    """Return how such a projection is wired at first; None for an ordinary one."""
    return {"current": Connector(pattern="one_to_one"), "decoding": Connector(pattern="all_to_all")}.get(kind)


def check_conversion(
    document: ProjectDocument, projection: Projection, pre: Population, post: Population
) -> Iterator[Problem]:
    """Yield all problems that only such a projection has."""

    def problem(field: str, message: str, hint: str, severity: Severity = "error") -> Problem:
        place = Diagnostic(message, hint, owner=projection.name, field=field)
        return Problem(severity, projection.id, field, place)

    kind, wiring = conversion_of(document, projection), projection.connector
    if not kind:
        return
    if projection.synapse:
        message = f"From {pre.name} to {post.name} there are no synapses with a model of their own."
        yield problem("synapse", message, "Choose the default synapse.")
    without_effect = ["delay"] if wiring.delay else []
    if kind == "current":
        sizes = part_sizes(projection, pre, post)
        if sizes[0] != sizes[1]:
            message = f"A current goes from neuron to neuron, but {sizes[0]} neurons meet {sizes[1]}."
            yield problem("post", message, "Give both the same size, or connect parts of the same size.")
        if wiring.pattern != "one_to_one":
            message = "A current goes from neuron to neuron."
            yield problem("connector.pattern", message, "Choose one to one.")
        if wiring.weights != Constant(value=1.0):
            without_effect.append("weights")
    elif not 0.0 <= projection.window < math.inf:
        message = f"A window of {projection.window} ms is not possible."
        yield problem("window", message, "Give a number of ms, 0 or more.")
    for field in without_effect:
        what = {"current": "a current", "decoding": "decoded rates"}[kind]
        message = f"The {field} of {projection.name} has no effect on {what}."
        hint = "Give 1." if field == "weights" else "Give 0."
        yield problem(f"connector.{field}", message, hint, "warning")
