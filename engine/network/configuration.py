"""Settings of a network, as ``setup`` takes them."""

from __future__ import annotations

import math
import operator
import os
import secrets
from numbers import Real
from typing import Any

from engine.errors import EngineError, InvalidConfiguration
from engine.network import command_line

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
"""All keys of ``setup``."""


class Configuration:
    """Values of the keys of ``setup``."""

    def __init__(self, dt: float | None = None, seed: int | None = None) -> None:
        flags = command_line.flags().settings
        for key, value in flags.items():
            _check(key, value)
        self.values = DEFAULTS | flags
        self.own: set[str] = set()
        """Names of the settings that this network was given itself."""
        self._seed = 0
        self.new_seed(None)
        self.set({k: v for k, v in {"dt": dt, "seed": seed}.items() if v is not None})

    def inherit(self, other: Configuration) -> None:
        """Take all settings of ``other`` but those that were given here."""
        taken = {k: v for k, v in other.values.items() if k not in self.own}
        fresh_seed = "seed" in taken and taken["seed"] != self.values["seed"]
        self.values |= taken
        if fresh_seed:
            self.new_seed(taken["seed"])

    def set(self, values: dict[str, Any]) -> list[str]:
        """Take new values; returns the names that are no keys."""
        refused = [key for key in values if key in PERFORMANCE]
        if refused:
            raise EngineError(
                f"setup(): performance related keys cannot be set: {', '.join(refused)}; leave them out."
            )
        unknown = [key for key in values if key not in DEFAULTS]
        for key, value in values.items():
            _check(key, value)
        for key, value in values.items():
            if key in DEFAULTS:
                self.values[key] = value
                self.own.add(key)
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


FORMATS = (
    *("default", "lil", "csr", "csr_vector", "csr_scalar", "dense", "ell", "ellr", "sell", "coo", "bsr"),
    *("hyb", "auto"),
)
"""Values of ``sparse_matrix_format``."""

CHOICES: dict[str, tuple[str, ...]] = {
    "method": METHODS,
    "precision": ("double", "float"),
    "sparse_matrix_format": FORMATS,
    "sparse_matrix_storage_order": ("post_to_pre", "pre_to_post", "auto"),
}

SWITCHES = tuple(key for key, value in DEFAULTS.items() if isinstance(value, bool))

PERFORMANCE = (
    *("disable_parallel_rng", "use_seed_seq", "use_cpp_connectors", "disable_split_matrix"),
    *("disable_SIMD_SpMV", "disable_SIMD_Eq"),
)
"""Keys that ANNarchy has for itself; ``setup`` refuses them there, too."""


def is_whole(value: Any) -> bool:
    """Whether ``value`` is an int, of Python or numpy."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _check(key: str, value: Any) -> None:
    if key in CHOICES and value not in CHOICES[key]:
        raise EngineError(f"setup(): {key} {value!r} is not one of {', '.join(CHOICES[key])}.")
    if key in SWITCHES and value not in (True, False):
        raise EngineError(f"setup(): {key} is True or False, not {value!r}.")
    if key == "dt" and not (isinstance(value, Real) and 0.0 < float(value) < math.inf):
        raise EngineError(f"setup(): dt must be a positive number of ms, not {value!r}.")
    if key == "seed" and not (value is None or is_whole(value)):
        raise EngineError(f"setup(): seed must be a whole number or None, not {value!r}.")
    if key == "num_threads" and not (is_whole(value) and 1 <= operator.index(value) <= MAX_THREADS):
        raise EngineError(
            f"setup(): num_threads must be a whole number from 1 to {MAX_THREADS}, not {value!r}."
        )
    if key == "visible_cores":
        _check_cores(value)
    if key == "paradigm" and value != "openmp":
        raise InvalidConfiguration(f"setup(): paradigm {value!r} is not available; use 'openmp'.")
    if key == "profile_out" and not (value is None or isinstance(value, (str, os.PathLike))):
        raise EngineError(f"setup(): profile_out is the name of a folder or None, not {value!r}.")


def _check_cores(cores: Any) -> None:
    if not isinstance(cores, (list, tuple)) or not all(is_whole(core) for core in cores):
        raise EngineError(f"setup(): visible_cores is a list of numbers of cores, not {cores!r}.")
    count = os.cpu_count() or 1
    outside = [core for core in cores if not 0 <= core < count]
    if outside or len(set(cores)) < len(cores):
        raise EngineError(
            f"setup(): visible_cores={list(cores)}: this computer has the cores 0 .. {count - 1}, each of "
            "which can be listed once."
        )
