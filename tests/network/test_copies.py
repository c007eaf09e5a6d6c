"""Networks of copies of the top level's objects, and networks like another."""

from __future__ import annotations

import pickle
from typing import Any

import cloudpickle
import numpy as np
import pytest

import engine
from engine import EngineError, Monitor, Network, Neuron, PoissonPopulation, Population, Projection, Uniform
from engine.extensions.bold import BoldMonitor

NOISY = Neuron(
    "tau = 10.0 : population\nb = 1.0",
    "tau * dr/dt + r = b + sum(exc) + Uniform(-0.1, 0.1)",
)


class Declared:
    """Objects of the top level."""

    def __init__(self) -> None:
        self.pop = Population((3, 4), NOISY, name="field")
        self.pop.b = Uniform(0.0, 2.0)
        self.poisson = PoissonPopulation(20, rates=50.0)
        self.proj = Projection(self.pop, self.pop[1:3], "exc", name="lateral")
        self.proj.connect_all_to_all(Uniform(0.0, 0.1), delays=3.0)
        self.m = Monitor(self.pop, "r", period=2.0)
        self.spikes = Monitor(self.poisson, "spike")


def test_a_network_of_everything_does_what_the_top_level_does() -> None:
    declared = Declared()
    net = Network(everything=True)
    assert net.everything and not Network().everything
    assert [p.name for p in net.populations] == ["field", "pop1"]
    net.compile(silent=True)
    engine.compile(silent=True)
    net.simulate(20.0)
    assert engine.get_time() == 0.0
    engine.simulate(20.0)
    copied = net.get(declared.m)
    assert copied.network is net and copied.name == declared.m.name
    rows = declared.m.get("r")
    assert rows.shape == (10, 12)
    np.testing.assert_array_equal(copied.get("r"), rows)
    assert net.get(declared.spikes).get("spike") == declared.spikes.get("spike")
    assert net.get(declared.proj).w == declared.proj.w


def test_another_seed_draws_other_synapses() -> None:
    declared = Declared()
    net = Network(seed=9)
    net.add([declared.pop, declared.proj])
    net.compile(silent=True)
    engine.compile(silent=True)
    assert net.get(declared.proj).w != declared.proj.w
    np.testing.assert_array_equal(net.get(declared.pop).b, declared.pop.b)


def test_get_gives_copies_views_of_copies_and_lists() -> None:
    declared = Declared()
    net = Network()
    net.add(declared.pop)
    net.add([declared.proj])
    pop, view, proj = net.get([declared.pop, declared.pop[2:5], declared.proj])
    assert pop is net.populations[0] and proj is net.projections[0]
    assert view.population is pop and view.ranks.tolist() == [2, 3, 4]
    assert proj.pre is pop and proj.post.population is pop
    assert net.get(declared.pop.neuron(4)).population is pop
    assert net.get(pop) is pop
    assert net.get(declared.poisson) is None and net.get(declared.m) is None
    pop.b = 5.0
    assert declared.pop.b.max() < 2.0
    net.compile(silent=True)
    engine.compile(silent=True)
    assert net.get(declared.proj.dendrite(1)).proj is proj


def test_settings_are_those_of_setup_unless_given() -> None:
    engine.setup(dt=0.5, seed=7, method="exponential")
    net, own = Network(), Network(dt=0.25)
    assert (net.dt, net.seed, net.method) == (0.5, 7, "exponential")
    assert (own.dt, own.seed) == (0.25, 7)
    engine.setup(dt=0.1)
    pop = Population(1, NOISY)
    net.add(pop)
    assert (net.dt, own.dt) == (0.1, 0.25)
    with pytest.raises(
        EngineError, match=r"steps of 0.1 ms, so it cannot be copied to a network with dt=0.25"
    ):
        own.add(pop)


def test_copies_start_as_declared_even_if_the_top_level_has_run() -> None:
    declared = Declared()
    engine.compile(silent=True)
    engine.simulate(10.0)
    declared.pop.b = 100.0
    declared.proj.w = 3.0
    net = Network(everything=True)
    net.compile(silent=True)
    assert net.time == 0.0
    assert net.get(declared.pop).b.max() < 2.0
    assert max(max(row) for row in net.get(declared.proj).w) < 0.1
    assert (net.get(declared.pop).r == 0.0).all()


def test_bold_monitors_are_copied_with_their_parts() -> None:
    pop = Population(10, NOISY)
    bold = BoldMonitor(pop, recorded_variables="I_CBF", start=True)
    net = Network()
    net.add([pop, bold])
    engine.compile(silent=True)
    net.compile(silent=True)
    for run in (engine, net):
        run.simulate(30.0)  # type: ignore[attr-defined]
    copied = net.get(bold)
    assert copied.network is net and net.extensions == [copied]
    assert copied.get("I_CBF").shape == (30, 1)
    np.testing.assert_allclose(copied.get("BOLD"), bold.get("BOLD"))


def test_what_cannot_be_added_is_told() -> None:
    declared = Declared()
    net, other = Network(), Network()
    with pytest.raises(EngineError, match=r"lateral needs field; add that one before"):
        net.add([declared.proj, declared.pop])
    with pytest.raises(EngineError, match=r"needs field; add that one before"):
        net.add(declared.m)
    with pytest.raises(EngineError, match=r"PopulationView cannot be added"):
        net.add(declared.pop[1:3])
    with pytest.raises(EngineError, match=r"inner is no object of the top level"):
        net.add(other.create(1, NOISY, name="inner"))
    net.add(declared.pop)
    net.compile(silent=True)
    with pytest.raises(EngineError, match=r"You cannot add a PoissonPopulation after"):
        net.add(declared.poisson)
    net.add(declared.m)
    net.simulate(4.0)
    assert net.get(declared.m).get("r").shape == (2, 12)


def test_adding_again_only_warns(capsys: Any) -> None:
    pop = Population(1, NOISY, name="once")
    net = Network()
    net.add([pop, pop])
    assert "once was already added" in capsys.readouterr().out
    assert len(net.populations) == 1


def test_originals_stand_for_their_copies_in_calls() -> None:
    counter = Neuron(equations="r += 1")
    a = Population(1, counter, stop_condition="r >= 5")
    b = Population(1, counter)
    proj = Projection(a, b, "exc").connect_one_to_one(1.0)
    net = Network(everything=True)
    net.compile(silent=True)
    assert net.simulate_until(100.0, a) == 5.0
    assert net.get_projections(post=b, pre=a) == [net.get(proj)]
    net.disable_learning([proj])
    assert not net.get(proj).update and proj.update


def test_functions_of_the_top_level_take_the_number_of_a_network() -> None:
    declared = Declared()
    first, second = Network(everything=True), Network(everything=True)
    assert (first.id, second.id) == (1, 2)
    for net_id in (0, 2):
        engine.compile(net_id=net_id, silent=True)
    engine.simulate(7.0, net_id=2)
    assert (engine.get_time(), engine.get_time(net_id=2), second.time, first.time) == (0.0, 7.0, 7.0, 0.0)
    assert engine.populations(net_id=2)[0] is second.get(declared.pop)
    assert engine.get_population("field", net_id=2) is second.get(declared.pop)
    with pytest.raises(EngineError, match=r"no network with net_id=3; there are: 0, 1, 2"):
        engine.simulate(1.0, net_id=3)
    engine.clear()
    assert Network().id == 1


def test_a_pickled_network_goes_on_bit_for_bit() -> None:
    declared = Declared()
    net = Network()
    net.add([declared.pop, declared.poisson, declared.m, declared.spikes])
    inner = net.connect(net.get(declared.pop), net.get(declared.pop), "exc")
    inner.from_matrix(np.eye(12), delays=3.0)
    net.compile(silent=True)
    net.simulate(15.0)
    other = pickle.loads(cloudpickle.dumps(net))
    assert other.time == 15.0
    net.simulate(15.0)
    other.simulate(15.0)
    np.testing.assert_array_equal(other.monitors[0].get("r"), net.monitors[0].get("r"))
    assert other.monitors[1].get("spike") == net.monitors[1].get("spike")
    other.populations[0].b = np.zeros((3, 4))
    assert net.populations[0].b.min() > 0.0


class Sub(Network):
    def __init__(self, weight: float, size: int = 4) -> None:
        self.pop = self.create(size, NOISY)
        self.proj = self.connect(self.pop, self.pop, "exc")
        self.proj.fixed_probability(0.5, weight)
        self.m = self.monitor(self.pop, "r")


def test_copy_of_a_sub_class_is_made_with_the_same_or_other_arguments() -> None:
    net = Sub(0.25, dt=0.5, seed=3)
    net.config(method="exponential")
    assert not net.copy().compiled
    net.compile(silent=True)
    net.simulate(10.0)
    same, larger, other = net.copy(), net.copy(size=6), net.copy(0.5, seed=4)
    assert all(type(n) is Sub and n.compiled and n.time == 0.0 for n in (same, larger, other))
    assert (same.dt, same.seed, same.method) == (0.5, 3, "exponential")
    same.simulate(10.0)
    np.testing.assert_array_equal(same.m.get("r"), net.m.get("r"))
    assert (larger.pop.size, larger.proj.w) == (6, 0.25)
    assert (other.pop.size, other.proj.w, other.seed) == (4, 0.5, 4)


def test_copy_of_a_plain_network_starts_as_it_did() -> None:
    net = Network(dt=0.5, seed=3)
    pop = net.create(5, NOISY)
    pop.b = 2.0
    net.connect(pop, pop, "exc").fixed_probability(0.5, Uniform(0.0, 0.1))
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    pop.b = 0.0
    net.simulate(5.0)
    first = net.copy()
    net.reset()
    first.simulate(5.0)
    net.simulate(5.0)
    np.testing.assert_array_equal(first.populations[0].b, np.full(5, 2.0))
    rows = first.monitors[0].get("r")
    assert rows.shape == (10, 5)
    assert type(first.monitors[0]) is type(m)
    np.testing.assert_array_equal(rows, m.get("r"))
    with pytest.raises(EngineError, match="only sub-classes take arguments"):
        net.copy(size=3)
    with pytest.raises(EngineError, match="give both the same dt"):
        net.copy(dt=0.25)
