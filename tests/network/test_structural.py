"""Synapses that begin and end: rules, dendrites by hand, and everything that reads synapses afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    EngineError,
    IF_curr_exp,
    ModelError,
    Network,
    Neuron,
    PoissonPopulation,
    SpikeSourceArray,
    Synapse,
    Uniform,
)

WAVE = Neuron(
    parameters="f = 0.1\nph = 0.0", equations="s = sum(exc)\nr = 0.5 + 0.5*sin(f*t + ph)", name="Wave"
)
AGED = {"parameters": "T = 4 : projection", "equations": "age += 1 : init=0, int\nw += 0.125"}


def structural(threads: int = 1, dt: float = 1.0) -> Network:
    net = Network(dt=dt, seed=3)
    net.config(structural_plasticity=True, num_threads=threads)
    return net


def waves(
    net: Network, synapse: Synapse, sizes: tuple[int, int] = (4, 3), weights: Any = None, **options: Any
) -> Any:
    """A projection between two waves; every third pair is joined unless weights are given."""
    pre, post = (net.create(size, WAVE) for size in sizes)
    for population, pace in ((pre, 0.31), (post, 0.17)):
        population.f = 0.1 + 0.01 * np.arange(population.size)
        population.ph = pace * np.arange(population.size)
    if weights is None:
        pairs = np.arange(sizes[0] * sizes[1]).reshape(sizes[1], sizes[0])
        weights = [[0.5 if pair % 3 == 0 else None for pair in row] for row in pairs]
    return net.connect(pre, post, "exc", synapse).connect_from_matrix(weights, **options)


def by_pair(proj: Any, name: str = "w") -> dict[tuple[int, int], float]:
    return {
        (d.post_rank, pre): value
        for d in proj.dendrites
        for pre, value in zip(d.pre_ranks, getattr(d, name), strict=True)
    }


# --- rules --------------------------------------------------------------------------------------------


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


# --- recording ----------------------------------------------------------------------------------------


def test_a_sample_shows_the_synapses_at_the_end_of_its_step() -> None:
    net = structural()
    synapse = Synapse(
        **AGED, creating="pre.r*post.r > 0.5 : w=0.5", pruning="(age > T) and (pre.r*post.r < 0.3)"
    )
    proj = waves(net, synapse)
    every, some = net.monitor(proj, ["w"]), net.monitor(proj, "age", period=3.0)
    net.compile(silent=True)
    one = net.monitor(proj.dendrite(1), "w")
    proj.start_creating(period=2.0)
    proj.start_pruning()
    expected: dict[str, list[Any]] = {"w": [], "age": [], "one": []}
    reading = structural()
    twin = waves(reading, synapse)
    reading.compile(silent=True)
    twin.start_creating(period=2.0)
    twin.start_pruning()
    for step in range(30):
        reading.simulate(1.0)
        expected["w"].append(twin.w)
        expected["one"].append(twin.dendrite(1).w)
        if step % 3 == 0:
            expected["age"].append(twin.age)
    net.simulate(12.0)
    net.simulate(18.0)
    assert every.get("w").tolist() == expected["w"]
    assert some.get("age").tolist() == expected["age"]
    assert one.get("w").tolist() == expected["one"]
    assert len({str(row) for row in expected["one"]}) > 5


# --- by hand ------------------------------------------------------------------------------------------


def test_dendrites_create_and_prune() -> None:
    net = structural()
    proj = waves(net, Synapse(parameters="k = 2.0", equations="x += k : init=1.0\nw += 0.0"))
    m = net.monitor(proj.post, "s")
    net.compile(silent=True)
    net.simulate(2.0)
    dendrite = proj.dendrite(0)
    assert dendrite.pre_ranks == [0, 3]
    kept = dendrite.synapse(3)
    dendrite.create_synapse(2, w=0.75)
    dendrite.create_synapses([1], weights=[0.125], delays=[1.0])
    dendrite.prune_synapse(0)
    assert (dendrite.pre_ranks, dendrite.w, dendrite.x) == ([1, 2, 3], [0.125, 0.75, 0.5], [1.0, 1.0, 5.0])
    assert (kept.w, kept.x) == (0.5, 5.0)
    kept.w = 2.0
    rates = proj.pre.r
    net.simulate(1.0)
    assert m.get("s")[-1, 0] == pytest.approx(0.125 * rates[1] + 0.75 * rates[2] + 2.0 * rates[3])
    dendrite.prune_synapses([3, 1, 2])
    assert dendrite.size == 0 and proj.nb_synapses == 2 and proj.nb_synapses_per_dendrite() == [0, 1, 1]
    net.simulate(1.0)
    assert proj.post.s[0] == 0.0
    dendrite.create_synapses([3, 0])
    assert (dendrite.pre_ranks, dendrite.w) == ([0, 3], [0.0, 0.0])


def test_spikes_travel_along_new_synapses_and_no_longer_along_old_ones() -> None:
    net = structural()
    source = net.create(SpikeSourceArray([[1.0, 5.0, 9.0]] * 3))
    pop = net.create(2, Neuron(equations="g_exc = 0.0\nv = v + g_exc", spike="v > 100.0"))
    proj = net.connect(source, pop, "exc").connect_from_matrix([[1.0, 2.0, None], [None, 4.0, 8.0]])
    m = net.monitor(pop, "g_exc")
    net.compile(silent=True)
    net.simulate(4.0)
    proj.dendrite(0).create_synapse(2, w=16.0)
    proj.dendrite(1).prune_synapse(1)
    net.simulate(4.0)
    proj.dendrite(0).prune_synapses([0, 1])
    net.simulate(4.0)
    arrived = m.get("g_exc")
    assert arrived[arrived.any(axis=1)].tolist() == [[3.0, 12.0], [19.0, 8.0], [16.0, 8.0]]


def test_values_and_new_monitors_after_changes() -> None:
    """New code for a monitor or a widened parameter takes the present synapses over."""
    net = structural()
    proj = waves(net, Synapse(parameters="k = 2.0", equations="x += k\nw += 0.0", creating="pre.r > 0.7"))
    net.compile(silent=True)
    proj.start_creating()
    net.simulate(1.0)
    number = proj.nb_synapses
    assert 4 < number < 12
    proj.k = [[float(pre) for pre in row] for row in proj.pre_ranks]
    m = net.monitor(proj, "x")
    net.simulate(1.0)
    for (post, pre), x in by_pair(proj, "x").items():
        assert x in (0.0, float(pre), float(pre) + 2.0), (post, pre)
    assert m.get("x")[0].tolist() == proj.x
    grown = proj.nb_synapses
    proj.dendrite(0).prune_synapse(proj.dendrite(0).pre_ranks[0])
    net.simulate(1.0)
    assert m.get("x")[-1].tolist() == proj.x
    assert proj.nb_synapses >= grown - 1


def test_reset_keeps_the_synapses_or_draws_them_again() -> None:
    net = structural()
    proj = waves(net, Synapse(**AGED, creating="pre.r >= 0.0 : w=0.5"))
    net.compile(silent=True)
    proj.start_creating(period=2.0)
    net.simulate(3.0)
    proj.stop_creating()
    net.reset(projections=True)
    assert proj.nb_synapses == 12 and proj.age == [[0] * 4] * 3
    assert proj.w != [[0.5] * 4] * 3
    net.simulate(1.0)
    assert proj.age == [[1] * 4] * 3
    net.reset(synapses=True)
    assert proj.nb_synapses == 4 and {w for row in proj.w for w in row} == {0.5}
    net.simulate(2.0)
    assert proj.nb_synapses == 4
    proj.start_creating()
    net.simulate(1.0)
    assert proj.nb_synapses == 12


@pytest.mark.parametrize("new_code", [False, True])
def test_reset_gives_each_synapse_its_own_initial_value(new_code: bool) -> None:
    net = structural()
    proj = waves(net, Synapse(equations="x += 1.0 : init=7.0"))
    proj.x = [[10.0, 20.0], [30.0], [40.0]]
    net.compile(silent=True)
    net.simulate(2.0)
    proj.dendrite(0).prune_synapse(0)
    proj.dendrite(0).create_synapse(1)
    if new_code:
        net.monitor(proj, "x")
    net.simulate(2.0)
    assert proj.x == [[9.0, 24.0], [34.0], [44.0]]
    net.reset(projections=True)
    assert proj.x == [[7.0, 20.0], [30.0], [40.0]]


# --- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.create_synapse(0), "already a synapse from neuron 0"),
        (lambda d: d.create_synapses([1, 1]), "already a synapse from neuron 1"),
        (lambda d: d.create_synapse(4), "4"),
        (lambda d: d.create_synapse(1, delay=5.0), "leave it out"),
        (lambda d: d.create_synapses([1, 2], weights=[1.0]), "2 ranks, but 1 weights"),
        (lambda d: d.prune_synapse(1), "no synapse from neuron 1"),
        (lambda d: d.prune_synapses([0, 0]), "no synapse from neuron 0"),
        (lambda d: d.proj.start_creating(), "Synapse\\(creating='...'\\)"),
        (lambda d: d.proj.stop_pruning(), "Synapse\\(pruning='...'\\)"),
        (lambda d: d.synapse(1).w, "no synapse from neuron 1"),
    ],
)
def test_impossible_changes(call: Any, message: str) -> None:
    net = structural()
    proj = waves(net, Synapse())
    net.compile(silent=True)
    with pytest.raises(EngineError, match=message):
        call(proj.dendrite(0))
    assert proj.dendrite(0).pre_ranks == [0, 3]


def test_without_the_setting_nothing_changes() -> None:
    net = Network(dt=1.0)
    with pytest.raises(EngineError, match=r"'pruning'.*structural_plasticity.*setup"):
        waves(net, Synapse(pruning="w < 0.0"))
    proj = waves(net, Synapse())
    net.compile(silent=True)
    with pytest.raises(EngineError, match="structural_plasticity"):
        proj.dendrite(0).create_synapse(1)
    with pytest.raises(EngineError, match="structural_plasticity"):
        proj.dendrite(0).prune_synapse(0)
    with pytest.raises(EngineError, match="structural_plasticity"):
        net.config(structural_plasticity=True)


def test_the_top_level_setting_counts_for_top_level_objects() -> None:
    engine.setup(structural_plasticity=True, dt=0.5)
    pre, post = engine.Population(3, WAVE), engine.Population(2, WAVE)
    proj = engine.Projection(pre, post, "exc", Synapse(creating="pre.r >= 0.0 : w=1.0, d=0.5"))
    proj.connect_one_to_one(weights=1.0)
    engine.compile(silent=True)
    proj.start_creating(period=1.0)
    engine.simulate(0.5)
    assert proj.pre_ranks == [[0, 1, 2], [0, 1, 2]]


def test_the_delay_of_a_rule_is_that_of_the_projection() -> None:
    net = structural()
    waves(net, Synapse(creating="pre.r > 0.0 : d=2.0"), delays=3.0)
    with pytest.raises(EngineError, match=r"d of the rule creating.*3\.0 ms"):
        net.compile(silent=True)


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


@pytest.mark.parametrize(
    ("fields", "field", "column", "message"),
    [
        ({"creating": "q > 1.0"}, "creating", 1, "'q' belongs to a synapse"),
        ({"creating": "w > 1.0"}, "creating", 1, "'w' belongs to a synapse"),
        ({"creating": "pre.r > x"}, "creating", 9, "Unknown symbol 'x'"),
        ({"creating": "pre.r > 1 : w=q"}, "creating", 13, "needs a number"),
        ({"creating": "pre.r > 1 : proba=1.5"}, "creating", 13, "between 0 and 1"),
        ({"creating": "pre.r > 1 : w=1.0, weight=2.0"}, "creating", 20, "Unknown flag"),
        ({"creating": "pre.r > (1"}, "creating", 9, "parentheses"),
        ({"pruning": "age > 1 : w=1.0"}, "pruning", 11, "no meaning in pruning"),
        ({"pruning": "Uniform(0, 1) > Normal(0, 1)"}, "pruning", 17, "Only one random distribution"),
        ({"pruning": "Uniform(0, T) > 1"}, "pruning", 12, "must use fixed values"),
        ({"pruning": "age = 3"}, "pruning", 5, "only one assignment"),
        ({"pruning": "pre.nothing > 3"}, "pruning", 1, "no variable called nothing"),
    ],
)
def test_mistakes_in_rules(fields: dict[str, str], field: str, column: int, message: str) -> None:
    net = structural()
    text = {"parameters": "T = 4 : projection\nq = 1.0", "equations": "age += 1 : int"}
    with pytest.raises(ModelError) as caught:
        waves(net, Synapse(**text, **fields))
        net.compile(silent=True)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert (found.field, found.line, found.column) == (field, 1, column)


def test_rules_as_objects_are_those_of_text() -> None:
    objects = Synapse(
        creating=engine.Creating("pre.r > 0.5", proba=0.5, w=0.25, d=2.0), pruning=engine.Pruning("w > 1.0")
    )
    text = Synapse(creating="pre.r > 0.5 : proba=0.5, w=0.25, d=2.0", pruning="w > 1.0")
    one, two = objects.analyse(), text.analyse()
    assert one.creating == two.creating
    assert one.pruning is not None and two.pruning is not None
    assert one.pruning.condition == two.pruning.condition and one.pruning.probability == 1.0
    with pytest.raises(EngineError, match="creating must be text"):
        Synapse(creating=3)  # type: ignore[arg-type]
