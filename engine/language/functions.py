"""The names that the language gives a meaning: functions, distributions, operations and reserved words."""

from __future__ import annotations

FUNCTIONS: dict[str, int] = {
    "pos": 1,
    "neg": 1,
    "clip": 3,
    "modulo": 2,
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "fabs": 1,
    "sin": 1,
    "cos": 1,
    "tan": 1,
    "asin": 1,
    "acos": 1,
    "atan": 1,
    "atan2": 2,
    "sinh": 1,
    "cosh": 1,
    "tanh": 1,
    "floor": 1,
    "ceil": 1,
    "round": 1,
    "log10": 1,
    "log2": 1,
    "log1p": 1,
    "expm1": 1,
    "exp2": 1,
    "cbrt": 1,
    "erf": 1,
    "sign": 1,
    "max": 2,
    "min": 2,
    "isnan": 1,
    "isfinite": 1,
    "Heaviside": 1,
}
"""Canonical names of the functions that a :class:`~engine.language.tree.Call` may hold, with their number
of arguments. ``pow``, ``power`` and ``fmod`` become the operators ``**`` and ``%``, ``ite`` a Conditional."""

ALIASES: dict[str, str] = {
    "positive": "pos",
    "negative": "neg",
    "ln": "log",
    "abs": "fabs",
    "ceiling": "ceil",
    "Max": "max",
    "Min": "min",
}
"""Other spellings of canonical names."""

REWRITTEN: dict[str, int] = {"pow": 2, "power": 2, "fmod": 2, "ite": 3}
"""Functions that the parser turns into operators or a Conditional, with their number of arguments."""

GLOBAL_OPERATIONS = ("mean", "max", "min", "norm1", "norm2")

DISTRIBUTION_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "Uniform": ("min", "max"),
    "DiscreteUniform": ("min", "max"),
    "Normal": ("mu", "sigma"),
    "LogNormal": ("mu", "sigma"),
    "Exponential": ("Lambda",),
    "Gamma": ("alpha", "beta"),
    "Binomial": ("ntrials", "success"),
}

DISTRIBUTIONS: dict[str, int] = {name: len(arguments) for name, arguments in DISTRIBUTION_ARGUMENTS.items()}
"""Random distributions with their number of arguments."""

CALLABLE: frozenset[str] = frozenset(
    (FUNCTIONS.keys() - {"max", "min"})
    | ALIASES.keys()
    | REWRITTEN.keys()
    | DISTRIBUTIONS.keys()
    | set(GLOBAL_OPERATIONS)
    | {"sum"}
)
"""Every name that may stand before ``(`` without being defined by the user."""

FORBIDDEN_ATTRIBUTES = frozenset(
    ["pos", "positive", "neg", "negative", "modulo", "fabs", "ite", "clip", "True", "False", "power", "round"]
)
RESERVED_ATTRIBUTES = frozenset(
    {"t", "dt", "t_pre", "t_post", "t_last", "last_spike", "rk_post", "rk_pre", "i", "j", "active"}
    | {"refractory", "size", "g_target"}
)
