"""The plots as widgets, fed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from networks import noisy_project
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app import theme
from app.plots import PlotArea
from app.plots.area import EDITED, ONLY_SYNAPSES, PRESS_RUN, RECORD_ALL
from app.plots.binning import LEVELS
from app.plots.raster import MOST_TICKS, RasterItem
from app.plots.saving import write_csv, write_npz
from app.population_colors import population_colors
from app.session import Session
from app.simulation.client import Simulation
from app.simulation.rings import RECORD
from app.simulation.stores import SpikeStore
from engine.project.document import ProjectDocument, Projection
from engine.project.edits import replace_object, set_monitor, set_run


@pytest.fixture
def session(qapp: object) -> Session:
    return Session(noisy_project(1000.0, size=200))


@pytest.fixture
def simulation(session: Session) -> Iterator[Simulation]:
    made = Simulation(session)
    yield made
    made.close()


@pytest.fixture
def area(session: Session, simulation: Simulation, qtbot: QtBot) -> PlotArea:
    made = PlotArea(session, simulation)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def records(steps: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    made = np.zeros(len(steps), RECORD)
    made["step"], made["rank"] = steps, ranks
    return made


def random_spikes(count: int, steps: int, neurons: int) -> np.ndarray:
    random = np.random.default_rng(3)
    return records(np.sort(random.integers(0, steps, count)), random.integers(0, neurons, count))


def begin(simulation: Simulation, document: ProjectDocument) -> None:
    """What the simulation tells when a run begins."""
    simulation.document, simulation.dt = document, document.run.dt
    simulation.total, simulation.complete = round(document.run.duration / document.run.dt), 0
    simulation.spikes = {m.source: SpikeStore() for m in document.monitors if "spike" in m.variables}
    simulation.cleared.emit()


def arrive(simulation: Simulation, source: str, spikes: np.ndarray, complete: int) -> None:
    simulation.spikes[source].extend(spikes)
    simulation.complete = complete
    simulation.dataArrived.emit()


def image_of(item: RasterItem) -> np.ndarray:
    return np.hstack([item.binned.pixels[:, columns] for columns, _ in item.binned.pieces()])


def histogram_of(item: RasterItem) -> np.ndarray:
    """What the image should be, of the bins it claims to hold."""
    binned = item.binned
    steps, ranks = item.store.steps, item.store.ranks
    inside = (steps >= binned.first_bin * binned.bin_steps) & (steps < binned.end_bin * binned.bin_steps)
    shape = (len(binned.pixels), binned.end_bin - binned.first_bin)
    counts = np.zeros(shape, int)
    np.add.at(
        counts, (ranks[inside] // binned.group, steps[inside] // binned.bin_steps - binned.first_bin), 1
    )
    return np.minimum(counts, LEVELS - 1)


def rasters(area: PlotArea) -> list[RasterItem]:
    return [item for item in area.spikes.raster.getPlotItem().items if isinstance(item, RasterItem)]


def test_plots_are_there_for_what_is_recorded(area: PlotArea, session: Session) -> None:
    assert len(rasters(area)) == 2
    assert [(panel.population.id, panel.variable) for panel in area.traces] == [("a", "v")]
    session.apply(set_monitor(session.document, "b", ("spike", "v"), None), "record v")
    assert [(panel.population.id, panel.variable) for panel in area.traces] == [("a", "v"), ("b", "v")]
    session.undo_stack.undo()
    assert len(area.traces) == 1
    session.apply(msgspec.structs.replace(session.document, monitors=()), "record nothing")
    assert not rasters(area) and not area.traces
    assert area._hint.isVisible() and "Nothing is recorded" in area._hint.text()


def test_few_spikes_are_ticks_at_their_place(
    area: PlotArea, simulation: Simulation, session: Session
) -> None:
    begin(simulation, session.document)
    arrive(simulation, "a", records(np.array([1000]), np.array([150])), 2000)
    item = rasters(area)[0]
    assert item.ticks
    plot = area.spikes.raster
    center = plot.view.mapViewToScene(QPointF(500.0, 150.5)).toPoint()
    picture = plot.grab().toImage()
    near = [picture.pixelColor(center.x() + dx, center.y() + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert any(is_close(color, QColor(theme.EXCITATORY)) for color in near)
    assert not is_close(picture.pixelColor(center.x() + 20, center.y()), QColor(theme.EXCITATORY))


def is_close(one: QColor, other: QColor) -> bool:
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) < 40 for a, b in pairs)


def test_many_spikes_are_an_image_equal_to_their_histogram(
    area: PlotArea, simulation: Simulation, session: Session
) -> None:
    begin(simulation, session.document)
    spikes = random_spikes(2 * MOST_TICKS, 2000, 200)
    for end in (300, 301, 1100, 2000):
        start = simulation.complete
        batch = spikes[(spikes["step"] >= start) & (spikes["step"] < end)]
        arrive(simulation, "a", batch, end)
    items = rasters(area)
    assert not any(item.ticks for item in items), "one population in ticks beside one as image"
    assert image_of(items[0]).sum() == 2 * MOST_TICKS
    assert (image_of(items[0]) == histogram_of(items[0])).all()
    picture = area.spikes.raster.grab().toImage()
    middle = area.spikes.raster.view.mapViewToScene(QPointF(500.0, 100.0)).toPoint()
    row = [picture.pixelColor(middle.x() + dx, middle.y()) for dx in range(30)]
    assert any(color.red() > 120 for color in row)


def test_panning_back_and_forth_shows_the_same_image(
    area: PlotArea, simulation: Simulation, session: Session
) -> None:
    """Zoomed in, the image covers a part of the run; the rest comes back when it is looked at."""
    document = msgspec.structs.replace(
        session.document, run=msgspec.structs.replace(session.document.run, duration=20_000.0)
    )
    begin(simulation, document)
    item = rasters(area)[0]
    area.timeline.span = 300.0
    spikes = random_spikes(400_000, 40_000, 200)
    for end in range(2000, 42_000, 2000):
        arrive(simulation, "a", spikes[(spikes["step"] >= end - 2000) & (spikes["step"] < end)], end)
    assert item.binned.first_bin > 0, "the image holds all, and the test shows nothing"
    assert (image_of(item) == histogram_of(item)).all()
    area.timeline.set_following(False)
    for start in (18_000.0, 5_000.0, 100.0, 1_900.0, 19_600.0):
        area.timeline._set_range(start, start + 300.0)
        first, last = start / 0.5 / item.binned.bin_steps, (start + 300.0) / 0.5 / item.binned.bin_steps
        assert item.binned.first_bin <= first and last <= item.binned.end_bin + 1
        assert (image_of(item) == histogram_of(item)).all()


def test_a_frame_repaints_new_columns_only(
    area: PlotArea, simulation: Simulation, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(simulation, session.document)
    arrive(simulation, "a", random_spikes(50_000, 1000, 200), 1000)
    item = rasters(area)[0]
    repainted: list[QRectF] = []
    monkeypatch.setattr(item, "update", lambda *rect: repainted.append(*rect or (item.boundingRect(),)))
    before = item.binned.pixels.copy()
    arrive(simulation, "a", records(np.arange(1000, 1020), np.arange(20)), 1020)
    (rect,) = repainted
    assert rect.left() >= 495.0 and rect.right() <= 515.0
    changed = np.flatnonzero((item.binned.pixels != before).any(axis=0))
    assert changed.min() * item.binned.bin_steps >= 1000 - item.binned.bin_steps


def test_the_view_follows_until_it_is_moved_by_hand(
    area: PlotArea, simulation: Simulation, session: Session
) -> None:
    run = msgspec.structs.replace(session.document.run, duration=10_000.0)
    begin(simulation, msgspec.structs.replace(session.document, run=run))
    arrive(simulation, "a", random_spikes(10, 12_000, 200), 12_000)
    assert area.spikes.raster.visible_times() == pytest.approx((4000.0, 6000.0))
    assert area.traces[0].plot.visible_times() == pytest.approx((4000.0, 6000.0))
    view = area.spikes.rates.view
    view.translateBy(x=-1000.0)
    view.sigRangeChangedManually.emit((True, False))
    assert not area._follow.isChecked()
    assert area.spikes.raster.visible_times() == pytest.approx((3000.0, 5000.0))
    arrive(simulation, "a", records(np.array([13_000]), np.array([0])), 14_000)
    assert area.spikes.raster.visible_times() == pytest.approx((3000.0, 5000.0))
    area._follow.click()
    assert area.spikes.raster.visible_times() == pytest.approx((5000.0, 7000.0))


def test_the_wheel_zooms_all_plots_and_whole_run_brings_all_back(
    area: PlotArea, simulation: Simulation, session: Session, qtbot: QtBot
) -> None:
    begin(simulation, session.document)
    arrive(simulation, "a", random_spikes(10, 2000, 200), 2000)
    raster = area.spikes.raster
    place = QPointF(raster.viewport().rect().center())
    for _ in range(5):
        wheel = QWheelEvent(
            place,
            raster.viewport().mapToGlobal(place),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(raster.viewport(), wheel)
    start, end = raster.visible_times()
    assert end - start < 700.0
    assert area.spikes.rates.visible_times() == area.traces[0].plot.visible_times() == (start, end)
    assert not area.timeline.following
    _, (bottom, top) = raster.view.viewRange()
    assert top - bottom < 250.0
    area._whole.click()
    assert raster.visible_times() == (0.0, 1000.0)
    assert raster.view.viewRange()[1] == pytest.approx([0.0, 306.0])


def test_rates_and_legend_of_known_spikes(area: PlotArea, simulation: Simulation, session: Session) -> None:
    begin(simulation, session.document)
    arrive(
        simulation, "a", records(np.repeat(np.arange(0, 2000, 40), 200), np.tile(np.arange(200), 50)), 2000
    )
    assert "First" in area.spikes.legend.text() and "50.0 Hz" in area.spikes.legend.text()
    area.spikes.rate_window.setValue(20.0)
    times, rates = area.spikes._bands[0].curve.getData()
    assert rates[(times > 20.0) & (times < 980.0)] == pytest.approx(50.0)


def test_ranks_are_chosen_in_words(area: PlotArea, simulation: Simulation, qtbot: QtBot) -> None:
    panel = area.traces[0]
    assert panel.store.wanted == (0, 50, 100, 150)
    panel.field.setText("1000")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert "from 0 to 199" in panel._message.text()
    assert panel.store.wanted == (0, 50, 100, 150)
    panel.field.setText("3-5, 9")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    assert not panel._message.text()
    assert panel.store.wanted == (3, 4, 5, 9)
    assert panel.store in simulation._stores.values()


def test_traces_draw_their_samples(area: PlotArea, simulation: Simulation, session: Session) -> None:
    begin(simulation, session.document)
    made = np.zeros(20, RECORD)
    made["step"] = np.repeat(np.arange(5), 4)
    made["rank"] = np.tile([0, 50, 100, 150], 5)
    made["value"] = np.arange(20)
    panel = area.traces[0]
    panel.store.extend(made)
    simulation.complete = 5
    simulation.dataArrived.emit()
    assert len(panel._curves) == 4
    times, values = panel._curves[2].getData()
    assert times.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert values.tolist() == [2.0, 6.0, 10.0, 14.0, 18.0]


def test_data_are_exported_as_they_are(
    area: PlotArea, simulation: Simulation, session: Session, tmp_path: Path
) -> None:
    begin(simulation, session.document)
    arrive(simulation, "a", records(np.array([2, 5]), np.array([9, 7])), 10)
    arrive(simulation, "b", records(np.array([4]), np.array([1])), 10)
    table = area.spikes._spike_table()
    write_csv(table, tmp_path / "spikes.csv")
    lines = (tmp_path / "spikes.csv").read_text().splitlines()
    assert lines == ["population,rank,time_ms", "First,9,1.0", "First,7,2.5", "Second,1,2.0"]
    write_npz(table, tmp_path / "spikes.npz")
    loaded = np.load(tmp_path / "spikes.npz", allow_pickle=False)
    assert loaded["rank"].tolist() == [9, 7, 1]
    assert list(area.spikes._rate_table()) == ["time_ms", "First_hz", "Second_hz"]


def test_the_menu_saves_a_picture(area: PlotArea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "raster"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(target), ""))
    menu = area.spikes.raster.menu()
    save = next(action for action in menu.actions() if "picture" in action.text())
    save.trigger()
    assert (tmp_path / "raster.png").stat().st_size > 1000


def test_opening_another_project_leaves_nothing_of_the_old_run(
    area: PlotArea, simulation: Simulation, session: Session
) -> None:
    begin(simulation, session.document)
    arrive(simulation, "a", records(np.array([2]), np.array([9])), 10)
    other = noisy_project(50.0, size=10, variables=("v",))
    session.open(msgspec.structs.replace(other, monitors=other.monitors[:1]), None)
    assert not rasters(area) and not simulation.spikes
    assert [panel.population.geometry for panel in area.traces] == [(10,)]
    assert area.traces[0].plot.visible_times() == pytest.approx((0.0, 50.0))


def test_colors_mean_in_plots_what_they_mean_on_the_canvas() -> None:
    document = noisy_project()
    back = Projection(id="ba", name="Back", pre="b", post="a", target="inh")
    third = msgspec.structs.replace(document.populations[1], id="c", name="Third")
    document = msgspec.structs.replace(
        document,
        populations=(third, *document.populations),
        projections=(*document.projections, back),
    )
    colors = population_colors(document)
    assert colors["a"] == QColor(theme.EXCITATORY)
    assert colors["b"] == QColor(theme.INHIBITORY)
    assert colors["c"] not in (colors["a"], colors["b"])


def test_the_plots_tell_when_they_show_an_older_network(
    area: PlotArea, session: Session, simulation: Simulation
) -> None:
    shown = area.findChildren(QLabel)
    assert any(label.text() == PRESS_RUN for label in shown)
    begin(simulation, session.document)
    arrive(simulation, session.document.populations[0].id, random_spikes(100, 500, 200), 500)
    assert not any(label.text() in (PRESS_RUN, EDITED) for label in shown)
    session.apply(set_run(session.document, seed=5), "Change seed")
    assert any(label.text() == EDITED for label in shown)
    session.undo_stack.undo()
    assert not any(label.text() in (PRESS_RUN, EDITED) for label in shown)


def test_one_click_records_all_populations(area: PlotArea, session: Session) -> None:
    recorded = session.document
    session.apply(msgspec.structs.replace(recorded, monitors=()), "Record nothing")
    hint = next(label for label in area.findChildren(QLabel) if RECORD_ALL in label.text())
    assert hint.isVisible()
    session.apply(set_monitor(session.document, session.document.projections[0].id, ("w",)), "Record w")
    assert ONLY_SYNAPSES in hint.text()
    session.undo_stack.undo()
    hint.linkActivated.emit("all")
    assert [m.variables for m in session.document.monitors] == [("spike",)] * len(recorded.populations)
    assert not hint.isVisible() and not area.spikes.is_empty


def test_a_population_without_neurons_has_an_empty_raster(area: PlotArea, session: Session) -> None:
    population = session.document.populations[0]
    empty = msgspec.structs.replace(population, geometry=(0,))
    session.apply(replace_object(session.document, empty), "Remove all neurons")
    area.repaint()
    assert area.isVisible()
