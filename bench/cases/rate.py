"""Rate-coded networks: dense, sparse, and dense with Oja's rule."""

from typing import Any

from cases.case import Case, Declared, probability


def population(ann: Any, size: int) -> Any:
    neuron = ann.Neuron(
        parameters="""
            tau = 10.0 : population
            B = 0.5 : population
        """,
        equations="tau * dr/dt + r = sum(exc) + B",
    )
    return ann.Population(geometry=size, neuron=neuron)


def dense(ann: Any, scale: float) -> Declared:
    neurons = population(ann, round(4000 * scale))
    synapses = ann.Projection(neurons, neurons, "exc").connect_all_to_all(
        weights=ann.Uniform(0.0, 0.0001 / scale), allow_self_connections=True
    )
    return Declared([synapses], rates=neurons)


def sparse(ann: Any, scale: float) -> Declared:
    neurons = population(ann, round(4000 * scale))
    synapses = ann.Projection(neurons, neurons, "exc").connect_fixed_probability(
        probability(0.1, scale), weights=ann.Uniform(0.0, 0.001)
    )
    return Declared([synapses], rates=neurons)


def oja(ann: Any, scale: float) -> Declared:
    neurons = population(ann, round(2000 * scale))
    synapses = ann.Projection(neurons, neurons, "exc", synapse=ann.Oja(eta=1e-6 / scale)).connect_all_to_all(
        weights=ann.Uniform(0.0, 0.0002 / scale), allow_self_connections=True
    )
    return Declared([synapses], rates=neurons, plastic=synapses)


CASES = (
    Case(
        "rate_dense",
        "B6 rate dense 4000 x 4000",
        dense,
        100.0,
        1.0,
        0.01,
        counted=(0.25, 20.0),
        growth=(2.0, 4.0),
    ),
    Case("rate_sparse", "B6 rate sparse 10 %", sparse, 400.0, 1.0, 0.01),
    Case("oja", "B6 Oja 2000 x 2000", oja, 100.0, 1.0, 0.01, counted=(0.5, 20.0), growth=(2.0, 4.0)),
)
