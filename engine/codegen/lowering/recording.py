"""Monitors: which buffers are copied at the end of which phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.codegen.lowering.builder import Builder
from engine.codegen.lowering.population import LoweredPopulation
from engine.codegen.lowering.projection import LoweredProjection
from engine.codegen.plan import EventList, EventRecorder, Recorder
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.network import Monitor


def lower_population_monitor(
    builder: Builder, key: str, monitor: Monitor, variable: str, source: LoweredPopulation
) -> None:
    """Record ``variable`` of a population, or of the neurons of a view (``monitor.ranks``)."""
    label = f"{source.population.name}.{variable}"
    if variable in ("spike", "axon_spike"):
        events = source.events if variable == "spike" else source.axonal_events
        if events is None:
            raise EngineError(f"Monitor: the neuron of {source.population.name} has no {variable}.")
        _record_events(builder, key, monitor, source, events)
        return
    if variable.startswith("sum("):
        target = variable[4:-1].strip()
        if target not in source.sums:
            raise EngineError(
                f"{monitor.name}: {source.population.name} receives no projection of target {target!r}; "
                f"it has {', '.join(source.sums) or 'none'}. Connect one, or record another sum."
            )
        buffer = source.sums[target]
    else:
        buffer = source.attributes[variable]
    phase = 3 if variable.startswith(("sum(", "g_")) else 11
    scalar = builder.buffers[buffer].count == 1
    ranks, count, owned = "", source.count, source.count
    if scalar:
        count, owned = builder.size(f"count_{key}", 1), ""
    elif monitor.ranks is not None:
        count = builder.size(f"count_{key}", len(monitor.ranks))
        picked = np.asarray(monitor.ranks, dtype=np.int32)
        ranks = builder.buffer(f"{key}_ranks", "int32", count, picked, f"recorded ranks of {label}")
    _record(builder, key, phase, buffer, count, ranks=ranks, owned=owned, label=label)


def lower_projection_monitor(
    builder: Builder, key: str, monitor: Monitor, variable: str, source: LoweredProjection
) -> None:
    """Record ``variable`` of all synapses (storage order), or of one dendrite's (post-major order).

    Where synapses begin and end, all are recorded; the monitor picks those of its dendrite."""
    label = f"{source.projection.name}.{variable}"
    locality = source.localities[variable]
    count, ranks = {"local": source.nnz, "semiglobal": source.post.count, "global": ""}[locality], ""
    rows = monitor.dendrite
    if locality == "global":
        count = builder.size(f"count_{key}", 1)
    elif rows is not None and locality == "semiglobal":
        count = builder.size(f"count_{key}", 1)
        ranks = builder.buffer(f"{key}_ranks", "int32", count, np.array([rows], np.int32), label)
    elif rows is not None and not source.projection.structural:
        picked = source.rows.places_onto(rows)
        count = builder.size(f"count_{key}", picked.size)
        ranks = builder.buffer(f"{key}_ranks", "int32", count, picked.astype(np.int32), label)
    if source.traces is not None and variable in source.traces.names:
        buffer = source.traces.record(key, variable, _control(builder, key))
    elif source.deferred is not None and variable == "w":
        buffer = source.deferred.record(key, _control(builder, key))
    else:
        buffer = source.attributes[variable]
    _record(builder, key, 11, buffer, count, ranks=ranks, owned="", label=label)


def _control(builder: Builder, key: str) -> str:
    return builder.buffer(
        f"{key}_control", "int64", 5, np.array([0, 1, 0, 0, 0]), "active, period, offset, period_offset, rows"
    )


def _record(
    builder: Builder, key: str, phase: int, buffer: str, count: str, *, ranks: str, owned: str, label: str
) -> None:
    dtype = builder.buffers[buffer].dtype
    target = builder.buffer(f"{key}_rows", dtype, builder.size(f"rows_{key}", 1), 0, f"record of {label}")
    builder.add(phase, Recorder(key, buffer, target, _control(builder, key), count, ranks, owned))


def _record_events(
    builder: Builder, key: str, monitor: Monitor, source: LoweredPopulation, events: EventList
) -> None:
    size = source.population.size
    capacity = builder.size(f"capacity_{key}", max(2 * size, 1 << 16))
    areas = builder.size(f"areas_{key}", builder.threads * builder.sizes[capacity])
    label = f"recorded spikes of {source.population.name}"
    steps = builder.buffer(f"{key}_steps", "int64", areas, 0, f"{label}: steps")
    ranks = builder.buffer(f"{key}_ranks", "int32", areas, 0, f"{label}: ranks")
    filled = builder.buffer(
        f"{key}_filled", "int64", builder.size(f"threads_{key}", builder.threads), 0, label
    )
    control = builder.buffer(f"{key}_control", "int64", 1, 0, "active")
    mask = ""
    if monitor.ranks is not None:
        picked = np.zeros(size, dtype=bool)
        picked[np.asarray(monitor.ranks)] = True
        mask = builder.buffer(f"{key}_mask", "bool", source.count, picked, "neurons that are recorded")
    builder.add(11, EventRecorder(key, events.name, steps, ranks, filled, control, capacity, mask))
