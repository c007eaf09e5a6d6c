"""The attributes of one model as they are collected from its fields: parameters, variables, functions."""

from __future__ import annotations

import keyword
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from engine.language.calls import UserFunction
from engine.language.expression import Parser, Scope
from engine.language.functions import FORBIDDEN_ATTRIBUTES, RESERVED_ATTRIBUTES
from engine.language.lexer import Token, span_of
from engine.language.model import Bounds, Dtype, Locality, Parameter, Variable
from engine.language.report import Problem, Report, UnknownFlag
from engine.language.statements import (
    LOCALITY_FLAGS,
    TYPE_FLAGS,
    Flag,
    Statement,
    split_statements,
)
from engine.language.tree import Binary, Boolean, Call, Expression, Name, Number, Span, Unary

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "**": operator.pow,
}

ALWAYS_VISIBLE = frozenset({"t", "dt", "pi", "E"})


@dataclass
class Definitions:
    """Everything that is known of a model while its fields are read one after the other."""

    kind: Literal["neuron", "synapse"]
    report: Report
    constants: Mapping[str, float]
    functions: dict[str, UserFunction] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    """Functions whose definition has a mistake."""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    streams: dict[tuple[str, str], int] = field(default_factory=dict)

    def keep_calls(self) -> None:
        """Let calls of user functions stand as they are written: for reading, nothing can be computed."""
        for function in self.functions.values():
            body = Call(function.name, tuple(Name(argument) for argument in function.arguments))
            self.functions[function.name] = replace(function, body=body)

    @property
    def localities(self) -> dict[str, str]:
        """Locality of every attribute."""
        attributes: list[Parameter | Variable] = [*self.parameters.values(), *self.variables.values()]
        return {attribute.name: attribute.locality for attribute in attributes}

    def scope(
        self, field_name: str, extra: frozenset[str], allows: frozenset[str], equation: str = ""
    ) -> Scope:
        """What an expression in ``field_name`` may use: all attributes and the names in ``extra``."""
        localities = self.localities
        return Scope(
            field_name,
            self.report,
            names=frozenset(localities) | self.constants.keys() | ALWAYS_VISIBLE | extra,
            attributes=localities,
            constants=frozenset(self.constants),
            functions=self.functions,
            faulty=self.faulty,
            allows=allows,
            kind=self.kind,
            streams=self.streams,
            equation=equation,
        )

    # --- names

    def check_name(self, token: Token, span: Span) -> None:
        """Raise where an attribute cannot have this name."""
        name = token.text
        if name in FORBIDDEN_ATTRIBUTES or token.kind == "keyword" or keyword.iskeyword(name):
            raise Problem(f"{name} is a reserved keyword.", span, "Use another name.")
        if name in RESERVED_ATTRIBUTES or name == "pi":
            raise Problem(f"{name} is a reserved variable name.", span, "Use another name.")
        if name.startswith("_"):
            raise Problem(
                f"'{name}': names that begin with an underscore are reserved.", span, "Use another name."
            )

    def check_new(self, name: str, span: Span) -> None:
        """Raise where the name is taken."""
        if name in self.parameters or name in self.variables:
            hint = f"'{name}' is already defined."
            raise Problem("Attributes must be declared only once.", span, hint)

    # --- flags

    def locality(self, name: str, statement: Statement) -> Locality:
        """From the flags ``population``, ``projection``, ``postsynaptic``."""
        found = [flag for flag in statement.flags if flag.key in LOCALITY_FLAGS]
        own = {"population"} if self.kind == "neuron" else {"projection", "postsynaptic"}
        for flag in found:
            if flag.key not in own:
                raise Problem(
                    f'The attribute {name} belongs to a {self.kind}, the flag "{flag.key}" is forbidden.',
                    flag.span,
                    f"Use {' or '.join(sorted(own))}.",
                )
        if len(found) > 1:
            raise Problem(f"The attribute {name} can have only one locality.", found[1].span)
        return cast(Locality, LOCALITY_FLAGS[found[0].key]) if found else "local"

    def dtype(self, name: str, statement: Statement) -> Dtype | None:
        """From the flags ``int``, ``bool``, ``float``; None without one."""
        found = [flag for flag in statement.flags if flag.key in TYPE_FLAGS]
        if len(found) > 1:
            raise Problem(f"The attribute {name} can have only one type.", found[1].span)
        return cast(Dtype, found[0].key) if found else None

    def refuse_flags(self, statement: Statement, allowed: frozenset[str], place: str) -> None:
        """Note every flag that means nothing in this place."""
        for flag in statement.flags:
            if flag.key not in allowed:
                self.report.add(f"The flag '{flag.key}' has no meaning {place}.", flag.span)

    def bounds(self, statement: Statement, scope: Scope) -> Bounds:
        """From the flags ``min=`` and ``max=``, in their order."""
        limits: list[tuple[Literal["min", "max"], Expression]] = []
        for flag in statement.flags:
            if flag.key in ("min", "max"):
                limit = Parser(
                    list(flag.value), replace(scope, allows=scope.allows - {"if", "random"}), flag.span
                )
                limits.append((cast(Literal["min", "max"], flag.key), limit.parse()))
        return Bounds(tuple(limits))

    def variable(self, token: Token, statement: Statement, span: Span) -> Variable:
        """The variable that a statement defines, from its name and flags."""
        name = token.text
        dtype = self.dtype(name, statement) or "float"
        flag = statement.flag("init")
        value: float | int | bool = 0.0
        if flag is not None:
            value = self.initial(name, flag)
        return Variable(name, _converted(value, dtype), dtype, self.locality(name, statement), span)

    def initial(self, name: str, flag: Flag) -> float | int | bool:
        try:
            return self.literal(list(flag.value), flag.span)[0]
        except Problem as problem:
            raise Problem(
                f"The initial value of {name} must be a number, True, False or the name of a Constant.",
                flag.span,
                "Assign other initial values to the population or projection.",
            ) from problem

    # --- values

    def literal(self, part: list[Token], place: Span) -> tuple[float | int | bool, str]:
        """A number written out (``1/1.54``) or the value of a Constant, with the Constant's name."""
        scope = Scope(
            place.field,
            self.report,
            names=frozenset(self.constants),
            constants=frozenset(self.constants),
            unknown="This is not a number.",
        )
        tree = Parser(part, scope, place).parse()
        constant = tree.name if isinstance(tree, Name) else ""
        try:
            value = self.constants[constant] if constant else _evaluate(tree)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise Problem("This is not a number.", place) from error
        if not math.isfinite(value):
            raise Problem("This is not a finite number.", place)
        return value, constant


def read_parameters(text: str, definitions: Definitions) -> None:
    """Read the ``parameters`` field."""
    report = definitions.report
    for statement in split_statements(text, "parameters", report, joined=False):
        with report.guard():
            span = statement.span("parameters")
            if len(statement.left) != 1 or statement.left[0].kind not in ("name", "keyword"):
                raise Problem("A parameter is written name = value.", span)
            if statement.operator is not None and statement.operator.text != "=":
                raise Problem(
                    "A parameter is written name = value.", span_of([statement.operator], "parameters")
                )
            token = statement.left[0]
            place = span_of([token], "parameters")
            definitions.check_name(token, place)
            definitions.check_new(token.text, place)
            definitions.refuse_flags(statement, TYPE_FLAGS | LOCALITY_FLAGS.keys(), "for a parameter")
            definitions.parameters[token.text] = _read_parameter(token, statement, place, definitions)


def _read_parameter(token: Token, statement: Statement, place: Span, definitions: Definitions) -> Parameter:
    name = token.text
    # a name that is known keeps later fields free of "unknown symbol", even where its value is wrong
    definitions.parameters[name] = Parameter(name, 0.0, span=place)
    dtype = definitions.dtype(name, statement)
    locality = definitions.locality(name, statement)
    value: float | int | bool = 0.0
    constant = ""
    if statement.operator is not None and statement.is_sound:
        value_place = span_of(statement.right, "parameters") if statement.right else place
        try:
            value, constant = definitions.literal(statement.right, value_place)
        except UnknownFlag:
            raise
        except Problem as problem:
            wanted = "an integer" if dtype == "int" else "a float"
            raise Problem(
                f"The value of the parameter {name} is not {wanted}.",
                value_place,
                _how_to_write_a_value(statement.right),
            ) from problem
    dtype = dtype or ("bool" if isinstance(value, bool) else "float")
    return Parameter(name, _converted(value, dtype), dtype, locality, constant, place)


def _how_to_write_a_value(right: Sequence[Token]) -> str:
    """What probably was meant by a value that is none."""
    texts = [token.text for token in right]
    if any(text == "," and texts[i + 2 : i + 3] == ["="] for i, text in enumerate(texts)):
        return "Parameters are separated by ; or by lines."
    if [token.kind for token in right] == ["number", "name"]:
        return "Values have no units (times are in ms), and flags stand after a colon."
    return (
        "Write a number or the name of a Constant; arrays and random values are assigned "
        "to the population or projection."
    )


def _converted(value: float | int | bool, dtype: Dtype) -> float | int | bool:
    match dtype:
        case "float":
            return float(value)
        case "int":
            return int(value)
        case "bool":
            return bool(value)


def _evaluate(node: Expression) -> float | bool:
    """Real arithmetic on literals."""
    match node:
        case Boolean(value=value):
            return value
        case Number(value=value):
            return float(value)
        case Unary(operator="-", operand=operand):
            return -_evaluate(operand)
        case Binary(symbol, left, right) if symbol in _ARITHMETIC:
            return float(_ARITHMETIC[symbol](_evaluate(left), _evaluate(right)))
        case _:
            raise TypeError
