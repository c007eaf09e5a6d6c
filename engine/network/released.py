"""What drawn synapses leave to the running code, so that nothing is held twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.network.projection import Projection
    from engine.runtime.instance import Instance


def release(projection: Projection, instance: Instance) -> None:
    """Leave to the running code what it has: weights, and ranks where it has bits of them."""
    projection.release_weights()
    if instance.has_internal(projection, "bits"):
        starts, words = (instance.internal(projection, part) for part in ("bit_rows", "bits"))
        projection.connectivity.joined.hold_bits(starts, words)
