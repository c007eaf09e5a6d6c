"""The simulation process as the window holds it: starting, talking, ending."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from app.simulation import protocol
from app.simulation.rings import Ring
from app.simulation.tree import end_tree

RING_RECORDS = 1 << 19
"""Room for half a million spikes or samples (12 MiB) that the window did not fetch yet."""
_ERROR_TAIL = 8000


class Child(QObject):
    """One simulation process and its ring. It starts at once and is used until it ends."""

    reported = Signal(object)
    """A :data:`protocol.Report`."""
    died = Signal(str, str)
    """It ended without being told to: what happened, and the last of its error output."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ring = Ring(RING_RECORDS)
        self._frames = protocol.Frames()
        self._errors = ""
        self._ending = False
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        root = str(Path(__file__).resolve().parents[2])
        known = environment.value("PYTHONPATH", "")
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, (root, known))))
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read_reports)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._process.start(sys.executable, ["-m", "app.simulation.process"])
        self.pid = self._process.processId()
        self.send(protocol.Attach(self.ring.name, self.ring.capacity))

    def send(self, command: protocol.Command) -> None:
        """Pass on ``command``; it waits in the pipe if the process is still starting or busy."""
        self._process.write(protocol.pack(command))

    def end(self) -> None:
        """End the process and any compiler it started, now; give back the shared memory."""
        if self._ending:
            return
        self._ending = True
        if self._process.state() != QProcess.ProcessState.NotRunning:
            end_tree(self.pid)
            self._process.waitForFinished(2000)
        self._release()

    def _release(self) -> None:
        self.ring.close()
        self.ring.unlink()

    def _read_reports(self) -> None:
        for payload in self._frames.feed(self._process.readAllStandardOutput().data()):
            if not self._ending:
                self.reported.emit(protocol.decode_report(payload))

    def _read_errors(self) -> None:
        text = self._process.readAllStandardError().data().decode(errors="replace")
        self._errors = (self._errors + text)[-_ERROR_TAIL:]

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._ending:
            return
        self._read_reports()
        self._read_errors()
        crashed = status == QProcess.ExitStatus.CrashExit
        self._declare_dead(f"signal {code}" if crashed else f"exit code {code}")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._ending:
            self._declare_dead(f"it could not be started: {self._process.errorString()}")

    def _declare_dead(self, what: str) -> None:
        self._ending = True
        self.died.emit(what, self._errors.strip())
        self._release()
