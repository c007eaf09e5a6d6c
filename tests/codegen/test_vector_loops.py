"""The machine code of neurons that integrate and fire has whole vectors, the widest that there are.

Counted instructions (``bench/check.py``) are those of AVX2; this looks at what the processor here gets.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import engine
from engine.network.registry import magic_network

COBA = """
    tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I
    5.0 * dg_exc/dt = - g_exc
    10.0 * dg_inh/dt = - g_inh
"""
PARAMETERS = """
    El = -60.0 : population
    Ee = 0.0 : population
    Ei = -80.0 : population
    tau = 20.0 : population
    I = 20.0 : population
"""
ARITHMETIC = re.compile(r"vf(n?m(add|sub))\w*p[sd]|v(add|sub|mul|div)p[sd]")
OTHERS = re.compile(r"<.*(_ZGV|nl_(exp|log|pow|sin|cos|tan|erf)).*>:")
"""Functions of mathematics, which have vectors anyway."""


def arithmetic(loop: list[str], register: str) -> int:
    """How many instructions of a loop are sums and products of vectors in such registers."""
    return sum(bool(ARITHMETIC.search(line)) and register in line for line in loop)


def loops(disassembly: str) -> list[list[str]]:
    """What lies between a jump back and its target, in all functions but those of mathematics."""
    found = []
    for function in re.split(r"\n\n", disassembly):
        head, *lines = function.strip().splitlines() or [""]
        if OTHERS.search(head):
            continue
        code = [(int(m[1], 16), m[2]) for line in lines if (m := re.match(r"\s*([0-9a-f]+):\s+(.*)", line))]
        for address, text in code:
            jump = re.match(r"j\w+\s+([0-9a-f]+) ", text)
            if jump and int(jump[1], 16) <= address:
                found.append([t for a, t in code if int(jump[1], 16) <= a <= address])
    return found


def widest() -> str:
    """How the widest vectors of this processor are called."""
    flags = Path("/proc/cpuinfo").read_text()
    return "zmm" if "avx512dq" in flags and "avx512vl" in flags else "ymm" if "avx2" in flags else ""


needs_x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64")
    or not Path("/proc/cpuinfo").exists()
    or not shutil.which("objdump")
    or not widest(),
    reason="reads machine code of x86 with AVX2 by objdump",
)


def disassembled(library: str | Path) -> str:
    command = ["objdump", "-d", "--no-show-raw-insn", str(library)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_x86
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("refractory", [0.0, 5.0])
def test_neurons_are_computed_in_whole_vectors(precision: str, refractory: float) -> None:
    engine.clear()
    before = engine.get_global_config("precision")
    try:
        engine.setup(dt=0.1, method="exponential", num_threads=1, precision=precision)
        neuron = engine.Neuron(PARAMETERS, COBA, spike="v > -50.0", reset="v = -60.0", refractory=refractory)
        cells = engine.Population(1000, neuron)
        cells.v = engine.Normal(-55.0, 5.0)
        for target in ("exc", "inh"):
            engine.Projection(cells, cells, target).connect_fixed_probability(0.02, weights=0.6)
        engine.compile(silent=True)
        instance = magic_network().instance
        assert instance is not None and instance._library is not None
        found = loops(disassembled(instance._library.path))
    finally:
        engine.clear()
        engine.setup(dt=1.0, method="explicit", num_threads=1, precision=before)
    # v alone takes eight sums and products besides its exponential function; what is left of the last block
    # may be computed one by one. With one call of a function of single numbers nothing in a loop is a vector.
    assert max(arithmetic(loop, widest()) for loop in found) >= 8
