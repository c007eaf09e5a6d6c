"""Documents that the tests of projects share."""

from __future__ import annotations

import pytest

from engine.project import edits
from engine.project.document import Connector, Constant, Distribution, ProjectDocument


@pytest.fixture
def small() -> ProjectDocument:
    """Poisson spikes into leaky neurons with a model of their own, recorded; 100 ms."""
    document, inputs = edits.add_population(
        ProjectDocument(name="Small"), "PoissonPopulation", "Inputs", (0.0, 0.0), (20,)
    )
    document = edits.set_value(document, inputs, "rates", Constant(value=100.0))
    document, model = edits.add_neuron(document, "IF_cond_exp", "Cell")
    document, cells = edits.add_population(document, model, "Cells", (200.0, 0.0), (30,))
    document = edits.set_value(
        document, cells, "v", Distribution(name="Normal", arguments=(-60.0, 2.0), max=-55.0)
    )
    wiring = Connector(
        pattern="fixed_probability",
        probability=0.5,
        weights=Distribution(name="Uniform", arguments=(0.0, 0.02)),
        delay=2.0,
    )
    document, drive = edits.connect(document, inputs, cells, "exc", wiring)
    document = edits.rename(document, drive, "Drive")
    document = edits.set_monitor(document, cells, ("spike", "v"), 5.0)
    document = edits.set_monitor(document, inputs, ("spike",))
    return edits.set_run(document, duration=100.0, dt=0.5, seed=11, method="exponential")
