"""A description as Markdown: tables as GitHub writes them, formulas between dollar signs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from engine.reports.description import (
    Description,
    Equation,
    Event,
    Group,
    Heading,
    Measurement,
    Model,
    Values,
    pieces,
)

_AUTHOR = "Neuroloom"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|$~&])")
_EVENTS = {
    "pre_spike": r"Pre-synaptic event at $t_\text{pre} + d$:",
    "pre_axon_spike": r"Pre-synaptic axonal event at $t_\text{pre} + d$:",
    "post_spike": r"Post-synaptic event at $t_\text{post}$:",
}
_RULES = {"creating": "A synapse begins", "pruning": "A synapse ends"}
_SUM = (
    r"$\Sigma_\text{target}$ is what the synapses of this target contribute together, "
    r"$\Sigma$ what those of all targets do."
)


def markdown(description: Description, heading: Heading) -> str:
    """The report as Markdown with a YAML header."""
    sections = (
        _front(heading),
        *_omissions(description),
        *_structure(description),
        "# Neuron models",
        *([_SUM] if description.has_sums else []),
        *(block for model in description.neurons for block in _model(model)),
        *([] if description.neurons else ["None."]),
        "# Synapse models",
        *(block for model in description.synapses for block in _model(model)),
        *([] if description.synapses else ["None."]),
        *_measurements(description.measurements),
        "# Parameters",
        *_parameters(description),
    )
    return "\n\n".join(sections) + "\n"


def _front(heading: Heading) -> str:
    values = {
        "title": heading.title or "Network description",
        "author": heading.author or _AUTHOR,
        "date": heading.date or "",
    }
    return "\n".join(("---", *(f"{key}: {_scalar(value)}".rstrip() for key, value in values.items()), "---"))


def _scalar(text: str) -> str:
    """Text as YAML; quoted where it might be taken for something else."""
    plain = re.fullmatch(r"[^\W\d_][\w .,()/+-]*", text) and not re.fullmatch(
        r"(?i)true|false|yes|no|null|on|off|y|n", text
    )
    return text if plain or not text else json.dumps(text, ensure_ascii=False)


def _omissions(description: Description) -> Iterator[str]:
    if description.omissions:
        yield "**Left out, because of errors:**"
        yield "\n".join(
            "\n".join((f"* {escaped(each.what)}", *(f"    * {escaped(reason)}" for reason in each.reasons)))
            for each in description.omissions
        )


# --- structure -------------------------------------------------------------------------------------------


def _structure(description: Description) -> Iterator[str]:
    yield "# Structure of the network"
    yield "\n".join(f"* {escaped(line)}" for line in description.settings)
    yield "## Populations"
    titles = "Population", "Size", "Neuron type"
    groups = [(escaped(g.name), _size(g), escaped(g.model)) for g in description.populations]
    yield _table(titles, groups)
    yield "## Projections"
    titles_of_projections = "Source", "Destination", "Target", "Synapse type", "Pattern"
    yield _table(
        titles_of_projections,
        [
            (*map(escaped, (each.source, each.destination, each.target, each.synapse)), rich(each.pattern))
            for each in description.connections
        ],
    )
    held = [
        tuple(map(escaped, (each.source, each.destination, each.target, each.storage)))
        for each in description.connections
        if each.storage
    ]
    if held:
        yield "## Storage of synapses"
        yield _table(("Source", "Destination", "Target", "Held as"), held)
    if description.inputs:
        yield "## Inputs"
        inputs = [tuple(map(escaped, (i.name, i.kind, i.description))) for i in description.inputs]
        yield _table(("Population", "Type", "Description"), inputs)
    yield "## Monitors"
    recordings = [
        (escaped(each.owner), escaped(", ".join(each.variables)), escaped(each.period))
        for each in description.recordings
    ]
    yield _table(("Object", "Variables", "Period"), recordings)
    if description.functions:
        yield "## Functions"
        yield from map(_display, description.functions)


def _size(group: Group) -> str:
    return str(group.size) if len(group.geometry) == 1 else str(group.geometry)


# --- models ----------------------------------------------------------------------------------------------


def _model(model: Model) -> Iterator[str]:
    yield f"## {escaped(model.name)}"
    yield escaped(model.description)
    yield from _parameters_and_equations(model)
    if model.psp:
        how = "" if model.operation == "sum" else f" ({model.operation} over the synapses)"
        yield f"**Weighted sum{how}:**"
        yield _display(model.psp)
    for event in model.events:
        yield from _event(event)
    if model.functions:
        yield "**Functions:**"
        yield from map(_display, model.functions)


def _parameters_and_equations(model: Model) -> Iterator[str]:
    yield "**Parameters:**"
    rows = [(f"${p.symbol}$", rich(p.value), p.locality, p.dtype) for p in model.parameters]
    yield _table(("Name", "Default value", "Locality", "Type"), rows)
    yield "**Equations:**"
    if not model.equations:
        yield "None."
    for equation in model.equations:
        yield from _equation(equation)


def _equation(equation: Equation) -> Iterator[str]:
    yield f"* Variable ${equation.symbol}$: {', '.join(map(rich, equation.details))}"
    yield _display(equation.formula)


def _event(event: Event) -> Iterator[str]:
    if event.kind in _RULES:
        remark = f" {rich(event.remark)}." if event.remark else ""
        yield f"**{_RULES[event.kind]}** where ${event.condition}$.{remark}"
    elif event.condition:
        axonal = event.kind == "axon_spike"
        yield f"**{'Axonal spike' if axonal else 'Spike'} emission:**"
        yield f"if ${event.condition}$:"
        emitted = f"Emit {'an axonal' if axonal else 'a'} spike at time $t$."
        formulas = (", ".join(f"${part}$" for part in (s.formula, *s.bounds)) for s in event.statements)
        yield "\n".join(f"* {line}" for line in (emitted, *formulas))
        if event.remark:
            yield f"{rich(event.remark)}."
    else:
        yield f"**{_EVENTS[event.kind]}**"
        yield from (_display(r",\quad ".join((s.formula, *s.bounds))) for s in event.statements)


def _measurements(measurements: Sequence[Measurement]) -> Iterator[str]:
    if measurements:
        yield "# Measurements"
    for measurement in measurements:
        yield f"## {escaped(measurement.name)}"
        yield f"{escaped(measurement.model.name)}: {escaped(measurement.model.description)}"
        yield "**Input:**"
        yield "\n".join(f"* {escaped(words)}" for words in measurement.inputs)
        yield from _parameters_and_equations(measurement.model)


# --- parameters ------------------------------------------------------------------------------------------


def _parameters(description: Description) -> Iterator[str]:
    yield "## Constants"
    yield _table(
        ("Name", "Value"), [(f"${each.symbol}$", rich(each.value)) for each in description.constants]
    )
    yield "## Population parameters"
    yield _table(("Population", "Neuron type", "Name", "Value"), _value_rows(description.population_values))
    yield "## Projection parameters"
    yield _table(("Projection", "Synapse type", "Name", "Value"), _value_rows(description.projection_values))


def _value_rows(groups: Iterable[Values]) -> list[tuple[str, str, str, str]]:
    rows = []
    for values in groups:
        for index, each in enumerate(values.values):
            owner = (escaped(values.owner), escaped(values.model)) if index == 0 else ("", "")
            rows.append((*owner, f"${each.symbol}$", rich(each.value)))
    return rows


# --- what it is made of ----------------------------------------------------------------------------------


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "None."
    lines = [[f"**{title}**" for title in titles], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    written = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    ]
    written.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in written)


def _display(formula: str) -> str:
    return f"$$\n{formula}\n$$"


def escaped(text: str) -> str:
    """Plain text as Markdown, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def rich(text: str) -> str:
    """Text with formulas between dollar signs as Markdown."""
    return "".join(f"${part}$" if formula else _inline(part) for formula, part in pieces(text))


def _inline(text: str) -> str:
    """A part of a line: blanks at its ends stay."""
    return _SPECIAL.sub(r"\\\1", text)
