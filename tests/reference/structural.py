"""Phase 10: synapses begin and end."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.language.model import StructuralRule
from reference.evaluation import Value, evaluate
from reference.population import NEVER


class ReferenceRules:
    """The rules ``creating`` and ``pruning`` of a projection, without chance."""

    def start_rules(self, drawn: Any) -> None:
        """Nothing is created or pruned so far; dendrites are the neurons that have synapses now."""
        self.dendrites = np.flatnonzero(np.diff(drawn.offsets))
        self.running: dict[str, tuple[int, int]] = {}

    def start_creating(self, period: float | None = None) -> None:
        self._start("creating", period)

    def start_pruning(self, period: float | None = None) -> None:
        self._start("pruning", period)

    def stop_creating(self) -> None:
        self.running.pop("creating", None)

    def stop_pruning(self) -> None:
        self.running.pop("pruning", None)

    def _start(self, rule: str, period: float | None) -> None:
        steps = 1 if period is None else round(period / self.network.dt)
        self.running[rule] = (steps, self.network.step)

    def _is_due(self, rule: str) -> bool:
        if rule not in self.running:
            return False
        period, since = self.running[rule]
        return (self.network.step - since) % period == 0

    def create(self) -> None:
        """Every pair of a pre-synaptic neuron and a dendrite that have no synapse."""
        if not self._is_due("creating"):
            return
        rule: StructuralRule = self.model.creating
        absent = np.zeros((self.post.size, self.pre.size), dtype=bool)
        absent[np.ix_(self.dendrites, self.source.pre_candidates)] = True
        absent[self.post_of, self.pre_of] = False
        post, pre = np.nonzero(absent)
        if pre.size and rule.probability > 0.0:
            holds = np.not_equal(evaluate(rule.condition, self.pairs(pre, post).look), 0.0)
            begins = np.broadcast_to(holds, pre.shape)
            self._insert(pre[begins], post[begins], rule.weight)

    def _insert(self, pre: Value, post: Value, weight: float) -> None:
        places = np.lexsort((np.append(self.pre_of, pre), np.append(self.post_of, post)))

        def inserted(old: Value, new: Value) -> Value:
            return np.append(old, np.full(pre.size, new))[places]

        self.last_event = inserted(self.last_event, NEVER)
        if self.delays is not None:
            self.delays = inserted(self.delays, self.delay_of_created())
        for values in (self.values, self.initial):
            for name in self._own():
                values[name] = inserted(values[name], weight if name == "w" else self.newborn[name])
        self.pre_of = np.append(self.pre_of, pre)[places]
        self.post_of = np.append(self.post_of, post)[places]

    def delay_of_created(self) -> int:
        """In steps, where each synapse has its own."""
        return max(1, round((self.model.creating.delay or 0.0) / self.network.dt))

    def prune(self) -> None:
        """Every synapse."""
        if not self._is_due("pruning") or not self.pre_of.size:
            return
        ends = evaluate(self.model.pruning.condition, self.everything().look)
        if self.model.pruning.probability == 0.0:
            return
        stays = ~np.broadcast_to(ends, self.pre_of.shape).astype(bool)
        self.pre_of, self.post_of = self.pre_of[stays], self.post_of[stays]
        self.last_event = self.last_event[stays]
        if self.delays is not None:
            self.delays = self.delays[stays]
        for values in (self.values, self.initial):
            for name in self._own():
                values[name] = values[name][stays]

    def _own(self) -> list[str]:
        return [name for name in self.values if self.declared[name].locality == "local"]

    def matrix(self, name: str, fill: float = np.nan) -> Value:
        """Values as an array (post, pre)."""
        result = np.full((self.post.size, self.pre.size), fill)
        result[self.post_of, self.pre_of] = self.values[name]
        return result
