"""Loops over neurons: fused blocks, reductions, the neurons that spiked, and what is done once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.access import event_list
from engine.codegen.expressions import OF_STANDARD_NUMBERS
from engine.codegen.ir import Draw, Each, EachBlock, EachSpike, Emit, Kernel, Symbol, Total
from engine.codegen.loop_parts import LoopParts, vectorises
from engine.codegen.plan import Entry
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


class NeuronLoops(LoopParts):
    """Prints the loops over the neurons of a population."""

    # --- every neuron ---------------------------------------------------------------------------------

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

    def _blocks(self, kernels: Sequence[Kernel], lower: str, upper: str) -> None:
        stages = _stages(kernels)
        if len(stages) == 1 and stages[0][1] is None and not _block_draws(stages[0][0]):
            self._dense(stages[0][0], None, lower, upper)
            return
        if any(rare is not None for _, rare in stages):
            self.text.line(f"alignas({BLOCK}) {self._flag} fires[{BLOCK}] = {{}};")
        with self.text.block(f"for (int64_t begin = {lower}; begin < {upper}; begin += {BLOCK})"):
            self.text.line(f"const int64_t end = nl_min(begin + {BLOCK}, {upper});")
            for dense, rare in stages:
                with ExitStack() as stack:
                    if rare is not None and len(stages) > 1:
                        stack.enter_context(self.text.block())
                    self._dense(dense, rare, "begin", "end")
                    if rare is not None:
                        self._rare(rare)

    def _dense(self, kernels: Sequence[Kernel], rare: Kernel | None, lower: str, upper: str) -> None:
        bodies = [kernel.body for kernel in kernels]
        self._draw(kernels)
        if all(vectorises(body) for body in bodies):
            self.text.line("#pragma omp simd")
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
                fires = self.expressions.text(test.condition, "bool")
                self.text.line(f"fires[i - begin] = -({self._flag})({fires});")

    def _draw(self, kernels: Sequence[Kernel]) -> None:
        """The block's standard random numbers, all at once."""
        e = self.expressions
        e.drawn = {}
        for draw in _block_draws(kernels):
            if draw.stream not in e.drawn:
                name = self.identifiers.of("drawn", f"drawn_{draw.stream}")
                kind, _ = OF_STANDARD_NUMBERS[draw.distribution]
                self.text.line(f"alignas(64) real {name}[{BLOCK}];")
                self.text.line(f"nl_fill_{kind}({name}, {e.place(draw, 'begin')});")
                e.drawn[draw.stream] = name

    @property
    def _flag(self) -> str:
        """Type of a flag that is as wide as a number, so that vectors of both have equally many elements."""
        return "int32_t" if self.plan.precision == "float" else "int64_t"

    def _rare(self, kernel: Kernel) -> None:
        """The neurons of the block for which the condition held, by ascending rank."""
        test = rare_condition(kernel)
        assert test is not None
        self.text.comment(kernel.name)
        header = "for (uint64_t left = nl_mask(fires, end - begin); left; left &= left - 1)"
        with self.text.block(header):
            self.text.line("const int64_t i = begin + __builtin_ctzll(left);")
            self.body(test.then)

    # --- reductions -----------------------------------------------------------------------------------

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

    # --- some neurons, or none ------------------------------------------------------------------------

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

    def once(self, kernel: Kernel) -> None:
        """A single iteration, on the first thread."""
        with self._when(kernel, "thread == 0"):
            self.body(kernel.body)


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


def _block_draws(kernels: Sequence[Kernel]) -> list[Draw]:
    """Draws of which each neuron of a block has one, whatever else happens."""
    if not all(vectorises(kernel.body) for kernel in kernels):
        return []
    found = (e for kernel in kernels for e in expressions_of_body(kernel.body) if isinstance(e, Draw))
    return [e for e in found if e.distribution in OF_STANDARD_NUMBERS and e.index == Symbol("i", "int")]


def _stages(kernels: Sequence[Kernel]) -> list[tuple[list[Kernel], Kernel | None]]:
    """Kernels that share one inner loop: vectorising ones, ended by the test of a rare one."""
    stages: list[tuple[list[Kernel], Kernel | None]] = []
    dense: list[Kernel] = []
    for kernel in kernels:
        if rare_condition(kernel) is not None:
            stages.append((dense, kernel))
            dense = []
        elif not vectorises(kernel.body):
            stages += [(dense, None)] if dense else []
            stages.append(([kernel], None))
            dense = []
        else:
            dense.append(kernel)
    return [*stages, (dense, None)] if dense else stages
