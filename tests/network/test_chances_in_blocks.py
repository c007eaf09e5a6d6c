"""Populations that fire by chance, in blocks of steps: what single steps give, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, PoissonPopulation
from engine.codegen import cpp, generated_code
from engine.codegen.lowering import counted

SOURCES = 2500
"""More than one group of neurons that share their gaps."""

RESTING = Neuron(
    parameters="rates = 40.0",
    equations="p = Uniform(0.0, 1.0) * 1000.0 / dt",
    spike="p < rates",
    refractory=1.0,
)
TIRING = Neuron(
    parameters="rates = 40.0",
    equations="p = Uniform(0.0, 1.0) * 1000.0 / dt",
    spike="p < rates",
    reset="rates = 0.9 * rates",
)
"""Each spike changes the neuron's own chance."""

KINDS = ["one rate", "own rates", "resting", "tiring"]


def build(kind: str, threads: int, precision: str) -> Network:
    """1390 neurons that inhibit one another, driven by sources; what comes is 0.5 to 1.2 ms under way."""
    net = Network(dt=0.1, seed=9)
    net.config(num_threads=threads, precision=precision)
    neuron = Neuron(
        equations="5.0 * dv/dt = 1.0 - v + 12.5 * (g_exc - g_inh)",
        spike="v > 3.0",
        reset="v = 0.0",
        refractory=0.5,
    )
    pop = net.create(1390, neuron)
    if kind in ("resting", "tiring"):
        sources = net.create(SOURCES, RESTING if kind == "resting" else TIRING)
    else:
        rates = 40.0 if kind == "one rate" else np.arange(SOURCES) % 83
        sources = net.create(PoissonPopulation(SOURCES, rates=rates))
    net.connect(sources, pop, "exc").connect_fixed_probability(0.1, weights=0.2, delays=1.2)
    net.connect(pop, pop, "inh").connect_fixed_probability(0.1, weights=0.02, delays=0.5)
    return net


def run(net: Network) -> dict[str, Any]:
    """All values after each of some runs, which end within blocks, and all spikes."""
    monitors = [net.monitor(pop, "spike") for pop in net.get_populations()]
    net.compile(silent=True)
    found: dict[str, Any] = {}
    for number, duration in enumerate((0.1, 3.7, 10.0, 2.2)):
        net.simulate(duration)
        for pop in net.get_populations():
            found |= {f"{pop.name} {name} {number}": getattr(pop, name) for name in pop.attributes}
    found["spikes"] = [monitor.get("spike") for monitor in monitors]
    assert all(sum(map(len, spikes.values())) > 400 for spikes in found["spikes"])
    return found


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_give_what_single_steps_give(
    kind: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)
    found = []
    for threads in (1, 2, 3):
        net = build(kind, threads, precision)
        found.append(run(net))
        assert "first_step" in generated_code(net)
    monkeypatch.setattr(cpp, "time_blocks", lambda plan: None)
    monkeypatch.setattr(counted, "time_blocks", lambda plan: None)
    net = build(kind, 1, precision)
    found.append(run(net))
    assert "first_step" not in generated_code(net)
    for other in found[1:]:
        assert found[0].keys() == other.keys()
        for name, value in found[0].items():
            np.testing.assert_equal(other[name], value, err_msg=name)


def test_what_is_drawn_needs_single_steps_where_it_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)
    net = build("one rate", 1, "double")
    net.monitor(net.get_populations()[1], "p")
    run(net)
    assert "first_step" not in generated_code(net)
