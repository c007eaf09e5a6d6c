"""One run of one case by one simulator, as a process: prints a line of JSON.

``python process.py SIMULATOR CASE DURATION THREADS SCALE SEED PRECISION [FLAGS]`` in an environment that has
the simulator.
"""

from __future__ import annotations

import importlib
import json
import sys

from simulators.setting import Setting

SIMULATORS = {
    "engine": ("annarchy", "run_engine"),
    "annarchy": ("annarchy", "run"),
    "brian2": ("brian2_standalone", "run"),
    "nest": ("nest_kernel", "run"),
    "numpy": ("numpy_steps", "run"),
}


def main() -> None:
    simulator, name, duration, threads, scale, seed, precision, *flags = sys.argv[1:]
    sys.argv = sys.argv[:1]  # ANNarchy reads the command line at import
    setting = Setting(
        name, float(duration), int(threads), float(scale), int(seed), precision, " ".join(flags)
    )
    module, function = SIMULATORS[simulator]
    result = getattr(importlib.import_module(f"simulators.{module}"), function)(setting)
    print()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
