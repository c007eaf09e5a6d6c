"""Numerical methods, compiled: errors shrink with the step size as the order of the method says.

Solutions are closed forms or scipy's ``solve_ivp`` with a tolerance far below the errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from engine import Network, Neuron, Synapse

METHODS = ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
ORDERS = dict.fromkeys(METHODS, 1) | {"midpoint": 2, "rk4": 4}
END = 4.0
STEPS = (0.1, 0.05)

A = np.array([[-0.5, -1.2], [0.9, -0.3]])


def fitzhugh(_: float, x: np.ndarray) -> list[float]:
    return [x[0] - x[0] ** 3 / 3 - x[1] + 0.5, 0.08 * (x[0] + 0.7 - 0.8 * x[1])]


@dataclass(frozen=True)
class Case:
    """ODEs with ``{m}`` for the flag of a method, and the solution at ``END``."""

    equations: str
    names: tuple[str, ...]
    solution: tuple[float, ...]
    methods: tuple[str, ...] = METHODS


CASES = {
    "relaxation": Case("2*dv/dt = 1.5 - v : init=0.1{m}", ("v",), (1.5 - 1.4 * np.exp(-END / 2),)),
    "logistic": Case(
        "dv/dt = v*(1 - v) : init=0.1{m}",
        ("v",),
        (1 / (1 + 9 * np.exp(-END)),),
        ("explicit", "semiimplicit", "exponential", "midpoint", "rk4"),
    ),
    "spiral": Case(
        "dv/dt = -0.5*v - 1.2*u : init=1.0{m}\ndu/dt = 0.9*v - 0.3*u : init=0.5{m}",
        ("v", "u"),
        tuple(expm(A * END) @ [1.0, 0.5]),
    ),
    "FitzHugh-Nagumo": Case(
        "dv/dt = v - v**3/3 - u + 0.5 : init=-1.0{m}\ndu/dt = 0.08*(v + 0.7 - 0.8*u) : init=0.2{m}",
        ("v", "u"),
        tuple(solve_ivp(fitzhugh, (0, END), [-1.0, 0.2], rtol=1e-12, atol=1e-13).y[:, -1]),
        ("explicit", "semiimplicit", "exponential", "midpoint", "rk4"),
    ),
}
PAIRS = [(name, method) for name, case in CASES.items() for method in case.methods]


@cache
def errors(dt: float) -> dict[tuple[str, str, str], float]:
    """Largest error at ``END`` of each case and method, in neurons and in synapses: one network for all."""
    net = Network(dt=dt, seed=1)
    ends = net.create(1, Neuron(equations="r = 1", name="Ends"))
    found = {}
    for name, method in PAIRS:
        case = CASES[name]
        text = case.equations.format(m=f", {method}")
        neuron = net.create(1, Neuron(equations=f"{text}\nr = v"))
        projection = net.connect(ends, ends, "exc", Synapse(equations=text))
        projection.one_to_one(1.0)
        found[name, method] = neuron, projection
    net.compile(silent=True)
    net.simulate(END)
    result = {}
    for (name, method), (neuron, projection) in found.items():
        case = CASES[name]
        values = [getattr(neuron, v)[0] for v in case.names]
        result["neuron", name, method] = np.abs(np.subtract(values, case.solution)).max()
        values = [getattr(projection, v)[0][0] for v in case.names]
        result["synapse", name, method] = np.abs(np.subtract(values, case.solution)).max()
    return result


@pytest.mark.parametrize("owner", ["neuron", "synapse"])
@pytest.mark.parametrize(("name", "method"), PAIRS)
def test_order(owner: str, name: str, method: str) -> None:
    coarse, fine = (errors(dt)[owner, name, method] for dt in STEPS)
    if (name, method) == ("relaxation", "exponential"):
        assert max(coarse, fine) < 1e-13  # exact for constant coefficients
        return
    # Synapses solve each rk4 equation with the others frozen, which leaves first order for systems.
    is_frozen = owner == "synapse" and method == "rk4" and len(CASES[name].names) > 1
    order = 1 if is_frozen else ORDERS[method]
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.25)


def test_implicit_systems_of_one_neuron_are_solved_each_on_its_own() -> None:
    """Two systems with an assignment between them, and names that differ by underscores only."""
    h, drive = 0.1, 0.4
    a = np.array([[-1.0, 0.5, 0.2], [0.3, -0.7, 0.1], [0.6, -0.2, -0.9]])
    b = np.array([[-0.8, 0.4], [-0.3, -0.6]])
    first, second = ("x", "x_y", "x_0"), ("y_z", "y")
    lines = [
        f"d{name}/dt = {' + '.join(f'({w})*{other}' for w, other in zip(row, first, strict=True))} + {drive} "
        ": implicit, init=0.5"
        for name, row in zip(first, a, strict=True)
    ]
    lines.append("q = x + 2*x_0")
    lines += [
        f"d{name}/dt = {' + '.join(f'({w})*{other}' for w, other in zip(row, second, strict=True))} + q "
        ": implicit"
        for name, row in zip(second, b, strict=True)
    ]
    net = Network(dt=h, seed=1)
    population = net.create(1, Neuron(equations="\n".join([*lines, "r = q"])))
    net.compile(silent=True)
    x, y = np.full(3, 0.5), np.zeros(2)
    for _ in range(20):
        x = np.linalg.solve(np.eye(3) - h * a, x + h * drive)
        y = np.linalg.solve(np.eye(2) - h * b, y + h * (x[0] + 2 * x[2]))
    net.simulate(20 * h)
    np.testing.assert_allclose([getattr(population, n)[0] for n in first + second], [*x, *y], rtol=1e-12)
