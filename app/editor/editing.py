"""What the gestures and commands on the canvas do to the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QPoint, QPointF, Signal
from PySide6.QtGui import QGuiApplication

from app import theme
from app.editor import starters
from app.editor.canvas import Canvas
from app.editor.palette import Entry, SearchPopup
from app.session import Session
from engine.errors import EngineError
from engine.project import edits
from engine.project.catalogue import SOURCES, builtin_neurons
from engine.project.document import NeuronText, Population, ProjectDocument, Projection
from engine.project.models import recordable, targets_of

_STEP = 40.0
"""Distance of a copy from its original, so that both are seen."""


def counted(ids: tuple[str, ...], document: ProjectDocument) -> str:
    """``"Excitatory"``, ``"2 populations"`` or ``"3 objects"``: for undo texts and the status bar."""
    if len(ids) == 1:
        return str(getattr(edits.find(document, ids[0]), "name", "object"))
    populations = {p.id for p in document.populations}
    return f"{len(ids)} {'populations' if populations.issuperset(ids) else 'objects'}"


class Editing(QObject):
    """One method for each command; each makes one undo step."""

    message = Signal(str)
    """Something to say in the status bar."""
    refused = Signal(str)
    """Why a command could not be done."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._pastes = 0

    def _attempt(self, command: Callable[[], None]) -> None:
        try:
            command()
        except EngineError as error:
            self.refused.emit(str(error))

    # --- adding ------------------------------------------------------------------------------------------

    def open_add_palette(self, place: QPointF | None = None, screen: QPoint | None = None) -> SearchPopup:
        """Ask for a model and add a population of it at ``place`` of the drawing."""
        where = place or self._canvas.free_place()
        viewport = self._canvas.viewport
        entries = add_entries(self._session.document, lambda model: self.add_population(model, where))
        popup = SearchPopup(entries, "Add a population: type to search a model", viewport)
        popup.open_at(screen or viewport.mapToGlobal(viewport.rect().center() - QPoint(210, 200)))
        return popup

    def add_population(self, model: str | NeuronText, place: QPointF) -> None:
        """Add a population of a model, or of a new model that starts as ``model``."""

        def command() -> None:
            document = self._session.document
            if isinstance(model, NeuronText):
                document, chosen = edits.add_neuron(document, model)
            else:
                chosen = model
            document, added = edits.add_population(document, chosen, position=(place.x(), place.y()))
            # The first run of a new network is meant to show something.
            document = edits.set_monitor(document, added, _first_recording(document, added))
            name = counted((added,), document)
            self._session.apply(document, f"Add {name}", (added,))
            self.message.emit(f"Added {name}. Drag from its output to a target to connect it.")

        self._attempt(command)

    # --- connecting --------------------------------------------------------------------------------------

    def connect_selected(self) -> SearchPopup | None:
        """Connect the first selected population to the second, or one to itself; asks for the target."""
        models = {p.id: p.model for p in self._session.document.populations}
        chosen = [i for i in self._session.selection if i in models]
        chosen.sort(key=lambda i: models[i] not in SOURCES)  # sources can only be the first
        if not 1 <= len(chosen) <= 2:
            self.refused.emit("Select the population to connect from and the one to connect to.")
            return None
        return self.connect_populations(chosen[0], chosen[-1])

    def connect_populations(self, pre: str, post: str, target: str = "") -> SearchPopup | None:
        """Add a projection; without a target, ask which one unless there is only one."""
        document = self._session.document
        sink = edits.find(document, post)
        if target or not isinstance(sink, Population) or sink.model in SOURCES:
            self._attempt(lambda: self._connect(pre, post, target))
            return None
        targets = targets_of(document, sink)
        if len(targets) == 1:
            self._attempt(lambda: self._connect(pre, post, targets[0]))
            return None
        if not targets:
            self.refused.emit(f"{sink.name} reads no target: use g_exc or sum(exc) in its equations.")
            return None
        source = counted((pre,), document)
        entries = [
            Entry(
                name,
                f"{source} → {sink.name}",
                lambda name=name: self._attempt(lambda: self._connect(pre, post, name)),
                color=theme.target_color(name).name(),
            )
            for name in targets
        ]
        popup = SearchPopup(
            entries, f"Connect {source} to which target of {sink.name}?", self._canvas.viewport
        )
        popup.open_at(self._canvas.to_screen(post))
        return popup

    def _connect(self, pre: str, post: str, target: str) -> None:
        document, added = edits.connect(self._session.document, pre, post, target)
        name = counted((added,), document)
        self._session.apply(document, f"Connect {name}", (added,))
        self.message.emit(f"Connected {name}. Pattern, weights and delay are in the inspector.")

    # --- changing ----------------------------------------------------------------------------------------

    def delete(self) -> None:
        """Remove what is selected, with the projections that hang on it."""
        chosen = self._session.selection
        if chosen:
            name = counted(chosen, self._session.document)
            document = edits.remove(self._session.document, chosen)
            self._session.apply(document, f"Delete {name}", chosen)
            self.message.emit(f"Deleted {name}. Undo brings it back.")

    def duplicate(self) -> None:
        """Copy what is selected, next to it."""
        chosen = self._session.selection
        if chosen:
            document, added = edits.duplicate(self._session.document, chosen, (_STEP, _STEP))
            if added:
                self._session.apply(document, f"Duplicate {counted(chosen, self._session.document)}", added)

    def copy(self) -> None:
        """Put what is selected on the clipboard."""
        chosen = self._session.selection
        if chosen:
            QGuiApplication.clipboard().setText(edits.copy(self._session.document, chosen))
            self._pastes = 0
            self.message.emit(f"Copied {counted(chosen, self._session.document)}.")

    def cut(self) -> None:
        """Copy, then delete."""
        self.copy()
        self.delete()

    def paste(self) -> None:
        """Add what is on the clipboard; each time a little further."""

        def command() -> None:
            text = QGuiApplication.clipboard().text()
            shift = _STEP * (self._pastes + 1)
            document, added = edits.paste(self._session.document, text, (shift, shift))
            if not added:
                self.refused.emit("The populations of what was copied are not in this project.")
                return
            self._pastes += 1
            self._session.apply(document, f"Paste {counted(added, document)}", added)

        self._attempt(command)

    def rename(self, object_id: str, name: str) -> str:
        """Rename an object; returns why it cannot be, or nothing."""
        try:
            document = edits.rename(self._session.document, object_id, name)
        except EngineError as error:
            return str(error)
        self._session.apply(document, f"Rename to {name}", (object_id,))
        return ""

    def move(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Put populations where they were dragged to."""
        ids = tuple(positions)
        document = edits.move(self._session.document, positions)
        self._session.apply(document, f"Move {counted(ids, document)}", self._session.selection)

    def move_label(self, object_id: str, offset: tuple[float, float]) -> None:
        """Put the label of a projection elsewhere."""
        document = edits.move_labels(self._session.document, {object_id: offset})
        self._session.apply(document, f"Move label of {counted((object_id,), document)}", (object_id,))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected populations a little; presses in a row are one undo step."""
        places = self._canvas.positions(self._session.selection)
        moved = {i: (x + dx, y + dy) for i, (x, y) in places.items()}
        if moved:
            document = edits.move(self._session.document, moved)
            key = "nudge " + " ".join(moved)
            self._session.apply(document, f"Move {counted(tuple(moved), document)}", moved, merge_key=key)

    # --- selecting ---------------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Select all populations and projections."""
        document = self._session.document
        self._session.select(o.id for o in (*document.populations, *document.projections))

    def select_towards(self, direction: str) -> None:
        """Select the neighbour of the selected object."""
        found = self._canvas.neighbour(direction)
        if found:
            self._session.select((found,))
            self._canvas.reveal(found)


def _first_recording(document: ProjectDocument, population_id: str) -> tuple[str, ...]:
    """The spikes of a new population, or its rate."""
    population = edits.find(document, population_id)
    assert isinstance(population, Population)
    known = recordable(document, population)
    return next(((name,) for name in ("spike", "r") if name in known), ())


def add_entries(document: ProjectDocument, add: Callable[[str | NeuronText], object]) -> list[Entry]:
    """All that a population can be made of: own models, built-ins, sources, and models to be written."""

    def entry(title: str, detail: str, model: str | NeuronText, note: str, color: str) -> Entry:
        return Entry(title, detail.strip().partition("\n")[0], lambda: add(model), note, color)

    def of(text: NeuronText, note: str) -> Entry:
        spiking = bool(text.spike.strip())
        color = theme.SPIKING if spiking else theme.RATE
        kind = "Spiking" if spiking else "Rate-coded"
        return entry(text.name, text.description or f"{kind} neuron", text.id, note, color)

    return [
        *(of(text, "this project") for text in document.neurons),
        *(of(text, "built-in") for text in builtin_neurons().values()),
        *(entry(name, detail, name, "source", theme.SOURCE) for name, detail in SOURCES.items()),
        entry("New spiking neuron", "Write your own equations", starters.SPIKING, "new", theme.SPIKING),
        entry("New rate neuron", "Write your own equations", starters.RATE, "new", theme.RATE),
    ]


def describe_selection(document: ProjectDocument, ids: tuple[str, ...]) -> str:
    """What is selected, in words; ids of what was removed do not count."""
    present = edits.objects(document)
    ids = tuple(i for i in ids if i in present)
    if not ids:
        if not document.populations:
            return "Empty project"
        kinds = {"population": document.populations, "projection": document.projections}
        return ", ".join(f"{len(of)} {kind}{'s' * (len(of) != 1)}" for kind, of in kinds.items())
    if len(ids) > 1:
        return f"Selected: {counted(ids, document)}"
    kind = "projection" if isinstance(present[ids[0]], Projection) else "population"
    return f"Selected: {kind} {counted(ids, document)}"
