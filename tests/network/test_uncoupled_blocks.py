"""Networks in which nothing reaches a neuron take several steps together, and give what single steps give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network, Neuron, Normal
from engine.codegen import cpp, generated_code
from engine.codegen.lowering import counted

GATE = "dn{k}/dt = {k}.0 * exp(0.1 * v) * (1.0 - n{k}) - n{k}"

MODELS: dict[str, dict[str, Any]] = {
    "few values": {"equations": "5.0 * dv/dt = 4.5 - v + drive + 0.01 * v * v * v"},
    "many values": {
        "equations": "prev = v\n5.0 * dv/dt = 4.5 - v + drive - 0.1 * n1\n"
        + "\n".join(GATE.format(k=k) for k in range(1, 5)),
        "spike": "(v > 3.0) and (prev <= 3.0)",
    },
    "read at spikes": {
        "equations": "falls = 0.1 * v\nseen += 1.0\n5.0 * dv/dt = 4.5 - v + drive - 0.1 * n1\n"
        + "\n".join(GATE.format(k=k) for k in range(1, 5)),
        "reset": "v = falls",
    },
    "noise": {"equations": "5.0 * dv/dt = 4.5 - v + drive + 0.1 * v * v + Normal(0.0, 2.0)"},
    "clock": {"equations": "5.0 * dv/dt = 4.5 - v + drive + sin(t)"},
    "no spikes": {
        "equations": "5.0 * dv/dt = 4.5 - v + drive * cos(t)\nr = v * v * v",
        "spike": None,
        "reset": None,
    },
}


def build(threads: int = 1, precision: str = "double", **model: Any) -> Network:
    """700 neurons: ten blocks of 64 and one that is not full."""
    net = Network(dt=0.1, seed=5)
    net.config(num_threads=threads, precision=precision)
    given = {"parameters": "drive = 0.0", "spike": "v > 3.0", "reset": "v = 0.0"} | model
    pop = net.create(700, Neuron(**{name: text for name, text in given.items() if text is not None}))
    pop.drive = np.arange(700) % 41 / 10
    return net


def run(net: Network) -> dict[str, Any]:
    """All values after some runs, and what was recorded meanwhile."""
    pop = net.get_populations()[0]
    fires = bool(pop.neuron_type.spike)
    values = net.monitor(pop, "v", period=1.7)
    spikes = net.monitor(pop, "spike") if fires else None
    net.compile(silent=True)
    for duration in (0.1, 3.7, 10.0, 2.2):
        net.simulate(duration)
    found = {name: getattr(pop, name) for name in pop.variables}
    found["v recorded"] = values.get("v")
    if spikes is not None:
        found["spikes"] = spikes.get("spike")
        assert sum(map(len, found["spikes"].values())) > 300
    return found


def in_blocks(net: Network) -> bool:
    return "first_step" in generated_code(net)


def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpp, "time_blocks", lambda plan: None)
    monkeypatch.setattr(counted, "time_blocks", lambda plan: None)


def assert_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_equal(other[name], value, err_msg=name)


@pytest.mark.parametrize(
    ("model", "precision"), [*((model, "double") for model in MODELS), ("many values", "float")]
)
def test_blocks_without_synapses(model: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 3):
        net = build(threads, precision, **MODELS[model])
        found.append(run(net))
        assert in_blocks(net)
        text = generated_code(net)
        assert ("neurons(nl_quick()" in text) == (model in ("few values", "clock", "no spikes"))
        assert "nl_reals" in text and ("nl_no()" in text) == (model == "many values")
    step_by_step(monkeypatch)
    net = build(1, precision, **MODELS[model])
    found.append(run(net))
    assert not in_blocks(net)
    for other in found[1:]:
        assert_equal(found[0], other)


def test_recorded_spikes_of_neurons_that_reach_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a network that is counted: the steps of a block must all find room in the list of spikes."""
    monkeypatch.setattr(counted, "LEAST_NEURONS", 1)

    def spikes() -> tuple[bool, Any]:
        net = Network(dt=0.1, seed=5)
        neuron = Neuron(equations="5.0 * dv/dt = 4.5 - v + g_exc", spike="v > 3.0", reset="v = 0.0")
        pop, alone = net.create(700, neuron), net.create(700, neuron)
        pop.v = net.draw(Normal(0.0, 1.0), 700)
        alone.v = pop.v
        net.connect(pop, pop, "exc").connect_fixed_probability(0.1, weights=0.02, delays=1.5)
        monitors = [net.monitor(one, "spike") for one in (pop, alone)]
        net.compile(silent=True)
        net.simulate(20.0)
        return in_blocks(net), [monitor.get("spike") for monitor in monitors]

    together, found = spikes()
    step_by_step(monkeypatch)
    alone, expected = spikes()
    assert together and not alone
    assert found == expected and all(sum(map(len, one.values())) > 300 for one in found)


@pytest.mark.parametrize("threads", [1, 2])
def test_all_fire_in_all_steps(threads: int) -> None:
    """The memory for recorded spikes runs full within a call."""
    net = Network(dt=1.0, seed=1)
    net.config(num_threads=threads)
    pop = net.create(
        700, Neuron(equations="10.0 * dv/dt = 50.0 - v + exp(-v)", spike="v > 0.0", reset="v += 1.0")
    )
    monitor = net.monitor(pop, "spike")
    net.compile(silent=True)
    assert in_blocks(net)
    net.simulate(203.0)
    spikes = monitor.get("spike")
    assert len(spikes) == 700 and all(times == list(range(203)) for times in spikes.values())


@pytest.mark.parametrize(
    "model",
    [
        {"equations": "5.0 * dv/dt = 4.5 - v", "refractory": 0.5},
        {"equations": "5.0 * dv/dt = 4.5 - v\nk += 1 : int"},
        {"equations": "5.0 * dv/dt = 4.5 - v + mean(v)"},
    ],
    ids=["refractory", "whole numbers", "mean"],
)
def test_single_steps_stay(model: dict[str, Any]) -> None:
    net = build(**model)
    net.compile(silent=True)
    assert not in_blocks(net)


def test_few_neurons_take_single_steps() -> None:
    net = Network(dt=0.1)
    net.create(1, Neuron(equations="5.0 * dv/dt = 4.5 - v", spike="v > 3.0", reset="v = 0.0"))
    net.compile(silent=True)
    assert not in_blocks(net)
