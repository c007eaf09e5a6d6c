"""Parameters in JSON files, before and after compile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import (
    Constant,
    EngineError,
    Izhikevich,
    Network,
    Neuron,
    Oja,
    Population,
    Projection,
    compile,
    get_constant,
    load_parameter,
    load_parameters,
    save_parameters,
    setup,
)

DATA = Path(__file__).parents[1] / "files" / "data"
RATE = Neuron(
    parameters="tau = 10.0 : population\nbase = 0.5\nn = 3 : population, int",
    equations="tau*dr/dt + r = sum(exc) + base\nm = mean(r) : population",
)


def objects() -> tuple[Population, Projection]:
    pop = Population((2, 3), RATE, "a")
    proj = Projection(pop, pop, "exc", Oja, name="oja").connect_all_to_all(0.5)
    return pop, proj


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_content(tmp_path: Path) -> None:
    """Initial values of global attributes: of parameters and of variables."""
    Constant("gain", 3.0)
    pop, proj = objects()
    pop.tau = 20.0
    compile(silent=True)
    pop.tau, proj.eta = 30.0, 0.7
    save_parameters(tmp_path / "new" / "p.json")
    text = (tmp_path / "new" / "p.json").read_text()
    assert text.startswith('{\n    "populations": {\n        "a": {\n            "tau": 20.0')
    assert json.loads(text) == {
        "populations": {"a": {"tau": 20.0, "n": 3, "m": 0.0}},
        "projections": {"oja": {"eta": 0.01, "alpha": 1.0}},
        "network": {},
        "constants": {"gain": 3.0},
    }


@pytest.mark.parametrize("compiled", [False, True])
def test_file_of_the_reference(compiled: bool, capsys: pytest.CaptureFixture[str]) -> None:
    setup(dt=0.5)
    pop, proj = objects()
    if compiled:
        compile(silent=True)
    pop.tau, proj.eta = 1.0, 1.0
    assert load_parameters(DATA / "parameters.json") == {}
    assert (pop.tau, proj.eta, proj.alpha) == (10.0, 0.01, 1.0)
    assert get_constant("gain") == 3.0
    out = capsys.readouterr().out
    assert "   m is not a global parameter of a , skipping. " in out
    assert "The population b defined in the file" in out


@pytest.mark.parametrize("compiled", [False, True])
def test_what_is_set(compiled: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gain = Constant("gain", 3.0)
    pop, proj = objects()
    if compiled:
        compile(silent=True)
    path = written(
        tmp_path / "p.json",
        {
            "populations": {"a": {"tau": 7, "base": 0.1, "r": 3.0, "qq": 1.0, "n": 5}, "zz": {"x": 1}},
            "projections": {"oja": {"eta": 0.5, "w": 0.1}},
            "network": {"foo": "3.5", "bar": 2},
            "constants": {"gain": 4.0, "fresh": 5},
        },
    )
    assert load_parameters(path) == {"foo": 3.5, "bar": 2.0}
    assert (pop.tau, pop.n, pop.base.tolist(), proj.eta) == (7.0, 5, [[0.5] * 3] * 2, 0.5)
    assert (gain.value, get_constant("fresh")) == (4.0, 5.0)
    lines = capsys.readouterr().out.splitlines()
    for name in ("base", "r", "qq"):
        assert f"   {name} is not a global parameter of a , skipping. " in lines
    assert "   w is not a global parameter of oja , skipping. " in lines
    load_parameters(path, global_only=False, verbose=True)
    assert pop.base.tolist() == [[0.1] * 3] * 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Loading parameters from file {path} "
    assert "   tau : 7.0 -> 7 " in lines
    assert "   r is not a parameter of a , skipping. " in lines


BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("{ hello", "no JSON file"),
    "a list": ("[1]", "no parameters by name"),
    "section": ('{"populations": [1]}', "populations needs values by name"),
    "object": ('{"populations": {"a": 3}}', "a needs values by name"),
    "list": ('{"populations": {"a": {"tau": [1, 2]}}}', r"a\.tau is \[1, 2\], but one number"),
    "text": ('{"network": {"x": "hello"}}', r"network\.x is 'hello'"),
    "deep": ("[" * 100_000, "no JSON file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name: str, tmp_path: Path) -> None:
    objects()
    text, message = BAD[name]
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(EngineError, match=rf"p\.json.*{message}"):
        load_parameters(tmp_path / "p.json")


def test_missing_file() -> None:
    with pytest.raises(EngineError, match=r"Unable to read the file nope\.json"):
        load_parameters("nope.json")


def test_networks_have_their_own_constants(tmp_path: Path) -> None:
    Constant("gain", 3.0)
    net = Network()
    net.create(2, Izhikevich)
    net.load_parameters(written(tmp_path / "p.json", {"constants": {"gain": 4.0}}))
    assert net.constants["gain"] == 4.0
    assert get_constant("gain").value == 3.0  # type: ignore[union-attr]
    net.save_parameters(tmp_path / "q.json")
    assert json.loads((tmp_path / "q.json").read_text())["constants"] == {"gain": 4.0}


def test_parameters_in_xml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Expected: what the reference gives for this text."""
    path = tmp_path / "p.xml"
    path.write_text(
        "<database><parameter><name>tau</name><value>3.5</value></parameter>"
        "<parameter><name>n</name><value>abc</value></parameter></database>"
    )
    assert load_parameter(path) == {"tau": 3.5, "n": "abc"}
    assert "deprecated" in capsys.readouterr().out
    for text in (
        "<a",
        "<a><parameter><name>x</name></parameter></a>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ):
        path.write_text(text)
        with pytest.raises(engine.EngineError, match=r"p\.xml"):
            load_parameter(path)
