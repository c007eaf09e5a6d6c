"""Strategies for expressions of the language whose values stay finite and whose results can be compared.

Two simulators that round differently part where a result jumps: at a threshold, in ``floor``. So every
jump lies at a :func:`threshold`, a number with many digits to which nothing else in the grammar
relaxes, resets or clips: that a value comes within rounding of it is as unlikely as drawing that number.
They also part where small differences grow: so every variable relaxes towards a bounded function of the
others, and what feeds back without relaxation has a small gain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

import engine

Draw = Any
"""``draw`` of a composite strategy."""


@st.composite
def threshold(draw: Draw, low: float = -1.0, high: float = 1.0) -> str:
    """A number that nothing else in the grammar hits."""
    k = draw(st.integers(0, 7918))
    text = f"{low + (high - low) * (k + 0.3141592) / 7919:.7f}"
    return f"({text})" if text.startswith("-") else text


CONSTANTS = {"gain": 0.7, "shift": -0.35}
GLOBAL_FUNCTIONS = (
    "scaled(x) = gain*x/(1.1 + abs(x))",
    "kink(x, y) = if x > 0.2345678: 0.4*scaled(x) else: y - 0.1",
    "weigh(n, x) = (n + 0.5)*x/4 : float, int, float",
    "level(x) = 2.5*tanh(x) + 0.3141592 : int, float",
)


@contextmanager
def declared() -> Iterator[None]:
    """Meanwhile texts may use :data:`CONSTANTS` and :data:`GLOBAL_FUNCTIONS`."""
    engine.clear()
    for name, value in CONSTANTS.items():
        engine.Constant(name, value)
    for text in GLOBAL_FUNCTIONS:
        engine.add_function(text)
    try:
        yield
    finally:
        engine.clear()


LITERALS = (
    "0.5",
    "1.5",
    "(-0.25)",
    "2",
    "3/4",
    "1e-1",
    "1/3",
    "0.",
    "7.5E-1",
    "pi/4",
    "1",
    "(2 - 3)",
    "E/4",
    "gain",
    "2*shift",
)


CONDITIONS = (
    "{a}",
    "{a}",
    "({a}) and ({b})",
    "({a}) or not ({b})",
    "not ({a})",
    "({a}) == ({b})",
    "({a}) != ({b})",
    "({a}) is ({b})",
    "({a}) is not ({b})",
)


@st.composite
def condition(draw: Draw, leaves: Sequence[str], depth: int) -> str:
    """Comparisons with a threshold, joined by words."""
    inner = draw(expression(leaves, depth - 1))
    test = f"({inner}) {draw(st.sampled_from(['<', '>', '<=', '>=']))} {draw(threshold())}"
    if depth < 1:
        return test
    other = draw(condition(leaves, depth - 2))
    form = draw(st.sampled_from(CONDITIONS))
    return str(form.format(a=test, b=other))


SMOOTH = (
    "tanh({a})",
    "sin({a})",
    "cos({a})",
    "atan({a})",
    "erf({a})",
    "exp(-abs({a}))",
    "exp2(-fabs({a}))",
    "expm1(-abs({a}))",
    "log(1.2 + abs({a}))",
    "ln(1.1 + ({a})^2)",
    "log1p(abs({a}))",
    "log2(1.5 + abs({a}))",
    "log10(2.5 + abs({a}))",
    "sqrt(0.3 + abs({a}))",
    "cbrt(1.3 + abs({a}))",
    "asin(0.8*tanh({a}))",
    "acos(0.7*sin({a}))",
    "tan(0.6*tanh({a}))",
    "sinh(tanh({a}))",
    "cosh(sin({a}))",
    "pos({a})",
    "neg({a})",
    "positive({a})",
    "-({a})",
    "power(tanh({a}), 3)",
    "(tanh({a}))**2",
    "pow(1.1 + abs(sin({a})), 0.5)",
    "(1.2 + abs(tanh({a})))^(-1.5)",
    "scaled({a})",
    "weigh(2, {a})",
)
PAIRS = (
    "({a} + {b})",
    "({a} - {b})",
    "0.5*({a})*tanh({b})",
    "({a})/(1.5 + abs({b}))",
    "Max({a}, {b})",
    "Min({a}, {b})",
    "atan2({a}, 1.2 + abs({b}))",
    "clip({a}, -1.5, 1 + abs({b}))",
    "({a} - {b} + 1)/2",
    "ite(isnan({a}), 0.5, {b})",
)
JUMPS = (
    "0.3*floor(2.5*({a}) + {c})",
    "0.3*ceil({a} + {c})",
    "0.3*ceiling({a} + {c})",
    "0.2*round(3*({a}) + {c})",
    "0.4*sign({a} - {c})",
    "0.5*Heaviside({a} - {c})",
    "0.3*modulo(5*({a}) + {c}, 3)",
    "0.3*(({a} + {c}) % 1.7)",
    "fmod({a} + {c}, 0.9)",
    "ite({k}, {a}, {b})",
    "kink({a}, {b})",
    "0.3*level({a})",
    "ite({a} > {c}, 0.4, {b})",
    "0.7*({k})",
    "ite(isfinite({a}), {a}, 0.0)",
)


@st.composite
def expression(draw: Draw, leaves: Sequence[str], depth: int = 2) -> str:
    """An expression that changes about as fast as its leaves do."""
    if depth <= 0 or not draw(st.integers(0, 5)):
        return str(draw(st.sampled_from([*leaves, *leaves, draw(st.sampled_from(LITERALS))])))
    form = draw(st.sampled_from([SMOOTH, SMOOTH, PAIRS, PAIRS, JUMPS]).flatmap(st.sampled_from))
    parts = {}
    for name in ("a", "b"):
        if f"{{{name}}}" in form:
            parts[name] = draw(expression(leaves, depth - 1))
    if "{c}" in form:
        parts["c"] = draw(threshold())
    if "{k}" in form:
        parts["k"] = draw(condition(leaves, depth - 1))
    return str(form.format(**parts))


@st.composite
def bounded(draw: Draw, leaves: Sequence[str], depth: int = 2) -> str:
    """An expression between about -1.5 and 1.5."""
    form = draw(st.sampled_from(["tanh({a})", "sin({a})", "clip({a}, -1, 1.5)", "atan({a})", "1.2*erf({a})"]))
    return str(form.format(a=draw(expression(leaves, depth))))


SEPARATORS = ("\n", "\n", "\n", ";\n", "; ", "  # so: x = 1\n", "\n\n\t")


@st.composite
def joined(draw: Draw, lines: Sequence[str]) -> str:
    """Statements as the text of a field: lines, blank lines, comments, tabs, semicolons."""
    return str(draw(st.sampled_from(["\n", "\n", "\n", ";\n", "; ", "  # so: x = 1\n", "\n\n\t"]))).join(
        lines
    )
