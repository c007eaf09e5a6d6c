"""Buffers of a network by the objects and attributes that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codegen.plan import Plan
from engine.runtime.holding import Array, Holding

if TYPE_CHECKING:
    from engine.network import Population, Projection


class Named(Holding):
    """The part of an ``Instance`` that finds buffers."""

    _plan: Plan | None

    @staticmethod
    def _prefix(obj: Population | Projection, outer: str, inner: str) -> str:
        return f"{outer if hasattr(type(obj), 'geometry') else inner}{obj.id}"

    def values(self, obj: Population | Projection, attribute: str) -> Array:
        """View of live values: one element where one value serves all; synapses in storage order.
        ``attribute`` may also be ``sum(target)`` of a rate-coded population."""
        if attribute.startswith("sum("):
            return self.internal(obj, f"sum_{attribute[4:-1]}")
        return self.arrays[f"{self._prefix(obj, 'pop', 'proj')}_{attribute}"]

    def seen(self, obj: Population | Projection, attribute: str) -> Array:
        """As :meth:`values`, for those who only look: it cannot be written."""
        as_left = self._as_left
        view = self.values(obj, attribute).view()
        view.setflags(write=False)
        self._as_left = as_left
        return view

    def internal(self, obj: Population | Projection, name: str) -> Array:
        """View of a buffer that is no attribute: ``last``, ``refractory``, ``times``, ``sum_<target>`` ..."""
        return self.arrays[f"{self._prefix(obj, 'neurons', 'synapses')}_{name}"]

    def buffers_of(self, projection: Projection) -> list[Array]:
        """All buffers that belong to a projection: its attributes, its rows, and what else it needs."""
        prefixes = f"proj{projection.id}_", f"synapses{projection.id}_"
        return [array for name, array in self.arrays.items() if name.startswith(prefixes)]

    def has_internal(self, obj: Population | Projection, name: str) -> bool:
        """True if the plan has that buffer."""
        return f"{self._prefix(obj, 'neurons', 'synapses')}_{name}" in self._arrays

    def is_single(self, obj: Population | Projection, attribute: str) -> bool:
        """True if one value serves all neurons or synapses."""
        assert self._plan is not None
        return self._plan.buffer(f"{self._prefix(obj, 'pop', 'proj')}_{attribute}").count == 1

    def is_dense(self, projection: Projection) -> bool:
        """True if the synapses are dense rows, whose ranks nobody reads."""
        assert self._plan is not None
        name = f"synapses{projection.id}_matrix"
        return any(matrix.name == name and bool(matrix.first) for matrix in self._plan.matrices)

    def flag(self, obj: Population | Projection, name: str) -> Array:
        """View of a switch: ``enabled`` of a population; ``transmission``, ``update``, ``plasticity``,
        ``period``, ``offset``, ``delay`` (all int64, steps) of a projection. To change one: :meth:`set_flag`
        or :meth:`enable`."""
        return self.internal(obj, name)
