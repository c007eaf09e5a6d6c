"""Pickles are read as data: what the reference and numpy write loads, all else is refused before it runs."""

from __future__ import annotations

import builtins
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import EngineError
from engine.files.formats import load_content
from engine.files.pickles import load_pickle

DATA = Path(__file__).parent / "data"
RAN: list[str] = []
"""What hostile files ran."""


def ran(*what: Any) -> str:
    RAN.append(str(what))
    return "ran"


class Calls:
    """Pickled as the call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


class SetsState:
    """Pickled as an object that is made and then given a state."""

    def __reduce__(self) -> Any:
        return np.dtype, ("V8", False, True), (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 27)


def assert_same(value: Any, expected: Any) -> None:
    assert type(value) is type(expected)
    if isinstance(expected, dict):
        assert value.keys() == expected.keys()
        for key in expected:
            assert_same(value[key], expected[key])
    elif isinstance(expected, np.ndarray):
        assert value.dtype == expected.dtype.newbyteorder("=")
        assert value.shape == expected.shape
        assert value.tolist() == expected.tolist()
    else:
        assert value == expected


@pytest.mark.parametrize("protocol", range(6))
def test_files_of_numpy_1_26(protocol: int) -> None:
    content = (DATA / f"numpy_1_26_protocol_{protocol}.data").read_bytes()
    expected = pickle.loads(content)  # its own file: numpy itself says what is in it
    expected["ordered"] = dict(expected["ordered"])
    expected["raw_array"] = bytes(expected["raw_array"])
    assert_same(load_pickle(content), expected)


@pytest.mark.parametrize("protocol", range(6))
def test_files_of_this_numpy(protocol: int) -> None:
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1, 2], [3]]
    content = {
        "rows": [[float(k) for k in range(300)] for _ in range(300)],
        "many": [float(k) for k in range(100_000)],
        "deep": [[[[1, 2.5, True, None, "x", b"y"]]]],
        "array": np.random.default_rng(1).normal(size=(3, 4)),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "ragged": ragged,
        "scalar": np.float64(0.1),
    }
    assert_same(load_pickle(pickle.dumps(content, protocol=protocol)), content)


def test_text_of_python_2() -> None:
    """Python 2 wrote str as bytes: ``cPickle.dumps({'name': 'caf\\xe9', 'x': [1]}, 2)``."""
    content = b"\x80\x02}q\x01(U\x04nameq\x02U\x04caf\xe9q\x03U\x01xq\x04]q\x05K\x01au."
    assert load_pickle(content, "latin1") == {"name": "café", "x": [1]}
    with pytest.raises(ValueError, match="ascii"):
        load_pickle(content)


HOSTILE = {
    "os.system": Calls(os.system, "true"),
    "eval": Calls(builtins.eval, "1"),
    "exec": Calls(builtins.exec, "x = 1"),
    "own function": Calls(ran, "it"),
    "getattr": Calls(getattr, (), "__class__"),
    "partial": partial(ran, 1),
    "import": Calls(__import__, "os"),
    "in a list": [1, {"a": [Calls(ran, "nested")]}],
    "in an object array": np.array([Calls(ran, "element"), 1], dtype=object),
    "numpy function that calls": Calls(np.apply_along_axis, ran, 0, np.zeros(2)),
    "numpy fromfile": Calls(np.fromfile, "/etc/hostname"),
    "numpy load": Calls(np.load, "x.npy", None, True),
    "set of a call": Calls(set, Calls(ran, "argument")),
    "bytes bomb": Calls(bytes, 1 << 40),
    "bytearray bomb": Calls(bytearray, 1 << 40),
    "complex of text": Calls(complex, "1"),
    "structured dtype": np.zeros(2, dtype=[("a", "f8")]),
    "dtype state": SetsState(),
    "dtype with objects": Calls(np.dtype, "O,O"),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "matrix": np.asmatrix(np.zeros((2, 2))),
    "masked": np.ma.masked_array([1.0], [True]),
    "path": Path("/"),
    "range": range(3),
    "slice of numpy": np.s_[1:2],
    "exception": ValueError("x"),
    "huge array": Calls(np.empty, 1 << 40),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_hostile_pickles_are_refused(name: str, protocol: int) -> None:
    content = pickle.dumps(HOSTILE[name], protocol=protocol)
    RAN.clear()
    with pytest.raises(
        EngineError, match=r"asks for|makes objects|neither numbers|structures|impossible|class"
    ):
        load_pickle(content)
    assert not RAN


def test_this_test_would_see_a_call() -> None:
    RAN.clear()
    pickle.loads(pickle.dumps(HOSTILE["in an object array"]))
    assert RAN


HANDMADE = {
    "extension registry": b"\x80\x02\x82\x01.",
    "persistent object": b"\x80\x02U\x01xQ.",
    "persistent object by name": b"Px\n.",
    "object of a class": b"(cos\nsystem\no.",
    "instance": b"(ios\nsystem\n.",
    "state of a function": b"cnumpy\ndtype\n}U\x08__init__K\x01sb.",
    "items of a function": b"cnumpy\ndtype\nU\x01aK\x01s.",
    "ndarray class called": b"cnumpy\nndarray\n(K\x01tR.",
    "array of another class": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(K\x00tU\x01btR.",
    "array without content": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR.",
    "encoder": b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
    "attribute of a module": b"cnumpy\nndarray.__class__\n.",
    "memo bomb": b"\x80\x02]r\xff\xff\xff\x7f.",
    "memo bomb in text": b"(lp99999999999\n.",
    "length bomb": b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + b"a.",
    "frame bomb": b"\x80\x04\x95" + (1 << 40).to_bytes(8, "little") + b"].",
    "deep lists": b"]" * 200_000 + b"a" * 199_999 + b".",
    "deep tuple as a key": b"}" + b")" + b"\x85" * 200_000 + b"Ns.",
    "list in itself": b"]q\x00h\x00a.",
    "unfinished": b"\x80\x04]",
    "empty": b"",
    "text": b"hello world",
    "stack underflow": b"a.",
    "wrong number of bytes": pickle.dumps(np.arange(1000.0))[:-900] + b".",
    "unhashable key": b"}]Ns.",
}


@pytest.mark.parametrize("name", HANDMADE)
def test_broken_and_oversized_pickles_are_clear_errors(name: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.data"
    path.write_bytes(HANDMADE[name])
    with pytest.raises(EngineError, match=r"broken\.data"):
        load_content(path)


def test_shared_lists_do_not_multiply() -> None:
    """Each level holds the one below a hundred times: 10**12 leaves from a few kilobytes."""
    tree: list[Any] = [0]
    for _ in range(6):
        tree = [tree] * 100
    with pytest.raises(EngineError, match="repeats parts"):
        load_pickle(pickle.dumps({"x": tree}))


def test_array_that_says_another_size() -> None:
    good = pickle.dumps(np.arange(4, dtype="i1"), protocol=2)
    bad = good.replace(b"K\x04\x85", b"J\x00\x00\x00\x40\x85")
    assert bad != good
    with pytest.raises(ValueError, match="not as many bytes"):
        load_pickle(bad)
    assert_same(load_pickle(good), np.arange(4, dtype="i1"))


# --- the same in archives -------------------------------------------------------------------------------


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def npy(array: Any, shape: str | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=True)
    content = stream.getvalue()
    return content if shape is None else content.replace(b"(3,), ", shape.encode())


def test_hostile_object_array_in_an_archive(tmp_path: Path) -> None:
    path = archive(tmp_path / "bad.npz", {"w.npy": npy(HOSTILE["in an object array"])})
    RAN.clear()
    with pytest.raises(EngineError, match=r"bad\.npz.*asks for"):
        load_content(path)
    assert not RAN


@pytest.mark.parametrize("opened", [".gz", ".data", ".h5", ".npz"])
def test_hostile_file_with_any_name(opened: str, tmp_path: Path) -> None:
    import gzip

    content = pickle.dumps({"attributes": Calls(ran, "x")})
    path = tmp_path / f"bad{opened}"
    path.write_bytes(gzip.compress(content) if opened == ".gz" else content)
    RAN.clear()
    with pytest.raises(EngineError, match="bad"):
        load_content(path)
    assert not RAN


ARCHIVES = {
    "huge shape": {"x.npy": npy(np.zeros(3)).replace(b"(3,)", b"(999999999999,)".ljust(4))},
    "negative": {"x.npy": npy(np.zeros(3)).replace(b"(3,), ", b"(-3,),")},
    "structures": {"x.npy": npy(np.zeros(3, dtype=[("a", "f8")]))},
    "objects in structures": {"x.npy": npy(np.zeros(3, dtype=[("a", "O")]))},
    "header": {"x.npy": npy(np.zeros(3)).replace(b"'descr'", b"__imp__")},
    "no array": {"x.npy": b"hello"},
    "cut off": {"x.npy": npy(np.zeros(300))[:-8]},
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_broken_archives_are_clear_errors(name: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"broken\.npz"):
        load_content(archive(tmp_path / "broken.npz", ARCHIVES[name]))


def test_archive_that_unpacks_to_more_than_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    class Memory:
        available = 1000

    path = archive(tmp_path / "large.npz", {"x.npy": npy(np.zeros(1000))})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory)
    with pytest.raises(EngineError, match=r"large\.npz.*free memory"):
        load_content(path)


def test_archives_of_numpy_load(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.array(["x", "yz"]),
        "c": np.array({"k": [1]}, dtype=object),
    }
    np.savez_compressed(tmp_path / "x.npz", **arrays)  # type: ignore[arg-type]
    loaded = load_content(tmp_path / "x.npz")
    assert_same(loaded, {"a": arrays["a"], "b": arrays["b"], "c": {"k": [1]}})


def test_ordered_dicts_become_dicts() -> None:
    assert_same(load_pickle(pickle.dumps(OrderedDict(a=OrderedDict(b=1)))), {"a": {"b": 1}})


@pytest.mark.parametrize("file", ["net.data", "connectivity_ragged.data", "numpy_1_26_protocol_0.data"])
def test_damaged_bytes_are_clear_errors(file: str) -> None:
    """400 files with one to eight bytes changed, lost or doubled."""
    good = (DATA / file).read_bytes()
    rng, refused = np.random.default_rng(1), 0
    for _ in range(400):
        content = bytearray(good)
        for place in rng.integers(1, len(good) - 40, rng.integers(1, 9)).tolist():
            kind = rng.integers(3)
            if kind == 0:
                content[place] = int(rng.integers(256))
            elif kind == 1:
                del content[place : place + 3]
            else:
                content[place:place] = content[place : place + 5]
        try:
            load_pickle(bytes(content))
        except (EngineError, ValueError):
            refused += 1
    assert refused > 200
