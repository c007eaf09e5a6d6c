"""Synapses of spiking populations."""

from __future__ import annotations

from engine.errors import EngineError
from engine.models.text import declared
from engine.network.synapse import Synapse


class DefaultSpikingSynapse(Synapse):
    """Each spike adds the weight to the conductance, without plasticity.

    ::

        pre_spike: g_target += w
    """

    def __init__(self) -> None:
        super().__init__(
            pre_spike="g_target += w",
            name="DefaultSpikingSynapse",
            description="A spike adds the weight to the conductance.",
        )


class STP(Synapse):
    """Short-term plasticity (Tsodyks, Uziel & Markram 2000, J Neurosci 20:RC50).

    ::

        dx/dt = (1 - x)/tau_rec       du/dt = (U - u)/tau_facil       (event-driven)
        pre_spike: g_target += w * u * x,  x *= (1 - u),  u += U * (1 - u)

    Parameters
    ----------
    tau_rec : float
        Time constant of recovery, ms, one for the projection (100).
    tau_facil : float
        Time constant of facilitation, ms; positive, one for the projection (0.01).
    U : float
        Use of resources by the first spike (0.5).
    """

    def __init__(self, tau_rec: float = 100.0, tau_facil: float = 0.01, U: float = 0.5) -> None:
        if tau_facil <= 0.0:
            raise EngineError(
                "STP: tau_facil must be positive; choose a small value to switch facilitation off."
            )
        super().__init__(
            parameters=declared("projection: tau_rec tau_facil", tau_rec=tau_rec, tau_facil=tau_facil, U=U),
            equations=(
                "dx/dt = (1 - x)/tau_rec : init = 1.0, event-driven\n"
                f"du/dt = (U - u)/tau_facil : init = {float(U)!r}, event-driven"
            ),
            pre_spike="g_target += w * u * x\nx *= (1 - u)\nu += U * (1 - u)",
            name="STP",
            description="Short-term depression and facilitation.",
        )


class STDP(Synapse):
    """Spike-timing dependent plasticity (Song & Abbott 2001, Neuron 32:339).

    ::

        tau_plus * dx/dt = -x       tau_minus * dy/dt = -y       (event-driven)
        pre_spike:  g_target += w,  x += A_plus * w_max,  w = clip(w + y, w_min, w_max)
        post_spike: y -= A_minus * w_max,  w = clip(w + x, w_min, w_max)

    Parameters
    ----------
    tau_plus, tau_minus : float
        Time constants of the pre- and post-synaptic trace, ms (20, 20).
    A_plus, A_minus : float
        Increments of the traces, as parts of ``w_max`` (0.01, 0.01).
    w_min, w_max : float
        Bounds of the weight (0, 1).

    Notes
    -----
    All parameters have one value for the projection.
    """

    def __init__(
        self,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        A_plus: float = 0.01,
        A_minus: float = 0.01,
        w_min: float = 0.0,
        w_max: float = 1.0,
    ) -> None:
        super().__init__(
            parameters=declared(
                "projection: tau_plus tau_minus A_plus A_minus w_min w_max",
                tau_plus=tau_plus,
                tau_minus=tau_minus,
                A_plus=A_plus,
                A_minus=A_minus,
                w_min=w_min,
                w_max=w_max,
            ),
            equations=("tau_plus * dx/dt = -x : event-driven\ntau_minus * dy/dt = -y : event-driven"),
            pre_spike="g_target += w\nx += A_plus * w_max\nw = clip(w + y, w_min, w_max)",
            post_spike="y -= A_minus * w_max\nw = clip(w + x, w_min, w_max)",
            name="STDP",
            description="Spike-timing dependent plasticity with event-driven traces.",
        )
