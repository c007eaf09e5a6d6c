"""Adaptive exponential integrate-and-fire neurons."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.neuron import Neuron

_DECAY = """tau_syn_E * dg_exc/dt = - g_exc : exponential
tau_syn_I * dg_inh/dt = - g_inh : exponential"""


def _membrane(v_reset: float) -> str:
    leak = "(v_rest - v + delta_T*exp((v - v_thresh)/delta_T))"
    return (
        f"tau_m * dv/dt = {leak} + tau_m/cm*(I - w) : init = {float(v_reset)!r}\n"
        f"tau_w * dw/dt = a*(v - v_rest)/1000.0 - w"
    )


class EIF_cond_exp_isfa_ista(Neuron):
    """Adaptive exponential integrate-and-fire neuron with exponentially decaying conductances.

    ::

        I = g_exc*(e_rev_E - v) + g_inh*(e_rev_I - v) + i_offset
        tau_m * dv/dt = (v_rest - v + delta_T*exp((v - v_thresh)/delta_T)) + tau_m/cm*(I - w)
        tau_w * dw/dt = a*(v - v_rest)/1000.0 - w
        tau_syn_E * dg_exc/dt = -g_exc                                 (exponential; the same for inh)
        spike: v > v_spike      reset: v = v_reset, w += b      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset, v_spike : float
        Resting, threshold, reset and spike potential, mV (-70.6, -50.4, -70.6, -40).
    cm : float
        Capacitance, nF (0.281).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I, tau_w : float
        Time constants of membrane, refractory period, excitation, inhibition and adaptation, ms (9.3667, 0.1,
        5, 5, 144).
    e_rev_E, e_rev_I : float
        Reversal potentials of excitation and inhibition, mV (0, -80).
    a : float
        Coupling of adaptation to the potential, nS (4).
    b : float
        Increment of adaptation at a spike, nA (0.0805).
    i_offset : float
        Constant current, nA (0).
    delta_T : float
        Steepness of the exponential, mV (2).

    Notes
    -----
    ``v`` and ``w`` use the default method of the network; ``v`` starts at ``v_reset``. Defaults are in
    parentheses. Brette & Gerstner 2005 (J Neurophysiol 94:3637).
    """

    _inputs = "g_exc*(e_rev_E - v) + g_inh*(e_rev_I - v)"
    _before = ""
    _after = ""

    def __init__(
        self,
        v_rest: float = -70.6,
        cm: float = 0.281,
        tau_m: float = 9.3667,
        tau_refrac: float = 0.1,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -80.0,
        tau_w: float = 144.0,
        a: float = 4.0,
        b: float = 0.0805,
        i_offset: float = 0.0,
        delta_T: float = 2.0,
        v_thresh: float = -50.4,
        v_reset: float = -70.6,
        v_spike: float = -40.0,
    ) -> None:
        super().__init__(
            parameters=declared(
                v_rest=v_rest,
                cm=cm,
                tau_m=tau_m,
                tau_refrac=tau_refrac,
                tau_syn_E=tau_syn_E,
                tau_syn_I=tau_syn_I,
                e_rev_E=e_rev_E,
                e_rev_I=e_rev_I,
                tau_w=tau_w,
                a=a,
                b=b,
                i_offset=i_offset,
                delta_T=delta_T,
                v_thresh=v_thresh,
                v_reset=v_reset,
                v_spike=v_spike,
            ),
            equations=(
                f"{self._before}I = {self._inputs} + i_offset\n{_membrane(v_reset)}\n{_DECAY}{self._after}"
            ),
            spike="v > v_spike",
            reset="v = v_reset\nw += b",
            refractory="tau_refrac",
            name=type(self).__name__,
            description="Adaptive exponential integrate-and-fire neuron.",
        )


class EIF_cond_alpha_isfa_ista(EIF_cond_exp_isfa_ista):
    """Adaptive exponential integrate-and-fire neuron with alpha-shaped conductances.

    ::

        gmax_exc = exp((tau_syn_E - dt/2)/tau_syn_E)                   (the same for inh with tau_syn_I)
        I = alpha_exc*(e_rev_E - v) + alpha_inh*(e_rev_I - v) + i_offset
        tau_m * dv/dt = (v_rest - v + delta_T*exp((v - v_thresh)/delta_T)) + tau_m/cm*(I - w)
        tau_w * dw/dt = a*(v - v_rest)/1000.0 - w
        tau_syn_E * dg_exc/dt = -g_exc                                 (exponential; the same for inh)
        tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc       (exponential; the same for inh)
        spike: v > v_spike      reset: v = v_reset, w += b      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset, v_spike : float
        Resting, threshold, reset and spike potential, mV (-70.6, -50.4, -70.6, -40).
    cm : float
        Capacitance, nF (0.281).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I, tau_w : float
        Time constants of membrane, refractory period, excitation, inhibition and adaptation, ms (9.3667, 0.1,
        5, 5, 144).
    e_rev_E, e_rev_I : float
        Reversal potentials of excitation and inhibition, mV (0, -80).
    a : float
        Coupling of adaptation to the potential, nS (4).
    b : float
        Increment of adaptation at a spike, nA (0.0805).
    i_offset : float
        Constant current, nA (0).
    delta_T : float
        Steepness of the exponential, mV (2).

    Notes
    -----
    ``v`` and ``w`` use the default method of the network; ``v`` starts at ``v_reset``. Defaults are in
    parentheses. Brette & Gerstner 2005 (J Neurophysiol 94:3637).
    """

    _inputs = "alpha_exc*(e_rev_E - v) + alpha_inh*(e_rev_I - v)"
    _before = """gmax_exc = exp((tau_syn_E - dt/2.0)/tau_syn_E)
gmax_inh = exp((tau_syn_I - dt/2.0)/tau_syn_I)
"""
    _after = """
tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc : exponential
tau_syn_I * dalpha_inh/dt = gmax_inh * g_inh - alpha_inh : exponential"""
