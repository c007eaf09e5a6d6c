"""One family of errors for the whole engine.

A user's mistake raises an :class:`EngineError`. Mistakes in model text raise :class:`ModelError`, which
carries one :class:`Diagnostic` for each mistake, so that the window can show it at the field it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """One mistake, where it is and how to mend it.

    Attributes
    ----------
    message : str
        What is wrong, naming the symbol or text at fault.
    hint : str
        How to mend it; may be empty.
    owner : str
        Name of the object at fault (a neuron, synapse, population, ...).
    field : str
        Name of the text field, e.g. ``"equations"``; empty when no field is at fault.
    line, column : int
        1-based place of the first offending character in the field's text; 0 when there is no place.
    length : int
        Number of offending characters (0: unknown).
    source : str
        The offending line of text.
    """

    message: str
    hint: str = ""
    owner: str = ""
    field: str = ""
    line: int = 0
    column: int = 0
    length: int = 0
    source: str = ""

    def __str__(self) -> str:
        place = ".".join(part for part in (self.owner, self.field) if part)
        if self.line:
            place += f", line {self.line}, column {self.column}"
        text = f"{place}: {self.message}" if place else self.message
        if self.source:
            text += f"\n    {self.source}\n    {' ' * (self.column - 1)}{'^' * max(1, self.length)}"
        if self.hint:
            text += f"\n    {self.hint}"
        return text


class EngineError(Exception):
    """Base class of every error that the engine raises for a user's mistake."""


class ModelError(EngineError):
    """Mistakes in the text of a neuron or synapse; all that were found, not only the first."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class InvalidConfiguration(EngineError):
    """Settings that do not go together, or that this computer cannot meet."""


class CodeGeneratorException(EngineError):
    """No code can be made, or built, for what the network asks for."""


class CompilationError(CodeGeneratorException):
    """The C++ compiler is missing or refused the generated text (which is a bug of ours)."""
