"""One population: the kernels of phases 1, 5 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Const,
    Each,
    EachSpike,
    Emit,
    Expr,
    If,
    Kernel,
    Let,
    Load,
    Once,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import (
    TRUE,
    ZERO,
    all_of,
)
from engine.codegen.lowering.neurons import DONE, NEURON, STEP, TICK, NeuronValues, operated
from engine.codegen.lowering.scope import Scope, boolean, real, store
from engine.errors import EngineError
from engine.language import discretise
from engine.language.model import Assignment, Update, Write

if TYPE_CHECKING:
    pass


class LoweredPopulation(NeuronValues):
    """The part of a plan that belongs to one population."""

    def reset_sums(self) -> None:
        """Phase 1."""
        if self.sums:
            body = tuple(Store(buffer, NEURON, Const(0.0)) for buffer in self.sums.values())
            self._add(1, "sums", Each(self.count), body)

    def update(self) -> None:
        """Phase 5: equations, then spikes, then the mean firing rate."""
        if self.population.kind == "spike_source":
            self._emit_given_spikes()
        else:
            self._equations()
            if self.population.model.spike is not None:
                self._spikes()
        if self.events is not None and self.population.firing_rate_window is not None:
            self._firing_rate()

    def _add(self, phase: int, name: str, domain: Each | Once, body: tuple[Statement, ...]) -> None:
        kernel = Kernel(f"{self.name}.{name}", domain, body, condition=self.active)
        self.builder.add(phase, kernel)

    def _equations(self) -> None:
        model = self.population.model
        updates = discretise(model, self.population.network.method)
        if updates.event_driven:
            raise EngineError(f"Population {self.population.name}: event-driven is for synapses only")
        if updates.global_updates:
            scope = self.scope(ZERO)
            body = scope.statements(updates.global_updates, self._writer(scope, None))
            self._add(5, "population equations", Once(), tuple(body))
        if updates.local_updates:
            scope = self.scope()
            frozen_until = f"{self.inner}_frozen"
            awake: Expr | None = None
            start: list[Statement] = []
            if frozen_until in self.builder.buffers:
                condition = Op(">", (STEP, Load(frozen_until, NEURON, "int")), "bool")
                start.append(Let("_awake", condition))
                awake = Symbol("_awake", "bool")
            body = scope.statements(updates.local_updates, self._writer(scope, awake))
            self._add(5, "equations", Each(self.count), (*start, *body))

    def _writer(self, scope: Scope, awake: Expr | None) -> Any:
        """Stores of one block; all but conductances are frozen while not ``awake``."""

        def write(name: str, value: Expr, update: Update) -> tuple[Statement, ...]:
            assert isinstance(update, Write)
            target = self.builder.load(self.attributes[name], NEURON)
            if awake is not None and not name.startswith("g_"):
                value = (
                    Select(awake, value, target, value.type)
                    if value.type == target.type
                    else Select(awake, real(value), real(target))
                )
            return self._bounded_store(scope, target, value, update)

        return write

    def _bounded_store(
        self, scope: Scope, target: Load, value: Expr, update: Write | Assignment
    ) -> tuple[Statement, ...]:
        comment = Comment(update.text or update.name)
        if not update.bounds.limits:
            return (comment, store(target, value))
        self._temporaries += 1
        unbounded = f"_free{self._temporaries}"
        limited = scope.bounded(Symbol(unbounded, value.type), update.bounds)
        return (comment, Let(unbounded, value), store(target, limited))

    def _spikes(self) -> None:
        """Threshold, reset, refractoriness; a neuron that may fire is rare.

        The condition of axonal spikes is tested after a reset, where that of spikes does not hold any more.
        """
        model = self.population.model
        assert self.events is not None and model.spike is not None
        scope = self.scope()
        fires = boolean(scope.lower(model.spike))
        frozen = f"{self.inner}_frozen"
        awake: Expr = TRUE
        if frozen in self.builder.buffers:
            awake = Op(">", (STEP, Load(frozen, NEURON, "int")), "bool")
        then = self._assignments(model.reset, scope)
        then.append(Store(f"{self.inner}_last", NEURON, STEP))
        if frozen in self.builder.buffers:
            then.append(Store(frozen, NEURON, Op("+", (STEP, self._refractory_length(scope)), "int")))
        then.append(Emit(self.events.name, NEURON))
        condition = fires
        if self.axonal_events is not None and model.axon_spike is not None:
            axonal = boolean(scope.lower(model.axon_spike))
            condition = Op("or", (fires, axonal), "bool")
            still = all_of(axonal, Op("not", (fires,), "bool"))
            after = (*self._assignments(model.axon_reset, scope), Emit(self.axonal_events.name, NEURON))
            then = [If(fires, tuple(then)), If(still, after)]
        self._add(5, "spikes", Each(self.count, rare=True), (If(all_of(condition, awake), tuple(then)),))

    def _assignments(self, assignments: tuple[Assignment, ...], scope: Scope) -> list[Statement]:
        """Statements of a reset."""
        body: list[Statement] = []
        for assignment in assignments:
            target = self.builder.load(self.attributes[assignment.name], NEURON)
            value = operated(assignment.operator, target, scope.lower(assignment.expression))
            body += [Comment(assignment.text or assignment.name), store(target, value)]
        return body

    def _refractory_length(self, scope: Scope) -> Expr:
        """Refractory steps from the spike on: int(value / dt), truncated."""
        source = self.population.given_refractory
        if isinstance(source, str):
            value = scope.resolve(source, "own")
            if value is None:
                raise EngineError(f"refractory = {source}: parameter or variable does not exist.")
            return Cast(Op("/", (real(value), Const(self.builder.dt))), "int")
        return self.builder.load(f"{self.inner}_refractory", NEURON)

    def _emit_given_spikes(self) -> None:
        """SpikeSourceArray: times[next[i]] is the step of the neuron's next spike."""
        b, name, inner, population = self.builder, self.name, self.inner, self.population
        assert self.events is not None
        trains = population.spike_steps
        flat = np.concatenate([np.asarray(t, dtype=np.int64) for t in trains] or [np.zeros(0, np.int64)])
        ends = np.cumsum([len(t) for t in trains], dtype=np.int64)
        size = b.size(f"times_{name}", max(1, flat.size))
        b.buffer(
            f"{inner}_times", "int64", size, flat if flat.size else -1, f"{population.name}: spike steps"
        )
        first, within = np.concatenate([[0], ends[:-1]]), (0, b.sizes[size])
        b.buffer(f"{inner}_next", "int64", self.count, first, "next spike", within)
        b.buffer(f"{inner}_end", "int64", self.count, ends, "end of the train", within)
        b.buffer(f"{inner}_clock", "int64", 1, 0, "step of the source's time zero")
        following = Load(f"{inner}_next", NEURON, "int")
        clock = Op("-", (TICK, Load(f"{inner}_clock", ZERO, "int")), "int")
        due = all_of(
            Op("<", (following, Load(f"{inner}_end", NEURON, "int")), "bool"),
            Op("==", (Load(f"{inner}_times", following, "int"), clock), "bool"),
        )
        then = (
            Store(f"{inner}_next", NEURON, Op("+", (following, Const(1, "int")), "int")),
            Store(f"{inner}_last", NEURON, clock),
            Emit(self.events.name, NEURON),
        )
        self._add(5, "spikes", Each(self.count), (If(due, then),))

    def _firing_rate(self) -> None:
        """Spikes of the last W steps, kept as one flag a step, times 1000 / window (Hz)."""
        b, name, inner = self.builder, self.name, self.inner
        window = self.population.firing_rate_window
        assert window is not None
        steps = max(1, int(window / b.dt))
        length = Symbol(b.size(f"window_{name}", steps), "int")
        size = b.size(f"fired_{name}", steps * self.population.size)
        b.buffer(f"{inner}_fired", "bool", size, 0, f"{self.population.name}: spikes in the window")
        b.buffer(f"{inner}_fired_count", "int64", self.count, 0, "spikes in the window")
        slot = Op("mod", (TICK, length), "int")
        place = Op("+", (Op("*", (slot, Symbol(self.count, "int")), "int"), NEURON), "int")
        number, left = Load(f"{inner}_fired_count", NEURON, "int"), Load(f"{inner}_fired", place, "bool")

        def counted(one: int, flag: bool) -> tuple[Statement, ...]:
            now = Op("+", (number, Const(one, "int")), "int")
            return (
                Store(number.array, NEURON, now),
                Accumulate(left.array, place, "=", Const(flag, "bool")),
            )

        rate: tuple[Statement, ...] = ()
        if "r" in self.attributes:
            per_second = Op("*", (Cast(number, "real"), Const(1000.0)))
            hertz = Op("/", (per_second, Const(float(window))))
            rate = (store(b.load(self.attributes["r"], NEURON), hertz),)
        # Few neurons fire in a step, and few did so when the window began: no others are touched, but where a
        # call begins, since Python may have done anything.
        self._add(5, "old spikes", Each(self.count, rare=True), (If(left, (*counted(-1, False), *rate)),))
        assert self.events is not None
        fired = EachSpike(self.events.name, ZERO)
        b.add(5, Kernel(f"{name}.new spikes", fired, (*counted(1, True), *rate), condition=self.active))
        if rate:
            began = all_of(Op("==", (DONE, ZERO), "bool"), self.active)
            b.add(5, Kernel(f"{name}.firing rates", Each(self.count), rate, condition=began))
        # Spikes leave the window during a pause, too.
        paused = Op("not", (self.active,), "bool")
        leaves = (If(left, counted(-1, False)),)
        b.add(5, Kernel(f"{name}.window", Each(self.count, rare=True), leaves, condition=paused))

    def fired_now(self) -> Expr:
        """Did the neuron fire in this step?"""
        return Op("==", (Load(f"{self.inner}_last", NEURON, "int"), self._own_step()), "bool")

    def _own_step(self) -> Expr:
        if self.population.kind == "spike_source":
            return Op("-", (TICK, Load(f"{self.inner}_clock", ZERO, "int")), "int")
        return STEP

    def remember(self) -> None:
        """Phase 6: keep the values that delayed projections will read."""
        for attribute, history in self.histories.items():
            source = self.builder.buffers[self.attributes[attribute]]
            slot = Op("mod", (self._own_tick(), self._slots()), "int")
            place = self._in_slot(slot, NEURON, source.count)
            value = self.builder.load(source.name, NEURON)
            body = (Accumulate(history, place, "=", value),)
            domain = Once() if source.count == 1 else Each(self.count)
            self._add(6, f"history of {attribute}", domain, body)
