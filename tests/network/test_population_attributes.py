"""Attributes of populations: the rules of reading and writing before and after compile."""

from __future__ import annotations

import numpy as np
import pytest

from engine import EngineError, Network, Neuron, Population, Uniform

NEURON = Neuron(
    parameters="tau = 10.0 : population\nb = 0.5\nn = 3 : int\nflag = True",
    equations="tau * dr/dt + r = b : init = 0.25\ns = tau * 2.0 : population\nk += n : int",
)


@pytest.fixture(params=[False, True], ids=["before compile", "after compile"])
def pop(request: pytest.FixtureRequest) -> Population:
    net = Network(dt=1.0, seed=3)
    pop = net.create((3, 4), NEURON, name="pop")
    if request.param:
        net.compile(silent=True)
    return pop


def test_local_attributes_are_arrays_in_the_geometry(pop: Population) -> None:
    assert pop.r.shape == (3, 4)
    np.testing.assert_array_equal(pop.r, np.full((3, 4), 0.25))
    assert pop.r.dtype == np.float64
    assert pop.n.dtype == np.int64
    assert pop.k.dtype == np.int64
    assert pop.flag.dtype == np.bool_


def test_global_attributes_are_numbers(pop: Population) -> None:
    assert pop.tau == 10.0
    assert isinstance(pop.tau, float)
    assert isinstance(pop.s, float)


def test_a_number_goes_to_all_neurons(pop: Population) -> None:
    pop.r = 2
    pop.n = 2.7
    assert (pop.r == 2.0).all()
    assert (pop.n == 2).all()


@pytest.mark.parametrize("shape", [(12,), (3, 4), (4, 3)])
def test_arrays_of_the_right_size_are_taken_in_row_major_order(
    pop: Population, shape: tuple[int, ...]
) -> None:
    values = np.arange(12.0).reshape(shape)
    pop.b = values
    np.testing.assert_array_equal(pop.b, np.arange(12.0).reshape(3, 4))
    pop.b = values.tolist()
    np.testing.assert_array_equal(pop.b, np.arange(12.0).reshape(3, 4))


def test_wrong_sizes_name_the_attribute(pop: Population) -> None:
    with pytest.raises(EngineError, match=r"pop\.b needs one value or 12 values, not 5"):
        pop.b = np.zeros(5)
    with pytest.raises(EngineError, match=r"pop\.b.*rows of different length"):
        pop.b = [[1.0], [2.0, 3.0]]
    with pytest.raises(EngineError, match=r"pop\.b takes numbers"):
        pop.b = np.array(["x"] * 12)


def test_distributions_are_drawn_at_once(pop: Population) -> None:
    pop.b = Uniform(1.0, 2.0)
    assert pop.b.shape == (3, 4)
    assert ((pop.b >= 1.0) & (pop.b < 2.0)).all()
    assert len(np.unique(pop.b)) == 12


def test_global_attributes_take_one_number_only(pop: Population) -> None:
    pop.tau = 20
    assert pop.tau == 20.0
    for value in ([1.0, 2.0], np.zeros(12), Uniform(0.0, 1.0)):
        with pytest.raises(EngineError, match=r"pop\.tau has one value for all"):
            pop.tau = value


def test_what_is_read_is_a_copy(pop: Population) -> None:
    pop.r[0, 0] = 99.0
    assert pop.r[0, 0] == 0.25


def test_unknown_names(pop: Population) -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'x'.*tau, b, n, flag"):
        _ = pop.x
    pop.note = "mine"
    assert pop.note == "mine"
    pop.set({"b": 1.5, "tau": 5.0})
    assert pop.tau == 5.0
    assert pop.get("b")[2, 3] == 1.5


def test_values_reach_the_simulation() -> None:
    net = Network(dt=1.0, seed=3)
    pop = net.create(3, NEURON)
    pop.b = [1.0, 2.0, 3.0]
    net.compile(silent=True)
    net.step()
    np.testing.assert_allclose(pop.r, 0.25 + 0.1 * (np.array([1.0, 2.0, 3.0]) - 0.25))


def test_parameters_that_were_one_number_become_arrays_at_run_time() -> None:
    net = Network(dt=1.0, seed=3)
    pop = net.create(3, NEURON)
    pop.b = 1.0
    net.compile(silent=True)
    net.step()
    before = pop.r
    pop.b = [1.0, 2.0, 3.0]
    pop[0].n = 5
    np.testing.assert_array_equal(pop.r, before)
    net.step()
    np.testing.assert_allclose(pop.r, before + 0.1 * (np.array([1.0, 2.0, 3.0]) - before))
    np.testing.assert_array_equal(pop.k, [8, 6, 6])
    pop.b = 0.0
    assert (pop.b == 0.0).all()


def test_reset_goes_back_to_the_values_before_compile() -> None:
    net = Network(dt=1.0, seed=3)
    pop = net.create(2, NEURON)
    pop.r = [0.1, 0.2]
    net.compile(silent=True)
    pop.tau = 1.0
    pop.b = [7.0, 8.0]
    net.simulate(5.0)
    net.reset()
    assert net.time == 0.0
    np.testing.assert_array_equal(pop.r, [0.1, 0.2])
    np.testing.assert_array_equal(pop.b, [0.5, 0.5])
    assert pop.tau == 10.0


def test_reset_of_single_attributes() -> None:
    net = Network(dt=1.0, seed=3)
    pop = net.create(2, NEURON)
    net.compile(silent=True)
    net.simulate(3.0)
    pop.reset(["r"])
    np.testing.assert_array_equal(pop.r, [0.25, 0.25])
    np.testing.assert_array_equal(pop.k, [9, 9])


def test_lists_of_names() -> None:
    pop = Network().create(2, NEURON)
    assert pop.parameters == ["tau", "b", "n", "flag"]
    assert pop.variables == ["r", "s", "k"]
    assert pop.attributes == pop.parameters + pop.variables


@pytest.mark.parametrize("geometry", [[2, 3], 0, (2, 0), "3", (2**20, 2**20)])
def test_impossible_geometries(geometry: object) -> None:
    with pytest.raises(EngineError):
        Network().create(geometry, NEURON)  # type: ignore[arg-type]


def test_geometry_is_always_a_tuple() -> None:
    net = Network()
    assert net.create(5.9, NEURON).geometry == (5,)  # type: ignore[arg-type]
    box = net.create((2, 3, 4), NEURON)
    assert (box.width, box.height, box.depth, box.dimension, box.size) == (2, 3, 4, 3, 24)


def test_ranks_are_row_major() -> None:
    box = Network().create((2, 3, 4), NEURON)
    assert box.rank_from_coordinates((1, 2, 3)) == 23
    assert box.rank_from_coordinates((1, 0, 2)) == 14
    assert box.coordinates_from_rank(14) == (1, 0, 2)
    assert box.normalized_coordinates_from_rank(14) == (1.0, 0.0, float(np.float32(2) / np.float32(3)))
    for wrong in ((2, 0, 0), (0, 3, 0), (0, -1, 0), (0, 0)):
        with pytest.raises(EngineError):
            box.rank_from_coordinates(wrong)
    with pytest.raises(EngineError, match=r"0 \.\. 23"):
        box.coordinates_from_rank(24)


def test_refractory_periods_are_truncated_to_steps() -> None:
    spiking = Neuron(equations="v = 1.0", spike="v > 0.5", reset="", refractory=2.0)
    net = Network(dt=0.5, seed=1)
    pop = net.create(3, spiking)
    assert pop.refractory == 2.0
    net.compile(silent=True)
    np.testing.assert_array_equal(pop.refractory, [2.0, 2.0, 2.0])
    pop.refractory = [0.5, 1.3, 3.0]
    np.testing.assert_array_equal(pop.refractory, [0.5, 1.0, 3.0])
    m = net.monitor(pop, "spike")
    net.simulate(6.0)
    spikes = m.get("spike")
    assert np.diff(spikes[0]).tolist() == [2] * 5
    assert np.diff(spikes[1]).tolist() == [3] * 3
    assert np.diff(spikes[2]).tolist() == [7]


def test_refractory_periods_that_were_set_stay_after_a_reset() -> None:
    """As ANNarchy 4.8.2.6 does it: v is 0.4 for six steps after the spike of step 2."""
    neuron = Neuron(equations="1.5*dv/dt = 1.6 - v", spike="v > 1.0", reset="v = 0.4", refractory=1.0)
    net = Network(dt=0.5, seed=1)
    pop = net.create(3, neuron)
    pop.refractory = 1.5
    m = net.monitor(pop, "v")
    net.compile(silent=True)
    net.simulate(2.0)
    pop.refractory = 3.0
    net.simulate(2.0)
    m.get()
    net.reset()
    np.testing.assert_array_equal(pop.refractory, [3.0, 3.0, 3.0])
    net.simulate(5.0)
    expected = [1.6 / 3, 8 / 9, *[0.4] * 7, 0.8]
    np.testing.assert_allclose(m.get("v")[:, 0], expected, rtol=1e-15)


def test_spikes_of_the_last_step_and_firing_rate() -> None:
    neuron = Neuron(parameters="b = 0.0", equations="v += b", spike="v >= 1.0", reset="v = 0.0")
    net = Network(dt=1.0, seed=1)
    pop = net.create(4, neuron)
    pop.b = [0.0, 1.0, 0.5, 1.0]
    pop.compute_firing_rate(10.0)
    with pytest.raises(EngineError, match="not compiled"):
        _ = pop.spike
    net.compile(silent=True)
    net.simulate(11.0)
    assert pop.spike.tolist() == [1, 3]
    net.step()
    assert pop.spike.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(pop.r, [0.0, 1000.0, 500.0, 1000.0])


def test_disabled_populations_keep_their_values() -> None:
    net = Network(dt=1.0, seed=1)
    pop = net.create(2, NEURON)
    pop.disable()
    net.compile(silent=True)
    net.simulate(3.0)
    assert (pop.k == 0).all()
    pop.enable()
    net.simulate(2.0)
    assert (pop.k == 6).all()
