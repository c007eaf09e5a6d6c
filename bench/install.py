"""Installs every simulator that the ruler knows from PyPI, by name, each in an environment of its own.

``python bench/install.py``; what is there already stays. One that cannot be installed is named and left out.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from peers import PEERS, place


def main() -> None:
    for environment, package in {(p.environment, p.package) for p in PEERS.values() if p.environment}:
        folder = place(environment)
        if (folder / "bin" / "python").exists():
            continue
        print(f"installing {package}", flush=True)
        commands = (
            [sys.executable, "-m", "venv", str(folder)],
            [str(folder / "bin/python"), "-m", "pip", "install", "-q", *package.split()],
        )
        if any(subprocess.run(command).returncode for command in commands):
            print(f"{environment} cannot be installed here", flush=True)


if __name__ == "__main__":
    main()
