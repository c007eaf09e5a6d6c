"""Counter-based random numbers: published vectors, equal bits in Python and C++, and the distributions."""

from __future__ import annotations

import numpy as np
import pytest
from execution import Case, I, interpret, op, real, run
from scipy import stats
from scipy.special import factorial, factorial2

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


PRECISIONS = ["double", "float"]


def case_of(
    *draws: tuple[str, tuple[float, ...]], count: int = COUNT, seed: int = 42, precision: str = "double"
) -> Case:
    """One buffer a draw: ``d0``, ``d1`` ..., each on its own stream."""
    case = Case(sizes={"n": count}, precision=precision)
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


@pytest.fixture(scope="module", params=PRECISIONS)
def drawn(request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    return run(case_of(*DRAWS, precision=request.param), 1).arrays


@pytest.mark.parametrize("precision", PRECISIONS)
def test_uniform_has_the_bits_of_plain_python(precision: str) -> None:
    """Across seeds with a high word, large draw counters and several streams."""
    unit = ("Uniform", (0.0, 1.0))
    case = case_of(unit, unit, count=150, seed=-(2**61) + 12345, precision=precision)
    clock = (5, 5, (1 << 33) + 7)
    found, expected = run(case, 2, clock=clock), interpret(case, 2, clock=clock)
    for name in ("d0", "d1"):
        np.testing.assert_array_equal(found.arrays[name], expected.arrays[name])
    assert not np.any(found.arrays["d0"] == found.arrays["d1"])


@pytest.mark.parametrize(("precision", "close"), [("double", 1e-12), ("float", 2e-6)])
def test_every_distribution_agrees_with_plain_python(precision: str, close: float) -> None:
    case = case_of(*DRAWS, count=200, precision=precision)
    found, expected = run(case, 1).arrays, interpret(case, 1).arrays
    for number in range(len(DRAWS)):
        np.testing.assert_allclose(
            found[f"d{number}"], expected[f"d{number}"], rtol=close, atol=close, err_msg=str(DRAWS[number])
        )


@pytest.mark.parametrize("precision", PRECISIONS)
def test_draws_do_not_depend_on_threads(precision: str) -> None:
    case = case_of(*DRAWS, count=500, precision=precision)
    one, two = run(case, 1).arrays, run(case, 1, "openmp", 2).arrays
    for number in range(len(DRAWS)):
        np.testing.assert_array_equal(one[f"d{number}"], two[f"d{number}"])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_block_has_the_bits_of_its_elements(precision: str) -> None:
    """A distribution that rejects keeps its loop from drawing whole blocks; the numbers are the same."""
    standard = ("Uniform", (0.0, 1.0)), ("Normal", (0.0, 1.0)), ("Exponential", (1.0,))
    blocks, alone = (case_of(*standard, count=2000, precision=precision) for _ in range(2))
    alone.buffer("rejecting", 0.0, "real", "n")
    body = tuple(
        Store(f"d{number}", I, Draw(name, tuple(map(real, arguments)), number + 1, I))
        for number, (name, arguments) in enumerate(standard)
    )
    rejecting = Store("rejecting", I, Draw("Gamma", (real(2.0), real(1.0)), 9, I))
    alone.schedule.clear()
    alone.add(5, Kernel("one by one", Each("n"), (*body, rejecting)))
    one, other = run(blocks, 3).arrays, run(alone, 3).arrays
    for number in range(len(standard)):
        np.testing.assert_array_equal(one[f"d{number}"], other[f"d{number}"])
        assert len(np.unique(one[f"d{number}"])) > 1990


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


@pytest.mark.parametrize("precision", PRECISIONS)
def test_standard_numbers(precision: str) -> None:
    """Moments of two million numbers within five standard errors, and the tails of the normal ones.

    The mean of the k-th powers has the variance (m[2k] - m[k]^2) / n; m[k] is k! of the exponential,
    (k - 1)!! or 0 of the normal and 1 / (k + 1) of the uniform distribution. How many exceed x is binomial.
    """
    steps = 50
    draws = ("Normal", (0.0, 1.0)), ("Exponential", (1.0,)), ("Uniform", (0.0, 1.0))
    case = case_of(*draws, precision=precision)
    arrays = [run(case, 1, clock=(k, k, k)).arrays for k in range(steps)]
    joined = (np.concatenate([a[f"d{k}"] for a in arrays]) for k in range(len(draws)))
    normal, exponential, uniform = (numbers.astype(float) for numbers in joined)
    n = normal.size
    moments = {
        "normal": (normal, lambda k: 0.0 if k % 2 else factorial2(k - 1)),
        "exponential": (exponential, factorial),
        "uniform": (uniform, lambda k: 1.0 / (k + 1)),
    }
    for name, (values, moment) in moments.items():
        for k in (1, 2, 3, 4, 6):
            error = np.sqrt((moment(2 * k) - moment(k) ** 2) / n)
            assert abs(np.mean(values**k) - moment(k)) < 5 * error, (name, k)
    for x in (0.01, 1.0, 2.0, 3.0, 4.0):
        for values in (normal, -normal):
            p = stats.norm.sf(x)
            assert abs(np.count_nonzero(values > x) - n * p) < 5 * np.sqrt(n * p * (1 - p))
    assert uniform.min() >= 0.0
    assert uniform.max() < 1.0
    assert exponential.min() >= 0.0


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("draw", [("Uniform", (0.0, 1.0)), ("Normal", (0.0, 1.0))])
def test_steps_and_neighbours_are_independent(draw: tuple[str, tuple[float, ...]], precision: str) -> None:
    """Correlations, also of the squares: of one step with the next, of one neuron with the next, and of those
    that share the words of a counter (16, 32 and 48 apart) below five standard errors."""
    case = case_of(draw, precision=precision)
    first, second = (run(case, steps).arrays["d0"].astype(float) for steps in (1, 2))
    pairs = [(first, second), (first[:-1], first[1:])]
    pairs += [(first[:-apart], first[apart:]) for apart in (16, 32, 48, 64)]
    for a, b in pairs:
        for power in (1, 2):
            one, other = ((x - x.mean()) ** power for x in (a, b))
            assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(a.size)


def test_a_draw_in_an_expression() -> None:
    case = Case(sizes={"n": 65})
    case.buffer("x", 0.0, "real", "n")
    noise = op("*", real(0.5), Draw("Normal", (real(0.0), real(1.0)), 3, I))
    case.add(5, Kernel("noise", Each("n"), (Store("x", I, op("+", case.load("x"), noise)),)))
    found, expected = run(case, 20).arrays["x"], interpret(case, 20).arrays["x"]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
