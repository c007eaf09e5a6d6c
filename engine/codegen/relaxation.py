"""The pass that takes exact steps of linear equations without a division.

``A + (x - A) exp(-k r)`` with ``A = d / r`` is ``x + k exprel(-k r) (d - r x)``, with
exprel(z) = (exp(z) - 1) / z. It loses no digits where ``A`` and ``x`` are close, and holds
where ``r`` is zero.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from engine.codegen.arithmetic import is_parameter
from engine.codegen.ir import Accumulate, Expr, Function, Kernel, Let, Load, Op, Statement, Store, Symbol
from engine.codegen.passes import map_kernels, rewrite
from engine.codegen.plan import Plan
from engine.codegen.traverse import expressions_of_body, statements, subexpressions


def relax(plan: Plan) -> Plan:
    """Steps towards a quotient, taken without that quotient."""
    return map_kernels(plan, _with_relaxations)


def _with_relaxations(kernel: Kernel) -> Kernel:
    body = kernel.body
    for place in range(len(body)):
        body = _relaxed(body, place)
    return dataclasses.replace(kernel, body=body) if body is not kernel.body else kernel


@dataclasses.dataclass(frozen=True)
class _Step:
    """``steady + (value - steady) * decay`` in a store to ``value``."""

    whole: Op
    value: Load
    steady: Symbol
    decay: Symbol


def _relaxed(body: tuple[Statement, ...], place: int) -> tuple[Statement, ...]:
    """The body, the step of the statement at ``place`` written without a quotient if it can be."""
    store = body[place]
    step = _step(store) if isinstance(store, Store) else None
    if step is None:
        return body
    lets = {s.name: k for k, s in enumerate(body[:place]) if isinstance(s, Let)}
    if step.steady.name not in lets or step.decay.name not in lets:
        return body
    steady, decay = lets[step.steady.name], lets[step.decay.name]
    quotient, factors = _value(body[steady]), _exponent(_value(body[decay]))
    if not isinstance(quotient, Op) or quotient.op != "/" or factors is None:
        return body
    (drive, rate), (length, same_rate) = quotient.args, factors
    if rate != same_rate or _writes(body[min(steady, decay) : place], step.value.array):
        return body
    used = Counter(e.name for e in expressions_of_body(body) if isinstance(e, Symbol))
    if used[step.steady.name] != 2 or used[step.decay.name] != 1:
        return body
    force = Symbol(step.steady.name.replace("_steady", "_force"))
    gain = Symbol(step.decay.name.replace("_decay", "_gain"))
    moved = Op("+", (step.value, Op("*", (gain, force))))
    changed = list(body)
    changed[steady] = Let(force.name, Op("-", (drive, Op("*", (rate, step.value)))))
    changed[decay] = Let(gain.name, _gain(length, rate))
    changed[place] = rewrite(store, lambda e: moved if e == step.whole else e)
    return tuple(changed)


def _gain(length: Expr, rate: Expr) -> Expr:
    """``k exprel(-k r)``; what a ``k`` of all iterations gives on its own is computed before them."""
    if is_parameter(length):
        return Function("gain", (rate, Function("gains", (length,), "gains")))
    return Op("*", (length, Function("exprel", (Op("neg", (Op("*", (length, rate)),)),))))


def _step(store: Store) -> _Step | None:
    for part in subexpressions(store.value):
        match part:
            case Op(
                op="+",
                args=(
                    Symbol() as steady,
                    Op(
                        op="*", args=(Op(op="-", args=(Load() as value, Symbol() as same)), Symbol() as decay)
                    ),
                ),
            ) if same == steady and value == Load(store.array, store.index, value.type):
                assert isinstance(part, Op)
                return _Step(part, value, steady, decay)
    return None


def _exponent(expression: Expr) -> tuple[Expr, Expr] | None:
    """``a`` and ``b`` of ``exp(-(a * b))``."""
    match expression:
        case Function(name="exp", args=(Op(op="neg", args=(Op(op="*", args=(a, b)),)),)):
            return a, b
    return None


def _value(statement: Statement) -> Expr:
    assert isinstance(statement, Let)
    return statement.value


def _writes(body: Sequence[Statement], array: str) -> bool:
    return any(isinstance(s, Store | Accumulate) and s.array == array for s in statements(body))
