"""The simulation process: ``python -m app.simulation.process``, started and owned by the window.

Commands come in through standard input, reports go out through standard output, recorded data through a
ring in shared memory. When the window is gone (end of input), the process and any compiler that it started
end at once.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from app.simulation import protocol
from app.simulation.publisher import Monitors, Publisher
from app.simulation.rings import Ring
from app.simulation.tree import end_tree
from engine.errors import EngineError

CHUNK_SECONDS = 0.02
"""Wall time that one call into the engine is meant to take: commands and pictures wait no longer."""
REPORT_SECONDS = 0.1
"""Time between two reports of progress."""


class Prepared(Protocol):
    """A compiled network, as the worker needs it."""

    total: int
    dt: float
    threads: int
    storage: dict[str, str]
    monitors: Monitors

    def run(self, steps: int, stop: NDArray[np.int32]) -> int: ...

    def warning(self) -> str: ...

    def save(self, path: Path, publisher: Publisher) -> None: ...


Prepare = Callable[[protocol.Run, Callable[[str], None]], Prepared]


class Worker:
    """Obeys commands and advances the network in between.

    Parameters
    ----------
    commands : queue
        Where commands arrive.
    send : callable
        Takes reports.
    prepare : callable
        Builds and compiles the network of a :class:`protocol.Run`, telling its phases.
    """

    def __init__(
        self,
        commands: queue.SimpleQueue[protocol.Command],
        send: Callable[[protocol.Report], None],
        prepare: Prepare,
    ) -> None:
        self.stop_flag = np.zeros(1, np.int32)
        self._commands = commands
        self._send = send
        self._prepare = prepare
        self._ring: Ring | None = None
        self._network: Prepared | None = None
        self._publisher = Publisher({})
        self._running = False
        self._published = True
        self._run = 0
        self._step = 0
        self._until = 0
        self._chunk = 1
        self._seconds = 0.0
        self._reported = 0.0

    def loop(self) -> None:
        """Work until told to quit."""
        while True:
            self.stop_flag[0] = 0
            while (command := self._next_command()) is not None:
                if isinstance(command, protocol.Quit):
                    return
                self._obey(command)
            if self._running:
                self._guarded(self._advance)
            if self._ring is not None:
                self._published = self._publisher.publish(self._ring, self._step)

    def _next_command(self) -> protocol.Command | None:
        try:
            if self._running:
                return self._commands.get_nowait()
            return self._commands.get(timeout=None if self._published else CHUNK_SECONDS)
        except queue.Empty:
            return None

    def _obey(self, command: protocol.Command) -> None:
        self._published = self._ring is None
        match command:
            case protocol.Attach(ring, capacity):
                self._ring = Ring(capacity, ring)
                self._published = False
            case protocol.Run():
                self._guarded(lambda: self._start(command))
            case protocol.Watch():
                self._publisher.watch(command)
            case protocol.Unwatch(stream):
                self._publisher.unwatch(stream)
            case protocol.Pause() if self._running:
                self._pause()
            case protocol.Resume(steps) if self._network is not None:
                self._go_on(steps)
            case protocol.Stop() if self._network is not None:
                self._finish()
            case protocol.Reset():
                self._forget()
            case protocol.SaveRecordings(path):
                self._save(Path(path))

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do ``action``; an error ends the run and is reported."""
        try:
            action()
        except EngineError as error:
            self._running = False
            self._send(protocol.Failed(self._run, str(error), ""))
        except Exception as error:
            self._running = False
            text = f"The engine failed unexpectedly ({type(error).__name__}: {error})."
            self._send(protocol.Failed(self._run, text, traceback.format_exc()))

    def _start(self, command: protocol.Run) -> None:
        self._forget()
        self._run = command.run
        network = self._prepare(command, lambda text: self._send(protocol.Phase(command.run, text)))
        self._network = network
        self._publisher = Publisher(network.monitors)
        clock = (network.total, network.dt, network.threads)
        self._send(protocol.Started(command.run, *clock, network.storage))
        self._send(protocol.Phase(command.run, "Running"))
        self._go_on(command.pause_after)

    def _forget(self) -> None:
        self._running = False
        self._network = None
        self._publisher = Publisher({})
        self._step, self._chunk, self._seconds = 0, 1, 0.0
        if self._ring is not None:
            self._ring.mark = 0

    def _go_on(self, steps: int | None) -> None:
        assert self._network is not None
        total = self._network.total
        self._until = total if steps is None else min(total, self._step + steps)
        self._running = True
        if self._step >= total:
            self._finish()

    def _advance(self) -> None:
        assert self._network is not None
        before = time.perf_counter()
        steps = min(self._chunk, self._until - self._step)
        done = self._network.run(steps, self.stop_flag)
        elapsed = time.perf_counter() - before
        self._seconds += elapsed
        self._step += done
        self._publisher.collect()
        if done == self._chunk:
            growth = CHUNK_SECONDS / max(elapsed, 1e-6)
            self._chunk = max(1, int(done * min(max(growth, 0.5), 2.0)))
        if self._step >= self._network.total:
            self._finish()
        elif self._step >= self._until:
            self._pause()
        elif time.perf_counter() - self._reported > REPORT_SECONDS:
            self._reported = time.perf_counter()
            self._send(protocol.Progress(self._run, self._step, self._seconds))

    def _pause(self) -> None:
        self._running = False
        self._send(protocol.Progress(self._run, self._step, self._seconds))
        self._send(protocol.Paused(self._run, self._step))

    def _finish(self) -> None:
        assert self._network is not None
        self._running = False
        self._send(protocol.Finished(self._run, self._step, self._seconds, self._network.warning()))

    def _save(self, path: Path) -> None:
        error, saved = "", str(path)
        try:
            if self._network is None:
                raise EngineError("Nothing was simulated yet: run the network first, then save.")
            files = self._network.save(path, self._publisher)
            if len(files) > 1:
                saved = f"{len(files)} files, {path.stem}.*{path.suffix}, in {path.parent}"
        except (EngineError, OSError) as reason:
            error = str(reason)
        self._send(protocol.Saved(saved, error))


def _receive(pipe: BinaryIO, commands: queue.SimpleQueue[protocol.Command], stop: NDArray[np.int32]) -> None:
    """Pass on commands until the window is gone, then end everything that this process started."""
    frames = protocol.Frames()
    while data := pipe.read1(65536):  # type: ignore[attr-defined]
        for payload in frames.feed(data):
            commands.put(protocol.decode_command(payload))
            stop[0] = 1
    end_tree(os.getpid())


def main() -> None:
    """Serve one window."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the window's to answer
    commands_pipe = os.fdopen(os.dup(0), "rb")
    reports_pipe = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # whatever is printed must not get between the reports
    from app.simulation.network import prepare

    def send(report: protocol.Report) -> None:
        reports_pipe.write(protocol.pack(report))
        reports_pipe.flush()

    commands: queue.SimpleQueue[protocol.Command] = queue.SimpleQueue()
    worker = Worker(commands, send, prepare)
    threading.Thread(target=_receive, args=(commands_pipe, commands, worker.stop_flag), daemon=True).start()
    send(protocol.Ready())
    worker.loop()


if __name__ == "__main__":
    main()
