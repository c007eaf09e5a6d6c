"""The text of a neuron to a checked :class:`NeuronModel`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.language.definitions import Definitions, read_parameters
from engine.language.discretise import finished
from engine.language.equations import check_localities, read_left_sides, read_right_sides
from engine.language.events import read_reset
from engine.language.expression import Parser
from engine.language.lexer import lex, span_of
from engine.language.model import Assignment, Equation, NeuronModel, Ode, Variable
from engine.language.report import Leftover, Problem, Report, filled, suggestion
from engine.language.statements import single_expression
from engine.language.traverse import walk
from engine.language.tree import NOWHERE, Expression, Number, Span, WeightedSum
from engine.language.user_functions import read_all_functions


def parse_neuron(
    *,
    parameters: str = "",
    equations: str = "",
    spike: str | None = None,
    reset: str | None = None,
    refractory: float | str | None = None,
    functions: str | None = None,
    axon_spike: str | None = None,
    axon_reset: str | None = None,
    name: str = "",
    constants: Mapping[str, float] | None = None,
    global_functions: Sequence[str] = (),
    needs_rate: bool = True,
    inline: bool = True,
) -> NeuronModel:
    """Parse and check the text of a neuron.

    Parameters
    ----------
    parameters, equations, spike, reset, functions : str
        The fields of the neuron; one with ``spike`` is spiking, any other rate-coded.
    refractory : float or str, optional
        Milliseconds, or the name of an attribute that holds them.
    axon_spike, axon_reset : str, optional
        Condition of axonal spikes of a spiking neuron, and the statements that follow one.
    name : str
        Names the neuron in messages.
    constants : mapping, optional
        Value of each Constant.
    global_functions : sequence of str
        Functions shared by all models, as text.
    needs_rate : bool
        A rate-coded neuron must define ``r``.
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
        spike=spike,
        reset=reset,
        axon_spike=axon_spike,
        axon_reset=axon_reset,
    )
    report = Report(name or "neuron", texts)
    definitions = Definitions("neuron", report, constants or {})
    is_spiking = bool(texts["spike"].strip())
    own_functions = read_all_functions(texts["functions"], global_functions, definitions, inline)
    read_parameters(texts["parameters"], definitions)
    times = frozenset({"t_last"}) if is_spiking else frozenset()
    trees = _read_equations(texts, definitions, times, is_spiking, needs_rate)
    events = _read_events(texts, definitions, times) if is_spiking else _Events()
    model = NeuronModel(
        name=name,
        kind="spike" if is_spiking else "rate",
        parameters=tuple(definitions.parameters.values()),
        variables=tuple(definitions.variables.values()),
        equations=trees,
        spike=events.spike,
        reset=events.reset,
        axon_spike=events.axon_spike,
        axon_reset=events.axon_reset,
        refractory=_read_refractory(refractory, definitions) if is_spiking else None,
        targets=_targets(trees, definitions, is_spiking),
        summed=tuple(dict.fromkeys(node.target for node in _sums(trees) if node.target)),
        uses_sum_of_all=any(not node.target for node in _sums(trees)),
        functions=own_functions,
        texts=texts,
    )
    return finished(model, report)


def _read_equations(
    texts: Mapping[str, str],
    definitions: Definitions,
    times: frozenset[str],
    is_spiking: bool,
    needs_rate: bool,
) -> tuple[Equation, ...]:
    """The equations, and those of conductances that have none."""
    lines = read_left_sides(texts["equations"], definitions)
    if is_spiking or needs_rate:
        _check_rate_variable(is_spiking, definitions)
    conductances: tuple[Equation, ...] = ()
    if is_spiking:
        definitions.variables.setdefault("r", Variable("r"))
        conductances = _implicit_conductances(texts, definitions)
    allows = frozenset({"random", "sum", "operations", "if"})
    trees = (*read_right_sides(lines, definitions, times, allows), *conductances)
    check_localities(trees, definitions)
    return trees


def _check_rate_variable(is_spiking: bool, definitions: Definitions) -> None:
    known = definitions.parameters.get("r") or definitions.variables.get("r")
    if is_spiking and known is not None:
        definitions.report.add(
            'Spiking neurons use the variable "r" for the average FR, use another name.',
            known.span,
            "Rename it, or leave out the spike condition of a rate-coded neuron.",
        )
    elif not is_spiking and known is None and not _is_r_misspelt(definitions.report):
        definitions.report.add(
            'Rate-coded neurons must define the variable "r".',
            Span("equations", 1, 1, 0),
            "Add an equation r = ..., or give the spike condition of a spiking neuron.",
        )


def _is_r_misspelt(report: Report) -> bool:
    """Whether a statement that could not be read may be the one that defines ``r``."""
    wrong = [diagnostic.source for diagnostic in report.diagnostics if diagnostic.field == "equations"]
    return any(re.search(r"\b(d ?)?r\b", line) for line in wrong)


def _implicit_conductances(texts: Mapping[str, str], definitions: Definitions) -> tuple[Equation, ...]:
    """Define every ``g_target`` that is used but has no equation; it holds the input of one step."""
    known = definitions.localities.keys() | definitions.constants.keys() | definitions.functions.keys()
    known |= {"g_", "g_target"}
    result: dict[str, Equation] = {}
    for field_name in ("equations", "spike", "reset", "axon_spike", "axon_reset"):
        for token in lex(texts[field_name]):
            name = token.text
            if token.kind == "name" and name.startswith("g_") and name not in known | result.keys():
                span = span_of([token], field_name)
                definitions.variables[name] = Variable(name, span=span)
                result[name] = Assignment(name, "=", Number(0.0), text=f"{name} = 0.0", span=span)
    return tuple(result.values())


@dataclass(frozen=True)
class _Events:
    """Conditions of spikes, and what follows them."""

    spike: Expression | None = None
    reset: tuple[Assignment, ...] = ()
    axon_spike: Expression | None = None
    axon_reset: tuple[Assignment, ...] = ()


def _read_events(texts: Mapping[str, str], definitions: Definitions, extra: frozenset[str]) -> _Events:
    def reset(field_name: str) -> tuple[Assignment, ...]:
        return read_reset(texts[field_name], definitions.scope(field_name, extra, frozenset()), definitions)

    spike = _read_condition(texts["spike"], "spike", definitions)
    axon_spike = _read_condition(texts["axon_spike"], "axon_spike", definitions)
    return _Events(spike, reset("reset"), axon_spike, reset("axon_reset"))


def _read_condition(text: str, field_name: str, definitions: Definitions) -> Expression | None:
    """The condition of a spike."""
    statement = single_expression(text, field_name, definitions.report)
    if statement is None:
        return None
    scope = definitions.scope(field_name, frozenset({"t_last"}), frozenset())
    place = span_of(statement.right, field_name)
    with definitions.report.guard():
        try:
            return Parser(statement.right, scope, place).parse()
        except Leftover as leftover:
            message = "The spike condition must be a single expression."
            raise Problem(
                message, leftover.span, leftover.hint or "Join conditions with 'and' or 'or'."
            ) from leftover
    return None


def _read_refractory(refractory: float | str | None, definitions: Definitions) -> float | str | None:
    """Milliseconds, or the name of an attribute."""
    if refractory is None:
        return None
    place = replace(NOWHERE, field="refractory")
    try:
        duration = float(refractory)
    except ValueError:
        attribute = str(refractory).strip()
        if attribute not in definitions.localities:
            definitions.report.add(
                f"refractory = {attribute}: parameter or variable does not exist.",
                place,
                suggestion(attribute, definitions.localities)
                or "Give milliseconds, or define the attribute.",
            )
        return attribute
    if not 0 <= duration < math.inf:
        definitions.report.add(f"refractory = {refractory}: not a duration.", place, "Give milliseconds.")
    return duration


def _sums(equations: Iterable[Equation]) -> list[WeightedSum]:
    """Every ``sum(target)`` in the equations."""
    trees = [eq.gradient if isinstance(eq, Ode) else eq.expression for eq in equations]
    limits = [limit for eq in equations for _, limit in eq.bounds.limits]
    return [node for tree in [*trees, *limits] for node in walk(tree) if isinstance(node, WeightedSum)]


def _targets(equations: tuple[Equation, ...], definitions: Definitions, is_spiking: bool) -> tuple[str, ...]:
    """The input ports, in order of appearance."""
    found = [node.target for node in _sums(equations) if node.target]
    if is_spiking:
        found += [name[2:] for name in definitions.variables if name.startswith("g_") and name != "g_"]
    return tuple(dict.fromkeys(found))
