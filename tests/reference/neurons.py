"""Strategies for neurons, as text."""

from __future__ import annotations

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
from reference.texts import Draw, condition, joined, threshold


@st.composite
def neuron(draw: Draw, spiking: bool, default: str, dt: float) -> Text:
    """A neuron with one to eight equations of its own."""
    text = Text(spiking=spiking)
    given = draw(parameters(["population"]))
    names = ["x", "y", "z"][: draw(st.integers(0, 3))]
    global_names = draw(st.sampled_from([[], [], ["u"], ["u", "u2"]]))
    text.targets = list(draw(st.sampled_from([("exc",), ("exc", "inh")])))
    inputs = [f"g_{t}" if spiking else f"sum({t})" for t in text.targets]
    if not spiking and draw(st.booleans()):
        inputs.append("sum()")
    main = "v" if spiking else "r"
    own = [main, *names]
    if not spiking and names and not draw(st.integers(0, 5)):
        given.lines.append("r = 0.4")
        own = names
    inputs += draw(operations([main, *names, *given.local]))
    inputs += draw(st.sampled_from([[], ["0.1*t"], ["dt"]]))
    if spiking:
        inputs += draw(st.sampled_from([[], [f"exp(-(t - t_last)/{7 * dt:g})"], ["tanh(0.002*r)"]]))
    order = draw(st.permutations(own))
    methods = choose_methods(draw, default)
    whole, whole_lines = draw(whole_numbers([*order, *given.local, *given.shared], "population"))
    every = [*given.local, *given.shared]
    seen = [*inputs, *global_names, *whole, *draw(random_terms())]
    body = draw(equations(order, every, seen, methods, dt, words=("float", "unless_refractory")))
    body += draw(equations(global_names, given.shared, ["0.2*t"], methods, dt, "population"))
    body += whole_lines
    if draw(st.booleans()):
        body.append(f"e = soft({order[0]}) + mix({order[-1]}, {inputs[0]})")
        text.fields["functions"] = draw(st.sampled_from(FUNCTIONS))
        names = [*names, "e"]
    if spiking:
        _make_spiking(draw, text, given, body, [*names, main], dt)
    text.fields |= {"parameters": draw(joined(given.lines)), "equations": draw(joined(body))}
    text.local = [*([main] if main in own else []), *names]
    text.settable = [*given.settable, *([] if main in own else [main])]
    text.shared = [*global_names, *given.shared]
    return text


def _make_spiking(
    draw: Draw, text: Text, given: Parameters, body: list[str], names: list[str], dt: float
) -> None:
    """Conductances, threshold, reset and refractoriness; the drive makes neurons fire every few steps."""
    given.lines.append(f"theta = {draw(threshold(0.4, 1.2))}")
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
    given.lines.append("p_reset = 0.3")
    resets = [
        ["potential = 0.05"],
        ["potential = -0.2", "v += 0.1"],
        ["potential -= 1.1", "v = 0.3*v - 0.1*p_reset"],
        [f"potential = 0.2*exp(-(t - t_last)/{5 * dt:g}) : unless_refractory", "v /= 1.5"],
        ["potential *= -0.1", "v = 0.5*v + 1/4"],
    ]
    text.fields["reset"] = draw(joined(draw(st.sampled_from(resets))))
    if draw(st.integers(0, 2)) == 0:
        body.append(f"axon += 0.31 + 0.1*tanh({names[0]})")
        text.fields["axon_spike"] = f"axon > {draw(threshold(0.4, 1.6))}"
        text.fields["axon_reset"] = draw(st.sampled_from(["axon = 0", "axon -= 1.1\npotential += 0.2"]))
    refractory = draw(st.sampled_from([None, 1.5 * dt, 3.5 * dt, "pause", "rest"]))
    if refractory == "pause":
        given.lines.append(f"pause = {2.5 * dt:g}")
    if refractory == "rest":
        body.append(f"rest = ite({draw(condition(names, 1))}, {1.37 * dt:g}, {3.41 * dt:g})")
    text.fields["refractory"] = refractory


@st.composite
def stop_condition(draw: Draw, text: Text) -> str | None:
    """When a run may end; mostly none."""
    if draw(st.integers(0, 2)):
        return None
    forms = [draw(condition([*text.local, *text.settable], 1))]
    if text.spiking:
        forms += ["spiked", f"potential > {draw(threshold(0.3, 1.0))}"]
    quantifier = draw(st.sampled_from(["", " : any", ": all"]))
    return f"{draw(st.sampled_from(forms))}{quantifier}"
