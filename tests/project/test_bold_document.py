"""BOLD monitors in a document: edits, problems, files, and the same numbers in every way to run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import engine
from engine.errors import EngineError
from engine.export.python import export_python
from engine.project import edits, headless, storage
from engine.project.bold import add_bold_monitor, arguments, bold_models, choose_model, mappable, variables_of
from engine.project.check import check
from engine.project.document import BoldMonitor, NeuronText, Population, ProjectDocument, RunSettings

SWING = NeuronText(
    id="swing",
    name="Swing",
    parameters="level = 1.0",
    equations="r = level * (1.0 + 0.5 * (t > 400.0)) + Uniform(-0.1, 0.1)",
)


@pytest.fixture
def watched() -> ProjectDocument:
    """Two populations with one BOLD monitor of both."""
    document = ProjectDocument(
        name="Watched",
        neurons=(SWING,),
        populations=(
            Population(id="p", name="A", geometry=(30,), model="swing"),
            Population(id="q", name="B", geometry=(10,), model="swing"),
        ),
        run=RunSettings(duration=800.0, dt=1.0, seed=4),
    )
    document, _ = add_bold_monitor(document, ("p", "q"))
    return change(document, baseline=100.0, variables=("I_CBF", "q"), values={"phi": 1.2})


def change(document: ProjectDocument, **fields: object) -> ProjectDocument:
    monitor = msgspec.structs.replace(document.bold_monitors[0], **fields)
    return msgspec.structs.replace(document, bold_monitors=(monitor, *document.bold_monitors[1:]))


def problems(document: ProjectDocument) -> list[tuple[str, str]]:
    return [(problem.field, problem.diagnostic.message) for problem in check(document)]


def test_every_way_to_run_gives_the_same_signal(watched: ProjectDocument, tmp_path: Path) -> None:
    result = headless.run(watched)
    signal, flow = result.recordings["BOLD.BOLD"], result.recordings["BOLD.I_CBF"]
    assert signal.shape == flow.shape == (800, 1)
    assert not flow[:100].any()
    assert flow[500:].mean() == pytest.approx(0.5, abs=0.02)
    assert signal.max() > 0.0
    script = tmp_path / "script.py"
    script.write_text(export_python(watched))
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "110", "--no-cache", str(script)]
    formatted = subprocess.run([*ruff, "format", "--diff", *options], capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stdout
    subprocess.run([*ruff, "check", "-q", "--select", "E,F,W,UP,B", *options], check=True)
    out = tmp_path / "out.npz"
    subprocess.run(
        [sys.executable, str(script), "--out", str(out)], check=True, cwd=Path(engine.__file__).parents[1]
    )
    with np.load(out) as saved:
        for name, data in result.recordings.items():
            np.testing.assert_array_equal(saved[name], data)


def test_rates_of_spiking_populations_are_computed_for_it() -> None:
    document, source = edits.add_population(ProjectDocument(), "PoissonPopulation", "Inputs", geometry=(200,))
    document, bold = add_bold_monitor(document, (source,))
    document = edits.set_run(change(document, variables=("I_CBF",), rate_window=50.0), duration=200.0, seed=1)
    assert check(document) == []
    assert "Inputs.compute_firing_rate(50.0)" in export_python(document)
    flow = headless.run(document).recordings["BOLD.I_CBF"]
    assert flow[100:].mean() == pytest.approx(10.0, rel=0.2)
    document, _ = add_bold_monitor(document, (source,))
    assert ("rate_window", "Another BOLD monitor gives Inputs another window of its rate.") in problems(
        document
    )
    assert bold != document.bold_monitors[1].id
    assert document.bold_monitors[1].name == "BOLD_2"


def test_files_keep_it_and_old_files_have_none(watched: ProjectDocument, tmp_path: Path) -> None:
    path = tmp_path / f"a{storage.SUFFIX}"
    storage.save(watched, path)
    assert storage.load(path).document == watched
    content = msgspec.json.decode(path.read_bytes())
    content["populations"].pop()
    path.write_bytes(msgspec.json.encode(content))
    loaded = storage.load(path)
    assert loaded.document.bold_monitors == ()
    assert any("BOLD monitor 'BOLD' was left out" in text for text in loaded.problems)
    del content["bold_monitors"]
    path.write_bytes(msgspec.json.encode(content))
    assert storage.load(path).document.bold_monitors == ()


def test_it_follows_its_populations(watched: ProjectDocument) -> None:
    one = edits.remove(watched, ("q",))
    assert one.bold_monitors[0].populations == ("p",)
    assert edits.remove(one, ("p",)).bold_monitors == ()
    assert edits.remove(watched, (watched.bold_monitors[0].id,)).bold_monitors == ()
    assert check(one) == []


def test_models_change_and_keep_what_fits(watched: ProjectDocument) -> None:
    monitor = watched.bold_monitors[0]
    two = choose_model(monitor, "balloon_two_inputs")
    assert (two.values, two.mapping, two.variables) == ({}, {"I_CBF": "r", "I_CMRO2": "r"}, ("I_CBF", "q"))
    assert choose_model(two, "balloon_CN").mapping == {"I_CBF": "r"}
    assert arguments("balloon_RN")["epsilon"] == 1.43
    assert "seconds" not in arguments("balloon_RL")
    assert variables_of("balloon_RN")[0] == "BOLD"
    assert mappable(watched, monitor) == ("r",)
    for name in bold_models():
        assert check(edits.replace_object(watched, choose_model(monitor, name))) == []


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"populations": ()}, "populations", "is missing"),
        ({"populations": ("p", "gone")}, "populations", "is missing"),
        ({"model": "balloon"}, "model", "no BOLD model 'balloon'"),
        ({"values": {"tau_x": 1.0}}, "values.tau_x", "no parameter 'tau_x'"),
        ({"values": {"tau": float("nan")}}, "values.tau", "tau is nan"),
        ({"baseline": -1.0}, "baseline", "-1.0 ms"),
        ({"rate_window": 0.0}, "rate_window", "0.0 ms"),
        ({"scale_factor": float("inf")}, "scale_factor", "inf"),
        ({"variables": ("Q",)}, "variables", "no variable 'Q'"),
        ({"mapping": {}}, "mapping", "No input"),
        ({"mapping": {"I": "r"}}, "mapping.I", "no input 'I'"),
        ({"mapping": {"I_CBF": "v"}}, "mapping.I_CBF", "not a variable of all"),
        ({"name": "a b"}, "name", "no valid name"),
        ({"name": "A"}, "name", "used 2 times"),
    ],
)
def test_problems_name_their_field(
    watched: ProjectDocument, fields: dict[str, object], field: str, message: str
) -> None:
    found = problems(change(watched, **fields))
    assert any(place == field and message in text for place, text in found), found
    with pytest.raises(EngineError, match=r"BOLD|A\.name|a b\.name"):
        change(watched, **fields).build()


def test_edits_that_make_no_sense_are_refused(watched: ProjectDocument) -> None:
    for populations in ((), ("gone",)):
        with pytest.raises(EngineError, match="needs one or several populations"):
            add_bold_monitor(watched, populations)
    with pytest.raises(EngineError, match="no BOLD model"):
        add_bold_monitor(watched, ("p",), "balloon")
    with pytest.raises(EngineError, match="taken"):
        edits.rename(watched, watched.bold_monitors[0].id, "A")
    renamed = edits.rename(watched, watched.bold_monitors[0].id, "fMRI")
    assert isinstance(edits.find(renamed, watched.bold_monitors[0].id), BoldMonitor)
