"""What version 5.0 of the API adds, on the same objects (api.md, section 12, line by line)."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    CurrentInjection,
    EngineError,
    Izhikevich,
    LeakyIntegrator,
    Network,
    Neuron,
    PoissonPopulation,
    Projection,
    SpikeSourceArray,
    Uniform,
    timeit,
)
from engine.extensions.bold import balloon_RN

COUNTER = Neuron(equations="r += 1")
DRIVEN = Neuron("b = 1.0", "r = b + sum(exc)")


def test_settings_and_properties() -> None:
    net = Network(dt=0.5, seed=42)
    assert (net.dt, net.seed, net.time, net.current_step, net.compiled) == (0.5, 42, 0.0, 0, False)
    assert net.directory == "annarchy" and net.id > 0
    net.dt = 0.25
    with pytest.raises(AttributeError):
        net.seed = 3  # type: ignore[misc]
    expected = np.random.default_rng(42).random(5)
    assert net.default_rng.random(2).tolist() + net.default_rng.random(3).tolist() == expected.tolist()
    net.create(1, COUNTER)
    net.compile(silent=True)
    net.step()
    assert (net.time, net.current_step) == (0.25, 1)
    net.time = 2.0
    assert net.get_current_step() == 8
    net.current_step = 4
    assert net.get_time() == 1.0
    with pytest.raises(TypeError):
        Network(0.1, 42)  # type: ignore[misc]  # both by name only


def test_config_takes_the_keys_of_both_versions(capsys: Any) -> None:
    net = Network(seed=1)
    net.config(dtype=engine.float32, trace_calls=None, disable_bitmask=True)
    assert net.precision == "float"
    net.config(dtype=engine.float64)
    assert net.precision == "double"
    net.config(precision="float", method="rk4")
    assert (net.precision, net.method) == ("float", "rk4")
    assert capsys.readouterr().out == ""
    net.config(disable_SIMD_SpMV=False)
    assert "disable_SIMD_SpMV has no effect" in capsys.readouterr().out
    with pytest.raises(EngineError, match="performance related keys"):
        engine.setup(disable_SIMD_SpMV=False)
    with pytest.raises(EngineError, match="dtype is float32 or float64"):
        net.config(dtype=int)
    with pytest.raises(EngineError, match="dtype and precision contradict"):
        net.config(dtype="float32", precision="double")


def test_create_takes_complete_populations() -> None:
    net = Network(dt=0.5, seed=1)
    first = net.create(PoissonPopulation(3, rates=10.0))
    other = net.create(population=SpikeSourceArray([[1.0], [2.0]]))
    third, fourth = PoissonPopulation(2, rates=1.0), PoissonPopulation(4, rates=1.0)
    assert net.create(third) is third and third.network is net
    fifth = PoissonPopulation(5, rates=1.0)
    assert [p.name for p in net.get_populations()] == ["pop0", "pop1", "pop2"]
    assert [p.name for p in engine.populations()] == ["pop0", "pop1"] == [fourth.name, fifth.name]
    assert net.create(3, Izhikevich, "v > 0", "cells").stop_condition == "v > 0"
    with pytest.raises(EngineError, match="is complete; give no other arguments"):
        net.create(fourth, Izhikevich)
    with pytest.raises(EngineError, match="is complete; give no other arguments"):
        net.create(3, population=fourth)
    named = PoissonPopulation(1, rates=1.0, name="cells")
    with pytest.raises(EngineError, match="'cells' is already used"):
        net.create(named)
    assert named in engine.populations()
    net.compile(silent=True)
    net.simulate(3.0)
    assert first.network is net and other.spike_times == [[1.0], [2.0]]


def test_connect_takes_complete_projections() -> None:
    net = Network(seed=1)
    a, b = net.create(2, DRIVEN), net.create(2, Izhikevich)
    given = CurrentInjection(a, b, "exc")
    assert net.connect(given) is given and net.connect(projection=given) is given
    assert net.get_projections() == [given]
    with pytest.raises(EngineError, match="is complete; give no other arguments"):
        net.connect(given, b)
    other = Network(seed=1)
    with pytest.raises(EngineError, match="joins populations of another network"):
        other.connect(given)
    with pytest.raises(EngineError, match="needs a pre- and a post-synaptic population"):
        net.connect(a)
    assert list(inspect.signature(Network.connect).parameters)[1:] == [
        *("pre", "post", "target", "synapse", "name", "projection", "disable_omp")
    ]


def test_objects_are_found_by_name_or_warned_of(capsys: Any) -> None:
    net = Network(seed=1)
    pop = net.create(2, DRIVEN, name="pop")
    proj = net.connect(pop, pop, "exc", name="loop").all_to_all(1.0)
    m = net.monitor(pop, "r", name="rates")
    bold = net.boldmonitor(pop)
    assert (net.get_population("pop"), net.get_projection("loop")) == (pop, proj)
    assert (net.get_monitor("rates"), net.get_extension(bold.name)) == (m, bold)
    assert net.get_extensions() == [bold] and net.get_monitors(pop) == [m]
    assert net.get_projections(post=pop, target="exc") == [proj]
    assert net.get_projections(target="inh", suppress_error=True) == []
    assert capsys.readouterr().out == ""
    for kind in ("population", "projection", "monitor", "extension", "constant"):
        assert getattr(net, f"get_{kind}")("nothing") is None
        assert f"There is no {kind} named 'nothing'" in capsys.readouterr().out
    with pytest.raises(EngineError, match="no projection that matches"):
        net.get_projections(target="inh")
    with pytest.raises(EngineError, match="no projection in this network"):
        Network().get_projections()
    assert engine.projections() == []


def test_constants() -> None:
    outside = engine.Constant("c_before", 2.0)
    net, other = Network(seed=1), Network(seed=1)
    inside = net.constant("c_inside", 3.0)
    assert net.get_constant("c_before") is outside and net.get_constant("c_inside") is inside
    assert {c.name for c in net.get_constants()} >= {"c_before", "c_inside"}
    assert other.constant("c_inside", 5.0) is inside
    for each in (net, other):
        each.create(1, Neuron(equations="r = c_before * c_inside"))
        each.compile(silent=True)
        each.simulate(1.0)
    assert [n.populations[0].r[0] for n in (net, other)] == [6.0, 10.0]


def test_reset_takes_its_arguments_in_the_order_of_version_5() -> None:
    wanted = ["populations", "projections", "synapses", "monitors", "reseed_rng"]
    assert list(inspect.signature(Network.reset).parameters)[1:] == wanted
    net = Network(seed=1)
    pop = net.create(3, DRIVEN)
    proj = net.connect(pop, pop, "exc").all_to_all(Uniform(0.0, 1.0))
    net.compile(silent=True)
    before = proj.w
    net.reset(True, False, True, True)
    assert proj.w != before


class Sub(Network):
    """Takes ``dt`` and ``seed`` besides its own arguments."""

    def __init__(self, weight: float, size: int = 3) -> None:
        assert self.seed == 5 and self.dt == 0.5
        self.pop = self.create(geometry=size, neuron=DRIVEN)
        self.proj = self.connect(self.pop, self.pop, "exc")
        self.proj.all_to_all(weight, allow_self_connections=True)


class Calling(Network):
    """Hands its settings on itself."""

    def __init__(self, dt: float, seed: int) -> None:
        super().__init__(dt=dt, seed=seed)
        self.pop = self.create(1, DRIVEN)


def test_sub_classes() -> None:
    net = Sub(weight=2.0, dt=0.5, seed=5)
    net.compile(silent=True)
    net.simulate(1.0)
    assert net.current_step == 2
    # r = 1 + sum; all three neurons feed all with weight 2: r(1) = 1, r(2) = 1 + 3 * 2 * 1.
    assert net.pop.r.tolist() == [7.0, 7.0, 7.0]
    assert list(inspect.signature(Sub).parameters) == ["weight", "size", "dt", "seed"]
    for made in (Calling(0.25, 9), Calling(dt=0.25, seed=9)):
        assert (made.dt, made.seed, made.pop.network) == (0.25, 9, made)


def test_bold_signals_of_slices() -> None:
    net = Network(seed=1)
    pop = net.create(6, Neuron("I = 0.0", "r = I"))
    pop.I = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    slices = [slice(0, 2), [2, 3], slice(4, 6)]
    sliced = net.boldmonitor_from_slices(
        pop, slices, balloon_RN(), {"I_CBF": "r"}, recorded_variables="I_CBF", start=True
    )
    net.compile(silent=True)
    net.simulate(10.0)
    data = sliced.get()
    assert data["BOLD"].shape == data["I_CBF"].shape == (10, 3)
    assert data["I_CBF"][-1].tolist() == [0.0, 1.0, 2.0]
    sliced.stop()
    net.simulate(5.0)
    assert sliced.get("BOLD").shape == (0, 3)
    with pytest.raises(EngineError, match="the list of slices is empty"):
        net.boldmonitor_from_slices(pop, [])


def test_one_number_of_synapses_for_both_versions() -> None:
    net = Network(seed=1)
    pop = net.create(3, DRIVEN)
    proj = net.connect(pop, pop, "exc").all_to_all(1.0)
    net.compile(silent=True)
    assert proj.nb_synapses_per_dendrite == [2, 2, 2] == proj.nb_synapses_per_dendrite()
    assert proj.pre_ranks == [[1, 2], [0, 2], [0, 1]]


def test_memory_footprint(capsys: Any) -> None:
    net = Network(seed=1)
    pop = net.create(1000, LeakyIntegrator, name="big")
    net.connect(pop, pop, "exc", name="many").fixed_probability(0.1, Uniform(0.0, 1.0))
    net.compile(silent=True)
    capsys.readouterr()
    net.memory_footprint(show_py_side=False)
    out = capsys.readouterr().out
    assert "Python" not in out
    (line,) = [line for line in out.splitlines() if "many" in line]
    value, unit = line.split(":")[1].split()
    # 100 000 synapses of at least 10 bytes, 2 for the rank and 8 for the weight.
    assert 950.0 < float(value) * {"KiB": 1.0, "MiB": 1024.0}[unit] < 1200.0
    net.memory_footprint()
    assert "Python" in capsys.readouterr().out


def test_the_network_of_the_top_level_and_timeit(capsys: Any) -> None:
    magic = engine.magic_network()
    pop = engine.Population(2, DRIVEN)
    assert magic.id == 0 and magic.populations == [pop] and engine.magic_network() is magic
    Projection(pop, pop, "exc").connect_all_to_all(1.0)
    magic.compile(silent=True)
    engine.simulate(2.0)
    assert magic.time == 2.0

    @timeit
    def add(a: int, b: int = 1) -> int:
        return a + b

    assert add(2, b=3) == 5 and add.__name__ == "add"
    assert capsys.readouterr().out.startswith("add took ")


def test_networks_are_independent() -> None:
    nets = [Network(dt=dt, seed=1) for dt in (1.0, 0.5)]
    pops = [net.create(1, COUNTER, name="same") for net in nets]
    top = engine.Population(1, COUNTER, name="same")
    for net in nets:
        net.compile(silent=True)
    engine.compile(silent=True)
    nets[0].simulate(5.0)
    nets[1].simulate(5.0)
    engine.simulate(1.0)
    assert [p.r[0] for p in (*pops, top)] == [5.0, 10.0, 1.0]
    nets[0].reset()
    assert [p.r[0] for p in (*pops, top)] == [0.0, 10.0, 1.0]
    nets[1].clear()
    assert nets[1].populations == [] and not nets[1].compiled and nets[1].dt == 0.5
    engine.clear()
    nets[0].simulate(2.0)
    assert pops[0].r[0] == 2.0
    with pytest.raises(EngineError, match="belongs to another network"):
        nets[0].monitor(nets[1].create(1, COUNTER), "r")


class Driven(Network):
    def __init__(self, rates: float) -> None:
        self.noise = self.create(PoissonPopulation(10, rates=rates))
        self.trains = self.create(SpikeSourceArray([[1.0]]))
        self.clock = self.create(engine.TimedArray(rates=np.ones((2, 1)), schedule=5.0))


def test_networks_are_built_after_the_top_level_was_compiled() -> None:
    top = engine.Population(1, COUNTER)
    engine.compile(silent=True)
    net = Driven(1000.0, dt=0.5, seed=1)
    assert net.get_populations() == [net.noise, net.trains, net.clock] and engine.populations() == [top]
    net.compile(silent=True)
    net.simulate(20.0)
    assert net.clock.r.tolist() == [1.0] and engine.get_time() == 0.0
    net.clock.update(np.full((2, 1), 3.0))  # as version 5.0: the schedule starts anew
    assert net.clock.r.tolist() == [0.0]
    with pytest.raises(EngineError, match="cannot add a population"):
        PoissonPopulation(10, rates=1.0)
