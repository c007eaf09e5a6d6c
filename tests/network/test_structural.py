"""Rules of structural plasticity: when they look, what they make and end, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from structural_networks import AGED, WAVE, by_pair, structural, waves

from engine import IF_curr_exp, Neuron, PoissonPopulation, SpikeSourceArray, Synapse, Uniform


def test_created_synapses_begin_with_the_weight_of_the_rule_and_initial_values() -> None:
    net = structural()
    synapse = Synapse(
        parameters="tau = 3.0\nk = 2.0", equations="x += tau + k : init=7.0", creating="pre.r >= 0.0 : w=0.25"
    )
    proj = waves(net, synapse)
    proj.tau = [[float(10 * d + k) for k in range(n)] for d, n in enumerate((2, 1, 1))]
    net.compile(silent=True)
    before = by_pair(proj, "tau")
    proj.start_creating()
    net.simulate(1.0)
    assert proj.nb_synapses == 12 and proj.pre_ranks == [[0, 1, 2, 3]] * 3
    for pair, tau in by_pair(proj, "tau").items():
        old = pair in before
        assert tau == (before[pair] if old else 3.0)
        assert by_pair(proj)[pair] == (0.5 if old else 0.25)
        assert by_pair(proj, "x")[pair] == (7.0 + tau + 2.0 if old else 7.0)
    net.simulate(1.0)
    assert by_pair(proj, "x")[0, 1] == 7.0 + 3.0 + 2.0


def test_rules_look_at_their_steps_only() -> None:
    net = structural()
    proj = waves(net, Synapse(creating="pre.r >= 0.0 : w=1.0", pruning="pre.r >= 0.0"))
    net.compile(silent=True)
    numbers = []
    for step in range(16):
        if step == 2:
            proj.start_pruning(period=5.0)
        if step == 4:
            proj.start_creating(period=3.0)
        if step == 11:
            proj.stop_creating()
        net.simulate(1.0)
        numbers.append(proj.nb_synapses)
    # pruned in 2, 7, 12; created in 4, 7, 10: what 7 creates it prunes, too
    assert numbers == [4, 4, 0, 0, 12, 12, 12, 0, 0, 0, 12, 12, 0, 0, 0, 0]
    assert proj.post_ranks == [0, 1, 2] and proj.pre_ranks == [[], [], []] and proj.w == [[], [], []]


def test_pruning_in_the_step_of_creating_sees_the_new_weight_and_initial_values() -> None:
    for weight, age, survive in ((0.5, 0, True), (0.5, 1, False), (0.25, 0, False)):
        net = structural()
        synapse = Synapse(
            equations=f"age = age : init={age}, int",
            creating=f"post.r >= 0.0 : w={weight}",
            pruning="(w < 0.4) or (age > 0)",
        )
        proj = waves(net, synapse, weights=[[0.5, None, None, None]] * 3)
        proj.age = 0
        proj.age = age
        net.compile(silent=True)
        proj.start_creating()
        proj.start_pruning()
        net.simulate(1.0)
        assert proj.nb_synapses == (12 if survive else 0 if age else 3)


def test_a_neuron_without_synapses_at_compile_and_neurons_out_of_the_view_get_none() -> None:
    net = structural()
    pre, post = net.create(6, WAVE), net.create(5, WAVE)
    proj = net.connect(pre[1:5], post[1:4], "exc", Synapse(creating="pre.r >= 0.0 : w=1.0"))
    proj.connect_from_matrix([[1.0, None, None, None], [None] * 4, [None, None, 1.0, None]])
    net.compile(silent=True)
    proj.start_creating()
    net.simulate(1.0)
    assert proj.post_ranks == [1, 3]
    assert proj.pre_ranks == [[1, 2, 3, 4]] * 2


def test_probabilities_and_random_conditions_have_the_right_frequency() -> None:
    """40 000 pairs: four standard deviations are 4 sqrt(p (1-p) n)."""
    for creating, p in (("pre.r >= 0.0 : proba=0.3", 0.3), ("Uniform(0.0, 1.0) < 0.2 : proba=0.5", 0.1)):
        net = structural()
        proj = waves(net, Synapse(creating=creating, pruning="w > 0.5 : proba=0.25"), (200, 200))
        net.compile(silent=True)
        before = proj.nb_synapses
        proj.start_creating()
        net.simulate(1.0)
        free = 40_000 - before
        created = proj.nb_synapses - before
        assert abs(created - p * free) < 4 * np.sqrt(p * (1 - p) * free)
        proj.stop_creating()
        proj.w = 1.0
        proj.start_pruning()
        net.simulate(1.0)
        all_of_them = before + created
        assert abs(proj.nb_synapses - 0.75 * all_of_them) < 4 * np.sqrt(0.75 * 0.25 * all_of_them)


def rate_run(threads: int) -> dict[str, Any]:
    net = structural(threads)
    synapse = Synapse(
        **AGED,
        creating="pre.r*post.r > 0.55 : w=0.5, proba=0.05",
        pruning="(age > T) and (Uniform(0.0, 2.0) > pre.r*post.r + 1.0) : proba=0.4",
    )
    proj = waves(net, synapse, (70, 150), delays=3.0)
    m, rates = net.monitor(proj, ["w", "age"], period=7.0), net.monitor(proj.post, ["s", "r"])
    net.compile(silent=True)
    proj.start_creating(period=2.0)
    proj.start_pruning(period=3.0)
    net.simulate(90.0)
    samples = m.get()
    assert len({sum(map(len, row)) for row in samples["w"]}) > 5
    return {**rates.get(), "ranks": proj.pre_ranks, "w": proj.w, "samples": samples["age"].tolist()}


def spiking_run(threads: int) -> dict[str, Any]:
    net = structural(threads)
    noise = net.create(PoissonPopulation(90, rates=40.0))
    pop = net.create(140, IF_curr_exp(tau_refrac=2.0))
    synapse = Synapse(
        equations="""
            10.0 * dx/dt = -x : event-driven
            10.0 * dy/dt = -y : event-driven
        """,
        pre_spike="g_target += w\nx += 1.0\nw -= 0.02*y : min=0.0",
        post_spike="y += 1.0\nw += 0.02*x : max=1.0",
        creating="(t - t_pre < 2.0) and (t - t_post < 4.0) : w=0.6, proba=0.5",
        pruning="w < 0.45 : proba=0.5",
    )
    proj = net.connect(noise, pop, "exc", synapse)
    proj.connect_fixed_probability(0.2, weights=Uniform(0.4, 0.9), delays=2.0)
    m = net.monitor(pop, ["spike", "g_exc"])
    net.compile(silent=True)
    before = proj.pre_ranks
    proj.start_creating(period=3.0)
    proj.start_pruning(period=2.0)
    net.simulate(200.0)
    assert proj.pre_ranks != before
    data = m.get()
    assert sum(map(len, data["spike"].values())) > 300
    return {**data, "ranks": proj.pre_ranks, "w": proj.w, "x": proj.x}


@pytest.mark.parametrize("build", [rate_run, spiking_run])
def test_results_do_not_depend_on_threads(build: Any) -> None:
    one = build(1)
    for threads in (2, 3):
        other = build(threads)
        for name, value in one.items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(value, other[name], err_msg=name)
            else:
                assert value == other[name], name


def test_calls_of_one_step_and_one_long_call_agree() -> None:
    results = []
    for parts in ([40], [1] * 40):
        net = structural()
        synapse = Synapse(
            **AGED,
            creating="pre.r*post.r > 0.5 : w=0.5, proba=0.5",
            pruning="(age > T) and (pre.r*post.r < 0.2) : proba=0.5",
        )
        proj = waves(net, synapse, (10, 12))
        m = net.monitor(proj.post, "s")
        net.compile(silent=True)
        proj.start_creating(period=2.0)
        proj.start_pruning()
        for part in parts:
            net.simulate(float(part))
        results.append((m.get("s"), proj.pre_ranks, proj.w))
    assert np.array_equal(results[0][0], results[1][0])
    assert results[0][1:] == results[1][1:]


def test_a_run_until_a_condition_ends_in_the_step_of_a_change_or_after_it() -> None:
    """Each look creates about a twentieth of the free pairs, so nearly every step changes something."""
    steps = []
    for stepwise in (True, False):
        net = structural()
        source = net.create(40, Neuron(equations="r = 1.0"))
        pop = net.create(3, Neuron(equations="s = sum(exc)\nr = s"), stop_condition="s > 4.0")
        rule = Synapse(creating="pre.r > 0.0 : w=0.25, proba=0.05")
        proj = net.connect(source, pop, "exc", rule).connect_one_to_one(weights=0.5)
        net.compile(silent=True)
        proj.start_creating()
        if stepwise:
            while not np.any(pop.s > 4.0):
                net.step()
        else:
            net.simulate_until(1000.0, pop)
        steps.append((net.current_step, proj.pre_ranks))
    assert steps[0] == steps[1]
    assert 5 < steps[0][0] < 50


def test_the_longest_delay_stays_allowed_when_its_synapse_ends() -> None:
    net = structural()
    source = net.create(SpikeSourceArray([[0.0, 10.0], [0.0, 10.0]]))
    pop = net.create(1, Neuron(equations="g_exc = 0.0\nv = v + g_exc", spike="v > 100.0"))
    rule = Synapse(pre_spike="g_target += w", creating="t > 4.0 : w=4.0, d=3.0", pruning="w == 2.0")
    proj = net.connect(source, pop, "exc", rule)
    proj.connect_from_matrix([[1.0, 2.0]], delays=[[1.0, 3.0]])
    m = net.monitor(pop, "g_exc")
    net.compile(silent=True)
    proj.start_pruning()
    net.simulate(1.0)
    assert proj.pre_ranks == [[0]] and proj.delay == [[1.0]]
    net.monitor(pop, "v")
    proj.stop_pruning()
    proj.start_creating()
    net.simulate(14.0)
    assert proj.delay == [[1.0, 3.0]]
    arrived = m.get("g_exc")[:, 0]
    assert {int(step): arrived[step] for step in np.flatnonzero(arrived)} == {1: 1.0, 11: 1.0, 13: 4.0}
