"""Which networks exist: the default one, of the top-level functions, and those that scripts made."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.network.network import Network

_living: weakref.WeakSet[Network] = weakref.WeakSet()
_numbered: weakref.WeakValueDictionary[int, Network] = weakref.WeakValueDictionary()
_default: list[Network] = []
_last: list[int] = [0]
_being_built: list[Network] = []


def register(network: Network, number: int | None = None) -> int:
    """Take up a network; gives it the next number, unless it has one that is free."""
    if number is None or number in _numbered:
        _last[0] += 1
        number = _last[0]
    _living.add(network)
    _numbered[number] = network
    return number


def default_network() -> Network:
    """The network of the top-level functions; its number is 0."""
    from engine.network.configuration import Configuration
    from engine.network.network import Network

    if not _default:
        network: Network = Network.__new__(Network)
        network._set_up(Configuration(), number=0)
        _default.append(network)
    return _default[0]


@contextmanager
def being_built(network: Network) -> Iterator[None]:
    """While the ``__init__`` of a network runs."""
    _being_built.append(network)
    try:
        yield
    finally:
        _being_built.pop()


def home_network() -> Network:
    """Where an object goes that names no network: to the top level. Once that is compiled, an object that is
    made in the ``__init__`` of a network (``self.create(PoissonPopulation(...))``) belongs to this one."""
    default = default_network()
    return _being_built[-1] if default.compiled and _being_built else default


def magic_network() -> Network:
    """The network of the top-level functions."""
    return default_network()


def become_default(network: Network) -> None:
    """Let the top-level functions act on this network."""
    _numbered.pop(0, None)
    network.id = register(network, 0)
    _default[:] = [network]


def network_of(net_id: int | Network = 0) -> Network:
    """The network of that number; an error if there is none."""
    if not isinstance(net_id, int):
        return net_id
    if net_id == 0:
        return default_network()
    network = _numbered.get(net_id)
    if network is None:
        known = ", ".join(str(number) for number in sorted({0, *_numbered.keys()}))
        raise EngineError(f"There is no network with net_id={net_id}; there are: {known}.")
    return network


def living_networks() -> list[Network]:
    """All networks that still exist."""
    return list(_living)


def forget_numbers() -> None:
    """Count networks from 1 again; those that exist live on without their numbers."""
    _last[0] = 0
    for number in [n for n in _numbered if n]:
        del _numbered[number]
