"""Weights that follow from the distance, in a document: checked, counted, built, exported, kept."""

from __future__ import annotations

import math
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine import EngineError
from engine.export.python import export_python
from engine.project import edits, storage
from engine.project.build import build
from engine.project.check import check
from engine.project.document import Connector, Constant, Distribution, ProjectDocument, Slice
from engine.project.values import synapse_count

GAUSSIAN = Connector(pattern="gaussian", amp=0.8, sigma=0.2, limit=0.05)
DOG = Connector(
    pattern="dog",
    amp_pos=1.0,
    sigma_pos=0.15,
    amp_neg=0.4,
    sigma_neg=0.5,
    limit=0.02,
    delay=3.0,
    allow_self_connections=True,
)


def sheets(
    wiring: Connector = GAUSSIAN,
    pre: tuple[int, ...] = (6, 5),
    post: tuple[int, ...] = (4, 7),
    **more: Any,
) -> ProjectDocument:
    """A projection between two populations, or of one population if ``post`` is empty."""
    document, first = edits.add_population(ProjectDocument(), "Izhikevich", "First", geometry=pre)
    second = first
    if post:
        document, second = edits.add_population(document, "Izhikevich", "Second", geometry=post)
    document, projection = edits.connect(document, first, second, "exc", wiring)
    changed = msgspec.structs.replace(edits.find(document, projection), name="Wires", **more)
    return edits.replace_object(document, changed)


def by_definition(wiring: Connector, pre: tuple[int, ...], post: tuple[int, ...], same: bool) -> np.ndarray:
    """Weights, NaN where there is no synapse: (post, pre), with the formulas of the specification."""

    def places(geometry: tuple[int, ...]) -> np.ndarray:
        grid = np.indices(geometry).reshape(len(geometry), -1).T
        return grid / np.maximum(1, np.array(geometry) - 1)

    square = ((places(post)[:, None, : len(pre)] - places(pre)[None]) ** 2).sum(axis=2)
    if wiring.pattern == "gaussian":
        weights = wiring.amp * np.exp(-square / (2 * wiring.sigma**2))
        least = wiring.limit * abs(wiring.amp)
    else:
        weights = wiring.amp_pos * np.exp(-square / (2 * wiring.sigma_pos**2))
        weights -= wiring.amp_neg * np.exp(-square / (2 * wiring.sigma_neg**2))
        least = wiring.limit * abs(wiring.amp_pos - wiring.amp_neg)
    weights[np.abs(weights) <= least] = np.nan
    if same and not wiring.allow_self_connections:
        np.fill_diagonal(weights, np.nan)
    return weights


CASES = [
    (GAUSSIAN, (6, 5), (4, 7)),
    (GAUSSIAN, (6, 5), ()),
    (DOG, (6, 5), ()),
    (msgspec.structs.replace(DOG, allow_self_connections=False), (5, 4), ()),
    (GAUSSIAN, (12,), (9,)),
    (msgspec.structs.replace(GAUSSIAN, amp=-2.0), (3, 4, 2), (4, 3, 3)),
    (GAUSSIAN, (1, 8), (8, 1)),
    (GAUSSIAN, (7,), (5, 3)),
]


@pytest.mark.parametrize(("wiring", "pre", "post"), CASES)
def test_the_document_means_the_synapses_of_the_definition(
    wiring: Connector, pre: tuple[int, ...], post: tuple[int, ...]
) -> None:
    """Weights are rounded to single precision on the way: relative error below 1e-5."""
    document = sheets(wiring, pre, post)
    assert not [p for p in check(document) if p.severity == "error"]
    built = build(document)
    built.compile()
    projection = built.network.projections[0]
    expected = by_definition(wiring, pre, post or pre, not post)
    found = np.full(expected.shape, np.nan)
    for dendrite in projection:
        found[dendrite.post_rank, dendrite.pre_ranks] = dendrite.w
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    ends = document.populations
    assert synapse_count(document.projections[0], ends[0], ends[-1]) == np.isfinite(expected).sum()
    assert projection.delay == max(1.0, wiring.delay)


@pytest.mark.parametrize(
    ("pre", "post"),
    [
        ((60, 60), (47, 52)),
        ((13, 17, 11), (12, 12, 12)),
        ((3000,), (2000,)),
        ((3000,), (3000,)),
        ((3000,), (20,)),
    ],
)
def test_synapses_of_large_sheets_are_counted_about(pre: tuple[int, ...], post: tuple[int, ...]) -> None:
    document = sheets(GAUSSIAN, pre, post)
    counted = synapse_count(document.projections[0], *document.populations)
    exact = np.isfinite(by_definition(GAUSSIAN, pre, post, False)).sum()
    assert counted == pytest.approx(exact, rel=0.02)


def test_synapses_of_the_largest_populations_are_counted() -> None:
    """In a long row, 3.03 sigma to either side; the count takes no memory that grows with the neurons."""
    for size, others in ((10**9, 10**9), (10**9, 8 * 10**8), (2 * 10**6, 2 * 10**6)):
        wiring = Connector(pattern="gaussian", sigma=1e-5, allow_self_connections=True)
        document = sheets(wiring, (size,), (others,))
        tracemalloc.start()
        counted = synapse_count(document.projections[0], *document.populations)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        reach = np.sqrt(2.0 * np.log(100.0)) * 1e-5
        assert counted == pytest.approx(2.0 * reach * size * others, rel=0.02)
        assert most < 50 * 2**20


@pytest.mark.parametrize("wiring", [GAUSSIAN, DOG], ids=["gaussian", "dog"])
def test_the_script_gives_the_same_synapses(wiring: Connector, tmp_path: Path) -> None:
    document = sheets(wiring, (6, 5), ())
    built = build(document)
    built.compile()
    script, out = tmp_path / "script.py", tmp_path / "weights.npy"
    script.write_text(export_python(document))
    ended = subprocess.run(
        [sys.executable, "-c", _RUN, str(script), str(out)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    expected = built.network.projections[0].connectivity_matrix(fill=np.nan)
    assert np.isfinite(expected).sum() > 100
    np.testing.assert_array_equal(np.load(out), expected)


_RUN = """
import runpy, sys
import numpy as np
script, out = sys.argv[1:]
sys.argv = [script]
names = runpy.run_path(script, run_name="__main__")
network = next(thing for thing in names.values() if type(thing).__name__ == "Network")
np.save(out, network.projections[0].connectivity_matrix(fill=np.nan))
"""


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"sigma": -0.1}, "connector.sigma", "above 0"),
        ({"sigma": 0.0}, "connector.sigma", "above 0"),
        ({"sigma": 1e-30}, "connector.sigma", "above 0"),
        ({"sigma": math.nan}, "connector.sigma", "nan"),
        ({"amp": math.inf}, "connector.amp", "inf"),
        ({"limit": -0.5}, "connector.limit", "negative"),
        ({"pattern": "dog", "sigma_neg": -1.0}, "connector.sigma_neg", "sigma_neg"),
        ({"pattern": "dog", "sigma_pos": 0.0}, "connector.sigma_pos", "sigma_pos"),
        ({"pattern": "dog", "amp_pos": math.nan}, "connector.amp_pos", "amp_pos"),
        ({"pattern": "dog", "amp_neg": math.nan}, "connector.amp_neg", "amp_neg"),
    ],
)
def test_impossible_arguments(fields: dict[str, Any], field: str, words: str) -> None:
    document = sheets(msgspec.structs.replace(GAUSSIAN, **fields))
    (problem,) = check(document)
    assert (problem.severity, problem.field, problem.object_id) == (
        "error",
        field,
        document.projections[0].id,
    )
    assert words in problem.diagnostic.message and problem.diagnostic.hint
    with pytest.raises(EngineError, match="Wires"):
        build(document)


def test_arguments_of_other_patterns_do_not_matter() -> None:
    assert check(sheets(msgspec.structs.replace(GAUSSIAN, sigma_neg=-1.0))) == []
    assert check(sheets(msgspec.structs.replace(DOG, sigma=-1.0))) == []
    unused = Distribution(name="Normal", arguments=(0.0, -1.0))
    assert check(sheets(msgspec.structs.replace(DOG, weights=unused))) == []
    assert check(sheets(Connector(pattern="all_to_all", sigma=-1.0, weights=Constant(value=1.0)))) == []


@pytest.mark.parametrize("end", ["pre", "post"])
def test_parts_are_refused(end: str) -> None:
    """As scripts refuse views."""
    (problem,) = check(sheets(**{f"{end}_slice": Slice(start=0, stop=10)}))
    assert (problem.severity, problem.field) == ("error", f"{end}_slice")
    assert "whole populations" in problem.diagnostic.message


def test_dimensions_have_to_fit() -> None:
    (problem,) = check(sheets(GAUSSIAN, (6, 5), (30,)))
    assert (problem.severity, problem.field) == ("error", "connector.pattern")
    assert "First has 2 dimensions and Second 1" in problem.diagnostic.message
    (problem,) = check(sheets(GAUSSIAN, (30,), (6, 5)))
    assert (problem.severity, problem.field) == ("warning", "connector.pattern")
    assert "first 1 of 2 dimensions of Second" in problem.diagnostic.message


@pytest.mark.parametrize(
    ("fields", "post"),
    [({"amp": 0.0}, (4, 7)), ({"amp": 0.0}, ()), ({"limit": 1.0}, ()), ({"sigma": 0.001}, ())],
)
def test_a_pattern_without_synapses_is_told(fields: dict[str, float], post: tuple[int, ...]) -> None:
    document = sheets(msgspec.structs.replace(GAUSSIAN, **fields), (6, 5), post)
    (problem,) = check(document)
    assert (problem.severity, problem.field) == ("warning", "connector.limit")
    assert "no synapses" in problem.diagnostic.message
    built = build(document)
    built.compile()
    assert built.network.projections[0].nb_synapses == 0


def test_other_problems_of_the_ends_are_not_in_the_way() -> None:
    document = sheets(GAUSSIAN)
    for geometry in ((), (0, 4), (2, 2, 2, 2)):
        population = msgspec.structs.replace(document.populations[0], geometry=geometry)
        assert "geometry" in {p.field for p in check(edits.replace_object(document, population))}


def test_rates_of_spikes_near_by() -> None:
    """A decoding projection takes such weights, too."""
    document, first = edits.add_population(ProjectDocument(), "Izhikevich", "First", geometry=(5, 5))
    document, second = edits.add_population(document, "LeakyIntegrator", "Second", geometry=(5, 5))
    document, _ = edits.connect(document, first, second, "exc", GAUSSIAN)
    assert [p for p in check(document) if p.severity == "error"] == []
    built = build(document)
    built.compile()
    expected = by_definition(GAUSSIAN, (5, 5), (5, 5), False)
    assert built.network.projections[0].nb_synapses == np.isfinite(expected).sum()


def test_projects_keep_the_arguments_and_older_files_load(tmp_path: Path) -> None:
    path = tmp_path / "sheets.neuroloom.json"
    document = sheets(DOG)
    storage.save(document, path)
    assert storage.load(path).document == document
    plain = sheets(Connector(pattern="one_to_one"))
    raw = msgspec.json.decode(storage.to_json(plain))
    new = ("amp", "sigma", "amp_pos", "sigma_pos", "amp_neg", "sigma_neg", "limit")
    for name in new:
        del raw["projections"][0]["connector"][name]
    path.write_bytes(msgspec.json.encode(raw))
    loaded = storage.load(path)
    assert loaded.problems == () and loaded.document == plain
