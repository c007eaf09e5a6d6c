"""Cases as a user of numpy and scipy writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy import sparse

from measure import Clock, memory
from simulators.setting import Setting

Advance = Callable[[int], tuple[float, float | None]]
"""Advances the network by a number of steps; mean rate, and mean weight where weights change."""


def izhikevich(setting: Setting, random: Generator, real: Any) -> tuple[int, Advance]:
    exc, inh = setting.size(800), setting.size(200)
    n = exc + inh
    r = random.random(n)
    excitatory = np.arange(n) < exc
    a = np.where(excitatory, 0.02, 0.02 + 0.08 * r).astype(real)
    b = np.where(excitatory, 0.2, 0.25 - 0.05 * r).astype(real)
    c = np.where(excitatory, -65.0 + 15.0 * r**2, -65.0).astype(real)
    d = np.where(excitatory, 8.0 - 6.0 * r**2, 2.0).astype(real)
    noise = np.where(excitatory, 5.0, 2.0).astype(real)
    # One row for each pre-synaptic neuron, so that rows of those that fired are added.
    weights = random.random((n, n), dtype=real) / real(setting.scale)
    weights[:exc] *= real(0.5)
    weights[exc:] *= real(-1.0)
    v = np.full(n, -65.0, real)
    u = b * v
    fired = np.zeros(0, np.int64)

    def advance(steps: int) -> tuple[float, None]:
        nonlocal v, u, fired
        spikes = 0
        for _ in range(steps):
            current = noise * random.standard_normal(n, dtype=real) + weights[fired].sum(0)
            v, u = v + 0.04 * v * v + 5.0 * v + 140.0 - u + current, u + a * (b * v - u)
            fired = np.flatnonzero(v > 30.0)
            v[fired] = c[fired]
            u[fired] += d[fired]
            spikes += fired.size
        return spikes / n / (steps / 1000.0), None

    return n * n, advance


def rates(weights: Any, real: Any, learn: Callable[[Any, Any], None] | None = None) -> tuple[int, Advance]:
    r = np.zeros(weights.shape[0], real)
    factor = real(1.0 - np.exp(-1.0 / 10.0))

    def advance(steps: int) -> tuple[float, float | None]:
        nonlocal r
        for _ in range(steps):
            r = r + factor * (weights @ r + real(0.5) - r)
            if learn is not None:
                learn(weights, r)
        return float(r.mean()), float(weights.mean()) if learn is not None else None

    return weights.size, advance


def rate_dense(setting: Setting, random: Generator, real: Any) -> tuple[int, Advance]:
    n = setting.size(4000)
    return rates(random.random((n, n), dtype=real) * real(0.0001 / setting.scale), real)


def rate_sparse(setting: Setting, random: Generator, real: Any) -> tuple[int, Advance]:
    n = setting.size(4000)
    weights = sparse.random_array(
        (n, n), density=setting.probability(0.1), format="csr", dtype=real, rng=random
    )
    weights.data *= real(0.001)
    return rates(weights, real)


def oja(setting: Setting, random: Generator, real: Any) -> tuple[int, Advance]:
    n, eta = setting.size(2000), real(1e-6 / setting.scale)

    def learn(weights: Any, r: Any) -> None:
        weights += eta * (np.outer(r, r) - (r * r)[:, None] * weights)
        np.maximum(weights, 0.0, out=weights)

    return rates(random.random((n, n), dtype=real) * real(0.0002 / setting.scale), real, learn)


CASES = {"izhikevich": izhikevich, "rate_dense": rate_dense, "rate_sparse": rate_sparse, "oja": oja}


def run(setting: Setting) -> dict[str, Any]:
    clock = Clock()
    before = memory("VmRSS")
    real = np.float32 if setting.precision == "float" else np.float64
    synapses, advance = CASES[setting.case](setting, np.random.default_rng(setting.seed), real)
    clock.stage("declare")
    advance(1)
    clock.stage("first ms")
    resident = memory("VmRSS") - before
    rate, weight = advance(round(setting.duration))
    clock.stage("simulate")
    simulated = clock.stages["simulate"]
    result: dict[str, Any] = {"synapses": synapses, "resident": resident, "rate": rate}
    if weight is not None:
        result["weight"] = weight
    return {
        **result,
        "peak": memory("VmHWM"),
        "seconds": simulated["wall"],
        "cpu": simulated["cpu"],
        "stages": clock.stages,
    }
