"""Parameters and variables as objects."""

from __future__ import annotations

import numpy as np
import pytest

from engine import (
    Constant,
    EngineError,
    ModelError,
    Network,
    Neuron,
    Parameter,
    Synapse,
    Uniform,
    Variable,
)


@pytest.fixture
def net() -> Network:
    return Network(dt=1.0, seed=1)


def test_a_dict_of_parameters_is_global_unless_it_says_otherwise(net: Network) -> None:
    big = Constant("big", 7.0)
    neuron = Neuron(
        parameters={
            "tau": 10.0,
            "a": Parameter(2, locality="local"),
            "n": Parameter(3.7, type="int"),
            "on": True,
            "c": big,
            "d": "big",
            "u": Parameter(Uniform(5.0, 6.0), "local"),
            "v0": Parameter(Uniform(5.0, 6.0)),
        },
        equations="r = a + n",
    )
    pop = net.create(20, neuron)
    assert (pop.tau, pop.n, pop.on, pop.c, pop.d) == (10.0, 3, True, 7.0, 7.0)
    assert pop.a.tolist() == [2.0] * 20
    assert len(set(pop.u.tolist())) == 20 and 5.0 < pop.u.min() < pop.u.max() < 6.0
    assert 5.0 < pop.v0 < 6.0
    net.compile(silent=True)
    net.step()
    assert pop.r[0] == 5.0


def test_a_list_of_equations(net: Network) -> None:
    Constant("begin", 2.5)
    neuron = Neuron(
        parameters={"tau": 4.0, "start": 3.0},
        equations=[
            Variable("tau*dx/dt + x = 8", init=4.0, method="exponential"),
            Variable("y = x", min=5, max="tau + 1"),
            Variable("s += 1", init="start", locality="global"),
            Variable("k = 2.9", type="int"),
            Variable("b += 0", init="begin"),
            Variable("z += 0", init=Uniform(1.0, 2.0)),
            "r = x + y : max=100.0",
        ],
    )
    pop = net.create(3, neuron)
    net.compile(silent=True)
    net.step()
    assert pop.x[0] == pytest.approx(8.0 - 4.0 * np.exp(-0.25), rel=1e-12)
    assert (pop.y[0], pop.s, pop.k[0]) == (5.0, 4.0, 2)
    assert pop.b[0] == 2.5
    assert len({*pop.z.tolist()}) == 3 and pop.z.min() > 1.0
    net.reset()
    assert (pop.x[0], pop.s) == (4.0, 3.0)


def test_spikes_and_synapses(net: Network) -> None:
    neuron = Neuron(
        parameters={"top": 1.5},
        equations=Variable("v += 1 + g_exc"),
        spike="v > top",
        reset=["v = 0", "g_exc = 0"],
    )
    synapse = Synapse(
        parameters={
            "up": 0.5,
            "each": Parameter(Uniform(1.0, 2.0), "local"),
            "rate": Parameter(3.0, "semiglobal"),
        },
        equations=[Variable("x = up + rate", init=1.0), Variable("m = rate", locality="semiglobal")],
        pre_spike=["g_target += w", "n += 1"],
        post_spike=[Variable("w += up", max=2)],
    )
    pop = net.create(2, neuron)
    proj = net.connect(pop, pop, "exc", synapse).connect_one_to_one(weights=0.25)
    net.compile(silent=True)
    net.run_steps(5)
    assert proj.x == [[3.5], [3.5]]
    assert proj.w[0][0] > 0.25 and proj.n[0][0] > 0
    assert 1.0 < proj.each[0][0] != proj.each[1][0] < 2.0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"parameters": {"a": [1.0, 2.0]}}, "N, a: a number is needed, not list"),
        ({"parameters": {"a": Parameter(1.0, "everywhere")}}, "locality 'everywhere' is not one of"),  # type: ignore[arg-type]
        ({"parameters": {"a": Parameter(1.0, type="text")}}, "type 'text' is not one of"),
        ({"parameters": ["a = 1"]}, "parameters must be text, not list"),
        ({"equations": [1.0]}, "equations must be text, not list"),
        ({"spike": ["v > 1"]}, "spike must be text"),
    ],
)
def test_errors(fields: dict[str, object], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Neuron(name="N", **fields)


def test_mistakes_in_the_text_of_objects(net: Network) -> None:
    with pytest.raises(ModelError, match=r"postsynaptic.*forbidden"):
        net.create(1, Neuron(parameters={"a": Parameter(1.0, "semiglobal")}, equations="r = a"))
    with pytest.raises(ModelError, match="cannot depend on x"):
        net.create(1, Neuron(equations=["x = 1", Variable("r = x", locality="global")]))
    with pytest.raises(EngineError, match="its initial value 'nothing' is no parameter"):
        net.create(1, Neuron(equations=[Variable("r = 1", init="nothing")]))
