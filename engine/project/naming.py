"""Names of objects: which are valid, which are free."""

from __future__ import annotations

import keyword
import re
import unicodedata

from engine.errors import EngineError
from engine.project.catalogue import SOURCES, builtin_neurons, builtin_synapses
from engine.project.document import ProjectDocument


def unique_name(document: ProjectDocument, stem: str, *, model: bool = False) -> str:
    """Return ``stem``, or ``stem`` with the smallest number that makes it free.

    Populations, projections and BOLD monitors share one set of names, models (``model=True``) and
    built-ins another.
    """
    taken = _model_names(document) if model else _object_names(document)
    if stem not in taken:
        return stem
    stem = re.sub(r"_?\d+$", "", stem) or stem
    number = 2
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def _object_names(document: ProjectDocument, but: str = "") -> set[str]:
    return {o.name for o in (*document.owners, *document.bold_monitors) if o.id != but}


def _model_names(document: ProjectDocument, but: str = "") -> set[str]:
    own = {o.name for o in document.models if o.id != but}
    return own | set(builtin_neurons()) | set(builtin_synapses()) | set(SOURCES)


def check_name(document: ProjectDocument, name: str, object_id: str = "", *, model: bool = False) -> None:
    """Raise :class:`EngineError` unless ``object_id`` may be called ``name``."""
    if not is_identifier(name):
        raise EngineError(
            f"{name!r} is no valid name. Use letters, digits and underscores, with no digit first, "
            "and no word that Python reserves."
        )
    taken = _model_names(document, object_id) if model else _object_names(document, object_id)
    if name in taken:
        raise EngineError(f"The name {name!r} is taken already. Choose another one.")


def is_identifier(name: str) -> bool:
    """Tell whether ``name`` can be a variable of an exported script."""
    plain = unicodedata.normalize("NFKC", name) == name
    return plain and name.isidentifier() and not keyword.iskeyword(name)
