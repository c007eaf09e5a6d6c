"""A network that cannot fit into memory is refused before it takes it."""

from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.project import edits
from engine.project.document import Connector, ProjectDocument
from engine.project.memory import refuse_excess


def large(size: int) -> tuple[ProjectDocument, str]:
    return edits.add_population(ProjectDocument(), "Izhikevich", name="Cortex", geometry=(size,))


def test_too_many_synapses_are_refused() -> None:
    document, population = large(2_000_000)
    dense, _ = edits.connect(document, population, population, "exc")
    with pytest.raises(EngineError, match=r"sparser pattern for Cortex_Cortex_exc, with its 4.0e.11 syn"):
        refuse_excess(dense)
    sparse = Connector(pattern="fixed_number_pre", number=1)
    refuse_excess(edits.connect(document, population, population, "exc", sparse)[0])
