"""Values of synaptic attributes: between the engine's storage order and lists per dendrite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.attributes import (
    Attribute,
    Values,
    is_number,
    to_number,
    to_scalar,
    to_values,
    unknown_attribute,
)
from engine.network.distributions import RandomDistribution

if TYPE_CHECKING:
    from engine.network.projection import Projection


class SynapticValues:
    """Reads and writes the attributes of a projection whose synapses are drawn.

    "Post-major" order means: dendrite by dendrite, ascending pre-synaptic ranks within.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.connectivity = projection.connectivity

    @property
    def posts(self) -> NDArray[np.int64]:
        """Ranks of the dendrites."""
        return self.connectivity.dendrites

    def live(self, attribute: Attribute) -> NDArray[Any]:
        """The engine's own array: (1,), (post size,) or (synapses,) in storage order; not to be written."""
        instance = self.projection.network.instance
        assert instance is not None
        return instance.seen(self.projection, attribute.name)

    def shared(self, attribute: Attribute) -> bool:
        """One value serves all synapses."""
        instance = self.projection.network.instance
        assert instance is not None
        return instance.is_single(self.projection, attribute.name) and self.connectivity.nnz != 1

    def storage(self, selection: slice = slice(None)) -> NDArray[np.int64] | slice:
        """Indices into the storage of the synapses that ``selection`` picks in post-major order."""
        instance = self.projection.network.instance
        assert instance is not None
        start, stop, _ = selection.indices(self.connectivity.nnz)
        offsets = self.connectivity.offsets
        post = int(np.searchsorted(offsets, start, side="right")) - 1
        if start < stop <= offsets[min(post + 1, len(offsets) - 1)]:  # of one dendrite
            return instance.synapse_places(self.projection, post, slice(start, stop))
        order = instance.synapse_order(self.projection)
        return selection if order is None else order[selection]

    # --- reading --------------------------------------------------------------------------------------

    def post_major(self, attribute: Attribute, selection: slice = slice(None)) -> NDArray[Any]:
        """Values of a local attribute for the selected synapses."""
        values = self.live(attribute)
        if self.shared(attribute):
            count = len(range(*selection.indices(self.connectivity.nnz)))
            return np.full(count, values[0], dtype=attribute.numpy_type)
        return values[self.storage(selection)].astype(attribute.numpy_type)

    def nested(self, attribute: Attribute) -> Any:
        """As Python reads it: lists per dendrite, a list, or a number."""
        values = self.live(attribute)
        if attribute.locality == "global" or (attribute.name == "w" and self._single_weight(attribute)):
            return values[0].astype(attribute.numpy_type).item()
        if attribute.locality == "semiglobal":
            return np.broadcast_to(values, self.connectivity.n_post)[self.posts].tolist()
        return self.by_dendrite(self.post_major(attribute))

    def of_synapses(self, name: str) -> NDArray[Any]:
        """An attribute for each synapse in post-major order, whatever its locality."""
        attribute = self.projection._attributes.get(name)
        if attribute is None:
            raise EngineError(
                unknown_attribute(name, f"Projection {self.projection.name}", self.projection._attributes)
            )
        if attribute.locality == "local":
            return self.post_major(attribute)
        values = np.broadcast_to(self.live(attribute), self.connectivity.n_post)
        spread: NDArray[Any] = values[self.connectivity.post].astype(attribute.numpy_type)
        return spread

    def by_dendrite(self, flat: NDArray[Any]) -> list[list[Any]]:
        """Post-major values as one list for each dendrite."""
        begins = self.connectivity.offsets[self.posts].tolist()
        ends = self.connectivity.offsets[self.posts + 1].tolist()
        values = flat.tolist()
        return [values[begin:end] for begin, end in zip(begins, ends, strict=True)]

    def of_dendrite(self, attribute: Attribute, post: int) -> Any:
        """The dendrite's list, or one number."""
        if attribute.locality == "semiglobal":
            values = np.broadcast_to(self.live(attribute), self.connectivity.n_post)
            return values[post].item()
        if attribute.locality == "global" or (attribute.name == "w" and self._single_weight(attribute)):
            return self.live(attribute)[0].item()
        return self.post_major(attribute, self.row(post)).tolist()

    def row(self, post: int) -> slice:
        """Post-major positions of a dendrite's synapses."""
        offsets = self.connectivity.offsets
        return slice(int(offsets[post]), int(offsets[post + 1]))

    def _single_weight(self, attribute: Attribute) -> bool:
        projection = self.projection
        single = not projection.plastic and not projection.force_multiple_weights
        return single and is_number(self.connectivity.weights)

    # --- writing --------------------------------------------------------------------------------------

    def flat(self, attribute: Attribute, value: Any) -> Values:
        """A value given from Python as a number, or as an array: post-major (local), (post size,)
        (semiglobal)."""
        owner, draw = self.projection.name, self.projection.network.draw
        if attribute.locality == "global":
            if isinstance(value, RandomDistribution):
                value = draw(value, 1)[0]
            return to_scalar(value, attribute, owner)
        if is_number(value):
            return to_scalar(value, attribute, owner)
        if attribute.locality == "semiglobal":
            values = to_values(value, attribute, len(self.posts), owner, draw)
            spread = np.full(self.connectivity.n_post, attribute.initial, dtype=attribute.numpy_type)
            spread[self.posts] = values
            return spread
        if isinstance(value, RandomDistribution):
            return to_values(value, attribute, self.connectivity.nnz, owner, draw)
        return to_values(self._joined(attribute, value), attribute, self.connectivity.nnz, owner, draw)

    def _joined(self, attribute: Attribute, value: Any) -> Any:
        """The rows of a nested list or 2D array, one after the other."""
        label = f"{self.projection.name}.{attribute.name}"
        lengths = np.diff(self.connectivity.offsets)[self.posts].tolist()
        if isinstance(value, np.ndarray) and value.ndim == 2 and {value.shape[1]} == set(lengths):
            if len(value) != len(lengths):
                self._wrong_number(label, len(value))
            return value
        rows = list(value) if isinstance(value, (list, tuple, np.ndarray)) else []
        if len(rows) != len(lengths):
            self._wrong_number(label, len(rows))
        for index, (row, length) in enumerate(zip(rows, lengths, strict=True)):
            if is_number(row) or len(row) != length:
                found = "one number" if is_number(row) else f"{len(row)} values"
                raise EngineError(f"{label}: dendrite {index} has {length} synapses, but got {found}.")
        return np.concatenate([np.asarray(row) for row in rows]) if rows else np.zeros(0)

    def _wrong_number(self, label: str, given: int) -> NoReturn:
        raise EngineError(
            f"{label} needs one value, or one list for each of {len(self.posts)} dendrites, not {given}."
        )

    def assign(self, attribute: Attribute, value: Any) -> None:
        """Assign an attribute of all synapses."""
        if attribute.name == "w" and self._single_weight(attribute) and not is_number(value):
            raise EngineError(
                f"{self.projection.name}.w is one weight for all synapses; assign a number, or connect with "
                f"force_multiple_weights=True."
            )
        self.projection.network.store(self.projection, attribute.name, self.flat(attribute, value))

    def assign_dendrite(self, attribute: Attribute, post: int, value: Any) -> None:
        """Assign an attribute of one dendrite."""
        projection, owner = self.projection, f"{self.projection.name}[{post}]"
        if attribute.locality == "global":
            raise EngineError(f"{owner}.{attribute.name} has one value for the projection; assign it there.")
        if attribute.locality == "semiglobal":
            if isinstance(value, RandomDistribution):
                value = projection.network.draw(value, 1)[0]
            number = to_number(value, attribute, f"{owner}.")
            live, instance = self.live(attribute), projection.network.instance
            if instance is not None and live.size == self.connectivity.n_post:
                instance.values(projection, attribute.name)[post] = number
                return
            spread = np.broadcast_to(live, self.connectivity.n_post).copy()
            spread[post] = number
            projection.network.store(projection, attribute.name, spread)
            return
        row = self.row(post)
        values = to_values(value, attribute, row.stop - row.start, owner, projection.network.draw)
        self.assign_synapses(attribute, row, values)

    def assign_synapses(self, attribute: Attribute, selection: slice, values: Values) -> None:
        """Assign a local attribute of the selected synapses."""
        projection = self.projection
        if self.shared(attribute):
            if attribute.name == "w":
                raise EngineError(
                    f"{projection.name}.w is one weight for all synapses; connect with "
                    f"force_multiple_weights=True to change single ones."
                )
            flat = self.post_major(attribute)
            flat[selection] = values
            projection.network.store(projection, attribute.name, flat)
        else:
            instance = projection.network.instance
            assert instance is not None
            if instance.trace(projection, attribute.name) is not None:
                projection.network.separate(projection)
            waiting = attribute.name == "w" and instance.deferred(projection)
            live = instance.written(projection) if waiting else instance.values(projection, attribute.name)
            live[self.storage(selection)] = values
            if waiting:
                projection.network.keep_waiting(projection)
