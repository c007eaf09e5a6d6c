"""The one table from IR expressions to C text, shared by every target."""

from __future__ import annotations

import math
from typing import ClassVar

from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import Cast, Const, Draw, Expr, Function, Load, Op, Select, Symbol, Type
from engine.codegen.plan import Plan
from engine.codegen.traverse import subexpressions

C_TYPES: dict[str, str] = {"real": "real", "int": "int64_t", "bool": "bool", "gains": "nl_gains"}
"""C type of an expression; the text begins with ``typedef double real`` or ``typedef float real``."""

STORAGE = {
    "real": "real",
    "uint8": "uint8_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "bool": "uint8_t",
}
"""C type of a buffer's elements."""

_ATOM, _UNARY, _TERNARY = 16, 14, 1

_BINARY: dict[str, tuple[str, int]] = {
    "*": ("*", 12),
    "/": ("/", 12),
    "+": ("+", 11),
    "-": ("-", 11),
    "<": ("<", 9),
    ">": (">", 9),
    "<=": ("<=", 9),
    ">=": (">=", 9),
    "==": ("==", 8),
    "!=": ("!=", 8),
    # Not && and ||: without branches a loop vectorises, and operands have no effects.
    "and": ("&", 7),
    "or": ("|", 5),
}

_LIBRARY = (
    "exp log sqrt sin cos tan asin acos atan atan2 sinh cosh tanh floor ceil round pow log10 log2 log1p "
    "expm1 exp2 cbrt erf fmod fabs pos neg clip sign isnan isfinite modulo min max Heaviside fma exprel"
)
FUNCTIONS: dict[str, str] = {name: f"nl_{name}" for name in _LIBRARY.split()}
"""Canonical name of a function to the prelude's."""

OF_FUNCTIONS = frozenset({"tan", "asin", "acos", "atan", "sinh", "cosh", "log10", "log2", "log1p", "exp2"})
"""Those that ``prelude_functions.h`` has."""

_BOOLEAN_FUNCTIONS = frozenset({"isnan", "isfinite"})
POWERS = {2: "nl_square", 3: "nl_cube", **{n: f"nl_power{n}" for n in range(4, 9)}}

OF_STANDARD_NUMBERS = {
    "Uniform": ("uniform", "nl_uniform_of"),
    "DiscreteUniform": ("uniform", "nl_discrete_uniform_of"),
    "Normal": ("normal", "nl_normal_of"),
    "LogNormal": ("normal", "nl_log_normal_of"),
    "Exponential": ("exponential", "nl_exponential_of"),
}
"""Distributions that one standard number makes: which kind, and the prelude's function of it."""

REJECTING = {"Gamma": "nl_draw_gamma", "Binomial": "nl_draw_binomial"}
"""Distributions that take as many numbers as they need."""

MAX_STREAM = 1 << 24
"""Streams are numbers below this: they share one word of the counter with the high bits of the index."""


class ExpressionPrinter:
    """Prints expressions of one plan.

    Parameters
    ----------
    plan : Plan
        Gives buffers, sizes and precision.
    identifiers : Identifiers
        Shared with the statements of the same text.
    scalars : frozenset of str
        Buffers that were loaded into constants before the time loop.
    """

    number = "real"
    """Type of what varies."""

    def __init__(self, plan: Plan, identifiers: Identifiers, scalars: frozenset[str]) -> None:
        self._identifiers = identifiers
        self.scalars = scalars
        self._types = {buffer.name: buffer.type for buffer in plan.buffers}
        self._sizes = frozenset(plan.sizes)
        self._known = plan.few
        self._suffix = "f" if plan.precision == "float" else ""
        self.drawn: dict[int, str] = {}
        """Arrays of the block's standard numbers, by stream: the loop drew them before."""

    def text(self, expression: Expr, wanted: Type | None = None) -> str:
        """C text of an expression, converted to type ``wanted`` if it has another one."""
        return self._print(expression, wanted)[0]

    def buffer(self, name: str) -> str:
        """Identifier of a buffer."""
        if name not in self._types:
            raise KeyError(f"the plan has no buffer {name!r}")
        return self._identifiers.of("buffer", name)

    def element(self, name: str, index: str) -> str:
        """An element of a buffer; a buffer of one that nobody writes is a constant."""
        text = self.buffer(name)
        return text if name in self.scalars else f"{text}[{index}]"

    def size(self, name: str) -> str:
        """Identifier of a size, or the number that it is known to be."""
        if name not in self._sizes:
            raise KeyError(f"the plan has no size {name!r}")
        if name in self._known:
            return f"{self._known[name]}L"
        return self._identifiers.of("size", name)

    def symbol(self, name: str) -> str:
        """Identifier of a symbol: bound by the domain, by a let, or a size."""
        if name in self._sizes:
            return self.size(name)
        return name if name in DOMAIN_SYMBOLS else self._identifiers.of("symbol", name)

    def _operand(self, expression: Expr, wanted: Type | None, binding: int) -> str:
        text, own = self._print(expression, wanted)
        return text if own >= binding else f"({text})"

    def _print(self, expression: Expr, wanted: Type | None) -> tuple[str, int]:
        if isinstance(expression, Const):
            return self._const(expression.value, wanted or expression.type)
        text, binding = getattr(self, self._PRINTERS[type(expression)])(expression)
        if wanted is None or wanted == expression.type:
            return text, binding
        return self._converted(text, binding, expression.type, wanted)

    def _const(self, value: float | int | bool, kind: Type) -> tuple[str, int]:
        if kind == "bool":
            return ("true" if value else "false"), _ATOM
        if kind == "int":
            number = int(value)
            return f"{number}L" if number >= 0 else f"({number}L)", _ATOM
        real = float(value)
        if math.isnan(real):
            return f'__builtin_nan{self._suffix}("")', _ATOM
        text = f"__builtin_inf{self._suffix}()" if math.isinf(real) else f"{abs(real)!r}{self._suffix}"
        return (f"-{text}", _UNARY) if math.copysign(1.0, real) < 0 else (text, _ATOM)

    def _symbol(self, expression: Symbol) -> tuple[str, int]:
        return self.symbol(expression.name), _ATOM

    def _load(self, expression: Load) -> tuple[str, int]:
        text = self.element(expression.array, self.text(expression.index, "int"))
        stored = self._types[expression.array]
        if stored == expression.type:
            # One-byte truth values are read as "not zero", whatever was written by other hands.
            return (f"{text} != 0", 8) if stored == "bool" else (text, _ATOM)
        return self._converted(text, _ATOM, stored, expression.type)

    def _op(self, expression: Op) -> tuple[str, int]:
        if expression.op == "neg":
            return f"-{self._operand(expression.args[0], expression.type, _UNARY + 1)}", _UNARY
        if expression.op == "not":
            return f"!{self._operand(expression.args[0], 'bool', _UNARY + 1)}", _UNARY
        if expression.op == "mod":
            function = "nl_floor_mod" if expression.type == "int" else "nl_fmod"
            return self._call(function, expression.args, expression.type)
        symbol, binding = _BINARY[expression.op]
        kind = operand_type(expression)
        # Comparisons inside & and | get parentheses for the reader, though C would not need them.
        inner = _UNARY if expression.op in ("and", "or") else binding
        first, *others = expression.args
        if inner == _UNARY and any(_is_guarded(other) for other in others):
            symbol, binding = {"&": ("&&", 4), "|": ("||", 3)}[symbol]
        text = self._operand(first, kind, inner)
        for other in others:
            text += f" {symbol} {self._operand(other, kind, inner if inner == _UNARY else binding + 1)}"
        return text, binding

    def _function(self, expression: Function) -> tuple[str, int]:
        name, args = expression.name, expression.args
        if name == "pow" and (power := self._integer_power(*args)):
            return power
        if name == "gains":
            return f"nl_gains_of({self.text(args[0], 'real')})", _ATOM
        if name == "gain":
            return f"nl_gain({self.text(args[0], 'real')}, {self.text(args[1], 'gains')})", _ATOM
        if name in ("max", "min"):
            return self._call(FUNCTIONS[name], args, expression.type)
        text, binding = self._call(FUNCTIONS[name], args, "real")
        if name in _BOOLEAN_FUNCTIONS:
            returned: Type = "bool"
        else:
            returned = "int" if name == "modulo" else "real"
        if returned == expression.type:
            return text, binding
        return self._converted(text, binding, returned, expression.type)

    def _integer_power(self, base: Expr, exponent: Expr) -> tuple[str, int] | None:
        if not isinstance(exponent, Const) or exponent.value not in range(-8, 9):
            return None
        n = int(exponent.value)
        text = self.text(base, "real")
        if n == 0:
            return self._const(1.0, "real")
        if abs(n) > 1:
            text, binding = f"{POWERS[abs(n)]}({text})", _ATOM
        else:
            text, binding = self._operand(base, "real", _ATOM), _ATOM
        return (f"{self._const(1.0, 'real')[0]} / {text}", 12) if n < 0 else (text, binding)

    def _select(self, expression: Select) -> tuple[str, int]:
        condition = self._operand(expression.condition, "bool", _TERNARY + 1)
        then = self._operand(expression.then, expression.type, _TERNARY + 1)
        otherwise = self._operand(expression.otherwise, expression.type, _TERNARY)
        return f"{condition} ? {then} : {otherwise}", _TERNARY

    def _cast(self, expression: Cast) -> tuple[str, int]:
        return self._print(expression.operand, expression.type)

    def _draw(self, expression: Draw) -> tuple[str, int]:
        if not 0 <= expression.stream < MAX_STREAM:
            raise ValueError(f"stream {expression.stream} is not in 0 .. {MAX_STREAM - 1}")
        args = ", ".join(self.text(arg, "real") for arg in expression.args)
        place = self.place(expression, self.text(expression.index, "int"))
        if expression.distribution in REJECTING:
            text = f"{REJECTING[expression.distribution]}({place}, {args})"
            return self._converted(text, _ATOM, "real", expression.type)
        kind, function = OF_STANDARD_NUMBERS[expression.distribution]
        if expression.stream in self.drawn:
            standard = self._drawn(self.drawn[expression.stream])
        else:
            standard = f"nl_standard_{kind}<real>({place})"
        text = f"{function}<{self.number}>({standard}, {args})"
        if expression.type == "real":
            return text, _ATOM
        return self._converted(text, _ATOM, "real", expression.type)

    def _drawn(self, array: str) -> str:
        """The neuron's own number among those of its block."""
        return f"{array}[i - begin]"

    def place(self, draw: Draw, index: str) -> str:
        """Where the draw of an element stands."""
        return f"nl_place{{seed, draw, (uint64_t)({index}), {draw.stream}u}}"

    def _converted(self, text: str, binding: int, kind: Type, wanted: Type) -> tuple[str, int]:
        """Text of type ``kind`` as another type."""
        inner = text if binding >= _UNARY else f"({text})"
        if wanted == "bool":
            return f"{inner} != 0", 8
        return f"({C_TYPES[wanted]}){inner}", _UNARY

    def _call(self, function: str, args: tuple[Expr, ...], kind: Type) -> tuple[str, int]:
        # min and max are overloaded: arguments are converted so that exactly one overload fits.
        texts = (f"{self.text(arg, kind)}" for arg in args)
        return f"{function}({', '.join(texts)})", _ATOM

    _PRINTERS: ClassVar[dict[type, str]] = {
        Symbol: "_symbol",
        Load: "_load",
        Op: "_op",
        Function: "_function",
        Select: "_select",
        Cast: "_cast",
        Draw: "_draw",
    }


DOMAIN_SYMBOLS = frozenset(
    ("i", "s", "pair", "pre", "post", "row", "length", "block", "unit", "step", "tick", "t", "done")
)
"""Symbols that a domain or the time loop binds; they keep their names in the text."""


def operand_type(expression: Op) -> Type:
    """The type that the operands of an operation are converted to."""
    if expression.op in ("and", "or", "not"):
        return "bool"
    if expression.op == "/":
        return "real"
    if expression.op in ("<", ">", "<=", ">=", "==", "!="):
        types = {arg.type for arg in expression.args}
        return "real" if "real" in types else "int"
    return expression.type


def _is_guarded(expression: Expr) -> bool:
    """Does it read at an index that was itself read? Earlier operands may be what keeps that in range."""
    loads = (part for part in subexpressions(expression) if isinstance(part, Load))
    return any(isinstance(part, Load) for load in loads for part in subexpressions(load.index))
