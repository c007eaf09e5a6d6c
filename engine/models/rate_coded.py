"""Rate-coded neurons."""

from __future__ import annotations

from engine.models.text import declared
from engine.network.neuron import Neuron


class LeakyIntegrator(Neuron):
    """Leaky integrator with a threshold-linear transfer function.

    ::

        tau * dv/dt + v = sum(exc) - sum(inh) + B     (exponential)
        r = pos(v - T)

    Parameters
    ----------
    tau : float
        Time constant, ms, one for the population (10).
    B : float
        Baseline (0).
    T : float
        Threshold of the transfer function, one for the population (0).
    sum : str
        Input term of the equation.
    noise : str, optional
        Term that is added to the input, e.g. ``"Normal(0.0, 1.0)"``.

    Notes
    -----
    Defaults are in parentheses. Dayan & Abbott 2001 (Theoretical Neuroscience, MIT Press, section 7.2).
    """

    def __init__(
        self,
        tau: float = 10.0,
        B: float = 0.0,
        T: float = 0.0,
        sum: str = "sum(exc) - sum(inh)",
        noise: str | None = None,
    ) -> None:
        drive = f"{sum} + B" + (f" + {noise}" if noise else "")
        super().__init__(
            parameters=declared("population: tau T", tau=tau, B=B, T=T),
            equations=f"tau * dv/dt + v = {drive} : exponential\nr = pos(v - T)",
            name="LeakyIntegrator",
            description="Leaky integrator with a threshold-linear transfer function.",
        )
