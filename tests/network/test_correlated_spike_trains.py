"""HomogeneousCorrelatedSpikeTrains: a Cox process after Brette (2009, Neural Comput 21:188-215)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine import EngineError, HomogeneousCorrelatedSpikeTrains, IF_curr_exp, Network


def rectified_moments(mu: float, sigma: float) -> tuple[float, float]:
    """Mean and standard deviation of max(0, Normal(mu, sigma)) by numerical integration."""
    z = np.linspace(-10.0, 10.0, 400_001)
    weight = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) * (z[1] - z[0])
    x = np.maximum(0.0, mu + sigma * z)
    mean = float((weight * x).sum())
    return mean, math.sqrt(float((weight * x * x).sum()) - mean * mean)


@pytest.mark.parametrize(("rates", "corr", "tau"), [(40.0, 0.1, 20.0), (10.0, 0.5, 20.0), (3.0, 2.0, 10.0)])
def test_mu_and_sigma_give_the_moments(rates: float, corr: float, tau: float) -> None:
    pop = HomogeneousCorrelatedSpikeTrains(2, rates, corr, tau)
    mean, deviation = rectified_moments(pop.mu, pop.sigma)
    assert mean == pytest.approx(rates, rel=1e-6)
    assert deviation == pytest.approx(math.sqrt(corr * rates / (2.0 * tau / 1000.0)), rel=1e-6)


# ANNarchy 4.8.2.6 with numpy 2.3: HomogeneousCorrelatedSpikeTrains(2, rates, corr, tau).mu and .sigma
@pytest.mark.parametrize(
    ("rates", "corr", "tau", "mu", "sigma"),
    [
        (40.0, 0.1, 20.0, 39.99992850479902, 10.000301437106256),
        (10.0, 0.5, 20.0, 6.5397580256589185, 15.511359027100594),
        (20.0, 0.3, 5.0, 9.96477914878471, 36.28376617094552),
        (100.0, 0.0, 20.0, 100.0, 0.0),
    ],
)
def test_mu_and_sigma_of_the_reference(
    rates: float, corr: float, tau: float, mu: float, sigma: float
) -> None:
    pop = HomogeneousCorrelatedSpikeTrains(2, rates, corr, tau)
    assert (pop.mu, pop.sigma) == (pytest.approx(mu, rel=1e-12), pytest.approx(sigma, rel=1e-12))
    assert (pop.tau, pop.rates.tolist(), pop.corr.tolist()) == (tau, [rates], [corr])
    assert (pop.parameters, pop.variables) == (["tau", "mu", "sigma"], ["x", "p", "r"])


@pytest.mark.parametrize("threads", [1, 2])
def test_rates_and_correlations(threads: int) -> None:
    """m = 50 Hz, corr = 0.5, tau = 20 ms: s = 25 Hz. The standard deviation of x is s / sqrt(2), so that x is
    negative in 1 of 430 steps, which takes half a percent from the covariance.

    x is an AR(1) process with factor a = 1 - dt/tau: variance sigma^2 (dt/tau) / (1 - a^2), correlation a^k.
    From it follow mean and variance of the common rate and the covariance of the counts of two neurons in a
    window; that of all pairs is estimated from the variance of the population's count. Bounds of 5 standard
    errors, the windows being 10 tau and so nearly independent.
    """
    net = Network(dt=1.0, seed=5)
    net.config(num_threads=threads)
    size, windows, length, tau = 400, 500, 200, 20.0
    pop = net.create(HomogeneousCorrelatedSpikeTrains(size, rates=50.0, corr=0.5, tau=tau))
    m = net.monitor(pop, ["spike", "x"])
    net.compile(silent=True)
    net.simulate(1000.0)
    m.get()
    net.simulate(float(windows * length))
    data = m.get()
    a = 1.0 - 1.0 / tau
    variance = pop.sigma**2 / tau / (1.0 - a * a)
    x = data["x"].reshape(windows, length)
    lags = np.arange(1, length)
    summed = length + 2.0 * ((length - lags) * a**lags).sum()
    mean_error = math.sqrt(variance * summed) / length / math.sqrt(windows)
    assert abs(x.mean() - pop.mu) < 5 * mean_error
    effective = windows * length / summed * length
    assert abs(x.var() - variance) < 5 * variance * math.sqrt(2.0 / effective)

    counts = np.zeros((windows, size))
    for rank, train in data["spike"].items():
        counts[:, rank] = np.bincount((np.array(train) - 1000) // length, minlength=windows)
    rectified = rectified_moments(pop.mu, math.sqrt(variance))
    rate = rectified[0] / 1000.0
    assert abs(counts.mean() / length - rate) < 5 * mean_error / 1000.0
    total = counts.sum(axis=1)
    covariance = (total.var(ddof=1) - counts.var(axis=0, ddof=1).sum()) / (size * (size - 1))
    expected = variance * summed / 1e6
    assert abs(covariance - expected) < 5 * expected * math.sqrt(2.0 / windows) + 0.01 * expected
    assert expected == pytest.approx(0.5 / 2 * 50.0 * length / 1000.0, rel=0.15), "corr / 2 of the mean count"


def test_uncorrelated_trains_are_poisson() -> None:
    net = Network(dt=1.0, seed=5)
    pop = net.create(HomogeneousCorrelatedSpikeTrains(1000, rates=50.0, corr=0.0, tau=10.0, refractory=None))
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(1000.0)
    counts = np.array([len(train) for train in m.get("spike").values()])
    assert abs(counts.mean() - 50.0) < 5 * math.sqrt(47.5 / 1000)
    assert abs(counts.var() - 47.5) < 5 * 47.5 * math.sqrt(2 / 999)


@pytest.mark.parametrize("corr", [0.0, [0.0, 0.0], np.zeros(2)])
def test_the_schedule_switches_the_process(corr: Any) -> None:
    """corr = 0: x relaxes to the rate that holds, x += dt (mu - x) / tau, from the step of the switch on."""
    net = Network(dt=0.5, seed=5)
    pop = net.create(
        HomogeneousCorrelatedSpikeTrains(2, [10.0, 500.0], corr, 1.0, schedule=[2.0, 4.0], period=6.0)
    )
    m = net.monitor(pop, "x")
    net.compile(silent=True)
    net.simulate(9.0)
    x, expected = 10.0, []
    for n in range(18):
        mu = 500.0 if 8 <= n < 16 else 10.0
        x += 0.5 * (mu - x)
        expected.append(x)
    np.testing.assert_allclose(m.get("x"), expected, rtol=1e-12)
    assert (pop.schedule.tolist(), pop.period, pop.mu) == ([2.0, 4.0], 6.0, 10.0)
    net.reset()
    net.simulate(5.0)
    np.testing.assert_allclose(m.get("x"), expected[:10], rtol=1e-12)
    assert pop.mu == 500.0


def test_rates_corr_and_tau_may_change() -> None:
    net = Network(dt=1.0, seed=5)
    pop = net.create(HomogeneousCorrelatedSpikeTrains(2, 40.0, 0.0, 10.0))
    pop.rates = 20.0
    assert (pop.mu, pop.x) == (20.0, 20.0)
    m = net.monitor(pop, "x")
    net.compile(silent=True)
    pop.rates = 40.0
    net.simulate(2.0)
    np.testing.assert_allclose(m.get("x"), [22.0, 23.8], rtol=1e-12)
    pop.corr, pop.tau = 0.1, 20.0
    assert (pop.mu, pop.sigma) == (pytest.approx(39.99992850479902), pytest.approx(10.000301437106256))
    pop.update(rates=10.0, corr=0.5)
    assert (pop.mu, pop.sigma) == (pytest.approx(6.5397580256589185), pytest.approx(15.511359027100594))
    pop.update(rates=20.0, corr=0.3, tau=5.0)
    assert (pop.mu, pop.sigma) == (pytest.approx(9.96477914878471), pytest.approx(36.28376617094552))
    pop.reset()
    assert (pop.mu, pop.sigma, pop.tau, pop.x, pop.rates.tolist()) == (20.0, 0.0, 10.0, 20.0, [20.0])


def test_a_schedule_may_begin_and_end_while_running() -> None:
    net = Network(dt=1.0, seed=5)
    pop = net.create(HomogeneousCorrelatedSpikeTrains(2, 1000.0, 0.0, 1.0))
    m = net.monitor(pop, "x")
    net.compile(silent=True)
    net.simulate(2.0)
    pop.update(rates=[10.0, 20.0], corr=0.0, schedule=[0.0, 2.0], reset=True)
    net.simulate(3.0)
    pop.update(rates=5.0, schedule=0.0)
    net.simulate(2.0)
    assert m.get("x").tolist() == [1000.0, 1000.0, 10.0, 10.0, 20.0, 5.0, 5.0]


def test_a_parameter_that_becomes_an_array_beside_a_schedule() -> None:
    """The schedule needs tau while the new code is made."""
    net = Network(seed=1)
    trains = HomogeneousCorrelatedSpikeTrains(5, [20.0, 60.0], [0.3, 0.5], 10.0, schedule=[0.0, 40.0])
    net.create(trains)
    pop = net.create(5, IF_curr_exp)
    net.compile(silent=True)
    net.simulate(2.0)
    pop.tau_m = [10.0, 11.0, 12.0, 13.0, 14.0]
    net.simulate(2.0)
    assert pop.tau_m.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rates": -1.0}, "rates must be 0 Hz or more"),
        ({"rates": [1.0, 2.0]}, "2 rates need a schedule"),
        ({"rates": [1.0, 2.0], "schedule": [0.0]}, "2 rates and 1 times"),
        ({"rates": 1.0, "corr": [0.1, 0.2]}, "corr has 2 values for 1 rates"),
        ({"corr": -0.1}, "corr must be 0 or more"),
        ({"tau": 0.0}, "tau must be a number of ms above 0"),
        ({"rates": "fast"}, "rates must be an array of numbers"),
        ({"rates": [[1.0]]}, "a number or a list"),
    ],
)
def test_impossible_trains(arguments: dict[str, Any], message: str) -> None:
    given = {"rates": 10.0, "corr": 0.1, "tau": 10.0} | arguments
    with pytest.raises(EngineError, match=f"HomogeneousCorrelatedSpikeTrains T: .*{message}"):
        HomogeneousCorrelatedSpikeTrains(2, **given, name="T")
