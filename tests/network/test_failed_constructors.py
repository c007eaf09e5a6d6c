"""An object whose constructor raises leaves nothing behind in its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import (
    CurrentInjection,
    DecodingProjection,
    EngineError,
    HomogeneousCorrelatedSpikeTrains,
    IF_curr_exp,
    InputArray,
    Izhikevich,
    LeakyIntegrator,
    Monitor,
    Network,
    Neuron,
    PoissonPopulation,
    Population,
    Projection,
    SpikeSourceArray,
    Synapse,
    TimedArray,
    TimedPoissonPopulation,
    Uniform,
)
from engine.extensions.bold import BoldMonitor, NormProjection
from engine.extensions.hybrid import Rate2SpikePopulation, Spike2RatePopulation

LISTS = ("populations", "projections", "mean_inputs", "monitors", "extensions")


class Stubborn(Population):
    """Fails after it, and a population within it, are part of the network."""

    def __init__(self, network: Network) -> None:
        super().__init__(3, Izhikevich, "new", network=network)
        Population(2, Izhikevich, "inner", network=network)
        raise KeyError("on purpose")


class StubbornProjection(Projection):
    def __init__(self, pre: Population, post: Population) -> None:
        super().__init__(pre, post, "exc", name="new")
        raise KeyError("on purpose")


class Fickle(Neuron):
    """An initial value that cannot be drawn."""

    def __init__(self) -> None:
        super().__init__(equations="dr/dt = -r")
        self.initial = {"r": np.ones(7)}


FAILURES: dict[str, Callable[[Network, Population, Population], Any]] = {
    "Population": lambda n, s, r: Population(3, Fickle(), "new", network=n),
    "Population, name": lambda n, s, r: Population(3, Izhikevich, "spiking", network=n),
    "subclass": lambda n, s, r: Stubborn(n),
    "Poisson": lambda n, s, r: PoissonPopulation(10, "new", rates=np.ones(7), network=n),
    "Poisson, text": lambda n, s, r: PoissonPopulation(10, "new", rates="10.0 *", network=n),
    "Poisson, values": lambda n, s, r: PoissonPopulation(10, "new", rates=["a"] * 10, network=n),
    "InputArray": lambda n, s, r: InputArray((2, -1), "new", network=n),
    "SpikeSourceArray": lambda n, s, r: SpikeSourceArray([[1.0], ["a"]], "new", network=n),
    "TimedArray": lambda n, s, r: TimedArray(np.ones((2, 3)), 4, name="new", network=n),
    "TimedArray, times": lambda n, s, r: TimedArray(
        np.ones((2, 3)), schedule=[0.0, 1.0, 2.0], name="new", network=n
    ),
    "TimedPoisson": lambda n, s, r: TimedPoissonPopulation(3, [1.0, 2.0], [0.0], name="new", network=n),
    "Correlated": lambda n, s, r: HomogeneousCorrelatedSpikeTrains(3, 10.0, 0.3, -1.0, name="new", network=n),
    "Rate2Spike": lambda n, s, r: Rate2SpikePopulation(r, "new", scaling="a", network=n),
    "Spike2Rate": lambda n, s, r: Spike2RatePopulation(s, "new", smooth=-1.0, network=n),
    "Projection": lambda n, s, r: Projection(s, s, "exc", Synapse(equations="w = +"), name="new"),
    "projection subclass": lambda n, s, r: StubbornProjection(s, s),
    "CurrentInjection": lambda n, s, r: CurrentInjection(s, r, "exc", "new"),
    "Decoding": lambda n, s, r: DecodingProjection(s, r, "exc", window=-1.0, name="new"),
    "NormProjection": lambda n, s, r: NormProjection(s, s, "exc", "nothing", name="new"),
    "Monitor": lambda n, s, r: Monitor(s, ["v", "nothing"], name="new"),
    "Monitor, period": lambda n, s, r: Monitor(s, "v", period=1.0, period_offset=5.0, name="new"),
    "BoldMonitor, window": lambda n, s, r: BoldMonitor(r, normalize_input=float("nan"), name="new"),
    "BoldMonitor, scale": lambda n, s, r: BoldMonitor([r, r], scale_factor=[1.0], name="new"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_nothing_stays(name: str) -> None:
    net = Network(seed=1)
    spiking = net.create(5, IF_curr_exp, name="spiking")
    rates = net.create(5, LeakyIntegrator(), name="rates")
    net.connect(spiking, spiking, "exc").all_to_all(Uniform(0.0, 1.0))
    net.monitor(spiking, "v")
    before = {key: list(getattr(net, key)) for key in LISTS}
    with pytest.raises((EngineError, KeyError, ValueError, TypeError)):
        FAILURES[name](net, spiking, rates)
    for key, parts in before.items():
        present = getattr(net, key)
        assert len(present) == len(parts) and all(a is b for a, b in zip(present, parts, strict=True)), key
    assert net.create(2, Izhikevich, name="new").id == 2
    net.compile(silent=True)
    net.simulate(1.0)
