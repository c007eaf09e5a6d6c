"""Live values go back to where they began."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from engine.runtime.buffers import values_of
from engine.runtime.deferral import Deferring
from engine.runtime.state import Pause

if TYPE_CHECKING:
    from engine.network import Network, Population, Projection

Array = npt.NDArray[Any]

COUNTED = re.compile(r"neurons(\d+)_(?:counts_of|fired_in)_\d+$")
"""Spikes of the last steps, for those who count them."""


class Resettable(Deferring):
    """The part of an ``Instance`` that resets populations and projections."""

    network: Network
    _initial: dict[str, Any]
    _paused: dict[int, Pause]

    @property
    def tick(self) -> int:
        """Steps done since compile; never set back."""
        raise NotImplementedError

    def _fill_history(self, name: str) -> None:
        """Before step 0 delayed variables have their current value in every slot (semantics.md 2)."""
        raise NotImplementedError

    def reset_population(self, population: Population, attributes: Iterable[str] | None = None) -> None:
        """Attributes as before compile; without ``attributes`` also spikes, histories and sources."""
        if attributes is not None:
            for attribute in attributes:
                name = f"pop{population.id}_{attribute}"
                self.arrays[name][...] = values_of(self._initial[name])
        else:
            # As there, refractory periods stay as they were set last.
            keep = tuple(f"neurons{population.id}_{name}" for name in ("enabled", "hold", "refractory"))
            self._restore((f"pop{population.id}_", f"neurons{population.id}_"), keep)
            self.reset_history(population)
            if self.has_internal(population, "clock"):
                self.internal(population, "clock")[0] = self.tick
        for name in self.arrays:
            if name.startswith(f"neurons{population.id}_history_"):
                self._fill_history(name)

    def reset_history(self, population: Population) -> None:
        """Forget all spikes: those under way, and what they left in the neurons: the time of the last one,
        refractoriness, those in the window of the firing rate."""
        self._clear_spikes(population)
        for name in ("last", "frozen", "fired", "fired_count"):
            if self.has_internal(population, name):
                self.internal(population, name)[...] = values_of(
                    self._initial[f"neurons{population.id}_{name}"]
                )
        for projection in self.network.projections:
            if projection.pre_population is population and self.has_internal(projection, "queue_counts"):
                self.internal(projection, "queue_counts")[...] = 0
        for name, array in self.arrays.items():
            counted = COUNTED.match(name)
            if counted is not None and int(counted[1]) == population.id:
                array[...] = 0
        if not self.flag(population, "enabled")[0]:
            self._paused[population.id] = Pause(self.tick, {})

    def _clear_spikes(self, population: Population) -> None:
        for name in ("counts", "axon_counts"):
            if self.has_internal(population, name):
                self.internal(population, name)[...] = 0

    def reset_projection(self, projection: Projection, attributes: Iterable[str] | None = None) -> None:
        """Parameters and variables except ``w`` as before compile."""
        if attributes is not None:
            shared = {trace.name for trace in self.traces(projection)}
            for attribute in sorted(attributes, key=lambda name: name not in shared):
                if self.trace(projection, attribute) is not None:
                    self.settle(projection)
                    initial = self._initial[f"synapses{projection.id}_trace_{attribute}"]
                    if self.put_trace(projection, attribute, initial):
                        continue
                    self.network.separate(projection)
                if not self.follows(
                    projection, attribute, self._initial.get(f"proj{projection.id}_{attribute}")
                ):
                    self.network.separate(projection)
                name = f"proj{projection.id}_{attribute}"
                self.arrays[name][...] = values_of(self._initial[name])
            return
        self._restore((f"proj{projection.id}_",), (f"proj{projection.id}_w",))

    def forget_events(self, projection: Projection) -> None:
        """Event-driven variables count from now: without this, time set back would let them grow."""
        self.settle(projection)
        if projection.id in self._traces and not self.forget_traces(projection):
            self.network.separate(projection)
        if self.has_internal(projection, "event"):
            name = f"synapses{projection.id}_event"
            self.arrays[name][...] = values_of(self._initial[name])

    def _restore(self, prefixes: tuple[str, ...], keep: tuple[str, ...]) -> None:
        for name, array in self.arrays.items():
            if name.startswith(prefixes) and name not in keep:
                array[...] = values_of(self._initial[name])
