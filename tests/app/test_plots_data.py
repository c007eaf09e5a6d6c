"""The numbers behind the plots: binned rasters, rates, thinned traces, ranks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.plots.binning import LEVELS, BinnedRaster, smooth_width
from app.plots.peaks import thin_out
from app.plots.ranks import default_ranks, format_ranks, parse_ranks
from app.plots.rate import RateCounter
from app.simulation.rings import RECORD
from app.simulation.stores import SpikeStore, TraceStore
from engine.errors import EngineError


def some_spikes(count: int, steps: int, neurons: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return np.sort(random.integers(0, steps, count)), random.integers(0, neurons, count).astype(np.int32)


def filled(steps: np.ndarray, ranks: np.ndarray) -> SpikeStore:
    store = SpikeStore()
    records = np.zeros(len(steps), RECORD)
    records["step"], records["rank"] = steps, ranks
    store.extend(records)
    return store


def unrolled(binned: BinnedRaster) -> np.ndarray:
    """The image in the order of time."""
    return np.hstack([binned.pixels[:, columns] for columns, _ in binned.pieces()])


def histogram(steps: np.ndarray, ranks: np.ndarray, binned: BinnedRaster) -> np.ndarray:
    """What the image should be, the slow and obvious way."""
    expected = np.zeros((len(binned.pixels), binned.end_bin - binned.first_bin), int)
    for step, rank in zip(steps, ranks, strict=True):
        column = step // binned.bin_steps - binned.first_bin
        if 0 <= column < expected.shape[1]:
            expected[rank // binned.group, column] += 1
    return np.minimum(expected, LEVELS - 1)


@given(
    neurons=st.integers(1, 30),
    bin_steps=st.integers(1, 7),
    group=st.integers(1, 5),
    cuts=st.lists(st.integers(0, 400), max_size=8),
    seed=st.integers(0, 1000),
)
@settings(max_examples=80, deadline=None)
def test_image_equals_histogram_however_the_spikes_arrive(
    neurons: int, bin_steps: int, group: int, cuts: list[int], seed: int
) -> None:
    """Batches end anywhere, also within a bin; the ring of columns wraps several times."""
    steps, ranks = some_spikes(300, 400, neurons, seed)
    binned = BinnedRaster(neurons, bin_steps, group, columns=32)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 400], strict=True):
        batch = slice(*np.searchsorted(steps, (start, end)))
        binned.extend(steps[batch], ranks[batch], -(-end // bin_steps))
    assert (unrolled(binned) == histogram(steps, ranks, binned)).all()
    assert binned.end_bin == -(-400 // bin_steps)
    assert binned.end_bin - binned.first_bin == min(32, binned.end_bin)


def test_filling_equals_arriving() -> None:
    steps, ranks = some_spikes(5000, 2000, 50)
    binned = BinnedRaster(50, bin_steps=8, group=3, columns=128)
    span = slice(*np.searchsorted(steps, (40 * 8, 168 * 8)))
    binned.fill(steps[span], ranks[span], 40, 168)
    assert (unrolled(binned) == histogram(steps, ranks, binned)).all()


def test_new_spikes_touch_new_columns_only() -> None:
    binned = BinnedRaster(20, bin_steps=10, columns=64)
    steps, ranks = some_spikes(2000, 400, 20)
    binned.extend(steps, ranks, 40)
    before = binned.pixels.copy()
    new = np.arange(390, 430)
    first, end = binned.extend(new, np.zeros(40, np.int32), 43)
    assert (first, end) == (39, 43)
    changed = np.flatnonzero((binned.pixels != before).any(axis=0))
    assert len(changed) and changed.min() >= 39 and changed.max() < 43


def test_cost_of_a_frame_does_not_depend_on_the_spikes_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements that numpy handles for ten new columns are as many after a million spikes as after none."""
    worked: list[int] = []
    bincount, repeat = np.bincount, np.repeat
    monkeypatch.setattr(
        np, "bincount", lambda x, minlength: (worked.append(minlength), bincount(x, minlength=minlength))[1]
    )
    monkeypatch.setattr(np, "repeat", lambda a, n: (worked.append(len(a)), repeat(a, n))[1])

    def frame_after(count: int) -> list[int]:
        binned = BinnedRaster(100)
        binned.extend(*some_spikes(count, 1000, 100), 1000)
        worked.clear()
        binned.extend(np.arange(1000, 1010), np.zeros(10, np.int32), 1010)
        return worked.copy()

    assert frame_after(0) == frame_after(1_000_000) != []


@pytest.mark.parametrize("wanted", [0.1, 1, 1.1, 2, 2.5, 3.5, 5, 6.1, 13, 1000.0])
def test_widths_are_close_above_what_is_wanted(wanted: float) -> None:
    width = smooth_width(wanted)
    assert wanted <= width < max(1.0, 1.5 * wanted) + 1.0
    assert smooth_width(width) == width


def test_rates_of_known_spikes() -> None:
    """Ten neurons that fire once every 20 ms have a rate of 50 Hz, in any window of whole periods."""
    steps = np.repeat(np.arange(0, 10_000, 200), 10)
    store = filled(steps, np.tile(np.arange(10), 50))
    counter = RateCounter(10, dt=0.1)
    for complete in (1, 777, 5000, 10_000):
        counter.advance(store, complete)
    assert counter.end == 1000.0
    assert counter.mean == pytest.approx(50.0)
    times, rates = counter.every_bin(20.0)
    inner = (times > 20.0) & (times < 980.0)
    assert rates[inner] == pytest.approx(50.0)
    assert len(times) == 1000


def test_rates_count_no_bin_before_all_its_spikes_are_there() -> None:
    store = filled(np.array([3, 12]), np.array([0, 0]))
    counter = RateCounter(1, dt=0.1)
    counter.advance(store, 15)
    assert counter.end == 1.0
    _, rates = counter.every_bin(1.0)
    assert rates.tolist() == [1000.0]


def test_long_spans_are_sampled_with_wider_windows_not_more_points() -> None:
    steps, ranks = some_spikes(20_000, 100_000, 5)
    counter = RateCounter(5, dt=1.0)
    counter.advance(filled(steps, ranks), 100_000)
    times, rates = counter.sample(0.0, 100_000.0, 5.0)
    assert len(times) <= 1001
    assert rates.mean() == pytest.approx(counter.mean, rel=0.01)


def test_thinned_traces_keep_every_extreme() -> None:
    times = np.arange(1000) * 0.1
    values = np.zeros(1000)
    values[[117, 503]] = 5.0, -3.0
    t, v = thin_out(times, values, 100, 1000, 50)
    assert len(v) == 36
    assert v.max() == 5.0 and v.min() == -3.0
    assert abs(t[v.argmax()] - 11.7) <= 5.0
    later_t, later_v = thin_out(times, values, 120, 1000, 50)
    assert (later_v == v).all() and (later_t == t).all(), "groups move with the view"


def test_ranks_are_read_as_written() -> None:
    assert parse_ranks("0-2, 7,5", 10) == (0, 1, 2, 7, 5)
    assert parse_ranks("3,3", 10) == (3,)
    assert format_ranks((0, 1, 2, 7, 5)) == "0-2, 7, 5"
    assert default_ranks(8) == (0, 2, 4, 6)
    assert default_ranks(2) == (0, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "not a rank"), ("1,x", "“x”"), ("4-2", "empty"), ("10", "from 0 to 9"), ("0--3", "not a rank")],
)
def test_ranks_that_make_no_sense_are_named(text: str, says: str) -> None:
    with pytest.raises(EngineError, match=says):
        parse_ranks(text, 10)


def test_too_many_traces_are_refused() -> None:
    with pytest.raises(EngineError, match="At most 64"):
        parse_ranks("0-64", 1000)


def test_spikes_between_two_steps() -> None:
    store = filled(np.array([0, 4, 4, 9]), np.array([1, 2, 3, 4]))
    assert store.ranks[store.between(4, 9)].tolist() == [2, 3]


def test_traces_arrive_in_rows() -> None:
    store = TraceStore("a", "v", (3, 5))
    records = np.zeros(4, RECORD)
    records["rank"], records["step"], records["value"] = [3, 5, 3, 5], [0, 0, 2, 2], [1, 2, 3, 4]
    store.extend(records)
    store.extend(records[:0] if len(records) > 4 else records)
    assert store.ranks == (3, 5)
    assert store.values.tolist() == [[1, 2], [3, 4], [1, 2], [3, 4]]
