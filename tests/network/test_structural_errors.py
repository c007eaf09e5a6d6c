"""Structural plasticity: the setting that it needs, and mistakes in rules and changes."""

from __future__ import annotations

from typing import Any

import pytest
from structural_networks import WAVE, structural, waves

import engine
from engine import EngineError, ModelError, Network, Synapse


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.create_synapse(0), "already a synapse from neuron 0"),
        (lambda d: d.create_synapses([1, 1]), "already a synapse from neuron 1"),
        (lambda d: d.create_synapse(4), "4"),
        (lambda d: d.create_synapse(1, delay=5.0), "leave it out"),
        (lambda d: d.create_synapses([1, 2], weights=[1.0]), "2 ranks, but 1 weights"),
        (lambda d: d.prune_synapse(1), "no synapse from neuron 1"),
        (lambda d: d.prune_synapses([0, 0]), "no synapse from neuron 0"),
        (lambda d: d.proj.start_creating(), "Synapse\\(creating='...'\\)"),
        (lambda d: d.proj.stop_pruning(), "Synapse\\(pruning='...'\\)"),
        (lambda d: d.synapse(1).w, "no synapse from neuron 1"),
    ],
)
def test_impossible_changes(call: Any, message: str) -> None:
    net = structural()
    proj = waves(net, Synapse())
    net.compile(silent=True)
    with pytest.raises(EngineError, match=message):
        call(proj.dendrite(0))
    assert proj.dendrite(0).pre_ranks == [0, 3]


def test_without_the_setting_nothing_changes() -> None:
    net = Network(dt=1.0)
    with pytest.raises(EngineError, match=r"'pruning'.*structural_plasticity.*setup"):
        waves(net, Synapse(pruning="w < 0.0"))
    proj = waves(net, Synapse())
    net.compile(silent=True)
    with pytest.raises(EngineError, match="structural_plasticity"):
        proj.dendrite(0).create_synapse(1)
    with pytest.raises(EngineError, match="structural_plasticity"):
        proj.dendrite(0).prune_synapse(0)
    with pytest.raises(EngineError, match="structural_plasticity"):
        net.config(structural_plasticity=True)


def test_the_top_level_setting_counts_for_top_level_objects() -> None:
    engine.setup(structural_plasticity=True, dt=0.5)
    pre, post = engine.Population(3, WAVE), engine.Population(2, WAVE)
    proj = engine.Projection(pre, post, "exc", Synapse(creating="pre.r >= 0.0 : w=1.0, d=0.5"))
    proj.connect_one_to_one(weights=1.0)
    engine.compile(silent=True)
    proj.start_creating(period=1.0)
    engine.simulate(0.5)
    assert proj.pre_ranks == [[0, 1, 2], [0, 1, 2]]


def test_the_delay_of_a_rule_is_that_of_the_projection() -> None:
    net = structural()
    waves(net, Synapse(creating="pre.r > 0.0 : d=2.0"), delays=3.0)
    with pytest.raises(EngineError, match=r"d of the rule creating.*3\.0 ms"):
        net.compile(silent=True)


@pytest.mark.parametrize(
    ("fields", "field", "column", "message"),
    [
        ({"creating": "q > 1.0"}, "creating", 1, "'q' belongs to a synapse"),
        ({"creating": "w > 1.0"}, "creating", 1, "'w' belongs to a synapse"),
        ({"creating": "pre.r > x"}, "creating", 9, "Unknown symbol 'x'"),
        ({"creating": "pre.r > 1 : w=q"}, "creating", 13, "needs a number"),
        ({"creating": "pre.r > 1 : proba=1.5"}, "creating", 13, "between 0 and 1"),
        ({"creating": "pre.r > 1 : w=1.0, weight=2.0"}, "creating", 20, "Unknown flag"),
        ({"creating": "pre.r > (1"}, "creating", 9, "parentheses"),
        ({"pruning": "age > 1 : w=1.0"}, "pruning", 11, "no meaning in pruning"),
        ({"pruning": "Uniform(0, 1) > Normal(0, 1)"}, "pruning", 17, "Only one random distribution"),
        ({"pruning": "Uniform(0, T) > 1"}, "pruning", 12, "must use fixed values"),
        ({"pruning": "age = 3"}, "pruning", 5, "only one assignment"),
        ({"pruning": "pre.nothing > 3"}, "pruning", 1, "no variable called nothing"),
    ],
)
def test_mistakes_in_rules(fields: dict[str, str], field: str, column: int, message: str) -> None:
    net = structural()
    text = {"parameters": "T = 4 : projection\nq = 1.0", "equations": "age += 1 : int"}
    with pytest.raises(ModelError) as caught:
        waves(net, Synapse(**text, **fields))
        net.compile(silent=True)
    (found,) = caught.value.diagnostics
    assert message in found.message
    assert (found.field, found.line, found.column) == (field, 1, column)


def test_rules_as_objects_are_those_of_text() -> None:
    objects = Synapse(
        creating=engine.Creating("pre.r > 0.5", proba=0.5, w=0.25, d=2.0), pruning=engine.Pruning("w > 1.0")
    )
    text = Synapse(creating="pre.r > 0.5 : proba=0.5, w=0.25, d=2.0", pruning="w > 1.0")
    one, two = objects.analyse(), text.analyse()
    assert one.creating == two.creating
    assert one.pruning is not None and two.pruning is not None
    assert one.pruning.condition == two.pruning.condition and one.pruning.probability == 1.0
    with pytest.raises(EngineError, match="creating must be text"):
        Synapse(creating=3)  # type: ignore[arg-type]
