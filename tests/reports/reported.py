"""Networks that reports are made of, and reports as what a reader finds in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from pylatexenc.latexwalker import (
    LatexEnvironmentNode,
    LatexMacroNode,
    LatexSpecialsNode,
    LatexWalker,
    get_default_latex_context_db,
)
from pylatexenc.macrospec import EnvironmentSpec, MacroSpec

import engine
from engine.reports.description import Heading
from engine.reports.gather import describe
from engine.reports.writing import report_text

ODD = r"50% of a_b & c #1 $5 {x} ~ ^ \ <y> | `z` *s* [u]: µ → é ≤"
"""Characters that LaTeX or Markdown mean something by."""


def text_of(network: engine.Network, suffix: str, **heading: Any) -> str:
    """The report of a network."""
    return report_text(describe(network), suffix, Heading(**heading))


def small() -> engine.Network:
    """A spiking population with a noisy input that learns."""
    net = engine.Network(dt=0.5, seed=3)
    cell = engine.Neuron(
        parameters="tau = 10.0 : population\nVt = -50.0\nI = 0.0",
        equations="tau*dv/dt = g_exc + I - half(v) : init=-60.0, min=-90.0, midpoint\ntau*dg_exc/dt = -g_exc",
        spike="v > Vt",
        reset="v = -60.0",
        refractory=2.0,
        functions="half(x) = 0.5 * x",
        name="LIF_1",
        description="Leaky & lossy: 50% of a_b.",
    )
    cells = net.create((4, 5), cell, name="cells_a")
    noise = net.create(engine.PoissonPopulation(20, name="noise", rates=10.0))
    net.connect(noise, cells, "exc", engine.STDP(tau_plus=15.0)).fixed_probability(
        0.5, weights=engine.Uniform(0.0, 1.0), delays=2.0
    )
    net.connect(cells, cells[0:3], "exc").one_to_one(0.25)
    cells.I = range(20)
    net.monitor(cells, ["spike", "v"], period=2.0)
    return net


def builtin() -> engine.Network:
    """Every built-in neuron, synapse and BOLD model."""
    from engine.extensions.bold import list_bold_models

    net = engine.Network(seed=1)
    for neuron in engine.list_standard_neurons():
        net.create(2, neuron)
    by_kind = {p.model.kind: p for p in reversed(net.populations)}
    for synapse in engine.list_standard_synapses():
        population = by_kind[synapse().type]
        net.connect(population, population, "exc", synapse).all_to_all(1.0)
    for kind in list_bold_models():
        model = kind()
        net.boldmonitor(by_kind["rate"], model, mapping=dict.fromkeys(model.inputs, "r"))
    return net


# --- reading LaTeX ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A table of a LaTeX report: its layout, its head and its rows as lists of cells."""

    columns: int
    head: str
    rows: list[list[str]]


def tables_of(text: str) -> list[Table]:
    """The tables of a LaTeX report; anything that does not match, such as a brace, raises."""
    context = get_default_latex_context_db()
    context.add_context_category(
        "report",
        environments=[EnvironmentSpec("xltabular", "{{"), EnvironmentSpec("dmath*", "", is_math_mode=True)],
        macros=[MacroSpec("hdr", "{{{"), MacroSpec("newcolumntype", "{{"), MacroSpec("columncolor", "{")],
        prepend=True,
    )
    nodes, _, _ = LatexWalker(text, latex_context=context, tolerant_parsing=False).get_latex_nodes()
    found: list[Table] = []
    _collect(nodes, found)
    return found


def _collect(nodes: Any, found: list[Table]) -> None:
    for node in nodes or ():
        if not isinstance(node, LatexEnvironmentNode):
            continue
        if node.environmentname == "xltabular":
            found.append(_table(node))
        else:
            _collect(node.nodelist, found)


def _table(node: LatexEnvironmentNode) -> Table:
    columns = node.nodeargd.argnlist[1].latex_verbatim().count("|") - 1
    inside = "".join(part.latex_verbatim() for part in node.nodelist)
    rows = [[""]]
    for part in node.nodelist:
        if isinstance(part, LatexSpecialsNode) and part.specials_chars == "&":
            rows[-1].append("")
        elif isinstance(part, LatexMacroNode) and part.macroname == "\\":
            rows.append([""])
        else:
            rows[-1][-1] += part.latex_verbatim()
    start = next(index for index, row in enumerate(rows) if "\\endfoot" in row[0])
    rows = [[cell.partition("\\endfoot")[2] or cell for cell in row] for row in rows[start:]]
    told = [[cell.replace("\\hline", "").strip() for cell in row] for row in rows]
    return Table(columns, inside.partition("\\endhead")[0], [row for row in told if any(row) or len(row) > 1])


# --- reading Markdown ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """A Markdown report as a reader of Markdown sees it."""

    headings: list[str]
    tables: list[list[list[str]]]
    formulas: list[str]
    text: str


def page_of(text: str) -> Page:
    """Parse a report; formulas in tables and text stand between dollar signs."""
    reader = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).use(front_matter_plugin)
    page = Page([], [], [], "")
    words: list[str] = []
    place = ""
    for token in reader.parse(text):
        if token.type == "heading_open":
            place = "heading"
        elif token.type == "table_open":
            page.tables.append([])
        elif token.type == "tr_open":
            page.tables[-1].append([])
        elif token.type in ("th_open", "td_open"):
            place = "cell"
        elif token.type == "math_block":
            page.formulas.append(token.content.strip())
        elif token.type == "inline":
            content = "".join(
                f"${part.content}$" if part.type == "math_inline" else part.content
                for part in token.children or ()
                if part.type in ("text", "math_inline", "text_special")
            )
            words.append(content)
            if place == "heading":
                page.headings.append(content)
            elif place == "cell":
                page.tables[-1][-1].append(content)
            place = ""
    return Page(page.headings, page.tables, page.formulas, "\n".join(words))


def cells(text: str, title: str) -> list[list[str]]:
    """The rows of the LaTeX table with this title."""
    table = next(t for t in tables_of(text) if f"{{{title}}}" in t.head)
    return [[cell.replace(r"\allowbreak{}", "") for cell in row] for row in table.rows]
