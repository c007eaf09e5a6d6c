"""Projects on disk: what is saved comes back, a crash loses nothing, a bad file is an error and no more."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project_documents import id_of

from engine.project import arrays, edits, storage
from engine.project.document import ArrayFile, Constant, NeuronText, ProjectDocument
from engine.project.storage import StorageError, load, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.neuroloom.json"


def written(path: Path, change: Any, document: ProjectDocument) -> Path:
    """Save ``document`` after ``change`` was applied to its plain data."""
    raw = json.loads(storage.to_json(document))
    change(raw)
    path.write_text(json.dumps(raw))
    return path


def test_round_trip(small: ProjectDocument, path: Path) -> None:
    save(small, path)
    loaded = load(path)
    assert loaded.document == small
    assert loaded.problems == ()


def test_file_is_pretty_and_sorted(small: ProjectDocument, path: Path) -> None:
    save(small, path)
    raw = json.loads(path.read_text())
    assert path.read_text() == json.dumps(raw, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_arrays_lie_beside_the_file(small: ProjectDocument, path: Path, monkeypatch: Any) -> None:
    values = np.linspace(-70.0, -60.0, 30)
    document = edits.set_value(small, id_of(small, "Cells"), "v", arrays.keep(values))
    save(document, path)
    monkeypatch.setattr(arrays, "_known", {})
    loaded = load(path)
    assert loaded == storage.Loaded(document)
    file = loaded.document.populations[1].values["v"]
    assert isinstance(file, ArrayFile)
    assert np.array_equal(arrays.array_of(file), values)
    assert (path.parent / "net.arrays" / f"{file.sha256}.npy").is_file()


def test_changed_array_is_named(small: ProjectDocument, path: Path, monkeypatch: Any) -> None:
    document = edits.set_value(small, id_of(small, "Cells"), "v", arrays.keep(np.zeros(30)))
    save(document, path)
    monkeypatch.setattr(arrays, "_known", {})
    (file,) = (path.parent / "net.arrays").iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    (problem,) = load(path).problems
    assert "Cells" in problem and "hash differs" in problem


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a" * 64 + "/..", "A" * 64])
def test_array_names_cannot_leave_the_folder(small: ProjectDocument, path: Path, name: str) -> None:
    value = {"type": "array", "sha256": name, "shape": [30], "dtype": "<f8"}
    (problem,) = load(
        written(path, lambda raw: raw["populations"][1]["values"].update(v=value), small)
    ).problems
    assert "not valid" in problem


def test_array_with_objects_is_not_unpickled(small: ProjectDocument, path: Path) -> None:
    import hashlib
    import io
    import pickle

    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(path.parent / "exploded"),)

    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array([None]), version=(1, 0))
    content = stream.getvalue()[:128] + pickle.dumps(Bomb())
    digest = hashlib.sha256(content).hexdigest()
    folder = path.parent / "net.arrays"
    folder.mkdir()
    (folder / f"{digest}.npy").write_bytes(content)
    value = {"type": "array", "sha256": digest, "shape": [30], "dtype": "<f8"}
    (problem,) = load(
        written(path, lambda raw: raw["populations"][1]["values"].update(v=value), small)
    ).problems
    assert "cannot be read" in problem
    assert not (path.parent / "exploded").exists()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_failure_in_the_middle_keeps_the_old_file(
    small: ProjectDocument, path: Path, monkeypatch: Any, failing: str
) -> None:
    save(small, path)
    before = path.read_bytes()
    changed = edits.set_run(small, duration=5.0)

    def fail(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StorageError, match="No space left"):
        save(changed, path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_previous_file_is_kept(small: ProjectDocument, path: Path) -> None:
    save(small, path)
    before = path.read_bytes()
    save(edits.set_run(small, duration=5.0), path)
    assert path.with_name(path.name + ".bak").read_bytes() == before
    assert load(path).document.run.duration == 5.0


def test_saving_keeps_permissions_and_follows_links(small: ProjectDocument, path: Path) -> None:
    save(small, path)
    path.chmod(0o600)
    link = path.with_name("link.neuroloom.json")
    link.symlink_to(path)
    save(edits.set_run(small, duration=5.0), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert load(path).document.run.duration == 5.0


def test_numbers_that_json_lacks_are_refused(small: ProjectDocument, path: Path) -> None:
    document = edits.set_value(small, id_of(small, "Cells"), "v", Constant(value=float("inf")))
    with pytest.raises(StorageError, match=r"Cells.*inf"):
        save(document, path)
    assert not path.exists()


def test_newer_schema_is_refused(small: ProjectDocument, path: Path) -> None:
    with pytest.raises(StorageError, match="newer version"):
        load(written(path, lambda raw: raw.update(schema_version=2), small))


def test_what_can_be_loaded_is(small: ProjectDocument, path: Path) -> None:
    def spoil(raw: dict[str, Any]) -> None:
        raw["colour"] = "red"
        raw["populations"][0]["geometry"] = "many"
        raw["monitors"].append({"id": "m", "source": "gone", "variables": []})

    loaded = load(written(path, spoil, small))
    assert [p.name for p in loaded.document.populations] == ["Cells"]
    assert loaded.document.projections == ()
    assert [m.source for m in loaded.document.monitors] == [id_of(small, "Cells")]
    told = "\n".join(loaded.problems)
    for words in (
        "'colour' is unknown",
        "'Inputs' was left out",
        "$.geometry",
        "'Drive' was left out",
        "'gone'",
    ):
        assert words in told
    assert len(loaded.problems) == 5


def test_repeated_ids_are_left_out(small: ProjectDocument, path: Path) -> None:
    loaded = load(written(path, lambda raw: raw["populations"].append(raw["populations"][0]), small))
    assert loaded.document == small
    assert "used already" in loaded.problems[0]


HOSTILE = {
    "empty": b"",
    "text": b"hello",
    "list": b"[]",
    "deep": b'{"schema_version":1,"populations":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nan": b'{"schema_version": NaN}',
    "huge version": b'{"schema_version": 1' + b"0" * 400 + b"}",
    "float version": b'{"schema_version": 1.5}',
    "true version": b'{"schema_version": true}',
    "no version": b'{"name": "x"}',
    "not text": b'{"schema_version": 1, "name": "\xff\xfe"}',
    "half a surrogate": b'{"schema_version": 1, "name": "\\ud800"}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_errors_only(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"net\.neuroloom\.json"):
        load(path)


def test_missing_file_and_folder_are_errors(path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        load(path)
    with pytest.raises(StorageError, match="no file"):
        load(path.parent)


def test_huge_numbers_are_problems(small: ProjectDocument, path: Path) -> None:
    text = storage.to_json(small).replace(b'"duration": 100.0', b'"duration": 1' + b"0" * 400)
    path.write_bytes(text)
    try:
        loaded = load(path)
    except StorageError:
        return
    assert loaded.problems or loaded.document.run.duration == float("inf")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(
    key=st.sampled_from(["populations", "projections", "monitors", "neurons", "run", "view", "name"]),
    value=JSON,
)
def test_any_value_anywhere_loads_or_is_listed(tmp_path_factory: Any, key: str, value: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "net.neuroloom.json"
    path.write_text(json.dumps({"schema_version": 1, key: value}))
    loaded = load(path)
    assert isinstance(loaded.document, ProjectDocument)


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_any_text_of_a_model_survives(tmp_path_factory: Any, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "net.neuroloom.json"
    document = ProjectDocument(neurons=(NeuronText(id="n", name="N", equations=text),))
    save(document, path)
    assert load(path).document == document


def test_a_broken_file_names_its_backup(small: ProjectDocument, path: Path) -> None:
    save(small, path)
    save(small, path)
    path.write_text('{"name": ')
    with pytest.raises(StorageError, match=r"no valid JSON.*The version before it is in .*\.bak\."):
        load(path)
