"""How the documentation is built: ``make docs``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

project = "Neuroloom"
author = "The Neuroloom developers"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.viewcode", "numpydoc", "myst_parser"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Neuroloom"

autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False


def public_members() -> dict[str, set[str]]:
    """Return the members of each class that belong to the public API, as tests/api lists them."""
    members: dict[str, set[str]] = {}
    for file in (ROOT / "tests" / "api").glob("*.pyi"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                named = members.setdefault(node.name, set())
                for part in node.body:
                    if isinstance(part, ast.FunctionDef):
                        named.add(part.name)
                    elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                        named.add(part.target.id)
    return members


PUBLIC = set().union(*public_members().values())


def skip_internal(app: Any, what: str, name: str, member: object, skip: bool, options: object) -> bool | None:
    """Leave out what the classes use among themselves."""
    return True if what == "class" and name not in PUBLIC else None


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("autodoc-skip-member", skip_internal)
