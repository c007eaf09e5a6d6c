"""Models as LaTeX, and the update of one step as text."""

import math

import pytest
import ziamath

from engine.errors import ModelError
from engine.language import parse_neuron, parse_synapse
from engine.language.latex import expression_latex, model_formulas
from engine.language.step import step_text
from engine.project.catalogue import builtin_neurons, builtin_synapses
from engine.project.models import parse

PARAMETERS = "tau = 10.0\na = 1.0\nb = 2.0\nalpha_1 = 1.0\nv_thresh = 1.0\nx2 = 1.0"


def latex(text: str) -> str:
    """LaTeX of the right side of ``y = text``."""
    model = parse_neuron(parameters=PARAMETERS, equations=f"y = {text}\nr = y")
    return expression_latex(model.equations[0].expression)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a / (b + 1.0)", r"\frac{a}{b + 1}"),
        ("a * (b + 1.0)", r"a\, \left(b + 1\right)"),
        ("a * 2.0", r"a\cdot 2"),
        ("a - (b - 1)", r"a - \left(b - 1\right)"),
        ("(a + b)**2", r"{\left(a + b\right)}^{2}"),
        ("(a / b)**2", r"{\left(\frac{a}{b}\right)}^{2}"),
        ("clip(a, 0, 1)**2", r"{\left(\left[ a \right]_{0}^{1}\right)}^{2}"),
        ("a**(1 / (b + 1))", r"{a}^{1/\left(b + 1\right)}"),
        ("-a * b", r"-a\, b"),
        ("1e-5 * a", r"10^{-5}\, a"),
        ("2.5e20", r"2.5 \cdot 10^{20}"),
        ("alpha_1 + v_thresh + x2", r"\alpha_{1} + v_{\mathrm{thresh}} + x_{2}"),
        ("sqrt(a) + abs(b)", r"\sqrt{ a } + \left| b \right|"),
        ("ln(a) + pos(b)", r"\ln\left(a\right) + \left[ b \right]^{+}"),
        ("a <= b and not b != 1", r"a \leq b \wedge \neg \left(b \neq 1\right)"),
        ("Normal(0.0, 2.0)", r"\mathcal{N}\left(0, 2\right)"),
        ("sum(exc) + dt", r"\Sigma_{\mathrm{exc}} + \Delta t"),
        (
            "if a > 1: b else: if a > 0: 1 else: 2",
            r"\begin{cases} b & \text{if } a > 1 \\ 1 & \text{if } a > 0 \\ 2 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_expressions(text, expected):
    assert latex(text) == expected


def test_an_ode_has_its_time_constant_on_the_left_and_its_bounds_behind():
    model = parse_neuron(parameters=PARAMETERS, equations="tau * dv/dt + v = a : min = 0.0, max = b\nr = v")
    assert model_formulas(model)[0].latex == (r"\tau\,\frac{dv}{dt} = a - v,\quad v \geq 0,\quad v \leq b")


def test_statements_of_events_say_that_they_assign():
    model = parse_synapse(
        parameters="tau = 5.0", equations="dx/dt = -x/tau", pre_spike="g_target += w\nx -= 1.0"
    )
    found = [(f.part, f.latex) for f in model_formulas(model)]
    assert found[1:] == [
        ("pre_spike", r"g_{\mathrm{target}} \leftarrow g_{\mathrm{target}} + w"),
        ("pre_spike", r"x \leftarrow x - 1"),
    ]


def test_all_built_in_models_can_be_drawn():
    texts = [*builtin_neurons().values(), *builtin_synapses().values()]
    formulas = {formula.latex for text in texts for formula in model_formulas(parse(text).model)}
    assert len(formulas) > 30
    for formula in formulas:
        assert ziamath.Latex(formula).getsize()[0] > 5


# --- the update of one step ------------------------------------------------------------------------------


def carry_out(text: str, values: dict) -> dict:
    """The values after the statements of one step."""
    exec(text, {"exp": math.exp, "Max": max, "Min": min}, values)
    return values


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("explicit", 1.0 - 0.1 * 1.0),
        ("exponential", math.exp(-0.1)),
        ("implicit", 1.0 / 1.1),
        ("midpoint", 1.0 - 0.1 * (1.0 - 0.05)),
    ],
)
def test_the_text_computes_what_the_method_says(method, expected):
    model = parse_neuron(parameters="tau = 10.0", equations="tau * dv/dt = -v\nr = v")
    values = carry_out(step_text(model, method), {"v": 1.0, "r": 0.0, "tau": 10.0, "dt": 1.0})
    assert values["v"] == pytest.approx(expected, rel=1e-14)
    assert values["r"] == values["v"]


def test_bounds_are_applied_after_the_write():
    model = parse_neuron(equations="r = 5.0 : min = 0.0, max = 2.0")
    assert carry_out(step_text(model, "explicit"), {"r": 0.0})["r"] == 2.0


def test_event_driven_variables_are_exact_between_events():
    model = parse_synapse(
        parameters="tau = 5.0", equations="tau * dx/dt = 1.0 - x : event-driven", pre_spike="g_target += w"
    )
    text = step_text(model, "explicit").partition("# When")[0]
    values = carry_out(text, {"x": 3.0, "tau": 5.0, "t": 7.0, "t_last": 4.0})
    assert values["x"] == pytest.approx(1.0 + 2.0 * math.exp(-3.0 / 5.0), rel=1e-14)


def test_a_method_that_cannot_solve_an_equation_says_so():
    model = parse_neuron(equations="dv/dt = v**2\nr = v")
    with pytest.raises(ModelError, match="linear"):
        step_text(model, "exponential")


def test_spikes_resets_and_learning_are_told():
    assert "# When v > v_thresh: a spike" in step_text(
        parse(builtin_neurons()["Izhikevich"]).model, "explicit"
    )
    text = step_text(parse(builtin_synapses()["STDP"]).model, "explicit")
    assert "# When the post-synaptic neuron spikes\ny -= A_minus * w_max" in text


def test_rules_of_structure_are_told():
    model = parse_synapse(pruning="pre.r < 0.5 : proba = 0.2", creating="post.r > 0.8 : w = 0.1")
    assert [(f.part, f.latex) for f in model_formulas(model)][-2:] == [
        ("creating", r"r^{\mathrm{post}} > 0.8"),
        ("pruning", r"r^{\mathrm{pre}} < 0.5"),
    ]
    text = step_text(model, "explicit")
    assert "# A synapse begins where post.r > 0.8" in text
    assert "# A synapse ends with probability 0.2 where pre.r < 0.5" in text


def test_axonal_spikes_are_told():
    neuron = parse_neuron(
        equations="dv/dt = -v", spike="v > 1.0", reset="v = 0.0", axon_spike="v < -1.0", axon_reset="v += 1.0"
    )
    assert [(f.part, f.latex) for f in model_formulas(neuron)][1:] == [
        ("spike", "v > 1"),
        ("reset", r"v \leftarrow 0"),
        ("axon_spike", "v < -1"),
        ("axon_reset", r"v \leftarrow v + 1"),
    ]
    told = step_text(neuron, "explicit")
    assert "# Otherwise, when v < -1.0: an axonal spike\nv += 1.0" in told
    synapse = parse_synapse(pre_spike="g_target += w", pre_axon_spike="g_target += 0.5 * w")
    assert model_formulas(synapse)[-1].part == "pre_axon_spike"
    assert "# When an axonal spike arrives\ng_target += 0.5 * w" in step_text(synapse, "explicit")
