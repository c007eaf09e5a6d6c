"""Terms of synapses that follow from one neuron are computed once for it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, Synapse, Uniform
from engine.codegen import build
from engine.codegen.interpreter import Interpreter
from engine.codegen.ir import Each, EachEvent, Function, Kernel
from engine.codegen.lowering import lower, network
from engine.codegen.traverse import expressions_of

RATE = Neuron(parameters="b = 0.1", equations="r = 0.5*r + 0.1*sum(exc) + b")
SPIKE = Neuron(
    parameters="b = 0.1",
    equations="""
        dv/dt = b - 0.1*v + 0.01*g_exc
        u = 0.9*u + 0.1*v
    """,
    spike="v > 1.0",
    reset="v = 0.0",
)
SUM = Synapse(psp="w * tanh(pre.r) / (1.0 + pre.r^1.5)")
DELAYED = Synapse(psp="w * exp(-pre.r)")
LEARNS = Synapse(
    equations="""
        factor = exp(pre.r)
        dw/dt = 0.001*(factor*post.r/(1.0 + exp(-post.r)) - w*log(1.0 + pre.r))
    """,
    psp="w * tanh(pre.r)",
)
VOLTAGE = Synapse(
    parameters="tau = 5.0 : projection",
    equations="tau*dx/dt = -x",
    pre_spike="x += w",
    psp="x / (1.0 + 0.3*exp(-0.5*post.u))",
)
OWN = Synapse(psp="tanh(w * pre.r)")


@pytest.fixture(autouse=True)
def warnings_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that only terms used are not left behind."""
    monkeypatch.setattr(build, "FLAGS", (*build.FLAGS, "-Werror"))


def net_of(
    synapse: Synapse, threads: int = 1, dense: bool = False, probability: float = 0.3, **given: Any
) -> Network:
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=threads)
    neuron = SPIKE if synapse is VOLTAGE else RATE
    pre, post = net.create(40, neuron), net.create(33, neuron)
    pre.b, post.b = np.linspace(0.1, 0.9, 40), np.linspace(0.2, 0.5, 33)
    projection = net.connect(pre, post, "exc", synapse)
    weights = Uniform(0.0, 0.1)
    if dense:
        projection.all_to_all(weights, **given)
    else:
        projection.fixed_probability(probability, weights, **given)
    net.compile(silent=True)
    return net


def state(net: Network) -> list[Any]:
    post, projection = net.populations[1], net.projections[0]
    return [post.v if "v" in post.attributes else post.r, np.concatenate(projection.w)]


def kernels_with_functions(net: Network) -> list[Kernel]:
    kernels = [entry.work for entry in lower(net, 1).plan.schedule if isinstance(entry.work, Kernel)]
    return [k for k in kernels if any(isinstance(e, Function) and e.name != "fma" for e in expressions_of(k))]


CASES = [(SUM, {}), (SUM, {"dense": True}), (DELAYED, {"delays": 3.0}), (LEARNS, {}), (VOLTAGE, {})]
IDS = ["sum", "dense", "delayed", "learns", "voltage"]


@pytest.mark.parametrize(("synapse", "given"), [CASES[0], CASES[1], CASES[4]], ids=[IDS[0], IDS[1], IDS[4]])
def test_functions_are_computed_for_neurons(synapse: Synapse, given: dict[str, Any]) -> None:
    found = kernels_with_functions(net_of(synapse, **given))
    assert found
    assert all(isinstance(kernel.domain, Each | EachEvent) for kernel in found)


@pytest.mark.parametrize(("synapse", "given"), CASES, ids=IDS)
def test_results_are_those_of_functions_at_synapses(
    synapse: Synapse, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without arrays of terms, and on several threads."""
    net = net_of(synapse, **given)
    net.simulate(30.0)
    found = state(net)
    for threads in (2, 3):
        other = net_of(synapse, threads, **given)
        other.simulate(30.0)
        for a, b in zip(found, state(other), strict=True):
            np.testing.assert_array_equal(a, b)
    monkeypatch.setattr(network, "share_terms", lambda lowered: lowered)
    plain = net_of(synapse, **given)
    assert len(plain.instance._plan.schedule) < len(net.instance._plan.schedule)
    plain.simulate(30.0)
    for a, b in zip(found, state(plain), strict=True):
        assert np.ptp(a) > 1e-4
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_sum_of_each_step_is_that_of_numpy() -> None:
    net = net_of(SUM)
    pre, post = net.populations
    weights = np.zeros((33, 40))
    for dendrite in net.projections[0]:
        weights[dendrite.post_rank, dendrite.pre_ranks] = dendrite.w
    a, b = np.zeros(40), np.zeros(33)
    for _ in range(5):
        total = weights @ (np.tanh(a) / (1.0 + a**1.5))
        a, b = 0.5 * a + pre.b, 0.5 * b + 0.1 * total + post.b
        net.simulate(1.0)
        np.testing.assert_allclose(post.r, b, rtol=1e-12)


@pytest.mark.parametrize(("synapse", "given"), CASES, ids=IDS)
def test_interpreter_agrees(synapse: Synapse, given: dict[str, Any]) -> None:
    net = net_of(synapse, **given)
    instance = net.instance
    arrays = copy.deepcopy(instance.arrays)
    Interpreter(instance._plan, arrays, lower(net).sizes).run([0, 0, 0], 12)
    net.simulate(12.0)
    compared = [
        name for name in arrays if name.startswith(("proj", "pop")) and arrays[name].dtype.kind == "f"
    ]
    assert len(compared) > 3
    for name in compared:
        np.testing.assert_allclose(instance.arrays[name], arrays[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_what_belongs_to_the_synapse_stays_there() -> None:
    net = net_of(OWN)
    assert not any(name.startswith("terms") for name in (b.name for b in lower(net, 1).plan.buffers))


def test_few_synapses_keep_their_functions() -> None:
    """An array for forty neurons costs more than functions at a few synapses."""
    net = net_of(SUM, probability=0.02)
    assert net.projections[0].nb_synapses < 80
    assert not any(b.name.startswith("terms") for b in lower(net, 1).plan.buffers)
