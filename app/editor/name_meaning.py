"""What a name in an equation stands for, said in a line or two."""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.functions import ALIASES, DISTRIBUTIONS
from engine.language.model import NeuronModel, Parameter, SynapseModel, Variable

FUNCTIONS = {
    "pos": "pos(x): x where it is positive, else 0",
    "neg": "neg(x): x where it is negative, else 0",
    "clip": "clip(x, a, b): x, but at least a and at most b",
    "modulo": "modulo(x, y): remainder of x / y",
    "exp": "exp(x): e to the power of x",
    "log": "log(x): natural logarithm",
    "sqrt": "sqrt(x): square root",
    "fabs": "fabs(x): absolute value",
    "atan2": "atan2(y, x): angle of the point (x, y)",
    "floor": "floor(x): greatest whole number that is not above x",
    "ceil": "ceil(x): least whole number that is not below x",
    "round": "round(x): nearest whole number",
    "log10": "log10(x): logarithm to base 10",
    "log2": "log2(x): logarithm to base 2",
    "log1p": "log1p(x): log(1 + x), exact for small x",
    "expm1": "expm1(x): exp(x) - 1, exact for small x",
    "exp2": "exp2(x): 2 to the power of x",
    "cbrt": "cbrt(x): cube root",
    "erf": "erf(x): error function",
    "sign": "sign(x): -1, 0 or 1",
    "isnan": "isnan(x): whether x is no number, such as 0/0",
    "isfinite": "isfinite(x): whether x is a finite number",
    "Heaviside": "Heaviside(x): 1 where x is positive, 0 where it is negative",
    "max": "max(x, y): the greater; max(x): the greatest of the whole population",
    "min": "min(x, y): the smaller; min(x): the smallest of the whole population",
    "ite": "ite(condition, a, b): a where the condition holds, else b",
    "pow": "pow(x, y): x to the power of y",
    "power": "power(x, y): x to the power of y",
    "fmod": "fmod(x, y): remainder of x / y",
    "sum": "sum(target): what arrives from all synapses onto the target",
    "mean": "mean(x): mean of x over the whole population",
    "norm1": "norm1(x): sum of the absolute values over the whole population",
    "norm2": "norm2(x): Euclidean norm over the whole population",
}
WORDS = {
    "t": "t: time since the start of the simulation, in ms",
    "dt": "dt: time step in ms",
    "pi": "pi: 3.14159...",
    "t_pre": "t_pre: time of the last spike that arrived from the pre-synaptic neuron, in ms",
    "t_post": "t_post: time of the last spike of the post-synaptic neuron, in ms",
    "t_last": "t_last: time of the last spike, in ms",
    "g_target": "g_target: the conductance of the projection's target in the post-synaptic neuron",
    "event": "event-driven: solved exactly at spikes, not in every step",
    "init": "init = value: value before the first step",
    "population": "population: one value for the whole population",
    "postsynaptic": "postsynaptic: one value for each post-synaptic neuron",
    "projection": "projection: one value for the whole projection",
    "unless_post": "unless_post: left out when the post-synaptic neuron spikes in the same step",
    "unless_refractory": "unless_refractory: left out while the neuron is refractory",
}
_TRIGONOMETRIC = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
_SPREADS = {"local": "", "global": ", one value for all", "semiglobal": ", one for each post-synaptic neuron"}
_ENDS = {"pre": "pre-synaptic neuron", "post": "post-synaptic neuron"}


@dataclass(frozen=True)
class Meanings:
    """The names that a text may use: of its model, and of the two neurons of a synapse."""

    model: NeuronModel | SynapseModel | None = None
    pre: NeuronModel | None = None
    post: NeuronModel | None = None

    def of(self, word: str) -> str:
        """What ``word`` (``v``, ``dv``, ``pre.r``, ``exp``) stands for; empty: nothing that is known."""
        owner, dot, name = word.rpartition(".")
        if dot:
            attribute = _attribute(self.pre if owner == "pre" else self.post, name)
            return f"{attribute}\nof the {_ENDS[owner]}" if attribute and owner in _ENDS else ""
        own = _attribute(self.model, word)
        if own or word in WORDS:
            return own or WORDS[word]
        if word.startswith("d") and (changing := _attribute(self.model, word[1:])):
            return f"{word}: change of the {changing.partition(': ')[2]}"
        return function_meaning(word)


def function_meaning(name: str) -> str:
    """What a function of the language does; empty: it has none of this name."""
    canonical = ALIASES.get(name, name)
    if canonical in FUNCTIONS:
        return FUNCTIONS[canonical].replace(canonical, name)
    if name in _TRIGONOMETRIC:
        return f"{name}(x): of an angle in radians" if name in ("sin", "cos", "tan") else f"{name}(x)"
    if name in DISTRIBUTIONS:
        return f"{name}: a new random number in every step and for every neuron or synapse"
    return ""


def _attribute(model: NeuronModel | SynapseModel | None, name: str) -> str:
    if model is None:
        return ""
    for parameter in model.parameters:
        if parameter.name == name:
            return f"{name}: parameter, {_value(parameter)}{_SPREADS[parameter.locality]}"
    for variable in model.variables:
        if variable.name == name:
            return "\n".join(filter(None, (_variable(variable), _equation(model, name))))
    return ""


def _value(attribute: Parameter | Variable) -> str:
    value = attribute.value if isinstance(attribute, Parameter) else attribute.init
    return f"{value:g}" if isinstance(value, float) else str(value)


def _variable(variable: Variable) -> str:
    return f"{variable.name}: variable, starts at {_value(variable)}{_SPREADS[variable.locality]}"


def _equation(model: NeuronModel | SynapseModel, name: str) -> str:
    if isinstance(model, NeuronModel):
        if name == "r" and model.kind == "spike":
            return "mean firing rate in Hz"
        if name.removeprefix("g_") in model.targets:
            return f"rises with what arrives at the target {name.removeprefix('g_')}"
    if name == "w" and isinstance(model, SynapseModel):
        return "weight of the synapse"
    return next((equation.text for equation in model.equations if equation.name == name), "")
