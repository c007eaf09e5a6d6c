"""Strategies for neurons and synapses, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from reference.texts import Draw, bounded, condition, expression, threshold

COUPLED = ("implicit", "midpoint", "rk4")
METHODS = ("explicit", "exponential", "semiimplicit")


@dataclass
class Text:
    """The text fields of a model, and what others may read of it."""

    fields: dict[str, object] = field(default_factory=dict)
    local: list[str] = field(default_factory=list)
    """Variables with one value for each neuron or synapse."""
    settable: list[str] = field(default_factory=list)
    """Local parameters that may be changed while the network runs."""
    targets: list[str] = field(default_factory=list)
    spiking: bool = False


@st.composite
def relaxation(
    draw: Draw,
    name: str,
    siblings: Sequence[str],
    leaves: Sequence[str],
    methods: Sequence[str],
    linear: Sequence[str],
    h: float,
) -> str:
    """An ODE that relaxes within some steps of ``h`` ms. ``linear`` are the names that may stand anywhere in
    an ``implicit`` equation, whose system must be linear; ``siblings`` come in linearly."""
    method = draw(st.sampled_from(methods))
    tau = f"{h * draw(st.integers(5, 40)):g}"
    f = draw(bounded(linear if method == "implicit" else leaves))
    g = draw(bounded(linear if method == "implicit" else leaves, 1))
    forms = [
        f"{tau}*d{name}/dt = -{name} + {f}",
        f"d{name}/dt = ({f} - {name})/{tau}",
        f"{tau}*d{name}/dt + {name} = {f}",
        f"{tau}*d{name}/dt + {name} - {f} = 0",
        f"d{name}/dt + {name}/{tau} = ({f})/{tau}",
        f"{tau} * d{name} / dt = ({f} - {name}) + 0.5*({g} - {name})",
        f"{tau}*d{name}/dt = ({f} - {name})*(0.6 + abs({g}))",
        f"d{name}/dt = -0.2*{name}/{h:g}*(1 + 0.3*{g}) + {f}/{tau}",
    ]
    for other in siblings:
        forms += [
            f"{tau}*d{name}/dt = 0.7*{other} - {name} + 0.5*{f}",
            f"d{name}/dt = ({f} - 0.8*{other} - {name})/{tau}",
            f"{tau}*d{name}/dt + 1.2*{name} - 0.9*{other}*{g} = 0",
        ]
    if method != "implicit":
        forms += [
            f"{tau}*d{name}/dt = -{name}*(1.1 + 0.5*tanh({name})) + {f}",
            f"{tau}*d{name}/dt = {f} - {name} - 0.1*{name}^3",
            f"{tau}*d{name}/dt = (0.3 - {name})*(1.4 + 0.2*{name}) + 0.2*{g}",
            f"{tau}*d{name}/dt = if {draw(condition(leaves, 1))}: {f} - {name} else: {g} - 2*{name}",
        ]
    text = draw(st.sampled_from(forms))
    return f"{text} : {method}" if method != "default" else f"{text} :"


@st.composite
def _flags(draw: Draw, limits: Sequence[str]) -> list[str]:
    flags = []
    if draw(st.booleans()):
        flags.append(f"init={draw(st.sampled_from(['0.2', '-0.5', '1', '0.75']))}")
    which = draw(st.integers(0, 5))
    low, high = draw(st.sampled_from(["-0.8", "-1/3"])), draw(st.sampled_from(["0.9", *limits]))
    if which in (1, 3):
        flags.append(f"min={low}")
    if which in (2, 3):
        flags.append(f"max={high}")
    if which == 4:
        flags += [f"max={high}", f"min={low}"]
    return flags


def _with_flags(text: str, flags: Sequence[str]) -> str:
    """Append flags to a statement that may end in a colon or in a method."""
    if not flags:
        return text.removesuffix(" :")
    joined = ", ".join(flags)
    if text.endswith(" :"):
        return f"{text} {joined}"
    return f"{text}, {joined}" if _has_method(text) else f"{text} : {joined}"


def _has_method(text: str) -> bool:
    return text.rsplit(":", 1)[-1].strip() in (*COUPLED, *METHODS, "event-driven")


def _methods(draw: Draw, default: str) -> list[str]:
    """Methods of one object; of those that solve systems only one may occur."""
    coupled = default if default in COUPLED else draw(st.sampled_from(COUPLED))
    usual = ["default"] if default != "implicit" else []
    return [*usual, *METHODS, *([coupled] * draw(st.sampled_from([1, 4, 20])))]


@st.composite
def _statement(draw: Draw, name: str, earlier: Sequence[str], leaves: Sequence[str]) -> str:
    """An assignment or increment; what feeds back from the step before has a small gain."""
    f = draw(bounded(earlier))
    g = draw(bounded(leaves, 1))
    test, other = draw(condition(earlier, 1)), draw(condition(earlier, 0))
    forms = [
        f"{name} = {f}",
        f"{name} = {f} + 0.1*{g}",
        f"{name} = 0.5*{name} + {f}",
        f"{name} += 0.1*{f}",
        f"{name} -= 0.1*({name} - {f})",
        f"{name} *= 0.6 + 0.3*{f}",
        f"{name} /= 1.6 + 0.3*{g}",
        f"{name} = if {test}: {f} else: 0.2*{g}",
        f"{name} = if {test}: {f} else: if {other}: 0.3 else: 0.1*{g}",
        f"{name} = {f}\n+ 0.1*{g}",
    ]
    return str(draw(st.sampled_from(forms)))


@st.composite
def equations(
    draw: Draw,
    names: Sequence[str],
    parameters: Sequence[str],
    inputs: Sequence[str],
    methods: Sequence[str],
    h: float,
    flag: str = "",
) -> list[str]:
    """Statements that define ``names`` in some order."""
    is_ode = {name: draw(st.integers(0, 2)) > 0 for name in names}
    fixed = [*parameters, *inputs]
    leaves = [*fixed, *names]
    lines = []
    for position, name in enumerate(names):
        if is_ode[name]:
            siblings = [other for other in names if is_ode[other] and other != name]
            line = draw(relaxation(name, siblings, leaves, methods, fixed or ["0.4"], h))
        else:
            earlier = [other for other in names if is_ode[other] or other in names[:position]]
            line = draw(_statement(name, [*fixed, *earlier] or ["0.4"], leaves))
        flags = draw(_flags(parameters[:1]))
        lines.append(_with_flags(line, [*([flag] if flag else []), *flags]))
    return lines


@st.composite
def _whole_numbers(draw: Draw, leaves: Sequence[str]) -> tuple[list[str], list[str]]:
    """Variables of type int and bool, and their equations."""
    lines = {
        "n": ["n += 1 : int", "n = modulo(n + 1, 4) : int, init=2", "n += 1 : int, max=3", "n = 1 - n : int"],
        "k": [f"k = 3.7*{draw(bounded(leaves, 1))} : int"],
        "b": [f"b = {draw(condition(leaves, 1))} : bool", "b = not b : bool, init=True"],
    }
    chosen = draw(st.lists(st.sampled_from(sorted(lines)), unique=True, max_size=2))
    return chosen, [draw(st.sampled_from(lines[name])) for name in chosen]


OPERATIONS = ("mean({0})", "max({0})", "min({0})", "0.1*norm1({0})", "0.3*norm2({0})")


@st.composite
def _operations(draw: Draw, names: Sequence[str]) -> list[str]:
    """Terms with numbers over a whole population."""
    forms = draw(st.sampled_from([[], [], draw(st.lists(st.sampled_from(OPERATIONS), max_size=2))]))
    attributes = [name for name in names if "(" not in name]
    return [form.format(draw(st.sampled_from(attributes))) for form in forms if attributes]


@st.composite
def _parameters(draw: Draw, flag: str) -> tuple[list[str], list[str], list[str]]:
    """Lines, names of local parameters, names of shared ones."""
    lines, local, shared = [], [], []
    for name in draw(st.sampled_from([("p",), ("p", "q"), ("p", "q", "s"), ("q", "s")])):
        value = draw(st.sampled_from(["0.5", "1.25", "-0.4", "1/3", "2"]))
        is_shared = draw(st.booleans())
        lines.append(f"{name} = {value}" + (f" : {flag}" if is_shared else ""))
        (shared if is_shared else local).append(name)
    return lines, local, shared


FUNCTIONS = "soft(x) = x/(1 + abs(x))\nmix(x, y) = 0.4*x - 0.3*tanh(y)"


@st.composite
def neuron(draw: Draw, spiking: bool, default: str, dt: float) -> Text:
    """A neuron with one to five equations of its own."""
    text = Text(spiking=spiking)
    lines, local, shared = draw(_parameters("population"))
    names = ["x", "y", "z"][: draw(st.integers(0, 3))]
    global_names = draw(st.sampled_from([[], [], ["u"], ["u", "u2"]]))
    text.targets = list(draw(st.sampled_from([("exc",), ("exc", "inh")])))
    inputs = [f"g_{t}" if spiking else f"sum({t})" for t in text.targets]
    if not spiking and draw(st.booleans()):
        inputs.append("sum()")
    main = "v" if spiking else "r"
    parameters = [*local, *shared]
    inputs += draw(_operations([main, *names, *local]))
    time = draw(st.sampled_from([[], ["0.1*t"], [f"exp(-(t - t_last)/{7 * dt:g})"] if spiking else ["dt"]]))
    order = draw(st.permutations([main, *names]))
    methods = _methods(draw, default)
    body = draw(equations(order, parameters, [*inputs, *global_names, *time], methods, dt))
    body += draw(equations(global_names, shared, ["0.2*t"], methods, dt, "population"))
    _, whole_lines = draw(_whole_numbers([*order, *parameters]))
    body += whole_lines
    if draw(st.booleans()):
        body.append(f"e = soft({order[0]}) + mix({order[-1]}, {inputs[0]})")
        text.fields["functions"] = FUNCTIONS
        names = [*names, "e"]
    if spiking:
        _make_spiking(draw, text, lines, body, [*names, main], dt)
    text.fields |= {"parameters": "\n".join(lines), "equations": "\n".join(body)}
    text.local = [main, *names]
    text.settable = local
    return text


def _make_spiking(
    draw: Draw, text: Text, lines: list[str], body: list[str], names: list[str], dt: float
) -> None:
    """Conductances, threshold, reset and refractoriness; the drive makes neurons fire every few steps."""
    lines.append(f"theta = {draw(threshold(0.4, 1.2))}")
    tau = f"{dt * draw(st.integers(2, 9)):g}"
    inhibition = " - 0.4*g_inh" * ("inh" in text.targets)
    body.append(f"{tau}*dpotential/dt = 1.9 - potential + 0.4*v + 0.5*g_exc{inhibition} : exponential")
    for target in text.targets:
        tau = f"{dt * draw(st.integers(2, 9)):g}"
        method = draw(st.sampled_from(["exponential", "explicit", "semiimplicit"]))
        if draw(st.booleans()):
            body.append(f"{tau} * dg_{target}/dt = -g_{target} : {method}")
    text.fields["spike"] = draw(
        st.sampled_from(["potential > theta", f"(potential > theta) and (v > {draw(threshold(-1.5, 0.1))})"])
    )
    resets = ["potential = 0.05", "potential = -0.2\nv += 0.1", "potential -= 1.1\nv = 0.3*v - 0.1*p_reset"]
    lines.append("p_reset = 0.3")
    text.fields["reset"] = draw(st.sampled_from(resets))
    if draw(st.integers(0, 2)) == 0:
        body.append(f"axon += 0.31 + 0.1*tanh({names[0]})")
        text.fields["axon_spike"] = f"axon > {draw(threshold(0.4, 1.6))}"
        text.fields["axon_reset"] = draw(st.sampled_from(["axon = 0", "axon -= 1.1\npotential += 0.2"]))
    refractory = draw(st.sampled_from([None, 1.5 * dt, 3.5 * dt, "pause"]))
    if refractory == "pause":
        lines.append(f"pause = {2.5 * dt:g}")
    text.fields["refractory"] = refractory


# --- synapses -----------------------------------------------------------------------------------------


def _sides(pre: Text, post: Text) -> tuple[list[str], list[str]]:
    return [f"pre.{name}" for name in pre.local], [f"post.{name}" for name in post.local]


@st.composite
def _learning(
    draw: Draw, pres: Sequence[str], posts: Sequence[str], parameters: list[list[str]], default: str, h: float
) -> tuple[list[str], list[str]]:
    """Equations of a synapse, and the names of its local variables."""
    local, shared = parameters
    body: list[str] = []
    names = ["x", "y"][: draw(st.sampled_from([0, 1, 2, 2]))]
    of_post = draw(st.sampled_from([[], [], ["theta"], ["theta", "phi"]]))
    of_all = draw(st.sampled_from([[], [], ["level"]]))
    methods = _methods(draw, default)
    body += draw(equations(of_all, shared, ["0.2*t"], methods, h, "projection"))
    body += draw(equations(of_post, [*shared, *of_all], posts, methods, h, "postsynaptic"))
    weight = ["w"] if draw(st.booleans()) else []
    everything = [*local, *shared, *of_post, *of_all, *draw(_operations([*pres, *posts]))]
    own = draw(equations([*names, *weight], everything, [*pres, *posts], methods, h))
    return [*own, *body] if draw(st.booleans()) else [*body, *own], [*names, *weight]


@st.composite
def rate_synapse(draw: Draw, pre: Text, post: Text, target: str, default: str, h: float) -> Text:
    """A synapse between rate-coded neurons."""
    text = Text()
    lines, local, shared = draw(_parameters("projection"))
    pres, posts = _sides(pre, post)
    sums = [f"post.sum({target})"]
    body, names = draw(_learning(pres, [*posts, *sums], [local, shared], default, h))
    text.local, text.settable = names, local
    leaves = ["pre.r", *pres, *posts[:1], *names, *local, *draw(_operations([*pres, *posts]))]
    psp = [
        None,
        "w * pre.r",
        f"w*{draw(expression(leaves, 1))}",
        f"w*(1 + 0.2*{draw(bounded(leaves, 1))})*tanh(pre.r)",
        f"if {draw(condition(leaves, 1))}: w*pre.r else: 0.2*w",
    ]
    text.fields = {
        "parameters": "\n".join(lines),
        "equations": "\n".join(body),
        "psp": draw(st.sampled_from(psp)),
        "operation": draw(st.sampled_from(["sum", "sum", "sum", "max", "min", "mean"])),
    }
    return text


@st.composite
def spiking_synapse(draw: Draw, pre: Text, post: Text, target: str, default: str, h: float) -> Text:
    """A synapse between spiking neurons; pre may be a spike source, which has no attributes to read."""
    text = Text()
    lines, local, shared = draw(_parameters("projection"))
    pres, posts = _sides(pre, post)
    body, names = draw(_learning(pres, posts, [local, shared], default, h))
    exact = draw(st.sampled_from([[], ["a"], ["a", "c"]]))
    for name in exact:
        tau, steady = f"{h * draw(st.integers(3, 30)):g}", draw(st.sampled_from([None, *local, "0.3"]))
        body.append(f"{tau}*d{name}/dt = {f'{steady} - {name}' if steady else f'-{name}'} : event-driven")
    times = [f"exp(-abs(t - t_pre)/{5 * h:g})", f"exp(-abs(t - t_post)/{9 * h:g})"]
    conductance = [f"post.g_{target}"] if target in post.targets else []
    leaves = [*names, *exact, *posts, *times, "w", *local]
    statements = draw(_event([*leaves, *conductance], [*exact, "m"]))
    gs = ["g_target += w", f"g_target += w*(1 + 0.3*{draw(bounded(leaves, 1))})", "g_target += w : max=1.5"]
    transmission = draw(st.sampled_from([[], [draw(st.sampled_from(gs))]]))
    pre_spike = draw(st.permutations([*transmission, *statements])) or None
    text.fields = {"parameters": "\n".join(lines), "equations": "\n".join(body)}
    if pre_spike:
        text.fields["pre_spike"] = "\n".join(pre_spike)
    if "axon_spike" in pre.fields:
        same = text.fields.get("pre_spike", "g_target += w")
        text.fields["pre_axon_spike"] = draw(
            st.sampled_from([same, f"g_target += 0.5*w*{draw(bounded(leaves, 1))}"])
        )
    elif draw(st.booleans()):
        text.fields["post_spike"] = "\n".join(draw(_event([*leaves, *conductance], exact)))
    if pres and draw(st.integers(0, 2)) == 0:
        text.fields["psp"] = draw(
            st.sampled_from(["0.1*w*(pre.v - post.v)", f"0.1*w*{draw(bounded([*leaves, *pres], 1))}"])
        )
    text.local, text.settable = names, local
    return text


@st.composite
def _event(draw: Draw, leaves: Sequence[str], names: Sequence[str]) -> list[str]:
    """Statements at a spike. ``m`` is defined by the event itself."""
    lines = []
    for name in draw(st.lists(st.sampled_from([*names, "w"]), unique=True, max_size=3)):
        f = draw(bounded(leaves, 1))
        forms = {
            "w": [
                f"w = clip(w + 0.02*{f}, -0.1, 0.6)",
                f"w += 0.01*{f} : min=-0.1, max=0.6",
                f"w -= 0.01*{f} : unless_post, min=-0.2",
                "w *= 0.97",
            ],
            "m": [f"m = 0.4*m + 0.2*{f}", f"m = {f} : init=0.4, max=0.7"],
        }
        other = [f"{name} += 0.3", f"{name} = 0.5*{name} + 0.2*{f}", f"{name} += 0.2*{f} : min=-0.5, max=1.1"]
        lines.append(draw(st.sampled_from(forms.get(name, other))))
    return lines
