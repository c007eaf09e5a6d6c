"""The example projects load whole, have no problems, and behave as their papers say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from project_documents import EXAMPLES

from engine.project import edits, headless
from engine.project.check import check
from engine.project.document import ProjectDocument
from engine.project.storage import load, to_json

FILES = sorted(EXAMPLES.glob("*.neuroloom.json"))


def example(name: str, duration: float) -> ProjectDocument:
    return edits.set_run(load(EXAMPLES / f"{name}.neuroloom.json").document, duration=duration)


def test_the_examples_are_there() -> None:
    assert [file.name.split(".")[0] for file in FILES] == ["bold", "coba", "field", "izhikevich", "ring"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.split(".")[0])
def test_example_is_whole(file: Path) -> None:
    loaded = load(file)
    assert loaded.problems == ()
    assert check(loaded.document) == []
    assert file.read_bytes() == to_json(loaded.document)
    assert {p.id for p in loaded.document.populations} <= set(loaded.document.view.positions)
    assert "doi:" in loaded.document.description


def test_coba_fires_asynchronously_and_irregularly() -> None:
    """Vogels and Abbott 2005: 10 to 30 Hz, intervals at least as irregular as a Poisson process's (1.5, as
    a plain numpy version of the network also gives), and no moment without spikes."""
    result = headless.run(example("coba", 600.0))
    times, ranks = (result.recordings[f"Exc.spike.{part}"] for part in ("times", "ranks"))
    late = times > 100.0
    rate = late.sum() / 3200 / 0.5
    assert 10.0 < rate < 30.0
    trains = [times[late & (ranks == rank)] for rank in range(0, 3200, 10)]
    intervals = [np.diff(train) for train in trains if len(train) > 5]
    assert 1.0 < np.mean([i.std() / i.mean() for i in intervals]) < 2.0
    counts, _ = np.histogram(times[late], bins=100, range=(100.0, 600.0))
    assert counts.min() > 0
    assert counts.std() / counts.mean() < 0.5


def test_izhikevich_fires_in_rhythms() -> None:
    """Izhikevich 2003: a few Hz for excitatory, more for inhibitory neurons, with synchronous episodes."""
    result = headless.run(example("izhikevich", 1000.0))
    assert 4.0 < result.rates["Exc"] < 14.0
    assert result.rates["Inh"] > result.rates["Exc"]
    counts, _ = np.histogram(result.recordings["Exc.spike.times"], bins=200, range=(0.0, 1000.0))
    assert counts.std() / counts.mean() > 0.8


def test_bold_rises_slowly_peaks_after_the_stimulus_and_undershoots() -> None:
    """Buxton et al. 1998 and many since: seconds to the peak, and an undershoot of volume after it."""
    found = headless.run(example("bold", 25_000.0)).recordings
    for area in ("First", "Second"):
        signal, flow = found[f"BOLD_{area}.BOLD"][:, 0], found[f"BOLD_{area}.I_CBF"][:, 0]
        assert not flow[:4000].any()
        assert flow[9000:13000].mean() > 0.4
        assert abs(signal[4000:8000]).max() < 0.1 * signal.max()
        assert 13_000 < signal.argmax() < 15_000
        assert signal[8500] < 0.1 * signal.max()
        assert signal[16_000:].min() < -0.1 * signal.max()


def test_ring_has_one_hill_that_travels() -> None:
    """Zhang 1996: shifted excitation moves the hill of activity at a steady speed."""
    rates = headless.run(example("ring", 1000.0)).recordings["Ring.r"]
    assert rates.shape == (1000, 128)
    directions = 2.0 * np.pi * np.arange(128) / 128
    resultant = rates @ np.exp(1j * directions) / rates.sum(axis=1)
    settled = resultant[200:]
    assert np.abs(settled).min() > 0.5
    turned = np.unwrap(np.angle(settled))
    assert turned[-1] - turned[0] > 2.0 * np.pi
    assert rates.max() <= 1.0


def near_the_spot(document: ProjectDocument, population: str) -> float:
    """Share of spikes within 0.2 of the spot, which takes 1500 ms for a circle of radius 0.28."""
    found = headless.run(document).recordings
    times, ranks = (found[f"{population}.spike.{part}"] for part in ("times", "ranks"))
    phase = 2.0 * np.pi * times / 1500.0
    apart = np.hypot(
        ranks // 30 / 29 - 0.5 - 0.28 * np.cos(phase), ranks % 30 / 29 - 0.5 - 0.28 * np.sin(phase)
    )
    assert len(times) > 1000
    return float((apart < 0.2)[times > 100.0].mean())


def test_field_follows_the_spot_and_leaves_the_flicker_out() -> None:
    """Amari 1977: lateral inhibition lets one bubble live, at the place of the largest input; without it
    what flickers outside of the spot fires, too."""
    document = example("field", 1600.0)
    assert near_the_spot(document, "Retina") < 0.4
    assert near_the_spot(document, "Field") > 0.97
    lateral = next(p for p in document.projections if p.name == "Lateral")
    without = msgspec.structs.replace(lateral.connector, amp_pos=0.0, amp_neg=0.0)
    document = edits.replace_object(document, msgspec.structs.replace(lateral, connector=without))
    assert near_the_spot(document, "Field") < 0.6
