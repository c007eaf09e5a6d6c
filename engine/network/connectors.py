"""Connection patterns: what ``connect_*`` stores, and how it is drawn at compile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import connectivity
from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.distributions import Binomial, RandomDistribution

if TYPE_CHECKING:
    from engine.network.projection import Projection

Weights = float | RandomDistribution | None
Delays = int | RandomDistribution | None


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
    """

    name: str
    structure: Callable[[Projection, int, int], Connectivity]
    weights: Weights
    delays: Delays
    force_multiple_weights: bool
    description: str = ""

    def draw(self, projection: Projection, redraws: int) -> Connectivity:
        """The synapses; the same network seed, projection and number of redraws give the same ones."""
        network = projection.network
        drawn = self.structure(projection, network.seed, projection.id + (redraws << 20))
        if self.weights is None:
            weights: float | NDArray[np.float64] = drawn.weights
        elif isinstance(self.weights, RandomDistribution):
            generator = network.generator("weights", projection.id, redraws)
            values = self.weights.bound_to(generator).get_values(len(drawn.pre))
            weights = np.asarray(values, dtype=np.float64)
        else:
            weights = float(self.weights)
        delay_steps = drawn.delay_steps
        if isinstance(self.delays, RandomDistribution):
            generator = network.generator("delays", projection.id, redraws)
            values = self.delays.bound_to(generator).get_values(len(drawn.pre))
            delay_steps = delays_in_steps(np.maximum(values, network.dt), projection)
        elif self.delays is not None:
            delay_steps = max(1, self.delays)
        return replace(drawn, weights=weights, delay_steps=delay_steps)


def described(pattern: str, weights: Any, delays: Any) -> str:
    """The words for a pattern with its weights and delays (ms); distributions are set as mathematics."""

    def words(value: Any) -> str:
        return value.latex() if isinstance(value, RandomDistribution) else str(value)

    return f"{pattern}, weights {words(weights)}, delays {words(delays)}"


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


def connectivity_from_matrix(
    projection: Projection, weights: Any, delays: Any, pre_post: bool
) -> Callable[[Projection, int, int], Connectivity]:
    """Structure with the given weights, rows = post-synaptic; None or masked entries make no synapse.
    ``delays`` is a matrix of the same shape (ms), or None for a structure without delays."""
    matrix = _matrix(projection, weights, pre_post, "weight")
    pre_ranks, post_ranks = projection.pre_candidates, projection.post_candidates
    exists = np.array([[w is not None for w in row] for row in matrix], dtype=bool).reshape(matrix.shape)
    delay_steps: NDArray[np.int32] | None = None
    if delays is not None:
        given = _matrix(projection, delays, pre_post, "delay")[exists]
        values = np.array([np.nan if d is None else d for d in given], dtype=np.float64)
        delay_steps = delays_in_steps(values, projection)

    def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
        rows, columns = np.nonzero(exists)
        post, pre = post_ranks[rows], pre_ranks[columns]
        order = np.lexsort((pre, post))
        n_post = projection.post_population.size
        counts = np.bincount(post, minlength=n_post)
        return Connectivity(
            n_pre=projection.pre_population.size,
            n_post=n_post,
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            pre=pre[order].astype(np.int32),
            weights=matrix[exists].astype(np.float64)[order],
            delay_steps=1 if delay_steps is None else delay_steps[order],
        )

    return structure


def _matrix(projection: Projection, given: Any, pre_post: bool, kind: str) -> NDArray[Any]:
    """A matrix (post, pre) of numbers, or of objects where some are None."""
    try:
        matrix = np.asarray(given, dtype=object if _has_gaps(given) else np.float64)
    except (ValueError, TypeError):
        raise EngineError(f"Projection {projection.name}: the {kind} matrix is not rectangular.") from None
    matrix = matrix.T if pre_post else matrix
    expected = (len(projection.post_candidates), len(projection.pre_candidates))
    if matrix.shape != expected:
        raise EngineError(
            f"Projection {projection.name}: the {kind} matrix has shape {matrix.shape}, "
            f"but {expected} (post, pre) is needed."
        )
    return matrix


def _has_gaps(weights: Any) -> bool:
    rows = weights if isinstance(weights, list) else np.asarray(weights)
    return any(w is None for row in rows for w in row)


Pattern = Callable[..., Connectivity]


class Connectors:
    """The ``connect_*`` methods of a projection. Each stores a recipe and returns the projection;
    synapses are drawn at compile."""

    def _connect(self, recipe: Recipe) -> Any:
        raise NotImplementedError

    def _pattern(
        self,
        name: str,
        pattern: Pattern,
        weights: Any,
        delays: Any,
        force_multiple_weights: bool,
        same: bool,
        detail: str = "",
        **arguments: Any,
    ) -> Any:
        projection: Any = self

        def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
            return pattern(
                pre_ranks=projection.pre_candidates,
                post_ranks=projection.post_candidates,
                n_pre=projection.pre_population.size,
                n_post=projection.post_population.size,
                same_population=same,
                seed=seed,
                stream=stream,
                **arguments,
            )

        recipe = Recipe(
            name,
            structure,
            checked_weights(weights, projection),
            checked_delays(delays, projection),
            force_multiple_weights,
            described(name + detail, weights, delays),
        )
        return self._connect(recipe)

    def connect_all_to_all(
        self,
        weights: float | RandomDistribution,
        delays: float | RandomDistribution = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect every pair.

        Parameters
        ----------
        weights : float or RandomDistribution
        delays : float or RandomDistribution
            ms; rounded to steps, at least one. A distribution gives each synapse its own delay; it needs a
            largest value (``max``).
        allow_self_connections : bool
            Connect neurons to themselves where pre and post are one population.
        force_multiple_weights : bool
            Store one weight a synapse even where all are equal.
        storage_format, storage_order
            Accepted for compatibility; the engine chooses its structures.
        """
        same = _population(self, "pre") is _population(self, "post")
        return self._pattern(
            "All-to-All",
            connectivity.all_to_all,
            weights,
            delays,
            force_multiple_weights,
            same,
            allow_self_connections=allow_self_connections,
        )

    def connect_one_to_one(
        self,
        weights: float | RandomDistribution = 1.0,
        delays: float | RandomDistribution = 0.0,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect the k-th pre-synaptic to the k-th post-synaptic neuron; see :meth:`connect_all_to_all`."""
        projection: Any = self
        if projection.pre.size != projection.post.size:
            projection.network.warn(
                f"Projection {projection.name}: one-to-one between {projection.pre.size} and "
                f"{projection.post.size} neurons leaves the rest unconnected."
            )
        return self._pattern(
            "One-to-One", connectivity.one_to_one, weights, delays, force_multiple_weights, False
        )

    def connect_fixed_probability(
        self,
        probability: float,
        weights: float | RandomDistribution,
        delays: float | RandomDistribution = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect each pair with a ``probability``; see :meth:`connect_all_to_all`."""
        return self._pattern(
            "Random",
            connectivity.fixed_probability,
            weights,
            delays,
            force_multiple_weights,
            self._one_object(),
            f", sparseness {probability}",
            allow_self_connections=allow_self_connections,
            probability=probability,
        )

    def connect_fixed_number_pre(
        self,
        number: int,
        weights: float | RandomDistribution,
        delays: float | RandomDistribution = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Give each post-synaptic neuron ``number`` different inputs; see :meth:`connect_all_to_all`."""
        return self._pattern(
            "Random Convergent",
            connectivity.fixed_number_pre,
            weights,
            delays,
            force_multiple_weights,
            self._one_object(),
            rf" {number} $\rightarrow$ 1",
            allow_self_connections=allow_self_connections,
            number=number,
        )

    def connect_fixed_number_post(
        self,
        number: int,
        weights: float | RandomDistribution = 1.0,
        delays: float | RandomDistribution = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Give each pre-synaptic neuron ``number`` different outputs; see :meth:`connect_all_to_all`."""
        return self._pattern(
            "Random Divergent",
            connectivity.fixed_number_post,
            weights,
            delays,
            force_multiple_weights,
            self._one_object(),
            rf" 1 $\rightarrow$ {number}",
            allow_self_connections=allow_self_connections,
            number=number,
        )

    def connect_from_matrix(
        self,
        weights: Any,
        delays: Any = 0.0,
        pre_post: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect with given weights.

        Parameters
        ----------
        weights : 2D array or list of lists, shape (post, pre)
            None makes no synapse; zeros do.
        delays : float, RandomDistribution, 2D array or list of lists
            ms; a matrix has the shape of the weights and gives each synapse its own delay.
        pre_post : bool
            The matrices are (pre, post).
        """
        projection: Any = self
        nested = isinstance(delays, list | tuple) or (isinstance(delays, np.ndarray) and delays.ndim > 0)
        structure = connectivity_from_matrix(projection, weights, delays if nested else None, pre_post)
        asked = None if nested else checked_delays(delays, projection)
        return self._connect(Recipe("Connectivity matrix", structure, None, asked, True))

    def _one_object(self) -> bool:
        """Pre and post were given as one and the same object (two views of a population are two)."""
        projection: Any = self
        return projection.pre is projection.post

    all_to_all = connect_all_to_all
    one_to_one = connect_one_to_one
    fixed_probability = connect_fixed_probability
    fixed_number_pre = connect_fixed_number_pre
    fixed_number_post = connect_fixed_number_post
    from_matrix = connect_from_matrix


def _population(projection: Any, side: str) -> Any:
    return getattr(projection, f"{side}_population")
