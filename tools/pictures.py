"""Take the pictures of the window for the README and the documents: run it through ``make pictures``.

It needs a display; the window is driven as a user would, on settings of its own.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from PIL import Image
from PySide6.QtCore import QBuffer, QEventLoop, QSettings
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QWidget

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.files import EXAMPLES  # noqa: E402
from app.main import open_window  # noqa: E402
from app.simulation.client import State  # noqa: E402
from app.window import MainWindow  # noqa: E402
from engine.project import edits  # noqa: E402
from engine.project.bold import add_bold_monitor  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
SIZE = (1440, 900)
MOST_BYTES = 300_000
_PATIENCE = 120.0


def wait_for(condition: Callable[[], bool]) -> None:
    """Let the window live until ``condition`` holds."""
    limit = time.monotonic() + _PATIENCE
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        if time.monotonic() > limit:
            raise TimeoutError("The window did not get to what the picture shows.")


def settle() -> None:
    """Give the window time to check, lay out and paint."""
    until = time.monotonic() + 0.8
    wait_for(lambda: time.monotonic() > until)


def take(window: QWidget, name: str) -> None:
    """Save a picture of the window as ``name``.png."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    picture = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    path = FOLDER / f"{name}.png"
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{path.name} has {size} bytes, more than {MOST_BYTES}.")
    print(f"{path.relative_to(ROOT)}: {picture.width} x {picture.height}, {size // 1000} kB")


def take_all(window: MainWindow) -> None:
    """All pictures, in the order in which a newcomer sees them."""
    settle()
    take(window, "empty")
    window.files.open(EXAMPLES / "coba.neuroloom.json")
    settle()
    take(window, "example")
    population = window.session.document.populations[0]
    window.session.select((population.id,))
    window.session.apply(edits.set_run(window.session.document, duration=60_000.0), "Run longer")
    settle()
    simulation = window.simulation
    simulation.run()
    wait_for(lambda: min(simulation.complete, simulation.done) * simulation.dt >= 1000.0)
    take(window, "running")
    simulation.stop()
    wait_for(lambda: simulation.state == State.FINISHED)
    simulation.reset()
    window.session.undo_stack.undo()
    document, model = edits.customise(window.session.document, population.id)
    window.session.apply(document, "Customise the model", (population.id,))
    settle()
    wrong = next(text for text in document.neurons if text.id == model)
    equations = wrong.equations.replace("+ I", "+ I_extern")
    wrong = msgspec.structs.replace(wrong, equations=equations, spike="v > Vtt", reset="dv/dt = Vr")
    window.session.apply(edits.update_model(document, wrong), "Edit equations", (population.id,))
    window.show_dock("problems")
    settle()
    take(window, "error")
    window.session.undo_stack.undo()
    window.session.undo_stack.undo()
    take_synapse(window)
    take_report(window)
    take_bold(window)
    take_field(window)


def take_report(window: MainWindow) -> None:
    """The report of the project, at its equations."""
    dialog = window.open_report()
    wait_for(lambda: bool(dialog.page.formulas) and not dialog.status.text())
    dialog.page.find("Neuron models")
    bar = dialog.page.verticalScrollBar()
    bar.setValue(bar.value() + dialog.page.cursorRect().top() - 20)
    dialog.page.moveCursor(QTextCursor.MoveOperation.StartOfBlock)  # nothing is selected
    settle()
    take(dialog, "report")
    dialog.close()


def take_bold(window: MainWindow) -> None:
    """A run of which the BOLD signal of two populations was recorded."""
    window.session.undo_stack.setClean()
    window.files.open(EXAMPLES / "izhikevich.neuroloom.json")
    document = edits.set_run(window.session.document, duration=30_000.0)
    for population in document.populations:
        document = edits.set_monitor(document, population.id, ("spike",))
    document, monitor = add_bold_monitor(document, [p.id for p in document.populations])
    window.session.apply(document, "Add a BOLD monitor")
    window.inspector.show_model(monitor)
    settle()
    simulation = window.simulation
    simulation.run()
    wait_for(lambda: simulation.state == State.FINISHED)
    window.plots.timeline.show_whole_run()
    settle()
    take(window, "bold")


def take_field(window: MainWindow) -> None:
    """Weights that follow from the distance, and what a field of such synapses does."""
    window.session.undo_stack.setClean()
    window.files.open(EXAMPLES / "field.neuroloom.json")
    lateral = next(p for p in window.session.document.projections if p.name == "Lateral")
    window.session.select((lateral.id,))
    settle()
    simulation = window.simulation
    simulation.run()
    wait_for(lambda: simulation.state == State.FINISHED)
    window.plots.timeline.show_whole_run()
    settle()
    take(window, "field")


def take_synapse(window: MainWindow) -> None:
    """A projection whose synapses learn, and what becomes of their equations."""
    document = window.session.document
    projection = document.projections[0]
    learning = msgspec.structs.replace(projection, synapse="STDP")
    document, synapse = edits.customise(edits.replace_object(document, learning), projection.id)
    window.session.select(())
    window.editor.fit()
    window.session.apply(document, "Let the synapses learn", (projection.id,))
    window.show_dock("model")
    settle()
    wait_for(lambda: bool(window.model.mathematics.shown))
    window.inspector.show_place(synapse, "equations", 1, 1)
    settle()
    take(window, "synapse")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NEUROLOOM_CACHE_DIR"] = folder
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        application = QApplication([])
        window = open_window(None)
        window.resize(*SIZE)
        take_all(window)
        window.session.undo_stack.setClean()
        window.close()
        application.quit()


if __name__ == "__main__":
    main()
