"""What a connector stores until compile, and how synapses are drawn from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.distributions import Binomial, RandomDistribution
from engine.network.storage import LIL, Storage
from engine.runtime.core import aligned_empty

if TYPE_CHECKING:
    from engine.network.projection import Projection

Weights = float | RandomDistribution | None
Delays = int | RandomDistribution | None
Structure = Callable[["Projection", int, int], Connectivity]

CHUNK = 1 << 18
"""Samples that are drawn at a time: no second copy of all weights is ever made."""


@dataclass(frozen=True)
class Recipe:
    """What a ``connect_*`` method was asked for.

    Attributes
    ----------
    name : str
        Pattern, e.g. ``"All-to-All"``.
    structure : callable
        ``structure(projection, seed, stream) -> Connectivity`` draws the synapses.
    weights : float, RandomDistribution or None
        None: the structure brings its own.
    delays : int, RandomDistribution or None
        Uniform delay in steps (0 if none was asked for), or a distribution in ms. None: the structure
        brings its own.
    force_multiple_weights : bool
    description : str
        The pattern and its numbers in words for a report; empty: the name says all.
    storage : Storage
        Format and order as scripts name them.
    longest_delay : int
        In steps, of a structure that brings its own delays.
    """

    name: str
    structure: Structure
    weights: Weights
    delays: Delays
    force_multiple_weights: bool
    description: str = ""
    storage: Storage = LIL
    longest_delay: int = 0

    def draw(self, projection: Projection, redraws: int) -> Connectivity:
        """The synapses; the same network seed, projection and number of redraws give the same ones."""
        network = projection.network
        drawn = self.structure(projection, network.seed, projection.id + (redraws << 20))
        by_pre = stored_by_pre(projection) and drawn.uniform
        if by_pre:
            drawn = drawn.turned()
        if isinstance(self.weights, RandomDistribution):
            weights = aligned_empty(drawn.nnz, np.float32 if network.precision == "float" else np.float64)
            for part, values in _samples(self.weights, "weights", projection, redraws, drawn.nnz):
                weights[part] = values
            own = {"weights": None, "weights_by_pre": weights} if by_pre else {"weights": weights}
            drawn = replace(drawn, **own)
        elif self.weights is not None:
            drawn = replace(drawn, weights=float(self.weights))
        if isinstance(self.delays, RandomDistribution):
            delays = aligned_empty(drawn.nnz, np.int32)
            for part, values in _samples(self.delays, "delays", projection, redraws, drawn.nnz):
                delays[part] = delays_in_steps(np.maximum(values, network.dt), projection)
            if by_pre:
                return replace(drawn, delay_steps=None, delays_by_pre=delays)
            return replace(drawn, delay_steps=delays)
        return drawn if self.delays is None else replace(drawn, delay_steps=max(1, self.delays))


def stored_by_pre(projection: Projection) -> bool:
    """Synapses are drawn in rows by pre-synaptic neuron, and only these rows are kept: where spikes travel
    along them, and nothing else needs the other ones."""
    spiking = projection.pre_population.model.kind == "spike" and projection.decoded_steps is None
    return spiking and not projection.structural and projection.recipe.delays is not None


def always(connectivity: Connectivity) -> Structure:
    """The structure that gives the same synapses each time, with weights that may change afterwards."""

    def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
        weights = connectivity.weights
        return replace(connectivity, weights=np.copy(weights) if isinstance(weights, np.ndarray) else weights)

    return structure


def _samples(
    distribution: RandomDistribution, purpose: str, projection: Projection, redraws: int, number: int
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """``number`` samples, a part at a time; they depend on the network's seed unless the distribution has one
    of its own."""
    bound = distribution.bound_to(projection.network.generator(purpose, projection.id, redraws))
    for start in range(0, number, CHUNK):
        part = slice(start, min(start + CHUNK, number))
        yield part, bound.get_values(part.stop - start)


def in_words(value: Any) -> str:
    """A weight or delay for a report; distributions are set as mathematics."""
    return value.latex() if isinstance(value, RandomDistribution) else str(value)


def described(pattern: str, weights: Any, delays: Any) -> str:
    """The words for a pattern with its weights and delays (ms)."""
    return f"{pattern}, weights {in_words(weights)}, delays {in_words(delays)}"


def checked_weights(weights: Any, projection: Projection) -> Weights:
    """A number or a distribution, or a clear error."""
    if isinstance(weights, RandomDistribution):
        return weights
    if is_number(weights):
        return float(weights)
    raise EngineError(
        f"Projection {projection.name}: weights must be a number or a random distribution, "
        f"not {type(weights).__name__}; use connect_from_matrix for given weights."
    )


def checked_delays(delays: Any, projection: Projection) -> int | RandomDistribution:
    """Uniform delay in steps (0: none asked for), or a distribution that has a largest delay."""
    label = f"Projection {projection.name}"
    if isinstance(delays, RandomDistribution):
        largest = largest_value(delays)
        if largest is None:
            raise EngineError(
                f"{label}: a delay from {delays} could be of any length; you need to set the max argument to "
                f"limit the maximal delay."
            )
        if not np.isfinite(largest) or largest < 0.0:
            raise EngineError(f"{label}: delays from {delays} would be negative; give a max above 0.")
        return delays
    if not is_number(delays):
        raise EngineError(
            f"{label}: delays must be a number (ms) or a random distribution, not {type(delays).__name__}; "
            f"a matrix of delays needs connect_from_matrix."
        )
    if not np.isfinite(delays) or delays < 0.0:
        raise EngineError(f"{label}: a delay must not be negative (it is {delays} ms).")
    return round(float(delays) / projection.network.dt)


def largest_value(distribution: RandomDistribution) -> float | None:
    """No sample is larger; None where there is no such number."""
    largest = distribution.n if isinstance(distribution, Binomial) else getattr(distribution, "max", None)
    return None if largest is None else float(largest)


def delays_in_steps(delays: Any, projection: Projection) -> NDArray[np.int32]:
    """Delays (ms) of single synapses as whole steps: rounded, halves to even numbers, at least one."""
    values = np.asarray(delays, dtype=np.float64)
    if not np.isfinite(values).all():
        raise EngineError(f"Projection {projection.name}: a delay is missing, not a number or infinite.")
    if (values < 0.0).any():
        raise EngineError(f"Projection {projection.name}: a delay must not be negative ({values.min()} ms).")
    return np.maximum(1, np.rint(values / projection.network.dt)).astype(np.int32)
