"""The text of a synapse to a checked :class:`SynapseModel`, and whether it fits two neurons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from engine.errors import Diagnostic
from engine.language.definitions import Definitions, read_parameters
from engine.language.discretise import finished
from engine.language.equations import check_localities, read_left_sides, read_right_sides
from engine.language.events import DEFAULT_TRANSMISSION, declare_event_variables, read_event
from engine.language.expression import Parser
from engine.language.lexer import span_of
from engine.language.model import Assignment, NeuronModel, Ode, Parameter, SynapseModel, Variable
from engine.language.report import Report, filled, suggestion
from engine.language.statements import single_expression, split_statements
from engine.language.structural import read_rule
from engine.language.traverse import walk
from engine.language.tree import Expression, GlobalOperation, Name, Span, WeightedSum
from engine.language.user_functions import read_all_functions

OPERATIONS = ("sum", "min", "max", "mean")
_TIMES = frozenset({"t_pre", "t_post"})
"""When the two neurons fired last."""
_EVENTS = ("pre_spike", "post_spike")
_EVENT_ALLOWS = frozenset({"sides", "if"})
_ALLOWS = frozenset({"operations", "sides", "if"})


def parse_synapse(
    *,
    parameters: str = "",
    equations: str = "",
    psp: str | None = None,
    operation: str = "sum",
    pre_spike: str | None = None,
    post_spike: str | None = None,
    functions: str | None = None,
    pre_axon_spike: str | None = None,
    pruning: str | None = None,
    creating: str | None = None,
    name: str = "",
    constants: Mapping[str, float] | None = None,
    global_functions: Sequence[str] = (),
    inline: bool = True,
) -> SynapseModel:
    """Parse and check the text of a synapse.

    What depends on the two neurons (``pre.x`` exists, ...) is left to :func:`check_synapse_use`.

    Parameters
    ----------
    parameters, equations, psp, pre_spike, post_spike, functions : str
        The fields of the synapse.
    operation : str
        ``sum``, ``min``, ``max`` or ``mean`` over the synapses of a rate-coded neuron.
    pre_axon_spike : str, optional
        What an axonal spike does: one statement on ``g_target``, or the same text as ``pre_spike``.
    pruning, creating : str, optional
        Conditions of structural plasticity.
    name : str
        Names the synapse in messages.
    constants : mapping, optional
        Value of each Constant.
    global_functions : sequence of str
        Functions shared by all models, as text.
    inline : bool
        Put the bodies of user functions in the place of their calls; without, a model is for reading only.

    Raises
    ------
    ModelError
        With every mistake that was found.
    """
    texts = filled(
        parameters=parameters,
        functions=functions,
        equations=equations,
        psp=psp,
        operation=operation,
        pre_spike=pre_spike,
        post_spike=post_spike,
        creating=creating,
        pruning=pruning,
        pre_axon_spike=pre_axon_spike,
    )
    report = Report(name or "synapse", texts)
    definitions = Definitions("synapse", report, constants or {})
    own_functions = read_all_functions(texts["functions"], global_functions, definitions, inline)
    read_parameters(texts["parameters"], definitions)
    weight = definitions.parameters.pop("w", None)
    lines = read_left_sides(texts["equations"], definitions)
    definitions.variables.setdefault("w", Variable("w", weight.value if weight else 0.0))
    pre_lines, post_lines = (declare_event_variables(texts[f], f, definitions) for f in _EVENTS)
    trees = tuple(read_right_sides(lines, definitions, _TIMES, frozenset({"random"}) | _ALLOWS))
    check_localities(trees, definitions)
    pre_scope = definitions.scope("pre_spike", _TIMES | {"g_target"}, _EVENT_ALLOWS)
    post_scope = definitions.scope("post_spike", _TIMES, _EVENT_ALLOWS)
    axonal = _read_axonal(texts, definitions)
    psp_tree = _read_psp(texts["psp"], definitions)
    arriving = _with_transmission(read_event(pre_lines, pre_scope, definitions), texts)
    model = SynapseModel(
        name=name,
        parameters=tuple(definitions.parameters.values()),
        variables=tuple(definitions.variables.values()),
        equations=trees,
        psp=psp_tree,
        operation=operation,
        pre_spike=arriving,
        post_spike=read_event(post_lines, post_scope, definitions),
        pre_axon_spike=(arriving or ()) if axonal is None else axonal,
        creating=read_rule(texts["creating"], "creating", definitions),
        pruning=read_rule(texts["pruning"], "pruning", definitions),
        functions=own_functions,
        texts=texts,
    )
    _check_operation(operation, texts, report)
    return finished(model, report)


def _read_psp(text: str, definitions: Definitions) -> Expression | None:
    statement = single_expression(text, "psp", definitions.report)
    if statement is None:
        return None
    scope = definitions.scope("psp", _TIMES, _ALLOWS)
    with definitions.report.guard():
        return Parser(statement.right, scope, span_of(statement.right, "psp")).parse()
    return None


def _read_axonal(texts: Mapping[str, str], definitions: Definitions) -> tuple[Assignment, ...] | None:
    """The statement of an axonal spike; None where it does what ``pre_spike`` does."""
    text = texts["pre_axon_spike"]
    if not text.strip():
        return ()
    if texts["post_spike"].strip():
        message = "The usage of axonal spike events is currently not allowed for plastic connections."
        definitions.report.add(
            message, Span("pre_axon_spike", 1, 1, 0), "Leave pre_axon_spike or post_spike empty."
        )
    if text.split() == texts["pre_spike"].split():
        return None
    lines = split_statements(text, "pre_axon_spike", definitions.report)
    for position, line in enumerate(lines):
        if position or [token.text for token in line.left] != ["g_target"]:
            definitions.report.add(
                "pre_axon_spike can only change g_target, in one statement.",
                line.span("pre_axon_spike"),
                "Write g_target += ..., or the same text as in pre_spike.",
            )
            return ()
    scope = definitions.scope("pre_axon_spike", _TIMES | {"g_target"}, _EVENT_ALLOWS)
    declared = declare_event_variables(text, "pre_axon_spike", definitions)
    return read_event(declared, scope, definitions)


def _with_transmission(
    statements: tuple[Assignment, ...], texts: Mapping[str, str]
) -> tuple[Assignment, ...] | None:
    """Add ``g_target += w`` where nothing else transmits; None where no text was given."""
    if not texts["pre_spike"].strip():
        return None
    transmits = texts["psp"].strip() or any(statement.name == "g_target" for statement in statements)
    return statements if transmits else (DEFAULT_TRANSMISSION, *statements)


def _check_operation(operation: str, texts: Mapping[str, str], report: Report) -> None:
    place = Span("operation", 1, 1, len(operation))
    if operation not in OPERATIONS:
        message = "The only operations permitted are: sum (default), min, max, mean."
        report.add(message, place, suggestion(operation, OPERATIONS))
    elif operation != "sum" and texts["pre_spike"].strip():
        report.add("Spiking synapses can only perform a sum of presynaptic potentials.", place, "Use sum.")


# --- together with the two neurons


def check_synapse_use(model: SynapseModel, pre: NeuronModel, post: NeuronModel) -> list[Diagnostic]:
    """What is wrong with ``model`` between neurons of these two models; empty if all is well."""
    report = Report(model.name or "synapse", model.texts)
    neurons = {"pre": pre, "post": post}
    for node in _all_nodes(model, spiking=pre.kind == "spike"):
        if isinstance(node, Name | GlobalOperation) and node.owner != "own":
            _check_side(node, neurons[node.owner], report)
        elif isinstance(node, Name) and node.name in ("t_pre", "t_post"):
            side = node.name[2:]
            if neurons[side].kind != "spike":
                message = f"{node.name} needs a spiking {side}-synaptic neuron."
                report.add(message, node.span, f"'{neurons[side].name}' is rate-coded.")
    if pre.kind == "spike" and model.operation != "sum":
        place = Span("operation", 1, 1, len(model.operation))
        report.add("Spiking synapses can only perform a sum of presynaptic potentials.", place, "Use sum.")
    for equation in model.equations:
        if isinstance(equation, Ode) and equation.method == "event-driven" and pre.kind != "spike":
            message = "The event-driven method needs a spiking pre-synaptic neuron."
            report.add(message, equation.span, "Use exponential.")
    return report.diagnostics


def check_sums(
    model: SynapseModel, received: Mapping[str, tuple[str, Collection[str]]], *, spiking: bool
) -> list[Diagnostic]:
    """Every ``pre.sum(target)`` or ``post.sum(target)`` to which no projection contributes.

    Parameters
    ----------
    received : mapping
        For ``"pre"`` and ``"post"`` the population's name and the targets of the projections onto it.
    spiking : bool
        Whether the pre-synaptic neuron is a spiking one.
    """
    report = Report(model.name or "synapse", model.texts)
    for node in _all_nodes(model, spiking=spiking):
        if not isinstance(node, WeightedSum) or node.owner == "own":
            continue
        population, targets = received[node.owner]
        if node.target not in targets:
            message = (
                f"The {node.owner}-synaptic population {population} receives no projection with the type "
                f"{node.target}."
            )
            hint = f"Connect a projection with the target '{node.target}' to {population}."
            report.add(message, node.span, suggestion(node.target, targets) or hint)
    return report.diagnostics


def _check_side(node: Name | GlobalOperation, neuron: NeuronModel, report: Report) -> None:
    """``pre.x`` exists; operations need a local attribute."""
    attributes: list[Parameter | Variable] = [*neuron.parameters, *neuron.variables]
    localities = {attribute.name: attribute.locality for attribute in attributes}
    if node.name not in localities:
        report.add(
            f"The {node.owner}-synaptic neuron {neuron.name} has no variable called {node.name}.",
            node.span,
            suggestion(node.name, localities) or f"It has: {', '.join(localities) or 'nothing to read'}.",
        )
    elif isinstance(node, GlobalOperation) and localities[node.name] != "local":
        hint = f"'{node.name}' has one value for the whole population; write {node.owner}.{node.name}."
        report.add(f"There is no local attribute {node.name}.", node.span, hint)


def _all_nodes(model: SynapseModel, *, spiking: bool) -> Iterator[Expression]:
    """Every node of the fields that are in use."""
    trees = [model.psp] if model.psp is not None else []
    statements: list[Assignment] = [eq for eq in model.equations if isinstance(eq, Assignment)]
    if spiking:
        statements += [*(model.pre_spike or ()), *model.post_spike, *model.pre_axon_spike]
    trees += [rule.condition for rule in (model.creating, model.pruning) if rule is not None]
    trees += [statement.expression for statement in statements]
    trees += [eq.gradient for eq in model.equations if isinstance(eq, Ode)]
    trees += [limit for part in (*model.equations, *statements) for _, limit in part.bounds.limits]
    for tree in trees:
        yield from walk(tree)
