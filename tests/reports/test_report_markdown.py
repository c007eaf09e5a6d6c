"""Reports as Markdown: sections, tables, formulas, front matter."""

from __future__ import annotations

from reported import ODD, builtin, page_of, small, text_of

from engine import Network, Neuron
from engine.reports.markdown import escaped as escaped_in_markdown


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
