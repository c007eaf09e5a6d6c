"""How many of the threads that were asked for are used, and that nothing else depends on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import STDP, HH_cond_exp, Network, Neuron, Projection, Uniform
from engine.codegen import threads as module
from engine.codegen.threads import EXACTLY, Estimate, Work, processors

LEAKY = Neuron("tau = 10.0", "tau * dr/dt + r = sum(exc) + 0.5")
FIRING = Neuron(
    "tau = 20.0", "tau * dv/dt = 30.0 - v + g_exc\ndg_exc/dt = -g_exc", spike="v > 20.0", reset="v = 0.0"
)


@pytest.fixture(autouse=True)
def chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads are chosen, on a computer that has enough of them."""
    monkeypatch.delenv(EXACTLY)
    monkeypatch.setattr(module, "processors", lambda: 16)


def dense(size: int, threads: int = 2, post: int | None = None) -> Network:
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=threads)
    pre = net.create(size, LEAKY)
    target = pre if post is None else net.create(post, LEAKY)
    Projection(pre, target, "exc", network=net).connect_all_to_all(weights=0.001, force_multiple_weights=True)
    return net


def test_a_small_network_uses_one_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    net = dense(20)
    assert net.threads_used == 0
    net.compile()
    assert net.threads_used == 1
    assert net.threads == 2
    said = capsys.readouterr().out
    assert said.startswith("INFO: 1 of 2 threads are used: a step of about ")
    assert "nl_meet" not in net.generate()
    net.simulate(3.0)


def test_silence_and_suppressed_warnings_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    dense(20).compile(silent=True)
    net = dense(20)
    net.config(suppress_warnings=True)
    net.compile()
    assert "INFO" not in capsys.readouterr().out


def test_a_large_network_uses_all(capsys: pytest.CaptureFixture[str]) -> None:
    net = dense(600)
    net.compile()
    assert net.threads_used == 2
    assert "INFO" not in capsys.readouterr().out
    assert "nl_meet" in net.generate()


def test_threads_that_meet_once_in_many_steps_pay_earlier() -> None:
    def used(delays: float) -> int:
        net = Network(dt=0.1, seed=3)
        net.config(num_threads=2)
        neuron = Neuron("tau = 20.0", "tau * dv/dt = 30.0 - v + g_exc", spike="v > 20.0", reset="v = 0.0")
        pop = net.create(2560, neuron)
        net.connect(pop, pop, "exc").connect_fixed_probability(0.1, weights=0.1, delays=delays)
        net.compile(silent=True)
        return net.threads_used

    assert (used(0.1), used(1.5)) == (1, 2)


def spiking_dense(size: int) -> int:
    net = Network(dt=1.0, seed=3)
    net.config(num_threads=2)
    pop = net.create(size, FIRING)
    Projection(pop, pop, "exc", network=net).connect_all_to_all(weights=Uniform(0.0, 0.1))
    net.compile(silent=True)
    return net.threads_used


def test_dense_rows_that_are_added_at_once_hardly_pay_for_a_meeting() -> None:
    assert spiking_dense(1200) == 1  # each row on its own takes twice as long: two threads
    assert spiking_dense(2000) == 2


def test_what_waits_for_a_period_is_hardly_counted() -> None:
    """All synapses of a plastic network look at what they missed, but not in every step."""
    net = Network(dt=0.1, seed=3)
    net.config(num_threads=2)
    pop = net.create(600, FIRING)
    net.connect(pop, pop, "exc", synapse=STDP()).fixed_probability(0.1, weights=0.001)
    net.compile()
    assert any("sums" in name for name in net._instance.arrays)
    assert net.threads_used == 1


def test_what_one_neuron_receives_is_not_shared() -> None:
    net = dense(2000, post=1)
    net.compile(silent=True)
    assert net.threads_used == 1


def test_long_steps_of_few_synapses_use_more() -> None:
    net = Network(dt=0.01, seed=3)
    net.config(num_threads=2)
    net.create(4000, HH_cond_exp)
    net.compile(silent=True)
    assert net.threads_used == 2


def test_no_more_than_the_computer_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "processors", lambda: 2)
    net = dense(600, threads=5)
    net.compile()
    assert net.threads_used == 2
    assert "2 of 5 threads are used: this computer runs no more at once." in capsys.readouterr().out


def test_exactly_as_many_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXACTLY, "1")
    net = dense(20, threads=3)
    net.compile(silent=True)
    assert net.threads_used == 3


def spiking(threads: int) -> Network:
    net = Network(dt=0.1, seed=3)
    net.config(num_threads=threads)
    population = net.create(200, FIRING)
    projection = Projection(population, population, "exc", network=net)
    projection.connect_fixed_probability(0.1, weights=Uniform(0.0, 0.5), delays=Uniform(0.5, 3.0))
    return net


def test_a_monitor_that_comes_later_and_a_checkpoint_find_the_threads_in_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ends = []
    for exact in ("", "1"):
        monkeypatch.setenv(EXACTLY, exact)
        net = spiking(2)
        net.compile(silent=True)
        assert net.threads_used == (2 if exact else 1)
        net.simulate(20.0)
        monitor = net.monitor(net.get_populations()[0], "spike")
        net.simulate(20.0)
        assert net.threads_used == (2 if exact else 1)
        path = tmp_path / f"{net.threads_used}.npz"
        net.save_checkpoint(path)
        spikes = monitor.get("spike")
        ends.append((net.get_populations()[0].v, np.concatenate([spikes[k] for k in range(200)])))
        other = spiking(2)
        monkeypatch.setenv(EXACTLY, "" if exact else "1")
        other.compile(silent=True)
        other.load_checkpoint(path)
        assert other.threads_used == (1 if exact else 2)
        for n in (net, other):
            n.simulate(10.0)
        np.testing.assert_array_equal(net.get_populations()[0].v, other.get_populations()[0].v)
    for one, two in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(ends[0][1]) > 100


def test_the_choice_weighs_work_against_meetings() -> None:
    work = Work(0.0, 1e6, 64_000)
    assert Estimate((work,), 1).best(8) == 8
    assert Estimate((work,), 2000).best(8) == 1, "meeting takes longer than the work"
    assert Estimate((Work(1e6, 1e4, 64_000),), 1).best(8) == 1, "hardly anything is shared"
    assert Estimate((Work(0.0, 1e6, 128),), 1).best(8) == 2, "two blocks of neurons, two owners"
    two, eight = (Estimate((work,), 1).on(n) for n in (2, 8))
    assert eight < two < 1e6


def test_processes_share_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda process: set(range(6)), raising=False)
    monkeypatch.setattr(module, "_processes", 1)
    assert processors() == 6
    module.share_with(2)
    assert processors() == 3
    module.share_with(16)
    assert processors() == 1
