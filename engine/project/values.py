"""Values of a document: are they sound, how are they written, and how many synapses do they give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from types import MappingProxyType

from engine.project.distance import ARGUMENTS as DISTANT
from engine.project.distance import distant_synapses
from engine.project.document import (
    Connector,
    Constant,
    Distribution,
    Pieces,
    Population,
    Projection,
    Slice,
    Value,
)

DISTRIBUTIONS = MappingProxyType(
    {
        "Uniform": ("min", "max"),
        "DiscreteUniform": ("min", "max"),
        "Normal": ("mu", "sigma"),
        "LogNormal": ("mu", "sigma"),
        "Exponential": ("Lambda",),
        "Gamma": ("alpha", "beta"),
        "Binomial": ("n", "p"),
    }
)
"""Names of the arguments of each random distribution."""

CLIPPED = frozenset({"Normal", "LogNormal", "Exponential", "Gamma"})
"""Distributions that take ``min`` and ``max``."""


def faults(value: Value, size: int) -> Iterator[str]:
    """Yield what is wrong with a value for ``size`` neurons or synapses (-1: any number)."""
    if isinstance(value, Constant):
        if not math.isfinite(value.value):
            yield f"{value.value} is no finite number"
    elif isinstance(value, Distribution):
        yield from _distribution_faults(value)
    elif isinstance(value, Pieces):
        yield from _pieces_faults(value, size)
    elif size >= 0 and math.prod(value.shape) != size:
        yield f"the array has {math.prod(value.shape)} values, {size} are needed"


def _distribution_faults(value: Distribution) -> Iterator[str]:
    arguments = DISTRIBUTIONS.get(value.name)
    if arguments is None:
        yield f"there is no distribution {value.name}; choose one of {', '.join(DISTRIBUTIONS)}"
        return
    if len(value.arguments) != len(arguments):
        needed = f"{len(arguments)} numbers ({', '.join(arguments)})"
        yield f"{value.name} takes {needed}, not {len(value.arguments)}"
        return
    limits = [limit for limit in (value.min, value.max) if limit is not None]
    if not all(math.isfinite(number) for number in (*value.arguments, *limits)):
        yield f"an argument of {value.name} is no finite number"
        return
    given = dict(zip(arguments, value.arguments, strict=True))
    if given.get("min", 0.0) > given.get("max", math.inf) or limits != sorted(limits):
        yield f"min of {value.name} is greater than max"
    if limits and value.name not in CLIPPED:
        yield f"{value.name} cannot be clipped by min and max"
    for name in ("sigma", "Lambda", "alpha", "beta", "n"):
        if given.get(name, 0.0) < 0.0:
            yield f"{name} of {value.name} is negative"
    if not 0.0 <= given.get("p", 0.0) <= 1.0:
        yield f"p of {value.name} is not between 0 and 1"


def largest(value: Distribution) -> float | None:
    """Return what no sample of a sound distribution exceeds; None where there is no such number."""
    given = dict(zip(DISTRIBUTIONS[value.name], value.arguments, strict=True))
    return value.max if value.name in CLIPPED else given.get("max", given.get("n"))


def _pieces_faults(value: Pieces, size: int) -> Iterator[str]:
    starts = value.starts
    if len(starts) != len(value.values):
        yield f"there are {len(starts)} ranges but {len(value.values)} values"
    elif not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        yield "ranges must start at 0 and ascend"
    elif 0 <= size <= starts[-1]:
        yield f"the last range starts at {starts[-1]}, but there are only {size} neurons"
    for piece in value.values:
        yield from faults(piece, -1)


def describe(value: Value) -> str:
    """Return a value as a user writes it: ``-65.0``, ``Normal(0.0, 1.0, min=0.0)``."""
    if isinstance(value, Constant):
        return repr(value.value)
    if isinstance(value, Distribution):
        limits = [f"{k}={v!r}" for k, v in (("min", value.min), ("max", value.max)) if v is not None]
        return f"{value.name}({', '.join([*(repr(a) for a in value.arguments), *limits])})"
    if isinstance(value, Pieces):
        pieces = zip(value.starts, value.values, strict=False)
        return "; ".join(f"{start}: {describe(piece)}" for start, piece in pieces)
    return f"array {' x '.join(map(str, value.shape))}"


def slice_length(ranks: Slice) -> int:
    """Return the number of ranks in a slice."""
    return len(range(ranks.start, ranks.stop, ranks.step)) if ranks.step else 0


def part_sizes(projection: Projection, pre: Population, post: Population) -> tuple[int, int]:
    """Return how many neurons may be connected at both ends."""
    sources = slice_length(projection.pre_slice) if projection.pre_slice else math.prod(pre.geometry)
    sinks = slice_length(projection.post_slice) if projection.post_slice else math.prod(post.geometry)
    return sources, sinks


def synapse_count(projection: Projection, pre: Population, post: Population) -> float:
    """Return how many synapses a projection is expected to have."""
    sources, sinks = part_sizes(projection, pre, post)
    wiring: Connector = projection.connector
    if wiring.pattern in DISTANT:
        return distant_synapses(wiring, pre, post)
    alone = pre.id == post.id and not wiring.allow_self_connections
    pairs = sources * sinks - (min(sources, sinks) if alone else 0)
    counts = {
        "all_to_all": pairs,
        "one_to_one": min(sources, sinks),
        "fixed_probability": pairs * min(1.0, wiring.probability),
        "fixed_number_pre": sinks * wiring.number,
        "fixed_number_post": sources * wiring.number,
    }
    return float(counts[wiring.pattern])
