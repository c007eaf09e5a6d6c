"""Names that do not exist, and values that can only be read: nothing is lost in silence."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import engine
from engine import EngineError, Neuron, Population, Projection, Synapse

NEURON = Neuron(parameters="tau = 10.0\nbaseline = 1.0 : population", equations="r = sum(exc) / tau")
SYNAPSE = Synapse(parameters="eta = 0.1 : projection\nalpha = 2.0", equations="w += eta * alpha")


class Parts:
    def __init__(self) -> None:
        self.pop = Population((2, 3), NEURON, name="A")
        self.proj = Projection(self.pop, self.pop, "exc", SYNAPSE, name="P").connect_all_to_all(0.5)
        engine.compile(silent=True)
        self.view = self.pop[0:2]
        self.neuron = self.pop.neuron(4)
        self.dendrite = self.proj.dendrite(1)
        self.synapse = self.dendrite[2]


PARTS: dict[str, Callable[[Parts], Any]] = {
    "Population A": lambda parts: parts.pop,
    "Projection P": lambda parts: parts.proj,
    "View of A": lambda parts: parts.view,
    "Neuron 4 of A": lambda parts: parts.neuron,
    r"Dendrite P\[1\]": lambda parts: parts.dendrite,
    r"<synapse from 2 to P\[1\]>": lambda parts: parts.synapse,
}
NEAR = {"A": ("taw", "tau"), "P": ("alpa", "alpha")}


def near(label: str) -> tuple[str, str]:
    return NEAR["P" if "P" in label.removeprefix("Population") else "A"]


@pytest.mark.parametrize("label", PARTS)
def test_reading(label: str) -> None:
    part = PARTS[label](Parts())
    wrong, right = near(label)
    with pytest.raises(AttributeError, match=rf"{label} has no attribute '{wrong}'.*Did you mean '{right}'"):
        getattr(part, wrong)
    with pytest.raises(AttributeError, match=r"it has: \w+, \w+"):
        _ = part.zzz
    assert not hasattr(part, "zzz")


@pytest.mark.parametrize("label", PARTS)
def test_assigning(label: str, capsys: pytest.CaptureFixture[str]) -> None:
    part = PARTS[label](Parts())
    wrong, right = near(label)
    setattr(part, wrong, 3.0)
    printed = capsys.readouterr().out
    assert printed.startswith("WARNING:")
    assert f"Did you mean '{right}'" in printed and "only kept in Python" in printed
    assert getattr(part, wrong) == 3.0
    setattr(part, wrong, 4.0)
    part._mine = 1
    assert capsys.readouterr().out == ""
    assert getattr(part, wrong) == 4.0


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Population A", "size"),
        ("Population A", "geometry"),
        ("Population A", "ranks"),
        ("Population A", "variables"),
        ("Projection P", "nb_synapses"),
        ("Projection P", "uniform_delay"),
        ("View of A", "ranks"),
        ("View of A", "geometry"),
        ("View of A", "size"),
        ("Neuron 4 of A", "rank"),
        ("Neuron 4 of A", "population"),
        (r"Dendrite P\[1\]", "post_rank"),
        (r"Dendrite P\[1\]", "pre_ranks"),
        (r"<synapse from 2 to P\[1\]>", "rank"),
    ],
)
def test_what_can_only_be_read(label: str, name: str) -> None:
    part = PARTS[label](Parts())
    before = str(getattr(part, name))
    with pytest.raises(EngineError, match=rf"{label}: {name} can only be read"):
        setattr(part, name, 1)
    assert str(getattr(part, name)) == before


def test_several_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    parts = Parts()
    parts.pop.set({"tau": 5.0, "zz": 1})
    parts.proj.set({"alpha": 3.0, "zz": 1})
    assert capsys.readouterr().out.count("'zz'") == 2
    assert (parts.pop.tau[0, 0], parts.pop.zz, parts.proj.zz) == (5.0, 1, 1)
    with pytest.raises(EngineError, match="no attribute 'zz'"):
        parts.dendrite.set({"alpha": 9.0, "zz": 1})
    assert parts.dendrite.alpha[0] == 3.0, "none is assigned if one is unknown"
    for part in (parts.pop, parts.proj, parts.view):
        with pytest.raises(AttributeError, match="no attribute 'zzz'"):
            part.get("zzz")
    with pytest.raises(EngineError, match="no attribute 'zzz'"):
        parts.dendrite.get("zzz")


def test_classes_of_users_keep_what_they_like(capsys: pytest.CaptureFixture[str]) -> None:
    class Labelled(Population):
        colour = "red"

        def __init__(self, label: str) -> None:
            super().__init__(3, NEURON)
            self.label = label

    pop = Labelled("first")
    pop.label, pop.colour = "second", "blue"
    assert (pop.label, pop.colour) == ("second", "blue")
    assert capsys.readouterr().out == ""
    pop.other = 1
    assert "no attribute 'other'" in capsys.readouterr().out


def test_warnings_can_be_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    engine.setup(suppress_warnings=True)
    Parts().pop.zz = 1
    assert capsys.readouterr().out == ""


def test_parts_can_be_copied() -> None:
    parts = Parts()
    for part in (parts.view, parts.neuron, parts.dendrite, parts.synapse):
        assert repr(copy.copy(part)) == repr(part)
    with pytest.raises(AttributeError) as caught:
        _ = parts.pop.taw
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
