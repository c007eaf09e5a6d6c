"""BOLD monitors: their input, baselines, recordings and errors; the balloon models against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import ANNarchyException, Monitor, Network, Neuron, PoissonPopulation
from engine.extensions.bold import (
    BoldModel,
    BoldMonitor,
    balloon_CL,
    balloon_CN,
    balloon_maith2021,
    balloon_RL,
    balloon_RN,
    balloon_two_inputs,
    list_bold_models,
)

LEVEL = Neuron(parameters="level = 0.1", equations="r = level")
ECHO = BoldModel(parameters="gain = 1.0", equations="BOLD = gain * sum(I)", inputs="I", name="echo")


def network(threads: int = 1, dt: float = 1.0) -> Network:
    net = Network(dt=dt, seed=1)
    net.config(num_threads=threads)
    return net


def echo(net: Network, parts: object, **arguments: object) -> BoldMonitor:
    return net.boldmonitor(parts, ECHO, mapping={"I": "r"}, **arguments)


# --- models -------------------------------------------------------------------------------------------


def rest(model: BoldModel) -> dict[str, float]:
    return {p.name: p.value for p in model.analyse().parameters}


def steady_state(p: dict[str, float], drive: float) -> dict[str, float]:
    """Where all derivatives of a model with one input are 0."""
    flow = 1.0 + p["phi"] * drive / p["gamma"]
    extraction = 1.0 - (1.0 - p["E_0"]) ** (1.0 / flow)
    volume = flow ** p["alpha"]
    return {"f_in": flow, "f_out": flow, "v": volume, "q": volume * extraction / p["E_0"], "s": 0.0}


def coefficients(model: BoldModel, p: dict[str, float]) -> tuple[float, float, float]:
    if isinstance(model, balloon_maith2021):
        return 7 * p["E_0"], 2.0, 2 * p["E_0"] - 0.2
    offset = 4.3 * p["v_0"] * p["E_0"] * p["TE"]
    if isinstance(model, balloon_CN | balloon_CL):
        return (1 - p["V_0"]) * offset, 2 * p["E_0"], 1 - p["epsilon"]
    return offset, p["epsilon"] * p["r_0"] * p["E_0"] * p["TE"], 1 - p["epsilon"]


@pytest.mark.parametrize(
    "model",
    [
        balloon_RN(),
        balloon_RN(phi=1.3, kappa=0.8, E_0=0.4, epsilon=0.5),
        balloon_RL(seconds=True),
        balloon_CN(),
        balloon_CL(alpha=0.4, V_0=0.03),
        balloon_maith2021(),
    ],
    ids=lambda model: model.name,
)
def test_models_settle_at_their_steady_state(model: BoldModel) -> None:
    net = network(dt=10.0)
    net.create(4, LEVEL)
    m = net.boldmonitor(net.populations[0], model, start=True)
    net.compile(silent=True)
    net.simulate(60_000.0)
    p = rest(model)
    settled = steady_state(p, 0.1)
    for name, value in settled.items():
        assert m.population.get(name)[0] == pytest.approx(value, abs=1e-6), name
    k1, k2, k3 = coefficients(model, p)
    q, v = settled["q"], settled["v"]
    if isinstance(model, balloon_RL | balloon_CL):
        signal = (k1 + k2) * (1 - q) + (k3 - k2) * (1 - v)
    else:
        signal = k1 * (1 - q) + k2 * (1 - q / v) + k3 * (1 - v)
    assert m.get("BOLD")[-1, 0] == pytest.approx(p["V_0"] * signal, abs=1e-8)


def test_two_inputs_settle_at_their_steady_state() -> None:
    model = balloon_two_inputs()
    p = rest(model)
    net = network(dt=10.0)
    source = net.create(4, Neuron(parameters="flow = 0.1\nuse = 0.03", equations="r = flow\nm = use"))
    m = net.boldmonitor(source, model, mapping={"I_CBF": "r", "I_CMRO2": "m"}, start=True)
    net.compile(silent=True)
    net.simulate(400_000.0)
    flow, use = 1 + 0.1 / p["gamma_CBF"], 1 + 0.03 / p["gamma_CBF"]
    volume = flow ** p["alpha"]
    expected = {"f_in": flow, "r": use, "f_out": flow, "v": volume, "q": volume * use / flow}
    for name, value in expected.items():
        assert m.population.get(name)[0] == pytest.approx(value, abs=1e-5), name


def test_published_RL_is_as_fast_as_milliseconds() -> None:
    net = network(dt=0.1)
    source = net.create(1, LEVEL)
    fast, slow = (net.boldmonitor(source, balloon_RL(seconds=s), start=True) for s in (False, True))
    net.compile(silent=True)
    net.simulate(500.0)
    assert fast.f_out[0] == pytest.approx(fast.f_in[0], rel=1e-4)
    assert slow.f_out[0] - 1.0 < 0.5 * (slow.f_in[0] - 1.0)


def test_models_have_defaults_docstrings_and_text() -> None:
    assert [m.__name__ for m in list_bold_models()][-1] == "balloon_two_inputs"
    for kind in list_bold_models():
        assert "::" in (kind.__doc__ or "")
        kind().check()


# --- input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
def test_input_is_the_mean_of_all_neurons_one_step_ago(threads: int) -> None:
    net = network(threads)
    first, second = net.create(40, LEVEL), net.create(60, LEVEL)
    first.level, second.level = np.linspace(0.0, 2.02, 40), 2.0
    m = echo(net, [first, second])
    net.compile(silent=True)
    m.start()
    net.simulate(3.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([0.0, 1.604, 1.604])


def test_views_scales_and_several_inputs() -> None:
    net = network()
    cells = net.create(10, Neuron(parameters="a = 1.0", equations="x = a\nr = 2 * a"))
    cells.a = np.arange(10.0)
    two = BoldModel("", "BOLD = sum(A) + 100 * sum(B)", inputs=["A", "B"])
    m = net.boldmonitor(
        [cells[:2], cells[[9, 3]]], two, mapping={"A": "r", "B": "x"}, scale_factor=[1.0, 0.5]
    )
    only = net.boldmonitor(cells, two, mapping={"A": "x"}, scale_factor=3.0)
    net.compile(silent=True)
    m.start()
    only.start()
    net.simulate(2.0)
    assert m.get("BOLD")[-1, 0] == pytest.approx((1.0 + 6.0) + 100 * (0.5 + 3.0))
    assert only.get("BOLD")[-1, 0] == pytest.approx(3 * 4.5)


def test_spiking_populations_give_rates_and_potentials() -> None:
    net = network(dt=1.0)
    source = PoissonPopulation(200, rates=100.0)
    net.create(source)
    source.compute_firing_rate(500.0)
    m = echo(net, source)
    net.compile(silent=True)
    net.simulate(600.0)
    m.start()
    net.simulate(50.0)
    assert m.get("BOLD").mean() == pytest.approx(100.0, rel=0.05)


@pytest.mark.parametrize("threads", [1, 2])
def test_input_is_relative_to_the_baseline(threads: int) -> None:
    net = network(threads)
    cells = net.create(5, Neuron(equations="r = t"))
    fixed = net.create(5, LEVEL)
    m = echo(net, [cells, fixed], normalize_input=[4, 0], scale_factor=[1.0, 10.0])
    net.compile(silent=True)
    net.simulate(11.0)
    m.start()
    net.simulate(6.0)
    base = np.mean([10.0, 11.0, 12.0, 13.0])
    relative = [(t - base) / (base + 1e-7) for t in (14.0, 15.0)]
    assert m.get("BOLD")[:, 0] == pytest.approx([1.0] * 4 + [1.0 + r for r in relative])
    m.start()
    net.simulate(4.0)
    assert m.get("BOLD")[:, 0] == pytest.approx([1.0] * 4)


def test_baseline_from_the_first_step_and_after_a_reset() -> None:
    net = network()
    m = echo(net, net.create(5, LEVEL), normalize_input=3.0, start=True)
    net.compile(silent=True)
    net.simulate(5.0)
    base = (0.0 + 0.1 + 0.1) / 3
    assert m.get("BOLD")[:, 0] == pytest.approx([0, 0, 0, *[(0.1 - base) / (base + 1e-7)] * 2])
    net.reset()
    net.simulate(2.0)
    assert m.get("BOLD")[1, 0] == pytest.approx((0.1 - base) / (base + 1e-7))


def test_signals_are_the_same_bits_on_any_number_of_threads() -> None:
    signals = []
    for threads in (1, 2, 3):
        net = network(threads)
        cells = net.create(1001, Neuron(equations="r = Uniform(0.0, 1.0)"))
        first = echo(net, [cells, cells[17:900:3]], normalize_input=5.0, start=True)
        second = echo(net, cells[[5, 5, 700]], start=True)
        net.compile(silent=True)
        net.simulate(30.0)
        signals.append(np.hstack([first.get("BOLD"), second.get("BOLD")]))
        expected = cells.r[[5, 5, 700]].mean()
        net.simulate(1.0)
        assert second.get("BOLD")[-1, 0] == pytest.approx(expected)
    assert signals[0].tobytes() == signals[1].tobytes() == signals[2].tobytes()
    assert np.ptp(signals[0]) > 0.0


# --- recording ----------------------------------------------------------------------------------------


def test_nothing_happens_before_start_and_after_stop() -> None:
    net = network()
    source = net.create(5, LEVEL)
    m = net.boldmonitor(source, recorded_variables=["I_CBF", "q"])
    net.compile(silent=True)
    net.simulate(5.0)
    assert m.variables == ["BOLD", "I_CBF", "q"]
    assert m.I_CBF.tolist() == [0.0]
    assert m.E.tolist() == [0.3424]
    m.start()
    net.simulate(7.0)
    assert m.get("BOLD").shape == (7, 1)
    assert m.get("BOLD").shape[0] == 0
    net.simulate(2.0)
    m.stop()
    flow = m.s[0]
    net.simulate(3.0)
    assert m.s[0] == flow != 0.0
    assert m.get("q").shape[0] == 0
    m.start()
    net.simulate(4.0)
    assert {name: data.shape for name, data in m.get().items()} == dict.fromkeys(m.variables, (4, 1))


def test_several_monitors_of_one_model_in_one_network() -> None:
    net = network()
    source = net.create(5, LEVEL)
    first, second = net.boldmonitor(source), net.boldmonitor(source, balloon_RN(phi=2.0))
    assert [first.name, second.name] == ["balloon_RN", "balloon_RN_2"]
    assert net.get_population("balloon_RN_2") is second.population
    assert [type(m) for m in net.monitors] == [Monitor, Monitor]
    net.compile(silent=True)
    first.start()
    second.start()
    net.simulate(100.0)
    assert second.s[0] > 1.9 * first.s[0] > 0.0


def test_attributes_of_the_model() -> None:
    net = network()
    m = net.boldmonitor(net.create(5, LEVEL))
    with pytest.raises(ANNarchyException, match="phi can be used only after compile"):
        _ = m.phi
    with pytest.raises(ANNarchyException, match="only after compile"):
        m.phi = 2.0
    net.compile(silent=True)
    assert m.phi == 1.0
    m.phi = 3.0
    assert (m.phi, m.population.phi) == (3.0, 3.0)
    m.q = 0.5
    assert m.q.tolist() == [0.5]
    with pytest.raises(AttributeError, match="no attribute 'fi'; it has: second, phi"):
        m.fi = 1.0
    with pytest.raises(AttributeError, match="no attribute 'fi'"):
        _ = m.fi


def test_stimulation_raises_the_signal_above_the_baseline() -> None:
    """The top-level functions as scripts use them; numbers of the reference, whose noise is another."""
    engine.setup(dt=1.0, seed=5)
    driven = engine.Neuron(
        parameters="I = 1.0\ntau = 20.0 : population",
        equations="tau * dr/dt = I - r + Uniform(-0.1, 0.1) : init=1.0",
    )
    p1, p2 = engine.Population(60, driven, name="p1"), engine.Population(40, driven, name="p2")
    m = BoldMonitor(
        populations=[p1, p2],
        bold_model=balloon_RN(),
        mapping={"I_CBF": "r"},
        normalize_input=2000,
        recorded_variables=["I_CBF", "BOLD"],
    )
    engine.compile(silent=True)
    engine.simulate(500.0)
    m.start()
    engine.simulate(5000.0)
    p1.I = p2.I = 1.5
    engine.simulate(5000.0)
    p1.I = p2.I = 1.0
    engine.simulate(10000.0)
    bold, flow = m.get("BOLD"), m.get("I_CBF")
    assert bold.shape == flow.shape == (20000, 1)
    assert not flow[:2000].any()
    assert flow[6000:10000].mean() == pytest.approx(0.5, abs=0.005)
    assert bold.max() == pytest.approx(0.0253, rel=0.01)
    assert bold.argmax() == pytest.approx(10640, abs=40)
    assert bold[14000:].min() < 0.0
    engine.clear()


# --- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"populations": None}, "give the population or list"),
        ({"populations": []}, "list of populations is empty"),
        ({"populations": ["a"]}, "str is no population"),
        ({"bold_model": LEVEL}, "must be a BoldModel, not Neuron"),
        ({"mapping": {}}, "mapping is empty"),
        ({"mapping": {"I_CMRO2": "r"}}, "balloon_RN has no input 'I_CMRO2'; its inputs: I_CBF"),
        ({"mapping": {"I_CBF": "rate"}}, "cells has no attribute 'rate' to map to I_CBF; it has: level, r"),
        ({"scale_factor": [1.0, 2.0]}, "scale_factor has 2 values for 1 populations"),
        ({"normalize_input": [1.0, 2.0]}, "normalize_input has 2 values for 1 populations"),
        ({"normalize_input": -1.0}, "0 or more"),
        ({"recorded_variables": "Q"}, "balloon_RN has no variable 'Q'; it has: I_CBF, s"),
    ],
)
def test_errors_name_what_is_wrong(arguments: dict[str, object], message: str) -> None:
    net = network()
    cells = net.create(5, LEVEL, name="cells")
    with pytest.raises(ANNarchyException, match=message):
        BoldMonitor(**{"populations": cells} | arguments)
    assert net.populations == [cells]


def test_models_that_do_not_fit_their_text() -> None:
    net = network()
    cells = net.create(5, LEVEL)
    with pytest.raises(ANNarchyException, match=r"do not read the input 'X'; use sum\(X\)"):
        net.boldmonitor(cells, BoldModel("", "BOLD = sum(Y)", inputs="X"), mapping={"X": "r"})
    with pytest.raises(ANNarchyException, match="no variable 'S' to be an output"):
        net.boldmonitor(cells, BoldModel("", "BOLD = sum(X)", inputs="X", output="S"), mapping={"X": "r"})
    other = network()
    with pytest.raises(ANNarchyException, match="belongs to another network"):
        other.boldmonitor(cells)
    net.compile(silent=True)
    with pytest.raises(ANNarchyException, match="after the network has been compiled"):
        net.boldmonitor(cells)
