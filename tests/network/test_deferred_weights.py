"""Weights that wait for post-synaptic spikes give what they give when each spike changes them at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import STDP, Constant, Network, Neuron, SpikeSourceArray, Synapse, Uniform
from engine.codegen.access import place_barriers
from engine.codegen.interpreter import Interpreter
from engine.codegen.lowering import lower
from engine.codegen.passes import fold_constants, hoist_uniform
from engine.network import Projection
from engine.runtime.buffers import filled

BURSTS = Neuron(
    parameters="rate = 0.02\nburst = 1.0", equations="p = Uniform(0, 1)", spike="p < rate * burst", reset=""
)
"""Fires by chance, whatever arrives."""


TWICE = Neuron(
    parameters="first = 0.0",
    equations="since = t - first",
    spike="fabs(since) < 0.05 or fabs(since - 500.0) < 0.05",
    reset="",
)


def pair_rule(post: str, pre: str = "w = clip(w + y, 0.0, 1.0)", tau: float = 20.0) -> Synapse:
    return Synapse(
        parameters=f"tau = {tau}\nlow = 0.0 : projection\nhigh = 1.0\na = 0.5 : projection",
        equations="tau * dx/dt = -x : event-driven\n30.0 * dy/dt = -y : event-driven",
        pre_spike=f"g_target += w\nx += 0.02\n{pre}",
        post_spike=f"{post}\ny -= 0.012",
    )


RULES: dict[str, Callable[[], Synapse]] = {
    "built-in": lambda: STDP(A_plus=0.02, A_minus=0.015, tau_plus=17.0),
    "reversed": lambda: STDP(A_plus=-0.02, A_minus=-0.015),
    "bounds": lambda: pair_rule("w += a * x / 0.7 : min=low, max=high"),
    "decrease": lambda: pair_rule("w = clip(w - 2 * (x * a), low, high)", "w = clip(w - y, 0.0, 1.0)"),
    "without bounds": lambda: pair_rule("w -= -x", "w = w + y"),
    "sum the other way": lambda: pair_rule("w = clip(0.3 * x + w, low, high)"),
    "short": lambda: pair_rule("w = clip(w + x, low, high)", tau=0.4),
    "long": lambda: pair_rule("w = clip(w + 0.1 * x, low, high)", tau=1e5),
}


def net_of(
    rule: Synapse, waiting: bool = True, threads: int = 1, **settings: Any
) -> tuple[Network, Projection]:
    net = Network(dt=0.1, seed=4)
    net.config(num_threads=threads, **settings)
    pre, post = net.create(80, BURSTS, name="pre"), net.create(140, BURSTS, name="post")
    pre.rate = Uniform(0.0, 0.02)
    post.rate = Uniform(0.0, 0.03)
    proj = net.connect(pre, post, "exc", rule, name="proj")
    proj.fixed_probability(0.4, weights=Uniform(0.2, 0.8), delays=0.3)
    if not waiting:
        proj.widened.add("w")
    net.compile(silent=True)
    assert waits(proj) is waiting
    return net, proj


def waits(proj: Projection) -> bool:
    instance = proj.network.refresh()
    assert instance.has_internal(proj, "seen") is not instance.has_internal(proj, "in_index")
    return instance.has_internal(proj, "seen")


def weights_of(proj: Projection) -> Any:
    return np.concatenate([np.ravel(row) for row in proj.w])


def check_same(one: Projection, other: Projection, rtol: float = 1e-11) -> None:
    for name in ("w", "x", "y"):
        values, expected = (np.concatenate([np.ravel(v) for v in getattr(p, name)]) for p in (one, other))
        np.testing.assert_allclose(values, expected, rtol=rtol, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("rule", RULES)
def test_weights_are_those_that_do_not_wait(rule: str) -> None:
    (net, proj), (other, expected) = (net_of(RULES[rule](), waiting) for waiting in (True, False))
    start = weights_of(proj)
    for duration in (7.0, 0.1, 120.0, 80.0):
        net.simulate(duration)
        other.simulate(duration)
        check_same(proj, expected)
    assert len(np.unique(weights_of(proj) - start)) > 2000


def test_floats_wait_as_well() -> None:
    one, other = (net_of(RULES["built-in"](), waiting, precision="float") for waiting in (True, False))
    for net, _ in (one, other):
        net.simulate(300.0)
    check_same(one[1], other[1], rtol=2e-4)


def bursts(proj: Projection) -> None:
    """Neurons fire more often than synapses remember, while some spikes arrive seldom."""
    net = proj.network
    net.simulate(20.0)
    proj.post.burst, proj.pre.burst = 30.0, 0.1
    net.simulate(30.0)
    proj.post.burst, proj.pre.burst = 0.02, 1.0
    net.simulate(200.0)


@pytest.mark.parametrize("rule", ["built-in", "short", "long"])
def test_bursts_and_silence(rule: str) -> None:
    one, other = (net_of(RULES[rule](), waiting)[1] for waiting in (True, False))
    for proj in (one, other):
        bursts(proj)
    check_same(one, other)


@pytest.mark.parametrize("rule", ["built-in", "short"])
def test_bits_depend_on_nothing_but_the_seed(rule: str) -> None:
    _, whole = net_of(RULES[rule]())
    bursts(whole)
    for threads in (1, 2, 3):
        net, proj = net_of(RULES[rule](), threads=threads)
        run, parts = net.simulate, 0

        def in_parts(duration: float, run: Any = run, proj: Projection = proj) -> None:
            nonlocal parts
            for _ in range(int(duration)):
                run(1.0)
                parts += 1
                if parts % 10 == 0:
                    assert np.all(weights_of(proj) <= 1.0)

        net.simulate = in_parts  # type: ignore[method-assign]
        bursts(proj)
        assert parts == 250
        assert np.array_equal(weights_of(proj), weights_of(whole)), threads


def test_the_interpreter_computes_the_same() -> None:
    fresh, _ = net_of(RULES["bounds"]())
    net, _ = net_of(RULES["bounds"]())
    lowered = lower(fresh)
    plan = place_barriers(hoist_uniform(fold_constants(lowered.plan)))
    instance = fresh.refresh()
    buffers = {name: filled(array, array.size, array.dtype) for name, array in instance.arrays.items()}
    Interpreter(plan, buffers, lowered.sizes).run((0, 0, 0), 120)
    net.simulate(12.0)
    live = net.refresh().arrays
    assert live["synapses0_seen"].any()
    for name in (n for n in buffers if n.startswith(("proj", "synapses"))):
        np.testing.assert_allclose(buffers[name], live[name], rtol=1e-11, err_msg=name)


def test_recorded_weights_do_not_wait() -> None:
    recorded = []
    for waiting in (True, False):
        net, proj = net_of(RULES["built-in"](), waiting)
        monitor, dendrite = net.monitor(proj, "w", period=2.0), net.monitor(proj.dendrite(7), "w")
        net.simulate(40.0)
        assert waits(proj) is waiting
        recorded.append([np.hstack(row) for row in monitor.get("w")] + list(dendrite.get("w")))
    assert len(recorded[0]) == 420
    for one, other in zip(*recorded, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


def switch_plasticity(proj: Projection) -> None:
    proj.plasticity = False
    proj.network.simulate(9.0)
    proj.plasticity = True


def stop_transmission(proj: Projection) -> None:
    proj.transmission = False
    proj.network.simulate(9.0)
    proj.transmission = True
    proj.post.disable()
    proj.network.simulate(9.0)
    proj.post.enable()


def write_weights(proj: Projection) -> None:
    proj.w = [[0.01 * (k % 100) for k in range(len(row))] for row in proj.w]
    proj.dendrite(3).w = 0.9


def raise_the_bound(proj: Projection) -> None:
    proj.w_max = 1.5


def change_a(proj: Projection) -> None:
    proj.A_plus = 0.07


def change_delay(proj: Projection) -> None:
    proj.delay = 0.8


def skip_time(proj: Projection) -> None:
    proj.network.set_current_step(proj.network.current_step + 300)


def reset(proj: Projection) -> None:
    proj.network.reset(projections=True)


def reset_parameters(proj: Projection) -> None:
    proj.A_plus = 0.07
    proj.network.simulate(20.0)
    proj.reset(["A_plus", "x", "y"])


def add_a_monitor(proj: Projection) -> None:
    proj.network.monitor(proj.post, "p")


@pytest.mark.parametrize(
    "act",
    [
        *(switch_plasticity, stop_transmission, write_weights, raise_the_bound, change_a, change_delay),
        *(skip_time, reset, reset_parameters, add_a_monitor),
    ],
)
def test_what_python_does_meanwhile(act: Callable[[Projection], None]) -> None:
    one, other = (net_of(RULES["built-in"](), waiting)[1] for waiting in (True, False))
    for proj in (one, other):
        proj.network.simulate(50.0)
        act(proj)
        proj.network.simulate(50.0)
    check_same(one, other)
    assert waits(one)


def test_what_neurons_remember_is_taken_with_the_factor_of_then() -> None:
    one, other = (net_of(RULES["bounds"](), waiting)[1] for waiting in (True, False))
    for proj in (one, other):
        proj.network.simulate(50.0)
        proj.a = 0.01
        proj.network.simulate(50.0)
    check_same(one, other)
    assert waits(one)


def test_spikes_that_wait_for_very_long() -> None:
    """The trace has decayed by exp(-2000) when the second spike arrives."""
    weights = []
    for waiting in (True, False):
        net = Network(dt=0.1, seed=1)
        pre = net.create(SpikeSourceArray([[1.0, 850.0]]))
        post = net.create(20, TWICE)
        post.first = 1.5 + 0.1 * np.arange(20)
        proj = net.connect(pre, post, "exc", RULES["short"]()).all_to_all(0.5)
        if not waiting:
            proj.widened.add("w")
        net.compile(silent=True)
        assert waits(proj) is waiting
        net.simulate(900.0)
        weights.append(weights_of(proj))
    np.testing.assert_allclose(*weights, rtol=1e-11)
    assert np.ptp(weights[0]) > 1e-3


def write_beyond(proj: Projection) -> None:
    proj.w = Uniform(-0.5, 1.5)


def write_one_beyond(proj: Projection) -> None:
    proj.dendrite(3).w = -0.5


def lower_the_bound(proj: Projection) -> None:
    proj.w_max = 0.6


def decay_at_once(proj: Projection) -> None:
    proj.x = 0.0
    proj.tau_plus = 1e-3


def separate(proj: Projection) -> None:
    proj.dendrite(4).x = 0.03


@pytest.mark.parametrize("act", [write_beyond, write_one_beyond, lower_the_bound, decay_at_once, separate])
def test_weights_that_cannot_wait(act: Callable[[Projection], None]) -> None:
    one, other = (net_of(RULES["built-in"](), waiting)[1] for waiting in (True, False))
    for proj in (one, other):
        proj.network.simulate(50.0)
        act(proj)
        proj.network.simulate(50.0)
    check_same(one, other)
    assert not waits(one)


def test_weights_that_begin_beyond_their_bounds_do_not_wait() -> None:
    for high in (0.9, 1.5):
        net = Network(dt=0.1, seed=4)
        proj = net.connect(net.create(20, BURSTS), net.create(20, BURSTS), "exc", STDP())
        proj.all_to_all(Uniform(0.5, high))
        net.compile(silent=True)
        assert waits(proj) is (high < 1.0)


def test_checkpoints_keep_what_weights_wait_for(tmp_path: Path) -> None:
    net, proj = net_of(RULES["built-in"]())
    net.simulate(41.0)
    net.save_checkpoint(tmp_path / "point.npz")
    net.simulate(41.0)
    other, copy = net_of(RULES["built-in"](), threads=2)
    other.load_checkpoint(tmp_path / "point.npz")
    other.simulate(41.0)
    assert np.array_equal(weights_of(copy), weights_of(proj))


def test_a_checkpoint_in_which_synapses_saw_the_future_does_no_harm(tmp_path: Path) -> None:
    net, proj = net_of(RULES["built-in"]())
    net.simulate(30.0)
    instance = net.refresh()
    instance.internal(proj, "seen")[...] = instance.internal(proj, "missed").max()
    net.save_checkpoint(tmp_path / "point.npz")
    net.load_checkpoint(tmp_path / "point.npz")
    instance = net.refresh()
    missed = instance.internal(proj, "missed")[instance.internal(proj, "post")]
    assert np.all(instance.internal(proj, "seen") <= missed)


@pytest.mark.parametrize(
    ("post", "waiting"),
    [
        ("w = clip(w + x, low, high)", True),
        ("w = clip(w + gain * x, low, high)", True),
        ("w -= x * a : min=low", True),
        ("w = w + x", True),
        ("w = clip(w + x * (1 - w), low, high)", False),
        ("w = clip(w + x * x, low, high)", False),
        ("w = clip(w + x + 0.1, low, high)", False),
        ("w = clip(w + x * t, low, high)", False),
        ("w = clip(w + x * post.p, low, high)", False),
        ("w = clip(w + x * y, low, high)", False),
        ("w = clip(x - w, low, high)", False),
        ("w = clip(w + a / x, low, high)", False),
        ("w *= 1 + x", False),
        ("w += x : unless_post", False),
        ("w += 0.1", False),
        ("w += x\nw += x", False),
        ("a2 += x\nw += x", False),
    ],
)
def test_which_statements_wait(post: str, waiting: bool) -> None:
    gain = Constant("gain", 0.3)
    net = Network(dt=1.0, seed=1)
    synapse = pair_rule(post)
    if "a2" in post:
        synapse = Synapse(
            parameters="a2 = 0.0",
            equations="20.0 * dx/dt = -x : event-driven",
            pre_spike="g_target += w\nx += 1",
            post_spike=post,
        )
    proj = net.connect(net.create(3, BURSTS), net.create(20, BURSTS), "exc", synapse).all_to_all(0.5)
    proj.draw()
    assert (proj.id in lower(net).deferrals) is waiting
    assert gain == 0.3


def test_short_rows_do_not_wait() -> None:
    net = Network(dt=1.0, seed=1)
    source = net.create(SpikeSourceArray([[1.0]] * 30))
    proj = net.connect(source, net.create(2, BURSTS), "exc", STDP()).all_to_all(0.5)
    proj.draw()
    assert proj.id not in lower(net).deferrals
