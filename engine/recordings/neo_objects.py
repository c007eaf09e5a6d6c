"""Recordings as objects of neo, which other programs of the field read, and through it NIX and NWB files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.recordings.recording import Recording


def neo_block(recordings: Sequence[Recording], units: Mapping[str, str] | None = None, name: str = "") -> Any:
    """A ``neo.Block`` with one segment.

    Spikes become a ``SpikeTrain`` (ms) for each neuron, called ``SOURCE.VARIABLE[RANK]``, for silent ones,
    too. Samples become an ``AnalogSignal``, called ``SOURCE.VARIABLE``, or an ``IrregularlySampledSignal``
    where the monitor was paused or its period changed; channels are annotated with their ``column``: a rank,
    or ``pre->post``. Annotations of all: ``source``, ``variable``, ``dt`` (ms), of spike trains ``rank``.

    Parameters
    ----------
    recordings : list of Recording
    units : dict, optional
        Unit of each variable, as ``{"v": "mV"}``; others are dimensionless.
    name : str
        Of the block.

    Returns
    -------
    neo.Block

    Raises
    ------
    EngineError
        If neo is not installed, or a unit is unknown.
    """
    neo = neo_module("neo")
    units = units or {}
    block = neo.Block(name=name or None, file_datetime=datetime.now(UTC))
    segment = neo.Segment(name=name or None)
    block.segments.append(segment)
    for recording in recordings:
        annotations = {"source": recording.source, "variable": recording.variable, "dt": recording.dt}
        if recording.values is None:
            segment.spiketrains.extend(_spike_trains(recording, neo, annotations))
        else:
            unit = units.get(recording.variable, "dimensionless")
            signal = _signal(recording, recording.values, unit, neo, annotations)
            kind = segment.analogsignals if recording.period else segment.irregularlysampledsignals
            kind.append(signal)
    segment.check_relationships()
    return block


def neo_module(needed: str) -> Any:
    """neo, once what is needed can be imported.

    Raises
    ------
    EngineError
        If it is not installed.
    """
    try:
        __import__(needed)
        import neo
    except ImportError as error:
        raise EngineError(f"The package {needed} is not installed: pip install 'neuroloom[neo]'.") from error
    return neo


def _spike_trains(recording: Recording, neo: Any, annotations: dict[str, Any]) -> list[Any]:
    assert recording.spikes is not None
    ranks = recording.columns.ranks
    order = np.argsort(recording.spikes, kind="stable")
    times, sorted_ranks = recording.times[order], recording.spikes[order]
    starts = np.searchsorted(sorted_ranks, ranks, side="left")
    ends = np.searchsorted(sorted_ranks, ranks, side="right")
    begun, ended = recording.span
    return [
        neo.SpikeTrain(
            times[start:end],
            units="ms",
            t_start=begun,
            t_stop=ended,
            name=f"{recording.key}[{rank}]",
            rank=rank,
            **annotations,
        )
        for rank, start, end in zip(ranks.tolist(), starts, ends, strict=True)
    ]


def _signal(recording: Recording, values: Any, unit: str, neo: Any, annotations: dict[str, Any]) -> Any:
    common = {
        "units": unit,
        "name": recording.key,
        "array_annotations": {"column": np.array(recording.columns.labels, dtype=str)},
        **annotations,
    }
    signal = values.astype(np.float64)
    try:
        if recording.period is None:
            return neo.IrregularlySampledSignal(recording.times, signal, time_units="ms", **common)
        import quantities

        period = recording.period * recording.dt * quantities.ms
        start = recording.times[0] * quantities.ms
        return neo.AnalogSignal(signal, sampling_period=period, t_start=start, **common)
    except LookupError as error:
        raise EngineError(f"{recording.key}: {unit!r} is no unit that is known.") from error


def write_nix(recordings: Sequence[Recording], path: Path, units: Mapping[str, str] | None) -> list[Path]:
    """Write a NIX file through neo."""
    neo = neo_module("nixio")
    with neo.io.NixIO(str(path), mode="ow") as file:
        file.write_block(neo_block(recordings, units, path.stem))
    return [path]


def write_nwb(recordings: Sequence[Recording], path: Path, units: Mapping[str, str] | None) -> list[Path]:
    """Write an NWB file through neo."""
    neo = neo_module("pynwb")
    block = neo_block(recordings, units, path.stem)
    block.annotate(
        session_start_time=datetime.now(UTC),
        session_description=f"Simulation {path.stem}",
        identifier=path.stem,
    )
    neo.io.NWBIO(str(path), mode="w").write_all_blocks([block])
    return [path]
