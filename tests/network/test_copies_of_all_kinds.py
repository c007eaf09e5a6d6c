"""Every kind of population, projection and connector, copied to a network and sent to another process: the
copies do what the originals do, bit for bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

import engine
from engine import (
    CurrentInjection,
    DecodingProjection,
    HomogeneousCorrelatedSpikeTrains,
    InputArray,
    Izhikevich,
    LILConnectivity,
    Monitor,
    Network,
    Neuron,
    Normal,
    PoissonPopulation,
    Population,
    Projection,
    SpikeSourceArray,
    Synapse,
    TimedArray,
    TimedPoissonPopulation,
    Uniform,
)
from engine.extensions.bold import BoldMonitor, NormProjection, balloon_two_inputs
from engine.extensions.hybrid import Rate2SpikePopulation, Spike2RatePopulation

RATE = Neuron("tau = 10.0", "tau * dr/dt + r = sum(exc) + Uniform(-0.1, 0.1)", functions="f(x) = 2 * x")
SPIKING = Neuron(
    "tau = 10.0\nact_rate = 0.0",
    "dv/dt = (g_exc - v + Normal(0.0, 1.0)) / tau\ndg_exc/dt = -g_exc / 5.0\nact = 0.9 * act",
    spike="v > 0.5",
    reset="v = 0.0",
    refractory=3.0,
)
GROWING = Synapse("eta = 0.01", "w += eta * pre.r : max = 2.0")


def inputs() -> None:
    given = InputArray(6)
    given.r = np.arange(6.0)
    timed = TimedArray(rates=np.eye(6), schedule=3.0, period=20.0)
    poisson = PoissonPopulation(6, rates=Uniform(50.0, 200.0))
    wave = PoissonPopulation(6, rates="100 * (1 + sin(t / 5.0))", refractory=2.0)
    by_time = TimedPoissonPopulation(6, [100.0, 500.0], [0.0, 7.0], period=15.0)
    trains = HomogeneousCorrelatedSpikeTrains(6, rates=100.0, corr=0.3, tau=20.0)
    source = SpikeSourceArray([[1.0, 12.0], [2.0, 17.0], [], [4.0], [5.0], [6.0]])
    for rates in (given, timed):
        Projection(rates, Population(6, RATE), "exc").connect_one_to_one(0.5, delays=4.0)
    for spikes in (poisson, wave, by_time, trains, source):
        Projection(spikes, Population(6, SPIKING), "exc").connect_one_to_one(2.0, delays=Uniform(1.0, 6.0))


def connectors() -> None:
    def custom(pre: Any, post: Any) -> LILConnectivity:
        synapses = LILConnectivity()
        for rank in range(post.size):
            synapses.add(rank, [rank, (rank + 1) % 4], [0.1, 0.2], [1.0, 3.0])
        return synapses

    pop = Population((3, 4), RATE)
    whole: list[Callable[[Projection], Any]] = [
        lambda p: p.connect_all_to_all(Uniform(0.0, 0.1)),
        lambda p: p.connect_fixed_probability(0.3, Normal(0.0, 0.1), delays=Uniform(1.0, 5.0)),
        lambda p: p.connect_fixed_number_pre(3, 0.1, delays=2.0),
        lambda p: p.connect_fixed_number_post(3, 0.1, force_multiple_weights=True),
        lambda p: p.connect_gaussian(0.1, 0.3),
        lambda p: p.connect_dog(0.1, 0.3, 0.05, 0.6),
        lambda p: p.connect_from_matrix(np.random.default_rng(1).random((12, 12))),
    ]
    for connect in whole:
        connect(Projection(pop, Population((3, 4), RATE), "exc"))
    Projection(pop[1:7], pop[[2, 8]], "exc", GROWING).connect_all_to_all(0.1, delays=3.0)
    line = Population(4, RATE)
    Projection(line, line, "exc").connect_with_func(custom)


def hybrid_and_special() -> None:
    spiking = Population(8, SPIKING, name="spiking")
    rate = Population(8, RATE, name="rate")
    Projection(PoissonPopulation(8, rates=200.0), spiking, "exc").connect_one_to_one(2.0)
    CurrentInjection(rate, Population(8, SPIKING), "exc").connect_current()
    DecodingProjection(spiking, Population(2, RATE), "exc", window=5.0).connect_all_to_all(1.0)
    NormProjection(spiking, Population(8, SPIKING), "exc", "act").connect_fixed_probability(0.5, 0.5)
    Spike2RatePopulation(spiking, "counted", window=10.0)
    Rate2SpikePopulation(rate, "fired", scaling=100.0)
    spiking.compute_firing_rate(20.0)
    BoldMonitor([spiking, rate], balloon_two_inputs(), {"I_CBF": "r", "I_CMRO2": "r"}, start=True)


def structural() -> None:
    engine.setup(structural_plasticity=True)
    rule = Synapse(
        equations="age += 1 : init = 0, int",
        pruning="age > 5 : proba = 0.2",
        creating="pre.r > 0 : proba = 0.01, w = 0.1",
    )
    pop = Population(10, RATE)
    Projection(pop, pop, "exc", rule, name="changing").connect_fixed_probability(0.3, Uniform(0.0, 0.1))


KINDS = pytest.mark.parametrize("declare", [inputs, connectors, hybrid_and_special, structural])


def observe(populations: list[Population]) -> None:
    """Record every population."""
    for pop in populations:
        variables = ["spike", *(["v"] if "v" in pop.variables else [])] if pop.model.kind == "spike" else "r"
        Monitor(pop, variables)


def begin(network: Any) -> None:
    for proj in network.get_projections(suppress_error=True):
        if proj.model.creating is not None:
            proj.start_creating(2.0)
            proj.start_pruning()


def state(network: Any) -> dict[str, Any]:
    """All that was recorded, and all weights."""
    found: dict[str, Any] = {}
    for k, monitor in enumerate(network.get_monitors()):
        found |= {f"{k} {name}": data for name, data in monitor.get(keep=True, force_dict=True).items()}
    for proj in network.get_projections(suppress_error=True):
        found[f"{proj.id} w"], found[f"{proj.id} pre"] = proj.w, proj.pre_ranks
        found[f"{proj.id} delay"] = proj.delay
    return found


def agree(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys() and len(a) > 2
    for name, value in a.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, b[name], err_msg=name)
        else:
            assert value == b[name], name


@KINDS
def test_copies_do_what_the_originals_do(declare: Callable[[], None]) -> None:
    declare()
    observe(engine.populations())
    net = Network(everything=True)
    top = engine.magic_network()
    assert [type(p) for p in net.populations] == [type(p) for p in top.populations]
    assert [type(p) for p in net.projections] == [type(p) for p in top.projections]
    for network in (net, top):
        network.compile(silent=True)
        begin(network)
        network.simulate(30.0)
    agree(state(net), state(top))


@KINDS
def test_a_network_that_is_sent_goes_on_where_it_was(declare: Callable[[], None]) -> None:
    engine.setup(num_threads=2)
    declare()
    observe(engine.populations())
    net = Network(everything=True)
    net.compile(silent=True)
    begin(net)
    net.simulate(13.0)
    net.populations[0].disable()
    net.simulate(2.0)
    sent = pickle.loads(cloudpickle.dumps(net))
    for network in (net, sent):
        network.simulate(2.0)
        network.populations[0].enable()
        network.simulate(13.0)
    agree(state(sent), state(net))


def test_a_monitor_that_records_to_disk_records_in_memory_elsewhere(tmp_path: Path) -> None:
    net = Network(seed=1)
    pop = net.create(2, Izhikevich)
    m = net.monitor(pop, "v")
    net.compile(silent=True)
    with m.record_to(tmp_path / "v.h5"):
        net.simulate(5.0)
        sent = pickle.loads(cloudpickle.dumps(net))
        sent.simulate(5.0)
        net.simulate(5.0)
        assert len(sent.monitors[0].get("v")) >= 5
        np.testing.assert_array_equal(sent.populations[0].v, pop.v)
        assert m.get("v").shape == (10, 2)
