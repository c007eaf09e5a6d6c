"""Blocks, order and formulas of the numerical methods, against closed forms and the rules of the language."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from evaluation import evaluate, step

from engine.language import discretise, format_expression, parse_neuron, parse_synapse
from engine.language.model import Let, Write
from engine.language.traverse import own_names, walk
from engine.language.tree import Call

H = 0.5


def stepped(equations: str, values: dict[str, float], method: str = "explicit", **fields) -> dict[str, float]:
    """Values after one step."""
    names = "\n".join(f"{name} = {value}" for name, value in fields.items())
    model = parse_neuron(parameters=names, equations=equations + "\nr = 0")
    values = {p.name: p.value for p in model.parameters} | values | {"dt": H, "t": 0.0}
    step(discretise(model, method), values)
    return values


def writes(model, method="explicit"):
    return [u.name for u in discretise(model, method).local_updates if isinstance(u, Write)]


def exponential_count(model) -> int:
    updates = discretise(model, "exponential").local_updates
    return sum(isinstance(n, Call) and n.function == "exp" for u in updates for n in walk(u.expression))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("explicit", lambda x, tau, a: x + H / tau * (a - x)),
        ("exponential", lambda x, tau, a: x + (1 - math.exp(-H / tau)) * (a - x)),
        ("semiimplicit", lambda x, tau, a: x + H / (H + tau) * (a - x)),
        ("implicit", lambda x, tau, a: (x + H / tau * a) / (1 + H / tau)),
        ("midpoint", lambda x, tau, a: x + H * (a - (x + H / 2 * (a - x) / tau)) / tau),
        ("rk4", lambda x, tau, a: a + (x - a) * sum((-H / tau) ** k / math.factorial(k) for k in range(5))),
    ],
)
@pytest.mark.parametrize("text", ["tau*dx/dt + x = a", "dx/dt = (a - x)/tau", "dx/dt = a/tau - x/tau"])
def test_linear_equation(method, expected, text):
    got = stepped(text, {"x": 3.0}, method, tau=4.0, a=7.0)["x"]
    assert got == pytest.approx(expected(3.0, 4.0, 7.0), rel=1e-14)


@pytest.mark.parametrize(
    ("text", "tau", "steady"),
    [
        ("c*dx/dt = g*(e - x) + q*(p - x)", "c/(g + q)", "(g*e + q*p)/(g + q)"),
        ("dx/dt = g*(1.0 - x) - q*x", "1/(g + q)", "g/(g + q)"),
        ("dx/dt = -x/c + q", "c", "c*q"),
        ("dx/dt = x*(g - q*x)", "-1/g", "q*x*x/g"),
        ("dx/dt = (1 - x)*(g + q*x)", "1/(g - q)", "(g - q*x*x)/(g - q)"),
        ("dx/dt = (1 - x)**2", "1/2", "(1 + x*x)/2"),
        ("dx/dt = exp(x) - g*x - x**3", "1/g", "(exp(x) - x**3)/g"),
        ("dx/dt = g*x", "-1/g", "0"),
    ],
)
def test_linear_terms_are_collected(text, tau, steady):
    numbers = {"c": 2.0, "g": 3.0, "e": -1.0, "q": 0.5, "p": 4.0}
    got = stepped(text, {"x": 0.3}, "exponential", **numbers)["x"]
    at = eval_text([tau, steady], numbers | {"x": 0.3})
    assert got == pytest.approx(0.3 + (1 - math.exp(-H / at[0])) * (at[1] - 0.3), rel=1e-12)


def eval_text(texts: list[str], values: dict[str, float]) -> list[float]:
    names = "\n".join(values)
    equations = "\n".join(f"y{k} = {text}" for k, text in enumerate(texts)) + "\nr = 0"
    model = parse_neuron(parameters=names, equations=equations)
    return [evaluate(equation.expression, values) for equation in model.equations]


def test_block_uses_old_values_and_assignments_act_at_once():
    equations = "du/dt = v - u\nI = g\ndk/dt = v - k\ndv/dt = I - v - u + k"
    old = {"u": 1.0, "k": 2.0, "v": 3.0, "g": 5.0, "I": 0.0}
    model = parse_neuron(parameters="g = 5.0", equations=equations + "\nr = 0")
    new = dict(old, dt=H, t=0.0)
    step(discretise(model, "explicit"), new)
    u = 1.0 + H * 2.0
    assert (new["u"], new["k"], new["v"]) == (u, 2.0 + H, 3.0 + H * (5.0 - 3.0 - u + 2.0))


@pytest.mark.parametrize("method", ["explicit", "exponential", "semiimplicit", "implicit", "midpoint", "rk4"])
def test_lets_come_first_and_read_no_new_value(method):
    model = parse_neuron(equations="dx/dt = y - x\ndy/dt = x - 2*y\nr = x")
    block = discretise(model, method).local_updates[:-1]
    kinds = [isinstance(update, Let) for update in block]
    assert kinds == sorted(kinds, reverse=True)
    assert [u.name for u in block if isinstance(u, Write)] == ["x", "y"]
    assert "x" not in own_names(block[-1].expression)


def test_each_method_is_coupled_only_with_itself():
    got = stepped("dx/dt = y : midpoint\ndy/dt = x : midpoint\ndz/dt = x - z", {"x": 1.0, "y": 2.0, "z": 3.0})
    assert got["x"] == 1.0 + H * (2.0 + H / 2 * 1.0)
    assert got["y"] == 2.0 + H * (1.0 + H / 2 * 2.0)
    assert got["z"] == 3.0 + H * (1.0 - 3.0)


def test_rk4_in_a_synapse_is_solved_alone():
    model = parse_synapse(equations="dx/dt = y : rk4\ndy/dt = x : rk4")
    values = {"x": 1.0, "y": 2.0, "w": 0.0, "dt": H}
    step(discretise(model, "explicit"), values)
    assert (values["x"], values["y"]) == (1.0 + H * 2.0, 2.0 + H * 1.0)


def test_implicit_system_of_three():
    equations = "dx/dt = y - x\n2*dy/dt = x - 3*y + z\ndz/dt = -z + 1"
    old = {"x": 1.0, "y": 2.0, "z": 3.0}
    new = stepped(equations, old, "implicit")
    x, y, z = new["x"], new["y"], new["z"]
    assert (x - 1.0) / H == pytest.approx(y - x, rel=1e-12)
    assert 2 * (y - 2.0) / H == pytest.approx(x - 3 * y + z, rel=1e-12)
    assert (z - 3.0) / H == pytest.approx(-z + 1, rel=1e-12)


def test_shared_variables_come_first_and_bounds_stay_in_order():
    model = parse_neuron(equations="r = p : min=0, max=2\np = 1 : population\ndq/dt = p : population")
    result = discretise(model, "explicit")
    assert [u.name for u in result.global_updates] == ["p", "_k_q", "q"]
    assert [kind for kind, _ in result.local_updates[0].bounds.limits] == ["min", "max"]


def test_increments():
    model = parse_neuron(equations="r = 1\nn += 2\nm *= r - n")
    texts = [format_expression(u.expression) for u in discretise(model, "explicit").local_updates]
    assert texts == ["1", "n + 2", "m * (r - n)"]


def test_instantaneous_conductances_are_emptied_last():
    model = parse_neuron(
        equations="dg_inh/dt = -g_inh\ndv/dt = g_exc - g_inh - v", spike="v > 1", reset="v = 0"
    )
    assert writes(model) == ["g_inh", "v", "g_exc"]


def test_exponential_keeps_what_is_fixed_apart():
    current = parse_neuron(
        parameters="cm = 1.0\ntau_m = 20.0\nv_rest = -65.0",
        equations="cm*dv/dt = cm/tau_m*(v_rest - v) + g_exc : exponential",
        spike="v > 1",
    )
    lets = {u.name: u.expression for u in discretise(current, "explicit").local_updates if isinstance(u, Let)}
    assert own_names(lets["_decay_v"]) | own_names(lets["_rate_v"]) == {"dt", "cm", "tau_m", "_rate_v"}
    conductance = parse_neuron(
        parameters="tau = 20.0\nEl = -60.0\nEe = 0.0\nEi = -80.0",
        equations="tau*dv/dt = (El - v) + g_exc*(Ee - v) + g_inh*(Ei - v) : exponential",
        spike="v > 1",
    )
    assert exponential_count(conductance) == 1
    lets = {
        u.name: format_expression(u.expression) for u in discretise(conductance, "explicit").local_updates
    }
    assert lets["_rate_v"] == "1 + g_exc + g_inh"
    assert lets["_decay_v"] == "exp(-(dt / tau * _rate_v))"
    assert lets["_steady_v"] == "(El + g_exc * Ee + g_inh * Ei) / _rate_v"


def test_event_driven():
    model = parse_synapse(
        parameters="tau = 10 : projection\nU = 0.5",
        equations="tau*dx/dt = -x : event-driven\ndu/dt = (U - u)/tau : exact\ndy/dt = -y",
        pre_spike="x += 1",
    )
    result = discretise(model, "explicit")
    found = [(e.name, format_expression(e.tau), format_expression(e.steady)) for e in result.event_driven]
    assert found == [("x", "tau", "0.0"), ("u", "tau", "U")]
    assert [u.name for u in result.local_updates] == ["_k_y", "y"]


def test_parsing_needs_no_computer_algebra():
    code = (
        "import sys; from engine.language import *\n"
        "m = parse_neuron(parameters='t1=1', equations='t1*dv/dt + v = g_exc : exponential', spike='v>1')\n"
        "discretise(m, 'exponential'); print('sympy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
