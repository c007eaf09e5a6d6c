"""Weights that wait for post-synaptic spikes, as Python sees them: as if they did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.codegen.lowering.deferral import REMEMBERED, Deferral
from engine.language.numeric import evaluate
from engine.runtime.traces import Traced

if TYPE_CHECKING:
    from engine.network import Population, Projection

Array = npt.NDArray[Any]


class Deferring(Traced):
    """The part of an ``Instance`` that knows what weights wait for."""

    _deferrals: dict[int, Deferral]

    def values(self, obj: Population | Projection, attribute: str) -> Array:
        """As :meth:`Traced.values`; weights that wait are a copy that cannot be written."""
        if attribute != "w" or hasattr(type(obj), "geometry") or obj.id not in self._deferrals:
            return super().values(obj, attribute)
        weights = self._present(obj)  # type: ignore[arg-type]
        weights.setflags(write=False)
        return weights

    def deferred(self, projection: Projection) -> bool:
        """Do its weights wait for post-synaptic spikes?"""
        return projection.id in self._deferrals

    def written(self, projection: Projection) -> Array:
        """The buffer of the weights, which wait for nothing any more."""
        self.settle(projection)
        return self.arrays[f"proj{projection.id}_w"]

    def settle(self, projection: Projection) -> None:
        """Let the weights of a projection wait for nothing."""
        if projection.id not in self._deferrals:
            return
        self.arrays[f"proj{projection.id}_w"][...] = self._present(projection)
        self.internal(projection, "seen")[...] = 0
        self.internal(projection, "missed")[...] = 0

    def can_wait(self, projection: Projection, **changed: float) -> bool:
        """Do the weights, with other values of some parameters, still fulfil what waiting asks for?"""
        rule = self._deferrals.get(projection.id)
        if rule is None:
            return True
        weights = self.arrays[f"proj{projection.id}_w"]
        return rule.suits(weights, self._known(projection) | changed, self.network.dt)

    def follows(self, projection: Projection, name: str, value: Any) -> bool:
        """As :meth:`Traced.follows`; weights take what they waited for with the former value."""
        rule = self._deferrals.get(projection.id)
        if rule is not None and name in rule.names and np.ndim(value) == 0:
            self.settle(projection)
            if not self.can_wait(projection, **{name: float(value)}):
                projection.widened.add("w")
                self.network.replan()
        return super().follows(projection, name, value)

    def _present(self, projection: Projection) -> Array:
        """The weights, with what they wait for."""
        rule = self._deferrals[projection.id]
        weights = np.array(self.arrays[f"proj{projection.id}_w"])
        posts, missed = self.internal(projection, "post"), self.internal(projection, "missed")
        behind = missed[posts] - self.internal(projection, "seen")
        some = np.flatnonzero(behind)
        if some.size:
            rows = self.internal(projection, "rows")
            pre = np.searchsorted(rows, some, side="right") - 1
            scaled = self.internal(projection, f"scaled_{rule.trace.name}")[pre]
            sums = self.internal(projection, "sums")[
                behind[some].astype(np.int64) * missed.size + posts[some]
            ]
            known = self._known(projection)
            added = np.asarray(evaluate(rule.factor, known) * scaled * sums, dtype=np.float64)
            weights[some] = rule.weights(weights[some].astype(np.float64), added, known)
        return weights

    def _let_catch_up(self) -> None:
        """Before a call: where a neuron remembers no more spikes, all synapses look at those they missed."""
        for number in self._deferrals:
            missed = self._arrays[f"synapses{number}_missed"]
            full = missed.max(initial=0) >= REMEMBERED
            self._arrays[f"synapses{number}_catch_up"][0] = full

    def _seen_before(self) -> None:
        """No synapse has seen what did not happen, whatever a file says."""
        for number in self._deferrals:
            seen = self.arrays[f"synapses{number}_seen"]
            happened = self.arrays[f"synapses{number}_missed"][self.arrays[f"synapses{number}_post"]]
            np.minimum(seen, happened, out=seen, casting="unsafe")
