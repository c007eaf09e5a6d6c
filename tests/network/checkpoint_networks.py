"""Networks of many kinds for tests of checkpoints: how they are built, and what is done to them on the way.

``python checkpoint_networks.py FOLDER`` goes on with every checkpoint ``NAME.npz`` in the folder and writes
the state at the end to ``NAME.end.npz``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import (
    STDP,
    CurrentInjection,
    DecodingProjection,
    DiscreteUniform,
    HomogeneousCorrelatedSpikeTrains,
    IF_curr_exp,
    Izhikevich,
    Network,
    Neuron,
    Normal,
    Oja,
    PoissonPopulation,
    SpikeSourceArray,
    Synapse,
    TimedArray,
    TimedPoissonPopulation,
    Uniform,
)
from engine.extensions.bold import balloon_RN
from engine.extensions.hybrid import Rate2SpikePopulation, Spike2RatePopulation

HALF = 60.0
"""ms before the checkpoint, and after it."""


def nothing(net: Network) -> None:
    """What is done to a network in the middle of the first half."""


@dataclass(frozen=True)
class Case:
    build: Callable[[int], Network]
    act: Callable[[Network], object] = nothing


def network(threads: int, dt: float = 1.0, seed: int = 5, **settings: Any) -> Network:
    net = Network(dt=dt, seed=seed)
    net.config(num_threads=threads, **settings)
    return net


def finished(net: Network) -> Network:
    net.compile(silent=True)
    return net


COBA = Neuron(
    parameters="Vt = -50.0 : population\ntau = 20.0 : population\nI = 20.0",
    equations="""
        tau * dv/dt = (-60.0 - v) + g_exc * (0.0 - v) + g_inh * (-80.0 - v) + I
        5.0 * dg_exc/dt = - g_exc
        10.0 * dg_inh/dt = - g_inh
    """,
    spike="v > Vt",
    reset="v = -60.0",
    refractory=5.0,
)


def coba(threads: int) -> Network:
    """Delayed spikes, refractory neurons, conductances."""
    net = network(threads, dt=0.5, method="exponential")
    pop = net.create(400, COBA, name="pop")
    pop.v, pop.g_exc = Normal(-55.0, 5.0), Normal(4.0, 1.5)
    net.connect(pop[:320], pop, "exc").fixed_probability(0.1, weights=0.6, delays=4.0)
    net.connect(pop[320:], pop, "inh").fixed_probability(0.1, weights=6.7, delays=1.5)
    net.monitor(pop, "spike", name="spikes")
    net.monitor(pop[3:200], ["v", "g_exc"], period=3.0, name="v")
    return finished(net)


def act_coba(net: Network) -> None:
    net.monitors[1].start(period=2.5)


CLOCKED = Synapse(
    parameters="tau = 20.0 : projection",
    equations="tau*dx/dt = -x\ntau*dy/dt = -y",
    pre_spike="g_target += w\nx += 0.01\nw = clip(w - y, 0.0, 1.0)",
    post_spike="y += 0.01\nw = clip(w + x, 0.0, 1.0)",
)


def stdp(threads: int) -> Network:
    """Plasticity with events and with the clock; a delay for each synapse; noise."""
    net = network(threads)
    noise = net.create(PoissonPopulation(150, rates=40.0, name="noise"))
    pop = net.create(130, IF_curr_exp(tau_refrac=2.0), name="pop")
    one = net.connect(noise, pop, "exc", STDP(A_plus=0.05, A_minus=0.06))
    one.fixed_probability(0.3, weights=Uniform(0.2, 0.8), delays=DiscreteUniform(1, 7))
    two = net.connect(noise, pop, "exc", CLOCKED)
    two.fixed_probability(0.3, weights=Uniform(0.2, 0.8), delays=3.0)
    net.connect(pop, pop, "inh").fixed_number_pre(20, weights=Uniform(0.0, 0.1), delays=Uniform(1.0, 5.0))
    net.monitor(pop, ["spike", "v"], name="m")
    net.monitor(one, "w", period=20.0, name="w")
    return finished(net)


def act_stdp(net: Network) -> None:
    one, two, three = net.projections
    two.plasticity = False
    one.delay = [[float(1 + k % 5) for k, _ in enumerate(row)] for row in one.delay]
    three.w = [[0.05 for _ in row] for row in three.w]


RATE = Neuron(
    parameters="tau = 10.0\nB = 1.0",
    equations="""
        tau*dr/dt + r = B + sum(exc) + 0.1*Normal(0.0, 1.0) : min = 0.0, max = 2.0
        m = mean(r) : population
    """,
)


def rates(threads: int) -> Network:
    """Delays of each synapse, learning in periods, operations over the population, noise."""
    net = network(threads)
    a, b = net.create((10, 10), RATE, name="a"), net.create(150, RATE, name="b")
    a.r = Uniform(0.0, 1.0)
    net.connect(a, b, "exc", Oja).fixed_probability(0.2, weights=Uniform(0.0, 0.1), delays=Uniform(1.0, 6.0))
    net.connect(b, a, "exc").all_to_all(0.001, delays=4.0)
    net.monitor(b, "r", period=2.0, name="r")
    return finished(net)


def act_rates(net: Network) -> None:
    oja, back = net.projections
    oja.enable_learning(period=7.0, offset=2.0)
    oja.eta = 0.03
    back.delay = 6.0
    net.populations[0].B = np.linspace(0.0, 1.0, 100)
    net.populations[0].tau = [10.0 + k % 3 for k in range(100)]


GROWING = Synapse(
    parameters="eta = 0.01 : projection",
    equations="dw/dt = eta*(0.1*pre.r*post.r - w)\nage += 1.0",
    pruning="w < 0.1 : proba = 0.3",
    creating="pre.r*post.r > 2.0 : proba = 0.1, w = 0.15",
)
SPROUTING = Synapse(
    parameters="tau = 20.0 : projection",
    equations="tau*dx/dt = -x : event-driven",
    pre_spike="g_target += w\nx += 1.0\nw -= 0.01",
    post_spike="w += 0.01*x",
    pruning="w < 0.2 : proba = 0.2",
    creating="post.v > -69.0 : proba = 0.1, w = 0.5",
)


def structural(threads: int) -> Network:
    """Synapses begin and end, of rates and of spikes, with monitors on them."""
    net = network(threads, structural_plasticity=True)
    a = net.create(70, RATE, name="a")
    a.r = Uniform(0.0, 1.5)
    grown = net.connect(a, a, "exc", GROWING).fixed_probability(0.2, weights=Uniform(0.0, 0.2), delays=2.0)
    noise = net.create(PoissonPopulation(70, rates=60.0, name="noise"))
    pop = net.create(70, Izhikevich, name="pop")
    sprouted = net.connect(noise, pop, "exc", SPROUTING)
    sprouted.fixed_probability(0.2, weights=Uniform(0.0, 1.0), delays=DiscreteUniform(1, 4))
    net.monitor(pop, "spike", name="spikes")
    net.monitor(grown, "w", period=15.0, name="w")
    return finished(net)


def act_structural(net: Network) -> None:
    grown, sprouted = net.projections
    grown.start_pruning(period=3.0)
    grown.start_creating(period=5.0)
    sprouted.start_pruning(period=4.0)
    sprouted.start_creating(period=6.0)
    net.monitor(sprouted.dendrite(sprouted.post_ranks[3]), "w", period=5.0, name="dendrite")


def refractory(threads: int) -> Network:
    """Refractory periods of all kinds, mean rates in a window, stop conditions, single precision."""
    net = network(threads, precision="float")
    source = net.create(PoissonPopulation(100, rates=80.0, name="source", refractory=3.0))
    text = Neuron(
        parameters="length = 4.0",
        equations="10.0*dv/dt = -v + g_exc\n5.0*dg_exc/dt = -g_exc",
        spike="v > 1.0",
        reset="v = 0.0\nlength += 0.5",
        refractory="length",
    )
    one = net.create(80, text, name="one", stop_condition="v > 100.0 : all")
    two = net.create(80, COBA, name="two")
    two.refractory = Uniform(1.0, 8.0)
    for pop in (one, two):
        net.connect(source, pop, "exc").fixed_probability(0.5, weights=Uniform(0.0, 0.4), delays=2.0)
        pop.compute_firing_rate(25.0)
        net.monitor(pop, ["spike", "r"], name=f"m{pop.name}")
    return finished(net)


def act_refractory(net: Network) -> None:
    net.simulate_until(5.0, net.populations[1])
    net.set_time(net.get_time() + 10.0)
    net.populations[2].refractory = [2.0 + k % 4 for k in range(80)]
    net.populations[1].compute_firing_rate(15.0)


def pauses(threads: int) -> Network:
    """Disabled populations with spikes under way, given spike times, switches."""
    net = network(threads)
    given = net.create(
        SpikeSourceArray([[float(t) for t in range(k, 100, 9)] for k in range(90)], name="given")
    )
    pop = net.create(90, Izhikevich, name="pop")
    rate = net.create(30, RATE, name="rate")
    net.connect(given, pop, "exc").one_to_one(20.0, delays=8.0)
    net.connect(pop, pop, "exc").fixed_probability(0.2, weights=2.0, delays=DiscreteUniform(2, 9))
    net.connect(rate, rate, "exc").all_to_all(0.01, delays=5.0)
    net.monitor(pop, "spike", name="spikes")
    net.monitor(rate, "r", name="rates").pause()
    return finished(net)


def act_pauses(net: Network) -> None:
    given, pop, rate = net.populations
    given.spike_times = [[float(t) for t in range(40 + k % 7, 200, 5)] for k in range(90)]
    net.simulate(3.0)
    given.disable()
    net.simulate(4.0)
    rate.disable()
    net.monitors[1].resume()
    net.projections[1].transmission = False
    net.simulate(2.0)
    given.enable()
    pop.disable()


def bold(threads: int) -> Network:
    """A BOLD monitor with its baseline."""
    net = network(threads)
    pop = net.create(100, Izhikevich, name="pop")
    pop.noise = 5.0
    pop.compute_firing_rate(30.0)
    net.boldmonitor([pop[:50], pop[50:]], balloon_RN, {"I_CBF": "r"}, normalize_input=[20.0, 50.0])
    return finished(net)


def act_bold(net: Network) -> None:
    net.populations[1].enable()
    net.monitors[0].resume()
    for given in net.mean_inputs:
        given.measure_baseline()


def inputs(threads: int) -> Network:
    """Inputs with schedules and counters of their own."""
    net = network(threads)
    array = TimedArray(np.arange(240.0).reshape(8, 30), schedule=10.0, period=70.0, name="array")
    timed = TimedPoissonPopulation(
        80, [20.0, 90.0, 5.0], schedule=[0.0, 25.0, 50.0], period=80.0, name="timed"
    )
    trains = HomogeneousCorrelatedSpikeTrains(
        70, [20.0, 60.0], [0.3, 0.5], 10.0, schedule=[0.0, 40.0], name="trains"
    )
    for source in (array, timed, trains):
        net.create(source)
    rate, pop = net.create(30, RATE, name="rate"), net.create(30, Izhikevich, name="pop")
    net.connect(array, rate, "exc").one_to_one(0.001)
    CurrentInjection(array, pop, "exc", network=net).connect_current()
    for source in (timed, trains):
        net.connect(source, pop, "exc").fixed_probability(0.2, weights=0.5, delays=3.0)
        decoding = DecodingProjection(source, rate, "exc", window=15.0, network=net)
        decoding.connect_fixed_probability(0.3, weights=0.1)
    net.create(Spike2RatePopulation(pop, name="counted", window=20.0, network=net))
    net.create(Rate2SpikePopulation(rate, name="fired", scaling=100.0, network=net))
    for source in net.populations:
        net.monitor(source, "spike" if source.model.kind == "spike" else "r", name=f"m{source.name}")
    return finished(net)


def act_inputs(net: Network) -> None:
    array, timed, trains = net.populations[:3]
    array.update(np.linspace(0.0, 300.0, 330).reshape(11, 30), schedule=7.0)
    timed.disable()
    net.simulate(4.0)
    timed.enable()
    trains.rates = [50.0, 10.0]


CASES = {
    "inputs": Case(inputs, act_inputs),
    "coba": Case(coba, act_coba),
    "stdp": Case(stdp, act_stdp),
    "rates": Case(rates, act_rates),
    "structural": Case(structural, act_structural),
    "refractory": Case(refractory, act_refractory),
    "pauses": Case(pauses, act_pauses),
    "bold": Case(bold, act_bold),
}


def first_half(case: Case, threads: int) -> Network:
    net = case.build(threads)
    net.simulate(HALF / 2)
    case.act(net)
    net.simulate(HALF / 2)
    return net


def final_state(net: Network) -> dict[str, NDArray[Any]]:
    """Everything that the engine knows, and everything that was recorded; independent of threads."""
    found = {f"engine.{name}": np.array(array) for name, array in net.refresh().state().items()}
    for projection in net.projections:
        c = projection.connectivity
        found |= {f"{projection.name}.offsets": c.offsets, f"{projection.name}.pre": c.pre}
        found[f"{projection.name}.delays"] = np.array(c.delays)
        found[f"{projection.name}.uniform delay"] = np.array(projection.uniform_delay)
    for monitor in net.monitors:
        for name in monitor.variables:
            data = monitor._data[name]
            found[f"{monitor.name}.{name}.steps"] = data.steps.rows(keep=True)
            found[f"{monitor.name}.{name}.ranks"] = data.ranks.rows(keep=True)
            rows = [table.rows(keep=True).ravel() for table in data.samples]
            found[f"{monitor.name}.{name}.rows"] = np.concatenate([*rows, np.zeros(0)])
            found[f"{monitor.name}.{name}.samples"] = data.sample_steps()
            found[f"{monitor.name}.{name}.times"] = np.array(list(data.times(net.current_step).values()))
    return found


def main(folder: Path) -> None:
    for name, case in CASES.items():
        net = case.build(1)
        net.load_checkpoint(folder / f"{name}.npz")
        net.simulate(HALF)
        np.savez(folder / f"{name}.end.npz", **final_state(net))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
