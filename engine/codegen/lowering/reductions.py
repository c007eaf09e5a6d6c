"""One number over a population: means, extrema and norms, in an order that no number of threads changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.codegen.ir import (
    Cast,
    Const,
    EachBlock,
    Expr,
    Function,
    Kernel,
    Load,
    Op,
    Reduction,
    Store,
    Symbol,
    Total,
)
from engine.codegen.lowering.builder import TRUE, ZERO, Builder
from engine.codegen.lowering.scope import real

if TYPE_CHECKING:
    from engine.codegen.lowering.neurons import NeuronValues

_STARTS = {"max": -np.inf, "min": np.inf}


def add_operation(builder: Builder, population: NeuronValues, name: str, operation: str, value: Expr) -> None:
    """Phase 7: ``operation`` of ``value`` (of neuron ``i``) over the population, in buffer ``name``."""
    label = f"{population.population.name}: {name.removeprefix(population.inner + '_').replace('_', ' ')}"
    value, total = real(value), Symbol("_total")
    result: Expr = total
    if operation == "norm1":
        value = Function("fabs", (value,))
    elif operation == "norm2":
        value, result = Op("*", (value, value)), Function("sqrt", (total,))
    elif operation == "mean":
        result = Op("/", (total, Cast(Symbol(population.count, "int"), "real")))
    builder.buffer(name, "real", 1, 0.0, label)
    op = operation if operation in _STARTS else "+"
    reduction = Reduction("_total", op, Const(float(_STARTS.get(operation, 0.0))), value)
    add_reduction(builder, population, 7, name, reduction, result, population.active)


def add_reduction(
    builder: Builder,
    population: NeuronValues,
    phase: int,
    name: str,
    reduction: Reduction,
    result: Expr,
    condition: Expr = TRUE,
) -> None:
    """Reduce over the neurons of each block, then over the blocks; ``result`` goes to buffer ``name``."""
    kind = reduction.start.type
    blocks = f"blocks_{population.name}"
    if blocks not in builder.sizes:
        builder.size(blocks, (population.population.size + 63) // 64)
    partial = builder.buffer(
        f"{name}_parts", "real" if kind == "real" else "int64", blocks, 0, f"{name}: of each 64 neurons"
    )
    when = None if condition == TRUE else condition
    total, label = (
        Symbol(reduction.name, kind),
        f"{population.name}.{name.removeprefix(population.inner)[1:]}",
    )
    to_block = Store(partial, Symbol("block", "int"), total)
    builder.add(
        phase, Kernel(f"{label}, blocks", EachBlock(population.count), (), when, reduction, (to_block,))
    )
    over = Reduction(reduction.name, reduction.op, reduction.start, Load(partial, Symbol("i", "int"), kind))
    builder.add(phase, Kernel(label, Total(blocks), (), when, over, (Store(name, ZERO, result),)))
