"""The ``equations`` field: which variables it defines, and what each statement computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.language.algebra import ONE, collect, subtract
from engine.language.definitions import Definitions
from engine.language.expression import GRADIENT, Parser, Scope
from engine.language.lexer import Token, span_of
from engine.language.model import Assignment, Equation, Method, Ode, Variable
from engine.language.report import Problem
from engine.language.statements import FLAGS, METHOD_FLAGS, Statement, split_statements
from engine.language.traverse import depends_on, walk
from engine.language.tree import Binary, Expression, Name, Number, Span, WeightedSum

FIELD = "equations"


@dataclass
class Line:
    """One statement and the variable that it defines. ``gradient`` stands for d(name)/dt in ``left``."""

    statement: Statement
    name: Token
    left: list[Token]
    gradient: Token | None

    @property
    def place(self) -> Span:
        return span_of([self.name], FIELD)


def read_left_sides(text: str, definitions: Definitions) -> list[Line]:
    """Split the field and define the variable of every statement."""
    lines: list[Line] = []
    report = definitions.report
    for statement in split_statements(text, FIELD, report):
        with report.guard():
            line = find_name(statement, FIELD)
            definitions.check_name(line.name, line.place)
            definitions.check_new(line.name.text, line.place)
            # the name counts for what follows even where its flags are wrong
            definitions.variables[line.name.text] = Variable(line.name.text, span=line.place)
            if line.name.text == "w" and definitions.kind == "synapse":
                locality = definitions.locality("w", statement)
                if locality != "local":
                    raise Problem("The weight w has one value for each synapse.", line.place)
            if statement.is_sound:
                lines.append(line)
            definitions.variables[line.name.text] = definitions.variable(line.name, statement, line.place)
    return lines


def find_name(statement: Statement, field_name: str) -> Line:
    """The variable on the left side of a statement."""
    span = statement.span(field_name)
    if not statement.left:
        raise Problem(
            "The equation can not be analysed, check the syntax.", span, "Nothing stands left of the '='."
        )
    left, gradients = _find_gradients(statement.left)
    if len(gradients) > 1:
        raise Problem(
            f"No variable name can be found in '{statement.text}': it has two gradients.",
            span_of([gradients[1][0]], field_name),
            "Write one equation for each variable.",
        )
    if gradients:
        gradient, name = gradients[0]
        if statement.operator is not None and statement.operator.text != "=":
            raise Problem("An ODE is written with '='.", span_of([statement.operator], field_name))
        return Line(statement, name, left, gradient)
    if len(left) != 1 or left[0].kind not in ("name", "keyword"):
        raise Problem(
            f"No variable name can be found in '{statement.text}'.",
            span_of(left, field_name),
            "Left of the '=' stands the name of a variable, or one gradient dname/dt.",
        )
    return Line(statement, left[0], left, None)


def _find_gradients(left: list[Token]) -> tuple[list[Token], list[tuple[Token, Token]]]:
    """Replace ``dx/dt`` (also ``d x / dt``) by one token; give these tokens with those of the names."""
    result: list[Token] = []
    found: list[tuple[Token, Token]] = []
    position = 0
    while position < len(left):
        token = left[position]
        texts = [other.text for other in left[position + 1 : position + 4]]
        length = 0
        if token.kind == "name" and token.text.startswith("d"):
            if token.text != "d" and texts[:2] == ["/", "dt"]:
                length, name = 3, Token("name", token.text[1:], token.line, token.column + 1, token.start + 1)
            elif token.text == "d" and texts[1:] == ["/", "dt"] and left[position + 1].kind == "name":
                length, name = 4, left[position + 1]
        if not length:
            result.append(token)
            position += 1
            continue
        width = left[position + length - 1].end - token.start
        gradient = Token("name", GRADIENT.ljust(width), token.line, token.column, token.start)
        found.append((gradient, name))
        result.append(gradient)
        position += length
    return result, found


def read_right_sides(
    lines: list[Line], definitions: Definitions, extra: frozenset[str], allows: frozenset[str]
) -> list[Equation]:
    """The trees of all statements. ``extra`` and ``allows``: see :class:`Scope`."""
    equations: list[Equation] = []
    for line in lines:
        with definitions.report.guard():
            scope = definitions.scope(FIELD, extra, allows, equation=line.name.text)
            definitions.refuse_flags(line.statement, FLAGS - {"unless_post"}, "in equations")
            read = _read_ode if line.gradient else _read_assignment
            equations.append(read(line, scope, definitions))
    return equations


def _read_assignment(line: Line, scope: Scope, definitions: Definitions) -> Assignment:
    statement = line.statement
    span = statement.span(FIELD)
    assert statement.operator is not None
    expression = Parser(statement.right, scope, span_of([statement.operator], FIELD)).parse()
    bounds = definitions.bounds(statement, scope)
    return Assignment(
        line.name.text, statement.operator.text, expression, bounds, False, statement.text, span
    )


def _read_ode(line: Line, scope: Scope, definitions: Definitions) -> Ode:
    statement = line.statement
    span = statement.span(FIELD)
    assert statement.operator is not None
    left = Parser(line.left, scope, span, line.gradient).parse()
    right = Parser(statement.right, scope, span_of([statement.operator], FIELD)).parse()
    slope, rest = collect(left, GRADIENT)
    if slope is None or (rest is not None and depends_on(rest, GRADIENT)):
        raise Problem(
            f"The equation is not linear in d{line.name.text}/dt, so it cannot be solved for it.",
            span,
            f"Write d{line.name.text}/dt = ...",
        )
    numerator = subtract(right, rest) or Number(0)
    # a plain quotient, whose denominator the discretisation recognises as the time scale
    gradient = numerator if slope == ONE else Binary("/", numerator, slope)
    method = _method(statement)
    if statement.right[0].text == "if":
        if method == "event-driven":
            raise Problem(
                "The exponential and event-driven methods are reserved for linear first-order ODEs.",
                span,
                "An event-driven equation cannot have an if statement.",
            )
        # the reference integrates every if statement so, whatever the flag says
        method = "explicit"
    bounds = definitions.bounds(statement, scope)
    return Ode(line.name.text, gradient, method, bounds, statement.text, span)


def _method(statement: Statement) -> Method | None:
    keys = {flag.key for flag in statement.flags}
    found = next((method for key, method in METHOD_FLAGS.items() if key in keys), None)
    return found  # type: ignore[return-value]


# --- what depends on what


def check_localities(equations: Sequence[Equation], definitions: Definitions) -> None:
    """A value that is shared by many neurons or synapses cannot depend on what each has for itself."""
    for equation in equations:
        locality = definitions.variables[equation.name].locality
        if locality == "local":
            continue
        expression = equation.gradient if isinstance(equation, Ode) else equation.expression
        for tree in (expression, *(limit for _, limit in equation.bounds.limits)):
            _check_locality(equation.name, locality, tree, definitions)


def _check_locality(name: str, locality: str, tree: Expression, definitions: Definitions) -> None:
    localities = definitions.localities | {"t_last": "local", "t_pre": "local", "t_post": "semiglobal"}
    word = (
        "population-wide"
        if definitions.kind == "neuron"
        else "postsynaptic"
        if locality == "semiglobal"
        else "global"
    )
    for node in walk(tree):
        shown = _too_local(node, locality, localities)
        if shown:
            definitions.report.add(
                f"The {word} variable {name} cannot depend on {shown}.",
                node.span,
                f"Leave out the flag that makes {name} {word}, or use attributes that have it too.",
            )


def _too_local(node: Expression, locality: str, localities: Mapping[str, str]) -> str:
    """The text of ``node`` where a variable of ``locality`` cannot use it."""
    shared = {"global"} if locality == "global" else {"global", "semiglobal"}
    if isinstance(node, Name) and node.owner == "own":
        return node.name if localities.get(node.name, "global") not in shared else ""
    if isinstance(node, Name | WeightedSum):
        if node.owner == "post" and locality == "semiglobal":
            return ""
        inner = node.name if isinstance(node, Name) else f"sum({node.target})"
        return inner if node.owner == "own" else f"{node.owner}.{inner}"
    return ""
