"""Strategies for synapses, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from reference.statements import (
    FUNCTIONS,
    Parameters,
    Text,
    choose_methods,
    equations,
    operations,
    parameters,
    random_terms,
    whole_numbers,
)
from reference.texts import Draw, bounded, condition, expression, joined


@dataclass(frozen=True)
class Place:
    """What a synapse is to join."""

    pre: Text
    post: Text
    target: str
    default: str
    """Method of ODEs without a flag."""
    h: float
    """ms of a step."""
    delay: float | tuple[float, float]
    """ms; two numbers: each synapse has one between them."""
    sums: tuple[str, ...] = ()
    """``pre.sum(t)`` and ``post.sum(t)`` that equations may read."""
    transmitted_sums: tuple[str, ...] = ()
    """Those that a ``psp`` may read: of what no such projection adds to."""
    structural: bool = False

    @property
    def uniform(self) -> bool:
        """All synapses have one delay."""
        return not isinstance(self.delay, tuple)

    def sides(self) -> tuple[list[str], list[str]]:
        """What may be read of the two neurons."""
        pres = [f"pre.{name}" for name in (*self.pre.local, *self.pre.settable)]
        posts = [f"post.{name}" for name in (*self.post.local, *self.post.settable, *self.post.shared)]
        if self.uniform:
            pres += [f"pre.{name}" for name in self.pre.shared]
        if self.pre.spiking:
            pres.append("tanh(0.002*pre.r)")
            posts.append("tanh(0.002*post.r)")
        return pres, posts

    def operands(self) -> list[str]:
        """Of operations over a population: what has one value for each neuron."""
        return [f"pre.{name}" for name in self.pre.local] + [f"post.{name}" for name in self.post.local]


@st.composite
def _learning(
    draw: Draw, place: Place, given: Parameters, inputs: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """Equations of a synapse, the names of its local variables, and of those of post-synaptic neurons.
    ``inputs`` are seen by local equations only."""
    body: list[str] = []
    h = place.h
    pres, posts = place.sides()
    pres += [term for term in place.sums if term.startswith("pre")]
    posts += [term for term in place.sums if term.startswith("post")]
    names = ["x", "y"][: draw(st.sampled_from([0, 1, 2, 2, 2]))]
    of_post = draw(st.sampled_from([[], [], ["theta"], ["theta", "phi"]]))
    of_all = draw(st.sampled_from([[], [], ["level"]]))
    methods = choose_methods(draw, place.default)
    body += draw(equations(of_all, given.shared, ["0.2*t"], methods, h, "projection"))
    seen = [*of_all, *given.shared, *posts]
    body += draw(equations(of_post, given.of_post, seen, methods, h, "postsynaptic"))
    weight = ["w"] if draw(st.booleans()) else []
    everything = [*given.shared, *given.of_post, *of_post, *of_all, *draw(operations(place.operands()))]
    whole, whole_lines = draw(whole_numbers([*given.local, *pres, *posts], "projection"))
    seen = [*everything, *pres, *posts, *inputs, *draw(random_terms())]
    if whole and draw(st.booleans()):
        seen += whole
        body += whole_lines
    own = draw(equations([*names, *weight], given.local, seen, methods, h))
    return [*own, *body] if draw(st.booleans()) else [*body, *own], [*names, *weight], of_post


def _fields(draw: Draw, given: Parameters, body: Sequence[str]) -> dict[str, object]:
    return {
        "parameters": draw(joined(given.lines)),
        "equations": draw(joined(body)),
        "functions": draw(st.sampled_from(FUNCTIONS)),
    }


@st.composite
def rate_synapse(draw: Draw, place: Place) -> Text:
    """A synapse between rate-coded neurons."""
    text = Text()
    given = draw(parameters(["projection", "postsynaptic"]))
    body, names, _ = draw(_learning(place, given, []))
    text.local, text.settable = names, given.settable
    pres, posts = place.sides()
    leaves = ["pre.r", *pres, *posts[:1], *names, *given.local, *given.of_post]
    leaves += [*draw(operations(place.operands())), *place.transmitted_sums * 4]
    psp = [
        None,
        "w * pre.r",
        f"w*{draw(expression(leaves, 1))}",
        f"w*{draw(expression(leaves, 1))}",
        f"w*(1 + 0.2*{draw(bounded(leaves, 1))})*tanh(pre.r)",
        f"if {draw(condition(leaves, 1))}: w*pre.r else: 0.2*w",
        f"w*mix(pre.r, {draw(bounded(leaves, 1))})",
        *(f"w*tanh({term})" for term in place.transmitted_sums * 8),
    ]
    text.fields = _fields(draw, given, body)
    text.fields["psp"] = draw(st.sampled_from(psp))
    text.fields["operation"] = draw(st.sampled_from(["sum", "sum", "sum", "max", "min", "mean"]))
    _add_rules(draw, place, text, given, [])
    return text


@st.composite
def spiking_synapse(draw: Draw, place: Place) -> Text:
    """A synapse between spiking neurons; pre may be a spike source, whose only attribute is ``r``."""
    text = Text()
    h = place.h
    given = draw(parameters(["projection", "postsynaptic"]))
    pres, posts = place.sides()
    times = [f"exp(-abs(t - t_pre)/{5 * h:g})", f"exp(-abs(t - t_post)/{9 * h:g})"]
    body, names, of_post = draw(_learning(place, given, draw(st.sampled_from([[], times]))))
    exact = draw(st.sampled_from([[], ["a"], ["a", "c"]]))
    for name in exact:
        tau = f"{h * draw(st.integers(3, 30)):g}"
        steady = draw(st.sampled_from([None, *given.local, *given.of_post, "0.3", "gain"]))
        flag = draw(st.sampled_from(["event-driven", "event-driven", "init=0.5, event-driven", "exact"]))
        body.append(f"{tau}*d{name}/dt = {f'{steady} - {name}' if steady else f'-{name}'} : {flag}")
    conductance = [f"post.g_{place.target}"] if place.target in place.post.targets else []
    leaves = [*names, *exact, *posts, *times, "w", *given.local, *given.of_post]
    statements = draw(event([*leaves, *conductance], [*exact, "m"], of_post))
    sign = draw(st.sampled_from(["+=", "+=", "+=", "-=", "="]))
    gs = [
        ["g_target += w"],
        [f"g_target {sign} w*(1 + 0.3*{draw(bounded(leaves, 1))})"],
        ["g_target += w : max=1.5"],
        ["g_target += w", "g_target *= 0.9 : min=0.1"],
        [f"g_target = if {draw(condition(leaves, 1))}: g_target + w else: 0.5*g_target"],
    ]
    transmission = draw(st.sampled_from([[], draw(st.sampled_from(gs))]))
    pre_spike = draw(st.permutations([*transmission, *statements])) or None
    text.fields = _fields(draw, given, body)
    if pre_spike:
        text.fields["pre_spike"] = draw(joined(pre_spike))
    if "axon_spike" in place.pre.fields:
        same = text.fields.get("pre_spike", "g_target += w")
        text.fields["pre_axon_spike"] = draw(
            st.sampled_from([same, f"g_target += 0.5*w*{draw(bounded(leaves, 1))}"])
        )
    elif draw(st.booleans()):
        text.fields["post_spike"] = draw(joined(draw(event([*leaves, *conductance], exact, of_post))))
    if place.pre.local and draw(st.integers(0, 2)) == 0:
        text.fields["psp"] = draw(
            st.sampled_from(["0.1*w*(pre.v - post.v)", f"0.1*w*{draw(bounded([*leaves, *pres], 1))}"])
        )
    text.local, text.settable = names, given.settable
    _add_rules(draw, place, text, given, times)
    return text


def _add_rules(draw: Draw, place: Place, text: Text, given: Parameters, times: Sequence[str]) -> None:
    """Rules of structural plasticity, without chance."""
    if not place.structural:
        return
    pres, posts = place.sides()
    outer = [*pres, *posts, *given.shared, *given.of_post, *times]
    if draw(st.integers(0, 3)):
        flags = draw(st.sampled_from(["", " : w=0.2", " : proba=1.0, w=0.15", " : w=0.1, proba=0.0"]))
        text.fields["creating"] = _with_chance(draw, draw(condition(outer, 1))) + flags
    if draw(st.integers(0, 3)):
        flags = draw(st.sampled_from(["", "", " : proba=1.0"]))
        inner = [*outer, *text.local, *given.local, "w"]
        text.fields["pruning"] = _with_chance(draw, draw(condition(inner, 1))) + flags


def _with_chance(draw: Draw, rule: str) -> str:
    """Sometimes with the one random term that a rule may have."""
    return rule if draw(st.integers(0, 3)) else f"({rule}) and (Uniform(0.3, 0.3) < 0.9)"


@st.composite
def event(draw: Draw, leaves: Sequence[str], names: Sequence[str], of_post: Sequence[str]) -> list[str]:
    """Statements at a spike. ``m`` is defined by the event itself."""
    lines = []
    for name in draw(st.lists(st.sampled_from([*names, *of_post, "w"]), unique=True, max_size=3)):
        f = draw(bounded(leaves, 1))
        forms = {
            "w": [
                f"w = clip(w + 0.02*{f}, -0.1, 0.6)",
                f"w += 0.01*{f} : min=-0.1, max=0.6",
                f"w -= 0.01*{f} : unless_post, min=-0.2",
                "w *= 0.97",
                f"w = if {draw(condition(leaves, 1))}: 0.9*w + 0.01 else: w",
            ],
            "m": [f"m = 0.4*m + 0.2*{f}", f"m = {f} : init=0.4, max=0.7", f"m = mix({f}, m)"],
        }
        other = [
            f"{name} += 0.3",
            f"{name} = 0.5*{name} + 0.2*{f}",
            f"{name} += 0.2*{f} : min=-0.5, max=1.1",
            f"{name} /= 1.5 + 0.3*{f}",
        ]
        lines.append(draw(st.sampled_from(forms.get(name, other))))
    return lines
