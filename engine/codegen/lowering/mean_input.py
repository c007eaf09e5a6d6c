"""One mean input: the mean over neurons, and its baseline. Phase 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.codegen.ir import (
    Cast,
    Const,
    Each,
    Expr,
    Function,
    Kernel,
    Op,
    Reduction,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import ZERO, Builder
from engine.codegen.lowering.neurons import NEURON
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.reductions import add_reduction
from engine.codegen.lowering.scope import real

if TYPE_CHECKING:
    from engine.network.mean_input import MeanInput

SMALLEST_BASELINE = 1e-7
"""Added to the size of a baseline that is divided by."""


def lower_mean_input(
    builder: Builder, given: MeanInput, source: LoweredPopulation, post: LoweredPopulation
) -> None:
    """Take the mean over the source, then add it to ``sum(target)`` of every post-synaptic neuron."""
    name = f"input{given.id}"
    label = f"{given.post.name}: mean {given.variable} of {given.source.name}"
    mean_name = builder.buffer(f"{source.inner}_mean_for_{name}", "real", 1, 0.0, label)
    count = Symbol(builder.size(f"counted_{name}", given.source.size), "int")
    result = Op("/", (Symbol("_total"), Cast(count, "real")))
    total = Reduction("_total", "+", Const(0.0), _counted(builder, given, source, label))
    add_reduction(builder, source, 2, mean_name, total, result, post.active)
    mean = builder.load(mean_name)
    scale = builder.load(builder.buffer(f"{name}_scale", "real", 1, given.scale, f"{label}: scale"))
    value, keep = (mean, ()) if not given.baseline_steps else _relative(builder, given, post, mean, label)
    arrived = builder.load(post.sum(given.target), NEURON)
    add = Store(arrived.array, arrived.index, Op("+", (arrived, Op("*", (scale, value)))))
    builder.add(2, Kernel(f"{post.name}.{name}", Each(post.count), (add, *keep), condition=post.active))


def _counted(builder: Builder, given: MeanInput, source: LoweredPopulation, label: str) -> Expr:
    """The variable of neuron ``i``, as often as a view has the neuron."""
    value = real(builder.load(source.attributes[given.variable], NEURON))
    if given.source is given.population:
        return value
    often = np.bincount(given.source.ranks, minlength=given.population.size).astype(float)
    times = builder.load(
        builder.buffer(f"input{given.id}_times", "real", source.count, often, f"{label}: neurons"), NEURON
    )
    counts = Op(">", (times, Const(0.0)), "bool")
    return Select(counts, Op("*", (times, value)), Const(0.0))


def _relative(
    builder: Builder, given: MeanInput, post: LoweredPopulation, mean: Expr, label: str
) -> tuple[Expr, tuple[Statement, ...]]:
    """The mean relative to its baseline, and the statements that measure that.

    ``left`` steps of the baseline are still to be measured; ``baseline`` is the sum so far.
    """
    name, steps = f"input{given.id}", given.baseline_steps
    start = steps if given.measured_from_start else 0
    builder.buffer(f"{name}_steps", "int64", 1, steps, f"{label}: steps of the baseline")
    builder.buffer(f"{name}_left", "int64", post.count, start, f"{label}: steps to be measured")
    builder.buffer(f"{name}_baseline", "real", post.count, 0.0, f"{label}: sum of the measured means")
    left, measured = builder.load(f"{name}_left", NEURON), builder.load(f"{name}_baseline", NEURON)
    measuring = Op(">", (left, ZERO), "bool")
    baseline = Op("/", (measured, Cast(builder.load(f"{name}_steps"), "real")))
    size = Op("+", (Function("fabs", (baseline,)), Const(SMALLEST_BASELINE)))
    relative = Op("/", (Op("-", (mean, baseline)), size))
    less = Op("-", (left, Const(1, "int")), "int")
    keep = (
        Store(f"{name}_baseline", NEURON, Select(measuring, Op("+", (measured, mean)), measured)),
        Store(f"{name}_left", NEURON, Select(measuring, less, left, "int")),
    )
    return Select(measuring, Const(0.0), relative), keep
