"""Connectors that are given the synapses: as a matrix, in a file, or by a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import connectivity
from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.network.lil import LILConnectivity, steps_of
from engine.network.recipe import Recipe, Structure, always, checked_delays, delays_in_steps, stored_by_pre
from engine.network.storage import asked_storage

if TYPE_CHECKING:
    from engine.network.projection import Projection


class GivenConnectors:
    """The part of a projection's connectors that chooses nothing itself."""

    def _connect(self, recipe: Recipe) -> Any:
        raise NotImplementedError

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
        storage_format, storage_order : str, optional
            See :meth:`connect_all_to_all`.
        """
        projection: Any = self
        nested = isinstance(delays, list | tuple) or (isinstance(delays, np.ndarray) and delays.ndim > 0)
        structure, longest = _from_matrix(projection, weights, delays if nested else None, pre_post)
        asked = None if nested else checked_delays(delays, projection)
        storage = asked_storage(projection, storage_format, storage_order)
        name = "Connectivity matrix"
        return self._connect(Recipe(name, structure, None, asked, True, name, storage, longest))

    def connect_from_sparse(
        self,
        weights: Any,
        delays: float = 0.0,
        storage_format: str | None = None,
        storage_order: str | None = None,
    ) -> Any:
        """Connect with the entries of a sparse matrix.

        Parameters
        ----------
        weights : scipy sparse matrix or array, shape (pre, post)
            Each stored entry makes a synapse, also a stored zero. Mind the order of the dimensions: it is
            the opposite of :meth:`connect_from_matrix`.
        delays : float
            ms, of all synapses.
        storage_format, storage_order : str, optional
            See :meth:`connect_all_to_all`.
        """
        projection: Any = self
        asked = checked_delays(delays, projection)
        if not isinstance(asked, int):
            raise EngineError(f"Projection {projection.name}: connect_from_sparse takes one delay (ms).")
        label = f"Projection {projection.name}: connect_from_sparse"
        sizes = (projection.pre.size, projection.post.size)
        structure = _from_sparse(projection, label, weights, sizes, views=True)
        storage = asked_storage(projection, storage_format, storage_order)
        name = "Sparse connectivity matrix"
        return self._connect(Recipe(name, structure, None, asked, True, name, storage))

    def connect_from_matrix_market(
        self, filename: str | Path, storage_format: str | None = None, storage_order: str | None = None
    ) -> Any:
        """Connect with the weights in a file of the Matrix Market, without a delay.

        Parameters
        ----------
        filename : str or Path
            A ``.mtx`` file, sparse or dense, of shape (post, pre): the sizes of the whole populations, also
            where views are connected.
        storage_format, storage_order : str, optional
            See :meth:`connect_all_to_all`.
        """
        from scipy import sparse
        from scipy.io import mmread

        projection: Any = self
        label = f"Projection {projection.name}: {filename}"
        if Path(filename).suffix != ".mtx":
            raise EngineError(f"{label} is no file of the Matrix Market; its name must end in .mtx.")
        try:
            matrix = mmread(filename)
        except OSError as error:
            raise EngineError(f"{label} cannot be read: {error.strerror or error}.") from None
        except ValueError as error:
            raise EngineError(f"{label} is no file of the Matrix Market: {error}.") from None
        if not sparse.issparse(matrix):  # Zeros of a dense file are weights.
            rows, columns = np.indices(matrix.shape).reshape(2, -1)
            matrix = sparse.coo_matrix((matrix.ravel(), (rows, columns)), shape=matrix.shape)
        sizes = (projection.pre_population.size, projection.post_population.size)
        if matrix.shape != sizes[::-1]:
            raise EngineError(f"{label} has shape {matrix.shape}, but {sizes[::-1]} (post, pre) is needed.")
        structure = _from_sparse(projection, label, matrix.T, sizes, views=False)
        storage = asked_storage(projection, storage_format, storage_order)
        words = "A weight matrix load from .mtx file"
        return self._connect(Recipe("MatrixMarket", structure, None, 0, True, words, storage))

    def connect_with_func(
        self,
        method: Callable[..., LILConnectivity],
        storage_format: str | None = None,
        storage_order: str | None = None,
        **args: Any,
    ) -> Any:
        """Connect with what a function returns.

        Parameters
        ----------
        method : callable
            ``method(pre, post, **args)``, called at once with the ends of the projection; its result is a
            :class:`LILConnectivity`. If its third parameter is called ``dt`` and has no default it is given
            the step (ms), too.
        storage_format, storage_order : str, optional
            See :meth:`connect_all_to_all`.
        args
            Handed on to ``method``.
        """
        takes_dt = _takes_dt(method) and "dt" not in args
        return self._from_function(method, storage_format, storage_order, takes_dt, args)

    def from_function(
        self,
        method: Callable[..., LILConnectivity],
        storage_format: str | None = None,
        storage_order: str | None = None,
        **args: Any,
    ) -> Any:
        """As :meth:`connect_with_func`, with a function ``method(pre, post, dt, **args)``."""
        return self._from_function(method, storage_format, storage_order, True, args)

    def _from_function(
        self,
        method: Callable[..., LILConnectivity],
        storage_format: str | None,
        storage_order: str | None,
        with_dt: bool,
        args: dict[str, Any],
    ) -> Any:
        projection: Any = self
        storage = asked_storage(projection, storage_format, storage_order)
        name = getattr(method, "__name__", type(method).__name__)
        dt: float = projection.network.dt
        with steps_of(dt):
            rows = method(projection.pre, projection.post, *([dt] if with_dt else []), **args)
        label = f"Projection {projection.name}: the connector {name}"
        if not isinstance(rows, LILConnectivity):
            raise EngineError(f"{label} must return a LILConnectivity, not {type(rows).__name__}.")
        sizes = (projection.pre_population.size, projection.post_population.size)
        drawn = rows.drawn(*sizes, dt, label)
        uniform = rows.uniform_delay
        delays = None if uniform == -1 else uniform
        words = f"Created by the method {name}"
        longest = rows.max_delay

        return self._connect(
            Recipe("User-defined", always(drawn), None, delays, True, words, storage, longest)
        )

    from_matrix = connect_from_matrix
    from_sparse = connect_from_sparse
    from_matrix_market = connect_from_matrix_market


def _takes_dt(method: Callable[..., Any]) -> bool:
    """Is the third parameter of a function ``dt``, without a default?"""
    try:
        parameters = list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):  # Built-in functions may have no signature.
        return False
    return len(parameters) > 2 and parameters[2].name == "dt" and parameters[2].default is parameters[2].empty


def _ends(projection: Projection, views: bool) -> dict[str, Any]:
    """The ranks that rows and columns of a matrix stand for, and the sizes of the populations."""
    pre, post = projection.pre_population, projection.post_population
    return {
        "pre_ranks": projection.pre_candidates if views else np.arange(pre.size),
        "post_ranks": projection.post_candidates if views else np.arange(post.size),
        "n_pre": pre.size,
        "n_post": post.size,
    }


def _from_sparse(
    projection: Projection, label: str, matrix: Any, expected: tuple[int, int], views: bool
) -> Structure:
    """Structure with the entries of a sparse matrix, (pre, post), as it is now."""
    # In the order in which the engine will most likely hold them.
    by_pre = projection.pre_population.model.kind == "spike"
    compressed = _compressed(label, matrix, expected, by_pre)
    given = connectivity.GivenRows(compressed, by_pre, **_ends(projection, views))

    def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
        return given.connectivity(stored_by_pre(projection))

    return structure


def _compressed(label: str, matrix: Any, expected: tuple[int, int], by_pre: bool) -> Any:
    """A sparse matrix in compressed rows (``by_pre``) or columns, its shape and values checked; the matrix
    itself if it is one."""
    from scipy import sparse

    if not sparse.issparse(matrix):
        raise EngineError(f"{label} takes a sparse matrix of scipy, not {type(matrix).__name__}.")
    if matrix.shape != expected:
        raise EngineError(
            f"{label}: the matrix has shape {matrix.shape}, but {expected} (pre, post) is needed."
        )
    if matrix.dtype.kind not in "biuf":
        raise EngineError(f"{label} takes numbers, not {matrix.dtype}.")
    compressed = matrix.tocsr() if by_pre else matrix.tocsc()
    if not compressed.has_canonical_format:
        compressed = compressed.copy()
        compressed.sum_duplicates()
    return compressed


def _from_matrix(projection: Projection, weights: Any, delays: Any, pre_post: bool) -> tuple[Structure, int]:
    """Structure with the given weights, rows = post-synaptic, and its longest delay in steps; None makes no
    synapse. ``delays`` is a matrix of the same shape (ms), or None for a structure without delays."""
    matrix = _matrix(projection, weights, pre_post, "weight")
    exists: NDArray[np.bool_] | None = None
    if matrix.dtype == object:
        exists = np.array([w is not None for w in matrix.flat], dtype=bool).reshape(matrix.shape)
        matrix = _numbers(projection, matrix, exists, "weight")
    steps: NDArray[np.int32] | None = None
    if delays is not None:
        given = _matrix(projection, delays, pre_post, "delay")
        needed = np.ones(given.shape, dtype=bool) if exists is None else exists
        given = _numbers(projection, given, needed, "delay")
        steps = delays_in_steps(given, projection)

    def structure(projection: Projection, seed: int, stream: int) -> Connectivity:
        by_pre = stored_by_pre(projection) and steps is None
        return connectivity.from_matrix(matrix, exists, steps, by_pre=by_pre, **_ends(projection, views=True))

    used = None if steps is None else steps if exists is None else steps[exists]
    return structure, 0 if used is None else int(used.max(initial=1))


def _numbers(
    projection: Projection, matrix: NDArray[Any], exists: NDArray[np.bool_], kind: str
) -> NDArray[np.float64]:
    """Floats, 0 where there is no synapse."""
    numbers = np.zeros(matrix.shape)
    try:
        numbers[exists] = matrix[exists].astype(np.float64)
    except (TypeError, ValueError):
        raise EngineError(
            f"Projection {projection.name}: the {kind} matrix has entries that are missing or no numbers."
        ) from None
    return numbers


def _matrix(projection: Projection, given: Any, pre_post: bool, kind: str) -> NDArray[Any]:
    """A matrix (post, pre) of floats, or of objects where some are None."""
    try:
        matrix = np.asarray(given)
        matrix = matrix if matrix.dtype == object else matrix.astype(np.float64)
    except (ValueError, TypeError):
        raise EngineError(
            f"Projection {projection.name}: the {kind} matrix is not rectangular, or not of numbers."
        ) from None
    matrix = matrix.T if pre_post else matrix
    expected = (len(projection.post_candidates), len(projection.pre_candidates))
    if matrix.shape != expected:
        raise EngineError(
            f"Projection {projection.name}: the {kind} matrix has shape {matrix.shape}, "
            f"but {expected} (post, pre) is needed."
        )
    return matrix
