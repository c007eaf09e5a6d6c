"""Neuroloom's simulator: the public Python API.

In: neurons and synapses as equations, populations and projections. Out: a compiled network that runs and
records. ``from engine import *`` gives everything that a script needs, numpy as ``np`` included. Nothing
here needs a window.
"""

import numpy as np
from numpy import float32 as float32
from numpy import float64 as float64

from engine import codegen as _codegen
from engine import extensions as extensions
from engine.errors import (
    CodeGeneratorException,
    CompilationError,
    EngineError,
    InvalidConfiguration,
    ModelError,
)
from engine.errors import EngineError as ANNarchyException
from engine.extensions.hybrid import Rate2SpikePopulation, Spike2RatePopulation
from engine.inputs import (
    CurrentInjection,
    DecodingProjection,
    HomogeneousCorrelatedSpikeTrains,
    InputArray,
    PoissonPopulation,
    SpikeSourceArray,
    TimedArray,
    TimedPoissonPopulation,
)
from engine.models import (
    IBCM,
    STDP,
    STP,
    DefaultRateCodedSynapse,
    DefaultSpikingSynapse,
    EIF_cond_alpha_isfa_ista,
    EIF_cond_exp_isfa_ista,
    GIF_curr,
    GIF_curr_exp,
    Hebb,
    HH_cond_exp,
    IF_cond_alpha,
    IF_cond_exp,
    IF_curr_alpha,
    IF_curr_exp,
    Izhikevich,
    LeakyIntegrator,
    Oja,
    list_standard_neurons,
    list_standard_synapses,
)
from engine.network import (
    Creating,
    Dendrite,
    Monitor,
    MonitorList,
    Network,
    Neuron,
    Population,
    Projection,
    Pruning,
    Synapse,
)
from engine.network.callbacks import (
    callbacks_enabled,
    clear_all_callbacks,
    disable_callbacks,
    enable_callbacks,
    every,
)
from engine.network.constant import Constant, add_function, get_constant
from engine.network.declarations import Parameter, Variable
from engine.network.distributions import (
    Binomial,
    DiscreteUniform,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    Uniform,
)
from engine.network.files import (
    load,
    load_checkpoint,
    load_parameter,
    load_parameters,
    save,
    save_checkpoint,
    save_parameters,
)
from engine.network.functions import functions
from engine.network.lil import LILConnectivity
from engine.network.lil import LILConnectivity as CSR
from engine.network.registry import magic_network
from engine.network.simulation import (
    clear,
    compile,
    disable_learning,
    dt,
    enable_learning,
    get_current_step,
    get_global_config,
    get_population,
    get_projection,
    get_time,
    monitors,
    populations,
    projections,
    reset,
    set_current_step,
    set_seed,
    set_time,
    setup,
    simulate,
    simulate_until,
    step,
)
from engine.network.sparse_matrices import sparse_delays_from_weights, sparse_random_matrix
from engine.network.spikes import (
    coefficient_of_variation,
    histogram,
    inter_spike_interval,
    mean_fr,
    population_rate,
    raster_plot,
    smoothed_rate,
)
from engine.network.timing import timeit
from engine.parallel import ParallelError, parallel_run
from engine.recordings import read_recordings, save_recordings, to_neo
from engine.reports import report

__version__ = "4.8"
"""Version of ANNarchy whose API this is; scripts ask for it."""
__release__ = "4.8.2"
"""Patch release of ANNarchy whose behaviour is the reference."""

_codegen.prepare()

__all__ = [
    "CSR",
    "IBCM",
    "STDP",
    "STP",
    "ANNarchyException",
    "Binomial",
    "CodeGeneratorException",
    "CompilationError",
    "Constant",
    "Creating",
    "CurrentInjection",
    "DecodingProjection",
    "DefaultRateCodedSynapse",
    "DefaultSpikingSynapse",
    "Dendrite",
    "DiscreteUniform",
    "EIF_cond_alpha_isfa_ista",
    "EIF_cond_exp_isfa_ista",
    "EngineError",
    "Exponential",
    "GIF_curr",
    "GIF_curr_exp",
    "Gamma",
    "HH_cond_exp",
    "Hebb",
    "HomogeneousCorrelatedSpikeTrains",
    "IF_cond_alpha",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_exp",
    "InputArray",
    "InvalidConfiguration",
    "Izhikevich",
    "LILConnectivity",
    "LeakyIntegrator",
    "LogNormal",
    "ModelError",
    "Monitor",
    "MonitorList",
    "Network",
    "Neuron",
    "Normal",
    "Oja",
    "ParallelError",
    "Parameter",
    "PoissonPopulation",
    "Population",
    "Projection",
    "Pruning",
    "Rate2SpikePopulation",
    "Spike2RatePopulation",
    "SpikeSourceArray",
    "Synapse",
    "TimedArray",
    "TimedPoissonPopulation",
    "Uniform",
    "Variable",
    "add_function",
    "callbacks_enabled",
    "clear",
    "clear_all_callbacks",
    "coefficient_of_variation",
    "compile",
    "disable_callbacks",
    "disable_learning",
    "dt",
    "enable_callbacks",
    "enable_learning",
    "every",
    "functions",
    "get_constant",
    "get_current_step",
    "get_global_config",
    "get_population",
    "get_projection",
    "get_time",
    "histogram",
    "inter_spike_interval",
    "list_standard_neurons",
    "list_standard_synapses",
    "load",
    "load_checkpoint",
    "load_parameter",
    "load_parameters",
    "magic_network",
    "mean_fr",
    "monitors",
    "np",
    "parallel_run",
    "population_rate",
    "populations",
    "projections",
    "raster_plot",
    "read_recordings",
    "report",
    "reset",
    "save",
    "save_checkpoint",
    "save_parameters",
    "save_recordings",
    "set_current_step",
    "set_seed",
    "set_time",
    "setup",
    "simulate",
    "simulate_until",
    "smoothed_rate",
    "sparse_delays_from_weights",
    "sparse_random_matrix",
    "step",
    "timeit",
    "to_neo",
]
