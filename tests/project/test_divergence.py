"""A run whose equations diverge says so."""

from __future__ import annotations

import pytest

from engine.project import edits, headless
from engine.project.build import build
from engine.project.divergence import divergence
from engine.project.document import NeuronText, ProjectDocument


def growing(rate: float) -> ProjectDocument:
    text = NeuronText(id="", name="Growing", equations=f"dr/dt = {rate} * r * r : init = 1.0")
    document, model = edits.add_neuron(ProjectDocument(), text)
    document, _ = edits.add_population(document, model, name="Cells", geometry=(3,))
    return edits.set_run(document, duration=50.0)


def test_variables_that_are_not_finite_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    headless.run(growing(1.0))
    assert "r of Cells (3 of 3 neurons)" in capsys.readouterr().err


def test_finite_variables_are_not_told() -> None:
    built = build(growing(-0.1))
    built.network.compile(silent=True)
    built.network.simulate(50.0)
    assert divergence(built) == ""


def test_fewer_threads_than_allowed_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEUROLOOM_EXACT_THREADS")
    headless.run(edits.set_run(growing(1.0), threads=2))
    assert "1 of 2 threads are used" in capsys.readouterr().err
