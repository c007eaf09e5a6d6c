"""Strategies for statements: what neurons and synapses have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from reference.texts import Draw, bounded, condition

COUPLED = ("implicit", "midpoint", "rk4")
METHODS = ("explicit", "exponential", "semiimplicit")


@dataclass
class Text:
    """The text fields of a model, and what others may read of it."""

    fields: dict[str, object] = field(default_factory=dict)
    local: list[str] = field(default_factory=list)
    """Variables with one value for each neuron or synapse."""
    shared: list[str] = field(default_factory=list)
    """Parameters and variables with one value for the whole population."""
    settable: list[str] = field(default_factory=list)
    """Local parameters that may be changed while the network runs."""
    targets: list[str] = field(default_factory=list)
    spiking: bool = False


@dataclass
class Parameters:
    """Lines of ``parameters``, and names by locality. Those of type int or bool are not ``settable``."""

    lines: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    of_post: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    settable: list[str] = field(default_factory=list)


VALUES = ("0.5", "1.25", "-0.4", "1/3", "2", "gain", "10.0/4 - 1.5", "")
TYPED = {"count": ("count = 3 : int", "count = 2.7 : int"), "on": ("on = True : bool", "on : bool")}


@st.composite
def parameters(draw: Draw, flags: Sequence[str]) -> Parameters:
    """One to four parameters; ``flags`` are those that make one shared."""
    found = Parameters()
    for name in draw(st.sampled_from([("p",), ("p", "q"), ("p", "q", "s"), ("q", "s")])):
        value = draw(st.sampled_from(VALUES))
        flag = draw(st.sampled_from(["", *flags]))
        words = [word for word in (flag, draw(st.sampled_from(["", "", "float"]))) if word]
        assigned = f"{name} = {value}" if value else name
        found.lines.append(assigned + (f" : {', '.join(words)}" if words else ""))
        {"": found.local, "postsynaptic": found.of_post}.get(flag, found.shared).append(name)
        if not flag:
            found.settable.append(name)
    if not draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(TYPED)))
        flag = draw(st.sampled_from(["", *flags]))
        found.lines.append(draw(st.sampled_from(TYPED[name])) + (f", {flag}" if flag else ""))
        {"": found.local, "postsynaptic": found.of_post}.get(flag, found.shared).append(name)
    return found


# --- ODEs ---------------------------------------------------------------------------------------------


def choose_methods(draw: Draw, default: str) -> list[str]:
    """Methods of one object; of those that solve systems only one may occur. ``default ...`` stands for no
    flag. If it is one method, all ODEs are to make one system."""
    coupled = default if default in COUPLED else draw(st.sampled_from(COUPLED))
    if draw(st.booleans()):
        return [coupled]
    return [f"default {default}", *METHODS, *([coupled] * draw(st.sampled_from([1, 4])))]


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
    is_linear = method.endswith(" implicit") or method == "implicit"
    tau = f"{h * draw(st.integers(5, 40)):g}"
    f = draw(bounded(linear if is_linear else leaves))
    g = draw(bounded(linear if is_linear else leaves, 1))
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
    if not is_linear:
        forms += [
            f"{tau}*d{name}/dt = -{name}*(1.1 + 0.5*tanh({name})) + {f}",
            f"{tau}*d{name}/dt = {f} - {name} - 0.1*{name}^3",
            f"{tau}*d{name}/dt = (0.3 - {name})*(1.4 + 0.2*{name}) + 0.2*{g}",
            f"{tau}*d{name}/dt = if {draw(condition(leaves, 1))}: {f} - {name} else: {g} - 2*{name}",
        ]
    with_siblings = []
    for other in siblings:
        with_siblings += [
            f"{tau}*d{name}/dt = 0.7*{other} - {name} + 0.5*{f}",
            f"d{name}/dt = ({f} - 0.8*{other} - {name})/{tau}",
            f"{tau}*d{name}/dt + 1.2*{name} - 0.9*{other}*{g} = 0",
        ]
    are_system = siblings and len(methods) == 1
    text = draw(st.sampled_from(with_siblings if are_system else forms + with_siblings))
    if method == "rk4":
        method = draw(st.sampled_from(["rk4", "runge-kutta4"]))
    return f"{text} :" if method.startswith("default") else f"{text} : {method}"


# --- assignments --------------------------------------------------------------------------------------


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
        f"{name} = if {test}: if {other}:\n 0.3\n else: 0.1*{g}\n else: {f}",
        f"{name} = {f}\n+ 0.1*{g}",
    ]
    return str(draw(st.sampled_from(forms)))


@st.composite
def _flags(draw: Draw, limits: Sequence[str], words: Sequence[str]) -> list[str]:
    flags = [word for word in words if not draw(st.integers(0, 7))]
    if draw(st.booleans()):
        flags.append(f"init={draw(st.sampled_from(['0.2', '-0.5', '1', '0.75', 'shift']))}")
    which = draw(st.integers(0, 5))
    edges = [form.format(name) for name in limits for form in ("{0}", "0.6 + abs({0})", "max({0}, 0.3)")]
    edges = [edge.replace("max(", "Max(") for edge in edges]
    low, high = draw(st.sampled_from(["-0.8", "-1/3", "shift"])), draw(st.sampled_from(["0.9", *edges]))
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
    words = ", ".join(flags)
    if text.endswith(" :"):
        return f"{text} {words}"
    return f"{text}, {words}" if _has_method(text) else f"{text} : {words}"


def _has_method(text: str) -> bool:
    return text.rsplit(":", 1)[-1].strip() in (*COUPLED, *METHODS, "runge-kutta4", "event-driven")


@st.composite
def equations(
    draw: Draw,
    names: Sequence[str],
    limits: Sequence[str],
    inputs: Sequence[str],
    methods: Sequence[str],
    h: float,
    flag: str = "",
    words: Sequence[str] = ("float",),
) -> list[str]:
    """Statements that define ``names`` in some order, and may read ``limits`` (parameters, which bounds may
    name as well) and ``inputs``."""
    together = len(methods) == 1 and len(names) > 1
    is_ode = {name: together or draw(st.integers(0, 2)) > 0 for name in names}
    fixed = [*limits, *inputs]
    leaves = [*fixed, *names]
    lines = []
    for position, name in enumerate(names):
        if is_ode[name]:
            siblings = [other for other in names if is_ode[other] and other != name]
            line = draw(relaxation(name, siblings, leaves, methods, fixed or ["0.4"], h))
        else:
            earlier = [other for other in names if is_ode[other] or other in names[:position]]
            line = draw(_statement(name, [*fixed, *earlier] or ["0.4"], leaves))
        flags = draw(_flags(limits[:1], words))
        lines.append(_with_flags(line, [*([flag] if flag else []), *flags]))
    return lines


@st.composite
def whole_numbers(draw: Draw, leaves: Sequence[str], shared_flag: str) -> tuple[list[str], list[str]]:
    """Expressions of variables of type int and bool, and the equations of those."""
    lines = {
        "0.1*n": [
            "n += 1 : int",
            "n = modulo(n + 1, 4) : int, init=2",
            "n += 1 : int, max=3",
            "n = 1 - n : int",
        ],
        "0.2*k": [f"k = 3.7*{draw(bounded(leaves, 1))} : int"],
        "0.3*b": [f"b = {draw(condition(leaves, 1))} : bool", "b = not b : bool, init=True"],
        "0.1*j0": [f"j0 += 1 : int, {shared_flag}, max=5", f"j0 = 3 - j0 : int, {shared_flag}, init=2"],
        "0.2*h": [f"h = not h : bool, {shared_flag}", f"h = t > 7*dt : {shared_flag}, bool"],
    }
    chosen = draw(st.lists(st.sampled_from(sorted(lines)), unique=True, max_size=2))
    return chosen, [draw(st.sampled_from(lines[name])) for name in chosen]


OPERATIONS = ("mean({0})", "max({0})", "min({0})", "0.1*norm1({0})", "0.3*norm2({0})")


@st.composite
def operations(draw: Draw, names: Sequence[str]) -> list[str]:
    """Terms with numbers over a whole population."""
    forms = draw(st.just([]) | st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=2))
    attributes = [name for name in names if "(" not in name]
    return [form.format(draw(st.sampled_from(attributes))) for form in forms if attributes]


FIXED_DRAWS = ("Uniform(0.4, 0.4)", "Normal(-0.2, 0.0)", "DiscreteUniform(1, 1)", "Uniform(-0.3, -0.3)")
"""Random terms without chance."""


def random_terms() -> st.SearchStrategy[list[str]]:
    """Sometimes a random term."""
    return st.sampled_from([[], [], []]) | st.sampled_from(FIXED_DRAWS).map(lambda text: [text])


FUNCTIONS = (
    "soft(x) = x/(1 + abs(x))\nmix(x, y) = 0.4*x - 0.3*tanh(y)",
    "soft(x) = scaled(x) - 0.1*gain; mix(x, y) = if y > 0.1592653: 0.4*x else: 0.3*tanh(y)",
)
"""Functions of a model, by the same names."""
