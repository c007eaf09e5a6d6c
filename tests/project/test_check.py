"""Every kind of problem is found, at its object and field; nothing raises."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from project_documents import id_of

from engine.project import arrays, edits
from engine.project.check import Problem, check, model_of, targets_of
from engine.project.document import (
    Connector,
    Constant,
    Distribution,
    NeuronText,
    Pieces,
    ProjectDocument,
    RunSettings,
    Slice,
    SynapseText,
    Value,
)
from engine.project.models import recordable, settable

BOUNDLESS = Distribution(name="Normal", arguments=(3.0, 1.0), min=1.0)
BACKWARDS = Distribution(name="Uniform", arguments=(-3.0, -1.0))
UNLIKELY = Connector(pattern="fixed_probability", probability=1.5)
HALF = Connector(pattern="fixed_probability", probability=0.5)
TOO_MANY = Connector(pattern="fixed_number_pre", number=21)


def only(document: ProjectDocument) -> Problem:
    found = check(document)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def changed(document: ProjectDocument, owner: str, /, **fields: Any) -> ProjectDocument:
    thing = next(o for o in (*document.owners, *document.models) if o.name == owner)
    collections = {"Cell": "neurons", "Cells": "populations", "Inputs": "populations", "Drive": "projections"}
    field = collections[owner]
    edited = msgspec.structs.replace(thing, **fields)
    objects = tuple(edited if o.id == thing.id else o for o in getattr(document, field))
    return msgspec.structs.replace(document, **{field: objects})


def test_a_sound_document_has_no_problems(small: ProjectDocument) -> None:
    assert check(small) == []
    assert check(ProjectDocument()) == []


def test_mistake_in_an_equation_has_its_place(small: ProjectDocument) -> None:
    text = small.neurons[0]
    broken = changed(small, "Cell", equations=text.equations + "\nx = v + nonsense")
    problem = only(broken)
    line = broken.neurons[0].equations.splitlines()
    assert (problem.severity, problem.object_id, problem.field) == ("error", text.id, "equations")
    assert problem.diagnostic.line == len(line)
    assert problem.diagnostic.column == line[-1].index("nonsense") + 1
    assert "nonsense" in problem.diagnostic.message
    assert problem.diagnostic.owner == "Cell"


def test_a_model_that_nothing_uses_only_warns(small: ProjectDocument) -> None:
    document, _ = edits.add_neuron(small, NeuronText(id="", name="Draft", equations="r = nonsense"))
    problem = only(document)
    assert (problem.severity, problem.diagnostic.owner) == ("warning", "Draft")
    assert document.build().get_population("Cells").size == 30


def test_synapse_reads_what_the_sender_lacks(small: ProjectDocument) -> None:
    text = SynapseText(id="", name="Peek", pre_spike="g_target += w * pre.zz")
    document, model = edits.add_synapse(small, text)
    problem = only(changed(document, "Drive", synapse=model))
    assert (problem.object_id, problem.field, problem.diagnostic.column) == (model, "pre_spike", 17)
    assert "zz" in problem.diagnostic.message


def test_parts_of_one_population_may_connect_to_themselves(small: ProjectDocument) -> None:
    cells = id_of(small, "Cells")
    document, loop = edits.connect(small, cells, cells, "inh", HALF)
    assert check(document) == []
    projection = edits.find(document, loop)
    part = msgspec.structs.replace(projection, pre_slice=Slice(start=0, stop=10))
    problem = only(edits.replace_object(document, part))
    assert (problem.severity, problem.field) == ("warning", "connector.allow_self_connections")


def test_ports_follow_the_equations(small: ProjectDocument) -> None:
    document, field = edits.add_neuron(small, "LeakyIntegrator", "Field")
    document, layer = edits.add_population(document, field)
    population = edits.find(document, layer)
    assert targets_of(document, population) == ("exc", "inh")
    text = edits.find(document, field)
    document = edits.update_model(document, msgspec.structs.replace(text, equations="r = sum(top) + g"))
    assert model_of(document, population) is None
    assert targets_of(document, population) == ()
    document, _ = edits.connect(document, layer, layer, "exc")
    assert targets_of(document, population) == ("exc",)


def test_what_a_population_offers(small: ProjectDocument) -> None:
    inputs, cells = small.populations
    assert [a.name for a in settable(small, inputs)] == ["rates"]
    assert recordable(small, inputs) == ("spike",)
    assert {"v_rest", "tau_m", "v", "g_exc"} <= {a.name for a in settable(small, cells)}
    assert {"spike", "v", "g_exc", "g_inh"} <= set(recordable(small, cells))
    assert "tau_m" not in recordable(small, cells)
    assert recordable(small, small.projections[0]) == ("w",)


@pytest.mark.parametrize(
    ("owner", "fields", "field", "words"),
    [
        ("Cells", {"geometry": (0,)}, "geometry", "no valid geometry"),
        ("Cells", {"geometry": (1, 2, 3, 4)}, "geometry", "no valid geometry"),
        ("Cells", {"geometry": (1 << 20, 1 << 20)}, "geometry", "too many"),
        ("Cells", {"name": "my cells"}, "name", "no valid name"),
        ("Cells", {"name": "Drive"}, "name", "2 times"),
        ("Drive", {"target": "a b"}, "target", "no valid target"),
        ("Drive", {"synapse": "Nothing"}, "synapse", "no synapse model"),
        ("Drive", {"pre_slice": Slice(start=5, stop=50)}, "pre_slice", "no range"),
        ("Drive", {"connector": Connector(delay=-1.0)}, "connector.delay", "delay"),
        ("Drive", {"connector": Connector(delay=BOUNDLESS)}, "connector.delay", "of any length"),
        ("Drive", {"connector": Connector(delay=BACKWARDS)}, "connector.delay", "negative"),
        ("Drive", {"connector": UNLIKELY}, "connector.probability", "1.5"),
        ("Drive", {"connector": TOO_MANY}, "connector.number", "out of 20"),
    ],
)
def test_errors(small: ProjectDocument, owner: str, fields: dict[str, Any], field: str, words: str) -> None:
    found = [p for p in check(changed(small, owner, **fields)) if p.object_id == id_of(small, owner)]
    assert [(p.severity, p.field) for p in found] == [("error", field)]
    assert words in found[0].diagnostic.message


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"target": "modulation"}, "target", "does not read"),
        ({"connector": Connector(pattern="one_to_one")}, "connector.pattern", "first 20"),
        ({"values": {"tau": Constant(value=1.0)}}, "values.tau", "no 'tau'"),
        ({"connector": Connector(delay=0.1)}, "connector.delay", "becomes 0.5 ms"),
    ],
)
def test_warnings(small: ProjectDocument, fields: dict[str, Any], field: str, words: str) -> None:
    problem = only(changed(small, "Drive", **fields))
    assert (problem.severity, problem.field) == ("warning", field)
    assert words in problem.diagnostic.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Constant(value=float("nan")), "no finite number"),
        (Distribution(name="Uniform", arguments=(1.0,)), "takes 2 numbers"),
        (Distribution(name="Uniform", arguments=(2.0, 1.0)), "greater than max"),
        (Distribution(name="Normal", arguments=(0.0, -1.0)), "sigma of Normal is negative"),
        (Distribution(name="Normal", arguments=(0.0, 1.0), min=1.0, max=0.0), "greater than max"),
        (Distribution(name="Uniform", arguments=(0.0, 1.0), max=0.5), "cannot be clipped"),
        (Distribution(name="os.system", arguments=()), "no distribution os.system"),
        (Pieces(starts=(0, 30), values=(Constant(value=1.0), Constant(value=2.0))), "only 30 neurons"),
        (Pieces(starts=(1,), values=(Constant(value=1.0),)), "start at 0"),
        (Pieces(starts=(0,), values=()), "1 ranges but 0 values"),
        (arrays.keep([1.0, 2.0]), "2 values, 30 are needed"),
    ],
)
def test_values(small: ProjectDocument, value: Value, words: str) -> None:
    problem = only(changed(small, "Cells", values={"v": value}))
    assert (problem.severity, problem.field) == ("error", "values.v")
    assert words in problem.diagnostic.message


def test_one_value_for_all_takes_a_number(small: ProjectDocument) -> None:
    text = small.neurons[0]
    many = Distribution(name="Uniform", arguments=(1.0, 2.0))
    document = changed(small, "Cell", parameters=text.parameters + "\ngain = 1.0 : population")
    problem = only(edits.set_value(document, id_of(document, "Cells"), "gain", many))
    assert "one value for all" in problem.diagnostic.message


def test_large_recordings_are_told(small: ProjectDocument) -> None:
    cells = id_of(small, "Cells")
    document = edits.set_run(edits.set_monitor(small, cells, ("v",)), duration=1e10)
    problem = only(document)
    assert (problem.severity, problem.field) == ("warning", "monitor.period")
    assert "GiB" in problem.diagnostic.message
    assert check(edits.set_monitor(document, cells, ("v",), period=1e9)) == []
    assert check(edits.set_monitor(document, cells, ("spike",))) == []


def test_references_and_identities(small: ProjectDocument) -> None:
    gone = msgspec.structs.replace(small, populations=small.populations[:1])
    assert {(p.object_id, p.field) for p in check(gone)} == {
        (id_of(small, "Drive"), "post"),
        (small.monitors[0].id, "source"),
    }
    twice = msgspec.structs.replace(small, populations=(*small.populations, small.populations[0]))
    assert "Several objects have the id" in check(twice)[0].diagnostic.message


def test_monitors(small: ProjectDocument) -> None:
    cells = id_of(small, "Cells")
    problem = only(edits.set_monitor(small, cells, ["v", "nothing"], 1.0))
    assert (problem.severity, problem.object_id, problem.field) == ("warning", cells, "monitor.variables")
    problem = only(edits.set_monitor(small, cells, ["v"], -1.0))
    assert (problem.severity, problem.field) == ("error", "monitor.period")
    problem = only(edits.set_monitor(small, cells, ["v"], 0.1))
    assert "below the time step" in problem.diagnostic.message
    again = msgspec.structs.replace(small.monitors[0], id="again")
    twice = msgspec.structs.replace(small, monitors=(*small.monitors, again))
    assert "several monitors" in check(twice)[0].diagnostic.message


@pytest.mark.parametrize(
    "settings", [{"dt": 0.0}, {"duration": -1.0}, {"threads": 0}, {"seed": -1}, {"dt": float("nan")}]
)
def test_run_settings(small: ProjectDocument, settings: dict[str, Any]) -> None:
    run = RunSettings(**settings)
    problem = check(msgspec.structs.replace(small, run=run))[0]
    assert problem.field == f"run.{next(iter(settings))}"
    assert problem.object_id == ""


def test_spike_times(small: ProjectDocument) -> None:
    document, source = edits.add_population(small, "SpikeSourceArray", "Given")
    assert check(document) == []
    given = edits.find(document, source)
    wrong = msgspec.structs.replace(given, geometry=(2,), spike_times=((1.0, -2.0),))
    messages = [p.diagnostic.message for p in check(edits.replace_object(document, wrong))]
    assert messages == ["There are spike times for 1 of 2 neurons.", "Spike times must be 0 or later."]


def test_an_input_that_is_read_but_never_fed_is_hinted_at(small: ProjectDocument) -> None:
    text = next(text for text in small.neurons if text.name == "Cell")
    document = changed(small, "Cell", equations=text.equations + "\nreading = g_ecx")
    problem = only(document)
    assert (problem.severity, problem.object_id) == ("hint", id_of(small, "Cells"))
    assert "g_ecx stays 0" in problem.diagnostic.message
    given = changed(small, "Cell", equations=text.equations + "\nreading = g_ecx\ng_ecx = 1.0")
    assert check(given) == []
    fed, _ = edits.connect(document, id_of(document, "Inputs"), id_of(document, "Cells"), "ecx")
    assert check(fed) == []
    alone = edits.remove(document, [p.id for p in document.projections])
    assert check(alone) == []
