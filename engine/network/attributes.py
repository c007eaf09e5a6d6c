"""Attributes of populations and projections: what a model declares, and how Python values become theirs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.language.model import Dtype, Locality, NeuronModel, SynapseModel
from engine.language.report import suggestion
from engine.network.distributions import RandomDistribution

Scalar = float | int | bool
Values = Scalar | NDArray[Any]
Draw = Callable[[RandomDistribution, int], NDArray[Any]]
"""Samples a distribution with the network's random numbers."""

NUMPY_TYPES: dict[Dtype, type[np.generic]] = {"float": np.float64, "int": np.int64, "bool": np.bool_}


@dataclass(frozen=True)
class Attribute:
    """A parameter or variable of a model."""

    name: str
    initial: Scalar
    dtype: Dtype
    locality: Locality
    is_parameter: bool

    @property
    def numpy_type(self) -> type[np.generic]:
        """float64, int64 or bool."""
        return NUMPY_TYPES[self.dtype]


def attributes_of(model: NeuronModel | SynapseModel) -> dict[str, Attribute]:
    """Parameters, then variables, by name."""
    parameters = [Attribute(p.name, p.value, p.dtype, p.locality, True) for p in model.parameters]
    variables = [Attribute(v.name, v.init, v.dtype, v.locality, False) for v in model.variables]
    return {attribute.name: attribute for attribute in (*parameters, *variables)}


def is_number(value: object) -> bool:
    """True for everything that stands for one number: Python and numpy scalars, 0-d arrays."""
    return isinstance(value, (bool, int, float, np.generic)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )


def to_scalar(value: Any, attribute: Attribute, owner: str) -> Scalar:
    """One number as the attribute's type; floats are truncated for int attributes."""
    if not is_number(value):
        raise EngineError(
            f"{owner}.{attribute.name} has one value for all, so it takes a number, "
            f"not {type(value).__name__}."
        )
    result: Scalar = _cast(np.asarray(value), attribute, owner).item()
    return result


def to_number(value: Any, attribute: Attribute, owner: str) -> Scalar:
    """One number for one neuron or synapse; ``owner`` stands before the name of the attribute."""
    if not is_number(value):
        raise EngineError(f"{owner}{attribute.name} takes a number, not {type(value).__name__}.")
    return to_scalar(value, attribute, owner.rstrip("., "))


def to_values(value: Any, attribute: Attribute, size: int, owner: str, draw: Draw) -> Values:
    """A value assigned to a local attribute: a number for all, or ``size`` numbers.

    Parameters
    ----------
    value : number, list, array or RandomDistribution
        Of any shape with ``size`` elements in row-major order.
    """
    if is_number(value):
        return to_scalar(value, attribute, owner)
    if isinstance(value, RandomDistribution):
        return _cast(draw(value, size), attribute, owner)
    try:
        array = np.asarray(value)
    except ValueError:
        raise EngineError(f"{owner}.{attribute.name}: rows of different length cannot be assigned.") from None
    if array.dtype.kind not in "biuf":
        raise EngineError(f"{owner}.{attribute.name} takes numbers, not {_what(value)}.")
    if array.size != size:
        needed = "one value" if size == 1 else f"one value or {size} values"
        raise EngineError(f"{owner}.{attribute.name} needs {needed}, not {array.size} (shape {array.shape}).")
    return _cast(array.reshape(size), attribute, owner)


def _what(value: Any) -> str:
    """What a value is, where it is no number: its text, or its type."""
    return repr(value) if isinstance(value, str) or value is None else type(value).__name__


def check_given(value: Any, label: str) -> None:
    """Refuse what can be no value of a synaptic attribute, before the synapses are known."""
    if not (is_number(value) or isinstance(value, (list, tuple, np.ndarray, RandomDistribution))):
        raise EngineError(
            f"{label} takes a number, lists, an array or a random distribution, not {type(value).__name__}."
        )


def _cast(array: NDArray[Any], attribute: Attribute, owner: str) -> NDArray[Any]:
    if array.dtype.kind not in "biuf":
        raise EngineError(f"{owner}.{attribute.name} takes numbers, not {array.dtype}.")
    if attribute.dtype == "int" and array.dtype.kind == "f" and not np.all(np.isfinite(array)):
        raise EngineError(f"{owner}.{attribute.name} is an integer; NaN and infinity do not fit.")
    return array.astype(attribute.numpy_type)


def unknown_attribute(name: str, owner: str, known: Iterable[str], methods: Iterable[str] = ()) -> str:
    """Message for a name that is no attribute; ``methods`` may have been meant, too."""
    names = list(known)
    others = [method for method in methods if not method.startswith("_")]
    near = "" if name.startswith("_") else suggestion(name, names + others)
    return f"{owner} has no attribute {name!r}; it has: {', '.join(names) or 'none'}. {near}".rstrip()


class UnknownAttribute(AttributeError):
    """A name that is no attribute. The message is made when it is read: ``hasattr`` must be fast."""

    def __init__(self, name: str, owner: str, known: Iterable[str], kind: type = object) -> None:
        super().__init__(name, owner, known, kind)

    def __str__(self) -> str:
        name, owner, known, kind = self.args
        return unknown_attribute(name, owner, known, dir(kind))


_NOISE = 1e-9
"""Relative slack that swallows rounding in quotients such as 0.3 / 0.1."""


def checked_duration(value: Any, what: str) -> float:
    """A time span in ms, or an error that begins with ``what``."""
    if not is_number(value) or not 0.0 <= float(value) < math.inf:
        raise EngineError(f"{what} must be a number of ms >= 0, not {value!r}.")
    return float(value)


def whole_steps(duration: float, dt: float) -> int:
    """Number of complete steps in ``duration`` (ms)."""
    return math.floor(duration / dt * (1.0 + _NOISE) + _NOISE)


def steps_to_cover(duration: float, dt: float) -> int:
    """Smallest number of steps that last at least ``duration`` (ms)."""
    return math.ceil(duration / dt * (1.0 - _NOISE) - _NOISE)
