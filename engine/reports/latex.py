"""A description as LaTeX: tables after Nordlie, Gewaltig & Plesser (2009, PLoS Comput Biol 5:e1000456)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from engine.reports.description import (
    Description,
    Equation,
    Event,
    Heading,
    Measurement,
    Model,
    Statement,
    Value,
    pieces,
)

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

_PREAMBLE = r"""\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage[margin=1in]{geometry}
\usepackage{xltabular}
\usepackage{multirow}
\usepackage[table]{xcolor}
\usepackage[fleqn]{amsmath}
\usepackage{amssymb}
\usepackage{breqn}
\usepackage[scaled=.95]{helvet}
\setlength{\mathindent}{0em}
\setlength{\LTpre}{1ex}
\setlength{\LTpost}{1ex}
\renewcommand{\arraystretch}{1.2}
\newcolumntype{Y}{>{\raggedright\arraybackslash}X}
\newcolumntype{E}{>{\raggedright\arraybackslash\abovedisplayskip0pt\belowdisplayskip3pt}X}
\newcommand{\nogap}{\vspace{-0.6\baselineskip}}
\newcommand{\hdr}[3]{\multicolumn{#1}{|>{\columncolor{black}}l|}{\color{white}\bfseries #2\quad #3}}
"""
_NONE = "---"
_LABEL = r">{\raggedright\arraybackslash}p{0.17\linewidth}"
_NAME = r">{\raggedright\arraybackslash}p{0.3\linewidth}"
_LONGEST_INDEX = 20
_RULES = {"creating": "Creation where", "pruning": "Pruning where"}
_EVENTS = {
    "pre_spike": "Pre-synaptic event",
    "pre_axon_spike": "Pre-synaptic axonal event",
    "post_spike": "Post-synaptic event",
}


def latex(description: Description, heading: Heading, standalone: bool = True) -> str:
    """The report as LaTeX.

    Parameters
    ----------
    description : Description
    heading : Heading
    standalone : bool
        A whole document; otherwise only the tables, for ``\\input`` where a comment at the top says what
        they need.
    """
    tables = "\n".join(_tables(description))
    if not standalone:
        needed = "".join(f"%   {line}\n" for line in _PREAMBLE.splitlines())
        return f"% These tables need, before the document begins:\n{needed}\n{tables}"
    return (
        "\\documentclass{article}\n"
        + _PREAMBLE
        + "\\renewcommand{\\familydefault}{\\sfdefault}\n\\pagestyle{empty}\n\n\\begin{document}\n"
        + _heading(heading)
        + f"\n{tables}\\end{{document}}\n"
    )


def _heading(heading: Heading) -> str:
    if not (heading.title or heading.author or heading.date):
        return ""
    parts = {"title": heading.title or "Network description", "author": heading.author, "date": heading.date}
    lines = "".join(f"\\{key}{{{escaped(value or '')}}}\n" for key, value in parts.items())
    return f"{lines}\\maketitle\n\\thispagestyle{{empty}}\n"


def _tables(description: Description) -> Iterable[str]:
    if description.omissions:
        yield _omissions(description)
    yield _summary(description)
    yield _populations(description)
    yield _connectivity(description)
    yield from _storage(description)
    yield from _models(description.neurons, "D", "Neuron Models", _neuron_rows)
    yield from _models(description.synapses, "E", "Synapse Models", _synapse_rows)
    yield from _parameters(description)
    rows = [_row((escaped(each.name), escaped(each.description))) for each in description.inputs]
    yield _table("lY", _header(2, "G", "Input"), rows, _titles("Name", "Description"))
    yield from _measurements(description)


# --- the tables ------------------------------------------------------------------------------------------


def _omissions(description: Description) -> str:
    items = "".join(
        f"\\item {escaped(each.what)}\n" + "".join(f"\n    {escaped(reason)}\n" for reason in each.reasons)
        for each in description.omissions
    )
    return (
        f"\\noindent\\textbf{{Left out, because of errors:}}\n\\begin{{itemize}}\n{items}\\end{{itemize}}\n"
    )


def _summary(description: Description) -> str:
    groups = [group.name for group in description.populations]
    plastic = [model.name for model in description.synapses]
    rows = (
        ("Populations", f"{len(groups)}: {_listed(groups)}" if groups else _NONE),
        ("Topology", _NONE),
        ("Connectivity", _listed(each.connector for each in description.connections)),
        ("Neuron models", _listed(model.name for model in description.neurons)),
        ("Channel models", _NONE),
        ("Synapse models", _NONE),
        ("Plasticity", _listed(plastic)),
        ("Input", _listed(each.kind for each in description.inputs)),
        ("Measurements", _listed(each.model.name for each in description.measurements)),
    )
    body = [_row((rf"\textbf{{{name}}}", text)) for name, text in rows]
    return _table("lY", _header(2, "A", "Model Summary"), body)


def _populations(description: Description) -> str:
    rows = []
    for group in description.populations:
        index = rf"_{{\text{{{escaped(group.name)}}}}}" if len(group.name) <= _LONGEST_INDEX else ""
        size = f"$N{index}$ = {group.size}"
        if len(group.geometry) > 1:
            size += f" ({'*'.join(map(str, group.geometry))})"
        rows.append(_row((escaped(group.name), escaped(group.model), size)))
    return _table("YYY", _header(3, "B", "Populations"), rows, _titles("Name", "Elements", "Size"))


def _connectivity(description: Description) -> str:
    titles = _titles("Source", "Destination", "Target", "Synapse", "Pattern")
    rows = [
        _row((*map(escaped, (each.source, each.destination, each.target, each.synapse)), rich(each.pattern)))
        for each in description.connections
    ]
    return _table("YYlYY", _header(5, "C", "Connectivity"), rows, titles)


def _storage(description: Description) -> Iterable[str]:
    """How synapses are held, once they are."""
    rows = [
        _row(map(escaped, (each.source, each.destination, each.target, each.storage)))
        for each in description.connections
        if each.storage
    ]
    if rows:
        yield _table("YYlY", "", rows, _titles("Source", "Destination", "Target", "Held as"))


def _models(
    models: Sequence[Model], letter: str, title: str, rows: Callable[[Model], list[str]]
) -> Iterable[str]:
    for index, model in enumerate(models):
        head = _header(2, letter, title) if index == 0 else ""
        yield _table("nE", head, _model_rows(model, rows(model)), _name(model))
    if not models:
        yield _table("nE", _header(2, letter, title), [])


def _name(model: Model) -> str:
    return _row((r"\textbf{Name}", escaped(model.name)))


def _model_rows(model: Model, rows: list[str]) -> list[str]:
    return [
        _row((r"\textbf{Type}", escaped(model.description))),
        *rows,
        *_formulas("Functions", model.functions),
    ]


def _neuron_rows(model: Model) -> list[str]:
    rows = _equations(model, "Subthreshold dynamics" if model.spiking else "Equations")
    for event in model.events:
        rows += _spiking(event)
    return rows


def _synapse_rows(model: Model) -> list[str]:
    rows = []
    if model.psp:
        rows += _formulas("PSP" if model.operation == "sum" else f"PSP ({model.operation})", [model.psp])
    rows += _equations(model, "Equations")
    for event in model.events:
        if event.kind in _RULES:
            text = f"{inline(event.condition)}. {rich(event.remark)}."
            rows.append(_row((rf"\textbf{{{_RULES[event.kind]}}}", text)))
        else:
            rows += _block(_EVENTS[event.kind], list(map(_bounded, event.statements)))
    return rows


def _equations(model: Model, title: str) -> list[str]:
    return _block(title, list(map(_bounded, model.equations)))


def _bounded(told: Equation | Statement) -> str:
    """A formula with its bounds behind it, where they cannot be broken in two."""
    bounds = ", ".join(map(inline, told.bounds))
    return _display(told.formula) + (f"with {bounds}" if bounds else "")


def _spiking(event: Event) -> list[str]:
    axonal = event.kind == "axon_spike"
    emitted = "Emit an axonal spike" if axonal else "Emit a spike"
    formulas = (", ".join(map(inline, (each.formula, *each.bounds))) for each in event.statements)
    items = "".join(rf"\item {formula} " for formula in formulas)
    listed = rf"\begin{{enumerate}}\setlength{{\itemsep}}{{0pt}}\item {emitted} {items}\end{{enumerate}}"
    text = f"If {inline(event.condition)}: {listed}"
    title = "Axonal spiking" if axonal else "Spiking"
    remark = f" {rich(event.remark)}." if event.remark else ""
    return [_row((rf"\textbf{{{title}}}", text + remark))]


def _formulas(title: str, formulas: Sequence[str]) -> list[str]:
    return _block(title, [_display(formula) for formula in formulas])


def _block(title: str, cells: Sequence[str]) -> list[str]:
    """A row for each cell and no rules between, so that a long model may go over to the next page."""
    label = rf"\textbf{{{title}}}"
    rows = [_row((label if index == 0 else "", cell)) for index, cell in enumerate(cells)]
    return ["".join(rows)] if rows else []


def _display(formula: str) -> str:
    return f"\\nogap\\begin{{dmath*}}\n{_letters(formula)}\n\\end{{dmath*}}"


def _parameters(description: Description) -> Iterable[str]:
    tables: list[tuple[str, list[str], str]] = []
    if description.constants:
        rows = _value_rows("", description.constants)
        tables.append(("ppY", rows, _titles("Constants", "Name", "Value")))
    if description.functions:
        tables.append(("pE", _formulas("Functions", description.functions), ""))
    groups = [("Population", values) for values in description.population_values]
    groups += [("Projection", values) for values in description.projection_values]
    for title, values in groups:
        rows = _value_rows(escaped(values.owner), values.values)
        tables.append(("ppY", rows, _titles(title, "Parameter", "Value")))
    for index, (columns, rows, titles) in enumerate(tables or [("Y", [], "")]):
        yield _table(columns, "" if index else _header(len(columns), "F", "Parameters"), rows, titles)


def _value_rows(owner: str, values: Sequence[Value]) -> list[str]:
    return [
        _row((owner if index == 0 else "", inline(each.symbol), rich(each.value)))
        for index, each in enumerate(values)
    ]


def _measurements(description: Description) -> Iterable[str]:
    recorded = [
        _row((escaped(each.owner), f"{escaped(', '.join(each.variables))}, {escaped(each.period)}"))
        for each in description.recordings
    ]
    tables = [(recorded, _titles("Recorded", "Variables"))] if recorded else []
    tables += [(_measurement_rows(each), _name(each.model)) for each in description.measurements]
    for index, (rows, titles) in enumerate(tables or [([], "")]):
        yield _table("nE", "" if index else _header(2, "H", "Measurement"), rows, titles)


def _measurement_rows(measurement: Measurement) -> list[str]:
    rows = _model_rows(measurement.model, _equations(measurement.model, "Equations"))
    inputs = _block("Input", [escaped(words) for words in measurement.inputs])
    return [rows[0], *inputs, *rows[1:]]


# --- what tables are made of -----------------------------------------------------------------------------


def _table(columns: str, header: str, rows: Sequence[str], first: str = "") -> str:
    """A table that may go over several pages; header and first row are repeated on each."""
    kinds = {"n": _LABEL, "p": _NAME}
    layout = "|" + "|".join(kinds.get(column, column) for column in columns) + "|"
    head = f"{header} \\\\ \\hline\n" if header else ""
    if first:
        head += f"{first}\\hline\n"
    body = "\\hline\n".join(rows or [_row([_NONE, *[""] * (len(columns) - 1)])])
    return (
        f"\\begin{{xltabular}}{{\\linewidth}}{{{layout}}}\n"
        f"\\hline\n{head}\\endhead\n\\hline\n\\endfoot\n{body}\\end{{xltabular}}\n"
    )


def _header(columns: int, letter: str, title: str) -> str:
    return f"\\hdr{{{columns}}}{{{letter}}}{{{title}}}"


def _titles(*titles: str) -> str:
    return _row(rf"\textbf{{{title}}}" for title in titles)


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + " \\\\\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(escaped(name) for name in dict.fromkeys(names)) or _NONE


# --- text ------------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """Plain text as LaTeX; long names may be broken after underscores and before capitals."""
    parts = re.split(r"(?<=_)|(?<=[a-z])(?=[A-Z])", text)
    return r"\allowbreak{}".join(_encoder().unicode_to_latex(part) for part in parts)


def rich(text: str) -> str:
    """Text with formulas between dollar signs as LaTeX."""
    return "".join(inline(part) if formula else escaped(part) for formula, part in pieces(text))


def inline(formula: str) -> str:
    """A formula within a line."""
    return f"${_letters(formula)}$"


def _letters(formula: str) -> str:
    """A formula whose letters pdfTeX knows: those of other alphabets may stand in names."""

    def known(letter: re.Match[str]) -> str:
        encoded: str = _encoder().unicode_to_latex(letter[0])
        return encoded if encoded.startswith(r"\ensuremath") else rf"\text{{{encoded}}}"

    return re.sub(r"[^\x00-\x7f]", known, formula)


@cache
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder  # takes a tenth of a second

    return UnicodeToLatexEncoder(unknown_char_policy="unihex", unknown_char_warning=False)
