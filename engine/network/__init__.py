"""The objects of a network, as a user's script makes them.

In: calls of the public API and model text. Out: a :class:`Network` whose populations, projections and
monitors :mod:`engine.codegen` turns into running code. Values live in :attr:`Population.init` before compile
and in the engine's buffers after it.
"""

from engine.network.declarations import Parameter, Variable
from engine.network.dendrite import Dendrite, IndividualSynapse
from engine.network.monitor import Monitor
from engine.network.monitor_files import MonitorList
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.population import Population
from engine.network.projection import Projection
from engine.network.synapse import Creating, Pruning, Synapse
from engine.network.view import IndividualNeuron, PopulationView

__all__ = [
    "Creating",
    "Dendrite",
    "IndividualNeuron",
    "IndividualSynapse",
    "Monitor",
    "MonitorList",
    "Network",
    "Neuron",
    "Parameter",
    "Population",
    "PopulationView",
    "Projection",
    "Pruning",
    "Synapse",
    "Variable",
]
