"""Stop conditions: whether a run ends after this step."""

from __future__ import annotations

from collections.abc import Iterable

from engine.codegen.ir import (
    Cast,
    Const,
    Expr,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Once,
    Op,
    Reduction,
    Select,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import ZERO, Builder
from engine.codegen.lowering.neurons import NEURON
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.reductions import add_reduction
from engine.codegen.lowering.scope import boolean

STOP = "stop_now"
"""Buffer that is not 0 after a step in which the conditions that Python asks for hold."""

EVERY = "stop_every"
"""Flag: all populations that are asked must hold, not only one."""


def lower_stop_conditions(builder: Builder, populations: Iterable[LoweredPopulation]) -> None:
    """Phase 12, for populations that have a condition and are asked (flag ``until``)."""
    asked, held = [], []
    for population in populations:
        condition = population.population.stop
        if condition is None:
            continue
        wanted = builder.flag(f"{population.inner}_until", 0, "asked for its stop condition")
        name = builder.buffer(f"{population.inner}_stop", "int64", 1, 0, "its stop condition holds")
        one = (
            population.fired_now()
            if condition.expression is None
            else boolean(population.scope(NEURON).lower(condition.expression))
        )
        op, start = ("min", 1) if condition.needs_all else ("max", 0)
        reduction = Reduction("_holds", op, Const(start, "int"), Cast(one, "int"))
        add_reduction(builder, population, 12, name, reduction, Symbol("_holds", "int"), wanted)
        asked.append(wanted)
        held.append(Op("!=", (Load(name, ZERO, "int"), ZERO), "bool"))
    if not asked:
        return
    every = builder.flag(EVERY, 0, "all populations must hold")
    pairs = list(zip(asked, held, strict=True))
    some = _joined("or", [Op("and", pair, "bool") for pair in pairs])
    missing = _joined("or", [Op("and", (one, Op("not", (holds,), "bool")), "bool") for one, holds in pairs])
    all_hold = Op("and", (_joined("or", asked), Op("not", (missing,), "bool")), "bool")
    builder.buffer(STOP, "int64", 1, 0, "a stop condition holds")
    holds = Symbol("_stop", "bool")
    body = (
        Let(holds.name, Select(every, all_hold, some, "bool")),
        Store(STOP, ZERO, Cast(holds, "int")),
        If(holds, (Interrupt(),)),
    )
    builder.add(12, Kernel("stop", Once(), body))


def _joined(operator: str, conditions: list[Expr]) -> Expr:
    return conditions[0] if len(conditions) == 1 else Op(operator, tuple(conditions), "bool")
