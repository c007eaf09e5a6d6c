"""Networks in files: those of the reference load, ours come back, others are clear errors."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    STDP,
    DiscreteUniform,
    EngineError,
    Izhikevich,
    Network,
    Neuron,
    Normal,
    Oja,
    Population,
    Projection,
    Synapse,
    Uniform,
    compile,
    get_time,
    load,
    save,
    setup,
    simulate,
)

DATA = Path(__file__).parents[1] / "files" / "data"
RATE = Neuron(
    parameters="tau = 10.0 : population\nbase = 0.5",
    equations="tau*dr/dt + r = sum(exc) + base\nm = mean(r) : population",
)
# What data/make_reference_files.py printed:
REFERENCE = {
    "a.r": [
        [0.0, 0.8714878434348967, 1.7429756868697934],
        [2.6144635303046897, 3.485951373739587, 4.357439217174483],
    ],
    "a.m": 2.1618101143023596,
    "b.r": [3.8470429106224477, 15.62573695772642, 3.1854998573923603, 8.785169942307558],
    "s.v": [-71.00290455891242] * 3,
    "single": ([0, 1, 2, 3], [[0, 1, 2, 3, 4, 5]] * 4, 0.25, 1.5),
    "oja": (
        [0, 1, 2, 3],
        [[1, 2], [2, 4], [0, 2], [3, 5]],
        [
            [0.34885279160569627, 0.6717594149425706],
            [0.11125775110418334, 0.22251550220835917],
            [0.16151473734941343, 0.5350511029264454],
            [0.3060909371460676, 0.5079394427796463],
        ],
        0.5,
    ),
    "stdp": ([0, 1, 2], [[1, 2], [0, 2], [0, 1]], [[0.5, 0.5]] * 3, [[2.0, 3.0], [4.0, 4.0], [1.0, 1.0]]),
    "ragged": ([1, 2, 3], [[1, 2, 5], [0], [0, 1]], [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]], 0.5),
}


def reference_network(seed: int = 7) -> dict[str, Any]:
    """The objects of data/make_reference_files.py, with other values and synapses."""
    setup(dt=0.5, seed=seed)
    a, b, s = Population((2, 3), RATE, "a"), Population(4, RATE, "b"), Population(3, Izhikevich, "s")
    single = Projection(a, b, "exc", name="single").connect_all_to_all(0.75, delays=1.5)
    oja = Projection(a, b, "exc", Oja, name="oja").connect_fixed_number_pre(2, weights=Uniform(0.0, 1.0))
    stdp = Projection(s, s, "exc", STDP, name="stdp").connect_all_to_all(0.1, delays=DiscreteUniform(1, 4))
    ragged = Projection(a, b[1:4], "exc", name="ragged").connect_one_to_one(1.0, force_multiple_weights=True)
    compile(silent=True)
    return {"a": a, "b": b, "s": s, "single": single, "oja": oja, "stdp": stdp, "ragged": ragged}


def state(projection: Projection) -> tuple[Any, ...]:
    return projection.post_ranks, projection.pre_ranks, projection.w, projection.delay


def assert_reference(net: dict[str, Any]) -> None:
    for name in ("single", "oja", "stdp", "ragged"):
        assert state(net[name]) == REFERENCE[name], name
    for name in ("a.r", "b.r", "s.v"):
        obj, attribute = name.split(".")
        assert getattr(net[obj], attribute).tolist() == REFERENCE[name]
    assert net["a"].m == REFERENCE["a.m"]
    assert net["a"].base.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("extension", ["npz", "data", "txt.gz"])
def test_networks_of_the_reference(extension: str, capsys: pytest.CaptureFixture[str]) -> None:
    net = reference_network()
    capsys.readouterr()
    load(DATA / f"net.{extension}")
    assert_reference(net)
    assert get_time() == 20.0
    out = capsys.readouterr().out
    assert "INFO: Projection oja: the synapses of the file differ from the present ones" in out
    assert "INFO: Projection single" not in out
    assert "WARNING" not in out
    simulate(5.0)
    assert net["b"].r[1] != REFERENCE["b.r"][1]


def test_single_objects_of_the_reference() -> None:
    net = reference_network()
    net["a"].load(DATA / "a.npz")
    assert net["a"].r.tolist() == REFERENCE["a.r"]
    net["stdp"].load(DATA / "stdp.npz")
    assert state(net["stdp"]) == REFERENCE["stdp"]


@pytest.mark.parametrize("extension", ["npz", "data", "txt.gz", "h5", "txt"])
def test_round_trip(extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = reference_network(seed=3)
    net["s"].v = [-60.0, -70.0, -80.0]
    net["stdp"].x = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    net["stdp"].tau_plus = 30.0
    simulate(10.0)
    before = {n: net[n].v.tolist() if n == "s" else net[n].r.tolist() for n in ("a", "b", "s")}
    synapses = {n: state(net[n]) for n in ("single", "oja", "stdp", "ragged")}
    x = net["stdp"].x
    path = tmp_path / "new" / "folder" / f"net.{extension}"
    save(path)
    assert f"Creating folder {path.parent}" in capsys.readouterr().out
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    engine.clear()
    net = reference_network(seed=4)
    assert state(net["oja"]) != synapses["oja"]
    load(path)
    assert {n: net[n].v.tolist() if n == "s" else net[n].r.tolist() for n in ("a", "b", "s")} == before
    assert {n: state(net[n]) for n in synapses} == synapses
    assert (net["stdp"].x, net["stdp"].tau_plus) == (x, 30.0)
    assert get_time() == 10.0


def test_keys_of_the_specification(tmp_path: Path) -> None:
    net = reference_network()
    load(DATA / "net.npz")
    save(tmp_path / "net.data")
    content = pickle.loads((tmp_path / "net.data").read_bytes())
    names = ["a", "b", "s", "single", "oja", "stdp", "ragged"]
    assert list(content) == ["time_step", "net_id", *names, "obj_names"]
    assert content["obj_names"] == {"populations": names[:3], "projections": names[3:]}
    assert type(content["time_step"]) is int
    reference = pickle.loads((DATA / "net.data").read_bytes())
    for name in names:
        assert set(content[name]) == set(reference[name])
        for key, value in reference[name].items():
            if key not in ("parameters", "variables", "attributes"):
                assert type(content[name][key]) is type(value), (name, key)
        assert np.shape(content[name].get("pre_ranks")) == np.shape(reference[name].get("pre_ranks"))
    assert content["a"]["base"].shape == (2, 3)
    net["stdp"].save(tmp_path / "stdp.npz")
    with np.load(tmp_path / "stdp.npz", allow_pickle=True) as ours, np.load(DATA / "stdp.npz") as theirs:
        assert set(ours) == set(theirs)
        shapes = {
            k: (theirs[k].shape, theirs[k].dtype.kind)
            for k in theirs
            if k not in ("attributes", "parameters")
        }
        assert {k: (ours[k].shape, ours[k].dtype.kind) for k in shapes} == shapes


def test_matlab_files_are_written_only(tmp_path: Path) -> None:
    from scipy.io import loadmat

    net = reference_network()
    save(tmp_path / "net.mat")
    net["ragged"].save_connectivity(tmp_path / "ragged.mat")
    assert loadmat(tmp_path / "net.mat")["b"]["r"][0, 0].shape == (1, 4)
    found = loadmat(tmp_path / "ragged.mat")
    assert found["nb_synapses"] == 3 and found["w"].shape == (3, 1)
    with pytest.raises(EngineError, match="Unable to load Matlab format"):
        load(tmp_path / "net.mat")


def test_only_populations(tmp_path: Path) -> None:
    net = reference_network()
    save(tmp_path / "p.npz", projections=False)
    net["b"].r, net["oja"].w = 7.0, 0.5
    load(tmp_path / "p.npz", projections=False)
    assert net["b"].r.tolist() == [0.0] * 4
    assert net["oja"].w == [[0.5, 0.5]] * 4


def test_what_does_not_fit_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = reference_network()
    content = pickle.loads((DATA / "net.data").read_bytes())
    content["a"]["attributes"].append("zeta")
    content["a"]["zeta"] = 1.0
    content["a"]["attributes"].remove("base")
    content["gone"] = content.pop("s")
    content["obj_names"]["populations"] = ["a", "b", "gone"]
    (tmp_path / "x.data").write_bytes(pickle.dumps(content))
    load(tmp_path / "x.data")
    out = capsys.readouterr().out
    assert "WARNING: The population a has no attribute 'zeta', which is in the file; it is skipped." in out
    assert "WARNING: a: base is not in the file and keeps its value." in out
    assert "WARNING: The population s is not in the file and keeps its values." in out
    assert "WARNING: The population gone of the file does not exist in the current network." in out
    assert net["a"].r.tolist() == REFERENCE["a.r"]


BAD: dict[str, Any] = {
    "wrong size": (lambda c: c["b"].update(r=np.zeros(5)), r"b\.r has 5 values in the file.*4 neurons"),
    "unknown rank": (
        lambda c: c["oja"].update(post_ranks=[0, 1, 2, 9]),
        r"oja: post_ranks has rank 9.*4 neurons",
    ),
    "twice": (lambda c: c["oja"].update(pre_ranks=[[1, 1], [2, 4], [0, 2], [3, 5]]), "two synapses join"),
    "outside of a view": (lambda c: c["ragged"].update(post_ranks=[0, 2, 3]), "ragged: 1 neurons.*outside"),
    "lengths": (
        lambda c: c["stdp"].update(x=[[0.0], [0.0], [0.0]]),
        "stdp: x does not have one value for each",
    ),
    "words": (lambda c: c["stdp"].update(x=[["a", "b"]] * 3), "stdp: x is not numbers"),
    "no value": (lambda c: c["a"].pop("r"), r"a\.r is listed, but has no value"),
    "no ranks": (lambda c: c["oja"].update(pre_ranks=5), "another kind"),
    "ranks of text": (lambda c: c["oja"].update(pre_ranks=["a", "b", "c", "d"]), "no list of ranks"),
    "flat weights": (
        lambda c: c["oja"].update(w=[1.0, 2.0, 3.0, 4.0]),
        "oja: w does not have one value for each",
    ),
    "step": (lambda c: c.update(time_step="x"), "another kind"),
    "names": (lambda c: c["a"].update(attributes=5), "another kind"),
    "no network": (lambda c: c.pop("time_step"), "no network"),
    "swapped": (lambda c: c.update(a=c["oja"]), "Population a: the file holds a projection"),
    "swapped again": (lambda c: c.update(oja=c["a"]), "no post_ranks"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_do_not_fit(name: str, tmp_path: Path) -> None:
    reference_network()
    content = pickle.loads((DATA / "net.data").read_bytes())
    change, message = BAD[name]
    change(content)
    (tmp_path / "bad.data").write_bytes(pickle.dumps(content))
    with pytest.raises(EngineError, match=rf"bad\.data.*{message}"):
        load(tmp_path / "bad.data")


@pytest.mark.parametrize("extension", ["npz", "data", "txt.gz", "h5"])
def test_missing_and_damaged_files(extension: str, tmp_path: Path) -> None:
    net = reference_network()
    path = tmp_path / f"x.{extension}"
    for loader in (load, net["a"].load, net["oja"].load):
        with pytest.raises(EngineError, match=rf"Unable to read the file .*x\.{extension}: No such file"):
            loader(path)
    save(path)
    content = path.read_bytes()
    for damaged in (b"hello", content[: len(content) // 2], b""):
        path.write_bytes(damaged)
        with pytest.raises(EngineError, match=rf"x\.{extension}"):
            load(path)


def test_before_compile(tmp_path: Path) -> None:
    a = Population(4, RATE, "b")
    p = Projection(a, a, "exc").connect_all_to_all(1.0)
    for call in (save, load, p.save, p.load, p.save_connectivity):
        with pytest.raises(EngineError, match="compile"):
            call(DATA / "net.npz" if "load" in call.__name__ else tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())
    load(DATA / "net.npz", projections=False)
    assert a.r.tolist() == REFERENCE["b.r"]
    compile(silent=True)
    assert a.r.tolist() == REFERENCE["b.r"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_while_saving_leaves_the_old_file(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference_network()
    path = tmp_path / "net.npz"
    save(path)
    content = path.read_bytes()
    simulate(1.0)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, fail)
    with pytest.raises(EngineError, match=r"net\.npz cannot be written: No space left on device"):
        save(path)
    monkeypatch.undo()
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_delays_and_kinds_of_weights_of_the_file_hold(tmp_path: Path) -> None:
    """Where only the kind differs, too: one delay or many, one weight or many."""

    def build(weights: Any, delays: Any, many: bool) -> tuple[Network, Projection]:
        net = Network(dt=0.5, seed=2)
        pop = net.create(3, Izhikevich)
        proj = net.connect(pop, pop, "exc").all_to_all(weights, delays, force_multiple_weights=many)
        net.compile(silent=True)
        return net, proj

    kinds = [
        (0.5, 0.0, False),
        (0.5, 2.0, False),
        (0.5, 1.0, True),
        (Uniform(0.0, 1.0), Uniform(0.5, 3.0), False),
        (0.2, Uniform(0.5, 1.5), False),
    ]
    for source in kinds:
        net, proj = build(*source)
        net.save(tmp_path / "x.npz")
        expected = state(proj)
        for target in kinds:
            net, other = build(*target)
            net.load(tmp_path / "x.npz")
            found = state(other)
            weights = (
                found[2] if isinstance(expected[2], list) == isinstance(found[2], list) else found[2][0][0]
            )
            assert (*found[:2], weights, found[3]) == expected, (source, target)
            net.simulate(3.0)


def test_post_synaptic_and_global_attributes_and_unordered_dendrites(tmp_path: Path) -> None:
    net = Network(seed=1)
    pop = net.create(4, RATE)
    synapse = Synapse(
        parameters="eta = 0.1 : projection\nlimit = 1.0 : postsynaptic",
        equations="theta = 0.5*theta + post.r : postsynaptic\ndw/dt = eta*theta",
    )
    proj = net.connect(pop, pop[1:4], "exc", synapse).from_matrix(np.arange(12.0).reshape(3, 4))
    net.compile(silent=True)
    proj.save(tmp_path / "x.data")
    content = pickle.loads((tmp_path / "x.data").read_bytes())
    order = [2, 0, 1]
    for key in ("post_ranks", "pre_ranks", "w", "limit", "theta"):
        content[key] = [content[key][k] for k in order]
    content["limit"], content["eta"] = [30.0, 10.0, 20.0], 0.7
    content["pre_ranks"] = [row[::-1] for row in content["pre_ranks"]]
    content["w"] = [row[::-1] for row in content["w"]]
    with gzip.open(tmp_path / "x.gz", "wb") as file:
        pickle.dump(content, file)
    proj.w = Normal(0.0, 1.0)
    proj.load(tmp_path / "x.gz")
    assert proj.w == np.arange(12.0).reshape(3, 4).tolist()
    assert (proj.limit, proj.eta) == ([10.0, 20.0, 30.0], 0.7)


def test_reset_after_a_projection_was_rebuilt() -> None:
    net = reference_network()
    load(DATA / "net.npz")
    engine.reset(projections=True)
    assert net["oja"].eta == 0.01
    assert state(net["oja"])[:3] == REFERENCE["oja"][:3]
