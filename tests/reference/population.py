"""A population, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.language.model import Bounds, Ode
from engine.language.tree import Expression, GlobalOperation, Name, Random, WeightedSum
from reference.evaluation import Value, draw, evaluate
from reference.methods import advance, assigned

NEVER = -10_000
"""Step of the last spike of a neuron that never fired."""


def typed(value: Value, dtype: str) -> Value:
    """A number as a variable of this type stores it; int truncates toward zero."""
    if dtype == "int":
        return np.trunc(value)
    return np.not_equal(value, 0).astype(float) if dtype == "bool" else value


class ReferencePopulation:
    """State of one population; ``source`` is the engine's object, read for its model and initial values."""

    alone = frozenset({"explicit", "exponential", "semiimplicit"})
    """Methods that solve each ODE on its own."""

    def __init__(self, source: Any, network: Any) -> None:
        self.source, self.network = source, network
        self.name, self.model, self.size = source.name, source.model, source.size
        self.spiking = self.model.kind == "spike"
        self.declared = {a.name: a for a in (*self.model.parameters, *self.model.variables)}
        self.method = {e.name: e.method or network.method for e in self.model.equations if isinstance(e, Ode)}
        self.initial = {name: self._spread(name, source.init[name]) for name in self.declared}
        self.refractory = source.refractory
        self.targets: set[str] = set()
        self.enabled = source.enabled
        self.restart()

    def _spread(self, name: str, value: Any) -> Value:
        shape = self.size if self.declared[name].locality == "local" else ()
        return np.broadcast_to(np.asarray(value, dtype=float), shape).copy()

    def restart(self) -> None:
        """Back to the values before compile: time 0, no spikes, no history."""
        self.values = {name: value.copy() for name, value in self.initial.items()}
        self.sums: dict[str, Value] = {}
        self.reduced: dict[str, Value] = {}
        self.past: list[dict[str, Value]] = []
        self.fired_past: list[Value] = []
        self.past_ticks: list[int] = []
        self.axonal_past: list[Value] = []
        self.fired = self.axonal = np.zeros(self.size, dtype=bool)
        self.last_spike = np.full(self.size, NEVER)
        self.refractory_left = np.zeros(self.size, dtype=int)
        self.clock = 0

    def set(self, name: str, value: Any) -> None:
        """As an assignment in Python between two steps."""
        self.values[name] = self._spread(name, value)

    # --- reading and writing --------------------------------------------------------------------------

    def look(self, node: Expression) -> Value:
        """A leaf of the neuron's equations, for all neurons."""
        if isinstance(node, WeightedSum):
            return self.weighted_sum(node.target)
        if isinstance(node, GlobalOperation):
            return self.operation(node)
        if isinstance(node, Random):
            if node.stream not in self.draws:
                self.draws[node.stream] = draw(node, self.look, self.network.generator, self.size)
            return self.draws[node.stream]
        assert isinstance(node, Name), node
        if node.name in self.values:
            return self.values[node.name]
        if node.name == "t_last":
            return self.last_spike * self.network.dt
        return self.network.look(node)

    def weighted_sum(self, target: str) -> Value:
        """``sum(target)``; all targets if it is empty, each once."""
        targets = [target] if target else list(self.sums)
        return sum((self.sums.get(t, np.zeros(self.size)) for t in targets), np.zeros(self.size))

    def operation(self, node: GlobalOperation) -> Value:
        """``mean(x)`` and the like of the values at the last phase 7; 0 before the first."""
        if node.name not in self.reduced:
            return 0.0
        x = self.reduced[node.name]
        norms = {"norm1": np.abs(x).sum(), "norm2": np.sqrt((x * x).sum())}
        return norms[node.operation] if node.operation in norms else getattr(np, node.operation)(x)

    def delayed(self, name: str, delay: int) -> Value:
        """The value ``delay`` steps ago: of the end of step n - d as inputs are computed in step n."""
        if delay == 1:
            return self.values[name]
        return self.past[-delay][name] if len(self.past) >= delay else self.initial[name]

    def delayed_each(self, name: str, delays: Value, ranks: Value) -> Value:
        """The values of some neurons, each from ``delays`` steps ago."""
        known = [dict.fromkeys([name], self.initial[name]), *self.past]
        return np.array(
            [known[max(0, len(known) - d)][name][rank] for d, rank in zip(delays, ranks, strict=True)]
        )

    def arriving(self, delay: int, axonal: bool = False) -> Value:
        """Which neurons emitted a spike that arrives now; the queue of a disabled population waits."""
        past = self.axonal_past if axonal else self.fired_past
        if len(past) < delay or not self.enabled:
            return np.zeros(self.size, dtype=bool)
        return past[-delay]

    def _write(self, name: str, value: Value, bounds: Bounds) -> None:
        """Neurons in their refractory period keep all local values but conductances; bounds always act."""
        if self.declared[name].locality == "local" and not name.startswith("g_"):
            value = np.where(self.refractory_left > 0, self.values[name], value)
        self._store(name, value)
        for which, limit in bounds.limits:
            edge, present = evaluate(limit, self.look), self.values[name]
            outside = present < edge if which == "min" else present > edge
            self._store(name, np.where(outside, edge, present))

    def _store(self, name: str, value: Value) -> None:
        typed_value = typed(value, self.declared[name].dtype)
        self.values[name] = np.broadcast_to(typed_value, self.values[name].shape).astype(float)

    # --- the phases of a step -------------------------------------------------------------------------

    def begin_step(self) -> None:
        """Phase 1; the draws of phase 4 happen when they are read first."""
        if not self.enabled:
            return
        self.draws: dict[int, Value] = {}
        self.sums = {target: np.zeros(self.size) for target in self.targets}

    def update(self) -> None:
        """Phase 5: equations, then spikes."""
        if not self.enabled:
            self.fired = self.axonal = np.zeros(self.size, dtype=bool)
            return
        if self.source.kind == "spike_source":
            self.fired = np.array([self.clock in steps for steps in self.source.spike_steps])
            self.last_spike[self.fired] = self.clock
            self.clock += 1
        else:
            for is_global in (True, False):
                equations = [
                    e
                    for e in self.model.equations
                    if (self.declared[e.name].locality != "local") is is_global
                ]
                advance(equations, self.look, self._write, self.method, self.alone)
            if self.spiking:
                self._fire()
        if self.spiking:
            self._mean_rate()

    def _fire(self) -> None:
        able = self.refractory_left == 0
        self.refractory_left = np.maximum(self.refractory_left - 1, 0)
        self.fired = able & np.not_equal(evaluate(self.model.spike, self.look), 0.0)
        for statement in self.model.reset:
            value = assigned(statement, self.look)
            self._store(statement.name, np.where(self.fired, value, self.values[statement.name]))
        self.last_spike[self.fired] = self.network.step
        duration = self.refractory
        if isinstance(duration, str):
            duration = self.values[duration]
        if duration is not None:
            steps = np.broadcast_to(np.asarray(duration) / self.network.dt, self.size).astype(int)
            self.refractory_left[self.fired] = steps[self.fired]
        if self.model.axon_spike is not None:
            holds = np.not_equal(evaluate(self.model.axon_spike, self.look), 0.0)
            self.axonal = able & holds & np.equal(evaluate(self.model.spike, self.look), 0.0)
            for statement in self.model.axon_reset:
                value = assigned(statement, self.look)
                self._store(statement.name, np.where(self.axonal, value, self.values[statement.name]))

    def stops(self) -> bool:
        """Whether the stop condition holds after a step."""
        stop = self.source.stop
        holds = self.fired if stop.expression is None else evaluate(stop.expression, self.look)
        holds = np.not_equal(np.broadcast_to(holds, self.size), 0.0)
        return bool(holds.all() if stop.needs_all else holds.any())

    def _mean_rate(self) -> None:
        window = self.source.firing_rate_window
        if window is not None:
            first = self.network.tick - int(window / self.network.dt) + 1
            past = zip(self.past_ticks, self.fired_past, strict=True)
            recent = [fired for tick, fired in past if tick >= first]
            self.values["r"] = np.sum([*recent, self.fired], axis=0) * 1000.0 / window

    def push_history(self) -> None:
        """Phase 6."""
        if not self.enabled:
            return
        self.past_ticks.append(self.network.tick)
        self.past.append({name: value.copy() for name, value in self.values.items()})
        self.fired_past.append(self.fired.copy())
        self.axonal_past.append(self.axonal.copy())

    def reduce(self) -> None:
        """Phase 7: from now on operations over the population see these values."""
        if self.enabled:
            self.reduced = {name: value.copy() for name, value in self.values.items()}
