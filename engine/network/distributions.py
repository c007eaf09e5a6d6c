"""Random distributions for initial values, weights and delays.

In: the arguments of a distribution, and a generator that belongs to the network. Out: arrays of samples.
An object without a ``seed`` or ``rng`` of its own draws from the network that it is used in, so that one
script with one seed always builds one network.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

Generator = np.random.Generator
Shape = int | tuple[int, ...]


class RandomDistribution:
    """Base of all distributions.

    Parameters
    ----------
    seed : int, optional
        Seed of a generator of its own. None: the network's seed decides.
    rng : numpy.random.Generator, optional
        Generator to draw from, instead of a seed.
    """

    symbol = ""
    """The distribution's name in mathematics, as LaTeX."""

    def __init__(self, seed: int | None = None, rng: Generator | None = None) -> None:
        if seed is not None and not hasattr(seed, "__index__"):
            raise EngineError(f"{type(self).__name__}: seed must be a whole number or None, not {seed!r}.")
        if rng is not None and not isinstance(rng, Generator):
            raise EngineError(f"{type(self).__name__}: rng must be a numpy Generator, not {rng!r}.")
        self.seed = seed
        self._generator = rng if rng is not None else None if seed is None else np.random.default_rng(seed)

    def keywords(self) -> list[str]:
        """Names of the distribution's arguments."""
        return [name for name in vars(self) if name != "seed" and not name.startswith("_")]

    def bound_to(self, generator: Generator) -> RandomDistribution:
        """This distribution drawing from ``generator``, unless it has a seed or generator of its own."""
        if self._generator is not None:
            return self
        bound = copy.copy(self)
        bound._generator = generator
        return bound

    def get_values(self, shape: Shape) -> NDArray[Any]:
        """Array of samples of the given shape."""
        if self._generator is None:
            from engine.network.network import default_network

            self._generator = default_network().next_generator()
        return self._clipped(np.asarray(self._draw(self._generator, shape)))

    def get_list_values(self, size: int) -> list[Any]:
        """List of ``size`` samples."""
        values: list[Any] = self.get_values(size).tolist()
        return values

    def get_value(self) -> Any:
        """One sample."""
        return self.get_values(1)[0].item()

    def latex(self) -> str:
        """The distribution as text for a report: ``$\\mathcal{U}$(0.0, 1.0)``."""
        names = self.keywords()
        clips = {"min", "max"} < set(names)
        shown = [str(getattr(self, name)) for name in names if not (clips and name in ("min", "max"))]
        text = f"${self.symbol}$({', '.join(shown)})"
        low, high = (getattr(self, name, None) for name in ("min", "max"))
        if not clips or (low is None and high is None):
            return text
        return f"{text} in [{_limit(low, '-')}, {_limit(high, '')}]"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments()})"

    def _arguments(self) -> str:
        values = (getattr(self, name) for name in self.keywords())
        return ", ".join(repr(value) for value in values if value is not None)

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        raise NotImplementedError

    def _clipped(self, values: NDArray[Any]) -> NDArray[Any]:
        low, high = getattr(self, "min", None), getattr(self, "max", None)
        return values if low is None and high is None else np.clip(values, low, high)

    def _check(self, *not_negative: str) -> None:
        """Refuse impossible arguments; those that are None were not given."""
        label = type(self).__name__
        given = {name: getattr(self, name) for name in self.keywords() if getattr(self, name) is not None}
        for name, value in given.items():
            if not isinstance(value, (int, float, np.number)) or np.isnan(value):
                raise EngineError(f"{label}: {name} must be a number, not {value!r}.")
        for name in not_negative:
            if given[name] < 0.0:
                raise EngineError(f"{label}: {name} must not be negative (it is {given[name]}).")
        if "min" in given and "max" in given and given["min"] > given["max"]:
            raise EngineError(f"{label}: min ({given['min']}) must not be larger than max ({given['max']}).")


def _limit(value: float | None, sign: str) -> str:
    return rf"${sign}\infty$" if value is None else str(value)


class Uniform(RandomDistribution):
    """Uniform over the interval [``min``, ``max``); one number where both are equal."""

    symbol = r"\mathcal{U}"

    def __init__(self, min: float, max: float, seed: int | None = None, rng: Generator | None = None) -> None:
        super().__init__(seed, rng)
        self.min = min
        self.max = max
        self._check()

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.uniform(self.min, self.max, shape)


class DiscreteUniform(RandomDistribution):
    """Uniform over the integers ``min``, ..., ``max``, both included."""

    symbol = r"\mathcal{U}"

    def __init__(self, min: int, max: int, seed: int | None = None, rng: Generator | None = None) -> None:
        super().__init__(seed, rng)
        self.min = min
        self.max = max
        self._check()

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.integers(self.min, self.max, shape, endpoint=True)


class Normal(RandomDistribution):
    """Normal with mean ``mu`` and standard deviation ``sigma``, clipped to [``min``, ``max``]."""

    symbol = r"\mathcal{N}"

    def __init__(
        self,
        mu: float,
        sigma: float,
        min: float | None = None,
        max: float | None = None,
        seed: int | None = None,
        rng: Generator | None = None,
    ) -> None:
        super().__init__(seed, rng)
        self.mu = mu
        self.sigma = sigma
        self.min = min
        self.max = max
        self._check("sigma")

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.normal(self.mu, self.sigma, shape)


class LogNormal(Normal):
    """Log-normal; ``mu`` and ``sigma`` are those of the underlying normal."""

    symbol = r"\ln\mathcal{N}"

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.lognormal(self.mu, self.sigma, shape)


class Exponential(RandomDistribution):
    """Exponential with mean ``Lambda`` (the scale; inside equations the argument is the rate)."""

    symbol = r"\exp"

    def __init__(
        self,
        Lambda: float,
        min: float | None = None,
        max: float | None = None,
        seed: int | None = None,
        rng: Generator | None = None,
    ) -> None:
        super().__init__(seed, rng)
        self.Lambda = Lambda
        self.min = min
        self.max = max
        self._check("Lambda")

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.exponential(self.Lambda, shape)


class Gamma(RandomDistribution):
    """Gamma with shape ``alpha`` and scale ``beta``."""

    symbol = r"\Gamma"

    def __init__(
        self,
        alpha: float,
        beta: float = 1.0,
        min: float | None = None,
        max: float | None = None,
        seed: int | None = None,
        rng: Generator | None = None,
    ) -> None:
        super().__init__(seed, rng)
        self.alpha = alpha
        self.beta = beta
        self.min = min
        self.max = max
        self._check("alpha", "beta")

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.gamma(self.alpha, self.beta, shape)


class Binomial(RandomDistribution):
    """Number of successes in ``n`` trials of probability ``p``."""

    symbol = r"\mathcal{B}"

    def __init__(self, n: int, p: float, seed: int | None = None, rng: Generator | None = None) -> None:
        super().__init__(seed, rng)
        self.n = n
        self.p = p
        self._check("n", "p")
        if p > 1.0:
            raise EngineError(f"Binomial: p must not be larger than 1 (it is {p}).")

    def _draw(self, generator: Generator, shape: Shape) -> Any:
        return generator.binomial(self.n, self.p, shape)
