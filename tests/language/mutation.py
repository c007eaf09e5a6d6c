"""Mutated models: the texts of real neurons and synapses with pieces lost, doubled, moved and exchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.errors import ModelError
from engine.language import discretise, parse_neuron, parse_synapse, tokens
from engine.language.model import NeuronModel, SynapseModel
from engine.models import list_standard_neurons, list_standard_synapses

GOLDEN = Path(__file__).parents[1] / "golden"
NEURON_FIELDS = ("parameters", "equations", "spike", "reset", "functions", "axon_spike", "axon_reset")
SYNAPSE_FIELDS = (
    *("parameters", "equations", "psp", "pre_spike", "post_spike", "functions"),
    *("pre_axon_spike", "pruning", "creating"),
)
METHODS = ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
CONSTANTS = {"cst": 2.0}

MODELS_OF_ODDITIES = (
    (
        "neuron",
        {
            "parameters": "tau = 10.0 : population\nb = True\nn = 3 : int\nk = cst",
            "equations": "noise = Normal(0.0, tau)\ntau * dv/dt + v = sum(exc) - sum(inh) : init=0.2, min=0.0"
            ", max=2*k\ndu/dt = -u*v/tau : rk4\nm += 1/2 : int\nq = (v > 0.5) and not (u < 0.1) : bool\n"
            "s = Exponential(2.0)*t : population\nr = if v > 1: pos(v) else: if b: neg(u) else: f(v, dt)",
            "functions": "f(x, y) = x**2 + modulo(y, 3) - ite(x > y, 1, power(x, 3))",
        },
    ),
    (
        "neuron",
        {
            "parameters": "tau = 5\ntheta = 1.",
            "equations": "tau*dv/dt = -v + g_exc - g_inh : exponential\ndg_exc/dt = -g_exc/5\n"
            "dx/dt = y - x : implicit\ndy/dt = -x - y : implicit\nage = t - t_last",
            "spike": "v >= theta and age > 1",
            "axon_spike": "x > 2",
            "axon_reset": "x = 0",
            "reset": "v = 0; x += 0.5\ntheta *= 1.1",
        },
    ),
    (
        "synapse",
        {
            "parameters": "eta = 0.1 : projection\ntau = 20.0\nlow = 0 : postsynaptic",
            "equations": "dy/dt = -y/eta : projection, exponential\ntheta = low*post.r : postsynaptic\n"
            "tau*dw/dt = pre.r*(post.r - theta) - w*y : min=0, max=1",
            "psp": "w * log(1 + abs(pre.r))",
        },
    ),
    ("synapse", {"pre_axon_spike": "g_target += 0.5*w : max=2"}),
    (
        "synapse",
        {
            "parameters": "tau = 20.0",
            "equations": "tau*dx/dt = -x : event-driven, init=1\ndz/dt = (1 - z)/tau : event-driven",
            "pruning": "w < 0.01 and x > Uniform(0.0, 1.0) : proba=0.5",
            "creating": "post.v*pre.v > 0.5 : proba=0.2, w=0.3, d=1.0",
            "pre_spike": "g_target += w*z : max=5\nx += 1\nw = clip(w - 0.1*z, 0, 1)",
            "post_spike": "z = z*0.5 : unless_post\nw += 0.1*x*exp((t_pre - t_post)/tau) : max=1.0",
        },
    ),
)


@dataclass(frozen=True)
class Text:
    """One model as text; ``refractory`` and ``operation`` are left at their defaults."""

    kind: str
    fields: tuple[tuple[str, str], ...]

    def parse(self) -> NeuronModel | SynapseModel:
        parse = parse_neuron if self.kind == "neuron" else parse_synapse
        return parse(**dict(self.fields), name="M", constants=CONSTANTS)


def _text(kind: str, fields: Mapping[str, Any]) -> Text:
    known = NEURON_FIELDS if kind == "neuron" else SYNAPSE_FIELDS
    return Text(kind, tuple((name, fields[name]) for name in known if isinstance(fields.get(name), str)))


@cache
def corpus() -> tuple[Text, ...]:
    """Built-in models, those of the golden files, and some that use what these do not."""
    found = [_text("neuron", vars(cls())) for cls in list_standard_neurons()]
    found += [_text("synapse", vars(cls())) for cls in list_standard_synapses()]
    for file in sorted(GOLDEN.glob("*.json")):
        data = json.loads(file.read_text())
        parts = [*data["populations"], *data.get("projections", ())]
        for kind in ("neuron", "synapse"):
            found += [_text(kind, part[kind]) for part in parts if isinstance(part.get(kind), dict)]
    found += [_text(kind, fields) for kind, fields in MODELS_OF_ODDITIES]
    return tuple(dict.fromkeys(text for text in found if text.fields))


SCRAPS = """
a b v w r g_exc g_target tau cst t dt t_last t_pre t_post pi E dv/dt dw/dt d dt pre.r post.v pre. post
pre.sum(exc) post.sum(exc)
sum(exc) sum() mean(v) max(pre.r) norm1(v) Uniform(0,1) Normal(0, tau) Normal() Binomial(10, 0.5)
1 0 2.5 1e300 1e-320 1e999 00 1. .5 1/0 0**0 -1 99999999999999999999 True false
+ - * / ** ^ % ( ) [ ] { } < > <= >= == != = += -= *= /= : ; , . # if else and or not is && || !
ite(a, b, 1) ite(a b) clip(v,0,1) modulo(v, 0) power(v, 3) power(v, 99) pos(v) exp exp( sin() sqrt(-1)
if v>1: 1 else: 2 : init=1 : min=0 : max=a : population : projection : postsynaptic : int : bool : rk4
: exponential : implicit : semiimplicit : midpoint : event-driven : explicit : exact : unless_post
: unless_refractory : proba=0.5 : proba=2 : d=1 : w=0.5 proba=
: init=1e400 : min=w init= min= population projection postsynaptic int bool rk4 midpoint implicit exponential
int double class size i j lambda it this std __x _x x_ é ∂ $ @ ~ ' " \\ \\n \x00 %d {0} ä=1 NaN inf I S N beta
"""
PIECES = (*SCRAPS.split(" "), *SCRAPS.split(), "\n", "\r\n", "\t", " ", ";", "\f", "\v", "\x85", "\u2028")


KINDS = (
    (r"\d+", ("0", "1", "2", "3", "100")),
    (r"\w+", ("abs", "exp", "pos", "neg", "sqrt", "sin", "floor", "sign", "isnan", "Heaviside", "log1p")),
    (
        r"\w+",
        ("exponential", "midpoint", "rk4", "explicit", "implicit", "semiimplicit", "int", "bool", "float"),
    ),
    (r"[-+*/%^]", ("+", "-", "*", "/", "%", "^", "**", " <", " >", "==", " != ", " and ", " or ", "+ not ")),
    (r"=", (" = ", "+=", "-=", "*=", "/=")),
)
"""Pieces that can stand for each other, mostly."""


def pieces_of(text: str) -> list[str]:
    """Words, numbers, blanks and single signs."""
    return re.findall(r"\w+|\s|[^\w\s]", text)


def draw_other_of_its_kind(draw: Any, pieces: list[str]) -> None:
    """Exchange one piece for another that may well fit there: a number, a word, an operator."""
    pattern, others = draw(st.sampled_from(KINDS))
    places = [place for place, piece in enumerate(pieces) if re.fullmatch(pattern, piece)]
    if places:
        words = [pieces[place] for place in places] if pattern == r"\w+" else []
        pieces[draw(st.sampled_from(places))] = draw(st.sampled_from([*others, *words]))


@st.composite
def mutated(draw: Any, text: str) -> str:
    """``text`` after one to four small accidents."""
    pieces = pieces_of(text)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 2, 3, 4]))):
        if draw(st.booleans()):
            draw_other_of_its_kind(draw, pieces)
            continue
        at = draw(st.integers(0, len(pieces)))
        end = min(len(pieces), at + draw(st.integers(1, 4)))
        accident = draw(
            st.sampled_from(["scrap", "exchange", "exchange", "lose", "double", "move", "graft", "split"])
        )
        if accident == "scrap":
            pieces[at:at] = [draw(st.sampled_from(PIECES))]
        elif accident == "exchange":
            pieces[at : at + 1] = [draw(st.sampled_from(PIECES))]
        elif accident == "lose":
            del pieces[at:end]
        elif accident == "double":
            pieces[at:at] = pieces[at:end]
        elif accident == "move":
            part = pieces[at:end]
            del pieces[at:end]
            to = draw(st.integers(0, len(pieces)))
            pieces[to:to] = part
        elif accident == "graft":
            _, other = draw(st.sampled_from(draw(st.sampled_from(corpus())).fields))
            lines = other.split("\n")
            pieces[at:at] = ["\n", draw(st.sampled_from(lines)), "\n"]
        else:
            pieces[at:at] = [draw(st.sampled_from(["\n", ";", " ", "\n    "]))]
    return "".join(pieces)


@st.composite
def mutants(draw: Any) -> Text:
    """A real model of which one or two fields are mutated."""
    text = draw(st.sampled_from(corpus()))
    fields = dict(text.fields)
    known = NEURON_FIELDS if text.kind == "neuron" else SYNAPSE_FIELDS
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        name = draw(st.sampled_from([*fields, *fields, draw(st.sampled_from(known))]))
        fields[name] = draw(mutated(fields.get(name, "")))
    return Text(text.kind, tuple(fields.items()))


def check_places(error: ModelError, texts: Mapping[str, str]) -> None:
    """Every diagnostic says something and points into its field's text."""
    assert error.diagnostics
    for d in error.diagnostics:
        assert d.message
        assert d.owner == "M"
        assert d.field in (*NEURON_FIELDS, *SYNAPSE_FIELDS), d
        lines = texts.get(d.field, "").split("\n")
        assert 1 <= d.line <= len(lines), d
        assert 1 <= d.column <= len(lines[d.line - 1]) + 1, d
        assert d.column - 1 + d.length <= len(lines[d.line - 1]), d
        assert d.source == lines[d.line - 1].rstrip("\r"), d
        assert "\n" not in d.message, d


def parsed(text: Text) -> NeuronModel | SynapseModel | None:
    """The model if the text is one; otherwise its mistakes have been found to point into the text."""
    fields = dict(text.fields)
    for part in fields.values():
        assert all(length > 0 for *_, length in tokens(part))
    try:
        model = text.parse()
        for method in METHODS:
            try:
                discretise(model, method)
            except ModelError as error:
                check_places(error, fields)
    except ModelError as error:
        check_places(error, fields)
        return None
    return model
