"""Functions that users define: ``f(x, y) = expression``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.language.calls import UserFunction
from engine.language.definitions import Definitions
from engine.language.expression import Parser, Scope
from engine.language.functions import CALLABLE
from engine.language.lexer import Token, span_of
from engine.language.report import Problem, Report
from engine.language.statements import TYPE_FLAGS, Statement, split_statements
from engine.language.traverse import own_names, substitute
from engine.language.tree import Binary, Boolean, Call, Conditional, Expression, Name, Number, Span


def read_functions(text: str, field_name: str, definitions: Definitions) -> tuple[UserFunction, ...]:
    """Read definitions; they see the functions that were known before, not each other."""
    report = definitions.report
    visible = dict(definitions.functions)
    read: dict[str, UserFunction] = {}
    for statement in split_statements(text, field_name, report):
        if statement.left:
            definitions.faulty.add(statement.left[0].text)
        if not statement.is_sound:
            continue
        with report.guard():
            function = _read_function(statement, field_name, visible, definitions)
            definitions.functions[function.name] = read[function.name] = function
            definitions.faulty.discard(function.name)
    return tuple(read.values())


def read_global_functions(functions: Sequence[str], definitions: Definitions) -> None:
    """Read functions that are shared by all models; each sees those before it."""
    for text in functions:
        read_functions(text, "global functions", definitions)


def read_all_functions(
    own: str, of_all: Sequence[str], definitions: Definitions, inline: bool
) -> tuple[UserFunction, ...]:
    """Read functions that all models share and those of a model, which are returned. Without ``inline`` calls
    of them stay."""
    read_global_functions(of_all, definitions)
    functions = read_functions(own, "functions", definitions)
    if not inline:
        definitions.keep_calls()
    return functions


def parse_functions(functions: Sequence[str], constants: Mapping[str, float]) -> dict[str, UserFunction]:
    """Functions that are shared by all models, by name.

    Raises
    ------
    ModelError
        With every mistake that was found.
    """
    report = Report("add_function", {"global functions": "\n".join(functions)})
    definitions = Definitions("neuron", report, constants)
    read_global_functions(functions, definitions)
    report.finish()
    return definitions.functions


def _read_function(
    statement: Statement, field_name: str, visible: dict[str, UserFunction], definitions: Definitions
) -> UserFunction:
    head = statement.left
    span = statement.span(field_name)
    if statement.operator is None or statement.operator.text != "=":
        raise Problem("A function is written name(arguments) = expression.", span)
    name, arguments = _read_head(head, field_name, span)
    _check_function_name(name, span_of(head[:1], field_name))
    return_type, argument_types = _types(statement, field_name, len(arguments))
    scope = Scope(
        field_name,
        definitions.report,
        names=frozenset(arguments) | definitions.constants.keys() | {"pi", "E"},
        attributes=dict.fromkeys(arguments, "local"),
        constants=frozenset(definitions.constants),
        functions=visible,
        allows=frozenset({"if"}),
        unknown="The function depends on unknown variables.",
    )
    body = Parser(statement.right, scope, span).parse()
    typed: dict[str, Expression] = {
        argument: _convert(Name(argument), kind)
        for argument, kind in zip(arguments, argument_types, strict=True)
    }
    body = _convert(_with_typed(body, typed), return_type)
    constants = frozenset(own_names(body) - set(arguments)) & definitions.constants.keys()
    return UserFunction(name, arguments, body, constants)


def _read_head(head: list[Token], field_name: str, span: Span) -> tuple[str, tuple[str, ...]]:
    """``name(a, b)``."""
    texts = [token.text for token in head]
    names = head[2:-1:2]
    is_head = len(head) >= 3 and texts[1] == "(" and texts[-1] == ")" and head[0].kind == "name"
    is_list = is_head and all(token.kind == "name" for token in names) and set(texts[3:-1:2]) <= {","}
    if not is_list or (len(head) > 3 and len(head) % 2):
        raise Problem("A function is written name(arguments) = expression.", span)
    arguments = tuple(token.text for token in names)
    if len(set(arguments)) < len(arguments):
        raise Problem("The arguments of a function must have different names.", span_of(head, field_name))
    return texts[0], arguments


def _check_function_name(name: str, span: Span) -> None:
    # sympy takes a second to import and few models define functions
    import sympy

    if hasattr(sympy, name):
        raise Problem(f"The function name {name} is reserved by sympy.", span, "Use another name.")
    if name in CALLABLE:
        raise Problem(f"The function name {name} is reserved.", span, "Use another name.")


def _types(statement: Statement, field_name: str, number: int) -> tuple[str, list[str]]:
    """Types of the result and of each argument."""
    keys = [flag.key for flag in statement.flags]
    if not keys:
        return "float", ["float"] * number
    if not set(keys) <= TYPE_FLAGS or len(keys) != number + 1:
        raise Problem(
            "You must specify exactly the types of return value and arguments of a function.",
            statement.flags[0].span,
            f"Write {number + 1} of int, bool, float.",
        )
    return keys[0], keys[1:]


def _convert(node: Expression, kind: str) -> Expression:
    """``node`` as a value of another type: integers truncate toward zero."""
    if kind == "int":
        return Conditional(Binary("<", node, Number(0)), Call("ceil", (node,)), Call("floor", (node,)))
    if kind == "bool" and not isinstance(node, Boolean):
        return Binary("!=", node, Number(0))
    return node


def _with_typed(body: Expression, typed: dict[str, Expression]) -> Expression:
    if all(isinstance(value, Name) for value in typed.values()):
        return body
    return substitute(body, typed)
