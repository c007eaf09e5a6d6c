"""NormProjection: 1/N of each spike in closed form, with delays, on threads, and its errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference.simulator import ReferenceNetwork

from engine import (
    ANNarchyException,
    DiscreteUniform,
    Monitor,
    Network,
    Neuron,
    PoissonPopulation,
    Projection,
    SpikeSourceArray,
)
from engine.extensions.bold import NormProjection
from engine.models import STDP

TAU = 5.0
KEEPER = Neuron(
    parameters="tau = 5.0 : population\nfixed = 1.0",
    equations="""
        tau * dact/dt = -act : exponential
        dg_exc/dt = 0.0
        dg_inh/dt = 0.0
        number = number : int
        shared = 1.0 : population
        v = 0.0
    """,
    spike="v > 1.0",
)
FIRING = [[1.0, 4.0, 9.0], [4.0], [5.0, 9.0, 15.0]]
STEPS = 25


def network(threads: int = 1) -> Network:
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=threads)
    return net


def decayed(arrivals: list[int], number: int) -> np.ndarray:
    """What 1/number for each arrival has become at the end of each step: it decays from the step on."""
    steps = np.arange(STEPS)
    age = steps[:, None] - np.array(arrivals)
    return np.where(age >= 0, np.exp(-(age + 1) / TAU), 0.0).sum(axis=1) / number


@pytest.mark.parametrize("delay", [1.0, 3.0])
@pytest.mark.parametrize("target", ["exc", ["exc", "inh"]])
def test_each_spike_adds_one_of_all_synapses(delay: float, target: Any) -> None:
    net = network()
    pre = net.create(SpikeSourceArray(FIRING))
    post = net.create(3, KEEPER)
    norm = NormProjection(pre, post[:2], target, "act").connect_all_to_all(weights=0.5, delays=delay)
    Projection(pre, post[:1], "inh").connect_all_to_all(weights=0.0)
    m = Monitor(post, ["act", "g_exc"])
    net.compile(silent=True)
    net.simulate(float(STEPS))
    arrivals = [int(t + delay) for times in FIRING for t in times]
    act, g = m.get("act"), m.get("g_exc")
    np.testing.assert_allclose(act[:, 0], decayed(arrivals, 6), rtol=1e-12)
    np.testing.assert_allclose(act[:, 1], decayed(arrivals, 3), rtol=1e-12)
    assert not act[:, 2].any(), "it has no synapse"
    assert g[-1].tolist() == [0.5 * len(arrivals)] * 2 + [0.0]
    assert isinstance(norm, NormProjection) and norm in net.projections


def test_without_transmission_nothing_is_counted() -> None:
    net = network()
    pre, post = net.create(SpikeSourceArray(FIRING)), net.create(1, KEEPER)
    norm = NormProjection(pre, post, "exc", "act").connect_all_to_all(weights=1.0)
    norm.transmission = False
    net.compile(silent=True)
    net.simulate(float(STEPS))
    assert post.act.tolist() == [0.0]


def random_network(threads: int, delays: Any = 1.0) -> tuple[Network, Any]:
    net = network(threads)
    pre, post = net.create(PoissonPopulation(200, rates=80.0)), net.create(150, KEEPER)
    norm = NormProjection(pre, post, "exc", "act")
    norm.connect_fixed_probability(0.1, weights=0.3, delays=delays)
    inhibitory = NormProjection(pre[:50], post[20:], "inh", "act")
    inhibitory.connect_fixed_probability(0.2, weights=0.1)
    return net, post


@pytest.mark.parametrize("delays", [1.0, "different"])
def test_threads_give_the_same_bits(delays: Any) -> None:
    given = DiscreteUniform(1, 6) if delays == "different" else delays
    recorded = []
    for threads in (1, 2):
        net, post = random_network(threads, given)
        m = net.monitor(post, "act")
        net.compile(silent=True)
        net.simulate(100.0)
        recorded.append(m.get("act"))
    assert recorded[0].max() > 0.0
    assert recorded[0].tobytes() == recorded[1].tobytes()


def test_the_reference_simulator_agrees() -> None:
    trains = [[float(t) for t in range(1 + n % 4, STEPS, 3 + n % 5)] for n in range(20)]
    results = []
    for reference in (False, True):
        net = network()
        pre, post = net.create(SpikeSourceArray(trains)), net.create(7, KEEPER)
        NormProjection(pre, post, "exc", "act").connect_fixed_probability(0.4, weights=0.3, delays=2.0)
        Projection(pre, post, "inh").connect_fixed_probability(0.3, weights=0.1)
        if reference:
            slow = ReferenceNetwork(net)
            slow.run(STEPS)
            results.append(np.array(slow.recorded[post.name, "act"]))
        else:
            m = net.monitor(post, "act")
            net.compile(silent=True)
            net.simulate(float(STEPS))
            results.append(m.get("act"))
    assert results[0].any()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-10)


@pytest.mark.parametrize("variable", ["nowhere", "fixed", "shared", "number"])
def test_what_holds_no_share_is_an_error(variable: str) -> None:
    net = network()
    pre, post = net.create(SpikeSourceArray(FIRING)), net.create(2, KEEPER)
    with pytest.raises(ANNarchyException, match=rf"'{variable}' is no variable .* of {post.name}.* act"):
        NormProjection(pre, post, "exc", variable)
    assert net.projections == [], "nothing was added"


def test_rates_and_other_synapses_are_errors() -> None:
    net = network()
    rate = net.create(2, Neuron(equations="r = 1.0"))
    pre, post = net.create(SpikeSourceArray(FIRING)), net.create(2, KEEPER)
    with pytest.raises(ANNarchyException, match=f"{rate.name} is rate-coded; pre must be"):
        NormProjection(rate, post, "exc", "act")
    with pytest.raises(ANNarchyException, match="rate-coded"):
        NormProjection(pre, rate, "exc", "r")
    with pytest.raises(ANNarchyException, match="leave synapse out, or use Projection"):
        NormProjection(pre, post, "exc", "act", synapse=STDP)
    assert net.projections == []
