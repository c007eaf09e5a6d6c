"""The C++ text that the window shows is the one that is compiled, and asking for it changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from engine.errors import EngineError
from engine.project import edits
from engine.project.build import build, generated_code
from engine.project.document import Connector, Distribution, ProjectDocument


def network_of(small: ProjectDocument) -> ProjectDocument:
    """The small project with initial values that are drawn."""
    cells = next(p.id for p in small.populations if p.name == "Cells")
    drawn = Distribution(name="Uniform", arguments=(0.0, 1.0))
    return edits.set_value(small, cells, "v", drawn)


def test_it_is_what_is_compiled(small: ProjectDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def refuse(text: str, *given: Any, **named: Any) -> None:
        texts.append(text)
        raise EngineError("not today")

    shown = generated_code(small)
    assert "nl_run" in shown and "Cells.v" in shown
    monkeypatch.setattr("engine.codegen.build.build", refuse)
    with pytest.raises(EngineError, match="not today"):
        build(small).network.compile(silent=True)
    assert texts == [shown]


def test_asking_for_it_changes_no_result(small: ProjectDocument) -> None:
    document = network_of(small)
    values = []
    for asked in (False, True):
        built = build(document)
        if asked:
            built.network.generate()
        built.network.compile(silent=True)
        built.network.simulate(20.0)
        if asked:
            built.network.generate()
        cells = next(built.objects[p.id] for p in document.populations if p.name == "Cells")
        values.append(np.array(cells.v))
    assert np.ptp(values[0]) > 0.0
    np.testing.assert_array_equal(*values)


def test_huge_networks_are_refused_with_what_to_do(small: ProjectDocument) -> None:
    wide = tuple(msgspec.structs.replace(p, geometry=(10_000,)) for p in small.populations)
    dense = tuple(msgspec.structs.replace(p, connector=Connector()) for p in small.projections)
    document = msgspec.structs.replace(small, populations=wide, projections=dense)
    with pytest.raises(EngineError, match="smaller populations"):
        generated_code(document)
