"""One population: its buffers, and the kernels of phases 1, 5 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Const,
    Each,
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
    ALWAYS_PAST,
    NEVER,
    TREE_DTYPES,
    TRUE,
    ZERO,
    Builder,
    Values,
    all_of,
    homogeneous,
)
from engine.codegen.lowering.reductions import add_operation
from engine.codegen.lowering.scope import Scope, boolean, real, store
from engine.codegen.plan import EventList
from engine.errors import EngineError
from engine.language import discretise
from engine.language.model import Assignment, Update, Write
from engine.language.tree import Owner

if TYPE_CHECKING:
    from engine.network import Population

NEURON = Symbol("i", "int")
STEP = Symbol("step", "int")
TICK = Symbol("tick", "int")


class LoweredPopulation:
    """Names of the buffers of a population, for whoever connects to it or records it."""

    def __init__(self, builder: Builder, population: Population) -> None:
        self.builder = builder
        self.population = population
        self.name = f"pop{population.id}"
        self.inner = f"neurons{population.id}"
        self.count = builder.size(f"n_{self.name}", population.size)
        self.active = builder.flag(f"{self.inner}_enabled", int(population.enabled), "switch")
        self.attributes: dict[str, str] = {}
        self.events: EventList | None = None
        self.axonal_events: EventList | None = None
        self.sums: dict[str, str] = {}
        self.histories: dict[str, str] = {}
        self.operations: set[str] = set()
        self.slots = 2
        self.streams: dict[Any, int] = {}
        self._temporaries = 0

    # --- buffers --------------------------------------------------------------------------------------

    def declare(self) -> None:
        """Declare parameters, variables, spike events and what a source population needs."""
        population = self.population
        model = population.model
        written = {a.name for a in (*model.reset, *model.axon_reset)}
        for parameter in model.parameters:
            value = population.init[parameter.name]
            local = parameter.locality == "local" and (
                parameter.name in written or parameter.name in population.widened or not homogeneous(value)
            )
            self._attribute(parameter.name, parameter.dtype, local, value)
        for variable in model.variables:
            local = variable.locality == "local"
            self._attribute(variable.name, variable.dtype, local, population.init[variable.name])
        if model.kind == "spike" or population.kind == "spike_source":
            self._declare_spikes()
        else:
            for target in model.targets:
                self.sum(target)

    def _attribute(self, name: str, dtype: str, local: bool, value: Values) -> None:
        count = self.count if local else 1
        self.attributes[name] = self.builder.buffer(
            f"{self.name}_{name}", TREE_DTYPES[dtype], count, value, f"{self.population.name}.{name}"
        )

    def _declare_spikes(self) -> None:
        b, inner, label = self.builder, self.inner, self.population.name
        self.events = self._event_list("", "spikes")
        if self.population.model.axon_spike is not None:
            self.axonal_events = self._event_list("axon_", "axonal spikes")
        b.buffer(f"{inner}_last", "int64", self.count, NEVER, f"{label}: step of the last spike")
        if self._refractory_source() is not None:
            b.buffer(f"{inner}_frozen", "int64", self.count, ALWAYS_PAST, f"{label}: last refractory step")
            if not isinstance(self.population._refractory, str):
                steps = self._refractory_steps()
                count = 1 if homogeneous(steps) else self.count
                b.buffer(f"{inner}_refractory", "int64", count, steps, f"{label}: refractory steps")

    def _event_list(self, prefix: str, what: str) -> EventList:
        b, name, label = self.builder, self.name, f"{self.population.name}: {what}"
        inner = f"{self.inner}_{prefix}"
        ranks = b.buffer(f"{inner}ranks", "int32", f"ring_{name}", 0, f"{label}, ring of ranks")
        counts = b.buffer(f"{inner}counts", "int64", f"segments_{name}", 0, f"{label} per thread")
        return EventList(f"{inner}spikes", self.count, f"slots_{name}", ranks, counts)

    def _refractory_source(self) -> Any:
        """None where the neuron has no refractory machinery at all."""
        value = self.population._refractory
        if value is None or (not isinstance(value, str) and not np.any(value)):
            return None
        return value

    def _refractory_steps(self) -> Values:
        return np.trunc(np.asarray(self.population._refractory, dtype=float) / self.builder.dt).astype(
            np.int64
        )

    def finish_sizes(self) -> None:
        """Fix the rings once all projections have said how far back they look."""
        b, name = self.builder, self.name
        b.size(f"slots_{name}", self.slots)
        if self.events is not None:
            b.events += filter(None, (self.events, self.axonal_events))
            b.size(f"ring_{name}", self.slots * self.population.size)
            b.size(f"segments_{name}", self.slots * b.threads)
        for attribute in self.histories:
            scalar = b.buffers[self.attributes[attribute]].count == 1
            b.size(f"history_{name}_{attribute}", self.slots * (1 if scalar else self.population.size))

    def sum(self, target: str) -> str:
        """Buffer of ``sum(target)``."""
        if target not in self.sums:
            self.sums[target] = self.builder.buffer(
                f"{self.inner}_sum_{target}",
                "real",
                self.count,
                0.0,
                f"{self.population.name}: sum({target})",
            )
        return self.sums[target]

    def conductance(self, target: str) -> str | None:
        """Buffer of ``g_target``; None where the neuron does not use it, so that nothing would read it."""
        return self.attributes.get(f"g_{target}")

    def operation(self, operation: str, attribute: str) -> Load | None:
        """``mean(attribute)`` and the like over the whole population, as phase 7 left it."""
        if attribute not in self.attributes:
            return None
        name = f"{self.inner}_{operation}_of_{attribute}"
        if name not in self.operations:
            self.operations.add(name)
            value = self.builder.load(self.attributes[attribute], NEURON)
            add_operation(self.builder, self, name, operation, value)
        return self.builder.load(name)

    def delayed(self, attribute: str, index: Expr, delay: Expr, updated: int) -> Load:
        """The value of an attribute that arrives after ``delay`` steps. ``updated``: 1 where the population
        has done its update of the step, else 0."""
        b = self.builder
        source = b.buffers[self.attributes[attribute]]
        if attribute not in self.histories:
            size = f"history_{self.name}_{attribute}"
            self.histories[attribute] = b.buffer(
                f"{self.inner}_history_{attribute}",
                source.dtype,
                size,
                0,
                f"{self.population.name}.{attribute}: past values",
            )
        hold = self._hold()
        running = Op("+", (self._own_tick(), Const(updated, "int")), "int") if updated else self._own_tick()
        now = Select(self.active, running, hold, "int")
        slot: Expr = Op("mod", (Op("-", (now, delay), "int"), self._slots()), "int")
        if isinstance(delay, Load) and delay.index != ZERO:
            # One division for all synapses; delays are less than the number of slots.
            newest = Op("mod", (now, self._slots()), "int")
            back = Op("-", (newest, delay), "int")
            wrapped = Op("+", (back, self._slots()), "int")
            slot = Select(Op("<", (back, ZERO), "bool"), wrapped, back, "int")
        return Load(self.histories[attribute], self._in_slot(slot, index, source.count), source.type)

    def _hold(self) -> Load:
        """While the population is enabled: how many ticks it was not. While it is disabled: how many ticks
        it has done, for its delay queues stop then."""
        return self.builder.load(
            self.builder.buffer(f"{self.inner}_hold", "int64", 1, 0, f"{self.population.name}: pauses")
        )

    def _own_tick(self) -> Expr:
        """Ticks that the enabled population has done."""
        return Op("-", (TICK, self._hold()), "int")

    def _slots(self) -> Symbol:
        return Symbol(f"slots_{self.name}", "int")

    def _in_slot(self, slot: Expr, index: Expr, count: str | int) -> Expr:
        if count == 1:
            return slot
        return Op("+", (Op("*", (slot, Symbol(self.count, "int")), "int"), index), "int")

    # --- kernels --------------------------------------------------------------------------------------

    def scope(self, index: Expr = NEURON) -> Scope:
        """Names as the neuron's own equations see them; ``index`` counts the draws of random terms."""

        def resolve(name: str, owner: Owner) -> Expr | None:
            if owner != "own":
                return None
            if name in self.attributes:
                return self.builder.load(self.attributes[name], NEURON)
            if name == "t_last" and self.events is not None:
                return self.spike_time(NEURON)
            return constant(self.builder, self.population, name)

        def weighted_sum(target: str, owner: Owner) -> Expr | None:
            if target:
                return self.builder.load(self.sum(target), NEURON)
            total: Expr = Const(0.0)
            for known in self.sums.values():
                total = Op("+", (total, self.builder.load(known, NEURON)))
            return total

        return Scope(
            f"Population {self.population.name}",
            Const(self.builder.dt),
            resolve,
            weighted_sum,
            lambda node: self.operation(node.operation, node.name),
            index,
            self.streams,
            self.builder.stream,
        )

    def spike_time(self, index: Expr) -> Expr:
        """Time (ms) of the last spike."""
        last = Load(f"{self.inner}_last", index, "int")
        return Op("*", (Cast(last, "real"), Const(self.builder.dt)))

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
        source = self.population._refractory
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
        b.buffer(f"{inner}_next", "int64", self.count, np.concatenate([[0], ends[:-1]]), "next spike")
        b.buffer(f"{inner}_end", "int64", self.count, ends, "end of the train")
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
        old = Cast(Load(f"{inner}_fired", place, "bool"), "int")
        count = Load(f"{inner}_fired_count", NEURON, "int")
        body: tuple[Statement, ...] = (
            Let("_now", self.fired_now()),
            Let(
                "_count", Op("+", (Op("-", (count, old), "int"), Cast(Symbol("_now", "bool"), "int")), "int")
            ),
            Store(f"{inner}_fired_count", NEURON, Symbol("_count", "int")),
            Accumulate(f"{inner}_fired", place, "=", Symbol("_now", "bool")),
        )
        if "r" in self.attributes:
            per_second = Op("*", (Cast(Symbol("_count", "int"), "real"), Const(1000.0)))
            rate = Op("/", (per_second, Const(float(window))))
            body += (store(b.load(self.attributes["r"], NEURON), rate),)
        self._add(5, "firing rate", Each(self.count), body)

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


def operated(operator: str, target: Load, value: Expr) -> Expr:
    """The new value of ``target operator value`` for ``=``, ``+=``, ``-=``, ``*=``, ``/=``."""
    return value if operator == "=" else Op(operator[0], (real(target), real(value)))


def constant(builder: Builder, owner: Any, name: str) -> Expr | None:
    """A global Constant of the network, if there is one of this name."""
    value = owner.network.constants.get(name)
    if value is None:
        return None
    return builder.load(builder.buffer(f"const_{name}", "real", 1, float(value), f"Constant {name}"))
