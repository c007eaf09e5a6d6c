"""Source populations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EngineError, Network, Neuron, PoissonPopulation, SpikeSourceArray


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


@pytest.mark.parametrize("arguments", [{}, {"target": "exc", "rates": 3.0}, {"target": "a b"}])
def test_poisson_needs_rates_or_a_target(arguments: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="PoissonPopulation"):
        PoissonPopulation(3, **arguments)


def test_poisson_parameters_as_a_dict() -> None:
    """Numbers of a dict are global parameters; rates of 0 and 1000 / dt are certain."""
    net = Network(dt=1.0, seed=8)
    given = {"top": 1000.0, "start": 3.0}
    equation = net.create(PoissonPopulation(2, rates="if t < start: 0.0 else: top", parameters=given))
    number = net.create(PoissonPopulation((1, 2), rates=np.array([[0.0, 1000.0]]), parameters={"a": 1.0}))
    m, n = net.monitor(equation, "spike"), net.monitor(number, "spike")
    net.compile(silent=True)
    net.simulate(5.0)
    assert m.get("spike") == {0: [3, 4], 1: [3, 4]}
    assert n.get("spike") == {0: [], 1: [0, 1, 2, 3, 4]}
    assert (equation.top, number.a, number.rates.tolist()) == (1000.0, 1.0, [[0.0, 1000.0]])


def test_poisson_rates_from_projections() -> None:
    """ANNarchy 4.8.2.6, dt = 0.5: rates of PoissonPopulation(2, target="exc") that gets 50 times r = t."""
    net = Network(dt=0.5, seed=8)
    source = net.create(2, Neuron(equations="r = t"))
    pop = net.create(PoissonPopulation(2, target="exc"))
    tired = net.create(PoissonPopulation(2, target="exc", refractory=2.0))
    for driven in (pop, tired):
        net.connect(source, driven, "exc").connect_one_to_one(50.0)
    m, n = net.monitor(pop, ["rates", "sum(exc)"]), net.monitor(tired, "spike")
    assert (pop.parameters, pop.variables) == ([], ["rates", "p", "r"])
    net.compile(silent=True)
    net.simulate(100.0)
    data = m.get()
    expected = [0.0, 0.0, *(25.0 * np.arange(1, 199))]
    np.testing.assert_array_equal(data["rates"], np.transpose([expected, expected]))
    np.testing.assert_array_equal(data["sum(exc)"], data["rates"])
    late = [step for step in n.get("spike")[0] if step > 82]
    assert np.diff(late).tolist() == [5] * (len(late) - 1), "from 2000 Hz on as often as refractoriness lets"


def test_poisson_driven_by_nobody_is_silent() -> None:
    net = Network(dt=1.0, seed=8)
    assert counts(net, net.create(PoissonPopulation(50, target="exc")), 100.0).sum() == 0


def test_spikes_do_not_drive_poisson_rates() -> None:
    net = Network(dt=1.0, seed=8)
    source = net.create(PoissonPopulation(2, rates=1.0, name="S"))
    driven = net.create(PoissonPopulation(2, target="exc", name="D"))
    with pytest.raises(EngineError, match=r"D reads sum\(exc\) of rate-coded populations; spikes of S"):
        net.connect(source, driven, "exc")


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
