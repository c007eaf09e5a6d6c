"""Every operation, function and conversion: compiled against the interpreter, for awkward arguments too."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from execution import Case, I, assert_close, call, interpret, number, op, real, run

from engine.codegen.build import build
from engine.codegen.expressions import FUNCTIONS
from engine.codegen.ir import Cast, Const, Draw, Each, Expr, Kernel, Let, Load, Select, Store, Symbol
from engine.codegen.printer import print_plan
from engine.language import functions as language

ARGUMENTS = np.array([0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.5, -2.5, 7.49, 25.0, -31.0, 0.5, -0.5, 1e-9])
SPECIAL = np.array([np.inf, -np.inf, np.nan, 1e300, -1e300, 800.0, -800.0])
TWO_ARGUMENTS = {"pow", "atan2", "fmod", "min", "max", "modulo"}


def case_of(expressions: dict[str, Expr], values: np.ndarray, **others: np.ndarray) -> Case:
    """One kernel that stores each expression into a buffer of its name."""
    case = Case(sizes={"n": values.size})
    case.buffer("x", values, "real", "n")
    case.buffer("y", np.roll(values, 5), "real", "n")
    case.buffer("k", np.arange(values.size) - 5, "int64", "n")
    case.buffer("b", np.arange(values.size) % 3 == 0, "bool", "n")
    for name, expression in expressions.items():
        dtype = {"real": "real", "int": "int64", "bool": "bool"}[expression.type]
        case.buffer(f"out {name}", 0, dtype, "n")  # type: ignore[arg-type]
        case.add(5, Kernel(name, Each("n"), (Store(f"out {name}", I, expression),)))
    return case


X, Y = Load("x", I), Load("y", I)
K, B = Load("k", I, "int"), Load("b", I, "bool")


def functions(names: set[str]) -> dict[str, Expr]:
    found: dict[str, Expr] = {}
    for name in sorted(names):
        arity = 3 if name in ("clip", "fma") else 2 if name in TWO_ARGUMENTS else 1
        found[name] = call(name, *(X, Y, real(0.4))[:arity])
    return found


def test_the_table_covers_the_language() -> None:
    assert set(language.FUNCTIONS) <= set(FUNCTIONS)


def test_every_function() -> None:
    case = case_of(functions(set(FUNCTIONS) - {"modulo"}), ARGUMENTS)
    assert_close(run(case, 1).arrays, interpret(case, 1).arrays)
    odd = case_of({"modulo": call("modulo", op("*", X, real(10.0)), real(-7.9))}, ARGUMENTS)
    assert_close(run(odd, 1).arrays, interpret(odd, 1).arrays)


def test_infinities_and_nan() -> None:
    """The prelude's own functions among them end where the C library's do."""
    case = case_of(functions(set(FUNCTIONS) - {"modulo", "sin", "cos", "tan"}), SPECIAL)
    with np.errstate(all="ignore"):
        assert_close(run(case, 1).arrays, interpret(case, 1).arrays)


OPERATIONS: dict[str, Expr] = {
    "sum": op("+", X, Y, real(1.5)),
    "left to right": op("-", op("-", X, Y), op("-", Y, X)),
    "quotient": op("/", op("/", X, real(3.0)), op("/", real(7.0), op("+", Y, real(0.123)))),
    "integers divide as reals": op("/", K, number(2)),
    "negation": op("neg", op("neg", op("-", X, op("neg", Y)))),
    "negative constant": op("-", X, real(-0.25)),
    "remainder": op("mod", X, real(0.75)),
    "integer remainder": op("mod", K, number(3)),
    "integers": op("-", op("*", K, K), op("+", K, number(1 << 40))),
    "mixed": op("*", X, Cast(K, "real")),
    "comparisons": op("and", op("<", X, Y), op(">=", K, number(-2)), op("!=", B, Const(False, "bool"))),
    "or": op("or", op("and", op(">", X, real(0.0)), B), op("not", op("<=", Y, X)), op("==", K, number(3))),
    "select": Select(op(">", X, Y), op("+", X, real(1.0)), Select(B, Y, op("neg", X))),
    "select integer": Select(B, K, number(7), "int"),
    "to integer": Cast(op("*", X, real(3.7)), "int"),
    "to bool": Cast(op("-", X, X), "bool"),
    "bool to real": Cast(B, "real"),
    **{f"power {n}": call("pow", op("+", X, real(0.1)), real(n)) for n in range(-8, 10)},
    "power of an expression": call("pow", real(1.7), X),
    "infinite": op("*", X, Const(math.inf)),
    "not a number": op("*", X, Const(math.nan)),
    "step": Cast(Symbol("step", "int"), "real"),
    "time": Symbol("t"),
}


def test_operations() -> None:
    case = case_of(OPERATIONS, ARGUMENTS)
    assert_close(run(case, 3).arrays, interpret(case, 3).arrays)


def test_a_guarded_load_stays_in_range() -> None:
    """The second operand of ``and`` is not evaluated where the first is what keeps its index in range."""
    inside = op("<", K, number(4))
    far = op("*", K, number(1 << 30))
    guarded = op("and", inside, op(">", Load("x", Select(inside, number(0), far, "int")), real(-1e300)))
    nested = op("and", inside, op("==", Load("k", op("*", Load("far", I, "int"), number(1))), number(0)))
    case = case_of({"guarded": guarded}, ARGUMENTS)
    case.buffer("far", np.where(np.arange(ARGUMENTS.size) < 9, 5, 1 << 40), "int64", "n")
    case.buffer("found", False, "bool", "n")
    nested = op("and", op("<", Load("far", I, "int"), number(100)), nested.args[1])
    case.add(6, Kernel("nested", Each("n"), (Store("found", I, nested),)))
    found = run(case, 1).arrays["found"]
    assert found[:9].all() and not found[9:].any()


def test_names_cannot_reach_the_text() -> None:
    """Names and comments of any kind print as identifiers and comments; the values are untouched."""
    case = Case(sizes={'n"; system("x")': 3})
    names = [
        "int",
        "while",
        "a b",
        "a_b",
        "a-b",
        "é",
        "nl_exp",
        "x); exit(1); (",
        "__FILE__",
        "_X",
        "9",
        "",
        "done",
        "NAN",
    ]
    for position, name in enumerate(names):
        case.buffer(name, float(position), "real", 'n"; system("x")')
        body = (Let("double", case.load(name)), Store(name, I, op("+", Symbol("double"), real(100.0))))
        case.add(5, Kernel(f"{name} */ \\\n#error", Each('n"; system("x")'), body))
    found = run(case, 1).arrays
    for position, name in enumerate(names):
        np.testing.assert_array_equal(found[name], 100.0 + position)


def test_precision_sets_the_type_of_literals() -> None:
    case = Case(sizes={"n": 4}, precision="float")
    case.buffer("x", 1.0, "real", "n")
    case.add(5, Kernel("k", Each("n"), (Store("x", I, op("+", X, real(0.1))),)))
    text = print_plan(case.plan(), "single")
    assert "typedef float real;" in text and "0.1f" in text


def test_unknown_names_and_streams_are_refused() -> None:
    def text(expression: Expr) -> str:
        case = Case(sizes={"n": 4})
        case.buffer("x", 1.0, "real", "n")
        case.add(5, Kernel("k", Each("n"), (Store("x", I, expression),)))
        return print_plan(case.plan(), "single")

    with pytest.raises(KeyError, match="'nowhere'"):
        text(Load("nowhere", I))
    with pytest.raises(ValueError, match="stream"):
        text(Draw("Uniform", (real(0.0), real(1.0)), 1 << 24, I))


def test_the_interface_is_all_that_is_exported() -> None:
    case = case_of({"sum": OPERATIONS["sum"]}, ARGUMENTS)
    library = ctypes.CDLL(str(build(print_plan(case.plan(), "single"), "single")))
    assert hasattr(library, "nl_run") and not hasattr(library, "nl_thread")
    assert "#include" not in print_plan(case.plan(), "openmp")
