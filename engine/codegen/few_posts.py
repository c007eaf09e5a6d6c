"""Spikes that arrive at a few neurons: what one does is so little that finding its row would be most of it.

Where the post-synaptic neurons are fewer than a vector holds, the text has their number, so that the compiler
makes plain statements of a row; nothing is looked up where every row has every column. On one thread the pass
over the same spikes that follows, which changes what belongs to pre-synaptic neurons (traces), is done
together with the delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import pairwise
from typing import Any

from engine.codegen.access import matrix_of
from engine.codegen.arrivals import Arrivals
from engine.codegen.ir import (
    Accumulate,
    Const,
    Draw,
    EachEvent,
    EachSpike,
    Emit,
    Expr,
    Function,
    If,
    Interrupt,
    Kernel,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.loop_parts import for_all_events, vectorises
from engine.codegen.passes import folded, rewrite
from engine.codegen.plan import EventList, Matrix, Plan
from engine.codegen.traverse import expressions_of_body, statements, subexpressions, symbols, written_buffers

PRE, POST = Symbol("pre", "int"), Symbol("post", "int")
NEURON = Symbol("i", "int")

Body = tuple[Statement, ...]

SEVERAL = 4
"""Post-synaptic neurons from which on a row is worth vectors."""


class FewPosts(Arrivals):
    """Prints the delivery of spikes to a few neurons."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.followers: dict[int, Kernel] = {}
        """What is done in the loop of the kernel before, by the ``id`` of that."""

    def few_posts(self, kernel: Kernel, matrix: Matrix, listed: EventList) -> None:
        """All spikes that arrive from ``slot``, on the thread that owns the neurons."""
        follower = self.followers.get(id(kernel))
        changed, after = written_buffers(kernel), Body(())
        if follower is not None:
            changed, after = changed | written_buffers(follower), at_pre(follower.body)
            self.text.comment(follower.name)
        same, before = for_all_events(kernel.before, changed)
        # What both need for all spikes is computed once.
        same, after = for_all_events((*same, *after), changed)
        bodies = (before, kernel.body, after)
        lower, upper = self.bounds(matrix.n_post)
        with ExitStack() as stack:
            if lower.isidentifier():
                stack.enter_context(self.text.block(f"if ({lower} < {upper})"))
            stack.enter_context(self.text.block("for (int64_t part = 0; part < threads; ++part)"))
            self._borders_of_segment(listed, "part")
            stack.enter_context(self.text.block("if (first < end)"))
            self.body(tuple(dict.fromkeys(same)))
            switches = [self.expressions.symbol(name) for name in switches_in(self.plan, bodies)]
            ordered, usual = self.in_order(bodies)
            if switches or ordered:
                # As a rule all of them are on, and what is rare would take the registers.
                with self.text.block(f"if ({' && '.join([*switches, *ordered])})"):
                    self._spikes(matrix, listed, switched_on(usual, switches_in(self.plan, bodies)))
                stack.enter_context(self.text.block("else"))
            self._spikes(matrix, listed, bodies)

    def in_order(self, bodies: tuple[Body, ...]) -> tuple[list[str], Any]:
        """Conditions under which the bounds of all ``clip`` are in order, where they last for a call, and the
        bodies with a maximum and a minimum in their place, which are one instruction each."""
        found = clips_of_calls(self.plan, bodies)
        conditions = (Op("<=", clip.args[1:], "bool") for clip in found)
        texts = dict.fromkeys(self.expressions.text(each, "bool") for each in conditions)

        def without(part: Expr) -> Expr:
            if not isinstance(part, Function) or part not in found:
                return part
            value, low, high = part.args
            return Function("min", (Function("max", (value, low)), high))

        return list(texts), rewrite(bodies, without) if found else bodies

    def synapses_of_few(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """Every synapse onto neurons that all others reach: a loop for each neuron, not for each row."""
        lower, upper = self.bounds(matrix.n_post)
        e, used = self.expressions, symbols(expressions_of_body(body))
        n_post, n_rows = e.size(matrix.n_post), e.size(matrix.n_rows)
        alone = self.plan.few[matrix.n_post] == 1
        adds = any(isinstance(s, Accumulate) for s in statements(body))
        with ExitStack() as stack:
            if lower.isidentifier():
                stack.enter_context(self.text.block(f"if ({lower} < {upper})"))
            stack.enter_context(self.text.block(f"for (int64_t post = 0; post < {n_post}; ++post)"))
            if not adds and vectorises(body):
                self.text.line("#pragma omp simd")
            stack.enter_context(self.text.block(f"for (int64_t row = 0; row < {n_rows}; ++row)"))
            for name, value in (("pre", "row"), ("s", "row" if alone else f"row * {n_post} + post")):
                if name in used:
                    self.text.line(f"const int64_t {name} = {value};")
            self.body(body)

    def _spikes(self, matrix: Matrix, listed: EventList, bodies: tuple[Body, Body, Body]) -> None:
        """The spikes from ``first`` to ``end``: what precedes a row, its entries, and what follows."""
        before, body, after = bodies
        with self._near(matrix, bodies), self.text.block("for (int64_t event = first; event < end; ++event)"):
            self.text.line(
                f"[[maybe_unused]] const int64_t row = {self.expressions.buffer(listed.ranks)}[event];"
            )
            if "pre" in symbols(expressions_of_body((*before, *body, *after))):
                self.text.line("const int64_t pre = row;")
            self.body(before)
            self._row(matrix, body)
            if after:
                with self.text.block():
                    self.body(after)

    @contextmanager
    def _near(self, matrix: Matrix, bodies: Iterable[Body]) -> Iterator[None]:
        """Values of post-synaptic neurons in registers meanwhile, under the names of their buffers."""
        number, e, line = self.plan.few[matrix.n_post], self.expressions, self.text.line
        near = of_posts(self.plan, matrix, bodies) if number < SEVERAL else {}
        with ExitStack() as stack:
            if near:
                stack.enter_context(self.text.block())
            own = {name: self.identifiers.of("near", f"near_{name}") for name in near}
            for name, here in own.items():
                line(f"real {here}[{number}];")
                line(f"for (int k = 0; k < {number}; ++k) {here}[k] = {e.buffer(name)}[k];")
            with self.text.block() if near else nullcontext():
                for name, here in own.items():
                    line(f"real* const {e.buffer(name)} = {here};")
                yield
            for name, is_written in near.items():
                if is_written:
                    line(f"for (int k = 0; k < {number}; ++k) {e.buffer(name)}[k] = {own[name]}[k];")

    def _row(self, matrix: Matrix, body: Sequence[Statement]) -> None:
        """The entries of ``row``."""
        line, e, used = self.text.line, self.expressions, symbols(expressions_of_body(body))
        if matrix.full:
            header = f"for (int64_t post = 0; post < {e.size(matrix.n_post)}; ++post)"
        else:
            split, parts = e.buffer(matrix.split), self.parts(matrix)
            line(f"const int64_t last = {split}[row * {parts} + {parts} - 1];")
            header = f"for (int64_t entry = {split}[row * {parts}]; entry < last; ++entry)"
        if self.plan.few[matrix.n_post] >= SEVERAL and "s" in used and vectorises(body):
            line("#pragma GCC ivdep")
        with self.text.block(header):
            if not matrix.full and "post" in used:
                line(f"const int64_t post = {e.buffer(matrix.columns)}[entry];")
            if "s" in used:
                entry = f"row * {e.size(matrix.n_post)} + post" if matrix.full else "entry"
                line(f"const int64_t s = {entry};")
            self.body(body)


def has_few_posts(plan: Plan, matrix: Matrix) -> bool:
    """Do spikes travel along these rows to a few neurons?"""
    plain = matrix.rows == "pre" and matrix.split and not (matrix.index or matrix.bits)
    return bool(plain) and matrix.n_post in plan.few and (matrix.full or not matrix.first)


def of_posts(plan: Plan, matrix: Matrix, bodies: Iterable[Body]) -> dict[str, bool]:
    """Buffers of reals of the post-synaptic neurons, of which only the one of a synapse is touched; and
    whether it is written."""
    touched: dict[str, set[Expr]] = {}
    written: set[str] = set()
    for body in bodies:
        for part in expressions_of_body(body):
            if isinstance(part, Load):
                touched.setdefault(part.array, set()).add(part.index)
        for statement in statements(body):
            if isinstance(statement, Store | Accumulate):
                touched.setdefault(statement.array, set()).add(statement.index)
                written.add(statement.array)
    return {
        name: name in written
        for name, indices in touched.items()
        if indices == {POST}
        and plan.buffer(name).dtype == "real"
        and plan.buffer(name).count == matrix.n_post
    }


def clips_of_calls(plan: Plan, bodies: Iterable[Body]) -> list[Function]:
    """What is kept within bounds that last for a call."""
    names = {let.name for let in plan.prologue}
    kernels = [entry.work for entry in plan.schedule if isinstance(entry.work, Kernel)]
    written = {name for kernel in kernels for name in written_buffers(kernel)}

    def lasts(part: Expr) -> bool:
        if isinstance(part, Symbol):
            return part.name in names
        return not isinstance(part, Draw) and not (isinstance(part, Load) and part.array in written)

    return [
        part
        for body in bodies
        for part in expressions_of_body(body)
        if isinstance(part, Function) and part.name == "clip" and part.type == "real"
        if all(lasts(e) for bound in part.args[1:] for e in subexpressions(bound))
    ]


def switches_in(plan: Plan, bodies: Iterable[Body]) -> list[str]:
    """Truth values that last for a call and decide something in some bodies."""
    lasting = {let.name for let in plan.prologue if let.value.type == "bool"}
    deciding = [s.condition for body in bodies for s in statements(body) if isinstance(s, If)]
    deciding += [e.condition for body in bodies for e in expressions_of_body(body) if isinstance(e, Select)]
    return list(dict.fromkeys(e.name for e in deciding if isinstance(e, Symbol) and e.name in lasting))


def switched_on(bodies: tuple[Body, Body, Body], switches: Sequence[str]) -> tuple[Body, Body, Body]:
    """The bodies where all of these hold."""

    def on(part: Expr) -> Expr:
        return Const(True, "bool") if isinstance(part, Symbol) and part.name in switches else part

    changed: tuple[Body, Body, Body] = folded(rewrite(bodies, on))
    return changed


def at_pre(body: Iterable[Statement]) -> Body:
    """Statements of a neuron that spiked, for the pre-synaptic neuron of a spike that arrives."""
    changed: Body = rewrite(tuple(body), lambda e: PRE if e == NEURON else e)
    return changed


def followers(plan: Plan) -> dict[int, Kernel]:
    """Which kernel may be done in the loop of the one before, by the ``id`` of that, where one thread does
    both: spike after spike instead of one pass after the other.

    The order of what belongs to one neuron or synapse stays, since the spikes of a step come from different
    neurons, and each pass reads of what the other one writes nothing but what belongs to the neuron of the
    spike.
    """
    if plan.profile:
        return {}
    works = [entry.work for entry in plan.steady]
    return {
        id(one): other
        for one, other in pairwise(works)
        if isinstance(one, Kernel) and isinstance(other, Kernel) and _follows(plan, one, other)
    }


def _follows(plan: Plan, one: Kernel, other: Kernel) -> bool:
    if not isinstance(one.domain, EachEvent) or not isinstance(other.domain, EachSpike):
        return False
    same = (one.domain.events, one.domain.lag, one.condition)
    if same != (other.domain.events, other.domain.lag, other.condition):
        return False
    if not has_few_posts(plan, matrix_of(plan, one.domain.matrix)):
        return False
    body = at_pre(other.body)
    if any(isinstance(s, Emit | Interrupt) for s in statements((*one.body, *body))):
        return False
    delivered, changed = written_buffers(one), written_buffers(other)
    if delivered & (changed | {load.array for load in _loads(body)}):
        return False
    if any(load.array in changed and load.index != PRE for load in _loads((*one.before, *one.body))):
        return False
    names = {let.name: let for let in statements((*one.before, *one.body)) if isinstance(let, Let)}
    return all(names.get(s.name, s) == s for s in statements(body) if isinstance(s, Let))


def _loads(body: Iterable[Statement]) -> list[Load]:
    return [part for part in expressions_of_body(body) if isinstance(part, Load)]
