"""What reports tell of networks, in either format."""

from __future__ import annotations

import numpy as np
from reported import cells, page_of, small, tables_of, text_of

import engine
from engine import Network, Neuron, Synapse
from engine.reports.gather import describe

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


def test_values_that_models_draw_are_told_as_they_were_declared():
    net = Network(seed=1)
    spread = engine.Parameter(engine.Uniform(0.0, 1.0), locality="local")
    rate = engine.Variable("dr/dt = base - r", init="base")
    net.create(3, Neuron(parameters={"base": spread, "low": 2.0}, equations=rate))
    (model,) = describe(net).neurons
    assert [p.value for p in model.parameters] == [r"$\mathcal{U}$(0.0, 1.0)", "2.0"]
    assert "initial value: $\\mathrm{base}$" in model.equations[0].details
    assert r"| $\mathcal{U}$(0.0, 1.0) " in text_of(net, ".md")
