"""Operations over a population: what they see and when, in neurons and synapses (semantics.md 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import (
    EngineError,
    ModelError,
    Network,
    Neuron,
    Normal,
    PoissonPopulation,
    SpikeSourceArray,
    Synapse,
    Uniform,
)


@pytest.fixture
def net() -> Network:
    return Network(dt=1.0, seed=1)


NAMES = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "norm1": lambda x: np.abs(x).sum(),
    "norm2": lambda x: np.sqrt((x * x).sum()),
}


def observed(threads: int, size: int) -> dict[str, Any]:
    net = Network(dt=0.5, seed=3)
    net.config(num_threads=threads)
    lines = [f"m_{name} = {name}(x)" for name in NAMES]
    pop = net.create(size, Neuron(equations="\n".join(["x += Normal(0.0, 1.0)", *lines, "r = x - mean(x)"])))
    pop.x = Normal(0.0, 3.0)
    m = net.monitor(pop, ["x", "r", *(f"m_{name}" for name in NAMES)])
    net.compile(silent=True)
    net.simulate(5.0)
    return m.get()


@pytest.mark.parametrize("size", [1, 64, 65, 500])
def test_they_see_the_end_of_the_last_step(size: int) -> None:
    data = observed(1, size)
    for name, function in NAMES.items():
        got = data[f"m_{name}"][:, 0]
        assert got[0] == 0.0, "nothing was computed before the first step"
        np.testing.assert_allclose(got[1:], [function(x) for x in data["x"][:-1]], rtol=1e-12, atol=1e-14)


def test_the_number_of_threads_changes_no_bit() -> None:
    one = observed(1, 500)
    for threads in (2, 3):
        more = observed(threads, 500)
        for name, values in one.items():
            np.testing.assert_array_equal(values, more[name], err_msg=name)


def test_of_a_view_they_see_the_whole_population(net: Network) -> None:
    pre = net.create(4, Neuron(parameters="a = 0.0", equations="r = a"))
    pre.a = [1.0, 2.0, 3.0, 10.0]
    post = net.create(2, Neuron(equations="r = sum(exc)"))
    synapse = Synapse(psp="mean(pre.r)", equations="top = max(pre.r)\nall = norm1(pre.a) : projection")
    proj = net.connect(pre[:2], post, "exc", synapse).connect_one_to_one(weights=1.0)
    net.compile(silent=True)
    net.step()
    assert post.r.tolist() == [0.0, 0.0], "a psp sees the step before"
    assert (proj.top, proj.all) == ([[10.0], [10.0]], 16.0), "equations see this step"
    net.step()
    assert post.r.tolist() == [4.0, 4.0]


def test_delays_do_not_delay_them(net: Network) -> None:
    pre = net.create(2, Neuron(equations="r = t + 1.0"))
    post = net.create(1, Neuron(equations="r = sum(exc)"))
    net.connect(pre, post, "exc", Synapse(psp="mean(pre.r)", operation="max")).connect_all_to_all(1.0, 3.0)
    m = net.monitor(post, "r")
    net.compile(silent=True)
    net.simulate(4.0)
    assert m.get("r")[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_homogeneous_parameter_a_rate_and_whole_numbers(net: Network) -> None:
    neuron = Neuron(
        parameters="a = 2.5",
        equations="v = a\nn = t : int\nm = norm1(a)\nk = max(n)\nf = mean(r)",
        spike="v > 2",
    )
    pop = net.create(65, neuron)
    pop.compute_firing_rate(2.0)
    net.compile(silent=True)
    net.simulate(4.0)
    assert pop.m[0] == pytest.approx(65 * 2.5)
    assert pop.k[0] == 2.0
    assert pop.f[0] == 1000.0


def test_of_a_spike_source(net: Network) -> None:
    source = net.create(SpikeSourceArray([[0.0], []]))
    source.compute_firing_rate(10.0)
    post = net.create(1, Neuron(equations="v = 0", spike="v > 1"))
    synapse = Synapse(pre_spike="w += 0", equations="x = mean(pre.r)")
    proj = net.connect(source, post, "exc", synapse).connect_all_to_all(1.0)
    net.compile(silent=True)
    net.step()
    assert proj.x == [[50.0, 50.0]]


def test_reset_and_pause(net: Network) -> None:
    pop = net.create(3, Neuron(equations="x = t + 1\nr = mean(x)"))
    other = net.create(1, Neuron(equations="r = sum(exc)"))
    net.connect(pop, other, "exc", Synapse(psp="mean(pre.x)")).connect_all_to_all(1.0)
    net.compile(silent=True)
    net.simulate(3.0)
    assert pop.r[0] == 2.0
    pop.disable()
    net.simulate(2.0)
    assert other.r[0] == 9.0, "a disabled population keeps its mean of 3"
    pop.enable()
    net.reset()
    net.step()
    assert pop.r[0] == 0.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"equations": "r = mean(y)"}, "There is no local attribute y"),
        ({"parameters": "a = 1 : population", "equations": "r = mean(a)"}, "There is no local attribute a"),
        ({"equations": "r = mean(2*r)"}, "takes the name of one attribute"),
    ],
)
def test_errors(net: Network, fields: dict[str, str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        net.create(1, Neuron(**fields))


def test_errors_between_two_populations(net: Network) -> None:
    pop = net.create(1, Neuron(parameters="a = 1 : population", equations="r = a"))
    net.connect(pop, pop, "exc", Synapse(equations="x = mean(pre.a)")).connect_all_to_all(1.0)
    with pytest.raises(EngineError, match="There is no local attribute a"):
        net.compile(silent=True)


def test_random_networks_with_means_on_two_threads() -> None:
    def weights(threads: int) -> Any:
        net = Network(dt=1.0, seed=5)
        net.config(num_threads=threads)
        noise = net.create(PoissonPopulation(130, rates=80.0))
        noise.compute_firing_rate(20.0)
        pop = net.create(
            70, Neuron(equations="dv/dt = g_exc - 0.1*v - 0.01*mean(v)", spike="v > 1", reset="v = 0")
        )
        synapse = Synapse(equations="dw/dt = 0.001*(post.v - mean(post.v))*(pre.r - mean(pre.r)) : min=0.0")
        proj = net.connect(noise, pop, "exc", synapse).connect_fixed_probability(
            0.2, weights=Uniform(0.0, 0.2)
        )
        net.compile(silent=True)
        net.simulate(100.0)
        return np.concatenate(proj.w)

    np.testing.assert_array_equal(weights(1), weights(2))
