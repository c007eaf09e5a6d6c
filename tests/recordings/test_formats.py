"""Recordings in the formats of the field, read back by the libraries of the field."""

from __future__ import annotations

import builtins
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import EngineError, Monitor, Neuron, Population, Projection, SpikeSourceArray, Synapse
from engine.recordings import as_recordings, read_recordings, save_recordings, to_neo

NEURON = Neuron(
    parameters="b = 0.3",
    equations="v += b + 0.2*Uniform(0.0, 1.0)\ng = t : population\nlate = t > 5.0 : bool",
    spike="v > 10.0",
    reset="v = 0.0",
)


def network() -> tuple[Monitor, Monitor]:
    """A population with a silent neuron and one that is recorded with a pause."""
    engine.setup(dt=0.5)
    pop = Population(6, NEURON, name="pop")
    pop.b = [0.1, 0.2, 0.3, 0.4, 0.5, -5.0]
    whole, paused = Monitor(pop, ["v", "spike", "g", "late"]), Monitor(pop[[4, 1]], "v", period=2.0)
    engine.compile(silent=True)
    engine.simulate(1000.0)
    paused.pause()
    engine.simulate(11.0)
    paused.resume()
    engine.simulate(989.0)
    return whole, paused


def table(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def test_csv(tmp_path: Path) -> None:
    whole, paused = network()
    files = save_recordings(whole, tmp_path / "run.csv")
    assert [file.name for file in files] == [f"run.pop.{n}.csv" for n in ("v", "spike", "g", "late")]
    assert save_recordings(paused, str(tmp_path / "one.csv")) == [tmp_path / "one.csv"]
    header, rows = table(tmp_path / "run.pop.spike.csv")
    steps, ranks = whole.get_spikes(keep=True)
    assert header == ["time_ms", "rank"]
    assert [(float(t), int(r)) for t, r in rows] == list(zip(steps * 0.5, ranks, strict=True))
    header, rows = table(tmp_path / "run.pop.v.csv")
    assert header == ["time_ms", "0", "1", "2", "3", "4", "5"]
    values = np.array(rows, dtype=float)
    np.testing.assert_array_equal(values[:, 0], np.arange(4000) * 0.5)
    np.testing.assert_array_equal(values[:, 1:], whole.get("v", keep=True))
    assert table(tmp_path / "run.pop.g.csv")[0] == ["time_ms", "all"]
    header, rows = table(tmp_path / "one.csv")
    assert header == ["time_ms", "4", "1"]
    np.testing.assert_array_equal(np.array(rows, dtype=float)[:, 0], paused.sample_steps("v") * 0.5)


def test_npz(tmp_path: Path) -> None:
    whole, paused = network()
    save_recordings([whole], tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as file:
        assert sorted(file) == sorted(
            [f"pop.{n}{end}" for n in ("v", "g", "late") for end in ("", ".times", ".columns")]
            + ["pop.spike.times", "pop.spike.ranks"]
        )
        steps, ranks = whole.get_spikes(keep=True)
        np.testing.assert_array_equal(file["pop.spike.times"], steps * 0.5)
        np.testing.assert_array_equal(file["pop.spike.ranks"], ranks)
        np.testing.assert_array_equal(file["pop.v"], whole.get("v", keep=True))
        assert file["pop.late"].dtype == bool
        assert file["pop.v.columns"].tolist() == list("012345")
    with pytest.raises(EngineError, match=r"several recordings are called pop.v"):
        save_recordings([whole, paused], tmp_path / "run.npz")


def assert_signals(segment: Any, whole: Monitor) -> None:
    signal = next(s for s in segment.analogsignals if "pop.v" in s.name)
    np.testing.assert_array_equal(signal.magnitude, whole.get("v", keep=True))
    assert signal.units.dimensionality.string == "mV"
    assert float(signal.sampling_period.rescale("ms")) == pytest.approx(0.5)
    assert float(signal.t_start.rescale("ms")) == 0.0


@pytest.mark.parametrize("suffix", ["nix", "nwb"])
def test_elephant_reads_what_was_exported(tmp_path: Path, suffix: str) -> None:
    """Mean rates and coefficients of variation by Elephant, from the file, are ours."""
    import neo
    from elephant.statistics import cv, isi, mean_firing_rate

    whole, paused = network()
    spikes = whole.get("spike", keep=True)
    (path,) = save_recordings([whole, paused], tmp_path / f"run.{suffix}", units={"v": "mV"})
    io = neo.io.NixIO(str(path), "ro") if suffix == "nix" else neo.io.NWBIO(str(path), "r")
    (block,) = io.read_all_blocks()
    (segment,) = block.segments
    trains = {train.name: train for train in segment.spiketrains}
    assert sorted(trains) == [f"pop.spike[{rank}]" for rank in range(6)]
    rates = [float(mean_firing_rate(trains[f"pop.spike[{rank}]"]).rescale("Hz")) for rank in range(6)]
    assert rates == pytest.approx([len(spikes[rank]) / 2.0 for rank in range(6)], rel=1e-9)
    assert np.mean(rates) == pytest.approx(whole.mean_fr(spikes), rel=1e-9)
    assert rates[5] == 0.0 < rates[0] < rates[4]
    variations = [float(cv(isi(trains[f"pop.spike[{rank}]"]))) for rank in range(5)]
    assert variations == pytest.approx(whole.coefficient_of_variation(spikes), rel=1e-6)
    assert_signals(segment, whole)
    (irregular,) = segment.irregularlysampledsignals
    np.testing.assert_allclose(irregular.times.rescale("ms").magnitude, paused.sample_steps("v") * 0.5)
    np.testing.assert_array_equal(irregular.magnitude, paused.get("v"))


def test_neo_tells_names_and_annotations() -> None:
    whole, paused = network()
    block = to_neo([whole, paused], units={"v": "mV"}, name="trial")
    segment = block.segments[0]
    assert block.name == "trial"
    train = segment.spiketrains[3]
    assert (train.name, float(train.t_start), float(train.t_stop)) == ("pop.spike[3]", 0.0, 2000.0)
    assert train.annotations == {"rank": 3, "source": "pop", "variable": "spike", "dt": 0.5}
    assert (train.magnitude / 0.5).tolist() == whole.get("spike")[3]
    signal = segment.analogsignals[0]
    assert signal.array_annotations["column"].tolist() == list("012345")
    assert signal.annotations == {"source": "pop", "variable": "v", "dt": 0.5}
    units = [signal.units.dimensionality.string for signal in segment.analogsignals]
    assert units == ["mV", "dimensionless", "dimensionless"]
    assert segment.irregularlysampledsignals[0].array_annotations["column"].tolist() == ["4", "1"]
    with pytest.raises(EngineError, match=r"pop.v: 'mVolt' is no unit"):
        to_neo(whole, units={"v": "mVolt"})


def test_synapses_and_single_samples() -> None:
    pre = SpikeSourceArray([[1.0], [2.0]])
    synapse = Synapse(equations="x = w + t", pre_spike="g_target += w")
    proj = Projection(pre, Population(2, NEURON), "exc", synapse, name="proj")
    proj.connect_from_matrix([[1.0, 2.0], [None, 3.0]])
    m = Monitor(proj, "x", period=2.0)
    engine.compile(silent=True)
    engine.simulate(1.0)
    (one,) = as_recordings(m)
    assert one.values is not None
    assert (one.values.tolist(), one.period, one.columns.labels) == (
        [[1.0, 2.0, 3.0]],
        None,
        ["0->0", "1->0", "1->1"],
    )
    assert to_neo(m).segments[0].irregularlysampledsignals[0].shape == (1, 3)


def test_what_was_recorded_to_disk_is_exported_without_its_network(tmp_path: Path) -> None:
    whole, _ = network()
    spikes = whole.get("spike", keep=True)
    save_recordings(whole, tmp_path / "run.h5")
    engine.clear()
    read = read_recordings(tmp_path / "run.h5")
    trains = to_neo(read).segments[0].spiketrains
    assert {t.annotations["rank"]: (t.magnitude / 0.5).tolist() for t in trains} == spikes
    assert len(save_recordings(read, tmp_path / "run.csv")) == 4


def test_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    m = Monitor(Population(2, NEURON, name="pop"), "v")
    with pytest.raises(EngineError, match=r"run.txt must end in one of .csv, .npz"):
        save_recordings(m, tmp_path / "run.txt")
    with pytest.raises(EngineError, match="not int"):
        save_recordings([3], tmp_path / "run.csv")  # type: ignore[list-item]
    with pytest.raises(EngineError, match="record no variables"):
        save_recordings([], tmp_path / "run.csv")
    engine.compile(silent=True)
    engine.simulate(2.0)
    for suffix in ("csv", "npz", "h5"):
        with pytest.raises(EngineError, match="cannot be written"):
            save_recordings(m, tmp_path / "nowhere" / f"run.{suffix}")
    real = builtins.__import__

    def without_nixio(name: str, *rest: Any, **named: Any) -> Any:
        if name == "nixio":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_nixio)
    with pytest.raises(EngineError, match=r"nixio is not installed: pip install 'neuroloom\[neo\]'"):
        save_recordings(m, tmp_path / "run.nix")
