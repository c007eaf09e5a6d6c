"""Synapses that begin and end: what monitors, dendrites, spikes and ``reset`` make of it."""

from __future__ import annotations

from typing import Any

import pytest
from structural_networks import AGED, by_pair, structural, waves

from engine import Neuron, SpikeSourceArray, Synapse

# --- recording ----------------------------------------------------------------------------------------


def test_a_sample_shows_the_synapses_at_the_end_of_its_step() -> None:
    net = structural()
    synapse = Synapse(
        **AGED, creating="pre.r*post.r > 0.5 : w=0.5", pruning="(age > T) and (pre.r*post.r < 0.3)"
    )
    proj = waves(net, synapse)
    every, some = net.monitor(proj, ["w"]), net.monitor(proj, "age", period=3.0)
    net.compile(silent=True)
    one = net.monitor(proj.dendrite(1), "w")
    proj.start_creating(period=2.0)
    proj.start_pruning()
    expected: dict[str, list[Any]] = {"w": [], "age": [], "one": []}
    reading = structural()
    twin = waves(reading, synapse)
    reading.compile(silent=True)
    twin.start_creating(period=2.0)
    twin.start_pruning()
    for step in range(30):
        reading.simulate(1.0)
        expected["w"].append(twin.w)
        expected["one"].append(twin.dendrite(1).w)
        if step % 3 == 0:
            expected["age"].append(twin.age)
    net.simulate(12.0)
    net.simulate(18.0)
    assert every.get("w").tolist() == expected["w"]
    assert some.get("age").tolist() == expected["age"]
    assert one.get("w").tolist() == expected["one"]
    assert len({str(row) for row in expected["one"]}) > 5


# --- by hand ------------------------------------------------------------------------------------------


def test_dendrites_create_and_prune() -> None:
    net = structural()
    proj = waves(net, Synapse(parameters="k = 2.0", equations="x += k : init=1.0\nw += 0.0"))
    m = net.monitor(proj.post, "s")
    net.compile(silent=True)
    net.simulate(2.0)
    dendrite = proj.dendrite(0)
    assert dendrite.pre_ranks == [0, 3]
    kept = dendrite.synapse(3)
    dendrite.create_synapse(2, w=0.75)
    dendrite.create_synapses([1], weights=[0.125], delays=[1.0])
    dendrite.prune_synapse(0)
    assert (dendrite.pre_ranks, dendrite.w, dendrite.x) == ([1, 2, 3], [0.125, 0.75, 0.5], [1.0, 1.0, 5.0])
    assert (kept.w, kept.x) == (0.5, 5.0)
    kept.w = 2.0
    rates = proj.pre.r
    net.simulate(1.0)
    assert m.get("s")[-1, 0] == pytest.approx(0.125 * rates[1] + 0.75 * rates[2] + 2.0 * rates[3])
    dendrite.prune_synapses([3, 1, 2])
    assert dendrite.size == 0 and proj.nb_synapses == 2 and proj.nb_synapses_per_dendrite() == [0, 1, 1]
    net.simulate(1.0)
    assert proj.post.s[0] == 0.0
    dendrite.create_synapses([3, 0])
    assert (dendrite.pre_ranks, dendrite.w) == ([0, 3], [0.0, 0.0])


def test_spikes_travel_along_new_synapses_and_no_longer_along_old_ones() -> None:
    net = structural()
    source = net.create(SpikeSourceArray([[1.0, 5.0, 9.0]] * 3))
    pop = net.create(2, Neuron(equations="g_exc = 0.0\nv = v + g_exc", spike="v > 100.0"))
    proj = net.connect(source, pop, "exc").connect_from_matrix([[1.0, 2.0, None], [None, 4.0, 8.0]])
    m = net.monitor(pop, "g_exc")
    net.compile(silent=True)
    net.simulate(4.0)
    proj.dendrite(0).create_synapse(2, w=16.0)
    proj.dendrite(1).prune_synapse(1)
    net.simulate(4.0)
    proj.dendrite(0).prune_synapses([0, 1])
    net.simulate(4.0)
    arrived = m.get("g_exc")
    assert arrived[arrived.any(axis=1)].tolist() == [[3.0, 12.0], [19.0, 8.0], [16.0, 8.0]]


def test_values_and_new_monitors_after_changes() -> None:
    """New code for a monitor or a widened parameter takes the present synapses over."""
    net = structural()
    proj = waves(net, Synapse(parameters="k = 2.0", equations="x += k\nw += 0.0", creating="pre.r > 0.7"))
    net.compile(silent=True)
    proj.start_creating()
    net.simulate(1.0)
    number = proj.nb_synapses
    assert 4 < number < 12
    proj.k = [[float(pre) for pre in row] for row in proj.pre_ranks]
    m = net.monitor(proj, "x")
    net.simulate(1.0)
    for (post, pre), x in by_pair(proj, "x").items():
        assert x in (0.0, float(pre), float(pre) + 2.0), (post, pre)
    assert m.get("x")[0].tolist() == proj.x
    grown = proj.nb_synapses
    proj.dendrite(0).prune_synapse(proj.dendrite(0).pre_ranks[0])
    net.simulate(1.0)
    assert m.get("x")[-1].tolist() == proj.x
    assert proj.nb_synapses >= grown - 1


def test_reset_keeps_the_synapses_or_draws_them_again() -> None:
    net = structural()
    proj = waves(net, Synapse(**AGED, creating="pre.r >= 0.0 : w=0.5"))
    net.compile(silent=True)
    proj.start_creating(period=2.0)
    net.simulate(3.0)
    proj.stop_creating()
    net.reset(projections=True)
    assert proj.nb_synapses == 12 and proj.age == [[0] * 4] * 3
    assert proj.w != [[0.5] * 4] * 3
    net.simulate(1.0)
    assert proj.age == [[1] * 4] * 3
    net.reset(synapses=True)
    assert proj.nb_synapses == 4 and {w for row in proj.w for w in row} == {0.5}
    net.simulate(2.0)
    assert proj.nb_synapses == 4
    proj.start_creating()
    net.simulate(1.0)
    assert proj.nb_synapses == 12


@pytest.mark.parametrize("new_code", [False, True])
def test_reset_gives_each_synapse_its_own_initial_value(new_code: bool) -> None:
    net = structural()
    proj = waves(net, Synapse(equations="x += 1.0 : init=7.0"))
    proj.x = [[10.0, 20.0], [30.0], [40.0]]
    net.compile(silent=True)
    net.simulate(2.0)
    proj.dendrite(0).prune_synapse(0)
    proj.dendrite(0).create_synapse(1)
    if new_code:
        net.monitor(proj, "x")
    net.simulate(2.0)
    assert proj.x == [[9.0, 24.0], [34.0], [44.0]]
    net.reset(projections=True)
    assert proj.x == [[7.0, 20.0], [30.0], [40.0]]
