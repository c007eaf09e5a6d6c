"""Statements that run at spikes: ``reset``, ``pre_spike``, ``post_spike`` and their axonal kin."""

from __future__ import annotations

from engine.language.definitions import Definitions
from engine.language.equations import find_name
from engine.language.expression import Parser, Scope
from engine.language.lexer import Token, span_of
from engine.language.model import Assignment
from engine.language.report import Problem, suggestion
from engine.language.statements import TYPE_FLAGS, Statement, split_statements
from engine.language.tree import Name, Span

_EVENT_VARIABLE_FLAGS = frozenset({"init", "min", "max"}) | TYPE_FLAGS

DEFAULT_TRANSMISSION = Assignment("g_target", "+=", Name("w"), text="g_target += w")
"""What a spike does where neither ``psp`` nor ``pre_spike`` says otherwise."""


def read_reset(text: str, scope: Scope, definitions: Definitions) -> tuple[Assignment, ...]:
    """Assignments to existing attributes, in order."""
    result: list[Assignment] = []
    for statement in split_statements(text, scope.field, definitions.report):
        with definitions.report.guard():
            token, span = _name(statement, scope.field)
            if token.text not in scope.attributes:
                raise Problem(
                    f"The {scope.field} changes '{token.text}', which is neither a parameter nor a variable.",
                    span,
                    suggestion(token.text, scope.attributes) or "Define it in the equations.",
                )
            _refuse_shared(token, span, "population", "the neuron that fires", definitions)
            if statement.is_sound:
                result.append(_assignment(token, statement, scope, definitions))
    return tuple(result)


def declare_event_variables(
    text: str, field_name: str, definitions: Definitions
) -> list[tuple[Token, Statement]]:
    """Split a ``pre_spike``/``post_spike`` field and define the variables that only it knows."""
    lines: list[tuple[Token, Statement]] = []
    for statement in split_statements(text, field_name, definitions.report):
        with definitions.report.guard():
            token, span = _name(statement, field_name)
            name = token.text
            if name == "g_target":
                if field_name == "post_spike":
                    raise Problem(
                        f"g_target cannot be changed in {field_name}.",
                        span,
                        "Only pre_spike transmits spikes.",
                    )
            elif name not in definitions.parameters and name not in definitions.variables:
                definitions.check_name(token, span)
                definitions.variables[name] = definitions.variable(token, statement, span)
            _refuse_shared(token, span, "projection", "the synapse that the spike reaches", definitions)
            if statement.is_sound:
                lines.append((token, statement))
    return lines


def read_event(
    lines: list[tuple[Token, Statement]], scope: Scope, definitions: Definitions
) -> tuple[Assignment, ...]:
    """The statements of one event: those on ``g_target`` first, the others in order."""
    result: list[Assignment] = []
    for token, statement in lines:
        with definitions.report.guard():
            allowed = _EVENT_VARIABLE_FLAGS | {"unless_post"}
            definitions.refuse_flags(statement, allowed, f"in {scope.field}")
            result.append(_assignment(token, statement, scope, definitions))
    return tuple(sorted(result, key=lambda assignment: assignment.name != "g_target"))


def _refuse_shared(token: Token, span: Span, flag: str, subject: str, definitions: Definitions) -> None:
    """One value for the whole object has no defined result where many events change it in one step."""
    attribute = definitions.parameters.get(token.text) or definitions.variables.get(token.text)
    if attribute is not None and attribute.locality == "global":
        raise Problem(
            f"'{token.text}' has one value for the whole {flag}; a {span.field} changes what belongs to "
            f"{subject}.",
            span,
            f"Define it without the flag '{flag}'.",
        )


def _name(statement: Statement, field_name: str) -> tuple[Token, Span]:
    line = find_name(statement, field_name)
    span = span_of([line.name], field_name)
    if line.gradient is not None:
        raise Problem(
            f"It is forbidden to use ODEs in a {field_name} term.",
            span_of([line.gradient], field_name),
            "Write the ODE in the equations.",
        )
    return line.name, span


def _assignment(token: Token, statement: Statement, scope: Scope, definitions: Definitions) -> Assignment:
    assert statement.operator is not None
    expression = Parser(statement.right, scope, span_of([statement.operator], scope.field)).parse()
    return Assignment(
        token.text,
        statement.operator.text,
        expression,
        definitions.bounds(statement, scope),
        statement.flag("unless_post") is not None,
        statement.text,
        statement.span(scope.field),
    )
