"""What is wrong with a document: every problem with its object, field, place and mend."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from engine.errors import Diagnostic
from engine.language import check_sums, check_synapse_use
from engine.language.model import NeuronModel, is_implicit
from engine.network.configuration import MAX_THREADS
from engine.project import arrays
from engine.project.bold import check_bold_monitor
from engine.project.catalogue import SOURCES, builtin_synapses, model_name, neuron_text, synapse_text
from engine.project.conversions import check_conversion, conversion_of
from engine.project.distance import ARGUMENTS as DISTANT
from engine.project.distance import check_distance
from engine.project.document import (
    ArrayFile,
    Connector,
    Constant,
    Distribution,
    Monitor,
    Population,
    ProjectDocument,
    Projection,
    Slice,
    Value,
)
from engine.project.memory import recorded_bytes
from engine.project.models import (
    kind_of,
    model_of,
    parse,
    recordable,
    sender_of,
    settable,
    synapse_model_of,
    targets_of,
    used_models,
)
from engine.project.naming import is_identifier
from engine.project.plasticity import check_plasticity
from engine.project.problem import Problem, Severity
from engine.project.sources import source_faults
from engine.project.values import describe, faults, largest, slice_length, synapse_count

__all__ = ["Problem", "Severity", "check", "model_of", "targets_of"]

_MOST_NEURONS = 2**31 - 1
_MANY_SYNAPSES = 500_000_000
_LARGE_RECORDING = 4 * 2**30


def check(document: ProjectDocument) -> list[Problem]:
    """Return all problems of the document; empty: it can be built. Never raises for what a user wrote."""
    return [
        *_check_run(document),
        *_check_identities(document),
        *_check_models(document),
        *(problem for p in document.populations for problem in _check_population(document, p)),
        *(problem for p in document.projections for problem in _check_projection(document, p)),
        *(problem for p in document.projections for problem in check_plasticity(document, p)),
        *(problem for m in document.monitors for problem in _check_monitor(document, m)),
        *(problem for m in document.bold_monitors for problem in check_bold_monitor(document, m)),
    ]


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return those problems that keep a network from being built."""
    return [problem for problem in problems if problem.severity == "error"]


def _error(owner: Population | Projection, field: str, message: str, hint: str = "") -> Problem:
    return Problem("error", owner.id, field, Diagnostic(message, hint, owner=owner.name, field=field))


def _warning(owner: Population | Projection, field: str, message: str, hint: str = "") -> Problem:
    return replace(_error(owner, field, message, hint), severity="warning")


# --- the project -----------------------------------------------------------------------------------------


def _check_run(document: ProjectDocument) -> Iterator[Problem]:
    def problem(field: str, message: str, hint: str) -> Problem:
        return Problem("error", "", f"run.{field}", Diagnostic(message, hint, owner="run", field=field))

    run = document.run
    if not (math.isfinite(run.dt) and run.dt > 0.0):
        yield problem("dt", f"The time step is {run.dt} ms.", "Give a number above 0, e.g. 0.1.")
    if not (math.isfinite(run.duration) and run.duration > 0.0):
        yield problem("duration", f"The duration is {run.duration} ms.", "Give a number above 0, e.g. 1000.")
    if not 1 <= run.threads <= MAX_THREADS:
        yield problem(
            "threads", f"{run.threads} threads cannot run.", f"Give a number from 1 to {MAX_THREADS}."
        )
    if run.seed is not None and not 0 <= run.seed < 2**63:
        yield problem(
            "seed", f"The seed {run.seed} is out of range.", "Give a whole number from 0 to 2^63 - 1."
        )


def _check_identities(document: ProjectDocument) -> Iterator[Problem]:
    monitors = (*document.monitors, *document.bold_monitors)
    ids = Counter(o.id for o in (*document.owners, *document.models, *monitors))
    for repeated in (i for i, count in ids.items() if count > 1):
        yield Problem("error", repeated, "id", Diagnostic(f"Several objects have the id {repeated!r}."))
    for group in ((*document.owners, *document.bold_monitors), document.models):
        names = Counter(o.name for o in group)
        for owner in group:
            at = Diagnostic("", owner=owner.name, field="name")
            if names[owner.name] > 1:
                message = f"The name {owner.name!r} is used {names[owner.name]} times."
                yield Problem(
                    "error", owner.id, "name", replace(at, message=message, hint="Rename one of them.")
                )
            elif not is_identifier(owner.name):
                hint = "Use letters, digits and underscores, with no digit first and no word of Python's."
                message = f"{owner.name!r} is no valid name."
                yield Problem("error", owner.id, "name", replace(at, message=message, hint=hint))


def _check_models(document: ProjectDocument) -> Iterator[Problem]:
    used = used_models(document)
    for text in document.models:
        severity: Severity = "error" if text.id in used else "warning"
        for diagnostic in parse(text).diagnostics:
            yield Problem(severity, text.id, diagnostic.field, replace(diagnostic, owner=text.name))


# --- populations -----------------------------------------------------------------------------------------


def _check_population(document: ProjectDocument, population: Population) -> Iterator[Problem]:
    geometry = population.geometry
    size = math.prod(geometry)
    if not 1 <= len(geometry) <= 3 or any(n < 1 for n in geometry):
        hint = "Give one to three whole numbers above 0, e.g. 100 or 20 x 20."
        yield _error(population, "geometry", f"{geometry} is no valid geometry.", hint)
        return
    if size > _MOST_NEURONS:
        yield _error(
            population, "geometry", f"{size} neurons are too many.", f"Give at most {_MOST_NEURONS}."
        )
        return
    if population.model not in SOURCES and neuron_text(document, population.model) is None:
        hint = "Choose another model for this population."
        yield _error(population, "model", f"There is no neuron model {population.model!r}.", hint)
        return
    if population.model == "SpikeSourceArray":
        yield from _check_spike_times(population, size)
    for field, fault, mend in source_faults(population, size):
        yield _error(population, field, fault, mend)
    yield from _check_values(document, population, size)
    yield from _check_inputs(document, population)


def _check_inputs(document: ProjectDocument, population: Population) -> Iterator[Problem]:
    """Tell of inputs that are read but stay 0: a slip of the pen in a name looks like this."""
    arriving = {p.target for p in document.projections if p.post == population.id}
    text = next((text for text in document.neurons if text.id == population.model), None)
    model = parse(text).model if text else None
    if text is None or not isinstance(model, NeuronModel) or not arriving:
        return  # built-in models have inputs to choose from, and a new population is yet to be connected
    given = {equation.name for equation in model.equations if not is_implicit(equation)}
    for target in model.targets:
        reading = f"g_{target}" if model.kind == "spike" else f"sum({target})"
        if target not in arriving and reading not in given:
            message = f"{reading} stays 0 in {population.name}: no projection has the target {target!r}"
            hint = f"Connect a population to {target}, or check the name in the equations of {text.name}."
            also = "." if model.kind == "rate" else ", and no equation sets it."
            yield replace(_error(population, "inputs", message + also, hint), severity="hint")


def _check_spike_times(population: Population, size: int) -> Iterator[Problem]:
    if len(population.geometry) != 1:
        yield _error(population, "geometry", "A SpikeSourceArray has one dimension.", f"Give {size}.")
    if len(population.spike_times) != size:
        message = f"There are spike times for {len(population.spike_times)} of {size} neurons."
        yield _error(population, "spike_times", message, "Give one list of times for each neuron.")
    if any(not math.isfinite(t) or t < 0.0 for times in population.spike_times for t in times):
        yield _error(population, "spike_times", "Spike times must be 0 or later.", "Give them in ms.")


def _check_values(document: ProjectDocument, owner: Population | Projection, size: int) -> Iterator[Problem]:
    """Check the values given to ``owner``; those of a model whose text is wrong have to wait."""
    attributes = {a.name: a for a in settable(document, owner)}
    known = bool(attributes) or not _is_waiting(document, owner)
    for name, value in owner.values.items():
        field = f"values.{name}"
        attribute = attributes.get(name)
        if attribute is None and known:
            hint = f"It has {', '.join(attributes)}." if attributes else "It has no parameters."
            yield _warning(owner, field, f"The model has no {name!r}; its value is left aside.", hint)
            continue
        if attribute is not None and attribute.locality != "local" and not isinstance(value, Constant):
            message = f"{name} has one value for all, a {type(value).__name__.lower()} gives many."
            yield _error(owner, field, message, "Give a number, or remove the flag at its definition.")
        if isinstance(owner, Projection) and not isinstance(value, Constant | Distribution):
            yield _error(owner, field, f"{name}: a projection takes a number or a distribution.")
        for fault in (*faults(value, size), *_array_faults(value)):
            yield _error(owner, field, f"{name}: {fault}.")


def _array_faults(value: Value) -> Iterator[str]:
    if isinstance(value, ArrayFile) and not arrays.is_known(value):
        yield f"its array {value.sha256[:12]}... was not found beside the project"


def _is_waiting(document: ProjectDocument, owner: Population | Projection) -> bool:
    """Tell whether the owner's model has a text that does not parse now."""
    if isinstance(owner, Population):
        neuron = neuron_text(document, owner.model)
        return neuron is not None and parse(neuron).model is None
    synapse = synapse_text(document, owner.synapse)
    return synapse is not None and parse(synapse).model is None


# --- projections -----------------------------------------------------------------------------------------


def _check_projection(document: ProjectDocument, projection: Projection) -> Iterator[Problem]:
    populations = {p.id: p for p in document.populations}
    pre, post = populations.get(projection.pre), populations.get(projection.post)
    for end, population in (("pre", pre), ("post", post)):
        if population is None:
            yield _error(projection, end, f"Its {end} population does not exist.", "Remove the projection.")
    if pre is None or post is None:
        return
    if post.model in SOURCES:
        message = f"{post.name} is a {post.model}: it is a source and receives none."
        yield _error(projection, "post", message, "Remove the projection.")
        return
    yield from _check_target(document, projection, post)
    yield from check_conversion(document, projection, pre, post)
    if not conversion_of(document, projection):
        yield from _check_synapse(document, projection, pre, post)
    yield from _check_slices(projection, pre, post)
    yield from _check_connector(document, projection, pre, post)
    yield from _check_values(document, projection, -1)


def _check_target(document: ProjectDocument, projection: Projection, post: Population) -> Iterator[Problem]:
    model = model_of(document, post)
    target = projection.target
    if not is_identifier(target):
        yield _error(projection, "target", f"{target!r} is no valid target.", "Give a name such as exc.")
    elif model and target not in model.targets and not model.uses_sum_of_all:
        reading = f"g_{target}" if model.kind == "spike" else f"sum({target})"
        message = f"{post.name} does not read the target {target!r}; what arrives there has no effect."
        has = f"choose one of {', '.join(model.targets)}, or " if model.targets else ""
        hint = f"{has}use {reading} in the equations of {model_name(document, post.model)}."
        yield _warning(projection, "target", message, hint[0].upper() + hint[1:])


def _check_synapse(
    document: ProjectDocument, projection: Projection, pre: Population, post: Population
) -> Iterator[Problem]:
    text = synapse_text(document, projection.synapse)
    if text is None:
        if projection.synapse:
            message = f"There is no synapse model {projection.synapse!r}."
            yield _error(projection, "synapse", message, "Choose another synapse.")
        return
    synapse = synapse_model_of(document, projection)
    sender, receiver = sender_of(document, pre), model_of(document, post)
    if synapse is None or sender is None or receiver is None:
        return
    sums = {
        side: (part.name, {p.target for p in document.projections if p.post == part.id})
        for side, part in (("pre", pre), ("post", post))
    }
    found = check_synapse_use(synapse, sender, receiver)
    found += check_sums(synapse, sums, spiking=sender.kind == "spike")
    for diagnostic in found:
        at = projection.id if projection.synapse in builtin_synapses() else text.id
        yield Problem("error", at, diagnostic.field, replace(diagnostic, owner=text.name))


def _check_slices(projection: Projection, pre: Population, post: Population) -> Iterator[Problem]:
    for end, ranks, population in (("pre", projection.pre_slice, pre), ("post", projection.post_slice, post)):
        if ranks is not None and not _is_slice_of(ranks, population):
            message = (
                f"{ranks.start}:{ranks.stop}:{ranks.step} is no range of the neurons of {population.name}."
            )
            hint = f"Give 0 <= start < stop <= {math.prod(population.geometry)} and a step of 1 or more."
            yield _error(projection, f"{end}_slice", message, hint)
    parts = projection.pre_slice or projection.post_slice
    wiring = projection.connector
    if parts and pre.id == post.id and "fixed" in wiring.pattern and not wiring.allow_self_connections:
        message = f"Two parts of {pre.name} count as different; a neuron in both may connect to itself."
        yield _warning(projection, "connector.allow_self_connections", message)


def _is_slice_of(ranks: Slice, population: Population) -> bool:
    return 0 <= ranks.start < ranks.stop <= math.prod(population.geometry) and ranks.step >= 1


def _check_connector(
    document: ProjectDocument, projection: Projection, pre: Population, post: Population
) -> Iterator[Problem]:
    wiring = projection.connector
    if wiring.pattern not in DISTANT:
        for fault in faults(wiring.weights, -1):
            yield _error(projection, "connector.weights", f"Weights: {fault}.")
    yield from check_distance(projection, pre, post)
    yield from _check_delay(projection, wiring.delay, document.run.dt)
    if wiring.pattern == "fixed_probability" and not 0.0 <= wiring.probability <= 1.0:
        message = f"The probability is {wiring.probability}."
        yield _error(projection, "connector.probability", message, "Give a number between 0 and 1.")
    yield from _check_number(projection, wiring, pre, post)
    count = synapse_count(projection, pre, post)
    if count > _MANY_SYNAPSES:
        message = f"About {count:.1e} synapses may not fit into memory."
        yield _warning(projection, "connector", message, "Choose a sparser pattern.")


def _check_delay(projection: Projection, delay: float | Distribution, dt: float) -> Iterator[Problem]:
    at = (projection, "connector.delay")
    if isinstance(delay, Distribution):
        found = list(faults(delay, -1))
        for fault in found:
            yield _error(*at, f"Delay: {fault}.")
        longest = None if found else largest(delay)
        if not found and longest is None:
            message = f"A delay from {describe(delay)} could be of any length."
            yield _error(*at, message, "Set its argument max to limit the maximal delay.")
        elif longest is not None and longest < 0.0:
            yield _error(*at, f"Delays from {describe(delay)} are negative.", "Give numbers of 0 or more.")
    elif not (math.isfinite(delay) and delay >= 0.0):
        yield _error(*at, f"The delay is {delay} ms.", "Give 0 or more.")
    elif 0.0 < delay < dt:
        yield _warning(*at, f"The delay of {delay} ms is below the time step; it becomes {dt} ms.")


def _check_number(
    projection: Projection, wiring: Connector, pre: Population, post: Population
) -> Iterator[Problem]:
    ends = {"pre": (pre, projection.pre_slice), "post": (post, projection.post_slice)}
    sizes = {k: slice_length(s) if s else math.prod(p.geometry) for k, (p, s) in ends.items()}
    if wiring.pattern == "one_to_one" and sizes["pre"] != sizes["post"]:
        message = (
            f"{sizes['pre']} neurons meet {sizes['post']}; only the first {min(sizes.values())} connect."
        )
        yield _warning(projection, "connector.pattern", message)
    if wiring.pattern not in ("fixed_number_pre", "fixed_number_post"):
        return
    end = wiring.pattern.removeprefix("fixed_number_")
    apart = pre.id != post.id or wiring.allow_self_connections or end == "post"
    most = sizes[end] if apart else sizes[end] - 1
    if not 1 <= wiring.number <= most:
        message = f"{wiring.number} {end}-synaptic neurons cannot be chosen out of {most}."
        yield _error(projection, "connector.number", message, f"Give a number from 1 to {most}.")


# --- monitors --------------------------------------------------------------------------------------------


def _check_monitor(document: ProjectDocument, monitor: Monitor) -> Iterator[Problem]:
    owner = next((o for o in document.owners if o.id == monitor.source), None)
    if owner is None:
        message = "A monitor records an object that does not exist."
        yield Problem("error", monitor.id, "source", Diagnostic(message, "Remove the monitor."))
        return
    if sum(other.source == monitor.source for other in document.monitors) > 1:
        yield _error(owner, "monitor.variables", f"{owner.name} has several monitors.", "Keep one of them.")
    if monitor.period is not None and not (math.isfinite(monitor.period) and monitor.period > 0.0):
        message = f"The period of recording is {monitor.period} ms."
        yield _error(owner, "monitor.period", message, "Give a number above 0, or none for every step.")
    elif monitor.period is not None and monitor.period < document.run.dt:
        message = f"The period of recording, {monitor.period} ms, is below the time step."
        yield _error(owner, "monitor.period", message, f"Give {document.run.dt} ms or more, or none.")
    if _is_waiting(document, owner):
        return
    known = recordable(document, owner)
    for name in monitor.variables:
        if name not in known:
            kind = kind_of(document, owner) if isinstance(owner, Population) else "synapse"
            message = f"{name!r} cannot be recorded from {owner.name} ({kind}) and is left aside."
            hint = f"Choose from {', '.join(known)}." if known else ""
            yield _warning(owner, "monitor.variables", message, hint)
    size = recorded_bytes(document, owner, monitor)
    too_many = isinstance(owner, Population) and math.prod(owner.geometry) > _MOST_NEURONS
    if size > _LARGE_RECORDING and not too_many:
        message = f"What is recorded of {owner.name} takes about {size / 2**30:,.0f} GiB."
        yield _warning(owner, "monitor.period", message, "Record less often, or fewer variables.")
