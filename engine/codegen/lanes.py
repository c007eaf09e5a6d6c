"""A body of synapses as explicit vectors: a lane for each of some synapses that follow each other in a row.

The compiler makes vectors of such bodies by itself, but with indices of 64 bits, of which it gathers half as
many at a time, and none at all where a row ends. Written as vectors, ranks have 32 bits, and the end of a row
is a vector of which some lanes do nothing. Each lane takes the same steps as a synapse alone.

What the text calls is in ``prelude_synapses.h``, for processors with AVX-512; others get the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from engine.codegen.expressions import C_TYPES, OF_FUNCTIONS, POWERS, ExpressionPrinter
from engine.codegen.identifiers import Identifiers
from engine.codegen.ir import (
    Accumulate,
    Comment,
    Const,
    Expr,
    Function,
    If,
    Let,
    Load,
    Op,
    Select,
    Statement,
    Store,
    Symbol,
    Type,
)
from engine.codegen.plan import Plan
from engine.codegen.text import Text
from engine.codegen.traverse import expressions_of_body, statements, subexpressions

SYNAPSE = Symbol("s", "int")

_FUNCTIONS = OF_FUNCTIONS | {
    *("min", "max", "clip", "pos", "neg", "fma", "fabs", "sqrt"),
    *("exp", "expm1", "log", "tanh", "sin", "cos", "pow"),
}
_RANKS = frozenset({"uint8", "uint16", "int32"})
"""Integers that fit a lane of 32 bits."""


class NoLanesError(Exception):
    """A body has something that there is no vector form of."""


class LaneBody:
    """The text of a body for the synapses from ``s`` on that ``some`` has a bit for.

    Parameters
    ----------
    plan : Plan
        Gives types of buffers.
    identifiers, expressions
        Of the text that it is put into.
    body : sequence of Statement
        What happens at one synapse.
    columns : str
        Name of the buffer of ranks, of the neurons that a row does not have in common.
    side : {"post", "pre"}
        Which neurons these are.
    place : str
        Text of the rank at ``s``, where ranks follow each other and need not be read; empty: they differ.

    Attributes
    ----------
    before : list of str
        Lines that give names to what is the same at all synapses.
    lines : list of str
        What happens at some synapses.
    sizes : list of str
        Text of sizes that have to be below 2^31, so that indices fit their lanes.

    Raises
    ------
    NoLanesError
        If there is no such text.
    """

    def __init__(
        self,
        plan: Plan,
        identifiers: Identifiers,
        expressions: ExpressionPrinter,
        body: Sequence[Statement],
        columns: str,
        side: Literal["post", "pre"] = "post",
        place: str = "",
    ) -> None:
        self._side = Symbol(side, "int")
        self._place = place
        self._plan, self._identifiers, self._expressions = plan, identifiers, expressions
        self.before: list[str] = []
        self.sizes: list[str] = []
        self._uniform: dict[str, str] = {}
        self._conditions: list[str] = []
        self._nested = 0
        self._varying: set[str] = {"s", side}
        self._written = {s.array for s in statements(body) if isinstance(s, Store | Accumulate)}
        self._here: dict[tuple[str, Expr], str] = {}
        self._text = Text()
        self._begin(body, columns)
        self._statements(body)
        self._end()
        self.lines = self._text.lines

    def varies(self, symbol: str) -> bool:
        """Is a symbol that the body binds another one at each synapse?"""
        return symbol in self._varying

    # --- what synapses and their neurons have ---------------------------------------------------------

    def _begin(self, body: Sequence[Statement], columns: str) -> None:
        """Read what the body uses at the synapses and at their neurons."""
        places = [(e.array, e.index) for e in expressions_of_body(body) if isinstance(e, Load)]
        places += [(s.array, s.index) for s in statements(body) if isinstance(s, Store | Accumulate)]
        side = self._side.name
        if not self._place and any(e == self._side for e in expressions_of_body(body)):
            ranks = self._expressions.buffer(columns)
            self._text.line(f"const auto {side} = nl_read(&{ranks}[s], some);")
        for array, index in dict.fromkeys(places):
            if index in (SYNAPSE, self._side):
                self._here[array, index] = self._identifiers.of("here", f"{array}_here")
            elif array in self._written:
                raise NoLanesError(f"{array} is written")
        for (array, index), name in self._here.items():
            written = array in self._written
            if written and {(array, SYNAPSE), (array, self._side)} <= self._here.keys():
                raise NoLanesError(f"{array} is written at different places")
            if written and self._plan.buffer(array).dtype not in ("real", "int32", "uint8"):
                raise NoLanesError(f"{array} is written")
            self._lanes_of(array)
            kept = "auto" if written else "const auto"
            buffer, place = self._expressions.buffer(array), self._beside(index)
            read = f"nl_read(&{buffer}[{place}], some)" if place else f"nl_gather({buffer}, {side}, some)"
            self._text.line(f"{kept} {name} = {read};")

    def _end(self) -> None:
        """Write what the body changed."""
        for (array, index), name in self._here.items():
            if array in self._written:
                buffer, place = self._expressions.buffer(array), self._beside(index)
                call = f"nl_write(&{buffer}[{place}]" if place else f"nl_scatter({buffer}, {self._side.name}"
                self._text.line(f"{call}, {name}, some);")

    def _beside(self, index: Expr) -> str:
        """Text of the first of the elements that some synapses have; empty where they are not neighbours."""
        return "s" if index == SYNAPSE else self._place

    def _lanes_of(self, array: str) -> str:
        """``reals`` or ``ranks``."""
        dtype = self._plan.buffer(array).dtype
        if dtype == "real":
            return "reals"
        if dtype not in _RANKS:
            raise NoLanesError(f"{array} is {dtype}")
        return "ranks"

    # --- statements -----------------------------------------------------------------------------------

    def _statements(self, body: Iterable[Statement]) -> None:
        for statement in body:
            match statement:
                case Let(name=name, value=value):
                    self._let(name, value)
                case Store(array=array, index=index, value=value):
                    self._assign(array, index, self._value(array, value))
                case Accumulate(array=array, index=index, op=op, value=value):
                    self._accumulate(array, index, op, self._value(array, value))
                case If(condition=condition, then=then):
                    self._if(condition, then)
                case Comment(text=text):
                    self._text.comment(text)
                case _:
                    raise NoLanesError(type(statement).__name__)

    def _let(self, name: str, value: Expr) -> None:
        symbol = self._expressions.symbol(name)
        if not self._varies(value):
            self.before.append(f"const {C_TYPES[value.type]} {symbol} = {self._expressions.text(value)};")
            return
        if value.type == "int":
            raise NoLanesError("an integer of each synapse")
        text = self._flags(value) if value.type == "bool" else self._reals(value)
        self._varying.add(name)
        self._text.line(f"const auto {symbol} = {text};")

    def _value(self, array: str, value: Expr) -> str:
        return self._reals(value) if self._lanes_of(array) == "reals" else self._ranks(value)

    def _assign(self, array: str, index: Expr, value: str) -> None:
        if (array, index) not in self._here:
            raise NoLanesError(f"{array} is written elsewhere")
        name = self._here[array, index]
        if self._conditions:
            if self._lanes_of(array) == "ranks":
                raise NoLanesError("an integer under a condition")
            value = f"{' & '.join(self._conditions)} ? {value} : {name}"
        self._text.line(f"{name} = {value};")

    def _accumulate(self, array: str, index: Expr, op: str, value: str) -> None:
        name = self._here.get((array, index), "")
        if not name or self._plan.buffer(array).dtype not in ("real", "int32"):
            raise NoLanesError(f"{array} is written elsewhere")
        if op in ("min", "max"):
            value = f"nl_{op}({name}, {value})"
        elif op != "=":
            value = f"{name} {op} ({value})"
        self._assign(array, index, value)

    def _if(self, condition: Expr, then: Sequence[Statement]) -> None:
        if self._varies(condition):
            self._conditions.append(f"({self._flags(condition)})")
            self._statements(then)
            self._conditions.pop()
            return
        self._nested += 1
        with self._text.block(f"if ({self._expressions.text(condition, 'bool')})"):
            self._statements(then)
        self._nested -= 1

    # --- expressions ----------------------------------------------------------------------------------

    def _varies(self, expression: Expr) -> bool:
        parts = list(subexpressions(expression))
        return any(isinstance(part, Symbol) and part.name in self._varying for part in parts)

    def _reals(self, expression: Expr) -> str:
        """Text of a vector of numbers."""
        if not self._varies(expression):
            return self._everywhere("nl_all<real>", expression, "real")
        match expression:
            case Symbol(name=name, type="real"):
                return self._expressions.symbol(name)
            case Load(array=array, index=index, type="real") if self._lanes_of(array) == "reals":
                return self._here.get((array, index)) or self._gathered(array, index)
            case Op(op="neg", args=(operand,), type="real"):
                return f"-({self._reals(operand)})"
            case Op(op="+" | "-" | "*" | "/" as op, args=args, type="real"):
                return f" {op} ".join(f"({self._reals(arg)})" for arg in args)
            case Function(name="pow", args=(base, Const(value=int(n) | float(n)))) if n in POWERS:
                return f"{POWERS[int(n)]}({self._reals(base)})"
            case Function(name=name, args=args, type="real") if name in _FUNCTIONS:
                return f"nl_{name}({', '.join(self._reals(arg) for arg in args)})"
            case Select(condition=condition, then=then, otherwise=otherwise, type="real"):
                chosen = self._flags(condition)
                return f"(({chosen}) ? ({self._reals(then)}) : ({self._reals(otherwise)}))"
        raise NoLanesError(f"no vector form of {expression}")

    def _flags(self, expression: Expr) -> str:
        """Text of a vector of -1 and 0."""
        if not self._varies(expression):
            return self._everywhere("nl_all_flags<real>", expression, "bool")
        match expression:
            case Symbol(name=name, type="bool"):
                return self._expressions.symbol(name)
            case Op(op="<" | ">" | "<=" | ">=" | "==" | "!=" as op, args=(a, b)) if "real" in (
                a.type,
                b.type,
            ):
                return f"({self._reals(a)}) {op} ({self._reals(b)})"
            case Op(op="and" | "or" as op, args=args):
                return (" & " if op == "and" else " | ").join(f"({self._flags(arg)})" for arg in args)
            case Op(op="not", args=(operand,)):
                return f"~({self._flags(operand)})"
        raise NoLanesError(f"no vector form of {expression}")

    def _ranks(self, expression: Expr) -> str:
        """Text of a vector of integers, modulo 2^32."""
        if not self._varies(expression):
            return self._everywhere("nl_all_ranks<real>", expression, "int")
        match expression:
            case Symbol() if expression == self._side and not self._place:
                return self._side.name
            case Load(array=array, index=index, type="int") if (array, index) in self._here:
                return self._here[array, index]
            case Op(op="+" | "-" | "*" as op, args=args, type="int"):
                return f" {op} ".join(f"({self._ranks(arg)})" for arg in args)
        raise NoLanesError(f"no vector form of {expression}")

    def _gathered(self, array: str, index: Expr) -> str:
        """Elements of an array that is only read, by an index that each synapse has computed."""
        if self._nested or self._conditions:
            raise NoLanesError("an index that may be beyond its array")
        size = self._plan.buffer(array).count
        self.sizes.append(str(size) if isinstance(size, int) else self._expressions.size(size))
        return f"nl_gather({self._expressions.buffer(array)}, {self._ranks(index)}, some)"

    def _everywhere(self, function: str, expression: Expr, kind: Type) -> str:
        """The name of a vector of one value."""
        text = f"{function}({self._expressions.text(expression, kind)})"
        if text not in self._uniform:
            name = self._identifiers.of("uniform", f"_all{len(self._uniform)}")
            self._uniform[text] = name
            self.before.append(f"const auto {name} = {text};")
        return self._uniform[text]
