"""Populations that turn spikes to rates and rates to spikes, neuron by neuron.

In: a spiking or rate-coded population. Out: a population of the other kind with the same geometry.
"""

from engine.extensions.hybrid.rate_to_spike import Rate2SpikePopulation
from engine.extensions.hybrid.spike_to_rate import Spike2RatePopulation

__all__ = ["Rate2SpikePopulation", "Spike2RatePopulation"]
