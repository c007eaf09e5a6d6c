"""What all loops are made of: statements, conditions, reductions, and the segments of event lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from engine.codegen.access import event_list
from engine.codegen.expressions import C_TYPES, STORAGE, ExpressionPrinter
from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import (
    Accumulate,
    Comment,
    Draw,
    EachEvent,
    EachSpike,
    Emit,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Reduction,
    Statement,
    Store,
)
from engine.codegen.plan import EventList, Plan
from engine.codegen.text import Text
from engine.codegen.traverse import expressions_of_body, statements, subexpressions, symbols

_SEQUENTIAL_DRAWS = frozenset({"Gamma", "Binomial"})
"""Distributions whose methods reject: a loop over them does not vectorise."""


NARROW = frozenset({"uint8", "int32"})
"""Integers that are stored in fewer bits than they are computed in."""


class LoopParts:
    """Prints what loops over neurons and loops over synapses have in common."""

    def __init__(
        self, plan: Plan, identifiers: Identifiers, expressions: ExpressionPrinter, text: Text
    ) -> None:
        self.plan = plan
        self.text = text
        self.identifiers = identifiers
        self.expressions = expressions
        self._dtypes = {buffer.name: buffer.dtype for buffer in plan.buffers}
        self.uses_lanes = False
        """Has the text explicit vectors of synapses?"""

    def bounds(self, size: str) -> tuple[str, str]:
        """Identifiers of the borders of the thread's range of a size."""
        of = self.identifiers.of
        return of("lower", f"lower_{size}"), of("upper", f"upper_{size}")

    # --- statements -----------------------------------------------------------------------------------

    def body(self, body: Iterable[Statement]) -> None:
        """Print statements."""
        for statement in body:
            match statement:
                case Let(name=name, value=value):
                    expression = self.expressions.text(value)
                    self.text.line(
                        f"const {C_TYPES[value.type]} {self.expressions.symbol(name)} = {expression};"
                    )
                case Store() | Accumulate():
                    self._write(statement)
                case If(condition=condition, then=then):
                    with self.text.block(f"if ({self.expressions.text(condition, 'bool')})"):
                        self.body(then)
                case Emit(events=events, index=index):
                    ranks, number = self._emitted(events)
                    self.text.line(f"{ranks}[{number}++] = (int32_t){self.expressions.text(index, 'int')};")
                    self.ask_for_row(events, self.expressions.text(index, "int"))
                case Interrupt():
                    self.text.line("interrupted = true;")
                case Comment(text=text):
                    self.text.comment(text)

    def _write(self, statement: Store | Accumulate) -> None:
        dtype = self._dtypes[statement.array]
        kind = self.plan.buffer(statement.array).type
        index = self.expressions.text(statement.index, "int")
        place = f"{self.expressions.buffer(statement.array)}[{index}]"
        value = self.expressions.text(statement.value, kind)
        op = statement.op if isinstance(statement, Accumulate) else "="
        if op in ("min", "max"):
            value = f"nl_{op}({place}, {value})"
        elif op != "=" and kind == "real":
            self.text.line(f"{place} {op}= {value};")
            return
        elif op != "=":
            value = f"{place} {op} ({value})"
        self.text.line(
            f"{place} = ({STORAGE[dtype]})({value});" if dtype in NARROW else f"{place} = {value};"
        )

    # --- conditions and reductions --------------------------------------------------------------------

    def _when(self, kernel: Kernel, *others: str) -> ExitStack:
        """The comment and the condition of a kernel, as an open block."""
        self.text.comment(kernel.name)
        tests = list(others)
        if kernel.condition is not None:
            tests.append(self.expressions.text(kernel.condition, "bool"))
        stack = ExitStack()
        header = " && ".join(f"({test})" if len(tests) > 1 else test for test in tests)
        stack.enter_context(self.text.block(f"if ({header})" if header else ""))
        return stack

    def _start(self, reduction: Reduction) -> None:
        kind = C_TYPES[reduction.start.type]
        start = self.expressions.text(reduction.start)
        self.text.line(f"{kind} {self.expressions.symbol(reduction.name)} = {start};")

    def _reduce(self, reduction: Reduction) -> None:
        value = self.expressions.text(reduction.value, reduction.start.type)
        self._take(reduction.op, self.expressions.symbol(reduction.name), value)

    def _take(self, op: str, place: str, value: str) -> None:
        """Take a value into what is reduced."""
        self.text.line(f"{place} += {value};" if op == "+" else f"{place} = nl_{op}({place}, {value});")

    # --- event lists ----------------------------------------------------------------------------------

    def _emitted(self, events: str) -> tuple[str, str]:
        of = self.identifiers.of
        return of("own ranks", f"{events}_own"), of("emitted", f"{events}_emitted")

    def _open_segment(self, events: str) -> None:
        ranks, number = self._emitted(events)
        self.text.line(f"int32_t* const {ranks} = {self._own_ranks(events)};")
        self.text.line(f"int64_t {number} = 0;")

    def _own_ranks(self, events: str) -> str:
        """Text of where the thread's events of the step go."""
        listed, e = event_list(self.plan, events), self.expressions
        slot = f"{self._slot(listed)} * {e.size(listed.count)}"
        return f"{e.buffer(listed.ranks)} + {slot} + {self.bounds(listed.count)[0]}"

    def _close_segment(self, events: str) -> None:
        listed = event_list(self.plan, events)
        e = self.expressions
        place = f"{self._slot(listed)} * threads + thread"
        self.text.line(f"{e.buffer(listed.counts)}[{place}] = {self._emitted(events)[1]};")

    def ask_for_row(self, events: str, row: str) -> None:
        """Fetch what the new event ``row`` of a list will soon need; nothing here."""

    def _slot(self, listed: EventList, lag: str = "") -> str:
        """Text of the slot of an event list that holds what was emitted ``lag`` ticks ago."""
        e = self.expressions
        now = f"tick - {e.element(listed.behind, '0')}" if listed.behind else "tick"
        if listed.behind:
            return LoopParts.period(self, f"{now}{lag and f' - {lag}'}", e.size(listed.slots))
        return self.period(f"{now}{lag and f' - {lag}'}", e.size(listed.slots))

    def period(self, start: str, length: str, only_if: str = "") -> str:
        """Text of ``start`` modulo ``length``, which may be 0 unless the condition ``only_if`` holds."""
        return f"nl_floor_mod({start}, {length})"

    def _lag(self, domain: EachEvent | EachSpike) -> str:
        text = self.expressions.text(domain.lag, "int")
        return text if text.isalnum() or text.isidentifier() else f"({text})"

    def _segment(self, listed: EventList, part: str, before: Sequence[Statement] = ()) -> ExitStack:
        """A loop over the events that one thread left in ``slot``, and first what they share."""
        stack = ExitStack()
        self._borders_of_segment(listed, part)
        if before:
            stack.enter_context(self.text.block("if (first < end)"))
            self.body(before)
        stack.enter_context(self.text.block("for (int64_t event = first; event < end; ++event)"))
        return stack

    def _segments(self, listed: EventList, before: Sequence[Statement] = ()) -> ExitStack:
        """Loops over the events that all threads left in ``slot``; ``before`` as in :meth:`_segment`."""
        stack = ExitStack()
        stack.enter_context(self.text.block("for (int64_t part = 0; part < threads; ++part)"))
        stack.enter_context(self._segment(listed, "part", before))
        return stack

    def _borders_of_segment(self, listed: EventList, part: str) -> None:
        e, count = self.expressions, self.expressions.size(listed.count)
        self.text.line(f"const int64_t first = slot * {count} + nl_lower({count}, {part}, threads);")
        self.text.line(f"const int64_t end = first + {e.buffer(listed.counts)}[slot * threads + {part}];")


_ITERATION = frozenset({"i", "s", "pre", "post", "row"})


def for_all_events(
    body: Iterable[Statement], written: set[str]
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """The values of a body that are the same for all events of a step, and the other statements.

    ``written`` are buffers that change meanwhile.
    """
    varying = set(_ITERATION)
    same: list[Statement] = []
    rest: list[Statement] = []
    for statement in body:
        if isinstance(statement, Let):
            parts = list(subexpressions(statement.value))
            own = symbols(parts) & varying or any(isinstance(part, Draw) for part in parts)
            if not own and not any(isinstance(part, Load) and part.array in written for part in parts):
                same.append(statement)
                continue
            varying.add(statement.name)
        rest.append(statement)
    return tuple(same), tuple(rest)


def vectorises(body: Iterable[Statement]) -> bool:
    """Can the compiler turn a loop over this body into vectors?"""
    body = tuple(body)
    if any(isinstance(statement, Emit | Interrupt) for statement in statements(body)):
        return False
    draws = (e for e in expressions_of_body(body) if isinstance(e, Draw))
    return not any(draw.distribution in _SEQUENTIAL_DRAWS for draw in draws)
