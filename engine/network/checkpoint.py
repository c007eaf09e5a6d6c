"""Checkpoints: the full state of a compiled network in a file, for another process to go on with."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.connectivity import Connectivity
from engine.errors import EngineError
from engine.files.errors import FileError
from engine.files.formats import load_content
from engine.files.plain import NotPlain, decoded, encoded
from engine.files.whole import save_whole
from engine.network.checkpoint_checks import all_or_nothing, check_recorded, check_synapses, may_set
from engine.network.fingerprint import fingerprint, first_difference
from engine.network.recipe import always
from engine.network.recorded import RecordedData
from engine.network.recorded_state import recorded_state, restored_recording

if TYPE_CHECKING:
    from engine.network.monitor import Monitor
    from engine.network.network import Network
    from engine.network.projection import Projection

Arrays = dict[str, NDArray[Any]]

FORMAT = "Neuroloom checkpoint"
VERSION = 1
_HEADER = "header"
_CLASS = "dataclass"


class Checkpoints:
    """How the full state of a network is kept in files."""

    def save_checkpoint(self, filename: str | PathLike[str]) -> None:
        """Save everything that the next steps depend on.

        That is every value, spikes and rates under way, counters of random numbers, refractory periods,
        schedules of inputs, switches, synapses that began or ended meanwhile, and what monitors have recorded
        and not handed out yet. ``simulate(500)``, a checkpoint, a new process that builds the same network
        and loads it, and ``simulate(500)`` there give the bits of ``simulate(1000)``, with any number of
        threads on both sides.

        Parameters
        ----------
        filename : str or path
            ``.npz`` or ``.h5``. Missing folders are made; an old file is replaced as a whole.

        Notes
        -----
        Not in the file: equations and code (the script builds the network again), objects and random
        generators of Python, functions that are called back.
        """
        network: Network = self  # type: ignore[assignment]
        write = _writer(filename)
        if not network.compiled:
            raise EngineError("save_checkpoint(): the network is not compiled yet; call compile() first.")
        arrays: Arrays = {}
        header = {"format": FORMAT, "version": VERSION, "fingerprint": fingerprint(network)}
        header |= _python_state(network, arrays)
        arrays |= {f"engine.{name}": array for name, array in network.refresh().state().items()}
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        save_whole(filename, lambda file: write(file, {_HEADER: text} | arrays))

    def load_checkpoint(self, filename: str | PathLike[str]) -> None:
        """Go on where :meth:`save_checkpoint` was called: the next step is the one that followed there.

        The network must be compiled and built as that one was: the same populations, projections and models
        in the same order, and the same settings. Seed, threads and initial values may differ; those of the
        file count, but for the threads.

        Raises
        ------
        FileError
            If the file is missing or damaged, or if it belongs to another network; the message names the
            first difference. Nothing is changed then.

        Notes
        -----
        Monitors get their data and positions back by name. Those that the file does not know begin anew. What
        a monitor has written to a file of its own (``record_to``) stays there; record to another one from now
        on.
        """
        network: Network = self  # type: ignore[assignment]
        if not network.compiled:
            raise EngineError("load_checkpoint(): build the network and call compile() first.")
        _writer(filename)
        arrays: Arrays = load_content(filename)
        header = _header(filename, arrays)
        different = first_difference(header["fingerprint"], json.loads(json.dumps(fingerprint(network))))
        if different is not None:
            raise FileError(f"{filename} is the checkpoint of another network. {different}.")
        try:
            with all_or_nothing(network):
                _restore_python_state(network, header, arrays)
                state = {k.removeprefix("engine."): a for k, a in arrays.items() if k.startswith("engine.")}
                network.refresh().restore(state)
                _restore_monitors(network, decoded(header["monitors"], arrays))
        except Exception as fault:  # Whatever a damaged file leads to is its fault.
            raise FileError(
                f"{filename} cannot be loaded; the network is as it was. {type(fault).__name__}: {fault}"
            ) from fault


def _writer(filename: str | PathLike[str]) -> Any:
    suffix = Path(filename).suffix.lower()
    if suffix == ".npz":
        from engine.files.npz import write_npz

        return lambda file, content: write_npz(file, content, objects=False, compress=False)
    if suffix in (".h5", ".hdf5"):
        from engine.files.hdf5 import write_hdf5

        return write_hdf5
    raise EngineError(f"A checkpoint is a .npz or .h5 file, not {Path(filename).name!r}.")


def _header(filename: str | PathLike[str], arrays: Arrays) -> dict[str, Any]:
    try:
        header: dict[str, Any] = json.loads(arrays[_HEADER].tobytes())
        known = header["format"] == FORMAT
        version = header["version"]
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        known, version = False, VERSION
    if not known:
        raise FileError(f"{filename} is no checkpoint.")
    if version != VERSION:
        raise FileError(f"{filename} is a checkpoint of version {version}; this is version {VERSION}.")
    return header


# --- what Python knows ----------------------------------------------------------------------------------


def _objects(network: Network) -> Iterator[tuple[str, Any]]:
    """All objects that have a state of their own apart from the engine's."""
    for kind in ("populations", "projections", "mean_inputs"):
        for index, obj in enumerate(getattr(network, kind)):
            yield f"{kind}.{index}", obj


def _python_state(network: Network, arrays: Arrays) -> dict[str, Any]:
    objects = {}
    for label, obj in _objects(network):
        objects[label] = _plain_part(vars(obj), label, arrays)
        if label.startswith("projections"):
            objects[label]["recipe"] = _recipe_state(obj)
    monitors = [_monitor_state(monitor) for monitor in network.monitors]
    return {
        "seed": network.seed,
        "draws": network._draws,
        "constants": {name: float(value) for name, value in network.constants.items()},
        "objects": objects,
        "monitors": encoded(monitors, arrays, "monitors"),
    }


def _plain_part(values: Mapping[str, Any], label: str, arrays: Arrays) -> dict[str, Any]:
    """Those values that are plain data. Others are made by the script, and no step changes them."""
    kept = {}
    for name, value in values.items():
        own: Arrays = {}
        try:
            kept[name] = encoded(_fields(value), own, f"{label}.{name}")
        except NotPlain:
            continue
        arrays |= own
    return kept


def _fields(value: Any) -> Any:
    """A dataclass of the engine as its name and fields; others as they are."""
    kind = type(value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    if isinstance(value, Connectivity):
        fields = value.plain()
    else:
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    return {_CLASS: f"{kind.__module__}.{kind.__qualname__}", "fields": fields}


def _made(stored: Any) -> Any:
    """The inverse of :func:`_fields`."""
    if not isinstance(stored, dict) or stored.keys() != {_CLASS, "fields"}:
        return stored
    module, _, name = stored[_CLASS].rpartition(".")
    kind = getattr(sys.modules.get(module), name, None) if module.startswith("engine.") else None
    # To make a frozen one has no effects.
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind) or not _frozen(kind):
        raise ValueError(f"it needs {stored[_CLASS]}, which is not known")
    made: Any = Connectivity.of_rows if kind is Connectivity else kind
    return made(**stored["fields"])


def _frozen(kind: type) -> bool:
    return bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def _restore_python_state(network: Network, header: Mapping[str, Any], arrays: Arrays) -> None:
    network.configuration._seed = int(header["seed"])
    network._draws = int(header["draws"])
    for name, value in header["constants"].items():
        if network.constants.get(name) != value:
            network.set_constant(name, value)
    for label, obj in _objects(network):
        stored = dict(header["objects"][label])
        recipe = stored.pop("recipe", None)
        for name, value in stored.items():
            if may_set(obj, name):
                vars(obj)[name] = _made(decoded(value, arrays))
        if label.startswith("projections"):
            check_synapses(obj._connectivity, obj)
            _restore_weights(obj, arrays)
            _restore_recipe(obj, recipe)
            network._redrawn.append(obj)
    network._stale = True


def _restore_weights(projection: Projection, arrays: Arrays) -> None:
    """Weights of single synapses are in the state of the engine."""
    from engine.codegen.lowering.rows import SparseRows

    c = projection.connectivity
    if c.weights is None:
        stored = arrays[f"engine.buffer.proj{projection.id}_w"]
        order = SparseRows(c, projection.pre_population.model.kind == "spike", threads=1).order
        weights = stored if order is None else stored[order]
        projection._connectivity = dataclasses.replace(c, weights=weights.astype(np.float64))


def _recipe_state(projection: Projection) -> dict[str, Any]:
    return {
        "delay": projection.uniform_delay,
        "force_multiple_weights": projection.recipe.force_multiple_weights,
    }


def _restore_recipe(projection: Projection, stored: Mapping[str, Any]) -> None:
    """Delays may have been changed since, and a file with other synapses may have been loaded."""
    recipe, delay = projection.recipe, int(stored["delay"])
    if delay >= 0:
        recipe = dataclasses.replace(recipe, delays=delay)
    elif projection.uniform_delay >= 0:
        connectivity = projection.connectivity
        recipe = dataclasses.replace(recipe, structure=always(connectivity), weights=None, delays=None)
    several = bool(stored["force_multiple_weights"])
    projection._recipe = dataclasses.replace(recipe, force_multiple_weights=several)


# --- monitors -------------------------------------------------------------------------------------------

_MONITOR = ("period_steps", "period_offset_steps", "offset_steps", "_last_times")


def _monitor_state(monitor: Monitor) -> dict[str, Any]:
    present = None if monitor.projection is None else monitor.projection.connectivity
    return {
        "name": monitor.name,
        "source": _source(monitor),
        "values": {name: getattr(monitor, name) for name in _MONITOR},
        "data": {name: recorded_state(data, present) for name, data in _in_memory(monitor).items()},
    }


def _in_memory(monitor: Monitor) -> dict[str, RecordedData]:
    """What is recorded, by variable; of a monitor that writes to a file only that it records."""
    if monitor._file is None:
        return {name: monitor._data[name] for name in monitor.variables}
    monitor.settle()
    step = monitor.network.current_step
    return {name: RecordedData(step, monitor._data[name].recording) for name in monitor.variables}


def _source(monitor: Monitor) -> str:
    return f"{monitor.source.name} {'' if monitor.dendrite is None else monitor.dendrite}".strip()


def _restore_monitors(network: Network, stored: list[dict[str, Any]]) -> None:
    """By name and source, in the order of the file; a monitor that the file lacks begins anew."""
    left, anew = list(stored), []
    for monitor in network.monitors:
        found = next((s for s in left if (s["name"], s["source"]) == (monitor.name, _source(monitor))), None)
        if found is None:
            anew.append(monitor)
            continue
        left.remove(found)
        present = None if monitor.projection is None else monitor.projection.connectivity
        restored = {n: restored_recording(state, present) for n, state in found["data"].items()}
        check_recorded(monitor, restored, found["values"])
        for name in _MONITOR:
            setattr(monitor, name, found["values"][name])
        if list(restored) != monitor.variables:
            monitor._variables = list(restored)
            network.replan()
        for name, data in restored.items():
            data.track = monitor._data[name].track if name in monitor._data else None
        monitor._data = restored
    for monitor in anew:
        monitor.reset()
    for lost in left:
        network.warn(f"The monitor {lost['name']} of the file does not exist here; its data are not loaded.")
