"""Results do not depend on the number of threads: all spikes and all weights, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, IF_curr_exp, Network, Neuron, Normal, PoissonPopulation, Uniform

COBA = Neuron(
    parameters="""
        El = -60.0 : population
        Vr = -60.0 : population
        Erev_exc = 0.0 : population
        Erev_inh = -80.0 : population
        Vt = -50.0 : population
        tau = 20.0 : population
        tau_exc = 5.0 : population
        tau_inh = 10.0 : population
        I = 20.0 : population
    """,
    equations="""
        tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I
        tau_exc * dg_exc/dt = - g_exc
        tau_inh * dg_inh/dt = - g_inh
    """,
    spike="v > Vt",
    reset="v = Vr",
    refractory=5.0,
)
"""Vogels & Abbott 2005, J Neurosci 25:10786."""


def coba(threads: int) -> dict[str, Any]:
    net = Network(dt=0.1, seed=7)
    net.config(method="exponential", num_threads=threads)
    pop = net.create(4000, COBA)
    pop.v = Normal(-55.0, 5.0)
    pop.g_exc = Normal(4.0, 1.5)
    pop.g_inh = Normal(20.0, 12.0)
    exc = net.connect(pop[:3200], pop, "exc").connect_fixed_probability(0.02, weights=0.6)
    inh = net.connect(pop[3200:], pop, "inh").connect_fixed_probability(0.02, weights=6.7)
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(250.0)
    spikes = m.get("spike")
    return {
        "spikes": spikes,
        "v": pop.v,
        "synapses": exc.nb_synapses + inh.nb_synapses,
        "rate": m.mean_fr(spikes),
        "cv": np.mean(m.coefficient_of_variation(spikes)),
    }


def plastic(threads: int) -> dict[str, Any]:
    net = Network(dt=1.0, seed=11)
    net.config(num_threads=threads)
    noise = net.create(PoissonPopulation(300, rates=30.0))
    pop = net.create(200, IF_curr_exp(tau_refrac=2.0))
    feed = net.connect(noise, pop, "exc", STDP(A_plus=0.05, A_minus=0.06))
    feed.connect_fixed_probability(0.2, weights=Uniform(0.2, 0.8))
    loop = net.connect(pop, pop, "inh").connect_fixed_number_pre(20, weights=Uniform(0.0, 0.1), delays=3.0)
    m = net.monitor(pop, ["spike", "g_exc"])
    net.compile(silent=True)
    before = feed.connectivity_matrix()
    net.simulate(400.0)
    data = m.get()
    assert np.abs(feed.connectivity_matrix() - before).max() > 0.05
    assert sum(map(len, data["spike"].values())) > 500
    return {**data, "w": feed.connectivity_matrix(), "x": feed.x, "loop": loop.w}


@pytest.mark.parametrize("build", [coba, plastic])
def test_one_and_two_threads_agree_exactly(build: Any) -> None:
    one, two = build(1), build(2)
    assert one.keys() == two.keys()
    for name, value in one.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, two[name], err_msg=name)
        else:
            assert value == two[name], name


def test_coba_is_asynchronous_and_irregular() -> None:
    """320000 synapses expected with a standard deviation of 560; rates and CV as published."""
    result = coba(1)
    assert abs(result["synapses"] - 320_000) < 4 * 560
    assert 15.0 < result["rate"] < 25.0
    assert 0.8 < result["cv"] < 1.0
