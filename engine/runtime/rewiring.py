"""Structural plasticity of live values: marked changes come into effect, buffers go over to new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.lowering.builder import NEVER
from engine.codegen.lowering.rows import SparseRows
from engine.codegen.plan import Plan
from engine.runtime.buffers import filled, values_of
from engine.runtime.holding import Array, Holding
from engine.runtime.recording import Recording

if TYPE_CHECKING:
    from engine.connectivity import Rewiring
    from engine.network import Network, Projection


class Rewired(Holding):
    """The part of an ``Instance`` that changes the synapses of running projections."""

    network: Network
    threads: int
    _initial: dict[str, Any]
    _plan: Plan | None
    _recording: Recording | None

    @property
    def step(self) -> int:
        """Index of the next step."""
        raise NotImplementedError

    def synapse_order(self, projection: Projection) -> Array | None:
        """Storage index of each synapse in post-major order; None where storage is post-major."""
        raise NotImplementedError

    def rewire_where_marked(self) -> None:
        """Put into effect what the rules of structural plasticity asked for in the last step."""
        assert self._recording is not None
        for projection in self.network.projections:
            created = self._taken_marks(projection, "creating")
            pruned = self._taken_marks(projection, "pruning")
            if created is None and pruned is None:
                continue
            none = np.zeros(0, np.int64)
            ended = none if pruned is None else pruned
            order = self.synapse_order(projection)
            if order is not None and ended.size:
                marked = np.zeros(order.size, dtype=bool)
                marked[ended] = True
                ended = np.flatnonzero(marked[order])
            post, pre = np.divmod(none if created is None else created, projection.connectivity.n_pre)
            rule = projection.model.creating
            if rule is None:
                projection.rewire(ended, post, pre, 0.0)
            else:
                projection.rewire(ended, post, pre, rule.weight, projection.delay_of_created())
            self._recording.record_again(projection, self.step - 1)

    def _taken_marks(self, projection: Projection, rule: str) -> Array | None:
        """Indices that a rule marked in the last step, ascending, and forget them; None if there are none."""
        if f"synapses{projection.id}_{rule}_number" not in self._arrays:
            return None
        number = self._arrays[f"synapses{projection.id}_{rule}_number"]
        if not number.any():
            return None
        number[...] = 0
        marks = self.arrays[f"synapses{projection.id}_{rule}_marks"]
        found: Array = np.flatnonzero(marks)
        marks[found] = False
        return found

    def rewire(self, projection: Projection, change: Rewiring) -> None:
        """Give the buffers of a projection to its new synapses. Views that were handed out are void."""
        assert self._plan is not None and self._recording is not None
        order = self.synapse_order(projection)
        inner = f"synapses{projection.id}_"
        rows = SparseRows(change.connectivity, order is not None, self.threads, self._tiles(projection))
        symbol = f"nnz_proj{projection.id}"
        for buffer in self._plan.buffers:
            name = buffer.name
            if name.startswith(inner) and name.removeprefix(inner) in rows.arrays:
                self._replace(name, rows.arrays[name.removeprefix(inner)]())
            elif buffer.count == symbol:
                newborn = self._newborn(projection, name, change)

                def carried(old: Any, newborn: Any = newborn) -> Array:
                    old = np.broadcast_to(np.asarray(old), (change.former,))
                    return rows.in_storage_order(change.carry(old if order is None else old[order], newborn))

                initial = None if name == f"proj{projection.id}_w" else values_of(self._initial[name])
                self._replace(name, carried(self.arrays[name]))
                self._initial[name] = None if initial is None else carried(initial)
        self._recording.resize(symbol, change.connectivity.nnz)
        if f"{inner}route_ages" in self.arrays:
            self._recording.resize(f"delays_proj{projection.id}", rows.ages)

    def _tiles(self, projection: Projection) -> int:
        """Parts of each thread's neurons in the plan, which new synapses do not change."""
        split = self.arrays.get(f"synapses{projection.id}_split")
        if split is None:
            return 1
        return (split.size // projection.pre_population.size - 1) // self.threads

    def _replace(self, name: str, values: Array) -> None:
        self.arrays[name] = filled(lambda: values, values.size, self.arrays[name].dtype)

    @staticmethod
    def _newborn(projection: Projection, buffer: str, change: Rewiring) -> Any:
        """What a new synapse has in a buffer: its weight, the initial value of another attribute, no event
        so far, no mark."""
        if buffer == f"proj{projection.id}_w":
            return change.weights
        if buffer.startswith(f"proj{projection.id}_"):
            return projection.newborn(buffer.split("_", 1)[1])
        return NEVER if buffer.endswith("_event") else False
