"""Half a run, a checkpoint, and the other half elsewhere give the bits of one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import checkpoint_networks
import numpy as np
import pytest
from checkpoint_networks import CASES, HALF, RATE, final_state, first_half, network
from numpy.typing import NDArray

import engine
from engine import (
    EngineError,
    IF_curr_exp,
    Izhikevich,
    Network,
    Neuron,
    PoissonPopulation,
    Population,
    Projection,
    Uniform,
)

State = dict[str, NDArray[Any]]


@cache
def whole(name: str) -> State:
    """The state after a run without a checkpoint, on one thread."""
    net = first_half(CASES[name], threads=1)
    net.simulate(HALF)
    return final_state(net)


def assert_same(found: State, expected: State) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("before", "after", "extension"), [(1, 1, "npz"), (2, 1, "h5"), (1, 2, "npz")])
def test_two_halves_are_one_whole(name: str, before: int, after: int, extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"c.{extension}"
    first_half(CASES[name], before).save_checkpoint(path)
    net = CASES[name].build(after)
    if name == "structural":  # a monitor that was added on the way
        sprouted = net.projections[1]
        net.monitor(sprouted.dendrite(sprouted.post_ranks[3]), "w", period=5.0, name="dendrite")
    net.load_checkpoint(path)
    net.simulate(HALF)
    assert_same(final_state(net), whole(name))


def test_something_happens_in_these_networks() -> None:
    """A checkpoint of a network at rest would prove nothing."""
    for name, case in CASES.items():
        net = first_half(case, 1)
        middle, end = final_state(net), whole(name)
        changed = [key for key in end if key in middle and middle[key].tobytes() != end[key].tobytes()]
        assert len(changed) > 4, name
        assert all(np.isfinite(array).all() for array in end.values()), name
    assert whole("structural")["proj0.pre"].size != CASES["structural"].build(1).projections[0].nb_synapses
    assert whole("pauses")["engine.paused.1"][0] > 0
    assert whole("coba")["spikes.spike.steps"].size > 100


def test_in_a_fresh_process(tmp_path: Path) -> None:
    names = [name for name in CASES if name != "structural"]
    for name in CASES:
        first_half(CASES[name], 2).save_checkpoint(tmp_path / f"{name}.npz")
    script = Path(checkpoint_networks.__file__)
    root = str(Path(engine.__file__).parents[1])
    subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        check=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    )
    for name in names:
        with np.load(tmp_path / f"{name}.end.npz") as found:
            assert_same({key: found[key] for key in found}, whole(name))
    with np.load(tmp_path / "structural.end.npz") as found:
        expected = {
            key: array for key, array in whole("structural").items() if not key.startswith("dendrite")
        }
        assert_same({key: found[key] for key in found}, expected)


def test_the_checkpoint_is_whatever_the_plan_declares() -> None:
    """Each buffer is in the state, follows from the synapses, means nothing between calls, or belongs to
    monitors or rings of events."""
    for case in CASES.values():
        net = case.build(1)
        instance = net.refresh()
        plan = instance._plan
        assert plan is not None
        kept = {name.removeprefix("buffer.") for name in instance.state() if name.startswith("buffer.")}
        left = {b.name for b in plan.buffers} - kept
        structure = {n for m in plan.matrices for n in (m.offsets, m.columns, m.split, m.index)}
        rings = {n for events in plan.events for n in (events.ranks, events.counts)}
        assert {n for n in left - structure - rings - {*plan.scratch} if not n.startswith("mon")} == set()


# --- another network ------------------------------------------------------------------------------------


def small(
    dt: float = 1.0,
    size: int = 5,
    neuron: Any = RATE,
    name: str = "a",
    target: str = "exc",
    post: slice = slice(None),
    extra: bool = False,
    **settings: Any,
) -> Network:
    net = Network(dt=dt, seed=1)
    net.config(**settings)
    a, b = net.create(size, neuron, name=name), net.create(4, RATE, name="b")
    if extra:
        net.create(2, RATE, name="extra")
    net.connect(a, b[post], target).all_to_all(Uniform(0.0, 1.0))
    net.compile(silent=True)
    return net


OTHER = Neuron(parameters="tau = 10.0\nB = 1.0", equations="tau*dr/dt + r = 2*B\nm = mean(r) : population")
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "dt": ({"dt": 0.5}, r"dt: 1\.0 in the file, 0\.5 in this network"),
    "precision": ({"precision": "float"}, "precision: double in the file, float in this network"),
    "method": ({"method": "rk4"}, "method: explicit in the file, rk4"),
    "size": ({"size": 6}, r"populations, a, geometry: \[5\] in the file, \[6\] in this network"),
    "model": ({"neuron": OTHER}, "populations, a, equations: the text is another one"),
    "name": ({"name": "c"}, "populations, a: exists in the file only"),
    "more": ({"extra": True}, "populations, extra: exists in this network only"),
    "view": ({"post": slice(1, 3)}, "projections, .*, post neurons: the text is another one"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_network_is_refused(name: str, tmp_path: Path) -> None:
    settings, message = OTHERS[name]
    net = small()
    net.simulate(5.0)
    net.save_checkpoint(tmp_path / "c.npz")
    other = small(**settings)
    before = final_state(other)
    with pytest.raises(EngineError, match=rf"c\.npz is the checkpoint of another network\. {message}"):
        other.load_checkpoint(tmp_path / "c.npz")
    assert_same(final_state(other), before)


def test_text_written_otherwise_is_the_same_network(tmp_path: Path) -> None:
    net = small(neuron=Neuron(parameters="a = 1.0", equations="dr/dt = a - r"))
    net.populations[0].a = 3.0
    net.simulate(5.0)
    net.save_checkpoint(tmp_path / "c.npz")
    other = small(neuron=Neuron(parameters="a = 7.0 # another one", equations="\n  dr/dt =   a-r"))
    other.load_checkpoint(tmp_path / "c.npz")
    assert_same(final_state(other), final_state(net))


def test_seed_synapses_and_initial_values_are_those_of_the_file(tmp_path: Path) -> None:
    def build(seed: int) -> tuple[Network, Projection]:
        net = Network(seed=seed)
        noise = net.create(PoissonPopulation(20, rates=100.0))
        pop = net.create(10, Izhikevich)
        pop.v = Uniform(-70.0, -60.0)
        proj = net.connect(noise, pop, "exc").fixed_probability(0.5, weights=Uniform(0.0, 9.0))
        net.compile(silent=True)
        return net, proj

    (one, first), (two, second) = build(1), build(2)
    assert first.pre_ranks != second.pre_ranks
    one.simulate(20.0)
    one.populations[1].u = Uniform(0.0, 1.0)
    one.save_checkpoint(tmp_path / "c.npz")
    two.load_checkpoint(tmp_path / "c.npz")
    for net in (one, two):
        net.simulate(20.0)
        net.reset(projections=True)
        net.simulate(30.0)
        net.populations[1].u = Uniform(0.0, 1.0)
    assert first.pre_ranks == second.pre_ranks
    assert one.seed == two.seed == 1
    assert_same(final_state(two), final_state(one))


def test_synapses_of_a_file(tmp_path: Path) -> None:
    """They were loaded after compile, with other kinds of weights and delays than those of the script."""

    def build(weights: Any, delays: Any) -> tuple[Network, Projection]:
        net = Network(seed=1)
        noise, pop = net.create(PoissonPopulation(20, rates=200.0)), net.create(10, Izhikevich)
        proj = net.connect(noise, pop, "exc").all_to_all(weights, delays)
        net.compile(silent=True)
        return net, proj

    _, source = build(Uniform(0.0, 1.0), Uniform(1.0, 5.0))
    source.save(tmp_path / "synapses.npz")
    one, first = build(0.5, 2.0)
    first.load(tmp_path / "synapses.npz")
    one.simulate(20.0)
    one.save_checkpoint(tmp_path / "c.npz")
    two, second = build(0.5, 2.0)
    two.load_checkpoint(tmp_path / "c.npz")
    for net in (one, two):
        net.simulate(20.0)
    assert (second.w, second.delay) == (first.w, first.delay) == (source.w, source.delay)
    second.w, first.w = source.w, source.w
    second.delay, first.delay = 3.0, 3.0
    assert second.delay == [[3.0] * 20] * 10
    assert_same(final_state(two), final_state(one))


def test_one_refractory_period_where_each_neuron_had_its_own(tmp_path: Path) -> None:
    values = []
    for loads in (False, True):
        net = Network(dt=1.0, seed=1)
        pop = net.create(3, Neuron(equations="v += 1.0", spike="v > 1.5", reset="v = 0.0"))
        pop.refractory = [0.0, 3.0, 9.0]
        net.compile(silent=True)
        m = net.monitor(pop, "spike")
        net.simulate(4.0)
        pop.refractory = 2.0
        if loads:
            net.save_checkpoint(tmp_path / "c.npz")
            net.simulate(5.0)
            net.load_checkpoint(tmp_path / "c.npz")
        net.simulate(20.0)
        values.append((pop.refractory.tolist(), m.get("spike")))
    assert values[1] == values[0]
    assert values[0][0] == [2.0, 2.0, 2.0]


def test_constants_that_were_changed(tmp_path: Path) -> None:
    gain = engine.Constant("gain", 2.0)
    values = []
    for loads in (False, True):
        net = Network(seed=1)
        pop = net.create(1, Neuron(equations="r += gain"))
        net.compile(silent=True)
        if loads:
            net.load_checkpoint(tmp_path / "c.npz")
        else:
            gain.set(5.0, net)
            net.simulate(3.0)
            net.save_checkpoint(tmp_path / "c.npz")
        net.simulate(2.0)
        values.append((pop.r[0], net.constants["gain"]))
    assert values == [(25.0, 5.0), (25.0, 5.0)]


# --- monitors -------------------------------------------------------------------------------------------


def test_recorded_data_come_along(tmp_path: Path) -> None:
    net, expected = small(), small()
    for one in (net, expected):
        one.monitor(one.populations[0], "r", period=2.0, name="m")
    expected.simulate(20.0)
    net.simulate(11.0)
    net.save_checkpoint(tmp_path / "c.npz")
    fresh = small()
    m = fresh.monitor(fresh.populations[0], "r", period=2.0, name="m")
    fresh.load_checkpoint(tmp_path / "c.npz")
    fresh.simulate(9.0)
    assert m.times()["r"] == {"start": [0], "stop": [20]}
    np.testing.assert_array_equal(m.get("r"), expected.monitors[0].get("r"))
    assert len(net.monitors[0].get("r")) == 6


def test_other_monitors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = small()
    net.monitor(net.populations[0], "r", name="gone")
    net.simulate(10.0)
    net.save_checkpoint(tmp_path / "c.npz")
    fresh = small()
    m = fresh.monitor(fresh.populations[1], "r", name="new")
    fresh.load_checkpoint(tmp_path / "c.npz")
    assert "The monitor gone of the file does not exist here" in capsys.readouterr().out
    fresh.simulate(3.0)
    assert m.times()["r"] == {"start": [10], "stop": [13]}
    assert m.get("r").shape == (3, 4)


def test_monitors_that_record_to_files(tmp_path: Path) -> None:
    def build() -> tuple[Network, Any]:
        net = small()
        return net, net.monitor(net.populations[0], "r", name="m")

    whole, expected = build()
    whole.simulate(20.0)
    net, m = build()
    with m.record_to(tmp_path / "first.h5"):
        net.simulate(12.0)
        net.save_checkpoint(tmp_path / "c.npz")
        first = m.get("r")
    net, m = build()
    with m.record_to(tmp_path / "second.h5"):
        net.load_checkpoint(tmp_path / "c.npz")
        net.simulate(8.0)
        assert m.times()["r"] == {"start": [12], "stop": [20]}
        np.testing.assert_array_equal(np.concatenate([first, m.get("r")]), expected.get("r"))


# --- files ----------------------------------------------------------------------------------------------


def test_before_compile_and_other_extensions(tmp_path: Path) -> None:
    net = Network()
    net.create(2, Izhikevich)
    for call in (net.save_checkpoint, net.load_checkpoint):
        with pytest.raises(EngineError, match="compile"):
            call(tmp_path / "c.npz")
    net.compile(silent=True)
    for call in (net.save_checkpoint, net.load_checkpoint):
        with pytest.raises(EngineError, match=r"\.npz or \.h5 file, not 'c\.data'"):
            call(tmp_path / "c.data")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("extension", ["npz", "h5"])
def test_damaged_files(extension: str, tmp_path: Path) -> None:
    net = small()
    path = tmp_path / f"c.{extension}"
    with pytest.raises(EngineError, match=r"Unable to read the file .*c\..*No such file"):
        net.load_checkpoint(path)
    net.save_checkpoint(path)
    content = path.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"hello"):
        path.write_bytes(damaged)
        with pytest.raises(EngineError, match=rf"c\.{extension}"):
            net.load_checkpoint(path)
    net.save(path)
    with pytest.raises(EngineError, match="is no checkpoint"):
        net.load_checkpoint(path)


def changed(path: Path, change: Any) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


def spoil_ranks(_: Any, arrays: State) -> None:
    arrays["projections.0._connectivity.fields.pre"][:] = 60_000


def spoil_wide_ranks(_: Any, arrays: State) -> None:
    """Ranks of another type are taken as far as they fit."""
    name = "projections.0._connectivity.fields.pre"
    arrays[name] = arrays[name].astype(np.int32) + 65_536


CHANGES: dict[str, tuple[Any, str]] = {
    "version": (lambda h, a: h.update(version=2), "of version 2; this is version 1"),
    "buffer gone": (
        lambda h, a: a.pop("engine.buffer.pop0_r"),
        "another version: buffer.pop0_r is not in the file",
    ),
    "buffer more": (
        lambda h, a: a.update({"engine.buffer.x": np.zeros(1)}),
        "buffer.x is not in this network",
    ),
    "synapses": (spoil_ranks, "its synapses are damaged"),
    "synapses of another type": (spoil_wide_ranks, "its synapses are damaged"),
    "objects": (lambda h, a: h["objects"].pop("projections.0"), "cannot be loaded"),
    "monitors": (lambda h, a: h.update(monitors=[{"array": "none"}]), "cannot be loaded"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_files_of_others(name: str, tmp_path: Path) -> None:
    change, message = CHANGES[name]
    net = small()
    net.simulate(3.0)
    net.save_checkpoint(tmp_path / "c.npz")
    changed(tmp_path / "c.npz", change)
    with pytest.raises(EngineError, match=rf"c\.npz.*{message}"):
        small().load_checkpoint(tmp_path / "c.npz")


def test_ranks_of_spikes_outside_of_the_population(tmp_path: Path) -> None:
    def build() -> Network:
        net = network(1)
        noise = net.create(PoissonPopulation(50, rates=500.0))
        net.connect(noise, net.create(5, IF_curr_exp), "exc").all_to_all(0.1, delays=3.0)
        net.compile(silent=True)
        return net

    net = build()
    net.simulate(10.0)
    net.save_checkpoint(tmp_path / "c.npz")
    changed(tmp_path / "c.npz", lambda _, arrays: arrays["engine.ring.neurons0_spikes.ranks"].fill(1 << 20))
    with pytest.raises(EngineError, match="spikes are damaged"):
        build().load_checkpoint(tmp_path / "c.npz")


def test_the_network_of_the_top_level(tmp_path: Path) -> None:
    results = []
    for part in ("whole", "half", "rest"):
        engine.clear()
        engine.setup(seed=3)
        pop = Population(10, Izhikevich)
        pop.noise = 5.0
        engine.compile(silent=True)
        if part == "rest":
            engine.load_checkpoint(tmp_path / "c.h5")
        engine.simulate(40.0 if part == "whole" else 20.0)
        if part == "half":
            engine.save_checkpoint(tmp_path / "c.h5")
        else:
            results.append(pop.v.tolist())
    assert results[0] == results[1]
    assert engine.get_time() == 40.0
