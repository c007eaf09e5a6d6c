"""Spikes that are counted: many synapses of one weight as rows of bits.

Where all synapses have one weight and nothing else, what a neuron gets in a step is the number of spikes that
reach it, times the weight. A row is then one bit for each post-synaptic neuron, and adders that work on whole
words count the bits of all rows of a step (``prelude_bits.h``): at one synapse in ten pairs this takes less
memory than a list of ranks and a third of the time, at one in thirty-two twice the memory and two thirds of
the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from engine.codegen.ir import (
    Accumulate,
    Cast,
    Comment,
    Const,
    Each,
    EachEvent,
    Expr,
    Function,
    Kernel,
    Load,
    Op,
    Statement,
    Store,
    Symbol,
)
from engine.codegen.lowering.builder import AT_REST, ZERO, Builder, all_of
from engine.codegen.lowering.neurons import NEURON, TICK
from engine.codegen.plan import Entry, EventRecorder, Matrix, room_of, row_words
from engine.codegen.time_blocks import LONGEST, time_blocks
from engine.codegen.traverse import iteration_expressions, statements
from engine.language.model import Assignment
from engine.language.tree import Name

if TYPE_CHECKING:
    from engine.codegen.lowering.neurons import NeuronValues
    from engine.codegen.lowering.projection import LoweredProjection
    from engine.codegen.lowering.rows import SparseRows
    from engine.codegen.lowering.synapses import SynapseValues
    from engine.network import Projection

PAIRS_PER_SYNAPSE = 32
"""Bits that a synapse may take: with more of them lists are about as fast."""

LEAST_NEURONS = 2048
"""Less than these are all in the nearest cache, where lists are fast enough."""

POST = Symbol("post", "int")

MOST_NEURONS = 1 << 16
"""Pre-synaptic neurons that may all fire in one step: counts have 16 bits."""


def is_counted(projection: Projection, single_weight: bool) -> bool:
    """Is it enough to count the spikes that reach each neuron?"""
    model, drawn, network = projection.model, projection.connectivity, projection.network
    plain = [_adds_weight(assignment) for assignment in model.pre_spike or ()] == [True]
    more = (model.psp, model.post_spike, model.pre_axon_spike, model.equations, model.creating, model.pruning)
    return (
        plain
        and single_weight
        and not any(more)
        and drawn.uniform
        and projection.decoded_steps is None
        and projection.share_variable is None
        and not projection.structural
        and not projection.wanted_form
        and not any(monitor.projection is projection for monitor in network.monitors)
        and drawn.n_post >= LEAST_NEURONS
        and drawn.n_pre < MOST_NEURONS
        and drawn.nnz * PAIRS_PER_SYNAPSE >= projection.pre.size * drawn.n_post
    )


def _adds_weight(assignment: Assignment) -> bool:
    """Is it ``g_target += w``, and nothing more?"""
    match assignment.expression:
        case Name(name="w", owner="own"):
            operation = (assignment.name, assignment.operator) == ("g_target", "+=")
            return operation and not assignment.bounds.limits and not assignment.unless_post
    return False


class CountedSpikes:
    """The rows of bits of one projection, and its two kernels.

    Attributes
    ----------
    matrix : Matrix
    counts : str
        Buffer of the numbers of spikes that reach each neuron in the next steps; 0 once they are delivered.
    """

    def __init__(self, lowered: SynapseValues, rows: SparseRows) -> None:
        b, inner, name = lowered.builder, lowered.inner, lowered.name
        label, number = lowered.projection.name, lowered.projection.pre.size
        words = b.size(f"words_{name}", (number + 1) * row_words(rows.n_post) + 8)
        starts = b.buffer(
            f"{inner}_bit_rows",
            "int64",
            lowered.pre.count,
            lambda: rows.bit_starts,
            "first word of each row",
            None,
        )
        bits = b.buffer(
            f"{inner}_bits", "int64", words, lambda: rows.bits(number), f"{label}: a bit for each pair", None
        )
        self.matrix = Matrix(
            f"{inner}_bit_matrix", "pre", lowered.pre.count, lowered.post.count, starts, "", bits=bits
        )
        b.matrices.append(self.matrix)
        # Sums are written for 64 neurons at a time.
        self.room = b.size(room_of(lowered.post.count), -(-lowered.post.population.size // 64) * 64)
        self.slots = b.size(f"count_slots_{name}", 1)
        self.ring = b.size(f"counts_{name}", b.sizes[self.room])
        text = f"{label}: spikes that reach each neuron, a ring of steps"
        self.counts = b.buffer(f"{inner}_counts", "uint16", self.ring, 0, text, AT_REST)
        self.lowered = lowered

    def lengthen(self, slots: int) -> None:
        """Let so many steps be counted before the first of them is delivered."""
        b = self.lowered.builder
        b.size(self.slots, slots)
        b.size(self.ring, slots * b.sizes[self.room])

    def _place(self, neuron: Symbol) -> Expr:
        """Index of a neuron's number of the step."""
        slot = Op("mod", (TICK, Symbol(self.slots, "int")), "int")
        return Op("+", (Op("*", (slot, Symbol(self.room, "int")), "int"), neuron), "int")

    def count(self, arrivals: EachEvent) -> Kernel:
        """How many spikes reach each neuron in this step."""
        lowered = self.lowered
        domain = replace(arrivals, matrix=self.matrix.name)
        add = Accumulate(self.counts, self._place(POST), "+", Const(1, "int"))
        enabled = all_of(lowered.transmission, lowered.post.active)
        return Kernel(f"{lowered.name}.spike counts", domain, (add,), enabled)

    def deliver(self) -> Kernel:
        """Their number times the weight."""
        lowered = self.lowered
        weight = lowered.builder.load(lowered.attributes["w"])
        place = self._place(NEURON)
        number = Cast(Load(self.counts, place, "int"), "real")
        adds = (
            Accumulate(g, NEURON, "=", Function("fma", (weight, number, Load(g, NEURON))))
            for g in lowered.conductances
        )
        at_rest = Accumulate(self.counts, place, "=", ZERO)
        body: tuple[Statement, ...] = (Comment("g_target += w"), *adds, at_rest)
        return Kernel(f"{lowered.name}.spike delivery", Each(lowered.post.count), body, lowered.post.active)


def deliver_counted(builder: Builder, projections: list[LoweredProjection]) -> None:
    """Deliver what was counted as late as nobody notices: next to the update of the neurons, with which it
    then shares a loop."""
    for lowered in projections:
        if lowered.counted is None:
            continue
        counting = f"{lowered.name}.spike counts"
        place = next(
            k
            for k, entry in enumerate(builder.schedule)
            if isinstance(entry.work, Kernel) and entry.work.name == counting
        )
        entry = Entry(2, lowered.counted.deliver())
        later = [e.work for e in builder.schedule[place + 1 :] if e.phase == 2 and isinstance(e.work, Kernel)]
        if all(_only_adds(kernel, lowered.conductances) for kernel in later):
            builder.schedule.append(entry)
        else:
            builder.schedule.insert(place + 1, entry)


def count_ahead(
    builder: Builder, populations: Iterable[NeuronValues], projections: list[LoweredProjection]
) -> None:
    """Give blocks of steps the memory that they need, where steps may be done in blocks: for what is counted,
    and for spikes that are under way or recorded meanwhile."""
    counted = [p.counted for p in projections if p.counted is not None]
    plan = builder.finish().plan
    if time_blocks(plan) is None:
        return
    steps = min([LONGEST, *(p.projection.connectivity.max_delay_steps for p in projections)])
    for population in populations:
        population.slots = max(population.slots, steps)
    for one in counted:
        one.lengthen(steps)
        pre = one.lowered.pre
        pre.slots = max(pre.slots, one.lowered.projection.connectivity.max_delay_steps + steps)
    for entry in plan.schedule:
        if isinstance(entry.work, EventRecorder):
            spikes = steps * builder.sizes[plan.event_list(entry.work.events).count]
            capacity = builder.size(entry.work.capacity, builder.sizes[entry.work.capacity] + spikes)
            areas = plan.buffer(entry.work.steps).count
            assert isinstance(areas, str)
            builder.size(areas, builder.threads * builder.sizes[capacity])


def _only_adds(kernel: Kernel, conductances: list[str]) -> bool:
    """Does nothing of a kernel depend on what the conductances are meanwhile?"""
    read = [e.array for e in iteration_expressions(kernel) if isinstance(e, Load) and e.array in conductances]
    written = [s for s in statements((*kernel.body, *kernel.after)) if isinstance(s, Store | Accumulate)]
    changes = [s for s in written if s.array in conductances]
    return all(_adds(s) for s in changes) and len(read) == sum(s.op == "=" for s in changes if _adds(s))


def _adds(statement: Store | Accumulate) -> TypeGuard[Accumulate]:
    """Does it do nothing but add, perhaps a product?"""
    match statement:
        case Accumulate(op="+"):
            return True
        case Accumulate(array=array, op="=", value=Function(name="fma", args=(_, _, Load(array=read)))):
            return array == read
    return False
