"""Pair-based STDP: 1000 Poisson inputs of one neuron (Song & Abbott 2000), and a recurrent network."""

from typing import Any

from cases.case import Case, Declared, probability


def song(ann: Any, scale: float) -> Declared:
    neuron = ann.Neuron(
        parameters="""
            tau_m = 10.0 : population
            tau_e = 5.0 : population
            Vt = -54.0 : population
            Vr = -60.0 : population
            El = -74.0 : population
            Ee = 0.0 : population
        """,
        equations="""
            tau_m * dv/dt = El - v + g_exc * (Ee - v) : init = -60.0
            tau_e * dg_exc/dt = - g_exc
        """,
        spike="v > Vt",
        reset="v = Vr",
    )
    largest = 0.01 / scale
    inputs = ann.PoissonPopulation(geometry=round(1000 * scale), rates=15.0)
    output = ann.Population(geometry=1, neuron=neuron)
    rule = ann.STDP(tau_plus=20.0, tau_minus=20.0, A_plus=0.01, A_minus=0.0105, w_max=largest)
    synapses = ann.Projection(inputs, output, "exc", synapse=rule)
    synapses.connect_all_to_all(weights=ann.Uniform(0.0, largest))
    return Declared([synapses], 1, ann.Monitor(output, "spike"), plastic=synapses)


def recurrent(ann: Any, scale: float) -> Declared:
    neuron = ann.Neuron(
        parameters="""
            tau_m = 20.0 : population
            tau_e = 5.0 : population
            vt = -50.0 : population
            vr = -60.0 : population
            El = -60.0 : population
            I = 10.0
        """,
        equations="""
            tau_m * dv/dt = El - v - g_exc * v + I
            tau_e * dg_exc/dt = - g_exc
        """,
        spike="v > vt",
        reset="v = vr",
        refractory=5.0,
    )
    n = round(2000 * scale)
    neurons = ann.Population(geometry=n, neuron=neuron)
    neurons.I = ann.Uniform(9.0, 14.0)
    neurons.v = ann.Uniform(-60.0, -50.0)
    rule = ann.STDP(tau_plus=20.0, tau_minus=20.0, A_plus=0.01, A_minus=0.0105, w_max=0.005)
    synapses = ann.Projection(neurons, neurons, "exc", synapse=rule)
    synapses.connect_fixed_probability(probability(0.1, scale), weights=ann.Uniform(0.0, 0.002))
    return Declared([synapses], n, ann.Monitor(neurons, "spike"), plastic=synapses)


CASES = (
    Case("stdp_song", "B5 Song & Abbott 1000 to 1", song, 10000.0, 1.0, 0.25, counted=(1.0, 500.0)),
    Case(
        "stdp_song_long",
        "B5 Song & Abbott, 100 s",
        song,
        100_000.0,
        1.0,
        0.25,
        hand="stdp_song",
        counted=(10.0, 100.0),
        growth=(),
    ),
    Case("stdp_recurrent", "B5 recurrent STDP 2000", recurrent, 1000.0, 0.1, 0.1),
)
