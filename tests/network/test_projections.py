"""Projections: structure, synaptic values, delays, switches and learning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import (
    DefaultRateCodedSynapse,
    DefaultSpikingSynapse,
    Dendrite,
    EngineError,
    ModelError,
    Network,
    Neuron,
    Normal,
    Projection,
    SpikeSourceArray,
    Synapse,
    Uniform,
)

RATE = Neuron(parameters="b = 0.0", equations="r = b + sum(exc)")
SPIKING = Neuron(parameters="b = 0.0", equations="v = b + g_exc", spike="v > 1.0", reset="v = 0.0")
PLASTIC = Synapse(
    parameters="eta = 0.5 : projection\nlocal = 2.0",
    equations="dw/dt = eta * pre.r\ntrace = w : init = 3.0\nmean_post = post.r : postsynaptic",
    psp="w * pre.r",
)


def network(neuron: Neuron = RATE, pre: int = 3, post: int = 2) -> tuple[Network, Any, Any]:
    net = Network(dt=1.0, seed=5)
    return net, net.create(pre, neuron, name="pre"), net.create(post, neuron, name="post")


@pytest.fixture
def sparse() -> Projection:
    """Dendrites 0 and 2 of three have 3 and 1 synapses; 1 has none."""
    net, pre, post = network(pre=3, post=3)
    matrix = [[1.0, 2.0, 3.0], [None, None, None], [None, 5.0, None]]
    proj = net.connect(pre, post, "exc", PLASTIC, name="proj").connect_from_matrix(matrix)
    net.compile(silent=True)
    return proj


def test_structure(sparse: Projection) -> None:
    assert sparse.nb_synapses == 4
    assert sparse.size == len(sparse) == 2
    assert sparse.post_ranks == [0, 2]
    assert sparse.pre_ranks == [[0, 1, 2], [1]]
    assert sparse.nb_synapses_per_dendrite() == [3, 1]
    matrix = sparse.connectivity_matrix(fill=-1.0)
    np.testing.assert_array_equal(matrix, [[1.0, 2.0, 3.0], [-1.0, -1.0, -1.0], [-1.0, 5.0, -1.0]])


def test_reading(sparse: Projection) -> None:
    assert sparse.w == [[1.0, 2.0, 3.0], [5.0]]
    assert sparse.local == [[2.0, 2.0, 2.0], [2.0]]
    assert sparse.mean_post == [0.0, 0.0]
    assert sparse.eta == 0.5
    assert sparse.dendrite(0).w == [1.0, 2.0, 3.0]
    assert sparse[2].trace == [3.0]
    assert sparse[2].eta == 0.5
    assert sparse[2].pre_ranks == [1]
    assert sparse.synapse(2, 0).w == 3.0
    assert [s.rank for d in sparse for s in d] == [0, 1, 2, 1]
    np.testing.assert_array_equal(sparse[2].receptive_field(), [0.0, 5.0, 0.0])


def test_writing(sparse: Projection) -> None:
    sparse.w = [[4.0, 5.0, 6.0], [7.0]]
    assert sparse.w == [[4.0, 5.0, 6.0], [7.0]]
    sparse.w = 1.5
    assert sparse.w == [[1.5, 1.5, 1.5], [1.5]]
    sparse.local = [[1.0, 2.0, 3.0], [4.0]]
    assert sparse.local == [[1.0, 2.0, 3.0], [4.0]]
    sparse[0].local = [7.0, 8.0, 9.0]
    sparse[2].local = 3.0
    sparse.synapse(1, 0).local = -1.0
    assert sparse.local == [[7.0, -1.0, 9.0], [3.0]]
    sparse.mean_post = [1.0, 2.0]
    sparse[2].mean_post = 5.0
    assert sparse.mean_post == [1.0, 5.0]
    sparse.eta = 0.1
    sparse.w = Uniform(0.0, 1.0)
    assert len(set(sparse.w[0] + sparse.w[1])) == 4


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("w", [1.0, 2.0], r"dendrite 0 has 3 synapses, but got one number"),
        ("w", [[1.0, 2.0], [3.0]], r"dendrite 0 has 3 synapses, but got 2 values"),
        ("w", [[1.0, 2.0, 3.0]], r"one list for each of 2 dendrites, not 1"),
        ("mean_post", [1.0, 2.0, 3.0], r"needs one value or 2 values, not 3"),
        ("eta", [1.0, 2.0], r"has one value for all"),
    ],
)
def test_wrong_shapes(sparse: Projection, name: str, value: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        setattr(sparse, name, value)


def test_wrong_dendrites(sparse: Projection) -> None:
    with pytest.raises(EngineError, match="neuron 1 of post has no synapse"):
        sparse.dendrite(1)
    with pytest.raises(EngineError, match="rank 3 does not exist"):
        sparse.dendrite(3)
    with pytest.raises(EngineError, match="no synapse from neuron 0"):
        sparse.synapse(0, 2)
    with pytest.raises(EngineError, match="needs one value or 3"):
        sparse[0].w = [1.0, 2.0]
    with pytest.raises(EngineError, match="one value for the projection"):
        sparse[0].eta = 1.0


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
def test_values_are_where_the_engine_looks_for_them(neuron: Neuron) -> None:
    """Spiking synapses are stored pre-major; w must still mean (post, pre)."""
    net, pre, post = network(neuron)
    proj = net.connect(pre, post, "exc").connect_from_matrix(np.zeros((2, 3)))
    net.compile(silent=True)
    matrix = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])
    proj.w = matrix
    assert proj.w == matrix.tolist()
    drive = np.array([0.0, 3.0, 3.0])
    pre.b = drive
    m = net.monitor(post, "r" if neuron is RATE else "g_exc")
    net.simulate(3.0)
    values = m.get(m.variables[0])
    expected = matrix @ drive if neuron is RATE else matrix @ (drive > 0)
    np.testing.assert_array_equal(values[1], expected)


def test_initial_values_before_compile() -> None:
    net, pre, post = network(SPIKING)
    synapse = Synapse(parameters="a = 1.0\nc = 2.0", pre_spike="g_target += a * w")
    proj = net.connect(pre, post, "exc", synapse).connect_all_to_all(1.0)
    assert (proj.a, proj.c) == (1.0, 2.0)
    values = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    proj.a = values
    proj.c = 3.0
    net.compile(silent=True)
    assert proj.a == values
    assert proj.c == [[3.0] * 3] * 2
    proj.a = 0.0
    net.reset(projections=True)
    assert proj.a == values


def test_one_weight_for_all() -> None:
    net, pre, post = network(SPIKING)
    single = net.connect(pre, post, "exc").connect_all_to_all(0.5)
    many = net.connect(pre, post, "exc").connect_all_to_all(0.5, force_multiple_weights=True)
    drawn = net.connect(pre, post, "exc").connect_all_to_all(Uniform(0.0, 1.0))
    learnt = Synapse(pre_spike="g_target += w\nw += 0.1")
    plastic = net.connect(pre, post, "exc", learnt).connect_all_to_all(0.5)
    net.compile(silent=True)
    assert single.w == 0.5
    assert isinstance(single.w, float)
    assert single.dendrite(0).w == 0.5
    assert many.w == plastic.w == [[0.5] * 3] * 2
    assert len(drawn.w) == 2
    single.w = 0.75
    assert single.w == 0.75
    np.testing.assert_array_equal(single.connectivity_matrix(), np.full((2, 3), 0.75))
    with pytest.raises(EngineError, match="one weight for all synapses"):
        single.w = [[1.0] * 3] * 2
    with pytest.raises(EngineError, match="force_multiple_weights"):
        single.dendrite(0).w = 1.0


def test_views_restrict_the_candidates() -> None:
    net, pre, post = network(pre=6, post=4)
    proj = net.connect(pre[3:], post[[1, 3]], "exc").connect_all_to_all(1.0)
    twice = net.connect(pre[[5, 0]], post[[2, 1]], "exc").connect_one_to_one(Uniform(0.0, 1.0))
    net.compile(silent=True)
    assert proj.post_ranks == [1, 3]
    assert proj.pre_ranks == [[3, 4, 5]] * 2
    assert twice.post_ranks == [1, 2]
    assert twice.pre_ranks == [[0], [5]]


def test_self_connections() -> None:
    net, pop, _ = network(pre=4)
    without = net.connect(pop, pop, "exc").connect_all_to_all(1.0)
    with_self = net.connect(pop, pop, "exc").connect_all_to_all(1.0, allow_self_connections=True)
    views = net.connect(pop[0:4], pop, "exc").connect_fixed_number_pre(4, 1.0)
    ring = net.connect(pop, pop, "exc").connect_one_to_one(1.0)
    net.compile(silent=True)
    assert [p.nb_synapses for p in (without, with_self, views, ring)] == [12, 16, 16, 4]


def test_random_patterns_follow_the_seed() -> None:
    def drawn(seed: int) -> list[Any]:
        net = Network(seed=seed)
        pre, post = net.create(40, RATE), net.create(30, RATE)
        a = net.connect(pre, post, "exc").connect_fixed_probability(0.2, weights=Uniform(0.0, 1.0))
        b = net.connect(pre, post, "exc").connect_fixed_number_pre(5, weights=Uniform(0.0, 1.0))
        c = net.connect(pre, post, "exc").connect_fixed_number_post(5, weights=1.0)
        net.compile(silent=True)
        assert b.nb_synapses_per_dendrite() == [5] * 30
        assert c.nb_synapses == 200
        return [a.pre_ranks, a.w, b.pre_ranks, b.w, c.pre_ranks]

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert first == again
    assert all(x != y for x, y in zip(first, other, strict=True))


def test_reset_of_synapses_draws_again() -> None:
    net, pre, post = network(SPIKING, 50, 50)
    proj = net.connect(pre, post, "exc").connect_fixed_probability(0.3, weights=Uniform(0.0, 1.0))
    net.compile(silent=True)
    before = (proj.pre_ranks, proj.w)
    net.reset(projections=True)
    assert (proj.pre_ranks, proj.w) == before
    net.reset(synapses=True)
    assert proj.pre_ranks != before[0]
    assert [len(row) for row in proj.w] == proj.nb_synapses_per_dendrite()
    pre.b = 3.0
    net.simulate(2.0)
    expected = proj.connectivity_matrix().sum(axis=1)
    m = net.monitor(post, "g_exc")
    net.step()
    np.testing.assert_allclose(m.get("g_exc")[0], expected)


@pytest.mark.parametrize(("delay", "steps"), [(0.0, 1), (0.5, 1), (1.0, 2), (1.2, 2), (5.0, 10)])
def test_delays(delay: float, steps: int) -> None:
    net = Network(dt=0.5, seed=1)
    pre, post = net.create(1, SPIKING), net.create(1, SPIKING)
    proj = net.connect(pre, post, "exc").connect_one_to_one(1.0, delays=delay)
    m, source = net.monitor(post, "g_exc"), net.monitor(pre, "spike")
    net.compile(silent=True)
    assert proj.delay == steps * 0.5
    net.step()
    pre.b = 2.0
    net.step()
    pre.b = 0.0
    net.simulate(10.0)
    assert source.get("spike") == {0: [1]}
    assert np.flatnonzero(m.get("g_exc")).tolist() == [1 + steps]


def test_delays_change_at_run_time() -> None:
    net, pre, post = network(SPIKING, 1, 1)
    proj = net.connect(pre, post, "exc").connect_one_to_one(1.0, delays=3.0)
    immediate = net.connect(pre, post, "exc").connect_one_to_one(0.0)
    net.compile(silent=True)
    net.simulate(5.0)
    proj.delay = 8.0
    assert proj.delay == 8.0
    m = net.monitor(post, "g_exc")
    pre.b = 2.0
    net.step()
    pre.b = 0.0
    net.simulate(12.0)
    assert np.flatnonzero(m.get("g_exc")).tolist() == [8]
    with pytest.raises(EngineError, match="without a delay"):
        immediate.delay = 2.0


@pytest.mark.parametrize("delays", [[[1.0]], Uniform(-3.0, -1.0), -1.0, float("nan"), "fast"])
def test_impossible_delays(delays: Any) -> None:
    net, pre, post = network()
    with pytest.raises(EngineError, match="delay"):
        net.connect(pre, post, "exc").connect_all_to_all(1.0, delays=delays)


@pytest.mark.parametrize("weights", [[1.0, 2.0], "strong", None])
def test_impossible_weights(weights: Any) -> None:
    net, pre, post = network()
    with pytest.raises(EngineError, match="weights must be a number or a random distribution"):
        net.connect(pre, post, "exc").connect_all_to_all(weights)


def test_switches_and_learning() -> None:
    net, pre, post = network(pre=1, post=1)
    proj = net.connect(pre, post, "exc", PLASTIC).connect_all_to_all(0.0)
    pre.b = 1.0
    net.compile(silent=True)

    def gained(steps: int = 1) -> float:
        before = proj.w[0][0]
        net.run_steps(steps)
        return float(proj.w[0][0] - before)

    assert gained() == 0.5
    proj.plasticity = False
    assert gained() == 0.0
    proj.plasticity = True
    proj.disable_learning()
    assert not proj.update
    assert gained() == 0.0
    proj.enable_learning()
    assert gained() == 0.5
    proj.transmission = False
    assert gained() == 0.0
    assert post.r[0] == 0.0
    proj.transmission = True
    net.current_step = 10
    proj.enable_learning(period=10.0, offset=5.0)
    gains = [gained() for _ in range(20)]
    assert np.flatnonzero(gains).tolist() == [5, 15]
    assert gains[5] == 0.5 * 10
    for wrong in ({"offset": 1.0}, {"period": 2.0, "offset": 2.0}):
        with pytest.raises(EngineError, match="offset"):
            proj.enable_learning(**wrong)


def test_mistakes_are_found_before_any_code_is_made() -> None:
    net, pre, post = network()
    unconnected = net.connect(pre, post, "exc", name="loose")
    with pytest.raises(EngineError, match="loose from pre to post is not connected"):
        net.compile(silent=True)
    unconnected.connect_all_to_all(1.0)
    bad = Synapse(psp="w * pre.rate", name="bad")
    net.connect(pre, post, "exc", bad).connect_all_to_all(1.0)
    with pytest.raises(ModelError, match="rate"):
        net.compile(silent=True)


def test_ends_of_a_projection() -> None:
    net, pre, post = network()
    assert net.connect("pre", "post", "exc").pre is pre
    assert net.connect(pre.neuron(1), post, "exc").pre is pre
    with pytest.raises(EngineError, match="no population named 'nobody'"):
        net.connect("nobody", post, "exc")
    other = Network().create(2, RATE)
    with pytest.raises(EngineError, match="belongs to another network"):
        net.connect(pre, other, "exc")
    with pytest.raises(EngineError, match="is not a target"):
        net.connect(pre, post, "g exc")
    spiking = net.create(2, SPIKING)
    with pytest.raises(EngineError, match="spiking and post is rate-coded"):
        net.connect(spiking, post, "exc")
    with pytest.raises(EngineError, match="takes no input"):
        net.connect(spiking, net.create(SpikeSourceArray([1.0])), "exc")
    assert [p.name for p in net.projections] == ["proj0", "proj1"]


def test_an_unused_target_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    net, pre, post = network(SPIKING)
    net.connect(pre, post, "ampa", name="lost").connect_all_to_all(1.0)
    net.compile(silent=True)
    assert "lost" in (printed := capsys.readouterr().out)
    assert "'ampa'; its targets: exc" in printed
    net.simulate(2.0)


@pytest.mark.parametrize("neuron", [RATE, SPIKING], ids=["rate", "spike"])
def test_projections_without_synapses_run(neuron: Neuron) -> None:
    net, pre, post = network(neuron)
    proj = net.connect(pre, post, "exc").connect_fixed_probability(0.0, Uniform(0.0, 1.0))
    net.compile(silent=True)
    net.simulate(3.0)
    assert (proj.nb_synapses, proj.size, proj.w) == (0, 0, [])


def test_frozen_weights_are_not_even_moved_into_their_bounds() -> None:
    net, pre, post = network()
    learning = Synapse(equations="w += 0.1 : max=0.5")
    proj = net.connect(pre, post, "exc", learning).connect_all_to_all(2.0)
    net.compile(silent=True)
    proj.plasticity = False
    net.simulate(2.0)
    assert proj.w == [[2.0] * 3] * 2
    proj.plasticity = True
    net.simulate(1.0)
    assert proj.w == [[0.5] * 3] * 2


def test_continuous_transmission_cannot_read_what_it_adds_to() -> None:
    net, pre, post = network(SPIKING)
    net.connect(pre, post, "exc", Synapse(psp="w * post.g_exc"), name="gap").connect_all_to_all(1.0)
    with pytest.raises(EngineError, match=r"gap: post\.g_exc is read while .* equations of post "):
        net.compile(silent=True)


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("connect_all_to_all", {"weights": 1.0}, "All-to-All, weights 1.0, delays 0.0"),
        ("connect_one_to_one", {"weights": 0.5, "delays": 3}, "One-to-One, weights 0.5, delays 3"),
        (
            "connect_fixed_probability",
            {"probability": 0.5, "weights": Uniform(0.0, 1.0), "delays": 2.0},
            r"Random, sparseness 0.5, weights $\mathcal{U}$(0.0, 1.0), delays 2.0",
        ),
        (
            "connect_fixed_number_pre",
            {"number": 2, "weights": Normal(0.0, 1.0)},
            r"Random Convergent 2 $\rightarrow$ 1, weights $\mathcal{N}$(0.0, 1.0), delays 0.0",
        ),
        (
            "connect_fixed_number_post",
            {"number": 1, "weights": 0.5},
            r"Random Divergent 1 $\rightarrow$ 1, weights 0.5, delays 0.0",
        ),
        ("connect_from_matrix", {"weights": [[1.0] * 3] * 3}, "Connectivity matrix"),
    ],
)
def test_a_pattern_is_described_for_reports(method, arguments, expected):
    # The texts are those of ANNarchy 4.8.2.6 (projection.connector_description).
    net = Network()
    pop = net.create(3, Neuron(equations="r = sum(exc)"))
    proj = net.connect(pop, pop, "exc")
    assert proj.connector_description == ""
    getattr(proj, method)(**arguments)
    assert proj.connector_description == expected


@pytest.mark.parametrize(
    ("neuron", "default"),
    [(RATE, DefaultRateCodedSynapse), (SPIKING, DefaultSpikingSynapse)],
    ids=["rate", "spike"],
)
def test_a_projection_without_a_synapse_does_as_the_default_one(neuron: Neuron, default: Any) -> None:
    net = Network(dt=1.0, seed=1)
    pre, plain, named = net.create(4, neuron), net.create(4, neuron), net.create(4, neuron)
    pre.b = 2.0
    inputs = [
        net.connect(pre, plain, "exc").connect_all_to_all(0.1),
        net.connect(pre, named, "exc", default()).connect_all_to_all(0.1),
    ]
    assert [p.synapse_type.type for p in inputs] == [neuron.type] * 2
    assert not pre.initialized and not inputs[0].initialized
    variable = "r" if neuron is RATE else "v"
    recorded = [net.monitor(post, variable) for post in (plain, named)]
    net.compile(silent=True)
    assert pre.initialized and inputs[0].initialized
    assert isinstance(inputs[0].dendrite(0), Dendrite)
    net.simulate(3.0)
    first, second = (m.get(variable) for m in recorded)
    np.testing.assert_array_equal(first, second)
    assert first.max() > 0.3  # both received something
