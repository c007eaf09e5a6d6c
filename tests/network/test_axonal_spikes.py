"""Axonal spikes: when they are emitted, what they do and how they are switched (semantics.md 8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, EngineError, Monitor, Network, Neuron, Population, Synapse

POST = Neuron(equations="g = g_exc", spike="g > 1e9")


@pytest.fixture
def net() -> Network:
    return Network(dt=1.0, seed=1)


def both(**fields: Any) -> Neuron:
    """``x`` makes spikes, ``y`` axonal ones."""
    return Neuron(
        parameters="x = 0.0\ny = 0.0",
        equations="v = x\na = y",
        spike="v > 0.5",
        axon_spike="a > 0.5",
        **fields,
    )


def wired(net: Network, synapse: Synapse, delays: float = 0.0) -> tuple[Population, Population, Any]:
    pre, post = net.create(1, both()), net.create(1, POST)
    proj = net.connect(pre, post, "exc", synapse).connect_all_to_all(weights=1.0, delays=delays)
    return pre, post, proj


def arrivals(net: Network, post: Population, steps: int) -> list[float]:
    m = net.monitor(post, "g")
    net.compile(silent=True)
    net.run_steps(steps)
    return [float(g) for g in m.get("g")[:, 0]]


HALF = Synapse(pre_spike="g_target += w", pre_axon_spike="g_target += 0.5*w")


def test_a_spike_hides_the_axonal_one(net: Network) -> None:
    pop = net.create(3, both())
    pop.x, pop.y = [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]
    m = net.monitor(pop, ["spike", "axon_spike"])
    net.compile(silent=True)
    net.run_steps(3)
    assert m.get() == {
        "spike": {0: [0, 1, 2], 1: [], 2: [0, 1, 2]},
        "axon_spike": {0: [], 1: [0, 1, 2], 2: []},
    }


def test_after_a_reset_both_may_happen_in_one_step(net: Network) -> None:
    neuron = Neuron(
        equations="v += 1.0", spike="v > 2.5", reset="v = 0", axon_spike="v < 0.5", axon_reset="v = -1.0"
    )
    pop = net.create(70, neuron)
    m = net.monitor(pop, ["spike", "axon_spike", "v"])
    net.compile(silent=True)
    net.run_steps(8)
    data = m.get()
    assert data["spike"][69] == [2]
    assert data["axon_spike"][69] == [2, 3, 4, 5, 6, 7]
    assert data["v"][:, 69].tolist() == [1.0, 2.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]


def test_refractory_neurons_have_none(net: Network) -> None:
    pop = net.create(1, both(refractory=2.0))
    pop.x, pop.y = 1.0, 1.0
    m = net.monitor(pop, ["spike", "axon_spike"])
    net.compile(silent=True)
    net.run_steps(1)
    pop.x = 0.0
    pop.v = 0.0
    net.run_steps(4)
    assert m.get() == {"spike": {0: [0]}, "axon_spike": {0: [3, 4]}}


def test_they_leave_the_time_and_the_rate_of_spikes_alone(net: Network) -> None:
    pop = net.create(1, Neuron(equations="v = 0.0\nl = t_last", spike="v > 1", axon_spike="v < 1"))
    pop.compute_firing_rate(10.0)
    net.compile(silent=True)
    net.run_steps(4)
    assert (pop.r[0], pop.l[0]) == (0.0, -10000.0)


def test_other_statements_for_other_spikes(net: Network) -> None:
    pre, post, _ = wired(net, HALF)
    pre.y = 1.0
    assert arrivals(net, post, 4) == [0.0, 0.5, 0.5, 0.5]


def test_the_same_text_does_the_same(net: Network) -> None:
    text = "g_target += 2*w\nn += 1"
    pre, post, proj = wired(net, Synapse(pre_spike=text, pre_axon_spike=text))
    pre.y = 1.0
    assert arrivals(net, post, 4) == [0.0, 2.0, 2.0, 2.0]
    assert proj.n == [[3.0]]


TRACE = {"equations": "10.0*dx/dt = -x : event-driven", "pre_spike": "g_target += w\nx += 1.0"}


def events(net: Network, pre: Population, *steps: tuple[float, float]) -> None:
    """Run one step with each ``(x, y)``."""
    for x, y in steps:
        pre.x, pre.y = x, y
        net.run_steps(1)


def test_event_driven_variables_decay_until_an_axonal_spike_of_the_same_text(net: Network) -> None:
    pre, _, proj = wired(net, Synapse(**TRACE, pre_axon_spike=TRACE["pre_spike"]))
    net.compile(silent=True)
    axonal, none = (0.0, 1.0), (0.0, 0.0)
    events(net, pre, axonal, none, none, axonal, none)
    assert proj.x[0][0] == pytest.approx(1.0 + np.exp(-0.2), rel=1e-12), "arrived in 1 and 4: 2 ms"


def test_event_driven_variables_do_not_see_axonal_spikes_of_another_text(net: Network) -> None:
    pre, _, proj = wired(net, Synapse(**TRACE, pre_axon_spike="g_target += 0.5*w"))
    net.compile(silent=True)
    spike, axonal, none = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)
    events(net, pre, spike, none, none, axonal, none)
    assert proj.x == [[1.0]], "the stored value"
    events(net, pre, none, spike, none)
    assert proj.x[0][0] == pytest.approx(1.0 + np.exp(-0.5), rel=1e-12), "arrived in 1 and 7: 5 ms"


def test_a_synapse_without_the_field_does_not_hear_them(net: Network) -> None:
    pre, post, _ = wired(net, Synapse(pre_spike="g_target += w"))
    pre.y = 1.0
    assert arrivals(net, post, 4) == [0.0, 0.0, 0.0, 0.0]


def test_delays_and_several_targets(net: Network) -> None:
    pre = net.create(1, both())
    post = net.create(1, Neuron(equations="g = g_exc + 10*g_inh", spike="g > 1e9"))
    net.connect(pre, post, ["exc", "inh"], HALF).connect_all_to_all(weights=1.0, delays=3.0)
    pre.y = 1.0
    assert arrivals(net, post, 5) == [0.0, 0.0, 0.0, 5.5, 5.5]


def test_the_switch(net: Network) -> None:
    pre, post, proj = wired(net, HALF)
    pre.y = 1.0
    proj.axon_transmission = False
    m = net.monitor(post, "g")
    net.compile(silent=True)
    net.run_steps(3)
    assert proj.axon_transmission is False
    proj.axon_transmission = True
    net.run_steps(2)
    pre.x = 1.0
    proj.axon_transmission = False
    net.run_steps(2)
    assert m.get("g")[:, 0].tolist() == [0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 1.0]


def test_pause_and_reset_keep_the_rules_of_spikes(net: Network) -> None:
    pre, post, _ = wired(net, HALF, delays=2.0)
    pre.y = 1.0
    m = net.monitor(post, "g")
    net.compile(silent=True)
    net.run_steps(2)
    pre.disable()
    net.run_steps(3)
    assert m.get("g").any() == np.False_
    pre.enable()
    pre.y = 0.0
    net.run_steps(3)
    assert m.get("g")[:, 0].tolist() == [0.5, 0.5, 0.0], "those under way have waited"
    pre.y = 1.0
    net.run_steps(1)
    net.reset()
    pre.y = 0.0
    net.run_steps(3)
    assert m.get("g")[:, 0].tolist() == [0.0, 0.0, 0.0]


def test_a_monitor_that_is_added_later_and_a_view(net: Network) -> None:
    pop = net.create(200, both())
    pop.y = np.arange(200) % 2
    net.compile(silent=True)
    net.run_steps(2)
    m = Monitor(pop[100:104], "axon_spike")
    net.run_steps(2)
    assert m.get("axon_spike") == {100: [], 101: [2, 3], 102: [], 103: [2, 3]}


def test_threads_change_nothing() -> None:
    def run(threads: int) -> Any:
        net = Network(dt=1.0, seed=4)
        net.config(num_threads=threads)
        neuron = Neuron(
            equations="v += Uniform(0.0, 1.0) + 0.1*g_exc\na += 0.3",
            spike="v > 3",
            reset="v = 0",
            axon_spike="a > 1",
            axon_reset="a -= 1",
        )
        pop = net.create(300, neuron)
        net.connect(pop, pop, "exc", HALF).connect_fixed_probability(0.1, weights=0.1)
        m = net.monitor(pop, ["v", "spike", "axon_spike"])
        net.compile(silent=True)
        net.run_steps(50)
        return m.get()

    one = run(1)
    assert sum(map(len, one["axon_spike"].values())) > 1000
    for threads in (2, 3):
        more = run(threads)
        assert (more["spike"], more["axon_spike"]) == (one["spike"], one["axon_spike"])
        np.testing.assert_array_equal(more["v"], one["v"])


def test_errors(net: Network) -> None:
    pop = net.create(1, POST)
    with pytest.raises(EngineError, match="has no axon_spike"):
        net.monitor(pop, "axon_spike")
    with pytest.raises(EngineError, match="has no variable named 'axon_spike'"):
        net.monitor(net.create(1, Neuron(equations="r = 0")), "axon_spike")
    assert STDP().pre_axon_spike is None
    other = Network()
    proj = other.connect(other.create(1, both()), other.create(2, POST), "exc", HALF, name="proj")
    proj.connect_from_matrix([[1.0], [1.0]], delays=[[1.0], [3.0]])
    with pytest.raises(EngineError, match="Projection proj: axonal spikes need one delay"):
        other.compile(silent=True)
