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

def sparse(n, number):
    from scipy.sparse import csr_matrix
    columns = (np.arange(number) * (n // number) + np.arange(n)[:, None] % (n // number)).astype(np.int32)
    rows = np.arange(0, n * number + 1, number, dtype=np.int32)
    return csr_matrix((np.linspace(0.1, 1.0, n * number), columns.ravel(), rows), shape=(n, n))

def build(n, number):
    net = Network(seed=1)
    net.config(precision=PRECISION)
    spiking = Neuron(equations="v = g_exc", spike="v > 1.0")
    neuron = spiking if KIND == "spike" else Neuron(equations="r = sum(exc)")
    proj = net.connect(net.create(n, neuron), net.create(n, neuron), "exc")
    CONNECT(proj, number)
    COMPILE(net, proj)
    return net, proj

build(64 if SIZE <= 65_536 else SIZE, 8)  # imports, and the library of compiled cases
before = held("VmRSS")
net, proj = build(SIZE, 10_000_000 // SIZE)
count = proj.connectivity.nnz
print(count, (held("VmHWM") - before) / count, (held("VmRSS") - before) / count)
"""
DRAW = "lambda net, proj: proj.draw()"
COMPILE = "lambda net, proj: (net.compile(silent=True), net.step())"


def measured(
    kind: str, connect: str, stage: str, size: int = 10_000, precision: str = "double"
) -> tuple[int, float, float]:
    """Number of synapses; bytes for each at the peak and afterwards."""
    names = "KIND, CONNECT, COMPILE, SIZE, PRECISION"
    program = f"{names} = {kind!r}, {connect}, {stage}, {size}, {precision!r}" + MEASURE
    root = Path(__file__).parents[2]
    environment = dict(os.environ, PYTHONPATH=str(root))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    count, peak, after = done.stdout.split()[-3:]
    return int(count), float(peak), float(after)


PROBABILITY = "lambda p, n: p.connect_fixed_probability(n / p.pre.size, Uniform(0.0, 1.0))"
ONE_WEIGHT = "lambda p, n: p.connect_fixed_probability(n / p.pre.size, 0.5)"
DELAYS = PROBABILITY.replace("1.0))", "1.0), Uniform(1.0, 4.0))")
NUMBER_PRE = "lambda p, n: p.connect_fixed_number_pre(n, Normal(0.5, 0.1))"
NUMBER_POST = "lambda p, n: p.connect_fixed_number_post(n, Uniform(0.0, 1.0))"
GAUSSIAN = "lambda p, n: p.connect_gaussian(1.0, 0.02)"
MATRIX = "lambda p, n: p.connect_from_matrix(np.ones((p.post.size, p.pre.size)))"
SPARSE = "lambda p, n: p.connect_from_sparse(sparse(p.pre.size, n))"
LARGE = 70_000
"""Neurons whose ranks do not fit into two bytes."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
@pytest.mark.parametrize(
    ("kind", "connect", "stage", "size", "peak", "after"),
    [
        # rank 2 or 4, weight 8, offsets; what is above are chunks of samples, and pages that are half used
        ("spike", PROBABILITY, DRAW, 10_000, 11.0, 10.5),
        ("spike", PROBABILITY, DRAW, LARGE, 13.0, 12.5),
        # each synapse a delay of its own: 4 more
        ("spike", DELAYS, DRAW, 10_000, 15.0, 14.5),
        # ranks by both sides while they are turned round
        ("spike", NUMBER_PRE, DRAW, 10_000, 11.0, 10.5),
        ("spike", NUMBER_POST, DRAW, 10_000, 11.0, 10.5),
        ("spike", GAUSSIAN, DRAW, 10_000, 11.0, 10.5),
        ("rate", GAUSSIAN, COMPILE, 10_000, 11.0, 10.5),
        # given by the script: its matrix (8 or 12), a copy (8) for when it changes, and the synapses
        ("spike", MATRIX, COMPILE, 3162, 27.0, 19.0),
        ("rate", MATRIX, COMPILE, 3162, 27.0, 19.0),
        ("spike", SPARSE, COMPILE, 10_000, 31.0, 19.0),
        ("rate", SPARSE, COMPILE, 10_000, 35.0, 19.0),
        # compiled: nothing is added, or where these are at most 32 times as many a bit for each pair, which
        # replaces the ranks
        ("spike", ONE_WEIGHT, COMPILE, 10_000, 4.0, 2.0),
        ("spike", ONE_WEIGHT, COMPILE, 16_000, 6.0, 4.0),
        ("spike", ONE_WEIGHT, COMPILE, 20_000, 2.5, 2.5),
        ("spike", ONE_WEIGHT, COMPILE, LARGE, 5.2, 5.2),  # and 140 000 neurons
        ("spike", ONE_WEIGHT.replace("0.5", "0.5, 3.0"), COMPILE, 20_000, 2.5, 2.5),
        ("spike", PROBABILITY, COMPILE, 10_000, 11.0, 10.5),
        # weights, delays, ranks as drawn, and ranks and places by delay
        ("spike", DELAYS, COMPILE, 10_000, 21.0, 20.5),
        ("rate", ONE_WEIGHT, COMPILE, 10_000, 2.3, 2.3),
        ("rate", PROBABILITY, COMPILE, 10_000, 11.0, 10.5),
    ],
)
def test_bytes_for_each_of_ten_million_synapses(
    kind: str, connect: str, stage: str, size: int, peak: float, after: float
) -> None:
    count, most, held = measured(kind, connect, stage, size)
    assert count == pytest.approx(1e7, rel=0.2 if connect == GAUSSIAN else 0.007)
    assert most < peak
    assert held < after


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
@pytest.mark.parametrize("kind", ["spike", "rate"])
def test_weights_in_single_precision_are_held_once(kind: str) -> None:
    """Rank 2 and weight 4; nobody makes weights of 8 bytes before."""
    _, most, held = measured(kind, PROBABILITY, COMPILE, precision="float")
    assert most < 7.0
    assert held < 6.5
