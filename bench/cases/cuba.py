"""CUBA (Vogels & Abbott 2005): 4000 neurons with current-based synapses."""

from typing import Any

from cases.case import Case, Declared, probability


def declare(ann: Any, scale: float) -> Declared:
    neuron = ann.Neuron(
        parameters="""
            El = -49.0 : population
            Vr = -60.0 : population
            Vt = -50.0 : population
            tau = 20.0 : population
            tau_exc = 5.0 : population
            tau_inh = 10.0 : population
        """,
        equations="""
            tau * dv/dt = El - v + g_exc - g_inh
            tau_exc * dg_exc/dt = - g_exc
            tau_inh * dg_inh/dt = - g_inh
        """,
        spike="v > Vt",
        reset="v = Vr",
        refractory=5.0,
    )
    exc, n, p = round(3200 * scale), round(4000 * scale), probability(0.02, scale)
    neurons = ann.Population(geometry=n, neuron=neuron)
    neurons.v = ann.Uniform(-60.0, -50.0)
    projections = [
        ann.Projection(neurons[:exc], neurons, "exc").connect_fixed_probability(p, weights=1.62),
        ann.Projection(neurons[exc:], neurons, "inh").connect_fixed_probability(p, weights=9.0),
    ]
    return Declared(projections, n, ann.Monitor(neurons, "spike"))


CASES = (
    Case("cuba", "B2 CUBA 4000", declare, 1000.0, 0.1, 0.15, growth=(2.0, 5.0)),
    Case(
        "cuba_large",
        "B2 CUBA 40 000",
        declare,
        1000.0,
        0.1,
        0.15,
        base=10.0,
        hand="cuba",
        counted=(1.0, 2.0),
        growth=(),
    ),
)
