"""What follows from the clock, as text: counters of periods, and numbers that are made 16 steps at a time."""

from __future__ import annotations

import re
from typing import Any

from engine.codegen.expressions import C_TYPES, STORAGE
from engine.codegen.ir import Expr, Let, Load, Op, Symbol
from engine.codegen.loop_parts import LoopParts
from engine.codegen.outlining import BORDER, LOOP
from engine.codegen.step_values import is_counted
from engine.codegen.text import Text
from engine.codegen.traverse import subexpressions, symbols

TOGETHER = 16
"""Steps whose numbers are made at once: whole vectors in both precisions."""

_LASTS = re.compile(r"(step|tick)( - \w+)?")
"""A clock that is moved by what is loaded before the loop, or not at all."""
_CLOCK = {"step": "clock[0]", "tick": "clock[1]"}


class ClockValues(LoopParts):
    """Prints what a step needs of values that follow from the clock."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.counts_periods = True
        """Does one step follow the other, so that periods can be counted?"""
        self._periods: dict[tuple[str, str, str], str] = {}
        self._numbers = [let for let in self.plan.of_steps if not is_counted(let)]
        self._counted = [let for let in self.plan.of_steps if is_counted(let)]
        for let in self._counted:
            start, length = _start_and_length(let)
            key = (self.expressions.text(start, "int"), self.expressions.text(length, "int"), "")
            self._periods[key] = self.expressions.symbol(let.name)

    def period(self, start: str, length: str, only_if: str = "") -> str:
        """Text of ``start`` modulo ``length``: a counter where ``start`` is the clock's."""
        key = (start.removesuffix(" - 0L"), length, only_if)
        of_steps = {self.expressions.symbol(let.name) for let in self.plan.of_steps}
        moved_by_the_clock = key[0].split()[-1] in of_steps
        if not self.counts_periods or moved_by_the_clock or not (only_if or _LASTS.fullmatch(key[0])):
            return super().period(start, length, only_if)
        if key not in self._periods:
            self._periods[key] = self.identifiers.of("period", f"turn{len(self._periods)}")
        return self._periods[key]

    def clock_values(self, used: set[str], before: Text) -> list[str]:
        """Lines at the beginning of a step that bind what is used, and those ``before`` the loop."""
        lines: list[str] = []
        given = set(self._given())
        for (start, length, only_if), name in self._periods.items():
            if name not in used | given:
                continue
            first = re.sub(r"^(step|tick)\b", lambda clock: _CLOCK[clock[1]], start)
            value = f"nl_floor_mod({first}, {length})"
            following = self.identifiers.of("following", f"next_{name}")
            before.line(f"int64_t {following} = {f'{only_if} ? {value} : 0' if only_if else value};")
            lines.append(f"const int64_t {name} = {following};")
            lines.append(f"{following} = {name} + 1 < {length} ? {name} + 1 : 0;")
        if self._numbers:
            before.line(f"alignas(64) real of_steps[{TOGETHER * len(self._numbers)}];")
            arguments = ", ".join([*self._given(), "of_steps"])
            lines.append(f"if ((done & {TOGETHER - 1}) == 0) nl_values_of_steps({arguments});")
        for number, let in enumerate(self._numbers):
            name = self.expressions.symbol(let.name)
            lines.append(f"const real {name} = of_steps[{TOGETHER * number} + (done & {TOGETHER - 1})];")
        return lines

    def function_of_steps(self) -> list[str]:
        """Lines of the function that makes the numbers of :data:`TOGETHER` steps."""
        if not self._numbers:
            return []
        text, given, e = Text(), self._given(), self.expressions
        lengths = {e.symbol(let.name): e.text(_start_and_length(let)[1]) for let in self._counted}
        moving = {"step", "tick", *lengths} & given.keys()
        parameters = [f"const {kind} {'first_' * (name in moving)}{name}" for name, kind in given.items()]
        text.line(f"{BORDER}numbers of steps")
        with text.block(f"{LOOP}nl_values_of_steps({', '.join([*parameters, 'real* __restrict of_steps'])})"):
            for name in sorted(moving & lengths.keys()):
                text.line(f"int64_t {name}_of[{TOGETHER}];")
                text.line(f"{name}_of[0] = first_{name};")
                last = f"{name}_of[k - 1] + 1"
                following = f"{name}_of[k] = {last} < {lengths[name]} ? {last} : 0;"
                text.line(f"for (int64_t k = 1; k < {TOGETHER}; ++k) {following}")
            text.line("#pragma omp simd")
            with text.block(f"for (int64_t k = 0; k < {TOGETHER}; ++k)"):
                for name in sorted(moving):
                    value = f"{name}_of[k]" if name in lengths else f"first_{name} + k"
                    text.line(f"const int64_t {name} = {value};")
                if "t" in symbols(let.value for let in self._numbers):
                    text.line(f"const real t = (real)((double)step * {self.plan.dt!r});")
                for number, let in enumerate(self._numbers):
                    text.line(f"of_steps[{TOGETHER * number} + k] = {e.text(let.value, 'real')};")
        return text.lines

    def _given(self) -> dict[str, str]:
        """Identifiers and types of what the numbers are made of."""
        e, types = self.expressions, dict[str, str]()
        bound = {let.name: let for let in (*self.plan.prologue, *self.plan.of_steps)}
        waiting: list[Expr] = [let.value for let in self._numbers]
        while waiting:
            for part in subexpressions(waiting.pop()):
                if isinstance(part, Load):
                    types[e.buffer(part.array)] = STORAGE[self._dtypes[part.array]]
                elif isinstance(part, Symbol) and part.name not in self.plan.few:
                    name = "step" if part.name == "t" else part.name
                    types[e.symbol(name)] = C_TYPES[bound[name].value.type] if name in bound else "int64_t"
                    if name in bound and is_counted(bound[name]):
                        waiting.append(_start_and_length(bound[name])[1])
        return types


def _start_and_length(let: Let) -> tuple[Expr, ...]:
    assert isinstance(let.value, Op)
    return let.value.args
