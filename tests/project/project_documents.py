"""What the tests of projects share besides fixtures."""

from __future__ import annotations

from pathlib import Path

from engine.project.document import ProjectDocument

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "resources" / "examples"


def id_of(document: ProjectDocument, name: str) -> str:
    """Return the id of the object with this name."""
    return next(o.id for o in (*document.owners, *document.models) if o.name == name)
