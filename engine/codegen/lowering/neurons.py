"""The neurons of one population: buffers, histories, and what names stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.ir import (
    Cast,
    Const,
    Expr,
    Load,
    Op,
    Select,
    Symbol,
)
from engine.codegen.lowering.builder import (
    ALWAYS_PAST,
    NEVER,
    TREE_DTYPES,
    ZERO,
    Builder,
    Values,
    homogeneous,
)
from engine.codegen.lowering.reductions import add_operation
from engine.codegen.lowering.scope import Scope, real
from engine.codegen.plan import FEW, EventList, Rest
from engine.language.tree import Owner

if TYPE_CHECKING:
    from engine.network import Population

NEURON = Symbol("i", "int")
STEP = Symbol("step", "int")
TICK = Symbol("tick", "int")
DONE = Symbol("done", "int")
"""Steps of the call so far."""


class NeuronValues:
    """Buffers of a population, for whoever connects to it or records it, and what names stand for."""

    def __init__(self, builder: Builder, population: Population) -> None:
        self.builder = builder
        self.population = population
        self.name = f"pop{population.id}"
        self.inner = f"neurons{population.id}"
        self.count = builder.size(f"n_{self.name}", population.size)
        if population.size < FEW:
            builder.known[self.count] = population.size
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
        table = population.timetable
        written = {*(a.name for a in (*model.reset, *model.axon_reset)), *(table.values if table else ())}
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
        for target in model.summed:
            self.sum(target)

    def _attribute(self, name: str, dtype: str, local: bool, value: Values) -> None:
        count = self.count if local else 1
        self.attributes[name] = self.builder.buffer(
            f"{self.name}_{name}", TREE_DTYPES[dtype], count, value, f"{self.population.name}.{name}", None
        )

    def _declare_spikes(self) -> None:
        b, inner, label = self.builder, self.inner, self.population.name
        self.events = self._event_list("", "spikes")
        if self.population.model.axon_spike is not None:
            self.axonal_events = self._event_list("axon_", "axonal spikes")
        self.builder.events += filter(None, (self.events, self.axonal_events))
        b.buffer(f"{inner}_last", "int64", self.count, NEVER, f"{label}: step of the last spike")
        if self._refractory_source() is not None:
            text = f"{label}: last refractory step"
            last = b.buffer(f"{inner}_frozen", "int64", self.count, ALWAYS_PAST, text, None)
            self._declare_rest(last)
            if not isinstance(self.population.given_refractory, str):
                steps = self._refractory_steps()
                count = 1 if homogeneous(steps) else self.count
                b.buffer(f"{inner}_refractory", "int64", count, steps, f"{label}: refractory steps", None)

    def _declare_rest(self, last: str) -> None:
        b, inner, label = self.builder, self.inner, self.population.name
        blocks = b.size(f"blocks_{self.name}", -(-self.population.size // 64))
        wheel = b.size(f"wheel_{self.name}", 64 * b.threads)
        resting = b.buffer(
            f"{inner}_resting", "int64", blocks, 0, f"{label}: who is refractory, as bits", None
        )
        following = b.buffer(f"{inner}_following", "int32", self.count, 0, "who is refractory as long", None)
        due = b.buffer(f"{inner}_due", "int32", wheel, 0, "first of those", None)
        b.rests.append(Rest(last, self.count, resting, following, due))

    def _event_list(self, prefix: str, what: str) -> EventList:
        b, name, label = self.builder, self.name, f"{self.population.name}: {what}"
        inner = f"{self.inner}_{prefix}"
        ranks = b.buffer(f"{inner}ranks", "int32", f"ring_{name}", 0, f"{label}, ring of ranks")
        counts = b.buffer(f"{inner}counts", "int64", f"segments_{name}", 0, f"{label} per thread")
        return EventList(f"{inner}spikes", self.count, f"slots_{name}", ranks, counts)

    def _refractory_source(self) -> Any:
        """None where the neuron has no refractory machinery at all."""
        value = self.population.given_refractory
        if value is None or (not isinstance(value, str) and not np.any(value)):
            return None
        return value

    def _refractory_steps(self) -> Values:
        return np.trunc(np.asarray(self.population.given_refractory, dtype=float) / self.builder.dt).astype(
            np.int64
        )

    def finish_sizes(self) -> None:
        """Fix the rings once all projections have said how far back they look."""
        b, name = self.builder, self.name
        b.size(f"slots_{name}", self.slots)
        if self.events is not None:
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
                None,
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


def operated(operator: str, target: Load, value: Expr) -> Expr:
    """The new value of ``target operator value`` for ``=``, ``+=``, ``-=``, ``*=``, ``/=``."""
    return value if operator == "=" else Op(operator[0], (real(target), real(value)))


def constant(builder: Builder, owner: Any, name: str) -> Expr | None:
    """A global Constant of the network, if there is one of this name."""
    value = owner.network.constants.get(name)
    if value is None:
        return None
    return builder.load(builder.buffer(f"const_{name}", "real", 1, float(value), f"Constant {name}"))
