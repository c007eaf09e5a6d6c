"""1000 Hodgkin-Huxley neurons with the channels of Traub & Miles (1991).

The built-in model of ANNarchy has another rate ``bh`` and does not fire: its text is taken with the right
one.
"""

from typing import Any

from cases.case import Case, Declared

PARAMETERS = """
    gbar_Na = 20.0
    gbar_K = 6.0
    gleak = 0.01
    cm = 0.2
    v_offset = -63.0
    e_rev_Na = 50.0
    e_rev_K = -90.0
    e_rev_leak = -65.0
    e_rev_E = 0.0
    e_rev_I = -80.0
    tau_syn_E = 0.2
    tau_syn_I = 2.0
    i_offset = 0.0
    v_thresh = 0.0
"""
EQUATIONS = """
    prev_v = v
    an = 0.032 * (15.0 - v + v_offset) / (exp((15.0 - v + v_offset)/5.0) - 1.0)
    am = 0.32 * (13.0 - v + v_offset) / (exp((13.0 - v + v_offset)/4.0) - 1.0)
    ah = 0.128 * exp((17.0 - v + v_offset)/18.0)
    bn = 0.5 * exp((10.0 - v + v_offset)/40.0)
    bm = 0.28 * (v - v_offset - 40.0) / (exp((v - v_offset - 40.0)/5.0) - 1.0)
    bh = 4.0/(1.0 + exp((40.0 - v + v_offset)/5.0))
    dn/dt = an * (1.0 - n) - bn * n : init = 0.0, exponential
    dm/dt = am * (1.0 - m) - bm * m : init = 0.0, exponential
    dh/dt = ah * (1.0 - h) - bh * h : init = 1.0, exponential
    cm * dv/dt = gleak*(e_rev_leak - v) + gbar_K*n**4*(e_rev_K - v) + gbar_Na*m**3*h*(e_rev_Na - v) \
+ g_exc*(e_rev_E - v) + g_inh*(e_rev_I - v) + i_offset : exponential, init = -65.0
    tau_syn_E * dg_exc/dt = - g_exc : exponential
    tau_syn_I * dg_inh/dt = - g_inh : exponential
"""


def declare(ann: Any, scale: float) -> Declared:
    # As in the built-in model every parameter is one of each neuron until it gets a value for all.
    neuron = ann.Neuron(
        parameters=PARAMETERS, equations=EQUATIONS, spike="(v > v_thresh) and (prev_v <= v_thresh)"
    )
    n = round(1000 * scale)
    neurons = ann.Population(geometry=n, neuron=neuron)
    neurons.i_offset = ann.Uniform(0.2, 1.0)
    return Declared([], n, ann.Monitor(neurons, "spike"))


CASES = (Case("hh", "B7 Hodgkin-Huxley 1000", declare, 100.0, 0.01, 0.1, counted=(1.0, 1.0)),)
