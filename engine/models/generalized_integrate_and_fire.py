"""Generalised integrate-and-fire neurons: stochastic spikes and an adaptive threshold."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.neuron import Neuron

_DECAY = """
tau_g_exc * dg_exc/dt = -g_exc
tau_g_inh * dg_inh/dt = -g_inh"""


class _GeneralizedIntegrateAndFire(Neuron):
    """What both models share; ``values`` are the parameters in the equations."""

    def __init__(
        self,
        description: str,
        current: str,
        refractory_period: float,
        decay: str = "",
        *,
        u_r: float,
        u_th: float,
        **values: float,
    ) -> None:
        values |= {"u_r": u_r, "u_th": u_th}
        drive = "-u + u_r + R*I_ext" + (f" + {current}" if current else "")
        super().__init__(
            parameters=declared("population: " + " ".join(values), **values),
            equations=(
                f"tau_m * du/dt = {drive} : init = {float(u_r)!r}\n"
                f"tau_v * dv/dt = -(v - u_th) : init = {float(u_th)!r}\n"
                "Lambda = c * exp((u - v)/delta_u)\n"
                f"p = Uniform(0.0, 1.0) * 1000.0 / dt{decay}"
            ),
            spike="p < Lambda",
            reset="u = u_r\nv += J_v/tau_v",
            refractory=refractory_period,
            name=type(self).__name__,
            description=description,
        )


class GIF_curr(_GeneralizedIntegrateAndFire):
    """Generalised integrate-and-fire neuron with instantaneous synaptic currents.

    ::

        tau_m * du/dt = -u + u_r + R*I_ext + R*(g_exc - g_inh)
        tau_v * dv/dt = -(v - u_th)
        Lambda = c * exp((u - v)/delta_u)
        p = Uniform(0.0, 1.0) * 1000.0 / dt
        spike: p < Lambda      reset: u = u_r, v += J_v/tau_v

    Parameters
    ----------
    C_m : float
        Capacitance, pF; only ``R = tau_m / C_m`` (GOhm) becomes a parameter of the population (250).
    tau_m, tau_v : float
        Time constants of the membrane and of the threshold, ms (10, 1000).
    J_v : float
        Size of the threshold's adaptation, mV ms (1000).
    u_r, u_th : float
        Resting and reset potential, and the threshold without adaptation, mV (-65, -50).
    c : float
        Rate at the threshold, Hz (10).
    delta_u : float
        Softness of the threshold, mV (5).
    I_ext : float
        Constant current, pA (375).
    current : str
        Synaptic term of the equation; empty: none.
    refractory_period : float
        ms (0).

    Notes
    -----
    A neuron fires with the probability ``Lambda * dt`` in a step; each spike raises its threshold ``v``. All
    parameters have one value for the population. ``u`` and ``v`` start at ``u_r`` and ``u_th`` and use the
    default method of the network. Defaults are in parentheses. Schwalger, Deger & Gerstner 2017 (PLoS Comput
    Biol 13(4):e1005507).
    """

    def __init__(
        self,
        C_m: float = 250.0,
        tau_m: float = 10.0,
        tau_v: float = 1000.0,
        J_v: float = 1000.0,
        u_r: float = -65.0,
        u_th: float = -50.0,
        c: float = 10.0,
        delta_u: float = 5.0,
        I_ext: float = 375.0,
        current: str = "R*(g_exc - g_inh)",
        refractory_period: float = 0.0,
    ) -> None:
        super().__init__(
            "Generalised integrate-and-fire neuron with instantaneous currents.",
            current,
            refractory_period,
            tau_m=tau_m,
            tau_v=tau_v,
            R=tau_m / C_m,
            J_v=J_v,
            u_r=u_r,
            u_th=u_th,
            c=c,
            delta_u=delta_u,
            I_ext=I_ext,
        )


class GIF_curr_exp(_GeneralizedIntegrateAndFire):
    """Generalised integrate-and-fire neuron with exponentially decaying synaptic currents.

    ::

        tau_m * du/dt = -u + u_r + R*I_ext + R*(g_exc - g_inh)
        tau_v * dv/dt = -(v - u_th)
        Lambda = c * exp((u - v)/delta_u)
        p = Uniform(0.0, 1.0) * 1000.0 / dt
        tau_g_exc * dg_exc/dt = -g_exc
        tau_g_inh * dg_inh/dt = -g_inh
        spike: p < Lambda      reset: u = u_r, v += J_v/tau_v

    Parameters
    ----------
    C_m : float
        Capacitance, pF; only ``R = tau_m / C_m`` (GOhm) becomes a parameter of the population (250).
    tau_m, tau_v : float
        Time constants of the membrane and of the threshold, ms (10, 1000).
    J_v : float
        Size of the threshold's adaptation, mV ms (1000).
    u_r, u_th : float
        Resting and reset potential, and the threshold without adaptation, mV (-65, -50).
    c : float
        Rate at the threshold, Hz (10).
    delta_u : float
        Softness of the threshold, mV (5).
    I_ext : float
        Constant current, pA (375).
    current : str
        Synaptic term of the equation; empty: none.
    refractory_period : float
        ms (0).
    tau_g_exc, tau_g_inh : float
        Decay times of excitation and inhibition, ms (5, 5).

    Notes
    -----
    A neuron fires with the probability ``Lambda * dt`` in a step; each spike raises its threshold ``v``. All
    parameters have one value for the population. ``u`` and ``v`` start at ``u_r`` and ``u_th`` and use the
    default method of the network. Defaults are in parentheses. Schwalger, Deger & Gerstner 2017 (PLoS Comput
    Biol 13(4):e1005507).
    """

    def __init__(
        self,
        C_m: float = 250.0,
        tau_m: float = 10.0,
        tau_v: float = 1000.0,
        J_v: float = 1000.0,
        u_r: float = -65.0,
        u_th: float = -50.0,
        c: float = 10.0,
        delta_u: float = 5.0,
        I_ext: float = 375.0,
        current: str = "R*(g_exc - g_inh)",
        refractory_period: float = 0.0,
        tau_g_exc: float = 5.0,
        tau_g_inh: float = 5.0,
    ) -> None:
        super().__init__(
            "Generalised integrate-and-fire neuron with exponentially decaying currents.",
            current,
            refractory_period,
            _DECAY,
            tau_m=tau_m,
            tau_v=tau_v,
            R=tau_m / C_m,
            J_v=J_v,
            u_r=u_r,
            u_th=u_th,
            c=c,
            delta_u=delta_u,
            I_ext=I_ext,
            tau_g_exc=tau_g_exc,
            tau_g_inh=tau_g_inh,
        )
