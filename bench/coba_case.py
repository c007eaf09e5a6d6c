"""COBA (Vogels & Abbott 2005), 4000 neurons, as a script that runs here and on ANNarchy 4.8.

Run as ``python coba_case.py {engine,annarchy} THREADS DURATION [SEED [RECORD]]`` in an environment that has
the simulator. RECORD: ``spikes`` (default), ``nothing``, ``samples`` (spikes and v each ms), ``file`` (to
disk). Prints one line of JSON: seconds (wall and CPU) of each stage, the mean rate, the number of synapses
and the peak of memory (KiB) before the run, after it and at the end.
"""

import json
import sys
import time
from pathlib import Path

simulator, threads, duration = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 7
record = sys.argv[5] if len(sys.argv) > 5 else "spikes"
sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import


class Clock:
    """Seconds of each stage: wall, and CPU of this process and its children."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float]] = {}
        self.mark = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        import resource

        used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(u.ru_utime + u.ru_stime for u in used)

    def stage(self, name: str) -> None:
        now = self._now()
        self.stages[name] = {"wall": now[0] - self.mark[0], "cpu": now[1] - self.mark[1]}
        self.mark = now


clock = Clock()
if simulator == "engine":
    import engine as ann
else:
    import ANNarchy as ann
clock.stage("import")

ann.setup(dt=0.1, method="exponential", seed=seed, num_threads=threads)
IF = ann.Neuron(
    parameters="""
        El = -60.0 : population
        Vr = -60.0 : population
        Erev_exc = 0.0 : population
        Erev_inh = -80.0 : population
        Vt = -50.0 : population
        tau = 20.0 : population
        tau_exc = 5.0 : population
        tau_inh = 10.0 : population
        I = 20.0 : population
    """,
    equations="""
        tau * dv/dt = (El - v) + g_exc * (Erev_exc - v) + g_inh * (Erev_inh - v) + I
        tau_exc * dg_exc/dt = - g_exc
        tau_inh * dg_inh/dt = - g_inh
    """,
    spike="v > Vt",
    reset="v = Vr",
    refractory=5.0,
)
P = ann.Population(geometry=4000, neuron=IF)
P.v = ann.Normal(-55.0, 5.0)
P.g_exc = ann.Normal(4.0, 1.5)
P.g_inh = ann.Normal(20.0, 12.0)
exc = ann.Projection(P[:3200], P, "exc").connect_fixed_probability(probability=0.02, weights=0.6)
inh = ann.Projection(P[3200:], P, "inh").connect_fixed_probability(probability=0.02, weights=6.7)
m = ann.Monitor(P, "spike", start=record != "nothing")
v = ann.Monitor(P, "v", period=1.0, start=record in ("samples", "file"))
if record == "file":
    for monitor in (m, v):
        monitor.record_to("run.h5", overwrite=True)


def peak() -> int:
    """Peak of memory in KiB. What getrusage() says is never less than that of the process before."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


clock.stage("declare")
ann.compile()
clock.stage("compile")
ann.simulate(1.0)
clock.stage("first ms")
before = peak()
ann.simulate(duration)
clock.stage("simulate")
if record == "file":
    v._file.close()
clock.stage("close")
after = peak()
if record in ("spikes", "samples"):
    data = m.get("spike")
    clock.stage("get spikes")
    spikes = sum(len(times) for times in data.values())
    if record == "samples":
        samples = v.get("v")
        assert samples.shape == (duration + 1.0, 4000), samples.shape
        clock.stage("get samples")
else:
    spikes = 0
print(
    json.dumps(
        {
            "stages": clock.stages,
            "rate": spikes / 4000 / ((duration + 1.0) / 1000.0),
            "memory": {"before": before, "simulate": after, "get": peak()},
            "synapses": exc.nb_synapses + inh.nb_synapses,
        }
    )
)
