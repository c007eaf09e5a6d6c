"""Spikes through rows of bits: the same numbers as through lists, and lists wherever bits are not enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from engine import STDP, Network, Neuron, Synapse, Uniform
from engine.codegen import generated_code
from engine.codegen.lowering import counted

WEIGHT = 0.125
"""Its multiples are exact, so that the order of additions does not matter."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits also for small networks."""
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)


def build(threads: int = 1, precision: str = "double", weights: Any = WEIGHT, **options: Any) -> Network:
    """Delayed spikes of 700 neurons make v of the same ones jump; 70 of them inhibit."""
    net = Network(dt=0.1, seed=3)
    net.config(num_threads=threads, precision=precision)
    neuron = Neuron(
        parameters="tau = 5.0",
        equations="v += (4.0 - v) * 0.015625 + g_exc - g_inh",
        spike="v > 3.0",
        reset="v = 0.0",
        refractory=0.5,
    )
    pop = net.create(700, neuron)
    pop.v = np.arange(700) % 48 / 16
    synapse = options.pop("synapse", None)
    exc = net.connect(pop[:630], pop, "exc", synapse)
    exc.connect_fixed_probability(options.pop("p", 0.1), weights=weights, delays=options.pop("delays", 1.5))
    net.connect(pop[630:], pop, "inh").connect_fixed_probability(0.1, weights=4 * WEIGHT, delays=1.5)
    return net


def run(net: Network, duration: float = 20.0) -> dict[str, Any]:
    (pop,) = net.get_populations()
    monitor = net.monitor(pop, ["spike", "v", "g_exc"])
    net.compile(silent=True)
    net.simulate(duration)
    data = monitor.get()
    assert sum(map(len, data["spike"].values())) > 1000
    return data


def counts(net: Network) -> bool:
    """Are spikes of the first projection counted?"""
    return "synapses0_bits" in net._instance.arrays  # type: ignore[union-attr]


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, value in one.items():
        np.testing.assert_equal(other[name], value, err_msg=name)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_bits_and_lists_agree_on_any_number_of_threads(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for threads in (1, 2, 3):
        net = build(threads, precision)
        found.append(run(net))
        assert counts(net)
    monkeypatch.setattr(counted, "LEAST_NEURONS", 701)
    net = build(1, precision)
    lists = run(net)
    assert not counts(net)
    for bits in found:
        assert_equal(lists, bits)


def test_more_spikes_in_a_step_than_one_sum_holds() -> None:
    net = Network(dt=1.0, seed=1)
    neuron = Neuron(equations="v += 1.0\nx += g_exc", spike="v > 2.0", reset="v = 0.0")
    pop = net.create(600, neuron)
    net.connect(pop, pop, "exc").connect_all_to_all(weights=2.0)
    net.compile(silent=True)
    net.simulate(4.0)
    np.testing.assert_array_equal(pop.x, 2.0 * 599)


def test_switches_and_new_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def story() -> dict[str, Any]:
        net = build()
        (pop,), (exc, _) = net.get_populations(), net.get_projections()
        monitor = net.monitor(pop, ["spike", "v"])
        net.compile(silent=True)
        net.simulate(5.0)
        exc.transmission = False
        net.simulate(5.0)
        exc.transmission = True
        exc.w = 2 * WEIGHT
        net.simulate(5.0)
        pop.disable()
        net.simulate(2.0)
        pop.enable()
        net.simulate(5.0)
        assert exc.nb_synapses == sum(len(row) for row in exc.pre_ranks)
        return {**monitor.get(), "counts": counts(net)}

    bits = story()
    monkeypatch.setattr(counted, "LEAST_NEURONS", 701)
    lists = story()
    assert bits.pop("counts") and not lists.pop("counts")
    assert_equal(lists, bits)


def test_a_checkpoint_goes_on(tmp_path: Path) -> None:
    net = build()
    net.compile(silent=True)
    net.simulate(7.0)
    net.save_checkpoint(tmp_path / "net.npz")
    net.simulate(7.0)
    after = net.get_populations()[0].v
    other = build()
    other.compile(silent=True)
    other.load_checkpoint(tmp_path / "net.npz")
    other.simulate(7.0)
    np.testing.assert_array_equal(other.get_populations()[0].v, after)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": Uniform(0.0, 0.1)},
        {"p": 1 / 40},
        {"delays": Uniform(0.1, 1.5)},
        {"synapse": STDP()},
        {"synapse": Synapse(pre_spike="g_target += 2.0 * w")},
        {"synapse": Synapse(pre_spike="g_target += w : max=1.0")},
    ],
    ids=["weights", "sparse", "delays", "plastic", "expression", "bounds"],
)
def test_what_is_more_than_a_count_goes_through_lists(options: dict[str, Any]) -> None:
    net = build(**options)
    net.compile(silent=True)
    assert not counts(net)


@pytest.mark.parametrize("density", [0.1, 0.04])
def test_lists_are_made_of_bits_again(density: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once bits are compiled nobody holds lists; Python finds the synapses that were drawn."""
    net = build(p=density)
    exc = net.get_projections()[0]
    net.compile(silent=True)
    assert counts(net)
    synapses, joined = exc.nb_synapses, exc.connectivity.joined
    assert synapses > 0.9 * density * 630 * 699
    held = sum(array.nbytes for array in joined.arrays)
    assert held == 8 * 701 + 8 * 700 + 8 * (631 * 16 + 8), "offsets, and bits in whole lines"
    after = [cloudpickle.loads(cloudpickle.dumps(net)), net]
    net.monitor(net.get_populations()[0], "spike")
    net.simulate(3.0)
    assert sum(array.nbytes for array in joined.arrays) == held, "nor after a new plan"
    monkeypatch.setattr(counted, "LEAST_NEURONS", 701)
    lists = build(p=density)
    lists.compile(silent=True)
    assert not counts(lists)
    drawn = lists.get_projections()[0]
    for one in after:
        found = one.get_projections()[0]
        assert found.nb_synapses == synapses
        np.testing.assert_equal(found.pre_ranks, drawn.pre_ranks)
        np.testing.assert_equal(found.connectivity.joined.by_pre, drawn.connectivity.joined.by_pre)
    assert max(map(max, drawn.pre_ranks)) == 629, "neurons 630 .. 699 have rows without synapses"


def test_recorded_synapses_are_lists() -> None:
    net = build()
    net.compile(silent=True)
    assert counts(net)
    net = build()
    net.monitor(net.get_projections()[0], "w")
    net.compile(silent=True)
    assert not counts(net)


def test_counts_are_delivered_where_neurons_are_updated() -> None:
    net = build()
    net.compile(silent=True)
    text = generated_code(net)
    places = [text.index(name) for name in ("const auto neurons", "proj0.spike delivery", "pop0.equations")]
    assert places == sorted(places)
    assert text.count("const auto neurons") == 1, "delivery and update share a loop"


def test_what_sees_the_conductance_meanwhile_finds_it_delivered() -> None:
    """A later projection bounds the conductance: it must have got what the first one adds."""
    net = Network(dt=1.0, seed=1)
    neuron = Neuron(equations="v += 1.0\nx = g_exc", spike="v > 2.0", reset="v = 0.0")
    pop = net.create(100, neuron)
    net.connect(pop, pop, "exc").connect_all_to_all(weights=2.0)
    bounded = Synapse(pre_spike="g_target += w : max=50.0")
    net.connect(pop, pop, "exc", bounded).connect_one_to_one(weights=1.0)
    net.compile(silent=True)
    assert counts(net)
    net.simulate(4.0)
    np.testing.assert_array_equal(pop.x, 50.0)
