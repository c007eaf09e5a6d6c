"""PoissonPopulation: neurons that fire at random with given rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.declarations import Parameter
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
        Instead of ``rates``: the rates are the weighted sum of incoming rate-coded projections with this
        target, so that weights scale to Hz.
    parameters : str or dict, optional
        Parameters of the equation in ``rates``.
    refractory : float, optional
        ms.

    Attributes
    ----------
    rates : parameter (or variable, if an equation or a target was given)
    p : variable
        The random number of the step, in Hz; the neuron fires where it is below ``rates``.

    Examples
    --------
    >>> PoissonPopulation(100, rates=20.0)  # doctest: +SKIP
    >>> PoissonPopulation(100, rates="base*(1 + sin(2*pi*f*t/1000))", parameters="base = 10.0; f = 2.0")
    ... # doctest: +SKIP
    >>> driven = PoissonPopulation(4, target="exc")  # doctest: +SKIP
    >>> Projection(rate_coded, driven, "exc").connect_one_to_one(50.0)  # doctest: +SKIP
    """

    def __init__(
        self,
        geometry: int | tuple[int, ...],
        name: str | None = None,
        rates: Any = None,
        target: str | None = None,
        parameters: str | Mapping[str, Any] | None = None,
        refractory: float | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        label = f"PoissonPopulation {name or ''}".strip()
        if (rates is None) == (target is None):
            raise EngineError(
                f"{label}: give rates in Hz, as a number, an array or an equation, or the target of "
                "rate-coded projections, and not both."
            )
        if target is not None:
            if not isinstance(target, str) or not target.isidentifier():
                raise EngineError(f"{label}: {target!r} is not a target; use a name such as 'exc'.")
            rates = f"sum({target})"
        declared = parameters or ""
        equations = "p = Uniform(0.0, 1.0) * 1000.0 / dt"
        if isinstance(rates, str):
            equations = f"rates = {rates}\n{equations}"
        else:
            declared = _with_rates(declared, float(rates) if is_number(rates) else 0.0)
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


def _with_rates(parameters: str | Mapping[str, Any], rates: float) -> str | dict[str, Any]:
    """The parameters, and ``rates`` of each neuron."""
    if isinstance(parameters, Mapping):
        return {**parameters, "rates": Parameter(rates, "local")}
    return f"{parameters}\nrates = {rates!r}"
