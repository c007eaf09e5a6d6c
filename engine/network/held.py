"""How the running engine holds the synapses of a projection, why, and in how many bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.codegen.ir import LANES
from engine.codegen.lowering.dense import dense_rows

if TYPE_CHECKING:
    from engine.network.projection import Projection
    from engine.runtime.instance import Instance

Form = Literal["bits", "dense", "sparse"]


@dataclass(frozen=True)
class Held:
    """How synapses are held.

    Attributes
    ----------
    form : {"bits", "dense", "sparse"}
        A bit for each pair of neurons; rows without gaps, or without any but the diagonal, whose ranks nobody
        reads; or lists of ranks.
    why : str
        What decided.
    synapses : int
    bytes : int
        Memory of all that belongs to them: ranks, weights and all other values of synapses.
    """

    form: Form
    why: str
    synapses: int
    bytes: int

    @property
    def bytes_each(self) -> float:
        """Bytes for each synapse; 0 if there are none."""
        return self.bytes / self.synapses if self.synapses else 0.0

    def __str__(self) -> str:
        size = f"{self.bytes / 1e6:,.3g} MB" if self.bytes >= 1e5 else f"{self.bytes:,} bytes"
        return f"{_WORDS[self.form]}, {size}, {self.bytes_each:.3g} bytes a synapse ({self.why})"


_WORDS = {"bits": "rows of bits", "dense": "dense rows", "sparse": "lists of ranks"}


def held(projection: Projection, instance: Instance) -> Held:
    """How the synapses of a projection are held at present."""
    form: Form = (
        "bits"
        if instance.has_internal(projection, "bits")
        else "dense"
        if instance.is_dense(projection)
        else "sparse"
    )
    why = {"bits": _why_bits, "dense": _why_dense, "sparse": _why_sparse}[form](projection)
    buffers = instance.buffers_of(projection)
    # The lists that Python reads are mostly the buffers themselves.
    known = {array.ctypes.data for array in buffers}
    beside = (a for a in projection.connectivity.joined.arrays if a.ctypes.data not in known)
    size = sum(array.nbytes for array in (*buffers, *beside))
    return Held(form, why, projection.connectivity.nnz, size)


def _density(projection: Projection) -> str:
    pairs = projection.pre.size * projection.post.size
    return f"{100.0 * projection.connectivity.nnz / max(1, pairs):.2g} % of all pairs have a synapse"


def _why_bits(projection: Projection) -> str:
    return f"all have one weight and only add it, and {_density(projection)}"


def _why_dense(projection: Projection) -> str:
    asked = "storage_format='dense', and " if projection.wanted_form == "dense" else ""
    return f"{asked}rows have no gaps"


def _why_sparse(projection: Projection) -> str:
    if projection.wanted_form == "sparse":
        return f"storage_format={projection._storage_format!r}"
    if projection.structural:
        return "structural plasticity adds and removes synapses"
    drawn = projection.connectivity
    rows = drawn.joined.by_pre if _by_pre(projection) else drawn.joined.by_post
    if dense_rows(*rows, shortest=0) is not None:
        return f"rows are shorter than {LANES} synapses"
    wish = "storage_format='dense', but " if projection.wanted_form == "dense" else ""
    return f"{wish}rows have gaps: {_density(projection)}"


def _by_pre(projection: Projection) -> bool:
    instance = projection.network.instance
    return instance is not None and instance.has_internal(projection, "post")
