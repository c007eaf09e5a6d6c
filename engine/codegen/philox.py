"""Counter-based random numbers in plain Python: the same bits as the C++ prelude's.

Philox4x32-10 is from Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import numpy as np

from engine.codegen.ir import NEAR, RARE

Words = tuple[int, int, int, int]
Precision = Literal["double", "float"]

_MASK = 0xFFFFFFFF


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Four random 32-bit words of a 128-bit counter and a 64-bit key."""
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        first, second = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (second >> 32) ^ b ^ low, second & _MASK, (first >> 32) ^ d ^ high, first & _MASK
        low, high = (low + 0x9E3779B9) & _MASK, (high + 0xBB67AE85) & _MASK
    return a, b, c, d


def pair(high: int, low: int) -> int:
    """Two words as one number."""
    return high << 32 | low


def unit(high: int, low: int) -> float:
    """52 bits of two words as a number in [0, 1)."""
    return (pair(high, low) >> 12) * 2.0**-52


@dataclass(frozen=True)
class Place:
    """Where a draw stands."""

    seed: int
    draw: int
    index: int
    stream: int
    precision: Precision = "double"

    def words(self, attempt: int = 0) -> Words:
        """Random words; ``attempt`` numbers those of methods that reject."""
        counter = (
            self.index & _MASK,
            self.draw & _MASK,
            ((self.draw >> 32 << 16) & _MASK) | attempt,
            self.stream | ((self.index >> 32 << 24) & _MASK),
        )
        return philox(counter, (self.seed & _MASK, (self.seed >> 32) & _MASK))

    def uniform(self) -> float:
        """A number in [0, 1)."""
        (bits,) = self._bits(self.index)
        return (bits >> 8) * 2.0**-24 if self.is_single else (bits >> 12) * 2.0**-52

    def exponential(self) -> float:
        """An exponential number of mean 1."""
        (bits,) = self._bits(self.index)
        return -math.log(self.above_zero(bits))

    def normal(self) -> float:
        """A normal number of mean 0 and standard deviation 1: elements j and j + 32 come of two together."""
        return self.normals(*self._bits(self.index & 31, self.index | 32))[self.index >> 5 & 1]

    @property
    def is_single(self) -> bool:
        """One word makes a number, not two."""
        return self.precision == "float"

    def _bits(self, *elements: int) -> list[int]:
        """The bits of elements of the block: 32 apart, or 16 in single precision, they share words."""
        apart = 16 if self.is_single else 32
        words = replace(self, index=self.index // 64 * apart + self.index % apart).words()
        if self.is_single:
            return [words[element >> 4 & 3] for element in elements]
        return [pair(*words[2:]) if element & 32 else pair(*words[:2]) for element in elements]

    def above_zero(self, bits: int) -> float:
        """An odd multiple of 2^-52 or 2^-31 below 1."""
        return (bits >> 1 | 1) * 2.0**-31 if self.is_single else (bits >> 12 | 1) * 2.0**-52

    def normals(self, one: int, other: int) -> tuple[float, float]:
        """Box and Muller 1958: the angle is one in the right quarter of the circle, its cosine has a random
        sign, and two bits that are left say so and which of both is the first."""
        radius = math.sqrt(-2.0 * math.log(self.above_zero(one)))
        turn = (other >> 9) * 2.0**-23 if self.is_single else (other >> 12) * 2.0**-52
        angle = 0.5 * math.pi * (turn - 0.5)
        cosine, sine = radius * math.cos(angle), radius * math.sin(angle)
        if other & 1:
            cosine = -cosine
        return (sine, cosine) if other & 2 else (cosine, sine)


def _uniform(at: Place, low: float, high: float) -> float:
    return low + (high - low) * at.uniform()


def _discrete_uniform(at: Place, low: float, high: float) -> float:
    return low + math.floor((high - low + 1.0) * at.uniform())


def _normal(at: Place, mu: float, sigma: float) -> float:
    return mu + sigma * at.normal()


def _log_normal(at: Place, mu: float, sigma: float) -> float:
    return math.exp(_normal(at, mu, sigma))


def _exponential(at: Place, rate: float) -> float:
    return at.exponential() / rate


def _gamma(at: Place, shape: float, scale: float) -> float:
    """Marsaglia and Tsang 2000."""
    if not shape > 0.0:
        return math.nan
    at = replace(at, precision="double")
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(0, 65534, 2):
        words = at.words(attempt + 1)
        x, _ = at.normals(pair(*words[:2]), pair(*words[2:]))
        v = (1.0 + c * x) ** 3
        others = at.words(attempt + 2)
        u = 1.0 - unit(*others[:2])
        if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            boost = 1.0 - unit(*others[2:])
            return scale * d * v * (boost ** (1.0 / shape) if shape < 1.0 else 1.0)
    return scale * shape


def _binomial(at: Place, trials: float, probability: float) -> float:
    """Inversion for a small mean, Hormann 1993 (transformed rejection) otherwise."""
    n = math.floor(trials)
    mirrored = probability > 0.5
    p = 1.0 - probability if mirrored else probability
    if n <= 0 or not p > 0.0:
        return float(n) if mirrored else 0.0
    k = _binomial_by_inversion(at, n, p) if n * p < 10.0 else _binomial_by_rejection(at, n, p)
    return n - k if mirrored else k


def _binomial_by_inversion(at: Place, n: int, p: float) -> float:
    rest, chance, k = replace(at, precision="double").uniform(), math.exp(n * math.log(1.0 - p)), 0.0
    while rest >= chance and k < n:
        rest -= chance
        chance *= (n - k) / (k + 1.0) * (p / (1.0 - p))
        k += 1.0
    return k


def _binomial_by_rejection(at: Place, n: int, p: float) -> float:
    spread = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha, limit, odds = (2.83 + 5.1 / b) * spread, 0.92 - 4.2 / b, p / (1.0 - p)
    mode = math.floor((n + 1.0) * p)

    def log_probability(k: float) -> float:
        return k * math.log(odds) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)

    k = 0.0
    for attempt in range(1, 65535):
        words = at.words(attempt)
        u, v = unit(*words[:2]) - 0.5, 1.0 - unit(*words[2:])
        us = 0.5 - abs(u)
        k = float(math.floor((2.0 * a / us + b) * u + n * p + 0.5)) if us > 0.0 else -1.0
        if us >= 0.07 and v <= limit:
            break
        if k < 0.0 or k > n:
            continue
        if math.log(v * alpha / (a / (us * us) + b)) <= log_probability(k) - log_probability(mode):
            break
    return k


def picked(
    gaps: Place, stream: int, size: int, chance: float, scale: float, has_units: bool
) -> Iterator[tuple[int, float]]:
    """Those picked of a group of ``size`` elements that begins at ``gaps``, relative to it, each with its
    unit, as :class:`engine.codegen.ir.EachChance` says."""
    if not chance > 0.0:
        return
    if chance > RARE:
        for k in range(size):
            unit_of = replace(gaps, index=gaps.index + k, stream=stream).uniform()
            if unit_of < chance:
                yield k, unit_of
        return
    place, near = -1, not has_units and chance >= NEAR
    for k in count():
        if near:
            place += 1 + _near_gap(gaps, scale, k)
            if place >= size:
                return
            yield place, 0.0
            continue
        counter = k if has_units else k // 16 * 8 + k % 8
        a, b, c, d = replace(gaps, index=gaps.index + counter).words()
        bits, rest = (pair(c, d), 0.0) if not has_units and k % 16 >= 8 else (pair(a, b), unit(c, d))
        place += 1 + int(min(math.log(gaps.above_zero(bits)) * scale, 65535.0))
        if place >= size:
            return
        yield place, chance * rest


def _near_gap(gaps: Place, scale: float, k: int) -> int:
    """Gap k of those that are made in single precision, four with the words of each counter."""
    words = replace(gaps, index=gaps.index + k // 32 * 8 + k % 16 // 2).words()
    bits = words[2 * (k % 32 // 16) + 1 - k % 2]
    twice = np.float32(-2.0 * math.log(np.float32((bits >> 1 | 1) * 2.0**-31)))
    return int(min(twice * np.float32(-0.5 * scale), np.float32(65535.0)))


def picked_in_window(
    gaps: Place, window: int, size: int, chance: float, scale: float, has_units: bool
) -> Iterator[tuple[int, float]]:
    """Those picked, likewise, where gaps run through a window of steps; for chances that are rare."""
    now = gaps.draw % window
    (bits,) = struct.unpack("<Q", struct.pack("<d", chance))
    begin = replace(gaps, seed=gaps.seed ^ bits, draw=gaps.draw - now, index=gaps.index * window)
    for place, rest in picked(begin, 0, window * size, chance, scale, has_units):
        if place // size == now:
            yield place % size, rest


DRAWS: dict[str, Callable[..., float]] = {
    "Uniform": _uniform,
    "DiscreteUniform": _discrete_uniform,
    "Normal": _normal,
    "LogNormal": _log_normal,
    "Exponential": _exponential,
    "Gamma": _gamma,
    "Binomial": _binomial,
}
"""Each distribution as a function of the place and the arguments."""
