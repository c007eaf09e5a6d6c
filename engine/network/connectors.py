"""The connection patterns of a projection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine import connectivity
from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.distributions import RandomDistribution
from engine.network.given_connectors import GivenConnectors
from engine.network.recipe import Recipe, checked_delays, checked_weights, described, in_words, stored_by_pre
from engine.network.storage import asked_storage

if TYPE_CHECKING:
    from engine.network.projection import Projection

Pattern = Callable[..., Connectivity]


class Connectors(GivenConnectors):
    """The ``connect_*`` methods of a projection. Each stores a recipe and returns the projection;
    synapses are drawn at compile."""

    def _pattern(
        self,
        name: str,
        pattern: Pattern,
        weights: Any,
        delays: Any,
        force_multiple_weights: bool,
        storage: tuple[str | None, str | None],
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
                threads=projection.network.threads,
                by_pre=stored_by_pre(projection),
                **arguments,
            )

        recipe = Recipe(
            name,
            structure,
            checked_weights(weights, projection),
            checked_delays(delays, projection),
            force_multiple_weights or not isinstance(weights, int | float),
            described(name + detail, weights, delays),
            asked_storage(projection, *storage),
        )
        return self._connect(recipe)

    def _check_number(self, number: Any, side: str) -> None:
        """Tell at the call that no neuron can have that many different partners."""
        projection: Any = self
        label = f"Projection {projection.name}: connect_fixed_number_{side}"
        if not is_number(number):
            raise EngineError(f"{label}: the number must be a whole one, not {number!r}.")
        connectivity.checked_number(number, getattr(projection, side).size, label, side)

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
        storage_format, storage_order : str, optional
            Names of the reference's structures; the engine chooses its own. Default: those of ``setup``.
        """
        same = _population(self, "pre") is _population(self, "post")
        return self._pattern(
            "All-to-All",
            connectivity.all_to_all,
            weights,
            delays,
            force_multiple_weights,
            (storage_format, storage_order),
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
        storage = (storage_format, storage_order)
        if asked_storage(projection, *storage).format == "dense":
            raise EngineError(
                f"Projection {projection.name}: one-to-one connections cannot be stored as 'dense'; "
                f"use 'lil' or 'csr'."
            )
        return self._pattern(
            "One-to-One", connectivity.one_to_one, weights, delays, force_multiple_weights, storage, False
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
            (storage_format, storage_order),
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
        self._check_number(number, "pre")
        return self._pattern(
            "Random Convergent",
            connectivity.fixed_number_pre,
            weights,
            delays,
            force_multiple_weights,
            (storage_format, storage_order),
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
        self._check_number(number, "post")
        return self._pattern(
            "Random Divergent",
            connectivity.fixed_number_post,
            weights,
            delays,
            force_multiple_weights,
            (storage_format, storage_order),
            self._one_object(),
            rf" 1 $\rightarrow$ {number}",
            allow_self_connections=allow_self_connections,
            number=number,
        )

    def connect_gaussian(
        self,
        amp: float,
        sigma: float,
        delays: float | RandomDistribution = 0.0,
        limit: float = 0.01,
        allow_self_connections: bool = False,
        storage_format: str | None = None,
    ) -> Any:
        """Weights that fall with the distance ``D``: ``amp * exp(-D**2 / (2 * sigma**2))``.

        Both populations, which must be whole ones, fill the unit interval, square or cube; ``D`` is measured
        there along the pre-synaptic dimensions.

        Parameters
        ----------
        amp : float
            Largest weight.
        sigma : float
            Width, 1 being the extent of a population.
        delays : float or RandomDistribution
            ms; see :meth:`connect_all_to_all`.
        limit : float
            Weights up to ``limit * abs(amp)`` make no synapse.
        allow_self_connections : bool
            Connect neurons to themselves where pre and post are one population.
        storage_format : str, optional
            See :meth:`connect_all_to_all`.
        """
        bell = {"amp": float(amp), "sigma": float(sigma), "limit": float(limit)}
        words = f"Gaussian, amplitude {amp}, sigma {sigma}, delays"
        return self._distance(
            "Gaussian", words, connectivity.gaussian, bell, delays, allow_self_connections, storage_format
        )

    def connect_dog(
        self,
        amp_pos: float,
        sigma_pos: float,
        amp_neg: float,
        sigma_neg: float,
        delays: float | RandomDistribution = 0.0,
        limit: float = 0.01,
        allow_self_connections: bool = False,
        storage_format: str | None = None,
    ) -> Any:
        """Differences of two bells of :meth:`connect_gaussian`: near neurons excite, far ones inhibit.

        Parameters
        ----------
        amp_pos, sigma_pos : float
            Height and width of the added bell.
        amp_neg, sigma_neg : float
            Those of the subtracted one.
        limit : float
            Weights up to ``limit * abs(amp_pos - amp_neg)``, of either sign, make no synapse.
        delays, allow_self_connections, storage_format
            See :meth:`connect_gaussian`.
        """
        bells = {"amp_pos": float(amp_pos), "sigma_pos": float(sigma_pos), "amp_neg": float(amp_neg)}
        bells |= {"sigma_neg": float(sigma_neg), "limit": float(limit)}
        words = (
            f"Difference-of-Gaussian, A+ {amp_pos}, sigma+ {sigma_pos}, A- {amp_neg}, sigma- {sigma_neg}, "
            f"delays"
        )
        pattern = connectivity.difference_of_gaussians
        return self._distance(
            "Difference-of-Gaussian", words, pattern, bells, delays, allow_self_connections, storage_format
        )

    def _distance(
        self,
        name: str,
        words: str,
        pattern: Pattern,
        arguments: dict[str, float],
        delays: Any,
        allow_self_connections: bool,
        storage_format: str | None,
    ) -> Any:
        """Store a pattern of whole populations whose weights follow from the distance."""
        projection: Any = self
        for side in (projection.pre, projection.post):
            if side not in (projection.pre_population, projection.post_population):
                raise EngineError(
                    f"Projection {projection.name}: {name} connects whole populations, and a view of "
                    f"{side.name} was given; use connect_with_func for parts."
                )
        exclude_self = self._one_object() and not allow_self_connections

        def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
            return pattern(
                pre_geometry=projection.pre_population.geometry,
                post_geometry=projection.post_population.geometry,
                exclude_self=exclude_self,
                threads=projection.network.threads,
                by_pre=stored_by_pre(projection),
                **arguments,
            )

        asked = checked_delays(delays, projection)
        storage = asked_storage(projection, storage_format, "post_to_pre")
        description = f"{words} {in_words(delays)}"
        return self._connect(Recipe(name, structure, None, asked, True, description, storage))

    def _one_object(self) -> bool:
        """Pre and post were given as one and the same object (two views of a population are two)."""
        projection: Any = self
        return projection.pre is projection.post

    all_to_all = connect_all_to_all
    one_to_one = connect_one_to_one
    fixed_probability = connect_fixed_probability
    fixed_number_pre = connect_fixed_number_pre
    fixed_number_post = connect_fixed_number_post
    gaussian = connect_gaussian
    dog = connect_dog


def _population(projection: Any, side: str) -> Any:
    return getattr(projection, f"{side}_population")
