"""What stands between the file of a checkpoint and a network: somebody may have made the file to do harm.

What is an index, a name in the generated code or a size is looked at before compiled code sees it; integers
in buffers are looked at by :mod:`engine.runtime.state`. If anything is wrong, the network stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.connectivity import Connectivity
from engine.runtime.core import rank_type

if TYPE_CHECKING:
    from engine.network.monitor import Monitor
    from engine.network.network import Network
    from engine.network.projection import Projection
    from engine.network.recorded import RecordedData

OF_THE_SCRIPT = {
    *(
        "id",
        "name",
        "network",
        "model",
        "kind",
        "source",
        "population",
        "_given_name",
        "_finished",
        "adopted",
    ),
    *("_geometry", "_size", "neuron_type", "mode", "stop", "stop_condition", "_attributes", "_recipe"),
    *("pre", "post", "pre_population", "post_population", "target", "targets", "variable", "share_variable"),
    "synapse_type",
}
"""What objects are and never change: fingerprints compare it, so it is not taken from a file."""

LONGEST_DELAY = 2**31 - 1


@contextmanager
def all_or_nothing(network: Network) -> Iterator[None]:
    """Let a network take other values in a new ``Instance``; if that fails, it is as it was."""
    owners = (network, network.configuration, *network.populations, *network.projections)
    parts = (*owners, *network.mean_inputs, *network.monitors)
    before = [(vars(part), dict(vars(part))) for part in parts]
    contents = [(kept, kept.copy()) for kept in (network._constants, network._redrawn)]
    network._instance = network.refresh().without_synapses()
    try:
        yield
    except BaseException:
        for present, former in before:
            present.clear()
            present.update(former)
        for changed, former_content in contents:
            changed.clear()
            extend: Any = changed.update if isinstance(changed, dict) else changed.extend
            extend(former_content)
        raise


def may_set(obj: Any, name: str) -> bool:
    """Is a value of that name part of the state of an object? Raises if it would hide what its class says."""
    if name in OF_THE_SCRIPT:
        return False
    if name not in vars(obj) and not name.startswith("_") and hasattr(type(obj), name):
        raise ValueError(f"{obj.name}.{name} is no value")
    return True


def check_synapses(c: Any, projection: Projection) -> None:
    """Refuse synapses that would lead the engine out of its arrays."""
    if not isinstance(c, Connectivity):
        raise ValueError("its synapses are missing")
    sizes = (projection.pre_population.size, projection.post_population.size)
    arrays = _is_array(c.offsets, np.int64, sizes[1] + 1) and _is_array(c.pre, rank_type(sizes[0]))
    if not arrays or (c.n_pre, c.n_post) != sizes or not _rows_fit(c):
        raise ValueError("its synapses are damaged")
    weights = isinstance(c.weights, int | float) or _is_array(c.weights, np.float64, c.nnz)
    if not weights and c.weights is not None:
        raise ValueError("its weights are damaged")
    delays: list[Any] = [c.allowed_delay, c.delay_steps]
    if isinstance(c.delay_steps, np.ndarray) and _is_array(c.delay_steps, np.int32, c.nnz):
        delays = [c.allowed_delay, *(int(f(c.delay_steps, initial=1)) for f in (np.min, np.max))]
    if not all(type(delay) is int and 1 <= delay <= LONGEST_DELAY for delay in delays):
        raise ValueError("its delays are damaged")
    if c.lasting is not None and not (_is_array(c.lasting, np.int64) and _within(c.lasting, c.n_post)):
        raise ValueError("its dendrites are damaged")


def _rows_fit(c: Connectivity) -> bool:
    if c.offsets[0] != 0 or c.offsets[-1] != c.nnz or not (np.diff(c.offsets) >= 0).all():
        return False
    falls = np.flatnonzero(c.pre[1:] < c.pre[:-1]) + 1
    return _within(c.pre, c.n_pre) and bool(np.isin(falls, c.offsets).all())


def _within(ranks: Any, size: int) -> bool:
    return not ranks.size or bool(0 <= ranks.min() <= ranks.max() < size)


def _is_array(value: Any, dtype: Any, size: int | None = None) -> bool:
    flat = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == dtype
    return flat and (size is None or value.size == size)


def check_recorded(monitor: Monitor, data: dict[str, RecordedData], values: dict[str, Any]) -> None:
    """Refuse what the monitor cannot have recorded."""
    for name, recorded in data.items():
        monitor._check(name)
        size = 0 if monitor.population is None else monitor.population.size
        ranks, steps = recorded.ranks.rows(keep=True), recorded.steps
        if not _within(ranks, size) or len(ranks) != len(steps):
            raise ValueError(f"the spikes of {monitor.name} are damaged")
        samples = sum(part.count for part in recorded.sampled)
        if recorded.sampled and samples != sum(map(len, recorded.samples)):
            raise ValueError(f"the samples of {monitor.name} are damaged")
        for table in recorded.samples:
            if table.layout is not None:
                if monitor.projection is None:
                    raise ValueError(f"the samples of {monitor.name} are damaged")
                check_synapses(table.layout, monitor.projection)
    steps_ = [values[name] for name in ("period_steps", "period_offset_steps", "offset_steps")]
    whole = all(type(step) is int and 0 <= step <= LONGEST_DELAY for step in steps_)
    if not whole or not steps_[1] < steps_[0]:
        raise ValueError(f"the period of {monitor.name} is damaged")
