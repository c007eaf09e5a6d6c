"""Settings of a network, as ``setup`` takes them."""

from __future__ import annotations

import math
import secrets
from typing import Any

from engine.errors import EngineError

METHODS = ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
SEED_MASK = 2**63 - 1
MAX_THREADS = 256

DEFAULTS: dict[str, Any] = {
    "dt": 1.0,
    "seed": None,
    "method": "explicit",
    "paradigm": "openmp",
    "num_threads": 1,
    "visible_cores": [],
    "precision": "double",
    "structural_plasticity": False,
    "sparse_matrix_format": "default",
    "sparse_matrix_storage_order": "post_to_pre",
    "only_int_idx_type": True,
    "verbose": False,
    "suppress_warnings": False,
    "show_time": False,
    "profiling": False,
    "profile_out": None,
    "debug": False,
    "disable_shared_library_time_offset": False,
}
"""All keys of ``setup``. The storage and build keys are accepted and have no effect: the engine chooses."""


class Configuration:
    """Values of the keys of ``setup``."""

    def __init__(self, dt: float | None = None, seed: int | None = None) -> None:
        self.values = dict(DEFAULTS)
        self._seed = 0
        self.set({"dt": 1.0 if dt is None else dt, "seed": seed})

    def set(self, values: dict[str, Any]) -> list[str]:
        """Take new values; returns the names that are no keys."""
        unknown = [key for key in values if key not in DEFAULTS]
        for key, value in values.items():
            if key in DEFAULTS:
                _check(key, value)
                self.values[key] = value
        if "seed" in values:
            self.new_seed(values["seed"])
        return unknown

    def new_seed(self, seed: int | None) -> None:
        """Fix the seed, or draw a fresh one for None."""
        self.values["seed"] = seed
        self._seed = (secrets.randbits(63) if seed is None else int(seed)) & SEED_MASK

    @property
    def seed(self) -> int:
        """The seed in use: 0 .. 2**63 - 1."""
        return self._seed


def _check(key: str, value: Any) -> None:
    if key == "dt" and not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0.0):
        raise EngineError(f"setup(): dt must be a positive number of ms, not {value!r}.")
    if key == "seed" and not (value is None or isinstance(value, int) or hasattr(value, "__index__")):
        raise EngineError(f"setup(): seed must be a whole number or None, not {value!r}.")
    if key == "method" and value not in METHODS:
        raise EngineError(f"setup(): method {value!r} is not one of {', '.join(METHODS)}.")
    if key == "precision" and value not in ("double", "float"):
        raise EngineError(f"setup(): precision is 'double' or 'float', not {value!r}.")
    if key == "num_threads" and not (isinstance(value, int) and 1 <= value <= MAX_THREADS):
        raise EngineError(
            f"setup(): num_threads must be a whole number from 1 to {MAX_THREADS}, not {value!r}."
        )
    if key == "paradigm" and value != "openmp":
        raise EngineError(f"setup(): paradigm {value!r} is not available yet; use 'openmp'.")
    if key == "structural_plasticity" and not isinstance(value, bool):
        raise EngineError(f"setup(): structural_plasticity is True or False, not {value!r}.")
