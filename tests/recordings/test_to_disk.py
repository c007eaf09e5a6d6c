"""Recording to disk: the same data, bounded memory, files that survive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import engine
from engine import EngineError, Monitor, Neuron, Population, Projection, SpikeSourceArray, Synapse
from engine.recordings import Recording, read_recordings, save_recordings, stream

LONG_RUN = Path(__file__).with_name("long_run.py")
NEURON = Neuron(
    parameters="b = 0.3",
    equations="v += b\nk += 1 : int\ng = t : population\nlate = t > 5.0 : bool",
    spike="v > 1.0",
    reset="v = 0.0",
)
SYNAPSE = Synapse(equations="n = w*10.0 + t\ntheta = t : postsynaptic", pre_spike="g_target += w")
NAMES = ["v", "spike", "k", "g", "late"]


def twins() -> tuple[list[Monitor], list[Monitor]]:
    """Two times the same monitors of one network: of a population, a view, a projection."""
    engine.setup(dt=0.5)
    pop = Population((10, 20), NEURON, name="pop")
    pop.b = engine.Uniform(0.1, 0.9)
    proj = Projection(pop, pop, "exc", SYNAPSE, name="proj")
    proj.connect_fixed_number_pre(5, weights=engine.Uniform(0.0, 1.0))

    def monitors() -> list[Monitor]:
        return [
            Monitor(pop, NAMES),
            Monitor(pop[3, 2:9], ["v", "spike"], period=1.5, period_offset=0.5),
            Monitor(proj, ["n", "theta", "w"], period=5.0),
        ]

    return monitors(), monitors()


def assert_same(filed: list[Monitor], kept: list[Monitor], keep: bool = False) -> None:
    for one, other in zip(filed, kept, strict=True):
        for name in one.variables:
            if name != "spike":
                np.testing.assert_array_equal(one.sample_steps(name), other.sample_steps(name))
            got, expected = one.get(name, keep=keep), other.get(name, keep=keep)
            if name == "spike":
                assert got == expected
            else:
                assert got.dtype == expected.dtype
                np.testing.assert_array_equal(got, expected)
            assert one.times(name) == other.times(name)


def test_the_same_data_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written meanwhile, before and after pauses, gets and the end of the file."""
    monkeypatch.setattr(stream, "WRITE_BYTES", 5000)
    filed, kept = twins()
    for monitor in filed:
        file = monitor.record_to(tmp_path / "run.h5")
    engine.compile(silent=True)
    for at, duration in enumerate((100.0, 10.0, 300.0, 2.0)):
        for monitor in (*filed, *kept):
            (monitor.pause if at == 1 else monitor.resume)()
        engine.simulate(duration)
        if at == 2:
            assert_same(filed, kept, keep=True)
    assert filed[0].size_in_bytes() < kept[0].size_in_bytes() / 10
    assert_same(filed, kept)
    engine.simulate(20.0)
    assert_same(filed, kept)
    engine.simulate(5.0)
    file.close()
    assert file.closed
    engine.simulate(5.0)  # in memory, after what is in the file
    assert filed[0].get("v", keep=True).shape == (20, 200)
    assert_same(filed, kept)


def by_key(path: Path) -> dict[str, Recording]:
    found: dict[str, Recording] = {}
    for recording in read_recordings(path):
        found.setdefault(recording.key, recording)
    return found


def test_the_file_tells_everything(tmp_path: Path) -> None:
    filed, kept = twins()
    engine.compile(silent=True)
    engine.simulate(4.0)
    with filed[0].record_to(tmp_path / "run.h5"), pytest.MonkeyPatch.context() as patch:
        filed[2].record_to(str(tmp_path / "run.h5"))
        patch.setattr(stream, "WRITE_SECONDS", 0.0)
        engine.simulate(20.0)
        engine.reset()
        engine.simulate(3.0)
        assert filed[0].get("v").shape == (6, 200)
        assert by_key(tmp_path / "run.h5")["pop.v"].steps[-1] == 5  # others may read while it is written
    found = by_key(tmp_path / "run.h5")
    assert set(found) == {f"pop.{n}" for n in NAMES} | {"proj.n", "proj.theta", "proj.w"}
    v, spikes, n = found["pop.v"], found["pop.spike"], found["proj.n"]
    assert v.values is not None and spikes.spikes is not None and n.values is not None
    assert (v.dt, v.geometry, v.values.shape) == (0.5, (10, 20), (54, 200))
    assert v.steps.tolist() == [*range(48), *range(6)]
    assert v.blocks == [(0, 48), (0, 6)]
    assert v.times[:3].tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_array_equal(v.values[48:], kept[0].get("v"))
    assert [found[f"pop.{name}"].values.dtype.kind for name in ("k", "g", "late")] == list("ifb")  # type: ignore[union-attr]
    assert found["pop.g"].columns.labels == ["all"]
    proj = engine.get_projection("proj")
    pairs = [f"{i}->{j}" for j, row in enumerate(proj.pre_ranks) for i in row]
    assert n.columns.labels == pairs
    np.testing.assert_array_equal(n.values[-1], np.concatenate(kept[2].get("n")[-1]))
    late = spikes.steps[np.flatnonzero(np.diff(spikes.steps) < 0)[0] + 1 :]
    expected = kept[0].get_spikes()
    np.testing.assert_array_equal(late, expected[0])
    np.testing.assert_array_equal(spikes.spikes[-len(late) :], expected[1])


def test_saved_and_recorded_files_are_alike(tmp_path: Path) -> None:
    filed, kept = twins()
    for monitor in filed:
        monitor.record_to(tmp_path / "run.h5", compression="lzf")
    engine.compile(silent=True)
    engine.simulate(30.0)
    save_recordings(kept, tmp_path / "saved.h5")
    engine.clear()
    assert not stream._open
    recorded, saved = read_recordings(tmp_path / "run.h5"), read_recordings(tmp_path / "saved.h5")
    assert [r.key for r in recorded] == [r.key for r in saved]
    for one, other in zip(recorded, saved, strict=True):
        for part in ("steps", "values", "spikes"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
        assert (one.blocks, one.geometry) == (other.blocks, other.geometry)
        assert one.columns.labels == other.columns.labels


def test_stop_ends_the_file(tmp_path: Path) -> None:
    filed, _ = twins()
    file = filed[0].record_to(tmp_path / "run.h5")
    filed[1].record_to(tmp_path / "run.h5")
    engine.compile(silent=True)
    engine.simulate(3.0)
    filed[0].stop()
    assert not file.closed
    engine.simulate(3.0)
    filed[1].start("k")  # a table more in a file that others may be reading
    engine.simulate(3.0)
    filed[1].stop()
    assert file.closed
    found = [(r.key, len(r.steps)) for r in read_recordings(tmp_path / "run.h5") if r.values is not None]
    assert found == [("pop.g", 6), ("pop.k", 6), ("pop.late", 6), ("pop.v", 6), ("pop.k", 2), ("pop.v", 6)]


def test_errors(tmp_path: Path) -> None:
    source = Population(2, NEURON, name="few")
    m, other = Monitor(source, "v"), Monitor(source, "k")
    path = tmp_path / "run.h5"
    with pytest.raises(EngineError, match=r"must end in .h5"):
        m.record_to(tmp_path / "run.csv")
    with pytest.raises(EngineError, match=r"not 'zip'"):
        m.record_to(path, compression="zip")
    with pytest.raises(EngineError, match="cannot be made"):
        m.record_to(tmp_path / "nowhere" / "run.h5")
    path.write_text("precious")
    with pytest.raises(EngineError, match="exists; give another name, or overwrite=True"):
        m.record_to(path)
    assert path.read_text() == "precious"
    with pytest.raises(EngineError, match=r"run.h5 cannot be read as an HDF5 file"):
        read_recordings(path)
    with pytest.raises(EngineError, match=r"no.h5 does not exist"):
        read_recordings(tmp_path / "no.h5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(EngineError, match="holds no recordings"):
        read_recordings(tmp_path / "foreign.h5")
    m.record_to(path, overwrite=True)
    with pytest.raises(EngineError, match=r"already records to .*run.h5"):
        m.record_to(tmp_path / "second.h5")
    net = engine.Network(dt=0.25, seed=1)
    with pytest.raises(EngineError, match="another dt"):
        net.monitor(net.create(2, NEURON), "v").record_to(path)
    other.record_to(path)


def test_synapses_that_begin_and_end_are_refused(tmp_path: Path) -> None:
    engine.setup(structural_plasticity=True)
    rate = Neuron(equations="r = sum(exc)")
    pop = Population(3, rate)
    synapse = Synapse(equations="w += 0.0", pruning="w < -1.0")
    proj = Projection(pop, pop, "exc", synapse).connect_all_to_all(1.0)
    m = Monitor(proj, "w", period=2.0)
    with pytest.raises(EngineError, match="begin and end"):
        m.record_to(tmp_path / "run.h5")


def long_run(path: Path, duration: float, how: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, PYTHONPATH=str(LONG_RUN.parents[2]))
    command = [sys.executable, str(LONG_RUN), str(path), str(duration), how]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, **options)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from there")
def test_memory_does_not_grow_with_duration(tmp_path: Path) -> None:
    """Nine seconds of 2000 neurons are 144 MB; kept in memory they are found, recorded to disk they are not.
    A quarter of that is far from both."""
    peak = {}
    for how in ("file", "memory"):
        for duration in (1000.0, 10000.0):
            done = long_run(tmp_path / f"{how}{duration}.h5", duration, how, check=True)
            peak[how, duration] = 1024 * int(done.stdout.split()[-1])
    quarter = 2000 * 8 * 9000 / 4
    assert peak["file", 10000.0] - peak["file", 1000.0] < quarter
    assert peak["memory", 10000.0] - peak["memory", 1000.0] > 3 * quarter
    # The last steps were written when the program ended, without a word from it.
    assert by_key(tmp_path / "file1000.0.h5")["pop0.v"].steps.tolist() == list(range(1000))


def test_a_killed_program_leaves_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    command = [sys.executable, str(LONG_RUN), str(path), "100", "forever"]
    environment = dict(os.environ, PYTHONPATH=str(LONG_RUN.parents[2]))
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            complete = int(line)
            if complete > 1000 and any(r.steps.size > 1000 for r in _read(path)):
                break
        process.send_signal(signal.SIGKILL)
    found = by_key(path)
    v, spikes = found["pop0.v"], found["pop0.spike"]
    assert v.values is not None and len(v.values) == len(v.steps) > 1000
    np.testing.assert_array_equal(v.steps, np.arange(len(v.steps)))
    assert spikes.steps[-1] <= v.steps[-1] + 1 and (np.diff(spikes.steps) >= 0).all()
    # v rises by b and starts anew after a spike: what was written is what was computed.
    rising = v.values[1:] > v.values[:-1]
    fired = np.zeros((len(v.steps) + 1, 2000), bool)
    fired[spikes.steps, spikes.spikes] = True
    complete = int(spikes.steps[-1])
    np.testing.assert_array_equal(rising[: complete - 1], ~fired[1:complete])


def _read(path: Path) -> list[Recording]:
    """Recordings in a file that is being written; none before its first part is there."""
    try:
        return read_recordings(path)
    except EngineError:
        return []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the disk is made to look full by a limit")
def test_a_full_disk_is_told_and_costs_nothing(tmp_path: Path) -> None:
    """The file ends at a limit of 60 MiB, in 160 MB of samples; the monitors go on in memory."""
    done = long_run(tmp_path / "run.h5", 10000.0, "full")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    message, after = done.stdout.splitlines()[:2]
    assert "cannot be written any more" in message and "Make room on the disk" in message
    v = by_key(tmp_path / "run.h5")["pop0.v"]
    assert v.steps.size > 1000
    np.testing.assert_array_equal(v.steps, np.arange(v.steps.size))
    assert int(after) > 3  # what was not written, and three steps more


def test_sources_of_one_name_do_not_meet(tmp_path: Path) -> None:
    source = SpikeSourceArray([[1.0], [2.0]], name="a/b")
    first, second = Monitor(source, "spike"), Monitor(source[[1]], "spike")
    first.record_to(tmp_path / "run.h5")
    second.record_to(tmp_path / "run.h5")
    engine.compile(silent=True)
    engine.simulate(4.0)
    engine.clear()
    with h5py.File(tmp_path / "run.h5") as file:
        assert sorted(file) == ["a_b", "a_b_2"]
    one, other = read_recordings(tmp_path / "run.h5")
    assert one.spikes is not None and other.spikes is not None
    assert (one.source, one.spikes.tolist(), other.spikes.tolist()) == ("a/b", [0, 1], [1])
    assert other.columns.ranks.tolist() == [1]


def test_one_file_after_another(tmp_path: Path) -> None:
    """Also by the same name: who still had data in the former one has lost them, as overwrite says."""
    pop = Population(2, NEURON, name="pop")
    one, other = Monitor(pop, "k"), Monitor(pop, "g")
    file = one.record_to(tmp_path / "run.h5")
    other.record_to(tmp_path / "run.h5")
    engine.compile(silent=True)
    engine.simulate(3.0)
    one.stop()
    one.start("k")
    one.record_to(tmp_path / "run.h5")
    engine.simulate(2.0)
    file.close()
    assert [(r.key, len(r.steps)) for r in read_recordings(tmp_path / "run.h5")] == [
        ("pop.k", 3),
        ("pop.g", 5),
        ("pop.k", 2),
    ]
    assert other.get("g", keep=True).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    one.record_to(tmp_path / "run.h5", overwrite=True)
    engine.simulate(1.0)
    assert other.get("g").tolist() == [5.0]
    assert one.get("k")[:, 0].tolist() == [6]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes by fork")
def test_a_forked_process_does_not_write(tmp_path: Path) -> None:
    m = Monitor(Population(2, NEURON, name="pop"), "k")
    m.record_to(tmp_path / "run.h5")
    engine.compile(silent=True)
    engine.simulate(3.0)
    m.get()
    child = os.fork()
    if not child:
        engine.simulate(5.0)
        os._exit(0 if len(m.get("k")) == 5 else 1)
    assert os.waitpid(child, 0)[1] == 0
    engine.simulate(1.0)
    engine.clear()
    assert by_key(tmp_path / "run.h5")["pop.k"].steps.tolist() == [0, 1, 2, 3]
