"""What the tests of connectors connect."""

from __future__ import annotations

from typing import Any

from engine import Network, Neuron

RATE = Neuron(parameters="b = 0.0", equations="r = b + sum(exc)")
SPIKING = Neuron(parameters="b = 0.0", equations="v = b + g_exc", spike="v > 1.0", reset="v = 0.0")


def ends(pre: Any = 3, post: Any = 2, neuron: Neuron = RATE, dt: float = 1.0) -> tuple[Any, ...]:
    """Two populations and an unconnected projection."""
    net = Network(dt=dt, seed=5)
    a, b = net.create(pre, neuron, name="pre"), net.create(post, neuron, name="post")
    return net, a, b, net.connect(a, b, "exc", name="proj")


def drawn(projection: Any) -> Any:
    projection.draw()
    return projection.connectivity
