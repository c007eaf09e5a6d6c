"""A document as the calls of the public API that make its network.

One list of statements serves all: :mod:`engine.project.build` carries it out, :mod:`engine.export` prints
it. So the window, a run without it and an exported script cannot drift apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from engine.project.bold import rate_sources
from engine.project.catalogue import SCHEDULED, SOURCES
from engine.project.conversions import CLASSES, Conversion, conversion_of
from engine.project.distance import ARGUMENTS as DISTANT
from engine.project.document import (
    ArrayFile,
    BoldMonitor,
    Connector,
    Constant,
    Course,
    Distribution,
    NeuronText,
    Pieces,
    Population,
    ProjectDocument,
    Projection,
    Slice,
    SynapseText,
    Value,
)
from engine.project.models import (
    recordable,
    refractory_of,
    settable,
    source_parameters,
    used_models,
)
from engine.project.plasticity import is_structural, started
from engine.project.sources import rates_of

ENGINE = "engine"
BOLD = "engine.extensions.bold"
NETWORK = "network"
"""Key of the network itself among the objects of a script."""


@dataclass(frozen=True)
class Literal:
    """A number, a text, True, False, None, or a list, tuple or dict of these."""

    value: object


@dataclass(frozen=True)
class ModelText:
    """Text of a model, of one or more lines."""

    text: str


@dataclass(frozen=True)
class Array:
    """An array of the document."""

    file: ArrayFile


@dataclass(frozen=True)
class Reference:
    """An object that the script made before: the id of a document's object, or :data:`NETWORK`."""

    key: str


@dataclass(frozen=True)
class Public:
    """Something that ``engine`` exports, by its name."""

    name: str


@dataclass(frozen=True)
class Items:
    """A list of expressions."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Part:
    """Some neurons of a population, by their ranks."""

    owner: Reference
    ranks: Slice


@dataclass(frozen=True)
class Call:
    """A call of ``function``, which ``module`` exports, or of ``owner.function``."""

    function: str
    arguments: tuple[Expression, ...] = ()
    named: Mapping[str, Expression] = field(default_factory=lambda: MappingProxyType({}))
    owner: Reference | None = None
    module: str = ENGINE


Expression = Literal | ModelText | Array | Reference | Public | Items | Part | Call


@dataclass(frozen=True)
class Define:
    """``name = expression``; later statements refer to it by ``key``."""

    key: str
    name: str
    expression: Call


@dataclass(frozen=True)
class Assign:
    """``owner.attribute = expression``."""

    owner: Reference | Part
    attribute: str
    expression: Expression


@dataclass(frozen=True)
class Do:
    """A call for its effect."""

    call: Call


@dataclass(frozen=True)
class Section:
    """A heading over the statements that follow."""

    title: str


Statement = Define | Assign | Do | Section


def script(document: ProjectDocument) -> Iterator[Statement]:
    """Yield the statements that make the network of a document without errors, monitors included."""
    run = document.run
    yield Define(
        NETWORK,
        "net",
        Call("Network", named={"dt": Literal(run.dt), "seed": Literal(run.seed)}),
    )
    settings = {"method": Literal(run.method), "num_threads": Literal(run.threads)}
    if is_structural(document):
        settings["structural_plasticity"] = Literal(True)
    yield Do(Call("config", named=settings, owner=Reference(NETWORK)))
    used = used_models(document)
    if any(text.id in used for text in document.models):
        yield Section("Models")
    yield from (Define(n.id, n.name, _neuron(n)) for n in document.neurons if n.id in used)
    yield from (Define(s.id, s.name, _synapse(s)) for s in document.synapses if s.id in used)
    if document.populations:
        yield Section("Populations")
    for population in document.populations:
        yield from _population(document, population)
    if document.projections:
        yield Section("Projections")
    for projection in document.projections:
        yield from _projection(document, projection)
    if document.monitors or document.bold_monitors:
        yield Section("Recordings")
    owners = {o.id: o for o in document.owners}
    for monitor in document.monitors:
        source = owners[monitor.source]
        variables = [v for v in monitor.variables if v in recordable(document, source)]
        named = {} if monitor.period is None else {"period": Literal(monitor.period)}
        call = Call("monitor", (Reference(source.id), Literal(variables)), named, Reference(NETWORK))
        yield Define(monitor.id, f"monitor_{source.name}", call)
    for bold in document.bold_monitors:
        yield from _bold_monitor(document, bold)


def starts(document: ProjectDocument) -> Iterator[Do]:
    """Yield what follows once the network is compiled: rules of structural plasticity begin."""
    for projection in document.projections:
        for rule, period in started(document, projection).items():
            named = {"period": Literal(period)}
            yield Do(Call(f"start_{rule}", named=named, owner=Reference(projection.id)))


def _neuron(text: NeuronText) -> Call:
    refractory = refractory_of(text)
    return Call(
        "Neuron",
        named={
            **_texts(text, "parameters", "equations", "spike", "reset"),
            **({} if refractory is None else {"refractory": Literal(refractory)}),
            **_texts(text, "axon_spike", "axon_reset", "functions"),
            "name": Literal(text.name),
        },
    )


def _synapse(text: SynapseText) -> Call:
    return Call(
        "Synapse",
        named={
            **_texts(text, "parameters", "equations", "psp"),
            **({} if text.operation == "sum" else {"operation": Literal(text.operation)}),
            **_texts(text, "pre_spike", "post_spike", "pre_axon_spike", "creating", "pruning", "functions"),
            "name": Literal(text.name),
        },
    )


def _texts(text: NeuronText | SynapseText, *fields: str) -> dict[str, Expression]:
    return {f: ModelText(getattr(text, f)) for f in fields if getattr(text, f).strip()}


def _model(document: ProjectDocument, model: str) -> Expression:
    """Return a reference to a model of the project's own, or the name of a built-in."""
    return Reference(model) if any(text.id == model for text in document.models) else Public(model)


def _population(document: ProjectDocument, population: Population) -> Iterator[Statement]:
    geometry = population.geometry if len(population.geometry) > 1 else population.geometry[0]
    values = _known_values(document, population)
    if population.model in SOURCES:
        arguments, named = _source(population, values)
        source = Call(population.model, arguments, {**named, "name": Literal(population.name)})
        call = Call("create", (source,), owner=Reference(NETWORK))
    else:
        model = _model(document, population.model)
        named = {"geometry": Literal(geometry), "neuron": model, "name": Literal(population.name)}
        call = Call("create", named=named, owner=Reference(NETWORK))
    yield Define(population.id, population.name, call)
    yield from _assignments(population.id, values, math.prod(population.geometry))


def _source(
    population: Population, values: dict[str, Value]
) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
    """Arguments of a source, by place and by name; values that are among them leave ``values``."""
    size = math.prod(population.geometry)
    geometry = Literal(population.geometry if len(population.geometry) > 1 else size)
    if population.model == "SpikeSourceArray":
        return (), {"spike_times": Literal([list(times) for times in population.spike_times])}
    if population.model == "InputArray":
        return (geometry,), {}
    if population.model in SCHEDULED:
        return _course(population.course or Course(), population.model, geometry, size)
    numbers: dict[str, Expression] = {}
    for attribute in source_parameters(population.model):
        value = values.get(attribute.name, Constant(value=float(attribute.value)))
        if isinstance(value, Constant):
            values.pop(attribute.name, None)
        numbers[attribute.name] = Literal(value.value if isinstance(value, Constant) else 0.0)
    return (geometry,), numbers


def _course(
    course: Course, model: str, geometry: Literal, size: int
) -> tuple[tuple[Expression, ...], dict[str, Expression]]:
    """Arguments of a source with a schedule."""
    rows = rates_of(course, size)
    rates: Expression = Literal(rows)
    if model == "TimedPoissonPopulation" and len(rows[0]) == 1:
        rates = Literal([row[0] for row in rows])
    elif len(rows[0]) != size:
        rates = Call("repeat", (rates, Literal(size)), {"axis": Literal(1)}, module="numpy")
    named = {"rates": rates, "schedule": Literal(list(course.times))}
    if course.period is not None:
        named["period"] = Literal(course.period)
    return ((), {"geometry": geometry, **named}) if model == "TimedArray" else ((geometry,), named)


def _projection(document: ProjectDocument, projection: Projection) -> Iterator[Statement]:
    ends = ((projection.pre, projection.pre_slice), (projection.post, projection.post_slice))
    pre, post = (Part(Reference(p), ranks) if ranks else Reference(p) for p, ranks in ends)
    kind = conversion_of(document, projection)
    if kind:
        yield from _conversion(projection, kind, pre, post)
        return
    synapse = {"synapse": _model(document, projection.synapse)} if projection.synapse else {}
    named = {"target": Literal(projection.target), **synapse, "name": Literal(projection.name)}
    call = Call("connect", (pre, post), named, Reference(NETWORK))
    yield Define(projection.id, projection.name, call)
    yield from _assignments(projection.id, _known_values(document, projection), 0)
    yield Do(_connector(projection.connector, Reference(projection.id)))


def _conversion(
    projection: Projection, kind: Conversion, pre: Part | Reference, post: Part | Reference
) -> Iterator[Statement]:
    """A projection between rate-coded and spiking populations."""
    named: dict[str, Expression] = {"target": Literal(projection.target), "name": Literal(projection.name)}
    owner = Reference(projection.id)
    wiring = Call("connect_current", owner=owner)
    if kind == "decoding":
        named["window"] = Literal(projection.window)
        connector = msgspec.structs.replace(projection.connector, delay=0.0)
        wiring = _connector(connector, owner)
    yield Define(projection.id, projection.name, Call(CLASSES[kind], (pre, post), named))
    yield Do(wiring)


def _bold_monitor(document: ProjectDocument, bold: BoldMonitor) -> Iterator[Statement]:
    for population in rate_sources(document, bold):
        window = (Literal(bold.rate_window),)
        yield Do(Call("compute_firing_rate", window, owner=Reference(population.id)))
    values = {name: Literal(value) for name, value in sorted(bold.values.items())}
    named: dict[str, Expression] = {
        "populations": Items(tuple(Reference(p) for p in bold.populations)),
        "bold_model": Call(bold.model, named=values, module=BOLD),
        "mapping": Literal(dict(sorted(bold.mapping.items()))),
        **({} if bold.scale_factor is None else {"scale_factor": Literal(bold.scale_factor)}),
        **({"normalize_input": Literal(bold.baseline)} if bold.baseline else {}),
        **({"recorded_variables": Literal(list(bold.variables))} if bold.variables else {}),
        "start": Literal(True),
        "name": Literal(bold.name),
    }
    yield Define(bold.id, bold.name, Call("boldmonitor", named=named, owner=Reference(NETWORK)))


def _known_values(document: ProjectDocument, owner: Population | Projection) -> dict[str, Value]:
    """Return the values that the present model has a use for."""
    known = {attribute.name for attribute in settable(document, owner)}
    return {name: value for name, value in owner.values.items() if name in known}


def _connector(wiring: Connector, owner: Reference) -> Call:
    arguments: dict[str, Expression] = {}
    if wiring.pattern == "fixed_probability":
        arguments["probability"] = Literal(wiring.probability)
    elif wiring.pattern in ("fixed_number_pre", "fixed_number_post"):
        arguments["number"] = Literal(wiring.number)
    if wiring.pattern in DISTANT:
        arguments |= {name: Literal(getattr(wiring, name)) for name in DISTANT[wiring.pattern]}
    else:
        arguments["weights"] = _value(wiring.weights)
    if wiring.delay:
        delay = wiring.delay
        arguments["delays"] = _value(delay) if isinstance(delay, Distribution) else Literal(delay)
    if wiring.pattern != "one_to_one" and wiring.allow_self_connections:
        arguments["allow_self_connections"] = Literal(True)
    return Call(wiring.pattern, named=arguments, owner=owner)


def _assignments(key: str, values: Mapping[str, Value], size: int) -> Iterator[Statement]:
    for name, value in sorted(values.items()):  # files do not keep the order, and draws depend on it
        if isinstance(value, Pieces):
            ends = (*value.starts[1:], size)
            for start, stop, piece in zip(value.starts, ends, value.values, strict=True):
                part = Part(Reference(key), Slice(start=start, stop=stop))
                yield Assign(part, name, _value(piece))
        else:
            yield Assign(Reference(key), name, _value(value))


def _value(value: Constant | Distribution | ArrayFile) -> Expression:
    if isinstance(value, Constant):
        return Literal(value.value)
    if isinstance(value, ArrayFile):
        return Array(value)
    whole = {"DiscreteUniform": 2, "Binomial": 1}.get(value.name, 0)
    arguments = (int(a) if i < whole else a for i, a in enumerate(value.arguments))
    limits = {k: Literal(v) for k, v in (("min", value.min), ("max", value.max)) if v is not None}
    return Call(value.name, tuple(map(Literal, arguments)), limits)
