"""Collecting the mistakes of one model, so that all of them are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from engine.errors import Diagnostic, ModelError
from engine.language.tree import NOWHERE, Span


class Problem(Exception):
    """A mistake that ends the analysis of one statement; :meth:`Report.guard` turns it into a diagnostic."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint


class Leftover(Problem):
    """Text that stands where an expression should have ended."""


class UnknownFlag(Problem):
    """A colon followed by what is no flag, or none that can stand there."""


class Known(Problem):
    """Follows from a mistake that has been told already."""

    def __init__(self) -> None:
        super().__init__("", NOWHERE)


def filled(**fields: str | None) -> dict[str, str]:
    """The fields of a model, empty where there is no text."""
    return {name: text or "" for name, text in fields.items()}


class Report:
    """The diagnostics of one neuron or synapse.

    Parameters
    ----------
    owner : str
        Name of the model.
    texts : mapping
        The text of each field, to quote the line at fault.
    """

    def __init__(self, owner: str, texts: Mapping[str, str]) -> None:
        self.owner = owner
        self.texts = texts
        self.diagnostics: list[Diagnostic] = []

    def add(self, message: str, span: Span, hint: str = "") -> None:
        """Note a mistake; the same one is noted once."""
        diagnostic = diagnose(message, span, hint, self.owner, self.texts)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Note a :class:`Problem` that ends the block and go on after it."""
        try:
            yield
        except Known:
            assert self.diagnostics
        except Problem as problem:
            self.add(problem.message, problem.span, problem.hint)

    def finish(self) -> None:
        """Raise everything noted, in the order of the fields and lines."""
        if self.diagnostics:
            fields = list(self.texts)
            order = {name: position for position, name in enumerate(fields)}
            self.diagnostics.sort(key=lambda d: (order.get(d.field, len(fields)), d.line, d.column))
            raise ModelError(self.diagnostics)


def diagnose(message: str, span: Span, hint: str, owner: str, texts: Mapping[str, str]) -> Diagnostic:
    """A diagnostic that quotes its line from the field's text."""
    lines = texts.get(span.field, "").split("\n")
    source = lines[span.line - 1].rstrip("\r") if 0 < span.line <= len(lines) else ""
    return Diagnostic(message, hint, owner, span.field, span.line, span.column, span.length, source)


def suggestion(name: str, known: Iterable[str]) -> str:
    """ "Did you mean ...?" for the known name nearest to ``name``, or nothing."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean '{nearest[0]}'?" if nearest else ""
