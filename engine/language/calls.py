"""Everything that is written ``name(...)``, and ``pre.x``: built-in and user functions, sums, draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.language.formatting import format_expression
from engine.language.functions import (
    ALIASES,
    CALLABLE,
    DISTRIBUTION_ARGUMENTS,
    DISTRIBUTIONS,
    FUNCTIONS,
    GLOBAL_OPERATIONS,
    REWRITTEN,
)
from engine.language.lexer import Token
from engine.language.report import Known, Problem, suggestion
from engine.language.traverse import is_too_large, rewrite
from engine.language.tree import (
    Binary,
    Call,
    Conditional,
    Expression,
    GlobalOperation,
    Name,
    Number,
    Owner,
    Random,
    Span,
    Unary,
    WeightedSum,
)

if TYPE_CHECKING:
    from engine.language.expression import Parser


@dataclass(frozen=True)
class UserFunction:
    """``name(arguments) = body``, inlined where it is called. ``constants`` are those that it uses."""

    name: str
    arguments: tuple[str, ...]
    body: Expression
    constants: frozenset[str] = frozenset()


class CallReader:
    """Reads what follows a name before ``(`` or ``.`` for a :class:`Parser`."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser

    # --- pre.x, post.x

    def side(self, token: Token) -> Expression:
        """``pre.x``, ``post.x``, ``pre.sum(target)``; ``token`` is ``pre`` or ``post``."""
        parser = self.parser
        self.require("sides", token, f"'{token.text}.' has a meaning only in synapses.")
        parser.take()
        attribute = parser.take()
        if attribute.kind != "name":
            raise Problem(f"'{token.text}.' must be followed by a name.", parser.span(attribute))
        owner: Owner = "pre" if token.text == "pre" else "post"
        if attribute.text == "sum" and parser.peek() == "(":
            target = self.target(attribute)
            span = parser.span(token, parser.part[parser.position - 1])
            if not target:
                raise Problem(f"{owner}.sum() requires one argument.", span, f"Write {owner}.sum(target).")
            return WeightedSum(target, owner, span)
        return Name(attribute.text, owner, parser.span(token, attribute))

    # --- name(...)

    def call(self, token: Token) -> Expression:
        """A call; the next token is its parenthesis."""
        name, scope = token.text, self.parser.scope
        if name in scope.functions:
            return self.user_function(token)
        if name == "sum":
            self.require("sum", token, "sum(target) can only be used in the equations of a neuron.")
            start = self.parser.position - 1
            target = self.target(token)
            return WeightedSum(target, "own", self.parser.span_from(start))
        if name in GLOBAL_OPERATIONS:
            return self.global_operation(token)
        if name in DISTRIBUTIONS:
            return self.random(token)
        if name in FUNCTIONS or name in ALIASES or name in REWRITTEN:
            return self.built_in(token)
        if name in scope.faulty:
            raise Known
        known = CALLABLE | scope.functions.keys()
        hint = f"'{name}' is no function; write {name}*(...) to multiply." if name in scope.names else ""
        hint = hint or suggestion(name, known) or f"Define '{name}' in the field functions."
        raise Problem(f"Unknown function '{name}'.", self.parser.span(token), hint)

    def require(self, permission: str, token: Token, message: str) -> None:
        """Refuse what the field does not allow."""
        if permission not in self.parser.scope.allows:
            raise Problem(message, self.parser.span(token))

    def arguments(self) -> tuple[Expression, ...]:
        """``(a, b, ...)``."""
        parser = self.parser
        parser.expect("(")
        found: list[Expression] = []
        if parser.peek() != ")":
            found.append(parser.expression())
            while parser.peek() == ",":
                parser.take()
                found.append(parser.expression())
        parser.expect(")")
        if any(is_too_large(argument) for argument in found):
            message = "The expression is too long."
            raise Problem(message, parser.span(parser.part[parser.position - 1]), "Split it with a variable.")
        return tuple(found)

    def target(self, token: Token) -> str:
        """``(exc)`` or ``()``: the name in the parentheses, or nothing."""
        parser = self.parser
        parser.expect("(")
        name = parser.take()
        if name.text == ")":
            return ""
        if name.kind != "name" or parser.peek() != ")":
            raise Problem(
                f"{token.text}(...) takes the name of a target.", parser.span(name), "Write sum(exc)."
            )
        parser.take()
        return name.text

    def counted(self, token: Token, number: int) -> tuple[tuple[Expression, ...], Span]:
        """Arguments of a function that takes ``number`` of them, and the place of the call."""
        start = self.parser.position - 1
        arguments = self.arguments()
        span = self.parser.span_from(start)
        if len(arguments) != number:
            plural = "argument" if number == 1 else "arguments"
            raise Problem(f"{token.text}() takes {number} {plural}, not {len(arguments)}.", span)
        return arguments, span

    def built_in(self, token: Token) -> Expression:
        name = ALIASES.get(token.text, token.text)
        arguments, span = self.counted(token, (FUNCTIONS | REWRITTEN)[name])
        match name:
            case "ite":
                return Conditional(arguments[0], arguments[1], arguments[2], span)
            case "fmod":
                return Binary("%", arguments[0], arguments[1], span)
            case "pow":
                return Binary("**", arguments[0], arguments[1], span)
            case "power":
                exponent = arguments[1]
                if not isinstance(exponent, Number) or exponent.value < 1 or exponent.value % 1:
                    message = "The exponent of power(x, n) must be a positive integer."
                    raise Problem(message, span, "Use pow(x, y) or x^y for other exponents.")
                return Binary("**", arguments[0], replace(exponent, value=int(exponent.value)), span)
            case _:
                return Call(name, arguments, span)

    def user_function(self, token: Token) -> Expression:
        """The body of a user function with its arguments put in."""
        scope = self.parser.scope
        function = scope.functions[token.text]
        arguments, span = self.counted(token, len(function.arguments))
        for hidden in sorted(function.constants & scope.attributes.keys()):
            raise Problem(
                f"The function {function.name} uses the Constant '{hidden}', which an attribute hides here.",
                span,
                f"Rename the attribute '{hidden}'.",
            )
        values = dict(zip(function.arguments, arguments, strict=True))

        def change(node: Expression) -> Expression | None:
            return values.get(node.name) if isinstance(node, Name) else None

        return rewrite(function.body, change)

    def global_operation(self, token: Token) -> Expression:
        """``mean(x)``: one local attribute over the population."""
        scope = self.parser.scope
        message = "Operations over a population can only be used in equations and psp."
        self.require("operations", token, message)
        following = self.parser.part[self.parser.position + 1 : self.parser.position + 3]
        is_name = [part.kind for part in following] == ["name", "operator"] and following[1].text == ")"
        if is_name and scope.kind == "neuron" and following[0].text not in scope.attributes:
            raise Problem(
                f"There is no local attribute {following[0].text}.",
                self.parser.span(following[0]),
                suggestion(following[0].text, scope.attributes)
                or "Name a variable or parameter of the neuron.",
            )
        arguments, span = self.counted_operation(token)
        argument = arguments[0]
        if not isinstance(argument, Name):
            hint = "Define a variable for the expression."
            raise Problem(f"{token.text}() takes the name of one attribute.", argument.span, hint)
        if scope.kind == "synapse" and argument.owner == "own":
            raise Problem(
                f"Detected global operation {token.text}({argument.name}) on a synaptic variable, "
                "which is not implemented.",
                span,
                f"Use {token.text}(pre.x) or {token.text}(post.x).",
            )
        if argument.owner == "own" and scope.attributes.get(argument.name) != "local":
            raise Problem(
                f"There is no local attribute {argument.name}.",
                argument.span,
                f"'{argument.name}' has one value for the whole population; use it as it is.",
            )
        return GlobalOperation(token.text, argument.name, argument.owner, span)

    def counted_operation(self, token: Token) -> tuple[tuple[Expression, ...], Span]:
        start = self.parser.position - 1
        arguments = self.arguments()
        span = self.parser.span_from(start)
        if len(arguments) != 1:
            better = {
                "max": "Use Max(a, b) for the larger of two.",
                "min": "Use Min(a, b) for the smaller of two.",
            }
            message = f"{token.text}() is taken over a population and has one argument."
            raise Problem(message, span, better.get(token.text, ""))
        return arguments, span

    def random(self, token: Token) -> Expression:
        """A draw; its arguments are literals or names of global attributes."""
        scope, name = self.parser.scope, token.text
        message = f"The distribution {name} can only be used in equations."
        if "random" not in scope.allows:
            raise Problem(message, self.parser.span(token), "Define a variable for it in the equations.")
        start = self.parser.position - 1
        arguments = self.arguments()
        span = self.parser.span_from(start)
        number = DISTRIBUTIONS[name]
        if len(arguments) < number:
            message = f"The distribution {name} requires {number} parameter{'s' * (number > 1)}."
            raise Problem(message, span, _usage(name))
        if len(arguments) > number:
            raise Problem(f"Too many parameters provided to the distribution {name}.", span, _usage(name))
        draw = Random(name, tuple(self.fixed(argument, name) for argument in arguments), 0, span)
        key = (scope.equation, format_expression(draw))
        return replace(draw, stream=scope.streams.setdefault(key, len(scope.streams)))

    def fixed(self, argument: Expression, distribution: str) -> Expression:
        """Check one argument of a distribution."""
        scope = self.parser.scope
        if isinstance(argument, Unary) and argument.operator == "-" and isinstance(argument.operand, Number):
            return Number(-argument.operand.value, argument.span)
        if isinstance(argument, Number):
            return argument
        if isinstance(argument, Name) and argument.owner == "own" and self.is_global(argument.name):
            return argument
        flag = "population" if scope.kind == "neuron" else "projection"
        raise Problem(
            f"{format_expression(argument)} is not a global parameter of the {scope.kind}. "
            f"It can not be used as an argument to the random distribution {distribution}.",
            argument.span,
            f"Use a number, or an attribute with the flag '{flag}'.",
        )

    def is_global(self, name: str) -> bool:
        """Whether one value of ``name`` serves all neurons or synapses."""
        scope = self.parser.scope
        if name in scope.attributes:
            return scope.attributes[name] == "global"
        return name in scope.constants or name in ("dt", "pi")


def _usage(distribution: str) -> str:
    return f"Write {distribution}({', '.join(DISTRIBUTION_ARGUMENTS[distribution])})."
