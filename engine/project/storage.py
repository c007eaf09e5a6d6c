"""Documents on disk: ``NAME.neuroloom.json`` and, beside it, ``NAME.arrays/<sha256>.npy``.

A file is data only. Whatever it holds, loading ends in a document or in a :class:`StorageError`.
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.errors import EngineError
from engine.files.whole import write_whole
from engine.project import arrays
from engine.project.document import (
    SCHEMA_VERSION,
    ArrayFile,
    BoldMonitor,
    Monitor,
    NeuronText,
    Population,
    ProjectDocument,
    Projection,
    RunSettings,
    SynapseText,
    ViewState,
)

SUFFIX = ".neuroloom.json"
_LARGEST = 512 * 2**20
"""Bytes of the largest project file that is read; arrays have files of their own."""

_COLLECTIONS: dict[str, type[Any]] = {
    "neurons": NeuronText,
    "synapses": SynapseText,
    "populations": Population,
    "projections": Projection,
    "monitors": Monitor,
    "bold_monitors": BoldMonitor,
}
_T = TypeVar("_T")


class StorageError(EngineError):
    """A project file cannot be read or written; the text names the file and the reason."""


@dataclass(frozen=True)
class Loaded:
    """A document and what could not be taken over into it, in words."""

    document: ProjectDocument
    problems: tuple[str, ...] = ()


def with_suffix(path: Path) -> Path:
    """Return ``path`` with the suffix of project files."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.name.removesuffix(".json") + SUFFIX)


def project_name(path: Path) -> str:
    """Return the name of a project file without its suffix."""
    return path.name.removesuffix(SUFFIX).removesuffix(".json")


def arrays_folder(path: Path) -> Path:
    """Return the folder with the arrays of the project at ``path``."""
    return path.with_name(project_name(path) + ".arrays")


def to_json(document: ProjectDocument) -> bytes:
    """Return the document as pretty JSON with sorted keys.

    Raises
    ------
    StorageError
        If it holds something that JSON cannot: a number that is not finite, broken Unicode.
    """
    _refuse_infinite(msgspec.to_builtins(document), "project")
    try:
        text = msgspec.json.encode(document, order="sorted")
    except UnicodeEncodeError as fault:
        raise StorageError(f"A text of the project is no valid Unicode: {fault}.") from fault
    return msgspec.json.format(text, indent=2) + b"\n"


# --- saving ----------------------------------------------------------------------------------------------


def save(document: ProjectDocument, path: Path) -> None:
    """Write the document so that a crash at any moment leaves the old or the new file, whole.

    The previous file is kept as ``<file>.bak``.

    Raises
    ------
    StorageError
        If that fails; the old file is then untouched.
    """
    text = to_json(document)
    try:
        path = Path(path).resolve()
        _save_arrays(document, path)
        if path.exists():
            _copy(path, path.with_name(path.name + ".bak"))
        write_whole(path, lambda file: file.write(text))
    except OSError as fault:
        raise StorageError(f"{path} cannot be saved: {fault.strerror or fault}.") from fault


def _save_arrays(document: ProjectDocument, path: Path) -> None:
    folder = arrays_folder(path)
    for _, file in arrays.used_in(document):
        target = folder / f"{file.sha256}.npy"
        if arrays.is_known(file) and not target.exists():
            folder.mkdir(exist_ok=True)
            content = arrays.content_of(file)
            write_whole(target, lambda file, content=content: file.write(content))  # type: ignore[misc]


def _copy(path: Path, copy: Path) -> None:
    with path.open("rb") as source:
        write_whole(copy, lambda file: shutil.copyfileobj(source, file))
    shutil.copymode(path, copy)


def _refuse_infinite(value: Any, place: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise StorageError(f"{place} is {value}; a project holds finite numbers only.")
    items: Any = ()
    if isinstance(value, dict):
        items = ((value.get("name") if k == "values" else k, v) for k, v in value.items())
    elif isinstance(value, list | tuple):
        items = ((v.get("name", i) if isinstance(v, dict) else i, v) for i, v in enumerate(value))
    for key, item in items:
        _refuse_infinite(item, f"{place}.{key}")


# --- loading ---------------------------------------------------------------------------------------------


def load(path: Path) -> Loaded:
    """Read a project, taking over what can be and listing what cannot.

    Raises
    ------
    StorageError
        If the file is missing, is no project, or was written by a newer version.
    """
    path = Path(path)
    raw = _read(path)
    version = raw.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StorageError(f"{path} is no project of this program: it has no schema_version.")
    if version > SCHEMA_VERSION:
        raise StorageError(
            f"{path} was saved by a newer version of this program (schema {version}, this one knows "
            f"{SCHEMA_VERSION}). Update the program to open it; the file was not changed."
        )
    problems: list[str] = []
    document = _without_dangling(_convert_all(raw, problems), problems)
    problems += load_arrays(document, arrays_folder(path))
    return Loaded(document, tuple(problems))


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            reason = "it is no file" if path.exists() else "there is no such file"
            raise StorageError(f"{path} cannot be opened: {reason}.")
        if path.stat().st_size > _LARGEST:
            raise StorageError(f"{path} is larger than {_LARGEST >> 20} MiB; that is no project file.")
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as fault:
        raise StorageError(f"{path} cannot be read: {fault.strerror or fault}.") from fault
    except RecursionError as fault:
        raise StorageError(f"{path} is no project file: it is nested too deeply.") from fault
    except (msgspec.DecodeError, ValueError) as fault:
        backup = path.with_name(path.name + ".bak")
        mend = f" The version before it is in {backup}." if backup.exists() else ""
        raise StorageError(f"{path} is no valid JSON: {str(fault).rstrip('.')}.{mend}") from fault
    if not isinstance(raw, dict):
        raise StorageError(f"{path} is no project file: it holds no object.")
    return raw


def _convert_all(raw: dict[str, Any], problems: list[str]) -> ProjectDocument:
    fields: dict[str, Any] = {}
    for key, value in raw.items():
        if key in _COLLECTIONS:
            fields[key] = tuple(_convert_each(value, key, problems))
        elif key == "run":
            fields[key] = _convert(value, RunSettings, key, problems) or RunSettings()
        elif key == "view":
            fields[key] = _convert(value, ViewState, key, problems) or ViewState()
        elif key in ("name", "description"):
            fields[key] = _convert(value, str, key, problems) or ""
        elif key != "schema_version":
            problems.append(f"The field {key!r} is unknown and was left out.")
    return ProjectDocument(**fields)


def _convert_each(value: Any, key: str, problems: list[str]) -> Iterator[Any]:
    if not isinstance(value, list):
        problems.append(f"{key}: a list was expected; nothing was taken over.")
        return
    for index, item in enumerate(value):
        name = item.get("name") if isinstance(item, dict) else None
        place = f"{key}[{index}]" + (f" {name!r}" if isinstance(name, str) else "")
        converted = _convert(item, _COLLECTIONS[key], place, problems)
        if converted is not None:
            yield converted


def _convert(value: Any, kind: type[_T], place: str, problems: list[str]) -> _T | None:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError, OverflowError) as fault:
        problems.append(f"{place} was left out: {fault}.")
        return None


def _without_dangling(document: ProjectDocument, problems: list[str]) -> ProjectDocument:
    """Leave out objects with an id that is taken, and those that hang on something that is not there."""
    seen: set[str] = set()

    def fresh(objects: tuple[Any, ...]) -> tuple[Any, ...]:
        kept = []
        for thing in objects:
            if thing.id in seen:
                problems.append(f"{_called(thing)} was left out: its id {thing.id!r} is used already.")
            else:
                seen.add(thing.id)
                kept.append(thing)
        return tuple(kept)

    fields = {key: fresh(getattr(document, key)) for key in _COLLECTIONS}
    populations = {p.id for p in fields["populations"]}
    projections = []
    for projection in fields["projections"]:
        missing = [end for end in ("pre", "post") if getattr(projection, end) not in populations]
        for end in missing:
            problems.append(
                f"Projection {projection.name!r} was left out: its {end} population "
                f"{getattr(projection, end)!r} is not in the file."
            )
        if not missing:
            projections.append(projection)
    fields["projections"] = tuple(projections)
    sources = populations | {p.id for p in projections}
    for monitor in fields["monitors"]:
        if monitor.source not in sources:
            problems.append(f"A monitor was left out: its source {monitor.source!r} is not in the file.")
    fields["monitors"] = tuple(m for m in fields["monitors"] if m.source in sources)
    for bold in fields["bold_monitors"]:
        if not populations.issuperset(bold.populations):
            problems.append(f"BOLD monitor {bold.name!r} was left out: a population is not in the file.")
    fields["bold_monitors"] = tuple(
        b for b in fields["bold_monitors"] if populations.issuperset(b.populations)
    )
    return msgspec.structs.replace(document, **fields)


def _called(thing: Any) -> str:
    kind = type(thing).__name__
    return f"{kind} {thing.name!r}" if hasattr(thing, "name") else f"A {kind.lower()}"


def load_arrays(document: ProjectDocument, folder: Path) -> list[str]:
    """Bring the arrays of the document to hand from ``folder``; return what could not be, in words."""
    problems = []
    names = {o.id: o.name for o in document.owners}
    for owner, file in arrays.used_in(document):
        try:
            _load_array(file, folder)
        except EngineError as fault:
            problems.append(f"{names[owner]}: {fault}")
    return problems


def _load_array(file: ArrayFile, folder: Path) -> None:
    if not arrays.is_valid(file):
        raise StorageError(f"The reference to the array {file.sha256[:12]!r} is not valid.")
    if arrays.is_known(file):
        return
    path = folder / f"{file.sha256}.npy"
    with contextlib.suppress(OSError):
        if path.is_file() and path.stat().st_size <= arrays.largest(file):
            arrays.accept(file, path.read_bytes())
            return
    raise StorageError(f"The array {path.name} is missing in {folder.name} or has another size.")
