"""Delays that differ between synapses (semantics.md sections 2, 3 and 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import (
    Binomial,
    DiscreteUniform,
    EngineError,
    Gamma,
    Network,
    Neuron,
    Normal,
    SpikeSourceArray,
    Synapse,
    Uniform,
)
from engine.codegen.lowering.rows import SparseRows
from engine.connectivity import Connectivity

CLOCK = Neuron(equations="r = t + 1.0")
READER = Neuron(equations="r = sum(exc)")
COUNTER = Neuron(equations="n = n + g_exc", spike="n > 1000.0")
WEIGHTS = [[1.0, 10.0, 100.0], [1.0, None, 100.0]]
DELAYS = [[1.0, 2.0, 4.0], [3.0, None, 1.0]]


@pytest.fixture(params=[1, 2])
def net(request: Any) -> Network:
    network = Network(dt=1.0, seed=1)
    network.config(num_threads=request.param)
    return network


def spiking(net: Network, times: Any, delays: Any = DELAYS, weights: Any = WEIGHTS, **arguments: Any) -> Any:
    source, post = net.create(SpikeSourceArray(times)), net.create(2, COUNTER)
    proj = net.connect(source, post, "exc", **arguments).connect_from_matrix(weights, delays=delays)
    return source, proj, net.monitor(post, "g_exc")


def arrivals(monitor: Any, rank: int) -> dict[int, float]:
    """Steps in which something arrived, and what."""
    received = monitor.get("g_exc", keep=True)[:, rank]
    return {int(step): float(received[step]) for step in np.flatnonzero(received)}


# --- when things arrive -------------------------------------------------------------------------------


def test_rates_are_read_from_as_long_ago_as_each_synapse_says(net: Network) -> None:
    pre, post = net.create(3, CLOCK), net.create(2, READER)
    net.connect(pre, post, "exc").connect_from_matrix(WEIGHTS, delays=DELAYS)
    m = net.monitor(post, "r")
    net.compile(silent=True)
    net.simulate(7.0)
    # pre.r of the end of step n - d is n - d + 1, and 0 before step 0.
    past = [[max(0, n - d + 1) for n in range(7)] for d in (1, 2, 3, 4)]
    expected = [
        np.array(past[0]) + 10.0 * np.array(past[1]) + 100.0 * np.array(past[3]),
        np.array(past[2]) + 100.0 * np.array(past[0]),
    ]
    np.testing.assert_allclose(m.get("r").T, expected)


def test_spikes_arrive_after_the_delay_of_each_synapse(net: Network) -> None:
    _, _, m = spiking(net, [[0.0, 5.0], [1.0], [2.0]])
    net.compile(silent=True)
    net.simulate(12.0)
    assert arrivals(m, 0) == {1: 1.0, 3: 10.0, 6: 101.0}
    assert arrivals(m, 1) == {3: 101.0, 8: 1.0}


def test_many_synapses_like_a_simple_count() -> None:
    rng = np.random.default_rng(3)
    trains = [np.flatnonzero(rng.random(60) < 0.1).astype(float).tolist() for _ in range(150)]
    results = []
    for threads in (1, 2, 3):
        net = Network(dt=1.0, seed=4)
        net.config(num_threads=threads)
        source, post = net.create(SpikeSourceArray(trains)), net.create(200, COUNTER)
        proj = net.connect(source, post, "exc")
        proj.connect_fixed_probability(0.2, weights=Uniform(0.0, 1.0), delays=DiscreteUniform(1, 9))
        m = net.monitor(post, "g_exc")
        net.compile(silent=True)
        net.simulate(80.0)
        results.append(m.get("g_exc"))
    expected = np.zeros((80, 200))
    for post_rank, pres, ws, delays in zip(proj.post_ranks, proj.pre_ranks, proj.w, proj.delay, strict=True):
        for pre_rank, w, delay in zip(pres, ws, delays, strict=True):
            steps = np.array(trains[pre_rank], dtype=int) + int(delay)
            expected[steps, post_rank] += w
    np.testing.assert_allclose(results[0], expected, rtol=1e-12)
    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


def test_delays_stay_when_one_dendrite_gets_others(net: Network) -> None:
    source, post = net.create(SpikeSourceArray([[0.0]] * 30)), net.create(2, COUNTER)
    proj = net.connect(source, post, "exc").connect_all_to_all(1.0, Uniform(1.0, 6.0))
    m = net.monitor(post, "g_exc")
    net.compile(silent=True)
    before = proj.delay
    assert [dendrite.delay for dendrite in proj] == before
    proj[0].delay = before[1]
    assert proj.delay == [before[1], before[1]]
    net.simulate(8.0)
    counts = np.bincount(np.array(before[1], dtype=int), minlength=8)
    np.testing.assert_array_equal(m.get("g_exc"), np.stack([counts, counts], axis=1))


def test_a_synapse_gets_its_spikes_in_the_order_of_their_emission(net: Network) -> None:
    """Products and sums do not commute: the late spike on the quick way must come last."""
    synapse = Synapse(parameters="w = 0.0", pre_spike="g_target = 2.0 * g_target + w")
    source, post = net.create(SpikeSourceArray([[0.0], [2.0]])), net.create(1, COUNTER)
    proj = net.connect(source, post, "exc", synapse)
    proj.connect_from_matrix([[1.0, 10.0]], delays=[[3.0, 1.0]])
    m = net.monitor(post, "g_exc")
    net.compile(silent=True)
    net.simulate(5.0)
    assert arrivals(m, 0) == {3: 12.0}


# --- learning -----------------------------------------------------------------------------------------


def test_equations_of_a_synapse_read_one_step_less_far_back(net: Network) -> None:
    pre, post = net.create(2, CLOCK), net.create(1, READER)
    proj = net.connect(pre, post, "exc", Synapse(equations="seen = pre.r"))
    proj.connect_from_matrix([[0.0, 0.0]], delays=[[1.0, 3.0]])
    m = net.monitor(proj, "seen", period=1.0)
    net.compile(silent=True)
    net.simulate(5.0)
    assert np.reshape(m.get("seen").tolist(), (5, 2)).T.tolist() == [[1, 2, 3, 4, 5], [0, 0, 1, 2, 3]]


def test_event_driven_traces_and_times_of_spikes(net: Network) -> None:
    """``t_pre`` is the time of emission of the newest spike; traces count from arrival to arrival."""
    synapse = Synapse(
        equations="dx/dt = -x/10.0 : event-driven",
        pre_spike="g_target += w\nx += 1.0\nlast = t_pre",
        parameters="last = -1.0",
    )
    _, proj, _ = spiking(
        net, [[0.0, 4.0], [9.0]], delays=[[2.0, 1.0], [5.0, 1.0]], weights=[[1.0, 1.0]] * 2, synapse=synapse
    )
    net.compile(silent=True)
    net.simulate(7.0)
    assert proj.synapse(0, 0).last == 4.0
    assert proj.synapse(0, 0).x == pytest.approx(1.0 + np.exp(-3.0 / 10.0)), "arrivals in steps 2 and 6"
    assert proj.synapse(0, 1).last == 4.0, "delivered in step 5, when the second spike was out"
    assert proj.synapse(0, 1).x == 1.0


def test_variables_of_the_pre_neuron_arrive_late_in_spiking_synapses(net: Network) -> None:
    pre = net.create(2, Neuron(equations="v = t", spike="v > 1000.0"))
    post = net.create(1, COUNTER)
    proj = net.connect(pre, post, "exc", Synapse(psp="w * pre.v", equations="late = pre.v"))
    proj.connect_from_matrix([[1.0, 100.0]], delays=[[4.0, 1.0]])
    m = net.monitor(post, "g_exc")
    net.compile(silent=True)
    net.simulate(6.0)
    assert m.get("g_exc")[:, 0].tolist() == [0, 0, 100, 200, 300, 401]
    assert proj.late == [[2.0, 5.0]]


# --- switches and reset -------------------------------------------------------------------------------


def test_spikes_under_way_wait_while_transmission_is_off(net: Network) -> None:
    _, proj, m = spiking(net, [[2.0, 5.0, 8.0], [], [1.0]])
    net.compile(silent=True)
    net.simulate(4.0)
    proj.transmission = False
    net.simulate(3.0)
    proj.transmission = True
    net.simulate(8.0)
    # Rank 0 fired in steps 2 and 8; what it fired in step 5 is lost. The first has waited three steps
    # on its way to neuron 1, and so has the spike of rank 2 to neuron 0.
    assert arrivals(m, 0) == {3: 1.0, 5 + 3: 100.0, 9: 1.0}
    assert arrivals(m, 1) == {2: 100.0, 5 + 3: 1.0, 11: 1.0}


def test_a_disabled_target_keeps_what_is_under_way(net: Network) -> None:
    _, proj, m = spiking(net, [[2.0], [], []])
    net.compile(silent=True)
    net.simulate(4.0)
    proj.transmission = False
    proj.post_population.disable()
    proj.transmission = True
    net.simulate(3.0)
    proj.post_population.enable()
    net.simulate(5.0)
    assert arrivals(m, 1) == {5 + 3: 1.0}


def test_spikes_of_a_disabled_population_arrive_in_time(net: Network) -> None:
    source, _, m = spiking(net, [[1.0], [], []])
    net.compile(silent=True)
    net.simulate(3.0)
    source.disable()
    net.simulate(4.0)
    source.enable()
    net.simulate(3.0)
    assert arrivals(m, 1) == {4: 1.0}


@pytest.mark.parametrize("how", ["reset", "clear"])
def test_reset_forgets_what_is_under_way(net: Network, how: str) -> None:
    source, _, m = spiking(net, [[2.0], [], []])
    net.compile(silent=True)
    net.simulate(4.0)
    net.reset() if how == "reset" else source.clear()
    net.simulate(1.0)
    assert arrivals(m, 1) == {}
    if how == "reset":
        net.simulate(7.0)
        assert arrivals(m, 1) == {5: 1.0}


def test_delays_are_drawn_again_with_the_synapses(net: Network) -> None:
    pre, post = net.create(10, CLOCK), net.create(10, READER)
    proj = net.connect(pre, post, "exc").connect_all_to_all(1.0, delays=Uniform(1.0, 50.0))
    net.compile(silent=True)
    net.simulate(60.0)
    first = proj.delay
    net.reset(synapses=True)
    assert proj.delay != first
    net.simulate(60.0)
    expected = [sum(60.0 - d for d in row) for row in proj.delay]
    np.testing.assert_allclose(post.r, expected)


# --- reading and changing -----------------------------------------------------------------------------


def test_delays_are_read_as_nested_lists(net: Network) -> None:
    _, proj, _ = spiking(net, [[], [], []])
    assert (proj.uniform_delay, proj.name) == (-1, proj.name)
    net.compile(silent=True)
    assert proj.delay == [[1.0, 2.0, 4.0], [3.0, 1.0]]
    assert proj.dendrite(1).delay == proj.dendrite(1).get("delay") == [3.0, 1.0]
    assert (proj.uniform_delay, proj.max_delay, proj.pre.max_delay) == (-1, 4, 4)


def test_longer_delays_at_run_time_for_spikes(net: Network) -> None:
    _, proj, m = spiking(net, [[0.0, 6.0], [5.0], []])
    net.compile(silent=True)
    net.simulate(6.0)
    proj.delay = [[1.0, 9.0, 4.0], [12.0, 1.0]]
    assert proj.delay == [[1.0, 9.0, 4.0], [12.0, 1.0]]
    net.simulate(16.0)
    assert arrivals(m, 0) == {1: 1.0, 7: 1.0, 14: 10.0}, "a spike under way takes the new way"
    assert arrivals(m, 1) == {3: 1.0, 18: 1.0}


def test_longer_delays_at_run_time_for_rates(net: Network) -> None:
    pre, post = net.create(3, CLOCK), net.create(2, READER)
    proj = net.connect(pre, post, "exc").connect_from_matrix(WEIGHTS, delays=DELAYS)
    net.compile(silent=True)
    net.simulate(5.0)
    proj.delay = [[1.0, 8.0, 4.0], [1.0, 1.0]]
    net.simulate(10.0)
    # The last step is 14: values of the ends of steps 13, 6 and 10.
    np.testing.assert_allclose(post.r, [14.0 + 10.0 * 7.0 + 100.0 * 11.0, 101.0 * 14.0])


def test_one_number_for_all_delays_at_run_time(net: Network) -> None:
    _, proj, m = spiking(net, [[0.0], [0.0], [0.0]])
    net.compile(silent=True)
    proj.delay = 2.0
    net.simulate(5.0)
    assert arrivals(m, 0) == {2: 111.0}


@pytest.mark.parametrize("value", [[[1.0, 2.0]], [[1.0], [2.0]], [[1.0, 2.0, -1.0], [1.0, 1.0]], "long"])
def test_wrong_delays_at_run_time(net: Network, value: Any) -> None:
    _, proj, _ = spiking(net, [[], [], []])
    net.compile(silent=True)
    with pytest.raises(EngineError, match="delay"):
        proj.delay = value
    assert proj.delay == [[1.0, 2.0, 4.0], [3.0, 1.0]]


def test_distributions_of_delays() -> None:
    net = Network(dt=0.5, seed=2)
    pre, post = net.create(40, CLOCK), net.create(40, READER)
    wide = net.connect(pre, post, "exc").connect_all_to_all(1.0, delays=Uniform(-2.0, 6.0))
    normal = net.connect(pre, post, "exc").connect_all_to_all(1.0, delays=Normal(3.0, 4.0, max=5.0))
    counted = net.connect(pre, post, "exc").connect_all_to_all(1.0, delays=Binomial(4, 0.5))
    assert (wide.uniform_delay, wide.max_delay) == (-1, 12)
    net.compile(silent=True)
    drawn = np.ravel(wide.delay)
    assert drawn.min() == 0.5, "at least one step"
    assert drawn.max() == 6.0
    np.testing.assert_array_equal(drawn, np.round(drawn / 0.5) * 0.5)
    assert np.ravel(normal.delay).max() == 5.0
    assert set(np.ravel(counted.delay)) == {0.5, 1.0, 2.0, 3.0, 4.0}


def test_a_transposed_matrix_of_delays() -> None:
    net = Network(dt=1.0, seed=1)
    pre, post = net.create(3, CLOCK), net.create(2, READER)
    proj = net.connect(pre, post, "exc")
    proj.connect_from_matrix(np.ones((3, 2)), delays=np.array(range(1, 7)).reshape(3, 2), pre_post=True)
    net.compile(silent=True)
    assert proj.delay == [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]


@pytest.mark.parametrize(
    ("delays", "words"),
    [
        (Normal(3.0, 1.0), "max argument"),
        (Gamma(1.0, 1.0), "max argument"),
        (Uniform(-3.0, -1.0), "negative"),
        ([[1.0, 2.0]], "delay matrix has shape"),
        ([[1.0, 2.0, 3.0], [1.0, 2.0]], "rectangular"),
        ([[1.0, 2.0, None], [1.0, None, 2.0]], "missing"),
        ([[1.0, 2.0, 3.0], [1.0, None, -2.0]], "negative"),
    ],
)
def test_impossible_delays(delays: Any, words: str) -> None:
    net = Network(dt=1.0, seed=1)
    pre, post = net.create(3, CLOCK), net.create(2, READER, name="post")
    with pytest.raises(EngineError, match=words):
        net.connect(pre, post, "exc").connect_from_matrix(WEIGHTS, delays=delays)


def test_a_global_variable_has_no_delay_of_each_synapse() -> None:
    net = Network(dt=1.0, seed=1)
    pre = net.create(3, Neuron(equations="shared = t : population\nr = shared"))
    post = net.create(2, READER)
    proj = net.connect(pre, post, "exc", Synapse(psp="w * pre.shared"))
    proj.connect_from_matrix(WEIGHTS, delays=DELAYS)
    with pytest.raises(EngineError, match=r"global variable pre\.shared with a non-uniform delay"):
        net.compile(silent=True)


# --- structural plasticity ----------------------------------------------------------------------------


def test_a_new_synapse_has_its_own_delay(net: Network) -> None:
    net.config(structural_plasticity=True)
    _, proj, m = spiking(net, [[0.0], [0.0, 3.0], [0.0]])
    net.compile(silent=True)
    net.simulate(1.0)
    dendrite = proj.dendrite(1)
    with pytest.raises(EngineError, match="the longest of the projection"):
        dendrite.create_synapse(1, w=10.0, delay=5.0)
    dendrite.create_synapse(1, w=10.0, delay=2.0)
    dendrite.prune_synapse(0)
    assert proj.delay == [[1.0, 2.0, 4.0], [2.0, 1.0]]
    net.simulate(7.0)
    assert arrivals(m, 0) == {1: 1.0, 2: 10.0, 4: 100.0, 5: 10.0}
    assert arrivals(m, 1) == {1: 100.0, 2: 10.0, 5: 10.0}


def test_a_rule_makes_synapses_with_a_delay(net: Network) -> None:
    net.config(structural_plasticity=True)
    pre, post = net.create(3, CLOCK), net.create(2, READER)
    rule = Synapse(psp="w * pre.r", creating="pre.r == 1.0 : d = 3.0, w = 10.0")
    proj = net.connect(pre, post, "exc", rule)
    proj.connect_from_matrix([[1.0, None, 1.0], [None, None, 1.0]], delays=[[1.0, 0.0, 4.0], [0.0, 0.0, 2.0]])
    net.compile(silent=True)
    proj.start_creating()
    net.simulate(2.0)
    assert proj.nb_synapses == 3, "seen through a delay of 3 steps, r is still 0"
    net.simulate(1.0)
    assert proj.delay == [[1.0, 3.0, 4.0], [3.0, 3.0, 2.0]]
    net.simulate(4.0)
    # Step 6: values of the ends of steps 5, 3, 2 and 3, 3, 4.
    np.testing.assert_allclose(post.r, [6.0 + 40.0 + 3.0, 40.0 + 40.0 + 5.0])


# --- the sorting of synapses --------------------------------------------------------------------------


def test_routes_lead_the_oldest_spikes_first() -> None:
    # By pre-synaptic rank: 0 -> 0, 2, 4 after 2, 5, 2 steps; 2 -> 1, 2 after 5, 1 steps.
    offsets, pre = np.array([0, 1, 2, 4, 4, 5]), np.array([0, 2, 0, 2, 0], dtype=np.int32)
    delays = np.array([2, 5, 5, 1, 2], dtype=np.int32)
    rows = SparseRows(Connectivity.of_rows(3, 5, offsets, pre, delay_steps=delays), spiking=True, threads=1)
    found = {name: make() for name, make in rows.arrays.items()}
    assert found["route_delays"].tolist() == [2, 5, 2, 5, 1]
    assert found["route_ages"].tolist() == [4, 1, 0]
    assert found["route_rows"].tolist() == [0, 1, 3, 3, 3, 3, 3, 4, 4, 5]
    assert found["route_post"].tolist() == [2, 0, 4, 1, 2]
    assert found["route_index"].tolist() == [1, 0, 2, 3, 4]
