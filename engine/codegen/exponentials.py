"""The pass by which exponential functions of one variable share one evaluation.

Rates of ion channels are full of exponentials whose arguments differ by a factor and a constant, such as
``exp((15 - v) / 5)`` and ``exp((10 - v) / 40)``. With E for the second the first is ``exp(1) E**8``. A power
n costs about n units in the last place. Constant factors are bounded, so that a power overflows, or is taken
as zero, at most a factor of exp(8) earlier than ``exp`` itself.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import Any

from engine.codegen.arithmetic import is_parameter, is_varying, jumps, varying_symbols
from engine.codegen.ir import (
    Accumulate,
    Const,
    Expr,
    Function,
    If,
    Kernel,
    Let,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.passes import map_kernels, rewrite
from engine.codegen.plan import Plan
from engine.codegen.traverse import direct_expressions, parts, rebuilt, statements, subexpressions

LARGEST_POWER = 10
LARGEST_OFFSET = 8.0
"""Of an argument against that multiple of the shared one: exp of it is a constant factor."""

_PARTS = (1, 2, 3, 4)
"""The shared argument is one of the arguments divided by one of these."""

_SAME = 4e-15
"""Relative difference of factors that were rounded on different ways."""

_COST = 16
"""Multiplications that an exponential function costs."""

_BOUND = {"double": 1e150, "float": 1e18}
"""Where ``E / (b E + c)`` is ``1 / b`` to the last bit."""

_RATIO = 1e6
"""Largest of ``b / c`` and ``c / b`` for that."""


def share_exponentials(plan: Plan) -> Plan:
    """Exponential functions whose arguments are multiples of one, but for a constant, as its powers.

    Negative multiples are taken where they are part of a divisor ``b + c exp(-n x)``: the quotient is
    multiplied through by ``exp(n x)``, so that no other division is needed.
    """
    return map_kernels(plan, partial(_with_powers, bound=_BOUND[plan.precision]))


def fuse_arguments(plan: Plan) -> Plan:
    """Arguments of exponential functions that are linear in one variable, as one fused step."""
    return map_kernels(plan, _with_fused_arguments)


def _with_fused_arguments(kernel: Kernel) -> Kernel:
    varying = varying_symbols(kernel)

    def change(node: Any) -> Any:
        if jumps(node):
            return node
        if isinstance(node, Function):
            return Function("exp", (_fused(node.args[0], varying),)) if node.name == "exp" else node
        return rebuilt(node, change)

    changed: Kernel = change(kernel)
    return changed


def _fused(argument: Expr, varying: set[str]) -> Expr:
    """``slope * atom + rest``, where that is less to do."""
    operations = (e for e in subexpressions(argument) if isinstance(e, Op) and is_varying(e, varying))
    form = _linear(argument)
    atoms = [atom for atom in form if atom is not None and is_varying(atom, varying)]
    if len(atoms) != 1 or sum(1 for _ in operations) < 2:
        return argument
    if not all(atom is None or atom == atoms[0] or is_parameter(atom) for atom in form):
        return argument
    slope = Const(form.pop(atoms[0]))
    terms = [Const(f) if atom is None else Op("*", (Const(f), atom)) for atom, f in form.items()]
    if not terms:
        return Op("*", (slope, atoms[0]))
    rest = reduce(lambda a, b: Op("+", (a, b)), terms)
    return Function("fma", (slope, atoms[0], rest))


@dataclasses.dataclass(frozen=True)
class _Exponential:
    """``exp(slope * x + offset)`` in a statement, where ``x`` is the linear form of ``direction``."""

    place: int
    node: Function
    direction: tuple[object, ...]
    slope: float
    offset: float
    divides: bool
    """Is each occurrence in the statement the varying part of a divisor?"""


@dataclasses.dataclass(frozen=True)
class _Powers:
    """Of a shared exponential the powers, and the constants beside them, that give others."""

    argument: Expr
    taken: tuple[tuple[_Exponential, int, float], ...]

    @property
    def rank(self) -> tuple[float, ...]:
        """What is gained, in multiplications; then how little precision is lost."""
        distinct = {(n, offset) for _, n, offset in self.taken}
        powers = {abs(n) for _, n, _ in self.taken}
        factors = sum(offset != 0.0 for _, offset in distinct)
        gain = _COST * (len(distinct) - 1) - len(_chain(powers)) - factors
        largest = max((abs(offset) for _, offset in distinct), default=0.0)
        return gain, -max(powers, default=0), -largest


def _with_powers(kernel: Kernel, bound: float) -> Kernel:
    body, number = kernel.body, 0
    varying = varying_symbols(kernel)
    while True:
        found = _exponentials(body, varying, {f"_exp{k}" for k in range(number)})
        best = max((_best(group) for group in _groups(found)), key=lambda p: p.rank, default=None)
        if best is None or best.rank[0] <= 0:
            return dataclasses.replace(kernel, body=body) if number else kernel
        body = _shared(body, best, f"_exp{number}", bound)
        number += 1


# --- which exponentials there are ---------------------------------------------------------------------


def _exponentials(body: Sequence[Statement], varying: set[str], shared: set[str]) -> Iterator[_Exponential]:
    """Those that are computed in each iteration, but for those that are ``shared`` already."""
    versions: Counter[str] = Counter()
    for place, statement in enumerate(body):
        if not isinstance(statement, If) and not (isinstance(statement, Let) and statement.name in shared):
            expressions = direct_expressions(statement)
            divisors = Counter(node for e in expressions for node in _divisors(e))
            for node, count in Counter(_smooth(expressions)).items():
                form = _linear(node.args[0])
                offset = form.pop(None, 0.0)
                atoms = sorted((atom for atom in form if atom is not None), key=repr)
                if not any(is_varying(atom, varying) for atom in atoms):
                    continue
                slope = form[atoms[0]]
                direction = tuple((a, _now(a, versions), float(f"{form[a] / slope:.14g}")) for a in atoms)
                yield _Exponential(place, node, direction, slope, offset, divisors[node] == count)
        for inner in statements((statement,)):
            match inner:
                case Let(name=name) | Store(array=name) | Accumulate(array=name):
                    versions[name] += 1


def _smooth(expressions: Iterable[Expr]) -> Iterator[Function]:
    """Exponentials whose last bits decide about no more than last bits."""
    for expression in expressions:
        if isinstance(expression, Function) and expression.name == "exp":
            yield expression
        elif not jumps(expression):
            yield from _smooth(parts(expression))


def _now(atom: Expr, versions: Counter[str]) -> tuple[int, ...]:
    """How often what it is made of was written before."""
    names = (
        e.array if isinstance(e, Load) else e.name
        for e in subexpressions(atom)
        if isinstance(e, Load | Symbol)
    )
    return tuple(versions[name] for name in names)


def _linear(expression: Expr) -> dict[Expr | None, float]:
    """Factors of what an expression is a sum of; of None the constant."""
    match expression:
        case Const(value=value):
            return {None: float(value)}
        case Op(op="neg", args=(a,), type="real"):
            return _sum((_linear(a), -1.0))
        case Op(op="+" | "-" as op, args=(a, b), type="real"):
            return _sum((_linear(a), 1.0), (_linear(b), 1.0 if op == "+" else -1.0))
        case Op(op="*", args=(Const(value=factor), a) | (a, Const(value=factor)), type="real"):
            return _sum((_linear(a), float(factor)))
        case Op(op="/", args=(a, Const(value=divisor))) if divisor:
            return _sum((_linear(a), 1.0 / float(divisor)))
    return {expression: 1.0}


def _sum(*terms: tuple[dict[Expr | None, float], float]) -> dict[Expr | None, float]:
    total: dict[Expr | None, float] = {}
    for form, factor in terms:
        for atom, own in form.items():
            total[atom] = total.get(atom, 0.0) + factor * own
    return {atom: factor for atom, factor in total.items() if factor}


def _groups(found: Iterable[_Exponential]) -> list[list[_Exponential]]:
    groups: dict[tuple[object, ...], list[_Exponential]] = {}
    for exponential in found:
        groups.setdefault(exponential.direction, []).append(exponential)
    return list(groups.values())


# --- which of them are powers of which ----------------------------------------------------------------


def _best(group: Sequence[_Exponential]) -> _Powers:
    return max(
        (_powers(group, one, sign / part) for one in group for part in _PARTS for sign in (1, -1)),
        key=lambda powers: powers.rank,
    )


def _powers(group: Sequence[_Exponential], one: _Exponential, factor: float) -> _Powers:
    """What is a power of the exponential of ``factor`` times an argument."""
    argument = one.node.args[0]
    if factor != 1.0:
        argument = Op("*", (Const(factor), argument))
    taken = []
    for each in group:
        ratio = each.slope / (one.slope * factor)
        n = round(ratio)
        offset = each.offset - n * one.offset * factor
        if abs(offset) <= _SAME * abs(each.offset):
            offset = 0.0
        fits = abs(ratio - n) <= _SAME * abs(n) and 1 <= abs(n) <= LARGEST_POWER
        if fits and abs(offset) <= LARGEST_OFFSET and (n > 0 or each.divides):
            taken.append((each, n, offset))
    return _Powers(argument, tuple(taken))


def _chain(powers: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Products that give powers: which two others each one is made of, in order."""
    made: dict[int, tuple[int, int]] = {}

    def make(n: int) -> None:
        if n > 1 and n not in made:
            half = 1 << (n - 1).bit_length() - 1
            make(half)
            make(n - half)
            made[n] = (half, n - half)

    for n in sorted(powers):
        make(n)
    return made


# --- the body with powers -----------------------------------------------------------------------------


def _shared(body: Sequence[Statement], powers: _Powers, name: str, bound: float) -> tuple[Statement, ...]:
    def power(n: int) -> Symbol:
        return Symbol({1: name}.get(n, f"{name}_{n}" if n > 0 else f"{name}_{-n}_bounded"))

    needed = sorted({n for _, n, _ in powers.taken})
    made = _chain(abs(n) for n in needed)
    lets = [Let(name, Function("exp", (powers.argument,)))]
    lets += [Let(power(n).name, Op("*", (power(a), power(b)))) for n, (a, b) in made.items()]
    lets += [Let(power(n).name, Function("min", (power(-n), Const(bound)))) for n in needed if n < 0]
    changed = list(body)
    for place in {each.place for each, _, _ in powers.taken}:
        here = {e.node: (power(n), offset, n > 0) for e, n, offset in powers.taken if e.place == place}
        changed[place] = _replaced(changed[place], here)
    first = min(each.place for each, _, _ in powers.taken)
    return (*changed[:first], *lets, *changed[first:])


def _replaced(statement: Statement, powers: dict[Function, tuple[Symbol, float, bool]]) -> Statement:
    """The statement with powers, each times exp of an offset, for exponentials or their inverse."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Function) and node in powers:
            power, offset, direct = powers[node]
            scaled = Op("*", (Const(math.exp(offset)), power)) if offset else power
            return scaled if direct else node
        divisor = _divisor(node)
        if divisor is None or divisor.node not in powers:
            return node
        assert isinstance(node, Op)
        power, offset, _ = powers[divisor.node]
        through = _multiple(divisor.constant, power, divisor.factor * math.exp(offset))
        return Op("*", (node.args[0], Op("/", (power, through))))

    changed: Statement = rewrite(statement, change)
    return changed


def _multiple(factor: float, power: Expr, constant: float) -> Expr:
    """``factor * power + constant``"""
    if factor == 1.0:
        return Op("+", (power, Const(constant)))
    if factor == -1.0:
        return Op("-", (Const(constant), power))
    return Op("+", (Op("*", (Const(factor), power)), Const(constant)))


@dataclasses.dataclass(frozen=True)
class _Divisor:
    """``constant + factor * node``"""

    constant: float
    factor: float
    node: Function


def _divisor(node: Expr) -> _Divisor | None:
    """The divisor of a quotient, if it is an exponential and a constant of about its size."""
    if not isinstance(node, Op) or node.op != "/":
        return None
    form = _linear(node.args[1])
    constant = form.pop(None, 0.0)
    if len(form) != 1 or not constant:
        return None
    ((atom, factor),) = form.items()
    if (
        not isinstance(atom, Function)
        or atom.name != "exp"
        or not 1 / _RATIO <= abs(factor / constant) <= _RATIO
    ):
        return None
    return _Divisor(constant, factor, atom)


def _divisors(expression: Expr) -> Iterator[Function]:
    """Exponentials that divisors are made of."""
    for part in subexpressions(expression):
        if (divisor := _divisor(part)) is not None:
            yield divisor.node
