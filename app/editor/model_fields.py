"""Which fields of a model make sense, judged by what the model is and where it is used."""

from __future__ import annotations

from app.editor.model_choice import DEFAULT_SYNAPSES
from engine.project.catalogue import neuron_text
from engine.project.document import NeuronText, Population, ProjectDocument, SynapseText
from engine.project.models import kind_of

Fields = tuple[tuple[str, str, int, str], ...]

NEURON_FIELDS: Fields = (
    ("parameters", "&Parameters", 3, "tau = 10.0"),
    ("equations", "E&quations", 4, "tau * dv/dt = -v + g_exc"),
    ("spike", "&Spike when", 1, "v > 1.0; empty for a rate neuron"),
    ("reset", "Rese&t to", 1, "v = 0.0"),
    ("refractory", "Refr&actory", 1, "5.0, or the name of a parameter"),
    ("axon_spike", "Axon spike when", 1, "v > 0.5; empty for none"),
    ("axon_reset", "Axon reset to", 1, "u += 1.0"),
    ("functions", "F&unctions", 1, "f(x) = 1 / (1 + exp(-x))"),
)
"""(field, label, lines, example) of a neuron's editors."""

SYNAPSE_FIELDS: Fields = (
    ("parameters", "&Parameters", 3, "tau = 20.0"),
    ("equations", "E&quations", 3, "tau * dx/dt = -x : event-driven"),
    ("psp", "Psp", 1, "w * pre.r"),
    ("pre_spike", "Pre sp&ike", 2, "g_target += w"),
    ("post_spike", "P&ost spike", 2, "w = clip(w + x, 0.0, 1.0)"),
    ("pre_axon_spike", "Pre axon spike", 1, "g_target += 0.5 * w"),
    ("creating", "Creating where", 1, "pre.r * post.r > 0.6 : proba=0.1, w=0.5"),
    ("pruning", "Pruning where", 1, "w < 0.01 : proba=0.1"),
    ("functions", "F&unctions", 1, "f(x) = x**2"),
)
"""(field, label, lines, example) of a synapse's editors."""

_OF_SPIKING_NEURONS = frozenset(("reset", "refractory", "axon_spike"))
_OF_SPIKING_SYNAPSES = frozenset(("pre_spike", "post_spike"))
_OF_AXONS = frozenset(("pre_axon_spike",))
_OF_RATE_SYNAPSES = frozenset(("operation",))
_EXAMPLES = {
    ("rate", "equations"): "tau * dw/dt = pre.r * post.r - w",
    ("spike", "psp"): "w * g",
    ("spike", "creating"): "post.v > -50.0 : proba=0.1, w=0.5",
}
"""Examples for synapses of one kind, where they differ from those above."""


def senders_of(document: ProjectDocument, text: SynapseText) -> list[Population]:
    """The sending populations of the projections that have a synapse."""
    populations = {p.id: p for p in document.populations}
    users = [p for p in document.projections if p.synapse == text.id]
    return [populations[user.pre] for user in users if user.pre in populations]


def kinds_of_synapse(document: ProjectDocument, text: SynapseText) -> frozenset[str]:
    """``"rate"``, ``"spike"`` or both: what the sending populations of its projections are."""
    kinds = {kind_of(document, sender) for sender in senders_of(document, text)}
    return frozenset(kinds) or frozenset(DEFAULT_SYNAPSES)


def senseless_fields(document: ProjectDocument, text: NeuronText | SynapseText) -> frozenset[str]:
    """Fields that say nothing in this model, such as a reset of a neuron that never spikes."""
    if isinstance(text, NeuronText):
        of_axon = () if text.axon_spike.strip() else ("axon_reset",)
        return frozenset(of_axon) | (frozenset() if text.spike.strip() else _OF_SPIKING_NEURONS)
    kinds = kinds_of_synapse(document, text)
    fields = frozenset() if "rate" in kinds else _OF_RATE_SYNAPSES
    neurons = [neuron_text(document, sender.model) for sender in senders_of(document, text)]
    if not any(neuron and neuron.axon_spike.strip() for neuron in neurons):
        fields |= _OF_AXONS
    return fields | (frozenset() if "spike" in kinds else _OF_SPIKING_SYNAPSES)


def examples_of(document: ProjectDocument, text: NeuronText | SynapseText) -> dict[str, str]:
    """What may stand in each field."""
    if isinstance(text, NeuronText):
        return {name: example for name, _, _, example in NEURON_FIELDS}
    kinds = kinds_of_synapse(document, text)
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    return {name: _EXAMPLES.get((kind, name), example) for name, _, _, example in SYNAPSE_FIELDS}
