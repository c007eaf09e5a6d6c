"""parallel_run: networks in other processes."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loky import get_reusable_executor

import engine
from engine import (
    Constant,
    EngineError,
    Monitor,
    Network,
    Neuron,
    ParallelError,
    PoissonPopulation,
    Population,
    Projection,
    Uniform,
    parallel_run,
)

NOISY = Neuron(
    "tau = 10.0 : population\nb = 1.0",
    "tau * dr/dt + r = b + sum(exc) + Uniform(-0.1, 0.1)",
)


class Declared:
    """Objects of the top level."""

    def __init__(self) -> None:
        self.poisson = PoissonPopulation(50, rates=50.0, name="inputs")
        self.pop = Population((2, 3), NOISY, name="field")
        self.proj = Projection(self.pop, self.pop, "exc")
        self.proj.connect_all_to_all(Uniform(0.0, 0.1), delays=2.0)
        self.spikes = Monitor(self.poisson, "spike")
        self.m = Monitor(self.pop, "r")


def run_of(declared: Declared, duration: float = 50.0) -> Callable[..., Any]:
    """A function for parallel_run that refers to objects of the top level."""

    def run(idx: int, net: Network, rate: float) -> dict[str, Any]:
        net.get(declared.poisson).rates = rate
        net.simulate(duration)
        return {
            "idx": idx,
            "process": os.getpid(),
            "w": net.get(declared.proj).w,
            "spikes": net.get(declared.spikes).get("spike"),
            "r": net.get(declared.m).get("r"),
            "seed": net.seed,
            "time": net.time,
            "drawn": np.random.random(),  # noqa: NPY002 (as scripts do)
        }

    return run


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a["spikes"] == b["spikes"] and a["w"] == b["w"] and np.array_equal(a["r"], b["r"])


def test_copies_of_the_top_level_run_in_other_processes() -> None:
    declared = Declared()
    engine.compile(silent=True)
    engine.simulate(10.0)
    rates = [20.0, 100.0, 400.0]
    results = parallel_run(run_of(declared), number=3, rate=rates)
    assert [r["idx"] for r in results] == [0, 1, 2]
    assert all(r["process"] != os.getpid() and r["time"] == 50.0 for r in results)
    assert [r["seed"] for r in results] == [1, 2, 3]
    counts = [sum(map(len, r["spikes"].values())) for r in results]
    expected = np.array(rates) * 50 * 0.05
    # Poisson counts: five standard deviations, one test in 500 000 fails by chance; the seed is fixed.
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    assert results[0]["w"] != results[1]["w"]
    assert engine.get_time() == 10.0
    assert declared.m.get("r").shape == (10, 6)
    again = parallel_run(run_of(declared), number=3, rate=rates, max_processes=1)
    one_by_one = parallel_run(run_of(declared), number=3, rate=rates, sequential=True)
    for k in range(3):
        assert same(results[k], again[k]) and same(results[k], one_by_one[k])
        assert results[k]["drawn"] == again[k]["drawn"]


def test_the_first_copy_is_what_the_top_level_would_do() -> None:
    declared = Declared()
    engine.compile(silent=True)
    first = parallel_run(run_of(declared), number=1, rate=[50.0])[0]
    engine.simulate(50.0)
    np.testing.assert_array_equal(first["r"], declared.m.get("r"))
    assert first["spikes"] == declared.spikes.get("spike")


def test_same_seed_same_result() -> None:
    declared = Declared()
    engine.compile(silent=True)
    a, b = parallel_run(run_of(declared), number=2, same_seed=True, rate=[50.0, 50.0])
    assert same(a, b)


def test_networks_go_on_from_where_they_are_and_stay_as_they_were() -> None:
    declared = Declared()
    nets = [Network(everything=True, seed=k) for k in (5, 6)]
    for net in nets:
        net.compile(silent=True)
        net.simulate(30.0)
        net.get(declared.pop).b = np.arange(6.0).reshape(2, 3)
    apart = parallel_run(run_of(declared), networks=nets, rate=[30.0, 60.0])
    assert [net.time for net in nets] == [30.0, 30.0]
    assert [r["time"] for r in apart] == [80.0, 80.0]
    here = parallel_run(run_of(declared), networks=nets, rate=[30.0, 60.0], sequential=True)
    assert [net.time for net in nets] == [80.0, 80.0]
    assert apart[0]["r"].shape == (80, 6)
    assert same(apart[0], here[0]) and same(apart[1], here[1])


def test_networks_of_the_other_style_too() -> None:
    nets = []
    for seed in (1, 2):
        net = Network(dt=0.5, seed=seed)
        net.create(4, NOISY, name="only")
        net.monitor(net.populations[0], "r")
        net.compile(silent=True)
        nets.append(net)

    def run(idx: int, net: Network) -> Any:
        net.simulate(5.0)
        return net.get_population("only").b.sum(), net.monitors[0].get("r")

    (total, rows), (_, other) = parallel_run(run, networks=nets)
    assert total == 4.0 and rows.shape == (10, 4) and (rows != other).any()


def test_top_level_functions_constants_and_callbacks_in_the_function() -> None:
    engine.setup(dt=0.5)
    constant = Constant("drive", 3.0)
    engine.add_function("twice(x) = 2 * x")
    pop = Population(2, Neuron(equations="r = twice(drive)"))
    engine.compile(silent=True)

    def run(idx: int, net: Network) -> Any:
        engine.simulate(1.0)
        before = pop.r.tolist()
        constant.set(10.0)
        net.simulate(0.5)
        return engine.dt(), engine.get_time(), before, net.get(pop).r.tolist(), engine.get_current_step()

    result = parallel_run(run, number=2)
    assert result == [(0.5, 1.5, [6.0, 6.0], [20.0, 20.0], 3)] * 2
    assert constant.value == 3.0

    net = Network(everything=True)
    net.compile(silent=True)
    calls: list[float] = []

    @engine.every(network=net, period=2.0)
    def called(n: int) -> None:
        calls.append(net.time)

    def simulate(idx: int, net: Network) -> Any:
        net.simulate(5.0)
        return net.time, len(calls)

    assert parallel_run(simulate, networks=[net]) == [(5.0, 0)]
    assert parallel_run(simulate, networks=[net], sequential=True) == [(5.0, 3)]


def test_a_network_that_is_not_compiled_is_compiled(capsys: Any) -> None:
    Population(2, NOISY)
    net = Network(everything=True)

    def run(idx: int, net: Network) -> bool:
        return net.compiled

    assert parallel_run(run, number=1, measure_time=True) == [True]
    assert parallel_run(run, networks=[net]) == [True]
    out = capsys.readouterr().out
    assert out.count("is not compiled yet; it is now") == 2
    assert "Running 1 networks in parallel took: " in out


@pytest.mark.parametrize("sequential", [False, True])
def test_an_exception_carries_the_number_of_its_network(sequential: bool) -> None:
    Population(2, NOISY)
    engine.compile(silent=True)

    def run(idx: int, net: Network) -> int:
        if idx == 1:
            raise ZeroDivisionError("not here")
        return idx

    with pytest.raises(ParallelError, match=r"network 1: ZeroDivisionError: not here") as raised:
        parallel_run(run, number=2, sequential=sequential)
    assert raised.value.index == 1
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    if not sequential:
        assert 'raise ZeroDivisionError("not here")' in raised.value.traceback
        assert raised.value.traceback in str(raised.value)


def test_a_process_that_dies_is_told() -> None:
    Population(2, NOISY)
    engine.compile(silent=True)

    def run(idx: int, net: Network) -> None:
        os._exit(1)

    with pytest.raises(ParallelError, match=r"network 0: its process ended before"):
        parallel_run(run, number=1)

    def last_one_dies(idx: int, net: Network) -> None:
        while idx == 0:
            time.sleep(0.1)
        os._exit(1)

    with pytest.raises(ParallelError, match=r"network 0: its process, or that of network 1, ended before"):
        parallel_run(last_one_dies, number=2, max_processes=2)

    def fine(idx: int, net: Network) -> int:
        return idx

    assert parallel_run(fine, number=2) == [0, 1]


def test_wrong_calls_are_told() -> None:
    Population(2, NOISY)
    engine.compile(silent=True)
    net = Network(everything=True)

    def run(idx: int, net: Network, a: int = 0) -> int:
        return a

    with pytest.raises(EngineError, match=r"give a list of networks, or the number"):
        parallel_run(run)
    with pytest.raises(EngineError, match=r"networks must be a list, not tuple"):
        parallel_run(run, networks=(net, net))
    with pytest.raises(EngineError, match=r"networks holds a int"):
        parallel_run(run, networks=[3])  # type: ignore[list-item]
    with pytest.raises(EngineError, match=r"a must be a list of 2 values"):
        parallel_run(run, number=2, a=[1, 2, 3])
    with pytest.raises(EngineError, match=r"a must be a list of 2 values"):
        parallel_run(run, number=2, a=1)
    with pytest.raises(EngineError, match=r"run cannot be called with idx, net and the arguments \(b\)"):
        parallel_run(run, number=2, b=[1, 2])
    for method in (partial(run, a=1), net.simulate, print):
        with pytest.raises(EngineError, match=r"method must be a Python function"):
            parallel_run(method, number=2)
    with pytest.raises(EngineError, match=r"visible_cores is a list of max_processes"):
        parallel_run(run, number=2, visible_cores=[0])
    with pytest.raises(EngineError, match=r"cores are numbers from 0"):
        parallel_run(run, number=1, max_processes=1, visible_cores=[4096])
    lock = threading.Lock()
    with pytest.raises(EngineError, match=r"cannot be sent to another process"):
        parallel_run(lambda idx, net: lock.locked(), number=1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no processes to cores")
def test_processes_are_bound_to_the_cores_that_are_asked_for() -> None:
    Population(2, NOISY)
    engine.compile(silent=True)
    cores = sorted(os.sched_getaffinity(0))[:2]

    def run(idx: int, net: Network) -> set[int]:
        return os.sched_getaffinity(0)

    found = parallel_run(run, number=3, max_processes=len(cores), visible_cores=cores)
    assert len(found) == 3 and all(len(taken) == 1 and taken <= set(cores) for taken in found)


class Sub(Network):
    def __init__(self, weight: float, size: int = 3) -> None:
        self.pop = self.create(size, NOISY)
        self.proj = self.connect(self.pop, self.pop, "exc")
        self.proj.all_to_all(Uniform(0.0, weight))
        self.m = self.monitor(self.pop, "r")


def trial(net: Sub, duration: float) -> dict[str, Any]:
    net.simulate(duration)
    return {
        "seed": net.seed,
        "dt": net.dt,
        "method": net.method,
        "w": net.proj.w,
        "r": net.m.get("r"),
        "process": os.getpid(),
    }


def test_instances_of_a_sub_class() -> None:
    net = Sub(0.1, dt=0.5, seed=4)
    net.config(method="exponential")
    net.compile(silent=True)
    results = net.parallel_run(trial, 3, duration=10.0, weight=[0.1, 0.5, 0.9], seeds="sequential")
    assert [r["seed"] for r in results] == [5, 6, 7]
    assert all((r["dt"], r["method"]) == (0.5, "exponential") for r in results)
    assert all(r["process"] != os.getpid() and r["r"].shape == (20, 3) for r in results)
    assert max(results[0]["w"][0]) < 0.1 < max(max(row) for row in results[2]["w"])
    alone = Sub(0.5, dt=0.5, seed=6)
    alone.config(method="exponential")
    alone.compile(silent=True)
    np.testing.assert_array_equal(trial(alone, 10.0)["r"], results[1]["r"])
    assert net.time == 0.0


def test_seeds_of_instances() -> None:
    net = Sub(0.1, seed=4)
    same_seed = net.parallel_run(trial, 2, seeds="same", duration=2.0)
    assert [r["seed"] for r in same_seed] == [4, 4]
    np.testing.assert_array_equal(same_seed[0]["r"], same_seed[1]["r"])
    assert [r["seed"] for r in net.parallel_run(trial, 2, seeds=[8, 9], duration=2.0)] == [8, 9]
    drawn = [r["seed"] for r in net.parallel_run(trial, 2, duration=2.0)]
    assert len(set(drawn)) == 2
    other = Sub(0.1, seed=4)
    assert [r["seed"] for r in other.parallel_run(trial, 2, duration=2.0)] == drawn


def test_wrong_calls_of_instances_are_told() -> None:
    net = Sub(0.1, seed=4)
    with pytest.raises(EngineError, match=r"only networks of a sub-class"):
        Network().parallel_run(trial, 2)
    with pytest.raises(EngineError, match=r"number must be a number of networks"):
        net.parallel_run(trial, 0, duration=2.0)
    with pytest.raises(EngineError, match=r"weight is a list of 3, but there are 2 networks"):
        net.parallel_run(trial, 2, duration=2.0, weight=[1, 2, 3])
    with pytest.raises(EngineError, match=r"wieght is an argument of neither Sub nor trial"):
        net.parallel_run(trial, 2, duration=2.0, wieght=1.0)
    with pytest.raises(EngineError, match=r"seeds is None, 'same', 'sequential' or a list of 2"):
        net.parallel_run(trial, 2, duration=2.0, seeds=[1])
    with pytest.raises(ParallelError, match=r"network 0: TypeError"):
        net.parallel_run(trial, 1)


COUNTING_COMPILER = """#!/bin/sh
echo once >> "{log}"
exec "{compiler}" "$@"
"""


def test_networks_of_one_structure_compile_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler is called once, by whichever process comes first. (The number of neurons is part of
    the text where they are few: each would be compiled.)"""
    compiler = shutil.which("g++")
    log, folder = tmp_path / "log", tmp_path / "bin"
    folder.mkdir()
    log.touch()
    (folder / "g++").write_text(COUNTING_COMPILER.format(log=log, compiler=compiler))
    (folder / "g++").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path / "cache"))
    get_reusable_executor().shutdown(wait=True)  # so that the workers find the compiler that counts
    try:
        net = Sub(0.1, seed=4)
        net.parallel_run(trial, 4, duration=2.0, size=[9, 10, 11, 12])
        assert log.read_text().count("once") == 1
        declared = Declared()
        engine.compile(silent=True, debug_build=True)
        nets = [Network(everything=True, seed=k) for k in range(3)]
        for each in nets:
            each.compile(silent=True, debug_build=True)
        parallel_run(run_of(declared), networks=nets, rate=[1.0] * 3)
        parallel_run(run_of(declared), number=3, rate=[1.0] * 3)
        assert log.read_text().count("once") == 2
    finally:
        get_reusable_executor().shutdown(wait=True)


def test_the_test_sees_the_interpreter_of_the_workers() -> None:
    """Functions of modules are found in the workers, too: this one is not sent by value."""
    net = Sub(0.1, seed=4)
    assert net.parallel_run(interpreter, 1) == [sys.executable]


def interpreter(net: Network) -> str:
    return sys.executable
