"""Izhikevich's network (2003): 1000 neurons all to all, and 10 000 with 1000 synapses each."""

from typing import Any

from cases.case import Case, Declared


def population(ann: Any, exc: int, inh: int) -> Any:
    neurons = ann.Population(geometry=exc + inh, neuron=ann.Izhikevich)
    pyramids, interneurons = neurons[:exc], neurons[exc:]
    r = ann.Uniform(0.0, 1.0).get_values(exc)
    pyramids.noise = 5.0
    pyramids.a, pyramids.b, pyramids.c, pyramids.d = 0.02, 0.2, -65.0 + 15.0 * r**2, 8.0 - 6.0 * r**2
    r = ann.Uniform(0.0, 1.0).get_values(inh)
    interneurons.noise = 2.0
    interneurons.a, interneurons.b = 0.02 + 0.08 * r, 0.25 - 0.05 * r
    interneurons.c, interneurons.d = -65.0, 2.0
    neurons.v = -65.0
    neurons.u = -65.0 * neurons.b
    return neurons


def dense(ann: Any, scale: float) -> Declared:
    exc, inh = round(800 * scale), round(200 * scale)
    neurons = population(ann, exc, inh)
    projections = [
        ann.Projection(neurons[:exc], neurons, "exc").connect_all_to_all(
            weights=ann.Uniform(0.0, 0.5 / scale), allow_self_connections=True
        ),
        ann.Projection(neurons[exc:], neurons, "inh").connect_all_to_all(
            weights=ann.Uniform(0.0, 1.0 / scale), allow_self_connections=True
        ),
    ]
    return Declared(projections, exc + inh, ann.Monitor(neurons, "spike"))


def sparse(ann: Any, scale: float) -> Declared:
    exc, inh = round(8000 * scale), round(2000 * scale)
    neurons = population(ann, exc, inh)
    projections = [
        ann.Projection(neurons[:exc], neurons, "exc").connect_fixed_number_pre(
            min(800, exc), weights=ann.Uniform(0.0, 0.5)
        ),
        ann.Projection(neurons[exc:], neurons, "inh").connect_fixed_number_pre(
            min(200, inh), weights=ann.Uniform(0.0, 1.0)
        ),
    ]
    return Declared(projections, exc + inh, ann.Monitor(neurons, "spike"))


CASES = (
    Case(
        "izhikevich",
        "B4 Izhikevich 1000, dense",
        dense,
        1000.0,
        1.0,
        0.15,
        method="explicit",
        counted=(1.0, 100.0),
    ),
    Case(
        "izhikevich_large",
        "B4 Izhikevich 10 000",
        sparse,
        1000.0,
        1.0,
        0.15,
        method="explicit",
        counted=(1.0, 20.0),
    ),
)
