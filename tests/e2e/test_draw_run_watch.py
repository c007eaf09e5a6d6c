"""The path of a newcomer: draw, err, mend, run, watch, save, reopen, export; everywhere the same spikes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from hands import CONTROL, Hands, Key, differing
from PySide6.QtCore import QPoint
from PySide6.QtGui import QTextCharFormat

from app.simulation.client import State
from engine.project.document import ProjectDocument

ROOT = Path(__file__).resolve().parents[2]


def test_draw_run_watch(open_program, tmp_path: Path) -> None:
    hands = open_program()
    draw_two_connected_populations(hands)
    edit_an_equation_wrongly_and_rightly(hands)
    run_and_watch(hands)
    spikes = spikes_of_the_window(hands)
    project = save_and_reopen(hands, tmp_path)
    script = export(hands, tmp_path)
    of_script, of_headless = tmp_path / "script.npz", tmp_path / "headless" / "recordings.npz"
    start(tmp_path, script, "--out", of_script)
    start(tmp_path, ROOT / "main.py", "run", project, "--out", of_headless.parent)
    for archive in (of_script, of_headless):
        with np.load(archive, allow_pickle=False) as recorded:
            for name, (times, ranks) in spikes.items():
                assert np.array_equal(recorded[f"{name}.spike.times"], times), (archive, name)
                assert np.array_equal(recorded[f"{name}.spike.ranks"], ranks), (archive, name)


def draw_two_connected_populations(hands: Hands) -> None:
    session, canvas = hands.window.session, hands.window.editor.canvas
    ground = canvas.viewport.rect()
    for words, model, part in (("poisson", "Poisson", 0.2), ("new spiking", "MySpikingNeuron", 0.6)):
        hands.double_click(canvas.viewport, QPoint(round(part * ground.width()), ground.height() // 2))
        hands.choose(words)
        assert model in canvas.describe(session.document.populations[-1].id)
    pre, post = session.document.populations
    hands.drag(canvas.viewport, canvas.port_of(pre.id), canvas.port_of(post.id, "exc"))
    (projection,) = session.document.projections
    assert (projection.pre, projection.post, projection.target) == (pre.id, post.id, "exc")
    hands.click(canvas.viewport, canvas.rect_of(pre.id).center())
    assert session.selection == (pre.id,)


def edit_an_equation_wrongly_and_rightly(hands: Hands) -> None:
    window, canvas = hands.window, hands.window.editor.canvas
    post = window.session.document.populations[1]
    hands.click(canvas.viewport, canvas.rect_of(post.id).center())
    field = window.inspector.form.model.texts.fields["equations"]
    run_button = hands.button(window.run_bar.run_action)
    line = field.editor.toPlainText().splitlines()[0]
    column = line.index(" : init")
    hands.click(field.editor.viewport())
    hands.key(Key.Key_Home, CONTROL)
    for _ in range(column):
        hands.key(Key.Key_Right)

    hands.type(" + I_ext")
    hands.wait(field.message.isVisible)
    assert "I_ext" in field.message.text() and "Line 1" in field.message.text()
    (mark,) = field.editor.extraSelections()
    assert mark.format.underlineStyle() == QTextCharFormat.UnderlineStyle.WaveUnderline
    assert mark.cursor.selectedText() == "I_ext"
    assert (mark.cursor.blockNumber(), mark.cursor.selectionStart()) == (0, column + 3)
    hands.wait(lambda: not run_button.isEnabled())
    assert "I_ext" in run_button.toolTip()
    hands.click(run_button)
    hands.key(Key.Key_F5)
    assert window.simulation.state == State.IDLE

    hands.click(field.editor.viewport())
    hands.key(Key.Key_Home, CONTROL)
    for _ in range(column + len(" + I_ext")):
        hands.key(Key.Key_Right)
    for _ in "I_ext":
        hands.key(Key.Key_Backspace)
    hands.type("20.0")
    hands.wait(run_button.isEnabled)
    assert not field.message.isVisible() and not field.editor.extraSelections()
    assert window.session.document.neurons[0].equations.startswith(f"{line[:column]} + 20.0 : init")


def run_and_watch(hands: Hands) -> None:
    window, canvas = hands.window, hands.window.editor.canvas
    for population in window.session.document.populations:
        hands.click(canvas.viewport, canvas.rect_of(population.id).center())
        box = window.inspector.form.monitor.boxes["spike"]
        if not box.isChecked():
            window.inspector.form.parent().parent().ensureWidgetVisible(box)
            hands.click(box, QPoint(8, box.height() // 2))
    hands.type_over(window.run_bar.duration.lineEdit(), "300")
    assert window.session.document.run.duration == 300.0
    raster = window.plots.spikes.raster
    hands.wait(raster.isVisible)
    empty = hands.look_at(raster)
    assert differing(empty, np.broadcast_to(empty[0, 0], empty.shape)) == 0
    hands.click(hands.button(window.run_bar.run_action))
    hands.wait_for_state(State.FINISHED)
    rows = [slice(None, len(empty) // 2), slice(len(empty) // 2, None)]
    for half in rows:  # one population above the other
        hands.wait(lambda half=half: differing(hands.look_at(raster)[half], empty[half]) > 500)


def spikes_of_the_window(hands: Hands) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Times in ms and ranks, neuron by neuron, of what the raster shows."""
    simulation, spikes = hands.window.simulation, {}
    for population in hands.window.session.document.populations:
        store = simulation.spikes[population.id]
        order = np.lexsort((store.steps, store.ranks))
        spikes[population.name] = store.steps[order] * simulation.dt, store.ranks[order]
        assert len(order) > 100, population.name
    return spikes


def save_and_reopen(hands: Hands, folder: Path) -> Path:
    window, path = hands.window, folder / "drawn.neuroloom.json"
    document = window.session.document
    assert window.isWindowModified()
    hands.name_file(path, lambda: hands.key(Key.Key_S, CONTROL))
    hands.wait(lambda: not window.isWindowModified())
    assert window.windowTitle().startswith("drawn")
    hands.key(Key.Key_N, CONTROL)
    assert window.session.document == ProjectDocument()
    hands.name_file(path, lambda: hands.menu("File", "Open…"))
    assert window.session.document == document
    return path


def export(hands: Hands, folder: Path) -> Path:
    path = folder / "drawn.py"
    hands.name_file(path, lambda: hands.menu("File", "Export as Python script…"))
    hands.wait(path.exists)
    return path


def start(folder: Path, *arguments: object) -> None:
    """Run Python in a fresh process, as on a command line."""
    ended = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
