"""Networks: settings, clock, seeds, several networks, and the top-level functions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine import EngineError, Monitor, Network, Neuron, Normal, PoissonPopulation, Population, Projection
from engine.network import running
from engine.runtime.instance import Instance

RATE = Neuron(parameters="b = 1.0", equations="r = b * t")
NOISY = Neuron(equations="v += Uniform(0.0, 0.2)", spike="v > 1.0", reset="v = 0.0")


NOT_YET = (
    *("PySide6", "pyqtgraph", "matplotlib", "sympy", "scipy", "h5py", "psutil", "filelock", "cloudpickle"),
    *("zipfile", "xml", "concurrent", "engine.project", "engine.export", "engine.files.hdf5"),
    *("engine.files.npz", "engine.reports.description", "engine.codegen.interpreter"),
)
"""Packages that an import of the engine leaves to those who need them: it would take longer by a tenth."""


def test_star_import_brings_numpy_and_no_more_than_each_script_needs() -> None:
    code = (
        "from engine import *; import sys; np.zeros(1); Population; ANNarchyException; IF_curr_exp;"
        f"loaded = [m for m in sys.modules if any((m + '.').startswith(n + '.') for n in {NOT_YET})];"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_top_level_script(capsys: pytest.CaptureFixture[str]) -> None:
    engine.setup(dt=0.5, seed=3)
    pop = Population(3, RATE, name="A")
    proj = Projection(pop, pop, "exc", name="loop").connect_all_to_all(1.0)
    m = Monitor(pop, "r")
    assert engine.get_time() == 0.0
    with pytest.raises(EngineError, match="not compiled"):
        engine.simulate(1.0)
    engine.compile(clean=True)
    engine.compile()
    printed = capsys.readouterr().out
    assert printed.count("Compiling") == 1
    assert "already compiled" in printed
    engine.simulate(10.0, measure_time=True)
    assert "Simulating 0.01 seconds" in capsys.readouterr().out
    assert (engine.get_time(), engine.get_current_step(), engine.dt()) == (10.0, 20, 0.5)
    engine.step()
    assert m.get("r").shape == (21, 3)
    engine.set_time(7.3)
    assert engine.get_time() == 7.0
    engine.set_current_step(4)
    assert engine.get_time() == 2.0
    engine.reset()
    assert engine.get_time() == 0.0
    assert engine.populations() == [pop]
    assert engine.projections(post=pop, target="exc") == [proj]
    assert engine.projections(pre="A") == [proj]
    assert engine.monitors(obj=pop) == [m]
    assert engine.get_population("A") is pop
    assert engine.get_projection("loop") is proj
    assert engine.get_population("B") is None
    assert "'B'" in capsys.readouterr().out
    with pytest.raises(EngineError, match="no projection"):
        engine.projections(target="inh")
    for late in (lambda: Population(1, RATE), lambda: Projection(pop, pop, "exc")):
        with pytest.raises(EngineError, match="after the network has been compiled"):
            late()
    engine.clear()
    assert engine.populations() == []
    assert engine.dt() == 0.5
    assert Population(1, RATE).name == "pop0"


def test_unknown_settings_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    engine.setup(foo=1)
    assert capsys.readouterr().out == "WARNING: setup(): unknown key: foo \n"
    engine.setup(suppress_warnings=True, bar=1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "setting",
    [
        {"dt": 0.0},
        {"dt": float("nan")},
        {"method": "leapfrog"},
        {"precision": "half"},
        {"num_threads": 0},
        {"seed": "x"},
        {"paradigm": "cuda"},
        {"structural_plasticity": "yes"},
    ],
)
def test_impossible_settings(setting: dict[str, Any]) -> None:
    before = engine.dt()
    with pytest.raises(EngineError, match=next(iter(setting))):
        engine.setup(**setting)
    assert engine.dt() == before


def test_names() -> None:
    net = Network()
    net.create(1, RATE, name="A")
    with pytest.raises(EngineError, match="'A' is already used"):
        net.create(1, RATE, name="A")
    assert net.create(1, RATE).name == "pop1"
    assert [p.id for p in net.populations] == [0, 1]


@pytest.mark.parametrize(
    ("duration", "dt", "steps"),
    [(100.0, 0.1, 1000), (0.3, 0.1, 3), (1.1, 0.1, 11), (2.5, 1.0, 3), (0.0, 1.0, 0)],
)
def test_steps_of_a_duration(duration: float, dt: float, steps: int) -> None:
    net = Network(dt=dt, seed=1)
    net.create(1, RATE)
    net.compile(silent=True)
    net.simulate(duration)
    assert net.current_step == steps
    assert net.time == pytest.approx(steps * dt)


def test_impossible_durations() -> None:
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)
    for duration in (-1.0, float("nan"), float("inf")):
        with pytest.raises(EngineError, match="duration"):
            net.simulate(duration)


def test_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)
    net.simulate(50.0, progress_bar=True)
    assert "50/50" in capsys.readouterr().err


def test_slow_steps_run_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C and the progress bar do not wait for several of them."""
    monkeypatch.setattr(running, "CHUNK_SECONDS", 0.0)
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)
    parts: list[int] = []

    def run(instance: Instance, steps: int, **given: Any) -> int:
        parts.append(steps)
        return plain(instance, steps, **given)

    plain = Instance.run
    monkeypatch.setattr(Instance, "run", run)
    net.simulate(4.0)
    assert parts == [1, 1, 1, 1]


def test_a_run_begins_at_the_pace_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a millisecond, until each takes 40."""
    clock, step = [0.0], [0.001]
    parts: list[int] = []
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)

    def run(instance: Instance, steps: int, **given: Any) -> int:
        parts.append(steps)
        clock[0] += steps * step[0]
        return plain(instance, steps, **given)

    plain = Instance.run
    monkeypatch.setattr(Instance, "run", run)
    monkeypatch.setattr(running.time, "perf_counter", lambda: clock[0])
    net.simulate(30.0)
    assert parts == [1, 29]
    net.simulate(340.0)
    assert parts[2:] == [100, 240]
    step[0] = 0.04
    net.simulate(130.0)
    assert parts[4:] == [100, 6, 6, 6, 6, 6]
    assert net.time == 500.0


def test_the_start_of_a_call_does_not_split_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes 5 us and the start of a call 190; 2.5 times the measured pace is believed at most."""
    clock, beside, step = [0.0], [190e-6], [5e-6]
    parts: list[int] = []
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)

    def run(instance: Instance, steps: int, **given: Any) -> int:
        parts.append(steps)
        clock[0] += beside[0] + steps * step[0]
        plain(instance, 1, **given)
        return steps

    plain = Instance.run
    monkeypatch.setattr(Instance, "run", run)
    monkeypatch.setattr(running.time, "perf_counter", lambda: clock[0])
    net.simulate(1.0)
    net.simulate(1000.0)
    assert parts == [1, 1000]
    beside[0], step[0] = 0.0, 200e-6
    net.simulate(1.0)
    net.simulate(2000.0)
    assert parts[2:4] == [1, 1250]


@pytest.fixture
def ctrl_c_heeded() -> Iterator[None]:
    """The background job of a shell ignores Ctrl-C."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("ctrl_c_heeded")
def test_a_run_can_be_interrupted() -> None:
    """Ctrl-C ends an endless run after whole steps, and the network runs on afterwards."""

    net = Network()
    pop = net.create(1000, NOISY)
    m = net.monitor(pop, "v")
    net.compile(silent=True)
    ctrl_c = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        net.simulate(1e12)
    done = net.current_step
    assert len(m.get("v")) == done > 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    net.simulate(2.0)
    assert net.current_step == done + 2


def test_a_run_can_be_stopped() -> None:
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)
    stop, progress = np.ones(1, np.int32), np.zeros(1, np.int64)
    assert net.run_steps(100, stop=stop, progress=progress) == net.current_step < 2
    stop[0] = 0
    assert net.run_steps(100, stop=stop, progress=progress) == progress[0] == 100


def spikes_of(seed: int | None, before: int = 0) -> Any:
    for _ in range(before):
        Network().create(3, NOISY)
    net = Network(seed=seed)
    pop = net.create(20, NOISY)
    pop.v = Normal(0.0, 0.5)
    m = net.monitor(pop, ["spike"])
    net.compile(silent=True)
    start = pop.v
    net.simulate(50.0)
    return start.tolist(), m.get("spike")


def test_one_seed_one_result() -> None:
    first = spikes_of(4)
    assert first == spikes_of(4, before=3)
    assert first[0] != spikes_of(5)[0]
    assert first[1] != spikes_of(5)[1]
    engine.setup(seed=None)
    assert spikes_of(None) != spikes_of(None)


def test_reset_repeats_the_run_unless_told_otherwise() -> None:
    net = Network(seed=4)
    m = net.monitor(net.create(20, NOISY), "spike")
    net.compile(silent=True)
    runs = []
    for reseed in (True, False):
        net.simulate(50.0)
        runs.append(m.get("spike"))
        net.reset(reseed_rng=reseed)
    net.simulate(50.0)
    runs.append(m.get("spike"))
    assert runs[0] == runs[1] != runs[2]


def test_set_seed_restarts_the_random_numbers() -> None:
    net = Network(seed=4)
    pop = net.create(20, NOISY)
    m = net.monitor(pop, "spike")
    net.compile(silent=True)
    runs = []
    for seed in (9, 9, 10):
        pop.v = 0.0
        net.set_current_step(0)
        net.set_seed(seed)
        net.simulate(40.0)
        runs.append(m.get("spike"))
    assert runs[0] == runs[1] != runs[2]


def test_networks_are_independent() -> None:
    a, b = Network(dt=1.0, seed=1), Network(dt=0.5, seed=1)
    pa, pb = a.create(2, RATE, name="P"), b.create(2, RATE, name="P")
    a.compile(silent=True)
    b.compile(silent=True)
    a.simulate(10.0)
    b.simulate(2.0)
    assert (pa.r[0], pb.r[0]) == (9.0, 1.5)
    with pytest.raises(EngineError, match="another network"):
        a.monitor(pb, "r")


def test_networks_as_classes() -> None:
    class Pair(Network):
        def __init__(self, size: int, b: float = 1.0) -> None:
            self.pop = self.create(size, RATE, name="P")
            self.pop.b = b
            self.m = self.monitor(self.pop, "r")

    net = Pair(3, b=2.0, dt=0.5, seed=3)
    assert (net.dt, net.seed) == (0.5, 3)
    net.compile(silent=True)
    net.simulate(1.0)
    assert net.m.get("r").tolist() == [[0.0] * 3, [1.0] * 3]


def test_populations_made_on_their_own_move_into_a_network() -> None:
    net = Network(seed=1)
    first, second = PoissonPopulation(3, rates=10.0), PoissonPopulation(4, name="B", rates=10.0)
    assert net.create(population=second) is second
    assert net.create(first) is first
    assert engine.populations() == []
    assert [(p.id, p.name, p.network) for p in net.populations] == [(0, "B", net), (1, "pop1", net)]


def test_compile_tells_its_phases_and_can_be_cancelled() -> None:
    net = Network()
    net.create(1, RATE)
    phases: list[str] = []
    net.compile(silent=True, progress=phases.append)
    assert phases[0] == "Drawing synapses"
    assert len(phases) >= 2


def test_single_precision() -> None:
    net = Network(dt=0.1, seed=1)
    net.config(precision="float")
    pop = net.create(2, Neuron(parameters="b = 0.1", equations="r = b"))
    m = net.monitor(pop, "r")
    net.compile(silent=True)
    net.step()
    assert pop.r.dtype == m.get("r", keep=True).dtype == np.float64
    assert pop.r[0] == float(np.float32(0.1))
    assert m.get("r")[0, 0] == float(np.float32(0.1))


def test_settings_are_fixed_by_compile() -> None:
    net = Network()
    net.create(1, RATE)
    net.compile(silent=True)
    with pytest.raises(EngineError, match="dt"):
        net.dt = 0.1


def test_a_cancelled_compilation_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def weights(interrupted: bool) -> Any:
        net = Network(seed=6)
        pre, post = net.create(10, RATE), net.create(10, RATE)
        synapse = engine.Synapse(parameters="a = 0.0", psp="a * w * pre.r")
        proj = net.connect(pre, post, "exc", synapse).connect_fixed_number_pre(3, Normal(0.0, 1.0))
        proj.a = Normal(0.0, 1.0)
        if interrupted:
            with monkeypatch.context() as patch, pytest.raises(engine.CompilationError):
                patch.setattr("engine.codegen.compile_network", refuse)
                net.compile(silent=True)
            assert not net.compiled
        net.compile(silent=True)
        return proj.pre_ranks, proj.w, proj.a

    def refuse(*_: Any, **__: Any) -> None:
        raise engine.CompilationError("cancelled")

    assert weights(interrupted=True) == weights(interrupted=False)


def test_names_that_mean_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Network().create(2, Neuron(parameters="width = 3.0", equations="r = width"), name="P")
    assert "WARNING: P: use get() and set() for width" in capsys.readouterr().out
    pop.set({"width": 4.0})
    assert (pop.width, pop.get("width").tolist()) == (2, [4.0, 4.0])


def test_what_clear_forgot_cannot_be_taken_for_what_came_after_it() -> None:
    old = Population(3, RATE)
    others = Projection(old, old, "exc").connect_all_to_all(1.0)
    engine.compile(silent=True)
    engine.clear()
    new = Population(3, RATE)
    Projection(new, new, "exc").connect_all_to_all(1.0)
    engine.compile(silent=True)
    new.r = 2.0
    for use in (lambda: old.r, lambda: old.set({"r": 1.0}), lambda: old[1:].r, lambda: Monitor(old, "r")):
        with pytest.raises(EngineError, match=r"Population pop0 was forgotten by clear\(\)"):
            use()
    with pytest.raises(EngineError, match=r"Projection proj0 was forgotten by clear\(\)"):
        others.w = 3.0
    assert list(new.r) == [2.0, 2.0, 2.0]
