"""The engine and ANNarchy, which share an API."""

from __future__ import annotations

import importlib
from typing import Any

from cases import CASES
from measure import Clock, memory, seconds_of_a_call
from simulators.setting import Setting


def run(setting: Setting, module: str = "ANNarchy") -> dict[str, Any]:
    case = CASES[setting.case]
    clock = Clock()
    ann = importlib.import_module(module)
    clock.stage("import")
    ann.setup(
        dt=case.dt,
        method=case.method,
        seed=setting.seed,
        num_threads=setting.threads,
        **precision(ann, setting.precision),
    )
    network = case.declare(ann, setting.scale)
    before = memory("VmRSS")
    clock.stage("declare")
    ann.compile(silent=True, **({"compiler_flags": setting.flags} if setting.flags else {}))
    clock.stage("compile")
    ann.simulate(1.0)
    clock.stage("first ms")
    resident = memory("VmRSS") - before
    ann.simulate(setting.duration)
    clock.stage("simulate")
    synapses = sum(projection.nb_synapses for projection in network.projections)
    clock.stage("count")
    result: dict[str, Any] = {"synapses": synapses, "resident": resident}
    if network.spikes is not None:
        spikes = sum(len(times) for times in network.spikes.get("spike").values())
        result["rate"] = spikes / network.neurons / ((setting.duration + 1.0) / 1000.0)
    else:
        result["rate"] = float(network.rates.r.mean())
    if network.samples is not None:
        result["samples"] = network.samples.get("v").size
    clock.stage("get")
    result["peak"] = memory("VmHWM")
    if network.plastic is not None:
        result["weight"] = float(sum(sum(row) for row in network.plastic.w)) / synapses
    result["call"] = seconds_of_a_call(lambda: ann.simulate(case.dt))
    simulated = clock.stages["simulate"]
    return {**result, "seconds": simulated["wall"], "cpu": simulated["cpu"], "stages": clock.stages}


def run_engine(setting: Setting) -> dict[str, Any]:
    """A checkout to compare with may be older than the number of threads that it used."""
    result = run(setting, "engine")
    used = getattr(importlib.import_module("engine").magic_network(), "threads_used", None)
    return result if used is None else {**result, "threads_used": used}


def precision(ann: Any, name: str) -> dict[str, Any]:
    """The argument of ``setup``: ANNarchy 5 has a ``dtype`` instead."""
    if hasattr(ann, "float32"):
        return {"dtype": {"double": ann.float64, "float": ann.float32}[name]}
    return {"precision": name}
