"""Model text comes in, checked trees go out.

:func:`parse_neuron` and :func:`parse_synapse` turn the text fields of a neuron or a synapse into a
:class:`NeuronModel` or a :class:`SynapseModel`, or raise a :class:`~engine.errors.ModelError` with every
mistake and its place. :func:`check_synapse_use` and :func:`check_sums` add what is known only between two
given neurons or populations, and :func:`discretise` says what one time step of a model computes. Nothing
here knows networks or C++.
"""

from engine.language.discretise import discretise
from engine.language.events import DEFAULT_TRANSMISSION
from engine.language.formatting import format_expression
from engine.language.functions import DISTRIBUTIONS, FUNCTIONS, GLOBAL_OPERATIONS
from engine.language.lexer import tokens
from engine.language.model import Discretised, NeuronModel, SynapseModel
from engine.language.neuron import parse_neuron
from engine.language.stop_condition import parse_stop_condition
from engine.language.synapse import check_sums, check_synapse_use, parse_synapse
from engine.language.user_functions import parse_functions

__all__ = [
    "DEFAULT_TRANSMISSION",
    "DISTRIBUTIONS",
    "FUNCTIONS",
    "GLOBAL_OPERATIONS",
    "Discretised",
    "NeuronModel",
    "SynapseModel",
    "check_sums",
    "check_synapse_use",
    "discretise",
    "format_expression",
    "parse_functions",
    "parse_neuron",
    "parse_stop_condition",
    "parse_synapse",
    "tokens",
]
