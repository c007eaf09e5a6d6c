"""Rules of structural plasticity in a document: files, problems, and the same numbers in every way to run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

import engine
from app.simulation.network import CompiledNetwork
from engine.export.python import export_python
from engine.project import edits, headless, storage
from engine.project.build import build
from engine.project.check import check
from engine.project.document import (
    Connector,
    Distribution,
    NeuronText,
    Population,
    ProjectDocument,
    Projection,
    RunSettings,
    SynapseText,
)

WAVE = NeuronText(
    id="wave",
    name="Wave",
    parameters="f = 0.1",
    equations="s = sum(exc)\nr = 0.5 + 0.5 * sin(f * t)",
)
COMING = SynapseText(
    id="coming",
    name="Coming",
    creating="pre.r * post.r > 0.2 : proba=0.2, w=0.5",
    pruning="pre.r < 0.2 : proba=0.3",
)


@pytest.fixture
def changing() -> ProjectDocument:
    """Waves whose synapses come every 2 ms and go every 3 ms; what they receive is recorded."""
    document = ProjectDocument(
        name="Changing",
        neurons=(WAVE,),
        synapses=(COMING,),
        populations=tuple(
            Population(
                id=i, name=name, geometry=(12,), model="wave",
                values={"f": Distribution(name="Uniform", arguments=(0.05, 0.3))},
            )
            for i, name in (("a", "A"), ("b", "B"))
        ),
        projections=(
            Projection(
                id="p", name="Path", pre="a", post="b", target="exc", synapse="coming",
                connector=Connector(pattern="fixed_probability", probability=0.3),
                creating_period=2.0, pruning_period=3.0,
            ),
        ),
        run=RunSettings(duration=60.0, dt=1.0, seed=5),
    )  # fmt: skip
    return edits.set_monitor(document, "b", ("s",))


def path_with(document: ProjectDocument, **fields: object) -> ProjectDocument:
    return edits.replace_object(document, msgspec.structs.replace(document.projections[0], **fields))


def coming_with(document: ProjectDocument, **fields: object) -> ProjectDocument:
    return edits.update_model(document, msgspec.structs.replace(COMING, **fields))


def problems(document: ProjectDocument) -> list[tuple[str, str, str]]:
    return [(p.severity, p.object_id, p.field) for p in check(document)]


def test_the_periods_decide_which_rules_run(changing: ProjectDocument) -> None:
    def sizes(document: ProjectDocument) -> tuple[int, int]:
        built = build(document)
        built.compile()
        before = built.objects["p"].nb_synapses
        built.network.run_steps(30)
        return before, built.objects["p"].nb_synapses

    resting = path_with(changing, creating_period=None, pruning_period=None)
    before, after = sizes(resting)
    assert before == after
    before, after = sizes(path_with(changing, pruning_period=None))
    assert after > before
    before, after = sizes(path_with(changing, creating_period=None))
    assert after < before
    rarely, often = (path_with(changing, creating_period=p, pruning_period=None) for p in (20.0, 2.0))
    assert sizes(rarely)[1] < sizes(often)[1]


def test_every_way_to_run_gives_the_same_numbers(changing: ProjectDocument, tmp_path: Path) -> None:
    assert check(changing) == []
    found = headless.run(changing).recordings["B.s"]
    resting = headless.run(path_with(changing, creating_period=None, pruning_period=None))
    assert not np.array_equal(found, resting.recordings["B.s"])
    script = tmp_path / "script.py"
    script.write_text(export_python(changing))
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "110", "--no-cache", str(script)]
    formatted = subprocess.run([*ruff, "format", "--diff", *options], capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stdout
    out, root = tmp_path / "out.npz", Path(engine.__file__).parents[1]
    subprocess.run([sys.executable, str(script), "--out", str(out)], check=True, cwd=root)
    with np.load(out) as saved:
        np.testing.assert_array_equal(saved["B.s"], found)
    window = CompiledNetwork(changing, lambda _: None)
    window.run(60, np.zeros(1, dtype=np.int32))
    rows = next(iter(window.monitors.values())).get("s")
    np.testing.assert_array_equal(rows, found)


def test_files_keep_them_and_old_files_have_none(changing: ProjectDocument, tmp_path: Path) -> None:
    path = tmp_path / f"a{storage.SUFFIX}"
    storage.save(changing, path)
    assert storage.load(path).document == changing
    content = msgspec.json.decode(path.read_bytes())
    for fields, names in (
        (content["projections"][0], ("creating_period", "pruning_period")),
        (content["synapses"][0], ("creating", "pruning")),
    ):
        for name in names:
            del fields[name]
    path.write_bytes(msgspec.json.encode(content))
    loaded = storage.load(path)
    bare = path_with(
        coming_with(changing, creating="", pruning=""), creating_period=None, pruning_period=None
    )
    assert (loaded.document, list(loaded.problems)) == (bare, [])
    assert "structural_plasticity" not in export_python(bare)


def test_what_is_wrong_is_said_at_its_place(changing: ProjectDocument) -> None:
    for period in (0.0, -1.0, float("nan"), float("inf")):
        assert problems(path_with(changing, pruning_period=period)) == [("error", "p", "pruning_period")]
    assert problems(path_with(changing, creating_period=0.5)) == [("warning", "p", "creating_period")]
    without = coming_with(changing, creating="")
    assert problems(without) == [("warning", "p", "creating_period")]
    assert "start_creating" not in export_python(without)
    assert problems(coming_with(changing, pruning="w <")) == [("error", "coming", "pruning")]
    later = coming_with(changing, creating="pre.r > 0.5 : w=0.5, d=3.0")
    assert problems(later) == [("error", "p", "connector.delay")]
    same = path_with(later, connector=Connector(delay=3.0))
    assert problems(same) == []
    build(same).compile()
    recorded = edits.set_monitor(changing, "p", ("w",))
    assert problems(recorded) == [("error", "p", "monitor.variables")]
    assert problems(path_with(recorded, creating_period=None, pruning_period=None)) == []
