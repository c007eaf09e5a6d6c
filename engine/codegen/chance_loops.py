"""Loops over neurons that are picked at random: groups, each with the gaps between those picked."""

from __future__ import annotations

from engine.codegen.ir import GROUP, Draw, EachChance, Emit, Kernel, Symbol
from engine.codegen.loop_parts import LoopParts
from engine.codegen.traverse import expressions_of_body, statements, symbols

BLOCK = 64
"""Neurons of a group in which each has a chance of its own."""

NEURON = Symbol("i", "int")


class ChanceLoops(LoopParts):
    """Prints the loops over neurons that are picked at random."""

    def chances(self, kernel: Kernel) -> None:
        """Every neuron of the thread that is picked. A group that threads share is drawn by each of them."""
        domain = kernel.domain
        assert isinstance(domain, EachChance)
        group = BLOCK if domain.scale is None else GROUP
        lower, upper = self.bounds(domain.count)
        emitted = dict.fromkeys(s.events for s in statements(kernel.body) if isinstance(s, Emit))
        has_units = "unit" in symbols(expressions_of_body(kernel.body))
        with self.text.block():
            for events in emitted:
                self._open_segment(events)
            with self._when(kernel):
                self.text.line(f"int32_t picked[{GROUP + 16}];")
                if has_units:
                    self.text.line(f"alignas(64) double units[{GROUP + 16}];")
                start = f"{lower} / {group} * {group}"
                with self.text.block(f"for (int64_t begin = {start}; begin < {upper}; begin += {group})"):
                    self._picked(domain, group, has_units)
                    with self.text.block("for (int64_t k = 0; k < number; ++k)"):
                        self.text.line("const int64_t i = begin + picked[k];")
                        if group > BLOCK:
                            self.text.line(f"if (i < {lower}) continue;")
                        if has_units:
                            self.text.line("const real unit = (real)units[k];")
                        self.body(kernel.body)
            for events in emitted:
                self._close_segment(events)

    def _picked(self, domain: EachChance, group: int, has_units: bool) -> None:
        """Those picked of the group that begins at ``begin``, up to the end of the thread's neurons."""
        text, e = self.text, self.expressions
        _, upper = self.bounds(domain.count)
        text.line(f"const int64_t end = nl_min(begin + {group}, {upper});")
        if domain.scale is None:
            text.line("real largest = 0;")
            text.line("#pragma omp simd reduction(max : largest)")
            with text.block("for (int64_t i = begin; i < end; ++i)"):
                text.line(f"const real chance = {e.text(domain.chance, 'real')};")
                text.line("largest = chance > largest ? chance : largest;")
            text.line("const double scale = 1.0 / nl_log1p(-(double)largest);")
            chance, scale = "largest", "scale"
        else:
            chance, scale = e.text(domain.chance, "real"), e.text(domain.scale, "real")
        gaps, each = (
            e.place(Draw("Uniform", (), stream, NEURON), "begin") for stream in (domain.gaps, domain.stream)
        )
        units = "units" if has_units else "(double*)0"
        text.line(
            f"const int64_t number = nl_pick<{str(has_units).lower()}>"
            f"({gaps}, {each}, end - begin, {chance}, {scale}, picked, {units});"
        )
