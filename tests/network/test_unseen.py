"""Variables of synapses that only Python reads are stored in the last step of a run, and nobody notices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, Projection, Synapse
from engine.codegen.ir import Let
from engine.codegen.lowering import lower
from engine.codegen.profile import parts
from engine.network.network import Network as AnyNetwork

RATE = Neuron(parameters="tau = 10.0\nB = 0.5", equations="tau * dr/dt + r = sum(exc) + B")

LEARNING = Synapse(
    parameters="eta = 100.0 : projection\nlow = 0.3 : projection",
    equations="""
        trace = (pre.r - low) * (post.r - low)
        delta = ite(trace > 0.0, trace, 0.5 * trace)
        eta * dw/dt = delta - 0.1 * w : min = 0.0, max = 0.02
        twice = 2.0 * w + delta
    """,
)
HIDDEN = {"trace", "delta", "twice"}

VOLTAGE = Neuron(
    parameters="tau = 10.0 : population\nI = 12.0",
    equations="tau * dv/dt = I - v + g_exc\ntau * dg_exc/dt = -g_exc\nfired = 0.0",
    spike="v > 10.0",
    reset="v = 0.0\nfired = 1.0",
)
FOLLOWING = Synapse(
    parameters="rate = 0.001 : projection",
    equations="""
        raised = ite(post.v > 3.0, post.v - 3.0, 0.0)
        dw/dt = rate * raised * pre.v : min = 0.0, max = 1.0, explicit
    """,
    pre_spike="g_target += w",
)


def network_of(
    synapse: Synapse, neuron: Neuron = RATE, threads: int = 1, dense: bool = False, **given: Any
) -> tuple[Network, Projection]:
    network = Network(dt=1.0, seed=4)
    network.config(num_threads=threads)
    pre, post = network.create(70, neuron, name="pre", **given), network.create(130, neuron, name="post")
    varied = "B" if neuron is RATE else "I"
    for population in (pre, post):
        setattr(population, varied, np.linspace(0.1, 1.0, population.size) + 12.0 * (neuron is VOLTAGE))
    projection = network.connect(pre, post, "exc", synapse)
    if dense:
        projection.connect_all_to_all(0.01, force_multiple_weights=True)
    else:
        projection.connect_fixed_probability(0.5, 0.01, force_multiple_weights=True)
    return network, projection


def unseen(network: AnyNetwork) -> list[str]:
    """Kernels that store less."""
    return [w.name for e in lower(network).plan.schedule if (w := e.work).name.endswith(" unseen")]


def all_values(projection: Projection) -> dict[str, bytes]:
    found = {n: np.concatenate([np.asarray(r) for r in getattr(projection, n)]) for n in projection.variables}
    assert all(np.ptp(values) > 0.0 for values in found.values()), "the case must do something"
    return {name: values.tobytes() for name, values in found.items()}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(("synapse", "neuron"), [(LEARNING, RATE), (FOLLOWING, VOLTAGE)])
def test_one_run_leaves_what_single_steps_leave(
    synapse: Synapse, neuron: Neuron, dense: bool, threads: int
) -> None:
    """In a run of one step all is stored in each step."""
    whole, projection = network_of(synapse, neuron, threads, dense)
    whole.compile()
    assert unseen(whole)
    whole.simulate(30.0)
    single, other = network_of(synapse, neuron, 1, dense)
    single.compile()
    for _ in range(30):
        single.simulate(1.0)
    assert all_values(projection) == all_values(other)


def test_the_next_step_stores_nothing() -> None:
    """What is behind the back of Python is that of the run before."""
    network, _ = network_of(LEARNING)
    network.compile()
    network.simulate(3.0)
    instance = network.instance
    assert instance is not None and instance._library is not None and instance._plan is not None
    before = {name: instance._arrays[f"proj0_{name}"].copy() for name in (*HIDDEN, "w")}
    instance._arrays["shown"][0] = 0
    buffers = [instance._arrays[b.name] for b in instance._plan.buffers]
    sizes, _ = instance._recording.begin(3, 1)  # type: ignore[union-attr]
    stop, progress = np.zeros(1, np.int32), np.zeros(1, np.int64)
    assert instance._library.run(buffers, sizes, instance._clock, 1, 1, stop, progress) == 1
    changed = {name for name, values in before.items() if (instance._arrays[f"proj0_{name}"] != values).any()}
    assert changed == {"w"}


def test_a_rule_that_is_not_due_in_the_last_step_stored_before() -> None:
    found = []
    for durations in ([8.0], [1.0] * 8):
        network, projection = network_of(LEARNING)
        network.compile()
        projection.enable_learning(period=3.0)
        for duration in durations:
            network.simulate(duration)
        found.append(all_values(projection))
    assert found[0] == found[1]


def test_without_learning_the_variables_follow() -> None:
    found = []
    for durations in ([5.0, 7.0], [5.0, *([1.0] * 7)]):
        network, projection = network_of(LEARNING)
        network.compile()
        for number, duration in enumerate(durations):
            projection.plasticity = number == 0
            network.simulate(duration)
        found.append(all_values(projection))
    assert found[0] == found[1]


def test_a_run_that_is_stopped_stores_in_one_more_step(monkeypatch: pytest.MonkeyPatch) -> None:
    network, projection = network_of(LEARNING)
    network.compile()
    assert network.instance is not None and network.instance._library is not None
    library, stop = network.instance._library, np.zeros(1, np.int32)

    class Stopped:
        """Somebody asks to stop in the fifth step."""

        def run(self, buffers: Any, sizes: Any, clock: Any, steps: int, *others: Any) -> int:
            done: int = library.run(buffers, sizes, clock, min(5, steps), *others)
            stop[0] = 1
            return done

    monkeypatch.setattr(network.instance, "_library", Stopped())
    assert network.run_steps(100, stop=stop) == 6
    other, alike = network_of(LEARNING)
    other.compile()
    other.simulate(6.0)
    assert all_values(projection) == all_values(alike)


def test_recorded_variables_are_stored_in_each_step() -> None:
    network, projection = network_of(LEARNING)
    network.compile()
    monitor = network.monitor(projection.dendrite(3), ["delta", "w"])
    network.simulate(4.0)
    recorded = monitor.get("delta")
    single, other = network_of(LEARNING)
    single.compile()
    seen = []
    for _ in range(4):
        single.simulate(1.0)
        seen.append(other.dendrite(3).delta)
    assert np.array_equal(recorded, seen)


@pytest.mark.parametrize(
    ("equations", "psp", "hides"),
    [
        ("a = pre.r\ndw/dt = 0.01 * a", "w * pre.r", True),
        ("a = pre.r\ndw/dt = 0.01 * a", "w * a", False),
        ("a = a + pre.r\ndw/dt = 0.01 * a", "w * pre.r", False),
        ("dw/dt = 0.01 * a\na = pre.r", "w * pre.r", False),
        ("10.0 * da/dt = pre.r - a\ndw/dt = 0.01 * a", "w * pre.r", False),
        ("a = mean(pre.r) : projection\ndw/dt = 0.01 * a", "w * pre.r", False),
    ],
)
def test_only_what_is_computed_anew_and_read_by_nobody_else(equations: str, psp: str, hides: bool) -> None:
    network, _ = network_of(Synapse(equations=equations, psp=psp))
    network.compile()
    assert bool(unseen(network)) is hides


def test_a_run_that_may_end_after_any_step_stores_in_all() -> None:
    network, projection = network_of(LEARNING, stop_condition="r > 0.4")
    network.compile()
    assert not unseen(network)
    network.simulate_until(100.0, projection.pre_population)
    assert 0 < network.get_current_step() < 100


def test_each_part_of_a_step_has_a_place_for_its_time() -> None:
    """Kernels that were split are measured one by one."""
    network, _ = network_of(LEARNING)
    network.compile(profile_enabled=True)
    network.run_steps(3)
    lowered = lower(network)
    assert unseen(network) and len(parts(lowered.plan)) <= lowered.sizes[lowered.plan.buffer("profile").count]
    assert sum("unseen" in name for name in network.instance.profile()) == 1  # type: ignore[union-attr]


def test_what_nobody_uses_is_not_computed() -> None:
    idle = Synapse(equations="part = 2.0 * pre.r\nidle = part * post.r\nw += 0.01 * pre.r * post.r")
    network, _ = network_of(idle)
    network.compile(silent=True)
    (kernel,) = (e.work for e in lower(network).plan.schedule if e.work.name.endswith(" unseen"))
    assert not [s.name for s in kernel.body if isinstance(s, Let) and s.name.startswith("_unseen")]
