"""Models and networks at the edge of what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import STDP, EngineError, ModelError, Network, Neuron, SpikeSourceArray, Synapse

SILENT = Neuron(equations="v = g_exc", spike="v > 1000.0")


@pytest.fixture(params=[1, 2])
def net(request: Any) -> Network:
    network = Network(dt=1.0, seed=3)
    network.config(num_threads=request.param)
    return network


def test_random_terms_of_the_population(net: Network) -> None:
    pop = net.create(70, Neuron(equations="g = Uniform(1.0, 2.0) : population\nr = Uniform(0.0, 1.0) + g"))
    m = net.monitor(pop, ["g", "r"])
    net.compile(silent=True)
    net.simulate(50.0)
    drawn = m.get("g")
    assert drawn.shape == (50,) and len(set(drawn)) == 50 and 1.0 <= drawn.min() <= drawn.max() < 2.0
    own = m.get("r") - drawn[:, None]
    assert own.min() >= 0.0 and own.max() <= 1.0 and abs(own.mean() - 0.5) < 0.02


def test_a_spike_may_change_postsynaptic_variables(net: Network) -> None:
    source, post = net.create(SpikeSourceArray([[1.0, 2.0], [2.0]])), net.create(70, SILENT)
    synapse = Synapse(equations="n = n : postsynaptic", pre_spike="n += 1.0 : max=2.5")
    proj = net.connect(source, post, "exc", synapse).connect_all_to_all(weights=1.0)
    net.compile(silent=True)
    net.simulate(3.0)
    assert set(proj.n) == {1.0}
    net.simulate(1.0)
    assert set(proj.n) == {2.5}, "the second and third spike, one after the other, within the bound"


def test_post_spikes_may_change_postsynaptic_variables(net: Network) -> None:
    pre, post = net.create(3, SILENT), net.create(70, Neuron(equations="v += 1.0", spike="v > 1.5"))
    synapse = Synapse(equations="n = n : postsynaptic", pre_spike="g_target += w", post_spike="n += 1.0")
    proj = net.connect(pre, post, "exc", synapse).connect_all_to_all(weights=1.0)
    net.compile(silent=True)
    net.simulate(3.0)
    assert set(proj.n) == {6.0}, "two spikes, three synapses"


@pytest.mark.parametrize("field", ["pre_spike", "post_spike"])
def test_events_do_not_change_what_is_shared(field: str) -> None:
    net = Network()
    source, post = net.create(SpikeSourceArray([1.0])), net.create(2, SILENT)
    synapse = Synapse(parameters="n = 0.0 : projection", **{field: "n += 1.0"})
    with pytest.raises(ModelError, match=rf"{field}, line 1, column 1: 'n' has one value for the whole"):
        net.connect(source, post, "exc", synapse)
    neuron = Neuron(
        parameters="n = 0.0 : population", equations="v = n", spike="v > 1", reset="v = 0\nn += 1"
    )
    with pytest.raises(ModelError, match="reset, line 2, column 1: 'n' has one value for the whole"):
        net.create(2, neuron)


def test_reading_an_input_while_it_is_summed_is_an_error() -> None:
    net = Network()
    rate = net.create(3, Neuron(equations="r = sum(exc)"), name="rate")
    net.connect(rate, rate, "exc", Synapse(psp="w * pre.sum(exc)")).connect_all_to_all(weights=1.0)
    with pytest.raises(EngineError, match=r"pre\.sum\(exc\) is read while .* equations of rate"):
        net.compile(silent=True)
    net = Network()
    pop = net.create(3, SILENT, name="pop")
    net.connect(pop, pop, "exc", Synapse(psp="w * pre.g_exc")).connect_all_to_all(weights=1.0)
    with pytest.raises(EngineError, match=r"pre\.g_exc is read while .* equations of pop"):
        net.compile(silent=True)


def test_remainders_of_zero_and_minus_one_are_zero(net: Network) -> None:
    pop = net.create(3, Neuron(equations="n = t - 1.0\nr = modulo(7.0, n) + modulo(-1e30, n)"))
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    net.simulate(2.0)
    assert m.get("r")[:, 0].tolist() == [0.0, 0.0]


def test_a_projection_without_synapses(net: Network) -> None:
    source, post = net.create(SpikeSourceArray([[1.0]] * 3)), net.create(70, SILENT)
    proj = net.connect(source, post, "exc", STDP()).connect_fixed_probability(0.0, weights=1.0, delays=3.0)
    m = net.monitor(proj, "w", period=2.0)
    net.compile(silent=True)
    net.simulate(4.0)
    assert proj.nb_synapses == 0 and proj.w == []
    assert np.shape(m.get("w")) == (2, 0, 0)
