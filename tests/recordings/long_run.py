"""A run that records to disk, for the tests of memory, crashes and full disks.

``python long_run.py FILE MS [full|forever]``: prints its peak memory in KiB when done; ``forever`` prints a
line after each part and never ends; ``full`` meets a disk without room after 60 MiB.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import engine

path, duration, how = sys.argv[1], float(sys.argv[2]), sys.argv[3]
neuron = engine.Neuron(parameters="b = 0.01", equations="v += b\nk += 1 : int", spike="v > 1", reset="v = 0")
engine.setup(seed=1)
pop = engine.Population(2000, neuron)
pop.b = engine.Uniform(0.01, 0.1)
m = engine.Monitor(pop, ["v", "spike"])
engine.compile(silent=True)
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (60 << 20, 60 << 20))
if how != "memory":
    m.record_to(path)
if how in ("memory", "file"):
    engine.simulate(duration)
if how == "full":
    try:
        engine.simulate(duration)
    except engine.EngineError as error:
        print(error)
    engine.simulate(3.0)
    print(len(m.get("v")))
while how == "forever":
    engine.simulate(duration)
    print(engine.get_current_step(), flush=True)
# What getrusage() says is never less than that of the process which started this one.
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
