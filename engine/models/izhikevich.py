"""Izhikevich's two-variable spiking neuron."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.neuron import Neuron


class Izhikevich(Neuron):
    """Quadratic neuron with a recovery variable (Izhikevich 2003, IEEE Trans. Neural Networks 14:1569).

    ::

        I = g_exc - g_inh + noise * Normal(0.0, 1.0) + i_offset
        dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + I
        du/dt = a * (b*v - u)
        spike: v > v_thresh      reset: v = c, u += d      refractory: tau_refrac

    Parameters
    ----------
    a, b, c, d : float
        Rate (1/ms) and sensitivity of recovery, reset potential (mV), increment of ``u`` (0.02, 0.2, -65, 8).
    v_thresh : float
        Spike threshold, mV (30).
    i_offset : float
        Constant input (0).
    noise : float
        Standard deviation of the random input of each step (0).
    tau_refrac : float
        Refractory period, ms (0).
    conductance : str
        Input term of the equation.

    Notes
    -----
    ``v`` and ``u`` start at ``c`` and ``b * c``, and use the default method of the network.
    Defaults are in parentheses.
    """

    def __init__(
        self,
        a: float = 0.02,
        b: float = 0.2,
        c: float = -65.0,
        d: float = 8.0,
        v_thresh: float = 30.0,
        i_offset: float = 0.0,
        noise: float = 0.0,
        tau_refrac: float = 0.0,
        conductance: str = "g_exc - g_inh",
    ) -> None:
        super().__init__(
            parameters=declared(
                noise=noise, a=a, b=b, c=c, d=d, v_thresh=v_thresh, i_offset=i_offset, tau_refrac=tau_refrac
            ),
            equations=(
                f"I = {conductance} + noise * Normal(0.0, 1.0) + i_offset\n"
                f"dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + I : init = {float(c)!r}\n"
                f"du/dt = a * (b*v - u) : init = {float(b) * float(c)!r}"
            ),
            spike="v > v_thresh",
            reset="v = c\nu += d",
            refractory="tau_refrac",
            name="Izhikevich",
            description="Quadratic integrate-and-fire neuron with adaptation.",
        )
