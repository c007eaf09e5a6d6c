"""Buffers and kernels of weights that wait for post-synaptic spikes (see ``deferral``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codegen.ir import (
    Accumulate,
    Comment,
    Const,
    Each,
    EachSynapse,
    Expr,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import ZERO
from engine.codegen.lowering.deferral import REMEMBERED, SUM, Deferral
from engine.codegen.lowering.neurons import NEURON, TICK
from engine.codegen.lowering.scope import real
from engine.codegen.lowering.trace_kernels import BEGAN

if TYPE_CHECKING:
    from engine.codegen.lowering.synapses import SynapseValues
    from engine.codegen.lowering.trace_kernels import TraceKernels

_FAR = {"double": 32, "float": 5}
"""Periods after which all synapses catch up, before sums of exp(-T/tau) leave the range of numbers."""

_GROUPS = (range(REMEMBERED, 8, -1), range(8, 4, -1), range(4, 0, -1))
"""Rows of sums that change together: nobody reads one beyond the number of spikes that were missed."""

_SYNAPSE, _PRE, _POST = Symbol("s", "int"), Symbol("pre", "int"), Symbol("post", "int")


class DeferredWeights:
    """The part of a plan that lets weights of one projection wait.

    ``missed`` of a neuron counts its spikes since all synapses caught up; ``seen`` of a synapse is what that
    was when a spike last arrived. Their difference is the number of a row of ``sums``: row m has for each
    neuron the sum over its last m spikes.
    """

    def __init__(self, values: SynapseValues, kernels: TraceKernels, deferral: Deferral) -> None:
        self.values, self.kernels, self.deferral = values, kernels, deferral
        self.builder, self.inner = values.builder, values.inner

    def declare(self) -> None:
        """Declare what neurons remember and synapses have seen."""
        b, values, inner = self.builder, self.values, self.inner
        label, n_post = values.projection.name, b.sizes[values.post.count]
        size = b.size(f"sums_{values.name}", (REMEMBERED + 1) * n_post)
        limits = (0, REMEMBERED)
        b.buffer(f"{inner}_sums", "real", size, 0.0, f"{label}: sums of exp(-T/tau) over the last spikes")
        b.buffer(
            f"{inner}_missed", "int32", values.post.count, 0, f"{label}: spikes since all caught up", limits
        )
        b.buffer(f"{inner}_seen", "uint8", values.nnz, 0, f"{label}: spikes that synapses have seen", limits)
        b.flag(f"{inner}_catch_up", 0, "a neuron remembers no more spikes")

    # --- synapses -------------------------------------------------------------------------------------

    def caught_up(self) -> list[Statement]:
        """What a synapse does before its weight is read."""
        seen = f"{self.inner}_seen"
        return [
            Comment("spikes of the post-synaptic neuron since the last one that arrived"),
            self._new_weight(),
            Store(seen, _SYNAPSE, self._missed()),
            Store(f"{self.values.name}_w", _SYNAPSE, Symbol("_weight")),
        ]

    def catch_up(self) -> None:
        """Phase 2, before spikes arrive: sums of another period; all synapses, where a neuron would have to
        remember too much, and often enough that sums stay numbers."""
        b, values, name = self.builder, self.values, self.values.name
        phase, trace = self.kernels.phase(self.deferral.trace), self.deferral.trace
        period = self.kernels.period(trace)
        far = Op("*", (period, Const(_FAR[b.precision], "int")), "int")
        began = Op("==", (TICK, b.load(BEGAN)), "bool")
        asked = Op("and", (Op("!=", (b.load(f"{self.inner}_catch_up"), ZERO), "bool"), began), "bool")
        due = Op("or", (asked, Op("==", (Op("mod", (TICK, far), "int"), ZERO), "bool")), "bool")
        stretch = Let("_stretch", self.kernels.decay(trace, period))
        rows = (
            Accumulate(f"{self.inner}_sums", self._place(m), "*", Symbol("_stretch"))
            for m in range(1, REMEMBERED + 1)
        )
        renewed = Op("==", (phase, ZERO), "bool")
        b.add(2, Kernel(f"{name}.sums of a new period", Each(values.post.count), (stretch, *rows), renewed))
        body = (
            self._new_weight(),
            Store(f"{name}_w", _SYNAPSE, Symbol("_weight")),
            Store(f"{self.inner}_seen", _SYNAPSE, ZERO),
        )
        b.add(2, Kernel(f"{name}.all weights", EachSynapse(values.matrix.name), body, due))
        none = (Store(f"{self.inner}_missed", NEURON, ZERO),)
        b.add(2, Kernel(f"{name}.spikes that all have seen", Each(values.post.count), none, due))

    def record(self, key: str, control: str) -> str:
        """Phase 11: the weights as they are, for a recorder."""
        shown = self.builder.buffer(
            f"{key}_shown", "real", self.values.nnz, 0.0, f"{self.values.projection.name}.w"
        )
        body = (self._new_weight(), Store(shown, _SYNAPSE, Symbol("_weight")))
        domain = EachSynapse(self.values.matrix.name)
        due = self.kernels.recorded(control)
        self.builder.add(11, Kernel(f"{self.values.name}.w of synapses", domain, body, due))
        return shown

    # --- neurons --------------------------------------------------------------------------------------

    def of_neuron(self, plasticity: Expr) -> list[Statement]:
        """What a post-synaptic spike leaves behind."""
        sums, trace = f"{self.inner}_sums", self.deferral.trace
        missed = Load(f"{self.inner}_missed", NEURON, "int")
        now = Op("neg", (self.kernels.phase(trace),), "int")
        body: list[Statement] = []
        for group in _GROUPS:
            rows: list[Statement] = []
            for m in group:
                value = Op("+", (Load(sums, self._place(m - 1)), Symbol("_now")))
                rows.append(Accumulate(sums, self._place(m), "=", value if m > 1 else Symbol("_now")))
            read = Op(">=", (missed, Const(group[-1] - 1, "int")), "bool")
            body += [If(read, tuple(rows))] if group[-1] > 1 else rows
        body.append(Store(missed.array, NEURON, Op("+", (missed, Const(1, "int")), "int")))
        body.append(If(Op(">=", (missed, Const(REMEMBERED, "int")), "bool"), (Interrupt(),)))
        return [Let("_now", self.kernels.decay(trace, now)), If(plasticity, tuple(body))]

    # --- expressions ----------------------------------------------------------------------------------

    def _place(self, m: int) -> Expr:
        offset = Op("*", (Const(m, "int"), Symbol(self.values.post.count, "int")), "int")
        return Op("+", (offset, NEURON), "int")

    def _missed(self) -> Load:
        return Load(f"{self.inner}_missed", _POST, "int")

    def _new_weight(self) -> Let:
        values, rule = self.values, self.deferral
        scope = values.scope(_SYNAPSE, 0)
        behind = Op("-", (self._missed(), Load(f"{self.inner}_seen", _SYNAPSE, "int")), "int")
        offset = Op("*", (behind, Symbol(values.post.count, "int")), "int")
        total = Load(f"{self.inner}_sums", Op("+", (offset, _POST), "int"))
        scaled = Load(f"{self.inner}_scaled_{rule.trace.name}", _PRE)
        factor = real(scope.lower(rule.factor))
        first: Expr = scaled if factor == Const(1.0) else Op("*", (factor, scaled))
        scope.temporaries[SUM] = Op("*", (first, total))
        weight = scope.bounded(real(scope.lower(rule.result)), rule.bounds)
        return Let("_weight", weight)
