"""How often each neuron fired in the last steps, and what is made of it: decoded sums and paired inputs.

Counts are whole numbers, so that a window that slides on leaves no rounding behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Const,
    Each,
    EachRow,
    EachSpike,
    Expr,
    If,
    Kernel,
    Load,
    Op,
    Reduction,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import ZERO, Builder
from engine.codegen.lowering.neurons import NEURON, TICK
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.scope import real
from engine.codegen.lowering.synapses import POST, PRE

if TYPE_CHECKING:
    from engine.codegen.lowering.projection import LoweredProjection
    from engine.network.paired_input import PairedInput

ONE = Const(1, "int")


def spike_counts(builder: Builder, source: LoweredPopulation, steps: int) -> str:
    """Buffer of the spikes of each neuron in the ``steps`` steps before the present one. Phase 2."""
    assert source.events is not None
    label = f"{source.population.name}: spikes of the last {steps} steps"
    counts, fired = f"{source.inner}_counts_of_{steps}", f"{source.inner}_fired_in_{steps}"
    if counts in builder.buffers:
        return counts
    length = Symbol(builder.size(f"window_{source.name}_{steps}", steps), "int")
    size = builder.size(f"fired_{source.name}_{steps}", steps * source.population.size)
    builder.buffer(counts, "int64", source.count, 0, label)
    builder.buffer(fired, "bool", size, 0, f"{label}, which")
    slot = Op("mod", (TICK, length), "int")
    place = Op("+", (Op("*", (slot, Symbol(source.count, "int")), "int"), NEURON), "int")
    left = Cast(Load(fired, place, "bool"), "int")
    number = Load(counts, NEURON, "int")
    leave = (
        Store(counts, NEURON, Op("-", (number, left), "int")),
        Accumulate(fired, place, "=", Const(False, "bool")),
    )
    enter = (Accumulate(counts, NEURON, "+", ONE), Accumulate(fired, place, "=", Const(True, "bool")))
    name = f"{source.name}.window of {steps}"
    builder.add(2, Kernel(f"{name}, old spikes", Each(source.count), leave))
    builder.add(2, Kernel(f"{name}, new spikes", EachSpike(source.events.name, ONE), enter))
    return counts


def lower_decoding(projection: LoweredProjection, steps: int, enabled: Expr) -> None:
    """Add the weighted mean rate (Hz) of the spikes in the window to the sums of each dendrite."""
    builder = projection.builder
    counts = spike_counts(builder, projection.pre, steps)
    value = Op("*", (projection.load("w"), real(Load(counts, PRE, "int"))))
    length = Symbol("length", "int")
    hertz = Const(1000.0 / (builder.dt * steps))
    mean = Op("/", (Op("*", (hertz, Symbol("_total"))), Cast(length, "real")))
    adds = tuple(Accumulate(s, POST, "+", mean) for s in projection.sums)
    builder.add(
        2,
        Kernel(
            f"{projection.name}.decoding",
            EachRow(projection.matrix.name),
            (),
            enabled,
            Reduction("_total", "+", Const(0.0), value),
            (If(Op(">", (length, ZERO), "bool"), adds),),
        ),
    )


def lower_paired_input(
    builder: Builder, given: PairedInput, source: LoweredPopulation, post: LoweredPopulation
) -> None:
    """Add the number of neuron i of the source to ``sum(target)`` of neuron i."""
    if given.variable:
        value: Expr = real(builder.load(source.attributes[given.variable], NEURON))
    else:
        value = real(Load(spike_counts(builder, source, given.steps), NEURON, "int"))
    arrived = builder.load(post.sum(given.target), NEURON)
    add = Store(arrived.array, arrived.index, Op("+", (arrived, value)))
    name = f"{post.name}.input from {source.name}"
    builder.add(2, Kernel(name, Each(post.count), (add,), condition=post.active))
