"""The text of a stop condition: an expression over a neuron's attributes, for any neuron or for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.language.definitions import Definitions
from engine.language.expression import Parser
from engine.language.lexer import Token, span_of
from engine.language.model import NeuronModel, StopCondition
from engine.language.report import Problem, Report, suggestion
from engine.language.statements import single_expression
from engine.language.tree import Expression, Span
from engine.language.user_functions import read_functions, read_global_functions

FIELD = "stop_condition"
_QUANTIFIERS = ("any", "all")


def parse_stop_condition(
    text: str,
    model: NeuronModel,
    *,
    name: str = "",
    constants: Mapping[str, float] | None = None,
    global_functions: Sequence[str] = (),
) -> StopCondition:
    """Parse and check ``"expression : any"`` (or ``all``; ``spiked`` is a special expression).

    Parameters
    ----------
    model : NeuronModel
        The neuron whose attributes the expression may use.
    name : str
        Names the population in messages.

    Raises
    ------
    ModelError
        With every mistake that was found.
    """
    functions = model.texts.get("functions", "")
    report = Report(name or "population", {FIELD: text, "functions": functions})
    definitions = Definitions("neuron", report, constants or {})
    definitions.parameters = {parameter.name: parameter for parameter in model.parameters}
    definitions.variables = {variable.name: variable for variable in model.variables}
    read_global_functions(global_functions, definitions)
    read_functions(functions, "functions", definitions)
    statement = single_expression(text, FIELD, report)
    found = StopCondition(None, needs_all=False)
    if statement is not None:
        with report.guard():
            part, quantifier = _cut_quantifier(statement.right)
            found = StopCondition(_read(part, model, definitions), quantifier == "all")
    elif not report.diagnostics:
        report.add("The stop condition is empty.", Span(FIELD, 1, 1, 0), "Write a condition, such as v > 1.")
    report.finish()
    return found


def _cut_quantifier(part: list[Token]) -> tuple[list[Token], str]:
    colons = [position for position, token in enumerate(part) if token.text == ":"]
    if not colons:
        return part, "any"
    after = part[colons[-1] + 1 :]
    if len(after) != 1 or after[0].text not in _QUANTIFIERS:
        shown = after[0].text if after else ""
        raise Problem(
            "A stop condition holds for any neuron or for all of them.",
            span_of(after or [part[colons[-1]]], FIELD),
            suggestion(shown, _QUANTIFIERS) or "Write any or all after the colon.",
        )
    return part[: colons[-1]], after[0].text


def _read(part: list[Token], model: NeuronModel, definitions: Definitions) -> Expression | None:
    """The condition of one neuron; None for its spikes."""
    if [token.text for token in part] == ["spiked"] and "spiked" not in definitions.localities:
        if model.kind != "spike":
            message = "A rate-coded neuron has no spikes."
            raise Problem(message, span_of(part, FIELD), "Write a condition, such as r > 1.")
        return None
    extra = frozenset({"t_last"}) if model.kind == "spike" else frozenset()
    place = span_of(part, FIELD) if part else Span(FIELD, 1, 1, 0)
    return Parser(part, definitions.scope(FIELD, extra, frozenset()), place).parse()
