"""Edits make new documents, keep names unique and references whole, and leave the old document alone."""

from __future__ import annotations

import msgspec
import pytest
from project_documents import id_of

from engine.errors import EngineError
from engine.project import edits
from engine.project.document import Constant, NeuronText, ProjectDocument


def test_add_population_gives_free_names_and_a_place() -> None:
    document, first = edits.add_population(ProjectDocument(), "Izhikevich", position=(3, 4))
    document, second = edits.add_population(document, "Izhikevich")
    names = [p.name for p in document.populations]
    assert names == ["Population", "Population_2"]
    assert document.view.positions == {first: (3.0, 4.0), second: (0.0, 0.0)}


def test_unknown_model_is_refused() -> None:
    with pytest.raises(EngineError, match="no neuron model 'Nothing'"):
        edits.add_population(ProjectDocument(), "Nothing")


def test_edit_leaves_the_old_document_alone(small: ProjectDocument) -> None:
    before = msgspec.json.encode(small)
    edits.remove(small, [id_of(small, "Cells")])
    edits.rename(small, id_of(small, "Cells"), "Other")
    assert msgspec.json.encode(small) == before


@pytest.mark.parametrize("name", ["", "2cells", "a b", "class", "x;import os", "ﬁ", "a\n"])
def test_invalid_names_are_refused(small: ProjectDocument, name: str) -> None:
    with pytest.raises(EngineError, match="no valid name"):
        edits.rename(small, id_of(small, "Cells"), name)


def test_names_are_unique_among_populations_and_projections(small: ProjectDocument) -> None:
    with pytest.raises(EngineError, match="taken"):
        edits.rename(small, id_of(small, "Drive"), "Cells")
    same = edits.rename(small, id_of(small, "Drive"), "Drive")
    assert same == small


def test_a_model_may_not_hide_a_built_in(small: ProjectDocument) -> None:
    with pytest.raises(EngineError, match="taken"):
        edits.rename(small, id_of(small, "Cell"), "Izhikevich")


def test_remove_takes_projections_and_monitors_along(small: ProjectDocument) -> None:
    left = edits.remove(small, [id_of(small, "Inputs")])
    assert [p.name for p in left.populations] == ["Cells"]
    assert left.projections == ()
    assert [m.source for m in left.monitors] == [id_of(small, "Cells")]
    assert set(left.view.positions) == {id_of(small, "Cells")}


def test_a_used_model_stays(small: ProjectDocument) -> None:
    model = id_of(small, "Cell")
    with pytest.raises(EngineError, match="Cell is still used by Cells"):
        edits.remove(small, [model])
    left = edits.remove(small, [model, id_of(small, "Cells")])
    assert left.neurons == ()


def test_connect_refuses_sources_of_spikes(small: ProjectDocument) -> None:
    with pytest.raises(EngineError, match="receives none"):
        edits.connect(small, id_of(small, "Cells"), id_of(small, "Inputs"), "exc")


def test_connect_is_sparse_between_large_populations() -> None:
    document, large = edits.add_population(ProjectDocument(), "Izhikevich", geometry=(1000,))
    document, few = edits.add_population(document, "Izhikevich", geometry=(10,))
    document, _ = edits.connect(document, few, few, "exc")
    document, _ = edits.connect(document, large, large, "exc")
    patterns = [p.connector.pattern for p in document.projections]
    assert patterns == ["all_to_all", "fixed_probability"]


def test_customise_forks_a_built_in(small: ProjectDocument) -> None:
    document, population = edits.add_population(small, "Izhikevich")
    document, model = edits.customise(document, population)
    fork = edits.find(document, model)
    assert isinstance(fork, NeuronText)
    assert fork.name == "Izhikevich_2"
    assert "0.04" in fork.equations
    assert edits.find(document, population).model == model


def test_customise_the_default_synapse(small: ProjectDocument) -> None:
    document, model = edits.customise(small, id_of(small, "Drive"))
    assert document.projections[0].synapse == model
    (synapse,) = document.synapses
    assert (synapse.id, synapse.name) == (model, "DefaultSpikingSynapse_2")
    assert synapse.pre_spike.strip()


def test_set_monitor_replaces_and_removes(small: ProjectDocument) -> None:
    cells = id_of(small, "Cells")
    before = edits.monitor_of(small, cells)
    changed = edits.set_monitor(small, cells, ["v", "v", "g_exc"])
    after = edits.monitor_of(changed, cells)
    assert before and after
    assert (after.id, after.variables, after.period) == (before.id, ("v", "g_exc"), None)
    assert edits.monitor_of(edits.set_monitor(small, cells, ()), cells) is None


def test_set_value_and_back_to_the_default(small: ProjectDocument) -> None:
    cells = id_of(small, "Cells")
    changed = edits.set_value(small, cells, "tau_m", Constant(value=30.0))
    assert changed.populations[1].values["tau_m"] == Constant(value=30.0)
    assert edits.set_value(changed, cells, "tau_m", None) == small


def test_set_run_names_the_wrong_field(small: ProjectDocument) -> None:
    assert edits.set_run(small, seed=None, threads=2).run.threads == 2
    with pytest.raises(EngineError, match="threads"):
        edits.set_run(small, threads="many")


def test_duplicate_makes_new_ids_and_shares_models(small: ProjectDocument) -> None:
    chosen = [id_of(small, "Cells"), id_of(small, "Inputs")]
    document, ids = edits.duplicate(small, chosen, (10.0, 20.0))
    assert [o.name for o in document.owners if o.id in ids] == ["Inputs_2", "Cells_2", "Drive_2"]
    assert len(document.neurons) == 1
    drive = document.projections[1]
    assert {drive.pre, drive.post} <= set(ids)
    assert len(document.monitors) == 4
    cells = id_of(document, "Cells_2")
    assert document.view.positions[cells] == (210.0, 20.0)


def test_duplicate_a_projection_alone_runs_beside_the_first(small: ProjectDocument) -> None:
    document, ids = edits.duplicate(small, [id_of(small, "Drive")])
    first, second = document.projections
    assert (first.pre, first.post, first.connector) == (second.pre, second.post, second.connector)
    assert ids == (second.id,)


def test_paste_into_another_project_brings_models(small: ProjectDocument) -> None:
    text = edits.copy(small, [id_of(small, "Cells"), id_of(small, "Drive")])
    document, ids = edits.paste(ProjectDocument(), text, (0.0, 0.0))
    assert [p.name for p in document.populations] == ["Cells"]
    assert [n.name for n in document.neurons] == ["Cell"]
    assert document.populations[0].model == document.neurons[0].id
    assert document.projections == ()
    assert len(ids) == 1


def test_paste_renames_a_model_that_differs(small: ProjectDocument) -> None:
    text = edits.copy(small, [id_of(small, "Cells")])
    other = msgspec.structs.replace(small.neurons[0], equations="r = 1.0", spike="")
    document, _ = edits.paste(edits.update_model(small, other), text)
    assert [n.name for n in document.neurons] == ["Cell", "Cell_2"]
    assert document.neurons[1].equations == small.neurons[0].equations


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", '{"kind":"neuroloom-fragment","neurons":3}', "[" * 99999]
)
def test_paste_of_anything_else_is_refused(small: ProjectDocument, text: str) -> None:
    with pytest.raises(EngineError, match="clipboard"):
        edits.paste(small, text)
