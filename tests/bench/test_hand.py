"""The hand-written programs have the activity of the networks that they are the limit for."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

HAND = Path(__file__).resolve().parents[2] / "bench" / "hand"
FLAGS = ("-O2", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp", "-std=c++17", "-w")

Program = Callable[..., dict[str, float]]

# Name: ms, rate (Hz, or mean r), relative tolerance: about three standard deviations between seeds. Rates of
# spiking networks are those of ANNarchy 4.8.2.6 (coba, stdp, hh; poisson: mean of six seeds) and NEST 3.10
# (all others) with the same network and other random numbers, that of brunel is the engine's (12.4 to 14.9
# with four seeds); r = 0.5 / (1 - 4000 w) for the mean weight w.
EXPECTED = {
    "coba": (1000, 20.0, 0.12),
    "recording": (1000, 20.0, 0.12),
    "poisson": (1000, 22.5, 0.13),
    "cuba": (1000, 5.52, 0.15),
    "brunel": (1000, 13.7, 0.2),
    "izhikevich": (1000, 9.03, 0.15),
    "izhikevich_large": (1000, 9.20, 0.05),
    "stdp_song": (10000, 62.0, 0.2),
    "stdp_recurrent": (1000, 28.43, 0.05),
    "rate_dense": (100, 0.6248, 0.001),
    "rate_sparse": (100, 0.6248, 0.002),
    "hh": (100, 86.69, 0.05),
}
WEIGHTS = {"stdp_song": (0.00455, 0.05), "stdp_recurrent": (0.000971, 0.01)}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Runs a program, which is compiled when it is first asked for."""
    folder = tmp_path_factory.mktemp("hand")

    def run(name: str, *arguments: object, precision: str = "double") -> dict[str, float]:
        built = folder / f"{name}-{precision}"
        if not built.exists():
            source = HAND / f"{name}.cpp"
            command = ["g++", *FLAGS, f"-DREAL={precision}", "-o", str(built), str(source)]
            subprocess.run(command, check=True, capture_output=True)
        done = subprocess.run([built, *map(str, arguments)], check=True, capture_output=True, text=True)
        result: dict[str, float] = json.loads(done.stdout)
        return result

    return run


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", EXPECTED)
def test_activity(programs: Program, name: str, precision: str) -> None:
    duration, rate, tolerance = EXPECTED[name]
    found = programs(name, duration, precision=precision)
    assert found["rate"] == pytest.approx(rate, rel=tolerance)
    if name in WEIGHTS:
        weight, tolerance = WEIGHTS[name]
        assert found["weight"] == pytest.approx(weight, rel=tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["double", "float"])
def test_oja(programs: Program, precision: str) -> None:
    """Against the textbook formula, the random weights replaced by others: 40 000 of them."""
    found = programs("oja", 100, 1, 0.1, precision=precision)
    n, eta = 200, 1e-5
    w, r = np.random.default_rng(1).uniform(0.0, 0.002, (n, n)), np.zeros(n)
    for _ in range(100):
        r = r + (1.0 - np.exp(-0.1)) * (w @ r + 0.5 - r)
        w = np.maximum(w + eta * (np.outer(r, r) - r[:, None] ** 2 * w), 0.0)
    # The mean of 40 000 uniform weights has a standard deviation of 0.29 %; r follows with a quarter of it.
    assert found["weight"] == pytest.approx(w.mean(), rel=0.012)
    assert found["rate"] == pytest.approx(r.mean(), rel=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "duration", "scale"),
    [
        ("coba", 50, 4),
        ("poisson", 50, 4),
        ("cuba", 50, 4),
        ("brunel", 100, 1),
        ("oja", 20, 1),
        ("rate_sparse", 20, 1),
        ("hh", 20, 1),
    ],
)
def test_two_threads_do_the_same(programs: Program, name: str, duration: int, scale: int) -> None:
    one, two = (programs(name, duration, threads, scale) for threads in (1, 2))
    assert (one["threads_used"], two["threads_used"]) == (1, 2)
    assert two["rate"] == pytest.approx(one["rate"], rel=1e-5)
    assert two["synapses"] == one["synapses"]


@pytest.mark.slow
def test_lists_and_bits_are_the_same_network(programs: Program) -> None:
    """A rate differs by 7 % between seeds, a difference of means of four by 5 %: three times that."""
    rates = {
        kind: np.mean([programs("brunel", 1000, 1, 1, seed, kind)["rate"] for seed in range(4)])
        for kind in ("bits", "rows")
    }
    assert rates["rows"] == pytest.approx(rates["bits"], rel=0.15)


NUMBERS = r"""
#include "normal.hpp"
#include "phi.hpp"
// Largest errors of exp, log and a step with phi within and beyond the polynomial; moments of normal numbers.
int main() {
    Random random(1);
    const Logarithm logarithm;
    const Phi<1> narrow(0.001);
    const Phi<5> middle(0.005);
    const Phi<10> wide(0.01);
    Normals normals(3);
    double of_exp = 0, of_log = 0, of_step = 0, moments[5] = {}, beyond_three = 0, n = 0;
    for (int k = 0; k < 200000; ++k) {
        Vec x, u, v, g, drive, a, b;
        for (int i = 0; i < kLanes; ++i) {
            x[i] = random.uniform(-20, 20), u[i] = random.uniform(), v[i] = random.uniform(-80, -40);
            g[i] = random.uniform(1, k % 2 ? 100 : 400), drive[i] = random.uniform(-5, 0) * 1000;
        }
        const Vec e = exponential(x), l = logarithm(u);
        const Vec s[] = {narrow.step(v, g, drive), middle.step(v, g, drive), wide.step(v, g, drive)};
        normals.draw(a, b);
        for (int i = 0; i < kLanes; ++i) {
            of_exp = std::fmax(of_exp, std::fabs((double)e[i] / std::exp((double)x[i]) - 1));
            of_log = std::fmax(of_log, std::fabs((double)l[i] - std::log((double)u[i])));
            for (int width = 0; width < 3; ++width) {
                const long double G = g[i], h = width == 0 ? 0.001L : width == 1 ? 0.005L : 0.01L;
                const long double end = drive[i] / G, exact = v[i] - expm1l(-h * G) * (end - v[i]);
                const double largest = std::fmax(40, std::fabs((double)end));
                of_step = std::fmax(of_step, std::fabs((double)(s[width][i] - exact)) / largest);
            }
            for (double z : {(double)a[i], (double)b[i]}) {
                double power = 1;
                for (int m = 0; m < 5; ++m, power *= z) moments[m] += power;
                beyond_three += std::fabs(z) > 3, n += 1;
            }
        }
    }
    std::printf("{\"exp\": %g, \"log\": %g, \"step\": %g, \"n\": %g, ", of_exp, of_log, of_step, n);
    std::printf("\"mean\": %.9f, \"square\": %.9f, \"cube\": %.9f, \"fourth\": %.9f, \"tail\": %.9f}",
                moments[1] / n, moments[2] / n, moments[3] / n, moments[4] / n, beyond_three / n);
}
"""


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "unit"), [("double", 2.0**-53), ("float", 2.0**-24)])
def test_functions_and_normal_numbers(tmp_path: Path, precision: str, unit: float) -> None:
    source, built = tmp_path / "numbers.cpp", tmp_path / "numbers"
    source.write_text(NUMBERS, encoding="utf-8")
    command = ["g++", *FLAGS, f"-I{HAND}", f"-DREAL={precision}", "-o", str(built), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads(subprocess.run([built], check=True, capture_output=True, text=True).stdout)
    assert found["exp"] < 4.0 * unit
    assert found["log"] < 40.0 * unit  # absolute, of logarithms up to 37
    assert found["step"] < 10.0 * unit  # of the potentials that it lies between
    error = 5.0 / np.sqrt(found["n"])  # five standard deviations
    assert abs(found["mean"]) < error
    assert abs(found["square"] - 1.0) < np.sqrt(2.0) * error
    assert abs(found["cube"]) < np.sqrt(15.0) * error
    assert abs(found["fourth"] - 3.0) < np.sqrt(96.0) * error
    assert abs(found["tail"] - 0.0026998) < np.sqrt(0.0027) * error
