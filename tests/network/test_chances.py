"""Neurons that fire by chance: the gaps between those that do give what a number for each neuron would.

Bounds of statistical tests are 5 standard errors (wrong once in 1.7 million), if nothing else is said; seeds
are fixed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from engine import (
    HomogeneousCorrelatedSpikeTrains,
    Network,
    Neuron,
    PoissonPopulation,
    TimedPoissonPopulation,
)
from engine.codegen import generated_code, interpreter
from engine.codegen.lowering import lower

ASKS = {
    "below": "p < c",
    "not above": "p <= c",
    "above": "c > p",
}


def fired(net: Network, population: Any, steps: int) -> np.ndarray[Any, Any]:
    """Whether each neuron fired, in rows of steps."""
    monitor = net.monitor(population, "spike")
    if net.instance is None:
        net.compile(silent=True)
    first = net.get_current_step()
    net.simulate(steps * net.dt)
    result = np.zeros((steps, population.size), bool)
    for rank, train in monitor.get("spike").items():
        result[np.array(train, int) - first, rank] = True
    return result


def poisson(size: int, rates: Any, dt: float = 1.0, seed: int = 5, threads: int = 1, **more: Any) -> Any:
    net = Network(dt=dt, seed=seed)
    precision = more.pop("precision", "double")
    net.config(num_threads=threads, precision=precision)
    return net, net.create(PoissonPopulation(size, rates=rates, **more))


def within(counts: Any, chance: Any, trials: int) -> bool:
    """Are counts of successes within 5 standard deviations of what the chance says?"""
    expected = np.asarray(chance) * trials
    return bool(np.all(np.abs(counts - expected) <= 5 * np.sqrt(expected * (1 - np.asarray(chance)))))


# --- one rate for all -----------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("chance", [0.0004, 0.0078, 0.0079, 0.12, 0.13, 0.7])
def test_every_neuron_and_every_step_have_the_chance(chance: float, precision: str) -> None:
    """On both sides of where gaps are drawn; counts of neurons, of steps and of neighbours that both fire."""
    net, population = poisson(2500, chance * 1000.0, precision=precision)
    spikes = fired(net, population, 2000)
    assert within(spikes.sum(), chance, spikes.size)
    of_neurons, of_steps = spikes.sum(axis=0), spikes.sum(axis=1)
    for counts, trials in ((of_neurons, 2000), (of_steps, 2500)):
        # A sum of squares of binomial counts: chi-squared, but for their kurtosis.
        variance = trials * chance * (1 - chance)
        dispersion = ((counts - trials * chance) ** 2).sum() / variance
        spread = np.sqrt(2 + (1 - 6 * chance * (1 - chance)) / variance)
        assert abs(dispersion - counts.size) < 5 * spread * np.sqrt(counts.size)
    both = spikes[:, 1:] & spikes[:, :-1]
    assert abs(both.sum() - both.size * chance**2) < 5 * np.sqrt(both.size) * chance + 1
    again = spikes[1:] & spikes[:-1]
    assert abs(again.sum() - again.size * chance**2) < 5 * np.sqrt(again.size) * chance + 1


def test_the_first_and_the_last_neurons_of_a_group_are_neurons_like_others() -> None:
    """Counts of 20 000 steps at the borders of groups (2048) and of the population: chi-squared."""
    net, population = poisson(2060, 20.0)
    counts = fired(net, population, 20_000).sum(axis=0)
    borders = counts[[0, 1, 63, 64, 1022, 1023, 1024, 1025, 2047, 2048, 2058, 2059]]
    assert stats.chi2.sf(((borders - 400) ** 2 / 392).sum(), 12) > 1e-6
    assert within(counts.sum(), 0.02, 20_000 * 2060)


def test_intervals_are_geometric() -> None:
    """Kolmogorov and Smirnov's bound for a discrete distribution is on the safe side: once in a million."""
    net, population = poisson(100, 50.0)
    spikes = fired(net, population, 20_000)
    steps, ranks = np.nonzero(spikes)
    intervals = np.concatenate([np.diff(steps[ranks == rank]) for rank in range(100)])
    k = np.arange(1, 200)
    empirical = np.searchsorted(np.sort(intervals), k, side="right") / intervals.size
    distance = np.max(np.abs(empirical - (1 - 0.95**k)))
    assert distance < np.sqrt(np.log(2 / 1e-6) / 2 / intervals.size)
    variation = intervals.std() / intervals.mean()
    assert abs(variation - np.sqrt(0.95)) < 5 * np.sqrt(2.0 / intervals.size)


def test_none_fires_without_a_rate_and_all_do_beyond_one_a_step() -> None:
    for rates, expected in ((0.0, False), (-3.0, False), (1000.0, True), (4e3, True)):
        net, population = poisson(130, rates)
        assert np.all(fired(net, population, 50) == expected), rates


def test_rates_may_change_between_runs() -> None:
    net, population = poisson(1100, 10.0)
    assert within(fired(net, population, 500).sum(), 0.01, 550_000)
    population.rates = 300.0
    assert within(fired(net, population, 500).sum(), 0.3, 550_000)
    population.rates = np.where(np.arange(1100) < 100, 0.0, 20.0)
    spikes = fired(net, population, 500)
    assert not spikes[:, :100].any()
    assert within(spikes[:, 100:].sum(), 0.02, 500_000)


def test_resting_neurons_do_not_fire() -> None:
    """With a rest of 4 steps the mean interval is 4 + 1/p: spikes are a renewal process."""
    net, population = poisson(2000, 100.0, refractory=4.0)
    spikes = fired(net, population, 4000)
    steps, ranks = np.nonzero(spikes)
    intervals = np.concatenate([np.diff(steps[ranks == rank]) for rank in range(2000)])
    assert intervals.min() == 5
    assert abs(intervals.mean() - 14.0) < 5 * np.sqrt(90.0 / intervals.size) + 14.0 * 14.0 / 4000


# --- a rate of each neuron ------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [[], [500.0, 2000.0]], ids=["rare", "many"])
def test_each_neuron_has_its_own_rate(many: list[float]) -> None:
    rates = np.concatenate([[0.0, np.nan, 1e-3], np.linspace(0.0, 110.0, 200), np.repeat(many, 100)])
    net, population = poisson(rates.size, rates)
    counts = fired(net, population, 10_000).sum(axis=0)
    chances = np.clip(np.nan_to_num(rates) / 1000.0, 0.0, 1.0)
    few = chances * 10_000 < 5
    assert within(counts[~few], chances[~few], 10_000)
    assert counts[few].sum() < 6  # of a mean of 0.01: wrong once in 10^15
    assert counts[[0, 1]].tolist() == [0, 0]


def test_rates_that_follow_an_equation() -> None:
    """Counts of each step of 1000 neurons; wrong once in 4000, for 200 steps."""
    net, population = poisson(1000, "base*(1.0 + sin(2.0*pi*t/50.0))", parameters="base = 60.0")
    counts = fired(net, population, 200).sum(axis=1)
    chance = 0.06 * (1 + np.sin(2 * np.pi * np.arange(200) / 50))
    assert within(counts[chance > 0.005], chance[chance > 0.005], 1000)
    assert counts[chance < 1e-9].sum() == 0


def test_one_rate_of_the_population_that_follows_an_equation() -> None:
    neuron = Neuron(
        equations="""
            rate = if t < 100.0: 5.0 else: 50.0 : population
            p = Uniform(0.0, 1000.0)
        """,
        spike="p < rate",
    )
    net = Network(dt=1.0, seed=3)
    population = net.create(3000, neuron)
    spikes = fired(net, population, 200)
    assert within(spikes[:100].sum(), 0.005, 300_000)
    assert within(spikes[100:].sum(), 0.05, 300_000)


def test_a_spike_may_change_the_rate() -> None:
    """Each neuron fires once, after a geometric time: Kolmogorov and Smirnov, once in a million."""
    net = Network(dt=1.0, seed=3)
    neuron = Neuron(
        parameters="c = 50.0", equations="p = Uniform(0.0, 1000.0)", spike="p < c", reset="c = 0.0"
    )
    population = net.create(2000, neuron)
    spikes = fired(net, population, 400)
    assert np.all(spikes.sum(axis=0) == 1)
    steps = np.sort(spikes.argmax(axis=0))
    k = np.arange(400)
    distance = np.abs(np.searchsorted(steps, k, side="right") / 2000 - (1 - 0.95 ** (k + 1))).max()
    assert distance < np.sqrt(np.log(2 / 1e-6) / 2 / 2000)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
def test_other_ways_to_ask(ask: str) -> None:
    """A number between -2 and 6 lies below 0 once in 4 times; dt = 0.1 is in the equation, too."""
    net = Network(dt=0.1, seed=3)
    neuron = Neuron(parameters="c = -1.5", equations="p = 0.2/dt*Uniform(-1.0, 3.0)/2.0 - 1.0", spike=ask)
    population = net.create(3000, neuron)
    spikes = fired(net, population, 100)
    assert "nl_pick" in generated_code(net)
    assert within(spikes.sum(), 0.125, spikes.size)


def test_sources_with_schedules() -> None:
    net = Network(dt=1.0, seed=3)
    timed = net.create(
        TimedPoissonPopulation(1500, rates=np.array([[10.0] * 1500, [100.0] * 1500]), schedule=100.0)
    )
    together = net.create(HomogeneousCorrelatedSpikeTrains(500, 20.0, 0.0, 10.0))
    monitor = net.monitor(together, "spike")
    spikes = fired(net, timed, 200)
    assert within(spikes[:100].sum(), 0.01, 150_000)
    assert within(spikes[100:].sum(), 0.1, 150_000)
    assert within(sum(map(len, monitor.get("spike").values())), 0.02, 100_000)


# --- the number that was drawn --------------------------------------------------------------------------

MODELS = {
    "one rate": {"rates": 100.0},
    "rates": {"rates": np.linspace(0.0, 200.0, 300)},
    "rest": {"rates": 100.0, "refractory": 3.0},
    "many": {"rates": 600.0},
}


@pytest.mark.parametrize("given", MODELS.values(), ids=MODELS.keys())
def test_the_number_agrees_with_the_spike(given: dict[str, Any]) -> None:
    """Seen after each step: below the rate where the neuron fired, not below it where it did not; uniform
    (Kolmogorov and Smirnov, once in a million) unless resting neurons keep theirs."""
    given = dict(given)
    net, population = poisson(300, **given)
    monitor = net.monitor(population, "spike")
    net.compile(silent=True)
    seen = []
    resting = np.zeros(300, bool)
    last = np.full(300, -10)
    for step in range(150):
        before = np.array(population.p)
        net.step()
        now = np.array(population.p)
        spikes = np.zeros(300, bool)
        spikes[[rank for rank, train in monitor.get("spike").items() if train]] = True
        resting = last + 3 >= step if "refractory" in given else np.zeros(300, bool)
        np.testing.assert_array_equal(now[resting], before[resting])
        np.testing.assert_array_equal((now < population.rates)[~resting], spikes[~resting])
        last[spikes] = step
        seen.append(now[~resting])
    assert stats.kstest(np.concatenate(seen) / 1000.0, "uniform").pvalue > 1e-6


@pytest.mark.parametrize("rates", [100.0, np.linspace(0.0, 200.0, 300)], ids=["one rate", "rates"])
def test_looking_changes_nothing(rates: Any) -> None:
    net, population = poisson(300, rates)
    spikes = fired(net, population, 100)
    net, population = poisson(300, rates)
    monitor = net.monitor(population, "p")
    assert np.array_equal(fired(net, population, 100), spikes)
    recorded = monitor.get("p")
    assert np.array_equal(recorded < rates, spikes)
    assert np.array_equal(recorded[-1], population.p)


def test_what_others_read_is_the_number_of_the_step() -> None:
    """The mean of the step before, and what the equations themselves read."""
    model = "p = Uniform(0.0, 1000.0)\nmean_of_all = mean(p) : population"
    for equations, picks in ((model, True), ("p = Uniform(0.0, 1000.0)\nseen = p", False)):
        net = Network(dt=1.0, seed=1)
        population = net.create(70, Neuron(parameters="c = 100.0", equations=equations, spike="p < c"))
        monitor = net.monitor(population, ["p", "mean_of_all" if picks else "seen"])
        spikes = fired(net, population, 40)
        assert ("nl_pick" in generated_code(net)) == picks
        data = monitor.get()
        assert np.array_equal(data["p"] < 100.0, spikes)
        if picks:
            np.testing.assert_allclose(
                data["mean_of_all"][1:].ravel(), data["p"][:-1].mean(axis=1), rtol=1e-12
            )
        else:
            assert np.array_equal(data["p"], data["seen"])


def test_a_reset_sees_the_number() -> None:
    net = Network(dt=1.0, seed=1)
    neuron = Neuron(
        parameters="rates = 50.0",
        equations="p = Uniform(0.0, 1000.0)\nx = x",
        spike="p < rates",
        reset="x = p",
    )
    population = net.create(200, neuron)
    spikes = fired(net, population, 400)
    x = np.array(population.x)
    assert "nl_pick" in generated_code(net)
    assert np.all((x > 0.0) == spikes.any(axis=0))
    assert stats.kstest(x[x > 0.0] / 50.0, "uniform").pvalue > 1e-6


OTHERWISE = {
    "another distribution": ("p = Normal(0.0, 1.0)", "p < -2.0"),
    "a slope that may change": ("p = scale*Uniform(0.0, 1.0)", "p < 0.05"),
    "falls": ("p = 1.0 - Uniform(0.0, 1.0)", "p < 0.05"),
    "bounds": ("p = Uniform(0.0, 1.0) : min=0.04", "p < 0.05"),
    "also": ("p = Uniform(0.0, 1.0)", "(p < 0.05) and (t > 3.0)"),
    "slowly": ("dp/dt = (Uniform(0.0, 1.0) - p)/10.0", "p < 0.05"),
}


@pytest.mark.parametrize(("equations", "spike"), OTHERWISE.values(), ids=OTHERWISE.keys())
def test_whatever_else_is_asked_has_a_number_for_each_neuron(equations: str, spike: str) -> None:
    net = Network(dt=1.0, seed=1)
    net.create(10, Neuron(parameters="scale = 1.0", equations=equations, spike=spike))
    net.compile(silent=True)
    assert "nl_pick" not in generated_code(net)


# --- the same numbers -----------------------------------------------------------------------------------


def kinds(threads: int, precision: str = "double") -> Network:
    """Groups that threads share, rests, rates of each, equations, and more than a rare chance."""
    net = Network(dt=0.5, seed=12)
    net.config(num_threads=threads, precision=precision)
    net.create(PoissonPopulation(2300, rates=30.0))
    net.create(PoissonPopulation(1100, rates=40.0, refractory=2.0))
    net.create(PoissonPopulation(330, rates=np.linspace(0.0, 500.0, 330)))
    net.create(PoissonPopulation(1500, rates=np.linspace(0.0, 100.0, 1500)))
    net.create(PoissonPopulation(1500, rates="20.0*(1.0 + sin(t/3.0))", refractory=1.0))
    net.create(
        1500,
        Neuron(parameters="c = 50.0", equations="p = Uniform(0.0, 1000.0)", spike="p < c", reset="c -= 10"),
    )
    net.create(PoissonPopulation(150, rates=700.0))
    net.compile(silent=True)
    return net


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_interpreter_picks_the_same_neurons(threads: int) -> None:
    net = kinds(threads)
    instance: Any = net.instance
    arrays = {name: array.copy() for name, array in instance.arrays.items()}
    interpreter.Interpreter(instance._plan, arrays, lower(net).sizes, threads).run([0, 0, 0], 12)
    net.simulate(6.0)
    for name, array in instance.arrays.items():
        if name in instance._plan.scratch:
            continue
        np.testing.assert_allclose(arrays[name], array, rtol=1e-12, atol=1e-12, err_msg=name)
    assert sum(np.count_nonzero(arrays[f"neurons{k}_last"] >= 0) for k in range(7)) > 1000


@pytest.mark.parametrize("precision", ["double", "float"])
def test_neither_threads_nor_parts_of_a_run_change_anything(precision: str) -> None:
    networks = [kinds(threads, precision) for threads in (1, 2, 3, 1)]
    for net in networks[:3]:
        net.simulate(40.0)
    for _ in range(8):
        networks[3].simulate(5.0)
    first, *others = ([p.get(n) for p in net.populations for n in p.attributes] for net in networks)
    for other in others:
        for a, b in zip(first, other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_short_vectors_and_none_pick_the_same_neurons(precision: str) -> None:
    """On both sides of where a word makes a gap. Without -march there are no vectors of words."""
    found = []
    for flags in (None, "-O2"):
        net = Network(dt=1.0, seed=4)
        net.config(precision=precision)
        populations = [net.create(PoissonPopulation(300, rates=rates)) for rates in (7.0, 8.0, 60.0)]
        monitors = [net.monitor(population, "spike") for population in populations]
        net.compile(silent=True, **({} if flags is None else {"compiler_flags": flags}))
        net.simulate(500.0)
        found.append([monitor.get("spike") for monitor in monitors])
        assert all(sum(map(len, spikes.values())) > 500 for spikes in found[-1])
    assert found[0] == found[1]


def test_a_saved_run_goes_on(tmp_path: Path) -> None:
    net = kinds(1)
    net.simulate(10.0)
    net.save_checkpoint(str(tmp_path / "state.npz"))
    net.simulate(10.0)
    other = kinds(1)
    other.load_checkpoint(str(tmp_path / "state.npz"))
    other.simulate(10.0)
    for one, same in zip(net.populations, other.populations, strict=True):
        for name in one.attributes:
            np.testing.assert_array_equal(one.get(name), same.get(name))


def test_disabled_neurons_keep_everything() -> None:
    net, population = poisson(200, 300.0)
    fired(net, population, 10)
    before = np.array(population.p)
    population.disable()
    assert not fired(net, population, 10).any()
    np.testing.assert_array_equal(population.p, before)
