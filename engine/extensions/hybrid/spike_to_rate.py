"""Spike2RatePopulation: the firing rates of another population."""

from __future__ import annotations

import math
from typing import Any

from engine.errors import EngineError
from engine.extensions.hybrid.rate_to_spike import checked_source
from engine.network.attributes import is_number, whole_steps
from engine.network.network import Network
from engine.network.neuron import Neuron
from engine.network.paired_input import PairedInput
from engine.network.population import Population

TARGET = "spikes"
SILENT = 10_000
"""Steps between two spikes of a neuron that does not fire."""

_WINDOW = """r += dt * (1000.0 / scaling / window * sum(spikes) - r) / smooth"""

_INTERVAL = f"""interval = if sum(spikes) > 0: Min(since + 1, {SILENT}) else: interval : init = {SILENT}
since = if sum(spikes) > 0: 0 else: Min(since + 1, {SILENT}) : init = {SILENT}
support = if since <= interval: interval else: ite(since <= cut * interval, since, {SILENT})
r += dt * (1000.0 / scaling / support / dt - r) / smooth"""

_ADAPTIVE = f"""known = if sum(spikes) > 0 and since < {SILENT}: Min(known + 1, 5) else: known
fifth = if sum(spikes) > 0: fourth else: fifth
fourth = if sum(spikes) > 0: third else: fourth
third = if sum(spikes) > 0: second else: third
second = if sum(spikes) > 0: first else: second
first = if sum(spikes) > 0 and since < {SILENT}: since + 1 else: first
since = if sum(spikes) > 0: 0 else: Min(since + 1, {SILENT}) : init = {SILENT}
support = if known > 0: Max((first + second + third + fourth + fifth) / known, since) else: {SILENT}
r += dt * (1000.0 / scaling / support / dt - r) / smooth"""

_MODES = {"window": _WINDOW, "isi": _INTERVAL, "adaptive": _ADAPTIVE}


class Spike2RatePopulation(Population):
    """Rate-coded neurons, each with the smoothed firing rate of one of another population.

    Parameters
    ----------
    population : Population
        Spiking; the geometry is the same.
    name : str, optional
    mode : {"window", "isi", "adaptive"}
        How the rate is measured: from the spikes in a window; from the last interval between two spikes; from
        the last five intervals.
    window : float
        ms over which spikes are counted (mode ``"window"``).
    scaling : float
        Hz that are a rate of 1.
    smooth : float
        ms of the low-pass filter.
    cut : float
        After so many intervals without a spike the rate goes to 0 (mode ``"isi"``).

    Attributes
    ----------
    r : variable
        ``r += dt * (rate / scaling - r) / smooth``.
    scaling, smooth, and window or cut : parameters
        Of the whole population.

    Notes
    -----
    A spike counts from the step after it. In mode ``"isi"`` the rate is 1 over the last interval, from then
    on 1 over the time since the last spike, and 1 over 10000 steps when ``cut`` intervals have passed. In
    mode ``"adaptive"`` it is 1 over the mean of the last five intervals or, if that is longer, 1 over the
    time since the last spike.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        mode: str = "window",
        window: float = 100.0,
        scaling: float = 1.0,
        smooth: float = 1.0,
        cut: float = 3.0,
        copied: bool = False,
        *,
        network: Network | None = None,
    ) -> None:
        source = checked_source(population, "spike", "Spike2RatePopulation", network)
        if mode not in _MODES:
            raise EngineError(f"Spike2RatePopulation: mode is one of {', '.join(_MODES)}, not {mode!r}.")
        given = {"scaling": scaling, "smooth": smooth}
        given |= {"window": {"window": window}, "isi": {"cut": cut}, "adaptive": {}}[mode]
        values = {key: _checked(key, value) for key, value in given.items()}
        neuron = Neuron(
            parameters="\n".join(f"{key} = {value!r} : population" for key, value in values.items()),
            equations=_MODES[mode],
            name="Spike2Rate",
            description="The firing rate of another neuron.",
        )
        self.population = source
        self.mode = mode
        super().__init__(source.geometry, neuron, name, network=source.network)

    @property
    def paired_input(self) -> PairedInput:  # type: ignore[override]
        """The spikes in the window, or of the last step."""
        steps = 1
        if self.mode == "window":
            steps = max(1, whole_steps(float(self.get("window")), self.network.dt))
        return PairedInput(self.population, TARGET, steps=steps)

    def _assign(self, name: str, value: Any) -> None:
        super()._assign(name, _checked(name, value) if name in self.parameters else value)
        if name == "window":
            self.network.replan()


def _checked(name: str, value: Any) -> float:
    if not is_number(value) or not 0.0 < float(value) < math.inf:
        raise EngineError(f"Spike2RatePopulation: {name} must be a number above 0, not {value!r}.")
    return float(value)
