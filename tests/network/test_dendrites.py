"""Dendrites and single synapses: every rule of reading and writing that the projection does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EngineError, Network, Neuron, Projection, Synapse, Uniform

RATE = Neuron(equations="r = sum(exc)")
SYNAPSE = Synapse(
    parameters="eta = 0.5 : projection\nalpha = 2.0\ncount = 1 : int\nopen = True : bool",
    equations="theta = post.r : postsynaptic, init = 3.0",
)


def projection(**connector: Any) -> Projection:
    """Dendrites 1 and 3 of four have 3 and 2 synapses from a (2, 3) population."""
    net = Network(dt=0.5, seed=7)
    pre, post = net.create((2, 3), RATE, name="pre"), net.create((2, 2), RATE, name="post")
    matrix: list[list[float | None]] = [[None] * 6 for _ in range(4)]
    matrix[1] = [0.0, None, 2.0, None, 4.0, None]
    matrix[3] = [None, 1.0, None, None, None, 5.0]
    proj = net.connect(pre, post, "exc", SYNAPSE, name="P").connect_from_matrix(matrix, **connector)
    net.compile(silent=True)
    return proj


def test_what_a_dendrite_is() -> None:
    proj = projection()
    dendrite = proj.dendrite(3)
    assert (dendrite.post_rank, dendrite.idx, dendrite.size, len(dendrite)) == (3, 1, 2, 2)
    assert dendrite.proj is proj
    assert dendrite.pre is proj.pre
    assert dendrite.target == "exc"
    assert dendrite.pre_ranks == [1, 5]
    assert dendrite.parameters == ["eta", "alpha", "count", "open"]
    assert dendrite.variables == ["theta", "w"]
    assert dendrite.attributes == dendrite.parameters + dendrite.variables
    assert [d.post_rank for d in proj.dendrites] == [d.post_rank for d in proj] == [1, 3]


@pytest.mark.parametrize("post", [3, np.int32(3), np.int64(3), (1, 1), (np.int32(1), 1)])
def test_ways_to_a_dendrite(post: Any) -> None:
    proj = projection()
    assert proj.dendrite(post).post_rank == proj[post].post_rank == 3


@pytest.mark.parametrize("pos", [5, np.int64(5), (1, 2)])
def test_ways_to_a_synapse(pos: Any) -> None:
    proj = projection()
    dendrite = proj[3]
    for synapse in (dendrite.synapse(pos), dendrite[pos], proj.synapse(5, 3), list(dendrite)[1]):
        assert (synapse.rank, synapse.dendrite.post_rank, synapse.w) == (5, 3, 5.0)
    assert [s.rank for s in dendrite.synapses] == [1, 5]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [("alpha", [2.0, 2.0], float), ("count", [1, 1], int), ("open", [True, True], bool)],
)
def test_local_values_are_lists_of_python_numbers(name: str, value: list[Any], kind: type) -> None:
    dendrite = projection()[3]
    assert getattr(dendrite, name) == dendrite.get(name) == value
    assert {type(v) for v in getattr(dendrite, name)} == {kind}
    assert type(getattr(dendrite[5], name)) is kind


def test_other_values_are_numbers() -> None:
    dendrite = projection()[3]
    assert (dendrite.theta, dendrite.eta, dendrite[5].theta, dendrite[5].eta) == (3.0, 0.5, 3.0, 0.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, [7.0, 7.0]),
        (np.float32(0.5), [0.5, 0.5]),
        ([1.0, 2.0], [1.0, 2.0]),
        (np.array([3, 4]), [3.0, 4.0]),
        ((5.0, 6.0), [5.0, 6.0]),
    ],
)
def test_assigning_local_values(value: Any, expected: list[float]) -> None:
    proj = projection()
    proj[3].alpha = value
    assert proj.alpha == [[2.0, 2.0, 2.0], expected]
    proj[3].set({"w": value})
    assert proj.w == [[0.0, 2.0, 4.0], expected]


def test_assigning_numbers_of_other_types() -> None:
    dendrite = projection()[3]
    dendrite.count = [2.7, -2.7]
    assert dendrite.count == [2, -2]
    dendrite.open = [0, 3]
    assert dendrite.open == [False, True]
    dendrite[5].count = 8.9
    assert dendrite.count == [2, 8]


def test_distributions_are_drawn() -> None:
    proj = projection()
    proj[1].alpha = Uniform(5.0, 6.0)
    proj[3].theta = Uniform(7.0, 8.0)
    assert len(set(proj[1].alpha)) == 3
    assert all(5.0 <= value < 6.0 for value in proj[1].alpha)
    assert 7.0 <= proj[3].theta < 8.0
    assert proj[1].theta == 3.0
    assert proj[3].alpha == [2.0, 2.0]


def test_synapses_reach_what_they_share() -> None:
    proj = projection()
    proj.synapse(5, 3).eta = 0.25
    proj.synapse(5, 3).theta = 9.0
    proj.synapse(5, 3).alpha = 1.0
    assert (proj.eta, proj.theta, proj.alpha) == (0.25, [3.0, 9.0], [[2.0] * 3, [2.0, 1.0]])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("alpha", [1.0], r"P\[3\]\.alpha needs one value or 2 values, not 1"),
        ("w", [1.0] * 3, r"P\[3\]\.w needs one value or 2 values, not 3"),
        ("alpha", "x", r"P\[3\]\.alpha needs|takes numbers"),
        ("alpha", None, r"P\[3\]\.alpha"),
        ("count", float("nan"), "NaN and infinity"),
        ("theta", [1.0, 2.0], r"P\[3\]\.theta takes a number, not list"),
        ("eta", 1.0, "has one value for the projection; assign it there"),
    ],
)
def test_values_that_do_not_fit(name: str, value: Any, message: str) -> None:
    proj = projection()
    before = proj.alpha, proj.w, proj.count, proj.theta, proj.eta
    with pytest.raises(EngineError, match=message):
        setattr(proj[3], name, value)
    assert before == (proj.alpha, proj.w, proj.count, proj.theta, proj.eta)


def test_a_list_for_one_synapse() -> None:
    with pytest.raises(EngineError, match=r"<synapse from 5 to P\[3\]>\.alpha takes a number, not list"):
        projection()[3][5].alpha = [1.0]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda proj: proj[0], "neuron 0 of post has no synapse"),
        (lambda proj: proj[4], "rank 4 does not exist"),
        (lambda proj: proj[-1], "rank -1 does not exist"),
        (lambda proj: proj[2, 0], r"no neuron at \(2, 0\)"),
        (lambda proj: proj["x"], "neither a rank nor a tuple of coordinates"),
        (lambda proj: proj[3][0], r"P\[3\]: there is no synapse from neuron 0 of pre"),
        (lambda proj: proj[3][6], "rank 6 does not exist"),
        (lambda proj: proj.synapse(0, 3), "no synapse from neuron 0"),
        (lambda proj: proj[3].receptive_field("zz"), "no attribute 'zz'"),
    ],
)
def test_what_does_not_exist(act: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        act(projection())


def test_before_compile() -> None:
    net = Network()
    pop = net.create(3, RATE)
    proj = net.connect(pop, pop, "exc").connect_all_to_all(1.0)
    for act in (lambda: proj.dendrite(0), lambda: proj.synapse(0, 1), proj.connectivity_matrix):
        with pytest.raises(EngineError, match="before the network is compiled"):
            act()


def test_old_names(capsys: pytest.CaptureFixture[str]) -> None:
    dendrite = projection()[3]
    assert dendrite.rank == dendrite.pre_rank == dendrite.get("pre_ranks") == [1, 5]
    assert capsys.readouterr().out.count("deprecated; use Dendrite.pre_ranks") == 2


def test_receptive_fields() -> None:
    dendrite = projection()[1]
    np.testing.assert_array_equal(dendrite.receptive_field(), [[0.0, 0.0, 2.0], [0.0, 4.0, 0.0]])
    expected = [[2.0, -1.0, 2.0], [-1.0, 2.0, -1.0]]
    np.testing.assert_array_equal(dendrite.receptive_field("alpha", fill=-1.0), expected)


def test_delays_of_one_for_all() -> None:
    proj = projection(delays=2.0)
    assert (proj[3].delay, proj[3][5].delay, proj[3].get("delay")) == (2.0, 2.0, 2.0)
    proj[3].delay = 2.0
    with pytest.raises(EngineError, match="share one delay"):
        proj[3].delay = 1.0
    assert proj.delay == proj.get("delay") == 2.0
    proj.set({"delay": 3.0})
    assert proj.delay == 3.0


def test_delays_of_their_own() -> None:
    proj = projection(delays=np.tile(np.arange(1.0, 7.0), (4, 1)))
    assert proj.delay == proj.get("delay") == [[1.0, 3.0, 5.0], [2.0, 6.0]]
    assert (proj[3].delay, proj[3][5].delay) == ([2.0, 6.0], 6.0)
    proj[3].delay = [1.5, 2.0]
    proj[1].delay = 4.0
    proj[3][5].delay = 7.0
    assert proj.delay == [[4.0, 4.0, 4.0], [1.5, 7.0]]
    for wrong in ([1.0], [1.0, -1.0], "x", [1.0, float("nan")]):
        with pytest.raises(EngineError):
            proj[3].delay = wrong
    assert proj.delay == [[4.0, 4.0, 4.0], [1.5, 7.0]]


def test_a_delay_of_one_dendrite_counts() -> None:
    net = Network(dt=1.0, seed=1)
    pre = net.create(2, Neuron(parameters="b = 0.0", equations="r = b"))
    post = net.create(2, RATE)
    delays = [[1.0, 3.0], [1.0, 3.0]]
    proj = net.connect(pre, post, "exc").connect_from_matrix(np.ones((2, 2)), delays=delays)
    net.compile(silent=True)
    proj[1].delay = [2.0, 4.0]
    pre.b = [1.0, 10.0]
    m = net.monitor(post, "r")
    net.simulate(6.0)
    values = m.get("r", reshape=False)
    assert values[:, 0].tolist() == [0.0, 1.0, 1.0, 11.0, 11.0, 11.0]
    assert values[:, 1].tolist() == [0.0, 0.0, 1.0, 1.0, 11.0, 11.0]
