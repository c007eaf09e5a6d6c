"""One projection: the kernels of phases 2, 8 and 9."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Const,
    Domain,
    Each,
    EachEvent,
    EachRow,
    EachSpike,
    EachSynapse,
    Emit,
    Expr,
    Function,
    If,
    Kernel,
    Let,
    Load,
    Once,
    Op,
    Reduction,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import (
    TRUE,
    ZERO,
    all_of,
)
from engine.codegen.lowering.neurons import NEURON, STEP, operated
from engine.codegen.lowering.scope import Scope, real, store
from engine.codegen.lowering.spike_counts import lower_decoding
from engine.codegen.lowering.synapses import POST, PRE, SYNAPSE, SynapseValues
from engine.codegen.lowering.trace_kernels import BEFORE, needed
from engine.codegen.plan import EventList
from engine.codegen.traverse import expressions_of_body, symbols
from engine.errors import EngineError
from engine.language.model import Assignment, EventDriven, Update, Write
from engine.language.traverse import walk
from engine.language.tree import Binary, Expression, Name

if TYPE_CHECKING:
    pass

DEFAULT_PSP = Binary("*", Name("w"), Name("r", "pre"))


class LoweredProjection(SynapseValues):
    """The part of a plan that belongs to one projection."""

    def _add(
        self,
        phase: int,
        name: str,
        domain: Domain,
        body: Iterable[Statement],
        *,
        condition: Expr = TRUE,
        reduction: Reduction | None = None,
        after: tuple[Statement, ...] = (),
        before: Iterable[Let] = (),
    ) -> None:
        enabled = all_of(self.transmission, self.post.active, condition)
        kernel = Kernel(f"{self.name}.{name}", domain, tuple(body), enabled, reduction, after, tuple(before))
        self.builder.add(phase, kernel)

    # --- phase 2: transmission ------------------------------------------------------------------------

    def accept(self) -> None:
        """Take the spikes of the last step into the queue, if there is one."""
        if self.queue is not None:
            taken = Emit(self.queue.events.name, NEURON)
            self._add(2, "spikes under way", self.queue.arriving, (taken,))

    def transmit(self) -> None:
        """Weighted sums, or spikes and continuous transmission."""
        if self.projection.decoded_steps is not None:
            enabled = all_of(self.transmission, self.post.active)
            lower_decoding(self, self.projection.decoded_steps, enabled)
            return
        if not self.spiking:
            self._sum_rates()
            return
        assert self.pre.events is not None
        statements = self.model.pre_spike or ()
        if self.traces is not None:
            self.traces.rescale()
        if self.deferred is not None:
            self.deferred.catch_up()
        if self.counted is not None:
            self.builder.add(2, self.counted.count(self._arrivals(self.pre.events)))
        elif statements or self.updates.event_driven:
            due = self._arrivals(self.pre.events) if self.queue is None else self.queue.due
            self._deliver("spike delivery", due, statements, then=self._add_share())
        if self.traces is not None:
            spikes = EachSpike(self.pre.events.name, self.builder.load(f"{self.inner}_delay"))
            self._add(
                2, "traces of arriving spikes", spikes, self.traces.neuron_body("pre", statements, BEFORE)
            )
        if self.model.pre_axon_spike and self.pre.axonal_events is not None:
            if self.queue is not None:
                raise EngineError(
                    f"Projection {self.projection.name}: axonal spikes need one delay for all synapses; give "
                    "delays as one number, or leave out pre_axon_spike."
                )
            axonal, arrivals = self.model.pre_axon_spike, self._arrivals(self.pre.axonal_events)
            self._deliver("axonal spikes", arrivals, axonal, self.axon_transmission)
        if self.model.psp is not None and self.conductances:
            self._transmit_continuously(self.model.psp)

    def _transmit_continuously(self, psp: Expression) -> None:
        for node in walk(psp):
            if not isinstance(node, Name) or node.owner != "post":
                continue
            # Statements at a spike may read it: the synapses of one spike reach different neurons.
            if self.post.attributes.get(node.name) in self.conductances:
                raise self._reads_own_input(f"post.{node.name}", self.post)
        body = [Let("_psp", real(self.scope(SYNAPSE, 0).lower(psp)))]
        adds = [Accumulate(g, POST, "+", Symbol("_psp")) for g in self.conductances]
        self._add(2, "continuous transmission", EachSynapse(self.matrix.name), (*body, *adds))

    def _sum_rates(self) -> None:
        scope = self.scope(SYNAPSE, 0)
        psp = real(scope.lower(self.model.psp or DEFAULT_PSP))
        operation = self.model.operation
        start = {"max": -np.inf, "min": np.inf}.get(operation, 0.0)
        op = operation if operation in ("max", "min") else "+"
        total: Expr = Symbol("_total")
        length = Symbol("length", "int")
        if operation == "mean":
            total = Op("/", (total, Cast(length, "real")))
        adds: tuple[Statement, ...] = tuple(Accumulate(s, POST, "+", total) for s in self.sums)
        if operation != "sum":
            adds = (If(Op(">", (length, ZERO), "bool"), adds),)
        self._add(
            2,
            "weighted sum",
            EachRow(self.matrix.name),
            (),
            reduction=Reduction("_total", op, Const(float(start)), psp),
            after=adds,
        )

    def _deliver(
        self,
        name: str,
        domain: Domain,
        statements: tuple[Assignment, ...],
        condition: Expr = TRUE,
        then: Iterable[Statement] = (),
    ) -> None:
        """Statements at the synapses that the spikes of one tick reach. Event-driven variables are advanced
        by what happens to all of ``pre_spike``, not by an axonal statement on ``g_target`` alone."""
        scope = self.scope(SYNAPSE, 0)
        advance = statements == (self.model.pre_spike or ())
        before: list[Let] = []
        if self.traces is not None:
            before, body = self.traces.at_arrival(scope, statements)
            if self.deferred is not None:
                body = [*self.deferred.caught_up(), *body]
        else:
            body = self._integrate_events(scope, BEFORE) if advance else []
        body += self._event_statements(scope, statements, before)
        before = needed(before, body)
        self._add(2, name, domain, (*body, *then), condition=condition, before=before)

    def _add_share(self) -> tuple[Statement, ...]:
        """What the spike adds to a variable of the post-synaptic neuron: one synapse of all that it has."""
        variable = self.projection.share_variable
        if variable is None:
            return ()
        post = self.post.population
        network = self.projection.network
        afferent = [p for p in network.projections if p.post_population is post]
        number = sum(np.diff(p.connectivity.offsets) for p in afferent)
        share = self.builder.buffer(
            f"{self.inner}_share",
            "real",
            self.post.count,
            1.0 / np.maximum(number, 1),
            f"{self.projection.name}: part of each synapse in all of its neuron",
        )
        note = Comment(f"{variable} += 1 / synapses of the neuron")
        return (note, Accumulate(self.post.attributes[variable], POST, "+", self.builder.load(share, POST)))

    def _arrivals(self, events: EventList) -> EachEvent:
        """Synapses that the spikes of one tick reach after the delay of the projection."""
        return EachEvent(events.name, self.matrix.name, self.builder.load(f"{self.inner}_delay"))

    # --- events ---------------------------------------------------------------------------------------

    def _integrate_events(self, scope: Scope, now: Expr) -> list[Statement]:
        """Advance event-driven variables from the synapse's last event to ``now`` (semantics.md 7)."""
        equations: tuple[EventDriven, ...] = self.updates.event_driven
        if not equations:
            return []
        last = Load(f"{self.inner}_event", SYNAPSE, "int")
        elapsed = Op("*", (Const(self.builder.dt), Cast(Op("-", (last, now), "int"), "real")))
        body: list[Statement] = [Let("_elapsed", elapsed)]
        for equation in equations:
            steady, tau = real(scope.lower(equation.steady)), real(scope.lower(equation.tau))
            target = self.load(equation.name)
            decay = Function("exp", (Op("/", (Symbol("_elapsed"), tau)),))
            moved = Op("*", (Op("-", (target, steady)), decay))
            value = moved if steady == Const(0.0) else Op("+", (steady, moved))
            body += [Comment(equation.text), store(target, value)]
        body.append(Store(f"{self.inner}_event", SYNAPSE, STEP))
        return body

    def _event_statements(
        self, scope: Scope, assignments: tuple[Assignment, ...], before: list[Let] | None = None
    ) -> list[Statement]:
        """Statements of an event; traces that are the same for all its synapses change in ``before``."""
        body: list[Statement] = []
        for assignment in assignments:
            if self.traces is not None and assignment.name in self.traces.names:
                (body if before is None else before).extend(self.traces.assigned(scope, assignment))
                continue
            if assignment.name == "g_target":
                statements = self._conductance_statements(scope, assignment)
            else:
                target = self.load(assignment.name)
                value = operated(assignment.operator, target, scope.lower(assignment.expression))
                statements = self._event_store(scope, target, value, assignment)
            condition: Expr = TRUE
            if assignment.name == "w":
                condition = self.plasticity
            if assignment.unless_post:
                pre, post = f"{self.pre.inner}_last", f"{self.post.inner}_last"
                same = (Load(pre, PRE, "int"), Load(post, POST, "int"))
                condition = all_of(condition, Op("!=", same, "bool"))
            body.append(Comment(assignment.text or assignment.name))
            body += statements if condition == TRUE else [If(condition, tuple(statements))]
        return body

    def _conductance_statements(self, scope: Scope, assignment: Assignment) -> list[Statement]:
        """The statement once for each target; ``g_target`` in it is the conductance of that target."""
        statements: list[Statement] = []
        for conductance in self.conductances:
            scope.temporaries["g_target"] = self.builder.load(conductance, POST)
            value = real(scope.lower(assignment.expression))
            statements.append(Accumulate(conductance, POST, assignment.operator[0], value))
            for which, limit in assignment.bounds.limits:
                bound = "max" if which == "min" else "min"
                statements.append(Accumulate(conductance, POST, bound, real(scope.lower(limit))))
        return statements

    def _bounded_store(
        self, scope: Scope, target: Load, value: Expr, update: Write | Assignment
    ) -> list[Statement]:
        """Store a value within its bounds."""
        statements: list[Statement] = []
        if update.bounds.limits:
            self._temporaries += 1
            unbounded = f"_free{self._temporaries}"
            statements.append(Let(unbounded, value))
            value = scope.bounded(Symbol(unbounded, value.type), update.bounds)
        return [*statements, store(target, value)]

    def _event_store(self, scope: Scope, target: Load, value: Expr, update: Assignment) -> list[Statement]:
        """As :meth:`_bounded_store`; the synapses of one neuron change its values one after the other."""
        statements = self._bounded_store(scope, target, value, update)
        if self.localities[update.name] != "semiglobal":
            return statements
        return [Accumulate(s.array, s.index, "=", s.value) if isinstance(s, Store) else s for s in statements]

    def after_post_spikes(self) -> None:
        """Phase 9."""
        if not self.spiking or not self.model.post_spike or self.post.events is None:
            return
        scope, statements = self.scope(SYNAPSE, 1), self.model.post_spike
        before: list[Let] = []
        if self.traces is not None:
            before, body = self.traces.after_firing(scope, statements)
        else:
            body = self._integrate_events(scope, STEP)
        if self.deferred is None:
            body += self._event_statements(scope, statements)
            unread = {s.name for s in body if isinstance(s, Let)} - symbols(expressions_of_body(body))
            body = [s for s in body if not (isinstance(s, Let) and s.name in unread)]
            domain = EachEvent(self.post.events.name, self.post_rows.name, ZERO)
            self._add(9, "post spikes", domain, body, before=before)
        if self.traces is not None:
            own = self.traces.neuron_body("post", statements, STEP)
            if self.deferred is not None:
                own += self.deferred.of_neuron(self.plasticity)
            self._add(9, "traces of post spikes", EachSpike(self.post.events.name, ZERO), own)

    # --- phase 8: equations ---------------------------------------------------------------------------

    def learn(self) -> None:
        """The synapse's own equations, every ``period`` steps."""
        period = self.builder.load(f"{self.inner}_period")
        since = Op("-", (STEP, self.builder.load(f"{self.inner}_offset")), "int")
        due = Op("==", (Op("mod", (since, period), "int"), ZERO), "bool")
        condition = all_of(self.update_flag, due)
        dt = Op("*", (Const(self.builder.dt), Cast(period, "real")))
        groups: tuple[tuple[str, tuple[Update, ...], Domain, Expr], ...] = (
            ("projection equations", self.updates.global_updates, Once(), ZERO),
            ("postsynaptic equations", self.updates.semiglobal_updates, Each(self.post.count), POST),
            ("equations", self.updates.local_updates, EachSynapse(self.matrix.name), SYNAPSE),
        )
        for name, updates, domain, index in groups:
            written = {update.name for update in updates if isinstance(update, Write)}
            if written - {"w"} and "w" in written:
                frozen = self._rule(updates, index, dt, without="w")
                off = all_of(condition, Op("not", (self.plasticity,), "bool"))
                self._add(8, f"{name} without plasticity", domain, frozen, condition=off)
            if written:
                body = self._rule(updates, index, dt)
                if isinstance(domain, Each):
                    body = [_at_neuron(statement) for statement in body]
                enabled = self.plasticity if "w" in written else TRUE
                self._add(8, name, domain, body, condition=all_of(condition, enabled))

    def _rule(self, updates: tuple[Update, ...], index: Expr, dt: Expr, without: str = "") -> list[Statement]:
        """One iteration of equations; ``without`` is a variable that keeps its value."""
        scope = self.scope(index, 1, dt)

        def write(variable: str, value: Expr, update: Update) -> tuple[Statement, ...]:
            assert isinstance(update, Write)
            if variable == without:
                return ()
            target = self.load(variable)
            return (
                Comment(update.text or variable),
                *self._bounded_store(scope, target, value, update),
            )

        return without_unused(scope.statements(updates, write))


def without_unused(body: list[Statement]) -> list[Statement]:
    """The body without what it binds and does not use."""
    kept: list[Statement] = []
    used: set[str] = set()
    for statement in reversed(body):
        if isinstance(statement, Let) and statement.name not in used:
            continue
        used |= symbols(expressions_of_body([statement]))
        kept.append(statement)
    return kept[::-1]


def _at_neuron(statement: Any) -> Any:
    """``post`` is the iteration's own index ``i`` where post-synaptic neurons are iterated."""
    if statement == POST:
        return Symbol("i", "int")
    if isinstance(statement, tuple):
        return tuple(_at_neuron(part) for part in statement)
    if hasattr(statement, "__dataclass_fields__"):
        fields = {f: _at_neuron(getattr(statement, f)) for f in statement.__dataclass_fields__}
        return type(statement)(**fields)
    return statement
