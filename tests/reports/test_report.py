"""Reports of networks: what they tell, and that their LaTeX and Markdown are sound."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import ziamath
from pylatexenc.latex2text import LatexNodes2Text
from reported import builtin, page_of, small, tables_of, text_of

import engine
from engine import EngineError, Network, Neuron, Synapse, report
from engine.reports.gather import describe
from engine.reports.latex import escaped
from engine.reports.markdown import escaped as escaped_in_markdown

ROOT = Path(__file__).parents[2]
ODD = r"50% of a_b & c #1 $5 {x} ~ ^ \ <y> | `z` *s* [u]: µ → é ≤"


def cells(text: str, title: str) -> list[list[str]]:
    """The rows of the LaTeX table with this title."""
    table = next(t for t in tables_of(text) if f"{{{title}}}" in t.head)
    return [[cell.replace(r"\allowbreak{}", "") for cell in row] for row in table.rows]


# --- LaTeX -----------------------------------------------------------------------------------------------


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


# --- Markdown --------------------------------------------------------------------------------------------


def test_markdown_has_the_sections_of_the_reference():
    page = page_of(text_of(small(), ".md"))
    assert page.headings == [
        "Structure of the network",
        "Populations",
        "Projections",
        "Inputs",
        "Monitors",
        "Neuron models",
        "LIF_1",
        "Poisson",
        "Synapse models",
        "STDP",
        "Default spiking synapse",
        "Parameters",
        "Constants",
        "Population parameters",
        "Projection parameters",
    ]


def test_markdown_tables_read_as_they_were_meant():
    tables = page_of(text_of(small(), ".md")).tables
    assert tables[0] == [
        ["Population", "Size", "Neuron type"],
        ["cells_a", "(4, 5)", "LIF_1"],
        ["noise", "20", "Poisson"],
    ]
    assert tables[1][1][4] == r"Random, sparseness 0.5, weights $\mathcal{U}$(0.0, 1.0), delays 2.0"
    assert tables[3][1] == ["cells_a", "spike, v", "every 2.0 ms"]
    assert tables[4] == [
        ["Name", "Default value", "Locality", "Type"],
        [r"$\tau$", "10.0", "per population", "float"],
        [r"$\mathrm{Vt}$", "-50.0", "per neuron", "float"],
        ["$I$", "0.0", "per neuron", "float"],
    ]
    assert [r"cells_a", "LIF_1", r"$\tau$", "10.0"] in tables[-2]
    assert ["", "", "$I$", "$[0, 19]$"] in tables[-2]
    assert ["noise → cells_a with target exc", "STDP", r"$\tau_{\mathrm{plus}}$", "15.0"] in tables[-1]


def test_markdown_tells_variables_with_their_flags():
    page = page_of(text_of(small(), ".md"))
    assert (
        "Variable $v$: per neuron, initial value: -60.0, minimum: $-90$, midpoint numerical method"
        in page.text
    )
    assert r"\tau\,\frac{dv}{dt} = g_{\mathrm{exc}} + I - \mathrm{half}\left(v\right)" in page.formulas
    assert "Variable $x$: per synapse, initial value: 0.0, event-driven numerical method" in page.text
    assert r"Post-synaptic event at $t_\text{post}$:" in page.text


def test_all_built_in_models_make_sound_markdown():
    page = page_of(text_of(builtin(), ".md"))
    for table in page.tables:
        assert {len(row) for row in table} == {len(table[0])}
    assert {"HH_cond_exp", "STDP", "balloon_RN", "Measurements"} <= set(page.headings)


def test_odd_characters_in_markdown_read_the_same():
    net = Network()
    net.create(2, Neuron(equations="r = 1.0", description=ODD, name=ODD), name=ODD)
    text = text_of(net, ".md", title=ODD)
    assert page_of(text).tables[0][1] == [ODD, "2", ODD]
    assert ODD in page_of(text).text.splitlines()
    assert escaped_in_markdown("plain words, 3.0") == "plain words, 3.0"


def test_front_matter():
    import yaml

    text = text_of(small(), ".md", title="No: 'yes'", author="no", date="2030-01-02")
    assert yaml.safe_load(text.split("\n---\n")[0]) == {
        "title": "No: 'yes'",
        "author": "no",
        "date": "2030-01-02",
    }
    assert text_of(small(), ".md").startswith(
        "---\ntitle: Network description\nauthor: Neuroloom\ndate:\n---\n"
    )


# --- what is told ----------------------------------------------------------------------------------------


def test_models_without_a_name_are_numbered_and_equal_ones_are_told_once():
    net = Network()
    net.create(1, Neuron(equations="r = 1.0"))
    net.create(1, engine.LeakyIntegrator(tau=5.0))
    net.create(1, engine.LeakyIntegrator(tau=6.0))
    net.create(1, Neuron(equations="r = 2.0"))
    net.create(1, Neuron(equations="r = 1.0"))
    net.create(1, Neuron(equations="r = 3.0", name="LeakyIntegrator"))
    net.connect(net.populations[0], net.populations[1], "exc", Synapse(psp="w * pre.r * 2.0")).one_to_one(1.0)
    told = describe(net)
    names = ["Neuron 1", "LeakyIntegrator", "Neuron 3", "LeakyIntegrator (2)"]
    assert [model.name for model in told.neurons] == names
    assert [group.model for group in told.populations] == [
        names[0],
        names[1],
        names[1],
        names[2],
        names[0],
        names[3],
    ]
    assert told.connections[0].synapse == "Synapse 1"


def test_constants_functions_and_rules_are_told():
    engine.clear()
    engine.setup(structural_plasticity=True)
    engine.Constant("tau_c", 12.0)
    engine.add_function("sigm(x) = 1.0 / (1.0 + exp(-x))")
    try:
        pop = engine.Population(2, Neuron(equations="tau_c * dr/dt + r = sigm(sum(exc))"))
        rules = Synapse(creating="pre.r > 0.5 : w = 0.1, proba = 0.2", pruning="w < 0.05")
        engine.Projection(pop, pop, "exc", rules).connect_all_to_all(engine.Normal(0.0, 1.0))
        told = describe(engine.network.network.default_network())
        page = page_of(text_of(engine.network.network.default_network(), ".md"))
    finally:
        engine.clear()
    assert [(c.symbol, c.value) for c in told.constants] == [(r"\tau_{c}", "12.0")]
    assert told.functions == (r"\mathrm{sigm}\left(x\right) = \frac{1}{1 + \exp\left(-x\right)}",)
    assert r"\mathrm{sigm}\left(\Sigma_{\mathrm{exc}}\right)" in told.neurons[0].equations[0].formula
    assert "A synapse begins where $r^{\\mathrm{pre}} > 0.5$. Probability 0.2, weight 0.1." in page.text
    assert "A synapse ends where $w < 0.05$. Probability 1.0." in page.text


def test_distributions_of_projections_are_told_until_compile():
    net = Network(seed=1)
    pop = net.create(3, engine.LeakyIntegrator)
    synapse = Synapse(parameters="eta = 0.1\nbase = 0.5 : postsynaptic", psp="w * pre.r * eta * base")
    proj = net.connect(pop, pop, "exc", synapse).all_to_all(1.0)
    proj.eta = engine.Uniform(0.0, 1.0)
    assert describe(net).projection_values[0].values[0].value == r"$\mathcal{U}$(0.0, 1.0)"
    net.compile(silent=True)
    low, high = describe(net).projection_values[0].values[0].value.strip("$[]").split(", ")
    assert 0.0 <= float(low) < float(high) <= 1.0


def test_subprojections_are_gathered():
    net = Network()
    pop = net.create(4, engine.LeakyIntegrator)
    for target in ("exc", "exc", "inh"):
        net.connect(pop[0:2], pop, target).all_to_all(1.0)
    assert len(describe(net).connections) == 3
    assert [c.target for c in describe(net, gather_subprojections=True).connections] == ["exc", "inh"]


def test_bold_monitors_are_measurements_and_no_populations():
    net = small()
    net.populations[0].compute_firing_rate(100.0)
    net.boldmonitor(net.populations[0], normalize_input=100.0)
    told = describe(net)
    assert [group.name for group in told.populations] == ["cells_a", "noise"]
    assert [m.name for m in told.measurements] == ["balloon_RN"]
    assert told.measurements[0].inputs == (
        "I_CBF: mean of r of cells_a, times 1.0, relative to a baseline of 100.0 ms",
    )
    net.compile(silent=True)
    assert "balloon" in text_of(net, ".md")


def test_a_network_of_nothing_has_a_report():
    assert "None." in text_of(Network(), ".md")
    assert all(len(row) == t.columns for t in tables_of(text_of(Network(), ".tex")) for row in t.rows)


# --- the file --------------------------------------------------------------------------------------------


def test_report_is_called_as_in_both_dialects(tmp_path, capsys):
    names = [
        "filename",
        "standalone",
        "gather_subprojections",
        "title",
        "author",
        "date",
        "net_id",
        "network",
    ]
    assert list(inspect.signature(report).parameters) == names
    net = small()
    report(net, filename=str(tmp_path / "a.md"), title="One")
    report(net, str(tmp_path / "b.md"), True, False, "One")
    report(str(tmp_path / "c.md"), title="One", network=net)
    texts = {(tmp_path / f"{name}.md").read_text() for name in "abc"}
    assert len(texts) == 1 and "title: One" in texts.pop()
    assert f"Generating report in {tmp_path / 'a.md'} \n" in capsys.readouterr().out


def test_the_top_level_network_is_reported_by_default(tmp_path):
    engine.clear()
    try:
        engine.Population(3, engine.Izhikevich, name="top")
        report(str(tmp_path / "deep" / "er" / "report.md"))
    finally:
        engine.clear()
    assert "| top " in (tmp_path / "deep/er/report.md").read_text()


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.md.txt"])
def test_other_files_are_refused(tmp_path, name):
    with pytest.raises(EngineError, match=r"must end with \.tex or \.md"):
        report(small(), str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match=r"file/report\.md cannot be written"):
        report(small(), str(tmp_path / "file" / "report.md"))


def test_an_old_report_is_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "report.md"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(EngineError, match="disk full"):
        report(small(), str(path))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_network_is_meant_by_its_number(tmp_path):
    net = small()
    report(str(tmp_path / "number.md"), net_id=net.id)
    assert "cells\\_a" in (tmp_path / "number.md").read_text(encoding="utf-8")
    with pytest.raises(EngineError, match="987654321"):
        report("report.md", net_id=987654321)


def test_a_flag_of_the_script_asks_for_a_report(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import engine\nengine.Population(2, engine.Izhikevich, name='cells')\nengine.compile(silent=True)\n"
    )
    file = tmp_path / "out" / "script.md"
    done = subprocess.run(
        [sys.executable, script, "--report", file], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert f"Generating report in {file}" in done.stdout
    assert "## Izhikevich" in file.read_text(encoding="utf-8")


# --- inputs and special projections ----------------------------------------------------------------------


def test_inputs_are_told_with_what_they_were_given():
    net = Network(dt=0.5, seed=1)
    timed = engine.TimedArray(rates=np.eye(4), schedule=10.0, period=80.0, name="timed")
    spikes = engine.SpikeSourceArray([[1.0, 2.0], [], [7.5]], name="spikes")
    trains = engine.HomogeneousCorrelatedSpikeTrains(4, rates=10.0, corr=0.3, tau=10.0, name="trains")
    for population in (timed, spikes, trains, engine.InputArray(3, name="given")):
        net.create(population)
    told = describe(net)
    kinds = ["TimedArray", "SpikeSourceArray", "HomogeneousCorrelatedSpikeTrains", "InputArray"]
    assert [(each.name, each.kind) for each in told.inputs] == list(
        zip(["timed", "spikes", "trains", "given"], kinds, strict=True)
    )
    values = {v.owner: {value.symbol: value.value for value in v.values} for v in told.population_values}
    assert values["timed"] == {
        r"\mathrm{rates}": "$[0, 1]$",
        r"\mathrm{schedule}": "$[0, 30]$",
        r"\mathrm{period}": "80.0",
    }
    assert values["spikes"] == {r"\mathrm{spike}_{\mathrm{times}}": "$[1, 7.5]$"}
    assert values["trains"][r"\mathrm{corr}"] == "0.3"
    assert [model.name for model in told.neurons] == ["HomogeneousCorrelated"]


def test_projections_between_rates_and_spikes_are_told():
    net = Network(seed=1)
    spiking = net.create(4, engine.Izhikevich, name="spiking")
    readout = net.create(2, engine.LeakyIntegrator, name="readout")
    engine.DecodingProjection(spiking, readout, "exc", window=10.0).connect_all_to_all(0.5)
    current = net.create(engine.InputArray(4, name="current"))
    engine.CurrentInjection(current, spiking, "exc").connect_current()
    net.connect(spiking, spiking, "exc").all_to_all(1.0)
    told = describe(net)
    assert [c.synapse for c in told.connections] == [
        "Decoding",
        "Current injection",
        "Default spiking synapse",
    ]
    assert told.connections[0].pattern.endswith("delays 0.0, window 10.0 ms")
    decoding, injection, default = told.synapses
    assert (decoding.psp, decoding.operation) == (r"w\, r^{\mathrm{pre}}", "mean")
    assert injection.psp == r"r^{\mathrm{pre}}"
    assert default.psp == ""
    assert (
        default.events[0].statements[0].formula == r"g_{\mathrm{target}} \leftarrow g_{\mathrm{target}} + w"
    )


def test_refractory_periods_are_told_where_they_are():
    net = Network(seed=1)
    fixed = Neuron(equations="v = 2.0", spike="v > 1.0", reset="v = 0.0", refractory=3.0)
    named = Neuron("rest = 5.0", "v = 2.0", spike="v > 1.0", reset="v = 0.0", refractory="rest")
    net.create(3, fixed)
    net.create(3, named)
    net.create(3, fixed).refractory = engine.Uniform(1.0, 2.0)
    told = describe(net)
    remarks = [model.events[0].remark for model in told.neurons]
    assert remarks == ["Refractory period: 3.0 ms", r"Refractory period: $\mathrm{rest}$ (ms)"]
    symbols = [[value.symbol for value in values.values] for values in told.population_values]
    assert symbols == [[r"\mathrm{rest}"], [r"\mathrm{refractory}"]]


def test_axonal_spikes_are_told():
    net = Network()
    neuron = Neuron(
        equations="v = 2.0", spike="v > 1.0", reset="v = 0.0", axon_spike="v > 0.5", axon_reset="v = 0.1"
    )
    pop = net.create(2, neuron)
    net.connect(pop, pop, "exc", Synapse(pre_axon_spike="g_target += 2.0 * w")).all_to_all(1.0)
    rows = cells(text_of(net, ".tex"), "Neuron Models")
    assert r"\textbf{Axonal spiking}" in [row[0] for row in rows]
    page = page_of(text_of(net, ".md"))
    assert "Axonal spike emission:" in page.text and r"v \leftarrow 0.1" in page.text
    assert r"g_{\mathrm{target}} \leftarrow g_{\mathrm{target}} + 2\, w" in page.formulas
