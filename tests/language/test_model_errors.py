"""Every mistake in model text gives its message at its place."""

from __future__ import annotations

import pytest

from engine.errors import Diagnostic, ModelError
from engine.language import check_synapse_use, discretise, parse_neuron, parse_synapse


def mistakes(parse, **fields) -> list[Diagnostic]:
    with pytest.raises(ModelError) as caught:
        parse(**fields)
    return list(caught.value.diagnostics)


def only(parse, **fields) -> Diagnostic:
    found = mistakes(parse, **fields)
    assert len(found) == 1, [str(d) for d in found]
    return found[0]


def marked(diagnostic: Diagnostic) -> str:
    """The text under the carets."""
    return diagnostic.source[diagnostic.column - 1 :][: diagnostic.length]


SPIKING = {"spike": "v > 1", "reset": "v = 0"}

NEURONS = [
    # fields, part of the message, field, line, text under the carets
    ({}, 'must define the variable "r"', "equations", 1, ""),
    ({"equations": "v = 1"}, 'must define the variable "r"', "equations", 1, ""),
    ({"equations": "v = 1\nr = 1", **SPIKING}, 'Spiking neurons use the variable "r"', "equations", 2, "r"),
    ({"parameters": "a = 1", "equations": "r = 1\n a = 2"}, "declared only once", "equations", 2, "a"),
    ({"parameters": "a = 1\na = 2", "equations": "r = 1"}, "declared only once", "parameters", 2, "a"),
    (
        {"equations": "r = 1 : projection"},
        'belongs to a neuron, the flag "projection"',
        "equations",
        1,
        "projection",
    ),
    ({"equations": "r = 1 : init=0, postsynaptic"}, "is forbidden", "equations", 1, "postsynaptic"),
    ({"parameters": "clip = 1", "equations": "r = 1"}, "clip is a reserved keyword", "parameters", 1, "clip"),
    (
        {"parameters": "lambda = 1", "equations": "r = 1"},
        "lambda is a reserved keyword",
        "parameters",
        1,
        "lambda",
    ),
    ({"equations": "r = 1\nsize = 2"}, "size is a reserved variable name", "equations", 2, "size"),
    ({"equations": "dt = 2\nr = 1"}, "dt is a reserved variable name", "equations", 1, "dt"),
    ({"equations": "_v = 2\nr = 1"}, "underscore", "equations", 1, "_v"),
    ({"equations": "r = (1 + 2"}, "number of parentheses does not match", "equations", 1, "("),
    ({"equations": "r = 1 + 2)"}, "number of parentheses does not match", "equations", 1, ")"),
    ({"equations": "r = a = 2", "parameters": "a = 1"}, "only one assignment", "equations", 1, "="),
    (
        {"equations": "r = 1\nr + v = 1"},
        "No variable name can be found in 'r + v = 1'",
        "equations",
        2,
        "r + v",
    ),
    ({"equations": "r = 1\nv = dr/dt"}, "must stand left of the '='", "equations", 2, "dr"),
    ({"equations": "r = 1\ndv/dt + dw/dt = 1"}, "two gradients", "equations", 2, "dw/dt"),
    ({"equations": "r = 1\ndv/dt += 1"}, "An ODE is written with '='", "equations", 2, "+="),
    ({"equations": "= 1 + 2 \n r = 1"}, "can not be analysed, check the syntax", "equations", 1, "= 1 + 2"),
    ({"equations": "v\nr = 1"}, "it has no '='", "equations", 1, "v"),
    ({"equations": "exp(dv/dt) = 1\nr = 1"}, "not linear in dv/dt", "equations", 1, "exp(dv/dt) = 1"),
    ({"parameters": "a = abc", "equations": "r = a"}, "a is not a float", "parameters", 1, "abc"),
    ({"parameters": "b = 1\na = b*2", "equations": "r = a"}, "a is not a float", "parameters", 2, "b*2"),
    ({"parameters": "a = [1, 2]", "equations": "r = a"}, "a is not a float", "parameters", 1, "[1, 2]"),
    (
        {"parameters": "a = Uniform(0, 1)", "equations": "r = a"},
        "a is not a float",
        "parameters",
        1,
        "Uniform(0, 1)",
    ),
    ({"parameters": "a = x : int", "equations": "r = a"}, "a is not an integer", "parameters", 1, "x"),
    ({"parameters": "a = 1/0", "equations": "r = a"}, "a is not a float", "parameters", 1, "1/0"),
    (
        {"parameters": "a = 1e300*1e300 : int", "equations": "r = a"},
        "a is not an integer",
        "parameters",
        1,
        "1e300*1e300",
    ),
    ({"equations": "v = 1", **SPIKING, "refractory": -1.0}, "not a duration", "refractory", 0, ""),
    ({"parameters": "a = 9.0**9**9", "equations": "r = a"}, "a is not a float", "parameters", 1, "9.0**9**9"),
    ({"parameters": "a = 1 : min=0", "equations": "r = a"}, "'min' has no meaning", "parameters", 1, "min=0"),
    ({"parameters": "a = 1", "equations": "r = 1 : init=a"}, "initial value of r", "equations", 1, "init=a"),
    ({"equations": "r = 1 : init=Uniform(0,1)"}, "initial value of r", "equations", 1, "init=Uniform(0,1)"),
    ({"equations": "r = 1 : init="}, "needs a value", "equations", 1, "init="),
    ({"equations": "r = 1 : exponental"}, "Unknown flag 'exponental'", "equations", 1, ": exponental"),
    ({"equations": "r = 1 : init=0, foo"}, "Unknown flag 'foo'", "equations", 1, "foo"),
    ({"equations": "r = 1 : unless_post"}, "'unless_post' has no meaning", "equations", 1, "unless_post"),
    ({"equations": "r = if t > 1: 2"}, "must use both : and else", "equations", 1, "2"),
    ({"equations": "r = if t > 1 2 else: 3"}, '"then" and "else" values', "equations", 1, "2"),
    ({"equations": "r = if t > 1: 2 else 3"}, '"then" and "else" values', "equations", 1, "3"),
    ({"equations": "r = if t > 1: 2 else: 3 else: 4"}, "must use both : and else", "equations", 1, "else"),
    ({"equations": "r = 1 + if t > 1: 2 else: 3"}, "must directly start with a if", "equations", 1, "if"),
    ({"equations": "r = 1 if t > 1 else 3"}, '"then" and "else"', "equations", 1, "if"),
    (
        {"equations": "r = Normal(1)"},
        "distribution Normal requires 2 parameters",
        "equations",
        1,
        "Normal(1)",
    ),
    ({"equations": "r = Exponential(1, 2)"}, "Too many parameters", "equations", 1, "Exponential(1, 2)"),
    (
        {"parameters": "a = 1", "equations": "r = Normal(0, a)"},
        "a is not a global parameter",
        "equations",
        1,
        "a",
    ),
    ({"equations": "r = Normal(0, 1 + 2)"}, "1 + 2 is not a global parameter", "equations", 1, "1 + 2"),
    ({"equations": "r = mean(x)"}, "There is no local attribute x", "equations", 1, "x"),
    (
        {"parameters": "a = 1 : population", "equations": "r = mean(a)"},
        "no local attribute a",
        "equations",
        1,
        "a",
    ),
    ({"equations": "v = 1\nr = mean(2*v)"}, "takes the name of one attribute", "equations", 2, "2*v"),
    ({"equations": "v = 1\nr = max(v, 2)"}, "has one argument", "equations", 2, "max(v, 2)"),
    ({"equations": "v = 1", "spike": "v > 1; v > 2"}, "must be a single expression", "spike", 1, "v"),
    ({"equations": "v = 1", "spike": "v > 1, v > 2"}, "must be a single expression", "spike", 1, ","),
    ({"equations": "v = 1", "spike": "v = 1"}, "only one assignment", "spike", 1, "="),
    ({"equations": "v = 1", "spike": "if v > 1: 1 else: 0"}, "not allowed here", "spike", 1, "if"),
    (
        {"equations": "v = 1", "spike": "v > Uniform(0, 1)"},
        "only be used in equations",
        "spike",
        1,
        "Uniform",
    ),
    ({"equations": "v = 1", "spike": "v > 1", "reset": "u = 1"}, "neither a parameter nor", "reset", 1, "u"),
    (
        {"equations": "v = 1", "spike": "v > 1", "reset": "v = if v > 1: 1 else: 0"},
        "not allowed",
        "reset",
        1,
        "if",
    ),
    (
        {"equations": "v = 1", "spike": "v > 1", "reset": "dv/dt = 1"},
        "forbidden to use ODEs",
        "reset",
        1,
        "dv/dt",
    ),
    (
        {"equations": "v = 1", **SPIKING, "refractory": "tau"},
        "refractory = tau: parameter or",
        "refractory",
        0,
        "",
    ),
    (
        {"equations": "dv/dt = v*v : exponential\nr = v"},
        "linear first-order ODEs",
        "equations",
        1,
        "dv/dt = v*v",
    ),
    (
        {"equations": "dv/dt = 1 : semiimplicit\nr = v"},
        "linear first-order ODEs",
        "equations",
        1,
        "dv/dt = 1",
    ),
    (
        {"equations": "dv/dt = -v*v : implicit\nr = v"},
        "not linear, can not use the implicit",
        "equations",
        1,
        "dv/dt = -v*v",
    ),
    ({"equations": "dv/dt = -v : event-driven\nr = v"}, "for synapses only", "equations", 1, "dv/dt = -v"),
    (
        {"equations": "dv/dt = -v : midpoint\ndu/dt = -u : rk4\nr = v"},
        "Can not mix different numerical methods",
        "equations",
        2,
        "du/dt = -u",
    ),
    (
        {"equations": "r = 1", "functions": "gamma(x) = x"},
        "gamma is reserved by sympy",
        "functions",
        1,
        "gamma",
    ),
    (
        {"equations": "r = 1", "functions": "f(x) = x + y"},
        "depends on unknown variables",
        "functions",
        1,
        "y",
    ),
    (
        {"equations": "r = 1", "functions": "f(x) = x + t"},
        "depends on unknown variables",
        "functions",
        1,
        "t",
    ),
    ({"equations": "r = 1", "functions": "f(x) = x : int"}, "exactly the types", "functions", 1, "int"),
    ({"equations": "r = 1", "functions": "f(x, x) = x"}, "different names", "functions", 1, "f(x, x)"),
    ({"equations": "r = 1", "functions": "f x = x"}, "is written name(arguments)", "functions", 1, "f x = x"),
    ({"parameters": "a = 1 : foo", "equations": "r = 1"}, "Unknown flag 'foo'", "parameters", 1, ": foo"),
    ({"equations": "v = 1", "spike": "v > 1 : min=0"}, "'min' cannot stand here", "spike", 1, ": min=0"),
    ({"equations": "r = Normal(0, t)"}, "t is not a global parameter", "equations", 1, "t"),
    ({"equations": "r = sin(1" + "+1" * 500 + ")"}, "too long", "equations", 1, ")"),
    ({"equations": "r = foo"}, "Unknown symbol 'foo'", "equations", 1, "foo"),
    ({"equations": "r = foo(2)"}, "Unknown function 'foo'", "equations", 1, "foo"),
    ({"equations": "r = t_last"}, "Unknown symbol 't_last'", "equations", 1, "t_last"),
    ({"equations": "r = sin(1, 2)"}, "takes 1 argument, not 2", "equations", 1, "sin(1, 2)"),
    ({"equations": "r = power(t, 0)"}, "positive integer", "equations", 1, "power(t, 0)"),
    ({"equations": "r = pre.r"}, "only in synapses", "equations", 1, "pre"),
    ({"equations": "r = t $ 2"}, "'$' has no meaning", "equations", 1, "$"),
    ({"equations": "r = 1 < t < 2"}, "cannot be chained", "equations", 1, "<"),
    ({"equations": "r = 1 +"}, "ends too early", "equations", 1, "+"),
    ({"equations": "r ="}, "ends too early", "equations", 1, "="),
    ({"equations": "r = " + "(" * 500 + "1" + ")" * 500}, "nested too deeply", "equations", 1, "("),
    ({"equations": "r = 1" + "+1" * 5000}, "too long", "equations", 1, "1" + "+1" * 5000),
    (
        {"equations": "v = 1 : population\nr = v\nu = r + v : population"},
        "cannot depend on r",
        "equations",
        3,
        "r",
    ),
    (
        {"equations": "r = 1\nu = sum(exc) : population"},
        "cannot depend on sum(exc)",
        "equations",
        2,
        "sum(exc)",
    ),
    (
        {"equations": "v = 1", **SPIKING, "axon_spike": "v > 2\nv > 3"},
        "must be a single expression",
        "axon_spike",
        2,
        "v",
    ),
    (
        {"equations": "v = 1", **SPIKING, "axon_spike": "v > 2", "axon_reset": "v = 0\nx = 1"},
        "The axon_reset changes 'x'",
        "axon_reset",
        2,
        "x",
    ),
]

SYNAPSES = [
    ({"parameters": "a = 1 : population"}, 'a synapse, the flag "population"', "parameters", 1, "population"),
    ({"operation": "prod"}, "The only operations permitted", "operation", 1, "prod"),
    ({"operation": "max", "pre_spike": "g_target += w"}, "can only perform a sum", "operation", 1, "max"),
    ({"pre_spike": "dx/dt = 1"}, "forbidden to use ODEs in a pre_spike", "pre_spike", 1, "dx/dt"),
    ({"post_spike": "x = 1\ndx/dt = 1"}, "forbidden to use ODEs in a post_spike", "post_spike", 2, "dx/dt"),
    ({"post_spike": "g_target += w"}, "cannot be changed in post_spike", "post_spike", 1, "g_target"),
    ({"pre_spike": "w += foo"}, "Unknown symbol 'foo'", "pre_spike", 1, "foo"),
    ({"pre_spike": "w += Normal(0, 1)"}, "only be used in equations", "pre_spike", 1, "Normal"),
    ({"psp": "w * post.sum()"}, "post.sum() requires one argument", "psp", 1, "post.sum()"),
    ({"psp": "w * sum(exc)"}, "equations of a neuron", "psp", 1, "sum"),
    ({"psp": "w * mean(w)"}, "Detected global operation", "psp", 1, "mean(w)"),
    ({"equations": "x = w : projection"}, "global variable x cannot depend on w", "equations", 1, "w"),
    ({"equations": "x = pre.r : projection"}, "cannot depend on pre.r", "equations", 1, "pre.r"),
    ({"equations": "x = post.r : projection"}, "cannot depend on post.r", "equations", 1, "post.r"),
    ({"equations": "x = pre.r : postsynaptic"}, "postsynaptic variable x cannot", "equations", 1, "pre.r"),
    ({"equations": "x = w : postsynaptic"}, "postsynaptic variable x cannot", "equations", 1, "w"),
    ({"equations": "dw/dt = 1 : projection"}, "one value for each synapse", "equations", 1, "w"),
    (
        {"equations": "dx/dt = y - x : event-driven\ny = 1"},
        "can not depend on other variables (y)",
        "equations",
        1,
        "dx/dt = y - x",
    ),
    (
        {"equations": "dx/dt = 1 - x*x : event-driven"},
        "linear first-order",
        "equations",
        1,
        "dx/dt = 1 - x*x",
    ),
    ({"equations": "dx/dt = -x : exact, projection"}, "one value for each", "equations", 1, "dx/dt = -x"),
    ({"pruning": "w < b"}, "Unknown symbol", "pruning", 1, "b"),
    (
        {"pre_axon_spike": "g_target += w", "post_spike": "w += 1"},
        "currently not allowed for plastic connections",
        "pre_axon_spike",
        1,
        "",
    ),
    ({"pre_axon_spike": "w += 1"}, "can only change g_target", "pre_axon_spike", 1, "w += 1"),
    (
        {"pre_axon_spike": "g_target += w\nw = 1"},
        "can only change g_target, in one statement",
        "pre_axon_spike",
        2,
        "w = 1",
    ),
    ({"pre_axon_spike": "g_target += y"}, "Unknown symbol 'y'", "pre_axon_spike", 1, "y"),
]


@pytest.mark.parametrize(("fields", "message", "field", "line", "text"), NEURONS)
def test_neuron_mistake(fields, message, field, line, text):
    found = only(parse_neuron, name="N", **fields)
    assert message in found.message
    assert (found.owner, found.field, found.line) == ("N", field, line)
    assert marked(found) == text


@pytest.mark.parametrize(("fields", "message", "field", "line", "text"), SYNAPSES)
def test_synapse_mistake(fields, message, field, line, text):
    found = only(parse_synapse, name="S", **fields)
    assert message in found.message
    assert (found.owner, found.field, found.line) == ("S", field, line)
    assert marked(found) == text


def test_all_mistakes_are_told_at_once_in_order():
    found = mistakes(
        parse_neuron,
        parameters="tau = ten\nb = 1",
        equations="tau*dv/dt = -v + foo\nr = (v\nq = b : min=bar",
        functions="f(x) = y",
    )
    assert [(d.field, d.line) for d in found] == [
        ("parameters", 1),
        ("functions", 1),
        ("equations", 1),
        ("equations", 2),
        ("equations", 3),
    ]


def test_column_counts_in_the_text_as_given():
    found = only(parse_neuron, equations="\n   r = 1  # fine\n\n   v = 2 *  fo\n")
    assert (found.line, found.column, found.length) == (4, 13, 2)
    assert found.source == "   v = 2 *  fo"


def test_continuation_lines_keep_their_place():
    found = only(parse_neuron, equations="r = 1 +\n    2 *\n    foo : min=0")
    assert (found.line, found.column) == (3, 5)


def test_near_names_are_suggested():
    assert "'tau_m'" in only(parse_neuron, parameters="tau_m = 1", equations="r = tau_n").hint
    assert "'exponential'" in only(parse_neuron, equations="r = 1 : exponental").hint
    assert "'sqrt'" in only(parse_neuron, equations="r = sqr(2)").hint


def test_message_names_object_line_and_mend():
    text = str(only(parse_neuron, name="Cell", equations="r = foo"))
    assert "Cell.equations, line 1, column 5: Unknown symbol 'foo'" in text
    assert "    r = foo\n        ^^^\n    Define 'foo'" in text


def test_default_method_is_checked_when_it_is_known():
    model = parse_neuron(equations="dv/dt = -v*v\nr = v")
    with pytest.raises(ModelError, match="can not use the implicit method"):
        discretise(model, "implicit")


def test_function_cannot_take_a_constant_that_an_attribute_hides():
    found = only(
        parse_neuron,
        parameters="c = 2",
        equations="r = f(1)",
        functions="f(x) = c*x",
        constants={"c": 3.0},
    )
    assert "uses the Constant 'c'" in found.message


class TestSynapseUse:
    rate = parse_neuron(name="rate", parameters="g = 1 : population", equations="r = sum(exc)")
    spiking = parse_neuron(name="spiking", equations="v = g_exc", **SPIKING)

    def messages(self, pre, post, **fields):
        return [d.message for d in check_synapse_use(parse_synapse(**fields), pre, post)]

    def test_good(self):
        assert self.messages(self.rate, self.rate, psp="w*pre.r*post.g") == []
        assert self.messages(self.spiking, self.spiking, pre_spike="w = t_pre - t_post + pre.r") == []

    def test_missing_attribute(self):
        found = check_synapse_use(parse_synapse(name="S", psp="w*pre.v"), self.rate, self.rate)
        assert [d.message for d in found] == ["The pre-synaptic neuron rate has no variable called v."]
        assert (found[0].line, found[0].column, found[0].length) == (1, 3, 5)

    def test_operation_over_shared_attribute(self):
        assert self.messages(self.rate, self.rate, psp="w*mean(pre.g)") == ["There is no local attribute g."]

    def test_spike_times_need_spikes(self):
        assert "t_pre needs a spiking" in self.messages(self.rate, self.rate, equations="x = t_pre")[0]

    def test_event_driven_needs_spikes(self):
        assert "event-driven" in self.messages(self.rate, self.rate, equations="dx/dt = -x : event-driven")[0]

    def test_operation_needs_rates(self):
        assert "only perform a sum" in self.messages(self.spiking, self.spiking, operation="max")[0]

    def test_ignored_fields_are_not_checked(self):
        assert self.messages(self.rate, self.rate, pre_spike="x = t_pre") == []
