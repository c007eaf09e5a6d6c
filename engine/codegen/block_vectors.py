"""Prints loops over neurons that go through all steps of a block (``stepwise.py`` says which).

Their vectors have two forms. The quick one takes numbers of spikes that fit a byte, and knows of conductances
that are 0 between steps that they are; the careful one takes all that may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Each,
    Emit,
    Expr,
    Kernel,
    Let,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.neuron_loops import Stage
from engine.codegen.plan import Plan
from engine.codegen.profile import groups
from engine.codegen.step_loops import StepLoops
from engine.codegen.stepwise import MOST_TOGETHER, Stepwise, counted, stepwise
from engine.codegen.time_blocks import LONGEST, Counts, TimeBlocks
from engine.codegen.traverse import (
    expressions_of_body,
    loaded,
    rare_condition,
    rebuilt,
    statements,
    touched_buffers,
)
from engine.codegen.vector_loops import BLOCK, STRETCH
from engine.codegen.vectors import NEURON, TYPES, VectorPrinter, awake, is_worth_it

NEAR = 4 * BLOCK
"""Neurons whose values stay in the nearest cache while they take several steps."""


class StepPrinter(VectorPrinter):
    """Prints expressions of vector ``c`` of some that go through the steps of a block."""

    def __init__(self, plan: Plan, identifiers: Identifiers, scalars: frozenset[str], form: Stepwise) -> None:
        super().__init__(plan, identifiers, scalars)
        self.identifiers = identifiers
        self.form = form
        self._counted = {counted(c): c for c in form.counts}

    def own(self, array: str) -> str:
        """The values of an array that are in registers."""
        return self.identifiers.of("own", f"{array}_own") + "[c]"

    def at(self, counts: Counts) -> str:
        """Where the counts of each step begin."""
        return self.identifiers.of("counted", f"{counts.array}_at")

    def _load(self, expression: Load) -> tuple[str, int]:
        if expression.array in self.form.kept and expression.index == NEURON:
            return self.own(expression.array), 16
        return super()._load(expression)

    def _op(self, expression: Op) -> tuple[str, int]:
        if self.form.rest is not None and expression == awake(self.form.rest):
            return f"nl_is_over({self.own(self.form.rest.last)}, later)", 16
        return super()._op(expression)

    def _cast(self, expression: Cast) -> tuple[str, int]:
        if found := self._counted.get(expression):
            return f"nl_counted(how, {self.at(found)}[later], i)", 16
        return super()._cast(expression)


class BlockVectors(StepLoops):
    """Prints loops over neurons that go through the steps of a block."""

    _in_block = False
    uses_steps = False

    def prefer_bytes(self, blocks: TimeBlocks) -> None:
        """Keep numbers of spikes as bytes, if nobody takes them but vectors that go through steps."""
        for group in groups(self.plan.steady):
            kernels = [entry.work for entry in group if isinstance(entry.work, Kernel)]
            if not kernels or not isinstance(kernels[0].domain, Each):
                continue
            takes = any(self._counts_of(kernels, blocks))
            if takes and stepwise(self.plan, kernels, blocks.counts) is None:
                return
        self.in_bytes = True

    def each_in_block(self, kernels: Sequence[Kernel], blocks: TimeBlocks) -> None:
        """As :meth:`each`, through all steps of the block."""
        emitted = dict.fromkeys(s.events for k in kernels for s in statements(k.body) if isinstance(s, Emit))
        domain = kernels[0].domain
        assert isinstance(domain, Each)
        self._in_block = True
        with self.text.block():
            for events in emitted:
                ranks, number = super()._emitted(events)
                self.text.line(f"int32_t* {ranks}[{LONGEST}];")
                self.text.line(f"int64_t {number}[{LONGEST}] = {{}};")
                with self.steps():
                    self.text.line(f"{ranks}[later] = {self._own_ranks(events)};")
            with ExitStack() as stack:
                if kernels[0].condition is not None:
                    condition = self.expressions.text(kernels[0].condition, "bool")
                    stack.enter_context(self.text.block(f"if ({condition})"))
                lower, upper = self.bounds(domain.count)
                form = stepwise(self.plan, kernels, blocks.counts)
                if any(self._counts_of(kernels, blocks)) and not self.in_bytes:
                    form = None
                if form is not None and not blocks.counts and form.together < MOST_TOGETHER:
                    form = None
                if form is not None:
                    self.stepwise(form, lower, upper)
                else:
                    self._step_after_step(kernels, blocks, lower, upper)
            for events in emitted:
                with self.steps():
                    self._close_segment(events)
        self._in_block = False

    def _emitted(self, events: str) -> tuple[str, str]:
        """In a block, of one of its steps."""
        ranks, number = super()._emitted(events)
        return (f"{ranks}[later]", f"{number}[later]") if self._in_block else (ranks, number)

    @staticmethod
    def _counts_of(kernels: Sequence[Kernel], blocks: TimeBlocks) -> Iterator[Counts]:
        arrays = set().union(*(touched_buffers(kernel) for kernel in kernels))
        yield from (counts for counts in blocks.counts if counts.array in arrays)

    def _step_after_step(self, kernels: Sequence[Kernel], blocks: TimeBlocks, lower: str, upper: str) -> None:
        """All steps of a block for some neurons, whose values are in the nearest cache, then for the next."""
        slots = {c.slot: Symbol(f"_slot{number}", "int") for number, c in enumerate(blocks.counts)}
        kernels = [_with_slots(kernel, slots) for kernel in kernels]
        used = {s.name for k in kernels for s in expressions_of_body(k.body) if isinstance(s, Symbol)}
        stages = self._stages(kernels, ())
        in_vectors = any(stage.vectors for stage in stages) and is_worth_it(kernels)
        number = NEAR if in_vectors else BLOCK
        with self.text.block(f"for (int64_t first = {lower}; first < {upper}; first += {number})"):
            self.text.line(f"const int64_t last = nl_min(first + {number}, {upper});")
            self._declare_fires([s for s in stages if not (in_vectors and s.vectors)])
            with self.steps():
                for slot, symbol in slots.items():
                    if symbol.name in used:
                        name, value = self.expressions.symbol(symbol.name), self.expressions.text(slot, "int")
                        self.text.line(f"const int64_t {name} = {value};")
                if in_vectors:
                    self.passing = frozenset(_passing(stages))
                    self.stage_after_stage(stages)
                    self.passing = frozenset()
                else:
                    self._in_blocks(stages, "first", "last")

    def stepwise(self, form: Stepwise, lower: str, upper: str) -> None:
        """All steps of a block for neurons from ``lower`` up to ``upper``."""
        text = self.text
        printer = StepPrinter(self.plan, self.identifiers, self.expressions.scalars, form)
        self.apart = self.uses_vectors = self.uses_steps = True
        text.line("bool quick = true;" if not form.arriving else "bool quick = later_block;")
        for arriving in form.arriving:
            text.line(f"quick &= nl_is_biased({self.expressions.text(arriving.weight, 'real')});")
        for counts in form.counts:
            self._find_counts(counts, printer.at(counts))
        if form.lasting is not None:
            text.line(f"int64_t lasting[{LONGEST}];")
            with self.steps():
                value = self.expressions.text(form.lasting, "int")
                text.line(f"lasting[later] = nl_near({value} - first_step);")
        with text.block(f"for (int64_t first = {lower}; first < {upper}; first += {STRETCH})"):
            text.line(f"const int64_t last = nl_min(first + {STRETCH}, {upper});")
            if form.condition is not None:
                text.line(f"int64_t fires[{LONGEST * STRETCH // BLOCK}] = {{}};")
            text.line(f"constexpr int64_t together = {form.together};")
            header = "const auto neurons = [&](const auto how, const int64_t from)"
            with text.block(f"{header} __attribute__((always_inline))", ";"):
                self._registers(form, printer)
            text.line("int64_t from = first;")
            width = "together * nl_width"
            loop = f"for (; quick && from + {width} <= last; from += {width})"
            text.line(f"{loop} neurons(nl_quick(), from);")
            text.line(f"for (; from < last; from += {width}) neurons(nl_careful(), from);")
            if form.then:
                self._emit_all(form)

    def _find_counts(self, counts: Counts, at: str) -> None:
        """Where the numbers of spikes of each step are, and whether bytes are enough for them."""
        text, e = self.text, self.expressions
        listed = self.plan.event_list(counts.events)
        text.line(f"nl_arrived {at}[{LONGEST}];")
        with self.steps():
            slot = self._slot(listed, e.element(counts.delay, "0"))
            found = f"{e.buffer(listed.counts)} + {slot} * threads"
            text.line(f"const int64_t spikes = nl_total({found}, threads);")
            start = f"(uint8_t*)({e.buffer(counts.array)} + {e.text(counts.slot, 'int')})"
            room = e.text(counts.room, "int")
            text.line(f"{at}[later] = {{{start}, spikes > NL_ROWS ? {room} : 0}};")
            text.line("quick &= spikes <= NL_ROWS;")

    def _registers(self, form: Stepwise, printer: StepPrinter) -> None:
        """One or more vectors from neuron ``from`` on: read, all steps, written."""
        text = self.text
        between = {arriving.array for arriving in form.arriving}
        for array in form.kept:
            text.line(f"nl_reals {printer.own(array).replace('[c]', '[together]')};")
        if form.rest is not None:
            text.line(f"nl_lasts {printer.own(form.rest.last).replace('[c]', '[together]')};")
        with self._vectors():
            for array in form.kept:
                source = f"{self.expressions.buffer(array)} + i"
                where = "if constexpr (!how.is_quick) " if array in between else ""
                text.line(f"{where}{printer.own(array)} = nl_get(lanes, {source});")
            if form.rest is not None:
                source = f"{self.expressions.buffer(form.rest.last)} + i"
                text.line(f"{printer.own(form.rest.last)} = nl_get_lasts(lanes, {source}, first_step);")
        with self.steps(), self._vectors():
            self._step(form, printer)
        with self._vectors():
            for array in form.kept:
                where = "if constexpr (!how.is_quick) " if array in between else ""
                target = f"{self.expressions.buffer(array)} + i"
                text.line(f"{where}nl_put(lanes, {target}, {printer.own(array)});")

    def _step(self, form: Stepwise, printer: StepPrinter) -> None:
        text = self.text
        for kernel in form.dense:
            text.comment(kernel.name)
            with text.block():
                for statement in kernel.body:
                    self._first_arrivals(statement, form, printer)
                    self._own_statement(statement, printer)
        for counts in form.counts:
            text.line(f"nl_clear_high(how, {printer.at(counts)}[later], i);")
        if form.condition is None:
            return
        text.line(f"const nl_flags fires_now = {printer.text(form.condition, 'bool')};")
        for statement in form.reset:
            self._own_statement(statement, printer, "fires_now")
        if form.rest is not None:
            own = printer.own(form.rest.last)
            text.line(f"{own} = nl_rest_until(fires_now, lasting[later], {own});")
        text.line(f"nl_put_bits(lanes, fires + {STRETCH // BLOCK} * later, i - first, fires_now);")

    def _first_arrivals(self, statement: Statement, form: Stepwise, printer: StepPrinter) -> None:
        """Begin the next statement with what its quick form does instead."""
        for arriving in form.arriving:
            if statement == arriving.statement:
                weight, number = printer.text(arriving.weight), f"{printer.at(arriving.counts)}[later]"
                value = f"nl_fma({weight}, nl_biased({number}, i), -NL_BIAS * {weight})"
                self.text.line(f"if constexpr (how.is_quick) {printer.own(arriving.array)} = {value};")
                self.text.line("else")

    def _own_statement(self, statement: Statement, printer: StepPrinter, where: str = "") -> None:
        """A statement on values in registers; ``where``: for some neurons only."""
        match statement:
            case Comment(text=text):
                self.text.comment(text)
            case Let(name=name, value=value):
                self.text.line(f"const {TYPES[value.type]} {printer.symbol(name)} = {printer.text(value)};")
            case Store(array=array, value=value):
                self._keep(printer.own(array), printer.text(value, "real"), where)
            case Accumulate(array=array, op=op, value=value):
                old, new = printer.own(array), printer.text(value, "real")
                if op in ("min", "max"):
                    new = f"nl_{op}({old}, {new})"
                elif op != "=":
                    new = f"{old} {op} ({new})"
                self._keep(old, new, where)

    def _keep(self, own: str, value: str, where: str) -> None:
        self.text.line(f"{own} = nl_choose({where}, {value}, {own});" if where else f"{own} = {value};")

    def _emit_all(self, form: Stepwise) -> None:
        """What else the neurons of a stretch do that fired, step after step."""
        text = self.text
        number = f"(last - first + {BLOCK - 1}) / {BLOCK}"
        with self.steps(), self.each_set(f"fires + {STRETCH // BLOCK} * later", number):
            text.line(f"const int64_t i = first + {BLOCK} * word + __builtin_ctzll(left);")
            self.body(form.then)

    @contextmanager
    def _vectors(self) -> Iterator[None]:
        """A loop over the vectors whose values are in registers."""
        self.text.line(f"#pragma GCC unroll {MOST_TOGETHER}")
        with self.text.block("for (int64_t c = 0; c < together; ++c)"):
            self.text.line("[[maybe_unused]] const int64_t i = from + c * nl_width;")
            self.text.line("[[maybe_unused]] const auto lanes = how.lanes(last - i);")
            yield


def _with_slots(node: Any, slots: Mapping[Expr, Symbol]) -> Any:
    """A kernel with symbols in place of the slots of the step."""
    if isinstance(node, Op) and node in slots:
        return slots[node]
    return rebuilt(node, lambda part: _with_slots(part, slots))


def _passing(stages: Sequence[Stage]) -> Iterator[str]:
    """Buffers that each step writes before it reads them, within one loop of vectors: only what the last step
    of a block writes is seen."""
    for stage in stages:
        others = [kernel for other in stages if other is not stage for kernel in (*other.dense, other.rare)]
        elsewhere = set().union(*(touched_buffers(kernel) for kernel in others if kernel is not None))
        if stage.rare is not None and (test := rare_condition(stage.rare)) is not None:
            elsewhere |= touched_buffers(replace(stage.rare, body=test.then))
        read: set[str] = set()
        for statement in (s for kernel in stage.dense if stage.vectors for s in kernel.body):
            read |= loaded(expressions_of_body([statement]))
            match statement:
                case Store(array=array) if array not in read | elsewhere:
                    yield array
                case Accumulate(array=array):
                    read.add(array)
