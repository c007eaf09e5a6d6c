"""One projection between two populations as a script that runs here, on ANNarchy, Brian 2 and NEST.

Run as ``python construction_case.py {engine,annarchy,brian2,nest} PATTERN SIZE DEGREE FOLDER`` in an
environment that has the simulator. Prints one line of JSON: CPU seconds of this process for drawing alone
(``draw``, the engine only) and from ``compile()`` to the end of the first step (``cpu``), the number of
synapses, and the bytes for each of them that the process grew by, at the end (``bytes``) and at most
(``peak``). FOLDER keeps what was compiled; the case is compiled for a small network first. For Brian ``cpu``
is that of its program to the end of the first step.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from measure import memory

simulator, pattern, size, degree = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ["NEUROLOOM_CACHE_DIR"] = folder = sys.argv[5]
sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import


def measured(construct: Any, synapses: Any) -> dict[str, float]:
    """Seconds and bytes of ``construct``."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest peak begins anew
    before = memory("VmRSS")
    begin = time.process_time()
    construct()
    cpu = time.process_time() - begin
    count = synapses()
    after, most = memory("VmRSS"), memory("VmHWM")
    return {
        "cpu": cpu,
        "synapses": count,
        "bytes": (after - before) / count,
        "peak": (most - before) / count,
    }


def declared(ann: Any, n: int, k: int) -> Any:
    """The network; ``k`` synapses for each neuron."""
    ann.clear()
    ann.setup(seed=3)
    neuron = ann.Neuron(equations="v = g_exc", spike="v > 1.0")
    pre, post = ann.Population(n, neuron), ann.Population(n, neuron)
    projection = ann.Projection(pre, post, "exc")
    if pattern == "probability":
        projection.connect_fixed_probability(k / n, 0.5)
    elif pattern == "probability, weights":
        projection.connect_fixed_probability(k / n, ann.Uniform(0.0, 1.0))
    elif pattern == "probability, weights, delays":
        projection.connect_fixed_probability(k / n, ann.Uniform(0.0, 1.0), ann.Uniform(1.0, 5.0))
    elif pattern == "number_pre":
        projection.connect_fixed_number_pre(k, 0.5)
    elif pattern == "number_post":
        projection.connect_fixed_number_post(k, 0.5)
    elif pattern == "all_to_all":
        projection.connect_all_to_all(0.5)
    elif pattern == "gaussian":
        projection.connect_gaussian(1.0, (k / n) / 3.0, limit=0.01)
    elif pattern == "matrix":
        projection.connect_from_sparse(given(n, k))
    else:
        raise SystemExit(f"no pattern {pattern}")
    return projection


def given(n: int, k: int) -> Any:
    """A matrix as a user has it, before the clock starts: k entries in each of n rows."""
    import numpy as np
    from scipy.sparse import csr_matrix

    columns = (np.arange(k) * (n // k) + np.arange(n)[:, None] % (n // k)).astype(np.int32)
    offsets = np.arange(0, n * k + 1, k, dtype=np.int32)
    return csr_matrix((np.linspace(0.1, 1.0, n * k), columns.ravel(), offsets), shape=(n, n))


def by_scripts(ann: Any) -> dict[str, float]:
    declared(ann, 50, 5)
    ann.compile(directory=folder, silent=True)
    ann.simulate(1.0)
    projection = declared(ann, size, degree)
    result: dict[str, float] = {}
    if simulator == "engine":
        begin = time.process_time()
        projection.draw()
        result["draw"] = time.process_time() - begin
        ann.clear()
        projection = declared(ann, size, degree)

    def construct() -> None:
        ann.compile(directory=folder, silent=True)
        ann.simulate(1.0)

    return {**result, **measured(construct, lambda: projection.nb_synapses)}


def by_nest() -> dict[str, float]:
    import nest

    nest.set_verbosity("M_ERROR")
    pre, post = nest.Create("iaf_psc_delta", size), nest.Create("iaf_psc_delta", size)
    rules: dict[str, dict[str, Any]] = {
        "probability": {"rule": "pairwise_bernoulli", "p": degree / size},
        "number_pre": {"rule": "fixed_indegree", "indegree": degree, "allow_multapses": False},
    }
    rule = "number_pre" if pattern == "number_pre" else "probability"
    weight = nest.random.uniform(0.0, 1.0) if pattern == "probability, weights" else 0.5

    def construct() -> None:
        nest.Connect(pre, post, rules[rule], {"weight": weight})
        nest.Simulate(1.0)

    return measured(construct, lambda: nest.num_connections)


AFTER_STEP = """
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line) && line.compare(0, 6, "VmHWM:")) {}
    const double microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    const double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1e-6 * microseconds;
    std::ofstream("construction.txt") << cpu << " " << 1024.0 * std::stod(line.substr(6));
"""


def by_brian() -> dict[str, float]:
    import brian2 as b2

    place = Path(folder).absolute() / "brian2"
    b2.set_device("cpp_standalone", directory=str(place), build_on_run=False)
    b2.prefs.codegen.cpp.headers += ["<sys/resource.h>", "<fstream>", "<string>"]
    model = {"model": "v = g : 1\ng : 1", "threshold": "v > 1"}
    pre, post = b2.NeuronGroup(size, **model), b2.NeuronGroup(size, **model)
    own = pattern == "probability, weights"
    synapses = b2.Synapses(pre, post, "w : 1" if own else "", on_pre=f"g_post += {'w' if own else 0.5}")
    synapses.connect(p=degree / size)
    if own:
        synapses.w = "rand()"
    b2.device.insert_code("after_network_run", AFTER_STEP)
    b2.Network(pre, post, synapses).run(b2.defaultclock.dt)
    b2.device.build(directory=str(place), compile=True, run=False)
    b2.device.run(str(place), with_output=False, run_args=[])
    written = next(p for p in (Path("construction.txt"), place / "construction.txt") if p.exists())
    cpu, most = map(float, written.read_text().split())
    return {"cpu": cpu, "synapses": len(synapses), "peak": most / len(synapses)}


if simulator == "nest":
    found = by_nest()
elif simulator == "brian2":
    found = by_brian()
elif simulator == "engine":
    import engine

    found = by_scripts(engine)
else:
    import ANNarchy

    found = by_scripts(ANNarchy)
print()
print(json.dumps(found))
