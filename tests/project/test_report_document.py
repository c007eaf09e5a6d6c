"""Reports of projects, with and without errors, and from the command line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from project_documents import EXAMPLES

import main
from engine.project import edits, storage
from engine.project.bold import add_bold_monitor
from engine.project.document import NeuronText, ProjectDocument
from engine.project.report import describe_document, without_errors


def told(document: ProjectDocument) -> dict[str, tuple[str, ...]]:
    return {omission.what: omission.reasons for omission in describe_document(document).omissions}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name.split(".")[0])
def test_the_examples_have_whole_reports(path: Path) -> None:
    document = storage.load(path).document
    description = describe_document(document)
    assert description.omissions == ()
    assert [group.name for group in description.populations] == [p.name for p in document.populations]
    assert len(description.connections) == len(document.projections)


def test_models_of_the_project_are_described_by_its_own_words(small: ProjectDocument) -> None:
    model = msgspec.structs.replace(small.neurons[0], description="A cell of\nours.\n\nMore.")
    description = describe_document(edits.replace_object(small, model))
    assert next(m for m in description.neurons if m.name == model.name).description == "A cell of ours."


def test_what_has_errors_is_left_out_and_said(small: ProjectDocument) -> None:
    model = msgspec.structs.replace(small.neurons[0], equations="dv/dt = nonsense\nu = other", spike="v >")
    document = edits.replace_object(small, model)
    users = [p for p in document.populations if p.model == model.id]
    assert users
    left_out = told(document)
    reasons = left_out[f"Neuron model {model.name}"]
    assert any(reason == "equations, line 1: Unknown symbol 'nonsense'." for reason in reasons)
    assert any(reason.startswith("equations, line 2") for reason in reasons)
    for population in users:
        assert left_out[f"Population {population.name}"] == (f"Its model {model.name} has errors.",)
    hanging = {p.id for p in users}
    for projection in document.projections:
        if {projection.pre, projection.post} & hanging:
            assert left_out[f"Projection {projection.name}"] == ("It needs what is left out.",)
    description = describe_document(document)
    names = [group.name for group in description.populations]
    assert names == [p.name for p in document.populations if p not in users]


def test_a_faulty_synapse_costs_its_projections_only(small: ProjectDocument) -> None:
    projection = small.projections[0]
    document, synapse = edits.add_synapse(small, name="Faulty")
    text = next(s for s in document.synapses if s.id == synapse)
    document = edits.update_model(document, msgspec.structs.replace(text, equations="dw/dt = nonsense"))
    document = edits.replace_object(document, msgspec.structs.replace(projection, synapse=synapse))
    left_out = told(document)
    assert left_out[f"Projection {projection.name}"] == ("Its model Faulty has errors.",)
    assert not any(what.startswith("Population") for what in left_out)


def test_other_mistakes_cost_no_more_than_they_must(small: ProjectDocument) -> None:
    first = small.populations[0]
    document = edits.set_run(small, dt=-1.0)
    document = edits.set_monitor(document, first.id, ("spike",), period=-2.0)
    document, bold = add_bold_monitor(document, [first.id])
    monitor = next(m for m in document.bold_monitors if m.id == bold)
    document = msgspec.structs.replace(
        document, bold_monitors=(msgspec.structs.replace(monitor, baseline=-1.0),)
    )
    assert set(told(document)) == {
        "Setting dt (its default is told)",
        f"Recordings of Population {first.name}",
        "BOLD monitor BOLD",
    }
    sound, _ = without_errors(document)
    assert sound.populations == small.populations and sound.projections == small.projections


def test_a_document_of_errors_only_has_a_report() -> None:
    text = NeuronText(id="n", name="N", equations="?")
    document = edits.add_population(ProjectDocument(neurons=(text,)), "n")[0]
    assert set(told(document)) == {"Neuron model N", f"Population {document.populations[0].name}"}


def test_the_command_line_writes_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = str(EXAMPLES / "coba.neuroloom.json")
    for name in ("coba.md", "coba.tex"):
        assert main.main(["report", project, str(tmp_path / name)]) == 0
    assert "# Structure of the network" in (tmp_path / "coba.md").read_text(encoding="utf-8")
    assert "\\documentclass" in (tmp_path / "coba.tex").read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main.main(["report", project, str(tmp_path / "coba.pdf")])
    assert ended.value.code == 2
    assert "neither .md nor .tex" in capsys.readouterr().err


def test_the_command_line_says_what_is_left_out(
    small: ProjectDocument, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.neuroloom.json"
    text = msgspec.structs.replace(small.neurons[0], equations="dv/dt = nonsense")
    storage.save(edits.replace_object(small, text), path)
    assert main.main(["report", str(path), str(tmp_path / "report.md")]) == 1
    assert f"left out: Neuron model {text.name}: equations, line 1" in capsys.readouterr().err
    assert "**Left out, because of errors:**" in (tmp_path / "report.md").read_text(encoding="utf-8")
    (tmp_path / "taken").write_text("")
    assert main.main(["report", str(path), str(tmp_path / "taken" / "report.md")]) == 3
