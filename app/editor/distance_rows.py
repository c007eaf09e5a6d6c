"""The rows of a projection's form that say how weights follow from the distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from app.editor.form import Form, Section
from app.editor.line_field import LineField
from app.editor.value_text import ValueTextError, format_number, parse_number
from app.editor.weight_curve import WeightCurve
from engine.project.distance import ARGUMENTS, argument_fault
from engine.project.document import Connector, Population, ProjectDocument


class _Words(NamedTuple):
    label: str
    tip: str


_HEIGHT = "No unit, like all weights; "
_WIDTH = (
    "The distance at which {} has fallen to 61 % of its height. 1 is the length of each dimension of a "
    "population, whatever its number of neurons: 0.1 is a tenth of it."
)
_WORDS = {
    "amp": _Words("Amplitude", f"{_HEIGHT}of neurons at the same place, the largest. amp in a script"),
    "sigma": _Words("σ (lengths)", _WIDTH.format("the weight") + " sigma in a script"),
    "amp_pos": _Words("Centre amplitude", f"{_HEIGHT}height of the bell that is added. amp_pos in a script"),
    "sigma_pos": _Words("Centre σ (lengths)", _WIDTH.format("this bell") + " sigma_pos in a script"),
    "amp_neg": _Words(
        "Surround amplitude", f"{_HEIGHT}height of the bell that is subtracted. amp_neg in a script"
    ),
    "sigma_neg": _Words("Surround σ (lengths)", _WIDTH.format("this bell") + " sigma_neg in a script"),
    "limit": _Words(
        "Limit",
        "Weights up to this part of the amplitude (of a difference of Gaussians: of the difference of both) "
        "make no synapse: with 0.01 those below a hundredth are left out. limit in a script",
    ),
}


class DistanceRows:
    """Fields for the arguments, and the curve that they give.

    Parameters
    ----------
    form : Form
        Where the fields are shown.
    section : Section
        Gets the rows.
    read : callable
        The connector in a document.
    write : callable
        A document with one argument of the connector changed.
    """

    def __init__(
        self,
        form: Form,
        section: Section,
        read: Callable[[ProjectDocument], Connector],
        write: Callable[[ProjectDocument, str, float], ProjectDocument],
    ) -> None:
        self._form = form
        self._rows = section.rows
        self._read = read
        self._write = write
        self.lines = {name: self._line(section, name) for name in _WORDS}
        self.curve = WeightCurve()
        section.rows.addRow(self.curve)

    def show(self, wiring: Connector, pre: Population | None) -> None:
        """Show the rows that the pattern has a use for."""
        wanted = ARGUMENTS.get(wiring.pattern, ())
        for name, line in self.lines.items():
            self._rows.setRowVisible(line, name in wanted)
        drawn = bool(wanted) and pre is not None and bool(pre.geometry)
        self._rows.setRowVisible(self.curve, drawn)
        if drawn and pre is not None:
            self.curve.show_pattern(wiring, pre)

    def _line(self, section: Section, name: str) -> LineField:
        def write(document: ProjectDocument, text: str) -> ProjectDocument:
            value = parse_number(text)
            if fault := argument_fault(name, value):
                raise ValueTextError(" ".join(fault))
            return self._write(document, name, value)

        label, tip = _WORDS[name]
        return self._form.line(
            section,
            label,
            f"connector.{name}",
            lambda document: format_number(getattr(self._read(document), name)),
            write,
            tip=tip,
        )
