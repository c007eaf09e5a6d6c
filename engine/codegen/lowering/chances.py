"""Neurons that fire with a given probability in each step, found by the gaps between those that do.

A neuron that asks ``p < c`` of a number ``p`` that is drawn anew for each step fires with a probability that
is known before the draw. Most such neurons hardly ever fire, and a number for each of them would be most of
what the step costs. What the draw was is seen by Python alone, at the end of a call: there ``p`` gets a
number of the right distribution, given whether the neuron fired. Where something else in the network reads
``p``, it gets it in each step; who fires is the same.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from engine.codegen.ir import (
    ALIKE,
    GROUP,
    WINDOW,
    Comment,
    Const,
    Draw,
    Each,
    EachChance,
    Expr,
    Function,
    If,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import TRUE, Builder
from engine.codegen.lowering.neurons import NEURON, STEP
from engine.codegen.passes import folded, rewrite
from engine.codegen.plan import CLOSING, Entry, Recorder
from engine.codegen.traverse import (
    expressions_of,
    expressions_of_body,
    loaded,
    rare_condition,
    statements,
    subexpressions,
    symbols,
    written_buffers,
)

UNIT = Symbol("unit")
BLOCK = 64
"""Neurons that belong to one thread, so that a spike may change their chances."""
ONE = Const(1.0)
NONE = Const(0.0)


@dataclass(frozen=True)
class _Line:
    """``factor * unit + start``, for a standard uniform ``unit``."""

    factor: float
    start: float

    def at(self, unit: Expr) -> Expr:
        """The value for a unit."""
        scaled = unit if self.factor == 1.0 else Op("*", (unit, Const(self.factor)))
        return scaled if self.start == 0.0 else Op("+", (scaled, Const(self.start)))

    def below(self, limit: Expr) -> Expr:
        """The probability to be below a limit, if it is between 0 and 1."""
        above = limit if self.start == 0.0 else Op("-", (limit, Const(self.start)))
        return Op("*", (above, Const(1.0 / self.factor)))


@dataclass(frozen=True)
class _Chance:
    """A population whose neurons fire by chance.

    Attributes
    ----------
    equations, spikes : Kernel
    drawn : str
        Buffer of the numbers that are drawn, by ``draw`` on ``line``.
    limit : Expr
        A neuron fires where its number is below it,
    awake : Expr
        and this holds.
    comment : tuple of Comment
        The equation.
    """

    equations: Kernel
    spikes: Kernel
    drawn: str
    draw: Draw
    line: _Line
    limit: Expr
    awake: Expr
    comment: tuple[Comment, ...]

    @property
    def test(self) -> If:
        """The test of one neuron, and what firing does."""
        test = rare_condition(self.spikes)
        assert test is not None
        return test

    @property
    def is_exact(self) -> bool:
        """Is it enough that a neuron is picked?"""
        return self.awake == TRUE and self.drawn not in loaded(expressions_of_body(self.test.then))

    @property
    def is_common(self) -> bool:
        """Has every neuron the same chance?"""
        return "i" not in symbols([self.limit])


def pick_by_chance(builder: Builder) -> None:
    """Change what fires by chance in a schedule that is complete but for the order of its phases."""
    for entry in list(builder.schedule):
        if isinstance(entry.work, Kernel) and rare_condition(entry.work) is not None:
            found = _chance(builder, entry.work)
            if found is not None:
                _change(builder, found)


def _change(builder: Builder, found: _Chance) -> None:
    """Put the kernels of a population in the place of its old ones."""
    gaps, shown = builder.stream(), builder.stream()
    seen = _is_seen(builder, found)
    schedule: list[Entry] = []
    for entry in builder.schedule:
        if entry.work is found.equations:
            rest = _without(found)
            schedule += [dataclasses.replace(entry, work=rest)] if written_buffers(rest) else []
        elif entry.work is found.spikes:
            schedule.append(dataclasses.replace(entry, work=_picking(builder, found, gaps)))
            schedule.append(Entry(entry.phase if seen else CLOSING, _showing(found, shown)))
        else:
            schedule.append(entry)
    builder.schedule[:] = schedule


def _without(found: _Chance) -> Kernel:
    """The equations but that of what is drawn."""
    left = [
        s
        for s in found.equations.body
        if s not in found.comment and not (isinstance(s, Store) and s.array == found.drawn)
    ]
    return dataclasses.replace(found.equations, body=tuple(left))


def _picking(builder: Builder, found: _Chance, gaps: int) -> Kernel:
    """The neurons that are picked fire, or are tested."""
    domain = found.spikes.domain
    assert isinstance(domain, Each)
    chance = found.line.below(found.limit)
    scale = Op("/", (ONE, Function("log1p", (Op("neg", (chance,)),)))) if found.is_common else None
    test, body = found.test, (*found.comment, *found.test.then)
    if not found.is_exact:
        number = Symbol("_drawn")
        condition = rewrite(test.condition, lambda e: number if e == _load(found.drawn) else e)
        body = (
            *found.comment,
            Let(number.name, found.line.at(UNIT)),
            If(condition, (Store(found.drawn, NEURON, number), *test.then)),
        )
    read = loaded(subexpressions(chance))
    group = GROUP if read.isdisjoint(written_buffers(found.spikes)) else BLOCK
    picked = EachChance(domain.count, chance, found.draw.stream, gaps, group, scale)
    if found.is_exact and _lasts(builder, found.limit):
        picked = _in_windows(builder, picked, _last(found).removesuffix("_last"))
    return dataclasses.replace(found.spikes, domain=picked, body=body)


def _lasts(builder: Builder, limit: Expr) -> bool:
    """Has the limit one value during a call?"""
    kernels = [entry.work for entry in builder.schedule if isinstance(entry.work, Kernel)]
    changing = {name for kernel in kernels for name in written_buffers(kernel)}
    changes = symbols([limit]) - {"i", *builder.sizes}
    return not changes and changing.isdisjoint(loaded(subexpressions(limit)))


def _in_windows(builder: Builder, picked: EachChance, inner: str) -> EachChance:
    """Gaps run through several steps; what is picked is kept meanwhile."""
    number, name = builder.sizes[picked.count], picked.count.removeprefix("n_")
    group = ALIKE if picked.scale is not None and picked.group == GROUP else picked.group
    room = builder.size(f"room_{name}", WINDOW * min(number, group) + 64)
    groups = -(-number // group) + builder.threads
    kept = builder.size(f"kept_{name}", groups * builder.sizes[room])
    builder.scratch.append(builder.buffer(f"{inner}_picked", "uint16", kept, 0, f"{name}: who fires", None))
    return dataclasses.replace(picked, group=group, window=WINDOW, kept=builder.scratch[-1], room=room)


def _showing(found: _Chance, stream: int) -> Kernel:
    """The number of each neuron that did not fire: one that is not below its limit; and of those that did,
    unless they have theirs."""
    domain = found.spikes.domain
    assert isinstance(domain, Each)
    chance = found.line.below(found.limit)
    within = Select(Op("<", (chance, ONE), "bool"), chance, ONE)
    likely = Select(Op(">", (chance, NONE), "bool"), within, NONE)
    unit, known = Symbol("_unit"), Symbol("_chance")
    beyond = Symbol("_beyond")
    fired = Op("==", (Load(_last(found), NEURON, "int"), STEP), "bool")
    own = found.line.at(Op("*", (known, unit))) if found.is_exact else _load(found.drawn)
    other = Select(Op("<", (beyond, found.limit), "bool"), found.limit, beyond)
    value: Expr = Select(fired, own, other)
    if found.awake != TRUE:
        value = Select(found.awake, value, _load(found.drawn))
    rest = Op("*", (Op("-", (ONE, known)), unit))
    body: tuple[Statement, ...] = (
        *found.comment,
        Let(unit.name, Draw("Uniform", (NONE, ONE), stream, NEURON)),
        Let(known.name, likely),
        Let(beyond.name, found.line.at(Op("+", (known, rest)))),
        Store(found.drawn, NEURON, value),
    )
    name = f"{found.spikes.name}, {found.drawn} of all"
    return Kernel(name, Each(domain.count), body, condition=found.spikes.condition)


def _chance(builder: Builder, spikes: Kernel) -> _Chance | None:
    """What ``spikes`` tests, if it is whether a number that was drawn is below a limit."""
    test = rare_condition(spikes)
    assert test is not None
    condition = test.condition
    parts = condition.args if isinstance(condition, Op) and condition.op == "and" else (condition,)
    number, limit = _sides(parts[0])
    if number is None or limit is None or len(parts) > 2:
        return None
    awake = parts[1] if len(parts) == 2 else TRUE
    if awake != TRUE and not _is_rest(awake):
        return None
    drawn = number.array
    if drawn in loaded(subexpressions(limit)) or any(isinstance(e, Draw) for e in subexpressions(limit)):
        return None
    writers = [
        e.work for e in builder.schedule if isinstance(e.work, Kernel) and drawn in written_buffers(e.work)
    ]
    if len(writers) != 1 or writers[0].domain != Each(spikes.domain.count):  # type: ignore[union-attr]
        return None
    return _with_draw(writers[0], spikes, drawn, limit, awake)


def _with_draw(equations: Kernel, spikes: Kernel, drawn: str, limit: Expr, awake: Expr) -> _Chance | None:
    """The chance, if nothing but one draw gives the number."""
    places = [k for k, s in enumerate(equations.body) if isinstance(s, Store) and s.array == drawn]
    if len(places) != 1 or equations.condition != spikes.condition:
        return None
    store = equations.body[places[0]]
    assert isinstance(store, Store)
    others = (*equations.body[: places[0]], *equations.body[places[0] + 1 :])
    value = store.value
    if isinstance(value, Select) and value.condition == Symbol("_awake", "bool"):
        value = value.then
    draws = [e for e in subexpressions(value) if isinstance(e, Draw)]
    line = _line(folded(value))
    if (
        line is None
        or len(draws) != 1
        or not line.factor > 0.0
        or drawn in loaded(expressions_of_body(others))
    ):
        return None
    before = equations.body[places[0] - 1] if places[0] else None
    comment = (before,) if isinstance(before, Comment) else ()
    return _Chance(equations, spikes, drawn, draws[0], line, limit, awake, comment)


def _sides(condition: Expr) -> tuple[Load | None, Expr | None]:
    """The number of a neuron, and what it must be below."""
    if not isinstance(condition, Op) or condition.op not in ("<", "<=", ">", ">="):
        return None, None
    first, second = condition.args if condition.op in ("<", "<=") else condition.args[::-1]
    own = isinstance(first, Load) and first.index == NEURON and first.type == "real"
    return (first, second) if isinstance(first, Load) and own else (None, None)


def _line(value: Expr) -> _Line | None:
    """A value that depends on one uniform draw and numbers alone."""
    match value:
        case Draw(distribution="Uniform", args=(Const(value=low), Const(value=high)), index=index):
            return _Line(float(high) - float(low), float(low)) if index == NEURON else None
        case Op(op="*", args=(inner, Const(value=number))) | Op(op="*", args=(Const(value=number), inner)):
            return _moved(_line(inner), float(number), 0.0)
        case Op(op="/", args=(inner, Const(value=number))) if float(number) != 0.0:
            return _moved(_line(inner), 1.0 / float(number), 0.0)
        case Op(op="+", args=(inner, Const(value=number))) | Op(op="+", args=(Const(value=number), inner)):
            return _moved(_line(inner), 1.0, float(number))
        case Op(op="-", args=(inner, Const(value=number))):
            return _moved(_line(inner), 1.0, -float(number))
    return None


def _moved(line: _Line | None, factor: float, start: float) -> _Line | None:
    return line and _Line(line.factor * factor, line.start * factor + start)


def _is_rest(condition: Expr) -> bool:
    """Does a neuron not rest after its last spike?"""
    match condition:
        case Op(op=">", args=(left, Load(array=array, index=index))):
            return left == STEP and index == NEURON and array.endswith("_frozen")
    return False


def _is_seen(builder: Builder, found: _Chance) -> bool:
    """Does anything but Python read what is drawn?"""
    for entry in builder.schedule:
        work = entry.work
        if isinstance(work, Recorder) and work.source == found.drawn:
            return True
        other = isinstance(work, Kernel) and work is not found.spikes and work is not found.equations
        if other and isinstance(work, Kernel) and found.drawn in loaded(expressions_of(work)):
            return True
    return False


def _last(found: _Chance) -> str:
    """Buffer of the step in which each neuron fired last."""
    stored = (s.array for s in statements(found.test.then) if isinstance(s, Store) and s.value == STEP)
    return next(name for name in stored if name.endswith("_last"))


def _load(drawn: str) -> Load:
    return Load(drawn, NEURON)
