"""Traces onto a few neurons: what belongs to the last spike is stored late.

A spike onto one neuron touches few numbers, each of them in its own memory: how many is what it costs. What
``trace_kernels`` stores for each spike, but reads no more before its period ends, is left out here. The value
at the last spike, which follows from the scaled value and the step of the spike, is stored where the period
ends (for neurons that fired in it), and the part that a synapse is ahead is itself scaled. Scaled values last
from call to call and shrink by one factor where a period ends: by then, hardly anything is left of what they
were rounded to. They are made from the values at the last spikes only in the tick ``from``: the first one,
and whenever Python changed something (``runtime/traces.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codegen.ir import (
    Const,
    Domain,
    Each,
    EachSynapse,
    Expr,
    Function,
    Kernel,
    Let,
    Once,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import NEVER, ZERO
from engine.codegen.lowering.neurons import NEURON, STEP, TICK
from engine.codegen.lowering.trace_kernels import TraceKernels
from engine.codegen.lowering.traces import Trace
from engine.codegen.plan import FEW

if TYPE_CHECKING:
    from engine.codegen.lowering.synapses import SynapseValues

_SYNAPSE, _PRE = Symbol("s", "int"), Symbol("pre", "int")


def are_late(values: SynapseValues) -> bool:
    """Do spikes reach so few neurons that values are stored late?"""
    return values.post.population.size < FEW


class LateTraceKernels(TraceKernels):
    """The traces of one projection onto a few neurons."""

    def declare(self) -> None:
        """Declare the values of neurons and synapses."""
        # Periods end seldom: the rounding of an exponent of 64 is 7e-15 of a value, of 16 in floats 1e-6.
        self.time_constants = 16.0 if self.builder.precision == "float" else 64.0
        super().declare()
        label = self.values.projection.name
        text = f"{label}: tick in which scaled values follow from those at the last spikes"
        self.builder.buffer(f"{self.inner}_from", "int64", 1, 0, text)
        for trace in self.traces:
            text = f"{label}.{trace.name}: step in which the period began"
            self.builder.buffer(f"{self.inner}_period_{trace.name}", "int64", 1, 0, text)

    def _declare_decay(self, trace: Trace) -> None:
        text = f"{self.values.projection.name}.{trace.name}: what each synapse is ahead, scaled"
        self.builder.buffer(f"{self.inner}_lead_{trace.name}", "real", self.values.nnz, 0.0, text)

    # --- at spikes ------------------------------------------------------------------------------------

    def _left(self, trace: Trace, now: Expr) -> Expr:
        return now

    def _ahead(self, trace: Trace) -> Expr:
        return self._if_it_lasts(trace, self._ahead_now(trace), self._load("ahead", trace, _SYNAPSE))

    def _ahead_now(self, trace: Trace) -> Expr:
        return self._load("lead", trace, _SYNAPSE)

    def _before_ahead(self, trace: Trace) -> list[Let]:
        return [self._scale_of_arrival(trace)]

    def _store_ahead(self, trace: Trace, value: Expr) -> Store:
        scaled = Op("*", (value, Symbol(self._scale_of_arrival(trace).name)))
        return Store(f"{self.inner}_lead_{trace.name}", _SYNAPSE, scaled)

    def _left_after_arrival(self, trace: Trace) -> list[Statement]:
        return []

    def _store_trace(self, trace: Trace, value: Expr) -> list[Statement]:
        return [] if trace.side == "pre" else super()._store_trace(trace, value)

    # --- periods --------------------------------------------------------------------------------------

    def rescale(self) -> None:
        """Phase 2: scaled values in the tick ``from``; at the end of each period what spikes left."""
        is_first = Op("==", (TICK, self.builder.load(f"{self.inner}_from")), "bool")
        for trace in self.traces:
            begins = self._period_begins(trace)
            due = Op("or", (is_first, begins), "bool")
            if trace.side == "post":
                self._scale(trace, due)
                self._scale_lead(trace, is_first)
            else:
                self._scale(trace, is_first)
            ends = Op("and", (begins, Op("not", (is_first,), "bool")), "bool")
            self._end_period(trace, ends)
            began = Op("-", (STEP, self.phase(trace)), "int")
            store = (Store(f"{self.inner}_period_{trace.name}", ZERO, began),)
            self.builder.add(2, Kernel(f"{self.values.name}.period of {trace.name}", Once(), store, due))

    def _scale_lead(self, trace: Trace, due: Expr) -> None:
        since = Op("+", (Op("-", (self._last("pre", _PRE), STEP), "int"), self.phase(trace)), "int")
        value = Op("*", (self._load("ahead", trace, _SYNAPSE), self.decay(trace, since)))
        body = (Store(f"{self.inner}_lead_{trace.name}", _SYNAPSE, value),)
        name = f"{self.values.name}.what synapses are ahead, scaled for {trace.name}"
        self.builder.add(2, Kernel(name, EachSynapse(self.values.matrix.name), body, due))

    def _end_period(self, trace: Trace, due: Expr) -> None:
        """Values at the last spike, where it was in the period that ends; scaled values for the next."""
        on_neurons = trace.side == "pre"
        domain: Domain = Each(self.values.pre.count)
        index, last, stored, scaled = NEURON, self._last("pre", NEURON), "trace", "scaled"
        if not on_neurons:
            domain = EachSynapse(self.values.matrix.name)
            index, last, stored, scaled = _SYNAPSE, self._last("pre", _PRE), "ahead", "lead"
        began = Op("-", (STEP, self.period(trace)), "int")
        value = self._load(scaled, trace, index)
        shrink = self.decay(trace, Op("neg", (self.period(trace),), "int"))
        spiked, before, kept = Symbol("_spiked", "int"), Symbol("_before"), Symbol("_kept")
        body = (
            Let(spiked.name, last),
            Let(before.name, self._load(stored, trace, index)),
            # With a name, so that loops are vectors: it is computed for those that did not spike, too.
            Let(kept.name, self._at_spike(trace, began, spiked, value)),
            Store(f"{self.inner}_{stored}_{trace.name}", index, Select(_since(began, spiked), kept, before)),
            Store(f"{self.inner}_{scaled}_{trace.name}", index, Op("*", (value, shrink))),
        )
        self.builder.add(2, Kernel(f"{self.values.name}.end of a period of {trace.name}", domain, body, due))

    def _at_spike(self, trace: Trace, began: Expr, spiked: Expr, scaled: Expr) -> Expr:
        """The value in step ``spiked`` of the period that began in ``began``."""
        value = Op("*", (scaled, self.decay(trace, Op("-", (began, spiked), "int"))))
        return self._from_steady(trace, value) if trace.side == "pre" else value

    def _at_last_spike(self, trace: Trace) -> Expr:
        scaled = self._load("scaled", trace, _PRE) if trace.side == "pre" else self._ahead_now(trace)
        began, last = Op("-", (STEP, self.phase(trace)), "int"), self._last("pre", _PRE)
        value = self._at_spike(trace, began, last, scaled)
        return Select(_since(began, last), value, super()._at_last_spike(trace))


def _since(began: Expr, spiked: Expr) -> Expr:
    """Was a spike in the period that began in step ``began``?"""
    return Op(">=", (spiked, Function("max", (began, Const(NEVER + 1, "int")), "int")), "bool")
