"""Loops over neurons as explicit vectors (see ``vectors.py``), each in a function of its own.

There all arrays are known not to overlap and what is the same for all neurons stays in registers, whatever
else the time loop needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from engine.codegen.dense_inputs import DenseInputs
from engine.codegen.expressions import OF_STANDARD_NUMBERS
from engine.codegen.ir import Accumulate, Comment, Draw, Kernel, Let, Load, Statement, Store
from engine.codegen.loop_parts import vectorises
from engine.codegen.plan import Rest
from engine.codegen.text import Text
from engine.codegen.traverse import expressions_of_body, rare_condition, written_buffers
from engine.codegen.vectors import NEURON, TYPES, VectorPrinter

BLOCK = 64
"""Neurons that fused kernels handle before the next ones: one kernel's results are still in the cache when
the following kernel reads them."""

DRAWN = 2 * BLOCK
"""Neurons whose random numbers are made at a time."""

STRETCH = 16 * BLOCK
"""Neurons of which all that fire are known before the first of them is looked at."""

ALONE_STRETCH = 64 * BLOCK
"""The same where there is one stage: nothing that it reads is met again in this step."""

UNROLLED = 4
"""Vectors between two looks at whether there are more, where an iteration is short."""

SHORT = 100
"""Parts of the expressions of a short iteration."""


class VectorLoops(DenseInputs):
    """Prints the vector form of loops over the neurons of a population."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: dict[str, Rest] = {}
        """Refractory periods that are kept as bits, by their buffer of last steps."""
        self.apart = False
        """Is the loop that was printed last to be a function of its own?"""
        self.uses_vectors = False
        self.passing: frozenset[str] = frozenset()
        """Buffers of which only the last step of a block is seen."""

    def _vector_printer(self) -> VectorPrinter:
        """A printer of vectors that shares names with the one of single neurons."""
        one = self.expressions
        vectors = VectorPrinter(self.plan, self.identifiers, one.scalars)
        vectors.rests = tuple(self.kept.values())
        vectors.drawn = one.drawn
        return vectors

    def wake(self, rests: Iterable[Rest]) -> None:
        """Take back the bits of neurons whose refractory period is over."""
        for rest in rests:
            self.kept[rest.last] = rest
            self.text.line(f"nl_wake(step, {self._rest(rest)});")

    def find_resting(self, text: Text) -> None:
        """Make the bits before the first step of a call."""
        for rest in self.kept.values():
            lower, upper = self.bounds(rest.count)
            text.line(f"nl_find_resting({lower}, {upper}, clock[0], {self._rest(rest)});")

    def _rest(self, rest: Rest) -> str:
        last, resting, following, due = map(self.expressions.buffer, (rest.last, *rest.scratch))
        return f"{last}, {resting}, {following}, {due} + 64 * thread"

    def _write(self, statement: Store | Accumulate) -> None:
        super()._write(statement)
        if rest := self.kept.get(statement.array):
            self.text.line(f"nl_rest(i, step, {self._rest(rest)});")

    # --- vectors --------------------------------------------------------------------------------------

    def vectors(self, kernels: Sequence[Kernel], rare: Kernel | None, lower: str, upper: str) -> None:
        """Neurons from ``lower`` up to ``upper``; a rare kernel's ``fires`` are bits from ``lower`` on."""
        draws = any(isinstance(e, Draw) for k in kernels for e in expressions_of_body(k.body))
        if kernels and id(kernels[0]) in self.inputs:
            self._vectors_after_inputs(kernels, rare, lower, upper, draws)
            return
        with self.text.block():
            if not draws:
                self._neurons(kernels, rare, lower, lower, upper)
                return
            with self._pieces(lower, upper, DRAWN):
                self.draw(kernels, DRAWN)
                self._neurons(kernels, rare, lower, "begin", "end")

    def _vectors_after_inputs(
        self, kernels: Sequence[Kernel], rare: Kernel | None, lower: str, upper: str, draws: bool
    ) -> None:
        """The same, each block right after what spikes add to it; single precision draws for two of them."""
        at_once = DRAWN if draws and self.plan.precision == "float" else BLOCK
        with self._pieces(lower, upper, at_once):
            if at_once == BLOCK:
                self.add_inputs(kernels, "begin", "end")
                if draws:
                    self.draw(kernels, BLOCK)
                self._neurons(kernels, rare, lower, "begin", "end")
                return
            self.draw(kernels, at_once)
            with self.text.block(f"for (int64_t from = begin; from < end; from += {BLOCK})"):
                self.text.line(f"const int64_t until = nl_min(from + {BLOCK}, end);")
                self.add_inputs(kernels, "from", "until")
                self._neurons(kernels, rare, lower, "from", "until")

    @contextmanager
    def _pieces(self, lower: str, upper: str, size: int) -> Iterator[None]:
        """A loop over so many neurons at a time: from ``begin`` up to ``end``."""
        with self.text.block(f"for (int64_t begin = {lower}; begin < {upper}; begin += {size})"):
            self.text.line(f"const int64_t end = nl_min(begin + {size}, {upper});")
            yield

    def _neurons(
        self, kernels: Sequence[Kernel], rare: Kernel | None, origin: str, lower: str, upper: str
    ) -> None:
        text, printer = self.text, self._vector_printer()
        self.apart = self.uses_vectors = True
        arrays = set().union(*(written_buffers(kernel) for kernel in kernels)) & self.passing
        printer.passing = {name: self.identifiers.of("passing", f"{name}_now") for name in sorted(arrays)}
        ends = ", const auto ends" if arrays else ""
        header = f"const auto neurons = [&](const auto lanes, const int64_t i{ends})"
        with text.block(f"{header} __attribute__((always_inline))", ";"):
            for name in printer.passing.values():
                text.line(f"nl_reals {name};")
            for kernel in kernels:
                text.comment(kernel.name)
                with ExitStack() as stack:
                    if len(kernels) > 1:
                        stack.enter_context(text.block())
                    for statement in kernel.body:
                        self._vector_statement(statement, printer)
            if rare is not None and (test := rare_condition(rare)) is not None:
                fires = printer.text(test.condition, "bool")
                text.line(f"nl_put_bits(lanes, fires, i - {origin}, {fires});")
        text.line(f"int64_t i = {lower};")
        parts = sum(1 for kernel in kernels for _ in expressions_of_body(kernel.body))
        if parts <= SHORT and not arrays:
            text.line(f"#pragma GCC unroll {UNROLLED}")
        whole = f"for (; i + nl_width <= {upper}; i += nl_width) neurons(nl_whole(), i"
        if arrays:
            text.line("if (later + 1 < length)")
            text.line(f"    {whole}, nl_no());")
        text.line(f"{whole}{', nl_yes()' if arrays else ''});")
        text.line(f"if (i < {upper}) neurons(nl_part{{{upper} - i}}, i{', nl_yes()' if arrays else ''});")

    def _vector_statement(self, statement: Statement, printer: VectorPrinter) -> None:
        match statement:
            case Comment(text=text):
                self.text.comment(text)
            case Let(name=name, value=value):
                self.text.line(f"const {TYPES[value.type]} {printer.symbol(name)} = {printer.text(value)};")
            case Store(array=array, value=value):
                self._put(array, printer.text(value, "real"), printer)
            case Accumulate(array=array, op=op, value=value):
                old = printer.text(Load(array, NEURON))
                new = printer.text(value, "real")
                if op in ("min", "max"):
                    new = f"nl_{op}({old}, {new})"
                elif op != "=":
                    new = f"{old} {op} ({new})"
                self._put(array, new, printer)

    def _put(self, array: str, value: str, printer: VectorPrinter) -> None:
        if name := printer.passing.get(array):
            self.text.line(f"{name} = {value};")
            self.text.line(
                f"if constexpr (ends.are) nl_put(lanes, {self.expressions.buffer(array)} + i, {name});"
            )
            return
        self.text.line(f"nl_put(lanes, {self.expressions.buffer(array)} + i, {value});")

    def fired(self, kernel: Kernel, lower: str, upper: str) -> None:
        """The neurons whose bit of ``fires`` is set, by ascending rank."""
        test = rare_condition(kernel)
        assert test is not None
        self.text.comment(kernel.name)
        number = f"({upper} - {lower} + {BLOCK - 1}) / {BLOCK}"
        with self.each_set("fires", number):
            self.text.line(f"const int64_t i = {lower} + {BLOCK} * word + __builtin_ctzll(left);")
            self.body(test.then)

    @contextmanager
    def each_set(self, words: str, number: str) -> Iterator[None]:
        """A loop over the bits that are set in so many words: the first one of ``left`` in each ``word``."""
        some = f"uint64_t some = nl_words_with_bits({words}, {number})"
        with self.text.block(f"for ({some}; some; some &= some - 1)"):
            self.text.line("const int64_t word = __builtin_ctzll(some);")
            with self.text.block(f"for (uint64_t left = (uint64_t)({words})[word]; left; left &= left - 1)"):
                yield

    # --- random numbers -------------------------------------------------------------------------------

    def draw(self, kernels: Sequence[Kernel], number: int = BLOCK) -> None:
        """Standard random numbers of so many neurons from ``begin`` on, all at once: a block, or two."""
        e = self.expressions
        e.drawn = {}
        for draw in block_draws(kernels):
            if draw.stream not in e.drawn:
                name = self.identifiers.of("drawn", f"drawn_{draw.stream}")
                kind, _ = OF_STANDARD_NUMBERS[draw.distribution]
                place = e.place(draw, "begin")
                self.text.line(f"alignas(64) real {name}[{number}];")
                some = "" if number == BLOCK else ", end - begin"
                self.text.line(f"nl_fill_{kind}({name}, {place}{some});")
                e.drawn[draw.stream] = name


def block_draws(kernels: Sequence[Kernel]) -> list[Draw]:
    """Draws of which each neuron of a block has one, whatever else happens."""
    if not all(vectorises(kernel.body) for kernel in kernels):
        return []
    found = (e for kernel in kernels for e in expressions_of_body(kernel.body) if isinstance(e, Draw))
    return [e for e in found if e.distribution in OF_STANDARD_NUMBERS and e.index == NEURON]
