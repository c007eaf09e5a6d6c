"""Kernels to loops, shared by the C++ targets: a target says only which entries of a row are its thread's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from engine.codegen.access import event_list, matrix_of
from engine.codegen.expressions import C_TYPES, STORAGE, ExpressionPrinter
from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import (
    Accumulate,
    Comment,
    Draw,
    Each,
    EachAbsent,
    EachBlock,
    EachDue,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    If,
    Interrupt,
    Kernel,
    Let,
    Once,
    Reduction,
    Statement,
    Store,
    Total,
)
from engine.codegen.plan import Entry, EventList, Matrix, Plan
from engine.codegen.text import Text
from engine.codegen.traverse import (
    expressions_of_body,
    iteration_expressions,
    rare_condition,
    statements,
    symbols,
)

BLOCK = 64
"""Neurons that fused kernels handle before the next ones: one kernel's results are still in the cache when
the following kernel reads them."""

_SEQUENTIAL_DRAWS = frozenset({"Gamma", "Binomial"})
"""Distributions whose methods reject: a loop over them does not vectorise."""


class LoopPrinter(ABC):
    """Prints the loops of one plan into ``text``."""

    def __init__(
        self, plan: Plan, identifiers: Identifiers, expressions: ExpressionPrinter, text: Text
    ) -> None:
        self.plan = plan
        self.text = text
        self.identifiers = identifiers
        self.expressions = expressions
        self._dtypes = {buffer.name: buffer.dtype for buffer in plan.buffers}

    @abstractmethod
    def own_entries(self, matrix: Matrix) -> tuple[str, str]:
        """First and one past the last entry of pre-synaptic ``row`` that belong to the thread."""

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
            f"{place} = ({STORAGE[dtype]})({value});" if dtype == "int32" else f"{place} = {value};"
        )

    def _emitted(self, events: str) -> tuple[str, str]:
        of = self.identifiers.of
        return of("own ranks", f"{events}_own"), of("emitted", f"{events}_emitted")

    # --- neurons --------------------------------------------------------------------------------------

    def each(self, kernels: Sequence[Kernel]) -> None:
        """One loop over the thread's neurons for several kernels of one count and one condition."""
        emitted = [s.events for k in kernels for s in statements(k.body) if isinstance(s, Emit)]
        domain = kernels[0].domain
        assert isinstance(domain, Each)
        with self.text.block():
            for events in dict.fromkeys(emitted):
                self._open_segment(events)
            with ExitStack() as stack:
                if kernels[0].condition is not None:
                    condition = self.expressions.text(kernels[0].condition, "bool")
                    stack.enter_context(self.text.block(f"if ({condition})"))
                self._blocks(kernels, *self.bounds(domain.count))
            for events in dict.fromkeys(emitted):
                self._close_segment(events)

    def _open_segment(self, events: str) -> None:
        ranks, number = self._emitted(events)
        listed = event_list(self.plan, events)
        lower, _ = self.bounds(listed.count)
        e = self.expressions
        slot = f"{self._slot(listed)} * {e.size(listed.count)}"
        self.text.line(f"int32_t* const {ranks} = {e.buffer(listed.ranks)} + {slot} + {lower};")
        self.text.line(f"int64_t {number} = 0;")

    def _slot(self, listed: EventList, lag: str = "") -> str:
        """Text of the slot of an event list that holds what was emitted ``lag`` ticks ago."""
        e = self.expressions
        now = f"tick - {e.element(listed.behind, '0')}" if listed.behind else "tick"
        return f"nl_floor_mod({now}{lag and f' - {lag}'}, {e.size(listed.slots)})"

    def _close_segment(self, events: str) -> None:
        listed = event_list(self.plan, events)
        e = self.expressions
        place = f"{self._slot(listed)} * threads + thread"
        self.text.line(f"{e.buffer(listed.counts)}[{place}] = {self._emitted(events)[1]};")

    def _blocks(self, kernels: Sequence[Kernel], lower: str, upper: str) -> None:
        stages = _stages(kernels)
        if len(stages) == 1 and stages[0][1] is None:
            self._dense(stages[0][0], None, lower, upper)
            return
        with self.text.block(f"for (int64_t begin = {lower}; begin < {upper}; begin += {BLOCK})"):
            self.text.line(f"const int64_t end = nl_min(begin + {BLOCK}, {upper});")
            for dense, rare in stages:
                with ExitStack() as stack:
                    if rare is not None:
                        if len(stages) > 1:
                            stack.enter_context(self.text.block())
                        self.text.line("int64_t any = 0;")
                    self._dense(dense, rare, "begin", "end")
                    if rare is not None:
                        self._rare(rare)

    def _dense(self, kernels: Sequence[Kernel], rare: Kernel | None, lower: str, upper: str) -> None:
        bodies = [kernel.body for kernel in kernels]
        if all(_vectorises(body) for body in bodies):
            self.text.line("#pragma omp simd" + (" reduction(|:any)" if rare is not None else ""))
        with self.text.block(f"for (int64_t i = {lower}; i < {upper}; ++i)"):
            for kernel in kernels:
                self.text.comment(kernel.name)
                with ExitStack() as stack:
                    if len(kernels) > 1:
                        stack.enter_context(self.text.block())
                    self.body(kernel.body)
            if rare is not None:
                test = rare_condition(rare)
                assert test is not None
                self.text.line(f"any |= (int64_t)({self.expressions.text(test.condition, 'bool')});")

    def _rare(self, kernel: Kernel) -> None:
        with self.text.block("if (any)"), self.text.block("for (int64_t i = begin; i < end; ++i)"):
            self.text.comment(kernel.name)
            self.body(kernel.body)

    # --- one iteration --------------------------------------------------------------------------------

    def once(self, kernel: Kernel) -> None:
        """A single iteration, on the first thread."""
        with self._when(kernel, "thread == 0"):
            self.body(kernel.body)

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

    # --- reductions over neurons ----------------------------------------------------------------------

    def each_block(self, kernel: Kernel) -> None:
        """The thread's blocks, each with what is reduced over its neurons."""
        assert isinstance(kernel.domain, EachBlock)
        lower, upper = self.bounds(kernel.domain.count)
        loop = f"for (int64_t begin = {lower}; begin < {upper}; begin += {BLOCK})"
        with self._when(kernel), self.text.block(loop):
            self._reduced(kernel, "begin", f"nl_min(begin + {BLOCK}, {upper})")
            if "block" in symbols(iteration_expressions(kernel)):
                self.text.line(f"const int64_t block = begin / {BLOCK};")
            self.body(kernel.after)

    def total(self, kernel: Kernel) -> None:
        """One reduction, on the first thread."""
        assert isinstance(kernel.domain, Total)
        with self._when(kernel, "thread == 0"):
            self._reduced(kernel, "0", self.expressions.size(kernel.domain.count))
            self.body(kernel.after)

    def _reduced(self, kernel: Kernel, first: str, end: str) -> None:
        """The inner loop over ``i``; after it the reduced symbol has its value."""
        reduction = kernel.reduction
        assert reduction is not None
        self._start(reduction)
        self.text.line(f"const int64_t end = {end};")
        with self.text.block(f"for (int64_t i = {first}; i < end; ++i)"):
            self._reduce(reduction)

    def _start(self, reduction: Reduction) -> None:
        kind = C_TYPES[reduction.start.type]
        start = self.expressions.text(reduction.start)
        self.text.line(f"{kind} {self.expressions.symbol(reduction.name)} = {start};")

    # --- synapses -------------------------------------------------------------------------------------

    def synapses(self, kernel: Kernel) -> None:
        """Every synapse of a matrix, row after row."""
        assert isinstance(kernel.domain, EachSynapse)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        with self._when(kernel), self._rows(matrix):
            self._entries(matrix, kernel.body)

    def _rows(self, matrix: Matrix) -> ExitStack:
        stack = ExitStack()
        lower, upper = ("0", self.expressions.size(matrix.n_rows))
        if matrix.rows == "post":
            lower, upper = self.bounds(matrix.n_rows)
        stack.enter_context(self.text.block(f"for (int64_t row = {lower}; row < {upper}; ++row)"))
        return stack

    def _range(self, matrix: Matrix) -> tuple[str, str]:
        if matrix.rows == "pre":
            return self.own_entries(matrix)
        offsets = self.expressions.buffer(matrix.offsets)
        return f"{offsets}[row]", f"{offsets}[row + 1]"

    def _entries(
        self,
        matrix: Matrix,
        body: Sequence[Statement],
        reduction: Reduction | None = None,
        outer_rank: str = "row",
    ) -> None:
        """The inner loop over the thread's entries of ``row``, whose neuron is ``outer_rank``."""
        first, last = self._range(matrix)
        used = symbols(expressions_of_body(body))
        if reduction is not None:
            used |= symbols([reduction.value])
        self.text.line(f"const int64_t last = {last};")
        # The posts of a pre-synaptic row are distinct, so no two of its synapses write one place. Where
        # nothing is read or written per synapse, plain additions are faster than vectors that scatter.
        shared = matrix.rows == "post" and any(isinstance(s, Accumulate) for s in statements(body))
        if reduction is None and "s" in used and not shared and _vectorises(body):
            self.text.line("#pragma GCC ivdep")
        with self.text.block(f"for (int64_t entry = {first}; entry < last; ++entry)"):
            column, outer = ("post", "pre") if matrix.rows == "pre" else ("pre", "post")
            if column in used:
                self.text.line(f"const int64_t {column} = {self.expressions.buffer(matrix.columns)}[entry];")
            if outer in used:
                self.text.line(f"const int64_t {outer} = {outer_rank};")
            if "s" in used:
                storage = f"{self.expressions.buffer(matrix.index)}[entry]" if matrix.index else "entry"
                self.text.line(f"const int64_t s = {storage};")
            if reduction is not None:
                self._reduce(reduction)
            self.body(body)

    def _reduce(self, reduction: Reduction) -> None:
        name = self.expressions.symbol(reduction.name)
        value = self.expressions.text(reduction.value, reduction.start.type)
        if reduction.op == "+":
            self.text.line(f"{name} += {value};")
        else:
            self.text.line(f"{name} = nl_{reduction.op}({name}, {value});")

    def rows(self, kernel: Kernel) -> None:
        """Every post-synaptic row, with what is reduced over its synapses."""
        assert isinstance(kernel.domain, EachRow)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        used = symbols(iteration_expressions(kernel))
        with self._when(kernel), self._rows(matrix):
            reduction = kernel.reduction
            if reduction is not None:
                self._start(reduction)
            with self.text.block():
                self._entries(matrix, kernel.body, reduction)
            if kernel.after:
                if "post" in used:
                    self.text.line("const int64_t post = row;")
                if "length" in used:
                    first, last = self._range(matrix)
                    self.text.line(f"const int64_t length = {last} - {first};")
                self.body(kernel.after)

    def absent(self, kernel: Kernel) -> None:
        """Every pair that no synapse joins: columns ascend, so one look at the next one tells."""
        assert isinstance(kernel.domain, EachAbsent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        n_pre, columns = self.expressions.size(kernel.domain.n_pre), self.expressions.buffer(matrix.columns)
        with self._when(kernel), self._rows(matrix):
            first, last = self._range(matrix)
            self.text.line("const int64_t post = row;")
            self.text.line(f"int64_t entry = {first};")
            self.text.line(f"const int64_t last = {last};")
            with self.text.block(f"for (int64_t pre = 0; pre < {n_pre}; ++pre)"):
                self.text.line(f"if (entry < last && {columns}[entry] == pre) {{ ++entry; continue; }}")
                self.text.line(f"const int64_t pair = post * {n_pre} + pre;")
                self.body(kernel.body)

    # --- events ---------------------------------------------------------------------------------------

    def events(self, kernel: Kernel) -> None:
        """Every synapse in the rows of the events of one tick.

        Rows by pre-synaptic neuron: the thread goes through all events and takes its own part of each row.
        Rows by post-synaptic neuron: the rows of its own events are its own.
        """
        assert isinstance(kernel.domain, EachEvent)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        with self._when(kernel):
            self.text.line(f"const int64_t slot = {self._slot(listed, self._lag(kernel.domain))};")
            with ExitStack() as stack:
                if matrix.rows == "pre":
                    stack.enter_context(self._segments(listed))
                else:
                    stack.enter_context(self._segment(listed, "thread"))
                self.text.line(f"const int64_t row = {e.buffer(listed.ranks)}[event];")
                self._entries(matrix, kernel.body)

    def _segments(self, listed: EventList) -> ExitStack:
        """Loops over the events that all threads left in ``slot``."""
        stack = ExitStack()
        stack.enter_context(self.text.block("for (int64_t part = 0; part < threads; ++part)"))
        stack.enter_context(self._segment(listed, "part"))
        return stack

    def _segment(self, listed: EventList, part: str) -> ExitStack:
        """A loop over the events that one thread left in ``slot``."""
        e, stack = self.expressions, ExitStack()
        count = e.size(listed.count)
        self.text.line(f"const int64_t first = slot * {count} + nl_lower({count}, {part}, threads);")
        self.text.line(f"const int64_t end = first + {e.buffer(listed.counts)}[slot * threads + {part}];")
        stack.enter_context(self.text.block("for (int64_t event = first; event < end; ++event)"))
        return stack

    def due(self, kernel: Kernel) -> None:
        """Every synapse whose own delay ends now: age after age, the thread's part of each row."""
        assert isinstance(kernel.domain, EachDue)
        matrix = matrix_of(self.plan, kernel.domain.matrix)
        listed = event_list(self.plan, kernel.domain.events)
        e = self.expressions
        classes, slots = e.size(kernel.domain.classes), e.size(listed.slots)
        with self._when(kernel):
            self.text.line(f"const int64_t newest = {self._slot(listed)};")
            with self.text.block(f"for (int64_t k = 0; k < {classes}; ++k)"):
                # Ages are less than slots: a comparison instead of a division.
                self.text.line(f"const int64_t begin = newest - {e.element(kernel.domain.ages, 'k')};")
                self.text.line(f"const int64_t slot = begin < 0 ? begin + {slots} : begin;")
                with self._segments(listed):
                    self.text.line(f"const int64_t rank = {e.buffer(listed.ranks)}[event];")
                    self.text.line(f"const int64_t row = rank * {classes} + k;")
                    self._entries(matrix, kernel.body, outer_rank="rank")

    def spikes(self, kernel: Kernel) -> None:
        """Every rank that the thread emitted some ticks ago."""
        assert isinstance(kernel.domain, EachSpike)
        listed = event_list(self.plan, kernel.domain.events)
        emitted = dict.fromkeys(s.events for s in statements(kernel.body) if isinstance(s, Emit))
        with self._when(kernel):
            for events in emitted:
                self._open_segment(events)
            self.text.line(f"const int64_t slot = {self._slot(listed, self._lag(kernel.domain))};")
            with self._segment(listed, "thread"):
                self.text.line(f"const int64_t i = {self.expressions.buffer(listed.ranks)}[event];")
                self.body(kernel.body)
            for events in emitted:
                self._close_segment(events)

    def _lag(self, domain: EachEvent | EachSpike) -> str:
        text = self.expressions.text(domain.lag, "int")
        return text if text.isalnum() or text.isidentifier() else f"({text})"

    def kernel(self, kernel: Kernel) -> None:
        """Any kernel but those over neurons, which :meth:`each` fuses."""
        printers = {
            Once: self.once,
            EachSynapse: self.synapses,
            EachRow: self.rows,
            EachEvent: self.events,
            EachBlock: self.each_block,
            Total: self.total,
            EachAbsent: self.absent,
            EachDue: self.due,
            EachSpike: self.spikes,
        }
        printers[type(kernel.domain)](kernel)


def fusible(entry: Entry, following: Entry) -> bool:
    """May ``following`` share the loop of ``entry``?

    Without a barrier between them they meet only at their own indices, so block after block is as good as
    kernel after kernel.
    """
    one, other = entry.work, following.work
    if following.barrier or not isinstance(one, Kernel) or not isinstance(other, Kernel):
        return False
    if not isinstance(one.domain, Each) or not isinstance(other.domain, Each):
        return False
    return one.domain.count == other.domain.count and one.condition == other.condition


def _stages(kernels: Sequence[Kernel]) -> list[tuple[list[Kernel], Kernel | None]]:
    """Kernels that share one inner loop: vectorising ones, ended by the test of a rare one."""
    stages: list[tuple[list[Kernel], Kernel | None]] = []
    dense: list[Kernel] = []
    for kernel in kernels:
        if rare_condition(kernel) is not None:
            stages.append((dense, kernel))
            dense = []
        elif not _vectorises(kernel.body):
            stages += [(dense, None)] if dense else []
            stages.append(([kernel], None))
            dense = []
        else:
            dense.append(kernel)
    return [*stages, (dense, None)] if dense else stages


def _vectorises(body: Iterable[Statement]) -> bool:
    body = tuple(body)
    if any(isinstance(statement, Emit | Interrupt) for statement in statements(body)):
        return False
    draws = (e for e in expressions_of_body(body) if isinstance(e, Draw))
    return not any(draw.distribution in _SEQUENTIAL_DRAWS for draw in draws)
