"""What a check of a document reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import Diagnostic

Severity = Literal["error", "warning", "hint"]


@dataclass(frozen=True)
class Problem:
    """Something wrong with a document.

    Attributes
    ----------
    severity : {"error", "warning", "hint"}
        Errors keep the network from being built; hints may well be meant so.
    object_id : str
        The object at fault (a model's own id for mistakes in its text); empty for the project itself.
    field : str
        The field at fault, e.g. ``"equations"``, ``"values.tau"``, ``"connector.number"``, ``"run.dt"``.
    diagnostic : Diagnostic
        The message, with line and column for mistakes in text.
    """

    severity: Severity
    object_id: str
    field: str
    diagnostic: Diagnostic

    def __str__(self) -> str:
        return f"{self.severity}: {self.diagnostic}"
