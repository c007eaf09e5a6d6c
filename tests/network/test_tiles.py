"""Spikes that are given to one part of the neurons after the other: which parts, and that no bit changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, Network, Neuron, Uniform
from engine.codegen.lowering import tiles
from engine.codegen.lowering.tiles import number_of_tiles


def build(threads: int, plastic: bool) -> Network:
    net = Network(dt=0.1, seed=3)
    net.config(num_threads=threads)
    neuron = Neuron(
        parameters="tau = 5.0",
        equations="tau * dv/dt = 4.0 - v + g_exc\ndg_exc/dt = -g_exc / 2.0",
        spike="v > 3.0",
        reset="v = 0.0",
    )
    pop = net.create(700, neuron)
    pop.v = Uniform(0.0, 3.0)
    synapse = STDP(A_plus=0.05, A_minus=0.06, w_max=0.1) if plastic else None
    net.connect(pop, pop, "exc", synapse).connect_fixed_probability(0.1, weights=Uniform(0.0, 0.1))
    net.connect(pop[100:], pop, "exc").connect_fixed_probability(0.1, weights=0.01, delays=1.0)
    return net


def run(threads: int, plastic: bool) -> dict[str, Any]:
    net = build(threads, plastic)
    (pop,), first = net.get_populations(), net.get_projections()[0]
    monitor = net.monitor(pop, "spike")
    net.compile(silent=True)
    net.simulate(30.0)
    spikes = monitor.get("spike")
    assert sum(map(len, spikes.values())) > 1000
    return {"spikes": spikes, "v": pop.v, "g": pop.g_exc, "w": np.concatenate(first.w)}


@pytest.mark.parametrize("plastic", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_tiles_change_no_bit(plastic: bool, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(threads, plastic)
    monkeypatch.setattr(tiles, "NEAREST_CACHE", 1024)
    monkeypatch.setattr(tiles, "SHORTEST", 1)
    monkeypatch.setattr(tiles, "SHORTEST_OF_RANKS", 1)
    seen: list[int] = []
    monkeypatch.setattr(
        "engine.codegen.lowering.synapses.number_of_tiles",
        lambda *given: seen.append(number_of_tiles(*given)) or seen[-1],
    )
    parts = run(threads, plastic)
    assert seen and min(seen) == -(-700 * 8 // (1024 * threads)) > 1
    for name, value in whole.items():
        np.testing.assert_equal(parts[name], value, err_msg=name)


def test_tiles_are_as_few_as_fit_and_never_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    net = build(1, False)
    net.compile(silent=True)
    first, of_ranks = net.get_projections()
    length = first.connectivity.pre.size // 700  # about 70 synapses a row
    assert number_of_tiles(first, 1, 8) == 1, "700 neurons fit any cache"
    monkeypatch.setattr(tiles, "NEAREST_CACHE", 2000)
    monkeypatch.setattr(tiles, "SHORTEST", 1)
    assert number_of_tiles(first, 1, 8) == 3
    assert number_of_tiles(first, 2, 8) == number_of_tiles(first, 1, 4) == 2
    monkeypatch.setattr(tiles, "SHORTEST", length // 3)
    assert number_of_tiles(first, 1, 8) == 3
    monkeypatch.setattr(tiles, "SHORTEST", length // 3 + 1)
    assert number_of_tiles(first, 1, 8) == 1, "a third of a row is too short, and halves would not fit"
    monkeypatch.setattr(tiles, "SHORTEST_OF_RANKS", of_ranks.nb_synapses // 600 // 3)
    assert number_of_tiles(of_ranks, 1, 8) == 3, "rows without weights may be shorter"
    monkeypatch.setattr(tiles, "SHORTEST_OF_RANKS", of_ranks.nb_synapses // 600 // 3 + 1)
    assert number_of_tiles(of_ranks, 1, 8) == 1


def test_neurons_that_just_fit_are_halved_where_weights_pass_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = build(1, False)
    net.compile(silent=True)
    first, of_ranks = net.get_projections()
    for name in ("SHORTEST", "SHORTEST_OF_RANKS"):
        monkeypatch.setattr(tiles, name, 1)
    monkeypatch.setattr(tiles, "BESIDE_WEIGHTS", 700 * 8)
    assert number_of_tiles(first, 1, 8) == 1
    monkeypatch.setattr(tiles, "BESIDE_WEIGHTS", 700 * 8 - 1)
    assert number_of_tiles(first, 1, 8) == 2
    assert number_of_tiles(first, 2, 8) == number_of_tiles(first, 1, 4) == 1
    assert number_of_tiles(of_ranks, 1, 8) == 1, "rows without weights leave room"
    monkeypatch.setattr(tiles, "SHORTEST", first.connectivity.pre.size)
    assert number_of_tiles(first, 1, 8) == 1, "halves of rows would be too short"
