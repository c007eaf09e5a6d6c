"""Collecting linear terms by expansion with sympy, for expressions that hide them in products."""

from __future__ import annotations

import sympy

from engine.language.algebra import ONE, Part, add, divide, multiply, negate
from engine.language.formatting import format_expression
from engine.language.traverse import depends_on
from engine.language.tree import Binary, Expression, Name, Number, Unary

_MAX_TERMS = 2000


def collect_expanded(node: Expression, name: str) -> tuple[Part, Part]:
    """As :func:`engine.language.algebra.collect`, after multiplying everything out."""
    if _count_terms(node) > _MAX_TERMS:
        return None, node
    bridge = _Bridge(name)
    expanded = sympy.expand(bridge.to_sympy(node))
    if expanded.has(sympy.zoo, sympy.nan):
        return None, node
    slope: Part = None
    rest: Part = None
    for term in sympy.Add.make_args(expanded):
        factor, dependent = term.as_independent(bridge.variable, as_Add=False)
        if dependent == bridge.variable:
            slope = add(slope, bridge.to_tree(factor))
        elif term != 0:
            rest = add(rest, bridge.to_tree(term))
    return slope, rest


def _count_terms(node: Expression) -> int:
    """How many terms expansion makes at most."""
    match node:
        case Binary(operator="+" | "-", left=left, right=right):
            return _count_terms(left) + _count_terms(right)
        case Binary(operator="*", left=left, right=right):
            return min(_count_terms(left) * _count_terms(right), _MAX_TERMS + 1)
        case Binary(operator="**", left=left, right=Number(value=int() as n)):
            terms = _count_terms(left)
            return 1 if terms == 1 else min(terms ** min(n, 12), _MAX_TERMS + 1)
        case Binary(operator="/", left=operand) | Unary(operand=operand):
            return _count_terms(operand)
        case _:
            return 1


class _Bridge:
    """Trees to sympy and back. Whatever is not arithmetic becomes an opaque symbol, or an opaque function
    of the variable where it depends on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.variable = sympy.Symbol("x")
        self.leaves: dict[sympy.Basic, Expression] = {self.variable: Name(name)}
        self.known: dict[str, sympy.Basic] = {name: self.variable}

    def to_sympy(self, node: Expression) -> sympy.Expr:
        match node:
            case Number(value=int() as value):
                return sympy.Integer(value)
            case Number(value=value):
                return sympy.Float(value)
            case Unary(operator="-", operand=operand):
                return -self.to_sympy(operand)
            case Binary(operator="+", left=left, right=right):
                return self.to_sympy(left) + self.to_sympy(right)
            case Binary(operator="-", left=left, right=right):
                return self.to_sympy(left) - self.to_sympy(right)
            case Binary(operator="*", left=left, right=right):
                return self.to_sympy(left) * self.to_sympy(right)
            case Binary(operator="/", left=left, right=right):
                return self.to_sympy(left) / self.to_sympy(right)
            case Binary(operator="**", left=left, right=Number(value=int() as n)) if n <= 1000:
                return self.to_sympy(left) ** n
            case _:
                return self.opaque(node)

    def opaque(self, node: Expression) -> sympy.Expr:
        text = format_expression(node)
        if text not in self.known:
            label = f"leaf{len(self.known)}"
            dependent = depends_on(node, self.name)
            symbol = sympy.Function(label)(self.variable) if dependent else sympy.Symbol(label)
            self.known[text] = symbol
            self.leaves[symbol] = node
        return self.known[text]

    def to_tree(self, value: sympy.Basic) -> Expression:
        if value in self.leaves:
            return self.leaves[value]
        if value.is_Integer:
            number = Number(abs(int(value)))
            return negate(number) if value < 0 else number
        if value.is_Rational:
            return divide(self.to_tree(sympy.Integer(value.p)), Number(int(value.q)))
        if value.is_Float:
            number = Number(abs(float(value)))
            return negate(number) if value < 0 else number
        if value.is_Add:
            total: Part = None
            for term in value.as_ordered_terms():
                total = add(total, self.to_tree(term))
            return total or Number(0)
        if value.is_Mul:
            above, below = value.as_numer_denom()
            if below != 1:
                return divide(self.to_tree(above), self.to_tree(below))
            product: Expression = ONE
            for factor in value.as_ordered_factors():
                product = multiply(product, self.to_tree(factor))
            return product
        base, exponent = value.as_base_exp()
        if exponent.is_negative:
            return divide(ONE, self.to_tree(base**-exponent))
        return Binary("**", self.to_tree(base), self.to_tree(exponent))
