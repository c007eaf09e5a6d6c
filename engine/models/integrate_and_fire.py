"""Leaky integrate-and-fire neurons with current or conductance synapses."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.neuron import Neuron

_DECAY = """tau_syn_E * dg_exc/dt = - g_exc : exponential
tau_syn_I * dg_inh/dt = - g_inh : exponential"""

_ALPHA_START = """gmax_exc = exp((tau_syn_E - dt/2.0)/tau_syn_E)
gmax_inh = exp((tau_syn_I - dt/2.0)/tau_syn_I)"""

_ALPHA = """tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc : exponential
tau_syn_I * dalpha_inh/dt = gmax_inh * g_inh - alpha_inh : exponential"""


def _membrane(drive: str, v_reset: float) -> str:
    leak = "cm/tau_m*(v_rest - v)"
    return f"cm * dv/dt = {leak} + {drive} + i_offset : exponential, init = {float(v_reset)!r}"


class _IntegrateAndFire(Neuron):
    """What the four models share: threshold, reset and refractory period."""

    def __init__(self, name: str, description: str, parameters: str, equations: str) -> None:
        super().__init__(
            parameters=parameters,
            equations=equations,
            spike="v > v_thresh",
            reset="v = v_reset",
            refractory="tau_refrac",
            name=name,
            description=description,
        )


class IF_curr_exp(_IntegrateAndFire):
    """Leaky integrate-and-fire neuron with exponentially decaying synaptic currents.

    ::

        cm * dv/dt = cm/tau_m*(v_rest - v) + g_exc - g_inh + i_offset
        tau_syn_E * dg_exc/dt = -g_exc
        tau_syn_I * dg_inh/dt = -g_inh
        spike: v > v_thresh      reset: v = v_reset      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset : float
        Resting, threshold and reset potential, mV (-65, -50, -65).
    cm : float
        Capacitance, nF (1).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I : float
        Membrane time constant, refractory period, decay times of excitation and inhibition, ms (20, 0, 5, 5).
    i_offset : float
        Constant current, nA (0).

    Notes
    -----
    All equations use the exponential method; ``v`` starts at ``v_reset``. Defaults are in parentheses.
    The model of this name in PyNN (Davison et al. 2009, Front Neuroinform 2:11).
    """

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = declared(
            v_rest=v_rest,
            cm=cm,
            tau_m=tau_m,
            tau_refrac=tau_refrac,
            tau_syn_E=tau_syn_E,
            tau_syn_I=tau_syn_I,
            v_thresh=v_thresh,
            v_reset=v_reset,
            i_offset=i_offset,
        )
        super().__init__(
            "IF_curr_exp",
            "Leaky integrate-and-fire neuron with exponential synaptic currents.",
            parameters,
            f"{_membrane('g_exc - g_inh', v_reset)}\n{_DECAY}",
        )


class IF_curr_alpha(_IntegrateAndFire):
    """Leaky integrate-and-fire neuron with alpha-shaped synaptic currents.

    ::

        gmax_exc = exp((tau_syn_E - dt/2)/tau_syn_E)                   (the same for inh with tau_syn_I)
        cm * dv/dt = cm/tau_m*(v_rest - v) + alpha_exc - alpha_inh + i_offset
        tau_syn_E * dg_exc/dt = -g_exc
        tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc
        spike: v > v_thresh      reset: v = v_reset      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset : float
        Resting, threshold and reset potential, mV (-65, -50, -65).
    cm : float
        Capacitance, nF (1).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I : float
        Membrane time constant, refractory period, decay times of excitation and inhibition, ms (20, 0, 5, 5).
    i_offset : float
        Constant current, nA (0).

    Notes
    -----
    All equations use the exponential method; ``v`` starts at ``v_reset``. Defaults are in parentheses.
    ``gmax`` makes the peak of a current the weight; the alpha variables are frozen in the refractory period.
    The model of this name in PyNN (Davison et al. 2009, Front Neuroinform 2:11).
    """

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = declared(
            v_rest=v_rest,
            cm=cm,
            tau_m=tau_m,
            tau_refrac=tau_refrac,
            tau_syn_E=tau_syn_E,
            tau_syn_I=tau_syn_I,
            v_thresh=v_thresh,
            v_reset=v_reset,
            i_offset=i_offset,
        )
        super().__init__(
            "IF_curr_alpha",
            "Leaky integrate-and-fire neuron with alpha-shaped synaptic currents.",
            parameters,
            f"{_ALPHA_START}\n{_membrane('alpha_exc - alpha_inh', v_reset)}\n{_DECAY}\n{_ALPHA}",
        )


class IF_cond_exp(_IntegrateAndFire):
    """Leaky integrate-and-fire neuron with exponentially decaying synaptic conductances.

    ::

        cm * dv/dt = cm/tau_m*(v_rest - v) + g_exc*(e_rev_E - v) + g_inh*(e_rev_I - v) + i_offset
        tau_syn_E * dg_exc/dt = -g_exc
        tau_syn_I * dg_inh/dt = -g_inh
        spike: v > v_thresh      reset: v = v_reset      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset : float
        Resting, threshold and reset potential, mV (-65, -50, -65).
    cm : float
        Capacitance, nF (1).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I : float
        Membrane time constant, refractory period, decay times of excitation and inhibition, ms (20, 0, 5, 5).
    i_offset : float
        Constant current, nA (0).
    e_rev_E, e_rev_I : float
        Reversal potentials of excitation and inhibition, mV (0, -70).

    Notes
    -----
    All equations use the exponential method; ``v`` starts at ``v_reset``. Defaults are in parentheses.
    The model of this name in PyNN (Davison et al. 2009, Front Neuroinform 2:11).
    """

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -70.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = declared(
            v_rest=v_rest,
            cm=cm,
            tau_m=tau_m,
            tau_refrac=tau_refrac,
            tau_syn_E=tau_syn_E,
            tau_syn_I=tau_syn_I,
            e_rev_E=e_rev_E,
            e_rev_I=e_rev_I,
            v_thresh=v_thresh,
            v_reset=v_reset,
            i_offset=i_offset,
        )
        super().__init__(
            "IF_cond_exp",
            "Leaky integrate-and-fire neuron with exponential synaptic conductances.",
            parameters,
            f"{_membrane('g_exc*(e_rev_E - v) + g_inh*(e_rev_I - v)', v_reset)}\n{_DECAY}",
        )


class IF_cond_alpha(_IntegrateAndFire):
    """Leaky integrate-and-fire neuron with alpha-shaped synaptic conductances.

    ::

        gmax_exc = exp((tau_syn_E - dt/2)/tau_syn_E)                   (the same for inh with tau_syn_I)
        cm * dv/dt = cm/tau_m*(v_rest - v) + alpha_exc*(e_rev_E - v) + alpha_inh*(e_rev_I - v) + i_offset
        tau_syn_E * dg_exc/dt = -g_exc
        tau_syn_E * dalpha_exc/dt = gmax_exc * g_exc - alpha_exc
        spike: v > v_thresh      reset: v = v_reset      refractory: tau_refrac

    Parameters
    ----------
    v_rest, v_thresh, v_reset : float
        Resting, threshold and reset potential, mV (-65, -50, -65).
    cm : float
        Capacitance, nF (1).
    tau_m, tau_refrac, tau_syn_E, tau_syn_I : float
        Membrane time constant, refractory period, decay times of excitation and inhibition, ms (20, 0, 5, 5).
    i_offset : float
        Constant current, nA (0).
    e_rev_E, e_rev_I : float
        Reversal potentials of excitation and inhibition, mV (0, -70).

    Notes
    -----
    All equations use the exponential method; ``v`` starts at ``v_reset``. Defaults are in parentheses.
    ``gmax`` makes the peak of a current the weight; the alpha variables are frozen in the refractory period.
    The model of this name in PyNN (Davison et al. 2009, Front Neuroinform 2:11).
    """

    def __init__(
        self,
        v_rest: float = -65.0,
        cm: float = 1.0,
        tau_m: float = 20.0,
        tau_refrac: float = 0.0,
        tau_syn_E: float = 5.0,
        tau_syn_I: float = 5.0,
        e_rev_E: float = 0.0,
        e_rev_I: float = -70.0,
        v_thresh: float = -50.0,
        v_reset: float = -65.0,
        i_offset: float = 0.0,
    ) -> None:
        parameters = declared(
            v_rest=v_rest,
            cm=cm,
            tau_m=tau_m,
            tau_refrac=tau_refrac,
            tau_syn_E=tau_syn_E,
            tau_syn_I=tau_syn_I,
            e_rev_E=e_rev_E,
            e_rev_I=e_rev_I,
            v_thresh=v_thresh,
            v_reset=v_reset,
            i_offset=i_offset,
        )
        membrane = _membrane("alpha_exc*(e_rev_E - v) + alpha_inh*(e_rev_I - v)", v_reset)
        super().__init__(
            "IF_cond_alpha",
            "Leaky integrate-and-fire neuron with alpha-shaped synaptic conductances.",
            parameters,
            f"{_ALPHA_START}\n{membrane}\n{_DECAY}\n{_ALPHA}",
        )
