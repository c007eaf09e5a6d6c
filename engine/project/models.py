"""Parsed models of a document's objects, and what follows from them: ports, values, things to record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from engine.errors import Diagnostic, ModelError
from engine.language import parse_neuron, parse_synapse
from engine.language.model import NeuronModel, Parameter, SynapseModel, Variable
from engine.project.catalogue import SOURCES, neuron_text, synapse_text
from engine.project.document import NeuronText, Population, ProjectDocument, Projection, SynapseText

DEFAULT_RATE = 10.0
"""Hz, of a PoissonPopulation without ``rates``."""
_SOURCE_MODELS = MappingProxyType(
    {
        "PoissonPopulation": NeuronModel(
            "Poisson", "spike", (Parameter("rates", DEFAULT_RATE),), (Variable("p"), Variable("r")), ()
        ),
        "TimedPoissonPopulation": NeuronModel(
            "TimedPoisson", "spike", (Parameter("proba", 0.0),), (Variable("p"), Variable("r")), ()
        ),
        "HomogeneousCorrelatedSpikeTrains": NeuronModel(
            "HomogeneousCorrelated",
            "spike",
            tuple(Parameter(name, 0.0, locality="global") for name in ("tau", "mu", "sigma")),
            (Variable("x", locality="global"), Variable("p"), Variable("r")),
            (),
        ),
        "SpikeSourceArray": NeuronModel("Spike source", "spike", (), (Variable("r"),), ()),
        "InputArray": NeuronModel("InputArray", "rate", (), (Variable("r"),), ()),
        "TimedArray": NeuronModel("TimedArray", "rate", (), (Variable("r"),), ()),
    }
)
_SOURCE_VALUES: MappingProxyType[str, tuple[Parameter | Variable, ...]] = MappingProxyType(
    {
        "PoissonPopulation": (Parameter("rates", DEFAULT_RATE),),
        "HomogeneousCorrelatedSpikeTrains": tuple(
            Parameter(name, value, locality="global")
            for name, value in (("rates", DEFAULT_RATE), ("corr", 0.3), ("tau", 20.0))
        ),
        "InputArray": (Variable("r"),),
    }
)
"""What sources are given."""
_REMEMBERED = 512
"""Parsed texts kept: more than the models of a project and a while of typing."""


@dataclass(frozen=True)
class Parsed:
    """A model, or the mistakes in its text."""

    model: NeuronModel | SynapseModel | None
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def refractory_of(text: NeuronText) -> float | str | None:
    """Return a neuron's refractory period in ms, the name of an attribute that holds it, or None."""
    written = text.refractory.strip()
    if not written:
        return None
    try:
        return float(written)
    except ValueError:
        return written


@lru_cache(_REMEMBERED)
def parse(text: NeuronText | SynapseText) -> Parsed:
    """Parse the text of a model; never raises for what the user wrote."""
    try:
        if isinstance(text, NeuronText):
            return Parsed(
                parse_neuron(
                    parameters=text.parameters,
                    equations=text.equations,
                    spike=text.spike or None,
                    reset=text.reset or None,
                    refractory=refractory_of(text),
                    axon_spike=text.axon_spike or None,
                    axon_reset=text.axon_reset or None,
                    functions=text.functions or None,
                    name=text.name,
                )
            )
        return Parsed(
            parse_synapse(
                parameters=text.parameters,
                equations=text.equations,
                psp=text.psp or None,
                operation=text.operation,
                pre_spike=text.pre_spike or None,
                post_spike=text.post_spike or None,
                pre_axon_spike=text.pre_axon_spike or None,
                creating=text.creating or None,
                pruning=text.pruning or None,
                functions=text.functions or None,
                name=text.name,
            )
        )
    except ModelError as error:
        return Parsed(None, error.diagnostics)


def model_of(document: ProjectDocument, population: Population) -> NeuronModel | None:
    """Return the checked model of a population; None for sources and while the text is wrong."""
    text = neuron_text(document, population.model)
    model = parse(text).model if text else None
    return model if isinstance(model, NeuronModel) else None


def synapse_model_of(document: ProjectDocument, projection: Projection) -> SynapseModel | None:
    """Return the checked model of a projection; None for the default synapse and while the text is wrong."""
    text = synapse_text(document, projection.synapse)
    model = parse(text).model if text else None
    return model if isinstance(model, SynapseModel) else None


def sender_of(document: ProjectDocument, population: Population) -> NeuronModel | None:
    """Return what synapses may read of a pre-synaptic population, sources included."""
    return _SOURCE_MODELS.get(population.model) or model_of(document, population)


def targets_of(document: ProjectDocument, population: Population) -> tuple[str, ...]:
    """Return the input ports of a population: the targets that its equations read.

    Targets that only projections name come last, so that ports stay while an equation is being typed.
    """
    model = model_of(document, population)
    read = model.targets if model else ()
    named = (p.target for p in document.projections if p.post == population.id)
    return tuple(dict.fromkeys((*read, *named)))


def kind_of(document: ProjectDocument, population: Population) -> str:
    """Return ``"spike"`` or ``"rate"``; judged by the spike condition while the text is wrong."""
    if population.model in SOURCES:
        return _SOURCE_MODELS[population.model].kind
    text = neuron_text(document, population.model)
    return "spike" if text and text.spike.strip() else "rate"


def used_models(document: ProjectDocument) -> set[str]:
    """Return the ids of the project's own models that a population or projection has."""
    return {p.model for p in document.populations} | {p.synapse for p in document.projections}


def settable(document: ProjectDocument, owner: Population | Projection) -> tuple[Parameter | Variable, ...]:
    """Return what can be given a value: parameters, then variables; ``w`` belongs to the connector."""
    if isinstance(owner, Population) and owner.model in SOURCES:
        return _SOURCE_VALUES.get(owner.model, ())
    model = model_of(document, owner) if isinstance(owner, Population) else synapse_model_of(document, owner)
    if model is None:
        return ()
    attributes: tuple[Parameter | Variable, ...] = (*model.parameters, *model.variables)
    return tuple(a for a in attributes if a.name != "w" or isinstance(owner, Population))


def source_parameters(model: str) -> tuple[Parameter, ...]:
    """Return what a source is made with, besides its geometry."""
    return tuple(a for a in _SOURCE_VALUES.get(model, ()) if isinstance(a, Parameter))


def recordable(document: ProjectDocument, owner: Population | Projection) -> tuple[str, ...]:
    """Return the names that a monitor of ``owner`` may record."""
    if isinstance(owner, Projection):
        synapse = synapse_model_of(document, owner)
        return tuple(v.name for v in synapse.variables) if synapse else ("w",)
    spikes = ("spike",) if kind_of(document, owner) == "spike" else ()
    model = model_of(document, owner)
    if model is None:
        return spikes or (("r",) if owner.model in SOURCES else ())
    if model.axon_spike is not None:
        spikes = (*spikes, "axon_spike")
    sums = () if spikes else tuple(f"sum({target})" for target in model.targets)
    return (*spikes, *(v.name for v in model.variables), *sums)
