"""Networks with synapses that may begin and end."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Network, Neuron, Synapse

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
