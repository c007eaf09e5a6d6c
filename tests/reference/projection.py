"""A projection, one step at a time. Synapses are in post-major order: row by row, ascending pre ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.language.model import Assignment, Bounds, Ode
from engine.language.tree import Binary, Expression, GlobalOperation, Name, Random, WeightedSum
from reference.evaluation import Value, draw, evaluate, parts_of
from reference.methods import advance, assigned, relaxation
from reference.population import NEVER, ReferencePopulation, typed
from reference.structural import ReferenceRules

DEFAULT_PSP = Binary("*", Name("w"), Name("r", "pre"))


@dataclass(frozen=True)
class _Part:
    """Some synapses: what their equations and events see and change."""

    projection: ReferenceProjection
    synapses: Value
    pre: Value
    post: Value
    g: str = ""
    """Conductance that ``g_target`` stands for."""

    def look(self, node: Expression) -> Value:
        p = self.projection
        if isinstance(node, WeightedSum):
            side, ranks = (p.pre, self.pre) if node.owner == "pre" else (p.post, self.post)
            return side.weighted_sum(node.target)[ranks]
        if isinstance(node, GlobalOperation):
            return (p.pre if node.owner == "pre" else p.post).operation(node)
        if isinstance(node, Random):
            return draw(node, self.look, p.network.generator, np.size(self.pre))
        assert isinstance(node, Name), node
        if node.owner == "pre":
            if p.delays is not None and np.ndim(p.pre.values[node.name]):
                is_new = len(self.synapses) < len(self.pre)
                created = np.full(len(self.pre), p.delay_of_created()) if is_new else None
                delays = p.delays[self.synapses] if created is None else created
                return p.pre.delayed_each(node.name, delays, self.pre)
            return _of(p.pre.delayed(node.name, p.delay), self.pre)
        if node.owner == "post":
            return _of(p.post.values[node.name], self.post)
        if node.name in p.values:
            return _of(p.values[node.name], self.places(node.name))
        if node.name in ("t_pre", "t_post"):
            side, ranks = (p.pre, self.pre) if node.name == "t_pre" else (p.post, self.post)
            return side.last_spike[ranks] * p.network.dt
        if node.name == "g_target":
            return p.post.values[self.g][self.post]
        return p.network.look(node)

    def places(self, name: str) -> Value:
        return self.post if self.projection.declared[name].locality == "semiglobal" else self.synapses

    def write(self, name: str, value: Value, bounds: Bounds) -> None:
        p = self.projection
        if name == "w" and not p.plasticity:
            return
        if name == "g_target":
            self._store(p.post.values, self.g, self.post, value, "float", bounds)
        else:
            self._store(p.values, name, self.places(name), value, p.declared[name].dtype, bounds)

    def _store(
        self, values: dict[str, Value], name: str, places: Value, value: Value, dtype: str, bounds: Bounds
    ) -> None:
        if values[name].ndim == 0:
            places = ()
        values[name][places] = typed(value, dtype)
        for which, limit in bounds.limits:
            edge, present = evaluate(limit, self.look), values[name][places]
            outside = present < edge if which == "min" else present > edge
            values[name][places] = typed(np.where(outside, edge, present), dtype)


def _of(value: Value, places: Value) -> Value:
    return value if np.ndim(value) == 0 else value[places]


class ReferenceProjection(ReferenceRules):
    """State of one projection; ``source`` is the engine's object, read for its model, synapses and initial
    values."""

    alone = frozenset({"explicit", "exponential", "semiimplicit", "rk4"})
    """Methods that solve each ODE on its own."""

    def __init__(
        self, source: Any, pre: ReferencePopulation, post: ReferencePopulation, network: Any
    ) -> None:
        self.source, self.pre, self.post, self.network = source, pre, post, network
        self.name, self.model = source.name, source.model
        self.spiking = pre.spiking
        drawn = source.connectivity
        self.delays = None if drawn.uniform else np.asarray(drawn.delays)
        """Delay of each synapse where they differ, and ``delay`` of the one that waits longest."""
        self.delay = self.longest = drawn.max_delay_steps
        self.pre_of = drawn.pre.astype(int)
        self.post_of = np.repeat(np.arange(drawn.n_post), np.diff(drawn.offsets))
        self.declared = {a.name: a for a in (*self.model.parameters, *self.model.variables)}
        self.method = {e.name: e.method or network.method for e in self.model.equations if isinstance(e, Ode)}
        self.exact = [e for e in self.model.equations if self.method.get(e.name) == "event-driven"]
        weights = drawn.weights
        if weights is None:
            weights = np.empty(len(self.pre_of))
            weights[np.lexsort((self.post_of, self.pre_of))] = drawn.weights_by_pre
        self.weights = np.broadcast_to(np.asarray(weights, dtype=float), self.pre_of.shape)
        self.initial = {name: self._spread(name, value) for name, value in source.init.items()}
        self.initial["w"] = self._spread("w", self.weights)
        self.values = {name: value.copy() for name, value in self.initial.items()}
        self.transmission, self.update, self.plasticity = (
            source.transmission,
            source.update,
            source.plasticity,
        )
        self.axon_transmission = source.axon_transmission
        self.period, self.offset = 1, 0
        self.newborn = {a.name: self._of_newborn(a) for a in self.declared.values()}
        self.summed = {
            ((pre if node.owner == "pre" else post).name, node.target)
            for node in parts_of(self.model.psp)
            if isinstance(node, WeightedSum)
        }
        """What the psp reads: names of populations and targets."""
        self.conductances = [g for g in (f"g_{t}" for t in source.targets) if g in post.values]
        afferent = (p for p in source.network.projections if p.post_population is source.post_population)
        synapses = sum(np.diff(p.connectivity.offsets) for p in afferent)
        self.shares = 1.0 / np.maximum(synapses, 1)
        self.forget_events()
        self.start_rules(drawn)
        self.forget_spikes()
        if not self.spiking:
            post.targets.update(source.targets)

    def _spread(self, name: str, value: Any) -> Value:
        shapes = {"local": self.pre_of.size, "semiglobal": self.post.size, "global": ()}
        shape = shapes[self.declared[name].locality]
        return np.broadcast_to(np.asarray(value, dtype=float), shape).copy()

    def _of_newborn(self, attribute: Any) -> Value:
        """What an attribute is in a synapse that begins: the one number given before compile, or that of the
        model."""
        given = self.source.init.get(attribute.name)
        if given is None or np.ndim(given):
            return getattr(attribute, "init", getattr(attribute, "value", 0.0))
        return given

    def set_delay(self, delay: float) -> None:
        """All synapses have this delay (ms) from now on, spikes under way included."""
        steps = max(1, round(delay / self.network.dt))
        if self.delays is None:
            self.delay = steps
        else:
            self.delays = np.full_like(self.delays, steps)

    def forget_events(self) -> None:
        """No event yet."""
        self.last_event = np.full(self.pre_of.size, NEVER)

    def forget_spikes(self) -> None:
        """No spike is under way to synapses that have delays of their own."""
        self.queue: list[Value] = []

    def restart(self) -> None:
        """Back to the values before compile, except ``w``."""
        self.values = {n: v.copy() for n, v in self.initial.items() if n != "w"} | {"w": self.values["w"]}

    def set(self, name: str, value: Any) -> None:
        """As an assignment in Python between two steps; arrays are post-major."""
        self.values[name] = self._spread(name, value)

    def enable_learning(self, period: float | None = None, offset: float | None = None) -> None:
        """Learn every ``period`` ms, first ``offset`` ms from now; without ``offset`` counted from 0."""
        dt = self.network.dt
        self.update = self.plasticity = True
        self.period = 1 if period is None else round(period / dt)
        self.offset = 0 if offset is None else self.network.step + round(offset / dt)

    def disable_learning(self) -> None:
        """Rates: no updates; spikes: fixed weights."""
        if self.spiking:
            self.plasticity = False
        else:
            self.update = False

    # --- phase 2 --------------------------------------------------------------------------------------

    def transmit(self) -> None:
        """Weighted sums, or spikes that arrive and continuous transmission."""
        if not (self.transmission and self.post.enabled):
            return
        everything = self.everything()
        if not self.spiking:
            psp = np.broadcast_to(evaluate(self.model.psp or DEFAULT_PSP, everything.look), self.pre_of.shape)
            for target in self.source.targets:
                self.post.sums[target] = self.post.sums[target] + self._reduced(psp)
            return
        for rank, delay in self._due():
            synapses = np.flatnonzero(self.pre_of == rank)
            if self.delays is not None:
                synapses = synapses[self.delays[synapses] == delay]
            self._event(synapses, self.model.pre_spike or (), self.emission())
            if self.source.share_variable is not None:
                reached = self.post_of[synapses]
                np.add.at(self.post.values[self.source.share_variable], reached, self.shares[reached])
        if self.axon_transmission and self.model.pre_axon_spike:
            whole = self.model.pre_axon_spike == self.model.pre_spike
            for rank in np.flatnonzero(self.pre.arriving(self.delay, axonal=True)):
                reached = np.flatnonzero(self.pre_of == rank)
                if whole:
                    self._event(reached, self.model.pre_axon_spike, self.emission())
                else:
                    self._statements(reached, self.model.pre_axon_spike)
        if self.model.psp is not None:
            psp = np.broadcast_to(evaluate(self.model.psp, everything.look), self.pre_of.shape)
            for g in self.conductances:
                np.add.at(self.post.values[g], self.post_of, psp)

    def _due(self) -> list[tuple[int, int]]:
        """Neurons whose spikes are due and how long ago they fired, in order of emission. A queue of the
        projection's own counts only the steps in which it transmits."""
        if self.delays is None:
            return [(rank, self.delay) for rank in np.flatnonzero(self.pre.arriving(self.delay))]
        self.queue = [*self.queue, self.pre.arriving(1)][-self.longest :]
        ages = range(len(self.queue), 0, -1)
        return [(rank, age) for age in ages for rank in np.flatnonzero(self.queue[-age])]

    def _reduced(self, psp: Value) -> Value:
        """One number for each post-synaptic neuron; 0 without synapses."""
        result = np.zeros(self.post.size)
        reduce = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}[self.model.operation]
        for rank in np.unique(self.post_of):
            result[rank] = reduce(psp[self.post_of == rank])
        return result

    # --- events ---------------------------------------------------------------------------------------

    def everything(self) -> _Part:
        """All synapses."""
        return self._part(np.arange(self.pre_of.size))

    def pairs(self, pre: Value, post: Value) -> _Part:
        """Neurons without a synapse between them."""
        return _Part(self, (), pre, post)

    def _part(self, synapses: Value, g: str = "") -> _Part:
        return _Part(self, synapses, self.pre_of[synapses], self.post_of[synapses], g)

    def _event(self, synapses: Value, statements: Sequence[Assignment], now: int) -> None:
        """A spike at these synapses: event-driven variables, then ``g_target``, then the rest in order."""
        part = self._part(synapses)
        for ode in self.exact:
            tau, steady = relaxation(ode, part.look)
            x = self.values[ode.name][synapses]
            grown = np.exp(self.network.dt * (self.last_event[synapses] - now) / tau)
            part.write(ode.name, steady + (x - steady) * grown, Bounds())
        if self.exact:
            self.last_event[synapses] = self.network.step
        self._statements(synapses, statements)

    def emission(self) -> int:
        """Step to which event-driven variables are advanced as a spike arrives."""
        return self.network.step - 1

    def _statements(self, synapses: Value, statements: Sequence[Assignment]) -> None:
        part = self._part(synapses)
        for statement in sorted(statements, key=lambda s: s.name != "g_target"):
            chosen = synapses
            if statement.unless_post:
                differ = self.pre.last_spike[part.pre] != self.post.last_spike[part.post]
                chosen = synapses[differ]
            for g in self.conductances if statement.name == "g_target" else [""]:
                here = self._part(chosen, g)
                here.write(statement.name, assigned(statement, here.look), statement.bounds)

    def after_post_spikes(self) -> None:
        """Phase 9. Synapses of one neuron may change values that they share, so they go one by one."""
        if not (self.spiking and self.transmission and self.post.enabled and self.model.post_spike):
            return
        shared = any(self.declared[s.name].locality != "local" for s in self.model.post_spike)
        for rank in np.flatnonzero(self.post.fired):
            row = np.flatnonzero(self.post_of == rank)
            for synapses in row[:, None] if shared else [row]:
                self._event(synapses, self.model.post_spike, self.network.step)

    # --- phase 8 --------------------------------------------------------------------------------------

    def learning_step(self) -> float:
        """What ``dt`` is in the equations."""
        return self.network.dt * self.period

    def learns(self) -> bool:
        """In this step."""
        due = (self.network.step - self.offset) % self.period == 0
        return self.transmission and self.update and self.post.enabled and due

    def learn(self) -> None:
        """The synapse's equations: of the projection, of each post-synaptic neuron, of each synapse."""
        if not self.learns():
            return
        parts = {
            "global": _Part(self, (), (), ()),
            "semiglobal": _Part(self, (), (), self.dendrites),
            "local": self.everything(),
        }
        for locality, part in parts.items():
            equations = [
                e
                for e in self.model.equations
                if self.declared[e.name].locality == locality and e not in self.exact
            ]

            def look(node: Expression, part: _Part = part) -> Value:
                is_dt = isinstance(node, Name) and node.name == "dt"
                return self.learning_step() if is_dt else part.look(node)

            advance(equations, look, part.write, self.method, self.alone)
