"""Populations that bring activity into a network, and projections between rates and spikes.

In: rates, spike times or other populations. Out: populations and projections like any other.
"""

from engine.inputs.correlated import HomogeneousCorrelatedSpikeTrains
from engine.inputs.current_injection import CurrentInjection
from engine.inputs.decoding import DecodingProjection
from engine.inputs.given import InputArray
from engine.inputs.poisson import PoissonPopulation
from engine.inputs.spike_source import SpikeSourceArray
from engine.inputs.timed import TimedArray, TimedPoissonPopulation

__all__ = [
    "CurrentInjection",
    "DecodingProjection",
    "HomogeneousCorrelatedSpikeTrains",
    "InputArray",
    "PoissonPopulation",
    "SpikeSourceArray",
    "TimedArray",
    "TimedPoissonPopulation",
]
