"""COBA (Vogels & Abbott 2005): 4000 neurons with conductance-based synapses; alone, recorded, and driven by
Poisson neurons."""

from typing import Any

from cases.case import Case, Declared, probability


def declare(ann: Any, scale: float, current: float = 20.0) -> Declared:
    neuron = ann.Neuron(
        parameters="""
            El = -60.0 : population
            Vr = -60.0 : population
            Erev_exc = 0.0 : population
            Erev_inh = -80.0 : population
            Vt = -50.0 : population
            tau = 20.0 : population
            tau_exc = 5.0 : population
            tau_inh = 10.0 : population
            I = 20.0 : population
        """,
        equations="""
            tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I
            tau_exc * dg_exc/dt = - g_exc
            tau_inh * dg_inh/dt = - g_inh
        """,
        spike="v > Vt",
        reset="v = Vr",
        refractory=5.0,
    )
    exc, n, p = round(3200 * scale), round(4000 * scale), probability(0.02, scale)
    neurons = ann.Population(geometry=n, neuron=neuron)
    neurons.I = current
    neurons.v = ann.Normal(-55.0, 5.0)
    neurons.g_exc = ann.Normal(4.0, 1.5)
    neurons.g_inh = ann.Normal(20.0, 12.0)
    projections = [
        ann.Projection(neurons[:exc], neurons, "exc").connect_fixed_probability(p, weights=0.6),
        ann.Projection(neurons[exc:], neurons, "inh").connect_fixed_probability(p, weights=6.7),
    ]
    return Declared(projections, n, ann.Monitor(neurons, "spike"))


def recorded(ann: Any, scale: float) -> Declared:
    network = declare(ann, scale)
    network.samples = ann.Monitor(network.projections[0].post, "v", period=1.0)
    return network


def driven(ann: Any, scale: float) -> Declared:
    """Instead of the current 10 000 Poisson neurons of 20 Hz, each with a synapse onto 1 % of the neurons."""
    network = declare(ann, scale, current=0.0)
    sources = ann.PoissonPopulation(geometry=round(10_000 * scale), rates=20.0)
    synapses = ann.Projection(sources, network.projections[0].post, "exc")
    synapses.connect_fixed_probability(probability(0.01, scale), weights=0.1)
    network.projections.append(synapses)
    return network


CASES = (
    Case("coba", "B1 COBA 4000", declare, 1000.0, 0.1, 0.1, growth=(2.0, 5.0)),
    Case(
        "coba_large",
        "B1 COBA 40 000",
        declare,
        1000.0,
        0.1,
        0.1,
        base=10.0,
        hand="coba",
        counted=(1.0, 2.0),
        growth=(),
    ),
    Case("poisson", "COBA 4000, 10 000 Poisson inputs", driven, 1000.0, 0.1, 0.1, growth=(2.0, 5.0, 10.0)),
    Case("recording", "B8 COBA 4000, recorded", recorded, 1000.0, 0.1, 0.1, growth=()),
)
