"""Built-in neurons and synapses, written in the modelling language itself.

In: numbers for a model's parameters. Out: a :class:`engine.network.Neuron` or
:class:`engine.network.Synapse` whose text anyone may read, copy and change.
"""

from engine.models.adaptive_exponential import EIF_cond_alpha_isfa_ista, EIF_cond_exp_isfa_ista
from engine.models.generalized_integrate_and_fire import GIF_curr, GIF_curr_exp
from engine.models.hodgkin_huxley import HH_cond_exp
from engine.models.integrate_and_fire import IF_cond_alpha, IF_cond_exp, IF_curr_alpha, IF_curr_exp
from engine.models.izhikevich import Izhikevich
from engine.models.rate_coded import LeakyIntegrator
from engine.models.rate_synapses import IBCM, DefaultRateCodedSynapse, Hebb, Oja
from engine.models.spiking_synapses import STDP, STP, DefaultSpikingSynapse
from engine.network.neuron import Neuron
from engine.network.synapse import Synapse

__all__ = [
    "IBCM",
    "STDP",
    "STP",
    "DefaultRateCodedSynapse",
    "DefaultSpikingSynapse",
    "EIF_cond_alpha_isfa_ista",
    "EIF_cond_exp_isfa_ista",
    "GIF_curr",
    "GIF_curr_exp",
    "HH_cond_exp",
    "Hebb",
    "IF_cond_alpha",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_exp",
    "Izhikevich",
    "LeakyIntegrator",
    "Oja",
    "list_standard_neurons",
    "list_standard_synapses",
]


def list_standard_neurons() -> list[type[Neuron]]:
    """Classes of all built-in neurons."""
    return [
        LeakyIntegrator,
        Izhikevich,
        IF_curr_exp,
        IF_cond_exp,
        IF_curr_alpha,
        IF_cond_alpha,
        HH_cond_exp,
        EIF_cond_exp_isfa_ista,
        EIF_cond_alpha_isfa_ista,
        GIF_curr,
        GIF_curr_exp,
    ]


def list_standard_synapses() -> list[type[Synapse]]:
    """Classes of all built-in synapses."""
    return [DefaultRateCodedSynapse, Hebb, Oja, IBCM, DefaultSpikingSynapse, STP, STDP]
