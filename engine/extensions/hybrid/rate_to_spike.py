"""Rate2SpikePopulation: neurons that fire at random with the rates of another population."""

from __future__ import annotations

from engine.errors import EngineError
from engine.network.attributes import is_number
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.paired_input import PairedInput
from engine.network.population import Population

TARGET = "rate"


class Rate2SpikePopulation(Population):
    """Neurons that fire at random, each with ``scaling`` times the rate ``r`` of one of another population.

    Parameters
    ----------
    population : Population
        Rate-coded; the geometry is the same.
    name : str, optional
    scaling : float
        Hz for a rate of 1.
    refractory : float, optional
        ms.

    Attributes
    ----------
    scaling : parameter
        Of the whole population.
    rates, p : variables
        Present rate in Hz, and the random number of the step; the neuron fires where it is below ``rates``.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        scaling: float = 1.0,
        refractory: float | None = None,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        source = checked_source(population, "rate", "Rate2SpikePopulation", network)
        if not is_number(scaling):
            raise EngineError(f"Rate2SpikePopulation: scaling must be a number, not {scaling!r}.")
        neuron = Neuron(
            parameters=f"scaling = {float(scaling)!r} : population",
            equations=f"rates = scaling * sum({TARGET})\np = Uniform(0.0, 1.0) * 1000.0 / dt",
            spike="p < rates",
            refractory=refractory,
            name="Rate2Spike",
            description="Fires at random with the rate of another neuron.",
        )
        self.population = source
        self.paired_input = PairedInput(source, TARGET, "r")
        super().__init__(source.geometry, neuron, name, network=source.network)


def checked_source(population: object, kind: str, owner: str, network: Network | None) -> Population:
    """The population that a hybrid one follows."""
    word = {"rate": "rate-coded", "spike": "spiking"}[kind]
    if not isinstance(population, Population):
        raise EngineError(f"{owner}: give the {word} population it follows, not {type(population).__name__}.")
    if population.model.kind != kind:
        other = "spiking" if kind == "rate" else "rate-coded"
        raise EngineError(f"{owner}: {population.name} is {other}; give a {word} population.")
    if network is not None and network is not population.network:
        raise EngineError(f"{owner}: {population.name} belongs to another network.")
    return population
