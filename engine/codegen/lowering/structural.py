"""Phase 10: where synapses begin and end.

The kernels only mark what the rules ask for and let the run end after the step; then
``Projection.rewire`` makes the new rows. Conditions are evaluated in compiled code, changes are rare.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.codegen.ir import (
    Accumulate,
    Comment,
    Const,
    Domain,
    Draw,
    EachAbsent,
    EachSynapse,
    Expr,
    If,
    Interrupt,
    Kernel,
    Op,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import AT_REST, POSITIVE, TRUE, ZERO, Builder, all_of
from engine.codegen.lowering.neurons import STEP
from engine.codegen.lowering.projection import LoweredProjection
from engine.codegen.lowering.scope import Scope, boolean
from engine.codegen.lowering.synapses import PAIR, POST, PRE, SYNAPSE
from engine.language.model import StructuralRule

Rule = Literal["creating", "pruning"]


class StructuralPlasticity:
    """The rules ``creating`` and ``pruning`` of one projection."""

    def __init__(self, lowered: LoweredProjection) -> None:
        self.lowered = lowered
        self.builder: Builder = lowered.builder
        self.inner = lowered.inner
        self.model = lowered.model
        self._streams: dict[Rule, int] = {}

    def lower(self) -> None:
        """Declare what the rules write, and add their kernels."""
        if self.model.pruning is not None:
            self._declare("pruning")
            self._prune(self.model.pruning)
        if self.model.creating is not None:
            self._declare("creating")
            self._create(self.model.creating)

    # --- buffers --------------------------------------------------------------------------------------

    def _declare(self, rule: Rule) -> None:
        b, lowered, inner = self.builder, self.lowered, self.inner
        running, period, offset = lowered.projection.rules[rule]
        b.flag(f"{inner}_{rule}", int(running), f"{rule}: switch")
        b.buffer(f"{inner}_{rule}_period", "int64", 1, period, f"{rule}: steps between two looks", POSITIVE)
        b.buffer(f"{inner}_{rule}_offset", "int64", 1, offset, f"{rule}: step of the first look")
        label = {"creating": "pairs to join", "pruning": "synapses to end"}[rule]
        count = lowered.nnz
        if rule == "creating":
            count = b.size(
                f"pairs_{lowered.name}", lowered.pre.population.size * lowered.post.population.size
            )
            projection = lowered.projection
            self._allow("pre", lowered.pre.count, projection.pre_candidates)
            self._allow("post", lowered.post.count, projection.connectivity.dendrites)
        b.buffer(f"{inner}_{rule}_marks", "bool", count, False, label, AT_REST)
        b.buffer(f"{inner}_{rule}_number", "int64", lowered.post.count, 0, f"{label}: number", AT_REST)

    def _allow(self, side: str, count: str, ranks: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """A projection between views joins no others; a neuron that began without synapses gets none."""
        allowed = np.zeros(self.builder.sizes[count], dtype=bool)
        allowed[ranks] = True
        label = f"{side}-synaptic neurons that creating may join"
        self.builder.buffer(f"{self.inner}_may_join_{side}", "bool", count, allowed, label)

    # --- kernels --------------------------------------------------------------------------------------

    def _due(self, rule: Rule) -> Expr:
        b = self.builder
        since = Op("-", (STEP, b.load(f"{self.inner}_{rule}_offset")), "int")
        due = Op("==", (Op("mod", (since, b.load(f"{self.inner}_{rule}_period")), "int"), ZERO), "bool")
        return all_of(Op("!=", (b.load(f"{self.inner}_{rule}"), ZERO), "bool"), due)

    def _holds(self, rule: Rule, definition: StructuralRule, scope: Scope) -> Expr:
        """The condition, and the luck that ``proba`` asks for: a draw of the pair, not of its storage."""
        chance: Expr = TRUE
        if definition.probability < 1.0:
            stream = self._streams.setdefault(rule, 0) or self.builder.stream()
            self._streams[rule] = stream
            drawn = Draw("Uniform", (Const(0.0), Const(1.0)), stream, scope.index)
            chance = Op("<", (drawn, Const(definition.probability)), "bool")
        return all_of(boolean(scope.lower(definition.condition)), chance)

    def _mark(self, rule: Rule, domain: Domain, place: Expr, holds: Expr, text: str) -> None:
        marks, number = f"{self.inner}_{rule}_marks", f"{self.inner}_{rule}_number"
        marked = (
            Store(marks, place, TRUE),
            Accumulate(number, POST, "+", Const(1, "int")),
            Interrupt(),
        )
        body = (Comment(f"{rule}: {text}"), If(holds, marked))
        self.builder.add(10, Kernel(f"{self.lowered.name}.{rule}", domain, body, self._due(rule)))

    def _prune(self, rule: StructuralRule) -> None:
        pair = Op("+", (Op("*", (POST, Symbol(self.lowered.pre.count, "int")), "int"), PRE), "int")
        holds = self._holds("pruning", rule, self.lowered.scope(pair, 1))
        self._mark("pruning", EachSynapse(self.lowered.matrix.name), SYNAPSE, holds, rule.text)

    def _create(self, rule: StructuralRule) -> None:
        may_join = [
            self.builder.load(f"{self.inner}_may_join_{side}", index)
            for side, index in (("post", POST), ("pre", PRE))
        ]
        holds = all_of(*may_join, self._holds("creating", rule, self.lowered.scope(PAIR, 1)))
        if self.model.pruning is not None:
            holds = all_of(holds, self._survives(self.model.pruning, rule.weight))
        rows = self.lowered.post_rows
        self._mark("creating", EachAbsent(rows.name, self.lowered.pre.count), PAIR, holds, rule.text)

    def _survives(self, rule: StructuralRule, weight: float) -> Expr:
        """Pruning comes after creating in a step: a synapse that it would end at once does not begin."""
        scope = self.lowered.scope(PAIR, 1)
        projection = self.lowered.projection
        for name, locality in self.lowered.localities.items():
            if locality == "local":
                value = weight if name == "w" else projection.newborn(name)
                kind = self.builder.buffers[self.lowered.attributes[name]].type
                scope.temporaries[name] = Const(value, kind)
        ends = all_of(self._due("pruning"), self._holds("pruning", rule, scope))
        return Op("not", (ends,), "bool")
