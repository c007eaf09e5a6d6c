"""What ``clear()`` and ``reset()`` of a population forget of its spikes.

The numbers are those of ANNarchy 4.8.2.6, which gave them to the same calls.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import (
    Monitor,
    Neuron,
    Population,
    Projection,
    SpikeSourceArray,
    Synapse,
    compile,
    setup,
    simulate,
)

FORGET: dict[str, Callable[[Population], None]] = {
    "clear": lambda pop: pop.clear(),
    "reset": lambda pop: pop.reset(),
    "reset of some": lambda pop: pop.reset(["I"]),
}


def integrator(refractory: float | None = None) -> Neuron:
    return Neuron(
        parameters="I = 2.0",
        equations="dv/dt = -v/10. + I\nx += g_exc",
        spike="v > 5.",
        reset="v = 0.",
        refractory=refractory,
    )


@pytest.mark.parametrize("how", FORGET)
@pytest.mark.parametrize("threads", [1, 2])
def test_neurons_are_no_longer_refractory(how: str, threads: int) -> None:
    setup(dt=1.0, num_threads=threads)
    pop, other = Population(3, integrator(10.0)), Population(1, integrator(10.0))
    recorded, unchanged = Monitor(pop, "spike"), Monitor(other, "spike")
    compile(silent=True)
    simulate(5.0)
    FORGET[how](pop)
    simulate(30.0)
    assert recorded.get("spike") == {rank: [2, 7, 20, 33] for rank in range(3)}
    assert unchanged.get("spike") == {0: [2, 15, 28]}


@pytest.mark.parametrize("how", FORGET)
def test_the_last_spike_is_long_ago(how: str) -> None:
    pop, other = Population(1, integrator()), Population(1, integrator())
    source = SpikeSourceArray([4.0])
    age = Synapse(pre_spike="g_target += t - t_post")
    for post in (pop, other):
        Projection(source, post, "exc", age).connect_all_to_all(1.0)
    compile(silent=True)
    simulate(4.0)
    FORGET[how](pop)
    simulate(2.0)
    assert (pop.x.tolist(), other.x.tolist()) == ([10005.0], [3.0])


def test_the_firing_rate_counts_anew() -> None:
    pop = Population(1, integrator(10.0))
    pop.compute_firing_rate(10.0)
    compile(silent=True)
    simulate(5.0)
    assert pop.r.tolist() == [100.0]
    pop.clear()
    simulate(1.0)
    assert pop.r.tolist() == [0.0]
    simulate(2.0)
    assert pop.r.tolist() == [100.0]
