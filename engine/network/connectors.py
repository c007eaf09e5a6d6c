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
from engine.network.distributions import RandomDistribution

if TYPE_CHECKING:
    from engine.network.projection import Projection

Weights = float | RandomDistribution | None


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
    delay_steps : int
        Uniform delay; 0 if none was asked for.
    force_multiple_weights : bool
    """

    name: str
    structure: Callable[[Projection, int, int], Connectivity]
    weights: Weights
    delay_steps: int
    force_multiple_weights: bool

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
        return replace(drawn, weights=weights, delay_steps=max(1, self.delay_steps))


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


def checked_delay(delays: Any, projection: Projection) -> int:
    """Uniform delay in steps (0: none asked for)."""
    if isinstance(delays, RandomDistribution) or not is_number(delays):
        raise EngineError(
            f"Projection {projection.name}: delays must be one number (ms); "
            f"delays that differ between synapses are not available yet."
        )
    if not np.isfinite(delays) or delays < 0.0:
        raise EngineError(f"Projection {projection.name}: a delay must not be negative (it is {delays} ms).")
    return round(float(delays) / projection.network.dt)


def connectivity_from_matrix(
    projection: Projection, weights: Any, pre_post: bool
) -> Callable[[Projection, int, int], Connectivity]:
    """Structure with the given weights, rows = post-synaptic; None or masked entries make no synapse."""
    try:
        matrix = np.asarray(weights, dtype=object if _has_gaps(weights) else np.float64)
    except (ValueError, TypeError):
        raise EngineError(f"Projection {projection.name}: the weight matrix is not rectangular.") from None
    matrix = matrix.T if pre_post else matrix
    pre_ranks, post_ranks = projection.pre_candidates, projection.post_candidates
    expected = (len(post_ranks), len(pre_ranks))
    if matrix.shape != expected:
        raise EngineError(
            f"Projection {projection.name}: the weight matrix has shape {matrix.shape}, "
            f"but {expected} (post, pre) is needed."
        )
    exists = np.array([[w is not None for w in row] for row in matrix], dtype=bool).reshape(expected)

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
            delay_steps=1,
        )

    return structure


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
            checked_delay(delays, projection),
            force_multiple_weights,
        )
        return self._connect(recipe)

    def connect_all_to_all(
        self,
        weights: float | RandomDistribution,
        delays: float = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect every pair.

        Parameters
        ----------
        weights : float or RandomDistribution
        delays : float
            ms; rounded to steps, at least one.
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
        delays: float = 0.0,
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
        delays: float = 0.0,
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
            allow_self_connections=allow_self_connections,
            probability=probability,
        )

    def connect_fixed_number_pre(
        self,
        number: int,
        weights: float | RandomDistribution,
        delays: float = 0.0,
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
            allow_self_connections=allow_self_connections,
            number=number,
        )

    def connect_fixed_number_post(
        self,
        number: int,
        weights: float | RandomDistribution = 1.0,
        delays: float = 0.0,
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
            allow_self_connections=allow_self_connections,
            number=number,
        )

    def connect_from_matrix(
        self,
        weights: Any,
        delays: float = 0.0,
        pre_post: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect with given weights.

        Parameters
        ----------
        weights : 2D array or list of lists, shape (post, pre)
            None makes no synapse; zeros do.
        pre_post : bool
            The matrix is (pre, post).
        """
        projection: Any = self
        structure = connectivity_from_matrix(projection, weights, pre_post)
        recipe = Recipe("Connectivity matrix", structure, None, checked_delay(delays, projection), True)
        return self._connect(recipe)

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
