"""The tool bar that runs the network: verbs, settings of the run, progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QWidget,
)

from app import theme
from app.session import Session
from app.simulation.client import Simulation, State
from app.simulation.icons import icon
from engine.project.check import Problem, errors
from engine.project.edits import set_run

_RANDOM_SEED: Final = -1
_LARGEST: Final = 2**31 - 1
_WIDEST: Final = {"duration": "1000000 ms", "dt": "0.0001 ms", "threads": "100", "seed": "2147483647"}
"""Texts that fit into the fields."""
_BUTTONS: Final = 36
"""Width of the buttons and margins of a field in pixels."""


class _Milliseconds(QDoubleSpinBox):
    """A time, written without zeros that say nothing; its steps are a tenth of it."""

    def __init__(self, **properties: object) -> None:
        super().__init__(suffix=" ms", **properties)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        return f"{value:.10g}"


class RunBar(QToolBar):
    """Run, pause, step, stop, reset; duration, dt, threads, seed; what is going on.

    Attributes
    ----------
    run_action, pause_action, step_action, stop_action, reset_action : QAction
        With their shortcuts, for menus and the command palette.
    """

    def __init__(self, simulation: Simulation, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Run", parent)
        self.setObjectName("run_bar")
        self._simulation = simulation
        self._session = session
        self._problems: Sequence[Problem] = ()
        self._stalled = False
        self._blocked = False
        self._add_actions()
        self.addSeparator()
        self._add_fields()
        self.addSeparator()
        self._add_progress()
        session.documentChanged.connect(self._on_document)
        simulation.stateChanged.connect(self._on_state)
        simulation.phaseChanged.connect(self._on_phase)
        simulation.progress.connect(self._on_progress)
        simulation.failed.connect(self._on_failed)
        simulation.stalled.connect(self._on_stalled)
        self._on_document()

    @property
    def commands(self) -> list[QAction]:
        """The verbs, in order."""
        return [self.run_action, self.pause_action, self.step_action, self.stop_action, self.reset_action]

    def set_problems(self, problems: Sequence[Problem]) -> None:
        """Let errors among ``problems`` keep the user from running, with the reason as tool tip."""
        self._problems = errors(problems)
        self._enable()

    def _add_actions(self) -> None:
        simulation = self._simulation

        def add(name: str, text: str, shortcut: str, tip: str, does: Callable[[], None]) -> QAction:
            action = QAction(icon(name), text, self)
            action.setShortcut(shortcut)
            action.setToolTip(f"{tip} ({shortcut})")
            action.triggered.connect(lambda: does())
            self.addAction(action)
            return action

        self.run_action = add("run", "Run", "F5", "Run the network, or go on after a pause", simulation.run)
        self.pause_action = add("pause", "Pause", "F6", "Pause the simulation", simulation.pause)
        self.step_action = add("step", "Step", "F7", "Simulate one step of dt, then pause", simulation.step)
        self.stop_action = add("stop", "Stop", "F8", "End the run and keep its data", self._stop)
        self.reset_action = add("reset", "Reset", "F9", "Clear the plots, back to 0 ms", simulation.reset)
        run_button = self.widgetForAction(self.run_action)
        run_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # As wide as it ever gets: the buttons beside it must not move away under the pointer.
        self.run_action.setText("Continue")
        run_button.setMinimumWidth(run_button.sizeHint().width())
        self.run_action.setText("Run")

    def _add_fields(self) -> None:
        self.duration = _Milliseconds(minimum=0.001, maximum=1e9, decimals=3)
        self.dt = _Milliseconds(minimum=0.0001, maximum=1000.0, decimals=4)
        self.threads = QSpinBox(minimum=1, maximum=max(1, os.cpu_count() or 1))
        self.seed = QSpinBox(minimum=_RANDOM_SEED, maximum=_LARGEST, specialValueText="random")
        self._add_field("Duration", self.duration, "duration", "Simulated time of a run")
        self._add_field("dt", self.dt, "dt", "Length of a step of the numerical methods")
        self._add_field(
            "Threads",
            self.threads,
            "threads",
            "Most processor cores to use: fewer where a step is too short "
            "for them; the results do not depend on it",
        )
        self._add_field(
            "Seed", self.seed, "seed", "Same seed, same results; the lowest value draws a new one"
        )

    def _add_field(self, label: str, field: QDoubleSpinBox | QSpinBox, name: str, tip: str) -> None:
        field.setKeyboardTracking(False)
        field.setToolTip(tip)
        field.setAccessibleName(label)
        field.valueChanged.connect(lambda value: self._set(name, value))
        field.setMaximumWidth(field.fontMetrics().horizontalAdvance(_WIDEST[name]) + _BUTTONS)
        caption = QLabel(f" {label} ")
        caption.setBuddy(field)
        self.addWidget(caption)
        self.addWidget(field)

    def _add_progress(self) -> None:
        self._bar = QProgressBar(maximum=1000, textVisible=False)
        self._bar.setAccessibleName("Progress of the run")
        self._bar.setFixedWidth(100)
        self._bar.setMaximumHeight(12)
        self._status = QLabel()
        self._status.setAccessibleName("State of the simulation")
        self._status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._status.setMinimumWidth(40)  # on a narrow screen it is cut off rather than left out
        self._status.setMaximumWidth(700)
        self._status.setContentsMargins(8, 0, 0, 0)
        self.addWidget(self._bar)
        self.addWidget(self._status)

    def _set(self, name: str, value: Any) -> None:
        if name == "seed" and value == _RANDOM_SEED:
            value = None
        document = set_run(self._session.document, **{name: value})
        self._session.apply(document, f"Change {name}", merge_key=f"run.{name}")

    def _stop(self) -> None:
        if self._stalled:
            self._simulation.cancel()
        else:
            self._simulation.stop()

    def _on_document(self) -> None:
        run = self._session.document.run
        shown = {
            self.duration: run.duration,
            self.dt: run.dt,
            self.threads: run.threads,
            self.seed: _RANDOM_SEED if run.seed is None else min(run.seed, _LARGEST),
        }
        for field, value in shown.items():
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self._enable()

    def _reason_not_to_run(self) -> str:
        if not self._session.document.populations:
            return "There is nothing to run: add a population to the canvas first."
        if self._problems:
            count = len(self._problems)
            more = f" (and {count - 1} more, see Problems)" if count > 1 else ""
            return f"Cannot run: {self._problems[0].diagnostic}{more}"
        return ""

    def _enable(self) -> None:
        state = self._simulation.state
        busy = state in (State.COMPILING, State.RUNNING)
        reason = "" if state == State.PAUSED else self._reason_not_to_run()
        self.run_action.setText("Continue" if state == State.PAUSED else "Run")
        for action, tip in (
            (self.run_action, "Run the network, or go on after a pause"),
            (self.step_action, "Simulate one step of dt, then pause"),
        ):
            action.setEnabled(not busy and not reason)
            action.setToolTip(reason or f"{tip} ({action.shortcut().toString()})")
        self._tell_problems(bool(self._problems) and not busy and state != State.PAUSED, reason)
        self.pause_action.setEnabled(state == State.RUNNING)
        self.stop_action.setEnabled(busy or state == State.PAUSED)
        self.stop_action.setText("Cancel" if state == State.COMPILING else "Stop")
        self.reset_action.setEnabled(state in (State.PAUSED, State.FINISHED, State.FAILED))

    def _tell_problems(self, blocked: bool, reason: str) -> None:
        """Errors that keep from running stand where the state stood."""
        if blocked:
            count = len(self._problems)
            self._say(f"Cannot run: {count} error{'s' * (count != 1)}, see Problems", theme.ERROR, reason)
        elif self._blocked:
            self._say_state()
        self._blocked = blocked

    def _on_state(self, name: str) -> None:
        state = State(name)
        self._stalled = False
        self._bar.setMaximum(0 if state == State.COMPILING else 1000)
        if state == State.IDLE:
            self._bar.reset()
        self._say_state()
        self._enable()

    def _say_state(self) -> None:
        simulation = self._simulation
        if simulation.state == State.IDLE:
            self._say("")
        elif simulation.state == State.PAUSED:
            self._say(f"Paused at {simulation.done * simulation.dt:g} ms")
        elif simulation.state == State.FINISHED:
            at, took = simulation.done * simulation.dt, simulation.seconds
            took_text = f"{took:.2f}" if took >= 0.1 else f"{took:.2g}"
            self._say(f"{at:,.6g} ms in {took_text} s · {_speed(simulation.speed)}{self._threads_used()}")
        elif simulation.state == State.COMPILING:
            self._say("Starting…")

    def _threads_used(self) -> str:
        """How many threads the run uses, if they are fewer than the document allows."""
        used, allowed = self._simulation.threads, self._simulation.document.run.threads
        return f" · {used} of {allowed} threads pay" if used < allowed else ""

    def _on_phase(self, text: str) -> None:
        self._say(f"{text}…")

    def _on_progress(self, fraction: float, simulated: float, left: float) -> None:
        self._stalled = False
        self._bar.setValue(round(1000 * fraction))
        total = self._simulation.total * self._simulation.dt
        so_far = f"{simulated:,.0f} of {total:,.0f} ms"
        speed = _speed(self._simulation.speed)
        self._say(f"{so_far} · {_time(left)} left · {speed}" if fraction else so_far)

    def _on_failed(self, message: str, details: str) -> None:
        self._bar.reset()
        self._say(message, theme.ERROR, f"{message}\n\n{details}".strip())

    def _on_stalled(self, seconds: float) -> None:
        self._stalled = True
        self.stop_action.setText("End")
        self._say(
            f"No answer for {seconds:.0f} s. Press Stop to end the simulation process.",
            theme.WARNING,
        )

    def _say(self, text: str, color: str = theme.MUTED, tip: str = "") -> None:
        self._status.setText(text.splitlines()[0] if text else "")
        self._status.setStyleSheet(f"color: {color}")
        self._status.setToolTip(tip or text)


def _speed(factor: float) -> str:
    """Simulated time over real time."""
    return f"{factor:.3g}× real time"


def _time(seconds: float) -> str:
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
