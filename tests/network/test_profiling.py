"""Measuring what the time of a run is spent on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

import engine
from engine import EngineError, Izhikevich, Monitor, Network, Population, Projection


def network(threads: int, **compiling: bool) -> Network:
    net = Network(dt=1.0, seed=2)
    net.config(num_threads=threads)
    pop = net.create(500, Izhikevich, name="P")
    pop.noise = 5.0
    net.connect(pop, pop, "exc").connect_fixed_probability(0.1, weights=0.2)
    net.monitor(pop, ["spike", "v"])
    net.compile(silent=True, **compiling)
    return net


@pytest.mark.parametrize("threads", [1, 2])
def test_parts_of_a_step(threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = network(threads, profile_enabled=True)
    assert set(net.profile().values()) == {0.0}
    started = time.perf_counter()
    net.simulate(200.0)
    wall = time.perf_counter() - started
    parts = net.profile()
    names = [name for part in parts for name in part.split(" + ")]
    assert {"pop0.equations", "pop0.spikes", "proj0.spike delivery", "mon0_v", "end of the step"} <= set(
        names
    )
    assert len(names) == len(set(names))
    assert list(parts.values()) == sorted(parts.values(), reverse=True)
    assert 0.0 < sum(parts.values()) <= wall
    assert all(seconds > 0.0 for seconds in parts.values())
    written = json.loads((next(tmp_path.glob("profile*.json"))).read_text())
    assert (written["threads"], written["steps"], written["parts"]) == (threads, 200, parts)


def test_measuring_changes_no_result() -> None:
    values = []
    for measured in (False, True):
        net = network(2, profile_enabled=measured)
        net.run_steps(300)
        values.append(net.get_populations()[0].v)
    np.testing.assert_array_equal(*values)


def test_a_new_plan_measures_its_own_parts() -> None:
    net = network(1, profile_enabled=True)
    net.run_steps(50)
    net.monitor(net.get_populations()[0], "u")
    net.run_steps(50)
    assert net.profile()["mon1_u"] > 0.0


def test_the_setting_and_its_folder(tmp_path: Path) -> None:
    engine.setup(profiling=True, profile_out=str(tmp_path / "new"))
    pop = Population(10, Izhikevich)
    Projection(pop, pop, "exc").connect_all_to_all(0.1)
    Monitor(pop, "v")
    engine.compile(silent=True)
    engine.simulate(10.0)
    assert json.loads((tmp_path / "new" / "profile.json").read_text())["steps"] == 10


def test_without_it_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = network(1)
    net.simulate(5.0)
    assert not list(tmp_path.iterdir())
    assert "nl_lap" not in net.generate()
    with pytest.raises(EngineError, match="profile_enabled=True"):
        net.profile()
