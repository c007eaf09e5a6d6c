"""What the text means: layout, names, operators, functions, events."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass

import pytest
from evaluation import evaluate
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.language import (
    DEFAULT_TRANSMISSION,
    FUNCTIONS,
    format_expression,
    parse_neuron,
    parse_synapse,
    tokens,
)
from engine.language.model import Assignment, Ode
from engine.language.traverse import walk
from engine.language.tree import Call, Conditional, GlobalOperation, Name, Random, WeightedSum

VALUES = {"a": 2.5, "b": -1.5, "c": 7.0, "t": 3.0, "dt": 0.1}


def tree(text: str, **fields):
    """The tree of one right side, in which a, b and c are parameters."""
    model = parse_neuron(parameters="a = 2.5\nb = -1.5\nc = 7.0", equations=f"r = {text}", **fields)
    return model.equations[0].expression


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/2", 0.5),
        ("1/3 + a", 1 / 3 + 2.5),
        ("a**(1/2)", math.sqrt(2.5)),
        ("-a**2", -6.25),
        ("2**-1", 0.5),
        ("2**3**2", 512),
        ("a^2", 6.25),
        ("7 % 4 * 2", 6),
        ("2*modulo(7, 4)", 6),
        ("modulo(-7, 4)", -3),
        ("a - b - c", 2.5 + 1.5 - 7),
        ("a / b / c", 2.5 / -1.5 / 7),
        ("a > 1 and b < 3", True),
        ("not a > 1 or b < 3", True),
        ("not(a > 1)", False),
        ("not b", False),
        ("not (a > 1) or c is 7", True),
        ("a is not 2.5", False),
        ("a != 2.5", False),
        ("ite(a > 1, b, c)", -1.5),
        ("if a > 1: if b > 0: 1 else: 2 else: 3", 2),
        ("if a < 1: 1 else: if b > 0: 2 else: 3", 3),
        ("pos(b) + positive(a)", 2.5),
        ("neg(b) + negative(a)", -1.5),
        ("clip(c, b, a)", 2.5),
        ("power(b, 3)", -3.375),
        ("pow(c, 0.5)", math.sqrt(7)),
        ("fmod(c, a)", 2.0),
        ("ln(c) - log(c)", 0),
        ("abs(b) + fabs(b)", 3),
        ("ceiling(a) - ceil(a)", 0),
        ("round(a) + round(b)", 1),
        ("Max(a, c) - Min(a, b)", 8.5),
        ("Heaviside(0)", 0.5),
        ("sign(b)", -1),
        ("2*pi*E", 2 * math.pi * math.e),
        ("True and not false", True),
        ("t + dt", 3.1),
        (".5 + 5. + 1e-3 + 2.5E+1", 30.501),
    ],
)
def test_value(text, value):
    assert evaluate(tree(text), VALUES) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"max", "min"}))
def test_every_function_is_known(name):
    arguments = ", ".join(["a", "b", "c"][: FUNCTIONS[name]])
    node = tree(f"{name}({arguments})")
    assert isinstance(node, Call)
    assert node.function == name


def test_layout():
    model = parse_neuron(
        parameters="a = 1 : population # comment\n\nb; c = 3 : int ; d : bool",
        equations="""
            # first a comment
            v = a +    # the rest follows
                b : min=0
                : init=2
            u = if a > 1:
                    b
                else:
                    c : max = 2*a, int ; r = v
        """,
    )
    assert [(p.name, p.value, p.dtype, p.locality) for p in model.parameters] == [
        ("a", 1.0, "float", "global"),
        ("b", 0.0, "float", "local"),
        ("c", 3, "int", "local"),
        ("d", False, "bool", "local"),
    ]
    v, u, r = model.equations
    assert (format_expression(v.expression), v.bounds.limits[0][0]) == ("a + b", "min")
    assert model.variables[0].init == 2.0
    assert isinstance(u.expression, Conditional)
    assert format_expression(u.bounds.limits[0][1]) == "2 * a"
    assert r.text == "r = v"


def test_parameters():
    model = parse_neuron(
        parameters="a = 1/1.54\nb = 10.0/4 + 2\nc = tau\nd = 3.7 : int\ne = True\nf = -2**2\ng = 1 : bool",
        equations="r = a",
        constants={"tau": 20},
    )
    assert [p.value for p in model.parameters] == [1 / 1.54, 4.5, 20.0, 3, True, -4.0, True]
    assert [p.constant for p in model.parameters] == ["", "", "tau", "", "", "", ""]
    assert [type(p.value) for p in model.parameters] == [float, float, float, int, bool, float, bool]


@pytest.mark.parametrize(
    "text",
    [
        "tau*dv/dt + v = I",
        "tau*dv/dt = I - v",
        "tau * d v / dt = I - v",
        "dv/dt = (I - v)/tau",
        "tau*dv/dt + v - I = 0",
        "-v - tau*dv/dt = -I",
        "dv/dt*tau/2 = (I - v)/2",
        "2*(dv/dt*tau + v) = 2*I",
    ],
)
def test_arrangements_of_an_ode(text):
    model = parse_neuron(parameters="tau = 10\nI = 3", equations=f"{text}\nr = v")
    ode = model.equations[0]
    assert isinstance(ode, Ode)
    assert evaluate(ode.gradient, {"tau": 10.0, "I": 3.0, "v": 1.0}) == pytest.approx(0.2, rel=1e-15)


def test_names_that_look_like_gradients():
    model = parse_neuron(parameters="tau = 2", equations="dv = 3*tau\ndv/dt = dv/(tau + 1)\nr = dv/dt")
    assert [type(e) for e in model.equations] == [Assignment, Ode, Assignment]
    assert [e.name for e in model.equations] == ["dv", "v", "r"]


def test_flags():
    model = parse_synapse(
        equations="""
            x += 1 : init=3, int, postsynaptic
            dy/dt = -y : rk4, exponential, min=-1, max=2*w
            z = 1 : projection
        """
    )
    x, y, z = model.variables[:3]
    assert (x.init, x.dtype, x.locality) == (3, "int", "semiglobal")
    assert (y.locality, z.locality) == ("local", "global")
    assert model.equations[1].method == "exponential"
    assert [kind for kind, _ in model.equations[1].bounds.limits] == ["min", "max"]


@pytest.mark.parametrize(
    ("flag", "method"), [("runge-kutta4", "rk4"), ("midpoint", "midpoint"), ("int", None)]
)
def test_methods(flag, method):
    assert parse_neuron(equations=f"dv/dt = -v : {flag}\nr = v").equations[0].method == method


def test_if_statement_in_an_ode_is_explicit():
    model = parse_neuron(equations="dv/dt = if v > 1: -v else: 1 - v : exponential\nr = v")
    assert model.equations[0].method == "explicit"


def test_constants_and_their_shadows():
    model = parse_neuron(parameters="E = 3", equations="r = E + k : init=k", constants={"k": 4.0})
    assert model.variables[0].init == 4.0
    assert [node.name for node in walk(model.equations[0].expression) if isinstance(node, Name)] == ["E", "k"]


def test_spiking_neuron():
    model = parse_neuron(
        parameters="g_leak = 1\nref = 3",
        equations="dv/dt = g_exc - g_inh*v + g_leak + t_last\ndg_inh/dt = -g_inh",
        spike="v > 1 and g_nmda < 2",
        reset="v = 0 : unless_refractory\nref += 1",
        refractory="ref",
        name="N",
    )
    assert model.kind == "spike"
    assert [v.name for v in model.variables] == ["v", "g_inh", "r", "g_exc", "g_nmda"]
    assert set(model.targets) == {"exc", "inh", "nmda"}
    assert [(e.name, e.text) for e in model.equations[2:]] == [
        ("g_exc", "g_exc = 0.0"),
        ("g_nmda", "g_nmda = 0.0"),
    ]
    assert [(a.name, a.operator) for a in model.reset] == [("v", "="), ("ref", "+=")]
    assert model.refractory == "ref"


def test_rate_neuron():
    model = parse_neuron(
        equations="r = sum(exc) - sum(inh) + sum(exc)", spike="", reset="v = 1", axon_spike="v > 1"
    )
    assert (model.kind, model.targets, model.uses_sum_of_all) == ("rate", ("exc", "inh"), False)
    assert parse_neuron(equations="r = sum()").uses_sum_of_all


def test_random_terms():
    model = parse_neuron(
        parameters="m = 1 : population",
        equations="v = Normal(m, 1.0) + Normal(m, 1.0) - Uniform(-1, 1)\nr = Normal(m, 1.0)",
    )
    draws = [[n for n in walk(e.expression) if isinstance(n, Random)] for e in model.equations]
    assert [draw.stream for draw in draws[0]] == [0, 0, 1]
    assert [draw.stream for draw in draws[1]] == [2]
    assert draws[0][2].arguments[0].value == -1


def test_operations_over_populations():
    model = parse_neuron(equations="r = mean(r) + norm2(v)\nv = 1")
    found = [n for n in walk(model.equations[0].expression) if isinstance(n, GlobalOperation)]
    assert [(n.operation, n.name, n.owner) for n in found] == [("mean", "r", "own"), ("norm2", "v", "own")]
    synapse = parse_synapse(psp="w*(pre.r - max(pre.r)) + post.sum(exc)")
    nodes = [n for n in walk(synapse.psp) if isinstance(n, GlobalOperation | WeightedSum)]
    assert [(type(n).__name__, n.owner) for n in nodes] == [
        ("GlobalOperation", "pre"),
        ("WeightedSum", "post"),
    ]


def test_user_functions_are_inlined():
    text = "sq(x, y) = x*x - y\nsel(x) = if x > 0: E*x else: k\ntrunc2(x) = x : int, float"
    node = tree("sq(a + 1, b) + sel(c) + sel(b) + trunc2(b) + glob(2)", functions=text, **GLOBAL)
    value = evaluate(node, VALUES | {"k": 10.0})
    assert value == pytest.approx(3.5**2 + 1.5 + math.e * 7 + 10 - 1 + 6, rel=1e-15)


GLOBAL = {"constants": {"k": 10.0}, "global_functions": ("three(x) = 3*x", "glob(x) = three(x)")}


def test_events():
    model = parse_synapse(
        parameters="tau = 10 : projection",
        equations="tau*dx/dt = -x : event-driven",
        pre_spike="x += 1\nw = clip(w + y, 0, 1) : unless_post\ng_target += w*x\nz = t_pre : init=-1",
        post_spike="y -= if x > 1: 1 else: post.r : min=-2",
    )
    assert [a.name for a in model.pre_spike] == ["g_target", "x", "w", "z"]
    assert [a.unless_post for a in model.pre_spike] == [False, False, True, False]
    assert [(v.name, v.init) for v in model.variables] == [("x", 0), ("w", 0), ("z", -1), ("y", 0)]
    assert model.post_spike[0].bounds.limits[0][0] == "min"


def test_default_transmission():
    assert parse_synapse().pre_spike is None
    assert parse_synapse(pre_spike="x = 1").pre_spike[0] == DEFAULT_TRANSMISSION
    assert [a.name for a in parse_synapse(pre_spike="x = 1", psp="w").pre_spike] == ["x"]
    assert [a.operator for a in parse_synapse(pre_spike="g_target *= w").pre_spike] == ["*="]


def test_weight_is_always_a_variable():
    assert [v.name for v in parse_synapse(equations="x = w").variables] == ["x", "w"]
    assert parse_synapse(parameters="w = 2.0").variables[0].init == 2.0


def test_tokens_for_colours():
    assert tokens("r = sin(x) $ # end\n if 1.5") == [
        ("name", 1, 1, 1),
        ("operator", 1, 3, 1),
        ("function", 1, 5, 3),
        ("operator", 1, 8, 1),
        ("name", 1, 9, 1),
        ("operator", 1, 10, 1),
        ("invalid", 1, 12, 1),
        ("comment", 1, 14, 5),
        ("keyword", 2, 2, 2),
        ("number", 2, 5, 3),
    ]


# --- properties

SCRAPS = """
    a b r v dv/dt dr/dt t tau_x w pre.r post.v sum(exc) mean(r) Uniform(0,1) sin( exp( ite( if else: else :
    and or not is + - * / ^ ** % = += == < >= ( ) , ; # . 1 2.5 1e3
    init= min=0 max=a population rk4 event-driven True $ é ∂
"""
PIECES = st.sampled_from([*SCRAPS.split(), "\n", " ", "\t", "\r\n"])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=25).map(" ".join),
    st.text(max_size=60),
    st.builds(
        lambda cut, new: (
            "tau*dv/dt + v = a*pos(b) : init=1, min=0\nr = v"[:cut]
            + new
            + "\nr = if v > a: b else: 2"[cut // 2 :]
        ),
        st.integers(0, 46),
        st.lists(PIECES, max_size=3).map("".join),
    ),
)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, other=TEXTS)
def test_any_text_parses_or_says_where_it_is_wrong(text, other):
    for parse, texts in (
        (
            parse_neuron,
            {"parameters": "a = 1\nb = 2\ntau = 3", "equations": text, "spike": other, "reset": text},
        ),
        (parse_neuron, {"parameters": text, "equations": other, "functions": text}),
        (
            parse_synapse,
            {"parameters": "a = 1", "equations": text, "psp": other, "pre_spike": text, "post_spike": other},
        ),
    ):
        try:
            parse(**texts)
        except ModelError as error:
            for d in error.diagnostics:
                lines = texts.get(d.field, "").split("\n")
                assert d.message
                assert 1 <= d.line <= len(lines)
                assert 1 <= d.column <= len(lines[d.line - 1]) + 1
                assert d.column - 1 + d.length <= len(lines[d.line - 1])
    assert all(length > 0 for *_, length in tokens(text))


def expressions():
    leaf = st.sampled_from(["a", "b", "c", "t", "1", "2.5", "1e-05", "pi", "True"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(
                "({}) {} ({})".format,
                inner,
                st.sampled_from(["+", "-", "*", "/", "**", "%", "<", ">=", "==", "!=", "and", "or"]),
                inner,
            ),
            st.builds("{}({})".format, st.sampled_from(["-", "not ", "sin", "pos"]), inner),
            st.builds("ite({}, {}, {})".format, inner, inner, inner),
        ),
        max_leaves=12,
    )


@settings(max_examples=200, deadline=None)
@given(expressions())
def test_formatted_text_parses_to_the_same_tree(text):
    first = tree(text)
    formatted = format_expression(first)
    second = tree(formatted)
    assert format_expression(second) == formatted
    assert shape(first) == shape(second)


def shape(node):
    """The tree as nested tuples, without places."""
    if is_dataclass(node):
        return (
            type(node).__name__,
            *(shape(getattr(node, f.name)) for f in fields(node) if f.name != "span"),
        )
    return tuple(shape(part) for part in node) if isinstance(node, tuple) else node
