"""Disabled populations: everything under way waits (semantics.md section 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, SpikeSourceArray, Synapse

CLOCK = Neuron(equations="r = t")
READER = Neuron(equations="r = sum(exc)")
COUNTER = Neuron(equations="n = n + g_exc", spike="n > 1000.0")
PAUSE, BEFORE = 4.0, 3.0


@pytest.fixture(params=[1, 2])
def net(request: Any) -> Network:
    network = Network(dt=1.0, seed=1)
    network.config(num_threads=request.param)
    return network


def pause(net: Network, *populations: Any) -> None:
    net.simulate(BEFORE)
    for population in populations:
        population.disable()
    net.simulate(PAUSE)
    for population in populations:
        population.enable()
    net.simulate(6.0)


def test_delayed_rates_stand_still_and_go_on(net: Network) -> None:
    pre, post = net.create(70, CLOCK), net.create(70, READER)
    net.connect(pre, post, "exc").connect_one_to_one(delays=3.0)
    learning = net.connect(pre, post, "exc", Synapse(equations="y = pre.r"))
    learning.connect_one_to_one(weights=0.0, delays=2.0)
    m, y = net.monitor(post, "r"), net.monitor(learning, "y", period=1.0)
    net.compile(silent=True)
    pause(net, pre)
    # t = 0, 1, 2, then the pause, then t = 7, 8, ...; a delay of 3 steps, and 0 before the start.
    assert m.get("r")[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 7, 8, 9]
    assert np.ravel(y.get("y"))[::70].tolist() == [0, 0, 1, 1, 1, 1, 1, 2, 7, 8, 9, 10, 11]


def test_spikes_under_way_wait(net: Network) -> None:
    source = net.create(SpikeSourceArray([[1.0, 3.0]]))
    post = net.create(1, COUNTER)
    net.connect(source, post, "exc").connect_all_to_all(weights=1.0, delays=4.0)
    m, spikes = net.monitor(post, "n"), net.monitor(source, "spike")
    net.compile(silent=True)
    pause(net, source)
    assert spikes.get("spike")[0] == [1, 7], "the source's own clock stops"
    assert m.get("n")[:, 0].tolist() == [0] * 9 + [1, 1, 2, 2][:4]


def test_refractory_periods_wait(net: Network) -> None:
    neuron = Neuron(equations="v += 1.0", spike="v > 1.5", reset="v = 0.0", refractory=3.0)
    pop = net.create(3, neuron)
    spikes = net.monitor(pop, "spike")
    net.compile(silent=True)
    pause(net, pop)
    # Spikes in step 1, is frozen in 2, (3 to 6 paused), 7 and 8; runs in 9 and 10.
    assert spikes.get("spike")[2] == [1, 10]


def test_a_reset_ends_what_waits(net: Network) -> None:
    source = net.create(SpikeSourceArray([[1.0]]))
    post = net.create(1, COUNTER)
    net.connect(source, post, "exc").connect_all_to_all(weights=1.0, delays=4.0)
    net.compile(silent=True)
    net.simulate(2.0)
    source.disable()
    net.simulate(2.0)
    net.reset()
    net.simulate(1.0)
    source.enable()
    net.simulate(5.0)
    assert post.n[0] == 0.0, "the spike before the reset is gone, the one after it on its way"
    net.simulate(1.0)
    assert post.n[0] == 1.0


def test_attributes_with_names_of_buffers(net: Network) -> None:
    neuron = Neuron(
        parameters="counts = 1.0\nthe_ranks = 1.0\na_history_b = 1.0\nis_enabled = 2.0",
        equations="r = counts + the_ranks + a_history_b + sum(exc) + is_enabled",
    )
    pop = net.create(3, neuron)
    net.connect(pop, pop, "exc", Synapse(psp="pre.a_history_b")).connect_one_to_one(delays=2.0)
    net.compile(silent=True)
    net.simulate(4.0)
    for name in ("counts", "the_ranks", "a_history_b"):
        setattr(pop, name, [1.0, 2.0, 3.0])
    pop.is_enabled = 5.0
    net.simulate(1.0)
    assert pop.r.tolist() == [9.0, 12.0, 15.0], "what is under way are values of before"
    net.simulate(2.0)
    assert pop.r.tolist() == [9.0, 13.0, 17.0]
    net.reset()
    net.simulate(1.0)
    assert pop.r.tolist() == [6.0, 6.0, 6.0]


def test_a_window_of_the_firing_rate_may_change(net: Network) -> None:
    pop = net.create(3, Neuron(equations="v += 1.0", spike="v > 1.5", reset="v = 0.0"))
    pop.compute_firing_rate(10.0)
    net.compile(silent=True)
    net.simulate(20.0)
    assert pop.r.tolist() == [500.0] * 3
    pop.compute_firing_rate(40.0)
    net.simulate(4.0)
    assert pop.r.tolist() == [50.0] * 3, "two spikes since, in a window of 40 ms"
    net.simulate(36.0)
    assert pop.r.tolist() == [500.0] * 3


def test_spikes_leave_the_window_of_the_firing_rate_during_a_pause(net: Network) -> None:
    cells = net.create(70, Neuron(parameters="drive = 1.0", equations="v = drive", spike="v > 0.0"))
    cells.compute_firing_rate(6.0)
    rate = net.monitor(cells, "r")
    net.compile(silent=True)
    net.simulate(BEFORE)
    cells.disable()
    net.simulate(PAUSE)
    cells.drive = 0.0
    cells.enable()
    net.simulate(2.0)
    # Step 7 looks at steps 2 to 7, of which the neuron fired in the first; step 8 at none.
    expected = np.array([1, 2, 3, 3, 3, 3, 3, 1, 0]) * 1000.0 / 6.0
    np.testing.assert_allclose(rate.get("r"), np.repeat(expected[:, None], 70, axis=1), rtol=1e-12)
