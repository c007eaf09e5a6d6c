"""What a monitor gives: blocks, shapes, flat spikes, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import engine
from engine import (
    EngineError,
    Monitor,
    MonitorList,
    Network,
    Neuron,
    Population,
    Projection,
    SpikeSourceArray,
    Synapse,
)
from engine.network import recorded
from engine.network.recorded import RecordedData, Table, by_rank
from engine.runtime import pages

COUNTER = Neuron(
    parameters="b = 1.0",
    equations="ticks += 1 : population, int\nr = t + b\nk += 1 : int\nlate = t > 1.0 : bool\ns = sum()",
)
FIRING = Neuron(parameters="b = 0.3", equations="v += b", spike="v > 1.0", reset="v = 0.0")
SYNAPSE = Synapse(
    parameters="c = 1.0",
    equations="n = w * 10.0 + t\ntheta = t : postsynaptic\nclock = t : projection",
)


# --- blocks -------------------------------------------------------------------------------------------


def test_rows_survive_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "SMALLEST_BLOCK", 64)
    monkeypatch.setattr(recorded, "LARGEST_BLOCK", 256)
    table, given = Table(np.float64, 3), np.arange(300.0).reshape(100, 3)
    for start, end in ((0, 1), (1, 2), (2, 40), (40, 100)):
        table.append(given[start:end])
    assert len(list(table.parts())) > 5
    assert (len(table), table.nbytes) == (100, 2400)
    table.drop_last()
    np.testing.assert_array_equal(table.rows(keep=True), given[:99])
    np.testing.assert_array_equal(table.rows(keep=False, dtype=np.float32), given[:99])
    assert len(table) == 0


@pytest.mark.parametrize("huge_page", [pages.HUGE_PAGE, None])
def test_large_blocks(monkeypatch: pytest.MonkeyPatch, huge_page: int | None) -> None:
    """Where the system has huge pages, a large block begins with one; what is recorded is the same."""
    monkeypatch.setattr(pages, "HUGE_PAGE", huge_page)
    table, given = Table(np.float64, 1000), np.random.default_rng(2).normal(size=(700, 1000))
    table.append(given[:3])
    table.append(given[3:])
    large = [block for block in table._blocks if block.nbytes > 1 << 20]
    assert len(large) > 2
    if huge_page is not None:
        assert all(block.ctypes.data % huge_page == 0 for block in large)
    np.testing.assert_array_equal(table.rows(keep=True), given)
    found = table.rows(keep=False)
    np.testing.assert_array_equal(found, given)
    found[...] = 0.0


def test_runs_longer_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine fills one block in a call and comes back for the next; single steps give the same."""

    def record(lengths: list[int], threads: int) -> Any:
        net = Network(dt=0.5, seed=4)
        net.config(num_threads=threads)
        pop = net.create(200, FIRING)
        pop.b = net.draw(engine.Uniform(0.1, 0.9), 200)
        m = net.monitor(pop, ["v", "spike"], period=1.5, period_offset=0.5)
        few = net.monitor(pop[[150, 3]], ["v", "spike"])
        net.compile(silent=True)
        for steps in lengths:
            net.run_steps(steps)
        return m.get(), few.get(), few.times()

    whole = record([99], 1)
    monkeypatch.setattr(recorded, "SMALLEST_BLOCK", 1)
    monkeypatch.setattr(recorded, "LARGEST_BLOCK", 3600)
    for lengths, threads in (([99], 1), ([99], 2), ([1] * 99, 1), ([50, 49], 2)):
        again = record(lengths, threads)
        for one, other in zip(whole[:2], again[:2], strict=True):
            np.testing.assert_array_equal(one["v"], other["v"])
            assert one["spike"] == other["spike"]
        assert again[2] == whole[2]
    assert whole[0]["v"].shape == (33, 200)
    assert whole[1]["v"].shape == (99, 2)
    np.testing.assert_array_equal(whole[1]["v"][1::3], whole[0]["v"][:, [150, 3]])


def test_what_is_given_is_no_part_of_what_is_kept() -> None:
    pop = Population(3, COUNTER)
    m = Monitor(pop, "r")
    engine.compile(silent=True)
    engine.simulate(3.0)
    first = m.get("r", keep=True)
    first[...] = -1.0
    assert m.get("r")[:, 0].tolist() == [1.0, 2.0, 3.0]
    engine.simulate(2.0)
    second = m.get("r")
    engine.simulate(2.0)
    assert second[:, 0].tolist() == [4.0, 5.0]


def test_the_steps_of_samples() -> None:
    pop = Population(2, COUNTER)
    m = Monitor(pop, "k", period=2.0)
    engine.compile(silent=True)
    engine.simulate(5.0)
    m.pause()
    engine.simulate(4.0)
    m.resume()
    m.start(period=3.0)
    engine.simulate(4.0)
    assert m.sample_steps("k").tolist() == [0, 2, 4, 9, 12]
    assert m.get("k")[:, 0].tolist() == [1, 3, 5, 10, 13]
    assert m.sample_steps("k").tolist() == []
    assert m.times("k") == {"k": {"start": [0, 9], "stop": [5, 13]}}


# --- spikes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_flat_spikes_are_the_same_spikes(threads: int) -> None:
    engine.setup(num_threads=threads, dt=0.5)
    pop = Population(200, FIRING)
    pop.b = engine.Uniform(0.1, 0.9)
    m = Monitor(pop, "spike")
    engine.compile(silent=True)
    engine.simulate(50.0)
    spikes = m.get("spike", keep=True)
    steps, ranks = m.get_spikes(keep=True)
    assert (steps.dtype, ranks.dtype) == (np.int64, np.int32)
    assert sorted((s, r) for r, train in spikes.items() for s in train) == list(
        zip(steps.tolist(), ranks.tolist(), strict=True)
    )
    assert type(spikes[0]) is list and type(spikes[0][0]) is int
    assert list(spikes) == list(range(200))
    assert m.get_spikes()[0].size == steps.size
    assert m.get("spike") == {rank: [] for rank in range(200)}
    with pytest.raises(EngineError, match="does not record spikes as 'v'"):
        m.get_spikes("v")


def test_spikes_are_sorted_by_rank_without_losing_their_order() -> None:
    steps = np.array([1, 1, 2, 2, 5], dtype=np.int64)
    ranks = np.array([4, 9, 0, 4, 4], dtype=np.int32)
    assert by_rank(steps, ranks, np.array([9, 4, 7]), 10) == {9: [1], 4: [1, 2, 5], 7: []}


def test_data_of_one_variable_know_their_blocks() -> None:
    data = RecordedData(begun=3, recording=True)
    data.pause(5)
    data.resume(8)
    assert data.times(9) == {"start": [3, 8], "stop": [5, 9]}
    for first, count in ((0, 2), (4, 1), (6, 3), (20, 2)):
        data.note(first, 2, count)
    assert [(s.first, s.count) for s in data.sampled] == [(0, 6), (20, 2)]


# --- shapes -------------------------------------------------------------------------------------------


def test_types_and_shapes_of_a_population() -> None:
    pop = Population((2, 3), COUNTER)
    names = ["r", "k", "late", "ticks", "sum(exc)"]
    m, view = Monitor(pop, names), Monitor(pop[1, :], ["r", "ticks"])
    Projection(pop, pop, "exc").connect_one_to_one(2.0)  # after the monitor, read by sum() only
    engine.compile(silent=True)
    engine.simulate(3.0)
    found = m.get(keep=True)
    assert [found[name].dtype.kind for name in names] == list("fibif")
    assert [found[name].shape for name in names] == [(3, 6)] * 3 + [(3,), (3, 6)]
    assert [m.get(n, keep=True, reshape=True).shape for n in names] == [(3, 2, 3)] * 3 + [(3,), (3, 2, 3)]
    assert found["sum(exc)"][:, 0].tolist() == [0.0, 2.0, 4.0]
    assert view.get("r", keep=True, reshape=True).shape == (3, 1, 3)
    assert view.get("ticks").tolist() == [1, 2, 3]
    assert view.get("r").shape == (3, 3)


def test_monitors_of_a_network_give_the_geometry() -> None:
    net = Network(seed=1)
    pop = net.create((2, 3), FIRING)
    m = net.monitor(pop, ["v", "spike"], name="watch")
    net.compile(silent=True)
    net.simulate(8.0)
    assert m.get("v", keep=True, reshape=False).shape == (8, 6)
    assert m["spike"] == {rank: [3, 7] for rank in range(6)}
    assert m["v"].shape == (8, 2, 3)
    assert net.get_monitor("watch") is m


def test_single_precision_is_given_as_double() -> None:
    engine.setup(precision="float")
    pop = Population(2, Neuron(equations="r = t / 3.0"))
    m = Monitor(pop, "r")
    engine.compile(silent=True)
    engine.simulate(3.0)
    values = m.get("r")
    assert values.dtype == np.float64
    assert values[:, 0].tolist() == [float(np.float32(k) / np.float32(3.0)) for k in range(3)]


def test_synapses_by_dendrite() -> None:
    pre, post = Population(3, COUNTER), Population(3, COUNTER)
    even = Projection(pre, post, "exc", SYNAPSE).connect_from_matrix([[1.0, 2.0, 3.0]] * 3)
    matrix = [[1.0, 2.0, 3.0], [None, None, None], [None, 5.0, None]]
    ragged = Projection(pre, post, "exc", SYNAPSE).connect_from_matrix(matrix)
    a, b = Monitor(even, ["n", "theta", "clock"]), Monitor(ragged, ["n", "theta", "clock"])
    engine.compile(silent=True)
    of_one = Monitor(ragged.dendrite(2), ["n", "theta", "clock"])
    engine.simulate(2.0)
    full, lists, one = a.get(), b.get(), of_one.get()
    assert (full["n"].shape, full["theta"].shape, full["clock"].shape) == ((2, 3, 3), (2, 3), (2,))
    assert full["n"][1].tolist() == [[11.0, 21.0, 31.0]] * 3
    assert (lists["n"].shape, lists["theta"].shape, lists["clock"].shape) == ((2, 2), (2, 2), (2,))
    assert lists["n"].tolist() == [[[10.0, 20.0, 30.0], [50.0]], [[11.0, 21.0, 31.0], [51.0]]]
    assert (one["n"].tolist(), one["theta"].tolist()) == ([[50.0], [51.0]], [0.0, 1.0])


def test_one_weight_for_all_is_recorded_for_each_synapse() -> None:
    pre = SpikeSourceArray([[1.0], [2.0]])
    proj = Projection(pre, Population(3, FIRING), "exc").connect_all_to_all(0.5)
    m = Monitor(proj, "w")
    engine.compile(silent=True)
    one = Monitor(proj.dendrite(1), "w")
    engine.simulate(2.0)
    assert m.get("w").tolist() == [[[0.5, 0.5]] * 3] * 2
    assert one.get("w").tolist() == [[0.5, 0.5]] * 2


# --- warnings and errors ------------------------------------------------------------------------------


def test_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    pop = Population(3, COUNTER)
    m = Monitor(pop, "r")
    empty = Monitor(pop)
    m.start()
    assert "no effect before compile()" in capsys.readouterr().out
    engine.compile(silent=True)
    empty.start(["k", "unknown", "b"])
    warned = capsys.readouterr().out
    assert "no variable named 'unknown'" in warned and "b is a parameter" in warned
    assert empty.variables == ["k"]
    engine.simulate(2.0)
    assert empty.get("k").shape == (2, 3)
    assert m.times(["r", "k"]) == {"r": {"start": [0], "stop": [2]}}
    assert "WARNING: Variable 'k' is not monitored. " in capsys.readouterr().out


def test_sums_that_never_come() -> None:
    """A neuron with sum() may get any target until compile, none after it."""
    pop = Population(3, COUNTER, name="pop")
    m = Monitor(pop, "sum(zz)")
    Projection(pop, pop, "exc").connect_one_to_one(1.0)
    with pytest.raises(EngineError, match=r"Monitor_pop: pop receives no projection of target 'zz'.*exc"):
        engine.compile(silent=True)
    m.stop()
    engine.compile(silent=True)
    with pytest.raises(EngineError, match=r"does not use sum\(zz\); its targets: exc"):
        Monitor(pop, "sum(zz)")
    Monitor(pop, "sum(exc)")
    engine.simulate(1.0)


def test_the_list_of_variables_cannot_be_assigned() -> None:
    m = Monitor(Population(3, COUNTER), "r")
    m.variables.append("k")
    assert m.variables == ["r"]
    with pytest.raises(EngineError, match="start"):
        m.variables = ["k"]


# --- files --------------------------------------------------------------------------------------------


def recorded_network() -> tuple[Monitor, Monitor]:
    pop, source = Population((2, 3), COUNTER, name="pop"), SpikeSourceArray([[1.0, 3.0], [], [1.0]], name="q")
    a, b = Monitor(pop, ["r", "ticks"]), Monitor(source, "spike")
    engine.compile(silent=True)
    engine.simulate(4.0)
    return a, b


def contents(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return found


def test_hdf5(tmp_path: Path) -> None:
    a, b = recorded_network()
    a.save(str(tmp_path / "a.hdf5"), keep=True, reshape=True)
    b.save(str(tmp_path / "b.h5"), "spike", keep=True)
    found, spikes = contents(tmp_path / "a.hdf5"), contents(tmp_path / "b.h5")
    np.testing.assert_array_equal(found["r"], a.get("r", keep=True, reshape=True))
    assert found["ticks"].tolist() == [1, 2, 3, 4]
    assert (spikes["spike/steps"].tolist(), spikes["spike/ranks"].tolist()) == ([1, 3, 1], [0, 0, 2])
    a.save(str(tmp_path / "a.hdf5"))
    assert a.get("r").shape == (0,)


def test_lists_of_dendrites_in_hdf5(tmp_path: Path) -> None:
    pop = Population(2, COUNTER)
    proj = Projection(pop, pop, "exc", SYNAPSE).connect_from_matrix([[1.0, 2.0], [3.0, None]])
    m = Monitor(proj, "n")
    engine.compile(silent=True)
    engine.simulate(2.0)
    m.save(str(tmp_path / "n.hdf5"))
    rows = contents(tmp_path / "n.hdf5")["n"]
    assert [[part.tolist() for part in row] for row in rows] == [[[10, 20], [30]], [[11, 21], [31]]]


def test_npy(tmp_path: Path) -> None:
    a, b = recorded_network()
    with pytest.raises(EngineError, match=r"holds one variable, not 2"):
        a.save(str(tmp_path / "a.npy"))
    a.save(str(tmp_path / "a.npy"), "r")
    b.save(str(tmp_path / "b.npy"))
    assert np.load(tmp_path / "a.npy")[:, 5].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.load(tmp_path / "b.npy").tolist() == [[1, 0], [3, 0], [1, 2]]


def test_files_that_cannot_be_written_drop_nothing(tmp_path: Path) -> None:
    a, _ = recorded_network()
    with pytest.raises(EngineError, match=r"neither an .hdf5 nor an .npy file"):
        a.save(str(tmp_path / "a.txt"))
    assert a.get("r", keep=True).shape == (4, 6)
    with pytest.raises(EngineError, match="cannot be written"):
        a.save(str(tmp_path / "nowhere" / "a.hdf5"))
    assert a.get("r").shape == (4, 6)


def test_several_monitors_in_one_file(tmp_path: Path) -> None:
    monitors = MonitorList(recorded_network())
    monitors.save_all(str(tmp_path / "all.hdf5"), keep=True)
    assert sorted(contents(tmp_path / "all.hdf5")) == ["pop/r", "pop/ticks", "q/spike/ranks", "q/spike/steps"]
    with pytest.raises(EngineError, match=r"all.npy is no .hdf5 file"):
        monitors.save_all(str(tmp_path / "all.npy"))
    with pytest.raises(EngineError, match="pop/r, pop/ticks"):
        MonitorList([*monitors, monitors[0]]).save_all(str(tmp_path / "all.hdf5"))
    monitors.save_all(str(tmp_path / "all.hdf5"), reshape=True, flat_keys=True)
    assert contents(tmp_path / "all.hdf5")["pop_r"].shape == (4, 2, 3)
    assert monitors[0].get("r").shape == (0,)
