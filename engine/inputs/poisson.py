"""PoissonPopulation: neurons that fire at random with given rates."""

from __future__ import annotations

from typing import Any

from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.population import Population


class PoissonPopulation(Population):
    """Neurons that fire at random: in each step with the probability ``rates * dt / 1000``.

    Parameters
    ----------
    geometry : int or tuple of int
    name : str, optional
    rates : float, array or str
        Hz. Text is an equation that gives the rate in every step (``"base*(1.0 + sin(t/100.0))"``).
    target : str, optional
        Rates from rate-coded projections; not available yet.
    parameters : str, optional
        Parameters of the equation in ``rates``.
    refractory : float, optional
        ms.

    Attributes
    ----------
    rates : parameter (or variable, if an equation was given)
    p : variable
        The random number of the step, in Hz; the neuron fires where it is below ``rates``.
    """

    def __init__(
        self,
        geometry: int | tuple[int, ...],
        name: str | None = None,
        rates: Any = None,
        target: str | None = None,
        parameters: str | None = None,
        refractory: float | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        if target is not None:
            raise EngineError("PoissonPopulation: target (rates from a projection) is not available yet.")
        if rates is None:
            raise EngineError("PoissonPopulation: give rates in Hz, as a number, an array or an equation.")
        declared = parameters or ""
        equations = "p = Uniform(0.0, 1.0) * 1000.0 / dt"
        if isinstance(rates, str):
            equations = f"rates = {rates}\n{equations}"
        else:
            declared += f"\nrates = {float(rates) if is_number(rates) else 0.0!r}"
        neuron = Neuron(
            parameters=declared,
            equations=equations,
            spike="p < rates",
            refractory=refractory,
            name="Poisson",
            description="Fires at random with the given rate.",
        )
        super().__init__(geometry, neuron, name, network=network)
        if not isinstance(rates, str) and not is_number(rates):
            self.set({"rates": rates})
