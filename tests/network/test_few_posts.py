"""Spikes onto a few neurons, of which the text has the number, give what spikes onto many give."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine import STDP, STP, Network, Neuron, PoissonPopulation, Synapse, Uniform
from engine.codegen import generated_code
from engine.codegen.access import place_barriers
from engine.codegen.few_posts import followers
from engine.codegen.interpreter import Interpreter
from engine.codegen.ir import Kernel, Load, Op, Store, Symbol
from engine.codegen.lowering import lower
from engine.codegen.passes import fold_constants, hoist_uniform, rewrite
from engine.codegen.plan import FEW

NEURON = Neuron(
    equations="10.0 * dv/dt = -v + g_exc\n5.0 * dg_exc/dt = -g_exc", spike="v > 1.0", reset="v = 0"
)
RESTING = Neuron(
    equations="10.0 * dv/dt = -v + g_exc + 0.1 * Normal(0.0, 1.0)\n5.0 * dg_exc/dt = -g_exc",
    spike="v > 1.0",
    reset="v = 0",
    refractory=3.0,
)
READS_PRE = Synapse(
    equations="15.0 * dx/dt = -x : event-driven\n12.0 * dy/dt = -y : event-driven",
    pre_spike="g_target += w * (1 + x)\nx += 0.1\nw = clip(w - y * x, 0.0, 1.0)",
    post_spike="w = clip(w + 0.3 * x, 0.0, 1.0)\ny += 0.07",
)
LEARNS_IN_EACH_STEP = Synapse(
    parameters="tau = 20.0 : projection",
    equations="""
        tau * dx/dt = -x
        w = if post.v > 0.5: clip(w + 0.01 * x * post.v, 0, 0.6) else: w - 0.001 * w
    """,
    pre_spike="g_target += w\nx += 1.0",
)
RULES = {
    "pairs": lambda: STDP(tau_plus=13.0, tau_minus=29.0, A_plus=0.02, A_minus=0.03),
    "instantaneous": lambda: STDP(tau_plus=1e-3, tau_minus=1e-3, A_plus=0.02, A_minus=0.03),
    "depression": lambda: STP(tau_rec=90.0, tau_facil=40.0, U=0.4),
    "reads its trace": lambda: READS_PRE,
    "in each step": lambda: LEARNS_IN_EACH_STEP,
    "continuous": lambda: Synapse(equations="5.0 * dg/dt = -g", pre_spike="g += w", psp="0.1 * g"),
    "static": lambda: None,
}


def net_of(
    rule: str, number: int, density: float, threads: int = 1, neuron: Neuron = NEURON, **settings: Any
) -> Network:
    net = Network(dt=0.5, seed=3)
    net.config(num_threads=threads, **settings)
    noise = net.create(PoissonPopulation(150, rates=60.0))
    pop = net.create(number, neuron, name="pop")
    proj = net.connect(noise, pop, "exc", RULES[rule](), name="proj")
    if density == 1.0:
        proj.all_to_all(weights=Uniform(0.1, 0.3))
    else:
        proj.fixed_probability(density, weights=Uniform(0.2, 0.6))
    back = net.connect(pop, pop, "exc", name="back")
    back.all_to_all(weights=0.05, allow_self_connections=True)
    net.monitor(pop, ["spike", "v"])
    net.compile(silent=True)
    return net


def state(net: Network) -> dict[str, Any]:
    found = {f"{p.name}.{n}": p.get(n) for p in net.populations for n in p.attributes}
    for proj in net.projections:
        for variable in proj.model.variables:
            rows = getattr(proj, variable.name)
            flat = [np.ravel(row) for row in rows] if isinstance(rows, list) else [np.ravel(rows)]
            found[f"{proj.name}.{variable.name}"] = np.concatenate(flat)
    return found


def check_same(one: Network, other: Network) -> None:
    expected = state(other)
    for name, values in state(one).items():
        assert np.array_equal(values, expected[name]), name


@pytest.fixture
def taken_for_many(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a network of few neurons as if they were many."""

    def made(*given: Any, **settings: Any) -> Network:
        few = generated_code(net_of(*given, **settings))
        with monkeypatch.context() as patch:
            patch.setattr("engine.codegen.lowering.neurons.FEW", 0)
            net = net_of(*given, **settings)
            assert generated_code(net) != few
        return net

    return made


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("number", "density"), [(1, 1.0), (3, 0.5), (FEW - 1, 1.0)])
def test_few_neurons_are_like_many(rule: str, number: int, density: float, taken_for_many: Any) -> None:
    """The same bits as without all that is known of few neurons."""
    few, many = net_of(rule, number, density), taken_for_many(rule, number, density)
    few.simulate(150.0)
    many.simulate(150.0)
    check_same(few, many)
    spikes = few.get(few.monitors[0]).get("spike")
    assert spikes == many.get(many.monitors[0]).get("spike")
    assert sum(map(len, spikes.values())) > 5


@pytest.mark.parametrize("number", [1, 2, 5])
def test_resting_neurons_and_draws(number: int, taken_for_many: Any) -> None:
    few = net_of("pairs", number, 1.0, neuron=RESTING)
    many = taken_for_many("pairs", number, 1.0, neuron=RESTING)
    few.simulate(150.0)
    many.simulate(150.0)
    check_same(few, many)
    assert sum(map(len, few.get(few.monitors[0]).get("spike").values())) > 5


@pytest.mark.parametrize("rule", ["pairs", "reads its trace", "in each step", "continuous", "static"])
@pytest.mark.parametrize("density", [1.0, 0.5])
def test_bits_depend_neither_on_calls_nor_on_threads(rule: str, density: float) -> None:
    whole = net_of(rule, 3, density)
    whole.simulate(60.0)
    for threads, part in ((1, 0.5), (2, 30.0), (3, 5.0)):
        net = net_of(rule, 3, density, threads=threads)
        for _ in range(int(60.0 / part)):
            net.simulate(part)
        check_same(whole, net)


@pytest.mark.parametrize("rule", ["pairs", "reads its trace", "instantaneous"])
@pytest.mark.parametrize("precision", ["double", "float"])
def test_the_interpreter_computes_the_same(rule: str, precision: str) -> None:
    net = net_of(rule, 2, 1.0, precision=precision)
    instance: Any = net.instance
    arrays = {name: array.copy() for name, array in instance.arrays.items()}
    lowered = lower(net)
    Interpreter(instance._plan, arrays, lowered.sizes).run([0, 0, 0], 60)
    net.simulate(30.0)
    tolerance = 1e-4 if precision == "float" else 1e-11
    for name, array in instance.arrays.items():
        recorded = name.startswith("mon")
        if name not in instance._plan.scratch and not recorded and array.dtype.kind == "f":
            np.testing.assert_allclose(arrays[name], array, rtol=tolerance, atol=1e-6, err_msg=name)


# --- one pass over the spikes instead of two ------------------------------------------------------------


def joined(rule: str, change: Any = None) -> int:
    """How many kernels are done with the one before."""
    plan = lower(net_of(rule, 1, 1.0)).plan
    if change is not None:
        entries = tuple(
            dataclasses.replace(entry, work=change(entry.work)) if isinstance(entry.work, Kernel) else entry
            for entry in plan.schedule
        )
        plan = dataclasses.replace(plan, schedule=entries)
    return len(followers(place_barriers(hoist_uniform(fold_constants(plan)))))


def changed(name: str, change: Any) -> Any:
    def of(kernel: Kernel) -> Kernel:
        return change(kernel) if kernel.name.endswith(name) else kernel

    return of


TRACES = "traces of arriving spikes"


@pytest.mark.parametrize(("rule", "passes"), [("pairs", 1), ("reads its trace", 1), ("static", 0)])
def test_traces_are_done_with_the_delivery(rule: str, passes: int) -> None:
    assert joined(rule) == passes
    net = net_of(rule, 1, 1.0)
    loops = generated_code(net).count("for (int64_t event = ")
    net.profiling = True
    assert not followers(lower(net).plan)
    assert loops > 0


def test_what_would_change_the_order_is_done_after_the_delivery() -> None:
    """Whatever reads what the other pass writes anywhere but at the neuron of the spike."""
    assert joined("pairs", changed(TRACES, lambda k: dataclasses.replace(k, condition=None))) == 0
    at_first = Load("synapses0_scaled_x", Symbol("post", "int"))

    def reads_at_post(kernel: Kernel) -> Kernel:
        return rewrite(
            kernel, lambda e: Op("+", (e, at_first)) if isinstance(e, Load) and e.array == "proj0_w" else e
        )

    assert joined("pairs", changed("spike delivery", reads_at_post)) == 0

    def writes_weights(kernel: Kernel) -> Kernel:
        return dataclasses.replace(
            kernel, body=(*kernel.body, Store("proj0_w", Symbol("i", "int"), at_first))
        )

    assert joined("pairs", changed(TRACES, writes_weights)) == 0
