"""Populations that bring activity into a network.

In: rates or spike times. Out: populations that projections and monitors use like any other.
"""

from engine.inputs.poisson import PoissonPopulation
from engine.inputs.spike_source import SpikeSourceArray

__all__ = ["PoissonPopulation", "SpikeSourceArray"]
