"""A project, its exported script and its run without a window are one and the same network."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from project_documents import EXAMPLES, ROOT, id_of

from engine.errors import EngineError
from engine.export.python import export_python
from engine.export.source import block, quoted
from engine.project import arrays, edits, headless, storage
from engine.project.build import build
from engine.project.document import Constant, Distribution, Pieces, ProjectDocument, Slice
from engine.project.recordings import recordings

HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "'''+str(1)+'''",
    "\\",
    'ends with "',
    'back\\slash\\\nand \\""" more',
    "\x00\x1b[31m\u202e\ud7ff",
    "{braces} {0} %s %(a)s",
    "# noqa\r\nnext",
]


@given(st.text())
def test_quoted_text_means_itself(text: str) -> None:
    literal = quoted(text)
    assert ast.literal_eval(literal) == text
    assert "\n" not in literal


@given(st.text())
def test_block_is_one_literal_with_the_same_lines(text: str) -> None:
    value = ast.literal_eval(block(text, 1))
    assert isinstance(value, str)
    lines = [line.strip() for line in value.strip().splitlines()]
    assert lines == [line.strip() for line in text.strip().splitlines()]


def checked_by_ruff(source: str, tmp_path: Path) -> None:
    """Assert that formatter and linter have nothing to say."""
    file = tmp_path / "script.py"
    file.write_text(source, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "110", "--no-cache", str(file)]
    formatted = subprocess.run([*ruff, "format", "--diff", *options], capture_output=True, text=True)
    assert formatted.returncode == 0, formatted.stdout
    rules = ["--select", "E,F,W,UP,B,SIM,RUF"]
    linted = subprocess.run([*ruff, "check", *rules, *options], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(small: ProjectDocument, tmp_path: Path, text: str) -> None:
    document = msgspec.structs.replace(small, name=text, description=text)
    neuron = small.neurons[0]
    commented = neuron.equations + "\n# " + text.replace("\n", " ").replace("\r", " ")
    document = edits.update_model(document, msgspec.structs.replace(neuron, equations=commented))
    source = export_python(document)
    checked_by_ruff(source, tmp_path)
    calls = [n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    plain = [n.func for n in ast.walk(ast.parse(export_python(small))) if isinstance(n, ast.Call)]
    assert len(calls) == len(plain)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.name.split(".")[0])
def test_exported_examples_are_well_formed(file: Path, tmp_path: Path) -> None:
    source = export_python(storage.load(file).document)
    checked_by_ruff(source, tmp_path)
    imports = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom)]
    assert [n.module for n in imports] in (["engine"], ["engine", "engine.extensions.bold"])


def test_names_that_python_or_the_script_needs_are_not_hidden(small: ProjectDocument) -> None:
    document = edits.rename(small, id_of(small, "Cells"), "np")
    document = edits.rename(document, id_of(small, "Inputs"), "Network")
    document = edits.rename(document, id_of(small, "Drive"), "monitors")
    tree = ast.parse(export_python(document))
    assigned = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    assert {"np_2", "Network_2", "monitors_2"} <= set(assigned)
    assert not {"np", "Network"} & set(assigned)
    assert assigned.count("monitors") == 1


def test_a_project_with_errors_is_not_exported(small: ProjectDocument) -> None:
    broken = edits.set_run(small, dt=0.0)
    with pytest.raises(EngineError, match="time step"):
        export_python(broken)
    with pytest.raises(EngineError, match="time step"):
        build(broken)


@pytest.fixture
def rich(small: ProjectDocument) -> ProjectDocument:
    """The small network with one of everything that a document can say."""
    document, given = edits.add_population(small, "SpikeSourceArray", "Given", geometry=(2,))
    source = edits.find(document, given)
    trains = ((1.0, 7.5, 40.0), (2.0,))
    document = edits.replace_object(document, msgspec.structs.replace(source, spike_times=trains))
    cells = id_of(document, "Cells")
    document, strong = edits.connect(document, given, cells, "exc")
    projection = edits.find(document, strong)
    delay = Distribution(name="Normal", arguments=(4.0, 2.0), max=9.0)
    document = edits.replace_object(
        document,
        msgspec.structs.replace(
            projection,
            name="Strong",
            synapse="STP",
            post_slice=Slice(start=0, stop=30, step=3),
            connector=msgspec.structs.replace(projection.connector, delay=delay),
        ),
    )
    document = edits.set_value(document, strong, "tau_rec", Constant(value=50.0))
    pieces = Pieces(
        starts=(0, 10), values=(Constant(value=15.0), Distribution(name="Uniform", arguments=(20.0, 30.0)))
    )
    document = edits.set_value(document, cells, "tau_m", pieces)
    document = edits.set_value(document, cells, "gone", Constant(value=1.0))
    document = edits.set_value(
        document, cells, "i_offset", arrays.keep([0.01 * (k % 7) / 3 for k in range(30)])
    )
    document = edits.set_monitor(document, strong, ("w", "x"), 20.0)
    document = edits.set_monitor(document, id_of(document, "Drive"), ("w",), 50.0)
    return edits.set_monitor(document, given, ("spike", "gone"))


def test_script_window_and_headless_give_the_same_bits(rich: ProjectDocument, tmp_path: Path) -> None:
    source = export_python(rich)
    checked_by_ruff(source, tmp_path)
    script, out = tmp_path / "script.py", tmp_path / "out.npz"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, script, "--out", out], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    with np.load(out, allow_pickle=False) as saved:
        of_script = dict(saved)
    storage.save(rich, tmp_path / "rich.neuroloom.json")
    reopened = storage.load(tmp_path / "rich.neuroloom.json").document
    assert reopened == rich
    headless_result = headless.run(edits.set_run(reopened, threads=2))
    built = build(rich)
    assert isinstance(rich.build(), type(built.network))
    built.network.compile(silent=True)
    built.network.simulate(rich.run.duration)
    of_build = recordings(rich, built)
    assert len(of_build["Cells.spike.times"]) > 10
    assert of_build["Cells.v"].shape == (20, 30)
    assert of_build["Strong.x"].size == 5 * 2 * 10
    assert of_build["Strong.x"].dtype == float
    assert built.objects[id_of(rich, "Strong")].uniform_delay == -1
    assert of_build["Drive.w"].shape == (2, built.objects[id_of(rich, "Drive")].nb_synapses)
    for other in (of_script, headless_result.recordings):
        assert other.keys() == of_build.keys()
        for name, values in of_build.items():
            assert np.array_equal(other[name], values), name
    assert f"Cells: {headless_result.rates['Cells']:.2f} Hz" in ended.stdout


def test_another_seed_gives_other_spikes(small: ProjectDocument) -> None:
    first, second = (
        headless.run(edits.set_run(small, seed=seed)).recordings["Cells.spike.times"] for seed in (1, 2)
    )
    assert not np.array_equal(first, second)
