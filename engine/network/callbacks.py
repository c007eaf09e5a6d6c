"""Callbacks: functions of the user that are called at given times while ``simulate`` runs."""

from __future__ import annotations

import heapq
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import EngineError
from engine.network.attributes import is_number, whole_steps
from engine.network.dialects import network_first
from engine.network.registry import network_of

if TYPE_CHECKING:
    from engine.network.network import Network

Function = TypeVar("Function", bound=Callable[[int], Any])


@dataclass(frozen=True)
class Callback:
    """A function and its times, all in ms.

    Attributes
    ----------
    function : callable
        Gets the number of its call, from 0 in each ``simulate``.
    period, offset, wait : float
        Time between two calls, of the first one within the period, and before the first period.
    """

    function: Callable[[int], Any]
    period: float
    offset: float
    wait: float

    def steps(self, dt: float, end: int) -> range:
        """Steps before which the function is called, counted from the start of a run of ``end`` steps."""
        period = max(1, whole_steps(self.period, dt))
        offset = min(self.offset, self.period)
        shift = whole_steps(abs(offset), dt) * (-1 if offset < 0.0 else 1)
        return range(whole_steps(max(self.wait, 0.0), dt) + shift % period, end, period)


class Callbacks:
    """The callbacks of a network."""

    _callbacks: list[Callback]
    _callbacks_enabled: bool

    def callbacks_enabled(self) -> bool:
        """True unless :meth:`disable_callbacks` was called."""
        return self._callbacks_enabled

    def enable_callbacks(self) -> None:
        """Let ``simulate`` call the callbacks again."""
        self._callbacks_enabled = True

    def disable_callbacks(self) -> None:
        """Let ``simulate`` call no callbacks until :meth:`enable_callbacks`."""
        self._callbacks_enabled = False

    def clear_all_callbacks(self) -> None:
        """Forget all callbacks."""
        self._callbacks.clear()

    def add_callback(self, callback: Callback) -> None:
        """Register a callback; at equal times those that were registered first are called first."""
        self._callbacks.append(callback)

    def _calls(self, dt: float, steps: int) -> Iterator[tuple[int, Callback, int]]:
        """Step, callback and number of each call in a run of that many steps, in order."""

        def times(order: int, callback: Callback) -> Iterator[tuple[int, int, int]]:
            return ((step, order, n) for n, step in enumerate(callback.steps(dt, steps)))

        callbacks = list(self._callbacks)
        merged = heapq.merge(*(times(order, callback) for order, callback in enumerate(callbacks)))
        return ((step, callbacks[order], n) for step, order, n in merged)


@network_first
def every(
    period: float,
    offset: float = 0.0,
    wait: float = 0.0,
    net_id: int = 0,
    *,
    network: Network | None = None,
) -> Callable[[Function], Function]:
    """Decorator: call a function again and again while ``simulate`` runs.

    The function takes the number of its call, which counts from 0 in each ``simulate``. It is called before
    the steps ``start + wait + offset + k * period``, strictly before the end of the run; all times are cut
    to whole steps. At equal times the callbacks that were declared first are called first.

    Parameters
    ----------
    period : float
        ms between two calls, at least ``dt``.
    offset : float
        ms within the period; negative ones count from its end.
    wait : float
        ms before the first period begins.
    net_id : int
        Number of the network whose runs are meant; 0 is that of the top-level functions.
    network : Network, optional
        The network itself, instead of its number. It may stand before all other arguments:
        ``every(network, period, offset, wait)``.

    Notes
    -----
    ``simulate(..., callbacks=False)``, ``simulate_until`` and ``step`` call none.

    Examples
    --------
    >>> @every(period=100.0, offset=-10.0)
    ... def change_input(n):
    ...     inp.r = n / 10.0
    """
    for name, value in (("period", period), ("offset", offset), ("wait", wait)):
        if not is_number(value) or not abs(value) < float("inf"):
            raise EngineError(f"every(): {name} must be a number of ms, not {value!r}.")
    owner = network_of(net_id if network is None else network)

    def register(function: Function) -> Function:
        try:
            inspect.signature(function).bind(0)
        except (TypeError, ValueError):
            label = getattr(function, "__name__", repr(function))
            raise EngineError(
                f"every(): {label} must be a function of one argument, the number of the call."
            ) from None
        owner.add_callback(Callback(function, float(period), float(offset), float(wait)))
        return function

    return register


def callbacks_enabled(net_id: int = 0) -> bool:
    """True unless the callbacks of the network were disabled."""
    return network_of(net_id).callbacks_enabled()


def enable_callbacks(net_id: int = 0) -> None:
    """Let ``simulate`` call the callbacks of the network again."""
    network_of(net_id).enable_callbacks()


def disable_callbacks(net_id: int = 0) -> None:
    """Let ``simulate`` call no callbacks of the network."""
    network_of(net_id).disable_callbacks()


def clear_all_callbacks(net_id: int = 0) -> None:
    """Forget all callbacks of the network."""
    network_of(net_id).clear_all_callbacks()
