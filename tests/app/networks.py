"""Small projects for tests of simulation and plots."""

from __future__ import annotations

from engine.project.document import (
    Connector,
    Constant,
    Distribution,
    Monitor,
    NeuronText,
    Population,
    ProjectDocument,
    Projection,
    RunSettings,
)

NOISY = NeuronText(
    id="noisy",
    name="Noisy",
    parameters="tau = 10.0\nnoise = 2.5",
    equations="tau * dv/dt = g_exc - v + noise * Normal(0.0, 1.0) + 0.9",
    spike="v > 1.0",
    reset="v = 0.0",
)


def noisy_project(
    duration: float = 300.0, size: int = 40, variables: tuple[str, ...] = ("spike", "v")
) -> ProjectDocument:
    """Two populations of noisy neurons, the first exciting the second; all are recorded."""
    first = Population(id="a", name="First", geometry=(size,), model="noisy")
    second = Population(
        id="b",
        name="Second",
        geometry=(size // 2,),
        model="noisy",
        values={"tau": Distribution(name="Uniform", arguments=(8.0, 12.0))},
    )
    projection = Projection(
        id="ab",
        name="Drive",
        pre="a",
        post="b",
        target="exc",
        connector=Connector(pattern="fixed_probability", probability=0.2, weights=Constant(value=0.3)),
    )
    return ProjectDocument(
        neurons=(NOISY,),
        populations=(first, second),
        projections=(projection,),
        monitors=(
            Monitor(id="ma", source="a", variables=variables),
            Monitor(id="mb", source="b", variables=("spike",)),
        ),
        run=RunSettings(duration=duration, dt=0.5, seed=7),
    )
