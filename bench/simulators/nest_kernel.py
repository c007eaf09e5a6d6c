"""Cases for NEST, with its own neurons where they have the same equations.

``iaf_cond_exp`` is integrated by NEST with an adaptive method, so that the plastic cases agree in their
rates, but not in what a step costs: that is how a user of NEST simulates them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nest
import numpy as np

from cases import CASES as ALL
from measure import Clock, memory, seconds_of_a_call
from simulators.setting import Setting

Parts = tuple[Any, bool]
"""The neurons whose spikes are recorded, and whether their synapses are plastic."""


def bernoulli(setting: Setting, source: Any, target: Any, p: float, weight: float, delay: float) -> None:
    nest.Connect(
        source,
        target,
        {"rule": "pairwise_bernoulli", "p": setting.probability(p), "allow_autapses": False},
        {"weight": weight, "delay": delay},
    )


def cuba(setting: Setting) -> Parts:
    exc = setting.size(3200)
    # With C_m = tau_m a current of 1 pA is a drive of 1 mV.
    neurons = nest.Create(
        "iaf_psc_exp",
        setting.size(4000),
        {
            "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0, "C_m": 20.0, "tau_m": 20.0,
            "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "t_ref": 5.0,
        },
    )  # fmt: skip
    neurons.V_m = nest.random.uniform(-60.0, -50.0)
    bernoulli(setting, neurons[:exc], neurons, 0.02, 1.62, 0.1)
    bernoulli(setting, neurons[exc:], neurons, 0.02, -9.0, 0.1)
    return neurons, False


def brunel(setting: Setting) -> Parts:
    exc = setting.size(10000)
    neurons = nest.Create(
        "iaf_psc_delta",
        setting.size(12500),
        {
            "E_L": 24.0, "V_th": 20.0, "V_reset": 10.0, "C_m": 20.0, "tau_m": 20.0, "t_ref": 2.0,
            "refractory_input": False,
        },
    )  # fmt: skip
    neurons.V_m = nest.random.uniform(0.0, 20.0)
    bernoulli(setting, neurons[:exc], neurons, 0.1, 0.1, 1.5)
    bernoulli(setting, neurons[exc:], neurons, 0.1, -0.5, 1.5)
    return neurons, False


def izhikevich_neurons(exc: int, inh: int) -> Any:
    neurons = nest.Create("izhikevich", exc + inh, {"V_th": 30.0, "consistent_integration": True})
    pyramids, interneurons = neurons[:exc], neurons[exc:]
    random = np.random.default_rng(nest.rng_seed)
    q = random.random(exc)
    pyramids.set({"a": 0.02, "b": 0.2, "c": list(-65.0 + 15.0 * q**2), "d": list(8.0 - 6.0 * q**2)})
    q = random.random(inh)
    interneurons.set({"a": list(0.02 + 0.08 * q), "b": list(0.25 - 0.05 * q), "c": -65.0, "d": 2.0})
    neurons.V_m = -65.0
    neurons.U_m = list(-65.0 * np.array(neurons.b))
    for part, strength in ((pyramids, 5.0), (interneurons, 2.0)):
        noise = nest.Create("noise_generator", params={"mean": 0.0, "std": strength, "dt": 1.0})
        nest.Connect(noise, part, syn_spec={"delay": 1.0})
    return neurons


def izhikevich(setting: Setting) -> Parts:
    exc, inh = setting.size(800), setting.size(200)
    neurons = izhikevich_neurons(exc, inh)
    for source, largest in ((neurons[:exc], 0.5), (neurons[exc:], -1.0)):
        low, high = sorted((0.0, largest / setting.scale))
        nest.Connect(source, neurons, "all_to_all", {"weight": nest.random.uniform(low, high), "delay": 1.0})
    return neurons, False


def izhikevich_large(setting: Setting) -> Parts:
    exc, inh = setting.size(8000), setting.size(2000)
    neurons = izhikevich_neurons(exc, inh)
    for source, largest, degree in ((neurons[:exc], 0.5, 800), (neurons[exc:], -1.0, 200)):
        low, high = sorted((0.0, largest))
        rule = {"rule": "fixed_indegree", "indegree": min(degree, len(source)), "allow_multapses": False}
        nest.Connect(source, neurons, rule, {"weight": nest.random.uniform(low, high), "delay": 1.0})
    return neurons, False


LEAK = 10.0
"""nS; conductances of synapses are relative to it."""


def pair_rule(largest: float) -> dict[str, Any]:
    """Additive STDP; a dendritic delay of one step cannot be avoided."""
    return {
        "synapse_model": "stdp_synapse", "lambda": 0.01, "alpha": 1.05, "mu_plus": 0.0, "mu_minus": 0.0,
        "tau_plus": 20.0, "Wmax": LEAK * largest, "delay": nest.resolution,
    }  # fmt: skip


def stdp_song(setting: Setting) -> Parts:
    largest = 0.01 / setting.scale
    n = setting.size(1000)
    neuron = nest.Create(
        "iaf_cond_exp",
        1,
        {
            "E_L": -74.0, "V_th": -54.0, "V_reset": -60.0, "V_m": -60.0, "C_m": 10.0 * LEAK, "g_L": LEAK,
            "E_ex": 0.0, "tau_syn_ex": 5.0, "t_ref": 0.0, "tau_minus": 20.0,
        },
    )  # fmt: skip
    source = nest.Create("poisson_generator", params={"rate": 15.0})
    inputs = nest.Create("parrot_neuron", n)
    nest.Connect(source, inputs)
    weights = {"weight": nest.random.uniform(0.0, LEAK * largest)}
    nest.Connect(inputs, neuron, "all_to_all", {**pair_rule(largest), **weights})
    return neuron, True


def stdp_recurrent(setting: Setting) -> Parts:
    neurons = nest.Create(
        "iaf_cond_exp",
        setting.size(2000),
        {
            "E_L": -60.0, "V_th": -50.0, "V_reset": -60.0, "C_m": 20.0 * LEAK, "g_L": LEAK,
            "E_ex": 0.0, "tau_syn_ex": 5.0, "t_ref": 5.0, "tau_minus": 20.0,
        },
    )  # fmt: skip
    neurons.V_m = nest.random.uniform(-60.0, -50.0)
    neurons.I_e = LEAK * nest.random.uniform(9.0, 14.0)
    rule = {"rule": "pairwise_bernoulli", "p": setting.probability(0.1), "allow_autapses": False}
    weights = {"weight": nest.random.uniform(0.0, LEAK * 0.002)}
    nest.Connect(neurons, neurons, rule, {**pair_rule(0.005), **weights})
    return neurons, True


CASES: dict[str, Callable[[Setting], Parts]] = {
    "cuba": cuba,
    "cuba_large": cuba,
    "brunel": brunel,
    "izhikevich": izhikevich,
    "izhikevich_large": izhikevich_large,
    "stdp_song": stdp_song,
    "stdp_song_long": stdp_song,
    "stdp_recurrent": stdp_recurrent,
}


def run(setting: Setting) -> dict[str, Any]:
    clock = Clock()
    before = memory("VmRSS")
    dt = ALL[setting.case].dt
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(resolution=dt, local_num_threads=setting.threads, rng_seed=setting.seed)
    neurons, plastic = CASES[setting.case](setting)
    recorder = nest.Create("spike_recorder")
    synapses = nest.num_connections
    nest.Connect(neurons, recorder)
    clock.stage("declare")
    nest.Simulate(1.0)
    clock.stage("first ms")
    resident = memory("VmRSS") - before
    nest.Simulate(setting.duration)
    clock.stage("simulate")
    simulated = clock.stages["simulate"]
    rate = recorder.n_events / len(neurons) / ((setting.duration + 1.0) / 1000.0)
    result: dict[str, Any] = {"rate": rate, "resident": resident, "peak": memory("VmHWM")}
    if plastic:
        found = nest.GetConnections(target=neurons, synapse_model="stdp_synapse")
        synapses = len(found)
        result["weight"] = sum(found.weight) / synapses / LEAK
    result["call"] = seconds_of_a_call(lambda: nest.Simulate(dt))
    return {
        **result,
        "synapses": synapses,
        "build_seconds": clock.stages["declare"]["cpu"],
        "seconds": simulated["wall"],
        "cpu": simulated["cpu"],
        "stages": clock.stages,
    }
