"""A checkpoint that somebody made to do harm shows an error, and the network goes on as if nothing was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoint_networks import CASES, HALF, final_state, first_half
from numpy.typing import NDArray

from engine import EngineError, IF_curr_exp, Network, TimedArray, Uniform
from engine.codegen.ir import EachDue, EachEvent, EachSpike, Let, Load, Op, Symbol
from engine.codegen.lowering import lower
from engine.codegen.lowering.builder import NO_OVERFLOW

Arrays = dict[str, NDArray[Any]]


def changed(path: Path, change: Any) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


def buffer(name: str, value: int) -> Any:
    def change(_: Any, arrays: Arrays) -> None:
        array = arrays[f"engine.buffer.{name}"]
        assert array.size
        if array.dtype == np.bool_:
            array = array.view(np.uint8)
        array[-1] = value

    return change


def array(name: str, value: Any, place: Any = -1) -> Any:
    def change(_: Any, arrays: Arrays) -> None:
        arrays[name][place] = value

    return change


def attribute(label: str, name: str, value: Any) -> Any:
    return lambda header, _: header["objects"][label].update({name: value})


def floats(name: str) -> Any:
    return lambda _, arrays: arrays.update({name: arrays[name].astype(np.float64)})


BAD: dict[str, tuple[str, Any, str]] = {
    "next spike": ("pauses", buffer("neurons0_next", -1), "neurons0_next is damaged: values from -1"),
    "end of spikes": ("pauses", buffer("neurons0_end", 1 << 40), "neurons0_end is damaged"),
    "zero of a source": ("pauses", buffer("neurons0_clock", -(2**63)), "neurons0_clock is damaged"),
    "pauses of histories": ("pauses", buffer("neurons2_hold", -(2**63)), "neurons2_hold is damaged"),
    "pause of a queue": ("pauses", buffer("synapses1_queue_behind", 2**63 - 1), "queue_behind is damaged"),
    "age of spikes": ("pauses", buffer("synapses1_route_ages", -1), "route_ages is damaged"),
    "old spikes": ("pauses", buffer("synapses1_route_ages", 1 << 30), "route_ages is damaged"),
    "no population": (
        "pauses",
        lambda _, a: a.update({"engine.paused.77": a["engine.paused.1"]}),
        "paused.77",
    ),
    "paused ring": ("pauses", array("engine.paused.1.neurons1_spikes.counts", -1), "spikes are damaged"),
    "ring": ("pauses", array("engine.ring.neurons0_spikes.counts", 1 << 40), "spikes are damaged"),
    "ranks of a ring": ("coba", floats("engine.ring.neurons0_spikes.ranks"), "spikes are damaged"),
    "clock": ("coba", array("engine.clock", -5, 1), "clock is damaged: .*tick -5"),
    "delay": ("coba", buffer("synapses0_delay", 0), "synapses0_delay is damaged"),
    "learning period": ("stdp", buffer("synapses0_period", 0), "synapses0_period is damaged"),
    "learning offset": ("stdp", buffer("synapses0_offset", -(2**63)), "synapses0_offset is damaged"),
    "switch": ("stdp", buffer("synapses0_plasticity", 2), "synapses0_plasticity is damaged"),
    "row of a schedule": ("inputs", buffer("neurons0_row", 1 << 40), "neurons0_row is damaged"),
    "row of a step": ("inputs", buffer("neurons1_due", -2), "neurons1_due is damaged"),
    "counted spikes": ("inputs", buffer("neurons1_fired_in_15", 2), "fired_in_15 is damaged"),
    "delay of a rate": ("rates", buffer("synapses0_route_delays", 1 << 20), "route_delays is damaged"),
    "negative delay": ("rates", buffer("synapses0_route_delays", -3), "route_delays is damaged"),
    "window of rates": ("refractory", buffer("neurons1_fired", 255), "neurons1_fired is damaged"),
    "pruning period": ("structural", buffer("synapses0_pruning_period", 0), "pruning_period is damaged"),
    "creating period": ("structural", buffer("synapses0_creating_period", -1), "creating_period is damaged"),
    "marks": ("structural", buffer("synapses0_creating_marks", 1), "creating_marks is damaged"),
    "number of marks": ("structural", buffer("synapses1_pruning_number", 1), "pruning_number is damaged"),
    "allowed partners": ("structural", buffer("synapses1_may_join_pre", 3), "may_join_pre is damaged"),
    "offsets": ("stdp", array("projections.0._connectivity.fields.offsets", 1 << 40), "synapses are damaged"),
    "pre": ("stdp", array("projections.0._connectivity.fields.pre", 60_000), "synapses are damaged"),
    "property": ("coba", attribute("populations.0", "timetable", 5), "timetable is no value"),
    "method": ("coba", attribute("projections.0", "decoded_steps", 0), "decoded_steps is no value"),
    "window": ("refractory", attribute("populations.1", "firing_rate_window", float("inf")), "OverflowError"),
}


@pytest.mark.parametrize("name", BAD)
def test_nothing_of_a_damaged_file_is_taken(name: str, tmp_path: Path) -> None:
    case, change, message = BAD[name]
    path = tmp_path / "c.npz"
    first_half(CASES[case], 1).save_checkpoint(path)
    changed(path, change)
    net, expected = CASES[case].build(1), CASES[case].build(1)
    for one in (net, expected):
        one.simulate(7.0)
    with pytest.raises(
        EngineError, match=rf"c\.npz cannot be loaded; the network is as it was\. .*{message}"
    ):
        net.load_checkpoint(path)
    for one in (net, expected):
        one.simulate(HALF / 2)
    found, wanted = final_state(net), final_state(expected)
    assert found.keys() == wanted.keys()
    assert [key for key in wanted if found[key].tobytes() != wanted[key].tobytes()] == []


@pytest.mark.parametrize("name", ["id", "name", "_size", "_geometry", "kind"])
def test_what_an_object_is_does_not_come_from_a_file(name: str, tmp_path: Path) -> None:
    """Two populations with one number would share their arrays; a name is part of the generated code."""
    path = tmp_path / "c.npz"
    first_half(CASES["coba"], 1).save_checkpoint(path)
    changed(path, attribute("populations.0", name, 100_000))
    net = CASES["coba"].build(1)
    before = getattr(net.populations[0], name)
    net.load_checkpoint(path)
    assert getattr(net.populations[0], name) == before


def test_rows_of_a_schedule_that_are_too_short(tmp_path: Path) -> None:
    def build() -> Network:
        net = Network(seed=1)
        net.create(TimedArray(rates=np.ones((4, 50))))
        net.compile(silent=True)
        net.simulate(3.0)
        return net

    build().save_checkpoint(tmp_path / "c.npz")

    def shorter(_: Any, arrays: Arrays) -> None:
        (name,) = [key for key in arrays if key.startswith("populations.0._given") and "rates" in key]
        arrays[name] = arrays[name][:, :1]

    changed(tmp_path / "c.npz", shorter)
    with pytest.raises(EngineError, match="the rows of its schedule do not fit"):
        build().load_checkpoint(tmp_path / "c.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda key: key.endswith("ranks"), "the spikes of m are damaged"),
        (None, "the period of m is damaged"),
    ],
)
def test_what_a_monitor_cannot_have_recorded(change: Any, message: str, tmp_path: Path) -> None:
    def build() -> Network:
        net = Network(seed=1)
        pop = net.create(50, IF_curr_exp(tau_refrac=0.0, i_offset=5.0))
        pop.v = Uniform(-65.0, -50.0)
        net.monitor(pop, "spike", name="m")
        net.compile(silent=True)
        net.simulate(30.0)
        return net

    build().save_checkpoint(tmp_path / "c.npz")

    def spoil(header: Any, arrays: Arrays) -> None:
        if change is None:
            text = json.dumps(header["monitors"])
            assert '["period_steps", 1]' in text
            header["monitors"] = json.loads(text.replace('["period_steps", 1]', '["period_steps", 0]'))
            return
        found = [arrays[key] for key in arrays if key.startswith("monitors")]
        (ranks,) = [a for a in found if a.dtype == np.int32]
        assert len(ranks)
        ranks[-1] = 1 << 30

    changed(tmp_path / "c.npz", spoil)
    net = build()
    with pytest.raises(EngineError, match=message):
        net.load_checkpoint(tmp_path / "c.npz")
    assert sum(map(len, net.monitors[0].get("spike").values())) > 0


# --- every index has limits -----------------------------------------------------------------------------


def loads(node: Any, bound: dict[str, Any]) -> set[str]:
    """Integer buffers that decide on the size of a number. What is taken modulo decides on nothing."""
    if isinstance(node, Symbol):
        return loads(bound[node.name], bound) if node.name in bound else set()
    if isinstance(node, Op) and node.op == "mod":
        return loads(node.args[1], bound)
    if isinstance(node, Op) and node.type == "bool":
        return set()
    own = {node.array} if isinstance(node, Load) and node.type == "int" else set()
    return own.union(*(loads(part, bound) for part in parts(node)))


def parts(node: Any) -> list[Any]:
    if isinstance(node, tuple):
        return list(node)
    return [getattr(node, field) for field in getattr(node, "__dataclass_fields__", ())]


def indices(node: Any, bound: dict[str, Any]) -> set[str]:
    """Integer buffers that decide on an index or divide, anywhere in a kernel."""
    if isinstance(node, Let):
        bound[node.name] = node.value
    found: set[str] = set()
    if hasattr(node, "index"):
        found |= loads(node.index, bound)
    if isinstance(node, Op) and node.op == "mod":
        found |= loads(node.args[1], bound)
    if isinstance(node, EachDue):
        found.add(node.ages)
    if isinstance(node, EachEvent | EachSpike):
        found |= loads(node.lag, bound)
    return found.union(*(indices(part, bound) for part in parts(node)))


@pytest.mark.parametrize("name", CASES)
def test_every_index_and_divisor_was_declared_with_limits(name: str) -> None:
    """A new kernel that uses a buffer as an index must say how far it goes."""
    net = CASES[name].build(1)
    net.refresh()
    lowered = lower(net)
    used = set[str]().union(*(indices(entry.work, {}) for entry in lowered.plan.schedule))
    derived = {n for m in lowered.plan.matrices for n in (m.offsets, m.columns, m.split, m.index)}
    recorders = {n for n in used if n.startswith("mon")}
    assert used or not net.projections
    unlimited = [n for n in used - derived - recorders if lowered.limits.get(n, NO_OVERFLOW) == NO_OVERFLOW]
    assert sorted(unlimited) == []
