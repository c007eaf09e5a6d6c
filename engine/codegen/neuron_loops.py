"""Loops over neurons: fused blocks, reductions, the neurons that spiked, and what is done once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from engine.codegen.access import event_list
from engine.codegen.ir import Each, EachBlock, EachSpike, Emit, Kernel, Total
from engine.codegen.loop_parts import for_all_events, vectorises
from engine.codegen.plan import Entry, Rest
from engine.codegen.traverse import (
    iteration_expressions,
    rare_condition,
    statements,
    symbols,
    written_buffers,
)
from engine.codegen.vector_loops import ALONE_STRETCH, BLOCK, STRETCH, VectorLoops, block_draws
from engine.codegen.vectors import has_vectors, is_worth_it, rests_as_bits

ALONE = 2
"""Neurons up to which a loop over single ones is faster than a part of a vector."""


class NeuronLoops(VectorLoops):
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
            self.gather_inputs(kernels)
            with ExitStack() as stack:
                if kernels[0].condition is not None:
                    condition = self.expressions.text(kernels[0].condition, "bool")
                    stack.enter_context(self.text.block(f"if ({condition})"))
                self._blocks(kernels, *self.bounds(domain.count))
            if kernels[0].condition is not None and id(kernels[0]) in self.inputs:
                with self.text.block("else"):
                    self.add_inputs(kernels, *self.bounds(domain.count), at_once=True)
            for events in dict.fromkeys(emitted):
                self._close_segment(events)

    def _one_after_the_other(self, kernels: Sequence[Kernel], lower: str, upper: str) -> None:
        """So few neurons that none of them waits for a vector: each does all of its kernels in turn."""
        self.expressions.drawn = {}
        with self.text.block(f"for (int64_t i = {lower}; i < {upper}; ++i)"):
            for kernel in kernels:
                self.text.comment(kernel.name)
                with self.text.block():
                    self.body(kernel.body)

    def _blocks(self, kernels: Sequence[Kernel], lower: str, upper: str) -> None:
        if self.plan.few.get(count_of(kernels), ALONE + 1) <= ALONE:
            self._one_after_the_other(kernels, lower, upper)
            return
        rests = rests_as_bits(self.plan, kernels)
        stages = self._stages(kernels, rests)
        if any(stage.vectors for stage in stages) and is_worth_it(kernels):
            self._stretches(stages, rests, lower, upper)
            return
        if len(stages) == 1 and stages[0].rare is None and not block_draws(stages[0].dense):
            self._dense(stages[0], lower, upper)
            return
        self._declare_fires(stages)
        self._in_blocks(stages, lower, upper)

    def takes_inputs(self, kernels: Sequence[Kernel]) -> bool:
        """Are the first of these kernels printed as vectors, block after block?"""
        if self.plan.few.get(count_of(kernels), ALONE + 1) <= ALONE or not is_worth_it(kernels):
            return False
        first = self._stages(kernels, rests_as_bits(self.plan, kernels))[0]
        return first.vectors and first.dense[:1] == list(kernels[:1])

    def _stretches(self, stages: Sequence[Stage], rests: Sequence[Rest], lower: str, upper: str) -> None:
        """Stage after stage, vectors where they can be, for so many neurons that they stay in the cache."""
        self.wake(rests)
        self._declare_fires([stage for stage in stages if not stage.vectors])
        if len(stages) == 1 and stages[0].rare is None:
            self.vectors(stages[0].dense, None, lower, upper)
            return
        stretch = STRETCH if len(stages) > 1 else ALONE_STRETCH
        with self.text.block(f"for (int64_t first = {lower}; first < {upper}; first += {stretch})"):
            self.text.line(f"const int64_t last = nl_min(first + {stretch}, {upper});")
            self.stage_after_stage(stages, stretch)

    def stage_after_stage(self, stages: Sequence[Stage], stretch: int = STRETCH) -> None:
        """Neurons from ``first`` up to ``last``, at most ``stretch``, vectors where they can be."""
        for stage in stages:
            with self.text.block():
                if not stage.vectors:
                    self._in_blocks([stage], "first", "last")
                    continue
                if stage.rare is not None:
                    self.text.line(f"int64_t fires[{stretch // BLOCK}] = {{}};")
                self.vectors(stage.dense, stage.rare, "first", "last")
                if stage.rare is not None:
                    self.fired(stage.rare, "first", "last")

    def _declare_fires(self, stages: Sequence[Stage]) -> None:
        if any(stage.rare is not None for stage in stages):
            self.text.line(f"alignas({BLOCK}) {self._flag} fires[{BLOCK}] = {{}};")

    def _in_blocks(self, stages: Sequence[Stage], lower: str, upper: str) -> None:
        with self.text.block(f"for (int64_t begin = {lower}; begin < {upper}; begin += {BLOCK})"):
            self.text.line(f"const int64_t end = nl_min(begin + {BLOCK}, {upper});")
            for stage in stages:
                with ExitStack() as stack:
                    if stage.rare is not None and len(stages) > 1:
                        stack.enter_context(self.text.block())
                    self._dense(stage, "begin", "end")
                    if stage.rare is not None:
                        self._rare(stage.rare)

    def _dense(self, stage: Stage, lower: str, upper: str) -> None:
        kernels = stage.dense
        self.draw(kernels)
        if all(vectorises(kernel.body) for kernel in kernels):
            self.text.line("#pragma omp simd")
        with self.text.block(f"for (int64_t i = {lower}; i < {upper}; ++i)"):
            for kernel in kernels:
                self.text.comment(kernel.name)
                with ExitStack() as stack:
                    if len(kernels) > 1:
                        stack.enter_context(self.text.block())
                    self.body(kernel.body)
            if stage.rare is not None:
                test = rare_condition(stage.rare)
                assert test is not None
                fires = self.expressions.text(test.condition, "bool")
                self.text.line(f"fires[i - begin] = -({self._flag})({fires});")

    def _stages(self, kernels: Sequence[Kernel], rests: Sequence[Rest]) -> list[Stage]:
        """Kernels that share one inner loop: of one kind, the last of them a rare one."""
        stages: list[Stage] = []
        dense: list[Kernel] = []
        kinds: set[str] = set()
        for kernel in kernels:
            rare = rare_condition(kernel) is not None
            kind = "vectors" if has_vectors(kernel, self.plan, rests) else "loop"
            if not rare and not vectorises(kernel.body):
                kind = "one by one"
            if dense and not rare and (kind not in kinds or kind == "one by one"):
                stages.append(Stage(dense, None, kinds == {"vectors"}))
                dense, kinds = [], set()
            if rare and kinds == {"one by one"}:
                stages.append(Stage(dense))
                dense, kinds = [], set()
            kinds.add(kind)
            if rare:
                stages.append(Stage(dense, kernel, kinds == {"vectors"}))
                dense, kinds = [], set()
            else:
                dense.append(kernel)
        return [*stages, Stage(dense, None, kinds == {"vectors"})] if dense else stages

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
            same, body = for_all_events(kernel.body, written_buffers(kernel))
            with self._segment(listed, "thread", same):
                self.text.line(f"const int64_t i = {self.expressions.buffer(listed.ranks)}[event];")
                self.body(body)
            for events in emitted:
                self._close_segment(events)

    def once(self, kernel: Kernel) -> None:
        """A single iteration, on the first thread."""
        with self._when(kernel, "thread == 0"):
            self.body(kernel.body)


def count_of(kernels: Sequence[Kernel]) -> str:
    """Size symbol of the population that kernels iterate."""
    domain = kernels[0].domain
    assert isinstance(domain, Each)
    return domain.count


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


@dataclass(frozen=True)
class Stage:
    """Kernels that share one inner loop, ended by the test of a rare one.

    ``vectors`` says whether all of them can be printed as explicit vectors.
    """

    dense: list[Kernel]
    rare: Kernel | None = None
    vectors: bool = False
