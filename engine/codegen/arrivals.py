"""Rows of the spikes that arrive: the thread's synapses of each spike, with the next rows on their way.

A row is met once and then not again for a long time, so it comes from far memory: the row of a later spike is
fetched meanwhile. What rows add to is met again by the next spike: where that is more than the nearest cache
holds, all spikes go to one tile of the neurons after the other. Tiles are to a thread what threads are to a
network: a neuron's additions keep their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from engine.codegen.ir import (
    Accumulate,
    Comment,
    Draw,
    Function,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lanes import LaneBody, NoLanesError
from engine.codegen.loop_parts import LoopParts, vectorises
from engine.codegen.plan import EventList, Matrix
from engine.codegen.traverse import expressions_of_body, statements, symbols

CHUNK = 16
"""Synapses between two looks ahead: a cache line of 32-bit ranks."""

UNIT = 32
"""The same where synapses are vectors, or their ranks are read several at a time."""

FEWEST = 4
"""Synapses of a row from which on they are taken as vectors; shorter rows are done before memory is asked."""

LONG = 256
"""Synapses of a row that take as long as the next row needs to come; shorter ones fetch a later one."""

MANY = 8
"""Spikes of a step of which all but the first find their rows fetched."""

FEW = 2
"""Operations of an addition that gathering and scattering costs more than vectors save."""

FAR = 14
"""Spikes between that of which a row begins and that of which it is asked where its row begins: the answer is
needed before that row can be fetched."""

LINE = 64

SYNAPSE = Symbol("s", "int")

_BYTES = {"bool": 1, "uint8": 1, "uint16": 2, "int32": 4, "int64": 8}

_PLAIN = frozenset({"min", "max", "clip", "fabs", "pos", "neg", "fma"})
"""Functions that cost less than a synapse's way through memory."""


class Arrivals(LoopParts):
    """Prints what one spike does in its pre-synaptic row."""

    def tiles(self, matrix: Matrix) -> str:
        """Text of the number of tiles of each thread."""
        return self.expressions.size(matrix.tiles) if matrix.tiles else "1"

    def parts(self, matrix: Matrix) -> str:
        """Text of the number of borders of a row in ``split``."""
        return f"(threads * {self.tiles(matrix)} + 1)" if matrix.tiles else "(threads + 1)"

    def arrival(self, matrix: Matrix, listed: EventList, body: Sequence[Statement]) -> None:
        """The entries of ``row`` in ``tile``, for the spike number ``event`` of those up to ``end``."""
        e, used = self.expressions, symbols(expressions_of_body(body))
        split, ranks = e.buffer(matrix.split), e.buffer(listed.ranks)
        place = f"thread * {self.tiles(matrix)} + tile" if matrix.tiles else "thread"
        self.text.line(f"const int64_t place = row * {self.parts(matrix)} + {place};")
        self.text.line(f"int64_t from = {split}[place];")
        self.text.line(f"const int64_t last = {split}[place + 1];")
        vectors = "s" in used and vectorises(body)
        ahead = _is_light(body)
        lanes = self._lane_body(matrix, body) if vectors else None
        words = lanes is not None and ahead and _only_adds(body)
        self._synapse(matrix, body)
        if lanes is not None:
            with self.text.block(f"if (last - from < {FEWEST})"):
                self.text.line("for (; from < last; ++from) synapse(from);")
                self.text.line("continue;")
        if ahead:
            # Vectors are through with a row soon, but there is no time to lose at its beginning either.
            shorter = 3 if lanes is None else 2
            distance = f"(last - from < {LONG} ? {shorter} : 1)" if lanes is None or words else "1"
            if lanes is None or words:
                far = f"{ranks}[nl_min(event + {FAR}, end - 1)] * {self.parts(matrix)} + {place}"
                self.text.line(f"__builtin_prefetch(&{split}[{far}]);")
            self.text.line(f"int64_t later = event + {distance};")
            self.text.line(f"if (later >= end) later = {self._beyond_part(listed)};")
            later = f"{ranks}[later] * {self.parts(matrix)} + {place}"
            self.text.line(f"const int64_t ahead = {split}[{later}] - from;")
        if lanes is None:
            self._one_by_one(matrix, body, vectors, ahead)
            return
        if words:
            self._words(matrix, body)
        self.text.line("#ifdef NL_LANES")
        small = " && ".join(f"{size} < 1L << 31" for size in dict.fromkeys(lanes.sizes))
        with self.text.block(f"if ({small or 'true'})"):
            self._as_vectors(matrix, body, lanes, ahead, words)
        self.text.line("else")
        self.text.line("#endif")
        with self.text.block():
            self._one_by_one(matrix, body, vectors and not words, ahead and not words)

    def _beyond_part(self, listed: EventList) -> str:
        """Text of the first spike of the thread after ``part``, or the last one of ``part``."""
        e, count = self.expressions, self.expressions.size(listed.count)
        some = f"part + 1 < threads && {e.buffer(listed.counts)}[slot * threads + part + 1]"
        return f"{some} ? slot * {count} + nl_lower({count}, part + 1, threads) : end - 1"

    def _synapse(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """What happens at one entry, and at one whose post-synaptic neuron is known."""
        used, inlined = symbols(expressions_of_body(body)), "__attribute__((always_inline))"
        unused = [f"[[maybe_unused]] const int64_t {name}" for name in ("s", "post")]
        with self.text.block(f"const auto onto = [&]({', '.join(unused)}) {inlined}"):
            if "pre" in used:
                self.text.line("const int64_t pre = row;")
            self.body(body)
        self.text.lines[-1] += ";"
        entry = f"onto(entry, {self.expressions.buffer(matrix.columns)}[entry])"
        self.text.line(f"const auto synapse = [&](const int64_t entry) {inlined} {{ {entry}; }};")

    def _lane_body(self, matrix: Matrix, body: Sequence[Statement]) -> LaneBody | None:
        try:
            return LaneBody(self.plan, self.identifiers, self.expressions, body, matrix.columns)
        except NoLanesError:
            return None

    def _words(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """All but the last entries, where what a synapse adds takes less time than to gather and scatter it.
        Where rows are long and spikes many, nobody waits for memory: rows come into the second cache, since
        the first one is for what is added to."""
        ranks = self.expressions.buffer(matrix.columns)
        many = f"last - from >= {LONG} && end - first >= {MANY}"
        for condition, purpose in ((many, ", 0, 1"), ("", "")):
            with ExitStack() as stack:
                if condition:
                    stack.enter_context(self.text.block(f"if ({condition})"))
                stack.enter_context(self.text.block(f"for (; from + {UNIT} <= last; from += {UNIT})"))
                self._fetch(matrix, body, UNIT, purpose)
                self.text.line(f"nl_each_rank<{UNIT}>(&{ranks}[from], from, onto);")
        self._fetch(matrix, body, UNIT)

    def _as_vectors(
        self, matrix: Matrix, body: Sequence[Statement], lanes: LaneBody, ahead: bool, few: bool
    ) -> None:
        """The entries from ``from`` to ``last``, perhaps ``few``, as vectors; nothing is left after them."""
        self.uses_lanes = True
        line = self.text.line
        if "pre" in symbols(expressions_of_body(body)):
            line("[[maybe_unused]] const int64_t pre = row;")
        for text in lanes.before:
            line(text)
        parameters = "const int64_t s, const nl_kind<real>::some some"
        with self.text.block(f"const auto synapses = [&]({parameters}) __attribute__((always_inline))"):
            for text in lanes.lines:
                line(text)
        self.text.lines[-1] += ";"
        if ahead and not few:
            with self.text.block(f"for (; from + {UNIT} <= last; from += {UNIT})"):
                self._fetch(matrix, body, UNIT)
                line(f"for (int64_t k = 0; k < {UNIT}; k += NL_LANES) synapses(from + k, nl_every<real>);")
            self._fetch(matrix, body, UNIT)
        if ahead:
            # One loop for whole vectors and for the last one: its end is one guess of the processor less.
            line("for (; from < last; from += NL_LANES) synapses(from, nl_first<real>(last - from));")
            return
        line("for (; from + NL_LANES <= last; from += NL_LANES) synapses(from, nl_every<real>);")
        line("if (from < last) synapses(from, nl_first<real>(last - from));")

    def _one_by_one(self, matrix: Matrix, body: Sequence[Statement], vectors: bool, ahead: bool) -> None:
        """The entries from ``from`` to ``last`` as loops."""
        # The posts of a pre-synaptic row are distinct, so no two of its synapses write one place. Where
        # nothing is read or written per synapse, plain additions are faster than vectors that scatter.
        if ahead:
            with self.text.block(f"for (; from + {CHUNK} <= last; from += {CHUNK})"):
                self._fetch(matrix, body, CHUNK)
                if vectors:
                    self.text.line("#pragma GCC ivdep")
                self.text.line(f"for (int64_t k = 0; k < {CHUNK}; ++k) synapse(from + k);")
            self._fetch(matrix, body, CHUNK)
        elif vectors:
            self.text.line("#pragma GCC ivdep")
        self.text.line("for (int64_t entry = from; entry < last; ++entry) synapse(entry);")

    def _fetch(self, matrix: Matrix, body: Sequence[Statement], number: int, purpose: str = "") -> None:
        """Ask for some of the later row, in each array that has an element for each synapse."""
        arrays = {e.array for e in expressions_of_body(body) if isinstance(e, Load) and e.index == SYNAPSE}
        written = {s.array for s in statements(body) if isinstance(s, Store) and s.index == SYNAPSE}
        for array in (matrix.columns, *sorted(arrays | written)):
            dtype = self._dtypes[array]
            real = 4 if self.plan.precision == "float" else 8
            elements = LINE // _BYTES.get(dtype, real)
            for offset in range(0, number, elements):
                element = f"from + ahead{f' + {offset}' if offset else ''}"
                why = purpose or (", 1" if array in written and number > CHUNK else "")
                self.text.line(f"__builtin_prefetch(&{self.expressions.buffer(array)}[{element}]{why});")


def _only_adds(body: Sequence[Statement]) -> bool:
    """Does a synapse nothing but add to neurons what takes little to compute?"""
    adds = ((isinstance(s, Accumulate) and s.op in ("+", "-")) or isinstance(s, Let | Comment) for s in body)
    steps = sum(isinstance(part, Op | Function | Select) for part in expressions_of_body(body))
    return all(adds) and steps <= FEW


def _is_light(body: Sequence[Statement]) -> bool:
    """Is the way through memory what the body costs?"""
    parts = list(expressions_of_body(body))
    heavy = any(isinstance(p, Draw) or (isinstance(p, Function) and p.name not in _PLAIN) for p in parts)
    return not heavy and any(isinstance(s, Accumulate) for s in statements(body))
