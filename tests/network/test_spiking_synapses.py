"""What happens at a synapse when a spike arrives, statement by statement."""

from __future__ import annotations

import numpy as np

from engine import Network, Neuron, SpikeSourceArray, Synapse

TWO_TARGETS = Neuron(equations="x = g_a + g_b\ng_a = g_a\ng_b = g_b", spike="x > 1000.0")


def test_a_conductance_may_be_read_where_it_is_increased() -> None:
    net = Network(dt=1.0)
    source = net.create(SpikeSourceArray([[0.0, 1.0]]))
    pop = net.create(2, TWO_TARGETS)
    pop.g_a, pop.g_b = 4.0, 8.0
    saturating = Synapse(pre_spike="g_target = w + 0.5 * g_target : max=6.0")
    net.connect(source, pop, ["a", "b"], saturating).connect_all_to_all(weights=3.0)
    net.compile(silent=True)
    net.simulate(2.0)
    assert np.array_equal(pop.g_a, [5.0, 5.0])
    assert np.array_equal(pop.g_b, [6.0, 6.0])
    net.simulate(1.0)
    assert np.array_equal(pop.g_a, [5.5, 5.5])
