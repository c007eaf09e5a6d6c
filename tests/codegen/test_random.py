"""Counter-based random numbers: published vectors, equal bits in Python and C++, and the distributions."""

from __future__ import annotations

import numpy as np
import pytest
from execution import Case, I, interpret, op, real, run
from scipy import stats

from engine.codegen.ir import Draw, Each, Expr, Kernel, Store
from engine.codegen.philox import philox

COUNT = 40_000

VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
"""Known answers of Philox4x32-10 that accompany Salmon et al. 2011."""


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_philox_known_answers(counter, key, words) -> None:
    assert philox(counter, key) == words


def case_of(*draws: tuple[str, tuple[float, ...]], count: int = COUNT, seed: int = 42) -> Case:
    """One buffer a draw: ``d0``, ``d1`` ..., each on its own stream."""
    case = Case(sizes={"n": count})
    case.buffer("seed", seed, "int64")
    for number, (name, arguments) in enumerate(draws):
        case.buffer(f"d{number}", 0.0, "real", "n")
        value: Expr = Draw(name, tuple(real(x) for x in arguments), number + 1, I)
        case.add(5, Kernel(f"{name}{number}", Each("n"), (Store(f"d{number}", I, value),)))
    return case


DRAWS: list[tuple[str, tuple[float, ...]]] = [
    ("Uniform", (-1.0, 3.0)),
    ("DiscreteUniform", (-2.0, 4.0)),
    ("Normal", (1.0, 2.0)),
    ("LogNormal", (0.1, 0.5)),
    ("Exponential", (2.5,)),
    ("Gamma", (0.4, 2.0)),
    ("Gamma", (4.5, 0.5)),
    ("Binomial", (12.0, 0.3)),
    ("Binomial", (500.0, 0.7)),
    ("Binomial", (60.0, 0.4)),
]


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    return run(case_of(*DRAWS), 1).arrays


def test_uniform_has_the_bits_of_plain_python() -> None:
    """Across seeds with a high word, large draw counters and several streams."""
    case = case_of(("Uniform", (0.0, 1.0)), ("Uniform", (0.0, 1.0)), count=70, seed=-(2**61) + 12345)
    clock = (5, 5, (1 << 33) + 7)
    found, expected = run(case, 2, clock=clock), interpret(case, 2, clock=clock)
    for name in ("d0", "d1"):
        np.testing.assert_array_equal(found.arrays[name], expected.arrays[name])
    assert not np.any(found.arrays["d0"] == found.arrays["d1"])


def test_every_distribution_agrees_with_plain_python() -> None:
    case = case_of(*DRAWS, count=100)
    found, expected = run(case, 1).arrays, interpret(case, 1).arrays
    for number in range(len(DRAWS)):
        np.testing.assert_allclose(found[f"d{number}"], expected[f"d{number}"], rtol=1e-12, atol=1e-13)


def test_draws_do_not_depend_on_threads() -> None:
    case = case_of(*DRAWS, count=500)
    one, two = run(case, 1).arrays, run(case, 1, "openmp", 2).arrays
    for number in range(len(DRAWS)):
        np.testing.assert_array_equal(one[f"d{number}"], two[f"d{number}"])


@pytest.mark.parametrize(
    ("number", "distribution"),
    [
        (0, stats.uniform(-1, 4)),
        (2, stats.norm(1, 2)),
        (3, stats.lognorm(0.5, scale=np.exp(0.1))),
        (4, stats.expon(scale=1 / 2.5)),
        (5, stats.gamma(0.4, scale=2.0)),
        (6, stats.gamma(4.5, scale=0.5)),
    ],
)
def test_continuous_distribution(drawn: dict[str, np.ndarray], number: int, distribution) -> None:
    """Kolmogorov-Smirnov at the 0.1 % level; the draws are fixed, so the test is too."""
    assert stats.kstest(drawn[f"d{number}"], distribution.cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("number", "distribution"),
    [
        (1, stats.randint(-2, 5)),
        (7, stats.binom(12, 0.3)),
        (8, stats.binom(500, 0.7)),
        (9, stats.binom(60, 0.4)),
    ],
)
def test_discrete_distribution(drawn: dict[str, np.ndarray], number: int, distribution) -> None:
    """Chi-squared at the 0.1 % level over the values that are expected more than ten times."""
    values = drawn[f"d{number}"].astype(int)
    support = np.arange(-10, 520)
    expected = COUNT * distribution.pmf(support)
    counts = np.array([np.count_nonzero(values == k) for k in support])
    assert not counts[expected == 0].any()
    often = expected > 10
    expected_rest, counts_rest = COUNT - expected[often].sum(), COUNT - counts[often].sum()
    statistic = np.sum((counts[often] - expected[often]) ** 2 / expected[often])
    statistic += (counts_rest - expected_rest) ** 2 / max(expected_rest, 1e-9) if expected_rest > 1 else 0.0
    assert stats.chi2.sf(statistic, np.count_nonzero(often)) > 1e-3


def test_moments(drawn: dict[str, np.ndarray]) -> None:
    """Means within five standard errors."""
    means = (1.0, 1.0, 1.0, np.exp(0.1 + 0.125), 0.4, 0.8, 2.25, 3.6, 350.0, 24.0)
    for number, mean in enumerate(means):
        values = drawn[f"d{number}"]
        assert abs(values.mean() - mean) < 5 * values.std() / np.sqrt(COUNT), DRAWS[number]


def test_steps_and_neighbours_are_independent() -> None:
    """Correlation of one step with the next and of one neuron with the next below five standard errors."""
    case = case_of(("Uniform", (0.0, 1.0)))
    first, second = run(case, 1).arrays["d0"], run(case, 2).arrays["d0"]
    for a, b in ((first, second), (first[:-1], first[1:])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(COUNT)


def test_a_draw_in_an_expression() -> None:
    case = Case(sizes={"n": 65})
    case.buffer("x", 0.0, "real", "n")
    noise = op("*", real(0.5), Draw("Normal", (real(0.0), real(1.0)), 3, I))
    case.add(5, Kernel("noise", Each("n"), (Store("x", I, op("+", case.load("x"), noise)),)))
    found, expected = run(case, 20).arrays["x"], interpret(case, 20).arrays["x"]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
