"""Every mistake of the language's table is told with its object, field, place, text and mend."""

from __future__ import annotations

import pytest
from error_rows import ROWS, Row

from engine import Neuron, Population
from engine.errors import Diagnostic, EngineError, ModelError


def place(d: Diagnostic) -> str:
    """Object, field, line, column and marked text."""
    return f"{d.owner}.{d.field} {d.line}:{d.column} [{d.source[max(0, d.column - 1) :][: d.length]}]"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_row(row: Row, record_property: pytest.RecordProperty) -> None:
    record_property("error row", row.row)
    with pytest.raises(EngineError) as caught:
        row.make()
    if isinstance(caught.value, ModelError):
        assert [place(d) for d in caught.value.diagnostics] == [row.at]
        assert row.mend in caught.value.diagnostics[0].hint
    else:
        assert row.at in str(caught.value)
        assert row.mend in str(caught.value)
    assert row.message in str(caught.value)


def test_all_mistakes_of_a_model_are_told_together() -> None:
    with pytest.raises(ModelError) as caught:
        Population(
            2,
            Neuron(
                name="Cell",
                parameters="tau = ten\nsize = 3",
                equations="tau*dv/dt = -v + foo : exponental\nu = (v\nx = Normal(1)\nr = y",
                functions="f(x) = x + y",
            ),
        )
    assert [place(d) for d in caught.value.diagnostics] == [
        "Cell.parameters 1:7 [ten]",
        "Cell.parameters 2:1 [size]",
        "Cell.functions 1:12 [y]",
        "Cell.equations 1:18 [foo]",
        "Cell.equations 1:22 [: exponental]",
        "Cell.equations 2:5 [(]",
        "Cell.equations 3:5 [Normal(1)]",
        "Cell.equations 4:5 [y]",
    ]
    assert all(d.hint for d in caught.value.diagnostics)
