"""One mean input: a sum over neurons in a fixed order, and its baseline. Phase 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Const,
    EachRow,
    Expr,
    Function,
    Kernel,
    Let,
    Op,
    Reduction,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import ZERO, Builder
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.scope import real
from engine.codegen.plan import Matrix

if TYPE_CHECKING:
    from engine.network.mean_input import MeanInput

POST = Symbol("post", "int")
SMALLEST_BASELINE = 1e-7
"""Added to the size of a baseline that is divided by."""


def lower_mean_input(
    builder: Builder, given: MeanInput, source: LoweredPopulation, post: LoweredPopulation
) -> None:
    """Add the mean to ``sum(target)``: every post-synaptic neuron has one row with all neurons that count."""
    name = f"input{given.id}"
    label = f"{given.post.name}: mean {given.variable} of {given.source.name}"
    ranks = np.tile(np.asarray(given.source.ranks, np.int32), given.post.size)
    rows = np.arange(given.post.size + 1) * given.source.size
    entries = builder.size(f"entries_{name}", ranks.size)
    offsets = builder.buffer(
        f"{name}_rows", "int64", builder.size(f"offsets_{name}", rows.size), rows, f"{label}: rows"
    )
    columns = builder.buffer(f"{name}_ranks", "int32", entries, ranks, f"{label}: neurons")
    matrix = Matrix(f"{name}_matrix", "post", post.count, post.count, offsets, columns)
    builder.matrices.append(matrix)
    scale = builder.load(builder.buffer(f"{name}_scale", "real", 1, given.scale, f"{label}: scale"))
    mean = Symbol("_mean")
    value, keep = (mean, ()) if not given.baseline_steps else _relative(builder, given, post, label)
    after = (
        Let("_mean", Op("/", (Symbol("_total"), Cast(Symbol("length", "int"), "real")))),
        Accumulate(post.sum(given.target), POST, "+", Op("*", (scale, value))),
        *keep,
    )
    read = real(builder.load(source.attributes[given.variable], Symbol("pre", "int")))
    total = Reduction("_total", "+", Const(0.0), read)
    kernel = Kernel(
        f"{name}.mean", EachRow(matrix.name), (), condition=post.active, reduction=total, after=after
    )
    builder.add(2, kernel)


def _relative(
    builder: Builder, given: MeanInput, post: LoweredPopulation, label: str
) -> tuple[Expr, tuple[Statement, ...]]:
    """The mean relative to its baseline, and the statements that measure that.

    ``left`` steps of the baseline are still to be measured; ``baseline`` is the sum so far.
    """
    name, steps = f"input{given.id}", given.baseline_steps
    start = steps if given.measured_from_start else 0
    builder.buffer(f"{name}_steps", "int64", 1, steps, f"{label}: steps of the baseline")
    builder.buffer(f"{name}_left", "int64", post.count, start, f"{label}: steps to be measured")
    builder.buffer(f"{name}_baseline", "real", post.count, 0.0, f"{label}: sum of the measured means")
    mean = Symbol("_mean")
    left, measured = builder.load(f"{name}_left", POST), builder.load(f"{name}_baseline", POST)
    measuring = Op(">", (left, ZERO), "bool")
    baseline = Op("/", (measured, Cast(builder.load(f"{name}_steps"), "real")))
    size = Op("+", (Function("fabs", (baseline,)), Const(SMALLEST_BASELINE)))
    relative = Op("/", (Op("-", (mean, baseline)), size))
    keep = (
        Store(f"{name}_baseline", POST, Select(measuring, Op("+", (measured, mean)), measured)),
        Store(
            f"{name}_left",
            POST,
            Select(measuring, Op("-", (left, Const(1, "int")), "int"), left, "int"),
        ),
    )
    return Select(measuring, Const(0.0), relative), keep
