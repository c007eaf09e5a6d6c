"""Trees to LaTeX: the mathematics of a model as one would print it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.calls import UserFunction
from engine.language.discretise import split_scale
from engine.language.functions import FUNCTIONS
from engine.language.model import Assignment, Bounds, Equation, NeuronModel, SynapseModel
from engine.language.tree import (
    Binary,
    Boolean,
    Call,
    Conditional,
    Expression,
    GlobalOperation,
    Name,
    Number,
    Owner,
    Random,
    Unary,
    WeightedSum,
)

_GREEK = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda"),
        *("mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
        *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
    )
)
_PRECEDENCE = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "%": 6, "negation": 6, "/": 7, "**": 8}
_COMPARISON = 4
_ATOM = 9
_SIGNS = {
    "<=": r"\leq",
    ">=": r"\geq",
    "==": "=",
    "!=": r"\neq",
    "and": r"\wedge",
    "or": r"\vee",
    "%": r"\bmod",
}
_FENCES = {
    "fabs": (r"\left|", r"\right|"),
    "floor": (r"\left\lfloor", r"\right\rfloor"),
    "ceil": (r"\left\lceil", r"\right\rceil"),
    "pos": (r"\left[", r"\right]^{+}"),
    "neg": (r"\left[", r"\right]^{-}"),
    "sqrt": (r"\sqrt{", "}"),
    "cbrt": (r"\sqrt[3]{", "}"),
    "exp2": ("2^{", "}"),
}
_OPERATORS = {"log": r"\ln", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan"} | {
    name: f"\\{name}" for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min")
}
_DISTRIBUTIONS = {"Normal": r"\mathcal{N}", "Uniform": r"\mathcal{U}"}
_NORMS = {"mean": (r"\left\langle", r"\right\rangle")} | {
    f"norm{order}": (r"\left\|", rf"\right\|_{{{order}}}") for order in (1, 2)
}


@dataclass(frozen=True)
class Formula:
    """One statement of a model.

    Attributes
    ----------
    part : str
        The field that it stands in: ``"equations"``, ``"spike"``, ``"reset"``, ``"psp"`` ...
    latex : str
    text : str
        The same as text of the language, where it was written so; for readers who cannot see it.
    """

    part: str
    latex: str
    text: str = ""


def model_formulas(model: NeuronModel | SynapseModel) -> list[Formula]:
    """The statements of a model in the order of its fields; what the language adds by itself is left out."""
    written = [equation for equation in model.equations if equation.text]
    formulas = [Formula("equations", equation_latex(equation), equation.text) for equation in written]
    if isinstance(model, NeuronModel):
        for part, condition, reset in (
            ("spike", model.spike, model.reset),
            ("axon_spike", model.axon_spike, model.axon_reset),
        ):
            if condition is not None:
                formulas.append(Formula(part, expression_latex(condition), model.texts.get(part, "")))
            formulas += _events(part.replace("spike", "reset"), reset)
        return formulas
    if model.psp is not None:
        formulas.append(Formula("psp", expression_latex(model.psp), model.texts.get("psp", "")))
    formulas += [*_events("pre_spike", model.pre_spike or ()), *_events("post_spike", model.post_spike)]
    formulas += _events("pre_axon_spike", model.pre_axon_spike)
    for part, rule in (("creating", model.creating), ("pruning", model.pruning)):
        if rule is not None:
            formulas.append(Formula(part, expression_latex(rule.condition), rule.text))
    return formulas


def _events(part: str, statements: tuple[Assignment, ...]) -> Iterator[Formula]:
    for statement in statements:
        yield Formula(part, statement_latex(statement), statement.text)


def equation_latex(equation: Equation) -> str:
    """An equation with its bounds; an ODE as ``scale dx/dt = ...``."""
    if isinstance(equation, Assignment):
        return _assignment(equation, "=")
    name = name_latex(equation.name)
    scale, slope = split_scale(equation)
    # An upright d would make the name upright, too: ziamath carries its style on.
    gradient = rf"\frac{{d{name}}}{{dt}}"
    if scale != Number(1):
        gradient = rf"{_inside(scale, _PRECEDENCE['*'])}\,{gradient}"
    return f"{gradient} = {expression_latex(slope)}{_bounds(equation)}"


def statement_latex(statement: Assignment) -> str:
    """A statement of an event, with an arrow and its bounds."""
    return _assignment(statement, r"\leftarrow")


def expression_latex(expression: Expression) -> str:
    """LaTeX of an expression, in math mode."""
    return _format(expression)[0]


def bounds_latex(name: str, bounds: Bounds) -> list[str]:
    """The bounds of a variable, an inequality each."""
    signs = {"min": r"\geq", "max": r"\leq"}
    return [f"{name_latex(name)} {signs[kind]} {expression_latex(limit)}" for kind, limit in bounds.limits]


def function_latex(function: UserFunction) -> str:
    """The definition of a user function."""
    head = Call(function.name, tuple(Name(argument) for argument in function.arguments))
    return f"{expression_latex(head)} = {expression_latex(function.body)}"


def _assignment(statement: Assignment, sign: str) -> str:
    name, expression = name_latex(statement.name), statement.expression
    if statement.operator != "=":
        sign = r"\leftarrow"
        expression = Binary(statement.operator[0], Name(statement.name), expression)
    apart = r"\quad\text{(unless post)}" if statement.unless_post else ""
    return f"{name} {sign} {expression_latex(expression)}{_bounds(statement)}{apart}"


def _bounds(equation: Equation) -> str:
    return "".join(rf",\quad {limit}" for limit in bounds_latex(equation.name, equation.bounds))


# --- names and numbers -----------------------------------------------------------------------------------


def name_latex(name: str, owner: Owner = "own") -> str:
    """``tau_syn_E`` as a tau with two indices; digits at the end of a letter are an index, too."""
    first, *indices = [part for part in name.split("_") if part] or [name]
    numbered = re.fullmatch(r"([^\W\d]+)(\d+)", first)
    if numbered:
        first, indices = numbered[1], [numbered[2], *indices]
    text = _word(first)
    if indices:
        text += f"_{{{','.join(map(_word, indices))}}}"
    return text if owner == "own" else rf"{text}^{{\mathrm{{{owner}}}}}"


def _word(word: str) -> str:
    if word == "dt":
        return r"\Delta t"
    if word in _GREEK:
        return f"\\{word}"
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{word}}}"


def _number(value: float | int) -> str:
    mantissa, _, exponent = repr(value).partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


# --- expressions -----------------------------------------------------------------------------------------


def _format(node: Expression) -> tuple[str, int]:
    """The text and the precedence of its outermost operator."""
    match node:
        case Number(value=value):
            text = _number(value)
            return text, _PRECEDENCE["*"] if "^" in text or text.startswith("-") else _ATOM
        case Boolean(value=value):
            return rf"\mathrm{{{value}}}", _ATOM
        case Name(name=name, owner=owner):
            return name_latex(name, owner), _ATOM if owner == "own" else _PRECEDENCE["**"]
        case WeightedSum(target=target, owner=owner):
            below = rf"_{{\mathrm{{{target.replace('_', ',')}}}}}" if target else ""
            return rf"\Sigma{below}" + ("" if owner == "own" else rf"^{{\mathrm{{{owner}}}}}"), _ATOM
        case GlobalOperation(operation=operation, name=name, owner=owner):
            left, right = _NORMS.get(operation, (rf"\{operation}\left(", r"\right)"))
            return f"{left} {name_latex(name, owner)} {right}", _ATOM
        case Random(distribution=name, arguments=arguments):
            return _call(_DISTRIBUTIONS.get(name, rf"\mathrm{{{name}}}"), arguments), _ATOM
        case Call(function=name, arguments=arguments):
            return _function(name, arguments)
        case Conditional():
            return _cases(node), _ATOM
        case Unary(operator="not", operand=operand):
            return rf"\neg {_inside(operand, _ATOM)}", _PRECEDENCE["not"]
        case Unary(operand=operand):
            return f"-{_inside(operand, _PRECEDENCE['negation'])}", _PRECEDENCE["negation"]
        case Binary(operator, left, right):
            return _binary(operator, left, right)


def _binary(operator: str, left: Expression, right: Expression) -> tuple[str, int]:
    own = _PRECEDENCE.get(operator, _COMPARISON)
    if operator == "/":
        return rf"\frac{{{expression_latex(left)}}}{{{expression_latex(right)}}}", own
    if operator == "**":
        return f"{{{_inside(left, _ATOM)}}}^{{{_exponent(right)}}}", own
    left_text = _inside(left, own + (own == _COMPARISON))
    right_text = _inside(right, own + 1)
    if operator == "*":
        # Digits beside digits would read as one number.
        sign = r"\cdot" if right_text.lstrip("{")[0].isdigit() else r"\,"
        return f"{left_text}{sign} {right_text}", own
    return f"{left_text} {_SIGNS.get(operator, operator)} {right_text}", own


def _exponent(node: Expression) -> str:
    """A fraction so high up is written on one line, or it would be too small to read."""
    if isinstance(node, Binary) and node.operator == "/":
        return f"{_inside(node.left, _PRECEDENCE['*'])}/{_inside(node.right, _PRECEDENCE['**'])}"
    return expression_latex(node)


def _inside(node: Expression, minimum: int) -> str:
    text, precedence = _format(node)
    return text if precedence >= minimum else rf"\left({text}\right)"


def _function(name: str, arguments: tuple[Expression, ...]) -> tuple[str, int]:
    if name in _FENCES:
        left, right = _FENCES[name]
        # What already carries an index above cannot carry an exponent without parentheses.
        precedence = _PRECEDENCE["**"] if right.endswith("}") else _ATOM
        return f"{left} {expression_latex(arguments[0])} {right}", precedence
    if name == "clip":
        value, low, high = map(expression_latex, arguments)
        return rf"\left[ {value} \right]_{{{low}}}^{{{high}}}", _PRECEDENCE["**"]
    if name == "modulo":
        return _binary("%", *arguments)
    if name not in FUNCTIONS:
        return _call(name_latex(name), arguments), _ATOM
    return _call(_OPERATORS.get(name, rf"\mathrm{{{name}}}"), arguments), _ATOM


def _call(name: str, arguments: tuple[Expression, ...]) -> str:
    return rf"{name}\left({', '.join(map(expression_latex, arguments))}\right)"


def _cases(node: Conditional) -> str:
    rows = []
    rest: Expression = node
    while isinstance(rest, Conditional):
        rows.append(rf"{expression_latex(rest.then)} & \text{{if }} {expression_latex(rest.condition)}")
        rest = rest.otherwise
    rows.append(rf"{expression_latex(rest)} & \text{{otherwise}}")
    lines = r" \\ ".join(rows)
    return rf"\begin{{cases}} {lines} \end{{cases}}"
