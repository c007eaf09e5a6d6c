"""Delays that differ between synapses: a projection's own queue of spikes, and where each of them goes.

The queue takes the spikes of each step in which the projection transmits, and stands still otherwise. The
synapses of a pre-synaptic neuron are sorted by delay, so that a spike finds those at which it is due as one
short range at each age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.codegen.ir import Const, EachDue, EachSpike
from engine.codegen.lowering.builder import Builder, index_dtype, rank_dtype
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.rows import SparseRows
from engine.codegen.plan import EventList, Matrix

if TYPE_CHECKING:
    from engine.connectivity import Connectivity


class SpikeQueue:
    """The queue of one projection and the matrix that its spikes go through.

    Parameters
    ----------
    name, inner : str
        Prefixes of the projection's size symbols and buffers.
    sparse : SparseRows
    """

    def __init__(
        self,
        builder: Builder,
        name: str,
        inner: str,
        connectivity: Connectivity,
        pre: LoweredPopulation,
        post: LoweredPopulation,
        sparse: SparseRows,
    ) -> None:
        assert pre.events is not None
        self.source = pre.events.name
        slots = max(2, connectivity.max_delay_steps)
        self.classes = builder.size(f"delays_{name}", sparse.ages)
        ages, label = sparse.arrays["route_ages"], "delays - 1"
        self.ages = builder.buffer(f"{inner}_route_ages", "int64", self.classes, ages, label, (0, slots - 1))
        self.events = _queue(builder, name, inner, pre.count, slots, connectivity.n_pre)
        self.matrix = _routes(builder, name, inner, post.count, connectivity, sparse)
        builder.events.append(self.events)
        builder.matrices.append(self.matrix)

    @property
    def arriving(self) -> EachSpike:
        """The spikes of the last step, which the queue takes."""
        return EachSpike(self.source, Const(1, "int"))

    @property
    def due(self) -> EachDue:
        """The synapses at which a spike is due."""
        return EachDue(self.events.name, self.matrix.name, self.ages, self.classes)


def _queue(b: Builder, name: str, inner: str, count: str, slots: int, n_pre: int) -> EventList:
    """The spikes of as many ticks as the longest delay has steps."""
    queue = f"{inner}_queue"
    places = b.size(f"queue_{name}", slots * n_pre)
    segments = b.size(f"queue_segments_{name}", slots * b.threads)
    return EventList(
        queue,
        count,
        b.size(f"queue_slots_{name}", slots),
        b.buffer(f"{queue}_ranks", "int32", places, 0, "spikes under way, ring"),
        b.buffer(f"{queue}_counts", "int64", segments, 0, "spikes under way per thread"),
        b.buffer(f"{queue}_behind", "int64", 1, 0, "ticks in which the queue stood still"),
    )


def _routes(
    b: Builder, name: str, inner: str, n_post: str, connectivity: Connectivity, sparse: SparseRows
) -> Matrix:
    """A row for each pre-synaptic neuron and delay."""
    route, nnz, arrays = f"{inner}_route", f"nnz_{name}", sparse.arrays
    n_rows = connectivity.n_pre * sparse.ages
    offsets = b.size(f"route_offsets_{name}", n_rows + 1)
    split = b.size(f"route_split_{name}", n_rows * (b.threads + 1))
    ranks, index = rank_dtype(connectivity.n_post), index_dtype(connectivity.nnz)
    return Matrix(
        f"{inner}_routes",
        "pre",
        b.size(f"route_rows_{name}", n_rows),
        n_post,
        b.buffer(f"{route}_rows", "int64", offsets, arrays["route_rows"], "start of each row"),
        b.buffer(f"{route}_post", ranks, nnz, arrays["route_post"], "post rank, by delay"),
        b.buffer(f"{route}_split", "int64", split, arrays["route_split"], "thread parts"),
        b.buffer(f"{route}_index", index, nnz, arrays["route_index"], "storage index, by delay"),
    )
