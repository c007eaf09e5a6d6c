"""COBA 4000 with what is recorded chosen, as a script that runs here and on ANNarchy 4.8.

Run as ``python recording_case.py {engine,annarchy} DURATION RECORD`` in an environment that has the
simulator. RECORD: ``nothing``, ``spikes``, ``samples`` (spikes and v each ms) or ``file`` (both, to disk).
Prints one line of JSON: seconds (wall and CPU) of each stage, the mean rate, the number of synapses and the
peak of memory (KiB) before the run, after it and at the end.
"""

import json
import sys

from cases import coba
from measure import Clock, memory

simulator, duration, record = sys.argv[1], float(sys.argv[2]), sys.argv[3]
sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import

clock = Clock()
if simulator == "engine":
    import engine as ann
else:
    import ANNarchy as ann
clock.stage("import")
ann.setup(dt=0.1, method="exponential", seed=7)
network = coba.recorded(ann, 1.0)
m, v = network.spikes, network.samples
if record == "nothing":
    m.pause()
if record in ("nothing", "spikes"):
    v.pause()
if record == "file":
    for monitor in (m, v):
        monitor.record_to("run.h5", overwrite=True)
clock.stage("declare")
ann.compile()
clock.stage("compile")
ann.simulate(1.0)
clock.stage("first ms")
before = memory("VmHWM")
ann.simulate(duration)
clock.stage("simulate")
if record == "file":
    v._file.close()
clock.stage("close")
after = memory("VmHWM")
spikes = 0
if record in ("spikes", "samples"):
    data = m.get("spike")
    clock.stage("get spikes")
    spikes = sum(len(times) for times in data.values())
    if record == "samples":
        samples = v.get("v")
        assert samples.shape == (duration + 1.0, 4000), samples.shape
        clock.stage("get samples")
print(
    json.dumps(
        {
            "stages": clock.stages,
            "rate": spikes / 4000 / ((duration + 1.0) / 1000.0),
            "memory": {
                name: kib // 1024
                for name, kib in {"before": before, "simulate": after, "get": memory("VmHWM")}.items()
            },
            "synapses": sum(projection.nb_synapses for projection in network.projections),
        }
    )
)
