"""Sparse matrices of weights and delays, for :meth:`Projection.connect_from_sparse`."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.distributions import RandomDistribution
from engine.network.network import default_network


class SparseValueError(EngineError, ValueError):
    """A value that is neither a number nor a distribution."""


def sparse_random_matrix(
    pre: int,
    post: int,
    p: float | None = None,
    weight: float | RandomDistribution | None = None,
    *,
    proba: float | None = None,
    weights: float | RandomDistribution | None = None,
) -> Any:
    """A sparse matrix whose rows have Binomial(``post``, ``p``) entries in random columns.

    Parameters
    ----------
    pre, post : int
        Shape of the matrix.
    p : float
        Probability of an entry.
    weight : float or RandomDistribution
        Values of the entries.
    proba, weights
        Other names of ``p`` and ``weight``.

    Returns
    -------
    scipy.sparse.lil_matrix of shape (pre, post)
    """
    from scipy import sparse

    p, weight = proba if p is None else p, weights if weight is None else weight
    if p is None or not is_number(p) or not 0.0 <= p <= 1.0:
        raise SparseValueError(f"sparse_random_matrix: p must be a probability, not {p!r}.")
    _check_value("sparse_random_matrix", weight)
    network = default_network()
    generator = network.next_generator()
    counts = generator.binomial(post, p, size=pre)
    columns = [np.sort(generator.choice(post, count, replace=False)) for count in counts]
    pointers = np.concatenate([[0], np.cumsum(counts)])
    indices = np.concatenate(columns) if columns else np.zeros(0, np.int64)
    return sparse.csr_matrix((_values(weight, len(indices)), indices, pointers), shape=(pre, post)).tolil()


def sparse_delays_from_weights(weight_matrix: Any, delay: float | RandomDistribution) -> Any:
    """A sparse matrix of delays (ms) with the entries of a matrix of weights.

    Parameters
    ----------
    weight_matrix : scipy sparse matrix
    delay : float or RandomDistribution
        Values of the entries.

    Returns
    -------
    scipy.sparse.lil_matrix
        Of the shape of ``weight_matrix``.
    """
    from scipy import sparse

    if not sparse.issparse(weight_matrix):
        raise EngineError(
            f"sparse_delays_from_weights takes a sparse matrix, not {type(weight_matrix).__name__}."
        )
    _check_value("sparse_delays_from_weights", delay)
    delays = sparse.csr_matrix(weight_matrix, dtype=np.float64, copy=True)
    delays.data = _values(delay, delays.nnz)
    return delays.tolil()


def _check_value(function: str, value: Any) -> None:
    if not (is_number(value) or isinstance(value, RandomDistribution)):
        raise SparseValueError(f"{function} expects a number or a random distribution, not {value!r}.")


def _values(value: Any, number: int) -> Any:
    if isinstance(value, RandomDistribution):
        return np.asarray(default_network().draw(value, number), dtype=np.float64)
    return np.full(number, float(value))
