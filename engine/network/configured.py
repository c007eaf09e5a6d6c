"""What a network does with its settings: it is asked for them, told others, and draws from its seed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.network.configuration import PERFORMANCE, Configuration
from engine.network.constant import constant_values
from engine.network.distributions import Generator, RandomDistribution
from engine.network.live import Live

if TYPE_CHECKING:
    from engine.network.population import Population


FIXED = {"dt", "num_threads", "visible_cores", "precision", "method", "structural_plasticity"}
"""Settings that running code depends on."""

WITHOUT_EFFECT = ("trace_calls", "disable_bitmask")
"""Settings of version 5.0 that are accepted."""


class Configured(Live):
    """The settings of a network, its Constants, its warnings and the random numbers of Python."""

    configuration: Configuration
    populations: list[Population]
    _constants: dict[str, float]
    _draws: int
    """Number of distributions that were used since the seed was set."""

    # --- settings -------------------------------------------------------------------------------------

    def config(self, **settings: Any) -> None:
        """Change settings: those of :func:`engine.setup`; performance keys only give a warning.

        ``dt``, ``num_threads``, ``precision``, ``method`` and ``structural_plasticity`` are fixed by compile.

        Parameters
        ----------
        dtype : dtype, optional
            ``float32`` or ``float64``, instead of ``precision``.
        trace_calls, disable_bitmask
            Accepted for compatibility.
        """
        for key in settings.keys() & set(PERFORMANCE):
            self.warn(f"config(): {key} has no effect; the engine chooses.")
        self.configure({key: value for key, value in settings.items() if key not in PERFORMANCE})

    def configure(self, settings: dict[str, Any]) -> None:
        """Change settings, as :func:`engine.setup` does."""
        settings = self._in_one_dialect(settings)
        present = self.configuration.values
        changed = {key for key in FIXED & settings.keys() if settings[key] != present[key]}
        if self.compiled and changed:
            raise EngineError(
                f"setup(): the network is compiled, so {', '.join(sorted(changed))} cannot change any more; "
                "call clear() to begin another network."
            )
        for key in self.configuration.set(settings):
            self.warn(f"setup(): unknown key: {key}")
        for key in ("dt", "precision"):
            if key in changed and self.populations:
                self.warn(f"setup(): {key} was changed after populations were created.")
        if "seed" in settings:
            self._restart_random_numbers()

    @staticmethod
    def _in_one_dialect(settings: dict[str, Any]) -> dict[str, Any]:
        """Keys of version 5.0 as those of 4.8."""
        settings = {key: value for key, value in settings.items() if key not in WITHOUT_EFFECT}
        if "dtype" in settings:
            try:
                precision = {"float32": "float", "float64": "double"}[np.dtype(settings.pop("dtype")).name]
            except (KeyError, TypeError):
                raise EngineError("setup(): dtype is float32 or float64.") from None
            if settings.setdefault("precision", precision) != precision:
                raise EngineError("setup(): dtype and precision contradict each other; give one of them.")
        return settings

    @property
    def dt(self) -> float:
        """Step in ms."""
        return float(self.configuration.values["dt"])

    @dt.setter
    def dt(self, value: float) -> None:
        self.config(dt=value)

    @property
    def seed(self) -> int:
        """Seed in use."""
        return self.configuration.seed

    @property
    def threads(self) -> int:
        """Most threads to use; results do not depend on it. See :attr:`threads_used`."""
        return int(self.configuration.values["num_threads"])

    @threads.setter
    def threads(self, value: int) -> None:
        self.config(num_threads=value)

    @property
    def cores(self) -> tuple[int, ...]:
        """Core of each thread; empty where the system decides."""
        return tuple(self.configuration.values["visible_cores"][: self.threads])

    @property
    def precision(self) -> str:
        """``"double"`` or ``"float"``."""
        return str(self.configuration.values["precision"])

    @property
    def method(self) -> str:
        """Numerical method of ODEs without a flag."""
        return str(self.configuration.values["method"])

    @property
    def constants(self) -> dict[str, float]:
        """Values of the Constants in this network."""
        return constant_values() | self._constants

    def set_constant(self, name: str, value: float) -> None:
        """Change a Constant in this network."""
        instance, network = self._instance, self._as_network()
        for projection in network.projections if instance is not None else []:
            if instance is not None and not instance.follows(projection, name, value):
                network.separate(projection)
        self._constants[name] = value
        array = None if self._instance is None else self._instance.arrays.get(f"const_{name}")
        if array is not None:
            array[0] = value

    def set_seed(self, seed: int, use_seed_seq: bool = True) -> None:
        """Begin all random sequences anew from ``seed``; drawn synapses stay."""
        self.configuration.set({"seed": seed})
        self._restart_random_numbers()

    def _restart_random_numbers(self) -> None:
        self._draws = 0
        if self._instance is not None:
            self._instance.restart_draws()

    def warn(self, text: str) -> None:
        """Print a warning, unless ``suppress_warnings`` is set."""
        if not self.configuration.values["suppress_warnings"]:
            print(f"WARNING: {text} ")

    def inform(self, text: str) -> None:
        """Print an information, unless ``suppress_warnings`` is set."""
        if not self.configuration.values["suppress_warnings"]:
            print(f"INFO: {text} ")

    def warn_of_hidden(self, attributes: Iterable[str], owner: type, label: str) -> None:
        """Warn of attributes of a model that have the name of something else of their owner."""
        hidden = [name for name in attributes if hasattr(owner, name)]
        if hidden:
            self.warn(f"{label}: use get() and set() for {', '.join(hidden)}; the name has another meaning.")

    # --- random numbers of Python ---------------------------------------------------------------------

    def generator(self, purpose: str, *numbers: int) -> Generator:
        """A generator that is a function of the seed, the purpose and the numbers only."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode()), *numbers])

    def next_generator(self) -> Generator:
        """The generator for the next use of a distribution in this network."""
        self._draws += 1
        return self.generator("values", self._draws)

    def draw(self, distribution: RandomDistribution, size: int) -> NDArray[Any]:
        """Samples for an attribute."""
        return distribution.bound_to(self.next_generator()).get_values(size)
