"""The simulation process, driven through the window's end of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest
from networks import NOISY, noisy_project
from pytestqt.qtbot import QtBot

from app.session import Session
from app.simulation import client, protocol
from app.simulation.client import Simulation, State
from engine.project.build import build
from engine.project.document import ProjectDocument
from engine.project.edits import set_run, update_model
from engine.project.headless import run as run_headless
from engine.recordings import read_recordings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60_000
"""ms; compilers of a busy machine are slow."""


@pytest.fixture
def session(qapp: object) -> Session:
    return Session(noisy_project())


@pytest.fixture
def simulation(session: Session) -> Iterator[Simulation]:
    made = Simulation(session)
    yield made
    made.close()


def reach(simulation: Simulation, state: State, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: simulation.state in (state, State.FAILED), timeout=PATIENCE)
    assert simulation.state == state


def run_to_end(simulation: Simulation, qtbot: QtBot) -> None:
    simulation.run()
    reach(simulation, State.FINISHED, qtbot)


def spikes_without_window(document: ProjectDocument) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    built = build(document)
    built.network.compile(silent=True)
    built.network.simulate(document.run.duration)
    return {m.source: built.objects[m.id].take("spike") for m in document.monitors}


def received(simulation: Simulation) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {source: (store.steps.copy(), store.ranks.copy()) for source, store in simulation.spikes.items()}


def assert_same_spikes(one: dict, other: dict) -> None:
    assert one.keys() == other.keys()
    for source in one:
        assert len(one[source][0]) > 20
        assert (one[source][0] == other[source][0]).all()
        assert (one[source][1] == other[source][1]).all()


def test_a_run_gives_the_spikes_of_the_engine(simulation: Simulation, session: Session, qtbot: QtBot) -> None:
    states: list[str] = []
    phases: list[str] = []
    fractions: list[float] = []
    simulation.stateChanged.connect(states.append)
    simulation.phaseChanged.connect(phases.append)
    simulation.progress.connect(lambda fraction, *_: fractions.append(fraction))
    run_to_end(simulation, qtbot)
    assert states == ["compiling", "running", "finished"]
    assert phases[0] == "Checking" and phases[-1] == "Running" and "Generating code" in phases
    assert fractions[-1] == 1.0
    assert simulation.complete == simulation.total == 600
    assert_same_spikes(received(simulation), spikes_without_window(session.document))


def test_traces_are_the_recorded_samples_also_when_asked_for_late(
    simulation: Simulation, session: Session, qtbot: QtBot
) -> None:
    early = simulation.watch("a", "v", (3, 0))
    run_to_end(simulation, qtbot)
    late = simulation.watch("a", "v", (5,))
    qtbot.waitUntil(lambda: len(late) == 600)
    expected = run_headless(session.document).recordings["First.v"]
    assert early.ranks == (3, 0)
    assert (early.values == expected[:, [3, 0]]).all()
    assert (late.values[:, 0] == expected[:, 5]).all()
    assert (late.steps == np.arange(600)).all()


def test_pause_step_resume_and_stop(session: Session, simulation: Simulation, qtbot: QtBot) -> None:
    session.apply(set_run(session.document, duration=1e8), "longer")
    simulation.run()
    qtbot.waitUntil(lambda: simulation.complete > 0, timeout=PATIENCE)
    simulation.pause()
    reach(simulation, State.PAUSED, qtbot)
    at = simulation.done
    assert simulation.complete == at > 0
    simulation.step()
    reach(simulation, State.PAUSED, qtbot)
    assert simulation.done == simulation.complete == at + 1
    simulation.run()
    assert simulation.state == State.RUNNING
    qtbot.waitUntil(lambda: simulation.complete > at + 1)
    simulation.stop()
    reach(simulation, State.FINISHED, qtbot)
    assert at + 1 < simulation.done < simulation.total
    steps = simulation.spikes["a"].steps
    assert (np.diff(steps) >= 0).all() and steps[-1] < simulation.done


def test_a_run_is_not_over_before_its_data_are_here(simulation: Simulation, qtbot: QtBot) -> None:
    simulation.step(7)
    reach(simulation, State.PAUSED, qtbot)
    simulation._on_report(protocol.Finished(simulation._run, 50, 0.1))
    simulation._pull()
    assert simulation.state == State.PAUSED
    simulation._child.ring.mark = 50
    simulation._pull()
    assert simulation.state == State.FINISHED


def test_equations_that_diverge_are_told(simulation: Simulation, session: Session, qtbot: QtBot) -> None:
    neuron = session.document.neurons[0]
    diverging = msgspec.structs.replace(neuron, equations=f"{neuron.equations}\ndq/dt = q * q : init = 1.0")
    session.apply(update_model(session.document, diverging), "diverge")
    told: list[str] = []
    simulation.warned.connect(told.append)
    simulation.run()
    reach(simulation, State.FINISHED, qtbot)
    assert len(told) == 1 and told[0].startswith("No finite numbers any more: q of")


def test_pausing_changes_no_spike(simulation: Simulation, session: Session, qtbot: QtBot) -> None:
    simulation.step(7)
    reach(simulation, State.PAUSED, qtbot)
    assert simulation.done == 7
    simulation.step()
    reach(simulation, State.PAUSED, qtbot)
    run_to_end(simulation, qtbot)
    assert_same_spikes(received(simulation), spikes_without_window(session.document))


def test_reset_forgets_and_the_next_run_is_the_same(simulation: Simulation, qtbot: QtBot) -> None:
    run_to_end(simulation, qtbot)
    first = received(simulation)
    simulation.reset()
    assert simulation.state == State.IDLE
    assert simulation.complete == 0 and not simulation.spikes
    run_to_end(simulation, qtbot)
    assert_same_spikes(received(simulation), first)


def test_killing_the_process_leaves_window_document_and_run_button(
    session: Session, simulation: Simulation, qtbot: QtBot
) -> None:
    session.apply(set_run(session.document, duration=1e8), "longer")
    simulation.run()
    qtbot.waitUntil(lambda: simulation.complete > 0, timeout=PATIENCE)
    document, victim = session.document, simulation.process_id
    with qtbot.waitSignal(simulation.failed) as failed:
        os.kill(victim, signal.SIGKILL)
    assert "ended unexpectedly (signal 9)" in failed.args[0]
    assert simulation.state == State.FAILED
    assert session.document is document
    session.apply(set_run(document, duration=300.0), "shorter")
    run_to_end(simulation, qtbot)
    assert simulation.process_id != victim
    assert_same_spikes(received(simulation), spikes_without_window(session.document))


def test_a_process_killed_while_idle_is_replaced(simulation: Simulation, qtbot: QtBot) -> None:
    run_to_end(simulation, qtbot)
    with qtbot.waitSignal(simulation.failed):
        os.kill(simulation.process_id, signal.SIGKILL)
    assert is_alive(simulation.process_id), "the next one is to be warm when it is needed"
    run_to_end(simulation, qtbot)


SLOW_COMPILER = """#!/bin/sh
case " $* " in
*" -shared "*) echo $$ > {note}; exec sleep 600;;
*) exec {compiler} "$@";;
esac
"""


def test_cancel_ends_the_compiler_too(
    session: Session, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "compiler.pid"
    slow = tmp_path / "g++"
    slow.write_text(SLOW_COMPILER.format(note=note, compiler=shutil.which("g++")))
    slow.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        patch.setenv("NEUROLOOM_CACHE_DIR", str(tmp_path / "cache"))
        simulation = Simulation(session)
    try:
        simulation.run()
        qtbot.waitUntil(lambda: note.exists() and bool(note.read_text().strip()), timeout=PATIENCE)
        assert simulation.state == State.COMPILING
        simulation.cancel()
        assert simulation.state == State.IDLE
        qtbot.waitUntil(lambda: not is_alive(int(note.read_text())))
        run_to_end(simulation, qtbot)
    finally:
        simulation.close()


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_silent_process_is_reported_and_can_be_ended(
    session: Session, simulation: Simulation, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "STALL_SECONDS", 0.3)
    session.apply(set_run(session.document, duration=1e8), "longer")
    simulation.run()
    qtbot.waitUntil(lambda: simulation.complete > 0, timeout=PATIENCE)
    with qtbot.waitSignal(simulation.stalled):
        os.kill(simulation.process_id, signal.SIGSTOP)
    stuck = simulation.process_id
    simulation.cancel()
    assert not is_alive(stuck)
    assert simulation.state == State.FINISHED
    assert len(simulation.spikes["a"]) > 0


def test_mistakes_in_the_model_are_told_in_its_words(
    session: Session, simulation: Simulation, qtbot: QtBot
) -> None:
    wrong = msgspec.structs.replace(NOISY, equations="v = unknown_thing")
    session.apply(update_model(session.document, wrong), "break")
    with qtbot.waitSignal(simulation.failed, timeout=PATIENCE) as failed:
        simulation.run()
    message, details = failed.args
    assert "unknown_thing" in message and not details
    session.undo_stack.undo()
    run_to_end(simulation, qtbot)


def test_saved_recordings_are_those_of_a_run_without_window(
    session: Session, simulation: Simulation, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(simulation.recordingsSaved, timeout=PATIENCE) as answer:
        simulation.save_recordings(tmp_path / "early.npz")
    assert "run the network first" in answer.args[1]
    run_to_end(simulation, qtbot)
    for name in ("one.npz", "two.npz"):
        with qtbot.waitSignal(simulation.recordingsSaved) as answer:
            simulation.save_recordings(tmp_path / name)
        assert answer.args == [str(tmp_path / name), ""]
        saved = np.load(tmp_path / name)
        expected = run_headless(session.document).recordings
        assert set(saved) == set(expected)
        for key, values in expected.items():
            assert (saved[key] == values).all(), key


def test_recordings_are_saved_in_other_formats(
    session: Session, simulation: Simulation, qtbot: QtBot, tmp_path: Path
) -> None:
    run_to_end(simulation, qtbot)
    expected = run_headless(session.document).recordings
    for suffix in ("h5", "csv", "txt"):
        with qtbot.waitSignal(simulation.recordingsSaved) as answer:
            simulation.save_recordings(tmp_path / f"run.{suffix}")
        assert ("must end in one of" in answer.args[1]) == (suffix == "txt")
    found = {recording.key: recording for recording in read_recordings(tmp_path / "run.h5")}
    assert len(found) > 1
    whole = (0, round(session.document.run.duration / session.document.run.dt))
    for key, recording in found.items():
        assert recording.blocks == [whole]
        if recording.values is None:
            assert sorted(recording.times) == pytest.approx(sorted(expected[f"{key}.times"]))
        else:
            np.testing.assert_array_equal(recording.values, expected[key].reshape(len(expected[key]), -1))
            assert recording.steps[0] == 0
        lines = (tmp_path / f"run.{key}.csv").read_text().splitlines()
        assert len(lines) == 1 + len(recording.steps)


def test_closing_ends_the_process(simulation: Simulation, qtbot: QtBot) -> None:
    pid = simulation.process_id
    assert is_alive(pid)
    simulation.close()
    assert not is_alive(pid)


OWNER = """
import os, signal
from PySide6.QtCore import QCoreApplication
from app.session import Session
from app.simulation.client import Simulation
from networks import noisy_project
application = QCoreApplication([])
simulation = Simulation(Session(noisy_project(1e9)))
def die():
    print(simulation.process_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
simulation.stateChanged.connect(lambda state: die() if state == "paused" else None)
simulation.step()
application.exec()
"""


def test_the_process_ends_when_the_window_is_killed() -> None:
    places = os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))
    owner = subprocess.run(
        [sys.executable, "-c", OWNER],
        env=os.environ | {"PYTHONPATH": places},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert owner.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while is_alive(int(owner.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(int(owner.stdout))


def test_the_process_does_without_qt() -> None:
    code = "import sys, app.simulation.process, app.simulation.network; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
