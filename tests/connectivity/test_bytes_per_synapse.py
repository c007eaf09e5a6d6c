"""Memory of building synapses: the most that the process ever held, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import sys
from engine import *

def held(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024

def build(n, number):
    net = Network(seed=1)
    spiking = Neuron(equations="v = g_exc", spike="v > 1.0")
    neuron = spiking if KIND == "spike" else Neuron(equations="r = sum(exc)")
    proj = net.connect(net.create(n, neuron), net.create(n, neuron), "exc")
    CONNECT(proj, number)
    COMPILE(net, proj)
    return net, proj

build(64, 8)  # imports, and the library of compiled cases
before = held("VmRSS")
net, proj = build(10_000, 1000)
count = proj.connectivity.nnz
print(count, (held("VmHWM") - before) / count, (held("VmRSS") - before) / count)
"""
DRAW = "lambda net, proj: proj.draw()"
COMPILE = "lambda net, proj: (net.compile(silent=True), net.step())"


def measured(kind: str, connect: str, stage: str) -> tuple[int, float, float]:
    """Number of synapses; bytes for each at the peak and afterwards."""
    program = f"KIND, CONNECT, COMPILE = {kind!r}, {connect}, {stage}" + MEASURE
    root = Path(__file__).parents[2]
    environment = dict(os.environ, PYTHONPATH=str(root))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    count, peak, after = done.stdout.split()[-3:]
    return int(count), float(peak), float(after)


PROBABILITY = "lambda p, n: p.connect_fixed_probability(0.1, Uniform(0.0, 1.0))"
ONE_WEIGHT = "lambda p, n: p.connect_fixed_probability(0.1, 0.5)"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
@pytest.mark.parametrize(
    ("kind", "connect", "stage", "peak", "after"),
    [
        # rank 4, weight 8, offsets; 16 is the promise, what is above 12 are chunks of samples
        ("spike", PROBABILITY, DRAW, 13.0, 12.5),
        # each synapse a delay of its own: 4 more
        ("spike", PROBABILITY.replace("1.0))", "1.0), Uniform(1.0, 4.0))"), DRAW, 17.0, 16.5),
        ("spike", "lambda p, n: p.connect_fixed_number_pre(n, Normal(0.5, 0.1))", DRAW, 13.0, 12.5),
        # once by pre- and once by post-synaptic rank while it is turned round
        ("spike", "lambda p, n: p.connect_fixed_number_post(n, Uniform(0.0, 1.0))", DRAW, 13.0, 12.5),
        # compiled: ranks by both sides; one copy of the weights, two while they are brought into order
        ("spike", ONE_WEIGHT, COMPILE, 9.0, 8.5),
        ("spike", PROBABILITY, COMPILE, 25.0, 16.5),
        ("rate", PROBABILITY, COMPILE, 13.5, 12.5),
    ],
)
def test_bytes_for_each_of_ten_million_synapses(
    kind: str, connect: str, stage: str, peak: float, after: float
) -> None:
    count, most, held = measured(kind, connect, stage)
    assert count == pytest.approx(1e7, rel=0.001)
    assert most < peak
    assert held < after
