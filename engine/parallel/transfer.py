"""Networks, and functions that refer to them, as bytes for another process.

``cloudpickle`` sends functions and classes of a script's ``__main__`` by value, with all that they refer to.
Objects of the network that is sent, and of the top level where this network has copies of them, are sent as
references: the function then finds the objects of its own network.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cloudpickle

from engine.errors import EngineError
from engine.network.constant import Constant, get_constant
from engine.network.copying import Key, key_of
from engine.network.extension import Extension
from engine.network.mean_input import MeanInput
from engine.network.monitor import Monitor
from engine.network.population import Population
from engine.network.projection import Projection

if TYPE_CHECKING:
    from engine.network.network import Network

OBJECTS = (Population, Projection, Monitor, MeanInput, Extension)

_present: list[Network | None] = [None]
"""The network that references in this process mean."""


def present_network(network: Network | None) -> None:
    """Let references mean the objects of this network."""
    _present[:] = [network]


def refer(key: Key | None) -> Any:
    """What a reference means: an object, or for None the network itself."""
    network = _present[0]
    return network if key is None or network is None else network.found(key)


def itself(obj: Any) -> Any:
    """The object, which stands for another."""
    return obj


def constant(name: str, value: float) -> Constant:
    """The constant of that name in this process."""
    return get_constant(name) or Constant(name, value)


class Sender(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
    """Writes references instead of objects of one network; or that network itself (``inside``)."""

    def __init__(self, file: io.BytesIO, network: Network | None, inside: bool) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._network = network
        self._inside = inside

    def reducer_override(self, obj: Any) -> Any:
        """How an object is written; NotImplemented where it is written as usual."""
        if isinstance(obj, Constant):
            return constant, (obj.name, obj.value)
        network = self._network
        own = network.own(obj) if network is not None and isinstance(obj, OBJECTS) else None
        if self._inside:
            return super().reducer_override(obj) if own is None or own is obj else (itself, (own,))
        if network is not None and obj is network:
            return refer, (None,)
        return super().reducer_override(obj) if own is None else (refer, (key_of(own),))


def sent(what: Any, network: Network | None, label: str, *, inside: bool = False) -> bytes:
    """``what`` as bytes, with references to ``network``; an error names ``label``. With ``inside`` the
    network is among what is sent."""
    file = io.BytesIO()
    try:
        Sender(file, network, inside).dump(what)
    except Exception as error:
        raise EngineError(
            f"parallel_run(): {label} cannot be sent to another process ({type(error).__name__}: {error}). "
            "Make what it refers to inside of the function, or give sequential=True."
        ) from error
    return file.getvalue()


received: Callable[[bytes], Any] = pickle.loads
"""The reverse of :func:`sent`: for bytes that this program made itself and handed to its own worker."""
