"""Event-driven variables that neurons share: their buffers and kernels (see ``traces``).

Each neuron has the value at its own last spike, and its step; that is all there is to know. In between,
what other events need is the *scaled* value: the value times exp(+phase*dt/tau), where phase counts the
steps since the last multiple of a period. It does not change while a variable only decays, so that any
number of synapses read it for one multiplication each, and none of them computes an exponential function.
It is made anew from the value at the last spike in each period and at the beginning of each call, by the
same operations on the same numbers: nothing drifts, and bits do not depend on where calls end. What scaled
values are multiplied by is one number for all spikes of a step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.codegen.ir import (
    Cast,
    Comment,
    Const,
    Each,
    EachSynapse,
    Expr,
    Function,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import NEVER, ZERO
from engine.codegen.lowering.neurons import NEURON, STEP, TICK
from engine.codegen.lowering.scope import Scope, real
from engine.codegen.lowering.traces import Trace, names_in, trees_of
from engine.codegen.traverse import expressions_of_body, symbols
from engine.language.model import Assignment

if TYPE_CHECKING:
    from engine.codegen.lowering.synapses import SynapseValues

BEGAN = "began"
"""Buffer of the tick in which a call began."""

_LONGEST = 1e9

BEFORE = Op("-", (STEP, Const(1, "int")), "int")
"""Up to where an arriving spike lets variables decay."""

_SYNAPSE, _PRE, _POST = Symbol("s", "int"), Symbol("pre", "int"), Symbol("post", "int")


def needed(before: list[Let], body: list[Statement]) -> list[Let]:
    """Those of the values before a body that it reads, and what they need."""
    used, kept = symbols(expressions_of_body(body)), list[Let]()
    for let in reversed(before):
        if let.name in used:
            used |= symbols([let.value])
            kept.insert(0, let)
    return kept


class TraceKernels:
    """The traces of one projection."""

    time_constants = 8.0
    """Length of a period: a scaled value exceeds the value at most by exp(8)."""

    def __init__(self, values: SynapseValues, traces: tuple[Trace, ...]) -> None:
        self.values = values
        self.builder = values.builder
        self.inner = values.inner
        self.traces = traces
        self.names = {trace.name for trace in traces}
        self._scope = values.scope(_SYNAPSE, 0)
        self._versions = 0

    def declare(self) -> None:
        """Declare the values of neurons, and what synapses are ahead of them."""
        b, inner, values = self.builder, self.inner, self.values
        label = values.projection.name
        b.buffer(BEGAN, "int64", 1, 0, "tick in which the call began")
        for trace in self.traces:
            count = self._count(trace)
            value = values.projection.init[trace.name]
            text = f"{label}.{trace.name} at the last spike of each {trace.side}-synaptic neuron"
            b.buffer(f"{inner}_trace_{trace.name}", "real", count, value, text)
            b.buffer(f"{inner}_scaled_{trace.name}", "real", count, 0.0, f"{label}.{trace.name}, scaled")
            if trace.side == "post":
                text = f"{label}.{trace.name}: what each synapse is ahead of its neuron"
                b.buffer(f"{inner}_ahead_{trace.name}", "real", values.nnz, 0.0, text)
                self._declare_decay(trace)
        for side, count in (("pre", values.pre.count), ("post", values.post.count)):
            text = f"{label}: step of the last event of each {side}-synaptic neuron"
            b.buffer(f"{inner}_last_{side}", "int64", count, NEVER, text)
            b.buffer(f"{inner}_before_{side}", "int64", count, NEVER, f"{text} before time began anew")

    def _declare_decay(self, trace: Trace) -> None:
        """Declare what tells how much is left of what a synapse was ahead."""
        label = self.values.projection.name
        text = f"{label}.{trace.name}: 1 at the last spike of each pre-synaptic neuron, scaled"
        self.builder.buffer(f"{self.inner}_left_{trace.name}", "real", self.values.pre.count, 0.0, text)

    # --- at spikes ------------------------------------------------------------------------------------

    def at_arrival(
        self, scope: Scope, statements: tuple[Assignment, ...]
    ) -> tuple[list[Let], list[Statement]]:
        """What comes before the statements of ``pre_spike``: once for each spike, and at each synapse.

        Statements that change traces of pre-synaptic neurons do so once for each spike, too: nothing else
        changes what they read.
        """
        before: list[Let] = []
        body: list[Statement] = []
        for trace in self._of("post"):
            name = trace.name
            scale, left = Symbol(f"_{name}_scale"), Symbol(f"_{name}_left")
            neuron, value = Symbol(f"_{name}_neuron"), Symbol(f"_{name}")
            now = Symbol(f"_{name}_now")
            before.append(Let(scale.name, self.decay(trace, Op("neg", (self.phase(trace),), "int"))))
            before.append(Let(now.name, self._unscaled("pre", trace, BEFORE)))
            since = self.decay(trace, Op("-", (self._last("pre", _PRE), BEFORE), "int"))
            before.append(Let(left.name, self._if_it_lasts(trace, self._left(trace, now), since)))
            before += self._before_ahead(trace)
            one_step = self.decay(trace, Const(-1, "int"))
            body += [
                Comment(f"{name} of the neuron one step ago, and what the synapse is ahead"),
                Let(neuron.name, Op("*", (self._load("scaled", trace, _POST), scale))),
                Let(value.name, Op("+", (neuron, Op("*", (self._ahead(trace), left))))),
                self._store_ahead(trace, Op("-", (value, Op("*", (neuron, one_step))))),
            ]
            scope.temporaries[name] = value
        rest = [tree for a in statements if a.name not in self.names for tree in trees_of(a)]
        if names_in(rest) & {trace.name for trace in self._of("pre")}:
            before += [Let(*both) for both in self._advanced(scope, "pre", _PRE, BEFORE)]
        return before, body

    def after_firing(
        self, scope: Scope, statements: tuple[Assignment, ...]
    ) -> tuple[list[Let], list[Statement]]:
        """What comes before the statements of ``post_spike``: once for each spike, and at each synapse."""
        read = names_in(tree for a in statements for tree in trees_of(a))
        before: list[Let] = []
        body: list[Statement] = []
        for trace in self.traces:
            value = Symbol(f"_{trace.name}")
            if trace.name not in read:
                continue
            if trace.side == "pre":
                scale = Symbol(f"_{trace.name}_scale")
                before.append(Let(scale.name, self.decay(trace, Op("neg", (self.phase(trace),), "int"))))
                moved = Op("*", (self._load("scaled", trace, _PRE), scale))
                body.append(Let(value.name, self._from_steady(trace, moved)))
            else:
                neuron, now = Symbol(f"_{trace.name}_neuron"), Symbol(f"_{trace.name}_now")
                scale = Symbol(f"_{trace.name}_scale")
                before.append(Let(scale.name, self._unscaled("post", trace, STEP)))
                before.append(Let(neuron.name, Op("*", (self._load("scaled", trace, _POST), scale))))
                before.append(Let(now.name, self._unscaled("pre", trace, STEP)))
                ahead = Op("*", (self._ahead_now(trace), self._left(trace, now)))
                body.append(Let(value.name, Op("+", (neuron, ahead))))
            scope.temporaries[trace.name] = value
        return before, body

    def _left(self, trace: Trace, now: Expr) -> Expr:
        """How much is left, ``now`` as :meth:`_unscaled` says it, of what a synapse is ahead."""
        return Op("*", (self._load("left", trace, _PRE), now))

    def _ahead(self, trace: Trace) -> Expr:
        """What a synapse was ahead when a spike last arrived."""
        return self._load("ahead", trace, _SYNAPSE)

    def _ahead_now(self, trace: Trace) -> Expr:
        """As :meth:`_ahead`, in the step of a post-synaptic spike."""
        return self._ahead(trace)

    def _before_ahead(self, trace: Trace) -> list[Let]:
        """What :meth:`_store_ahead` needs for all spikes of a step."""
        return []

    def _store_ahead(self, trace: Trace, value: Expr) -> Store:
        return Store(f"{self.inner}_ahead_{trace.name}", _SYNAPSE, value)

    def assigned(self, scope: Scope, assignment: Assignment) -> list[Let]:
        """A statement that changes a trace: later statements see the new value, if any of them reads it."""
        if assignment.name not in scope.temporaries:
            return []
        old = scope.temporaries[assignment.name]
        value = scope.lower(assignment.expression)
        if assignment.operator != "=":
            value = Op(assignment.operator[0], (real(old), real(value)))
        value = scope.bounded(real(value), assignment.bounds)
        self._versions += 1
        new = Symbol(f"_{assignment.name}{self._versions}")
        scope.temporaries[assignment.name] = new
        return [Let(new.name, value)]

    # --- neurons --------------------------------------------------------------------------------------

    def rescale(self) -> None:
        """Phase 2: scaled values at the beginning of each call and of each period."""
        began = Op("==", (TICK, self.builder.load(BEGAN)), "bool")
        for trace in self.traces:
            due = Op("or", (began, self._period_begins(trace)), "bool")
            self._scale(trace, due)
            if trace.side == "post":
                since = Op("-", (self._last("pre", NEURON), STEP), "int")
                left = self.decay(trace, Op("+", (since, self.phase(trace)), "int"))
                store = (Store(f"{self.inner}_left_{trace.name}", NEURON, left),)
                name = f"{self.values.name}.{trace.name} since the last spike that arrived"
                self.builder.add(2, Kernel(name, Each(self.values.pre.count), store, due))

    def _period_begins(self, trace: Trace) -> Expr:
        return Op("==", (self.phase(trace), ZERO), "bool")

    def _scale(self, trace: Trace, due: Expr) -> None:
        """Scaled values of a trace from those at the last spikes."""
        since = Op("-", (self._last(trace.side, NEURON), STEP), "int")
        scale = self.decay(trace, Op("+", (since, self._scaled_for(trace)), "int"))
        value = Op("*", (self._distance(trace, self._load("trace", trace, NEURON)), scale))
        body = (Store(f"{self.inner}_scaled_{trace.name}", NEURON, value),)
        name = f"{self.values.name}.scale of {trace.name}"
        self.builder.add(2, Kernel(name, Each(self._count(trace)), body, due))

    def neuron_body(self, side: str, statements: Iterable[Assignment], now: Expr) -> list[Statement]:
        """What a spike changes in the traces of its neuron."""
        scope = self.values.scope(_SYNAPSE, 0)
        factors: list[Statement] = []
        body: list[Statement] = [Let(*both) for both in self._advanced(scope, side, NEURON, now)]
        own = {trace.name for trace in self._of(side)}
        for assignment in statements:
            if assignment.name in own:
                body += [Comment(assignment.text or assignment.name), *self.assigned(scope, assignment)]
        for trace in self._of(side):
            value, factor = scope.temporaries[trace.name], Symbol(f"_{trace.name}_scaled_by")
            factors.append(Let(factor.name, self.decay(trace, self._scaled_for(trace))))
            scaled = Op("*", (self._distance(trace, value), factor))
            body += self._store_trace(trace, value)
            body.append(Store(f"{self.inner}_scaled_{trace.name}", NEURON, scaled))
        if side == "pre":
            for trace in self._of("post"):
                for statement in self._left_after_arrival(trace):
                    (factors if isinstance(statement, Let) else body).append(statement)
        return [*factors, *body, Store(f"{self.inner}_last_{side}", NEURON, STEP)]

    def _left_after_arrival(self, trace: Trace) -> list[Statement]:
        """All is left of what synapses are ahead when a spike arrives."""
        factor = self._scale_of_arrival(trace)
        return [factor, Store(f"{self.inner}_left_{trace.name}", NEURON, Symbol(factor.name))]

    def _scale_of_arrival(self, trace: Trace) -> Let:
        """What scales a value of this step that belongs to an arriving spike."""
        return Let(f"_{trace.name}_scaled_by", self.decay(trace, self.phase(trace)))

    def _store_trace(self, trace: Trace, value: Expr) -> list[Statement]:
        return [Store(f"{self.inner}_trace_{trace.name}", NEURON, value)]

    def record(self, key: str, name: str, control: str) -> str:
        """Phase 11: the values that synapses have had since their last event, for a recorder with a
        ``control`` buffer."""
        trace = next(trace for trace in self.traces if trace.name == name)
        shown = self.builder.buffer(
            f"{key}_shown", "real", self.values.nnz, 0.0, f"{self.values.projection.name}.{name}"
        )
        pre, post = self._last("pre", _PRE), self._last("post", _POST)
        last = Symbol("_last", "int")

        def since(event: Expr) -> Expr:
            return self.decay(trace, Op("-", (event, last), "int"))

        if trace.side == "pre":
            moved = Op("*", (self._distance(trace, self._at_last_spike(trace)), since(pre)))
            value = self._from_steady(trace, moved)
        else:
            neuron = Op("*", (self._load("trace", trace, _POST), since(post)))
            value = Op("+", (neuron, Op("*", (self._at_last_spike(trace), since(pre)))))
        body = (Let("_last", Function("max", (pre, post), "int")), Store(shown, _SYNAPSE, value))
        kernel = Kernel(
            f"{self.values.name}.{name} of synapses",
            EachSynapse(self.values.matrix.name),
            body,
            self.recorded(control),
        )
        self.builder.add(11, kernel)
        return shown

    def _at_last_spike(self, trace: Trace) -> Expr:
        """What a synapse had when a spike last arrived: the trace of its neuron, or what it was ahead."""
        if trace.side == "pre":
            return self._load("trace", trace, _PRE)
        return self._load("ahead", trace, _SYNAPSE)

    @staticmethod
    def recorded(control: str) -> Expr:
        """Whether a recorder takes the values of this step."""
        active, period, offset, within = (Load(control, Const(k, "int"), "int") for k in range(4))
        steps = Op("mod", (Op("-", (STEP, offset), "int"), period), "int")
        return Op("and", (Op("!=", (active, ZERO), "bool"), Op("==", (steps, within), "bool")), "bool")

    # --- expressions ----------------------------------------------------------------------------------

    def _of(self, side: str) -> list[Trace]:
        return [trace for trace in self.traces if trace.side == side]

    def _count(self, trace: Trace) -> str:
        return self.values.pre.count if trace.side == "pre" else self.values.post.count

    def _load(self, part: str, trace: Trace, index: Expr) -> Load:
        return Load(f"{self.inner}_{part}_{trace.name}", index)

    def _last(self, side: str, index: Expr) -> Load:
        return Load(f"{self.inner}_last_{side}", index, "int")

    def _tau(self, trace: Trace) -> Expr:
        return real(self._scope.lower(trace.tau))

    def _steady(self, trace: Trace) -> Expr:
        return real(self._scope.lower(trace.steady))

    def decay(self, trace: Trace, steps: Expr) -> Expr:
        """exp(steps * dt / tau), computed in one way wherever it stands: scaled values rely on it."""
        rate = Op("/", (Const(self.builder.dt), self._tau(trace)))
        return Function("exp", (Op("*", (Cast(steps, "real"), rate)),))

    def phase(self, trace: Trace) -> Expr:
        """Steps since the last multiple of the period."""
        return Op("mod", (TICK, self.period(trace)), "int")

    def period(self, trace: Trace) -> Expr:
        """Steps after which scaled values are made anew."""
        steps = Op("*", (self._tau(trace), Const(self.time_constants / self.builder.dt)))
        several = Op(">=", (steps, Const(1.0)), "bool")  # False of what is no number, too.
        period = Select(several, Function("min", (steps, Const(_LONGEST))), Const(1.0))
        return Cast(period, "int")

    def _scaled_for(self, trace: Trace) -> Expr:
        """Steps of decay that a value is scaled up by. Arriving spikes ask for the values of post-synaptic
        neurons one step ago, which never needs more than exp(8) either."""
        phase = self.phase(trace)
        return phase if trace.side == "pre" else Op("+", (phase, Const(1, "int")), "int")

    def _distance(self, trace: Trace, value: Expr) -> Expr:
        steady = self._steady(trace)
        return value if steady == Const(0.0) else Op("-", (value, steady))

    def _from_steady(self, trace: Trace, moved: Expr) -> Expr:
        steady = self._steady(trace)
        return moved if steady == Const(0.0) else Op("+", (steady, moved))

    def _advanced(self, scope: Scope, side: str, index: Expr, now: Expr) -> list[tuple[str, Expr]]:
        """Names and values of the traces of a neuron, advanced from its last event to ``now``."""
        named: list[tuple[str, Expr]] = []
        for trace in self._of(side):
            scale, value = Symbol(f"_{trace.name}_until"), Symbol(f"_{trace.name}")
            named.append((scale.name, self._unscaled(side, trace, now)))
            moved: Expr = Op("*", (self._load("scaled", trace, index), scale))
            if now == BEFORE:
                distance = self._distance(trace, self._load("trace", trace, index))
                since = self.decay(trace, Op("-", (self._last(side, index), now), "int"))
                moved = self._if_it_lasts(trace, moved, Op("*", (distance, since)))
            named.append((value.name, self._from_steady(trace, moved)))
            scope.temporaries[trace.name] = value
        return named

    def _if_it_lasts(self, trace: Trace, scaled: Expr, alone: Expr) -> Expr:
        """What follows from a scaled value, or without it where that loses in one step all that it has: the
        step before the one that starts a period has to be reached from there."""
        return Select(Op(">", (self.period(trace), Const(1, "int")), "bool"), scaled, alone)

    def _unscaled(self, side: str, trace: Trace, now: Expr) -> Expr:
        """What makes a value of ``now`` (:data:`BEFORE` or this step) of what spikes of a side scaled."""
        steps = Op("neg", (self.phase(trace),), "int")
        more = int(now == BEFORE) - int(side == "post")
        return self.decay(trace, Op("+", (steps, Const(more, "int")), "int") if more else steps)
