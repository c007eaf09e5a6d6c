"""The rows of the table of mistakes that the language names, each as calls of the public API.

``at`` is ``object.field line:column [marked text]``, or the name of the object where no text is at fault.
``mend`` is part of what the message tells to do.
"""

# ruff: noqa: E501 - a table is easier to read with long lines
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine import (
    STDP,
    STP,
    Constant,
    Monitor,
    Neuron,
    Normal,
    Population,
    Projection,
    Synapse,
    compile,
    setup,
)

RATE: dict[str, Any] = {"equations": "r = sum(exc)"}
SPIKING: dict[str, Any] = {"equations": "v = g_exc", "spike": "v > 1", "reset": "v = 0"}


@dataclass(frozen=True)
class Row:
    row: str
    make: Callable[[], object]
    message: str
    at: str
    mend: str


def cell(model: dict[str, Any], **attributes: Any) -> Population:
    return Population(2, Neuron(name="Cell", **model), **attributes)


def neuron(row: str, fields: dict[str, Any], message: str, at: str, mend: str) -> Row:
    return Row(row, lambda: cell(fields), message, f"Cell.{at}", mend)


def between(fields: dict[str, Any], model: dict[str, Any], **delays: Any) -> Projection:
    part = cell(model)
    projection = Projection(part, part, "exc", Synapse(name="Syn", **fields))
    projection.all_to_all(1.0, **delays)
    return projection


def synapse(row: str, fields: dict[str, Any], message: str, at: str, mend: str) -> Row:
    def make() -> None:
        setup(structural_plasticity=True)
        between(fields, SPIKING if "spike" in str(fields) or "event" in str(fields) else RATE)
        compile(silent=True)

    return Row(row, make, message, f"Syn.{at}" if at else "Syn", mend)


def call(row: str, make: Callable[[], object], message: str, at: str, mend: str) -> Row:
    return Row(row, make, message, at, mend)


def _after_compile(make: Callable[[Population], object]) -> None:
    part = cell(RATE)
    compile(silent=True)
    make(part)


def _unconnected() -> None:
    part = cell(RATE)
    Projection(part, part, "exc")
    compile(silent=True)


def _twice() -> None:
    cell(RATE, name="A")
    cell(RATE, name="A")


def _constants() -> None:
    Constant("speed", 1.0)
    Constant("speed", 2.0)


def _compiled(fields: dict[str, Any], model: dict[str, Any], **delays: Any) -> None:
    between(fields, model, **delays)
    compile(silent=True)


def _learning(**arguments: float) -> None:
    part = cell(SPIKING)
    projection = Projection(part, part, "exc", STDP(), name="learns")
    projection.all_to_all(1.0)
    compile(silent=True)
    projection.enable_learning(**arguments)


def _rule_without_setup() -> None:
    setup(structural_plasticity=False)
    between({"pruning": "w < 0.0"}, RATE)
    compile(silent=True)


FLAG = "attribute with the flag of another object"
PARAMETER = "parameter value is not a number"
CONDITIONAL = "conditional without then or else"
RANDOM = "arguments of a distribution"
LINEAR = "method for linear equations on another ODE"
NO_INIT = "The initial value of r must be a number"
NO_FLOAT = "The value of the parameter a is not a float."

NEURONS = [
    neuron("rate neuron without r", {"equations": "v = 1"}, 'must define the variable "r"', "equations 1:1 []",
           "Add an equation r"),
    neuron("spiking neuron with r", {**SPIKING, "equations": "v = 1\nr = v"}, 'Spiking neurons use the variable "r"',
           "equations 2:1 [r]", "Rename it"),
    neuron("attribute defined twice", {"parameters": "a = 1", "equations": "r = 1\n a = r"},
           "declared only once", "equations 2:2 [a]", "already defined"),
    neuron(FLAG, {"equations": "r = 1 : init=1, postsynaptic"},
           'The attribute r belongs to a neuron, the flag "postsynaptic" is forbidden.',
           "equations 1:17 [postsynaptic]", "Use population"),
    neuron("attribute named like a function", {"parameters": "a = 1\nclip = 2", "equations": "r = a"},
           "clip is a reserved keyword", "parameters 2:1 [clip]", "another name"),
    neuron("attribute with a reserved name", {"equations": "r = 1\nsize = r"}, "size is a reserved variable name",
           "equations 2:1 [size]", "another name"),
    neuron("unbalanced parentheses", {"equations": "v = 1\nr = 2*(v + (1 - v)"},
           "number of parentheses does not match", "equations 2:7 [(]", "has no partner"),
    neuron("two assignments", {"parameters": "a = 1", "equations": "r = a = 2"}, "only one assignment",
           "equations 1:7 [=]", "written =="),
    neuron("no name on the left side", {"parameters": "v = 1", "equations": "r + v = 1"},
           "No variable name can be found in 'r + v = 1'", "equations 1:1 [r + v]", "name of a variable"),
    neuron("no name on the left side", {"equations": "r = 1\nv = r - dv/dt"}, "must stand left of the '='",
           "equations 2:9 [dv]", "Write dv/dt = ..."),
    neuron("no name on the left side", {"equations": "r = 1\ndv/dt + du/dt = 1"}, "it has two gradients",
           "equations 2:9 [du/dt]", "one equation for each variable"),
    neuron("empty left side", {"equations": "r = 1\n = 2*r"}, "check the syntax", "equations 2:2 [= 2*r]",
           "Nothing stands left"),
    neuron("first line without =", {"equations": "2*r\nr = 1"}, "it has no '='", "equations 1:1 [2*r]",
           "Write name = expression"),
    neuron(PARAMETER, {"parameters": "a = abc", "equations": "r = a"}, NO_FLOAT, "parameters 1:5 [abc]",
           "Write a number"),
    neuron(PARAMETER, {"parameters": "b = 1\na = b*2", "equations": "r = a"}, NO_FLOAT, "parameters 2:5 [b*2]",
           "Write a number"),
    neuron(PARAMETER, {"parameters": "a = [1, 2]", "equations": "r = a"}, NO_FLOAT, "parameters 1:5 [[1, 2]]",
           "arrays and random values are assigned"),
    neuron(PARAMETER, {"parameters": "a = Uniform(0, 1)", "equations": "r = a"}, NO_FLOAT,
           "parameters 1:5 [Uniform(0, 1)]", "arrays and random values are assigned"),
    neuron(PARAMETER, {"parameters": "a = abc : int", "equations": "r = a"}, "is not an integer",
           "parameters 1:5 [abc]", "Write a number"),
    neuron("init is not a number", {"parameters": "a = 1", "equations": "r = a : init=a"}, NO_INIT,
           "equations 1:9 [init=a]", "Assign other initial values"),
    neuron("init is not a number", {"equations": "r = 1 : min=0, init=Uniform(0, 1)"}, NO_INIT,
           "equations 1:16 [init=Uniform(0, 1)]", "Assign other initial values"),
    neuron("unknown flag", {"equations": "r = 1 : exponental"}, "Unknown flag 'exponental'",
           "equations 1:7 [: exponental]", "'exponential'"),
    neuron("if without else", {"equations": "v = 1\nr = if v > 0: v"}, "must use both : and else",
           "equations 2:15 [v]", "Write if condition: value else: value"),
    neuron("if without else", {"equations": "r = if t > 1: 2 else: 3 else: 4"}, "must use both : and else",
           "equations 1:25 [else]", "Write if condition: value else: value"),
    neuron("if inside of an expression", {"equations": "r = 1 + if t > 1: 2 else: 3"},
           "must directly start with a if", "equations 1:9 [if]", "Use ite"),
    neuron(CONDITIONAL, {"equations": "r = 1 if t > 1 else 3"}, '"then" and "else" values',
           "equations 1:7 [if]", "Write if condition: value else: value"),
    neuron(CONDITIONAL, {"equations": "r = if t > 1 2 else 3"}, '"then" and "else" values',
           "equations 1:14 [2]", "Write if condition: value else: value"),
    neuron("number of arguments of a distribution", {"equations": "r = Normal(1)"},
           "The distribution Normal requires 2 parameters.", "equations 1:5 [Normal(1)]", "Normal(mu, sigma)"),
    neuron("number of arguments of a distribution", {"equations": "r = Uniform(1, 2, 3)"},
           "Too many parameters provided to the distribution Uniform.", "equations 1:5 [Uniform(1, 2, 3)]",
           "Uniform(min, max)"),
    neuron(RANDOM, {"parameters": "a = 1", "equations": "r = Normal(0, a)"},
           "a is not a global parameter of the neuron", "equations 1:15 [a]", "flag 'population'"),
    neuron(RANDOM, {"parameters": "a = 1 : population", "equations": "r = Normal(0, 2*a)"},
           "2 * a is not a global parameter of the neuron", "equations 1:15 [2*a]", "flag 'population'"),
    neuron("operation over no local attribute", {"equations": "v = t\nr = v - mean(x)"},
           "There is no local attribute x.", "equations 2:14 [x]", "Name a variable"),
    neuron("operation over no local attribute", {"parameters": "a = 1 : population", "equations": "r = mean(a)"},
           "There is no local attribute a.", "equations 1:10 [a]", "use it as it is"),
    neuron("two spike conditions", {**SPIKING, "spike": "v > 1; v < 2"}, "must be a single expression",
           "spike 1:8 [v]", ""),
    neuron("reset of an unknown name", {**SPIKING, "reset": "v = 0\nu = 1"}, "neither a parameter nor a variable",
           "reset 2:1 [u]", "Define it"),
    neuron("reset of an unknown name", {**SPIKING, "reset": "v = if v > 2: 1 else: 0"}, "not allowed here",
           "reset 1:5 [if]", "Use ite"),
    neuron("refractory names nothing", {**SPIKING, "refractory": "tau"},
           "refractory = tau: parameter or variable does not exist.", "refractory 0:0 []", "Give milliseconds"),
    neuron(LINEAR, {"equations": "dv/dt = v*v : exponential\nr = v"}, "reserved for linear first-order ODEs",
           "equations 1:1 [dv/dt = v*v]", "Use explicit"),
    neuron(LINEAR, {"equations": "dv/dt = 1 : semiimplicit\nr = v"}, "reserved for linear first-order ODEs",
           "equations 1:1 [dv/dt = 1]", "Use explicit"),
    neuron("implicit ODE with several solutions", {"equations": "dv/dt = -v*v : implicit\nr = v"},
           "not linear, can not use the implicit method", "equations 1:1 [dv/dt = -v*v]", "Use explicit"),
    neuron("mixed methods of a system", {"equations": "dv/dt = -v : midpoint\ndu/dt = -u : rk4\nr = v"},
           "Can not mix different numerical methods", "equations 2:1 [du/dt = -u]", "'u' uses rk4"),
    neuron("name of a function is sympy's", {"equations": "r = gamma(2)", "functions": "gamma(x) = x"},
           "gamma is reserved by sympy", "functions 1:1 [gamma]", "another name"),
    neuron("function of unknown names", {"equations": "r = f(2)", "functions": "f(x) = x + y"},
           "depends on unknown variables", "functions 1:12 [y]", "'y' is not visible here"),
    neuron("number of types of a function", {"equations": "r = f(2)", "functions": "f(x) = x : int"},
           "exactly the types", "functions 1:12 [int]", "Write 2 of"),
    neuron("undefined symbol or function", {"parameters": "tau_m = 1", "equations": "r = tau_n"},
           "Unknown symbol 'tau_n'", "equations 1:5 [tau_n]", "'tau_m'"),
    neuron("undefined symbol or function", {"equations": "r = foo(2)"}, "Unknown function 'foo'",
           "equations 1:5 [foo]", "'floor'"),
    neuron("population variable of a local one", {"equations": "r = t\nv = r : population"},
           "The population-wide variable v cannot depend on r.", "equations 2:5 [r]", "Leave out the flag"),
    neuron("ODE in reset", {**SPIKING, "reset": "dv/dt = 1"}, "forbidden to use ODEs in a reset",
           "reset 1:1 [dv/dt]", "Write the ODE in the equations"),
    neuron("distribution outside of equations", {**SPIKING, "spike": "v > Uniform(0, 1)"},
           "can only be used in equations", "spike 1:5 [Uniform]", "Define a variable"),
    neuron("distribution outside of equations", {**SPIKING, "reset": "v = Uniform(0, 1)"},
           "can only be used in equations", "reset 1:5 [Uniform]", "Define a variable"),
    neuron("distribution outside of equations", {"equations": "r = f(1)", "functions": "f(x) = x*Uniform(0, 1)"},
           "can only be used in equations", "functions 1:10 [Uniform]", "Define a variable"),
]  # fmt: skip

GIVES = "g_target += w"

SYNAPSES = [
    synapse("population flag in a synapse", {"parameters": "a = 1 : population", "psp": "a*w"},
            'belongs to a synapse, the flag "population" is forbidden', "parameters 1:9 [population]",
            "postsynaptic or projection"),
    synapse("operation over a synaptic variable", {"equations": "x = mean(w)", "psp": "x*w"},
            "Detected global operation mean(w)", "equations 1:5 [mean(w)]", "mean(pre.x)"),
    synapse(LINEAR, {"equations": "dx/dt = x*x : event-driven", "pre_spike": "g_target += x"},
            "reserved for linear first-order ODEs", "equations 1:1 [dx/dt = x*x]", "Use explicit"),
    synapse("event-driven ODE of another variable",
            {"equations": "dx/dt = -x : event-driven\ndy/dt = x - y : event-driven", "pre_spike": "g_target += y"},
            "can not depend on other variables (x)", "equations 2:1 [dy/dt = x - y]", "exponential"),
    synapse("ODE in an event", {"pre_spike": f"{GIVES}\ndx/dt = 1"}, "forbidden to use ODEs in a pre_spike",
            "pre_spike 2:1 [dx/dt]", "Write the ODE in the equations"),
    synapse("ODE in an event", {"pre_spike": GIVES, "post_spike": "dx/dt = 1"},
            "forbidden to use ODEs in a post_spike", "post_spike 1:1 [dx/dt]", "Write the ODE in the equations"),
    synapse("spiking synapse with another operation", {"pre_spike": GIVES, "operation": "max"}, "can only sum", "",
            "remove operation"),
    synapse("unknown operation", {"operation": "prod"}, "'prod'", "", "one of sum, min, max, mean"),
    synapse("pre_axon_spike with post_spike", {"pre_axon_spike": GIVES, "post_spike": "w += 1"},
            "axonal spike events is currently not allowed for plastic connections",
            "pre_axon_spike 1:1 []", "Leave pre_axon_spike or post_spike empty"),
    synapse("pre.x does not exist", {"psp": "w*pre.q"}, "The pre-synaptic neuron Cell has no variable called q.",
            "psp 1:3 [pre.q]", "It has: r"),
    synapse("pre.x does not exist", {"psp": "w*pre.r*post.rr"},
            "The post-synaptic neuron Cell has no variable called rr.", "psp 1:9 [post.rr]", "'r'"),
    synapse("pre.sum of no projection", {"psp": "w*pre.sum(inh)"},
            "The pre-synaptic population pop0 receives no projection with the type inh.", "psp 1:3 [pre.sum(inh)]",
            "Connect a projection with the target 'inh'"),
    synapse("pre.sum()", {"psp": "w*pre.sum()"}, "pre.sum() requires one argument", "psp 1:3 [pre.sum()]",
            "Write pre.sum(target)"),
    synapse("projection variable of a local one", {"equations": "x = w : projection"},
            "The global variable x cannot depend on w.", "equations 1:5 [w]", "Leave out the flag"),
    synapse("projection variable of a local one", {"equations": "x = post.r : projection"},
            "The global variable x cannot depend on post.r.", "equations 1:5 [post.r]", "Leave out the flag"),
    synapse("postsynaptic variable of a local one", {"equations": "x = 1\ny = x : postsynaptic"},
            "The postsynaptic variable y cannot depend on x.", "equations 2:5 [x]", "Leave out the flag"),
    synapse("postsynaptic variable of a local one", {"equations": "y = pre.r : postsynaptic"},
            "The postsynaptic variable y cannot depend on pre.r.", "equations 1:5 [pre.r]", "Leave out the flag"),
    synapse("distribution outside of equations", {"psp": "w*Uniform(0, 1)"}, "can only be used in equations",
            "psp 1:3 [Uniform]", "Define a variable"),
    synapse("distribution outside of equations", {"pre_spike": "g_target += Uniform(0, 1)"},
            "can only be used in equations", "pre_spike 1:13 [Uniform]", "Define a variable"),
    synapse("two distributions in creating", {"creating": "Uniform(0, 1) > Normal(0, 1)"},
            "Only one random distribution per equation is allowed.", "creating 1:17 [Normal(0, 1)]", ""),
    synapse("two distributions in creating", {"parameters": "a = 1 : projection", "pruning": "w < Uniform(0, a)"},
            "must use fixed values", "pruning 1:16 [a]", "Write a number"),
]  # fmt: skip

CALLS = [
    call("rule without structural_plasticity", _rule_without_setup,
         '"structural_plasticity", which has not been set to True in setup()', "Synapse Syn",
         "Call setup(structural_plasticity=True)"),
    call("shared attribute with delays that differ",
         lambda: _compiled({"psp": "w*pre.a"}, {"equations": "a = t : population\nr = sum(exc)"},
                           delays=Normal(5.0, 1.0, min=1.0, max=9.0)),
         "with a non-uniform delay", "Projection proj0", "Make"),
    call("projection never connected", _unconnected, "is not connected", "Projection proj0", "connect_* methods"),
    call("object after compile", lambda: _after_compile(lambda _: cell(RATE)),
         "You cannot add a population after the network has been compiled.", "population", "clear()"),
    call("object after compile", lambda: _after_compile(lambda part: Projection(part, part, "exc")),
         "You cannot add a projection after the network has been compiled.", "projection", "clear()"),
    call("name of a population twice", _twice, "Population name='A' is already used.", "'A'", "another name"),
    call("Constant twice", _constants, "'speed' is already used", "Constant", "choose another"),
    call("unbounded random delays", lambda: _compiled({}, SPIKING, delays=Normal(5.0, 1.0)), "max",
         "Projection proj0", "max"),
    call("Monitor of what cannot be recorded", lambda: Monitor(cell({**RATE, "parameters": "a = 1"}), "a"),
         "a is a parameter; parameters are not recordable", "Monitor_pop0", ""),
    call("Monitor of what cannot be recorded", lambda: Monitor(cell(RATE), "foo"), "no variable named 'foo'",
         "Monitor_pop0", "it has: r"),
    call("Monitor of what cannot be recorded", lambda: Monitor(cell(RATE), "r", period=2.0, period_offset=2.0),
         "period_offset must be smaller than the period", "Monitor_pop0", "smaller"),
    call("offset of enable_learning", lambda: _learning(period=10.0, offset=10.0), "must be smaller than the period",
         "Projection learns", "smaller"),
    call("offset of enable_learning", lambda: _learning(offset=10.0), "needs a period", "Projection learns",
         "needs a period"),
    call("STP without facilitation", lambda: STP(tau_facil=0.0), "tau_facil must be positive", "STP",
         "choose a small value"),
]  # fmt: skip

ROWS = [*NEURONS, *SYNAPSES, *CALLS]
