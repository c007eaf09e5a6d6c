"""The prelude's own functions: error in units in the last place against 40 digits, and vectorisation."""

from __future__ import annotations

import subprocess
from pathlib import Path

import mpmath
import numpy as np
import pytest
from execution import Arrays, Case, I, call, run

from engine.codegen import cpp, neuron_loops
from engine.codegen.build import FLAGS
from engine.codegen.expressions import OF_FUNCTIONS
from engine.codegen.ir import Each, Kernel, Load, Store
from engine.codegen.printer import print_plan

COUNT = 1500
NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
TRUE = {
    "exprel": lambda x: mpmath.expm1(x) / x,
    "log2": lambda x: mpmath.log(x, 2),
    "exp2": lambda x: mpmath.mpf(2) ** x,
}


def case_of(name: str, values: np.ndarray, precision: str = "double") -> Case:
    case = Case(sizes={"n": values.size}, precision=precision)
    case.buffer("x", values, "real", "n")
    case.buffer("y", 0.0, "real", "n")
    case.add(5, Kernel(name, Each("n"), (Store("y", I, call(name, Load("x", I))),)))
    return case


def largest_error(name: str, values: np.ndarray, precision: str = "double") -> float:
    """Largest distance from the true value, in units in the last place of it."""
    case = case_of(name, values, precision)
    given, found = case.values["x"], run(case, 1).arrays["y"]
    worst = 0.0
    with mpmath.workdps(40):
        for x, y in zip(given, found, strict=True):
            true = TRUE.get(name, getattr(mpmath, name, None))(mpmath.mpf(float(x)))
            unit = np.spacing(abs(found.dtype.type(float(true))))
            worst = max(worst, float(abs(mpmath.mpf(float(y)) - true)) / float(unit))
    return worst


def angles(precision: str) -> list[np.ndarray]:
    """Usual ones, large ones, those next to multiples of pi/2, small ones, and some that the library gets."""
    rng = np.random.default_rng(16)
    farthest = 1e6 if precision == "double" else 1e4
    turns = np.concatenate([np.arange(-200, 200), rng.integers(0, int(farthest / 1.6), COUNT - 400)])
    near = np.nextafter((turns * np.pi / 2).astype(np.float32), np.float32(rng.choice([-1, 1]) * np.inf))
    close = turns * np.pi / 2 if precision == "double" else near.astype(float)
    usual, large = rng.uniform(-7, 7, COUNT), rng.uniform(-farthest, farthest, COUNT)
    return [usual, large, close, rng.uniform(-1e-3, 1e-3, COUNT), large * 2.0]


def of_others(precision: str, bound: float) -> list[tuple[str, np.ndarray, float]]:
    """Functions of ``prelude_functions.h``: usual arguments, small ones and those next to the ends."""
    rng = np.random.default_rng(17)
    usual, small = rng.uniform(-4, 4, COUNT), rng.uniform(-1e-3, 1e-3, COUNT)
    within, positive = rng.uniform(-1, 1, COUNT), np.exp(rng.uniform(-80, 80, COUNT))
    close = 1 + rng.uniform(-1e-3, 1e-3, COUNT)
    far = 80 if precision == "float" else 700
    cases = {
        # The sine and the cosine have errors of their own.
        "tan": [*angles(precision), usual, small],
        "asin": [within, small, np.sign(within) * (1 - within**4)],
        "acos": [within, small, np.sign(within) * (1 - within**4)],
        "atan": [usual, small, positive, -positive],
        "sinh": [usual, small, rng.uniform(-far, far, COUNT)],
        "cosh": [usual, small, rng.uniform(-far, far, COUNT)],
        "log2": [positive, close],
        "log10": [positive, close],
        "log1p": [positive, small, -(within**2), close - 2 + 1e-3],
        "exp2": [usual, small, rng.uniform(-far, far, COUNT)],
    }
    # One of the angles is not normal: those are taken as zero.
    bounds = {"tan": 4.0, "sinh": 2.5} if precision == "double" else {"tan": 1.0}
    return [(name, values, bounds.get(name, bound)) for name, some in cases.items() for values in some]


@pytest.mark.parametrize(
    ("name", "values", "bound"),
    [
        # Half a unit from the last rounding, 0.48 from that of the table.
        ("exp", np.random.default_rng(1).uniform(-1, 1, COUNT), 1.02),
        ("exp", np.random.default_rng(2).uniform(-700, 709, COUNT), 1.02),
        # Results just below 1 have the smallest units; half of one from rounding, 0.7 from the polynomial.
        ("exprel", np.random.default_rng(12).uniform(-1e-2, 1e-2, COUNT), 1.25),
        ("exprel", np.random.default_rng(15).uniform(-0.5, 0.0, COUNT), 1.5),
        ("exprel", np.random.default_rng(13).uniform(-2, 0.5, COUNT), 4.0),
        ("exprel", np.random.default_rng(14).uniform(-60, 60, COUNT), 4.0),
        ("log", np.random.default_rng(3).uniform(0.5, 2, COUNT), 1.0),
        ("log", np.exp(np.random.default_rng(4).uniform(-700, 700, COUNT)), 1.0),
        ("log", 1 + np.random.default_rng(5).uniform(-1e-6, 1e-6, COUNT), 1.0),
        ("expm1", np.random.default_rng(6).uniform(-2, 2, COUNT), 2.0),
        ("expm1", np.random.default_rng(7).uniform(-1e-8, 1e-8, COUNT), 1.0),
        ("expm1", np.random.default_rng(8).uniform(-50, 700, COUNT), 2.0),
        ("tanh", np.random.default_rng(9).uniform(-3, 3, COUNT), 3.0),
        ("tanh", np.random.default_rng(10).uniform(-30, 30, COUNT), 3.0),
        *((name, values, 2.0) for name in ("sin", "cos") for values in angles("double")),
        *of_others("double", 2.0),
    ],
)
def test_error(name: str, values: np.ndarray, bound: float) -> None:
    assert largest_error(name, values) <= bound


@pytest.mark.parametrize(
    ("name", "values", "bound"),
    [
        ("exp", np.random.default_rng(1).uniform(-1, 1, COUNT), 1.1),
        ("exp", np.random.default_rng(2).uniform(-86, 88, COUNT), 1.1),
        ("exprel", np.random.default_rng(12).uniform(-1e-2, 1e-2, COUNT), 1.0),
        ("exprel", np.random.default_rng(15).uniform(-0.5, 0.0, COUNT), 1.5),
        ("exprel", np.random.default_rng(13).uniform(-2, 0.5, COUNT), 6.0),
        ("exprel", np.random.default_rng(14).uniform(-60, 60, COUNT), 4.0),
        ("log", np.random.default_rng(3).uniform(0.5, 2, COUNT), 1.5),
        ("log", np.exp(np.random.default_rng(4).uniform(-80, 80, COUNT)), 1.0),
        ("log", 1 + np.random.default_rng(5).uniform(-1e-3, 1e-3, COUNT), 1.0),
        ("expm1", np.random.default_rng(6).uniform(-2, 2, COUNT), 2.0),
        ("expm1", np.random.default_rng(7).uniform(-1e-3, 1e-3, COUNT), 1.0),
        ("expm1", np.random.default_rng(8).uniform(-25, 80, COUNT), 2.0),
        ("tanh", np.random.default_rng(9).uniform(-3, 3, COUNT), 3.0),
        ("tanh", np.random.default_rng(10).uniform(-30, 30, COUNT), 3.0),
        *((name, values, 2.0) for name in ("sin", "cos") for values in angles("float")),
        *of_others("float", 0.51),
    ],
)
def test_error_in_single_precision(name: str, values: np.ndarray, bound: float) -> None:
    assert largest_error(name, values, "float") <= bound


def powers(x: np.ndarray, y: np.ndarray, precision: str) -> Arrays:
    case = Case(sizes={"n": x.size}, precision=precision)
    for name, values in (("x", x), ("y", y), ("z", 0.0)):
        case.buffer(name, values, "real", "n")
    case.add(5, Kernel("pow", Each("n"), (Store("z", I, call("pow", Load("x", I), Load("y", I))),)))
    return {"x": case.values["x"], "y": case.values["y"], "z": run(case, 1).arrays["z"]}


@pytest.mark.parametrize(("precision", "bound"), [("double", 1.5), ("float", 0.51)])
def test_error_of_powers(precision: str, bound: float) -> None:
    """The largest results ask most of the logarithm: their exponents have few digits behind the point."""
    rng = np.random.default_rng(18)
    largest = 700 if precision == "double" else 80
    base = np.exp(np.concatenate([rng.uniform(-3, 3, COUNT), rng.uniform(-0.1, 0.1, COUNT)]))
    near_one = 1 + rng.uniform(-1e-6, 1e-6, COUNT)
    exponent = np.concatenate([rng.uniform(-10, 10, COUNT), rng.uniform(-1, 1, COUNT) * largest / 0.1])
    given = [
        (base, exponent),
        (near_one, rng.uniform(-1, 1, COUNT) * largest * 1e6),
        (np.exp(rng.uniform(-largest, largest, COUNT)), rng.uniform(-1, 1, COUNT)),
    ]
    for x, y in given:
        found = powers(x, y, precision)
        with mpmath.workdps(40):
            for a, b, c in zip(found["x"], found["y"], found["z"], strict=True):
                true = mpmath.mpf(float(a)) ** mpmath.mpf(float(b))
                unit = float(np.spacing(found["z"].dtype.type(float(true))))
                assert abs(mpmath.mpf(float(c)) - true) <= bound * unit, (a, b)


@pytest.mark.parametrize("precision", ["double", "float"])
def test_powers_of_special_numbers(precision: str) -> None:
    """Zeros, negative numbers, infinities and NaN, each with each, in vectors and alone."""
    usual = [0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 11.0, 1e5 + 1, 4503599627370497.0, 1e30, np.inf]
    values = np.array([0.0, *usual, *(-x for x in usual), -0.0, np.nan])
    x, y = (part.ravel() for part in np.meshgrid(values, values))
    found = powers(x, y, precision)
    with np.errstate(all="ignore"):
        expected = np.power(found["x"], found["y"])
    tiny = np.abs(expected) < (8e-308 if precision == "double" else 4e-38)
    expected = np.where(tiny, np.copysign(0.0, expected), expected)
    np.testing.assert_allclose(found["z"], expected, rtol=1e-14 if precision == "double" else 3e-7)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found["z"][known]), np.signbit(expected[known]))
    alone = [powers(x[k : k + 1], y[k : k + 1], precision)["z"][0] for k in range(0, x.size, 61)]
    np.testing.assert_array_equal(found["z"][::61], alone)


def test_powers_do_not_depend_on_their_neighbours() -> None:
    """One number that the library has to be asked for makes no difference to the others of its vector."""
    rng = np.random.default_rng(19)
    x, y = rng.uniform(0.01, 5, 67), rng.uniform(-3, 3, 67)
    whole = powers(x, y, "double")["z"]
    for place in range(0, 67, 9):
        other = x.copy()
        other[place] = np.inf
        found = powers(other, y, "double")["z"]
        np.testing.assert_array_equal(np.delete(found, place), np.delete(whole, place))


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", ["exp", "expm1", "log", "tanh", "sin", "cos", *sorted(OF_FUNCTIONS)])
def test_ends_of_the_range(name: str, precision: str) -> None:
    """Overflow, underflow, infinities and NaN, in a vector and alone."""
    largest, smallest = (709.0, -707.0) if precision == "double" else (88.0, -86.0)
    values = [0.0, -0.0, np.inf, -np.inf, np.nan, largest, largest + 1, smallest, smallest - 1, 1e30, -1e30]
    case = case_of(name, np.tile(values, 3)[:32], precision)
    given, found = case.values["x"], run(case, 1).arrays["y"]
    with np.errstate(all="ignore"):
        expected = getattr(np, NUMPY.get(name, name))(given)
    # The smallest results of exp are taken as zero.
    expected = np.where(np.abs(expected) < (8e-308 if precision == "double" else 4e-38), 0.0, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-14 if precision == "double" else 3e-7)
    alone = [run(case_of(name, np.array([x]), precision), 1).arrays["y"][0] for x in values]
    np.testing.assert_array_equal(found[: len(values)], alone)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize(
    "name", ["exp", "exprel", "log", "expm1", "tanh", "sin", "cos", *sorted(OF_FUNCTIONS)]
)
def test_bits_do_not_depend_on_the_place_in_the_loop(name: str, precision: str) -> None:
    """Vector body and scalar rest of a loop give the same bits."""
    values = np.random.default_rng(11).uniform(0.1, 5, 131) * (-1 if name == "exprel" else 1)
    values = values / 5 if name in ("asin", "acos") else values
    whole = run(case_of(name, values, precision), 1).arrays["y"]
    for start in (1, 2, 3, 5, 124, 130):
        part = run(case_of(name, values[start:].copy(), precision), 1).arrays["y"]
        np.testing.assert_array_equal(part, whole[start:])


@pytest.mark.parametrize("name", ["exp", "log", "expm1", "tanh"])
def test_a_loop_over_neurons_vectorises(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler makes vectors of a loop that has no explicit ones."""
    monkeypatch.setattr(neuron_loops, "is_worth_it", lambda kernels: False)
    monkeypatch.setattr(cpp, "time_blocks", lambda plan: None)
    source = tmp_path / "loop.cpp"
    text = print_plan(case_of(name, np.ones(8)).plan(), "single")
    source.write_text(text, encoding="utf-8")
    loop = next(n for n, line in enumerate(text.splitlines(), 1) if line.strip().startswith("y[i] ="))
    flags = [flag for flag in FLAGS if flag != "-march=native"]
    command = [
        "g++",
        *flags,
        "-mavx2",
        "-mfma",
        "-fopt-info-vec",
        str(source),
        "-o",
        str(tmp_path / "loop.so"),
    ]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    assert any(f":{loop}:" in line and "loop vectorized" in line for line in report.splitlines()), report
