"""Trees -> IR expressions: every name of the language gets the buffer element that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.codegen.ir import Cast, Const, Draw, Expr, Function, Load, Op, Select, Statement, Store, Symbol
from engine.codegen.ir import Let as IrLet
from engine.errors import EngineError
from engine.language import tree
from engine.language.model import Bounds, Let, Update

COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")

Resolver = Callable[[str, tree.Owner], Expr | None]
Operation = Callable[[tree.GlobalOperation], Expr | None]


class Scope:
    """How the leaves of one object's expressions are read in one place of the schedule.

    Parameters
    ----------
    owner : str
        Name of the object, for messages.
    dt : Expr
        What ``dt`` stands for (in synaptic equations: dt times the update period).
    resolve : callable
        (name, owner) -> the IR expression of an attribute, or None if there is none.
    weighted_sum : callable
        (target, owner) -> the IR expression of ``sum(target)``.
    operation : callable
        The IR expression of an operation over a population.
    index : Expr
        Index of the iteration, the counter of random draws.
    streams : dict
        Stream numbers of this object's random terms; filled on demand by ``new_stream``.
    """

    def __init__(
        self,
        owner: str,
        dt: Expr,
        resolve: Resolver,
        weighted_sum: Resolver,
        operation: Operation,
        index: Expr,
        streams: dict[Any, int],
        new_stream: Callable[[], int],
    ) -> None:
        self.owner = owner
        self.dt = dt
        self.resolve = resolve
        self.weighted_sum = weighted_sum
        self.operation = operation
        self.index = index
        self.streams = streams
        self.new_stream = new_stream
        self.temporaries: dict[str, Expr] = {}
        """What names mean besides what ``resolve`` knows: results of earlier statements."""

    def lower(self, node: tree.Expression) -> Expr:
        """The IR of a checked tree."""
        match node:
            case tree.Number():
                return Const(float(node.value))
            case tree.Boolean():
                return Const(node.value, "bool")
            case tree.Name():
                return self._name(node)
            case tree.WeightedSum():
                found = self.weighted_sum(node.target, node.owner)
                if found is None:
                    raise EngineError(f"{self.owner}: sum({node.target}) is not available here")
                return found
            case tree.GlobalOperation():
                found = self.operation(node)
                if found is None:
                    raise EngineError(f"{self.owner}: {node.operation}({node.name}) is not available here")
                return found
            case tree.Random():
                stream = self.streams.setdefault(node.stream, 0) or self.new_stream()
                self.streams[node.stream] = stream
                arguments = tuple(real(self.lower(a)) for a in node.arguments)
                return Draw(node.distribution, arguments, stream, self.index)
            case tree.Unary():
                operand = self.lower(node.operand)
                if node.operator == "not":
                    return Op("not", (boolean(operand),), "bool")
                return Op("neg", (real(operand),))
            case tree.Binary():
                return self._binary(node)
            case tree.Call():
                arguments = tuple(real(self.lower(a)) for a in node.arguments)
                kind = "bool" if node.function in ("isnan", "isfinite") else "real"
                return Function(node.function, arguments, "bool" if kind == "bool" else "real")
            case tree.Conditional():
                then, otherwise = self.lower(node.then), self.lower(node.otherwise)
                condition = boolean(self.lower(node.condition))
                if then.type == otherwise.type == "bool":
                    return Select(condition, then, otherwise, "bool")
                return Select(condition, real(then), real(otherwise))

    def _name(self, node: tree.Name) -> Expr:
        if node.owner == "own":
            if node.name in self.temporaries:
                return self.temporaries[node.name]
            found = self.resolve(node.name, "own")
            if found is not None:
                return found
            constants: dict[str, Expr] = {
                "t": Symbol("t"),
                "dt": self.dt,
                "pi": Const(float(np.pi)),
                "E": Const(float(np.e)),
            }
            if node.name in constants:
                return constants[node.name]
        else:
            found = self.resolve(node.name, node.owner)
            if found is not None:
                return found
        shown = node.name if node.owner == "own" else f"{node.owner}.{node.name}"
        raise EngineError(f"{self.owner}: '{shown}' is not available in this place")

    def _binary(self, node: tree.Binary) -> Expr:
        left, right = self.lower(node.left), self.lower(node.right)
        if node.operator in ("and", "or"):
            return Op(node.operator, (boolean(left), boolean(right)), "bool")
        if node.operator in COMPARISONS:
            return Op(node.operator, (real(left), real(right)), "bool")
        if node.operator == "**":
            return Function("pow", (real(left), real(right)))
        if node.operator == "%":
            return Function("fmod", (real(left), real(right)))
        return Op(node.operator, (real(left), real(right)))

    def bounded(self, value: Expr, bounds: Bounds) -> Expr:
        """``value`` after its ``min=`` and ``max=`` in the order written."""
        for which, limit_tree in bounds.limits:
            limit = real(self.lower(limit_tree))
            value = real(value)
            outside = Op("<" if which == "min" else ">", (value, limit), "bool")
            value = Select(outside, limit, value)
        return value

    def statements(
        self, updates: tuple[Update, ...], store: Callable[[str, Expr, Update], tuple[Statement, ...]]
    ) -> list[Statement]:
        """Lower a discretised block; ``store`` turns a written variable into statements."""
        lowered: list[Statement] = []
        for update in updates:
            value = self.lower(update.expression)
            if isinstance(update, Let):
                lowered.append(IrLet(update.name, value))
                self.temporaries[update.name] = Symbol(update.name, value.type)
            else:
                lowered.extend(store(update.name, value, update))
        return lowered


def real(value: Expr) -> Expr:
    """``value`` as a real number (all arithmetic of the language is real)."""
    if value.type == "real":
        return value
    if isinstance(value, Const):
        return Const(float(value.value))
    return Cast(value, "real")


def boolean(value: Expr) -> Expr:
    """``value`` as a truth value."""
    return value if value.type == "bool" else Op("!=", (real(value), Const(0.0)), "bool")


def converted(value: Expr, like: Load) -> Expr:
    """``value`` as the type of the element that it is stored to (int truncates toward zero)."""
    if value.type == like.type:
        return value
    if like.type == "real":
        return real(value)
    return Cast(real(value), "int") if like.type == "int" else boolean(value)


def store(target: Load, value: Expr) -> Store:
    """Store with the conversion that the target's type asks for."""
    return Store(target.array, target.index, converted(value, target))
