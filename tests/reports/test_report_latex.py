"""Reports as LaTeX: tables, formulas, escaped characters."""

from __future__ import annotations

import ziamath
from pylatexenc.latex2text import LatexNodes2Text
from reported import ODD, builtin, cells, small, tables_of, text_of

import engine
from engine import Network, Neuron, Synapse, report
from engine.reports.gather import describe
from engine.reports.latex import escaped


def test_the_tables_are_those_of_nordlie_et_al_in_their_order():
    titles = [
        t.head.split("\\hdr")[1].split("\\\\")[0]
        for t in tables_of(text_of(small(), ".tex"))
        if "hdr" in t.head
    ]
    assert [title.strip() for title in titles] == [
        "{2}{A}{Model Summary}",
        "{3}{B}{Populations}",
        "{5}{C}{Connectivity}",
        "{2}{D}{Neuron Models}",
        "{2}{E}{Synapse Models}",
        "{3}{F}{Parameters}",
        "{2}{G}{Input}",
        "{2}{H}{Measurement}",
    ]


def test_the_summary_lists_names():
    rows = dict(cells(text_of(small(), ".tex"), "Model Summary"))
    assert rows[r"\textbf{Populations}"] == r"2: cells\_a, noise"
    assert rows[r"\textbf{Topology}"] == rows[r"\textbf{Channel models}"] == "---"
    assert rows[r"\textbf{Connectivity}"] == "Random, One-to-One"
    assert rows[r"\textbf{Neuron models}"] == r"LIF\_1, Poisson"
    assert rows[r"\textbf{Plasticity}"] == "STDP, Default spiking synapse"
    assert rows[r"\textbf{Input}"] == "PoissonPopulation"
    assert rows[r"\textbf{Measurements}"] == "---"


def test_populations_and_projections_are_told():
    text = text_of(small(), ".tex")
    assert cells(text, "Populations")[0] == [r"cells\_a", r"LIF\_1", r"$N_{\text{cells\_a}}$ = 20 (4*5)"]
    assert cells(text, "Connectivity") == [
        [
            "noise",
            r"cells\_a",
            "exc",
            "STDP",
            r"Random, sparseness 0.5, weights $\mathcal{U}$(0.0, 1.0), delays 2.0",
        ],
        [
            r"cells\_a",
            r"cells\_a (3 of 20 neurons)",
            "exc",
            "Default spiking synapse",
            "One-to-One, weights 0.25, delays 0.0",
        ],
    ]


def test_how_synapses_are_held_is_told_once_they_are():
    def held(net: Network) -> list[list[str]]:
        tables = [t for t in tables_of(text_of(net, ".tex")) if "Held as" in t.head]
        return [[cell.replace(r"\allowbreak{}", "") for cell in row] for t in tables for row in t.rows]

    net = small()
    assert held(net) == []
    net.compile(silent=True)
    first, second = held(net)
    assert first[:3] == ["noise", r"cells\_a", "exc"]
    for cell in (first[3], second[3]):
        assert cell.startswith("lists of ranks, ")
        assert r"bytes a synapse (rows have gaps: " in cell and r" \% of all pairs have a synapse)" in cell


def test_a_neuron_has_its_equations_events_and_functions():
    rows = cells(text_of(small(), ".tex"), "Neuron Models")
    assert rows[0] == [r"\textbf{Type}", r"Leaky \& lossy: 50\% of a\_b."]
    assert r"\tau\,\frac{dv}{dt} = g_{\mathrm{exc}} + I - \mathrm{half}\left(v\right)" in rows[1][1]
    assert r"with $v \geq -90$" in rows[1][1]
    assert "If $v > \\mathrm{Vt}$" in rows[3][1] and r"\item $v \leftarrow -60$" in rows[3][1]
    assert rows[3][1].endswith("Refractory period: 2.0 ms.")
    assert r"\mathrm{half}\left(x\right) = 0.5\, x" in rows[4][1]


def test_values_of_arrays_are_told_as_ranges_before_and_after_compile():
    def parameters(net: Network) -> dict[str, str]:
        tables = [t for t in tables_of(text_of(net, ".tex")) if "Parameter}" in t.head]
        return {row[1]: row[2] for t in tables for row in t.rows}

    net = small()
    before = parameters(net)
    assert before["$I$"] == "$[0, 19]$"
    assert before["$\\tau$"] == "10.0"
    assert before[r"$\tau_{\mathrm{plus}}$"] == "15.0"
    assert r"$v(0)$" not in before
    net.compile(silent=True)
    net.populations[0].I = 3.0
    net.populations[0].v = [-60.0 + k for k in range(20)]
    net.projections[0].tau_plus = 16.0
    after = parameters(net)
    assert after["$I$"] == "3.0"
    assert after[r"$\tau_{\mathrm{plus}}$"] == "16.0"
    assert before.keys() == after.keys()


def test_initial_values_that_are_not_the_models_are_told():
    net = small()
    net.populations[0].v = -55.0
    values = describe(net).population_values[0].values
    assert ("v(0)", "-55.0") in [(value.symbol, value.value) for value in values]


def test_all_built_in_models_make_sound_latex():
    net = builtin()
    text = text_of(net, ".tex")
    tables = tables_of(text)
    assert [t for t in tables if any(len(row) != t.columns for row in t.rows)] == []
    for model in (*engine.list_standard_neurons(), *engine.list_standard_synapses()):
        assert escaped(model().name) in text
    assert "User-defined" not in text
    for name in ("balloon_RN", "balloon_two_inputs"):
        assert escaped(name) in text


def test_formulas_can_be_drawn():
    told = describe(builtin())
    models = (*told.neurons, *told.synapses, *(m.model for m in told.measurements))
    formulas = {e.formula for model in models for e in model.equations}
    events = [event for model in models for event in model.events]
    formulas |= {event.condition for event in events if event.condition}
    formulas |= {statement.formula for event in events for statement in event.statements}
    assert len(formulas) > 80
    for formula in formulas:
        assert ziamath.Latex(formula).getsize()[0] > 5


def test_odd_characters_are_escaped_so_that_they_read_the_same():
    read = LatexNodes2Text(math_mode="text").latex_to_text(escaped(ODD))
    assert read.replace("ˆ", "^").replace(" ", "") == ODD.replace(" ", "")
    net = Network()
    net.create(2, Neuron(equations="r = 1.0", description=ODD), name=ODD)
    net.connect(ODD, ODD, "exc").one_to_one(1.0)
    assert all(len(row) == t.columns for t in tables_of(text_of(net, ".tex", title=ODD)) for row in t.rows)


def test_bounds_stand_behind_their_formulas():
    net = Network()
    pop = net.create(2, engine.Izhikevich)
    rule = Synapse(
        pre_spike="g_target += w\nw += 0.1 : max = 1.0, unless_post", equations="dx/dt = -x : min = 0.0"
    )
    net.connect(pop, pop, "exc", rule).all_to_all(1.0)
    rows = {row[0]: row[1] for row in cells(text_of(net, ".tex"), "Synapse Models")}
    assert rows[r"\textbf{Equations}"].endswith("\\end{dmath*}with $x \\geq 0$")
    texts = text_of(net, ".tex")
    assert r"w \leftarrow w + 0.1\quad\text{(unless post)}" in texts and r"with $w \leq 1$" in texts
    assert r"w \leftarrow w + 0.1\quad\text{(unless post)},\quad w \leq 1" in text_of(net, ".md")


def test_letters_of_other_alphabets_in_names_are_those_of_latex():
    net = Network()
    net.create(2, Neuron("µ = 1.0\nδ_é = 2.0", "r = µ + δ_é : max = δ_é"))
    text = text_of(net, ".tex")
    assert text.isascii()
    assert r"r = \text{{\textmu}} + \ensuremath{\delta}_{\text{\'e}}" in text
    assert text_of(net, ".md").count("δ_{é}") == 4


def test_tables_alone_say_what_they_need(tmp_path):
    report(small(), str(tmp_path / "tables.tex"), standalone=False)
    text = (tmp_path / "tables.tex").read_text()
    assert "\\begin{document}" not in text
    assert "%   \\usepackage{breqn}" in text and "%   \\newcommand{\\hdr}" in text
    assert len(tables_of(text)) == len(tables_of(text_of(small(), ".tex")))


def test_the_heading_stands_above_the_tables():
    text = text_of(small(), ".tex", title="Noise & cells", author="A. B.", date="2030")
    assert "\\title{Noise \\& cells}\n\\author{A. B.}\n\\date{2030}\n\\maketitle" in text
    assert "\\maketitle" not in text_of(small(), ".tex")
