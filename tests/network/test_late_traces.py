"""Traces onto a few neurons, whose values at the last spike are stored late, are those of all others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import STDP, Network, Neuron, PoissonPopulation, Synapse, Uniform
from engine.codegen import generated_code

NEURON = Neuron(
    equations="10.0 * dv/dt = -v + g_exc\n5.0 * dg_exc/dt = -g_exc", spike="v > 1.0", reset="v = 0"
)
STEADY = Synapse(
    parameters="tau_x = 3.0 : projection\ntau_y = 2.0 : projection\nlow = 0.0 : projection",
    equations="tau_x * dx/dt = 0.2 - x : event-driven, init=0.7\ntau_y * dy/dt = -y : event-driven, init=0.3",
    pre_spike="g_target += w * (1 + x)\nx += 0.1\nw = clip(w - y * x, low, 0.9)",
    post_spike="w = clip(w + 0.3 * x, low, 0.9)\ny += 0.07",
)
RULES: dict[str, Callable[[], Synapse]] = {
    "pairs": lambda: STDP(tau_plus=3.0, tau_minus=2.0, A_plus=0.02, A_minus=0.03),
    "steady": lambda: STEADY,
}
PERIOD = 64.0 * 3.0
"""ms of the longest period in double precision."""


def net_of(rule: str, number: int = 1, **settings: Any) -> Network:
    net = Network(dt=0.5, seed=5)
    net.config(**settings)
    noise = net.create(PoissonPopulation(40, rates=80.0, name="noise"))
    pop = net.create(number, NEURON, name="pop")
    proj = net.connect(noise, pop, "exc", RULES[rule](), name="proj")
    if number == 2:
        proj.fixed_probability(0.6, weights=Uniform(0.2, 0.7))
    else:
        proj.all_to_all(weights=Uniform(0.2, 0.7))
    net.compile(silent=True)
    return net


def seen(net: Network) -> dict[str, np.ndarray]:
    proj = net.get_projection("proj")
    found = {name: np.concatenate([np.ravel(row) for row in getattr(proj, name)]) for name in ("w", "x", "y")}
    return found | {"v": net.get_population("pop").v}


@pytest.fixture
def stored_at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Network]:
    """Makes a network whose traces are stored at each spike."""

    def made(*given: Any, **settings: Any) -> Network:
        assert "synapses0_from" in generated_code(net_of(*given, **settings))
        with monkeypatch.context() as patch:
            patch.setattr("engine.codegen.lowering.synapses.are_late", lambda values: False)
            net = net_of(*given, **settings)
            assert "synapses0_from" not in generated_code(net)
        return net

    return made


def check_close(one: Network, other: Network, tolerance: float = 1e-9) -> None:
    expected = seen(other)
    for name, values in seen(one).items():
        np.testing.assert_allclose(values, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("number", [1, 2, 5])
def test_values_over_several_periods(rule: str, number: int, stored_at_once: Any) -> None:
    """Weights and traces of all synapses, between the ends of periods and at them."""
    late, other = net_of(rule, number), stored_at_once(rule, number)
    for duration in (0.5, 20.0, PERIOD - 21.0, 0.5, 0.5, 2.5 * PERIOD):
        late.simulate(duration)
        other.simulate(duration)
        check_close(late, other)
    assert np.ptp(seen(late)["x"]) > 0.01 and seen(late)["y"].any()


@pytest.mark.parametrize("precision", ["double", "float"])
def test_what_is_left_after_a_long_silence(precision: str, stored_at_once: Any) -> None:
    """Synapses show what they had at their last event, long after scaled values have become 0."""
    nets = net_of("pairs", precision=precision), stored_at_once("pairs", precision=precision)
    for net in nets:
        net.simulate(100.0)
        net.get_population("noise").rates = 0.0
        net.simulate(1000 * 3.0)
    # What bounds the error in single precision is that of an exponent of 16, over a hundred ms of plasticity.
    check_close(*nets, tolerance=1e-9 if precision == "double" else 2e-4)
    assert (seen(nets[0])["x"] > 1e-6).sum() > 30


def changes(net: Network, change: str) -> None:
    proj = net.get_projection("proj")
    if change == "trace":
        proj.x = proj.y = 0.0
    elif change == "another trace":
        proj.x = 0.01
    elif change == "constant":
        proj.tau_plus = 5.0
    elif change == "clock":
        net.set_current_step(net.current_step + 3)
    elif change == "reset":
        net.reset(populations=True, projections=True, synapses=False)
    elif change == "transmission":
        proj.transmission = not proj.transmission


@pytest.mark.parametrize(
    "change", ["trace", "another trace", "constant", "clock", "reset", "transmission", "nothing"]
)
@pytest.mark.parametrize("first", [37.0, PERIOD, 1.3 * PERIOD])
def test_what_python_changes_between_two_runs(change: str, first: float, stored_at_once: Any) -> None:
    nets = net_of("pairs"), stored_at_once("pairs")
    for net in nets:
        net.simulate(first)
        changes(net, change)
    check_close(*nets)
    for net in nets:
        net.simulate(10.0)
        changes(net, change)
        net.simulate(1.2 * PERIOD)
    check_close(*nets)


def test_a_parameter_before_the_first_spike(stored_at_once: Any) -> None:
    """Until then the first value of a trace counts, and what it decays with is what Python said last."""
    nets = net_of("steady"), stored_at_once("steady")
    for net in nets:
        proj = net.get_projection("proj")
        net.get_population("noise").rates = 0.0
        net.simulate(50.0)
        proj.tau_x = 4000.0
        net.get_population("noise").rates = 80.0
        net.simulate(50.0)
    check_close(*nets)


@pytest.mark.parametrize("rule", RULES)
def test_looking_changes_no_bit(rule: str) -> None:
    whole, parts = net_of(rule), net_of(rule, num_threads=2)
    whole.simulate(300.0)
    for _ in range(60):
        parts.simulate(5.0)
        seen(parts)
    expected = seen(whole)
    for name, values in seen(parts).items():
        assert np.array_equal(values, expected[name]), name


@pytest.mark.parametrize("first", [150.0, PERIOD])
def test_a_checkpoint_goes_on_with_the_same_bits(first: float, tmp_path: Path) -> None:
    whole, saved, loaded = net_of("pairs"), net_of("pairs"), net_of("pairs")
    whole.simulate(first + 200.0)
    saved.simulate(first)
    saved.save_checkpoint(str(tmp_path / "network.npz"))
    loaded.load_checkpoint(str(tmp_path / "network.npz"))
    loaded.simulate(200.0)
    expected = seen(whole)
    for name, values in seen(loaded).items():
        assert np.array_equal(values, expected[name]), name


@pytest.mark.parametrize("number", [1, 2])
def test_recorded_traces_are_those_that_python_sees(number: int) -> None:
    net = Network(dt=0.5, seed=5)
    noise = net.create(PoissonPopulation(20, rates=80.0))
    pop = net.create(number, NEURON)
    proj = net.connect(noise, pop, "exc", RULES["pairs"](), name="proj")
    proj.all_to_all(weights=Uniform(0.2, 0.7))
    monitor = net.monitor(proj, ["x", "y"], period=50.0)
    net.compile(silent=True)
    rows: dict[str, list[np.ndarray]] = {"x": [], "y": []}
    for _ in range(12):
        net.simulate(0.5)
        for name, found in rows.items():
            found.append(np.ravel(getattr(net.get_projection("proj"), name)))
        net.simulate(49.5)
    data = net.get(monitor).get()
    for name, found in rows.items():
        np.testing.assert_allclose(np.reshape(data[name], (12, -1)), found, rtol=1e-12, atol=1e-15)


def test_bounds_in_disorder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower bound beyond the upper one: what is less becomes the lower one, all else the upper one."""
    nets = [net_of("steady")]
    monkeypatch.setattr("engine.codegen.lowering.neurons.FEW", 0)
    nets.append(net_of("steady"))
    for net in nets:
        proj = net.get_projection("proj")
        proj.low = 0.95
        net.simulate(50.0)
    one, other = seen(nets[0]), seen(nets[1])
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert set(np.unique(one["w"])) == {0.9, 0.95}
