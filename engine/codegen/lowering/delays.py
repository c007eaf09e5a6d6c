"""Delays that differ between synapses: a projection's own queue of spikes, and where each of them goes.

The queue takes the spikes of each step in which the projection transmits, and stands still otherwise. The
synapses of a pre-synaptic neuron are sorted by delay, so that a spike finds those at which it is due as one
short range at each age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.codegen.ir import Const, EachDue, EachSpike
from engine.codegen.lowering.builder import Builder
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.plan import EventList, Matrix
from engine.runtime.core import split_rows

if TYPE_CHECKING:
    from engine.connectivity import Connectivity


def routes(
    offsets: NDArray[np.int64],
    posts: NDArray[np.int32],
    delay_steps: NDArray[np.integer[Any]],
    n_post: int,
    threads: int,
) -> dict[str, NDArray[Any]]:
    """Pre-synaptic rows (in storage order) sorted by delay, by the last part of the names of their buffers.

    ``ages`` has what a spike's age in the queue can be when it is due (delay - 1 steps), descending; there
    is a row for each pre-synaptic neuron and age, and ``index`` is the storage index of each entry.
    """
    delays, which = np.unique(delay_steps, return_inverse=True)
    classes = max(1, len(delays))
    n_pre = len(offsets) - 1
    pre = np.repeat(np.arange(n_pre, dtype=np.int64), np.diff(offsets))
    row = pre * classes + (classes - 1 - which.reshape(-1))
    order = np.argsort(row, kind="stable").astype(np.int64)
    ends = np.cumsum(np.bincount(row, minlength=n_pre * classes))
    rows = np.concatenate([[0], ends]).astype(np.int64)
    return {
        "route_ages": delays[::-1].astype(np.int64) - 1 if len(delays) else np.zeros(1, np.int64),
        "route_rows": rows,
        "route_post": posts[order],
        "route_split": split_rows(rows, posts[order], n_post, threads),
        "route_index": order,
    }


class SpikeQueue:
    """The queue of one projection and the matrix that its spikes go through.

    Parameters
    ----------
    name, inner : str
        Prefixes of the projection's size symbols and buffers.
    arrays : dict
        What :func:`routes` gives.
    """

    def __init__(
        self,
        builder: Builder,
        name: str,
        inner: str,
        connectivity: Connectivity,
        pre: LoweredPopulation,
        post: LoweredPopulation,
        arrays: dict[str, NDArray[Any]],
    ) -> None:
        b, queue, route = builder, f"{inner}_queue", f"{inner}_route"
        assert pre.events is not None
        self.source = pre.events.name
        slots = max(2, connectivity.max_delay_steps)
        places = b.size(f"queue_{name}", slots * connectivity.n_pre)
        segments = b.size(f"queue_segments_{name}", slots * b.threads)
        self.events = EventList(
            queue,
            pre.count,
            b.size(f"queue_slots_{name}", slots),
            b.buffer(f"{queue}_ranks", "int32", places, 0, "spikes under way, ring"),
            b.buffer(f"{queue}_counts", "int64", segments, 0, "spikes under way per thread"),
            b.buffer(f"{queue}_behind", "int64", 1, 0, "ticks in which the queue stood still"),
        )
        b.events.append(self.events)
        self.classes = b.size(f"delays_{name}", arrays["route_ages"].size)
        self.ages = b.buffer(f"{route}_ages", "int64", self.classes, arrays["route_ages"], "delays - 1")
        rows = arrays["route_rows"]
        split = b.size(f"route_split_{name}", arrays["route_split"].size)
        self.matrix = Matrix(
            f"{inner}_routes",
            "pre",
            b.size(f"route_rows_{name}", rows.size - 1),
            post.count,
            b.buffer(
                f"{route}_rows",
                "int64",
                b.size(f"route_offsets_{name}", rows.size),
                rows,
                "start of each row",
            ),
            b.buffer(f"{route}_post", "int32", f"nnz_{name}", arrays["route_post"], "post rank, by delay"),
            b.buffer(f"{route}_split", "int64", split, arrays["route_split"], "thread parts"),
            b.buffer(
                f"{route}_index", "int64", f"nnz_{name}", arrays["route_index"], "storage index, by delay"
            ),
        )
        b.matrices.append(self.matrix)

    @property
    def arriving(self) -> EachSpike:
        """The spikes of the last step, which the queue takes."""
        return EachSpike(self.source, Const(1, "int"))

    @property
    def due(self) -> EachDue:
        """The synapses at which a spike is due."""
        return EachDue(self.events.name, self.matrix.name, self.ages, self.classes)
