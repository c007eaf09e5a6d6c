"""One run of one case by one simulator, as a process: prints a line of JSON.

``python process.py SIMULATOR CASE DURATION THREADS SCALE SEED PRECISION [FLAGS]`` in an environment that has
the simulator. FLAGS are those of the compiler, for ``engine`` and ``annarchy``.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from measure import Clock, memory

MODULES = {"engine": "engine", "annarchy": "ANNarchy", "annarchy5": "ANNarchy"}


def run_annarchy(
    simulator: str,
    name: str,
    duration: float,
    threads: int,
    scale: float,
    seed: int,
    precision: str,
    flags: str,
) -> dict[str, Any]:
    """The engine or ANNarchy: they share the API."""
    from cases import CASES

    case = CASES[name]
    clock = Clock()
    ann = importlib.import_module(MODULES[simulator])
    clock.stage("import")
    kind = {"dtype": f"float{64 if precision == 'double' else 32}"} if simulator == "annarchy5" else {}
    ann.setup(
        dt=case.dt, method=case.method, seed=seed, num_threads=threads, **(kind or {"precision": precision})
    )
    network = case.declare(ann, case.base * scale)
    before = memory("VmRSS")
    clock.stage("declare")
    ann.compile(silent=True, **({"compiler_flags": flags} if flags else {}))
    clock.stage("compile")
    ann.simulate(1.0)
    clock.stage("first ms")
    resident = memory("VmRSS") - before
    ann.simulate(duration)
    clock.stage("simulate")
    synapses = sum(projection.nb_synapses for projection in network.projections)
    clock.stage("count")
    result: dict[str, Any] = {"synapses": synapses, "resident": resident}
    if network.spikes is not None:
        spikes = sum(len(times) for times in network.spikes.get("spike").values())
        result["rate"] = spikes / network.neurons / ((duration + 1.0) / 1000.0)
    else:
        result["rate"] = float(network.rates.r.mean())
    if network.samples is not None:
        result["samples"] = network.samples.get("v").size
    clock.stage("get")
    result["peak"] = memory("VmHWM")
    if network.plastic is not None:
        weights = network.plastic.w
        total = sum(float(sum(row)) for row in weights) if isinstance(weights, list) else float(weights.sum())
        result["weight"] = total / synapses
    simulated = clock.stages["simulate"]
    return {**result, "seconds": simulated["wall"], "cpu": simulated["cpu"], "stages": clock.stages}


def main() -> None:
    simulator, name = sys.argv[1:3]
    duration, threads, scale, seed = (
        float(sys.argv[3]),
        int(sys.argv[4]),
        float(sys.argv[5]),
        int(sys.argv[6]),
    )
    precision, flags = sys.argv[7], " ".join(sys.argv[8:])
    sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import
    print()
    print(json.dumps(run_annarchy(simulator, name, duration, threads, scale, seed, precision, flags)))


if __name__ == "__main__":
    main()
