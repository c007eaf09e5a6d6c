"""Random distributions: moments, bounds and seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    Binomial,
    DiscreteUniform,
    EngineError,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    Uniform,
)

N = 40_000


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation"),
    [
        (Uniform(2.0, 5.0, seed=1), 3.5, 3.0 / 12**0.5),
        (DiscreteUniform(1, 6, seed=1), 3.5, (35 / 12) ** 0.5),
        (Normal(1.0, 2.0, seed=1), 1.0, 2.0),
        (LogNormal(0.0, 0.5, seed=1), np.exp(0.125), (np.exp(0.25) - 1) ** 0.5 * np.exp(0.125)),
        (Exponential(4.0, seed=1), 4.0, 4.0),
        (Gamma(2.0, 3.0, seed=1), 6.0, 18**0.5),
        (Binomial(10, 0.3, seed=1), 3.0, 2.1**0.5),
    ],
    ids=repr,
)
def test_moments(distribution: Any, mean: float, deviation: float) -> None:
    """Bounds: five standard errors of the mean, and 5 % of the standard deviation."""
    values = distribution.get_values(N)
    assert abs(values.mean() - mean) < 5 * deviation / N**0.5
    assert values.std() == pytest.approx(deviation, rel=0.05)
    assert values.dtype.kind == ("i" if isinstance(distribution, (DiscreteUniform, Binomial)) else "f")


def test_bounds_clip() -> None:
    values = Normal(0.0, 1.0, min=-0.5, max=1.0, seed=1).get_values(1000)
    assert (values.min(), values.max()) == (-0.5, 1.0)
    assert np.count_nonzero(values == -0.5) > 200
    dice = DiscreteUniform(1, 3, seed=1).get_values(1000)
    assert set(dice.tolist()) == {1, 2, 3}


def test_shapes_and_scalars() -> None:
    uniform = Uniform(0.0, 1.0, seed=2)
    assert uniform.get_values((2, 3)).shape == (2, 3)
    assert len(uniform.get_list_values(4)) == 4
    assert isinstance(uniform.get_value(), float)
    assert uniform.keywords() == ["min", "max"]
    assert repr(Normal(0.0, 1.0)) == "Normal(0.0, 1.0)"


def test_seeds() -> None:
    assert Uniform(0, 1, seed=3).get_list_values(3) == Uniform(0, 1, seed=3).get_list_values(3)
    shared = Uniform(0, 1, rng=np.random.default_rng(5))
    assert shared.get_list_values(2) == np.random.default_rng(5).uniform(0, 1, 2).tolist()
    engine.setup(seed=10)
    first = [Uniform(0, 1).get_value(), Uniform(0, 1).get_value()]
    engine.setup(seed=10)
    assert first == [Uniform(0, 1).get_value(), Uniform(0, 1).get_value()]
    assert first[0] != first[1]
    engine.setup(seed=11)
    assert first[0] != Uniform(0, 1).get_value()


def test_setup_seeds_numpy() -> None:
    engine.setup(seed=10)
    first = np.random.random()  # noqa: NPY002
    engine.setup(seed=10)
    assert first == np.random.random()  # noqa: NPY002


@pytest.mark.parametrize(
    "wrong", [lambda: Normal(0.0, -1.0), lambda: LogNormal(0.0, -1.0), lambda: Exponential(-1.0)]
)
def test_impossible_arguments(wrong: Any) -> None:
    with pytest.raises(EngineError, match="must not be negative"):
        wrong()


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (Uniform(0.0, 1.0), r"$\mathcal{U}$(0.0, 1.0)"),
        (DiscreteUniform(1, 2), r"$\mathcal{U}$(1, 2)"),
        (Normal(0.0, 1.0), r"$\mathcal{N}$(0.0, 1.0)"),
        (Normal(0.0, 1.0, min=0.0), r"$\mathcal{N}$(0.0, 1.0) in [0.0, $\infty$]"),
        (LogNormal(0.0, 1.0, max=2.0), r"$\ln\mathcal{N}$(0.0, 1.0) in [$-\infty$, 2.0]"),
        (Exponential(2.0), r"$\exp$(2.0)"),
        (Gamma(1.0, 2.0), r"$\Gamma$(1.0, 2.0)"),
        (Binomial(3, 0.2), r"$\mathcal{B}$(3, 0.2)"),
    ],
)
def test_a_distribution_can_be_set_as_mathematics(distribution, expected):
    # ANNarchy 4.8.2.6 gives the same text for those without bounds (it leaves bounds out).
    assert distribution.latex() == expected
