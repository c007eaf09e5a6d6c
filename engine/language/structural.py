"""The rules ``creating`` and ``pruning``: a condition with the flags ``proba``, ``w`` and ``d``."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.definitions import Definitions
from engine.language.expression import Parser
from engine.language.lexer import span_of
from engine.language.model import StructuralRule
from engine.language.report import Problem, suggestion
from engine.language.statements import Flag, flagged_expression
from engine.language.traverse import walk
from engine.language.tree import Expression, Name, Number, Random, Span

FLAGS = {"creating": frozenset({"proba", "w", "d"}), "pruning": frozenset({"proba"})}


def read_rule(text: str, field_name: str, definitions: Definitions) -> StructuralRule | None:
    """The rule of a field; None where it is empty or wrong, which is noted."""
    report = definitions.report
    statement = flagged_expression(text, field_name, report, FLAGS["creating"])
    if statement is None:
        return None
    with report.guard():
        times, allows = frozenset({"t_pre", "t_post"}), frozenset({"random", "sides", "if"})
        scope = definitions.scope(field_name, times, allows, field_name)
        place = span_of(statement.right, field_name) if statement.right else Span(field_name, 1, 1, 1)
        condition = Parser(statement.right, scope, place).parse()
        _check_random(condition)
        if field_name == "creating":
            _check_names(condition, definitions)
        flags = dict(_flags(statement.flags, field_name, definitions))
        return StructuralRule(
            condition,
            flags.get("proba", 1.0),
            flags.get("w", 0.0),
            flags.get("d"),
            statement.text,
            place,
        )
    return None


def _flags(flags: list[Flag], field_name: str, definitions: Definitions) -> Iterator[tuple[str, float]]:
    known = FLAGS[field_name]
    for flag in flags:
        with definitions.report.guard():
            if flag.key not in known:
                hint = suggestion(flag.key, known) or f"Known here: {', '.join(sorted(known))}."
                raise Problem(f"The flag '{flag.key}' has no meaning in {field_name}.", flag.span, hint)
            try:
                value = float(definitions.literal(list(flag.value), flag.span)[0])
            except Problem as problem:
                raise Problem(
                    f"The flag '{flag.key}' needs a number or the name of a Constant.", flag.span
                ) from problem
            if flag.key == "proba" and not 0.0 <= value <= 1.0:
                raise Problem("A probability lies between 0 and 1.", flag.span)
            if flag.key == "d" and value < 0.0:
                raise Problem("A delay must not be negative.", flag.span)
            yield flag.key, value


def _check_random(condition: Expression) -> None:
    draws = [node for node in walk(condition) if isinstance(node, Random)]
    if len(draws) > 1:
        raise Problem("Only one random distribution per equation is allowed.", draws[1].span)
    for draw in draws:
        for argument in draw.arguments:
            if not isinstance(argument, Number):
                message = f"The arguments of {draw.distribution} must use fixed values here."
                raise Problem(message, argument.span, "Write a number.")


def _check_names(condition: Expression, definitions: Definitions) -> None:
    """A synapse that does not exist yet has no values of its own."""
    for node in walk(condition):
        if not isinstance(node, Name) or node.owner != "own":
            continue
        attribute = definitions.parameters.get(node.name) or definitions.variables.get(node.name)
        if attribute is not None and attribute.locality == "local":
            raise Problem(
                f"'{node.name}' belongs to a synapse, and where creating looks there is none yet.",
                node.span,
                "Use pre. and post. attributes, or flag it 'projection' or 'postsynaptic'.",
            )
