"""Sources of a document: what they are given, made, exported and checked."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from project_documents import id_of
from test_export import checked_by_ruff

from engine.errors import EngineError
from engine.export.python import export_python
from engine.project import edits, storage
from engine.project.build import build
from engine.project.catalogue import SOURCES
from engine.project.check import check, errors
from engine.project.document import Constant, Course, Pieces, ProjectDocument
from engine.project.models import kind_of, recordable, settable


def with_course(document: ProjectDocument, name: str, course: Course) -> ProjectDocument:
    population = edits.find(document, id_of(document, name))
    return edits.replace_object(document, msgspec.structs.replace(population, course=course))


@pytest.fixture
def sources() -> ProjectDocument:
    """Every source, recorded, of 2 x 2 neurons."""
    document = ProjectDocument(name="Sources")
    for model in SOURCES:
        geometry = (1,) if model == "SpikeSourceArray" else (2, 2)
        document, source = edits.add_population(document, model, model + "_1", geometry=geometry)
        first = "r" if kind_of(document, edits.find(document, source)) == "rate" else "spike"
        document = edits.set_monitor(document, source, (first,))
    pieces = Pieces(starts=(0, 1), values=(Constant(value=2.0), Constant(value=3.0)))
    document = edits.set_value(document, id_of(document, "InputArray_1"), "r", pieces)
    each = Course(times=(1.0, 3.0, 4.0), rows=((1.0,), (1.0, 2.0, 3.0, 4.0), (5.0,)), period=6.0)
    document = with_course(document, "TimedArray_1", each)
    fire = Course(times=(2.0, 5.0), rows=((1000.0,), (0.0,)))
    document = with_course(document, "TimedPoissonPopulation_1", fire)
    together = id_of(document, "HomogeneousCorrelatedSpikeTrains_1")
    document = edits.set_value(document, together, "tau", Constant(value=5.0))
    return edits.set_run(document, duration=10.0, dt=1.0, seed=3)


def recorded(network: Any) -> dict[str, Any]:
    network.compile(silent=True)
    network.simulate(10.0)
    found = {}
    for monitor in network.monitors:
        for variable, data in monitor.get(reshape=False, force_dict=True).items():
            found[monitor.source.name] = data if variable == "spike" else data.tolist()
    return found


def test_sources_do_what_they_are_given(sources: ProjectDocument) -> None:
    """Rates of 0 and of 1000 / dt are certain."""
    assert errors(check(sources)) == []
    built = build(sources)
    found = recorded(built.network)
    assert found["InputArray_1"] == [[2.0, 3.0, 3.0, 3.0]] * 10
    rows = {0: [0.0] * 4, 1: [1.0] * 4, 2: [1.0, 2.0, 3.0, 4.0], 3: [5.0] * 4}
    assert found["TimedArray_1"] == [rows[k] for k in (0, 1, 1, 2, 3, 3, 3, 1, 1, 2)]
    assert found["TimedPoissonPopulation_1"] == {rank: [2, 3, 4] for rank in range(4)}
    assert len(found) == len(SOURCES)
    together = built.objects[id_of(sources, "HomogeneousCorrelatedSpikeTrains_1")]
    assert (together.rates.tolist(), together.corr.tolist(), together.tau) == ([10.0], [0.3], 5.0)


def test_the_script_makes_the_same_network(sources: ProjectDocument, tmp_path: Path) -> None:
    source = export_python(sources)
    checked_by_ruff(source, tmp_path)
    made: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "script", "exec"), made)
    of_script, of_build = recorded(made["net"]), recorded(build(sources).network)
    assert of_script == of_build
    imports = {n.module for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom)}
    assert imports == {"engine"}


def test_one_rate_for_all_neurons_is_written_once(sources: ProjectDocument, tmp_path: Path) -> None:
    document = with_course(sources, "TimedArray_1", Course(times=(0.0, 5.0), rows=((1.0,), (2.0,))))
    source = export_python(document)
    checked_by_ruff(source, tmp_path)
    assert "rates=repeat([[1.0], [2.0]], 4, axis=1)" in source
    assert recorded(build(document).network)["TimedArray_1"] == [[1.0] * 4] * 5 + [[2.0] * 4] * 5


def test_sources_are_saved(sources: ProjectDocument, tmp_path: Path) -> None:
    storage.save(sources, tmp_path / "a.neuroloom.json")
    assert storage.load(tmp_path / "a.neuroloom.json").document == sources


@pytest.mark.parametrize(
    ("model", "names", "kind", "record"),
    [
        ("PoissonPopulation", ["rates"], "spike", ("spike",)),
        ("TimedPoissonPopulation", [], "spike", ("spike",)),
        ("HomogeneousCorrelatedSpikeTrains", ["rates", "corr", "tau"], "spike", ("spike",)),
        ("SpikeSourceArray", [], "spike", ("spike",)),
        ("InputArray", ["r"], "rate", ("r",)),
        ("TimedArray", [], "rate", ("r",)),
    ],
)
def test_what_sources_have(model: str, names: list[str], kind: str, record: tuple[str, ...]) -> None:
    document, added = edits.add_population(ProjectDocument(), model)
    population: Any = edits.find(document, added)
    assert [a.name for a in settable(document, population)] == names
    assert set(population.values) == set(names)
    assert (kind_of(document, population), recordable(document, population)) == (kind, record)
    assert check(document) == []


@pytest.mark.parametrize(
    ("course", "message"),
    [
        (Course(times=(0.0, 1.0), rows=((1.0,),)), "2 times and 1 rows"),
        (Course(times=(), rows=()), "0 times and 0 rows"),
        (Course(times=(2.0, 1.0), rows=((1.0,), (1.0,))), "ascend"),
        (Course(times=(-1.0,), rows=((1.0,),)), "0 or later"),
        (Course(times=(0.0,), rows=((1.0, 2.0),)), "Row 1 has 2 rates for 4 neurons"),
        (Course(times=(0.0,), rows=((float("nan"),),)), "no finite number"),
        (Course(period=0.0), "no period"),
    ],
)
def test_impossible_schedules_are_told(sources: ProjectDocument, course: Course, message: str) -> None:
    document = with_course(sources, "TimedArray_1", course)
    (problem,) = errors(check(document))
    assert (problem.object_id, problem.field) == (id_of(sources, "TimedArray_1"), "course")
    assert message in problem.diagnostic.message
    with pytest.raises(EngineError, match="TimedArray_1"):
        build(document)


def test_impossible_correlations_are_told(sources: ProjectDocument) -> None:
    together = id_of(sources, "HomogeneousCorrelatedSpikeTrains_1")
    for name, value in (("corr", -0.1), ("tau", 0.0), ("rates", -1.0)):
        (problem,) = errors(check(edits.set_value(sources, together, name, Constant(value=value))))
        assert problem.field == f"values.{name}"


def test_rates_drive_rate_coded_neurons(sources: ProjectDocument) -> None:
    document, follower = edits.add_population(sources, "LeakyIntegrator", "Follower", geometry=(4,))
    document, _ = edits.connect(document, id_of(document, "TimedArray_1"), follower, "exc")
    assert errors(check(document)) == []
    built = build(document)
    recorded(built.network)
    assert np.all(built.objects[follower].r > 0.0)
    with pytest.raises(EngineError, match=r"TimedArray_1 is a TimedArray.*receives none"):
        edits.connect(document, follower, id_of(document, "TimedArray_1"), "exc")
