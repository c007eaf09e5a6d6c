"""Long texts in units that are compiled side by side, and each only once.

A unit is the head of a text, which declares types and mathematics, with some of its functions. Where one unit
ends follows from what is in it, so that an equation that changed, or a population that came, leaves others
alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from engine.codegen.outlining import BORDER, LOOP

WHOLE = 400
"""Lines of functions up to which a text is one unit: the head costs as much as some functions."""
LINES = 300
"""Lines after which a unit ends in any case."""
ENDS = 8
"""One function in so many ends its unit."""


def units(source: str) -> list[str]:
    """The text itself, or the units that make it up: those of functions, then what calls them."""
    head, *functions = re.split(rf"^(?={re.escape(BORDER)})", source, flags=re.MULTILINE)
    if not functions:
        return [source]
    *functions, rest = functions
    if sum(function.count("\n") for function in functions) <= WHOLE:
        return [source]
    declared = "\n".join(_prototype(function) for function in functions)
    return [*(head + "".join(group) for group in _groups(functions)), f"{head}{declared}\n{rest}"]


def _groups(functions: Sequence[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    lines = 0
    for function in functions:
        if lines > LINES:
            groups.append([])
            lines = 0
        groups[-1].append(function)
        lines += function.count("\n")
        if hashlib.sha256(function.encode()).digest()[0] % ENDS == 0:
            lines = LINES + 1
    return groups


def _prototype(function: str) -> str:
    signature = next(line for line in function.splitlines() if line.startswith(LOOP))
    return signature.removesuffix(" {") + ";"
