"""The simulation as the rest of the window sees it: a state, a few verbs, and the data that arrived."""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from app.session import Session
from app.simulation import protocol
from app.simulation.child import Child
from app.simulation.stores import SpikeStore, TraceStore
from engine.project import arrays
from engine.project.document import ProjectDocument

FRAME_MS = 25
"""Data are fetched and drawn at most so often while running."""
CALM_FRAME_MS = 100
STALL_SECONDS = 10.0
"""A running simulation that is silent for so long may hang."""


class State(StrEnum):
    """What the simulation is doing."""

    IDLE = "idle"
    COMPILING = "compiling"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


class Simulation(QObject):
    """Runs the session's document in the simulation process.

    Attributes
    ----------
    state : State
    document : ProjectDocument
        The document of the current run (the session's may have changed since).
    dt : float
        Step of the current run in ms.
    threads : int
        Threads that the current run uses: at most those of the document.
    total, done, complete : int
        Steps to do, steps done, and steps of which all data have arrived.
    spikes : dict of str to SpikeStore
        By the id of the population.
    """

    stateChanged = Signal(str)
    phaseChanged = Signal(str)
    """What the preparation of a run is busy with."""
    progress = Signal(float, float, float)
    """(fraction done, simulated ms, seconds left)"""
    failed = Signal(str, str)
    """(message for the user, details for a developer)"""
    cleared = Signal()
    """The data are empty again: a run starts or was reset."""
    dataArrived = Signal()
    stalled = Signal(float)
    """A running simulation has been silent for so many seconds."""
    warned = Signal(str)
    """What the user must know of the results of the run that finishes."""
    storageTold = Signal(dict)
    """How the run that starts holds the synapses of projections, in words by their ids."""
    recordingsSaved = Signal(str, str)
    """(path, error text or empty)"""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State.IDLE
        self.document: ProjectDocument = session.document
        self.dt = session.document.run.dt
        self.threads = 0
        self.total = self.done = self.complete = 0
        self.seconds = 0.0
        self.spikes: dict[str, SpikeStore] = {}
        self._session = session
        self._run = 0
        self._streams = 0
        self._started = False
        self._outlook: State | None = None
        self._stores: dict[int, SpikeStore | TraceStore] = {}
        self._heard = time.monotonic()
        self._timer = QTimer(self, timeout=self._pull)
        self._watchdog = QTimer(self, interval=1000, timeout=self._check_life)
        self._child: Child | None = None
        self._launch()
        session.projectOpened.connect(self._on_opened)
        if application := QCoreApplication.instance():
            application.aboutToQuit.connect(self.close)

    # What the user can do

    def run(self) -> None:
        """Start the document from the beginning, or go on if paused."""
        if self.state == State.PAUSED:
            self.resume()
        elif self.state not in (State.COMPILING, State.RUNNING):
            self._begin(None)

    def pause(self) -> None:
        """Halt after the current chunk of steps; answered by state ``paused``."""
        if self.state == State.RUNNING:
            self._send(protocol.Pause())

    def resume(self) -> None:
        if self.state == State.PAUSED:
            self._send(protocol.Resume())
            self._set_state(State.RUNNING)

    def step(self, steps: int = 1) -> None:
        """Simulate a few steps and pause; starts a run if there is none."""
        if self.state == State.PAUSED:
            self._send(protocol.Resume(steps))
            self._set_state(State.RUNNING)
        elif self.state not in (State.COMPILING, State.RUNNING):
            self._begin(steps)

    def stop(self) -> None:
        """End the run and keep its data."""
        if self.state == State.COMPILING:
            self.cancel()
        elif self.state in (State.RUNNING, State.PAUSED):
            self._send(protocol.Stop())

    def reset(self) -> None:
        """Forget the run and its data: the next run starts at 0 ms."""
        if self.state == State.COMPILING:
            self.cancel()
            return
        self._send(protocol.Reset())
        self.document = self._session.document
        self.dt = self.document.run.dt
        self._forget_data()
        self.cleared.emit()
        self._set_state(State.IDLE)

    def cancel(self) -> None:
        """End the simulation process, whatever it is doing (also a compiler that it waits for)."""
        if self.state in (State.COMPILING, State.RUNNING, State.PAUSED):
            compiling = self.state == State.COMPILING
            self._launch()
            self._set_state(State.IDLE if compiling else State.FINISHED)

    def save_recordings(self, path: Path) -> None:
        """Write what was recorded to ``path`` (.npz); answered by :attr:`recordingsSaved`."""
        self._send(protocol.SaveRecordings(str(path.absolute())))

    def close(self) -> None:
        """End the simulation process for good, when the window closes."""
        self._timer.stop()
        self._watchdog.stop()
        if self._child is not None:
            self._child.end()
            self._child = None

    # What the plots need

    @property
    def speed(self) -> float:
        """Simulated time over computing time; 0 before anything is simulated."""
        return self.done * self.dt / 1000.0 / self.seconds if self.seconds > 0.0 else 0.0

    @property
    def process_id(self) -> int:
        """Process id of the simulation process, 0 if there is none."""
        return self._child.pid if self._child else 0

    def watch(self, source: str, variable: str, ranks: Iterable[int]) -> TraceStore:
        """Have a recorded variable of some neurons delivered, in this run and those that follow."""
        store = TraceStore(source, variable, tuple(ranks))
        self._subscribe(store)
        return store

    def unwatch(self, store: TraceStore) -> None:
        for number in [n for n, s in self._stores.items() if s is store]:
            del self._stores[number]
            self._send(protocol.Unwatch(number))

    # The run

    def _on_opened(self) -> None:
        """The run of another project is of no use any more."""
        if self.state in (State.RUNNING, State.PAUSED, State.COMPILING):
            self.cancel()
        self.reset()

    def _begin(self, pause_after: int | None) -> None:
        if self._child is None:
            self._launch()
        self.document = self._session.document
        self.dt = self.document.run.dt
        self._run += 1
        self._forget_data()
        known = [file for _, file in arrays.used_in(self.document) if arrays.is_known(file)]
        contents = {file.sha256: arrays.content_of(file) for file in known}
        self._send(protocol.Run(self._run, msgspec.json.encode(self.document), contents, pause_after))
        traces = [store for store in self._stores.values() if isinstance(store, TraceStore)]
        self._stores.clear()
        for monitor in self.document.monitors:
            if "spike" in monitor.variables:
                self.spikes[monitor.source] = SpikeStore()
                self._subscribe(self.spikes[monitor.source])
        for store in traces:
            self._subscribe(store)
        self.cleared.emit()
        self._set_state(State.COMPILING)

    def _subscribe(self, store: SpikeStore | TraceStore) -> None:
        self._streams += 1
        self._stores[self._streams] = store
        if isinstance(store, TraceStore):
            watch = protocol.Watch(self._streams, store.source, store.variable, store.wanted)
        else:
            source = next(source for source, spikes in self.spikes.items() if spikes is store)
            watch = protocol.Watch(self._streams, source, "spike")
        self._send(watch)

    def _forget_data(self) -> None:
        self._started = False
        self._outlook = None
        self.total = self.done = self.complete = 0
        self.seconds = 0.0
        self.spikes = {}
        for store in self._stores.values():
            if isinstance(store, TraceStore):
                store.clear()

    def _set_state(self, state: State) -> None:
        self._outlook = None
        self._heard = time.monotonic()
        busy = state in (State.COMPILING, State.RUNNING)
        self._timer.start(FRAME_MS if busy else CALM_FRAME_MS)
        if state == State.RUNNING:
            self._watchdog.start()
        else:
            self._watchdog.stop()
        if state in (State.IDLE, State.FAILED):
            self._timer.stop()
        if state != self.state:
            self.state = state
            self.stateChanged.emit(state.value)

    def _check_life(self) -> None:
        silent = time.monotonic() - self._heard
        if silent > STALL_SECONDS:
            self.stalled.emit(silent)

    # The process

    def _launch(self) -> None:
        """Start a fresh process, ahead of the next run, so that it is ready when it is needed."""
        if self._child is not None:
            self._child.end()
            self._child.deleteLater()
        self._ready = False
        self._child = Child(self)
        self._child.reported.connect(self._on_report)
        self._child.died.connect(self._on_death)

    def _send(self, command: protocol.Command) -> None:
        if self._child is not None:
            self._child.send(command)

    def _on_death(self, what: str, errors: str) -> None:
        self._pull()
        child, self._child = self._child, None
        assert child is not None
        child.deleteLater()
        if self._ready:
            self._launch()
        message = f"The simulation process ended unexpectedly ({what})."
        if what == "signal 9":
            message += " The system does this when memory runs out."
        message += " Your document is unharmed; press Run to start again."
        self._set_state(State.FAILED)
        self.failed.emit(message, errors)

    def _on_report(self, report: protocol.Report) -> None:
        self._heard = time.monotonic()
        match report:
            case protocol.Ready():
                self._ready = True
            case protocol.Saved(path, error):
                self.recordingsSaved.emit(path, error)
            case _ if report.run != self._run or self.state in (State.IDLE, State.FAILED):
                return  # of a run that the user has given up
            case protocol.Phase(_, text):
                self.phaseChanged.emit(text)
            case protocol.Started(_, total, dt, threads, storage):
                self.total, self.dt, self.threads = total, dt, threads
                self.storageTold.emit(storage)
                self._started = True
                self._set_state(State.RUNNING)
            case protocol.Progress(_, step, seconds):
                self._on_progress(step, seconds)
            case protocol.Paused():
                self._outlook = State.PAUSED
            case protocol.Finished(_, step, seconds, warning):
                self._on_progress(step, seconds)
                if warning:
                    self.warned.emit(warning)
                self._outlook = State.FINISHED
            case protocol.Failed(_, message, details):
                self._pull()
                self._set_state(State.FAILED)
                self.failed.emit(message, details)

    def _on_progress(self, step: int, seconds: float) -> None:
        self.done, self.seconds = step, seconds
        left = seconds * (self.total - step) / step if step else 0.0
        self.progress.emit(step / max(1, self.total), step * self.dt, left)

    def _pull(self) -> None:
        """Fetch what arrived, and take a state of rest once all its data are here."""
        if self._child is None or not self._started:
            return
        mark = self._child.ring.mark
        records = self._child.ring.read()
        if len(records):
            self._sort_in(records)
        news = len(records) > 0 or mark > self.complete
        self.complete = max(mark, self.complete)
        if news:
            self.dataArrived.emit()
        if self._outlook is not None and self.complete >= self.done:
            self._set_state(self._outlook)

    def _sort_in(self, records: np.ndarray) -> None:
        for number in np.unique(records["stream"]):
            store = self._stores.get(int(number))
            if store is not None:
                store.extend(records[records["stream"] == number])
