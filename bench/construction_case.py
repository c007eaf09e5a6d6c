"""One projection between two populations as a script that runs here and on ANNarchy 4.8.

Run as ``python construction_case.py {engine,annarchy} PATTERN SIZE DEGREE FOLDER`` in an environment that has
the simulator. Prints one line of JSON: CPU seconds of this process for drawing alone (engine only) and from
``compile()`` to the end of the first step, the number of synapses, and the bytes for each of them that the
process grew by. FOLDER keeps what was compiled; the case is compiled for a small network first.
"""

import json
import os
import sys
import time
from pathlib import Path

simulator, pattern, size, degree = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ["NEUROLOOM_CACHE_DIR"] = folder = sys.argv[5]
sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import

if simulator == "engine":
    import engine as ann
else:
    import ANNarchy as ann


def memory(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024


def build(n: int, k: int) -> object:
    """Declare the network; ``k`` synapses for each neuron."""
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
    else:
        raise SystemExit(f"no pattern {pattern}")
    return projection


build(50, 5)
ann.compile(directory=folder, silent=True)
ann.simulate(1.0)
projection = build(size, degree)
before = memory("VmRSS")
result: dict[str, float] = {}
if simulator == "engine":
    begin = time.process_time()
    projection.draw()
    result["draw"] = time.process_time() - begin
    result["draw_bytes"] = memory("VmHWM") - before
    projection._connectivity = None
    before = memory("VmRSS")
begin = time.process_time()
ann.compile(directory=folder, silent=True)
ann.simulate(1.0)
result["compile"] = time.process_time() - begin
result["synapses"] = projection.nb_synapses
result["bytes"] = memory("VmHWM") - before
print(json.dumps(result))
