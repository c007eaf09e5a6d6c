"""The report of a document, whole or not: what has errors is left out, and the report says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.errors import Diagnostic, EngineError
from engine.files.whole import save_whole
from engine.project import edits
from engine.project.build import build
from engine.project.check import Problem, check, errors
from engine.project.document import NeuronText, ProjectDocument, RunSettings
from engine.reports.description import Description, Heading, Model, Omission
from engine.reports.gather import describe
from engine.reports.writing import check_suffix, report_text


def describe_document(document: ProjectDocument) -> Description:
    """What a report tells of a document; never raises for what the user wrote.

    Objects that have errors are left out, with all that cannot be without them; ``omissions`` lists them.
    """
    sound, omissions = without_errors(document)
    told = describe(build(sound).network)
    words = {text.name: _first_paragraph(text.description) for text in document.models if text.description}
    return replace(
        told,
        neurons=tuple(_described(model, words) for model in told.neurons),
        synapses=tuple(_described(model, words) for model in told.synapses),
        omissions=tuple(omissions),
    )


def write_report(document: ProjectDocument, path: Path) -> Description:
    """Write the report of a document to a ``.tex`` or ``.md`` file; returns what it tells.

    Raises
    ------
    EngineError
        If the file is of another kind, or cannot be written.
    """
    check_suffix(path)
    description = describe_document(document)
    text = report_text(description, path.suffix, heading_of(document))
    save_whole(path, lambda file: file.write(text.encode()))
    return description


def heading_of(document: ProjectDocument) -> Heading:
    """What stands above the report of a document."""
    return Heading(title=document.name)


def _described(model: Model, words: dict[str, str]) -> Model:
    """The model with the words that its text in the document has for it."""
    return replace(model, description=words[model.name]) if model.name in words else model


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().partition("\n\n")[0].split()).replace("``", "")


# --- what has errors -------------------------------------------------------------------------------------


def without_errors(document: ProjectDocument) -> tuple[ProjectDocument, list[Omission]]:
    """The document without what has errors, and what that is, with the reasons."""
    reasons: dict[str, list[str]] = {}
    while found := errors(check(document)):
        before = document
        for problem in found:
            what, reason = _what(before, problem), _words(problem.diagnostic)
            listed = reasons.setdefault(what, [])
            if reason not in listed:
                listed.append(reason)
            document = _without(document, problem)
        if document == before:
            raise EngineError("\n".join(str(problem.diagnostic) for problem in found))
        for what, reason in _followers(before, document):
            reasons.setdefault(what, [reason])
    return document, [Omission(what, tuple(each)) for what, each in reasons.items()]


def _without(document: ProjectDocument, problem: Problem) -> ProjectDocument:
    """The document without the object at fault and all that cannot be without it."""
    key, kind = problem.object_id, problem.field.partition(".")[0]
    if kind == "run":
        field = problem.field.partition(".")[2]
        return edits.set_run(document, **{field: getattr(RunSettings(), field)})
    if kind == "monitor":
        kept = tuple(m for m in document.monitors if m.source != key)
        return msgspec.structs.replace(document, monitors=kept)
    if any(text.id == key for text in document.models):
        users = [p.id for p in document.populations if p.model == key]
        return edits.remove(document, [*users, *(p.id for p in document.projections if p.synapse == key)])
    if key in edits.objects(document):
        return edits.remove(document, [key])
    return document  # it went with another one


def _what(document: ProjectDocument, problem: Problem) -> str:
    kind, _, field = problem.field.partition(".")
    if kind == "run":
        return f"Setting {field} (its default is told)"
    label = _labels(document).get(problem.object_id, "Object")
    return f"Recordings of {label}" if kind == "monitor" else label


def _labels(document: ProjectDocument) -> dict[str, str]:
    """What to call each object."""
    labels = {p.id: f"Population {p.name}" for p in document.populations}
    labels |= {p.id: f"Projection {p.name}" for p in document.projections}
    labels |= {m.id: f"BOLD monitor {m.name}" for m in document.bold_monitors}
    for text in document.models:
        labels[text.id] = f"{'Neuron' if isinstance(text, NeuronText) else 'Synapse'} model {text.name}"
    return labels


def _words(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.field}, line {diagnostic.line}: " if diagnostic.line else ""
    return f"{place}{diagnostic.message}"


def _followers(before: ProjectDocument, after: ProjectDocument) -> Iterator[tuple[str, str]]:
    """What went with objects at fault, and why."""
    names = {text.id: text.name for text in before.models}
    labels, kept = _labels(before), _labels(after)
    models = {p.id: p.model for p in before.populations}
    models |= {p.id: p.synapse for p in before.projections if {p.pre, p.post} <= kept.keys()}
    for key in (key for key in labels if key not in kept):
        model = names.get(models.get(key, ""))
        yield labels[key], f"Its model {model} has errors." if model else "It needs what is left out."
