"""From a network, compiled or not, to what a report tells of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import inputs
from engine.extensions.bold.model import BoldModel
from engine.language.latex import name_latex
from engine.language.model import NeuronModel, SynapseModel
from engine.network.attributes import Attribute, attributes_of
from engine.network.constant import global_functions
from engine.network.dendrite import Dendrite
from engine.network.distributions import RandomDistribution
from engine.network.monitor import SPIKES, Monitor
from engine.network.population import Population
from engine.network.projection import Part, Projection
from engine.network.synapse import Synapse
from engine.network.synaptic_values import SynapticValues
from engine.network.view import PopulationView
from engine.reports import description as told
from engine.reports.models import Reader, number_text
from engine.reports.naming import Models, description_of

if TYPE_CHECKING:
    from engine.network.network import Network

_INPUTS = tuple(getattr(inputs, name) for name in inputs.__all__)
_GIVEN = ("rates", "corr", "schedule", "period", "spike_times")
_DECODING = Synapse(
    name="Decoding",
    description="The weighted mean of the firing rates (Hz) of the pre-synaptic neurons in a window of time.",
)


def describe(network: Network, gather_subprojections: bool = False) -> told.Description:
    """Gather what a report tells of a network.

    Parameters
    ----------
    network : Network
        Compiled or not; once it is compiled the present values of parameters are told.
    gather_subprojections : bool
        Tell one projection of each pair of populations and target.
    """
    return _Gatherer(network, gather_subprojections).description()


class _Gatherer:
    def __init__(self, network: Network, gather: bool) -> None:
        self.network = network
        self.reader = Reader(network.constants, global_functions(), network.method)
        self.neurons: Models[NeuronModel] = Models("Neuron")
        self.synapses: Models[SynapseModel] = Models("Synapse")
        self.populations = [p for p in network.populations if not isinstance(p.neuron_type, BoldModel)]
        self.projections = list(_one_each(network.projections) if gather else network.projections)

    def description(self) -> told.Description:
        groups = tuple(map(self._group, self.populations))
        connections = tuple(map(self._connection, self.projections))
        models = [entry[0] for entry in self.neurons.entries.values()]
        return told.Description(
            settings=tuple(_settings(self.network)),
            populations=groups,
            connections=connections,
            neurons=tuple(
                self.reader.neuron(model, name, words, _texts(initial))
                for name, (model, words, _, initial) in self.neurons.entries.items()
            ),
            synapses=tuple(
                self.reader.synapse(model, name, words, spiking, _texts(initial))
                for name, (model, words, spiking, initial) in self.synapses.entries.items()
            ),
            constants=tuple(
                told.Value(name_latex(name), number_text(value))
                for name, value in self.network.constants.items()
            ),
            functions=self.reader.shared_functions(),
            population_values=tuple(filter(None, map(self._population_values, self.network.populations))),
            projection_values=tuple(filter(None, map(self._projection_values, self.projections))),
            inputs=tuple(_input(p) for p in self.populations if isinstance(p, _INPUTS)),
            measurements=tuple(
                self._measurement(p) for p in self.network.populations if isinstance(p.neuron_type, BoldModel)
            ),
            recordings=tuple(_recording(monitor) for monitor in self.network.monitors),
            has_sums=any(m.uses_sum_of_all or (m.kind == "rate" and m.targets) for m in models),
        )

    # --- populations and projections

    def _group(self, population: Population) -> told.Group:
        return told.Group(population.name, self._neuron(population), population.geometry, population.size)

    def _neuron(self, population: Population) -> str:
        model = population.model
        if not model.equations and model.spike is None:
            return type(population).__name__  # it has values, but no equations that could be told
        if isinstance(population.neuron_type, BoldModel):
            return population.neuron_type.name
        return self.neurons.name(population.neuron_type, model, model.kind == "spike")

    def _synapse(self, projection: Projection) -> str:
        declared, model = projection.synapse_type, projection.model
        if isinstance(projection, inputs.DecodingProjection):
            declared, model = _DECODING, replace(model, name=_DECODING.name, operation="mean")
        return self.synapses.name(declared, model, projection._synapse_kind == "spike")

    def _connection(self, projection: Projection) -> told.Connection:
        return told.Connection(
            source=_part(projection.pre),
            destination=_part(projection.post),
            target=", ".join(projection.targets),
            synapse=self._synapse(projection),
            connector=projection.connector_name or "not connected",
            pattern=_pattern(projection),
            storage=str(projection.storage or ""),
        )

    # --- values

    def _population_values(self, population: Population) -> told.Values | None:
        rows = []
        for attribute in attributes_of(population.model).values():
            value: Any = population.values_of(attribute)
            if not attribute.is_parameter:
                value = population.init[attribute.name]
            rows.append((attribute, value))
        own = population.given_refractory
        if own is not None and not isinstance(own, str) and np.any(own != population.model.refractory):
            rows.append((_own("refractory"), own))
        if isinstance(population, _INPUTS):
            rows += [(_own(name), value) for name, value in _given_to(population)]
        return _values(population.name, self._neuron(population), rows)

    def _projection_values(self, projection: Projection) -> told.Values | None:
        rows = []
        for attribute in attributes_of(projection.model).values():
            if attribute.name == "w":
                continue
            value = projection.init[attribute.name] if self.network.compiled else None
            if attribute.is_parameter and self.network.compiled:
                values = SynapticValues(projection)
                value = (
                    values.post_major(attribute) if attribute.locality == "local" else values.live(attribute)
                )
            elif value is None:
                value = projection.get(attribute.name)
            rows.append((attribute, value))
        ends = f"{_part(projection.pre)} → {_part(projection.post)}"
        owner = f"{ends} with target {', '.join(projection.targets)}"
        return _values(owner, self._synapse(projection), rows)

    # --- BOLD

    def _measurement(self, population: Population) -> told.Measurement:
        bold = population.neuron_type
        description = description_of(bold, False)
        model = self.reader.neuron(population.model, bold.name, description, _texts(bold.initial))
        given = []
        for mean in self.network.mean_inputs:
            if mean.post is not population:
                continue
            words = (
                f"{mean.target}: mean of {mean.variable} of {_part(mean.source)}, "
                f"times {number_text(mean.scale)}"
            )
            if mean.baseline_steps:
                duration = number_text(mean.baseline_steps * self.network.dt)
                words += f", relative to a baseline of {duration} ms"
            given.append(words)
        return told.Measurement(population.name, model, tuple(given))


def _own(name: str) -> Attribute:
    """What a population has besides the attributes of its model, told like a parameter."""
    return Attribute(name, 0.0, "float", "local", True)


def _given_to(population: Population) -> Iterator[tuple[str, Any]]:
    """What an input was given, as far as its model does not hold it."""
    for name in _GIVEN:
        value = None if name in population.attributes else getattr(population, name, None)
        if value is not None and not (name == "period" and value <= 0.0):
            yield name, value


def _pattern(projection: Projection) -> str:
    words = projection.connector_description or "Not connected"
    if isinstance(projection, inputs.DecodingProjection):
        words += f", window {number_text(projection.window)} ms"
    return words


def _settings(network: Network) -> Iterator[str]:
    try:
        version = f" {metadata.version('neuroloom')}"
    except metadata.PackageNotFoundError:  # used from its sources, without being installed
        version = ""
    yield f"Neuroloom{version} with {network.precision} precision."
    yield f"Numerical step size: {number_text(network.dt)} ms."
    yield f"Numerical method where an equation names none: {network.method}."


def _one_each(projections: Iterable[Projection]) -> Iterator[Projection]:
    seen = set()
    for projection in projections:
        key = (projection.pre_population, projection.post_population, projection.targets)
        if key not in seen:
            seen.add(key)
            yield projection


def _part(part: Part) -> str:
    if not isinstance(part, PopulationView):
        return part.name
    return f"{part.name} ({part.size} of {part.population.size} neurons)"


def _values(owner: str, model: str, rows: Iterable[tuple[Attribute, Any]]) -> told.Values | None:
    """Parameters, and initial values that are not those of the model; None if there is nothing to tell."""
    values = []
    for attribute, value in rows:
        if attribute.is_parameter:
            values.append(told.Value(name_latex(attribute.name), _value_text(value)))
        elif _differs(value, attribute):
            values.append(told.Value(f"{name_latex(attribute.name)}(0)", _value_text(value)))
    return told.Values(owner, model, tuple(values)) if values else None


def _differs(value: Any, attribute: Attribute) -> bool:
    if isinstance(value, RandomDistribution):
        return True
    return bool(np.any(np.asarray(value) != attribute.initial))


def _texts(initial: Mapping[str, Any]) -> dict[str, str]:
    """Distributions, and names of parameters."""
    return {
        name: f"${name_latex(value)}$" if isinstance(value, str) else _value_text(value)
        for name, value in initial.items()
    }


def _value_text(value: Any) -> str:
    """A number, the range of an array, or a distribution."""
    if isinstance(value, RandomDistribution):
        return value.latex()
    numbers = np.asarray(_flat(value))
    if not numbers.size:
        return "no values"
    low, high = numbers.min(), numbers.max()
    if low == high:
        return number_text(low)
    # The braces keep a sign from being set as a difference.
    return "$[{}, {}]$".format(*(f"{{{end:.6g}}}" if end < 0 else f"{end:.6g}" for end in (low, high)))


def _flat(value: Any) -> Any:
    """Numbers of a value that may be a list of lists of different lengths."""
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple, np.ndarray)):
        return np.concatenate([np.asarray(row, dtype=np.float64) for row in value])
    return value


def _input(population: Population) -> told.Input:
    declared: Any = population.neuron_type
    words = getattr(declared, "description", "") or (inspect.getdoc(type(population)) or "")
    first = " ".join(words.partition("\n\n")[0].split()).replace("``", "")
    return told.Input(population.name, type(population).__name__, first)


def _recording(monitor: Monitor) -> told.Recording:
    source = monitor.source
    owner = source.name if isinstance(source, (Projection, Dendrite)) else _part(source)
    spikes = set(monitor.variables) <= set(SPIKES)
    period = "every spike" if spikes else f"every {number_text(monitor.period)} ms"
    return told.Recording(owner, tuple(monitor.variables), period)
