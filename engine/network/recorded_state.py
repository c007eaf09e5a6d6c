"""What a monitor has recorded and not handed out yet, as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.connectivity import Connectivity
from engine.network.recorded import RecordedData, Sampled, Table


def recorded_state(data: RecordedData, present: Connectivity | None) -> dict[str, Any]:
    """The recorded data of one variable. ``present`` are the synapses that a projection has now."""
    return {
        "begun": data.begun,
        "recording": data.recording,
        "ended": list(data._ended),
        "samples": [
            {
                "rows": table.rows(keep=True),
                "synapses": "present" if table.layout is present else _fields(table.layout),
            }
            for table in data.samples
        ],
        "sampled": [(part.first, part.period, part.count) for part in data.sampled],
        "steps": data.steps.rows(keep=True),
        "ranks": data.ranks.rows(keep=True),
    }


def restored_recording(state: Mapping[str, Any], present: Connectivity | None) -> RecordedData:
    """The inverse of :func:`recorded_state`."""
    data = RecordedData(state["begun"], state["recording"])
    data._ended = [(begun, ended) for begun, ended in state["ended"]]
    for part in state["samples"]:
        rows, layout = np.asarray(part["rows"]), part["synapses"]
        if layout == "present":
            layout = present
        elif layout is not None:
            layout = Connectivity.of_rows(**layout)
        table = Table(rows.dtype, rows.shape[1], layout)
        table.append(rows)
        data.samples.append(table)
    data.sampled = [Sampled(first, period, count) for first, period, count in state["sampled"]]
    data.steps.append(state["steps"])
    data.ranks.append(state["ranks"])
    return data


def _fields(layout: Connectivity | None) -> dict[str, Any] | None:
    return None if layout is None else layout.plain()
