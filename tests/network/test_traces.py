"""Event-driven variables that neurons share give what synapses with variables of their own give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import (
    STDP,
    STP,
    DiscreteUniform,
    Network,
    Neuron,
    PoissonPopulation,
    SpikeSourceArray,
    Synapse,
    Uniform,
)
from engine.codegen.access import place_barriers
from engine.codegen.interpreter import Interpreter
from engine.codegen.lowering import lower
from engine.codegen.passes import fold_constants, hoist_uniform
from engine.network import Projection
from engine.runtime.buffers import filled

NEURON = Neuron(
    equations="10.0 * dv/dt = -v + g_exc\n5.0 * dg_exc/dt = -g_exc", spike="v > 1.0", reset="v = 0"
)

TRIPLET = Synapse(
    parameters="tau_1 = 17.0 : projection\ntau_2 = 101.0 : projection\nA = 0.002 : projection",
    equations="""
        tau_1 * dr1/dt = -r1 : event-driven
        tau_2 * dr2/dt = -r2 : event-driven
        33.7 * do1/dt = -o1 : event-driven
        125.0 * do2/dt = -o2 : event-driven
    """,
    pre_spike="""
        g_target += w
        w -= A * o1 * (1.0 + 2.0 * r2) : min=0.0
        r1 += 1
        r2 += 1
    """,
    post_spike="""
        w += A * r1 * (1.0 + 3.0 * o2) : max=1.0
        o1 += 1
        o2 += 1
    """,
)
SATURATING = Synapse(
    parameters="tau = 15.0\nlimit = 0.03 : projection",
    equations="tau * dx/dt = 0.01 - x : event-driven, init=0.01\n12.0 * dy/dt = -y : event-driven",
    pre_spike="g_target += w * (1 + x)\nx = x + 0.02 * (1 - x) : max=limit\nw = clip(w - y * x, 0.0, 1.0)",
    post_spike="w = clip(w + 0.3 * x, 0.0, 1.0)\ny += 0.7",
)
RULES = {
    "pairs": lambda: STDP(tau_plus=13.0, tau_minus=29.0, A_plus=0.02, A_minus=0.03),
    "depression": lambda: STP(tau_rec=90.0, tau_facil=40.0, U=0.4),
    "triplets": lambda: TRIPLET,
    "saturating": lambda: SATURATING,
    "instantaneous": lambda: STDP(tau_plus=1e-3, tau_minus=1e-3, A_plus=0.02, A_minus=0.03),
    "lasting": lambda: STDP(tau_plus=1e300, tau_minus=5e4, A_plus=0.001, A_minus=0.001),
}


def net_of(
    rule: Synapse, separate: bool, delay: Any = 1.0, threads: int = 1, dt: float = 0.5, **settings: Any
) -> tuple[Network, Projection]:
    net = Network(dt=dt, seed=3)
    net.config(num_threads=threads, **settings)
    noise = net.create(PoissonPopulation(90, rates=60.0))
    pop = net.create(70, NEURON, name="pop")
    proj = net.connect(noise, pop, "exc", rule, name="proj")
    proj.fixed_probability(0.3, weights=Uniform(0.3, 0.6), delays=delay)
    if separate:
        proj.widened |= {v.name for v in proj.model.variables} - {"w"}
    net.monitor(pop, "spike", name="spikes")
    net.compile(silent=True)
    return net, proj


def both(rule: str, **settings: Any) -> tuple[tuple[Network, Projection], tuple[Network, Projection]]:
    shared, separate = (net_of(RULES[rule](), flag, **settings) for flag in (False, True))
    assert has_traces(shared[1])
    assert not has_traces(separate[1])
    return shared, separate


def has_traces(proj: Projection) -> bool:
    instance = proj.network.refresh()
    assert instance.has_internal(proj, "last_pre") is not instance.has_internal(proj, "event")
    return instance.has_internal(proj, "last_pre")


def variables(proj: Projection) -> dict[str, Any]:
    names = [v.name for v in proj.model.variables]
    return {name: np.concatenate([np.ravel(row) for row in getattr(proj, name)]) for name in names}


def check_same(one: Projection, other: Projection) -> None:
    for name, values in variables(one).items():
        np.testing.assert_allclose(values, variables(other)[name], rtol=1e-11, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_shared_values_are_those_of_single_synapses(rule: str, dt: float) -> None:
    (net, proj), (other, expected) = both(rule, dt=dt)
    for duration in (60.0, 7.0, 233.0):
        net.simulate(duration)
        other.simulate(duration)
        check_same(proj, expected)
        assert duration != 60.0 or len(np.unique(variables(proj)["w"])) > 300, "weights are not at bounds"
    fired = net.get(net.monitors[0]).get("spike")
    assert fired == other.get(other.monitors[0]).get("spike")
    assert sum(len(times) for times in fired.values()) > 30


@pytest.mark.parametrize("rule", ["pairs", "triplets", "saturating"])
def test_bits_depend_neither_on_calls_nor_on_threads(rule: str) -> None:
    whole, proj = net_of(RULES[rule](), False)
    whole.simulate(150.0)
    for threads, part in ((1, 0.5), (2, 75.0), (3, 5.0)):
        net, other = net_of(RULES[rule](), False, threads=threads)
        for _ in range(int(150.0 / part)):
            net.simulate(part)
        for name, values in variables(proj).items():
            assert np.array_equal(values, variables(other)[name]), (name, threads)


@pytest.mark.parametrize("rule", ["pairs", "triplets", "saturating", "depression"])
def test_the_interpreter_computes_the_same(rule: str) -> None:
    net, _ = net_of(RULES[rule](), False, delay=2.0)
    lowered = lower(fresh := net_of(RULES[rule](), False, delay=2.0)[0])
    plan = place_barriers(hoist_uniform(fold_constants(lowered.plan)))
    instance = fresh.refresh()
    buffers = {name: filled(array, array.size, array.dtype) for name, array in instance.arrays.items()}
    with np.errstate(all="ignore"):
        Interpreter(plan, buffers, lowered.sizes).run((0, 0, 0), 60)
    net.simulate(30.0)
    live = net.refresh().arrays
    assert live["pop1_v"].any()
    for name in (n for n in buffers if n.startswith(("proj", "synapses", "pop"))):
        np.testing.assert_allclose(buffers[name], live[name], rtol=1e-11, err_msg=name)


def test_recorded_values_are_those_of_single_synapses() -> None:
    recorded = []
    for separate in (False, True):
        net, proj = net_of(RULES["triplets"](), separate)
        monitor = net.monitor(proj, ["w", "r1", "o2"], period=5.0)
        dendrite = net.monitor(proj.dendrite(3), ["r2", "o1"])
        net.simulate(80.0)
        data = {**monitor.get(), **dendrite.get()}
        recorded.append({name: np.array([np.hstack(row) for row in rows]) for name, rows in data.items()})
        assert has_traces(proj) is not separate
    for name, values in recorded[0].items():
        np.testing.assert_allclose(values, recorded[1][name], rtol=1e-11, err_msg=name)
        assert np.ptp(values) > 0.0


def write_some(proj: Projection) -> None:
    proj.x = [[0.001 * k for k in range(len(row))] for row in proj.x]


def write_one(proj: Projection) -> None:
    proj.dendrite(2).y = -0.5


def write_all(proj: Projection) -> None:
    proj.x = 0.25


def go_back(proj: Projection) -> None:
    proj.network.set_current_step(11)


def vary_tau(proj: Projection) -> None:
    proj.tau = [[10.0 + k for k in range(len(row))] for row in proj.w]


def change_tau(proj: Projection) -> None:
    proj.tau = 3.0


@pytest.mark.parametrize("act", [write_some, write_one, write_all, go_back, vary_tau, change_tau])
def test_what_neurons_cannot_share_goes_to_the_synapses(act: Callable[[Projection], None]) -> None:
    (net, proj), (other, expected) = both("saturating")
    for one in (net, other):
        one.simulate(50.0)
    act(proj)
    act(expected)
    assert not has_traces(proj)
    check_same(proj, expected)
    for one in (net, other):
        one.simulate(50.0)
    check_same(proj, expected)


def keep(proj: Projection) -> None:
    pass


def clear_traces(proj: Projection) -> None:
    proj.x = 0.0
    proj.y = 0.0


def same_tau(proj: Projection) -> None:
    proj.tau_plus = 13.0


def rest_and_change_tau(proj: Projection) -> None:
    clear_traces(proj)
    proj.tau_plus = 3.0
    proj.tau_minus = 50.0


def skip_time(proj: Projection) -> None:
    proj.network.set_current_step(proj.network.current_step + 25)


def reset_time(proj: Projection) -> None:
    proj.network.reset()
    proj.network.simulate(20.0)


def reset_all(proj: Projection) -> None:
    proj.network.reset(projections=True)
    assert not np.any(variables(proj)["x"])
    assert not np.any(variables(proj)["y"])


def reset_parameters(proj: Projection) -> None:
    proj.w_max = 0.4
    proj.reset(["tau_plus", "x", "w_max"])


def switch_off(proj: Projection) -> None:
    proj.transmission = False
    proj.network.simulate(9.0)
    proj.transmission = True
    proj.plasticity = False
    proj.network.simulate(9.0)
    proj.plasticity = True
    proj.post.disable()
    proj.network.simulate(9.0)
    proj.post.enable()


@pytest.mark.parametrize(
    "act",
    [
        keep,
        clear_traces,
        same_tau,
        rest_and_change_tau,
        skip_time,
        reset_time,
        reset_all,
        reset_parameters,
        switch_off,
    ],
)
def test_what_python_does_meanwhile(act: Callable[[Projection], None]) -> None:
    (net, proj), (other, expected) = both("pairs")
    for one in (proj, expected):
        one.network.simulate(50.0)
        act(one)
    check_same(proj, expected)
    for one in (net, other):
        one.simulate(50.0)
    check_same(proj, expected)
    assert has_traces(proj)


def test_long_traces_outlive_a_reset() -> None:
    """exp(-10000*dt/tau) is not nothing: synapses differ then by what happened before."""
    (net, proj), (other, expected) = both("lasting")
    for one in (net, other):
        one.simulate(50.0)
        one.reset()
        one.simulate(50.0)
    check_same(proj, expected)


@pytest.mark.parametrize("separate", [False, True])
def test_checkpoints_go_on(separate: bool, tmp_path: Path) -> None:
    net, proj = net_of(RULES["triplets"](), False)
    net.simulate(60.0)
    if separate:
        proj.dendrite(1).o1 = 0.7
    net.save_checkpoint(tmp_path / "point.npz")
    net.simulate(60.0)
    other, copy = net_of(RULES["triplets"](), False, threads=2)
    other.monitor(copy, "r1")
    other.simulate(13.0)
    other.load_checkpoint(tmp_path / "point.npz")
    assert has_traces(copy) is not separate
    other.simulate(60.0)
    for name, values in variables(proj).items():
        assert np.array_equal(values, variables(copy)[name]), name


def rule(pre: str, post: str = "", equations: str = "", parameters: str = "") -> Synapse:
    first = "10.0 * dx/dt = -x : event-driven\n20.0 * dy/dt = -y : event-driven\n"
    return Synapse(
        parameters=parameters, equations=first + equations, pre_spike=pre or None, post_spike=post or None
    )


X, Y = "g_target += w\nx += 1", "y += 1"


@pytest.mark.parametrize(
    ("synapse", "shared"),
    [
        (rule(X, Y), True),
        (rule("g_target += w\nx = 1", Y), True),
        (rule("g_target += w\nx += a * y0", Y, parameters="a = 1.0\ny0 = 2.0 : projection"), True),
        (rule(X + "\nx += t", Y), True),
        (rule(X + "\nw += y", Y + "\nw -= x"), True),
        (rule(X, "y = 1"), False),  # a synapse would have to know who fired last
        (rule(X, "y += 0.1 * y"), False),
        (rule(X, "y += 1 : max=2.0"), False),
        (rule(X, "y += w"), False),
        (rule(X + " + w", Y), False),
        (rule(X, Y + "\nx = 0"), False),
        (rule(X + "\ny *= 0.5", Y), False),
        (rule(X + "\nx += post.v", Y), False),
        (rule(X + "\nx += 0.1 * (t - t_post)", Y), False),
        (rule(X + " : unless_post", Y), False),
        (rule(X, Y, equations="dw/dt = 0.01 * x"), False),
        (rule("g_target += w\nx += 1\nx += y", Y), False),
    ],
)
def test_which_rules_are_shared(synapse: Synapse, shared: bool) -> None:
    net = Network(dt=1.0, seed=1)
    pre = net.create(SpikeSourceArray([[1.0, 4.0], [2.0]]))
    proj = net.connect(pre, net.create(3, NEURON), "exc", synapse).all_to_all(1.0)
    proj.draw()
    lowered = lower(net)
    assert (proj.id in lowered.traces) is shared
    assert bool(lowered.separate.get(proj.id, set()) - {"w"}) is not shared


@pytest.mark.parametrize("obstacle", ["delays", "initial values", "tau", "structural plasticity"])
def test_what_differs_between_synapses_is_not_shared(obstacle: str) -> None:
    net = Network(dt=1.0, seed=1)
    net.config(structural_plasticity=obstacle == "structural plasticity")
    source = SpikeSourceArray([[1.0, 4.0], [2.0]])
    synapse = Synapse(
        parameters="tau = 10.0",
        equations="tau * dx/dt = -x : event-driven",
        pre_spike="g_target += w\nx += 1",
    )
    proj = net.connect(net.create(source), net.create(3, NEURON), "exc", synapse)
    proj.all_to_all(1.0, delays=DiscreteUniform(1, 5) if obstacle == "delays" else 1.0)
    net.compile(silent=True)
    assert has_traces(proj) is (obstacle in ("initial values", "tau"))
    if obstacle == "tau":
        proj.tau = Uniform(5.0, 15.0)
    if obstacle == "initial values":
        proj.x = Uniform(5.0, 15.0)
    assert not has_traces(proj)


def test_synapses_onto_one_neuron_have_one_order() -> None:
    """No index leads from the neuron to its synapses, and the weights are those of a network that has one."""
    weights = []
    for number in (1, 2):
        net = Network(seed=5)
        inputs = net.create(PoissonPopulation(60, rates=40.0))
        output = net.create(number, NEURON)
        projection = net.connect(inputs, output[0:1], "exc", synapse=STDP(w_max=0.5, A_plus=0.002))
        projection.all_to_all(weights=Uniform(0.0, 0.4))
        net.compile()
        assert (f"synapses{projection.id}_in_index" in net._instance.arrays) == (number == 2)
        net.simulate(400.0)
        weights.append(np.array(projection.w[0]))
    assert len(np.unique(weights[0])) > 20, "weights are not at bounds"
    np.testing.assert_array_equal(weights[0], weights[1])
