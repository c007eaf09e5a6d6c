"""Loops over neurons as explicit vectors: which bodies have that form, and their expressions.

A body has it where it reads and writes its own elements of arrays of reals only, or reads truth values. Its
text is that of one neuron, with types of ``prelude_vectors.h`` in place of real and bool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.codegen.expressions import OF_FUNCTIONS, OF_STANDARD_NUMBERS, ExpressionPrinter
from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Draw,
    Expr,
    Function,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
    Type,
)
from engine.codegen.plan import Plan, Rest
from engine.codegen.traverse import (
    expressions_of,
    expressions_of_body,
    parts,
    rare_condition,
    statements,
    subexpressions,
    uniform_expressions,
    written_buffers,
)

NEURON = Symbol("i", "int")
STEP = Symbol("step", "int")
TYPES: dict[Type, str] = {"real": "nl_reals", "bool": "nl_flags"}

WORTH = 6
"""Operations of a neuron from which on a function for them costs less than it gives."""

_COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!="})
_CLOCK = frozenset({"step", "tick", "t", "done"})
_CALLS = OF_FUNCTIONS | {
    *("exp", "exprel", "gain", "log", "expm1", "tanh"),
    *("sqrt", "pow", "sin", "cos"),
}


def awake(rest: Rest) -> Expr:
    """The condition of neurons that are not refractory."""
    return Op(">", (STEP, Load(rest.last, NEURON, "int")), "bool")


class VectorPrinter(ExpressionPrinter):
    """Prints expressions of neuron ``i`` and those that follow it in a vector."""

    number = "nl_reals"
    rests: tuple[Rest, ...] = ()
    """Refractory periods that are known as bits."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.passing: dict[str, str] = {}
        """Names of the values of arrays that are not in memory in all steps."""

    def _load(self, expression: Load) -> tuple[str, int]:
        if not _follows(expression.index) or expression.array in self.scalars:
            return super()._load(expression)
        if expression.array in self.passing:
            return self.passing[expression.array], 16
        place = f"{self.buffer(expression.array)} + {self.text(expression.index, 'int')}"
        return f"{'nl_get_flags' if expression.type == 'bool' else 'nl_get'}(lanes, {place})", 16

    def _op(self, expression: Op) -> tuple[str, int]:
        for rest in self.rests:
            if expression == awake(rest):
                return f"!nl_get_bits({self.buffer(rest.resting)}, i)", 14
        return super()._op(expression)

    def _select(self, expression: Select) -> tuple[str, int]:
        texts = (
            self.text(expression.condition, "bool"),
            self.text(expression.then, expression.type),
            self.text(expression.otherwise, expression.type),
        )
        return f"nl_choose({', '.join(texts)})", 16

    def _drawn(self, array: str) -> str:
        return f"nl_get(lanes, {array} + (i - begin))"

    def _converted(self, text: str, binding: int, kind: Type, wanted: Type) -> tuple[str, int]:
        if kind == "bool" and wanted == "real":
            return f"nl_number({text})", 16
        return super()._converted(text, binding, kind, wanted)


def has_vectors(kernel: Kernel, plan: Plan, rests: Iterable[Rest] = ()) -> bool:
    """Can the neurons of a kernel be taken as vectors? Of a rare one the condition is asked."""
    known = {awake(rest) for rest in rests}
    if (test := rare_condition(kernel)) is not None:
        return fits(test.condition, plan, known)
    return all(fitting(statement, plan, known) for statement in kernel.body)


def is_worth_it(kernels: Iterable[Kernel]) -> bool:
    """Do vectors gain more than a call of a function costs?"""
    found = [
        e
        for kernel in kernels
        for e in expressions_of_body(kernel.body)
        if isinstance(e, Op | Function | Select) and _varies(e)
    ]
    return len(found) >= WORTH or any(isinstance(e, Function) and e.name in _CALLS for e in found)


def fitting(statement: Statement, plan: Plan, known: set[Expr]) -> bool:
    match statement:
        case Comment():
            return True
        case Let(value=value):
            return value.type in TYPES and fits(value, plan, known)
        case Store(array=array, index=index, value=value):
            return _own_reals(array, index, plan) and fits(value, plan, known)
        case Accumulate(array=array, index=index, value=value):
            return _own_reals(array, index, plan) and fits(value, plan, known)
    return False


def _follows(index: Expr) -> bool:
    """Do the elements of neurons that follow each other do so, too?"""
    if isinstance(index, Op) and index.op == "+" and len(index.args) == 2:
        return index.args[1] == NEURON and not _varies(index.args[0])
    return index == NEURON


def _own_reals(array: str, index: Expr, plan: Plan) -> bool:
    return index == NEURON and plan.buffer(array).dtype == "real"


def fits(expression: Expr, plan: Plan, known: set[Expr]) -> bool:
    """Is it made of reals and truth values, or the same for all neurons?"""
    if expression in known or not _varies(expression):
        return True
    match expression:
        case Symbol():
            return expression.type in TYPES or expression.type == "gains"
        case Load(array=array, index=index, type="bool") if plan.buffer(array).dtype == "bool":
            return _follows(index)
        case Load(array=array, index=index):
            return _own_reals(array, index, plan)
        case Draw(distribution=distribution, index=index, args=args, type=kind):
            own = index == NEURON and distribution in OF_STANDARD_NUMBERS and kind == "real"
            return own and all(fits(arg, plan, known) for arg in args)
        case Op(op=op, args=args):
            numbers = op not in _COMPARISONS or any(arg.type == "real" for arg in args)
            if expression.type not in TYPES or not numbers:
                return False
        case Function(name=name):
            if name == "modulo" or expression.type not in TYPES:
                return False
        case Select() | Cast():
            if expression.type not in TYPES:
                return False
    return all(fits(part, plan, known) for part in parts(expression))


def _varies(expression: Expr) -> bool:
    """May it differ between neurons? Integers that a body binds have no vectors, so that others do not."""
    return any(
        isinstance(e, Draw) or (isinstance(e, Symbol) and (e == NEURON or e.type != "int"))
        for e in subexpressions(expression)
    )


def rests_as_bits(plan: Plan, kernels: Sequence[Kernel]) -> tuple[Rest, ...]:
    """Refractory periods that kernels with one loop may take from bits.

    Nobody else looks at the buffer; the kernels ask whether a neuron is refractory until one of them, a rare
    one, writes it for neurons that are not; and they run in all steps of a call or in none.
    """
    everywhere = [entry.work for entry in plan.schedule if isinstance(entry.work, Kernel)]
    written = {name for kernel in everywhere for name in written_buffers(kernel)}
    for e in uniform_expressions(kernels[0]):
        if (isinstance(e, Symbol) and e.name in _CLOCK) or (isinstance(e, Load) and e.array in written):
            return ()
    inside = {kernel.name for kernel in kernels}
    return tuple(
        rest
        for rest in plan.rests
        if not any(_touches(kernel, rest) for kernel in everywhere if kernel.name not in inside)
        and _keep(kernels, rest)
    )


def _touches(kernel: Kernel, rest: Rest) -> bool:
    return rest.last in written_buffers(kernel) or _reads(expressions_of(kernel), rest) > 0


def _reads(expressions: Iterable[Expr], rest: Rest) -> int:
    return sum(isinstance(e, Load) and e.array == rest.last for e in expressions)


def _keep(kernels: Sequence[Kernel], rest: Rest) -> bool:
    """Is the buffer read as a condition alone, and last touched by a rare kernel that writes it?"""
    touching = [kernel for kernel in kernels if _touches(kernel, rest)]
    test = rare_condition(touching[-1]) if touching else None
    if test is None or any(rest.last in written_buffers(kernel) for kernel in touching[:-1]):
        return False
    free = awake(rest)
    asked = test.condition.args if isinstance(test.condition, Op) and test.condition.op == "and" else ()
    if free not in (test.condition, *asked):
        return False
    read = [e for kernel in touching for e in expressions_of(kernel)]
    writes = [s for s in statements(test.then) if isinstance(s, Store | Accumulate) and s.array == rest.last]
    once = len(writes) == 1 and isinstance(writes[0], Store) and writes[0].index == NEURON
    return (
        once and _reads(read, rest) == read.count(free) and not _reads(expressions_of_body(test.then), rest)
    )
