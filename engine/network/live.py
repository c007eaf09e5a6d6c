"""The live values of a compiled network, and how changes of its structure come into effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.network.attributes import Values
from engine.network.projection import Projection
from engine.network.released import release

if TYPE_CHECKING:
    from engine.inputs.spike_source import SpikeSourceArray
    from engine.network.network import Network
    from engine.network.population import Population
    from engine.runtime.instance import Instance


class Live:
    """What a network keeps of its running code.

    Changes that need other code (a new monitor, a parameter that becomes an array) only mark the code as
    stale; it is generated anew when values are needed or the next step is run, once for all changes.
    """

    _instance: Instance | None
    _stale: bool
    _refreshing = False
    """New code is being made: who asks for values meanwhile gets the former ones."""
    _redrawn: list[Projection]
    """Projections whose synapses are others than those of the running code."""
    _pending: list[tuple[Population | Projection, str, Values]]
    """Assignments that wait for the new code."""

    @property
    def dt(self) -> float:
        """Step in ms."""
        raise NotImplementedError

    def _as_network(self) -> Network:
        """This object, which is a network."""
        raise NotImplementedError

    def own(self, obj: Any) -> Any:
        """The object of this network that ``obj`` is or was copied to; None if there is none."""
        raise NotImplementedError

    def here(self, obj: Any) -> Any:
        """What :meth:`own` gives, or else ``obj`` itself. (A projection without synapses counts as false.)"""
        own = self.own(obj)
        return obj if own is None else own

    @property
    def compiled(self) -> bool:
        """True once :meth:`compile` succeeded."""
        return self._instance is not None

    @property
    def instance(self) -> Instance | None:
        """The live values; None before compile."""
        waits = self._pending or (self._instance is not None and not self._instance.loaded)
        if waits and not self._refreshing:
            self.refresh()
        return self._instance

    def replan(self) -> None:
        """Let the code be generated anew before the next step; values stay."""
        self._stale = self.compiled

    def refresh(self) -> Instance:
        """The live values, after changes of the structure were put into effect."""
        from engine.codegen import compile_network

        if self._instance is None:
            raise EngineError("The network is not compiled yet; call compile() first.")
        if self._stale:
            self._refreshing = True
            try:
                self._instance = compile_network(
                    self._as_network(), previous=self._instance, redrawn=self._redrawn
                )
            finally:
                self._refreshing = False
            for projection in self._as_network().projections:
                release(projection, self._instance)
            self._stale, self._redrawn = False, []
        pending, self._pending = self._pending, []
        for obj, name, values in pending:
            self._write(obj, name, values)
        return self._instance

    def redraw(self, projection: Projection) -> None:
        """Draw the synapses of a projection again."""
        projection.draw(again=True)
        self._redrawn.append(projection)
        self._stale = True
        self.refresh()

    def store(self, obj: Population | Projection, name: str, values: Values) -> None:
        """Set an attribute: a number for all or an array, synapses in post-major order.

        Parameters that have one value for all become arrays when they are given one.
        """
        if self._instance is None:
            obj.init[name] = values
            return
        if not self._instance.loaded:
            self.refresh()
        if isinstance(obj, Projection) and not self._instance.follows(obj, name, values):
            self.separate(obj)
        if isinstance(obj, Projection) and self._instance.trace(obj, name) is not None:
            self._instance.settle(obj)
            if self._instance.put_trace(obj, name, values):
                return
            obj.widened.add(name)
            self._stale = True
        array = isinstance(values, np.ndarray) and values.ndim > 0 and values.size > 1
        if array and self._instance.is_single(obj, name) and name not in obj.widened:
            obj.widened.add(name)
            self._stale = True
        if self._stale and name in obj.widened:
            self._pending.append((obj, name, values))
        else:
            self._write(obj, name, values)

    def separate(self, projection: Projection) -> None:
        """Let each synapse of a running projection have the event-driven variables for itself that the
        synapses of a neuron share."""
        assert self._instance is not None
        projection.widened |= {trace.name for trace in self._instance.traces(projection)}
        self._stale = True
        self.refresh()

    def _write(self, obj: Population | Projection, name: str, values: Values) -> None:
        assert self._instance is not None
        waiting = None
        if name == "w" and isinstance(obj, Projection) and self._instance.deferred(obj):
            waiting = obj
        live = self._instance.values(obj, name) if waiting is None else self._instance.written(waiting)
        if isinstance(obj, Projection) and isinstance(values, np.ndarray) and values.size == live.size:
            local = obj._attributes[name].locality == "local"
            values = self._instance.in_storage_order(obj, values) if local else values
        live[...] = values
        if waiting is not None:
            self.keep_waiting(waiting)

    def keep_waiting(self, projection: Projection) -> None:
        """After weights were written: those beyond bounds cannot wait for post-synaptic spikes."""
        assert self._instance is not None
        if not self._instance.can_wait(projection):
            projection.widened.add("w")
            self._stale = True

    def set_flag(self, projection: Projection, name: str, value: int) -> None:
        """Set a switch of a compiled projection."""
        if self._instance is not None:
            self._instance.set_flag(projection, name, value)

    def set_refractory(self, population: Population, value: Values) -> None:
        """Give a compiled population its refractory periods (ms)."""
        if self._instance is None:
            return
        steps = np.trunc(np.asarray(value) / self.dt).astype(np.int64)
        single = not self._instance.has_internal(population, "refractory") or (
            self._instance.refractory(population).size == 1 and steps.ndim > 0
        )
        if single:
            self._stale = True
            self.refresh()
        if self._instance.has_internal(population, "refractory"):
            buffer = self._instance.refractory(population)
            buffer[...] = steps
            if buffer.size > 1:  # a plan that is made anew, for a checkpoint, must have as many
                population.given_refractory = np.full(population.size, value)

    def set_spike_times(self, population: SpikeSourceArray) -> None:
        """Give a compiled spike source its new times; those that are past are skipped."""
        if self._instance is None:
            return
        self._stale = True
        instance = self.refresh()
        now = instance.source_step(population)
        trains = population.spike_steps
        ends = np.cumsum([len(train) for train in trains])
        past = [int(np.searchsorted(train, now)) for train in trains]
        instance.internal(population, "times")[: ends[-1]] = np.concatenate(trains)
        instance.internal(population, "end")[...] = ends
        instance.internal(population, "next")[...] = ends - [len(t) for t in trains] + past
