"""A network like that of Brunel (2000): 12 500 neurons, 10 % synapses that make v jump, 1.5 ms delay."""

from typing import Any

from cases.case import Case, Declared, probability


def declare(ann: Any, scale: float) -> Declared:
    neuron = ann.Neuron(
        parameters="""
            mu = 24.0 : population
            theta = 20.0 : population
            Vr = 10.0 : population
            tau = 20.0 : population
            jump = 200.0 : population
        """,
        # The explicit step is dt/tau * (...), so that tau/dt = 200 makes v jump by the weight itself.
        equations="tau * dv/dt = mu - v + jump * (g_exc - g_inh)",
        spike="v > theta",
        reset="v = Vr",
        refractory=2.0,
    )
    exc, n, p = round(10000 * scale), round(12500 * scale), probability(0.1, scale)
    neurons = ann.Population(geometry=n, neuron=neuron)
    neurons.v = ann.Uniform(0.0, 20.0)
    projections = [
        ann.Projection(neurons[:exc], neurons, "exc").connect_fixed_probability(p, weights=0.1, delays=1.5),
        ann.Projection(neurons[exc:], neurons, "inh").connect_fixed_probability(p, weights=0.5, delays=1.5),
    ]
    return Declared(projections, n, ann.Monitor(neurons, "spike"))


# The mean rate of one second varies by 5 % between seeds: its fluctuations are those of the whole network.
CASES = (Case("brunel", "B3 Brunel-like 12 500", declare, 1000.0, 0.1, 0.2, method="explicit"),)
