"""What the ruler measures, and where each simulator is installed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = HERE / ".peers"
HAND_FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp", "-std=c++17"]


NOT_THEIRS = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
"""Variables that processes do not get: they find packages where they are installed, and compiled."""


class Failed(Exception):
    """A simulator did not get through a case; the text is what it said."""


@dataclass(frozen=True)
class Peer:
    """A simulator as it is measured.

    ``environment`` is the folder of ``bench/.peers`` that it is installed in, with ``package`` from PyPI;
    None: it runs in the engine's own.
    """

    name: str
    environment: str | None = None
    package: str = ""
    flags: str = ""
    simulator: str = ""
    """The name in ``process.py``, where it is not that of the peer."""
    cases: frozenset[str] | None = None
    """The cases that it is measured with; None: all."""

    def offers(self, case: str) -> bool:
        return self.cases is None or case in self.cases

    @property
    def python(self) -> Path:
        return Path(sys.executable) if self.environment is None else place(self.environment) / "bin/python"

    @property
    def installed(self) -> bool:
        return self.python.exists() and (self.name != "before" or "NEUROLOOM_BEFORE" in os.environ)


FAST = "-O3 -march=native -ffast-math"
IN_BRIAN = (
    "coba coba_large poisson recording cuba cuba_large brunel izhikevich izhikevich_large"
    " stdp_song stdp_song_long stdp_recurrent rate_sparse hh"
)
IN_NEST = "cuba cuba_large brunel izhikevich izhikevich_large stdp_song stdp_song_long stdp_recurrent"
IN_NUMPY = "izhikevich rate_dense rate_sparse oja"
PEERS = {
    peer.name: peer
    for peer in (
        Peer("engine"),
        # The engine of another checkout, where NEUROLOOM_BEFORE says: what a change brought.
        Peer("before"),
        Peer("hand"),
        Peer("annarchy", "annarchy", "annarchy==4.8.2.6"),
        Peer("annarchy-fast", "annarchy", "annarchy==4.8.2.6", FAST, "annarchy"),
        Peer("annarchy5", "annarchy5", "annarchy==5.0.4.1", simulator="annarchy"),
        # Brian 2.9 is the last for Python 3.11, and needs a numpy of its time.
        Peer("brian2", "brian2", "brian2==2.9.0 numpy<2.4", cases=frozenset(IN_BRIAN.split())),
        Peer("nest", "nest", "nest-simulator==3.10.0", cases=frozenset(IN_NEST.split())),
        Peer("numpy", cases=frozenset(IN_NUMPY.split())),
    )
}


def place(environment: str) -> Path:
    """The folder of an environment: in ``bench/.peers``, or where NEUROLOOM_PEERS says."""
    return Path(os.environ.get("NEUROLOOM_PEERS", ENVIRONMENTS)).absolute() / environment


@dataclass(frozen=True)
class Run:
    """What one process simulates."""

    case: str
    duration: float
    threads: int = 1
    scale: float = 1.0
    seed: int = 7
    precision: str = "double"


def build_hand(program: str, precision: str, folder: Path) -> Path:
    """The hand-written program, compiled unless it was before from the same text."""
    source = HERE / "hand" / f"{program}.cpp"
    if not source.exists():
        raise Failed(f"bench/hand/{program}.cpp does not exist")
    flags = [*HAND_FLAGS, *(["-DREAL=float"] if precision == "float" else [])]
    texts = [path.read_bytes() for path in (source, *sorted((HERE / "hand").glob("*.hpp")))]
    name = hashlib.sha256(b"\0".join([*texts, " ".join(flags).encode()])).hexdigest()[:16]
    built = folder / f"{program}-{name}"
    if not built.exists():
        done = subprocess.run(["g++", *flags, "-o", str(built), str(source)], capture_output=True, text=True)
        if done.returncode:
            raise Failed(done.stderr[-2000:])
    return built


def execute(peer: Peer, run: Run, program: str, base: float, folder: Path) -> dict[str, Any]:
    """One process of ``peer``; what it measured.

    ``program`` and ``base`` are those of the case, for the hand-written one.
    """
    environment = {name: value for name, value in os.environ.items() if name not in NOT_THEIRS}
    environment["OMP_NUM_THREADS"] = environment["OPENBLAS_NUM_THREADS"] = str(run.threads)
    if peer.name == "hand":
        binary = build_hand(program, run.precision, folder)
        command = [str(binary), *map(str, (run.duration, run.threads, run.scale * base, run.seed))]
    else:
        scale = run.scale * base
        simulator = peer.simulator or ("engine" if peer.name == "before" else peer.name)
        values = (run.case, run.duration, run.threads, scale, run.seed, run.precision)
        arguments = [*map(str, values), *peer.flags.split()]
        command = [str(peer.python), str(HERE / "process.py"), simulator, *arguments]
        environment["PATH"] = os.pathsep.join([str(peer.python.parent), environment["PATH"]])
        environment["NEUROLOOM_CACHE_DIR"] = str(folder / f"cache-{peer.name}")
        if peer.environment is None:
            environment["PYTHONPATH"] = os.environ["NEUROLOOM_BEFORE"] if peer.name == "before" else str(ROOT)
    work = folder / f"{peer.name}-{run.case}-{run.threads}-{run.precision}"
    work.mkdir(exist_ok=True)
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{done.stdout[-1000:]}\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result
