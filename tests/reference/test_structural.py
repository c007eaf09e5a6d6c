"""Rules of structural plasticity: the engine against the second statement, after every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, SpikeSourceArray, Synapse
from reference.simulator import ReferenceNetwork

STEPS = 60


def delays_of(delay: float | None, posts: int, pres: int) -> Any:
    """None: another one for each synapse."""
    if delay is not None:
        return delay
    return [[float(1 + (3 * k + r) % 4) for k in range(pres)] for r in range(posts)]


def rates(net: Network, delay: float | None) -> None:
    wave = Neuron(parameters="f = 0.1\nph = 0.0", equations="s = sum(exc)\nr = 0.5 + 0.5*sin(f*t + ph)")
    pre, post = net.create(9, wave), net.create(70, wave)
    # Paces at which no two rates are ever equal: which is the larger would be a matter of the last bit.
    for population, pace in ((pre, 0.7137), (post, 0.37)):
        population.f = 0.08 + 0.003 * np.arange(population.size)
        population.ph = pace * np.arange(population.size)
    synapse = Synapse(
        parameters="eta = 0.01 : projection\nlimit = 0.15 : postsynaptic",
        equations="""
            age += 1 : init=2, int
            near = pre.r > post.r : bool
            dw/dt = eta*pre.r*post.r
        """,
        creating="pre.r*post.r > 0.6 + limit : w=0.25",
        pruning="((age > 9) and near) or (w > 0.7)",
    )
    weights = np.random.default_rng(5).uniform(0.1, 0.4, (70, 9)).tolist()
    rows = [[w if (k + r) % 4 == 0 else None for k, w in enumerate(row)] for r, row in enumerate(weights)]
    net.connect(pre, post, "exc", synapse).connect_from_matrix(rows, delays=delays_of(delay, 70, 9))


def spikes(net: Network, delay: float | None) -> None:
    rng = np.random.default_rng(2)
    trains = [np.flatnonzero(rng.random(STEPS) < 0.15).astype(float).tolist() for _ in range(12)]
    source = net.create(SpikeSourceArray(trains))
    neuron = Neuron(
        parameters="theta = 0.6\nbias = 0.0",
        equations="5.0*dv/dt = bias + g_exc - v\n2.0*dg_exc/dt = -g_exc",
        spike="v > theta",
        reset="v = 0.0",
        refractory=2.0,
    )
    pop = net.create(66, neuron)
    pop.bias = np.random.default_rng(6).uniform(0.1, 0.9, 66)
    synapse = Synapse(
        equations="10.0*dx/dt = -x : event-driven\n10.0*dy/dt = -y : event-driven",
        pre_spike="g_target += w\nx += 1.0\nw -= 0.1*y : min=0.0",
        post_spike="y += 1.0\nw += 0.1*x : max=1.0",
        creating="(t - t_pre < 2.0) and (t - t_post < 3.0) : w=0.3",
        pruning="w < 0.15",
    )
    rows = [[0.2 + 0.01 * k if (k * r) % 5 == 1 else None for k in range(12)] for r in range(66)]
    net.connect(source, pop, "exc", synapse).connect_from_matrix(rows, delays=delays_of(delay, 66, 12))


@pytest.mark.parametrize("delay", [1.0, 3.0, None])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("build", [rates, spikes])
def test_every_step_agrees(build, threads: int, delay: float | None) -> None:
    net = Network(dt=1.0, seed=1)
    net.config(num_threads=threads, structural_plasticity=True, suppress_warnings=True)
    build(net, delay)
    reference = ReferenceNetwork(net)
    net.compile(silent=True)
    (proj,), (expected,) = net.projections, reference.projections.values()
    numbers = []
    for step in range(STEPS):
        for run in (proj, expected):
            if step == 3:
                run.start_creating(period=2.0)
            if step == 5:
                run.start_pruning(period=3.0)
            if step == 40:
                run.stop_creating()
        net.run_steps(1)
        reference.run(1)
        numbers.append(proj.nb_synapses)
        ours = proj.connectivity_matrix(fill=np.nan)
        np.testing.assert_allclose(ours, expected.matrix("w"), rtol=1e-9, err_msg=f"step {step}")
    for name in proj.variables:
        values = np.array([x for row in proj.get(name) for x in row], dtype=float)
        np.testing.assert_allclose(values, expected.values[name], rtol=1e-9, err_msg=name)
    changes = np.diff(numbers)
    assert np.sum(changes > 0) > 3 and np.sum(changes < 0) > 3
