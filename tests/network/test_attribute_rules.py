"""Tables of the rules by which values are read and written: who takes what, before and after compile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EngineError, Network, Neuron, Population, Projection, Synapse, Uniform

NEURON = Neuron(
    parameters="a = 0.5\nn = 3 : int\nf = True : bool\ng = 2.0 : population\nm = 4 : population, int",
    equations="r = a : init = 0.25\nk = n : int, init = 7\ns = g : population, init = 1.5",
)
SPIKING = Neuron(
    equations="dv/dt = (g_exc - v) / 10.0\nu = 1.0", spike="v > 1.0", reset="v = 0.0", refractory=2.0
)
ROWS = np.arange(12.0).reshape(3, 4)


@pytest.fixture(params=["before", "after", "after in single precision"])
def pop(request: pytest.FixtureRequest) -> Population:
    net = Network(dt=0.5, seed=3)
    if "single" in request.param:
        net.config(precision="float")
    pop = net.create((3, 4), NEURON, name="pop")
    if request.param != "before":
        net.compile(silent=True)
    return pop


@pytest.mark.parametrize(
    ("name", "dtype", "value"),
    [
        ("a", np.float64, 0.5),
        ("r", np.float64, 0.25),
        ("n", np.int64, 3),
        ("k", np.int64, 7),
        ("f", np.bool_, True),
    ],
)
def test_local_values_are_arrays(pop: Population, name: str, dtype: type, value: Any) -> None:
    for read in (getattr(pop, name), pop.get(name)):
        assert (read.dtype, read.shape) == (np.dtype(dtype), (3, 4))
        assert (read == value).all()
    view, block = pop[[5, 2]], pop[1:3, 0:2]
    assert (getattr(view, name).dtype, getattr(view, name).shape) == (np.dtype(dtype), (2,))
    assert block.get(name).shape == (4,)
    assert type(getattr(pop.neuron(5), name)) is type(value)


@pytest.mark.parametrize(("name", "value"), [("g", 2.0), ("m", 4), ("s", 1.5)])
def test_values_of_the_population_are_numbers(pop: Population, name: str, value: Any) -> None:
    for part in (pop, pop[2:4], pop.neuron(1)):
        assert getattr(part, name) == value
        assert type(getattr(part, name)) is type(value)


@pytest.mark.parametrize("name", ["a", "r", "n", "k", "f"])
def test_what_is_read_is_never_live(pop: Population, name: str) -> None:
    before = pop.get(name)
    for read in (pop.get(name), pop[0:5].get(name)):
        read[...] = 0
    np.testing.assert_array_equal(pop.get(name), before)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, np.full((3, 4), 7.0)),
        (True, np.full((3, 4), 1.0)),
        (np.float32(0.5), np.full((3, 4), 0.5)),
        (np.array(0.5), np.full((3, 4), 0.5)),
        (ROWS, ROWS),
        (ROWS.tolist(), ROWS),
        (ROWS.ravel(), ROWS),
        (ROWS.reshape(4, 3), ROWS),
        (ROWS.astype(np.int16), ROWS),
        (tuple(range(12)), ROWS),
        (np.asfortranarray(ROWS), ROWS),
        (ROWS[::-1, ::-1], ROWS[::-1, ::-1]),
    ],
)
def test_local_values_take(pop: Population, value: Any, expected: Any) -> None:
    for name in ("a", "r"):
        setattr(pop, name, value)
        np.testing.assert_array_equal(pop.get(name), expected)
        pop.set({name: 0.0})
    view = pop[::-1]
    if np.ndim(value) < 2:
        view.a = value
        np.testing.assert_array_equal(pop.a.ravel()[::-1], expected.ravel())


@pytest.mark.parametrize(("value", "expected"), [(2.7, 2), (-2.7, -2), ([1.9] * 12, 1), (True, 1)])
def test_integers_are_cut(pop: Population, value: Any, expected: int) -> None:
    pop.n = value
    pop.k = value
    assert (pop.n == expected).all() and (pop.k == expected).all()
    if not isinstance(value, list):
        pop.m = value
        pop.neuron(3).n = value
        assert (pop.m, pop.neuron(3).n) == (expected, expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a", [1.0] * 11, r"pop\.a needs one value or 12 values, not 11"),
        ("a", np.zeros((3, 5)), r"not 15 \(shape \(3, 5\)\)"),
        ("a", [], r"not 0"),
        ("a", [[1.0], [1.0, 2.0]], "rows of different length"),
        ("a", "x", r"pop\.a needs|takes numbers"),
        ("a", ["x"] * 12, "takes numbers, not"),
        ("a", None, r"pop\.a"),
        ("a", {"b": 1}, r"pop\.a"),
        ("a", 1j, r"pop\.a"),
        ("n", np.nan, "NaN and infinity do not fit"),
        ("n", [np.inf] * 12, "NaN and infinity do not fit"),
        ("g", [1.0], r"pop\.g has one value for all"),
        ("g", np.ones(12), r"pop\.g has one value for all"),
        ("g", Uniform(0.0, 1.0), r"pop\.g has one value for all"),
        ("g", "x", r"pop\.g has one value for all"),
    ],
)
def test_values_that_do_not_fit(pop: Population, name: str, value: Any, message: str) -> None:
    before = pop.get(name)
    with pytest.raises(EngineError, match=message):
        setattr(pop, name, value)
    np.testing.assert_array_equal(pop.get(name), before)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a", [1.0, 2.0], "needs one value or 3 values, not 2"),
        ("a", np.ones((3, 1)), "a number or a flat list"),
        ("g", 1.0, "assign it to the population"),
        ("g", [1.0] * 3, "assign it to the population"),
    ],
)
def test_values_that_do_not_fit_a_view(pop: Population, name: str, value: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        setattr(pop[[1, 2, 5]], name, value)


def test_a_neuron_takes_numbers_and_reaches_what_it_shares(pop: Population) -> None:
    neuron = pop.neuron(2, 3)
    neuron.r, neuron.g = 9.0, 5.0
    assert (pop.r[2, 3], pop.r[2, 2], pop.g) == (9.0, 0.25, 5.0)
    with pytest.raises(EngineError, match=r"Neuron 11 of pop, r takes a number, not list"):
        neuron.r = [1.0]


def test_pieces_assigned_one_by_one_all_arrive(pop: Population) -> None:
    pop[0, :].a = 1.0
    pop[2, 1:3].a = [2.0, 3.0]
    pop[1, 1].a = 4.0
    pop[[11, 8]].a = Uniform(5.0, 6.0)
    values = pop.a
    np.testing.assert_array_equal(values[0], 1.0)
    np.testing.assert_array_equal(values[1], [0.5, 4.0, 0.5, 0.5])
    np.testing.assert_array_equal(values[2, 1:3], [2.0, 3.0])
    assert (values[2, [0, 3]] >= 5.0).all() and values[2, 0] != values[2, 3]


def test_lists_of_a_spiking_population() -> None:
    pop = Network().create(2, SPIKING)
    assert pop.variables == ["v", "u", "r", "g_exc"]
    assert pop.attributes == pop.variables


@pytest.mark.parametrize("size", [4, (2, 3)])
def test_weighted_sums(size: Any, capsys: pytest.CaptureFixture[str]) -> None:
    net = Network(dt=1.0, seed=1)
    rate = net.create(size, Neuron(parameters="b = 1.0", equations="r = b + 0.0 * sum(exc)"), name="R")
    spiking = net.create(size, SPIKING, name="S")
    net.connect(rate, rate, "exc").connect_one_to_one(3.0)
    assert rate.sum("exc").tolist() == np.zeros(rate.geometry).tolist()
    assert capsys.readouterr().out == "WARNING: R.sum('exc') is zero: the network is not compiled. \n"
    net.compile(silent=True)
    net.simulate(2.0)
    assert rate.sum("exc").tolist() == [3.0] * rate.size
    assert spiking.sum("exc").shape == spiking.geometry
    assert rate[0:2].sum("exc").tolist() == [3.0, 3.0]
    assert spiking[[0, 1]].sum("exc").shape == (2,)
    assert rate.sum("inh").tolist() == np.zeros(rate.geometry).tolist()
    assert "'inh'" in capsys.readouterr().out


def test_refractory_periods(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network(dt=0.5, seed=1)
    spiking, rate = net.create(3, SPIKING, name="S"), net.create(3, NEURON, name="R")
    named = net.create(3, Neuron("w = 1.0", "v = w", spike="v > 2.0", refractory="w"), name="N")
    assert spiking.refractory == 2.0
    assert named.refractory == "w"
    net.compile(silent=True)
    assert spiking.refractory.tolist() == [2.0] * 3
    assert spiking.get("refractory").tolist() == [2.0] * 3
    spiking.refractory = Uniform(1.0, 3.0)
    assert set(spiking.refractory.tolist()) <= {1.0, 1.5, 2.0, 2.5}
    capsys.readouterr()
    assert rate.refractory is None
    rate.refractory = 2.0
    named.refractory = 2.0
    assert capsys.readouterr().out.count("WARNING") == 3
    # ANNarchy 4.8.2.6 shows the values of the attribute, too, not cut to whole steps.
    assert named.refractory.tolist() == [1.0] * 3
    named.w = [3.2, 1.0, 0.0]
    assert named.refractory.tolist() == [3.2, 1.0, 0.0]
    named.refractory[0] = 9.0
    assert named.w[0] == 3.2


def test_views_of_a_population() -> None:
    pop = Network().create((3, 4), NEURON, name="A")
    view = pop[1:3, 1:3]
    assert (view.size, view.geometry, view.offsets, view.id, view.name) == (4, (2, 2), [5, 11], 0, "A")
    assert view.ranks.dtype == pop.ranks.dtype == np.int32
    with pytest.raises(ValueError, match="read-only"):
        view.ranks[0] = 3
    assert (view.population, view.neuron_type) == (pop, pop.neuron_type)
    assert (view.attributes, view.targets, view.max_delay) == (pop.attributes, [], 0)
    total = view + pop[0] + pop.neuron(6) + pop[1, 1]
    assert (total.ranks.tolist(), total.geometry) == ([0, 5, 6, 9, 10], None)
    with pytest.raises(EngineError, match="no geometry of its own"):
        total.rank_from_coordinates((0, 0), local=True)
    with pytest.raises(TypeError):
        iter(view).__next__()


@pytest.mark.parametrize("index", [(1, 2), (np.int32(1), np.int64(2))])
def test_indices_without_slices_give_a_neuron(index: Any) -> None:
    pop = Network().create((3, 4), NEURON)
    assert pop[index].rank == pop.neuron(*index).rank == pop.neuron(index).rank == 6


def test_neurons_come_one_by_one() -> None:
    pop = Network().create(2**30, NEURON)
    neurons = pop.neurons
    assert [next(neurons).rank for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("place", ["x", 1.5, (1, "x"), (), (0, 0, 0), -1, 12, (0, -1), (3, 0)])
def test_places_that_do_not_exist(place: Any) -> None:
    pop = Network().create((3, 4), NEURON, name="A")
    for find in (pop.rank_from_coordinates, pop.neuron):
        with pytest.raises(EngineError, match="A: "):
            find(place)


SYNAPSE = Synapse(
    parameters="eta = 0.5 : projection\nalpha = 2.0\nn = 3 : int", equations="theta = 1.0 : postsynaptic"
)


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def proj(request: pytest.FixtureRequest) -> Projection:
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=request.param)
    pre, post = net.create(3, NEURON), net.create(2, Neuron(equations="r = sum(exc)"))
    proj = net.connect(pre, post, "exc", SYNAPSE, name="P").connect_all_to_all(Uniform(0.0, 1.0))
    net.compile(silent=True)
    return proj


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("alpha", 1, [[1.0] * 3] * 2),
        ("alpha", np.array(1.5), [[1.5] * 3] * 2),
        ("alpha", [[1, 2, 3], [4, 5, 6]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        ("alpha", np.arange(6).reshape(2, 3), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
        ("alpha", [np.ones(3), (2, 2, 2)], [[1.0] * 3, [2.0] * 3]),
        ("n", 2.9, [[2] * 3] * 2),
        ("n", [[1.9, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]),
        ("theta", 5, [5.0, 5.0]),
        ("theta", [5, 6], [5.0, 6.0]),
        ("theta", np.array([5.0, 6.0]), [5.0, 6.0]),
        ("eta", 3, 3.0),
        ("eta", np.array(3.0), 3.0),
    ],
)
def test_synaptic_values_take(proj: Projection, name: str, value: Any, expected: Any) -> None:
    setattr(proj, name, value)
    assert getattr(proj, name) == proj.get(name) == expected


@pytest.mark.parametrize(("name", "count"), [("alpha", 6), ("w", 6), ("theta", 2), ("eta", 1)])
def test_synaptic_values_are_drawn(proj: Projection, name: str, count: int) -> None:
    before = getattr(proj, name)
    setattr(proj, name, Uniform(5.0, 6.0))
    after = getattr(proj, name)
    assert after != before
    flat = np.ravel(after)
    assert len(set(flat.tolist())) == count
    assert ((flat >= 5.0) & (flat < 6.0)).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("alpha", [1.0, 2.0], "dendrite 0 has 3 synapses, but got one number"),
        ("alpha", [[1.0] * 3], "one list for each of 2 dendrites, not 1"),
        ("alpha", np.ones((3, 3)), "one list for each of 2 dendrites, not 3"),
        ("alpha", np.ones((2, 4)), "dendrite 0 has 3 synapses, but got 4"),
        ("alpha", [[1.0] * 3, [1.0] * 2], "dendrite 1 has 3 synapses, but got 2"),
        ("alpha", "x", "one list for each of 2 dendrites"),
        ("alpha", None, "one list for each of 2 dendrites"),
        ("alpha", [["x"] * 3] * 2, "takes numbers"),
        ("n", [[np.nan] * 3] * 2, "NaN"),
        ("theta", [1.0], "needs one value or 2 values, not 1"),
        ("theta", "x", "theta"),
        ("eta", [1.0], "takes a number"),
    ],
)
def test_synaptic_values_that_do_not_fit(proj: Projection, name: str, value: Any, message: str) -> None:
    before = proj.alpha, proj.n, proj.theta, proj.eta
    with pytest.raises(EngineError, match=message):
        setattr(proj, name, value)
    assert before == (proj.alpha, proj.n, proj.theta, proj.eta)


def test_before_compile_values_are_checked_and_weights_told(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network()
    pop = net.create(3, Neuron(equations="r = sum(exc)"))
    proj = net.connect(pop, pop, "exc", SYNAPSE, name="P").connect_all_to_all(0.5)
    for value in ("x", None, {"a": 1}):
        with pytest.raises(EngineError, match=r"P\.alpha takes a number, lists, an array or a random"):
            proj.alpha = value
    proj.w = 3.0
    assert "the connect_* method defines the weights" in capsys.readouterr().out
    proj.alpha = [[1.0, 2.0]]
    with pytest.raises(EngineError, match=r"P\.alpha needs one value, or one list for each of 3 dendrites"):
        net.compile(silent=True)


def test_what_has_no_value_before_compile(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network()
    pop = net.create(3, Neuron(equations="r = sum(exc)"))
    proj = net.connect(pop, pop, "exc", SYNAPSE, name="P").connect_all_to_all(0.5)
    assert (proj.size, len(proj), proj.nb_synapses, proj.post_ranks, proj.size_in_bytes()) == (
        0,
        0,
        0,
        None,
        0,
    )
    assert pop.size_in_bytes() == 0
    assert capsys.readouterr().out.count("only possible after compile()") == 4
    proj.enable_learning()
    proj.disable_learning()
    proj.update_launch_config()
    assert capsys.readouterr().out.count("WARNING: Projection P") == 3
    for flag in ("transmission", "update", "plasticity", "axon_transmission"):
        assert getattr(proj, flag) is True
        setattr(proj, flag, False)
        assert getattr(proj, flag) is False
        with pytest.raises(EngineError, match=f"{flag} is True or False"):
            setattr(proj, flag, "yes")
