"""Attributes that follow a schedule. The row of a step is found in phase 1, before threads meet; the values
are taken in phase 5, before the equations."""

from __future__ import annotations

from engine.codegen.ir import (
    Const,
    Each,
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
from engine.codegen.lowering.builder import ZERO, Builder, all_of
from engine.codegen.lowering.neurons import NEURON
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.plan import Dtype
from engine.errors import EngineError

ONE = Const(1, "int")
NONE = Const(-1, "int")


def lower_timetable(builder: Builder, follower: LoweredPopulation) -> None:
    """Count steps, and take the row that is due."""
    population = follower.population
    table = population.timetable
    if table is None:
        return
    inner, prefix, rows = follower.inner, f"table{population.id}", len(table.steps)
    for attribute, values in table.values.items():
        width = 1 if builder.buffers[follower.attributes[attribute]].count == 1 else population.size
        if not 0 < rows <= len(values) or values.size != len(values) * width:
            raise EngineError(f"{population.name}.{attribute}: the rows of its schedule do not fit.")
    for suffix, values in table.buffers().items():
        count = 1 if suffix == "period" else builder.size(f"{prefix}_size_{suffix}", values.size)
        dtype: Dtype = "real" if suffix.startswith("rows_") else "int64"
        builder.buffer(f"{prefix}_{suffix}", dtype, count, values, f"{population.name}: schedule, {suffix}")
    builder.buffer(f"{inner}_counter", "int64", 1, 0, f"{population.name}: schedule, steps")
    builder.buffer(f"{inner}_row", "int64", 1, 0, f"{population.name}: schedule, next row", (0, rows - 1))
    text = f"{population.name}: schedule, row of this step, or -1"
    builder.buffer(f"{inner}_due", "int64", 1, 0, text, (-1, rows - 1))
    due = builder.load(f"{inner}_due")
    is_due = Op(">=", (due, ZERO), "bool")
    shared: list[Statement] = []
    own: list[Statement] = []
    for attribute in table.values:
        target = builder.load(follower.attributes[attribute], NEURON)
        row = Symbol("_due", "int")
        if builder.buffers[target.array].count == 1:
            shared.append(Store(target.array, ZERO, Load(f"{prefix}_rows_{attribute}", row)))
        else:
            place = Op("+", (Op("*", (due, Symbol(follower.count, "int")), "int"), NEURON), "int")
            own.append(Store(target.array, NEURON, Load(f"{prefix}_rows_{attribute}", place)))
    body = _advance(builder, inner, prefix)
    if shared:
        body.append(If(Op(">=", (Symbol("_due", "int"), ZERO), "bool"), tuple(shared)))
    builder.add(1, Kernel(f"{follower.name}.schedule", Once(), tuple(body), condition=follower.active))
    if own:
        condition = all_of(follower.active, is_due)
        kernel = Kernel(
            f"{follower.name}.scheduled values", Each(follower.count), tuple(own), condition=condition
        )
        builder.add(5, kernel)


def _advance(builder: Builder, inner: str, prefix: str) -> list[Statement]:
    """One step of the counter and of the row; symbol ``_due`` is the row of this step, or -1."""
    counter, row = Symbol("_counter", "int"), Symbol("_row", "int")
    hit, ends = Symbol("_hit", "bool"), Symbol("_ends", "bool")
    rows = Symbol(f"{prefix}_size_at", "int")
    following: Expr = Op("mod", (Op("+", (row, ONE), "int"), rows), "int")
    last = Op("-", (builder.load(f"{prefix}_period"), ONE), "int")
    return [
        Let("_counter", builder.load(f"{inner}_counter")),
        Let("_row", builder.load(f"{inner}_row")),
        Let("_hit", Op("==", (Load(f"{prefix}_at", row, "int"), counter), "bool")),
        Let("_ends", Op("==", (counter, last), "bool")),
        Let("_due", Select(hit, row, NONE, "int")),
        Store(f"{inner}_due", ZERO, Symbol("_due", "int")),
        Store(f"{inner}_row", ZERO, Select(ends, ZERO, Select(hit, following, row, "int"), "int")),
        Store(f"{inner}_counter", ZERO, Select(ends, ZERO, Op("+", (counter, ONE), "int"), "int")),
    ]
