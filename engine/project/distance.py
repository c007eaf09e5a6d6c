"""Patterns whose weights follow from the distance: their arguments, what may be wrong, how many synapses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.errors import Diagnostic
from engine.project.document import Connector, Population, Projection
from engine.project.problem import Problem, Severity

ARGUMENTS = MappingProxyType(
    {
        "gaussian": ("amp", "sigma", "limit"),
        "dog": ("amp_pos", "sigma_pos", "amp_neg", "sigma_neg", "limit"),
    }
)
"""Names of the arguments of each pattern, in the document as in the API."""

_MOST_PLACES = 256
"""Along one dimension, of which all pairs are looked at."""
_MOST_PAIRS = 2**18
_MOST_DISTANCES = 2048


def argument_fault(name: str, value: float) -> tuple[str, str] | None:
    """Return what is wrong with one argument and how to mend it; None: it is sound."""
    if not math.isfinite(value):
        return f"{name} is {value}.", "Give a finite number."
    if name.startswith("sigma") and (value <= 0.0 or np.float32(value) ** 2 == 0.0):
        return f"{name} is {value:g}, but a width is above 0.", "Give e.g. 0.1, a tenth of the population."
    if name == "limit" and value < 0.0:
        return f"The limit is {value:g}, but must not be negative.", "Give e.g. 0.01; 0 keeps all weights."
    return None


def weights_at(wiring: Connector, squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of neurons at such squared distances, 1 being the length of each dimension."""

    def bell(amplitude: float, width: float) -> NDArray[np.float64]:
        return amplitude * np.exp(-squares / (2.0 * width**2))

    if wiring.pattern == "gaussian":
        return bell(wiring.amp, wiring.sigma)
    return bell(wiring.amp_pos, wiring.sigma_pos) - bell(wiring.amp_neg, wiring.sigma_neg)


def least_weight(wiring: Connector) -> float:
    """Return the size beyond which a weight makes a synapse."""
    amplitude = wiring.amp if wiring.pattern == "gaussian" else wiring.amp_pos - wiring.amp_neg
    return wiring.limit * abs(amplitude)


def is_sound(wiring: Connector) -> bool:
    """Tell whether all arguments of the pattern are."""
    return all(argument_fault(name, getattr(wiring, name)) is None for name in ARGUMENTS[wiring.pattern])


def distant_synapses(wiring: Connector, pre: Population, post: Population) -> float:
    """Return about how many synapses such a pattern gives; 0 while it cannot be drawn."""
    empty = any(size < 1 for size in (*pre.geometry, *post.geometry))
    if not is_sound(wiring) or len(pre.geometry) > len(post.geometry) or empty:
        return 0.0
    squares, pairs = _distances(pre.geometry, post.geometry)
    least = least_weight(wiring)
    count = float(pairs[np.abs(weights_at(wiring, squares)) > least].sum())
    alone = pre.id == post.id and not wiring.allow_self_connections
    connects_itself = abs(weights_at(wiring, np.zeros(1))[0]) > least
    return count - math.prod(pre.geometry) if alone and connects_itself else count


@lru_cache(maxsize=64)
def _distances(
    pre: tuple[int, ...], post: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Squared distances between two grids, and how many pairs have them: (n,) each.

    Exact for grids of one size with few different distances, otherwise of classes of distances.
    """
    squares, pairs = np.zeros(1), np.full(1, float(math.prod(post[len(pre) :])))
    for sources, sinks in zip(pre, post, strict=False):
        along, many = _along(sources, sinks)
        squares = np.add.outer(squares, along).ravel()
        pairs = np.multiply.outer(pairs, many).ravel()
        if len(squares) > _MOST_DISTANCES:
            squares, pairs = _classes(squares, pairs)
    return squares, pairs


def _along(sources: int, sinks: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same along one dimension."""
    if sources == sinks or min(sources, sinks) > _MOST_PLACES:
        # Neurons k apart, k from one edge to below the next: one by one while k is small, then ever more.
        size = round(math.sqrt(sources * sinks))
        edges = np.unique(np.rint(np.geomspace(1, size, _MOST_DISTANCES)))
        edges = np.concatenate([np.arange(min(size, _MOST_PLACES)), edges[edges >= _MOST_PLACES], [size]])
        edges = np.unique(edges)
        start, stop = edges[:-1], edges[1:]
        pairs = (stop - start) * (2.0 * size - start - stop + 1.0)
        pairs[0] = size
        squares = ((start + stop - 1.0) / (2.0 * max(1, size - 1))) ** 2
        return squares, pairs * (sources * sinks / size**2)
    most = _MOST_PAIRS // min(sources, sinks)
    places = [np.linspace(0.0, 1.0, min(count, most)) for count in (sources, sinks)]
    squares = np.subtract.outer(*places).ravel() ** 2
    return _classes(squares, np.full(len(squares), sources * sinks / len(squares)))


def _classes(
    squares: NDArray[np.float64], pairs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put near-by distances together until there are few enough; each class has the mean of its squares.

    Classes widen with the distance, so that narrow bells are counted as well as wide ones; 0 is a class.
    """
    if len(squares) <= _MOST_DISTANCES:
        return squares, pairs
    apart = squares > 0.0
    logarithms = np.log(squares, out=np.zeros_like(squares), where=apart)
    low, high = logarithms[apart].min(), logarithms[apart].max()
    places = 1 + ((logarithms - low) * ((_MOST_DISTANCES - 2) / max(high - low, 1e-9))).astype(int)
    places[~apart] = 0
    counts = np.bincount(places, pairs, _MOST_DISTANCES).astype(float)
    sums = np.bincount(places, pairs * squares, _MOST_DISTANCES)
    return sums[counts > 0] / counts[counts > 0], counts[counts > 0]


def check_distance(projection: Projection, pre: Population, post: Population) -> Iterator[Problem]:
    """Yield all problems that only such a pattern has."""
    wiring = projection.connector

    def problem(field: str, message: str, hint: str, severity: Severity = "error") -> Problem:
        place = Diagnostic(message, hint, owner=projection.name, field=field)
        return Problem(severity, projection.id, field, place)

    if wiring.pattern not in ARGUMENTS:
        return
    for name in ARGUMENTS[wiring.pattern]:
        if fault := argument_fault(name, getattr(wiring, name)):
            yield problem(f"connector.{name}", *fault)
    for end, part in (("pre", projection.pre_slice), ("post", projection.post_slice)):
        if part is not None:
            message = "Weights that follow from the distance connect whole populations, no parts."
            yield problem(f"{end}_slice", message, "Leave it empty, or choose another pattern.")
    dimensions, others = len(pre.geometry), len(post.geometry)
    if dimensions > others:
        message = f"{pre.name} has {dimensions} dimensions and {post.name} {others}: there is no distance."
        hint = f"Give {post.name} as many dimensions, or choose another pattern."
        yield problem("connector.pattern", message, hint)
    elif dimensions < others:
        message = f"Only the first {dimensions} of {others} dimensions of {post.name} count for the distance."
        hint = f"Give {pre.name} as many dimensions, unless this is meant."
        yield problem("connector.pattern", message, hint, "warning")
    if dimensions <= others and is_sound(wiring) and not distant_synapses(wiring, pre, post):
        message = f"No weight is beyond the limit: {projection.name} has no synapses."
        hint = "Give a larger sigma, a smaller limit, or amplitudes other than 0."
        yield problem("connector.limit", message, hint, "warning")
