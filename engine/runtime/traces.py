"""Event-driven variables that neurons share, as Python sees them: one value for each synapse.

What compiled code keeps is explained in ``codegen/lowering/traces.py``. A synapse's own value is that at its
last event: the last spike of either of its neurons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.builder import NEVER
from engine.codegen.lowering.traces import Trace, names_in
from engine.language.numeric import evaluate
from engine.runtime.named import Named

if TYPE_CHECKING:
    from engine.network import Network, Population, Projection

Array = npt.NDArray[Any]

NEGLIGIBLE = 1e-20
"""What is left of a value of which nothing can be seen in a sum of doubles."""


class Traced(Named):
    """The part of an ``Instance`` that knows traces of neurons."""

    network: Network
    _clock: Array
    _traces: dict[int, tuple[Trace, ...]]

    def trace(self, obj: Population | Projection, attribute: str) -> Trace | None:
        """The trace behind an attribute, if its values are those of neurons."""
        if hasattr(type(obj), "geometry"):
            return None
        return next((t for t in self._traces.get(obj.id, ()) if t.name == attribute), None)

    def traces(self, projection: Projection) -> tuple[Trace, ...]:
        """The variables of a projection whose values are those of neurons."""
        return self._traces.get(projection.id, ())

    def values(self, obj: Population | Projection, attribute: str) -> Array:
        """As :meth:`Named.values`; what follows from traces of neurons is a copy that cannot be written."""
        trace = self.trace(obj, attribute)
        if trace is None:
            return super().values(obj, attribute)
        values = self._of_synapses(obj, trace)  # type: ignore[arg-type]
        values.setflags(write=False)
        return values

    def is_single(self, obj: Population | Projection, attribute: str) -> bool:
        """True if one value serves all neurons or synapses."""
        return self.trace(obj, attribute) is None and super().is_single(obj, attribute)

    def bytes_of(self, projection: Projection, attribute: str) -> int:
        """Memory of the values of an attribute."""
        trace = self.trace(projection, attribute)
        if trace is None:
            return super().values(projection, attribute).nbytes
        parts = ("trace", "scaled", "ahead", "left", "lead")
        names = (f"synapses{projection.id}_{part}_{attribute}" for part in parts)
        return sum(self.arrays[name].nbytes for name in names if name in self.arrays)

    # --- values of single synapses --------------------------------------------------------------------

    def separated(self, projection: Projection) -> dict[str, Array]:
        """The buffers of a projection whose synapses have traces of their own, with the present values."""
        pre, post = self._of_neurons(projection, "last")
        traces = self._traces[projection.id]
        found = {f"proj{projection.id}_{t.name}": self._of_synapses(projection, t) for t in traces}
        return found | {f"synapses{projection.id}_event": np.maximum(pre, post)}

    def _of_neurons(self, projection: Projection, part: str) -> tuple[Array, Array]:
        """Steps of events (``last`` or ``before``) of the neurons of each synapse, in storage order."""
        pre, post = self.internal(projection, f"{part}_pre"), self.internal(projection, f"{part}_post")
        rows = self.internal(projection, "rows")
        return np.repeat(pre, np.diff(rows)), post[self.internal(projection, "post")]

    def _at_spikes(self, projection: Projection, trace: Trace, part: str) -> Array:
        """What neurons (``trace``) or synapses (``ahead``) had at the last spike. Onto a few neurons it is
        stored late (``codegen/lowering/late_traces.py``): that of spikes of this period follows from scaled
        values."""
        stored = self.internal(projection, f"{part}_{trace.name}")
        if part != ("trace" if trace.side == "pre" else "ahead") or not self._are_scaled(projection):
            return stored
        last = self.internal(projection, "last_pre")
        if part == "ahead":
            last = np.repeat(last, np.diff(self.internal(projection, "rows")))
        began = int(self.internal(projection, f"period_{trace.name}")[0])
        here = np.flatnonzero(last >= max(began, NEVER + 1))
        tau, steady = self._constants(projection, trace)
        scaled = self.internal(projection, f"{'scaled' if part == 'trace' else 'lead'}_{trace.name}")
        values = stored.copy()
        values[here] = scaled[here] * self._left(began - last[here], tau)
        if part == "trace":
            values[here] += steady
        return values

    def _are_scaled(self, projection: Projection) -> bool:
        """Do values at the last spikes follow from scaled ones, not the other way round?"""
        key = f"synapses{projection.id}_from"
        return key in self._arrays and int(self._arrays[key][0]) != self._clock[1]

    def store_traces(self, projection: Projection) -> None:
        """Before values at the last spikes change, or steps or what they decay with: from now on scaled
        values follow from them."""
        if projection.id not in self._traces or not self._are_scaled(projection):
            return
        for trace in self._traces[projection.id]:
            part = "trace" if trace.side == "pre" else "ahead"
            stored = self.internal(projection, f"{part}_{trace.name}")
            stored[...] = self._at_spikes(projection, trace, part)
        self.internal(projection, "from")[0] = self._clock[1]

    def _of_synapses(self, projection: Projection, trace: Trace) -> Array:
        values = self._at_spikes(projection, trace, "trace")
        pre, post = self._of_neurons(projection, "last")
        last = np.maximum(pre, post)
        tau, steady = self._constants(projection, trace)
        if trace.side == "pre":
            own = np.repeat(values, np.diff(self.internal(projection, "rows")))
            before, fired = self._of_neurons(projection, "before")
            began = np.where(pre == NEVER, np.minimum(before - fired, 0), 0)
            result = steady + (own - steady) * self._left(pre - last + began, tau)
        else:
            own = values[self.internal(projection, "post")]
            ahead = self._at_spikes(projection, trace, "ahead")
            result = own * self._left(post - last, tau) + ahead * self._left(pre - last, tau)
        return np.asarray(result, dtype=values.dtype)

    def _left(self, steps: Any, tau: float) -> Array:
        """exp(steps * dt / tau), which is 1 where no steps have passed."""
        with np.errstate(all="ignore"):
            return np.asarray(np.where(steps == 0, 1.0, np.exp(self.network.dt * steps / tau)))

    def _constants(self, projection: Projection, trace: Trace) -> tuple[float, float]:
        """tau and the steady value."""
        known = self._known(projection)
        return float(evaluate(trace.tau, known)), float(evaluate(trace.steady, known))

    def _known(self, projection: Projection) -> dict[str, Any]:
        """What equations of traces may read."""
        known: dict[str, Any] = {"dt": self.network.dt} | dict(self.network.constants)
        for name in projection._attributes:
            key = f"proj{projection.id}_{name}"
            if key in self.arrays and self.arrays[key].size == 1:
                known[name] = float(self.arrays[key][0])
        return known

    # --- writing --------------------------------------------------------------------------------------

    def put_trace(self, projection: Projection, name: str, value: Any) -> bool:
        """Give all synapses one value of a trace, if that can be kept with the neurons: where it does not
        matter when they had their last event."""
        trace = self.trace(projection, name)
        assert trace is not None
        if np.ndim(value) != 0:
            return False
        steady = self._constants(projection, trace)[1]
        if value != steady and self._has_moved(projection):
            return False
        self.store_traces(projection)
        self.internal(projection, f"trace_{name}")[...] = value
        if trace.side == "post":
            self.internal(projection, f"ahead_{name}")[...] = 0.0
        return True

    def forget_traces(self, projection: Projection) -> bool:
        """Let time begin anew for the traces of a projection; False if only synapses with traces of their own
        can: values of pre-synaptic neurons that would still be seen after all that time.

        Until its first event a synapse shows what it had before, but for neurons that have been silent since
        time began anew once before: their values, of which nothing is left, are forgotten."""
        traces = self._traces[projection.id]
        self.store_traces(projection)
        for trace in traces:
            tau, steady = self._constants(projection, trace)
            moved = (self.internal(projection, f"trace_{trace.name}") != steady).any()
            if trace.side == "pre" and moved and not 0.0 <= self._left(np.asarray(NEVER), tau) < NEGLIGIBLE:
                return False
        for trace in traces:
            if trace.side == "post":
                self.internal(projection, f"ahead_{trace.name}")[...] = self._of_synapses(projection, trace)
                self.internal(projection, f"trace_{trace.name}")[...] = 0.0
        silent = self.internal(projection, "last_pre") == NEVER
        silent &= self.internal(projection, "before_pre") != NEVER
        for trace in traces:
            if trace.side == "pre":
                values = self.internal(projection, f"trace_{trace.name}")
                values[silent] = self._constants(projection, trace)[1]
        for side in ("pre", "post"):
            last = self.internal(projection, f"last_{side}")
            self.internal(projection, f"before_{side}")[...] = last
            last[...] = NEVER
        return True

    def follows(self, projection: Projection, name: str, value: Any) -> bool:
        """Do traces stay what they are for single synapses if a parameter or constant gets a value? Each
        synapse has to take it from its own last event on."""
        for trace in self.traces(projection):
            if name not in names_in([trace.tau, trace.steady]) or np.ndim(value) != 0:
                continue
            known = self._known(projection)
            if float(known.get(name, np.nan)) == float(value):
                continue
            self.store_traces(projection)
            if not self._has_moved(projection):
                continue
            present = self.internal(projection, f"trace_{trace.name}")
            if name in names_in([trace.steady]) or (present != evaluate(trace.steady, known)).any():
                return False
        return True

    def _has_moved(self, projection: Projection) -> bool:
        """Has any event happened?"""
        parts = ("last_pre", "last_post", "before_pre", "before_post")
        return any((self.internal(projection, part) != NEVER).any() for part in parts)

    def moving_traces(self) -> Iterator[Projection]:
        """Projections whose neurons have traces of spikes that happened."""
        for projection in self.network.projections:
            if projection.id in self._traces and self._has_moved(projection):
                yield projection
