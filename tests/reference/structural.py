"""Phase 10: synapses begin and end, one pair after the other."""

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
        del self.running["creating"]

    def stop_pruning(self) -> None:
        del self.running["pruning"]

    def _start(self, rule: str, period: float | None) -> None:
        steps = 1 if period is None else int(period / self.network.dt)
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
        for post in self.dendrites:
            for pre in self.source.pre_candidates:
                joined = np.any((self.pre_of == pre) & (self.post_of == post))
                if not joined and evaluate(rule.condition, self.pair(pre, post).look):
                    self._insert(pre, post, rule.weight)

    def _insert(self, pre: int, post: int, weight: float) -> None:
        place = int(np.sum((self.post_of < post) | ((self.post_of == post) & (self.pre_of < pre))))
        self.pre_of = np.insert(self.pre_of, place, pre)
        self.post_of = np.insert(self.post_of, place, post)
        self.last_event = np.insert(self.last_event, place, NEVER)
        if self.delays is not None:
            self.delays = np.insert(self.delays, place, self.delay_of_created())
        initial = {a.name: getattr(a, "init", getattr(a, "value", 0.0)) for a in self.declared.values()}
        for values in (self.values, self.initial):
            for name in self._own():
                new = weight if name == "w" else initial[name]
                values[name] = np.insert(values[name], place, new)

    def delay_of_created(self) -> int:
        """In steps, where each synapse has its own."""
        return max(1, round((self.model.creating.delay or 0.0) / self.network.dt))

    def prune(self) -> None:
        """Every synapse."""
        if not self._is_due("pruning") or not self.pre_of.size:
            return
        ends = evaluate(self.model.pruning.condition, self.everything().look)
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
