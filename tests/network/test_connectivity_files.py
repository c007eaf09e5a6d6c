"""Files of connectivity: those of the reference, ours, and what does not fit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import EngineError, Izhikevich, Network, Neuron, Oja, Projection, Uniform

DATA = Path(__file__).parents[1] / "files" / "data"
RATE = Neuron(equations="r = sum(exc)")


def network(dt: float = 0.5) -> tuple[Network, Any, Any, Any]:
    net = Network(dt=dt, seed=1)
    return net, net.create((2, 3), RATE, name="a"), net.create(4, RATE, name="b"), net.create(3, Izhikevich)


def described(projection: Projection) -> tuple[Any, ...]:
    return projection.post_ranks, projection.pre_ranks, projection.w, projection.delay


@pytest.mark.parametrize("extension", ["npz", "data", "gz"])
def test_files_of_the_reference(extension: str) -> None:
    """Expected: what data/make_reference_files.py printed."""
    net, a, b, s = network()
    made = {}
    for name, ends, synapse in (
        ("single", (a, b), None),
        ("oja", (a, b), Oja),
        ("stdp", (s, s), None),
        ("ragged", (a, b[1:4]), None),
    ):
        made[name] = net.connect(*ends, "exc", synapse)
        made[name].connect_from_file(DATA / f"connectivity_{name}.{extension}")
    net.compile(silent=True)
    assert described(made["single"]) == ([0, 1, 2, 3], [[0, 1, 2, 3, 4, 5]] * 4, 0.25, 1.5)
    assert described(made["oja"])[:2] == ([0, 1, 2, 3], [[1, 2], [2, 4], [0, 2], [3, 5]])
    assert made["oja"].w[3] == [0.3060909371460676, 0.5079394427796463]
    assert made["oja"].delay == 0.5 and made["oja"].uniform_delay == 0
    assert described(made["stdp"]) == (
        [0, 1, 2],
        [[1, 2], [0, 2], [0, 1]],
        [[0.5, 0.5]] * 3,
        [[2.0, 3.0], [4.0, 4.0], [1.0, 1.0]],
    )
    assert described(made["ragged"]) == (
        [1, 2, 3],
        [[1, 2, 5], [0], [0, 1]],
        [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]],
        0.5,
    )
    net.simulate(5.0)


@pytest.mark.parametrize("extension", ["npz", "data", "gz", "h5"])
@pytest.mark.parametrize("delays", [0.0, 2.0, Uniform(0.5, 3.0)])
@pytest.mark.parametrize("weights", [0.5, Uniform(0.0, 1.0)])
def test_round_trip(extension: str, delays: Any, weights: Any, tmp_path: Path) -> None:
    net, _, _, s = network()
    first = net.connect(s, s, "exc").connect_fixed_probability(0.6, weights, delays)
    net.compile(silent=True)
    path = tmp_path / f"c.{extension}"
    first.save_connectivity(path)
    net, _, _, s = network()
    second = net.connect(s, s, "exc").from_file(path)
    third = net.connect(s, s, "inh").connect_all_to_all(1.0)
    net.compile(silent=True)
    assert described(second) == described(first)
    assert second.uniform_delay == first.uniform_delay
    assert third.nb_synapses == 6
    assert second.connector_name == "From File"


def test_keys_are_those_of_the_reference(tmp_path: Path) -> None:
    net, a, b, _ = network()
    oja = net.connect(a, b, "exc", Oja, name="oja").connect_fixed_number_pre(2, 0.5)
    single = net.connect(a, b, "exc", name="single").connect_all_to_all(0.25, delays=1.5)
    net.compile(silent=True)
    for projection in (oja, single):
        projection.save_connectivity(tmp_path / "x.npz")
        ours = np.load(tmp_path / "x.npz", allow_pickle=True)
        theirs = np.load(DATA / f"connectivity_{projection.name}.npz", allow_pickle=True)
        assert set(ours) == {*theirs, "dt"}
        assert {k: ours[k].shape for k in theirs} == {k: theirs[k].shape for k in theirs}
        for key in ("max_delay", "uniform_delay", "size", "nb_synapses", "delay", "name", "post_ranks"):
            assert ours[key].tolist() == theirs[key].tolist(), key


def test_delays_stay_the_same_in_ms_with_another_dt(tmp_path: Path) -> None:
    """Files of the reference hold no dt: their delays are steps."""
    net, _, _, s = network(dt=0.5)
    many = net.connect(s, s, "exc").connect_from_matrix(np.ones((3, 3)), [[1.0, 2.0, 3.0]] * 3)
    one = net.connect(s, s, "inh").connect_all_to_all(1.0, delays=2.0)
    net.compile(silent=True)
    many.save_connectivity(tmp_path / "many.npz")
    one.save_connectivity(tmp_path / "one.npz")
    net, a, b, s = network(dt=0.25)
    again = net.connect(s, s, "exc").from_file(tmp_path / "many.npz")
    uniform = net.connect(s, s, "inh").from_file(tmp_path / "one.npz")
    theirs = net.connect(a, b, "exc").from_file(DATA / "connectivity_single.npz")
    net.compile(silent=True)
    assert (again.delay, uniform.delay, theirs.delay) == ([[1.0, 2.0, 3.0]] * 3, 2.0, 0.75)


BAD: dict[str, Any] = {
    "missing": (None, "No such file"),
    "no weights": (lambda c: c.pop("w"), "no weights"),
    "too large": (lambda c: c.update(post_ranks=[0, 1, 2, 7]), "rank 7, but the population has 4"),
    "negative": (lambda c: c.update(pre_ranks=[[-1, 2], [2, 4], [0, 2], [3, 5]]), "rank"),
    "rows": (lambda c: c.update(pre_ranks=[[1, 2]]), "one list for each of the 4"),
    "weights": (lambda c: c.update(w=[[1.0]] * 4), "w does not have one value"),
    "nothing": (lambda c: c.clear(), "no post_ranks"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_do_not_fit(name: str, tmp_path: Path) -> None:
    _, a, b, _ = network()
    change, message = BAD[name]
    if change is not None:
        content = pickle.loads((DATA / "connectivity_oja.data").read_bytes())
        change(content)
        (tmp_path / "bad.data").write_bytes(pickle.dumps(content))
    with pytest.raises(EngineError, match=rf"bad\.data.*{message}"):
        Projection(a, b, "exc").connect_from_file(tmp_path / "bad.data")
