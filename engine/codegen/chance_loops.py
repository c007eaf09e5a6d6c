"""Loops over neurons that are picked at random: groups, each with the gaps between those picked."""

from __future__ import annotations

from collections.abc import Sequence

from engine.codegen.ir import Draw, EachChance, Emit, Kernel, Statement, Symbol
from engine.codegen.loop_parts import LoopParts
from engine.codegen.traverse import expressions_of_body, statements, symbols

BLOCK = 64
"""Neurons that belong to one thread."""

NEURON = Symbol("i", "int")


class ChanceLoops(LoopParts):
    """Prints the loops over neurons that are picked at random."""

    def chances(self, kernel: Kernel) -> None:
        """Every neuron of the thread that is picked. A group that threads share is drawn by each of them."""
        domain = kernel.domain
        assert isinstance(domain, EachChance)
        group, (lower, upper) = domain.group, self.bounds(domain.count)
        emitted = dict.fromkeys(s.events for s in statements(kernel.body) if isinstance(s, Emit))
        with self.text.block():
            for events in emitted:
                self._open_segment(events)
            with self._when(kernel):
                chance = self.expressions.text(domain.chance, "real")
                header = "const auto chance_of = [&](const int64_t i) __attribute__((always_inline))"
                self.text.line(f"{header} {{ return (real)({chance}); }};")
                start = f"{lower} / {group} * {group}"
                with self.text.block(f"for (int64_t begin = {start}; begin < {upper}; begin += {group})"):
                    size = f"nl_min({group}, {self.expressions.size(domain.count)} - begin)"
                    self.text.line(f"const int64_t size = {size};")
                    if domain.window > 1:
                        self._of_window(domain, kernel.body)
                    else:
                        self._of_step(domain, kernel.body)
            for events in emitted:
                self._close_segment(events)

    def _of_step(self, domain: EachChance, body: Sequence[Statement]) -> None:
        """Those picked of the group that begins at ``begin``."""
        text, e = self.text, self.expressions
        has_units = domain.scale is None or "unit" in symbols(expressions_of_body(body))
        text.line(f"uint16_t picked[{domain.group + 32}];")
        units = "units" if has_units else "(double*)0"
        if has_units:
            text.line(f"alignas(64) double units[{domain.group + 32}];")
        if domain.scale is None:
            text.line("const double largest = nl_largest(begin, size, chance_of);")
            chance, scale = "largest", "1.0 / nl_log1p(-largest)"
        else:
            chance, scale = e.text(domain.chance, "real"), e.text(domain.scale, "real")
        call = f"nl_pick<{str(has_units).lower()}>"
        of = f"size, {chance}, {scale}, chance_of, picked, {units}"
        text.line(f"const int64_t number = {call}({self._places(domain)}, {of});")
        with text.block("for (int64_t k = 0; k < number; ++k)"):
            text.line("const int64_t i = begin + picked[k];")
            self._skip(domain)
            if has_units:
                text.line("const real unit = (real)units[k];")
            if domain.scale is None:
                text.line("if (!(unit < chance_of(i))) continue;")
            self.body(body)

    def _of_window(self, domain: EachChance, body: Sequence[Statement]) -> None:
        """Those picked of a group in one step of its window."""
        text, e = self.text, self.expressions
        kept = f"{e.buffer(domain.kept)} + (begin / {domain.group} + thread) * {e.size(domain.room)}"
        text.line(f"uint16_t* const kept = {kept};")
        if domain.scale is None:
            own, chances = "true", "0.0, 0.0"
        else:
            chance, scale = e.text(domain.chance, "real"), e.text(domain.scale, "real")
            own, chances = "false", f"{chance}, {scale}"
        text.line(
            f"const nl_picks picks = nl_pick_of_window<{own}>"
            f"({self._places(domain)}, {domain.window}, {self.first_of_call}, "
            f"size, {chances}, kept, chance_of);"
        )
        text.line("int64_t next = picks.next;")
        with text.block("for (; kept[32 + next] < picks.end; ++next)"):
            text.line("const int64_t i = picks.first + kept[32 + next];")
            self._skip(domain)
            self.body(body)
        text.line("kept[0] = (uint16_t)next;")

    @property
    def first_of_call(self) -> str:
        """Text of whether this is the first step of a call of the library."""
        return "done == 0"

    def _skip(self, domain: EachChance) -> None:
        """Pass over the neurons of another thread."""
        lower, upper = self.bounds(domain.count)
        if domain.group > BLOCK:
            self.text.line(f"if (i < {lower} || i >= {upper}) continue;")

    def _places(self, domain: EachChance) -> str:
        """Where the gaps of a group are drawn, and the numbers of each of its neurons."""
        streams = (domain.gaps, domain.stream)
        return ", ".join(self.expressions.place(Draw("Uniform", (), k, NEURON), "begin") for k in streams)
