"""Source populations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EngineError, Network, PoissonPopulation, SpikeSourceArray


def counts(net: Network, population: Any, duration: float) -> np.ndarray[Any, Any]:
    m = net.monitor(population, "spike")
    net.compile(silent=True)
    net.simulate(duration)
    return np.array([len(train) for train in m.get("spike").values()])


def test_poisson_counts_have_mean_and_variance_of_the_rate() -> None:
    """Binomial counts of 5000 steps with p = 0.02 (100 and a variance of 98) in 2000 neurons; bounds of 5
    standard errors."""
    net = Network(dt=0.5, seed=8)
    n = counts(net, net.create(PoissonPopulation(2000, rates=40.0)), 2500.0)
    assert abs(n.mean() - 100.0) < 5 * np.sqrt(98.0 / 2000)
    assert abs(n.var() - 98.0) < 5 * 98.0 * np.sqrt(2 / 1999)


def test_poisson_rates_of_each_neuron() -> None:
    net = Network(dt=1.0, seed=8)
    pop = net.create(PoissonPopulation((2, 2), rates=np.array([[0.0, 1000.0], [500.0, 100.0]])))
    n = counts(net, pop, 1000.0)
    assert n[0] == 0
    assert n[1] == 1000
    assert abs(n[2] - 500) < 5 * np.sqrt(250)
    pop.rates = 0.0
    m = net.monitor(pop, "spike")
    net.simulate(50.0)
    assert not any(m.get("spike").values())
    assert (pop.parameters, pop.variables) == (["rates"], ["p", "r"])


def test_poisson_rates_from_an_equation() -> None:
    net = Network(dt=1.0, seed=8)
    pop = PoissonPopulation(50, rates="if t < 50.0: 0.0 else: top", parameters="top = 1000.0", refractory=1.0)
    net.create(pop)
    m = net.monitor(pop, ["spike", "rates"])
    net.compile(silent=True)
    net.simulate(60.0)
    data = m.get()
    assert data["spike"] == {rank: [50, 52, 54, 56, 58] for rank in range(50)}
    assert data["rates"][49:51, 0].tolist() == [0.0, 1000.0]


@pytest.mark.parametrize("arguments", [{}, {"target": "exc"}])
def test_poisson_needs_rates(arguments: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="PoissonPopulation"):
        PoissonPopulation(3, **arguments)


def test_spike_times_are_rounded_sorted_and_unique() -> None:
    net = Network(dt=0.5, seed=1)
    pop = net.create(SpikeSourceArray([[3.0, 1.0, 1.1], [0.26, 0.0]]))
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(5.0)
    assert m.get("spike") == {0: [2, 6], 1: [0, 1]}
    assert pop.spike_times == [[3.0, 1.0, 1.1], [0.26, 0.0]]


def test_reset_starts_the_trains_again() -> None:
    net = Network(dt=1.0, seed=1)
    pop = net.create(SpikeSourceArray([1.0, 3.0]))
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(5.0)
    pop.reset()
    net.simulate(5.0)
    assert m.get("spike") == {0: [1, 3, 6, 8]}
    net.reset()
    net.simulate(5.0)
    assert m.get("spike") == {0: [1, 3]}


def test_new_times_skip_the_past() -> None:
    net = Network(dt=1.0, seed=1)
    pop = net.create(SpikeSourceArray([[1.0, 9.0], [2.0]]))
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(5.0)
    pop.spike_times = [[2.0, 6.0, 8.0], []]
    net.simulate(5.0)
    assert m.get("spike") == {0: [1, 6, 8], 1: [2]}
    with pytest.raises(EngineError, match="2 neurons are needed, not 1"):
        pop.spike_times = [[1.0]]


@pytest.mark.parametrize("times", [[], np.zeros(3), 1.0, [["a"]], [-1.0], [[float("nan")]]])
def test_impossible_spike_times(times: Any) -> None:
    with pytest.raises(EngineError, match="SpikeSourceArray"):
        SpikeSourceArray(times)
