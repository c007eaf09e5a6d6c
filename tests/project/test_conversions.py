"""Projections of a document between rate-coded and spiking populations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from test_export import checked_by_ruff

from engine import CurrentInjection, DecodingProjection
from engine.export.python import export_python
from engine.project import edits
from engine.project.build import build
from engine.project.check import check, errors
from engine.project.conversions import conversion_of
from engine.project.document import Connector, Constant, NeuronText, ProjectDocument, Slice


def changed(document: ProjectDocument, object_id: str, **fields: Any) -> ProjectDocument:
    found = edits.find(document, object_id)
    return edits.replace_object(document, msgspec.structs.replace(found, **fields))


class Mixed:
    """Rates drive spiking neurons, whose rate is read out."""

    def __init__(self) -> None:
        document = ProjectDocument(name="Mixed")
        document, self.drive = edits.add_population(document, "InputArray", "Drive", geometry=(20,))
        document = edits.set_value(document, self.drive, "r", Constant(value=10.0))
        document, self.cells = edits.add_population(document, "Izhikevich", "Cells", geometry=(20,))
        reader = NeuronText(id="", name="Reader", equations="r = sum(exc)")
        document, reading = edits.add_neuron(document, reader)
        document, self.readout = edits.add_population(document, reading, "Readout", geometry=(2,))
        document, self.current = edits.connect(document, self.drive, self.cells, "exc")
        document, self.decoding = edits.connect(document, self.cells, self.readout, "exc")
        document = edits.set_monitor(document, self.readout, ("r",))
        document = edits.set_monitor(document, self.cells, ("spike",))
        self.document = edits.set_run(document, duration=300.0, dt=1.0, seed=3)


@pytest.fixture
def mixed() -> Mixed:
    return Mixed()


def run(network: Any) -> tuple[Any, Any]:
    network.compile(silent=True)
    network.simulate(300.0)
    rates, spikes = network.monitors
    return rates.get("r"), spikes.get("spike")


def test_rates_become_currents_and_spikes_rates(mixed: Mixed) -> None:
    document = mixed.document
    assert check(document) == []
    assert [conversion_of(document, p) for p in document.projections] == ["current", "decoding"]
    built = build(document)
    current, decoding = built.objects[mixed.current], built.objects[mixed.decoding]
    assert (type(current), type(decoding), decoding.window) == (CurrentInjection, DecodingProjection, 100.0)
    rates, spikes = run(built.network)
    fired = np.zeros((300, 20))
    for rank, train in spikes.items():
        fired[train, rank] = 1.0
    expected = [10.0 * fired[max(0, n - 100) : n].sum() / 20 for n in range(300)]
    np.testing.assert_allclose(rates[:, 0], expected, rtol=1e-12)
    assert expected[-1] > 5.0


def test_the_script_makes_the_same_network(mixed: Mixed, tmp_path: Path) -> None:
    document = changed(mixed.document, mixed.decoding, window=20.0, post_slice=Slice(start=1, stop=2))
    source = export_python(document)
    checked_by_ruff(source, tmp_path)
    made: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "script", "exec"), made)
    (rates, spikes), (of_build, other) = run(made["net"]), run(build(document).network)
    np.testing.assert_array_equal(rates, of_build)
    assert spikes == other
    assert not of_build[:, 0].any()
    assert of_build[:, 1].any()


def test_spiking_neurons_that_sum_rates_get_ordinary_projections(mixed: Mixed) -> None:
    equations = "rate = sum(exc)\np = Uniform(0, 1000)"
    text = NeuronText(id="", name="Random", equations=equations, spike="p < rate")
    document, model = edits.add_neuron(mixed.document, text)
    document, noise = edits.add_population(document, model, "Noise", geometry=(20,))
    document, ordinary = edits.connect(document, mixed.drive, noise, "exc")
    assert conversion_of(document, edits.find(document, ordinary)) == ""
    assert errors(check(document)) == []
    assert build(document).network.get_projection(edits.find(document, ordinary).name) is not None


@pytest.mark.parametrize(
    ("which", "fields", "field", "severity"),
    [
        ("current", {"post_slice": Slice(start=0, stop=3)}, "post", "error"),
        ("current", {"connector": Connector(pattern="all_to_all")}, "connector.pattern", "error"),
        ("current", {"synapse": "STP"}, "synapse", "error"),
        ("decoding", {"synapse": "STDP"}, "synapse", "error"),
        ("decoding", {"window": -1.0}, "window", "error"),
        ("decoding", {"connector": Connector(delay=5.0)}, "connector.delay", "warning"),
        (
            "current",
            {"connector": Connector(pattern="one_to_one", weights=Constant(value=2.0))},
            "connector.weights",
            "warning",
        ),
    ],
)
def test_what_such_projections_cannot_have(
    mixed: Mixed, which: str, fields: dict[str, Any], field: str, severity: str
) -> None:
    problem = check(changed(mixed.document, getattr(mixed, which), **fields))[0]
    assert (problem.object_id, problem.field, problem.severity) == (getattr(mixed, which), field, severity)


def test_a_target_that_nobody_reads_is_told(mixed: Mixed) -> None:
    problems = check(changed(mixed.document, mixed.decoding, target="inh"))
    assert [(p.severity, p.field) for p in problems] == [("hint", "inputs"), ("warning", "target")]
